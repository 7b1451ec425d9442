#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/sm_curve.h"

/*
 * Sums of small multiples of the generator, with each other and with all that
 * is special (itself, its opposite, nothing), held against OpenSSL's points.
 */

#define MANY	12

static EC_GROUP		*group;
static EC_POINT		*theirs[2 * MANY + 1];	/* -MANY .. MANY */
static struct point	 ours[2 * MANY + 1];

static void
octets_of(const EC_POINT *p, uint8_t out[SM2_POINT_LEN])
{
	assert_int_equal(EC_POINT_point2oct(group, p,
	    POINT_CONVERSION_UNCOMPRESSED, out, SM2_POINT_LEN, NULL),
	    SM2_POINT_LEN);
}

static int
setup(void **state)
{
	uint8_t	 o[SM2_POINT_LEN];
	BIGNUM	*k = BN_new();
	int	 i;

	(void)state;
	group = EC_GROUP_new_by_curve_name(NID_sm2);
	for (i = -MANY; i <= MANY; i++) {
		theirs[i + MANY] = EC_POINT_new(group);
		assert_int_equal(BN_set_word(k, (BN_ULONG)(i < 0 ? -i : i)),
		    1);
		BN_set_negative(k, i < 0);
		assert_int_equal(EC_POINT_mul(group, theirs[i + MANY], k, NULL,
		    NULL, NULL), 1);
		if (i == 0)
			continue;
		octets_of(theirs[i + MANY], o);
		assert_true(point_read(o, &ours[i + MANY]));
	}
	BN_free(k);
	return 0;
}

static int
teardown(void **state)
{
	int	i;

	(void)state;
	for (i = 0; i <= 2 * MANY; i++)
		EC_POINT_free(theirs[i]);
	EC_GROUP_free(group);
	return 0;
}

static void
must_be(const struct sum *is, const EC_POINT *p)
{
	struct point	should, got;
	struct u256	x;
	uint8_t		o[SM2_POINT_LEN];

	assert_int_equal(sum_is_none(is),
	    EC_POINT_is_at_infinity(group, p) == 1);
	if (sum_is_none(is))
		return;
	octets_of(p, o);
	assert_true(point_read(o, &should));
	sum_points(&got, is, 1);
	assert_true(u256_equal(&got.x, &should.x));
	assert_true(u256_equal(&got.y, &should.y));
	u256_of(&x, o + 1);
	assert_true(sum_has_x(is, &x));
	o[32] ^= 1;
	u256_of(&x, o + 1);
	assert_false(sum_has_x(is, &x));
}

/* i times the generator over the denominator d. */
static void
spread(struct sum *out, int i, const struct u256 *d)
{
	struct u256	t;

	*out = (struct sum){ .z = { { 0 } } };
	if (i == 0)
		return;
	sum_of(out, &ours[i + MANY]);
	field_sqr(&t, d);
	field_mul(&out->x, &out->x, &t);
	field_mul(&t, &t, d);
	field_mul(&out->y, &out->y, &t);
	out->z = *d;
}

static void
one_pair(int i, int k)
{
	EC_POINT	*p = EC_POINT_new(group);
	struct sum	 a, b, r;

	assert_int_equal(EC_POINT_add(group, p, theirs[i + MANY],
	    theirs[k + MANY], NULL), 1);
	spread(&a, i, &ours[MANY + 5].x);
	spread(&b, k, &ours[MANY + 7].y);
	sum_add(&r, &a, &b);
	must_be(&r, p);
	r = a;
	sum_add(&r, &r, &b);
	must_be(&r, p);
	spread(&b, k, &ours[MANY + 5].x);
	sum_add(&r, &a, &b);
	must_be(&r, p);
	if (k == 0)
		goto out;
	sum_add_point(&r, &a, &ours[k + MANY]);
	must_be(&r, p);
	r = a;
	sum_add_point(&r, &r, &ours[k + MANY]);
	must_be(&r, p);
	r = a;
	sum_sub_point(&r, &r, &ours[MANY - k]);
	must_be(&r, p);
out:
	EC_POINT_free(p);
}

static void
agrees_with_openssl(void **state)
{
	EC_POINT	*p = EC_POINT_new(group);
	struct sum	 a, r;
	int		 i, k;

	(void)state;
	for (i = -MANY; i <= MANY; i++) {
		for (k = -MANY; k <= MANY; k++)
			one_pair(i, k);
		spread(&a, i, &ours[MANY + 3].x);
		assert_int_equal(EC_POINT_dbl(group, p, theirs[i + MANY],
		    NULL), 1);
		sum_double(&r, &a);
		must_be(&r, p);
		sum_double(&a, &a);
		must_be(&a, p);
		spread(&a, i, &ours[MANY + 3].x);
		sum_negate(&a, &a);
		must_be(&a, theirs[MANY - i]);
	}
	EC_POINT_free(p);
}

static void
constants(void **state)
{
	struct u256	order;
	struct sum	s;
	uint8_t		o[32];

	(void)state;
	sum_of(&s, &curve_generator);
	must_be(&s, EC_GROUP_get0_generator(group));
	assert_int_equal(BN_bn2binpad(EC_GROUP_get0_order(group), o, 32), 32);
	u256_of(&order, o);
	assert_true(u256_equal(&order, &curve_order));
}

/* With one division for all, each as alone. */
static void
many_at_once(void **state)
{
	struct sum	s[MANY];
	struct point	all[MANY], one;
	int		i;

	(void)state;
	for (i = 0; i < MANY; i++)
		spread(&s[i], i + 1, &ours[2 * MANY - i].x);
	sum_points(all, s, MANY);
	for (i = 0; i < MANY; i++) {
		sum_points(&one, &s[i], 1);
		assert_true(u256_equal(&one.x, &all[i].x));
		assert_true(u256_equal(&one.y, &all[i].y));
		assert_true(u256_equal(&one.x, &ours[MANY + i + 1].x));
	}
	sum_points(all, s, 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(constants),
		cmocka_unit_test(agrees_with_openssl),
		cmocka_unit_test(many_at_once),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
