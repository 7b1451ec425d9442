#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <event2/util.h>

#include "base/http.h"
#include "base/http_path.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"

/*
 * evhttp has time limits per read, pages of its own for errors, and tells of
 * a connection only when a whole request is there.  So every connection is
 * adopted here: evhttp asks us for its bufferevent, and at the end of that
 * turn the evhttp_connection behind it is known (it is the argument of the
 * bufferevent's callbacks).  Callbacks on the two evbuffers then see the
 * first octet of a request, the end of its headers, and a page that evhttp
 * wrote on its own, which is replaced before it leaves.
 *
 * evhttp would wait for epoll to say that an answer may be written, which it
 * nearly always may: it is written at once (conn_write()), and evhttp hears at
 * the end of the turn that it has left.  Only what the socket does not take
 * goes the long way; so does TLS.
 */

enum phase {
	CONN_HANDSHAKE,		/* of TLS, until the deadline or a request */
	CONN_IDLE,		/* between requests */
	CONN_READING,		/* from the first octet of one */
	CONN_WORKING,		/* it is a handler's */
	CONN_WRITING		/* the answer is leaving */
};

/* Connections of one address. */
struct addr {
	struct addr	*next;
	uint8_t		 key[17];	/* family, address */
	unsigned	 n;
};

struct conn {
	TAILQ_ENTRY(conn) link;
	struct conn	*hnext;		/* by bufferevent */
	struct conn	*fresh;		/* not adopted yet */
	struct listener	*listener;
	struct bufferevent *bev;
	struct ssl_st	*ssl;		/* NULL: plain; tied to bev */
	bufferevent_event_cb on_event;	/* evhttp's, with ssl */
	struct evhttp_connection *evcon;
	struct addr	*addr;
	struct http_req	*req;		/* CONN_WORKING */
	TAILQ_ENTRY(conn) left;		/* with written */
	bool		 written;	/* all of it, and evhttp is to hear */
	enum phase	 phase;
	int64_t		 deadline;
	bool		 headers;	/* the empty line was seen */
	size_t		 headerlen;	/* octets up to it, or so far */
	uint8_t		 match;		/* of "\n\n" or "\n\r\n" */
	bool		 foreign;	/* evhttp writes */
};

struct listener {
	struct listener	*next;
	struct http_server *server;
	struct evhttp	*http;
	struct evhttp_bound_socket *bound;
	unsigned	 audiences;
	const struct tls_server *tls;	/* NULL: plain */
};

struct http_req {
	TAILQ_ENTRY(http_req) link;	/* pending */
	struct http_req	*next;		/* in the pool */
	struct http_server *server;	/* NULL: it is gone */
	struct conn	*conn;		/* NULL: the client hung up */
	struct evhttp_request *ev;
	bool		 head;
	struct http_target target;
	char		*room;
	size_t		 roomsize;
};

#define BUCKETS		1024
#define POOL_MAX	256
#define DRAIN_MAX	64
#define DRAIN_MS	1000

/* A refused client's socket: read until it ends, so that it gets the answer. */
struct drain {
	TAILQ_ENTRY(drain) link;
	struct http_server *server;
	struct ev_io	*io;
	int		 fd;
	int64_t		 deadline;
};

struct http_server {
	struct ev	*ev;
	const struct http_route *routes;
	void		*ctx;
	struct http_bounds bounds;
	struct listener	*listeners;
	TAILQ_HEAD(, conn) conns;
	size_t		 nconns;
	TAILQ_HEAD(, conn) written;
	struct conn	*byhash[BUCKETS];
	struct addr	*addrs[BUCKETS];
	struct conn	*fresh;
	TAILQ_HEAD(, http_req) reqs;	/* not answered yet */
	struct http_req	*pool;
	size_t		 npool;
	time_t		 date_at;
	char		 date[32];	/* the header of that second */
	struct ev_timer	*sweep;
	bool		 sweeping, stopped;
	struct ev_timer	*stopping;
	int64_t		 stop_until;
	void		(*on_stopped)(void *arg);
	void		*stopped_arg;
	TAILQ_HEAD(, drain) drains;
	size_t		 ndrains;
};

static void	conn_foreign(void *arg);
static void	conn_finish(void *arg);
static void	server_sweep(void *arg);

/* ---- connections */

static size_t
ptr_hash(const void *p)
{

	return ((uintptr_t)p >> 4) * 2654435761u % BUCKETS;
}

static struct conn *
conn_find(struct http_server *s, const struct bufferevent *bev)
{
	struct conn	*c;

	for (c = s->byhash[ptr_hash(bev)]; c != NULL; c = c->hnext)
		if (c->bev == bev)
			return c;
	return NULL;
}

