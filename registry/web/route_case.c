#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "base/mem.h"
#include "base/text.h"
#include "filing/code.h"
#include "filing/life.h"
#include "registry/json.h"
#include "registry/web/change.h"
#include "registry/web/web.h"

/* Of a number that is none of ours. */
#define NO_CASE	"no-such-application", \
	"there is no application of that number"

/*
 * The office: applications, decisions, events of a seal.  What changes goes
 * to the recorder, which looks at the session and the role again; what is only
 * read is read here.
 */

#define CASES_A_PAGE	100

/* Widest text that a member may have, octets; the office's own limits are in
 * code points (filing/application.h) and tighter. */
#define LIMIT_TEXT	600

struct apply_body {
	char			*owner_name, *credit_code, *division;
	struct member_uint	 seal_type;
	char			*seal_name, *horizontal_text;
	struct octets		 csr;
};

#define AT(S, F)	offsetof(struct S, F)
static const struct json_member apply_members[] = {
	{ "owner_name", MEMBER_TEXT, true, 0, LIMIT_TEXT,
	    AT(apply_body, owner_name) },
	{ "credit_code", MEMBER_TEXT, true, 0, 64,
	    AT(apply_body, credit_code) },
	{ "division", MEMBER_TEXT, true, 0, 64, AT(apply_body, division) },
	{ "seal_type", MEMBER_UINT, true, 0, 99, AT(apply_body, seal_type) },
	{ "seal_name", MEMBER_TEXT, false, 0, LIMIT_TEXT,
	    AT(apply_body, seal_name) },
	{ "horizontal_text", MEMBER_TEXT, false, 0, LIMIT_TEXT,
	    AT(apply_body, horizontal_text) },
	{ "csr", MEMBER_OCTETS, false, 0, 8192, AT(apply_body, csr) },
	{ NULL, 0, false, 0, 0, 0 }
};

struct decide_body {
	char	*decision, *reason;
};

static const struct json_member decide_members[] = {
	{ "decision", MEMBER_TEXT, true, 1, 16, AT(decide_body, decision) },
	{ "reason", MEMBER_TEXT, false, 0, LIMIT_TEXT,
	    AT(decide_body, reason) },
	{ NULL, 0, false, 0, 0, 0 }
};

struct event_body {
	char			*kind, *reason;
	struct member_time	 effective_at;
};

static const struct json_member event_members[] = {
	{ "kind", MEMBER_TEXT, true, 1, 16, AT(event_body, kind) },
	{ "reason", MEMBER_TEXT, true, 1, 64, AT(event_body, reason) },
	{ "effective_at", MEMBER_TIME, false, 0, 0,
	    AT(event_body, effective_at) },
	{ NULL, 0, false, 0, 0, 0 }
};
#undef AT

static char *
or_empty(char *s)
{
	static char	empty[1];

	return s != NULL ? s : empty;
}

/* ---- changes */

static void
apply(void *ctx, struct http_req *r)
{
	struct web		*w = ctx;
	struct apply_body	 body;
	struct change		 c;
	Submit			 m = SUBMIT__INIT;

	memset(&body, 0, sizeof(body));
	if (!change_begin(w, r, &c) || !web_body(w, r, apply_members, &body))
		return;
	m.token = (char *)(uintptr_t)c.who.token;
	m.idempotency_key = (char *)(uintptr_t)c.key;
	m.request_hash = change_octets(c.hash, SM3_LEN);
	m.owner_name = body.owner_name;
	m.credit_code = body.credit_code;
	m.division = body.division;
	m.seal_type = (uint32_t)body.seal_type.v;
	m.seal_name = or_empty(body.seal_name);
	m.horizontal_text = or_empty(body.horizontal_text);
	m.csr = change_octets(body.csr.p, body.csr.len);
	change_ask_case(w, r, MSG_TYPE__MSG_SUBMIT, &m.base, 201);
	json_fini(apply_members, &body);
}

static void
decide(void *ctx, struct http_req *r)
{
	struct web		*w = ctx;
	struct decide_body	 body = { NULL, NULL };
	struct change		 c;
	Decide			 m = DECIDE__INIT;

	if (!change_begin(w, r, &c) || (m.id = web_id(w, r, NO_CASE)) == 0 ||
	    !web_body(w, r, decide_members, &body))
		return;
	if (strcmp(body.decision, "approve") != 0 &&
	    strcmp(body.decision, "return") != 0 &&
	    strcmp(body.decision, "reject") != 0) {
		web_reply_problem(w, r, 400, "bad-member", "member "
		    "\"decision\" must be approve, return or reject");
		goto out;
	}
	m.token = (char *)(uintptr_t)c.who.token;
	m.idempotency_key = (char *)(uintptr_t)c.key;
	m.request_hash = change_octets(c.hash, SM3_LEN);
	m.decision = body.decision;
	m.reason = or_empty(body.reason);
	change_ask_case(w, r, MSG_TYPE__MSG_DECIDE, &m.base, 200);
out:
	json_fini(decide_members, &body);
}

