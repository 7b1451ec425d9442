#ifndef BASE_EV_H
#define BASE_EV_H

#include <stdint.h>

#include "base/err.h"

/*
 * The event loop: libevent's, with timers, signals and a reap list.
 * Callbacks mark, the loop reaps: no object is freed inside its own callback.
 * One loop a process, no threads.
 */

struct ev;			/* opaque; the loop */
struct ev_timer;		/* opaque; one-shot, re-armed by ev_timer_set() */
struct ev_io;			/* opaque; a watched descriptor */
struct event_base;		/* libevent's, for the tests' peers */

#define EV_IN	1
#define EV_OUT	2

/* Caller frees with ev_free(), after everything tied to it. */
struct ev *ev_new(void);
void	 ev_free(struct ev *ev);
struct event_base *ev_base(struct ev *ev);

/* Run until ev_stop().  ERR_IO: the loop itself failed. */
int	 ev_run(struct ev *ev, struct err *e) MUST_CHECK;
void	 ev_stop(struct ev *ev);

/*
 * Call fn(arg) once at the end of the current turn, after every ready
 * callback: this is where a batch is committed.  Asking again before it has
 * run changes nothing.
 */
void	 ev_after_turn(struct ev *ev, void (*fn)(void *arg), void *arg);
/* Take it back: for an object that goes away before the turn is over. */
void	 ev_after_cancel(struct ev *ev, void (*fn)(void *arg), void *arg);

/* Free p with fn after the current turn. */
void	 ev_reap(struct ev *ev, void *p, void (*fn)(void *p));

/* Timers.  A new one is not armed.  ms == -1 disarms. */
struct ev_timer *ev_timer_new(struct ev *ev, void (*fn)(void *arg), void *arg);
void	 ev_timer_set(struct ev_timer *t, int64_t ms);
void	 ev_timer_free(struct ev_timer *t);

/* Call fn(arg, signo) on a signal, for as long as the loop lives. */
void	 ev_signal(struct ev *ev, int signo, void (*fn)(void *arg, int signo),
	    void *arg);

/*
 * Watch fd (borrowed; it stays open until ev_io_free()) for what ev_io_want()
 * says: EV_IN, EV_OUT, both or, at first, nothing.
 */
struct ev_io *ev_io_new(struct ev *ev, int fd,
	    void (*fn)(void *arg, int what), void *arg);
void	 ev_io_want(struct ev_io *io, int what);
void	 ev_io_free(struct ev_io *io);

#endif /* BASE_EV_H */