/* The address of fd's peer as a key; IPv6 counts by /64. */
static void
addr_key(int fd, uint8_t key[17])
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);

	memset(key, 0, 17);
	memset(&ss, 0, sizeof(ss));
	if (getpeername(fd, (struct sockaddr *)&ss, &len) != 0)
		return;
	key[0] = (uint8_t)ss.ss_family;
	if (ss.ss_family == AF_INET)
		memcpy(key + 1, &((struct sockaddr_in *)&ss)->sin_addr, 4);
	else if (ss.ss_family == AF_INET6)
		memcpy(key + 1, &((struct sockaddr_in6 *)&ss)->sin6_addr, 8);
}

static struct addr *
addr_get(struct http_server *s, const uint8_t key[17])
{
	struct addr	*a;
	size_t		 h = 0;
	int		 i;

	for (i = 0; i < 17; i++)
		h = h * 31 + key[i];
	for (a = s->addrs[h % BUCKETS]; a != NULL; a = a->next)
		if (memcmp(a->key, key, 17) == 0)
			break;
	if (a == NULL) {
		a = xcalloc(1, sizeof(*a));
		memcpy(a->key, key, 17);
		a->next = s->addrs[h % BUCKETS];
		s->addrs[h % BUCKETS] = a;
	}
	a->n++;
	return a;
}

static void
addr_put(struct http_server *s, struct addr *a)
{
	struct addr	**ap;
	size_t		 h = 0;
	int		 i;

	if (a == NULL || --a->n > 0)
		return;
	for (i = 0; i < 17; i++)
		h = h * 31 + a->key[i];
	for (ap = &s->addrs[h % BUCKETS]; *ap != a; ap = &(*ap)->next)
		continue;
	*ap = a->next;
	free(a);
}

/* The connection is gone: forget it.  evhttp frees its own part. */
static void
conn_closed(struct evhttp_connection *evcon, void *arg)
{
	struct conn		*c = arg, **cp;
	struct http_server	*s = c->listener->server;

	(void)evcon;
	if (c->ssl != NULL)
		tls_goodbye(c->ssl);
	if (c->req != NULL) {
		c->req->conn = NULL;
		c->req->ev = NULL;
	}
	for (cp = &s->byhash[ptr_hash(c->bev)]; *cp != c; cp = &(*cp)->hnext)
		continue;
	*cp = c->hnext;
	TAILQ_REMOVE(&s->conns, c, link);
	if (c->written)
		TAILQ_REMOVE(&s->written, c, left);
	s->nconns--;
	addr_put(s, c->addr);
	ev_after_cancel(s->ev, conn_foreign, c);
	ev_after_cancel(s->ev, conn_finish, c);
	ev_reap(s->ev, c, free);
}

static void
conn_begin(struct conn *c)
{

	c->phase = CONN_READING;
	c->headers = false;
	c->headerlen = 0;
	c->match = 0;
	c->deadline = tm_mono_ms() + c->listener->server->bounds.request_ms;
}

/* Look for the end of the headers in what lies in b from offset on. */
static void
conn_scan(struct conn *c, struct evbuffer *b, size_t offset)
{
	struct evbuffer_iovec	 v[4];
	struct evbuffer_ptr	 at;
	const char		*p, *end;
	int			 i, n;

	if (evbuffer_ptr_set(b, &at, offset, EVBUFFER_PTR_SET) != 0)
		return;
	n = evbuffer_peek(b, -1, &at, v, 4);
	for (i = 0; i < n && i < 4; i++) {
		p = v[i].iov_base;
		end = p + v[i].iov_len;
		c->headerlen += v[i].iov_len;
		while (p < end) {
			if (*p == '\n') {
				if (c->match != 0) {
					c->headers = true;
					c->headerlen -= (size_t)(end - p) - 1;
					return;
				}
				c->match = 1;
			} else if (*p == '\r' && c->match == 1)
				c->match = 2;
			else {
				c->match = 0;
				p = memchr(p, '\n', (size_t)(end - p));
				if (p == NULL)
					break;
				continue;
			}
			p++;
		}
	}
}

static void
conn_input(struct evbuffer *b, const struct evbuffer_cb_info *info, void *arg)
{
	struct conn	*c = arg;

	if (info->n_added == 0)
		return;
	if (c->phase == CONN_IDLE || c->phase == CONN_HANDSHAKE)
		conn_begin(c);
	if (c->phase == CONN_READING && !c->headers)
		conn_scan(c, b, info->orig_size);
}

static void
conn_output(struct evbuffer *b, const struct evbuffer_cb_info *info, void *arg)
{
	struct conn	*c = arg;

	(void)b;
	if (info->n_added == 0 || c->phase == CONN_WRITING || c->foreign)
		return;
	c->foreign = true;
	ev_after_turn(c->listener->server->ev, conn_foreign, c);
}

