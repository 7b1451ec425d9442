#include "base/fetch.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/tls.h"
#include "base/tm.h"

#define CONNECT_MS	3000L

/* One request under way. */
struct transfer {
	CURL			*easy;
	struct curl_slist	*headers;
	uint8_t			*body;		/* sent */
	struct fetch_res	 res;
	fetch_done		*done;
	void			*arg;
	char			 why[CURL_ERROR_SIZE];
	struct transfer		*next;
};

struct fetch {
	struct ev	*ev;
	CURLM		*multi;
	struct ev_timer	*timer;
	struct transfer	*all;		/* to be ended by fetch_free() */
};

/* A socket that libcurl watches. */
struct watch {
	struct ev_io	*io;
	struct fetch	*f;
	curl_socket_t	 fd;
};

/* What fetch_identify() was given; empty: nothing. */
static struct {
	uint8_t			*pack;
	size_t			 len;
	struct tls_parts	 parts;		/* tied to pack */
} identity;

int
fetch_identify(struct octets pack, struct err *e)
{
	struct tls_parts	 parts;
	uint8_t			*copy = xmemdup(pack.p, pack.len);
	int			 rc;

	if ((rc = tls_unpack(OCTETS(copy, pack.len), &parts, e)) != 0) {
		free(copy);
		return rc;
	}
	if (identity.pack != NULL)
		mem_wipe(identity.pack, identity.len);
	free(identity.pack);
	identity.pack = copy;
	identity.len = pack.len;
	identity.parts = parts;
	return 0;
}

static void
set_blob(CURL *easy, CURLoption option, struct octets o)
{
	struct curl_blob	blob = { .data = (void *)(uintptr_t)o.p,
				    .len = o.len, .flags = CURL_BLOB_COPY };

	if (o.len > 0)
		(void)curl_easy_setopt(easy, option, &blob);
}

static void
res_init(struct fetch_res *res, size_t max)
{
	memset(res, 0, sizeof(*res));
	buf_init(&res->body, max);
}

void
fetch_res_fini(struct fetch_res *res)
{
	free(res->type);
	free(res->etag);
	buf_fini(&res->body);
	memset(res, 0, sizeof(*res));
}

/* Returning less than was given ends the transfer: an answer too large. */
static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct fetch_res	*res = arg;

	buf_put(&res->body, p, size * n);
	return buf_ok(&res->body) ? size * n : 0;
}

/* The value of header name in a line that libcurl hands over, or NULL. */
static char *
header_value(const char *name, const char *p, size_t n)
{
	size_t	k = strlen(name);

	if (n <= k || strncasecmp(p, name, k) != 0 || p[k] != ':')
		return NULL;
	for (p += k + 1, n -= k + 1; n > 0 && (*p == ' ' || *p == '\t'); p++)
		n--;
	while (n > 0 && (p[n - 1] == '\r' || p[n - 1] == '\n' ||
	    p[n - 1] == ' '))
		n--;
	return xstrndup(p, n);
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct fetch_res	*res = arg;
	char			*v;
	time_t			 at;

	if ((v = header_value("Content-Type", p, size * n)) != NULL) {
		free(res->type);
		res->type = v;
	} else if ((v = header_value("ETag", p, size * n)) != NULL) {
		free(res->etag);
		res->etag = v;
	} else if ((v = header_value("Date", p, size * n)) != NULL) {
		at = curl_getdate(v, NULL);
		res->date = at > 0 && at <= TM_MAX && !res->aged ? at : 0;
		free(v);
	} else if ((v = header_value("Age", p, size * n)) != NULL) {
		res->aged = true;
		res->date = 0;
		free(v);
	}
	return size * n;
}

