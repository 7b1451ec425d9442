#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tm.h"
#include "filing/record.h"
#include "registry/judge/answer.h"
#include "registry/json.h"
#include "registry/web/judge.h"
#include "registry/judge/proof.h"
#include "registry/judge/verdict.h"
#include "registry/web/web.h"

/*
 * What anybody may ask about a code: the lookup and the history.  Read-only,
 * and they go on while the recorder is away.
 */

/* Events of one history, newest first; "earlier" names the next one. */
#define LIMIT_HISTORY	256

struct asked {
	const char	*code;
	bool		 has_digest, has_at;
	uint8_t		 digest[SM3_LEN];
	int64_t		 at;
};

static bool
take_asked(struct web *w, struct http_req *r, struct asked *a)
{
	static const char *const names[] = { "digest", "at", NULL };
	const char	*s;

	memset(a, 0, sizeof(*a));
	a->code = http_param(r, "code");
	if (!web_query(w, r, names))
		return false;
	if ((s = http_query(r, "digest")) != NULL) {
		if (!hex_decode(s, strlen(s), a->digest, SM3_LEN)) {
			web_reply_problem(w, r, 400, "bad-digest",
			    "digest must be 64 hex digits: SM3 of the seal's "
			    "DER octets");
			return false;
		}
		a->has_digest = true;
	}
	if ((s = http_query(r, "at")) != NULL) {
		if (!tm_parse(s, &a->at)) {
			web_reply_problem(w, r, 400, "bad-time",
			    "at must be a moment as in RFC 3339");
			return false;
		}
		a->has_at = true;
	}
	return true;
}

static int
put_lookup(struct web *w, struct web_log *l, const struct asked *ask,
    struct buf *out, struct err *e)
{
	struct judge_ask	 q = {
		.code = ask->code,
		.digest = ask->has_digest ? ask->digest : NULL,
		.has_at = ask->has_at, .at = ask->at, .now = tm_now()
	};
	struct judged		 j;
	struct answer		 a;
	int			 rc;

	if ((rc = judge_code(w, l, &q, &j, e)) != 0)
		goto out;
	memset(&a, 0, sizeof(a));
	a.code = ask->code;
	a.verdict = j.verdict;
	if (j.head != NULL) {
		a.has_as_of = true;
		a.as_of = j.head->signed_at;
	}
	if (j.verdict != VERDICT_UNKNOWN) {
		answer_head_set(&l->head, l->owner->origin, &j.p);
		a.record = j.record;
		a.proof = &j.p;
		a.head = &l->head;
	}
	answer_put(&a, out);
	w->counts.verdicts[a.verdict]++;

	rc = 0;
out:
	judged_fini(&j);
	return rc;
}

static void
lookup(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct web_log	*l;
	struct asked	 ask;
	struct buf	 out;
	struct err	 e = ERR_INIT;

	if (!take_asked(w, r, &ask) ||
	    (l = web_owner(w, r, ask.code)) == NULL)
		return;
	buf_init(&out, LIMIT_ANSWER);
	if (put_lookup(w, l, &ask, &out, &e) != 0) {
		buf_fini(&out);
		web_reply_err(w, r, &e);
		return;
	}
	web_reply(w, r, 200, "application/json", &out);
}

/* ---- history */

/* One event, with its inclusion path. */
static int
put_event(struct logview *lv, uint64_t index, struct buf *out,
    struct event *ev, struct record_box **box, struct err *e)
{
	struct hash	path[TLOG_PATH_MAX];
	struct octets	entry;
	size_t		i, n;
	int		rc;

	if ((rc = logview_inclusion(lv, index, path, &n, e)) != 0 ||
	    (rc = logview_entry(lv, index, &entry, e)) != 0 ||
	    (rc = event_read(entry, ev, box, e)) != 0)
		return rc;
	buf_printf(out, "{\"index\":%" PRIu64 ",\"kind\":", index);
	json_put_text(out, event_word(ev->kind));
	buf_printf(out, ",\"reason\":%" PRIu32 ",\"entry\":\"", ev->reason);
	buf_put_b64(out, entry.p, entry.len);
	buf_puts(out, "\",\"path\":[");
	for (i = 0; i < n; i++) {
		buf_puts(out, i > 0 ? ",\"" : "\"");
		buf_put_b64(out, path[i].h, SM3_LEN);
		buf_put_u8(out, '"');
	}
	buf_puts(out, "],\"record\":");
	answer_put_record(&ev->record, out);
	buf_put_u8(out, '}');
	return 0;
}

