#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/http_conn.h"
#include "base/mem.h"
#include "base/tm.h"

/* Listening, keeping time, and the end of it. */

static void
server_next_sweep(struct http_server *s)
{
	int64_t	ms = s->bounds.request_ms / 20;

	s->sweeping = true;
	ev_timer_set(s->sweep, ms < 20 ? 20 : ms > 500 ? 500 : ms);
}

static void
server_sweep(void *arg)
{
	struct http_server	*s = arg;
	struct http_conn	*c, *next;
	struct http_listener	*l;
	int64_t			 now = tm_mono_ms();

	for (c = TAILQ_FIRST(&s->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->deadline <= now)
			http_conn_close(c);
	}
	for (l = s->listeners; l != NULL; l = l->next)
		if (l->paused && !s->stopped) {
			l->paused = false;
			ev_io_want(l->io, EV_IN);
		}
	if ((s->sweeping = s->nconns > 0))
		server_next_sweep(s);
}

/*
 * One a turn: processes share the listening socket, and whoever is less busy
 * takes the next, instead of one taking all that wait.
 */
static void
server_accept(void *arg, int what)
{
	struct http_listener	*l = arg;
	struct http_server	*s = l->server;
	int			 fd;

	(void)what;
	if ((fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK |
	    SOCK_CLOEXEC)) != -1)
		http_conn_new(l, fd);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM) {
		/* It would be told again at once, without end. */
		ev_io_want(l->io, 0);
		l->paused = true;
	}
	/* Else it is the client's loss, or another process was faster. */
	if (!s->sweeping && (s->nconns > 0 || l->paused))
		server_next_sweep(s);
}

struct http_server *
http_server_new(struct ev *ev, const struct http_route *routes, void *ctx)
{
	struct http_server	*s;

	s = xcalloc(1, sizeof(*s));
	s->ev = ev;
	s->routes = routes;
	s->ctx = ctx;
	s->bounds.request_ms = LIMIT_HTTP_REQUEST_MS;
	s->bounds.idle_ms = LIMIT_HTTP_IDLE_MS;
	s->bounds.per_address = LIMIT_HTTP_PER_ADDRESS;
	s->bounds.handshake_ms = LIMIT_HTTP_HANDSHAKE_MS;
	s->sweep = ev_timer_new(ev, server_sweep, s);
	TAILQ_INIT(&s->conns);
	TAILQ_INIT(&s->reqs);
	return s;
}

void
http_server_bounds(struct http_server *s, const struct http_bounds *b)
{

	s->bounds = *b;
	if (s->bounds.handshake_ms == 0)
		s->bounds.handshake_ms = LIMIT_HTTP_HANDSHAKE_MS;
}

int
http_server_listen(struct http_server *s, int fd, unsigned audiences,
    struct err *e)
{

	return http_server_listen_tls(s, fd, audiences, NULL, e);
}

int
http_server_listen_tls(struct http_server *s, int fd, unsigned audiences,
    const struct tls_server *tls, struct err *e)
{
	struct http_listener	*l;
	int			 flags, one = 1, rc;

	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1) {
		rc = err_set_errno(e, ERR_IO, "listening socket");
		(void)close(fd);
		return rc;
	}
	/* Accepted sockets inherit it; a Unix socket has none. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	l = xcalloc(1, sizeof(*l));
	l->server = s;
	l->audiences = audiences;
	l->tls = tls;
	l->fd = fd;
	l->io = ev_io_new(s->ev, fd, server_accept, l);
	ev_io_want(l->io, EV_IN);
	l->next = s->listeners;
	s->listeners = l;
	return 0;
}

static void
server_close_listeners(void *arg)
{
	struct http_server	*s = arg;
	struct http_listener	*l;

	for (l = s->listeners; l != NULL; l = l->next) {
		if (l->io == NULL)
			continue;
		ev_io_free(l->io);
		l->io = NULL;
		(void)close(l->fd);
	}
}

static void
server_close_idle(void *arg)
{
	struct http_server	*s = arg;
	struct http_conn	*c, *next;

	for (c = TAILQ_FIRST(&s->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->phase == HTTP_IDLE || c->phase == HTTP_HANDSHAKE)
			http_conn_close(c);
	}
	/* The listening sockets live on in the monitor: see ev_new(). */
	ev_after_turn(s->ev, server_close_listeners, s);
}

/* Look again and again: at the end of a process's life, nobody minds. */
static void
server_stopping(void *arg)
{
	struct http_server	*s = arg;

	if (s->nconns > s->ndrains && tm_mono_ms() < s->stop_until)
		ev_timer_set(s->stopping, 10);
	else
		s->on_stopped(s->stopped_arg);
}

void
http_server_stop(struct http_server *s, int64_t patience_ms,
    void (*done)(void *arg), void *arg)
{
	struct http_listener	*l;

	if (s->stopped)
		return;
	s->stopped = true;
	s->stop_until = tm_mono_ms() + patience_ms;
	s->on_stopped = done;
	s->stopped_arg = arg;
	s->stopping = ev_timer_new(s->ev, server_stopping, s);
	ev_timer_set(s->stopping, 10);
	for (l = s->listeners; l != NULL; l = l->next)
		ev_io_want(l->io, 0);
	ev_after_turn(s->ev, server_close_idle, s);
}

void
http_server_free(struct http_server *s)
{
	struct http_listener	*l;
	struct http_req		*r;

	if (s == NULL)
		return;
	/* They are answered later, to nobody. */
	TAILQ_FOREACH(r, &s->reqs, link)
		r->server = NULL;
	while (!TAILQ_EMPTY(&s->conns))
		http_conn_close(TAILQ_FIRST(&s->conns));
	server_close_listeners(s);
	while ((l = s->listeners) != NULL) {
		s->listeners = l->next;
		ev_reap(s->ev, l, free);
	}
	while ((r = s->pool) != NULL) {
		s->pool = r->next;
		buf_fini(&r->set);
		free(r->room);
		free(r);
	}
	ev_after_cancel(s->ev, server_close_idle, s);
	ev_after_cancel(s->ev, server_close_listeners, s);
	ev_timer_free(s->sweep);
	ev_timer_free(s->stopping);
	buf_fini(&s->head);
	ev_reap(s->ev, s, free);
}
