#ifndef BASE_DER_H
#define BASE_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Reading and writing DER (X.690).  A reader hands out slices of the received
 * octets and copies nothing: what is verified is what was received.  Strict:
 * definite minimal lengths, whole input consumed; where real objects deviate
 * (domain.md 6.2: BOOLEAN FALSE written out), the caller decides and says so.
 */

#define LIMIT_DER_DEPTH	32

enum der_tag {
	DER_BOOLEAN	= 0x01,	DER_INTEGER	= 0x02,
	DER_BIT_STRING	= 0x03,	DER_OCTET_STRING = 0x04,
	DER_NULL	= 0x05,	DER_OID		= 0x06,
	DER_UTF8	= 0x0c,	DER_PRINTABLE	= 0x13,
	DER_IA5		= 0x16,	DER_UTCTIME	= 0x17,
	DER_GENTIME	= 0x18,	DER_SEQUENCE	= 0x30,
	DER_SET		= 0x31,	DER_CTX0	= 0xa0
};

/* One element.  Both views point into the input. */
struct der {
	uint8_t		tag;	/* identifier octet; high-tag form is refused */
	struct octets	tlv;	/* with its header */
	struct octets	val;	/* without */
};

/*
 * Take the next element from c.  ERR_FORMAT: none left, header malformed,
 * length not minimal, or longer than the input.  what names it in the error.
 */
int	 der_next(struct cursor *c, struct der *d, const char *what,
	    struct err *e) MUST_CHECK;
/* As der_next(), and its tag must be this one. */
int	 der_expect(struct cursor *c, enum der_tag tag, struct der *d,
	    const char *what, struct err *e) MUST_CHECK;
/* The tag of the next element, or 0 at the end. */
uint8_t	 der_peek(const struct cursor *c);
/* Nothing may be left. */
int	 der_end(const struct cursor *c, const char *what,
	    struct err *e) MUST_CHECK;
struct cursor der_inside(const struct der *d);
/* Is it an identifier octet that DER has: a low number, and constructed only
 * and always where the type is? */
bool	 der_tag_is_good(uint8_t tag);

/*
 * Check a whole tree: well-formed to the leaves, minimal lengths, nesting at
 * most LIMIT_DER_DEPTH, whole input consumed.
 */
int	 der_check(struct octets in, struct err *e) MUST_CHECK;

/* Values.  ERR_FORMAT where the octets are not the one DER spelling. */
int	 der_uint(const struct der *d, uint64_t *v, struct err *e) MUST_CHECK;
int	 der_bool(const struct der *d, bool *v, struct err *e) MUST_CHECK;
/* BIT STRING with no unused bits: its octets. */
int	 der_bits(const struct der *d, struct octets *o,
	    struct err *e) MUST_CHECK;
/* GeneralizedTime YYYYMMDDHHMMSSZ or UTCTime YYMMDDHHMMSSZ (pivot 50). */
int	 der_time(const struct der *d, int64_t *t, struct err *e) MUST_CHECK;
/* The same, or with an offset (+0800) instead of Z, which BER has and DER has
 * not: *zoned says which of the two it was. */
int	 der_time_zoned(const struct der *d, int64_t *t, bool *zoned,
	    struct err *e) MUST_CHECK;
/* Dotted OID text.  out has max octets. */
int	 der_oid_text(const struct der *d, char *out, size_t max,
	    struct err *e) MUST_CHECK;

/*
 * Writing.  der_open() begins a constructed (or any) element and der_close()
 * fills its length in; they nest.  mark is what der_open() returned.
 */
size_t	 der_open(struct buf *b, uint8_t tag);
void	 der_close(struct buf *b, size_t mark);
void	 der_put(struct buf *b, uint8_t tag, const void *p, size_t n);
void	 der_put_uint(struct buf *b, uint64_t v);
void	 der_put_bits(struct buf *b, const void *p, size_t n);
void	 der_put_text(struct buf *b, uint8_t tag, const char *s);
void	 der_put_gentime(struct buf *b, int64_t t);
/* oid is the encoded value, without its header. */
void	 der_put_oid(struct buf *b, struct octets oid);

#endif /* BASE_DER_H */
