#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "base/sm.h"
#include "base/text.h"

/* Two integers and their DER; good both ways. */
static const struct {
	const char	*r, *s, *der;
} sigs[] = {
	{ "0000000000000000000000000000000000000000000000000000000000000001",
	  "00000000000000000000000000000000000000000000000000000000000000ff",
	  "3007020101020200ff" },
	{ "8000000000000000000000000000000000000000000000000000000000000000",
	  "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	  "3045022100800000000000000000000000000000000000000000000000000000"
	  "000000000002207fffffffffffffffffffffffffffffffffffffffffffffffff"
	  "ffffffffffffff" },
	{ "0000000000000000000000000000000000000000000000000000000000000000",
	  "0080000000000000000000000000000000000000000000000000000000000000",
	  "3025020100022000800000000000000000000000000000000000000000000000"
	  "00000000000000" },
};

static const char *const sigs_bad[] = {
	"",
	"3006020101020101" "00",		/* behind it */
	"3007020101020101" "00",		/* inside it */
	"3003020101",				/* one only */
	"300702020001020101",			/* not minimal */
	"30060201ff020101",			/* negative */
	"3005020002020101",			/* empty INTEGER */
	"3106020101020101",			/* SET */
	"308106020101020101",			/* long length */
	"3080020101020101" "0000",		/* indefinite */
	"3006020101040101",			/* OCTET STRING */
	"302702220100000000000000000000000000000000000000000000000000000000"
	"00000000" "020101",			/* 34 octets */
	"302602210100000000000000000000000000000000000000000000000000000000"
	"000000" "020101",			/* 33 significant octets */
};

static void
signature_spelling(void **state)
{
	uint8_t		 raw[SM2_SIG_LEN], back[SM2_SIG_LEN], der[128],
			 out[SM2_DER_SIG_MAX], zero[SM2_SIG_LEN] = { 0 };
	struct err	 e;
	size_t		 i, n;

	(void)state;
	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		e = (struct err)ERR_INIT;
		assert_true(hex_decode(sigs[i].r, 64, raw, 32));
		assert_true(hex_decode(sigs[i].s, 64, raw + 32, 32));
		n = strlen(sigs[i].der) / 2;
		assert_true(hex_decode(sigs[i].der, 2 * n, der, n));
		assert_int_equal(sm2_sig_to_der(raw, out), n);
		assert_memory_equal(out, der, n);
		assert_int_equal(sm2_sig_from_der(OCTETS(der, n), back, &e),
		    0);
		assert_memory_equal(back, raw, sizeof(raw));
	}
	for (i = 0; i < sizeof(sigs_bad) / sizeof(sigs_bad[0]); i++) {
		e = (struct err)ERR_INIT;
		n = strlen(sigs_bad[i]) / 2;
		assert_true(hex_decode(sigs_bad[i], 2 * n, der, n));
		if (sm2_sig_from_der(OCTETS(der, n), back, &e) != ERR_FORMAT)
			fail_msg("%s", sigs_bad[i]);
		assert_string_equal(e.id, "format");
		assert_memory_equal(back, zero, sizeof(zero));
	}
}

/* What tests/vectors/note.json signs: key, message, signature. */
struct vector {
	uint8_t	 point[SM2_POINT_LEN];
	char	 msg[1024];
	uint8_t	 sig[SM2_SIG_LEN];
};

static void
vector_load(struct vector *v, const char *note, const char *vkey)
{
	uint8_t		 raw[256];
	char		 body[512];
	const char	*p;
	uint64_t	 when = 0;
	size_t		 n, i;

	p = strchr(strchr(vkey, '+') + 1, '+') + 1;
	assert_true(b64_decode(p, strlen(p), raw, sizeof(raw), &n));
	assert_true(n > SM2_POINT_LEN);
	memcpy(v->point, raw + n - SM2_POINT_LEN, SM2_POINT_LEN);
	p = strrchr(note, ' ') + 1;
	assert_true(b64_decode(p, strlen(p) - 1, raw, sizeof(raw), &n));
	assert_int_equal(n, 4 + 8 + SM2_SIG_LEN);
	for (i = 4; i < 12; i++)
		when = when << 8 | raw[i];
	memcpy(v->sig, raw + 12, SM2_SIG_LEN);
	n = (size_t)(strstr(note, "\n\n") + 1 - note);
	assert_true(n < sizeof(body));
	memcpy(body, note, n);
	body[n] = '\0';
	snprintf(v->msg, sizeof(v->msg), "cosignature/v1\ntime %llu\n%s",
	    (unsigned long long)when, body);
}