static void
changed(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	const SealChanged	*sc = (const SealChanged *)reply;
	struct buf		 out;

	(void)arg;
	buf_init(&out, 4096);
	buf_puts(&out, "{\"seal_code\":");
	json_put_text(&out, sc->seal_code);
	buf_puts(&out, ",\"status\":");
	json_put_text(&out, sc->status);
	buf_printf(&out, ",\"index\":%" PRIu64 ",\"recorded_at\":",
	    sc->index);
	json_put_time(&out, sc->recorded_at);
	buf_puts(&out, ",\"effective_at\":");
	json_put_time(&out, sc->effective_at);
	buf_put_u8(&out, '}');
	web_reply(w, r, 200, "application/json", &out);
}

static void
change(void *ctx, struct http_req *r)
{
	struct web		*w = ctx;
	struct event_body	 body;
	struct change		 c;
	struct web_call		 call;
	struct web_log		*l;
	ChangeSeal		 m = CHANGE_SEAL__INIT;

	memset(&body, 0, sizeof(body));
	if (!change_begin(w, r, &c) ||
	    (l = web_owner(w, r, http_param(r, "code"))) == NULL)
		return;
	if (!l->own) {
		web_reply_problem(w, r, 404, "not-held-here",
		    "only the owner's node changes its seals");
		return;
	}
	if (!web_body(w, r, event_members, &body))
		return;
	if (event_from_word(body.kind) == EVENT_NONE) {
		web_reply_problem(w, r, 400, "bad-member",
		    "member \"kind\" names no kind of event: suspended, "
		    "resumed, lost, recovered, revoked, cancelled, destroyed "
		    "and what else /openapi.json has");
		goto out;
	}
	m.token = (char *)(uintptr_t)c.who.token;
	m.idempotency_key = (char *)(uintptr_t)c.key;
	m.request_hash = change_octets(c.hash, SM3_LEN);
	m.seal_code = (char *)(uintptr_t)http_param(r, "code");
	m.kind = body.kind;
	m.reason = body.reason;
	m.effective_at = body.effective_at.t;
	call = (struct web_call){ .type = MSG_TYPE__MSG_SEAL_EVENT,
	    .body = &m.base, .reply = &seal_changed__descriptor,
	    .done = changed };
	web_ask_recorder(w, r, &call);
out:
	json_fini(event_members, &body);
}

/* ---- reading */

/* Columns of OFFICE_CASE_GET and its lists. */
enum { COL_ID, COL_ACCOUNT, COL_STATE, COL_OWNER, COL_CREDIT, COL_DIVISION,
    COL_TYPE, COL_NAME, COL_HORIZONTAL, COL_KEY, COL_CREATED, COL_UPDATED,
    COL_REASON, COL_CODE, COL_SERIAL, COL_FROM, COL_UNTIL, COL_SALT, COL_PERSON,
    COL_ONLY, COL_RENEWAL };

/* Without the closing brace. */
static void
put_case(struct buf *out, struct query *q)
{
	enum case_state	state = (enum case_state)query_int(q, COL_STATE);

	buf_printf(out, "{\"id\":%" PRId64 ",\"state\":",
	    query_int(q, COL_ID));
	json_put_text(out, case_word(state));
	buf_puts(out, ",\"owner_name\":");
	json_put_text(out, query_text(q, COL_OWNER));
	buf_puts(out, ",\"credit_code\":");
	json_put_text(out, query_text(q, COL_CREDIT));
	buf_puts(out, ",\"division\":");
	json_put_text(out, query_text(q, COL_DIVISION));
	buf_printf(out, ",\"seal_type\":%" PRId64 ",\"seal_name\":",
	    query_int(q, COL_TYPE));
	json_put_text(out, query_text(q, COL_NAME));
	buf_puts(out, ",\"horizontal_text\":");
	json_put_text(out, query_text(q, COL_HORIZONTAL));
	buf_puts(out, ",\"created_at\":");
	json_put_time(out, query_int(q, COL_CREATED));
	buf_puts(out, ",\"updated_at\":");
	json_put_time(out, query_int(q, COL_UPDATED));
	buf_puts(out, ",\"reason\":");
	json_put_text(out, query_text(q, COL_REASON));
	/* A code that is given but not filed yet is nobody's business; a seal
	 * that is being renewed has its code. */
	if (state == CASE_FILED || !query_is_null(q, COL_RENEWAL)) {
		buf_puts(out, ",\"seal_code\":");
		json_put_text(out, query_text(q, COL_CODE));
	}
	buf_puts(out, ",\"renewal\":");
	json_put_text(out, query_is_null(q, COL_RENEWAL) ? NULL :
	    reason_word((uint32_t)query_int(q, COL_RENEWAL)));
	if (state == CASE_FILED) {
		buf_puts(out, ",\"valid_from\":");
		json_put_time(out, query_int(q, COL_FROM));
		buf_puts(out, ",\"valid_until\":");
		json_put_time(out, query_int(q, COL_UNTIL));
	}
}

