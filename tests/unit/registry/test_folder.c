#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "registry/found/folder.h"

/* A folder is made whole or not at all, whoever is killed. */

#define KILLS	200

static char	top[] = "/tmp/sealreg-folder-XXXXXX";

static char *
at(const char *name)
{

	return xasprintf("%s/%s", top, name);
}

static int
setup(void **state)
{

	(void)state;
	return mkdtemp(top) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	char	*cmd = xasprintf("rm -rf '%s'", top);
	int	 rc = system(cmd);

	(void)state;
	free(cmd);
	return rc;
}

static void
test_whole(void **state)
{
	struct err	 e = ERR_INIT;
	char		*dir = at("whole"), *tmp, *again;

	(void)state;
	assert_int_equal(folder_begin(dir, "mark", &tmp, &e), 0);
	assert_int_equal(folder_write(tmp, "mark", OCTETS("x", 1), 0600, &e),
	    0);
	assert_false(file_there(top, "whole"));
	/* What an earlier try left goes, with all that is in it. */
	assert_int_equal(folder_begin(dir, "mark", &again, &e), 0);
	assert_false(file_there(again, "mark"));
	assert_int_equal(folder_write(again, "mark", OCTETS("y", 1), 0600,
	    &e), 0);
	assert_int_equal(folder_end(dir, again, &e), 0);
	assert_true(file_there(dir, "mark"));
	assert_false(file_there(dir, "half-made"));
	assert_false(file_there(top, "whole.new"));
	free(again);
	assert_int_equal(folder_begin(dir, "mark", &again, &e), ERR_CONFLICT);
	assert_string_equal(e.id, "already-initialised");
	assert_null(again);
	free(tmp);
	free(dir);
}

/* Somebody else's DIR.new is not ours to remove, empty or not. */
static void
test_not_ours(void **state)
{
	struct err	 e = ERR_INIT;
	char		*dir = at("mine"), *new = at("mine.new"),
			*file = at("file"), *tmp;

	(void)state;
	assert_int_equal(mkdir(new, 0700), 0);
	assert_int_equal(folder_begin(dir, "mark", &tmp, &e), ERR_CONFLICT);
	assert_int_equal(folder_write(new, "letter", OCTETS("x", 1), 0600,
	    &e), 0);
	assert_int_equal(folder_begin(dir, "mark", &tmp, &e), ERR_CONFLICT);
	assert_true(file_there(new, "letter"));
	assert_int_equal(folder_write(top, "file", OCTETS("x", 1), 0600, &e),
	    0);
	assert_int_not_equal(folder_begin(file, "mark", &tmp, &e), 0);
	free(file);
	free(new);
	free(dir);
}

/* Begin, write, break off; begin, write, end; the next folder. */
static void
work(volatile unsigned *n)
{
	char	 name[32], *dir, *tmp;
	int	 k;

	for (;; (*n)++) {
		snprintf(name, sizeof(name), "killed%u", *n);
		dir = at(name);
		for (k = 0; k < 2; k++) {
			if (folder_begin(dir, "mark", &tmp, NULL) != 0 ||
			    folder_write(tmp, "mark", OCTETS("x", 1), 0600,
			    NULL) != 0)
				_exit(1);
			if (k == 0)
				folder_undo(tmp);
			else if (folder_end(dir, tmp, NULL) != 0)
				_exit(1);
			free(tmp);
		}
		free(dir);
	}
}

static void
test_killed(void **state)
{
	volatile unsigned	*n = mmap(NULL, sizeof(*n), PROT_READ |
				    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				    -1, 0);
	struct err		 e = ERR_INIT;
	char			 name[32], *dir, *tmp;
	pid_t			 pid;
	int			 i, rc, status;

	(void)state;
	assert_true(n != MAP_FAILED);
	for (i = 0; i < KILLS; i++, (*n)++) {
		assert_true((pid = fork()) >= 0);
		if (pid == 0)
			work(n);
		assert_int_equal(usleep((useconds_t)(500 + i * 7919 % 997)),
		    0);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		snprintf(name, sizeof(name), "killed%u", *n);
		dir = at(name);
		rc = folder_begin(dir, "mark", &tmp, &e);
		if (rc != 0) {
			assert_string_equal(e.id, "already-initialised");
			assert_true(file_there(dir, "mark"));
		} else {
			assert_false(file_there(tmp, "mark"));
			assert_int_equal(folder_end(dir, tmp, &e), 0);
			free(tmp);
		}
		free(dir);
	}
	assert_int_equal(munmap((void *)(uintptr_t)n, sizeof(*n)), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
