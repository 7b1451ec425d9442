#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "base/sm_table.h"
#include "base/text.h"

/*
 * Every answer, of a table and of a point, is held against OpenSSL's: for
 * signatures that it makes, for each bit of them turned, and for numbers chosen
 * so that each digit takes its least and its greatest value.
 */

static EVP_PKEY		*key;
static EVP_PKEY_CTX	*signs, *verifies;
static uint8_t		 point[SM2_POINT_LEN];
static EC_GROUP		*group;
static EC_POINT		*p;

static int
setup(void **state)
{
	size_t	n;

	(void)state;
	assert_int_equal(sm_init(NULL), 0);
	key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_octet_string_param(key,
	    OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof(point), &n), 1);
	signs = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	assert_int_equal(EVP_PKEY_sign_init(signs), 1);
	verifies = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	assert_int_equal(EVP_PKEY_verify_init(verifies), 1);
	group = EC_GROUP_new_by_curve_name(NID_sm2);
	p = EC_POINT_new(group);
	assert_int_equal(EC_POINT_oct2point(group, p, point, sizeof(point),
	    NULL), 1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	EC_POINT_free(p);
	EC_GROUP_free(group);
	EVP_PKEY_CTX_free(verifies);
	EVP_PKEY_CTX_free(signs);
	EVP_PKEY_free(key);
	return 0;
}

static int
openssl_says(const uint8_t digest[SM3_LEN], const uint8_t sig[SM2_SIG_LEN])
{
	uint8_t	der[SM2_DER_SIG_MAX];

	return EVP_PKEY_verify(verifies, der, sm2_sig_to_der(sig, der),
	    digest, SM3_LEN) == 1 ? 0 : ERR_VERIFY;
}

/* By the point alone, and by some of its multiples. */
static int
by_point(const uint8_t at[SM2_POINT_LEN], const uint8_t digest[SM3_LEN],
    const uint8_t sig[SM2_SIG_LEN])
{
	struct sm2_rows	*rows;
	int		 rc = sm2_point_verify(at, digest, sig, NULL);

	assert_int_equal(sm2_rows_new(at, &rows, NULL), 0);
	assert_int_equal(sm2_rows_verify(rows, digest, sig, NULL), rc);
	sm2_rows_free(rows);
	return rc;
}

/* By the table, too. */
static int
verify(const struct sm2_table *t, const uint8_t digest[SM3_LEN],
    const uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	int	rc = sm2_table_verify(t, digest, sig, e);

	assert_int_equal(by_point(point, digest, sig), rc);
	return rc;
}

