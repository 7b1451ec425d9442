#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sandbox.h"

static char	dir[64];
static char	in_read[96], in_write[96], outside[96], passwd[] = "/etc/passwd";

static int
setup(void **state)
{
	FILE	*f;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test-sandbox-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(in_read, sizeof(in_read), "%s/r", dir);
	snprintf(in_write, sizeof(in_write), "%s/w", dir);
	snprintf(outside, sizeof(outside), "%s/o", dir);
	assert_int_equal(mkdir(in_write, 0700), 0);
	assert_non_null(f = fopen(in_read, "w"));
	assert_int_equal(fclose(f), 0);
	assert_non_null(f = fopen(outside, "w"));
	assert_int_equal(fclose(f), 0);
	return 0;
}

static int
teardown(void **state)
{
	char	path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/made", in_write);
	(void)unlink(path);
	(void)rmdir(in_write);
	(void)unlink(in_read);
	(void)unlink(outside);
	return rmdir(dir);
}

/* Acts inside; each returns 0 or errno. */
static int
try_open(const char *path, int flags)
{
	int	fd;

	if ((fd = open(path, flags, 0600)) == -1)
		return errno;
	close(fd);
	return 0;
}

/* Run in a child that has entered; its status is the number of the check
 * that was not as it must be. */
static int
inside(void)
{
	const char *const	 rd[] = { in_read, NULL };
	const char *const	 wr[] = { in_write, NULL };
	struct sandbox		 s = { .read = rd, .write = wr, .strict = true };
	struct err		 e = ERR_INIT;
	char			 made[128];
	pid_t			 pid;
	int			 status;

	snprintf(made, sizeof(made), "%s/made", in_write);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (sandbox_enter(&s, NULL, &e) != 0)
			_exit(1);
		if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
			_exit(2);
		if (try_open(in_read, O_RDONLY) != 0)
			_exit(3);
		if (try_open(in_read, O_WRONLY) != EACCES)
			_exit(4);
		if (try_open(made, O_RDWR | O_CREAT) != 0)
			_exit(5);
		if (try_open(outside, O_RDONLY) != EACCES)
			_exit(6);
		if (try_open(passwd, O_RDONLY) != EACCES)
			_exit(7);
		if (unlink(in_read) != -1 || errno != EACCES)
			_exit(8);
		execl("/bin/true", "true", (char *)NULL);
		_exit(errno == EACCES ? 0 : 9);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_files(void **state)
{
	(void)state;
	if (sandbox_abi() == 0)
		skip();		/* this kernel has no Landlock */
	assert_int_equal(inside(), 0);
}

/* Root's privileges that are left in there, or -1; a name to set. */
static int64_t
left_inside(const char *const *files, bool *renamed)
{
	struct __user_cap_header_struct	head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct	data[2];
	struct sandbox			s = { .read = files };
	struct err			e = ERR_INIT;
	char				name[65] = "";

	if (gethostname(name, sizeof(name) - 1) != 0 ||
	    sandbox_enter(&s, NULL, &e) != 0 ||
	    syscall(SYS_capget, &head, data) != 0)
		return -1;
	*renamed = sethostname(name, strlen(name)) == 0;
	return (int64_t)(data[0].permitted | data[0].effective |
	    data[0].inheritable) | (int64_t)data[1].permitted << 32;
}

/* Not even root keeps what no file names: modules, mounts, other processes. */
static void
test_privileges(void **state)
{
	const char *const	 rd[] = { "/usr/share", NULL };
	const char *const *const files[] = { NULL, rd };
	bool			 renamed;
	int64_t			 left;
	pid_t			 pid;
	size_t			 i;
	int			 status;

	(void)state;
	for (i = 0; i < 2; i++) {
		fflush(NULL);
		if ((pid = fork()) == 0) {
			if ((left = left_inside(files[i], &renamed)) == -1)
				_exit(1);
			if ((left & ~((int64_t)i << CAP_DAC_OVERRIDE)) != 0)
				_exit(2);
			if (renamed)
				_exit(3);
			if (prctl(PR_CAPBSET_READ, CAP_SYS_MODULE, 0, 0,
			    0) != 0 && geteuid() == 0)
				_exit(4);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/* What the kernel lacks is named, or refused where it must not lack. */
static void
test_missing(void **state)
{
	struct sandbox	 s = { .strict = false };
	struct err	 e = ERR_INIT;
	const char	*missing = "?";
	pid_t		 pid;
	int		 status;

	(void)state;
	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (sandbox_enter(&s, &missing, &e) != 0)
			_exit(1);
		if (sandbox_abi() > 0)
			_exit(missing == NULL ? 0 : 2);
		_exit(missing != NULL && strcmp(missing, "landlock") == 0 ?
		    0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test(test_privileges),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