static struct transfer *
transfer_new(const struct fetch_req *req)
{
	struct transfer	*t = xcalloc(1, sizeof(*t));
	size_t		 i;

	res_init(&t->res, req->max);
	if ((t->easy = curl_easy_init()) == NULL)
		abort();	/* libcurl fails here only without memory */
	for (i = 0; req->headers != NULL && req->headers[i] != NULL; i++)
		t->headers = curl_slist_append(t->headers, req->headers[i]);
	/* No "Expect: 100-continue" of libcurl's own. */
	t->headers = curl_slist_append(t->headers, "Expect:");
	(void)curl_easy_setopt(t->easy, CURLOPT_URL, req->url);
	(void)curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(t->easy, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_3);
	set_blob(t->easy, CURLOPT_SSLCERT_BLOB, identity.parts.certificate);
	set_blob(t->easy, CURLOPT_SSLKEY_BLOB, identity.parts.key);
	set_blob(t->easy, CURLOPT_CAINFO_BLOB, identity.parts.client_ca);
	(void)curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS,
	    (long)req->timeout_ms);
	(void)curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	(void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	(void)curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "sealreg");
	(void)curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, &t->res);
	(void)curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, &t->res);
	(void)curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->why);
	(void)curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	if (req->method != NULL && strcmp(req->method, "POST") == 0) {
		t->body = xmemdup(req->body.p, req->body.len);
		(void)curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
		(void)curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body);
		(void)curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)req->body.len);
	}
	return t;
}

static void
transfer_free(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	free(t->body);
	fetch_res_fini(&t->res);
	free(t);
}

/*
 * What failed, as our error.  Whether a server refuses our certificate shows,
 * in TLS 1.3, only after the handshake, by an alert that libcurl tells in
 * words alone (RFC 8446, 6.2: certificate_required, unknown_ca and others).
 */
static int
failed(const struct transfer *t, CURLcode code, struct err *e)
{
	const char	*why = t->why[0] != '\0' ? t->why :
			    curl_easy_strerror(code);

	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return err_set_id(e, ERR_IO, "tls-untrusted", "the server's "
		    "certificate is not believed: %s", why);
	if (strstr(why, " alert ") != NULL)
		return err_set_id(e, ERR_IO, "tls-refused", "the server takes "
		    "no connection of ours: %s", why);
	return err_set_id(e, ERR_IO, "unreachable", "no answer: %s", why);
}

/* What came of it, as our error. */
static int
transfer_end(struct transfer *t, CURLcode code, struct err *e)
{
	long	status = 0;

	if (code == CURLE_WRITE_ERROR && !buf_ok(&t->res.body))
		return err_set_id(e, ERR_TOOBIG, "answer-too-large",
		    "the answer is larger than %zu octets", t->res.body.max);
	if (code != CURLE_OK)
		return failed(t, code, e);
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->res.status = (int)status;
	return 0;
}

/* ---- on the loop */

/* Hand over what has ended.  A callback may start another. */
static void
finish(struct fetch *f)
{
	struct transfer	*t, **pp;
	struct err	 e;
	CURLMsg		*m;
	CURLcode	 code;
	char		*p;
	int		 left, rc;

	while ((m = curl_multi_info_read(f->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		code = m->data.result;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
		t = (struct transfer *)(void *)p;
		(void)curl_multi_remove_handle(f->multi, t->easy);
		for (pp = &f->all; *pp != t; pp = &(*pp)->next)
			;
		*pp = t->next;
		e = (struct err)ERR_INIT;
		rc = transfer_end(t, code, &e);
		t->done(t->arg, &t->res, rc == 0 ? NULL : &e);
		transfer_free(t);
	}
}

static void
on_timer(void *arg)
{
	struct fetch	*f = arg;
	int		 running;

	(void)curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0,
	    &running);
	finish(f);
}

static int
want_timer(CURLM *multi, long ms, void *arg)
{
	struct fetch	*f = arg;

	(void)multi;
	ev_timer_set(f->timer, ms);
	return 0;
}

static void
on_socket(void *arg, int what)
{
	struct watch	*w = arg;
	struct fetch	*f = w->f;
	int		 mask = 0, running;

	if (what & EV_IN)
		mask |= CURL_CSELECT_IN;
	if (what & EV_OUT)
		mask |= CURL_CSELECT_OUT;
	(void)curl_multi_socket_action(f->multi, w->fd, mask, &running);
	finish(f);
}

static void
watch_free(void *p)
{
	struct watch	*w = p;

	ev_io_free(w->io);
	free(w);
}

static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *priv)
{
	struct fetch	*f = arg;
	struct watch	*w = priv;
	int		 want = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL) {
			ev_io_want(w->io, 0);
			(void)curl_multi_assign(f->multi, fd, NULL);
			ev_reap(f->ev, w, watch_free);
		}
		return 0;
	}
	if (w == NULL) {
		w = xcalloc(1, sizeof(*w));
		w->f = f;
		w->fd = fd;
		w->io = ev_io_new(f->ev, fd, on_socket, w);
		(void)curl_multi_assign(f->multi, fd, w);
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		want |= EV_IN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		want |= EV_OUT;
	ev_io_want(w->io, want);
	return 0;
}

