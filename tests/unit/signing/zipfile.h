#ifndef TESTS_UNIT_SIGNING_ZIPFILE_H
#define TESTS_UNIT_SIGNING_ZIPFILE_H

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/*
 * A ZIP archive written by hand, stored, so that each field of it can be
 * wrong: libzip would not write what a hostile one holds.
 */

#define ZIPFILE_MAX	(200u << 20)

struct zipfile {
	struct buf	 out, dir;
	uint16_t	 n;
};

/* What is to be wrong with an entry; zeroed: nothing. */
struct zipfile_bend {
	const char	*local_name;	/* in its own header */
	size_t		 name_len;	/* NUL in it */
	uint16_t	 flags, method, local_method;
	uint16_t	 local_flags;	/* xor */
	uint32_t	 local_crc;	/* xor */
	uint32_t	 size;		/* told, instead of the real one */
	uint32_t	 local_size;
	uint32_t	 attributes;	/* of Unix */
	uint32_t	 crc;		/* xor */
	const char	*before, *behind;	/* octets around it */
	bool		 descriptor, unlisted;
	uint32_t	 at;		/* told, instead of the real place */
};

static inline void
zipfile_le(struct buf *b, uint32_t v, size_t n)
{
	for (; n > 0; n--, v >>= 8)
		buf_put_u8(b, (uint8_t)v);
}

/* CRC-32 of ISO 3309, bit by bit. */
static inline uint32_t
zipfile_crc(struct octets o)
{
	uint32_t	c = 0xffffffff;
	size_t		i;
	int		k;

	for (i = 0; i < o.len; i++) {
		c ^= o.p[i];
		for (k = 0; k < 8; k++)
			c = c >> 1 ^ ((c & 1) != 0 ? 0xedb88320 : 0);
	}
	return ~c;
}

static inline void
zipfile_init(struct zipfile *z)
{
	memset(z, 0, sizeof(*z));
	buf_init(&z->out, ZIPFILE_MAX);
	buf_init(&z->dir, ZIPFILE_MAX);
}

static inline void
zipfile_fini(struct zipfile *z)
{
	buf_fini(&z->out);
	buf_fini(&z->dir);
}

static inline void
zipfile_bent(struct zipfile *z, const char *name, struct octets o,
    const struct zipfile_bend *w)
{
	size_t		len = w->name_len != 0 ? w->name_len : strlen(name);
	const char	*local = w->local_name != NULL ? w->local_name : name;
	size_t		locallen = w->local_name != NULL ?
			    strlen(w->local_name) : len;
	uint32_t	crc = zipfile_crc(o) ^ w->crc, size, at;
	uint16_t	flags = w->flags | (w->descriptor ? 8 : 0);

	size = w->size != 0 ? w->size : (uint32_t)o.len;
	if (w->before != NULL)
		buf_puts(&z->out, w->before);
	at = w->at != 0 ? w->at : (uint32_t)z->out.len;
	buf_put(&z->out, "PK\003\004\024\0", 6);
	zipfile_le(&z->out, flags ^ w->local_flags, 2);
	zipfile_le(&z->out, w->local_method != 0 ? w->local_method :
	    w->method, 2);
	zipfile_le(&z->out, 0, 4);
	zipfile_le(&z->out, w->descriptor ? 0 : crc ^ w->local_crc, 4);
	zipfile_le(&z->out, w->descriptor ? 0 : (uint32_t)o.len, 4);
	zipfile_le(&z->out, w->descriptor ? 0 : w->local_size != 0 ?
	    w->local_size : size, 4);
	zipfile_le(&z->out, (uint32_t)locallen, 2);
	zipfile_le(&z->out, 0, 2);
	buf_put(&z->out, local, locallen);
	buf_put_octets(&z->out, o);
	if (w->descriptor) {
		buf_put(&z->out, "PK\007\010", 4);
		zipfile_le(&z->out, crc, 4);
		zipfile_le(&z->out, (uint32_t)o.len, 4);
		zipfile_le(&z->out, size, 4);
	}
	if (w->behind != NULL)
		buf_puts(&z->out, w->behind);
	if (w->unlisted)
		return;
	buf_put(&z->dir, "PK\001\002\024\003\024\0", 8);
	zipfile_le(&z->dir, flags, 2);
	zipfile_le(&z->dir, w->method, 2);
	zipfile_le(&z->dir, 0, 4);
	zipfile_le(&z->dir, crc, 4);
	zipfile_le(&z->dir, (uint32_t)o.len, 4);
	zipfile_le(&z->dir, size, 4);
	zipfile_le(&z->dir, (uint32_t)len, 2);
	zipfile_le(&z->dir, 0, 8);
	zipfile_le(&z->dir, w->attributes, 4);
	zipfile_le(&z->dir, at, 4);
	buf_put(&z->dir, name, len);
	z->n++;
}

static inline void
zipfile_add(struct zipfile *z, const char *name, struct octets o)
{
	static const struct zipfile_bend	none;

	zipfile_bent(z, name, o, &none);
}

/* The directory and the end; z->out is the archive then. */
static inline void
zipfile_end(struct zipfile *z, const char *comment)
{
	uint32_t	at = (uint32_t)z->out.len;

	buf_put_octets(&z->out, buf_octets(&z->dir));
	buf_put(&z->out, "PK\005\006\0\0\0\0", 8);
	zipfile_le(&z->out, z->n, 2);
	zipfile_le(&z->out, z->n, 2);
	zipfile_le(&z->out, (uint32_t)z->dir.len, 4);
	zipfile_le(&z->out, at, 4);
	zipfile_le(&z->out, (uint32_t)strlen(comment), 2);
	buf_puts(&z->out, comment);
}

#endif /* TESTS_UNIT_SIGNING_ZIPFILE_H */
