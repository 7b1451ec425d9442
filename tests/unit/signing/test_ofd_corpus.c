#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/jail.h"
#include "base/sm.h"
#include "signing/ofd.h"

/*
 * Real packages made by others.  They are no part of the project: where the
 * folder is absent ($CORPUS, or ../shared/corpus) each test is skipped by
 * name.
 */

/* Results of one stamp, in the order of its rows. */
#define RULES	8
static const char *const	rules[RULES] = {
	"format", "seal_signature", "signer_in_seal", "stamp_signature",
	"time_stamp", "data_hash", "references", "coverage"
};
#define P	"passed"
#define F	"failed"
#define U	"unknown"
#define N	"not_applicable"

static const struct {
	const char	*file, *label;
	size_t		 nstamps, stamp;
	const char	*results[RULES];
	const char	*says;		/* in the row "references", or NULL */
	const char	*place;		/* the first one, or NULL */
} rows[] = {
	{ "SESV4SignDoc.ofd", "/Doc_0/Signs/Sign_0", 1, 0,
	    { P, P, P, P, N, P, P, P }, "5 files",
	    "page 1, 50,50 mm, 40x40" },
	{ "allprotected.ofd", "/Doc_0/Signs/Sign_0", 1, 0,
	    { P, P, P, P, N, P, P, P }, "6 files",
	    "page 1, 50,50 mm, 40x40" },
	{ "V4RideRight.ofd", "/Doc_0/Signs/Sign_0", 1, 0,
	    { P, P, P, P, N, P, P, P }, "9 files",
	    "a page-edge stamp over 5 pages, all of it" },
	{ "h.ofd", "/Doc_0/Signs/Sign_0", 2, 0,
	    { P, P, P, P, N, P, F, P },
	    "/Doc_0/Signs/Signatures.xml was changed; 1 of 9",
	    "a page-edge stamp over 5 pages, all of it" },
	{ "h.ofd", "/Doc_0/Signs/Sign_1", 2, 1,
	    { P, P, P, P, N, P, P, P }, "11 files",
	    "page 1, 50,50 mm, 40x40" },
	{ "DigitalSign.ofd", "/Doc_0/Signs/Sign_0", 1, 0,
	    { P, N, N, U, N, U, P, P }, "4 files", NULL },
};

static FileReading *
read_one(const char *file)
{
	const char	*root = getenv("CORPUS");
	FileReading	*m = reading_new("ofd");
	struct err	 e = ERR_INIT;
	char		 path[512];
	uint8_t		*p;
	size_t		 n;

	(void)snprintf(path, sizeof(path), "%s/ofd/%s",
	    root != NULL ? root : "../shared/corpus", file);
	if (access(path, R_OK) != 0) {
		reading_free(m);
		print_message("skipped: no %s\n", path);
		skip();
	}
	if (file_read(path, LIMIT_JAIL_INPUT, &p, &n, &e) != 0 ||
	    ofd_read(OCTETS(p, n), m, &e) != 0)
		fail_msg("%s", e.text);
	free(p);
	return m;
}

static void
check_row(size_t i)
{
	FileReading	*m = read_one(rows[i].file);
	StampReading	*s;
	size_t		 k;

	assert_string_equal(m->checks[0]->result, P);
	assert_int_equal(m->n_stamps, rows[i].nstamps);
	s = m->stamps[rows[i].stamp];
	assert_string_equal(s->label, rows[i].label);
	assert_int_equal(s->n_checks, RULES);
	for (k = 0; k < RULES; k++) {
		assert_string_equal(s->checks[k]->rule, rules[k]);
		if (strcmp(s->checks[k]->result, rows[i].results[k]) != 0)
			fail_msg("%s: %s is %s: %s", rows[i].file, rules[k],
			    s->checks[k]->result, s->checks[k]->detail);
	}
	if (strstr(s->checks[6]->detail, rows[i].says) == NULL)
		fail_msg("%s", s->checks[6]->detail);
	if (rows[i].place == NULL)
		assert_int_equal(s->n_places, 0);
	else
		assert_string_equal(s->places[0], rows[i].place);
	reading_free(m);
}

#define ROW(n)	static void row_##n(void **state) { (void)state; check_row(n); }
ROW(0)
ROW(1)
ROW(2)
ROW(3)
ROW(4)
ROW(5)

static int
setup(void **state)
{
	(void)state;
	return sm_init(NULL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(row_0), cmocka_unit_test(row_1),
		cmocka_unit_test(row_2), cmocka_unit_test(row_3),
		cmocka_unit_test(row_4), cmocka_unit_test(row_5),
	};

	_Static_assert(sizeof(tests) / sizeof(tests[0]) ==
	    sizeof(rows) / sizeof(rows[0]), "a test a row");
	return cmocka_run_group_tests(tests, setup, NULL);
}
