#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <protobuf-c/protobuf-c.h>

#include "base/frame.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/tm.h"

/* A frame to be sent. */
struct out {
	struct out	*next;
	size_t		 len, off;
	int		 fd;		/* -1: none */
	uint8_t		 data[];
};

/* A frame that arrived and was not delivered yet. */
struct in {
	struct in	*next;
	struct frame_head h;
	int		 fd;
	uint8_t		 body[];
};

/* A request of ours that has no reply yet; done NULL: nobody waits. */
struct pending {
	struct pending	*next;
	uint64_t	 id;
	chan_done	*done;
	void		*arg;
	int		 refused;	/* ERR_*: it was never sent */
};

#define BUCKETS	256
#define IOVECS	32
#define READ_SIZE	(64u << 10)
#define REFUSALS	8	/* rounds of who asks a lost channel again */

struct chan {
	struct ev	*ev;
	struct ev_io	*io;
	int		 fd;
	const struct chan_hooks *hooks;
	void		*arg;
	bool		 broken;	/* to be closed by chan_turn() */
	bool		 over;		/* closed; only memory is left */

	struct out	*out, **outtail;
	size_t		 outlen;	/* octets queued */
	struct in	*in, **intail;
	size_t		 nin;
	struct buf	 rx;
	size_t		 rxoff;
	struct frame_fds fds;

	struct pending	*pending[BUCKETS];
	size_t		 npending;
	struct pending	*refused;
	uint64_t	 lastid;
};

static void	chan_turn(void *arg);

static void
chan_reaped(void *p)
{
	struct chan	*ch = p;
	struct pending	*r;
	struct out	*o;
	struct in	*i;

	while ((r = ch->refused) != NULL) {
		ch->refused = r->next;
		free(r);
	}
	while ((o = ch->out) != NULL) {
		ch->out = o->next;
		if (o->fd != -1)
			(void)close(o->fd);
		mem_wipe(o->data, o->len);
		free(o);
	}
	while ((i = ch->in) != NULL) {
		ch->in = i->next;
		if (i->fd != -1)
			(void)close(i->fd);
		free(i);
	}
	buf_wipe(&ch->rx);
	frame_fds_close(&ch->fds);
	free(ch);
}

/* Answer everything that waits.  Callbacks may ask again: that is refused. */
static void
chan_fail_pending(struct chan *ch)
{
	struct pending	*p;
	struct err	 e = ERR_INIT;
	size_t		 i;

	(void)err_set(&e, ERR_BUSY, "the process asked is gone");
	for (i = 0; i < BUCKETS; i++)
		while ((p = ch->pending[i]) != NULL) {
			ch->pending[i] = p->next;
			ch->npending--;
			if (p->done != NULL)
				p->done(p->arg, NULL, &e);
			free(p);
		}
}

static void
chan_fail_refused(struct chan *ch)
{
	struct pending	*p, *rest;
	struct err	 e;

	/* Oldest first, and only those that are there now. */
	for (rest = NULL; (p = ch->refused) != NULL;) {
		ch->refused = p->next;
		p->next = rest;
		rest = p;
	}
	while ((p = rest) != NULL) {
		rest = p->next;
		memset(&e, 0, sizeof(e));
		(void)err_set(&e, p->refused, p->refused == ERR_TOOBIG ?
		    "the message is too big" : "the process asked is busy");
		p->done(p->arg, NULL, &e);
		free(p);
	}
}

/* No more octets in or out. */
static void
chan_shut(struct chan *ch)
{

	ch->over = true;
	ev_after_cancel(ch->ev, chan_turn, ch);
	ev_io_free(ch->io);
	ch->io = NULL;
	(void)close(ch->fd);
	ch->fd = -1;
}

static void
chan_break(struct chan *ch)
{

	if (ch->broken || ch->over)
		return;
	ch->broken = true;
	ev_io_want(ch->io, 0);
	ev_after_turn(ch->ev, chan_turn, ch);
}

