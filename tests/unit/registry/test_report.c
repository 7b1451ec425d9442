#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "registry/cmd.h"
#include "registry/judge/report.h"

/* A row is one letter: p passed, f failed, u unknown, n not applicable; the
 * last one is registry_status. */
static const struct {
	const char	*rows;
	enum verdict	 registry;
	bool		 proof_bad;
	enum verdict	 verdict;
	int		 status;
} t[] = {
	{ "pppp", VERDICT_VALID, false, VERDICT_VALID, EXIT_VALID },
	{ "pnpp", VERDICT_VALID, false, VERDICT_VALID, EXIT_VALID },
	{ "", VERDICT_NONE, false, VERDICT_UNKNOWN, EXIT_UNKNOWN },
	{ "pppu", VERDICT_NONE, false, VERDICT_UNKNOWN, EXIT_UNKNOWN },
	{ "pupp", VERDICT_VALID, false, VERDICT_UNKNOWN, EXIT_UNKNOWN },
	{ "fppp", VERDICT_VALID, false, VERDICT_NOT_VALID, EXIT_NOT_VALID },
	{ "fppu", VERDICT_NONE, false, VERDICT_NOT_VALID, EXIT_NOT_VALID },
	{ "pppf", VERDICT_NOT_VALID, false, VERDICT_NOT_VALID,
	    EXIT_NOT_VALID },
	{ "pppf", VERDICT_MISMATCH, false, VERDICT_MISMATCH,
	    EXIT_NOT_VALID },
	{ "pppf", VERDICT_NOT_FILED, false, VERDICT_NOT_FILED,
	    EXIT_NOT_VALID },
	/* Another fault is told before what follows from it. */
	{ "pfpf", VERDICT_MISMATCH, false, VERDICT_NOT_VALID,
	    EXIT_NOT_VALID },
	/* A proof that does not hold is neither valid nor not. */
	{ "pppu", VERDICT_NONE, true, VERDICT_UNKNOWN, EXIT_PROOF },
};

static struct report
make(const char *rows)
{
	struct report	r = { .kind = "seal" };
	size_t		i, n = strlen(rows);

	for (i = 0; i < n; i++)
		report_add(&r, i + 1 == n ? "registry_status" : "other",
		    rows[i] == 'p' ? CHECK_PASSED : rows[i] == 'f' ?
		    CHECK_FAILED : rows[i] == 'u' ? CHECK_UNKNOWN :
		    CHECK_NOT_APPLICABLE, "row %zu", i);
	return r;
}

static void
verdicts(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct report	r = make(t[i].rows);

		r.registry = t[i].registry;
		r.proof_bad = t[i].proof_bad;
		if (report_verdict(&r) != t[i].verdict ||
		    report_exit(&r) != t[i].status)
			fail_msg("case %zu: %s, %d", i,
			    verdict_word(report_verdict(&r)),
			    report_exit(&r));
	}
}

static void
words(void **state)
{
	int	i;

	(void)state;
	for (i = 1; i < CHECK_END; i++)
		assert_int_equal(check_result_from_word(
		    check_result_word((enum check_result)i)), i);
	assert_int_equal(check_result_from_word("good"), CHECK_NONE);
	assert_null(check_result_word(CHECK_NONE));
}

static void
as_json(void **state)
{
	struct report	r = make("pf");
	struct buf	b;
	json_t		*j, *c;

	(void)state;
	memcpy(r.generation, "V4", 3);
	buf_init(&b, 1 << 16);
	report_json(&r, &b);
	j = json_loadb((const char *)b.p, b.len, JSON_REJECT_DUPLICATES,
	    NULL);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "kind")),
	    "seal");
	assert_string_equal(json_string_value(json_object_get(j,
	    "generation")), "V4");
	assert_string_equal(json_string_value(json_object_get(j, "verdict")),
	    "not_valid");
	assert_int_equal(json_array_size(json_object_get(j, "checks")), 2);
	c = json_array_get(json_object_get(j, "checks"), 1);
	assert_string_equal(json_string_value(json_object_get(c, "rule")),
	    "registry_status");
	assert_string_equal(json_string_value(json_object_get(c, "result")),
	    "failed");
	assert_string_equal(json_string_value(json_object_get(c, "detail")),
	    "row 1");
	json_decref(j);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(words),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
