#include <stdlib.h>

#include "base/mem.h"
#include "base/sm_curve.h"

/* Field elements are as sm_field.h holds them. */
static const struct u256	curve_b = { {
	0x90d230632bc0dd42, 0x71cf379ae9b537ab, 0x527981505ea51c3c,
	0x240fe188ba20e2c8
} };

const struct point	curve_generator = {
	.x = { { 0x61328990f418029e, 0x3e7981eddca6c050, 0xd6a1ed99ac24c3c3,
	    0x91167a5ee1c13b05 } },
	.y = { { 0xc1354e593c2d0ddd, 0xc1f5e5788d3295fa, 0x8d4cfb066e2a48f8,
	    0x63cd65d481d735bd } },
};

/* A number, not an element. */
const struct u256	curve_order = { {
	0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff,
	0xfffffffeffffffff
} };

static void
triple(struct u256 *out, const struct u256 *a)
{
	struct u256	twice;

	field_add(&twice, a, a);
	field_add(out, &twice, a);
}

bool
point_read(const uint8_t in[SM2_POINT_LEN], struct point *p)
{
	struct u256	x, y, left, right;

	u256_of(&x, in + 1);
	u256_of(&y, in + 33);
	if (in[0] != 0x04 || !u256_is_below(&x, &field_p) ||
	    !u256_is_below(&y, &field_p))
		return false;
	field_of(&p->x, &x);
	field_of(&p->y, &y);
	field_sqr(&left, &p->y);
	field_sqr(&right, &p->x);
	field_mul(&right, &right, &p->x);
	triple(&x, &p->x);
	field_sub(&right, &right, &x);
	field_add(&right, &right, &curve_b);
	return u256_equal(&left, &right);
}

bool
sum_is_none(const struct sum *a)
{
	return u256_is_zero(&a->z);
}

void
sum_of(struct sum *out, const struct point *p)
{
	out->x = p->x;
	out->y = p->y;
	out->z = field_one;
}

/* No point on this curve is its own opposite: its order is odd. */
void
sum_double(struct sum *out, const struct sum *a)
{
	struct u256	zz, yy, beta, alpha, t, u;

	field_sqr(&zz, &a->z);
	field_sqr(&yy, &a->y);
	field_mul(&beta, &a->x, &yy);
	/* 3(x^2 - z^4): what a = -3 is for */
	field_sub(&t, &a->x, &zz);
	field_add(&u, &a->x, &zz);
	field_mul(&t, &t, &u);
	triple(&alpha, &t);
	/* z = (y + z)^2 - y^2 - z^2 = 2yz */
	field_add(&t, &a->y, &a->z);
	field_sqr(&t, &t);
	field_sub(&t, &t, &yy);
	field_sub(&out->z, &t, &zz);
	/* x = alpha^2 - 8 beta */
	field_add(&beta, &beta, &beta);
	field_add(&beta, &beta, &beta);
	field_sqr(&t, &alpha);
	field_sub(&t, &t, &beta);
	field_sub(&out->x, &t, &beta);
	/* y = alpha(4 beta - x) - 8 y^4 */
	field_sub(&t, &beta, &out->x);
	field_mul(&t, &t, &alpha);
	field_sqr(&yy, &yy);
	field_add(&yy, &yy, &yy);
	field_add(&yy, &yy, &yy);
	field_add(&yy, &yy, &yy);
	field_sub(&out->y, &t, &yy);
}

/*
 * The rest of an addition: (u1, s1) and (u2, s2) are both points brought to
 * one denominator, for which z stands.  False: they are the same point.
 */
static bool
add_up(struct sum *out, const struct u256 *u1, const struct u256 *s1,
    const struct u256 *u2, const struct u256 *s2, const struct u256 *z)
{
	struct u256	h, r, hh, hhh, v, t;

	field_sub(&h, u2, u1);
	field_sub(&r, s2, s1);
	if (u256_is_zero(&h) && u256_is_zero(&r))
		return false;
	/* Opposites: h is 0, and so z becomes. */
	field_mul(&out->z, z, &h);
	field_sqr(&hh, &h);
	field_mul(&hhh, &hh, &h);
	field_mul(&v, u1, &hh);
	field_mul(&t, s1, &hhh);
	field_sqr(&out->x, &r);
	field_sub(&out->x, &out->x, &hhh);
	field_sub(&out->x, &out->x, &v);
	field_sub(&out->x, &out->x, &v);
	field_sub(&v, &v, &out->x);
	field_mul(&v, &v, &r);
	field_sub(&out->y, &v, &t);
	return true;
}

void
sum_add(struct sum *out, const struct sum *a, const struct sum *b)
{
	struct u256	aa, bb, u1, s1, u2, s2, z;

	if (sum_is_none(a) || sum_is_none(b)) {
		*out = sum_is_none(a) ? *b : *a;
		return;
	}
	field_sqr(&aa, &a->z);
	field_sqr(&bb, &b->z);
	field_mul(&u1, &a->x, &bb);
	field_mul(&u2, &b->x, &aa);
	field_mul(&s1, &a->y, &bb);
	field_mul(&s1, &s1, &b->z);
	field_mul(&s2, &b->y, &aa);
	field_mul(&s2, &s2, &a->z);
	field_mul(&z, &a->z, &b->z);
	if (!add_up(out, &u1, &s1, &u2, &s2, &z))
		sum_double(out, b);
}

void
sum_add_point(struct sum *out, const struct sum *a, const struct point *p)
{
	struct u256	zz, u2, s2, u1, s1, z;

	if (sum_is_none(a)) {
		sum_of(out, p);
		return;
	}
	field_sqr(&zz, &a->z);
	field_mul(&u2, &p->x, &zz);
	field_mul(&s2, &p->y, &zz);
	field_mul(&s2, &s2, &a->z);
	u1 = a->x;
	s1 = a->y;
	z = a->z;
	if (!add_up(out, &u1, &s1, &u2, &s2, &z))
		sum_double(out, a);
}

static void
opposite(struct u256 *out, const struct u256 *y)
{
	static const struct u256	zero;

	field_sub(out, &zero, y);
}

void
sum_sub_point(struct sum *out, const struct sum *a, const struct point *p)
{
	struct point	o;

	o.x = p->x;
	opposite(&o.y, &p->y);
	sum_add_point(out, a, &o);
}

void
sum_negate(struct sum *out, const struct sum *a)
{
	out->x = a->x;
	opposite(&out->y, &a->y);
	out->z = a->z;
}

void
sum_points(struct point *out, const struct sum *in, size_t n)
{
	struct u256	*before = xcalloc(n + 1, sizeof(*before));
	struct u256	 all, one, t;
	size_t		 i;

	/* 1/z of each: the product of all, divided by once, without the
	 * others. */
	before[0] = field_one;
	for (i = 0; i < n; i++)
		field_mul(&before[i + 1], &before[i], &in[i].z);
	field_invert(&all, &before[n]);
	for (i = n; i-- > 0; ) {
		field_mul(&one, &all, &before[i]);
		field_mul(&all, &all, &in[i].z);
		field_sqr(&t, &one);
		field_mul(&out[i].x, &in[i].x, &t);
		field_mul(&t, &t, &one);
		field_mul(&out[i].y, &in[i].y, &t);
	}
	free(before);
}

bool
sum_has_x(const struct sum *a, const struct u256 *x)
{
	struct u256	zz, f;

	field_sqr(&zz, &a->z);
	field_of(&f, x);
	field_mul(&f, &f, &zz);
	return u256_equal(&f, &a->x);
}