/* Send what the socket takes.  False: it is broken. */
static bool
chan_flush(struct chan *ch)
{
	struct iovec	 iov[IOVECS];
	struct out	*o;
	ssize_t		 put;
	size_t		 n;
	int		 fd, k;

	while (ch->out != NULL) {
		fd = ch->out->off == 0 ? ch->out->fd : -1;
		for (k = 0, o = ch->out; o != NULL && k < IOVECS; o = o->next) {
			/* A descriptor rides on the first octet of its own. */
			if (k > 0 && o->fd != -1)
				break;
			iov[k].iov_base = o->data + o->off;
			iov[k++].iov_len = o->len - o->off;
		}
		put = frame_send(ch->fd, iov, k, fd);
		if (put == -1) {
			if (errno == EAGAIN)
				break;
			return false;
		}
		ch->outlen -= (size_t)put;
		while (put > 0) {
			o = ch->out;
			assert(o != NULL);	/* no more than was there */
			n = o->len - o->off;
			if ((size_t)put < n) {
				o->off += (size_t)put;
				break;
			}
			put -= (ssize_t)n;
			if ((ch->out = o->next) == NULL)
				ch->outtail = &ch->out;
			if (o->fd != -1)
				(void)close(o->fd);
			mem_wipe(o->data, o->len);
			free(o);
		}
	}
	ev_io_want(ch->io, ch->out != NULL ? EV_IN | EV_OUT : EV_IN);
	return true;
}

/* Take whole frames from what was read.  False: the rules are broken. */
static bool
chan_parse(struct chan *ch)
{
	struct frame_head	 h;
	struct in		*i;
	const uint8_t		*p;

	for (;;) {
		p = ch->rx.p + ch->rxoff;
		if (ch->rx.len - ch->rxoff < FRAME_HEAD)
			break;
		if (frame_head_get(p, &h, NULL) != 0)
			return false;
		if (ch->rx.len - ch->rxoff < FRAME_HEAD + h.len)
			break;
		if (++ch->nin > 2 * LIMIT_MSG_PENDING)
			return false;
		i = xmalloc(sizeof(*i) + h.len);
		i->next = NULL;
		i->h = h;
		memcpy(i->body, p + FRAME_HEAD, h.len);
		i->fd = -1;
		*ch->intail = i;
		ch->intail = &i->next;
		ch->rxoff += FRAME_HEAD + h.len;
		if ((h.flags & FRAME_FD) &&
		    (i->fd = frame_fds_take(&ch->fds)) == -1)
			return false;
	}
	if (ch->rxoff == ch->rx.len) {
		buf_reset(&ch->rx);
		ch->rxoff = 0;
		/* A descriptor that no frame claimed. */
		return ch->fds.n == 0;
	}
	if (ch->rxoff > READ_SIZE) {
		memmove(ch->rx.p, ch->rx.p + ch->rxoff,
		    ch->rx.len - ch->rxoff);
		ch->rx.len -= ch->rxoff;
		ch->rxoff = 0;
	}
	return true;
}

/* Read once.  1: something came; 0: nothing there; -1: broken. */
static int
chan_fill(struct chan *ch)
{
	uint8_t	 room[READ_SIZE];
	ssize_t	 got;

	got = frame_recv(ch->fd, room, sizeof(room), &ch->fds);
	if (got == -1 && errno == EAGAIN)
		return 0;
	if (got <= 0)
		return -1;
	buf_put(&ch->rx, room, (size_t)got);
	if (!buf_ok(&ch->rx) || !chan_parse(ch))
		return -1;
	return 1;
}

static struct pending *
chan_pending_take(struct chan *ch, uint64_t id)
{
	struct pending	**pp, *p;

	for (pp = &ch->pending[id % BUCKETS]; (p = *pp) != NULL;
	    pp = &p->next)
		if (p->id == id) {
			*pp = p->next;
			ch->npending--;
			return p;
		}
	return NULL;
}

