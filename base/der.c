#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/der.h"
#include "base/tm.h"

#define CLASS_MASK	0xc0
#define CONSTRUCTED	0x20
#define NUMBER_MASK	0x1f

/* Universal types that are constructed in DER (X.690, 8.9 to 8.18). */
static bool
tag_is_constructed(uint8_t number)
{

	switch (number) {
	case 8:		/* EXTERNAL */
	case 11:	/* EMBEDDED PDV */
	case 16:	/* SEQUENCE */
	case 17:	/* SET */
	case 29:	/* CHARACTER STRING */
		return true;
	}
	return false;
}

/* X.690, 8.1.2 and 10.2: a form that DER allows for this tag. */
bool
der_tag_is_good(uint8_t tag)
{
	uint8_t	 number = tag & NUMBER_MASK;

	if (number == NUMBER_MASK)
		return false;
	if ((tag & CLASS_MASK) != 0)
		return true;
	return number != 0 &&
	    tag_is_constructed(number) == ((tag & CONSTRUCTED) != 0);
}

/* X.690, 10.1: definite, as short as can be. */
static bool
take_length(struct cursor *c, size_t *len)
{
	struct cursor	 at = *c;
	uint8_t		 first, octet;
	size_t		 n, v = 0;

	if (!take_u8(&at, &first))
		return false;
	if (first < 0x80) {
		*len = first;
		*c = at;
		return true;
	}
	n = first & 0x7f;
	if (n == 0 || n > sizeof(size_t))
		return false;
	for (; n > 0; n--) {
		if (!take_u8(&at, &octet) || (v == 0 && octet == 0))
			return false;
		v = v << 8 | octet;
	}
	if (v < 0x80)
		return false;
	*len = v;
	*c = at;
	return true;
}

int
der_next(struct cursor *c, struct der *d, const char *what, struct err *e)
{
	struct cursor	 at = *c;
	size_t		 len;

	*d = (struct der){ .tag = 0 };
	if (!take_u8(&at, &d->tag))
		return err_set(e, ERR_FORMAT, "%s: missing", what);
	if (!der_tag_is_good(d->tag))
		return err_set(e, ERR_FORMAT,
		    "%s: tag 0x%02x is not DER (X.690, 8.1.2)", what, d->tag);
	if (!take_length(&at, &len))
		return err_set(e, ERR_FORMAT,
		    "%s: length is not DER (X.690, 10.1)", what);
	if (!take_octets(&at, len, &d->val))
		return err_set(e, ERR_FORMAT,
		    "%s: %zu octets announced, %zu there", what, len,
		    cursor_left(&at));
	d->tlv = OCTETS(c->p, (size_t)(at.p - c->p));
	*c = at;
	return 0;
}

int
der_expect(struct cursor *c, enum der_tag tag, struct der *d,
    const char *what, struct err *e)
{
	struct cursor	 at = *c;
	int		 rc;

	if ((rc = der_next(&at, d, what, e)) != 0)
		return rc;
	if (d->tag != tag)
		return err_set(e, ERR_FORMAT, "%s: tag 0x%02x, not 0x%02x",
		    what, d->tag, (unsigned)tag);
	*c = at;
	return 0;
}

uint8_t
der_peek(const struct cursor *c)
{

	return cursor_left(c) > 0 ? *c->p : 0;
}

int
der_end(const struct cursor *c, const char *what, struct err *e)
{

	if (cursor_left(c) > 0)
		return err_set(e, ERR_FORMAT, "%s: %zu octets too many",
		    what, cursor_left(c));
	return 0;
}

struct cursor
der_inside(const struct der *d)
{

	return cursor_of(d->val.p, d->val.len);
}

static int
check(struct cursor *c, unsigned depth, struct err *e)
{
	struct cursor	 inside;
	struct der	 d;
	int		 rc;

	if (depth > LIMIT_DER_DEPTH)
		return err_set(e, ERR_FORMAT, "DER: nested deeper than %d",
		    LIMIT_DER_DEPTH);
	while (cursor_left(c) > 0) {
		if ((rc = der_next(c, &d, "DER", e)) != 0)
			return rc;
		if ((d.tag & CONSTRUCTED) == 0)
			continue;
		inside = der_inside(&d);
		if ((rc = check(&inside, depth + 1, e)) != 0)
			return rc;
	}
	return 0;
}

