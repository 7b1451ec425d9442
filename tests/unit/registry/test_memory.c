#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "registry/judge/memory.h"

/* What a run over many files remembers: it does not grow with them. */

#define FILES	20000
#define GROWN	(256u << 10)	/* octets: less than a name for each */

/*
 * Each file's certificates name a part of a list that there is not, and those
 * of the file before are not asked for again.
 */
static void
forgets_lists_that_there_are_not(void **state)
{
	struct memory	*m = memory_new(16);
	char		 url[64];
	size_t		 before, after;
	int		 i;

	(void)state;
	before = mallinfo2().uordblks;
	for (i = 0; i < FILES; i++) {
		memory_begin(m);
		/* Nobody listens there. */
		(void)snprintf(url, sizeof(url),
		    "http://127.0.0.1:1/ca/province-%d.crl", i);
		assert_int_equal(memory_list(m, url, 1000).len, 0);
	}
	after = mallinfo2().uordblks;
	assert_true(after < before + GROWN);
	memory_free(m);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(forgets_lists_that_there_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
