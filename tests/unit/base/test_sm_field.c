#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/bn.h>

#include "base/sm.h"
#include "base/sm_field.h"

/*
 * Every operation is held against OpenSSL's BIGNUM: on all pairs of numbers
 * whose limbs take their least and greatest values, and on random ones.
 */

#define P	"FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF"
#define N	"FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123"

static BN_CTX	*ctx;
static BIGNUM	*p, *n, *radix;		/* 2^256 */

static int
setup(void **state)
{
	(void)state;
	ctx = BN_CTX_new();
	radix = BN_new();
	assert_true(BN_hex2bn(&p, P) > 0);
	assert_true(BN_hex2bn(&n, N) > 0);
	assert_int_equal(BN_set_bit(radix, 256), 1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	BN_free(p);
	BN_free(n);
	BN_free(radix);
	BN_CTX_free(ctx);
	return 0;
}

static void
to_bn(const struct u256 *a, BIGNUM *out)
{
	uint8_t	o[32];
	int	i;

	for (i = 0; i < 32; i++)
		o[31 - i] = (uint8_t)(a->v[i / 8] >> 8 * (i % 8));
	assert_non_null(BN_bin2bn(o, 32, out));
}

static void
must_be(const struct u256 *is, const BIGNUM *should, const char *what)
{
	BIGNUM	*b = BN_new();

	to_bn(is, b);
	if (BN_cmp(b, should) != 0)
		fail_msg("%s: %s, not %s", what, BN_bn2hex(b),
		    BN_bn2hex(should));
	BN_free(b);
}

/* Number k of many: edges first, then random ones; below m. */
#define LIMBS	6
#define EDGES	(LIMBS * LIMBS * LIMBS * LIMBS)

static void
number(unsigned k, const struct u256 *m, struct u256 *out)
{
	static const uint64_t	limb[LIMBS] = { 0, 1, 0xffffffff00000000,
				    0xfffffffeffffffff, 0xfffffffffffffffe,
				    0xffffffffffffffff };
	int			i;

	do {
		for (i = 0; i < 4; i++, k /= LIMBS)
			out->v[i] = limb[k % LIMBS];
		if (k > 0)
			sm_random(out, sizeof(*out));
		k = EDGES;
	} while (!u256_is_below(out, m));
}

/* A product of elements holds 2^256 once, not twice. */
static void
product(const BIGNUM *a, const BIGNUM *b, BIGNUM *out)
{
	BIGNUM	*inverse = BN_mod_inverse(NULL, radix, p, ctx);

	assert_int_equal(BN_mod_mul(out, a, b, p, ctx), 1);
	assert_int_equal(BN_mod_mul(out, out, inverse, p, ctx), 1);
	BN_free(inverse);
}

static void
one_pair(const struct u256 *a, const struct u256 *b)
{
	BIGNUM		*x = BN_new(), *y = BN_new(), *z = BN_new();
	struct u256	 r, same = *a;

	to_bn(a, x);
	to_bn(b, y);
	product(x, y, z);
	field_mul(&r, a, b);
	must_be(&r, z, "product");
	field_mul(&same, &same, b);
	must_be(&same, z, "product in its place");
	product(x, x, z);
	field_sqr(&r, a);
	must_be(&r, z, "square");
	assert_int_equal(BN_mod_add(z, x, y, p, ctx), 1);
	field_add(&r, a, b);
	must_be(&r, z, "sum");
	assert_int_equal(BN_mod_sub(z, x, y, p, ctx), 1);
	field_sub(&r, a, b);
	must_be(&r, z, "difference");
	same = *b;
	field_sub(&same, a, &same);
	must_be(&same, z, "difference in its place");
	assert_int_equal(u256_is_below(a, b), BN_cmp(x, y) < 0);
	assert_int_equal(u256_equal(a, b), BN_cmp(x, y) == 0);
	BN_free(x);
	BN_free(y);
	BN_free(z);
}

/* A number at its limits with every 7th of the others. */
static void
agrees_with_openssl(void **state)
{
	struct u256	a, b;
	unsigned	i, k;

	(void)state;
	for (i = 0; i < EDGES + 500; i++)
		for (k = i % 97; k < EDGES + 100; k += 97) {
			number(i, &field_p, &a);
			number(k, &field_p, &b);
			one_pair(&a, &b);
		}
}

static void
agrees_on_the_order(void **state)
{
	struct u256	 a, b, r, m;
	uint8_t		 octets[32];
	BIGNUM		*x = BN_new(), *y = BN_new(), *z = BN_new();
	unsigned	 i, k;

	(void)state;
	assert_int_equal(BN_bn2binpad(n, octets, 32), 32);
	u256_of(&m, octets);
	must_be(&m, n, "order");
	for (i = 0; i < EDGES + 50; i += 5)
		for (k = i % 13; k < EDGES + 50; k += 13) {
			number(i, &m, &a);
			number(k, &m, &b);
			to_bn(&a, x);
			to_bn(&b, y);
			u256_add(&r, &a, &b, &m);
			assert_int_equal(BN_mod_add(z, x, y, n, ctx), 1);
			must_be(&r, z, "sum");
			u256_sub(&r, &a, &b, &m);
			assert_int_equal(BN_mod_sub(z, x, y, n, ctx), 1);
			must_be(&r, z, "difference");
		}
	BN_free(x);
	BN_free(y);
	BN_free(z);
}

static void
divides(void **state)
{
	struct u256	 a, r;
	BIGNUM		*x = BN_new(), *z = BN_new();
	unsigned	 i;

	(void)state;
	for (i = 0; i < EDGES + 100; i += 7) {
		number(i, &field_p, &a);
		field_invert(&r, &a);
		if (u256_is_zero(&a)) {
			assert_true(u256_is_zero(&r));
			continue;
		}
		field_mul(&r, &r, &a);
		assert_true(u256_equal(&r, &field_one));
		/* Of a number: times 2^256. */
		to_bn(&a, x);
		assert_int_equal(BN_mod_mul(z, x, radix, p, ctx), 1);
		field_of(&r, &a);
		must_be(&r, z, "element");
	}
	assert_int_equal(BN_mod(z, radix, p, ctx), 1);
	must_be(&field_one, z, "one");
	must_be(&field_p, p, "p");
	BN_free(x);
	BN_free(z);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(agrees_with_openssl),
		cmocka_unit_test(agrees_on_the_order),
		cmocka_unit_test(divides),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