int
der_check(struct octets in, struct err *e)
{
	struct cursor	 c = cursor_of(in.p, in.len);
	struct der	 d;
	int		 rc;

	if ((rc = der_next(&c, &d, "DER", e)) != 0 ||
	    (rc = der_end(&c, "DER", e)) != 0)
		return rc;
	c = cursor_of(in.p, in.len);
	return check(&c, 0, e);
}

int
der_uint(const struct der *d, uint64_t *v, struct err *e)
{
	const uint8_t	*p = d->val.p;
	size_t		 n = d->val.len, i;

	*v = 0;
	if (d->tag != DER_INTEGER || n == 0 || p[0] >= 0x80 ||
	    (n > 1 && p[0] == 0 && p[1] < 0x80))
		return err_set(e, ERR_FORMAT,
		    "not a minimal INTEGER from 0 (X.690, 8.3.2)");
	if (n > 9 || (n == 9 && p[0] != 0))
		return err_set(e, ERR_FORMAT, "INTEGER beyond 64 bits");
	for (i = 0; i < n; i++)
		*v = *v << 8 | p[i];
	return 0;
}

int
der_bool(const struct der *d, bool *v, struct err *e)
{

	*v = false;
	if (d->tag != DER_BOOLEAN || d->val.len != 1 ||
	    (d->val.p[0] != 0 && d->val.p[0] != 0xff))
		return err_set(e, ERR_FORMAT,
		    "not a BOOLEAN of 00 or FF (X.690, 11.1)");
	*v = d->val.p[0] != 0;
	return 0;
}

int
der_bits(const struct der *d, struct octets *o, struct err *e)
{

	*o = OCTETS(NULL, 0);
	if (d->tag != DER_BIT_STRING || d->val.len == 0 || d->val.p[0] != 0)
		return err_set(e, ERR_FORMAT,
		    "not a BIT STRING of whole octets (X.690, 8.6.2)");
	*o = OCTETS(d->val.p + 1, d->val.len - 1);
	return 0;
}

/* X.690, 11.7 and 11.8: to the second, in UTC. */
static bool
time_of(const struct der *d, int64_t *t)
{
	char		 s[TM_RFC3339_SIZE];
	const char	*p = (const char *)d->val.p;
	size_t		 n = d->val.len;

	if (d->tag == DER_GENTIME && n == 15)
		snprintf(s, sizeof(s), "%.4s", p);
	else if (d->tag == DER_UTCTIME && n == 13)
		/* RFC 5280, 4.1.2.5.1: 50 to 99 are the twentieth century. */
		snprintf(s, sizeof(s), "%s%.2s", p[0] >= '5' ? "19" : "20",
		    p);
	else
		return false;
	p += n - 11;
	snprintf(s + 4, sizeof(s) - 4, "-%.2s-%.2sT%.2s:%.2s:%.2s%.1s",
	    p, p + 2, p + 4, p + 6, p + 8, p + 10);
	return strlen(s) == sizeof(s) - 1 && tm_parse(s, t);
}

int
der_time(const struct der *d, int64_t *t, struct err *e)
{

	*t = 0;
	if (!time_of(d, t))
		return err_set(e, ERR_FORMAT,
		    "not a time to the second in UTC (X.690, 11.7 and 11.8)");
	return 0;
}

#define OFFSET_LEN	5	/* +hhmm */
#define OFFSET_MAX	(14 * 60)	/* minutes: Kiribati */

/* Local time is so many seconds ahead of UTC (X.680, 46.3 and 47.3). */
static bool
offset_of(const uint8_t *p, int64_t *ahead)
{
	int	digit[4], minutes;
	size_t	i;

	for (i = 0; i < 4; i++) {
		if (p[i + 1] < '0' || p[i + 1] > '9')
			return false;
		digit[i] = p[i + 1] - '0';
	}
	minutes = (digit[0] * 10 + digit[1]) * 60 + digit[2] * 10 + digit[3];
	*ahead = p[0] == '-' ? -minutes * 60 : minutes * 60;
	return (p[0] == '+' || p[0] == '-') && digit[2] < 6 &&
	    minutes <= OFFSET_MAX;
}

int
der_time_zoned(const struct der *d, int64_t *t, bool *zoned, struct err *e)
{
	const size_t	n = d->val.len;
	char		text[16];
	struct der	utc = *d;
	int64_t		ahead;

	*zoned = false;
	if (n <= OFFSET_LEN || n - OFFSET_LEN >= sizeof(text) ||
	    !offset_of(d->val.p + n - OFFSET_LEN, &ahead))
		return der_time(d, t, e);
	memcpy(text, d->val.p, n - OFFSET_LEN);
	text[n - OFFSET_LEN] = 'Z';
	utc.val = OCTETS(text, n - OFFSET_LEN + 1);
	if (der_time(&utc, t, NULL) != 0)
		return der_time(d, t, e);
	*t -= ahead;
	*zoned = true;
	return 0;
}

