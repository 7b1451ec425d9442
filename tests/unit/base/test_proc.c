#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/tm.h"

/*
 * This program is its own child: "proc ping N" waits for a link and sends its
 * pid over it again and again; "proc pong N" (started after ping) echoes.  The
 * test runs a monitor in a forked process and watches it through pipes and the
 * pid file.
 */

#define UNFIT_TOLD	3	/* the monitor's end with "proc-unfit" */

static char	dir[64], pids[96], seen[96];

/* Append one line to the file that the test reads. */
static void
tell(const char *what, long a)
{
	char	line[64];
	FILE	*f;

	snprintf(line, sizeof(line), "%s %ld\n", what, a);
	if ((f = fopen(getenv("TEST_PROC_SEEN"), "a")) != NULL) {
		fputs(line, f);
		fclose(f);
	}
}

struct kid {
	struct ev	*ev;
	bool		 ping;
};

static void
on_link(void *arg, const char *role, unsigned i, int fd)
{
	struct kid	*k = arg;
	char		 c = 'x';

	if (strcmp(role, k->ping ? "pong" : "ping") != 0 || i != 0)
		abort();
	/* Both ends write and read an octet: the pair is one. */
	if (write(fd, &c, 1) != 1 || read(fd, &c, 1) != 1)
		return;
	tell(k->ping ? "ping-linked" : "pong-linked",
	    (long)getpid());
	/* Keep it open for life. */
}

static void
on_listen(void *arg, unsigned tag, int fd)
{
	(void)arg;
	(void)fd;
	tell("listen", (long)tag);
}

/* Tells the tag, and that a hangup of the whole group harms no child. */
static void
on_file(void *arg, unsigned tag, int fd)
{
	(void)arg;
	tell("file", (long)tag);
	close(fd);
	(void)raise(SIGHUP);
}

static void
on_stop(void *arg)
{
	struct kid	*k = arg;

	tell("stopped", (long)getpid());
	ev_stop(k->ev);
}

/* What the plan's settings say, where it has some. */
static void
tell_settings(void)
{
	char	text[16] = "";

	if (pread(PROC_SETTINGS_FD, text, sizeof(text) - 1, 0) > 0)
		tell("settings", atol(text));
}

