#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/memo.h"

static int	live;

static void
drop(void *value)
{
	free(value);
	live--;
}

static int *
value_of(int v)
{
	int	*p = xmalloc(sizeof(*p));

	*p = v;
	live++;
	return p;
}

/* The same octets, and nothing that is only like them. */
static void
whole_keys(void **state)
{
	struct memo	*m = memo_new(16, 1000, drop);
	char		 key[200];
	size_t		 i;

	(void)state;
	memset(key, 'k', sizeof(key));
	assert_null(memo_get(m, OCTETS(key, sizeof(key))));
	assert_true(memo_put(m, OCTETS(key, sizeof(key)), value_of(7), 0));
	assert_int_equal(*(int *)memo_get(m, OCTETS(key, sizeof(key))), 7);
	assert_null(memo_get(m, OCTETS(key, sizeof(key) - 1)));
	for (i = 0; i < sizeof(key); i++) {
		key[i] ^= 1;
		assert_null(memo_get(m, OCTETS(key, sizeof(key))));
		key[i] ^= 1;
	}
	assert_true(memo_put(m, OCTETS(key, sizeof(key)), value_of(8), 0));
	assert_int_equal(live, 1);
	assert_int_equal(*(int *)memo_get(m, OCTETS(key, sizeof(key))), 8);
	memo_clear(m);
	assert_int_equal(live, 0);
	assert_null(memo_get(m, OCTETS(key, sizeof(key))));
	memo_free(m);
	memo_free(NULL);
}

/* Whatever comes, there is no more than was agreed; what is there is right. */
static void
bounds(void **state)
{
	static const struct {
		size_t	count, weight, each;
		int	most;
	} cases[] = {
		{ 8, 1u << 20, 0, 8 },		/* by count */
		{ 13, 1u << 20, 0, 16 },	/* in whole sets */
		{ 64, 4 + 3 * 104, 100, 3 },	/* by weight */
		{ 64, 103, 100, 0 },		/* none fits */
	};
	struct memo	*m;
	size_t		 i;
	int		 k, seen, *p;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m = memo_new(cases[i].count, cases[i].weight, drop);
		for (k = 0; k < 500; k++) {
			assert_true(memo_put(m, OCTETS(&k, sizeof(k)),
			    value_of(k), cases[i].each) ==
			    (cases[i].most > 0));
			assert_true(live <= cases[i].most);
			/* The newest is always there. */
			p = memo_get(m, OCTETS(&k, sizeof(k)));
			if (cases[i].most > 0)
				assert_int_equal(*p, k);
			else
				assert_null(p);
		}
		for (k = 0, seen = 0; k < 500; k++)
			if ((p = memo_get(m, OCTETS(&k, sizeof(k)))) != NULL) {
				assert_int_equal(*p, k);
				seen++;
			}
		assert_int_equal(seen, live);
		memo_free(m);
		assert_int_equal(live, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(whole_keys),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
