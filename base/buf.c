#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define FIRST_CAP	64

bool
octets_same(struct octets a, struct octets b)
{

	return a.len == b.len && (a.len == 0 ||
	    memcmp(a.p, b.p, a.len) == 0);
}

void
buf_init(struct buf *b, size_t max)
{

	*b = (struct buf){ .max = max };
}

void
buf_fini(struct buf *b)
{

	free(b->p);
	buf_init(b, b->max);
}

void
buf_wipe(struct buf *b)
{

	mem_wipe(b->p, b->cap);
	buf_fini(b);
}

void
buf_reset(struct buf *b)
{

	b->len = 0;
	b->overflow = false;
}

bool
buf_ok(const struct buf *b)
{

	return !b->overflow;
}

struct octets
buf_octets(const struct buf *b)
{

	return OCTETS(b->p, b->len);
}

uint8_t *
buf_extend(struct buf *b, size_t n)
{
	uint8_t	*p;
	size_t	 need, cap;

	if (b->overflow || n > b->max - b->len) {
		b->overflow = true;
		return NULL;
	}
	need = b->len + n;
	if (need > b->cap || b->p == NULL) {
		cap = b->cap > 0 ? b->cap : FIRST_CAP;
		while (cap < need)
			cap = cap > SIZE_MAX / 2 ? need : cap * 2;
		/* Moved by hand: realloc() would leave secrets behind. */
		p = xmalloc(cap);
		if (b->p != NULL)
			memcpy(p, b->p, b->len);
		mem_wipe(b->p, b->cap);
		free(b->p);
		b->p = p;
		b->cap = cap;
	}
	p = b->p + b->len;
	b->len = need;
	return p;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	uint8_t	*q;

	/* Where there is room, as a rule, without a call. */
	if (n > 0 && b->len < b->cap && n <= b->cap - b->len &&
	    n <= b->max - b->len && !b->overflow) {
		memcpy(b->p + b->len, p, n);
		b->len += n;
	} else if ((q = buf_extend(b, n)) != NULL && n > 0)
		memcpy(q, p, n);
}

void
buf_put_octets(struct buf *b, struct octets o)
{

	buf_put(b, o.p, o.len);
}

/* The n low octets of v, big-endian. */
static void
put_uint(struct buf *b, uint64_t v, size_t n)
{
	uint8_t	*q;

	if ((q = buf_extend(b, n)) == NULL)
		return;
	while (n-- > 0) {
		q[n] = (uint8_t)v;
		v >>= 8;
	}
}

void
buf_put_u8(struct buf *b, uint8_t v)
{

	if (b->len < b->cap && b->len < b->max && !b->overflow)
		b->p[b->len++] = v;
	else
		put_uint(b, v, 1);
}

void
buf_put_u16(struct buf *b, uint16_t v)
{

	put_uint(b, v, 2);
}

void
buf_put_u32(struct buf *b, uint32_t v)
{

	put_uint(b, v, 4);
}

void
buf_put_u64(struct buf *b, uint64_t v)
{

	put_uint(b, v, 8);
}

void
buf_puts(struct buf *b, const char *s)
{

	buf_put(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list	 ap;
	char	*s;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	/* vsnprintf() wants room for a NUL that we do not keep. */
	s = xmalloc((size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_put(b, s, (size_t)n);
	free(s);
}

uint8_t *
buf_steal(struct buf *b, size_t *len)
{
	uint8_t	*p;

	assert(buf_ok(b));
	p = b->p != NULL ? b->p : xmalloc(0);
	*len = b->len;
	buf_init(b, b->max);
	return p;
}

char *
buf_steal_str(struct buf *b)
{
	char	*s;

	assert(buf_ok(b));
	s = xrealloc(b->p, b->len + 1);
	s[b->len] = '\0';
	buf_init(b, b->max);
	return s;
}

struct cursor
cursor_of(const void *p, size_t n)
{
	static const uint8_t	 none[1];

	/* NULL + 0 is not C, and an empty view may be NULL. */
	if (p == NULL) {
		assert(n == 0);
		p = none;
	}
	return (struct cursor){ .p = p, .end = (const uint8_t *)p + n };
}

size_t
cursor_left(const struct cursor *c)
{

	return (size_t)(c->end - c->p);
}

static bool
take_uint(struct cursor *c, size_t n, uint64_t *v)
{
	size_t	 i;

	if (cursor_left(c) < n)
		return false;
	for (*v = 0, i = 0; i < n; i++)
		*v = *v << 8 | *c->p++;
	return true;
}

bool
take_u8(struct cursor *c, uint8_t *v)
{
	uint64_t u;

	if (!take_uint(c, 1, &u))
		return false;
	*v = (uint8_t)u;
	return true;
}

bool
take_u16(struct cursor *c, uint16_t *v)
{
	uint64_t u;

	if (!take_uint(c, 2, &u))
		return false;
	*v = (uint16_t)u;
	return true;
}

bool
take_u32(struct cursor *c, uint32_t *v)
{
	uint64_t u;

	if (!take_uint(c, 4, &u))
		return false;
	*v = (uint32_t)u;
	return true;
}

bool
take_u64(struct cursor *c, uint64_t *v)
{

	return take_uint(c, 8, v);
}

bool
take_octets(struct cursor *c, size_t n, struct octets *o)
{

	if (cursor_left(c) < n)
		return false;
	*o = OCTETS(c->p, n);
	c->p += n;
	return true;
}

bool
take_literal(struct cursor *c, const char *s)
{
	size_t	 n = strlen(s);

	if (cursor_left(c) < n || memcmp(c->p, s, n) != 0)
		return false;
	c->p += n;
	return true;
}

bool
take_line(struct cursor *c, struct octets *line)
{
	const uint8_t	*nl;

	if ((nl = memchr(c->p, '\n', cursor_left(c))) == NULL)
		return false;
	*line = OCTETS(c->p, (size_t)(nl - c->p));
	c->p = nl + 1;
	return true;
}

bool
take_decimal(struct cursor *c, uint64_t *v)
{
	const uint8_t	*p;
	uint64_t	 u = 0;

	for (p = c->p; p < c->end && *p >= '0' && *p <= '9'; p++) {
		if (p > c->p && *c->p == '0')
			return false;
		if (__builtin_mul_overflow(u, 10u, &u) ||
		    __builtin_add_overflow(u, (uint64_t)(*p - '0'), &u))
			return false;
	}
	if (p == c->p)
		return false;
	c->p = p;
	*v = u;
	return true;
}