struct fetch *
fetch_new(struct ev *ev)
{
	struct fetch	*f = xcalloc(1, sizeof(*f));

	f->ev = ev;
	f->timer = ev_timer_new(ev, on_timer, f);
	if ((f->multi = curl_multi_init()) == NULL)
		abort();
	(void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	(void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
	(void)curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	(void)curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
	return f;
}

void
fetch_free(struct fetch *f)
{
	struct transfer	*t;

	if (f == NULL)
		return;
	while ((t = f->all) != NULL) {
		f->all = t->next;
		(void)curl_multi_remove_handle(f->multi, t->easy);
		transfer_free(t);
	}
	(void)curl_multi_cleanup(f->multi);
	ev_timer_free(f->timer);
	free(f);
}

void
fetch_start(struct fetch *f, const struct fetch_req *req, fetch_done *done,
    void *arg)
{
	struct transfer	*t = transfer_new(req);

	t->done = done;
	t->arg = arg;
	t->next = f->all;
	f->all = t;
	(void)curl_multi_add_handle(f->multi, t->easy);
}

/* ---- waiting */

#define KEPT	8	/* servers at a time; with more, all are left */

/* The sockets of connections that are kept. */
static struct pollfd	kept[KEPT];
static nfds_t		nkept;

static void
keep(struct transfer *t)
{
	curl_socket_t	fd = CURL_SOCKET_BAD;
	nfds_t		i;

	if (curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd) !=
	    CURLE_OK || fd == CURL_SOCKET_BAD)
		return;
	for (i = 0; i < nkept && kept[i].fd != fd; i++)
		;
	if (i == nkept && nkept < KEPT)
		kept[nkept++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* Has a server gone, or said what it was not asked?  That would be taken for
 * the next answer. */
static bool
are_spoilt(void)
{
	return nkept == KEPT || (nkept > 0 && poll(kept, nkept, 0) != 0);
}

/*
 * The connections that this process's questions have left open, for the next
 * one to the same server.  A fork begins with none.
 */
static CURLSH *
connections(void)
{
	static CURLSH	*share;
	static pid_t	 owner;

	if (share != NULL && owner == getpid() && !are_spoilt())
		return share;
	if (share != NULL && owner == getpid())
		(void)curl_share_cleanup(share);
	nkept = 0;
	/* The other process's: closing one would end it for both. */
	if ((share = curl_share_init()) == NULL)
		abort();
	(void)curl_share_setopt(share, CURLSHOPT_SHARE,
	    CURL_LOCK_DATA_CONNECT);
	owner = getpid();
	return share;
}

static fetch_waits	*before;

void
fetch_before(fetch_waits *fn)
{
	before = fn;
}

int
fetch_once(const struct fetch_req *req, struct fetch_res *res, struct err *e)
{
	struct transfer	*t = transfer_new(req);
	int		 rc;

	if (before != NULL)
		before();
	memset(res, 0, sizeof(*res));
	(void)curl_easy_setopt(t->easy, CURLOPT_SHARE, connections());
	rc = transfer_end(t, curl_easy_perform(t->easy), e);
	keep(t);
	if (rc != 0)
		goto out;
	*res = t->res;
	res_init(&t->res, 0);

	rc = 0;
out:
	transfer_free(t);
	return rc;
}