/* From the newest event back, by previous. */
static int
put_events(struct logview *lv, uint64_t index, struct buf *out,
    struct err *e)
{
	struct record_box	*box = NULL;
	struct event		 ev;
	unsigned		 n;
	int			 rc;

	buf_puts(out, ",\"events\":[");
	for (n = 0;; n++) {
		if (n > 0)
			buf_put_u8(out, ',');
		rc = put_event(lv, index, out, &ev, &box, e);
		record_box_free(box);
		box = NULL;
		if (rc != 0)
			return rc;
		if (!ev.has_previous || n + 1 == LIMIT_HISTORY)
			break;
		if (ev.previous >= index)
			return err_set(e, ERR_STORE, "event %" PRIu64
			    " points forward", index);
		index = ev.previous;
	}
	buf_puts(out, "],\"earlier\":");
	if (ev.has_previous)
		buf_printf(out, "%" PRIu64 "}", ev.previous);
	else
		buf_puts(out, "null}");
	return 0;
}

/* Nothing is known, or nothing is there. */
static void
put_no_history(const char *code, const struct log_head *head,
    struct buf *out)
{
	buf_puts(out, "{\"code\":");
	json_put_text(out, code);
	buf_puts(out, ",\"as_of\":");
	json_put_time(out, head != NULL ? head->signed_at : 0);
	buf_puts(out, ",\"size\":null,\"proof\":null,\"events\":[],"
	    "\"earlier\":null}");
}

static int
put_history(struct web *w, struct web_log *l, const char *code,
    struct buf *out, struct err *e)
{
	const struct log_head	*head;
	struct log_proof	 p;
	struct answer		 a;
	uint8_t			 key[SM3_LEN];
	bool			 disputed, known;
	int			 rc;

	if ((rc = web_log_begin(l, &head, &disputed, e)) != 0)
		return rc;
	known = judge_source(w, head, disputed, tm_now()) == WHY_NONE;
	record_key(code, key);
	if (known && (rc = logview_prove(l->lv, key, &p, e)) != 0)
		return rc;
	if (!known || p.record.len == 0) {
		put_no_history(code, head, out);
		return 0;
	}
	buf_puts(out, "{\"code\":");
	json_put_text(out, code);
	buf_puts(out, ",\"as_of\":");
	json_put_time(out, head->signed_at);
	buf_printf(out, ",\"size\":%" PRIu64 ",", head->size);
	answer_head_set(&l->head, l->owner->origin, &p);
	memset(&a, 0, sizeof(a));
	a.proof = &p;
	a.head = &l->head;
	answer_put_proof(&a, out);
	/* p is tied to the view until its next call; its index is copied. */
	return put_events(l->lv, p.index, out, e);
}

static void
history(void *ctx, struct http_req *r)
{
	static const char *const none[] = { NULL };
	struct web	*w = ctx;
	struct web_log	*l;
	const char	*code = http_param(r, "code");
	struct buf	 out;
	struct err	 e = ERR_INIT;

	if (!web_query(w, r, none) || (l = web_owner(w, r, code)) == NULL)
		return;
	buf_init(&out, LIMIT_ANSWER);
	if (put_history(w, l, code, &out, &e) != 0) {
		buf_fini(&out);
		web_reply_err(w, r, &e);
		return;
	}
	web_reply(w, r, 200, "application/json", &out);
}

const struct http_route route_seal[] = {
	{ "GET", "/v1/seals/{code}", HTTP_PUBLIC, 0, lookup },
	{ "GET", "/v1/seals/{code}/history", HTTP_PUBLIC, 0, history },
	{ NULL, NULL, 0, 0, NULL }
};
