#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/keep/import_csv.h"

static struct import_cells	cells;
static const char		header[] = "seal_code,seal_name,owner_name\r\n";

static void
open_header(struct import_csv *csv)
{
	struct import_fault	f;

	assert_int_equal(import_csv_header(OCTETS(header, sizeof(header) - 1),
	    csv, &f), 0);
	assert_int_equal(csv->ncolumns, 3);
}

static void
test_good(void **state)
{
	static const struct {
		const char	*row, *code, *name, *owner;
	} t[] = {
		{ "1,2,3\n", "1", "2", "3" },
		{ "1,2,3", "1", "2", "3" },
		{ "1,2,3\r\n", "1", "2", "3" },
		{ "\"1\",\"2\",\"3\"\r\n", "1", "2", "3" },
		{ "1,\"a,b\",3\n", "1", "a,b", "3" },
		{ "1,\"a\"\"b\",3\n", "1", "a\"b", "3" },
		{ "1,\"a\r\nb\",3\n", "1", "a\r\nb", "3" },
		{ "1,\"\",\n", "1", NULL, NULL },
		{ "1, 2 ,3\n", "1", " 2 ", "3" },
		{ "1,甲,\"乙\"\n", "1", "甲", "乙" },
	};
	struct import_csv	csv;
	struct import_fault	f;
	size_t			i, lines, n;

	(void)state;
	open_header(&csv);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = strlen(t[i].row);
		assert_int_equal(import_csv_span(OCTETS(t[i].row, n), true,
		    &lines), n);
		assert_int_equal(import_csv_read(&csv, OCTETS(t[i].row, n),
		    &cells, &f), 0);
		assert_string_equal(cells.c[IMPORT_SEAL_CODE].s, t[i].code);
		if (t[i].name == NULL) {
			assert_null(cells.c[IMPORT_SEAL_NAME].s);
			assert_null(cells.c[IMPORT_OWNER_NAME].s);
			continue;
		}
		assert_string_equal(cells.c[IMPORT_SEAL_NAME].s, t[i].name);
		assert_string_equal(cells.c[IMPORT_OWNER_NAME].s, t[i].owner);
		assert_int_equal(cells.c[IMPORT_SEAL_CODE].column, 1);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char	*row;
		size_t		 n;
		const char	*id;
		unsigned	 column;
	} t[] = {
		{ "1,2\n", 4, "wrong-fields", 1 },
		{ "1,2,3,4\n", 8, "wrong-fields", 1 },
		{ "1,\"2,3\n", 7, "bad-csv", 3 },
		{ "1,\"2\"x,3\n", 9, "bad-csv", 6 },
		{ "1,2\"2,3\n", 8, "bad-csv", 4 },
		{ "1,2\r2,3\n", 8, "bad-csv", 4 },
		{ "1,\xff,3\n", 6, "bad-text", 3 },
		{ "1,\xed\xa0\x80,3\n", 8, "bad-text", 3 },
		{ "1,a\0b,3\n", 8, "bad-text", 3 },
	};
	struct import_csv	csv;
	struct import_fault	f;
	size_t			i;

	(void)state;
	open_header(&csv);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(import_csv_read(&csv, OCTETS(t[i].row,
		    t[i].n), &cells, &f), ERR_INVAL);
		assert_string_equal(f.e.id, t[i].id);
		assert_int_equal(f.column, t[i].column);
	}
}

static void
test_header(void **state)
{
	static const char *const bad[] = {
		"seal_code,colour\n", "seal_code,seal_code\n", "\n",
		"seal_code,\n", " seal_code\n", "SEAL_CODE\n",
	};
	struct import_csv	csv;
	struct import_fault	f;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(import_csv_header(OCTETS(bad[i],
		    strlen(bad[i])), &csv, &f), ERR_INVAL);
		assert_string_equal(f.e.id, "bad-header");
	}
}

/* A row that is not well-formed takes no other along. */
static void
test_span(void **state)
{
	static const struct {
		const char	*window;
		bool		 end;
		size_t		 n, lines;
	} t[] = {
		{ "", true, 0, 0 },
		{ "a,b", false, 0, 0 },
		{ "a,b", true, 3, 0 },
		{ "a,b\nc", false, 4, 1 },
		{ "\"a\nb\"\nc", false, 6, 2 },
		{ "\"a\nb", false, 0, 1 },
		{ "\"a\nb", true, 3, 1 },
		{ "a\"\nb\"\n", false, 3, 1 },
		{ "\"a\"\"\nb\"\n", false, 8, 2 },
	};
	size_t	 i, lines;
	char	*huge;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(import_csv_span(OCTETS(t[i].window,
		    strlen(t[i].window)), t[i].end, &lines), t[i].n);
		if (t[i].n > 0)
			assert_int_equal(lines, t[i].lines);
	}
	/* An open quote and then a great many lines, or one that is huge. */
	huge = xcalloc(1, 3 * LIMIT_IMPORT_ROW);
	memset(huge, '\n', 3 * LIMIT_IMPORT_ROW);
	huge[0] = '"';
	assert_int_equal(import_csv_span(OCTETS(huge, 3 * LIMIT_IMPORT_ROW),
	    false, &lines), 2);
	memset(huge + 1, 'x', 3 * LIMIT_IMPORT_ROW - 2);
	assert_int_equal(import_csv_span(OCTETS(huge, 3 * LIMIT_IMPORT_ROW),
	    false, &lines), 3 * LIMIT_IMPORT_ROW);
	free(huge);
}

static void
test_long_field(void **state)
{
	struct import_csv	 csv;
	struct import_fault	 f;
	char			*row = xcalloc(1, LIMIT_IMPORT_TEXT + 8);

	(void)state;
	open_header(&csv);
	memset(row, 'x', LIMIT_IMPORT_TEXT + 1);
	memcpy(row + LIMIT_IMPORT_TEXT + 1, ",,\n", 3);
	assert_int_equal(import_csv_read(&csv, OCTETS(row,
	    LIMIT_IMPORT_TEXT + 4), &cells, &f), ERR_INVAL);
	assert_string_equal(f.e.id, "bad-member");
	assert_int_equal(import_csv_read(&csv, OCTETS(row + 1,
	    LIMIT_IMPORT_TEXT + 3), &cells, &f), 0);
	free(row);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_long_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
