#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/sm.h"
#include "registry/office/throttle.h"

static int
setup(void **state)
{
	struct err	e = ERR_INIT;

	(void)state;
	return sm_init(&e);
}

static int
attempt(struct throttle *t, const char *name, int64_t at, _Bool failed)
{
	struct err	e = ERR_INIT;
	int		rc;

	if ((rc = throttle_begin(t, name, at, &e)) != 0)
		assert_string_equal(e.id, "too-many-attempts");
	else
		throttle_end(t, name, at, failed);
	return rc;
}

static void
test_five_failures(void **state)
{
	struct throttle	*t = throttle_new();
	int		 i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(attempt(t, "clerk", 1000000 + i, 1), 0);
	/* now also with the right password */
	assert_int_equal(attempt(t, "clerk", 1000010, 0), ERR_BUSY);
	assert_int_equal(attempt(t, "other", 1000010, 0), 0);
	assert_int_equal(attempt(t, "clerk", 1059999, 0), ERR_BUSY);
	assert_int_equal(attempt(t, "clerk", 1060000, 0), 0);
	free(t);
}

static void
test_success_forgives(void **state)
{
	struct throttle	*t = throttle_new();
	int		 i;

	(void)state;
	for (i = 0; i < 20; i++)
		assert_int_equal(attempt(t, "clerk", 1000000 + i,
		    i % 5 != 4), 0);
	free(t);
}

static void
test_at_once(void **state)
{
	struct throttle	*t = throttle_new();
	struct err	 e = ERR_INIT;
	int		 i;

	(void)state;
	for (i = 0; i < THROTTLE_AT_ONCE; i++)
		assert_int_equal(throttle_begin(t, "a", 5, &e), 0);
	assert_int_equal(throttle_begin(t, "a", 5, &e), ERR_BUSY);
	throttle_end(t, "a", 5, 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(throttle_begin(t, "a", 5, &e), 0);
	free(t);
}

/* Names that come once do not push out one that is being guessed. */
static void
test_crowd(void **state)
{
	struct throttle	*t = throttle_new();
	char		 name[16];
	int		 i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(attempt(t, "clerk", 1000000, 1), 0);
	for (i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		(void)attempt(t, name, 1000001, 1);
	}
	assert_int_equal(attempt(t, "clerk", 1000002, 0), ERR_BUSY);
	free(t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_five_failures),
		cmocka_unit_test(test_success_forgives),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
