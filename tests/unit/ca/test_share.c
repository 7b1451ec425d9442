#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sm.h"
#include "ca/share.h"

static const struct share_words	words = { "an exercise", "somebody", "0123" };

static int
setup(void **state)
{
	(void)state;
	return sm_init(NULL);
}

static void
secret_of(uint8_t secret[SHARE_SECRET])
{
	sm_random(secret, SHARE_SECRET);
}

/* Any m of n make it, in any order; no m - 1 are taken. */
static void
test_any_m_of_n(void **state)
{
	struct share	s[LIMIT_SHARES], some[LIMIT_SHARES];
	struct err	e;
	uint8_t		secret[SHARE_SECRET], got[SHARE_SECRET];
	unsigned	m, n, mask, i, k;

	(void)state;
	for (n = 2; n <= 7; n++)
		for (m = 2; m <= n; m++) {
			secret_of(secret);
			assert_int_equal(share_split(secret, m, n, s, NULL), 0);
			for (mask = 1; mask < 1u << n; mask++) {
				for (i = k = 0; i < n; i++)
					if ((mask >> (n - 1 - i) & 1) != 0)
						some[k++] = s[n - 1 - i];
				e = (struct err)ERR_INIT;
				if (k >= m) {
					assert_int_equal(share_combine(some,
					    k, got, &e), 0);
					assert_memory_equal(got, secret,
					    sizeof(got));
					continue;
				}
				assert_int_equal(share_combine(some, k, got,
				    &e), ERR_INVAL);
				assert_string_equal(e.id, "shares-few");
			}
		}
	assert_int_equal(share_split(secret, LIMIT_SHARES, LIMIT_SHARES, s,
	    NULL), 0);
	assert_int_equal(share_combine(s, LIMIT_SHARES, got, NULL), 0);
	assert_memory_equal(got, secret, sizeof(got));
}

/* Whoever lies about m gets another secret, and that is noticed. */
static void
test_fewer_tell_nothing(void **state)
{
	struct share	s[3];
	struct err	e = ERR_INIT;
	uint8_t		secret[SHARE_SECRET], got[SHARE_SECRET];
	int		i;

	(void)state;
	secret_of(secret);
	assert_int_equal(share_split(secret, 3, 3, s, NULL), 0);
	for (i = 0; i < 3; i++)
		s[i].m = 2;
	assert_int_equal(share_combine(s, 2, got, &e), ERR_VERIFY);
	assert_string_equal(e.id, "shares-altered");
	assert_memory_not_equal(got, secret, sizeof(got));
}

static void
test_refused(void **state)
{
	struct share	s[3], other[3];
	struct err	e = ERR_INIT;
	uint8_t		secret[SHARE_SECRET], got[SHARE_SECRET];

	(void)state;
	secret_of(secret);
	assert_int_equal(share_split(secret, 1, 3, s, &e), ERR_INVAL);
	assert_int_equal(share_split(secret, 4, 3, s, NULL), ERR_INVAL);
	assert_int_equal(share_split(secret, 2, LIMIT_SHARES + 1, s, NULL),
	    ERR_INVAL);
	assert_int_equal(share_split(secret, 2, 3, s, NULL), 0);
	secret_of(secret);
	assert_int_equal(share_split(secret, 2, 3, other, NULL), 0);
	other[0] = s[0];
	e = (struct err)ERR_INIT;
	assert_int_equal(share_combine(other, 2, got, &e), ERR_INVAL);
	assert_string_equal(e.id, "shares-mixed");
	other[1] = s[0];
	e = (struct err)ERR_INIT;
	assert_int_equal(share_combine(other, 2, got, &e), ERR_INVAL);
	assert_string_equal(e.id, "shares-twice");
	s[1].body[7] ^= 1;
	e = (struct err)ERR_INIT;
	assert_int_equal(share_combine(s, 2, got, &e), ERR_VERIFY);
	assert_string_equal(e.id, "shares-altered");
	e = (struct err)ERR_INIT;
	assert_int_equal(share_combine(s, 0, got, &e), ERR_INVAL);
	assert_string_equal(e.id, "shares-few");
}