/* Applicants see their own; who else may read, everything. */
static bool
may_list(struct web *w, struct http_req *r, struct web_who *who)
{
	return web_must(w, r, ROLE_APPLICANT | ROLE_READERS, who);
}

static int
put_cases(struct web *w, const struct web_who *who, int64_t below,
    enum case_state state, struct buf *out, struct err *e)
{
	bool		 all = (who->roles & ROLE_READERS) != 0, row;
	struct val	 v[4];
	struct query	*q = NULL;
	enum stmt	 id;
	size_t		 n = 0;
	int64_t		 last = 0, k = 0;
	int		 rc;

	v[n++] = val_int(below);
	v[n++] = val_int(CASES_A_PAGE);
	if (!all)
		v[n++] = val_int(who->account);
	if (state != CASE_NONE)
		v[n++] = val_int((int64_t)state);
	if (all)
		id = state != CASE_NONE ? STMT_OFFICE_CASES_STATE :
		    STMT_OFFICE_CASES;
	else
		id = state != CASE_NONE ? STMT_OFFICE_CASES_ACCOUNT_STATE :
		    STMT_OFFICE_CASES_ACCOUNT;
	if ((rc = store_query(w->office, id, v, n, &q, e)) != 0)
		goto out;
	buf_puts(out, "{\"applications\":[");
	for (;;) {
		if ((rc = query_next(q, &row, e)) != 0)
			goto out;
		if (!row)
			break;
		if (k++ > 0)
			buf_put_u8(out, ',');
		put_case(out, q);
		buf_put_u8(out, '}');
		last = query_int(q, COL_ID);
	}
	if (k == CASES_A_PAGE)
		buf_printf(out, "],\"cursor\":\"%" PRId64 "\"}", last);
	else
		buf_puts(out, "],\"cursor\":null}");

	rc = 0;
out:
	query_done(q);
	return rc;
}

static void
list(void *ctx, struct http_req *r)
{
	static const char *const names[] = { "state", "cursor", NULL };
	struct web	*w = ctx;
	struct web_who	 who;
	enum case_state	 state = CASE_NONE;
	uint64_t	 below = INT64_MAX;
	const char	*s;
	struct buf	 out;
	struct err	 e = ERR_INIT;

	if (!may_list(w, r, &who) || !web_query(w, r, names))
		return;
	if ((s = http_query(r, "state")) != NULL &&
	    (state = case_from_word(s)) == CASE_NONE) {
		web_reply_problem(w, r, 400, "bad-state",
		    "an application has no such state");
		return;
	}
	if ((s = http_query(r, "cursor")) != NULL) {
		struct cursor	c = cursor_of(s, strlen(s));

		if (!take_decimal(&c, &below) || cursor_left(&c) > 0 ||
		    below > INT64_MAX) {
			web_reply_problem(w, r, 400, "bad-cursor",
			    "a cursor is what the page before gave");
			return;
		}
	}
	buf_init(&out, 4u << 20);
	if (put_cases(w, &who, (int64_t)below, state, &out, &e) != 0) {
		buf_fini(&out);
		web_reply_err(w, r, &e);
		return;
	}
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, "application/json", &out);
}

/* Decisions; the applicant is not told which officer made one. */
static int
put_decisions(struct web *w, int64_t id, bool names, struct buf *out,
    struct err *e)
{
	struct val	 v = val_int(id);
	struct query	*q = NULL;
	bool		 row;
	int		 n, rc;

