#include "base/sm_field.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

__extension__ typedef unsigned __int128 u128;

const struct u256	field_p = { {
	0xffffffffffffffff, 0xffffffff00000000, 0xffffffffffffffff,
	0xfffffffeffffffff
} };

/* 2^256 - p */
const struct u256	field_one = { {
	0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000,
	0x0000000100000000
} };

/* 2^512 modulo p: times this, a number becomes an element. */
static const struct u256	square = { {
	0x0000000200000003, 0x00000002ffffffff, 0x0000000100000001,
	0x0000000400000002
} };

/* a + b + carry, and a - b - borrow; the carry or the borrow, 0 or 1. */
#ifdef __x86_64__

static inline uint8_t
add_limb(uint8_t carry, uint64_t a, uint64_t b, uint64_t *out)
{
	unsigned long long	t;

	carry = _addcarry_u64(carry, a, b, &t);
	*out = t;
	return carry;
}

static inline uint8_t
sub_limb(uint8_t borrow, uint64_t a, uint64_t b, uint64_t *out)
{
	unsigned long long	t;

	borrow = _subborrow_u64(borrow, a, b, &t);
	*out = t;
	return borrow;
}

#else

static inline uint8_t
add_limb(uint8_t carry, uint64_t a, uint64_t b, uint64_t *out)
{
	u128	t = (u128)a + b + carry;

	*out = (uint64_t)t;
	return (uint8_t)(t >> 64);
}

static inline uint8_t
sub_limb(uint8_t borrow, uint64_t a, uint64_t b, uint64_t *out)
{
	u128	t = (u128)a - b - borrow;

	*out = (uint64_t)t;
	return (uint8_t)(t >> 64 & 1);
}

#endif

void
u256_of(struct u256 *out, const uint8_t in[32])
{
	int	i, k;

	for (i = 0; i < 4; i++) {
		out->v[i] = 0;
		for (k = 0; k < 8; k++)
			out->v[i] = out->v[i] << 8 | in[24 - 8 * i + k];
	}
}

bool
u256_is_zero(const struct u256 *a)
{
	return (a->v[0] | a->v[1] | a->v[2] | a->v[3]) == 0;
}

bool
u256_equal(const struct u256 *a, const struct u256 *b)
{
	return ((a->v[0] ^ b->v[0]) | (a->v[1] ^ b->v[1]) |
	    (a->v[2] ^ b->v[2]) | (a->v[3] ^ b->v[3])) == 0;
}

bool
u256_is_below(const struct u256 *a, const struct u256 *m)
{
	uint64_t	t;
	uint8_t		borrow = 0;
	int		i;

	for (i = 0; i < 4; i++)
		borrow = sub_limb(borrow, a->v[i], m->v[i], &t);
	return borrow == 1;
}

/* carry * 2^256 + t, which is below 2m, modulo m. */
static inline void
take_once(struct u256 *out, const struct u256 *t, uint8_t carry,
    const struct u256 *m)
{
	struct u256	d;
	uint64_t	none;
	uint8_t		borrow;

	borrow = sub_limb(0, t->v[0], m->v[0], &d.v[0]);
	borrow = sub_limb(borrow, t->v[1], m->v[1], &d.v[1]);
	borrow = sub_limb(borrow, t->v[2], m->v[2], &d.v[2]);
	borrow = sub_limb(borrow, t->v[3], m->v[3], &d.v[3]);
	borrow = sub_limb(borrow, carry, 0, &none);
	/* It was below m, or not. */
	out->v[0] = borrow != 0 ? t->v[0] : d.v[0];
	out->v[1] = borrow != 0 ? t->v[1] : d.v[1];
	out->v[2] = borrow != 0 ? t->v[2] : d.v[2];
	out->v[3] = borrow != 0 ? t->v[3] : d.v[3];
}

static inline void
add(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	struct u256	t;
	uint8_t		carry;

	carry = add_limb(0, a->v[0], b->v[0], &t.v[0]);
	carry = add_limb(carry, a->v[1], b->v[1], &t.v[1]);
	carry = add_limb(carry, a->v[2], b->v[2], &t.v[2]);
	carry = add_limb(carry, a->v[3], b->v[3], &t.v[3]);
	take_once(out, &t, carry, m);
}

static inline void
sub(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	struct u256	t;
	uint64_t	mask;
	uint8_t		c;

	c = sub_limb(0, a->v[0], b->v[0], &t.v[0]);
	c = sub_limb(c, a->v[1], b->v[1], &t.v[1]);
	c = sub_limb(c, a->v[2], b->v[2], &t.v[2]);
	c = sub_limb(c, a->v[3], b->v[3], &t.v[3]);
	mask = 0 - (uint64_t)c;
	c = add_limb(0, t.v[0], m->v[0] & mask, &out->v[0]);
	c = add_limb(c, t.v[1], m->v[1] & mask, &out->v[1]);
	c = add_limb(c, t.v[2], m->v[2] & mask, &out->v[2]);
	(void)add_limb(c, t.v[3], m->v[3] & mask, &out->v[3]);
}

void
u256_add(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	add(out, a, b, m);
}

void
u256_sub(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	sub(out, a, b, m);
}

void
field_add(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	add(out, a, b, &field_p);
}

void
field_sub(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	sub(out, a, b, &field_p);
}

/*
 * t + m * p, for m = t[0]; p is 2^256 - 2^224 - 2^96 + 2^64 - 1, so that t[0]
 * becomes 0, and what is added above it is m(p + 1) / 2^64, below 2^256.  over
 * is to be added to t[4]; what does not fit there comes back.
 */