static struct octets
msg_of(const struct vector *v)
{

	return OCTETS(v->msg, strlen(v->msg));
}

static void
vectors_verify(void **state)
{
	uint8_t		 der[SM2_DER_SIG_MAX + 1];
	struct vector	 v;
	struct sm2_pub	*pub;
	struct err	 e = ERR_INIT;
	const json_t	*bad;
	const char	*vkey;
	json_t		*all;
	size_t		 i, n;

	(void)state;
	all = json_load_file("tests/vectors/note.json", 0, NULL);
	assert_non_null(all);
	vkey = json_string_value(json_object_get(all, "vkey"));
	vector_load(&v, json_string_value(json_object_get(all, "note")),
	    vkey);
	assert_int_equal(sm2_pub_new(v.point, &pub, &e), 0);
	assert_memory_equal(sm2_pub_point(pub), v.point, SM2_POINT_LEN);
	assert_int_equal(sm2_verify(pub, msg_of(&v), v.sig, &e), 0);
	n = sm2_sig_to_der(v.sig, der);
	assert_int_equal(sm2_verify_der(pub, msg_of(&v), OCTETS(der, n), &e),
	    0);
	der[n] = 0;
	assert_int_equal(sm2_verify_der(pub, msg_of(&v), OCTETS(der, n + 1),
	    &e), ERR_FORMAT);
	bad = json_object_get(all, "bad");
	assert_true(json_array_size(bad) > 0);
	for (i = 0; i < json_array_size(bad); i++) {
		e = (struct err)ERR_INIT;
		vector_load(&v, json_string_value(json_array_get(bad, i)),
		    vkey);
		assert_int_equal(sm2_verify(pub, msg_of(&v), v.sig, &e),
		    ERR_VERIFY);
		assert_string_equal(e.id, "verify");
	}
	sm2_pub_free(pub);
	sm2_pub_free(NULL);
	json_decref(all);
}

static void
signature_range(void **state)
{
	/* n of GB/T 32918.5. */
	static const char	 n_hex[] = "fffffffeffffffffffffffffffffffff"
				    "7203df6b21c6052b53bbf40939d54123";
	uint8_t			 sig[SM2_SIG_LEN], n[32];
	struct sm2_pub		*pub = NULL;
	struct err		 e = ERR_INIT;
	EVP_PKEY		*key;
	size_t			 half;

	(void)state;
	assert_true(hex_decode(n_hex, 64, n, 32));
	key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	assert_int_equal(sm2_pub_from_pkey(key, &pub, &e), 0);
	EVP_PKEY_free(key);
	for (half = 0; half < 2; half++) {
		memset(sig, 1, sizeof(sig));
		memset(sig + 32 * half, 0, 32);
		e = (struct err)ERR_INIT;
		assert_int_equal(sm2_verify(pub, OCTETS("m", 1), sig, &e),
		    ERR_VERIFY);
		memcpy(sig + 32 * half, n, 32);
		e = (struct err)ERR_INIT;
		assert_int_equal(sm2_verify(pub, OCTETS("m", 1), sig, &e),
		    ERR_VERIFY);
		assert_string_equal(e.text, "SM2 signature out of range");
		memset(sig + 32 * half, 0xff, 32);
		assert_int_equal(sm2_verify(pub, OCTETS("m", 1), sig, &e),
		    ERR_VERIFY);
	}
	sm2_pub_free(pub);
}

