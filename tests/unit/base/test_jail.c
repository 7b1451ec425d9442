#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/calls.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/proc.h"
#include "base/sandbox.h"
#include "base/sanitize.h"
#include "base/tm.h"

/*
 * This program is its own child too: "proc jail N" is a jail under a monitor,
 * "proc ask N" sends it requests and tells in a file what came of them.
 */

enum { ECHO = 1, LARGE, REFUSE, CRASH, OPEN, HUNGRY, WIDE, RLIMITS, REACH, LINKS,
	SLOW };

static bool	warmed;

static int
warm(struct err *e)
{

	(void)e;
	warmed = true;
	return 0;
}

static int
do_echo(struct octets in, struct octets large, struct buf *out, struct err *e)
{

	if (!warmed || large.len != 0)
		return err_set(e, ERR_IO, "not warm");
	buf_put_octets(out, in);
	return 0;
}

static int
do_large(struct octets in, struct octets large, struct buf *out, struct err *e)
{
	uint64_t	sum = 0;
	size_t		i;

	(void)e;
	for (i = 0; i < large.len; i++)
		sum += large.p[i];
	buf_printf(out, "%zu %zu %llu", in.len, large.len,
	    (unsigned long long)sum);
	return 0;
}

static int
do_refuse(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{

	(void)in;
	(void)large;
	buf_puts(out, "half an answer");
	return err_set_id(e, ERR_INVAL, "no-glyph", "no font has \"𠮷\"");
}

/* As when its time is used up, without waiting for that. */
static int
do_slow(struct octets in, struct octets large, struct buf *out, struct err *e)
{
	(void)in;
	(void)large;
	(void)out;
	(void)e;
	(void)raise(SIGPROF);
	return 0;
}

static int
do_crash(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{

	(void)in;
	(void)large;
	(void)out;
	(void)e;
	(void)raise(SIGKILL);
	return 0;
}

static int
do_open(struct octets in, struct octets large, struct buf *out, struct err *e)
{
	static const char *const paths[] = { "/etc/passwd", "/tmp", NULL };
	int			 fd, i;

	(void)in;
	(void)large;
	(void)e;
	for (i = 0; paths[i] != NULL; i++) {
		fd = open(paths[i], O_RDONLY);
		buf_printf(out, "%d ", fd == -1 ? errno : 0);
		if (fd != -1)
			close(fd);
	}
	fd = open("/tmp/test-jail-must-not-be", O_CREAT | O_WRONLY, 0600);
	buf_printf(out, "%d", fd == -1 ? errno : 0);
	if (fd != -1)
		close(fd);
	return 0;
}

static int
do_hungry(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{

	(void)in;
	(void)large;
	(void)e;
	free(xmalloc((size_t)LIMIT_JAIL_MEMORY + 1));
	buf_puts(out, "had it");
	return 0;
}

static int
do_wide(struct octets in, struct octets large, struct buf *out, struct err *e)
{
	char	page[4096] = { 0 };
	size_t	i;

	(void)in;
	(void)large;
	(void)e;
	for (i = 0; i <= LIMIT_MSG_BODY; i += sizeof(page))
		buf_put(out, page, sizeof(page));
	return 0;
}

static int
do_rlimits(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	struct rlimit	 r;

	(void)in;
	(void)large;
	(void)e;
	getrlimit(RLIMIT_NOFILE, &r);
	buf_printf(out, "%ld ", (long)r.rlim_max);
	getrlimit(RLIMIT_CORE, &r);
	buf_printf(out, "%ld", (long)r.rlim_max);
	return 0;
}

static int
do_reach(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{

	(void)in;
	(void)large;
	(void)e;
	(void)socket(AF_INET, SOCK_STREAM, 0);
	buf_puts(out, "lives on");
	return 0;
}

/* How many sockets are open here. */
static int
do_links(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	struct stat	st;
	int		fd;
	uint8_t		n = 0;

	(void)in;
	(void)large;
	(void)e;
	for (fd = 3; fd < 64; fd++)
		n += fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	buf_put_u8(out, n);
	return 0;
}

static const struct jail_handler	handlers[] = {
	{ LINKS, 109, do_links }, { SLOW, 110, do_slow },
	{ ECHO, 100, do_echo }, { LARGE, 101, do_large },
	{ REFUSE, 102, do_refuse }, { CRASH, 103, do_crash },
	{ OPEN, 104, do_open }, { HUNGRY, 105, do_hungry },
	{ WIDE, 106, do_wide }, { RLIMITS, 107, do_rlimits }, { REACH, 108, do_reach },
	{ 0, 0, NULL }
};
static const struct jail_handler *const	tables[] = { handlers, NULL };
static const struct jail_spec	spec = { tables, warm };

/* ---- one request */

static int
once(uint16_t type, struct octets large, char text[256], struct err *e)
{
	uint8_t	*out;
	size_t	 n;
	int	 rc;

	*e = (struct err)ERR_INIT;
	memset(text, 0, 256);
	rc = jail_once(&spec, type, OCTETS("hello", 5), large, &out, &n, e);
	if (rc == 0) {
		assert_true(n < 256);
		memcpy(text, out, n);
	} else
		assert_null(out);
	free(out);
	return rc;
}

#define NONE	OCTETS(NULL, 0)

static void
test_once(void **state)
{
	struct err	 e;
	char		 text[256];
	uint8_t		*p;

	(void)state;
	assert_int_equal(once(ECHO, NONE, text, &e), 0);
	assert_string_equal(text, "hello");
	assert_false(warmed);		/* that was another process */

	p = xcalloc(1, 5000000);
	p[4999999] = 7;
	assert_int_equal(once(LARGE, OCTETS(p, 5000000), text, &e), 0);
	assert_string_equal(text, "5 5000000 7");
	free(p);

	assert_int_equal(once(REFUSE, NONE, text, &e), ERR_INVAL);
	assert_string_equal(e.id, "no-glyph");
	assert_string_equal(e.text, "no font has \"𠮷\"");

	assert_int_equal(once(CRASH, NONE, text, &e), ERR_FORMAT);
	assert_string_equal(e.id, "jail-died");

	assert_int_equal(once(SLOW, NONE, text, &e), ERR_FORMAT);
	assert_string_equal(e.id, "jail-died");
	assert_string_equal(e.text, "the reader of this input was stopped at "
	    "its limit of 20 s");

	assert_int_equal(once(99, NONE, text, &e), ERR_INVAL);
	assert_int_equal(once(WIDE, NONE, text, &e), ERR_TOOBIG);

	assert_int_equal(once(RLIMITS, NONE, text, &e), 0);
	assert_string_equal(text, "64 0");
}

/* One jail for many requests; one that ended it is followed by another. */
static void
test_own(void **state)
{
	static const uint16_t	 types[] = { ECHO, REFUSE, ECHO, CRASH, ECHO,
				    CRASH, CRASH, 99, ECHO };
	static const char *const want[] = { "", "no-glyph", "", "jail-died",
				    "", "jail-died", "jail-died", "invalid",
				    "" };
	struct jail_own		*j = jail_new(&spec);
	struct err		 e;
	uint8_t			*out;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		e = (struct err)ERR_INIT;
		if (jail_ask(j, types[i], OCTETS("hello", 5), NONE, &out, &n,
		    &e) == 0) {
			assert_int_equal(n, 5);
			assert_memory_equal(out, "hello", 5);
		} else
			assert_null(out);
		assert_string_equal(e.id, want[i]);
		free(out);
	}
	jail_free(j);
	jail_free(NULL);
	jail_free(jail_new(&spec));	/* never asked: never forked */
}

/* One that is ended while it has nothing to do is replaced unseen. */
static void
test_idle(void **state)
{
	struct jail_own	*j = jail_new(&spec);
	char		 path[64];
	uint8_t		*out;
	siginfo_t	 info;
	size_t		 i, n;
	FILE		*f;
	int		 child = 0;

	(void)state;
	(void)snprintf(path, sizeof(path), "/proc/self/task/%ld/children",
	    (long)getpid());
	for (i = 0; i < 3; i++) {
		assert_int_equal(jail_ask(j, ECHO, OCTETS("hello", 5), NONE,
		    &out, &n, NULL), 0);
		free(out);
		assert_non_null(f = fopen(path, "r"));
		assert_int_equal(fscanf(f, "%d", &child), 1);
		(void)fclose(f);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED |
		    WNOWAIT), 0);
	}
	jail_free(j);
}

/* Two jails at once: each answers its own, and dies alone. */
static void
test_in_two_steps(void **state)
{
	struct jail_own	*j[2] = { jail_new(&spec), jail_new(&spec) };
	struct pollfd	 p;
	struct err	 e = ERR_INIT;
	uint8_t		*out;
	size_t		 i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(jail_descriptor(j[i]), -1);
		assert_int_equal(jail_send(j[i], ECHO, OCTETS(i == 0 ?
		    "first" : "other", 5), -1, &e), 0);
		p = (struct pollfd){ .fd = jail_descriptor(j[i]),
		    .events = POLLIN };
		assert_int_equal(poll(&p, 1, 20000), 1);
	}
	assert_int_equal(jail_take(j[1], &out, &n, &e), 0);
	assert_memory_equal(out, "other", 5);
	free(out);
	assert_int_equal(jail_send(j[1], CRASH, OCTETS("", 0), -1, &e), 0);
	assert_int_equal(jail_take(j[1], &out, &n, &e), ERR_FORMAT);
	assert_string_equal(e.id, "jail-died");
	assert_null(out);
	e = (struct err)ERR_INIT;
	assert_int_equal(jail_take(j[0], &out, &n, &e), 0);
	assert_memory_equal(out, "first", 5);
	free(out);
	/* What is under way is lost with it, and the next one is not. */
	assert_int_equal(jail_send(j[1], ECHO, OCTETS("lost!", 5), -1, &e),
	    0);
	jail_end(j[1]);
	assert_int_equal(jail_descriptor(j[1]), -1);
	assert_int_equal(jail_ask(j[1], ECHO, OCTETS("again", 5), NONE, &out,
	    &n, &e), 0);
	assert_memory_equal(out, "again", 5);
	free(out);
	for (i = 0; i < 2; i++)
		jail_free(j[i]);
}

