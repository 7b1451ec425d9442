#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/ev.h"
#include "base/mem.h"

/* One thing to be done when the turn is over. */
struct later {
	void	(*fn)(void *arg);
	void	*arg;
};

struct list {
	struct later	*v;
	size_t		 n, cap;
};

struct sig {
	struct sig	*next;
	struct event	*event;
	void		(*fn)(void *arg, int signo);
	void		*arg;
};

struct ev {
	struct event_base *base;
	struct list	 after, running;	/* ev_after_turn() */
	struct list	 reap;
	struct sig	*sigs;
	bool		 stop;
};

struct ev_timer {
	struct event	*event;
	void		(*fn)(void *arg);
	void		*arg;
};

struct ev_io {
	struct ev	*ev;
	struct event	*event;
	int		 fd, want;
	void		(*fn)(void *arg, int what);
	void		*arg;
};

static void
list_add(struct list *l, void (*fn)(void *), void *arg)
{

	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 16 : 2 * l->cap;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n].fn = fn;
	l->v[l->n++].arg = arg;
}

struct ev *
ev_new(void)
{
	struct event_config	*cfg;
	struct ev		*ev;

	/* A peer that hung up is an error of write(2), never a signal. */
	(void)signal(SIGPIPE, SIG_IGN);

	/*
	 * With a change list, a descriptor is registered anew once a turn at
	 * most.  The price: one that lives on as a copy (dup(2), or in another
	 * process) may be closed only in the turn after it was unwatched.
	 */
	ev = xcalloc(1, sizeof(*ev));
	if ((cfg = event_config_new()) == NULL ||
	    event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK) != 0 ||
	    event_config_set_flag(cfg,
	    EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) != 0 ||
	    (ev->base = event_base_new_with_config(cfg)) == NULL)
		abort();
	event_config_free(cfg);
	return ev;
}

static void
ev_reap_now(struct ev *ev)
{
	size_t	 i;

	/* Freeing may add to the list. */
	for (i = 0; i < ev->reap.n; i++)
		ev->reap.v[i].fn(ev->reap.v[i].arg);
	ev->reap.n = 0;
}

void
ev_free(struct ev *ev)
{
	struct sig	*s;

	if (ev == NULL)
		return;
	ev_reap_now(ev);
	while ((s = ev->sigs) != NULL) {
		ev->sigs = s->next;
		event_free(s->event);
		free(s);
	}
	event_base_free(ev->base);
	free(ev->after.v);
	free(ev->running.v);
	free(ev->reap.v);
	free(ev);
}

struct event_base *
ev_base(struct ev *ev)
{

	return ev->base;
}

/* What was asked for while this runs belongs to the next turn. */
static void
ev_run_after(struct ev *ev)
{
	struct list	 l;
	struct later	 todo;
	size_t		 i;

	l = ev->running;
	ev->running = ev->after;
	ev->after = l;
	ev->after.n = 0;
	for (i = 0; i < ev->running.n; i++) {
		todo = ev->running.v[i];
		ev->running.v[i].fn = NULL;
		if (todo.fn != NULL)
			todo.fn(todo.arg);
	}
	ev->running.n = 0;
}

int
ev_run(struct ev *ev, struct err *e)
{
	int	 flags;

	while (!ev->stop) {
		flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
		if (ev->after.n != 0 || ev->reap.n != 0)
			flags |= EVLOOP_NONBLOCK;
		if (event_base_loop(ev->base, flags) == -1)
			return err_set(e, ERR_IO, "event loop failed");
		ev_run_after(ev);
		ev_reap_now(ev);
	}
	/* What the last turn left for the next. */
	ev_run_after(ev);
	ev_reap_now(ev);
	ev->stop = false;
	return 0;
}

void
ev_stop(struct ev *ev)
{

	ev->stop = true;
	/* Called outside of a callback it must still end the wait. */
	(void)event_base_loopexit(ev->base, &(struct timeval){ 0, 0 });
}

