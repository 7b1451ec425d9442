#include "signing/pdf_expand.h"

#include <string.h>

#include <zlib.h>

#define CHUNK	(64u << 10)

bool
pdf_expand(struct octets in, size_t limit, struct buf *out, size_t *n)
{
	static uint8_t	chunk[CHUNK];
	z_stream	z;
	size_t		got;
	int		rc = Z_OK;

	*n = 0;
	memset(&z, 0, sizeof(z));
	if (inflateInit(&z) != Z_OK)
		return false;
	z.next_in = (uint8_t *)(uintptr_t)in.p;
	z.avail_in = (uInt)in.len;
	while (rc == Z_OK && *n <= limit) {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		rc = inflate(&z, Z_NO_FLUSH);
		got = sizeof(chunk) - z.avail_out;
		*n += got;
		if (out != NULL)
			buf_put(out, chunk, got);
		/* A stream that is cut short: what there is, counts. */
		if (got == 0 && z.avail_in == 0)
			break;
	}
	inflateEnd(&z);
	return *n <= limit && rc == Z_STREAM_END;
}

static bool
holds(struct octets o, const char *word)
{
	return memmem(o.p, o.len, word, strlen(word)) != NULL;
}

/*
 * May these octets before a stream be the dictionary of one that holds objects
 * (7.5.7) or a table of them (7.5.8)?  A name may be spelt with '#'.
 */
static bool
may_hold_objects(struct octets before)
{
	return holds(before, "/First") || holds(before, "/W") ||
	    memchr(before.p, '#', before.len) != NULL;
}

bool
pdf_expands_well(struct octets file)
{
	static const char	word[] = "stream";
	const size_t		n = sizeof(word) - 1;
	const uint8_t		*end = file.p + file.len, *p, *from = file.p;
	struct octets		in;
	size_t			total = 0, got;

	for (p = file.p; (p = memmem(p, (size_t)(end - p), word, n)) != NULL;
	    from = p) {
		in = OCTETS(from, (size_t)(p - from));
		p += n;
		while (p < end && (*p == '\r' || *p == '\n' || *p == ' '))
			p++;
		/* zlib's header; "endstream" is followed by none. */
		if (end - p < 2 || (p[0] & 0x0f) != 8 ||
		    (p[0] << 8 | p[1]) % 31 != 0 || !may_hold_objects(in))
			continue;
		/* What is damaged is not expanded further by qpdf, either. */
		if (!pdf_expand(OCTETS(p, (size_t)(end - p)),
		    LIMIT_PDF_EXPANSION - total, NULL, &got) &&
		    got > LIMIT_PDF_EXPANSION - total)
			return false;
		total += got;
	}
	return true;
}
