#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static void
empty_is_a_pointer(void **state)
{
	void	*p[] = { xmalloc(0), xcalloc(0, 8), xmemdup(NULL, 0),
		    xreallocarray(NULL, 0, 4) };
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		assert_non_null(p[i]);
		free(p[i]);
	}
}

static void
copies(void **state)
{
	char	*s;

	(void)state;
	s = xstrdup("ab");
	assert_string_equal(s, "ab");
	free(s);
	s = xstrndup("abcdef", 3);
	assert_string_equal(s, "abc");
	free(s);
	s = xstrndup("ab", 10);
	assert_string_equal(s, "ab");
	free(s);
	s = xasprintf("%d-%s", 5, "x");
	assert_string_equal(s, "5-x");
	free(s);
	s = xmemdup("a\0b", 3);
	assert_memory_equal(s, "a\0b", 3);
	free(s);
}

static void
wipe_and_compare(void **state)
{
	char	 a[] = "secret", zero[sizeof(a)] = { 0 };

	(void)state;
	assert_true(mem_equal(a, "secret", 6));
	assert_false(mem_equal(a, "secreT", 6));
	assert_false(mem_equal(a, "Secret", 6));
	assert_true(mem_equal(NULL, NULL, 0));
	mem_wipe(a, sizeof(a));
	assert_memory_equal(a, zero, sizeof(a));
	mem_wipe(NULL, 0);
}

/* The signal that a child calling xreallocarray(n, size) dies of, or 0. */
static int
dies_of(size_t n, size_t size)
{
	const struct rlimit	 none = { 0, 0 };
	int			 status;
	pid_t			 pid;

	if ((pid = fork()) == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)close(STDERR_FILENO);
		free(xreallocarray(NULL, n, size));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
overflow_aborts(void **state)
{

	(void)state;
	assert_int_equal(dies_of(SIZE_MAX / 2, 3), SIGABRT);
	assert_int_equal(dies_of(10, 3), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(empty_is_a_pointer),
		cmocka_unit_test(copies),
		cmocka_unit_test(wipe_and_compare),
		cmocka_unit_test(overflow_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