/* Answered in their order; what is behind the one that ends it is lost. */
static void
test_several(void **state)
{
	static const uint16_t	 types[] = { ECHO, REFUSE, ECHO, CRASH,
				    ECHO };
	static const char *const want[] = { "", "no-glyph", "",
				    "jail-died" };
	struct jail_own		*j = jail_new(&spec);
	struct err		 e;
	uint8_t			*out;
	char			 word[6] = "ask 0";
	size_t			 i, n;

	(void)state;
	assert_false(jail_runs(j));
	assert_true(jail_has_room(j));
	for (i = 0; i < 5; i++) {
		word[4] = (char)('0' + i);
		e = (struct err)ERR_INIT;
		assert_int_equal(jail_send(j, types[i], OCTETS(word, 5), -1,
		    &e), 0);
	}
	for (i = 0; i < 4; i++) {
		assert_true(jail_runs(j));
		assert_int_not_equal(jail_descriptor(j), -1);
		word[4] = (char)('0' + i);
		e = (struct err)ERR_INIT;
		if (jail_take(j, &out, &n, &e) == 0) {
			assert_int_equal(n, 5);
			assert_memory_equal(out, word, 5);
		}
		assert_string_equal(e.id, want[i]);
		free(out);
	}
	assert_false(jail_runs(j));
	assert_int_equal(jail_descriptor(j), -1);
	e = (struct err)ERR_INIT;
	assert_int_equal(jail_ask(j, ECHO, OCTETS("again", 5), NONE, &out, &n,
	    &e), 0);
	free(out);
	jail_free(j);
}

