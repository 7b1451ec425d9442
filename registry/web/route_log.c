#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/web/web.h"
#include "sync/tlog.h"

/*
 * The logs that this node holds, its own and its peers', in the shapes of
 * C2SP tlog-tiles: checkpoints and hash tiles to anybody, entry bundles to
 * peers and auditors.
 */

/* A bundle: 256 entries of 64 KiB at most, with their lengths. */
#define LIMIT_BUNDLE	(256 * (65535 + 2))

static struct web_log *
find(struct web *w, struct http_req *r)
{
	static const char *const none[] = { NULL };
	struct web_log	*l;

	if (!web_query(w, r, none))
		return NULL;
	if ((l = web_log_of(w, http_param(r, "province"))) == NULL)
		web_reply_problem(w, r, 404, "no-such-log",
		    "this node serves no log of that province");
	return l;
}

static void
checkpoint(void *ctx, struct http_req *r)
{
	struct web		*w = ctx;
	const struct log_head	*head;
	struct web_log		*l;
	struct err		 e = ERR_INIT;
	char			 etag[64];

	if ((l = find(w, r)) == NULL)
		return;
	if (web_log_begin(l, &head, NULL, &e) != 0) {
		web_reply_err(w, r, &e);
		return;
	}
	if (head == NULL) {
		web_reply_problem(w, r, 404, "no-checkpoint",
		    "nothing of that province was accepted yet");
		return;
	}
	snprintf(etag, sizeof(etag), "\"%" PRIu64 "-%" PRId64 "\"",
	    head->size, head->signed_at);
	http_set(r, "ETag", etag);
	http_set(r, "Cache-Control", "no-cache");
	if (http_none_match(r, etag))
		web_reply_octets(w, r, 304, "text/plain; charset=utf-8",
		    OCTETS(NULL, 0));
	else
		web_reply_octets(w, r, 200, "text/plain; charset=utf-8",
		    OCTETS(head->checkpoint, strlen(head->checkpoint)));
}

/* The client's certificate names a province, as its log's origin begins. */
static bool
is_peer(const struct web *w, const struct http_req *r)
{
	const char	*origin;
	size_t		 i;

	for (i = 0; i < w->trust->nprovinces; i++) {
		origin = w->trust->provinces[i].origin;
		if (http_client_is(r, origin, strcspn(origin, "/")))
			return true;
	}
	return false;
}

/*
 * A peer's certificate or, where none is asked for, its token; or an auditor's
 * session.
 */
static bool
may_read_entries(struct web *w, struct http_req *r)
{
	char *const	*tokens = w->live->peer_tokens.items;
	const char	*token = http_bearer(r);
	struct web_who	 who;
	struct err	 e = ERR_INIT;
	uint8_t		 asked[SM3_LEN], known[SM3_LEN];
	size_t		 i;
	bool		 good = false;

	if (is_peer(w, r))
		return true;
	if (token != NULL && !http_client_certified(r)) {
		/* Digests are compared: the time tells nothing of a token. */
		sm3(token, strlen(token), asked);
		for (i = 0; i < w->live->peer_tokens.n; i++) {
			sm3(tokens[i], strlen(tokens[i]), known);
			good = mem_equal(asked, known, SM3_LEN) || good;
		}
		if (good)
			return true;
	}
	if (web_who(w, r, &who, &e) != 0) {
		web_reply_err(w, r, &e);
		return false;
	}
	if ((who.roles & ROLE_AUDITOR) != 0)
		return true;
	if (who.account == 0)
		http_set(r, "WWW-Authenticate", "Bearer");
	web_reply_problem(w, r, who.account == 0 ? 401 : 403, "peers-only",
	    "entries are for peer provinces and auditors");
	return false;
}

static void
tile(void *ctx, struct http_req *r)
{
	struct web		*w = ctx;
	const struct log_head	*head;
	struct tile_name	 name;
	struct web_log		*l;
	struct buf		 out;
	struct err		 e = ERR_INIT;
	int			 rc;

	if ((l = find(w, r)) == NULL)
		return;
	if (tile_name_parse(http_param(r, "*"), &name, &e) != 0) {
		web_reply_problem(w, r, 404, "bad-tile-name", e.text);
		return;
	}
	if (name.level < 0 && !may_read_entries(w, r))
		return;
	if (web_log_begin(l, &head, NULL, &e) != 0) {
		web_reply_err(w, r, &e);
		return;
	}
	buf_init(&out, LIMIT_BUNDLE);
	if (head == NULL)
		rc = err_set_id(&e, ERR_NOTFOUND, "no-such-tile",
		    "nothing of that province was accepted yet");
	else
		rc = logview_tile(l->lv, &name, &out, &e);
	if (rc != 0) {
		buf_fini(&out);
		web_reply_err(w, r, &e);
		return;
	}
	/* What was served once never changes, whatever its width. */
	if (name.level < 0)
		http_set(r, "Cache-Control", "private, max-age=86400");
	else
		http_set(r, "Cache-Control",
		    "public, max-age=31536000, immutable");
	web_reply(w, r, 200, "application/octet-stream", &out);
}

const struct http_route route_log[] = {
	{ "GET", "/log/{province}/checkpoint", HTTP_PUBLIC | HTTP_PEER, 0,
	    checkpoint },
	{ "GET", "/log/{province}/tile/*", HTTP_PUBLIC | HTTP_PEER, 0, tile },
	{ NULL, NULL, 0, 0, NULL }
};