static inline uint8_t
reduce_limb(uint64_t *t, uint8_t over)
{
	const uint64_t	m = t[0], low = m << 32, high = m >> 32;
	uint64_t	v[4];
	uint8_t		c;

	c = sub_limb(0, m, low, &v[0]);
	c = sub_limb(c, 0, high, &v[1]);
	c = sub_limb(c, 0, low, &v[2]);
	(void)sub_limb(c, m, high, &v[3]);
	c = add_limb(0, t[1], v[0], &t[1]);
	c = add_limb(c, t[2], v[1], &t[2]);
	c = add_limb(c, t[3], v[2], &t[3]);
	c = add_limb(c, t[4], v[3], &t[4]);
	return (uint8_t)(c + add_limb(0, t[4], over, &t[4]));
}

/* t, below p * 2^256, by 2^256. */
static inline void
reduce(struct u256 *out, uint64_t t[8])
{
	struct u256	high;
	uint8_t		over;

	over = reduce_limb(t, 0);
	over = reduce_limb(t + 1, over);
	over = reduce_limb(t + 2, over);
	over = reduce_limb(t + 3, over);
	high = (struct u256){ { t[4], t[5], t[6], t[7] } };
	take_once(out, &high, over, &field_p);
}

/* Add a * b to the four limbs at t; the fifth is set. */
static inline void
mul_row(uint64_t *t, const uint64_t a[4], uint64_t b)
{
	const u128	p0 = (u128)a[0] * b, p1 = (u128)a[1] * b,
			p2 = (u128)a[2] * b, p3 = (u128)a[3] * b;
	uint8_t		c;

	c = add_limb(0, t[0], (uint64_t)p0, &t[0]);
	c = add_limb(c, t[1], (uint64_t)p1, &t[1]);
	c = add_limb(c, t[2], (uint64_t)p2, &t[2]);
	c = add_limb(c, t[3], (uint64_t)p3, &t[3]);
	t[4] = c;
	c = add_limb(0, t[1], (uint64_t)(p0 >> 64), &t[1]);
	c = add_limb(c, t[2], (uint64_t)(p1 >> 64), &t[2]);
	c = add_limb(c, t[3], (uint64_t)(p2 >> 64), &t[3]);
	(void)add_limb(c, t[4], (uint64_t)(p3 >> 64), &t[4]);
}

void
field_mul(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	uint64_t	t[8] = { 0 };

	mul_row(t, a->v, b->v[0]);
	mul_row(t + 1, a->v, b->v[1]);
	mul_row(t + 2, a->v, b->v[2]);
	mul_row(t + 3, a->v, b->v[3]);
	reduce(out, t);
}

/* The products of two limbs count twice. */
void
field_sqr(struct u256 *out, const struct u256 *a)
{
	const uint64_t	*v = a->v;
	const u128	 p01 = (u128)v[0] * v[1], p02 = (u128)v[0] * v[2],
			 p03 = (u128)v[0] * v[3], p12 = (u128)v[1] * v[2],
			 p13 = (u128)v[1] * v[3], p23 = (u128)v[2] * v[3],
			 p00 = (u128)v[0] * v[0], p11 = (u128)v[1] * v[1],
			 p22 = (u128)v[2] * v[2], p33 = (u128)v[3] * v[3];
	uint64_t	 t[8];
	uint8_t		 c;

	t[1] = (uint64_t)p01;
	c = add_limb(0, (uint64_t)(p01 >> 64), (uint64_t)p02, &t[2]);
	c = add_limb(c, (uint64_t)(p02 >> 64), (uint64_t)p03, &t[3]);
	c = add_limb(c, (uint64_t)(p03 >> 64), (uint64_t)p13, &t[4]);
	c = add_limb(c, (uint64_t)(p13 >> 64), (uint64_t)p23, &t[5]);
	t[6] = (uint64_t)(p23 >> 64) + c;
	c = add_limb(0, t[3], (uint64_t)p12, &t[3]);
	c = add_limb(c, t[4], (uint64_t)(p12 >> 64), &t[4]);
	c = add_limb(c, t[5], 0, &t[5]);
	t[6] += c;
	t[7] = t[6] >> 63;
	t[6] = t[6] << 1 | t[5] >> 63;
	t[5] = t[5] << 1 | t[4] >> 63;
	t[4] = t[4] << 1 | t[3] >> 63;
	t[3] = t[3] << 1 | t[2] >> 63;
	t[2] = t[2] << 1 | t[1] >> 63;
	t[1] = t[1] << 1;
	t[0] = (uint64_t)p00;
	c = add_limb(0, t[1], (uint64_t)(p00 >> 64), &t[1]);
	c = add_limb(c, t[2], (uint64_t)p11, &t[2]);
	c = add_limb(c, t[3], (uint64_t)(p11 >> 64), &t[3]);
	c = add_limb(c, t[4], (uint64_t)p22, &t[4]);
	c = add_limb(c, t[5], (uint64_t)(p22 >> 64), &t[5]);
	c = add_limb(c, t[6], (uint64_t)p33, &t[6]);
	(void)add_limb(c, t[7], (uint64_t)(p33 >> 64), &t[7]);
	reduce(out, t);
}

void
field_of(struct u256 *out, const struct u256 *number)
{
	field_mul(out, number, &square);
}

/* a^(p - 2), from the highest bit on (Fermat). */
void
field_invert(struct u256 *out, const struct u256 *a)
{
	struct u256	r = field_one;
	uint64_t	e;
	int		i;

	for (i = 255; i >= 0; i--) {
		field_sqr(&r, &r);
		e = field_p.v[i / 64] - (i < 64 ? 2 : 0);
		if ((e >> i % 64 & 1) != 0)
			field_mul(&r, &r, a);
	}
	*out = r;
}
