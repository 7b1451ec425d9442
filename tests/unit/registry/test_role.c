#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "registry/role.h"

static const struct {
	const char	*words;
	unsigned	 roles;		/* 0: refused */
	const char	*stored;
} table[] = {
	{ "applicant", ROLE_APPLICANT, "applicant" },
	{ "reviewer clerk", ROLE_CLERK | ROLE_REVIEWER, "clerk reviewer" },
	{ "clerk clerk", ROLE_CLERK, "clerk" },
	{ "applicant clerk reviewer auditor operator", 31,
	    "applicant clerk reviewer auditor operator" },
	{ "", 0, NULL },
	{ " clerk", 0, NULL },
	{ "clerk ", 0, NULL },
	{ "clerk  reviewer", 0, NULL },
	{ "clerks", 0, NULL },
	{ "cler", 0, NULL },
	{ "Clerk", 0, NULL },
	{ "clerk,reviewer", 0, NULL },
};

static void
test_roles(void **state)
{
	char		out[ROLE_WORDS_SIZE];
	unsigned	roles;
	struct err	e;
	size_t		i;
	int		rc;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		e = (struct err)ERR_INIT;
		rc = role_parse(table[i].words, &roles, &e);
		assert_int_equal(roles, table[i].roles);
		if (table[i].roles == 0) {
			assert_int_equal(rc, ERR_INVAL);
			assert_string_equal(e.id, "unknown-role");
			continue;
		}
		assert_int_equal(rc, 0);
		role_format(roles, out);
		assert_string_equal(out, table[i].stored);
	}
	assert_null(role_word(0));
	assert_null(role_word(3));
	assert_string_equal(role_word(ROLE_OPERATOR), "operator");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
