#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/sm.h"
#include "registry/office/share.h"

static bool
take(struct share *s, const char *who, int64_t rate, int64_t now)
{
	return share_take(s, who, strlen(who), rate, now);
}

/* Each has a rate of its own, and a second's worth at once. */
static void
rates(void **state)
{
	struct share	*s = share_new();
	int64_t		 t;
	int		 i, got = 0;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_true(take(s, "a", 5, 1000));
	assert_false(take(s, "a", 5, 1000));
	assert_false(take(s, "a", 5, 1199));
	assert_true(take(s, "b", 5, 1199));
	assert_true(take(s, "a", 5, 1200));
	assert_false(take(s, "a", 5, 1200));
	/* Who asks all the time gets rate a second. */
	for (t = 10000; t < 20000; t++)
		got += take(s, "c", 5, t);
	assert_in_range(got, 5 + 49, 5 + 50);
	/* Long away is as good as a second. */
	for (i = 0; i < 5; i++)
		assert_true(take(s, "c", 5, INT64_MAX / 2));
	assert_false(take(s, "c", 5, INT64_MAX / 2));
	/* One a second is the least. */
	assert_true(take(s, "d", 1, 50000));
	assert_false(take(s, "d", 1, 50999));
	assert_true(take(s, "d", 1, 51000));
	free(s);
}

/* Many others do not free one who is busy, nor does he use up their part. */
static void
crowd(void **state)
{
	struct share	*s = share_new();
	char		 name[16];
	int64_t		 t;
	int		 i, got = 0, others = 0;

	(void)state;
	for (t = 1000; t < 11000; t++) {
		got += take(s, "busy", 5, t);
		for (i = 0; i < 2; i++) {
			(void)snprintf(name, sizeof(name), "%d",
			    (int)(t * 2 + i) % 2000);
			others += take(s, name, 5, t);
		}
	}
	assert_in_range(got, 54, 60);
	assert_int_equal(others, 20000);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(rates),
		cmocka_unit_test(crowd),
	};

	if (sm_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