/* A handshake failed: the client shall get to read why. */
static void
conn_event(struct bufferevent *bev, short what, void *evcon)
{
	struct conn	*c = tls_owner(bufferevent_openssl_get_ssl(bev));

	if (c->phase == CONN_HANDSHAKE && (what & BEV_EVENT_ERROR) != 0 &&
	    !tls_is_ready(c->ssl)) {
		(void)bufferevent_disable(bev, EV_READ | EV_WRITE);
		ev_after_turn(c->listener->server->ev, conn_finish, c);
	} else
		c->on_event(bev, what, evcon);
}

/* Learn to know what evhttp has accepted in this turn. */
static void
server_adopt(void *arg)
{
	struct http_server	*s = arg;
	struct listener		*l;
	struct conn		*c;
	bufferevent_data_cb	 rd, wr;
	uint8_t			 key[17];
	void			*evcon;

	while ((c = s->fresh) != NULL) {
		s->fresh = c->fresh;
		bufferevent_getcb(c->bev, NULL, NULL, NULL, &evcon);
		if (evcon == NULL ||
		    evhttp_connection_get_bufferevent(evcon) != c->bev)
			abort();	/* not the libevent we know */
		c->evcon = evcon;
		evhttp_connection_set_closecb(c->evcon, conn_closed, c);
		if (c->ssl != NULL) {
			bufferevent_getcb(c->bev, &rd, &wr, &c->on_event,
			    NULL);
			bufferevent_setcb(c->bev, rd, wr, conn_event, evcon);
		}
		/* Time is kept by server_sweep(). */
		(void)bufferevent_set_timeouts(c->bev, NULL, NULL);
		addr_key((int)bufferevent_getfd(c->bev), key);
		c->addr = addr_get(s, key);
		if (c->addr->n > s->bounds.per_address ||
		    s->nconns > LIMIT_HTTP_CONNECTIONS || s->stopped)
			evhttp_connection_free(c->evcon);
	}
	for (l = s->listeners; l != NULL; l = l->next)
		if (l->bound != NULL && !s->stopped)
			(void)evconnlistener_enable(
			    evhttp_bound_socket_get_listener(l->bound));
	if (!s->sweeping && s->nconns > 0) {
		s->sweeping = true;
		server_sweep(s);
	}
}

