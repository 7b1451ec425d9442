#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define S(X)	(X), sizeof(X) - 1

/* RFC 4648, section 10. */
static const struct {
	const char	*plain, *text;
} b64_good[] = {
	{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" }, { "\xff\xff\xfe", "///+" },
};

static const char *const b64_bad[] = {
	"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm 9v",
	"Zm9v\n", "Zm9-", "Zm9_", "Z=g=", "Zg==Zg==", "Zm9vYg=b",
};

static const struct {
	const char	*p;
	size_t		 n;
	bool		 good;
} utf8[] = {
	{ S(""), true }, { S("abc"), true }, { S("章"), true },
	{ S("\xf0\xa0\x80\x80"), true },		/* U+20000 */
	{ S("\xf4\x8f\xbf\xbf"), true },		/* U+10FFFF */
	{ S("\xed\x9f\xbf"), true },			/* U+D7FF */
	{ S("\x80"), false }, { S("\xc0\x80"), false },
	{ S("\xc1\xbf"), false }, { S("\xe0\x9f\xbf"), false },
	{ S("\xed\xa0\x80"), false },			/* surrogate */
	{ S("\xf0\x8f\xbf\xbf"), false }, { S("\xf4\x90\x80\x80"), false },
	{ S("\xf5\x80\x80\x80"), false }, { S("\xe7\xab"), false },
	{ S("\xe7"), false }, { S("\xe7\xab\x41"), false },
};

static const struct {
	const char	*s;
	bool		 good;
} names[] = {
	{ "广州示例科技有限公司", true }, { "A & B Ltd", true },
	{ "", true }, { " a", false }, { "a ", false }, { "　a", false },
	{ "a\xc2\xa0", false }, { "a\tb", false }, { "a\x7f", false },
	{ "a\xc2\x85", false }, { "a\xe2\x80\x8b" "b", false },
	{ "a\xe2\x80\x8e" "b", false }, { "a\xe2\x80\xae" "b", false },
	{ "a\xe2\x81\xa6" "b", false }, { "a\xe2\x81\xa0" "b", false },
	{ "\xef\xbb\xbf" "a", false }, { "a\xd8\x9c" "b", false },
	{ "\xff", false }, { "a\xf3\xa0\x80\xa0" "b", false },
	{ "a\xe2\x80\xa8" "b", false }, { "a\xef\xbf\xbf" "b", false },
	{ "a\xc2\xad" "b", false },
};

static void
hex(void **state)
{
	uint8_t	 v[3];
	char	 s[HEX_SIZE(3)];

	(void)state;
	hex_encode("\x00\xaf\x10", 3, s);
	assert_string_equal(s, "00af10");
	assert_true(hex_decode(S("00AF10"), v, 3));
	assert_memory_equal(v, "\x00\xaf\x10", 3);
	assert_false(hex_decode(S("00af1"), v, 3));
	assert_false(hex_decode(S("00af1"), v, 2));
	assert_false(hex_decode(S("00af1000"), v, 3));
	assert_false(hex_decode(S("00af1g"), v, 3));
	assert_false(hex_decode(S("00af1 "), v, 3));
	assert_true(hex_decode("", 0, v, 0));
}

static void
base64(void **state)
{
	uint8_t		 v[16];
	char		 s[B64_SIZE(16)];
	struct buf	 b;
	size_t		 i, n, len;

	(void)state;
	for (i = 0; i < sizeof(b64_good) / sizeof(b64_good[0]); i++) {
		len = strlen(b64_good[i].plain);
		n = b64_encode(b64_good[i].plain, len, s);
		assert_string_equal(s, b64_good[i].text);
		assert_int_equal(n, strlen(s));
		assert_true(n < B64_SIZE(len));
		assert_true(b64_decode(s, n, v, len, &n));
		assert_int_equal(n, len);
		assert_memory_equal(v, b64_good[i].plain, len);
		assert_true(len == 0 ||
		    !b64_decode(s, strlen(s), v, len - 1, &n));
		buf_init(&b, 100);
		buf_put_b64(&b, b64_good[i].plain, len);
		assert_int_equal(b.len, strlen(s));
		assert_true(b.len == 0 || memcmp(b.p, s, b.len) == 0);
		buf_fini(&b);
	}
	for (i = 0; i < sizeof(b64_bad) / sizeof(b64_bad[0]); i++)
		assert_false(b64_decode(b64_bad[i], strlen(b64_bad[i]), v,
		    sizeof(v), &n));
}

/*
 * Digit by digit, from RFC 4648's words: the wide way, its edges and the
 * narrow one, over every value of twelve bits at every place in a step.
 */
static void
base64_is_wide(void **state)
{
	static const char	set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijk"
				"lmnopqrstuvwxyz0123456789+/";
	const size_t		max = 6144;
	size_t			n, i, bit, from;
	uint8_t			*all = malloc(max), *p;
	char			*text;
	struct buf		 b;
	unsigned		 v;

	(void)state;
	assert_non_null(all);
	for (i = 0; i < 4096; i += 2) {
		all[i / 2 * 3] = (uint8_t)(i >> 4);
		all[i / 2 * 3 + 1] = (uint8_t)(i << 4 | (i + 1) >> 8);
		all[i / 2 * 3 + 2] = (uint8_t)(i + 1);
	}
	/* Of their own size each, so that a step beyond is seen. */
	for (n = 0; n <= max; n += n < 100 ? 1 : 503) {
		from = n < 100 ? n * 7 : 0;
		from = from + n > max ? max - n : from;
		p = malloc(n + 1);
		text = malloc(B64_SIZE(n) - 1 + 1);
		assert_true(p != NULL && text != NULL);
		memcpy(p + 1, all + from, n);
		assert_int_equal(b64_encode(p + 1, n, text), B64_SIZE(n) - 1);
		for (i = 0; i < B64_SIZE(n) - 1; i++) {
			for (v = 0, bit = 6 * i; bit < 6 * i + 6; bit++)
				v = v << 1 | (bit / 8 < n ? p[1 + bit / 8] >>
				    (7 - bit % 8) & 1u : 0u);
			assert_int_equal(text[i], 6 * i < 8 * n ? set[v] :
			    '=');
		}
		buf_init(&b, B64_SIZE(n) - 1);
		buf_put_b64(&b, p + 1, n);
		assert_true(buf_ok(&b));
		assert_true(n == 0 || memcmp(b.p, text, b.len) == 0);
		buf_put_b64(&b, "x", 1);
		assert_false(buf_ok(&b));
		buf_fini(&b);
		free(text);
		free(p);
	}
	free(all);
}

static void
utf8_is_strict(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++)
		assert_int_equal(utf8_valid(utf8[i].p, utf8[i].n),
		    utf8[i].good);
	assert_false(utf8_valid("a\xff", 2));
	assert_true(utf8_valid("a\0b", 3));
}