void
ev_after_turn(struct ev *ev, void (*fn)(void *), void *arg)
{
	size_t	 i;

	for (i = 0; i < ev->after.n; i++)
		if (ev->after.v[i].fn == fn && ev->after.v[i].arg == arg)
			return;
	list_add(&ev->after, fn, arg);
}

void
ev_after_cancel(struct ev *ev, void (*fn)(void *), void *arg)
{
	size_t	 i;

	for (i = 0; i < ev->after.n; i++)
		if (ev->after.v[i].fn == fn && ev->after.v[i].arg == arg)
			ev->after.v[i] = ev->after.v[--ev->after.n];
	for (i = 0; i < ev->running.n; i++)
		if (ev->running.v[i].fn == fn && ev->running.v[i].arg == arg)
			ev->running.v[i].fn = NULL;
}

void
ev_reap(struct ev *ev, void *p, void (*fn)(void *p))
{

	list_add(&ev->reap, fn, p);
}

static void
timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct ev_timer	*t = arg;

	(void)fd;
	(void)what;
	t->fn(t->arg);
}

struct ev_timer *
ev_timer_new(struct ev *ev, void (*fn)(void *), void *arg)
{
	struct ev_timer	*t;

	t = xcalloc(1, sizeof(*t));
	t->fn = fn;
	t->arg = arg;
	if ((t->event = evtimer_new(ev->base, timer_fired, t)) == NULL)
		abort();
	return t;
}

void
ev_timer_set(struct ev_timer *t, int64_t ms)
{
	struct timeval	 tv;

	if (ms < 0) {
		(void)event_del(t->event);
		return;
	}
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	if (event_add(t->event, &tv) != 0)
		abort();
}

void
ev_timer_free(struct ev_timer *t)
{

	if (t == NULL)
		return;
	event_free(t->event);
	free(t);
}

static void
sig_fired(evutil_socket_t signo, short what, void *arg)
{
	struct sig	*s = arg;

	(void)what;
	s->fn(s->arg, (int)signo);
}

void
ev_signal(struct ev *ev, int signo, void (*fn)(void *, int), void *arg)
{
	struct sig	*s;

	s = xcalloc(1, sizeof(*s));
	s->fn = fn;
	s->arg = arg;
	if ((s->event = evsignal_new(ev->base, signo, sig_fired, s)) == NULL ||
	    event_add(s->event, NULL) != 0)
		abort();
	s->next = ev->sigs;
	ev->sigs = s;
}

static void
io_fired(evutil_socket_t fd, short what, void *arg)
{
	struct ev_io	*io = arg;

	(void)fd;
	io->fn(io->arg, (what & EV_READ ? EV_IN : 0) |
	    (what & EV_WRITE ? EV_OUT : 0));
}

struct ev_io *
ev_io_new(struct ev *ev, int fd, void (*fn)(void *, int), void *arg)
{
	struct ev_io	*io;

	io = xcalloc(1, sizeof(*io));
	io->ev = ev;
	io->fd = fd;
	io->fn = fn;
	io->arg = arg;
	if ((io->event = event_new(ev->base, fd, EV_READ | EV_PERSIST,
	    io_fired, io)) == NULL)
		abort();
	return io;
}

void
ev_io_want(struct ev_io *io, int what)
{
	short	 flags = EV_PERSIST;

	if (what == io->want)
		return;
	if (io->want != 0)
		(void)event_del(io->event);
	io->want = what;
	if (what == 0)
		return;
	if (what & EV_IN)
		flags |= EV_READ;
	if (what & EV_OUT)
		flags |= EV_WRITE;
	if (event_assign(io->event, io->ev->base, io->fd, flags, io_fired,
	    io) != 0 || event_add(io->event, NULL) != 0)
		abort();
}

void
ev_io_free(struct ev_io *io)
{

	if (io == NULL)
		return;
	event_free(io->event);
	free(io);
}