static void
agrees_on_signatures(void **state)
{
	struct sm2_table	*t;
	struct err		 e = ERR_INIT;
	uint8_t			 digest[SM3_LEN], sig[SM2_SIG_LEN], der[80];
	size_t			 n, i;

	(void)state;
	assert_int_equal(sm2_table_new(point, &t, &e), 0);
	for (i = 0; i < 40; i++) {
		sm_random(digest, sizeof(digest));
		n = sizeof(der);
		assert_int_equal(EVP_PKEY_sign(signs, der, &n, digest,
		    sizeof(digest)), 1);
		assert_int_equal(sm2_sig_from_der(OCTETS(der, n), sig, &e),
		    0);
		assert_int_equal(verify(t, digest, sig, &e), 0);
		digest[i % SM3_LEN] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(verify(t, digest, sig, NULL),
		    ERR_VERIFY);
		digest[i % SM3_LEN] ^= (uint8_t)(1 << i % 8);
	}
	for (i = 0; i < 8 * SM2_SIG_LEN; i++) {
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(verify(t, digest, sig, NULL),
		    ERR_VERIFY);
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(verify(t, digest, sig, &e), 0);
	sm2_table_free(t);
	sm2_table_free(NULL);
}

/* s and t = r + s, from which the rest follows; each a number below n. */
static const char *const numbers[] = {
	"0000000000000000000000000000000000000000000000000000000000000001",
	"0000000000000000000000000000000000000000000000000000000000000010",
	"0000000000000000000000000000000000000000000000000000000000000011",
	/* every digit 16: nothing is carried; 17: everything is */
	"8421084210842108421084210842108421084210842108421084210842108421",
	"8c6318c6318c6318c6318c6318c6318c6318c6318c6318c6318c6318c6318c63",
	"4210842108421084210842108421084210842108421084210842108421084210",
	"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"8000000000000000000000000000000000000000000000000000000000000000",
	"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122",
	"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121",
	"fffffffeffffffffffffffffffffffff00000000ffffffffffffffffffffffff",
	"0f83e0f83e0f83e0f83e0f83e0f83e0f83e0f83e0f83e0f83e0f83e0f83e0f83",
};

/* The digest for which s and t give a signature, and that signature. */
static bool
make(const BIGNUM *s, const BIGNUM *t, uint8_t digest[SM3_LEN],
    uint8_t sig[SM2_SIG_LEN])
{
	const BIGNUM	*n = EC_GROUP_get0_order(group);
	EC_POINT	*sum = EC_POINT_new(group);
	BN_CTX		*ctx = BN_CTX_new();
	BIGNUM		*r = BN_new(), *x = BN_new();
	bool		 good;

	assert_int_equal(BN_mod_sub(r, t, s, n, ctx), 1);
	assert_int_equal(EC_POINT_mul(group, sum, s, p, t, ctx), 1);
	good = !BN_is_zero(r) && !EC_POINT_is_at_infinity(group, sum);
	if (good) {
		assert_int_equal(EC_POINT_get_affine_coordinates(group, sum,
		    x, NULL, ctx), 1);
		assert_int_equal(BN_mod_sub(x, r, x, n, ctx), 1);
		assert_int_equal(BN_bn2binpad(x, digest, SM3_LEN), SM3_LEN);
		assert_int_equal(BN_bn2binpad(r, sig, 32), 32);
		assert_int_equal(BN_bn2binpad(s, sig + 32, 32), 32);
	}
	BN_free(r);
	BN_free(x);
	BN_CTX_free(ctx);
	EC_POINT_free(sum);
	return good;
}

static void
agrees_on_edges(void **state)
{
	const size_t		 count = sizeof(numbers) / sizeof(numbers[0]);
	struct sm2_table	*table;
	BIGNUM			*s = NULL, *t = NULL;
	uint8_t			 digest[SM3_LEN], sig[SM2_SIG_LEN];
	size_t			 i, j, made = 0;

	(void)state;
	assert_int_equal(sm2_table_new(point, &table, NULL), 0);
	for (i = 0; i < count; i++)
		for (j = 0; j < count; j++) {
			assert_true(BN_hex2bn(&s, numbers[i]) > 0);
			assert_true(BN_hex2bn(&t, numbers[j]) > 0);
			if (BN_cmp(s, EC_GROUP_get0_order(group)) >= 0 ||
			    BN_cmp(t, EC_GROUP_get0_order(group)) >= 0)
				fail_msg("%s or %s is no number", numbers[i],
				    numbers[j]);
			if (!make(s, t, digest, sig))
				continue;
			made++;
			assert_int_equal(openssl_says(digest, sig), 0);
			if (verify(table, digest, sig, NULL) != 0)
				fail_msg("s %s t %s", numbers[i], numbers[j]);
			digest[31] ^= 1;
			assert_int_equal(verify(table, digest, sig,
			    NULL), ERR_VERIFY);
		}
	assert_true(made >= count * (count - 1) - 4);
	BN_free(s);
	BN_free(t);
	sm2_table_free(table);
}

/*
 * A sum whose first coordinate lies between the order and p, which none has by
 * chance: the key is made for it.
 */
static void
agrees_beyond_the_order(void **state)
{
	const BIGNUM		*n = EC_GROUP_get0_order(group);
	EC_POINT		*sum = EC_POINT_new(group), *own = p;
	uint8_t			 digest[SM3_LEN], sig[SM2_SIG_LEN],
				 at[SM2_POINT_LEN];
	struct sm2_table	*table;
	BIGNUM			*x = BN_dup(n), *s = NULL, *t = NULL,
				*v = BN_new();
	BN_CTX			*ctx = BN_CTX_new();

	(void)state;
	while (EC_POINT_set_compressed_coordinates(group, sum, x, 1, ctx) != 1)
		assert_int_equal(BN_add_word(x, 1), 1);
	assert_true(BN_hex2bn(&s, numbers[4]) > 0);
	assert_true(BN_hex2bn(&t, numbers[6]) > 0);
	/* P = (sum - [s]G) / t */
	p = EC_POINT_new(group);
	assert_int_equal(EC_POINT_mul(group, p, s, NULL, NULL, ctx), 1);
	assert_int_equal(EC_POINT_invert(group, p, ctx), 1);
	assert_int_equal(EC_POINT_add(group, p, p, sum, ctx), 1);
	assert_non_null(BN_mod_inverse(v, t, n, ctx));
	assert_int_equal(EC_POINT_mul(group, p, NULL, p, v, ctx), 1);
	assert_int_equal(EC_POINT_point2oct(group, p,
	    POINT_CONVERSION_UNCOMPRESSED, at, sizeof(at), ctx), sizeof(at));
	assert_int_equal(sm2_table_new(at, &table, NULL), 0);
	assert_true(make(s, t, digest, sig));
	assert_int_equal(sm2_table_verify(table, digest, sig, NULL), 0);
	assert_int_equal(by_point(at, digest, sig), 0);
	digest[31] ^= 1;
	assert_int_equal(sm2_table_verify(table, digest, sig, NULL),
	    ERR_VERIFY);
	assert_int_equal(by_point(at, digest, sig), ERR_VERIFY);
	EC_POINT_free(p);
	p = own;
	sm2_table_free(table);
	EC_POINT_free(sum);
	BN_free(x);
	BN_free(s);
	BN_free(t);
	BN_free(v);
	BN_CTX_free(ctx);
}

static void
agrees_on_large_digests(void **state)
{
	struct sm2_table	*t;
	uint8_t			 digest[SM3_LEN], sig[SM2_SIG_LEN], der[80];
	size_t			 n;

	(void)state;
	assert_int_equal(sm2_table_new(point, &t, NULL), 0);
	memset(digest, 0xff, sizeof(digest));
	for (; digest[3] > 0xf8; digest[3]--) {
		n = sizeof(der);
		assert_int_equal(EVP_PKEY_sign(signs, der, &n, digest,
		    sizeof(digest)), 1);
		assert_int_equal(sm2_sig_from_der(OCTETS(der, n), sig, NULL),
		    0);
		assert_int_equal(verify(t, digest, sig, NULL), 0);
	}
	sm2_table_free(t);
}

/* A sum without coordinates, and r + s = n: no signature, for no digest. */
static void
refuses_nothing(void **state)
{
	static const uint8_t	 digest[SM3_LEN] = { 7 };
	uint8_t			 g[SM2_POINT_LEN], sig[SM2_SIG_LEN];
	struct sm2_table	*t;
	struct err		 e = ERR_INIT;
	BIGNUM			*r = BN_new(), *s = NULL, *two = BN_new();
	BN_CTX			*ctx = BN_CTX_new();

	(void)state;
	/* The key is the generator: s + t = 0 makes the sum vanish. */
	assert_int_equal(EC_POINT_point2oct(group,
	    EC_GROUP_get0_generator(group), POINT_CONVERSION_UNCOMPRESSED, g,
	    sizeof(g), NULL), sizeof(g));
	assert_int_equal(sm2_table_new(g, &t, &e), 0);
	assert_true(BN_hex2bn(&s, numbers[4]) > 0);
	assert_int_equal(BN_lshift1(two, s), 1);
	assert_int_equal(BN_mod_sub(r, EC_GROUP_get0_order(group), two,
	    EC_GROUP_get0_order(group), ctx), 1);
	assert_int_equal(BN_bn2binpad(r, sig, 32), 32);
	assert_int_equal(BN_bn2binpad(s, sig + 32, 32), 32);
	assert_int_equal(sm2_table_verify(t, digest, sig, &e), ERR_VERIFY);
	assert_int_equal(by_point(g, digest, sig), ERR_VERIFY);
	/* r = n - s. */
	assert_int_equal(BN_sub(r, EC_GROUP_get0_order(group), s), 1);
	assert_int_equal(BN_bn2binpad(r, sig, 32), 32);
	e = (struct err)ERR_INIT;
	assert_int_equal(sm2_table_verify(t, digest, sig, &e), ERR_VERIFY);
	assert_int_equal(by_point(g, digest, sig), ERR_VERIFY);
	assert_non_null(strstr(e.text, "r + s"));
	sm2_table_free(t);
	BN_free(r);
	BN_free(s);
	BN_free(two);
	BN_CTX_free(ctx);
}

static void
refuses_points(void **state)
{
	static const struct {
		size_t	at;
		uint8_t	turn;
	} t[] = { { 0, 4 ^ 2 }, { 0, 4 }, { 0, 4 ^ 6 }, { 1, 1 }, { 32, 1 },
	    { 33, 1 }, { 64, 1 }, { 64, 0x80 } };
	static const uint8_t	 digest[SM3_LEN] = { 7 }, sig[SM2_SIG_LEN] = {
	    7, [32] = 7 };
	uint8_t			 bad[SM2_POINT_LEN];
	struct sm2_table	*table;
	struct sm2_rows		*rows;
	struct err		 e;
	size_t			 i;

	(void)state;
	assert_true(sm2_on_curve(point));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memcpy(bad, point, sizeof(bad));
		bad[t[i].at] ^= t[i].turn;
		e = (struct err)ERR_INIT;
		assert_false(sm2_on_curve(bad));
		assert_int_equal(sm2_table_new(bad, &table, &e), ERR_FORMAT);
		assert_null(table);
		assert_int_equal(sm2_rows_new(bad, &rows, &e), ERR_FORMAT);
		assert_null(rows);
		assert_int_equal(sm2_point_verify(bad, digest, sig, NULL),
		    ERR_VERIFY);
	}
	memset(bad + 1, 0xff, sizeof(bad) - 1);	/* beyond the field */
	bad[0] = 4;
	assert_false(sm2_on_curve(bad));
}