static void
test_sealed(void **state)
{
	struct share	s[2], was;
	struct err	e = ERR_INIT;
	uint8_t		secret[SHARE_SECRET], got[SHARE_SECRET];

	(void)state;
	secret_of(secret);
	assert_int_equal(share_split(secret, 2, 2, s, NULL), 0);
	was = s[1];
	assert_int_equal(share_seal(&s[1], "a long word", NULL), 0);
	assert_memory_not_equal(was.body, s[1].body, SHARE_SECRET);
	assert_int_equal(share_combine(s, 2, got, &e), ERR_DENIED);
	assert_string_equal(e.id, "share-passphrase");
	e = (struct err)ERR_INIT;
	assert_int_equal(share_unseal(&s[1], "a long worm", &e), ERR_DENIED);
	assert_string_equal(e.id, "share-passphrase");
	assert_true(s[1].sealed);
	s[1].index = 1;			/* the tag holds the head as well */
	assert_int_equal(share_unseal(&s[1], "a long word", NULL),
	    ERR_DENIED);
	s[1].index = 2;
	assert_int_equal(share_unseal(&s[1], "a long word", NULL), 0);
	assert_int_equal(share_combine(s, 2, got, NULL), 0);
	assert_memory_equal(got, secret, sizeof(got));
}

/* What is written is read, by a person's hand too; one wrong letter is told. */
static void
test_typed(void **state)
{
	struct share	s[2], got;
	struct err	e;
	struct buf	text, typed;
	uint8_t		secret[SHARE_SECRET];
	size_t		i, sealed;
	bool		code;

	(void)state;
	secret_of(secret);
	for (sealed = 0; sealed < 2; sealed++) {
		buf_init(&text, LIMIT_SHARE_TEXT);
		buf_init(&typed, LIMIT_SHARE_TEXT);
		assert_int_equal(share_split(secret, 2, 2, s, NULL), 0);
		if (sealed == 1)
			assert_int_equal(share_seal(&s[0], "12345678", NULL),
			    0);
		share_format(&s[0], &words, &text);
		assert_int_equal(share_parse(buf_octets(&text), &got, NULL),
		    0);
		assert_memory_equal(&got, &s[0], sizeof(got));
		/* Lower case, without the heading. */
		for (i = 0; i + 2 < text.len && memcmp(text.p + i, "\n1 ", 3) !=
		    0; i++)
			;
		for (i++; i < text.len; i++)
			buf_put_u8(&typed, text.p[i] >= 'A' && text.p[i] <=
			    'Z' ? text.p[i] | 32 : text.p[i]);
		assert_int_equal(share_parse(buf_octets(&typed), &got, NULL),
		    0);
		assert_memory_equal(&got, &s[0], sizeof(got));
		for (i = 0; i < typed.len; i++) {
			code = typed.p[i] >= 'a' && typed.p[i] <= 'z';
			if (!code)
				continue;
			typed.p[i] = typed.p[i] == 'x' ? 'y' : 'x';
			e = (struct err)ERR_INIT;
			if (share_parse(buf_octets(&typed), &got, &e) == 0)
				fail_msg("letter %zu", i);
			assert_string_equal(e.id, "share-format");
			typed.p[i] = buf_octets(&text).p[i + text.len -
			    typed.len] | 32;
		}
		buf_fini(&typed);
		buf_fini(&text);
	}
}

static void
test_not_a_share(void **state)
{
	static const char *const	bad[] = { "", "1", "1 AAAAA\n",
	    "hello\n", "2 ABCDE\n", "sealreg share v2\n",
	    "sealreg share v1\n1 ABCDE F0\n" };
	struct share			s;
	struct err			e;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(share_parse(OCTETS(bad[i], strlen(bad[i])),
		    &s, &e), ERR_FORMAT);
		assert_string_equal(e.id, "share-format");
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_any_m_of_n),
		cmocka_unit_test(test_fewer_tell_nothing),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_not_a_share),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
