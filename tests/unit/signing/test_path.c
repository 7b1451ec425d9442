#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "signing/path.h"

static const struct {
	const char	*folder, *loc;
	const char	*path;		/* NULL: refused */
	unsigned	 odd;
} rows[] = {
	{ "", "/OFD.xml", "OFD.xml", PATH_ROOTED },
	{ "", "OFD.xml", "OFD.xml", 0 },
	{ "Doc_0", "Pages/P/C.xml", "Doc_0/Pages/P/C.xml", 0 },
	{ "Doc_0", "/Doc_1/a", "Doc_1/a", PATH_ROOTED },
	{ "Doc_0/Signs", "../a", "Doc_0/a", PATH_PARENT },
	{ "Doc_0/Signs", "../../a", "a", PATH_PARENT },
	{ "Doc_0", "./a", "Doc_0/a", PATH_DOTS },
	{ "Doc_0", "b//a", "Doc_0/b/a", PATH_DOTS },
	{ "Doc_0", "b\\a", "Doc_0/b/a", PATH_BACKSLASH },
	{ "Doc_0", "\\a", "a", PATH_ROOTED | PATH_BACKSLASH },
	{ "Doc_0", "...", "Doc_0/...", 0 },
	{ "Doc_0", "a:b", NULL, 0 },
	{ "Doc_0", "aa:b", "Doc_0/aa:b", 0 },
	{ "Doc_0/Signs", "../../../a", NULL, 0 },
	{ "", "..", NULL, 0 },
	{ "", "/..", NULL, 0 },
	{ "Doc_0", "..", NULL, 0 },
	{ "Doc_0", "", NULL, 0 },
	{ "", "/", NULL, 0 },
	{ "", ".", NULL, 0 },
	{ "", "a\nb", NULL, 0 },
	{ "", "a\x7f", NULL, 0 },
};

static void
resolved(void **state)
{
	char		out[PATH_SIZE];
	unsigned	odd;
	size_t		i;
	bool		good;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		good = path_resolve(rows[i].folder, rows[i].loc, out, &odd);
		if (good != (rows[i].path != NULL))
			fail_msg("row %zu: %s", i, out);
		assert_string_equal(out, good ? rows[i].path : "");
		if (good)
			assert_int_equal(odd, rows[i].odd);
	}
}

static void
too_long(void **state)
{
	char		loc[PATH_SIZE + 8], out[PATH_SIZE];
	unsigned	odd;

	(void)state;
	memset(loc, 'a', sizeof(loc));
	loc[PATH_SIZE - 2] = '\0';
	assert_true(path_resolve("", loc, out, &odd));
	loc[PATH_SIZE - 2] = 'a';
	loc[PATH_SIZE - 1] = '\0';
	assert_false(path_resolve("", loc, out, &odd));
	loc[PATH_SIZE - 4] = '\0';
	assert_false(path_resolve("Doc_0", loc, out, &odd));
	assert_string_equal(out, "");
}

static void
parts(void **state)
{
	char	out[PATH_SIZE];

	(void)state;
	path_folder("Doc_0/Signs/a", out);
	assert_string_equal(out, "Doc_0/Signs");
	path_folder("OFD.xml", out);
	assert_string_equal(out, "");
	assert_string_equal(path_base("Doc_0/a"), "a");
	assert_string_equal(path_base("a"), "a");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(resolved),
		cmocka_unit_test(too_long),
		cmocka_unit_test(parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
