#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ev.h"
#include "base/mem.h"
#include "base/tm.h"

/* A literal as a callback's argument. */
#define S(X)	((void *)(uintptr_t)(X))

static struct ev	*ev;
static char		 trace[256];

static int
setup(void **state)
{

	(void)state;
	ev = ev_new();
	trace[0] = '\0';
	return 0;
}

static int
teardown(void **state)
{

	(void)state;
	ev_free(ev);
	return 0;
}

static void
run(void)
{
	struct err	 e = ERR_INIT;

	assert_int_equal(ev_run(ev, &e), 0);
}

static void
mark(void *arg)
{

	strcat(trace, arg);
}

static void
mark_and_stop(void *arg)
{

	strcat(trace, arg);
	ev_stop(ev);
}

static void
reap(void *p)
{

	strcat(trace, "reap ");
	free(p);
}

static char		 after[] = "after ", gone[] = "gone ";

/* A callback asks for more of everything. */
static void
busy(void *arg)
{

	strcat(trace, arg);
	ev_after_turn(ev, mark, after);
	ev_after_turn(ev, mark, after);		/* the same: once */
	ev_after_turn(ev, mark, gone);
	ev_after_cancel(ev, mark, gone);
	ev_reap(ev, xmalloc(10), reap);
}

static void
test_turn(void **state)
{
	struct ev_timer	*a, *b, *c;

	(void)state;
	a = ev_timer_new(ev, busy, S("a "));
	b = ev_timer_new(ev, mark, S("b "));
	c = ev_timer_new(ev, mark_and_stop, S("c"));
	ev_timer_set(a, 0);
	ev_timer_set(b, 0);
	ev_timer_set(c, 30);
	run();
	/* After every callback of the turn, and what dies goes last. */
	assert_string_equal(trace, "a b after reap c");
	ev_timer_free(a);
	ev_timer_free(b);
	ev_timer_free(c);
}

static int	again;

static void
chain(void *arg)
{

	if (++again == 3)
		ev_stop(ev);
	else
		ev_after_turn(ev, chain, arg);
}

/* What is asked for at the end of a turn is done without an event. */
static void
test_after_after(void **state)
{
	int64_t	 begin = tm_mono_ms();

	(void)state;
	again = 0;
	ev_after_turn(ev, chain, NULL);
	run();
	assert_int_equal(again, 3);
	assert_true(tm_mono_ms() - begin < 1000);
}

static void
test_timer(void **state)
{
	struct ev_timer	*a, *b;
	int64_t		 begin = tm_mono_ms();

	(void)state;
	a = ev_timer_new(ev, mark, S("never"));
	b = ev_timer_new(ev, mark_and_stop, S("b"));
	ev_timer_set(a, 10);
	ev_timer_set(a, -1);
	ev_timer_set(b, 10);
	ev_timer_set(b, 60);
	run();
	assert_string_equal(trace, ("b"));
	assert_true(tm_mono_ms() - begin >= 55);
	ev_timer_free(a);
	ev_timer_free(b);
}

static void
on_signal(void *arg, int signo)
{

	assert_int_equal(signo, SIGUSR1);
	mark_and_stop(arg);
}

static void
test_signal(void **state)
{

	(void)state;
	ev_signal(ev, SIGUSR1, on_signal, S("usr1"));
	assert_int_equal(raise(SIGUSR1), 0);
	run();
	assert_string_equal(trace, ("usr1"));
}

static struct ev_io	*io;

static void
on_io(void *arg, int what)
{
	int	*fd = arg;
	char	 c;

	if (what & EV_OUT) {
		strcat(trace, "out ");
		assert_int_equal(write(fd[1], "x", 1), 1);
		ev_io_want(io, EV_IN);
	}
	if (what & EV_IN) {
		strcat(trace, "in ");
		assert_int_equal(read(fd[0], &c, 1), 1);
		/* Freed within its own callback: not by us, but at the end. */
		ev_io_want(io, 0);
		ev_stop(ev);
	}
}

static void
test_io(void **state)
{
	int	 fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	io = ev_io_new(ev, fd[0], on_io, fd);
	ev_io_want(io, EV_OUT);
	run();
	assert_string_equal(trace, "out in ");
	ev_io_free(io);
	close(fd[0]);
	close(fd[1]);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		T(test_turn), T(test_after_after), T(test_timer),
		T(test_signal), T(test_io),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