static void
keys_of_openssl(void **state)
{
	uint8_t		 sig[SM2_DER_SIG_MAX];
	size_t		 n = sizeof(sig);
	struct sm2_pub	*pub = NULL;
	struct err	 e = ERR_INIT;
	EVP_MD_CTX	*ctx;
	EVP_PKEY_CTX	*pctx;
	EVP_PKEY	*key;

	(void)state;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, "SM3", NULL, NULL,
	    key, NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_id(pctx, "1234567812345678", 16),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &n,
	    (const uint8_t *)"hello", 5), 1);
	EVP_MD_CTX_free(ctx);
	assert_int_equal(sm2_pub_from_pkey(key, &pub, &e), 0);
	EVP_PKEY_free(key);
	assert_int_equal(sm2_verify_der(pub, OCTETS("hello", 5),
	    OCTETS(sig, n), &e), 0);
	assert_int_equal(sm2_verify_der(pub, OCTETS("hellO", 5),
	    OCTETS(sig, n), &e), ERR_VERIFY);
	sm2_pub_free(pub);

	e = (struct err)ERR_INIT;
	key = EVP_EC_gen("P-256");
	assert_int_equal(sm2_pub_from_pkey(key, &pub, &e), ERR_FORMAT);
	assert_null(pub);
	EVP_PKEY_free(key);
	e = (struct err)ERR_INIT;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_int_equal(sm2_pub_from_pkey(key, &pub, &e), ERR_FORMAT);
	assert_null(pub);
	EVP_PKEY_free(key);
}

/* A message whose beginning was digested before: the same answers. */
static void
in_two_steps(void **state)
{
	static const char	 msg[] = "the same beginning, another end";
	uint8_t			 sig[SM2_DER_SIG_MAX], rs[SM2_SIG_LEN];
	uint8_t			 z[SM3_LEN], digest[SM3_LEN];
	size_t			 n = sizeof(sig), cut;
	struct sm3		*begun = sm3_new(), *h = sm3_new();
	struct sm2_pub		*pub = NULL;
	struct err		 e = ERR_INIT;
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX		*pctx;
	EVP_PKEY		*key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");

	(void)state;
	assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, "SM3", NULL, NULL,
	    key, NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_id(pctx, "1234567812345678", 16),
	    1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &n, (const uint8_t *)msg,
	    sizeof(msg)), 1);
	assert_int_equal(sm2_pub_from_pkey(key, &pub, &e), 0);
	assert_int_equal(sm2_sig_from_der(OCTETS(sig, n), rs, &e), 0);
	sm2_z(pub, z);
	for (cut = 0; cut < sizeof(msg); cut++) {
		sm3_add(begun, z, sizeof(z));
		sm3_add(begun, msg, cut);
		sm3_copy(h, begun);
		sm3_add(h, msg + cut, sizeof(msg) - cut);
		sm3_end(h, digest);
		assert_int_equal(sm2_verify_digest(pub, digest, rs, &e), 0);
		/* Again, from where it was; and with another end. */
		sm3_copy(h, begun);
		sm3_add(h, "x", 1);
		sm3_end(h, digest);
		assert_int_equal(sm2_verify_digest(pub, digest, rs, NULL),
		    ERR_VERIFY);
		sm3_end(begun, digest);
	}
	sm2_pub_free(pub);
	sm3_free(begun);
	sm3_free(h);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static void
points_off_the_curve(void **state)
{
	uint8_t		 point[SM2_POINT_LEN];
	struct sm2_pub	*pub = NULL;
	struct err	 e = ERR_INIT;
	EVP_PKEY	*key;
	uint8_t		 first;

	(void)state;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	assert_int_equal(sm2_pub_from_pkey(key, &pub, &e), 0);
	EVP_PKEY_free(key);
	memcpy(point, sm2_pub_point(pub), sizeof(point));
	sm2_pub_free(pub);
	for (first = 0; first < 8; first++) {
		if (first == 4)
			continue;
		point[0] = first;
		assert_int_equal(sm2_pub_new(point, &pub, &e), ERR_FORMAT);
		assert_null(pub);
	}
	point[0] = 4;
	point[64] ^= 1;
	e = (struct err)ERR_INIT;
	assert_int_equal(sm2_pub_new(point, &pub, &e), ERR_FORMAT);
	assert_null(pub);
	assert_string_equal(e.id, "format");
}

static void
randomness(void **state)
{
	uint8_t	 a[1000] = { 0 }, b[1000] = { 0 };

	(void)state;
	sm_random(a, sizeof(a));
	sm_random(b, sizeof(b));
	assert_memory_not_equal(a, b, 16);
	assert_memory_not_equal(a + 984, b + 984, 16);
	sm_random(a, 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(signature_spelling),
		cmocka_unit_test(vectors_verify),
		cmocka_unit_test(signature_range),
		cmocka_unit_test(keys_of_openssl),
		cmocka_unit_test(in_two_steps),
		cmocka_unit_test(points_off_the_curve),
		cmocka_unit_test(randomness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
