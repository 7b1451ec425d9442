#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/keep/import_json.h"

static struct import_cells	cells;

static int
take(const char *s, size_t n, struct import_fault *f)
{
	return import_json_read(OCTETS(s, n), &cells, f);
}

static void
test_good(void **state)
{
	static const char	row[] = "{\"seal_code\": \"44010600000001\", "
	    "\"seal_type\": 1, \"owner_name\": null, \"seal_name\": \"\", "
	    "\"owner_id\":\"a\\\"\\u4e00\", "
	    "\"certificate_digest\": [\"aa\", \"bb\"]}\r\n";
	struct import_fault	f;

	(void)state;
	assert_int_equal(take(row, sizeof(row) - 1, &f), 0);
	assert_string_equal(cells.c[IMPORT_SEAL_CODE].s, "44010600000001");
	assert_int_equal(cells.c[IMPORT_SEAL_CODE].column, 15);
	assert_string_equal(cells.c[IMPORT_SEAL_TYPE].s, "1");
	assert_null(cells.c[IMPORT_OWNER_NAME].s);
	assert_null(cells.c[IMPORT_SEAL_NAME].s);
	assert_string_equal(cells.c[IMPORT_OWNER_ID].s, "a\"一");
	assert_string_equal(cells.c[IMPORT_CERTIFICATE_DIGEST].s, "aa bb");
}

static void
test_refused(void **state)
{
	static const struct {
		const char	*row;
		size_t		 n;	/* 0: its length */
		const char	*id;
		unsigned	 column; /* 0: any */
	} t[] = {
		{ "", 0, "bad-json", 1 },
		{ "[]", 0, "bad-json", 1 },
		{ "7", 0, "bad-json", 1 },
		{ "{", 0, "bad-json", 0 },
		{ "{} {}", 0, "bad-json", 0 },
		{ "{\"seal_code\":\"1", 0, "bad-json", 0 },
		{ "{\"seal_code\":\"\xff\"}", 0, "bad-json", 0 },
		{ "{\"seal_code\":\"a\\u0000\"}", 0, "bad-json", 0 },
		{ "{\"seal_code\":\"a\0b\"}", 19, "bad-json", 0 },
		{ "{\"seal_code\":\"\\ud800\"}", 0, "bad-json", 0 },
		{ "{\"seal_code\":\"1\",\"seal_code\":\"2\"}", 0,
		    "duplicate-key", 0 },
		{ "{\"seal_code\":\"1\",\"seal\\u005fcode\":\"2\"}", 0,
		    "duplicate-key", 0 },
		{ "{\"colour\":\"1\"}", 0, "unknown-member", 11 },
		{ "{\"seal_code\":{\"seal_code\":1}}", 0, "bad-member", 14 },
		{ "{\"seal_code\":[\"1\"]}", 0, "bad-member", 14 },
		{ "{\"seal_type\": 1.5}", 0, "bad-member", 15 },
		{ "{\"seal_type\":-1}", 0, "bad-member", 14 },
		{ "{\"seal_type\":true}", 0, "bad-member", 14 },
		{ "{\"certificate_digest\":[1]}", 0, "bad-member", 23 },
		{ "{\"certificate_digest\":[\"\"]}", 0, "bad-member", 23 },
	};
	struct import_fault	f;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (take(t[i].row, t[i].n > 0 ? t[i].n : strlen(t[i].row),
		    &f) != ERR_INVAL)
			fail_msg("%s: taken", t[i].row);
		assert_string_equal(f.e.id, t[i].id);
		if (t[i].column > 0)
			assert_int_equal(f.column, t[i].column);
	}
}

/* Brackets without end, and a text as long as a row may be. */
static void
test_large(void **state)
{
	char			*row = xcalloc(1, LIMIT_IMPORT_ROW);
	struct import_fault	 f;

	(void)state;
	memset(row, '[', LIMIT_IMPORT_ROW);
	assert_int_equal(take(row, LIMIT_IMPORT_ROW, &f), ERR_INVAL);
	assert_string_equal(f.e.id, "bad-json");
	memset(row, 'x', LIMIT_IMPORT_ROW);
	memcpy(row, "{\"owner_name\":\"", 15);
	memcpy(row + LIMIT_IMPORT_ROW - 2, "\"}", 2);
	assert_int_equal(take(row, LIMIT_IMPORT_ROW, &f), ERR_INVAL);
	assert_string_equal(f.e.id, "bad-member");
	free(row);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