/* Take one subidentifier: base 128, minimal (X.690, 8.19.2). */
static bool
take_arc(struct cursor *c, uint64_t *v)
{
	uint8_t	 octet;

	for (*v = 0; take_u8(c, &octet); *v <<= 7) {
		if (*v == 0 && octet == 0x80)
			return false;
		*v |= octet & 0x7f;
		if (octet < 0x80)
			return true;
		if (*v >> 57 != 0)
			return false;
	}
	return false;
}

static bool
oid_text(const struct der *d, char *out, size_t max)
{
	struct cursor	 c = der_inside(d);
	uint64_t	 v;
	size_t		 len = 0;
	unsigned	 top;
	int		 n;

	if (d->tag != DER_OID || cursor_left(&c) == 0)
		return false;
	while (cursor_left(&c) > 0) {
		if (!take_arc(&c, &v))
			return false;
		if (len == 0) {
			/* X.690, 8.19.4: the first two arcs share a number. */
			top = v < 80 ? (unsigned)v / 40 : 2;
			n = snprintf(out, max, "%u.%" PRIu64, top,
			    v - top * 40);
		} else
			n = snprintf(out + len, max - len, ".%" PRIu64, v);
		if (n < 0 || (size_t)n >= max - len)
			return false;
		len += (size_t)n;
	}
	return true;
}

int
der_oid_text(const struct der *d, char *out, size_t max, struct err *e)
{

	assert(max > 0);
	if (oid_text(d, out, max))
		return 0;
	out[0] = '\0';
	return err_set(e, ERR_FORMAT,
	    "not an OBJECT IDENTIFIER that fits (X.690, 8.19)");
}

size_t
der_open(struct buf *b, uint8_t tag)
{

	assert(der_tag_is_good(tag));
	buf_put_u8(b, tag);
	buf_put_u8(b, 0);
	return b->len;
}

void
der_close(struct buf *b, size_t mark)
{
	static const uint8_t	 room[sizeof(size_t)];
	size_t			 len, more = 0, v, i;
	uint8_t			*p;

	if (!buf_ok(b))
		return;
	len = b->len - mark;
	if (len < 0x80) {
		b->p[mark - 1] = (uint8_t)len;
		return;
	}
	for (v = len; v > 0; v >>= 8)
		more++;
	buf_put(b, room, more);
	if (!buf_ok(b))
		return;
	p = b->p + mark;
	memmove(p + more, p, len);
	p[-1] = (uint8_t)(0x80 | more);
	for (v = len, i = more; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

void
der_put(struct buf *b, uint8_t tag, const void *p, size_t n)
{
	size_t	 mark;

	mark = der_open(b, tag);
	buf_put(b, p, n);
	der_close(b, mark);
}

void
der_put_uint(struct buf *b, uint64_t v)
{
	uint8_t	 s[9] = { 0 };
	size_t	 i, skip = 0;

	for (i = sizeof(s); i-- > 1; v >>= 8)
		s[i] = (uint8_t)v;
	while (skip < 8 && s[skip] == 0 && s[skip + 1] < 0x80)
		skip++;
	der_put(b, DER_INTEGER, s + skip, sizeof(s) - skip);
}

void
der_put_bits(struct buf *b, const void *p, size_t n)
{
	size_t	 mark;

	mark = der_open(b, DER_BIT_STRING);
	buf_put_u8(b, 0);
	buf_put(b, p, n);
	der_close(b, mark);
}

void
der_put_text(struct buf *b, uint8_t tag, const char *s)
{

	der_put(b, tag, s, strlen(s));
}

void
der_put_gentime(struct buf *b, int64_t t)
{
	char	 s[TM_RFC3339_SIZE], out[16];
	size_t	 i, n = 0;

	tm_rfc3339(t, s);
	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] != '-' && s[i] != ':' && s[i] != 'T')
			out[n++] = s[i];
	}
	der_put(b, DER_GENTIME, out, n);
}

void
der_put_oid(struct buf *b, struct octets oid)
{

	der_put(b, DER_OID, oid.p, oid.len);
}