/* Whatever the jail does, what has room is sent without waiting for it. */
static void
test_room(void **state)
{
	struct jail_own	*j = jail_new(&spec);
	struct err	 e = ERR_INIT;
	uint8_t		*p = xcalloc(1, JAIL_AHEAD), *out;
	size_t		 n, sent = 0, i;
	int64_t		 begun = tm_mono_ms();

	(void)state;
	/* Each answer fills the socket: it stands still until we take them. */
	do {
		assert_int_equal(jail_send(j, ECHO, OCTETS(p, JAIL_AHEAD), -1,
		    &e), 0);
		sent++;
	} while (jail_has_room(j) && sent < 10000);
	assert_in_range(sent, 2, 100);
	assert_true(tm_mono_ms() - begun < 20000);
	for (i = 0; i < sent; i++) {
		assert_int_equal(jail_take(j, &out, &n, &e), 0);
		assert_int_equal(n, JAIL_AHEAD);
		free(out);
	}
	assert_true(jail_has_room(j));
	free(p);
	jail_free(j);
}

/* A jail that is forked beside others has none of their links. */
static void
test_alone(void **state)
{
	struct jail_own	*j[2] = { jail_new(&spec), jail_new(&spec) };
	struct err	 e = ERR_INIT;
	uint8_t		*out;
	size_t		 i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(jail_ask(j[i], LINKS, OCTETS("", 0), NONE,
		    &out, &n, &e), 0);
		assert_int_equal(n, 1);
		assert_int_equal(out[0], 1);
		free(out);
	}
	for (i = 0; i < 2; i++)
		jail_free(j[i]);
}

static void
test_memory(void **state)
{
	struct err	 e;
	char		 text[256];

	(void)state;
#if SANITIZED
	skip();
#endif
	assert_int_equal(once(HUNGRY, NONE, text, &e), ERR_FORMAT);
	assert_string_equal(e.id, "jail-died");
}

