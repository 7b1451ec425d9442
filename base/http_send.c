#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/http_conn.h"
#include "base/mem.h"
#include "base/tls.h"
#include "base/tm.h"

/*
 * An answer goes to the socket at once; what that does not take waits for it.
 */

#define KEEP_CAP	4096	/* more is given back between requests */

ssize_t
http_conn_put(struct http_conn *c, struct octets a, struct octets b)
{
	struct iovec	v[2] = {
		{ (void *)(uintptr_t)a.p, a.len },
		{ (void *)(uintptr_t)b.p, b.len }
	};
	ssize_t		n, m;

	if (c->ssl == NULL) {
		n = writev(c->fd, v, b.len > 0 ? 2 : 1);
		return n >= 0 ? n : errno == EAGAIN || errno == EINTR ? 0 : -1;
	}
	if ((n = tls_write(c->ssl, a)) < 0 || (size_t)n < a.len)
		return n;
	return (m = tls_write(c->ssl, b)) < 0 ? m : n + m;
}

/* The answer has left. */
static void
conn_answered(struct http_conn *c)
{
	struct http_server	*s = c->server;

	if (c->last || s->stopped) {
		http_conn_end(c);
		return;
	}
	c->len -= c->next;
	if (c->len > 0)
		memmove(c->in, c->in + c->next, c->len);
	else if (c->cap > KEEP_CAP) {
		free(c->in);
		c->in = NULL;
		c->cap = 0;
	}
	c->whole = false;
	c->scanned = 0;
	c->phase = HTTP_IDLE;
	c->deadline = tm_mono_ms() + s->bounds.idle_ms;
	/* The next request may be there already, here or in TLS. */
	ev_io_want(c->io, c->len > 0 ? 0 : EV_IN);
	if (c->len > 0 || c->ssl != NULL)
		ev_after_turn(s->ev, http_conn_go_on, c);
}

/* n octets of head and body have left; the rest follows. */
static void
conn_keep(struct http_conn *c, size_t n, struct octets head,
    struct octets body, bool own)
{
	size_t	h = n < head.len ? head.len - n : 0;

	if (h == 0 && own) {
		c->out = (uint8_t *)(uintptr_t)body.p;
		c->outlen = body.len;
		c->outat = n - head.len;
	} else {
		c->outlen = head.len + body.len - n;
		c->outat = 0;
		c->out = xmalloc(c->outlen);
		memcpy(c->out, head.p + head.len - h, h);
		if (body.len > 0)
			memcpy(c->out + h, body.p + (h > 0 ? 0 : n - head.len),
			    c->outlen - h);
		if (own)
			free((void *)(uintptr_t)body.p);
	}
	ev_io_want(c->io, EV_OUT);
}

void
http_conn_answer(struct http_conn *c, struct octets head, struct octets body,
    bool own)
{
	ssize_t	n;

	c->phase = HTTP_WRITING;
	n = http_conn_put(c, head, body);
	if (n >= 0 && (size_t)n < head.len + body.len) {
		c->deadline = tm_mono_ms() + c->server->bounds.request_ms +
		    (int64_t)(body.len / 64);
		conn_keep(c, (size_t)n, head, body, own);
		return;
	}
	if (own)
		free((void *)(uintptr_t)body.p);
	if (n < 0)
		http_conn_close(c);
	else
		conn_answered(c);
}

void
http_conn_write(struct http_conn *c)
{
	ssize_t	n;

	n = http_conn_put(c, OCTETS(c->out + c->outat, c->outlen - c->outat),
	    OCTETS("", 0));
	if (n < 0) {
		http_conn_close(c);
		return;
	}
	if ((c->outat += (size_t)n) < c->outlen)
		return;
	free(c->out);
	c->out = NULL;
	conn_answered(c);
}
