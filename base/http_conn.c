#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/http_conn.h"
#include "base/mem.h"
#include "base/tls.h"
#include "base/tm.h"

/*
 * A connection reads into one buffer.  At its front stands the request under
 * way, head and body, and stays there until it is answered; what was sent
 * behind it is moved to the front then.  While a handler works, or an answer
 * leaves, nothing is read, so that a client fills no memory.
 */

#define FIRST_CAP	2048
#define DRAIN_MS	1000

static void	conn_ready(void *arg, int what);

static void
conn_free(void *arg)
{
	struct http_conn	*c = arg;

	free(c->in);
	free(c->out);
	free(c);
}

void
http_conn_close(struct http_conn *c)
{
	struct http_server	*s = c->server;

	if (c->fd == -1)
		return;
	if (c->ssl != NULL) {
		tls_goodbye(c->ssl);
		tls_free(c->ssl);
	}
	if (c->req != NULL)
		c->req->conn = NULL;
	ev_io_free(c->io);
	(void)close(c->fd);
	c->fd = -1;
	TAILQ_REMOVE(&s->conns, c, link);
	s->nconns--;
	if (c->phase == HTTP_ENDING)
		s->ndrains--;
	http_addr_put(s, c->addr);
	ev_after_cancel(s->ev, http_conn_go_on, c);
	ev_reap(s->ev, c, conn_free);
}

/*
 * The end, by us.  Octets still unread would make the kernel reset the
 * connection, and the client would never see the answer: they are read.
 */
void
http_conn_end(struct http_conn *c)
{
	struct http_server	*s = c->server;

	if (s->ndrains >= LIMIT_HTTP_DRAINS) {
		http_conn_close(c);
		return;
	}
	if (c->ssl != NULL)
		tls_goodbye(c->ssl);
	(void)shutdown(c->fd, SHUT_WR);
	s->ndrains++;
	c->phase = HTTP_ENDING;
	c->deadline = tm_mono_ms() + DRAIN_MS;
	ev_io_want(c->io, EV_IN);
}

/* ---- reading */

/* As recv(2), but -1: nothing now, -2: broken. */
static ssize_t
plain_read(int fd, void *p, size_t n, int flags)
{
	ssize_t	got = recv(fd, p, n, flags | MSG_DONTWAIT);

	return got >= 0 ? got : errno == EAGAIN || errno == EINTR ? -1 : -2;
}

static ssize_t
conn_get(struct http_conn *c, void *p, size_t n)
{
	ssize_t	got;
	bool	out;

	if (c->ssl == NULL)
		return plain_read(c->fd, p, n, 0);
	got = tls_read(c->ssl, p, n, &out);
	ev_io_want(c->io, out ? EV_OUT : EV_IN);
	return got;
}

/* Room for at least one octet more; never beyond a whole request. */
static void
conn_room(struct http_conn *c)
{
	size_t	max = LIMIT_HTTP_HEADERS + 1;

	if (c->len < c->cap)
		return;
	if (c->whole && c->head.chunked)
		max = c->head.size + LIMIT_HTTP_BODY + LIMIT_HTTP_HEADERS;
	else if (c->whole && c->head.size + c->head.length >= max)
		max = c->head.size + (size_t)c->head.length + 1;
	assert(max > c->len);
	c->cap = c->cap == 0 ? FIRST_CAP : 2 * c->cap;
	if (c->cap > max)
		c->cap = max;
	c->in = xrealloc(c->in, c->cap);
}

/* Read the head at the front of c->in, if it is whole. */
static bool
conn_head(struct http_conn *c)
{
	const char	*why;
	size_t		 n = 0;
	int		 status;

	/* RFC 9112, 2.2: empty lines before a request are nothing. */
	while (c->scanned == 0 && c->len - n >= 2 &&
	    memcmp(c->in + n, "\r\n", 2) == 0)
		n += 2;
	if (n > 0)
		memmove(c->in, c->in + n, c->len -= n);
	switch (http_head_scan(c->in, c->len, &c->scanned)) {
	case HTTP_SCAN_BARE:
		http_reply_refusal(c, 400, "bad-request",
		    "a line does not end with CR LF");
		return false;
	case HTTP_SCAN_MORE:
		if (c->len > LIMIT_HTTP_HEADERS)
			http_reply_refusal(c, 431, "headers-too-large",
			    "the headers are over the limit");
		return false;
	case HTTP_SCAN_WHOLE:
		break;
	}
	if (c->scanned > LIMIT_HTTP_HEADERS)
		http_reply_refusal(c, 431, "headers-too-large",
		    "the headers are over the limit");
	else if ((status = http_head_parse(c->in, c->scanned, &c->head,
	    &why)) != 0)
		http_reply_refusal(c, status, status == 431 ?
		    "headers-too-large" : status == 417 ?
		    "expectation-failed" : "bad-request", why);
	else if (c->head.length > LIMIT_HTTP_BODY)
		http_reply_refusal(c, 413, "body-too-large",
		    "the body is over the limit");
	else {
		c->whole = true;
		c->body = c->next = c->head.size;
		memset(&c->chunk, 0, sizeof(c->chunk));
		return true;
	}
	return false;
}

