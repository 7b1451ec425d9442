#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/token_live.h"

static char	dir[] = "/tmp/test_token_live.XXXXXX";
static char	path[64];

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/token", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

/* What is no such file is refused, and not made one by reading. */
static void
test_foreign(void **state)
{
	static const char	*const text[] = { "", "token", "no token is "
	    "known here, and the file is of some length all the same, far more "
	    "than what a node writes, so that its size is wrong as well" };
	struct token_live	*l;
	struct err		 e = ERR_INIT;
	uint8_t			*p;
	size_t			 i, n;

	(void)state;
	assert_int_equal(token_live_open(path, false, &l, &e), ERR_NOTFOUND);
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		assert_int_equal(file_write(path, OCTETS(text[i],
		    strlen(text[i])), 0600, NULL), 0);
		e = (struct err)ERR_INIT;
		assert_int_equal(token_live_open(path, false, &l, &e),
		    ERR_FORMAT);
		assert_string_equal(e.id, "token-live");
		assert_null(l);
	}
	/* Of the right size, and zeros. */
	assert_int_equal(token_live_open(path, true, &l, &e), 0);
	token_live_close(l);
	assert_int_equal(file_read(path, 4096, &p, &n, NULL), 0);
	memset(p, 0, n);
	assert_int_equal(file_write(path, OCTETS(p, n), 0600, NULL), 0);
	free(p);
	assert_int_equal(token_live_open(path, false, &l, &e), ERR_FORMAT);
}

/* Another process sees whole facts only, however often they change. */
static void
test_torn(void **state)
{
	struct token_live	*w, *r;
	struct token_facts	 f, g;
	uint64_t		 seen = 0;
	pid_t			 pid;
	int			 i, status;

	(void)state;
	memset(&f, 0, sizeof(f));
	assert_int_equal(token_live_open(path, true, &w, NULL), 0);
	assert_int_equal(token_live_open(path, false, &r, NULL), 0);
	assert_true(token_live_get(r, &g));
	assert_memory_equal(&g, &f, sizeof(f));
	if ((pid = fork()) == 0) {
		for (i = 1; i <= 200000; i++) {
			f.pid = f.answered_at = f.failed_at = i;
			f.answers = f.failures = (uint64_t)i;
			memset(f.state, 'a' + i % 26, 8);
			token_live_set(w, &f);
		}
		_exit(0);
	}
	assert_true(pid > 0);
	do {
		if (!token_live_get(r, &g))
			continue;
		assert_true(g.answers >= seen);
		seen = g.answers;
		assert_true(g.failures == seen && g.pid == (int64_t)seen &&
		    g.answered_at == g.pid && g.failed_at == g.pid);
		assert_true(seen == 0 || (g.state[0] == 'a' + (int)(seen % 26)
		    && g.state[7] == g.state[0]));
	} while (seen < 200000);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* Whoever begins again begins at nothing, for readers of before too. */
	token_live_close(w);
	assert_int_equal(token_live_open(path, true, &w, NULL), 0);
	assert_true(token_live_get(r, &g));
	assert_int_equal(g.answers, 0);
	token_live_close(w);
	token_live_close(r);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_foreign), cmocka_unit_test(test_torn)
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