static int
count(const char *word)
{
	char	line[128];
	FILE	*f;
	int	 n = 0;

	if ((f = fopen(getenv("TEST_PROC_SEEN"), "r")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		n += strncmp(line, word, strlen(word)) == 0;
	fclose(f);
	return n;
}

/* A line of one's own, nobody and a second one are not believed. */
static void
tell_helpers(void)
{
	proc_helper("a 0 1\nb", 1);
	proc_helper("", 1);
	proc_helper("none", 0);
	proc_helper("minus", -1);
	proc_helper("helper", getpid() + 100000);
	proc_helper("second", 1);
}

static int
kid_main(const char *role)
{
	const struct proc_hooks	 hooks = { .on_link = on_link,
				     .on_file = on_file,
				     .on_listen = on_listen,
				     .on_stop = on_stop };
	struct kid		 k = { .ping = strcmp(role, "ping") == 0 };
	struct err		 e = ERR_INIT;
	int			 rc;

	tell_settings();
	if (strcmp(role, "dies") == 0) {
		tell("died", (long)getpid());
		return 1;
	}
	/* At once; or in every life but the first. */
	if (strcmp(role, "unfit") == 0 ||
	    (strcmp(role, "moody") == 0 && count("pong-up") > 0)) {
		tell("died", (long)getpid());
		return PROC_UNFIT;
	}
	k.ev = ev_new();
	if (proc_child(k.ev, role, &hooks, &k, &e) != 0)
		return 1;
	tell(k.ping ? "ping-up" : "pong-up", (long)getpid());
	if (k.ping)
		tell_helpers();
	proc_ready();
	rc = ev_run(k.ev, &e);
	ev_free(k.ev);
	return rc == 0 ? 0 : 1;
}

/* ---- the test's side */

static void
wait_for(const char *word, int n)
{
	int64_t	end = tm_mono_ms() + 10000;

	while (count(word) < n) {
		if (tm_mono_ms() > end)
			fail_msg("\"%s\" is not there %d times", word, n);
		poll(NULL, 0, 5);
	}
}

static pid_t
pid_of(const char *role)
{
	char	line[128], name[32];
	long	pid = -1, p;
	unsigned i;
	FILE	*f;

	assert_non_null(f = fopen(pids, "r"));
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%31s %u %ld", name, &i, &p) == 3 &&
		    strcmp(name, role) == 0)
			pid = p;
	fclose(f);
	return (pid_t)pid;
}

static void
on_ready(void *arg)
{
	(void)arg;
	tell("all-ready", 0);
}

static struct proc_file	file = { .role = "pong", .fd = 0, .tag = 40 };

static int	settings;

/* Another memfd that says n, under the number that is in use already. */
static void
set_settings(long n)
{
	char	text[16];
	int	fd;

	(void)snprintf(text, sizeof(text), "%ld", n);
	if ((fd = memfd_create("settings", MFD_CLOEXEC)) == -1 ||
	    pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		abort();
	if (settings > 0)
		(void)close(settings);
	settings = fd;
}

/* The second reload has nothing new; with the third both begin anew. */
static bool
on_reload(void *arg)
{
	static const char *const	 both[] = { "ping", "pong", NULL };
	struct proc_plan		*plan = arg;

	tell("reload", 0);
	plan->anew = ++file.tag == 43 ? both : NULL;
	set_settings((long)file.tag);
	return file.tag != 42;
}

static pid_t
monitor(const struct proc_role *roles, size_t n)
{
	static const struct proc_link	links[] = { { "ping", "pong" } };
	const char *const		args[] = { NULL };
	struct proc_listen		listens[] = { { .fd = 0, .tag = 7 } };
	struct proc_plan		plan = { .roles = roles, .nroles = n,
	    .links = links, .nlinks = 1, .listens = listens, .nlistens = 1,
	    .args = args, .self = "/proc/self/exe", .pidfile = pids,
	    .files = &file, .nfiles = 1, .settings = &settings,
	    .on_reload = on_reload, .on_ready = on_ready, .arg = &plan };
	struct err			e = ERR_INIT;
	pid_t				pid;

	set_settings((long)file.tag);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		log_open("monitor", LOG_ERROR);
		if (proc_monitor(&plan, &e) == 0)
			_exit(0);
		_exit(strcmp(e.id, "proc-unfit") == 0 ? UNFIT_TOLD : 1);
	}
	return pid;
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test-proc-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(pids, sizeof(pids), "%s/pids", dir);
	snprintf(seen, sizeof(seen), "%s/seen", dir);
	return setenv("TEST_PROC_SEEN", seen, 1);
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(pids);
	(void)unlink(seen);
	return rmdir(dir);
}

static const struct proc_role two[] = {
	{ "ping", 1, NULL, false },
	{ "pong", 1, "ping", true },
};

/* The one that may be believed, of this life, stands in the file; no other. */
static void
check_helpers(pid_t ping)
{
	int64_t	end = tm_mono_ms() + 10000;

	while (pid_of("helper") != ping + 100000) {
		if (tm_mono_ms() > end)
			fail_msg("no helper of %ld", (long)ping);
		poll(NULL, 0, 5);
	}
	assert_int_equal(pid_of("a"), -1);
	assert_int_equal(pid_of("b"), -1);
	assert_int_equal(pid_of("none"), -1);
	assert_int_equal(pid_of("minus"), -1);
	assert_int_equal(pid_of("second"), -1);
}

/* Order, links, listeners, restart with a fresh link to both, end. */
static void
test_life(void **state)
{
	pid_t	m, ping;
	int	status;

	(void)state;
	m = monitor(two, 2);
	wait_for("all-ready", 1);
	wait_for("ping-linked", 1);
	wait_for("pong-linked", 1);
	wait_for("listen 7", 1);
	assert_int_equal(pid_of("monitor"), m);
	ping = pid_of("ping");
	check_helpers(ping);
	assert_int_equal(kill(ping, SIGKILL), 0);
	wait_for("ping-up", 2);
	wait_for("ping-linked", 2);
	wait_for("pong-linked", 2);
	assert_int_not_equal(pid_of("ping"), ping);
	check_helpers(pid_of("ping"));
	assert_int_equal(kill(m, SIGTERM), 0);
	assert_int_equal(waitpid(m, &status, 0), m);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(count("stopped"), 2);
	assert_int_equal(count("all-ready"), 1);
	assert_int_equal(pid_of("helper"), -1);
	assert_int_equal(pid_of("ping"), -1);
	assert_int_equal(pid_of("monitor"), -1);
}

/*
 * Files go to their role at the start, after a reload and after a restart;
 * settings to everybody who is started.
 */
static void
test_reload(void **state)
{
	pid_t	m, ping, pong;
	int	status;

	(void)state;
	m = monitor(two, 2);
	wait_for("all-ready", 1);
	wait_for("file 40", 1);
	wait_for("settings 40", 2);
	pong = pid_of("pong");
	assert_int_equal(kill(m, SIGHUP), 0);
	wait_for("file 41", 1);
	assert_int_equal(kill(m, SIGHUP), 0);
	wait_for("reload", 2);
	assert_int_equal(count("file"), 2);
	assert_int_equal(pid_of("pong"), pong);
	assert_int_equal(kill(pong, SIGKILL), 0);
	wait_for("file 42", 1);
	wait_for("settings 42", 1);
	assert_int_equal(count("settings"), 3);

	/* Ended well, the first before the second is asked, and linked anew. */
	ping = pid_of("ping");
	pong = pid_of("pong");
	wait_for("pong-linked", 2);
	assert_int_equal(kill(m, SIGHUP), 0);
	wait_for("ping-up", 2);
	wait_for("pong-up", 3);
	wait_for("ping-linked", 4);
	assert_int_equal(count("stopped"), 2);
	assert_int_not_equal(pid_of("ping"), ping);
	assert_int_not_equal(pid_of("pong"), pong);
	wait_for("settings 43", 2);
	assert_int_equal(kill(m, SIGTERM), 0);
	assert_int_equal(waitpid(m, &status, 0), m);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(count("stopped"), 4);
}

/* The children do not outlive a monitor that is killed. */
static void
test_monitor_dies(void **state)
{
	int64_t	end = tm_mono_ms() + 5000;
	pid_t	m, ping, pong;
	int	status;

	(void)state;
	m = monitor(two, 2);
	wait_for("all-ready", 1);
	ping = pid_of("ping");
	pong = pid_of("pong");
	assert_int_equal(kill(m, SIGKILL), 0);
	assert_int_equal(waitpid(m, &status, 0), m);
	while (kill(ping, 0) == 0 || kill(pong, 0) == 0) {
		if (tm_mono_ms() > end)
			fail_msg("a child outlives its monitor");
		poll(NULL, 0, 5);
	}
}

/* What dies at once is started again and again, with growing pauses. */
static void
test_dies_at_once(void **state)
{
	static const struct proc_role	role[] = { { "dies", 1, NULL, false } };
	int64_t				begun = tm_mono_ms();
	pid_t				m;
	int				status;

	(void)state;
	m = monitor(role, 1);
	wait_for("died", 5);
	assert_true(tm_mono_ms() - begun >= 20 + 40 + 80);
	assert_int_equal(kill(m, SIGTERM), 0);
	assert_int_equal(waitpid(m, &status, 0), m);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Who can never run is not tried again, and takes the others along. */
static void
test_unfit(void **state)
{
	static const struct proc_role	roles[] = {
		{ "ping", 1, NULL, false },
		{ "unfit", 1, "ping", false },
	};
	int				status;
	pid_t				m;

	(void)state;
	m = monitor(roles, 2);
	assert_int_equal(waitpid(m, &status, 0), m);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == UNFIT_TOLD);
	assert_int_equal(count("died"), 1);
	assert_int_equal(count("stopped"), 1);
	assert_int_equal(pid_of("ping"), -1);
}

/* It has served: what it lacks now may come back. */
static void
test_unfit_later(void **state)
{
	static const struct proc_role	role[] = {
		{ "moody", 1, NULL, false } };
	int				status;
	pid_t				m;

	(void)state;
	m = monitor(role, 1);
	wait_for("all-ready", 1);
	assert_int_equal(kill(pid_of("moody"), SIGKILL), 0);
	wait_for("died", 2);
	assert_int_equal(kill(m, SIGTERM), 0);
	assert_int_equal(waitpid(m, &status, 0), m);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_monitor_dies, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_dies_at_once, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_unfit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unfit_later, setup,
		    teardown),
	};

	if (argc == 4 && strcmp(argv[1], "proc") == 0)
		return kid_main(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