static struct bufferevent *
conn_new(struct event_base *base, void *arg)
{
	struct listener		*l = arg;
	struct http_server	*s = l->server;
	struct conn		*c;
	size_t			 h;

	c = xcalloc(1, sizeof(*c));
	c->phase = CONN_IDLE;
	c->deadline = tm_mono_ms() + s->bounds.idle_ms;
	if (l->tls == NULL)
		c->bev = bufferevent_socket_new(base, -1,
		    BEV_OPT_CLOSE_ON_FREE);
	else {
		c->ssl = tls_server_accept(l->tls, c);
		c->phase = CONN_HANDSHAKE;
		c->deadline = tm_mono_ms() + s->bounds.handshake_ms;
		c->bev = bufferevent_openssl_socket_new(base, -1, c->ssl,
		    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	}
	if (c->bev == NULL)
		abort();
	c->listener = l;
	if (evbuffer_add_cb(bufferevent_get_input(c->bev), conn_input,
	    c) == NULL || evbuffer_add_cb(bufferevent_get_output(c->bev),
	    conn_output, c) == NULL)
		abort();
	h = ptr_hash(c->bev);
	c->hnext = s->byhash[h];
	s->byhash[h] = c;
	TAILQ_INSERT_TAIL(&s->conns, c, link);
	s->nconns++;
	c->fresh = s->fresh;
	s->fresh = c;
	ev_after_turn(s->ev, server_adopt, s);
	/*
	 * One a turn: processes share the listening socket, and whoever is
	 * less busy takes the next, instead of one taking all that wait.
	 */
	if (l->bound != NULL)
		(void)evconnlistener_disable(
		    evhttp_bound_socket_get_listener(l->bound));
	return c->bev;
}

/* ---- draining */

static void
drain_end(struct drain *g)
{
	struct http_server	*s = g->server;

	TAILQ_REMOVE(&s->drains, g, link);
	s->ndrains--;
	ev_io_free(g->io);
	(void)close(g->fd);
	ev_reap(s->ev, g, free);
}

static void
drain_read(void *arg, int what)
{
	struct drain	*g = arg;
	char		 room[16384];
	ssize_t		 n;

	(void)what;
	n = recv(g->fd, room, sizeof(room), MSG_DONTWAIT);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		drain_end(g);
}

/*
 * The connection ends after an error.  Octets still unread would make the kernel
 * reset the connection, and the client would never see the answer.
 */
static void
drain_begin(struct http_server *s, int fd)
{
	struct drain	*g;

	if (s->ndrains >= DRAIN_MAX)
		return;
	if ((fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1)
		return;
	g = xcalloc(1, sizeof(*g));
	g->server = s;
	g->fd = fd;
	g->deadline = tm_mono_ms() + DRAIN_MS;
	g->io = ev_io_new(s->ev, fd, drain_read, g);
	ev_io_want(g->io, EV_IN);
	TAILQ_INSERT_TAIL(&s->drains, g, link);
	s->ndrains++;
}

/* ---- time */

static void
server_sweep(void *arg)
{
	struct http_server	*s = arg;
	struct conn		*c, *next;
	struct drain		*g, *gnext;
	int64_t			 now = tm_mono_ms(), ms;

	for (c = TAILQ_FIRST(&s->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->deadline > now || c->evcon == NULL)
			continue;
		if (c->phase == CONN_HANDSHAKE && tls_is_ready(c->ssl)) {
			c->phase = CONN_IDLE;
			c->deadline = now + s->bounds.idle_ms;
		} else
			evhttp_connection_free(c->evcon);
	}
	for (g = TAILQ_FIRST(&s->drains); g != NULL; g = gnext) {
		gnext = TAILQ_NEXT(g, link);
		if (g->deadline <= now)
			drain_end(g);
	}
	s->sweeping = s->nconns > 0 || s->ndrains > 0;
	if (!s->sweeping)
		return;
	ms = s->bounds.request_ms / 20;
	ev_timer_set(s->sweep, ms < 20 ? 20 : ms > 500 ? 500 : ms);
}

/* ---- problems */

static const char *
reason_of(int status)
{
	static const struct {
		int		 status;
		const char	*text;
	} table[] = {
		{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 409, "Conflict" },
		{ 410, "Gone" }, { 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" }
	};
	size_t	 i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].text;
	return "Other";
}

static void
put_json_text(struct buf *b, const char *s)
{
	const char	*p;
	uint32_t	 cp;

	buf_put_u8(b, '"');
	while (*s != '\0') {
		p = s;
		cp = utf8_next(&s);
		if (cp == '"' || cp == '\\') {
			buf_put_u8(b, '\\');
			buf_put_u8(b, (uint8_t)cp);
		} else if (cp < 0x20)
			buf_printf(b, "\\u%04x", (unsigned)cp);
		else if (cp == 0xfffd)
			buf_puts(b, "\xef\xbf\xbd");
		else
			buf_put(b, p, (size_t)(s - p));
	}
	buf_put_u8(b, '"');
}

#define PROBLEM_TYPE	"application/problem+json"

static void
put_problem(struct buf *b, int status, const char *code, const char *detail)
{

	buf_puts(b, "{\"type\":\"about:blank\",\"title\":");
	put_json_text(b, reason_of(status));
	buf_printf(b, ",\"status\":%d,\"code\":", status);
	put_json_text(b, code);
	if (detail != NULL && *detail != '\0') {
		buf_puts(b, ",\"detail\":");
		put_json_text(b, detail);
	}
	buf_puts(b, "}\n");
}

/* Put our own words in the place of a page by evhttp. */
static void
conn_foreign(void *arg)
{
	struct conn	*c = arg;
	struct evbuffer	*out = bufferevent_get_output(c->bev);
	struct buf	 body, all;
	const char	*code = "bad-request", *detail;
	char		 line[13] = "";
	int		 status;

	c->foreign = false;
	if (evbuffer_copyout(out, line, 12) != 12 ||
	    strncmp(line, "HTTP/1.", 7) != 0)
		return;
	status = (int)strtol(line + 9, NULL, 10);
	if (status == 100)
		return;			/* the client waits for it */
	/* evhttp says 413 or 400 for either, as it happens. */
	if (c->headerlen > LIMIT_HTTP_HEADERS)
		status = 431;
	switch (status) {
	case 413:
		code = "body-too-large";
		detail = "the body is over the limit";
		break;
	case 431:
		code = "headers-too-large";
		detail = "the headers are over the limit";
		break;
	case 417:
		code = "expectation-failed";
		detail = "an expectation of the request cannot be met";
		break;
	case 501:
		status = 405;
		code = "method-not-allowed";
		detail = "the method is not known";
		break;
	default:
		status = 400;
		detail = "the request is not HTTP/1.1 as we know it";
	}
	c->phase = CONN_WRITING;
	c->deadline = tm_mono_ms() + c->listener->server->bounds.request_ms;
	buf_init(&body, 4096);
	put_problem(&body, status, code, detail);
	buf_init(&all, 8192);
	buf_printf(&all, "HTTP/1.1 %d %s\r\nContent-Type: " PROBLEM_TYPE
	    "\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
	    reason_of(status), body.len);
	buf_put_octets(&all, buf_octets(&body));
	/* Nothing else is under way, so the socket takes these few octets. */
	(void)bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	(void)evbuffer_drain(out, evbuffer_get_length(out));
	if (c->ssl != NULL) {
		tls_last_word(c->ssl, buf_octets(&all));
		tls_goodbye(c->ssl);
	} else
		(void)send(bufferevent_getfd(c->bev), all.p, all.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	buf_fini(&all);
	buf_fini(&body);
	/* In the next turn, when epoll has let go of the descriptor. */
	ev_after_turn(c->listener->server->ev, conn_finish, c);
}

static void
conn_finish(void *arg)
{
	struct conn	*c = arg;
	int		 fd = (int)bufferevent_getfd(c->bev);

	(void)shutdown(fd, SHUT_WR);
	drain_begin(c->listener->server, fd);
	evhttp_connection_free(c->evcon);
}

/* ---- requests */

static struct http_req *
req_new(struct http_server *s, size_t room)
{
	struct http_req	*r;

	if ((r = s->pool) != NULL) {
		s->pool = r->next;
		s->npool--;
	} else
		r = xcalloc(1, sizeof(*r));
	if (r->roomsize < room) {
		free(r->room);
		r->roomsize = room < 512 ? 512 : room;
		r->room = xmalloc(r->roomsize);
	}
	r->server = s;
	TAILQ_INSERT_TAIL(&s->reqs, r, link);
	return r;
}

static void
req_free(struct http_req *r)
{
	struct http_server	*s = r->server;

	if (r->conn != NULL)
		r->conn->req = NULL;
	r->conn = NULL;
	r->ev = NULL;
	if (s != NULL)
		TAILQ_REMOVE(&s->reqs, r, link);
	if (s != NULL && s->npool < POOL_MAX && r->roomsize <= 4096) {
		r->next = s->pool;
		s->pool = r;
		s->npool++;
		return;
	}
	free(r->room);
	free(r);
}

static const char *
method_of(struct evhttp_request *ev)
{

	switch (evhttp_request_get_command(ev)) {
	case EVHTTP_REQ_GET:
	case EVHTTP_REQ_HEAD:
		return "GET";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_PUT:
		return "PUT";
	case EVHTTP_REQ_PATCH:
		return "PATCH";
	case EVHTTP_REQ_DELETE:
		return "DELETE";
	case EVHTTP_REQ_OPTIONS:
		return "OPTIONS";
	default:
		return "";
	}
}

/* The last octet of an answer has left. */
static void
req_complete(struct evhttp_request *ev, void *arg)
{
	struct conn	*c = arg;
	struct evbuffer	*in = bufferevent_get_input(c->bev);

	(void)ev;
	c->phase = CONN_IDLE;
	c->deadline = tm_mono_ms() + c->listener->server->bounds.idle_ms;
	/* The next request may be there already. */
	if (evbuffer_get_length(in) > 0) {
		conn_begin(c);
		conn_scan(c, in, 0);
	}
}

/* The route for r, or NULL after an answer. */
static const struct http_route *
req_route(struct http_req *r, unsigned audiences, char *room)
{
	const struct http_route	*rt;
	const char		*method = method_of(r->ev);
	char			 allow[64] = "";
	size_t			 n = 0;

	for (rt = r->server->routes; rt->method != NULL; rt++) {
		if ((rt->audience & audiences) == 0 ||
		    !http_target_match(&r->target, rt->pattern, room))
			continue;
		if (strcmp(rt->method, method) == 0)
			return rt;
		if (n < sizeof(allow))
			n += (size_t)snprintf(allow + n, sizeof(allow) - n,
			    "%s%s", n > 0 ? ", " : "", strcmp(rt->method,
			    "GET") == 0 ? "GET, HEAD" : rt->method);
	}
	if (n > 0) {
		http_set(r, "Allow", allow);
		http_reply_problem(r, 405, "method-not-allowed",
		    "this method is not for this path");
	} else
		http_reply_problem(r, 404, "no-such-route",
		    "nothing is served under this path");
	return NULL;
}

/*
 * Why whoever is in front of us may see another end of this request than
 * evhttp did, or NULL: what one reads as a body, the other would take for the
 * next request (RFC 9112, 11.2).
 */
static const char *
framing_fault(struct evhttp_request *ev)
{
	const struct evkeyvalq	*in = evhttp_request_get_input_headers(ev);
	const struct evkeyval	*h;
	const char		*length = NULL;
	bool			 chunked = false;

	TAILQ_FOREACH(h, in, next) {
		if (h->key[0] == '\0' || h->key[strcspn(h->key, " \t")] != '\0')
			return "a header's name is empty or has a blank";
		if (strcasecmp(h->key, "Transfer-Encoding") == 0) {
			if (chunked || strcasecmp(h->value, "chunked") != 0)
				return "only chunked transfers are known";
			chunked = true;
		} else if (strcasecmp(h->key, "Content-Length") == 0) {
			if (length != NULL || h->value[0] == '\0' ||
			    h->value[strspn(h->value, "0123456789")] != '\0')
				return "Content-Length is not one number";
			length = h->value;
		}
	}
	if (chunked && length != NULL)
		return "a body of two lengths";
	/* Of some methods evhttp reads no body, whatever was announced. */
	if (evbuffer_get_length(evhttp_request_get_input_buffer(ev)) == 0 &&
	    ((length != NULL && length[strspn(length, "0")] != '\0') ||
	    (chunked && (evhttp_request_get_command(ev) & (EVHTTP_REQ_POST |
	    EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH)) == 0)))
		return "a body where none can be";
	return NULL;
}

static void
req_dispatch(struct evhttp_request *ev, void *arg)
{
	struct listener		*l = arg;
	struct http_server	*s = l->server;
	const struct http_route	*rt;
	const struct evhttp_uri	*uri;
	struct http_req		*r;
	struct conn		*c;
	const char		*path, *query, *fault;
	char			*room;

	c = conn_find(s, evhttp_connection_get_bufferevent(
	    evhttp_request_get_connection(ev)));
	if (c == NULL)
		abort();
	uri = evhttp_request_get_evhttp_uri(ev);
	if (uri == NULL || (path = evhttp_uri_get_path(uri)) == NULL)
		path = "";
	query = uri != NULL ? evhttp_uri_get_query(uri) : NULL;
	r = req_new(s, HTTP_TARGET_ROOM(strlen(path) +
	    (query != NULL ? strlen(query) : 0)));
	r->conn = c;
	r->ev = ev;
	r->head = evhttp_request_get_command(ev) == EVHTTP_REQ_HEAD;
	c->req = r;
	c->phase = CONN_WORKING;
	c->deadline = tm_mono_ms() + s->bounds.request_ms;
	evhttp_request_set_on_complete_cb(ev, req_complete, c);

	if ((fault = framing_fault(ev)) != NULL) {
		http_set(r, "Connection", "close");
		http_reply_problem(r, 400, "bad-request", fault);
		return;
	}
	if ((room = http_target_parse(path, query, r->room, &r->target)) ==
	    NULL) {
		http_reply_problem(r, 400, "bad-path", "the path or query is "
		    "not percent-encoded UTF-8, or has too many parts");
		return;
	}
	if ((rt = req_route(r, l->audiences, room)) == NULL)
		return;
	if (http_body(r).len > rt->max_body) {
		http_reply_problem(r, 413, "body-too-large",
		    rt->max_body == 0 ? "this request takes no body" :
		    "the body is over the limit of this path");
		return;
	}
	rt->handle(s->ctx, r);
}

const char *
http_path(const struct http_req *r)
{

	return r->target.path;
}

const char *
http_param(const struct http_req *r, const char *name)
{
	size_t	 i, n = strlen(name);
	const char *p;

	for (i = 0; i < r->target.nparam; i++) {
		p = r->target.param[i].name;
		if (*p == '{' ? strncmp(p + 1, name, n) == 0 &&
		    p[n + 1] == '}' : strcmp(p, name) == 0)
			return r->target.param[i].value;
	}
	abort();		/* a route's pattern lacks it */
}

const char *
http_query(const struct http_req *r, const char *name)
{
	size_t	 i;

	for (i = 0; i < r->target.nquery; i++)
		if (strcmp(r->target.query[i].name, name) == 0)
			return r->target.query[i].value;
	return NULL;
}

int
http_query_only(const struct http_req *r, const char *const *names,
    struct err *e)
{
	const struct http_pair	*q = r->target.query;
	size_t			 i, j;

	for (i = 0; i < r->target.nquery; i++) {
		for (j = 0; names[j] != NULL; j++)
			if (strcmp(names[j], q[i].name) == 0)
				break;
		if (names[j] == NULL)
			return err_set_id(e, ERR_INVAL, "unknown-parameter",
			    "no parameter \"%s\" here", q[i].name);
		for (j = 0; j < i; j++)
			if (strcmp(q[j].name, q[i].name) == 0)
				return err_set_id(e, ERR_INVAL,
				    "unknown-parameter",
				    "parameter \"%s\" comes twice", q[i].name);
	}
	return 0;
}

const char *
http_header(const struct http_req *r, const char *name)
{

	if (r->ev == NULL)
		return NULL;
	return evhttp_find_header(evhttp_request_get_input_headers(r->ev),
	    name);
}

struct octets
http_body(const struct http_req *r)
{
	struct evbuffer	*b;
	size_t		 n;

	if (r->ev == NULL)
		return OCTETS("", 0);
	b = evhttp_request_get_input_buffer(r->ev);
	if ((n = evbuffer_get_length(b)) == 0)
		return OCTETS("", 0);
	return OCTETS(evbuffer_pullup(b, -1), n);
}

const char *
http_bearer(const struct http_req *r)
{
	const char	*p;

	if ((p = http_header(r, "Authorization")) == NULL ||
	    strncasecmp(p, "Bearer ", 7) != 0)
		return NULL;
	p += 7;
	p += strspn(p, " ");
	return *p != '\0' ? p : NULL;
}

bool
http_none_match(const struct http_req *r, const char *etag)
{
	const char	*p = http_header(r, "If-None-Match");
	size_t		 n;

	if (p == NULL)
		return false;
	if (strcmp(p, "*") == 0)
		return true;
	for (;;) {
		p += strspn(p, " \t,");
		if (strncmp(p, "W/", 2) == 0)	/* compared weakly */
			p += 2;
		if (*p != '"')
			return false;
		n = strcspn(p + 1, "\"") + 2;
		if (n == strlen(etag) && strncmp(p, etag, n) == 0)
			return true;
		if (p[n - 1] != '"')
			return false;
		p += n;
	}
}

bool
http_client_certified(const struct http_req *r)
{

	return r->conn != NULL && r->conn->ssl != NULL &&
	    tls_peer_certified(r->conn->ssl);
}

void
http_client_name(const struct http_req *r, char out[LIMIT_TLS_NAME + 1])
{

	*out = '\0';
	if (r->conn != NULL && r->conn->ssl != NULL)
		tls_peer_name(r->conn->ssl, out);
}

bool
http_client_is(const struct http_req *r, const char *name, size_t len)
{

	return r->conn != NULL && r->conn->ssl != NULL &&
	    tls_peer_is(r->conn->ssl, name, len);
}

bool
http_gone(const struct http_req *r)
{

	return r->conn == NULL;
}

/* ---- answers */

void
http_set(struct http_req *r, const char *name, const char *value)
{

	if (r->ev != NULL)
		(void)evhttp_add_header(
		    evhttp_request_get_output_headers(r->ev), name, value);
}

/* Answers of this turn that have left: evhttp ends or goes on. */
static void
server_written(void *arg)
{
	struct http_server	*s = arg;
	struct conn		*c;

	while ((c = TAILQ_FIRST(&s->written)) != NULL) {
		TAILQ_REMOVE(&s->written, c, left);
		c->written = false;
		bufferevent_trigger(c->bev, EV_WRITE, 0);
	}
}

/* Write what evhttp has just put into the output buffer. */
static void
conn_write(struct conn *c)
{
	struct http_server	*s = c->listener->server;
	struct evbuffer		*out = bufferevent_get_output(c->bev);

	if (c->ssl != NULL)
		return;
	/* Its owner alone may take from the front, and does not now. */
	(void)evbuffer_unfreeze(out, 1);
	(void)evbuffer_write(out, bufferevent_getfd(c->bev));
	(void)evbuffer_freeze(out, 1);
	if (evbuffer_get_length(out) > 0)
		return;		/* the rest, or the error, by the loop */
	(void)bufferevent_disable(c->bev, EV_WRITE);
	c->written = true;
	TAILQ_INSERT_TAIL(&s->written, c, left);
	ev_after_turn(s->ev, server_written, s);
}

/* The headers that evhttp would make, with a printf each. */
static void
put_headers(struct http_req *r, const char *type, bool length, size_t len)
{
	struct http_server	*s = r->server;
	time_t			 now = time(NULL);
	struct tm		 tm;
	char			 text[24], *p = text + sizeof(text);

	if (now != s->date_at && gmtime_r(&now, &tm) != NULL) {
		(void)evutil_date_rfc1123(s->date, sizeof(s->date), &tm);
		s->date_at = now;
	}
	http_set(r, "Date", s->date);
	if (type != NULL)
		http_set(r, "Content-Type", type);
	if (!length)
		return;
	*--p = '\0';
	do
		*--p = (char)('0' + len % 10);
	while ((len /= 10) != 0);
	http_set(r, "Content-Length", p);
}

/* The body is in the output buffer; len is what a GET would have got. */
static void
req_send(struct http_req *r, int status, const char *type, size_t len)
{
	struct conn	*c = r->conn;
	struct evhttp_request *ev = r->ev;

	put_headers(r, type, status != 204 && status != 304, len);
	if (r->server->stopped)
		http_set(r, "Connection", "close");
	c->phase = CONN_WRITING;
	c->deadline = tm_mono_ms() + r->server->bounds.request_ms +
	    (int64_t)(len / 64);
	req_free(r);
	evhttp_send_reply(ev, status, reason_of(status), NULL);
	conn_write(c);
}

void
http_reply(struct http_req *r, int status, const char *type,
    struct octets body)
{

	if (r->conn == NULL) {
		req_free(r);
		return;
	}
	if (body.len > 0 && !r->head && evbuffer_add(
	    evhttp_request_get_output_buffer(r->ev), body.p, body.len) != 0)
		abort();
	req_send(r, status, type, body.len);
}

static void
free_body(const void *p, size_t n, void *arg)
{

	(void)n;
	(void)arg;
	free((void *)(uintptr_t)p);
}

void
http_reply_take(struct http_req *r, int status, const char *type, void *body,
    size_t len)
{

	if (r->conn == NULL) {
		free(body);
		req_free(r);
		return;
	}
	if (len == 0 || r->head)
		free(body);
	else if (evbuffer_add_reference(evhttp_request_get_output_buffer(
	    r->ev), body, len, free_body, NULL) != 0)
		abort();
	req_send(r, status, type, len);
}

void
http_reply_problem(struct http_req *r, int status, const char *code,
    const char *detail)
{
	struct buf	 b;

	buf_init(&b, 4096);
	put_problem(&b, status, code, detail);
	http_reply(r, status, PROBLEM_TYPE, buf_octets(&b));
	buf_fini(&b);
}

void
http_reply_err(struct http_req *r, const struct err *e)
{

	if (e->code == ERR_BUSY || e->code == ERR_STORE)
		http_set(r, "Retry-After", "1");
	http_reply_problem(r, err_http_status(e->code), e->id[0] != '\0' ?
	    e->id : err_name(e->code), e->text);
}

/* ---- the server */

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
	TAILQ_INIT(&s->written);
	TAILQ_INIT(&s->reqs);
	TAILQ_INIT(&s->drains);
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
	struct listener	*l;
	int		 flags, one = 1, rc;

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
	if ((l->http = evhttp_new(ev_base(s->ev))) == NULL)
		abort();
	/* Every method comes to req_route(), which knows what to say. */
	evhttp_set_allowed_methods(l->http, 0xffff);
	evhttp_set_max_headers_size(l->http, LIMIT_HTTP_HEADERS);
	evhttp_set_max_body_size(l->http, LIMIT_HTTP_BODY);
	evhttp_set_default_content_type(l->http, NULL);
	evhttp_set_bevcb(l->http, conn_new, l);
	evhttp_set_gencb(l->http, req_dispatch, l);
	l->bound = evhttp_accept_socket_with_handle(l->http, fd);
	if (l->bound == NULL) {
		evhttp_free(l->http);
		free(l);
		(void)close(fd);
		return err_set(e, ERR_IO, "listening socket is refused");
	}
	l->next = s->listeners;
	s->listeners = l;
	return 0;
}

static void
server_close_listeners(void *arg)
{
	struct http_server	*s = arg;
	struct listener		*l;

	for (l = s->listeners; l != NULL; l = l->next) {
		if (l->bound != NULL)
			evhttp_del_accept_socket(l->http, l->bound);
		l->bound = NULL;
	}
}

static void
server_close_idle(void *arg)
{
	struct http_server	*s = arg;
	struct conn		*c, *next;

	for (c = TAILQ_FIRST(&s->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if ((c->phase == CONN_IDLE || c->phase == CONN_HANDSHAKE) &&
		    c->evcon != NULL)
			evhttp_connection_free(c->evcon);
	}
	/* The listening sockets live on in the monitor: see ev_new(). */
	ev_after_turn(s->ev, server_close_listeners, s);
}

/* Look again and again: at the end of a process's life, nobody minds. */
static void
server_stopping(void *arg)
{
	struct http_server	*s = arg;

	if (s->nconns > 0 && tm_mono_ms() < s->stop_until)
		ev_timer_set(s->stopping, 10);
	else
		s->on_stopped(s->stopped_arg);
}

void
http_server_stop(struct http_server *s, int64_t patience_ms,
    void (*done)(void *arg), void *arg)
{
	struct listener	*l;

	if (s->stopped)
		return;
	s->stopped = true;
	s->stop_until = tm_mono_ms() + patience_ms;
	s->on_stopped = done;
	s->stopped_arg = arg;
	s->stopping = ev_timer_new(s->ev, server_stopping, s);
	ev_timer_set(s->stopping, 10);
	for (l = s->listeners; l != NULL; l = l->next)
		(void)evconnlistener_disable(
		    evhttp_bound_socket_get_listener(l->bound));
	ev_after_turn(s->ev, server_close_idle, s);
}

void
http_server_free(struct http_server *s)
{
	struct listener	*l;
	struct http_req	*r;
	struct drain	*g;

	if (s == NULL)
		return;
	server_adopt(s);
	/* They are answered later, to nobody. */
	TAILQ_FOREACH(r, &s->reqs, link)
		r->server = NULL;
	while ((l = s->listeners) != NULL) {
		s->listeners = l->next;
		evhttp_free(l->http);
		ev_reap(s->ev, l, free);
	}
	while ((g = TAILQ_FIRST(&s->drains)) != NULL)
		drain_end(g);
	while ((r = s->pool) != NULL) {
		s->pool = r->next;
		free(r->room);
		free(r);
	}
	ev_after_cancel(s->ev, server_adopt, s);
	ev_after_cancel(s->ev, server_written, s);
	ev_after_cancel(s->ev, server_close_idle, s);
	ev_after_cancel(s->ev, server_close_listeners, s);
	ev_timer_free(s->sweep);
	ev_timer_free(s->stopping);
	ev_reap(s->ev, s, free);
}