static void
test_files(void **state)
{
	struct err	 e;
	char		 text[256], want[64];

	(void)state;
	(void)unlink("/tmp/test-jail-must-not-be");
	if (sandbox_abi() == 0)
		skip();
	assert_int_equal(once(OPEN, NONE, text, &e), 0);
	snprintf(want, sizeof(want), "%d %d %d", EACCES, EACCES, EACCES);
	assert_string_equal(text, want);
}

/* A socket is no mistake of a reader: it ends the jail, and that is told. */
static void
test_network(void **state)
{
	struct err	 e;
	char		 text[256];

	(void)state;
	if (CALLS_LOG_ONLY || !sandbox_has_seccomp())
		skip();
	assert_int_equal(once(REACH, NONE, text, &e), ERR_FORMAT);
	assert_string_equal(e.id, "jail-died");
}

/* ---- under a monitor */

static char	seen[96];

static void
tell(const char *what)
{
	FILE	*f;

	if ((f = fopen(getenv("TEST_JAIL_SEEN"), "a")) != NULL) {
		fprintf(f, "%s\n", what);
		fclose(f);
	}
}

static int	links_seen;

static void
ask_link(void *arg, const char *role, unsigned i, int fd)
{
	struct msg	 m;
	struct err	 e = ERR_INIT;
	int		 mem;

	(void)arg;
	(void)i;
	links_seen++;
	if (strcmp(role, "jail") != 0 ||
	    msg_ask(fd, ECHO, OCTETS("hi", 2), -1, 20000, &m, &e) != 0) {
		tell("no-echo");
		return;
	}
	tell(m.type == 100 && m.body.len == 2 ? "echo" : "bad-echo");
	msg_fini(&m);
	if (memfd_seal(OCTETS("ab", 2), &mem, &e) == 0 &&
	    msg_ask(fd, LARGE, OCTETS("hi", 2), mem, 20000, &m, &e) == 0) {
		tell(m.body.len == 7 && memcmp(m.body.p, "2 2 195", 7) == 0 ?
		    "large" : "bad-large");
		msg_fini(&m);
		close(mem);
	}
	if (links_seen > 1)
		return;
	/* It dies, and another comes by itself. */
	if (msg_ask(fd, CRASH, OCTETS("", 0), -1, 20000, &m, &e) ==
	    ERR_NOTFOUND)
		tell("crashed");
	close(fd);
}

static void
ask_stop(void *arg)
{

	ev_stop(arg);
}

static int
child_main(const char *role)
{
	static const struct proc_hooks	 hooks = { .on_link = ask_link,
					     .on_stop = ask_stop };
	struct err			 e = ERR_INIT;
	struct ev			*ev;
	int				 rc;

	log_open(role, LOG_ERROR);
	if (strcmp(role, "jail") == 0)
		return proc_jail(&spec, &e) == 0 ? 0 : 1;
	ev = ev_new();
	if (proc_child(ev, role, &hooks, ev, &e) != 0)
		return 1;
	proc_ready();
	rc = ev_run(ev, &e);
	ev_free(ev);
	return rc == 0 ? 0 : 1;
}

static int
count(const char *word)
{
	char	line[64];
	FILE	*f;
	int	 n = 0;

	if ((f = fopen(seen, "r")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		n += strncmp(line, word, strlen(word)) == 0;
	fclose(f);
	return n;
}

static void
test_monitored(void **state)
{
	static const struct proc_role	 roles[] = {
		{ "jail", 1, NULL, false }, { "ask", 1, "jail", false } };
	static const struct proc_link	 link = { "ask", "jail" };
	struct proc_plan		 plan = { .roles = roles, .nroles = 2,
	    .links = &link, .nlinks = 1, .self = "/proc/self/exe" };
	struct err			 e = ERR_INIT;
	int64_t				 end = tm_mono_ms() + 20000;
	pid_t				 m;
	int				 status;

	(void)state;
	snprintf(seen, sizeof(seen), "/tmp/test-jail-%ld", (long)getpid());
	(void)unlink(seen);
	setenv("TEST_JAIL_SEEN", seen, 1);
	fflush(NULL);
	if ((m = fork()) == 0) {
		log_open("monitor", LOG_ERROR);
		_exit(proc_monitor(&plan, &e) == 0 ? 0 : 1);
	}
	while (count("large") < 2 && tm_mono_ms() < end)
		poll(NULL, 0, 10);
	assert_int_equal(count("echo"), 2);
	assert_int_equal(count("large"), 2);
	assert_int_equal(count("crashed"), 1);
	assert_int_equal(kill(m, SIGTERM), 0);
	assert_int_equal(waitpid(m, &status, 0), m);
	assert_int_equal(status, 0);
	(void)unlink(seen);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_in_two_steps),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_monitored),
	};

	if (argc == 4 && strcmp(argv[1], "proc") == 0)
		return child_main(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