/* Is the body whole, too? */
static bool
conn_body(struct http_conn *c)
{
	enum http_chunk_rc	rc = HTTP_CHUNK_MORE;

	if (!c->head.chunked) {
		c->body = c->next = c->head.size + (size_t)c->head.length;
		rc = c->len >= c->next ? HTTP_CHUNK_DONE : HTTP_CHUNK_MORE;
	} else {
		rc = http_chunk_take(&c->chunk, c->in, &c->next, c->len,
		    &c->body, c->head.size + LIMIT_HTTP_BODY);
		if (rc == HTTP_CHUNK_MORE)
			c->next = c->len = c->body;
	}
	if (rc == HTTP_CHUNK_BAD)
		http_reply_refusal(c, 400, "bad-request",
		    "the chunks of the body are none");
	else if (rc == HTTP_CHUNK_LARGE)
		http_reply_refusal(c, 413, "body-too-large",
		    "the body is over the limit");
	else if (rc == HTTP_CHUNK_MORE && c->head.waits) {
		c->head.waits = false;
		if (http_conn_put(c, OCTETS(http_reply_continue,
		    strlen(http_reply_continue)), OCTETS("", 0)) !=
		    (ssize_t)strlen(http_reply_continue))
			http_conn_close(c);
	}
	return rc == HTTP_CHUNK_DONE;
}

/* Look at what has come: one request at most. */
static void
conn_look(struct http_conn *c)
{

	if (c->len == 0)
		return;
	if (c->phase != HTTP_READING) {
		c->phase = HTTP_READING;
		c->deadline = tm_mono_ms() + c->server->bounds.request_ms;
	}
	if ((c->whole || conn_head(c)) && conn_body(c)) {
		c->phase = HTTP_WORKING;
		c->deadline = tm_mono_ms() + c->server->bounds.request_ms;
		http_req_dispatch(c);
	}
}

static void
conn_read(struct http_conn *c)
{
	ssize_t	n;

	do {
		conn_room(c);
		n = conn_get(c, c->in + c->len, c->cap - c->len);
		if (n == 0 || n == -2) {
			/* Of a handshake the client shall get to read why. */
			if (c->phase == HTTP_HANDSHAKE && n == -2)
				http_conn_end(c);
			else
				http_conn_close(c);
			return;
		}
		if (c->phase == HTTP_HANDSHAKE && tls_is_ready(c->ssl)) {
			c->phase = HTTP_IDLE;
			c->deadline = tm_mono_ms() +
			    c->server->bounds.idle_ms;
		}
		if (n < 0)
			return;
		c->len += (size_t)n;
		conn_look(c);
		/* TLS may hold more, of which the socket tells nothing. */
	} while (c->fd != -1 && c->ssl != NULL && c->phase == HTTP_READING);
}

/* The end of an answer may have a beginning behind it. */
void
http_conn_go_on(void *arg)
{
	struct http_conn	*c = arg;

	if (c->phase != HTTP_IDLE)
		return;
	ev_io_want(c->io, EV_IN);
	conn_look(c);
	if (c->fd != -1 && c->ssl != NULL && c->phase <= HTTP_READING)
		conn_read(c);
}

/*
 * While a handler works: has the client gone, or does it say more?  One that
 * has said all may still wait for the answer: it gets it, and the end.
 */
static void
conn_peek(struct http_conn *c)
{
	ssize_t	n;
	char	x;

	n = c->ssl != NULL ? tls_peek(c->ssl) :
	    plain_read(c->fd, &x, 1, MSG_PEEK);
	if (n == -2) {
		http_conn_close(c);
		return;
	}
	if (n == -1)
		return;
	if (n == 0)
		c->last = true;
	ev_io_want(c->io, 0);	/* what more there is is read afterwards */
}

static void
conn_drain(struct http_conn *c)
{
	char	room[16384];
	ssize_t	n = plain_read(c->fd, room, sizeof(room), 0);

	if (n == 0 || n == -2)
		http_conn_close(c);
}

static void
conn_ready(void *arg, int what)
{
	struct http_conn	*c = arg;

	(void)what;
	switch (c->phase) {
	case HTTP_HANDSHAKE:
	case HTTP_IDLE:
	case HTTP_READING:
		conn_read(c);
		break;
	case HTTP_WORKING:
		conn_peek(c);
		break;
	case HTTP_WRITING:
		http_conn_write(c);
		break;
	case HTTP_ENDING:
		conn_drain(c);
		break;
	}
}

void
http_conn_new(struct http_listener *l, int fd)
{
	struct http_server	*s = l->server;
	struct http_conn	*c = xcalloc(1, sizeof(*c));
	int64_t			 now = tm_mono_ms();

	c->server = s;
	c->listener = l;
	c->fd = fd;
	c->phase = HTTP_IDLE;
	c->deadline = now + s->bounds.idle_ms;
	if (l->tls != NULL) {
		c->ssl = tls_server_accept(l->tls, fd);
		c->phase = HTTP_HANDSHAKE;
		c->deadline = now + s->bounds.handshake_ms;
	}
	c->io = ev_io_new(s->ev, fd, conn_ready, c);
	c->addr = http_addr_get(s, fd);
	TAILQ_INSERT_TAIL(&s->conns, c, link);
	s->nconns++;
	if (c->addr->n > s->bounds.per_address ||
	    s->nconns > LIMIT_HTTP_CONNECTIONS || s->stopped)
		http_conn_close(c);
	else
		ev_io_want(c->io, EV_IN);
}
