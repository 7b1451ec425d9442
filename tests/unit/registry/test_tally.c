#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "registry/tally.h"

static void
test_bounds(void **state)
{
	static const struct {
		int64_t	us;
		size_t	at;
	} cases[] = {
		{ -5, 0 }, { 0, 0 }, { 500, 0 }, { 501, 1 }, { 1000, 1 },
		{ 2000000, 9 }, { 2000001, 10 }, { INT64_MAX, 10 }
	};
	struct tally	t;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&t, 0, sizeof(t));
		tally_add(&t, cases[i].us);
		assert_int_equal(t.count[cases[i].at], 1);
		assert_int_equal(t.sum_us, cases[i].us < 0 ? 0 : cases[i].us);
	}
	for (i = 1; i < TALLY_BOUNDS; i++)
		assert_true(tally_bound_us[i] > tally_bound_us[i - 1]);
	assert_true(tally_bound_us[TALLY_BOUNDS - 1] == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