/* Whole texts go a faster way than single characters: to the same end. */
static void
utf8_agrees(void **state)
{
	static const uint8_t	 last[] = { 0, 0x41, 0x7f, 0x80, 0xbf, 0xc0,
				    0xff };
	char		 t[] = "12345678...12345678";
	const char	*s;
	bool		 good;
	size_t		 i, k, at;

	(void)state;
	for (i = 0; i < 0x10000; i++)
		for (k = 0; k < sizeof(last); k++) {
			t[8] = (char)(i >> 8);
			t[9] = (char)i;
			t[10] = (char)last[k];
			for (s = t + 8, good = true; s < t + 11; )
				if (*s == '\0')
					s++;
				else if (utf8_next(&s) == 0xfffd)
					good = false;
			if (utf8_valid(t, sizeof(t) - 1) != good)
				fail_msg("%04zx%02x", i, last[k]);
		}
	for (i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++)
		for (at = 0; utf8[i].n > 0 && at + utf8[i].n < 19; at++) {
			memset(t, 'a', sizeof(t) - 1);
			memcpy(t + at, utf8[i].p, utf8[i].n);
			assert_int_equal(utf8_valid(t, sizeof(t) - 1),
			    utf8[i].good);
		}
}

static void
utf8_steps(void **state)
{
	const char	*s = "a章\xf0\xa0\x80\x80\xff\xe7";

	(void)state;
	assert_int_equal(utf8_count(s), 5);
	assert_int_equal(utf8_next(&s), 'a');
	assert_int_equal(utf8_next(&s), 0x7ae0);
	assert_int_equal(utf8_next(&s), 0x20000);
	assert_int_equal(utf8_next(&s), 0xfffd);
	assert_int_equal(utf8_next(&s), 0xfffd);
	assert_int_equal(utf8_next(&s), 0);
	assert_int_equal(utf8_next(&s), 0);
}

static void
names_can_be_seen(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text_is_name(names[i].s) != names[i].good)
			fail_msg("name %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(hex),
		cmocka_unit_test(base64), cmocka_unit_test(base64_is_wide),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(utf8_agrees),
		cmocka_unit_test(utf8_steps),
		cmocka_unit_test(names_can_be_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