/* A key gets a table when it was used often, and its answers stay. */
static void
tables_change_nothing(void **state)
{
	struct sm2_pub	*pub, *other;
	struct err	 e = ERR_INIT;
	uint8_t		 digest[SM3_LEN], bad[SM3_LEN], sig[SM2_SIG_LEN],
			 der[80];
	size_t		 n, i, round;

	(void)state;
	sm_random(digest, sizeof(digest));
	memcpy(bad, digest, sizeof(bad));
	bad[0] ^= 1;
	n = sizeof(der);
	assert_int_equal(EVP_PKEY_sign(signs, der, &n, digest,
	    sizeof(digest)), 1);
	assert_int_equal(sm2_sig_from_der(OCTETS(der, n), sig, &e), 0);
	for (round = 0; round < 3; round++) {
		sm2_tables(round);
		assert_int_equal(sm2_pub_new(point, &pub, &e), 0);
		assert_int_equal(sm2_pub_new(point, &other, &e), 0);
		for (i = 0; i < 100; i++) {
			assert_int_equal(sm2_verify_digest(pub, digest, sig,
			    &e), 0);
			assert_int_equal(sm2_verify_digest(other, digest,
			    sig, &e), 0);
			assert_int_equal(sm2_verify_digest(pub, bad, sig,
			    NULL), ERR_VERIFY);
			assert_int_equal(sm2_verify_digest(other, bad, sig,
			    NULL), ERR_VERIFY);
		}
		sm2_pub_free(pub);
		sm2_pub_free(other);
	}
	sm2_tables(0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(agrees_on_signatures),
		cmocka_unit_test(agrees_on_edges),
		cmocka_unit_test(agrees_beyond_the_order),
		cmocka_unit_test(agrees_on_large_digests),
		cmocka_unit_test(refuses_nothing),
		cmocka_unit_test(refuses_points),
		cmocka_unit_test(tables_change_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
