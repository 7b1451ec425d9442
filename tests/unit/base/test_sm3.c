#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/sm.h"
#include "base/text.h"

/* GB/T 32905, annex A, and the empty message. */
static const struct {
	const char	*msg, *digest;
} digests[] = {
	{ "", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b" },
	{ "abc",
	    "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" },
	{ "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
	    "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732" },
};

static void
digest(void **state)
{
	uint8_t		 v[SM3_LEN], w[SM3_LEN];
	char		 text[HEX_SIZE(SM3_LEN)];
	struct sm3	*h;
	size_t		 i, j, n;

	(void)state;
	h = sm3_new();
	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		n = strlen(digests[i].msg);
		sm3(digests[i].msg, n, v);
		hex_encode(v, sizeof(v), text);
		assert_string_equal(text, digests[i].digest);
		for (j = 0; j < n; j++)
			sm3_add(h, digests[i].msg + j, 1);
		sm3_end(h, w);
		assert_memory_equal(v, w, sizeof(v));
	}
	sm3_free(h);
	sm3_free(NULL);
}

static void
two_digests_do_not_mix(void **state)
{
	struct sm3	*a, *b;
	uint8_t		 v[SM3_LEN], want[SM3_LEN];

	(void)state;
	a = sm3_new();
	b = sm3_new();
	sm3_add(a, "a", 1);
	sm3_add(b, "xyz", 3);
	sm3("other", 5, v);
	sm3_add(a, "bc", 2);
	sm3_end(a, v);
	sm3("abc", 3, want);
	assert_memory_equal(v, want, sizeof(v));
	sm3_free(a);
	sm3_free(b);
}

static void
prefixed_is_concatenation(void **state)
{
	uint8_t	 v[SM3_LEN], want[SM3_LEN];

	(void)state;
	sm3("\001leftright", 10, want);
	sm3_prefixed(1, OCTETS("left", 4), OCTETS("right", 5), v);
	assert_memory_equal(v, want, sizeof(v));
	sm3_prefixed(1, OCTETS("leftright", 9), OCTETS(NULL, 0), v);
	assert_memory_equal(v, want, sizeof(v));
	sm3_prefixed(0, OCTETS("leftright", 9), OCTETS(NULL, 0), v);
	assert_memory_not_equal(v, want, sizeof(v));
}

#define LONGEST	2500

/* Every length that matters, each way of asking: what OpenSSL says. */
static void
as_openssl_has_it(void **state)
{
	static uint8_t	 msg[LONGEST];
	struct octets	 parts[LIMIT_SM3_PARTS];
	uint8_t		 want[SM3_LEN], got[SM3_LEN];
	struct sm3	*h = sm3_new(), *other = sm3_new();
	size_t		 n, at, piece, k;

	(void)state;
	srandom(1);
	for (n = 0; n < LONGEST; n++) {
		sm_random(msg, n);
		assert_int_equal(EVP_Digest(msg, n, want, NULL, EVP_sm3(),
		    NULL), 1);
		sm3(msg, n, got);
		assert_memory_equal(got, want, SM3_LEN);
		if (n > 0) {
			sm3_prefixed(msg[0], OCTETS(msg + 1, (n - 1) / 3),
			    OCTETS(msg + 1 + (n - 1) / 3, n - 1 - (n - 1) / 3),
			    got);
			assert_memory_equal(got, want, SM3_LEN);
		}
		for (k = 0, at = 0; k < LIMIT_SM3_PARTS; k++, at += piece) {
			piece = k == LIMIT_SM3_PARTS - 1 ? n - at :
			    (size_t)random() % (n - at + 1);
			parts[k] = OCTETS(msg + at, piece);
			sm3_add(h, msg + at, piece);
			if (k == 2)
				sm3_copy(other, h);
			if (k > 2)
				sm3_add(other, msg + at, piece);
		}
		sm3_parts(parts, LIMIT_SM3_PARTS, got);
		assert_memory_equal(got, want, SM3_LEN);
		sm3_end(h, got);
		assert_memory_equal(got, want, SM3_LEN);
		sm3_end(other, got);
		assert_memory_equal(got, want, SM3_LEN);
	}
	sm3_free(h);
	sm3_free(other);
}

/* A million octets: more than one call of the assembler's. */
static void
long_ones(void **state)
{
	const size_t	 n = 1000003;
	uint8_t		*msg = malloc(n), want[SM3_LEN], got[SM3_LEN];

	(void)state;
	assert_non_null(msg);
	sm_random(msg, n);
	assert_int_equal(EVP_Digest(msg, n, want, NULL, EVP_sm3(), NULL), 1);
	sm3(msg, n, got);
	assert_memory_equal(got, want, SM3_LEN);
	free(msg);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(digest),
		cmocka_unit_test(two_digests_do_not_mix),
		cmocka_unit_test(prefixed_is_concatenation),
		cmocka_unit_test(as_openssl_has_it),
		cmocka_unit_test(long_ones),
	};

	if (sm_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