/* A reply is given to who waits for it.  False: nobody asked for that. */
static bool
chan_take_reply(struct chan *ch, struct in *i)
{
	struct pending	*p;
	struct err	 why = ERR_INIT, e = ERR_INIT;
	struct msg	 m = { .type = i->h.type, .id = i->h.id,
	    .body = OCTETS(i->body, i->h.len), .fd = i->fd };

	if ((p = chan_pending_take(ch, i->h.id)) == NULL)
		return false;
	if (i->h.type == FRAME_FAILURE &&
	    frame_err_get(m.body, &why, &e) != 0) {
		(void)err_set(&why, ERR_BUSY, "the process asked broke its "
		    "channel");
		if (p->done != NULL)
			p->done(p->arg, NULL, &why);
		free(p);
		return false;
	}
	if (p->done == NULL) {
		free(p);
		return true;
	}
	if (i->h.type == FRAME_FAILURE)
		p->done(p->arg, NULL, &why);
	else {
		i->fd = -1;
		p->done(p->arg, &m, NULL);
	}
	free(p);
	return true;
}

/* Callbacks may free the channel: then ->over is set, the memory is there. */
static void
chan_deliver(struct chan *ch)
{
	struct in	*i;
	struct msg	 m;

	while (!ch->over && (i = ch->in) != NULL) {
		if ((ch->in = i->next) == NULL)
			ch->intail = &ch->in;
		ch->nin--;
		if (i->h.flags & FRAME_REPLY) {
			if (!chan_take_reply(ch, i))
				chan_break(ch);
		} else if (ch->hooks->on_request != NULL) {
			m.type = i->h.type;
			m.id = i->h.id;
			m.body = OCTETS(i->body, i->h.len);
			m.fd = i->fd;
			i->fd = -1;
			ch->hooks->on_request(ch->arg, ch, &m);
		} else
			chan_break(ch);
		if (i->fd != -1)
			(void)close(i->fd);
		mem_wipe(i->body, i->h.len);
		free(i);
	}
}

/* What was put off until the end of the turn. */
static void
chan_turn(void *arg)
{
	struct chan	*ch = arg;
	int		 i;

	chan_deliver(ch);
	if (ch->over)
		return;
	chan_fail_refused(ch);
	if (ch->over)
		return;
	if (!ch->broken && chan_flush(ch))
		return;

	chan_shut(ch);
	chan_fail_pending(ch);
	for (i = 0; i < REFUSALS && ch->refused != NULL; i++)
		chan_fail_refused(ch);
	if (ch->hooks->on_close != NULL)
		ch->hooks->on_close(ch->arg, ch);
	ev_reap(ch->ev, ch, chan_reaped);
}

static void
chan_io(void *arg, int what)
{
	struct chan	*ch = arg;
	int		 n = 0;

	if (what & EV_IN) {
		n = chan_fill(ch);
		/* What came whole before the end still counts. */
		chan_deliver(ch);
		if (ch->over)
			return;
	}
	if (n == -1 || ((what & EV_OUT) && !chan_flush(ch)))
		chan_break(ch);
}

struct chan *
chan_new(struct ev *ev, int fd, const struct chan_hooks *hooks, void *arg)
{
	struct chan	*ch;

	ch = xcalloc(1, sizeof(*ch));
	ch->ev = ev;
	ch->fd = fd;
	ch->hooks = hooks;
	ch->arg = arg;
	ch->outtail = &ch->out;
	ch->intail = &ch->in;
	buf_init(&ch->rx, LIMIT_MSG_BODY + FRAME_HEAD + 3 * READ_SIZE);
	ch->io = ev_io_new(ev, fd, chan_io, ch);
	ev_io_want(ch->io, EV_IN);
	return ch;
}

void
chan_free(struct chan *ch)
{

	if (ch == NULL || ch->over)
		return;
	chan_shut(ch);
	chan_fail_pending(ch);
	chan_fail_refused(ch);
	ev_reap(ch->ev, ch, chan_reaped);
}