	if ((rc = store_query(w->office, STMT_OFFICE_DECISIONS, &v, 1, &q,
	    e)) != 0)
		goto out;
	buf_puts(out, ",\"decisions\":[");
	for (n = 0;; n++) {
		if ((rc = query_next(q, &row, e)) != 0)
			goto out;
		if (!row)
			break;
		buf_puts(out, n > 0 ? ",{\"decision\":" : "{\"decision\":");
		json_put_text(out, query_text(q, 2));
		buf_puts(out, ",\"reason\":");
		json_put_text(out, query_text(q, 3));
		buf_puts(out, ",\"at\":");
		json_put_time(out, query_int(q, 4));
		if (names) {
			buf_puts(out, ",\"officer\":");
			json_put_text(out, query_text(q, 1));
		}
		buf_put_u8(out, '}');
	}
	buf_puts(out, "]}");

	rc = 0;
out:
	query_done(q);
	return rc;
}

/*
 * Find the case for who.  Somebody else's is as absent as one that is not
 * there.  *q is on its row, or NULL.
 */
static int
find_case(struct web *w, const struct web_who *who, int64_t id,
    struct query **q, struct err *e)
{
	struct val	v = val_int(id);
	bool		row;
	int		rc;

	if ((rc = store_query(w->office, STMT_OFFICE_CASE_GET, &v, 1, q,
	    e)) != 0 || (rc = query_next(*q, &row, e)) != 0)
		goto out;
	if (!row || ((who->roles & ROLE_READERS) == 0 &&
	    query_int(*q, COL_ACCOUNT) != who->account)) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-such-application",
		    "there is no application of that number");
		goto out;
	}
	return 0;
out:
	query_done(*q);
	*q = NULL;
	return rc;
}

static void
one(void *ctx, struct http_req *r)
{
	static const char *const none[] = { NULL };
	struct web	*w = ctx;
	struct web_who	 who;
	struct query	*q = NULL;
	struct buf	 out;
	struct err	 e = ERR_INIT;
	int64_t		 id;
	int		 rc;

	if (!may_list(w, r, &who) || !web_query(w, r, none) ||
	    (id = web_id(w, r, NO_CASE)) == 0)
		return;
	buf_init(&out, 1u << 20);
	if ((rc = find_case(w, &who, id, &q, &e)) == 0) {
		put_case(&out, q);
		query_done(q);
		rc = web_put_certreq(w, id, &out, &e);
	}
	if (rc == 0) {
		rc = put_decisions(w, id, (who.roles & ROLE_READERS) != 0,
		    &out, &e);
	}
	if (rc != 0) {
		buf_fini(&out);
		web_reply_err(w, r, &e);
		return;
	}
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, "application/json", &out);
}

static void
picture(void *ctx, struct http_req *r)
{
	static const char *const none[] = { NULL };
	struct web	*w = ctx;
	struct web_who	 who;
	struct query	*q = NULL;
	struct val	 v;
	struct err	 e = ERR_INIT;
	int64_t		 id;
	bool		 row;

	if (!may_list(w, r, &who) || !web_query(w, r, none) ||
	    (id = web_id(w, r, NO_CASE)) == 0)
		return;
	if (find_case(w, &who, id, &q, &e) != 0) {
		web_reply_err(w, r, &e);
		return;
	}
	query_done(q);
	q = NULL;
	v = val_int(id);
	if (store_query(w->office, STMT_OFFICE_PICTURE_GET, &v, 1, &q, &e) !=
	    0 || query_next(q, &row, &e) != 0) {
		web_reply_err(w, r, &e);
	} else if (!row) {
		web_reply_problem(w, r, 404, "no-picture",
		    "nothing was drawn for this application");
	} else {
		http_set(r, "Cache-Control", "no-store");
		web_reply_octets(w, r, 200, "image/png", query_blob(q, 1));
	}
	query_done(q);
}

const struct http_route route_case[] = {
	{ "POST", "/v1/applications", HTTP_APPLICANT, LIMIT_HTTP_BODY,
	    apply },
	{ "GET", "/v1/applications", HTTP_APPLICANT | HTTP_STAFF, 0, list },
	{ "GET", "/v1/applications/{id}", HTTP_APPLICANT | HTTP_STAFF, 0,
	    one },
	{ "GET", "/v1/applications/{id}/picture",
	    HTTP_APPLICANT | HTTP_STAFF, 0, picture },
	{ "POST", "/v1/applications/{id}/decisions", HTTP_STAFF,
	    LIMIT_HTTP_BODY, decide },
	{ "POST", "/v1/seals/{code}/events", HTTP_STAFF, LIMIT_HTTP_BODY,
	    change },
	{ NULL, NULL, 0, 0, NULL }
};
