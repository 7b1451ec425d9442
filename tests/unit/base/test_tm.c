#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/tm.h"

static const struct {
	const char	*text;
	int64_t		 t;
	const char	*back;		/* NULL: the same */
} good[] = {
	{ "1970-01-01T00:00:00Z", 0, NULL },
	{ "1969-12-31T23:59:59Z", -1, NULL },
	{ "0001-01-01T00:00:00Z", INT64_C(-62135596800), NULL },
	{ "9999-12-31T23:59:59Z", INT64_C(253402300799), NULL },
	{ "2026-11-21T10:00:00Z", 1795255200, NULL },
	{ "2000-02-29T12:00:00Z", 951825600, NULL },
	{ "2024-02-29T00:00:00Z", 1709164800, NULL },
	{ "2038-01-19T03:14:08Z", INT64_C(2147483648), NULL },
	{ "2026-11-21T18:00:00+08:00", 1795255200, "2026-11-21T10:00:00Z" },
	{ "2026-11-21T04:30:00-05:30", 1795255200, "2026-11-21T10:00:00Z" },
	{ "2026-11-21T10:00:00.123Z", 1795255200, "2026-11-21T10:00:00Z" },
	{ "2026-11-21T18:00:00.999999999+08:00", 1795255200,
	    "2026-11-21T10:00:00Z" },
	/* A bare end date means 23:59:59+08:00. */
	{ "2026-11-21", 1795276799, "2026-11-21T15:59:59Z" },
};

static const char *const bad[] = {
	"", "2026", "2026-11", "2026-11-21T", "2026-11-21T10:00:00",
	"2026-11-21 10:00:00Z", "2026-11-21T10:00:00z",
	"2026-11-21T10:00:00.Z", "2026-11-21T10:00:00.5",
	"2026-11-21T10:00:00,5Z", "2026-11-21T24:00:00Z",
	"2026-11-21T10:60:00Z", "2026-11-21T10:00:60Z",
	"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
	"2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31",
	"2026-11-00", "0000-01-01", "2026-11-21T10:00:00+8:00",
	"2026-11-21T10:00:00+0800", "2026-11-21T10:00:00+24:00",
	"2026-11-21T10:00:00+08:60", "2026-11-21T10:00:00Zx", "2026-11-21x",
	"+2026-11-21", "26-11-21", "0001-01-01T00:00:00+00:01",
	"9999-12-31T23:59:59-00:01",
};

static void
reads_and_writes(void **state)
{
	char	 s[TM_RFC3339_SIZE];
	int64_t	 t;
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!tm_parse(good[i].text, &t) || t != good[i].t)
			fail_msg("%s", good[i].text);
		tm_rfc3339(t, s);
		assert_string_equal(s, good[i].back != NULL ? good[i].back :
		    good[i].text);
	}
}

static void
refuses(void **state)
{
	int64_t	 t = 77;
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (tm_parse(bad[i], &t))
			fail_msg("%s", bad[i]);
	}
	assert_true(t == 77);
}

static void
every_day_comes_back(void **state)
{
	char	 s[TM_RFC3339_SIZE];
	int64_t	 t, v;

	(void)state;
	for (t = INT64_C(-62135596800); t < INT64_C(253402300800);
	    t += 86399) {
		tm_rfc3339(t, s);
		if (!tm_parse(s, &v) || v != t)
			fail_msg("%s", s);
	}
}

static void
bounds(void **state)
{
	char	 s[48];

	(void)state;
	tm_rfc3339(INT64_MIN, s);
	assert_string_equal(s, "0001-01-01T00:00:00Z");
	tm_rfc3339(INT64_MAX, s);
	assert_string_equal(s, "9999-12-31T23:59:59Z");
	tm_beijing(INT64_MAX, s);
	assert_string_equal(s, "9999-12-31 23:59:59 北京时间");
	tm_beijing(INT64_MIN, s);
	assert_string_equal(s, "0001-01-01 08:00:00 北京时间");
	tm_beijing(1795255200, s);
	assert_string_equal(s, "2026-11-21 18:00:00 北京时间");
}

static void
clocks_run(void **state)
{
	int64_t	 a = tm_mono_ms();

	(void)state;
	assert_true(tm_now() > 1700000000);
	assert_true(tm_mono_ms() >= a);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(refuses),
		cmocka_unit_test(every_day_comes_back),
		cmocka_unit_test(bounds),
		cmocka_unit_test(clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
