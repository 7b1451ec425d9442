#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Octets: a view (borrowed), a growing buffer with a hard maximum, and a
 * reading cursor.  Integers are big-endian, as in every format of ours.
 */

/* A view of octets owned by somebody else.  Plain value: copy it freely. */
struct octets {
	const uint8_t	*p;
	size_t		 len;
};

#define OCTETS(P, N)	((struct octets){ .p = (const uint8_t *)(P), .len = (N) })

/* For what is public; secrets and digests are compared by mem_equal(). */
bool	 octets_same(struct octets a, struct octets b);

/*
 * A growing buffer.  Writing beyond max sets overflow and drops the octets;
 * check buf_ok() once, after the last write.
 */
struct buf {
	uint8_t	*p;		/* tied to the buffer */
	size_t	 len, cap;
	size_t	 max;
	bool	 overflow;
};

void	 buf_init(struct buf *b, size_t max);
void	 buf_fini(struct buf *b);		/* frees; may be repeated */
void	 buf_wipe(struct buf *b);		/* wipes, then frees */
void	 buf_reset(struct buf *b);		/* len = 0, keeps memory */
bool	 buf_ok(const struct buf *b);
struct octets buf_octets(const struct buf *b);

void	 buf_put(struct buf *b, const void *p, size_t n);
/* n octets more, for the caller to write; NULL if beyond max. */
uint8_t	*buf_extend(struct buf *b, size_t n);
void	 buf_put_octets(struct buf *b, struct octets o);
void	 buf_put_u8(struct buf *b, uint8_t v);
void	 buf_put_u16(struct buf *b, uint16_t v);
void	 buf_put_u32(struct buf *b, uint32_t v);
void	 buf_put_u64(struct buf *b, uint64_t v);
void	 buf_puts(struct buf *b, const char *s);	/* without the NUL */
void	 buf_printf(struct buf *b, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Hand the octets over (the caller frees with free()) and leave b empty. */
uint8_t	*buf_steal(struct buf *b, size_t *len);
/* The same as a NUL-terminated string. */
char	*buf_steal_str(struct buf *b);

/*
 * A cursor.  take_* return true and advance, or return false and leave the
 * cursor alone.
 */
struct cursor {
	const uint8_t	*p, *end;
};

struct cursor cursor_of(const void *p, size_t n);
size_t	 cursor_left(const struct cursor *c);
bool	 take_u8(struct cursor *c, uint8_t *v);
bool	 take_u16(struct cursor *c, uint16_t *v);
bool	 take_u32(struct cursor *c, uint32_t *v);
bool	 take_u64(struct cursor *c, uint64_t *v);
bool	 take_octets(struct cursor *c, size_t n, struct octets *o);
bool	 take_literal(struct cursor *c, const char *s);
/* A line without its '\n'; the '\n' must be there. */
bool	 take_line(struct cursor *c, struct octets *line);
/* Decimal without sign or leading zero ("0" itself is good), <= UINT64_MAX. */
bool	 take_decimal(struct cursor *c, uint64_t *v);

#endif /* BASE_BUF_H */