/* Queue a frame; it leaves at the end of the turn, with its neighbours. */
static struct out *
chan_queue(struct chan *ch, const struct frame_head *h, int fd)
{
	struct out	*o;

	o = xmalloc(sizeof(*o) + FRAME_HEAD + h->len);
	o->next = NULL;
	o->len = FRAME_HEAD + h->len;
	o->off = 0;
	o->fd = fd;
	frame_head_put(h, o->data);
	*ch->outtail = o;
	ch->outtail = &o->next;
	ch->outlen += o->len;
	if (!ch->broken)
		ev_after_turn(ch->ev, chan_turn, ch);
	return o;
}

/* 0, or why the request cannot be sent. */
static int
chan_ask(struct chan *ch, uint16_t type, const struct ProtobufCMessage *body,
    int fd, struct pending *p)
{
	struct frame_head	 h = { .type = type, .flags = 0 };
	struct out		*o;
	size_t			 len;
	int			 dupfd = -1;

	len = body != NULL ? protobuf_c_message_get_packed_size(body) : 0;
	if (len > LIMIT_MSG_BODY)
		return ERR_TOOBIG;
	if (ch->over || ch->broken || ch->npending >= LIMIT_MSG_PENDING ||
	    ch->outlen + len > LIMIT_MSG_QUEUE)
		return ERR_BUSY;
	if (fd != -1) {
		if ((dupfd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1)
			return ERR_BUSY;
		h.flags |= FRAME_FD;
	}
	h.len = (uint32_t)len;
	h.id = p->id = ++ch->lastid;
	p->next = ch->pending[h.id % BUCKETS];
	ch->pending[h.id % BUCKETS] = p;
	ch->npending++;
	o = chan_queue(ch, &h, dupfd);
	if (body != NULL)
		(void)protobuf_c_message_pack(body, o->data + FRAME_HEAD);
	return 0;
}

void
chan_request(struct chan *ch, uint16_t type,
    const struct ProtobufCMessage *body, int fd, chan_done *done, void *arg)
{
	struct pending	*p;

	p = xcalloc(1, sizeof(*p));
	p->done = done;
	p->arg = arg;
	if ((p->refused = chan_ask(ch, type, body, fd, p)) == 0)
		return;
	p->next = ch->refused;
	ch->refused = p;
	/* Inside chan_free() the list is emptied without another turn. */
	if (!ch->over)
		ev_after_turn(ch->ev, chan_turn, ch);
}

/* Take the reply to id out of what arrived; NULL if it has not. */
static struct in *
chan_find_reply(struct chan *ch, uint64_t id)
{
	struct in	**ip, *i;

	for (ip = &ch->in; (i = *ip) != NULL; ip = &i->next)
		if ((i->h.flags & FRAME_REPLY) && i->h.id == id) {
			if ((*ip = i->next) == NULL)
				ch->intail = ip;
			ch->nin--;
			return i;
		}
	return NULL;
}

/* Write and read until the reply to id is there. */
static int
chan_wait(struct chan *ch, uint64_t id, int64_t deadline, struct in **reply,
    struct err *e)
{
	struct pollfd	 p;
	int64_t		 left;

	for (;;) {
		if (!chan_flush(ch))
			goto lost;
		if ((*reply = chan_find_reply(ch, id)) != NULL)
			return 0;
		left = deadline - tm_mono_ms();
		if (left <= 0)
			return err_set(e, ERR_BUSY, "the process asked did "
			    "not answer in time");
		p.fd = ch->fd;
		p.events = (short)(POLLIN | (ch->out != NULL ? POLLOUT : 0));
		if (poll(&p, 1, left > 60000 ? 60000 : (int)left) > 0 &&
		    (p.revents & ~POLLOUT) && chan_fill(ch) == -1) {
			if ((*reply = chan_find_reply(ch, id)) == NULL)
				goto lost;
			chan_break(ch);
			return 0;
		}
	}
lost:
	chan_break(ch);
	return err_set(e, ERR_BUSY, "the process asked is gone");
}

int
chan_call_begin(struct chan *ch, uint16_t type,
    const struct ProtobufCMessage *body, uint64_t *id, struct err *e)
{
	struct pending	*p = xcalloc(1, sizeof(*p));
	int		 rc;

	*id = 0;
	if ((rc = chan_ask(ch, type, body, -1, p)) != 0) {
		free(p);
		return err_set(e, rc, rc == ERR_TOOBIG ? "the message is too "
		    "big" : "the process asked is busy or gone");
	}
	*id = p->id;
	if (!chan_flush(ch)) {
		chan_break(ch);
		return err_set(e, ERR_BUSY, "the process asked is gone");
	}
	return 0;
}

int
chan_call_end(struct chan *ch, uint64_t id, int64_t timeout_ms,
    struct msg *reply, struct err *e)
{
	struct in	*i = NULL;
	struct err	 why = ERR_INIT;
	int		 rc;

	memset(reply, 0, sizeof(*reply));
	reply->fd = -1;
	rc = chan_wait(ch, id, tm_mono_ms() + timeout_ms, &i, e);
	/* Others' frames that came meanwhile have their turn later. */
	if (ch->in != NULL)
		ev_after_turn(ch->ev, chan_turn, ch);
	if (rc != 0)
		return rc;	/* the entry stays, to swallow a late reply */
	free(chan_pending_take(ch, id));
	assert(i != NULL);
	if (i->h.type == FRAME_FAILURE) {
		if (frame_err_get(OCTETS(i->body, i->h.len), &why, e) != 0) {
			chan_break(ch);
			rc = ERR_FORMAT;
		} else
			rc = err_set_id(e, why.code, why.id, "%s", why.text);
		if (i->fd != -1)
			(void)close(i->fd);
	} else {
		reply->type = i->h.type;
		reply->id = id;
		reply->body = OCTETS(xmemdup(i->body, i->h.len), i->h.len);
		reply->fd = i->fd;
	}
	mem_wipe(i->body, i->h.len);
	free(i);
	return rc;
}

int
chan_call(struct chan *ch, uint16_t type, const struct ProtobufCMessage *body,
    int64_t timeout_ms, struct msg *reply, struct err *e)
{
	uint64_t	id;
	int		rc;

	memset(reply, 0, sizeof(*reply));
	reply->fd = -1;
	if ((rc = chan_call_begin(ch, type, body, &id, e)) != 0)
		return rc;
	return chan_call_end(ch, id, timeout_ms, reply, e);
}

void
chan_reply_octets(struct chan *ch, uint64_t id, uint16_t type,
    struct octets body)
{
	struct frame_head	 h = { .len = (uint32_t)body.len,
	    .type = type, .flags = FRAME_REPLY, .id = id };
	struct err		 big = ERR_INIT;

	if (ch->over || ch->broken)
		return;
	if (body.len > LIMIT_MSG_BODY) {
		(void)err_set(&big, ERR_TOOBIG, "the answer is too big");
		chan_fail(ch, id, &big);
		return;
	}
	/* Who does not read its answers is not served. */
	if (ch->outlen + body.len > LIMIT_MSG_QUEUE) {
		chan_break(ch);
		return;
	}
	if (body.len > 0)
		memcpy(chan_queue(ch, &h, -1)->data + FRAME_HEAD, body.p,
		    body.len);
	else
		(void)chan_queue(ch, &h, -1);
}

void
chan_reply(struct chan *ch, uint64_t id, uint16_t type,
    const struct ProtobufCMessage *body)
{
	uint8_t	*p;
	size_t	 n;

	if (ch->over || ch->broken)
		return;
	n = body != NULL ? protobuf_c_message_get_packed_size(body) : 0;
	p = xmalloc(n + 1);
	if (n > 0)
		(void)protobuf_c_message_pack(body, p);
	chan_reply_octets(ch, id, type, OCTETS(p, n));
	mem_wipe(p, n);
	free(p);
}

void
chan_fail(struct chan *ch, uint64_t id, const struct err *e)
{
	struct buf	 b;

	buf_init(&b, 1024);
	frame_err_put(e, &b);
	chan_reply_octets(ch, id, FRAME_FAILURE, buf_octets(&b));
	buf_fini(&b);
}
