#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"
#include "ca/delivery.h"
#include "filing/life.h"
#include "registry/json.h"
#include "registry/web/web.h"

/* Of a number that is none of ours. */
#define NO_REQUEST	"no-such-request", \
	"no licensed body was asked for that"

/*
 * Requests for certificates of a licensed body: to be fetched and passed on,
 * and what comes back from there.  For officers; auditors read.
 */

#define REQUESTS_A_PAGE	200
#define CERTIFICATE_REQUEST "CERTIFICATE REQUEST"

static const char *const none[] = { NULL };

/* Columns of the statements that read (store/stmt_office.inc). */
enum {
	COL_APPLICATION = 0, COL_CREATED, COL_REQUEST, COL_KEY, COL_WRAPPED,
	COL_SENT, COL_SENT_AT, COL_REFUSALS, COL_REFUSED_AT,
	COL_REFUSED_CODE, COL_REFUSED_TEXT, COL_CLOSED, COL_ACCEPTED,
	COL_CERTIFICATE, COL_ISSUERS, COL_DEVIATIONS, COL_WANT_SINCE,
	COL_WANT_REASON, COL_TOLD_REASON, COL_CODE, COL_OWNER, COL_CREDIT,
	COL_STATE, COL_SERIAL
};

static void
put_time(struct buf *out, const char *name, struct query *q, int col)
{
	buf_printf(out, ",\"%s\":", name);
	if (query_is_null(q, col))
		buf_puts(out, "null");
	else
		json_put_time(out, query_int(q, col));
}

static void
put_text(struct buf *out, const char *name, struct query *q, int col)
{
	buf_printf(out, ",\"%s\":", name);
	json_put_text(out, query_text(q, col));
}

/* The members that a case shows, too; with a comma in front. */
static void
put_progress(struct buf *out, struct query *q)
{
	put_time(out, "requested_at", q, COL_CREATED);
	buf_printf(out, ",\"made\":%s,\"sent\":%" PRId64,
	    query_is_null(q, COL_REQUEST) ? "false" : "true",
	    query_int(q, COL_SENT));
	put_time(out, "sent_at", q, COL_SENT_AT);
	put_time(out, "accepted_at", q, COL_ACCEPTED);
	put_text(out, "deviations", q, COL_DEVIATIONS);
	buf_puts(out, ",\"last_refusal\":");
	if (query_int(q, COL_REFUSALS) == 0)
		buf_puts(out, "null");
	else {
		buf_printf(out, "{\"count\":%" PRId64,
		    query_int(q, COL_REFUSALS));
		put_time(out, "at", q, COL_REFUSED_AT);
		put_text(out, "code", q, COL_REFUSED_CODE);
		put_text(out, "detail", q, COL_REFUSED_TEXT);
		buf_put_u8(out, '}');
	}
}

static void
put_request(struct buf *out, struct query *q)
{
	buf_printf(out, "{\"id\":%" PRId64, query_int(q, COL_APPLICATION));
	put_text(out, "common_name", q, COL_CODE);
	put_text(out, "organisation", q, COL_OWNER);
	put_text(out, "credit_code", q, COL_CREDIT);
	put_progress(out, q);
	buf_put_u8(out, '}');
}

/* What the body is to be told of a certificate of its own. */
static void
put_revocation(struct buf *out, struct query *q)
{
	struct octets	serial = query_blob(q, COL_SERIAL);
	const bool	good = query_is_null(q, COL_WANT_REASON);
	char		hex[HEX_SIZE(CERT_SERIAL_MAX + 1)] = "";

	if (serial.len <= CERT_SERIAL_MAX)
		hex_encode(serial.p, serial.len, hex);
	buf_printf(out, "{\"id\":%" PRId64 ",\"ask\":\"%s\",\"serial\":"
	    "\"%s\"", query_int(q, COL_APPLICATION), good ? "release" :
	    query_int(q, COL_WANT_REASON) == 6 ? "hold" : "revoke", hex);
	put_text(out, "common_name", q, COL_CODE);
	put_text(out, "organisation", q, COL_OWNER);
	put_time(out, "since", q, COL_WANT_SINCE);
	if (good)
		buf_puts(out, ",\"reason\":null}");
	else
		buf_printf(out, ",\"reason\":%" PRId64 "}",
		    query_int(q, COL_WANT_REASON));
}

/* One request as its body takes it: words, then PKCS#10. */
static void
put_pem(struct buf *out, struct query *q)
{
	if (query_is_null(q, COL_REQUEST))
		return;
	buf_printf(out, "application: %" PRId64 "\ncommon name: %s\n"
	    "organisation: %s\ncredit code: %s\n",
	    query_int(q, COL_APPLICATION), query_text(q, COL_CODE),
	    query_text(q, COL_OWNER), query_text(q, COL_CREDIT));
	cert_put_pem(query_blob(q, COL_REQUEST), CERTIFICATE_REQUEST, out);
}

/* How rows of a statement are told. */
struct rows {
	enum stmt	 id;
	void		(*put)(struct buf *out, struct query *q);
	const char	*between;
};
static const struct rows
	open_rows = { STMT_OFFICE_CERTREQS_OPEN, put_request, "," },
	revoke_rows = { STMT_OFFICE_CERTREQS_REVOKE, put_revocation, "," },
	pem_rows = { STMT_OFFICE_CERTREQS_OPEN, put_pem, "" };

/* Those above after; *last is the last, or 0 if there are no more. */
static int
put_rows(struct web *w, const struct rows *rows, int64_t after,
    struct buf *out, int64_t *last, struct err *e)
{
	const struct val	 v[] = { val_int(after),
				    val_int(REQUESTS_A_PAGE) };
	struct query		*q = NULL;
	bool			 row;
	int			 n = 0, rc;

	*last = 0;
	if ((rc = store_query(w->office, rows->id, v, 2, &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		if (n++ > 0)
			buf_puts(out, rows->between);
		rows->put(out, q);
		*last = query_int(q, COL_APPLICATION);
	}
	if (n < REQUESTS_A_PAGE)
		*last = 0;
out:
	query_done(q);
	return rc;
}

/* Officers and auditors; *after from ?cursor. */
static bool
may_read(struct web *w, struct http_req *r, int64_t *after)
{
	static const char *const names[] = { "cursor", NULL };
	struct web_who		 who;
	const char		*s;
	struct cursor		 c;
	uint64_t		 n = 0;

	if (!web_must(w, r, ROLE_READERS, &who) || !web_query(w, r, names))
		return false;
	if ((s = http_query(r, "cursor")) != NULL) {
		c = cursor_of(s, strlen(s));
		if (!take_decimal(&c, &n) || cursor_left(&c) > 0 ||
		    n > INT64_MAX) {
			web_reply_problem(w, r, 400, "bad-cursor",
			    "a cursor is what the page before gave");
			return false;
		}
	}
	*after = (int64_t)n;
	return true;
}

static void
list(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct buf	 out;
	struct err	 e = ERR_INIT;
	int64_t		 after, last, more = 0;
	int		 rc;

	if (!may_read(w, r, &after))
		return;
	buf_init(&out, 4u << 20);
	buf_printf(&out, "{\"certificates\":\"%s\",\"body\":",
	    w->cf->certificates);
	json_put_text(&out, w->cf->external_name);
	buf_puts(&out, ",\"requests\":[");
	rc = put_rows(w, &open_rows, after, &out, &last, &e);
	buf_puts(&out, "],\"revocations\":[");
	if (rc == 0)
		rc = put_rows(w, &revoke_rows, after, &out, &more, &e);
	if (rc != 0) {
		buf_fini(&out);
		web_reply_err(w, r, &e);
		return;
	}
	/* One cursor for both: no row is passed over, some may come twice. */
	if (more != 0 && (last == 0 || more < last))
		last = more;
	if (last != 0)
		buf_printf(&out, "],\"cursor\":\"%" PRId64 "\"}", last);
	else
		buf_puts(&out, "],\"cursor\":null}");
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, "application/json", &out);
}

static void
all_pem(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct buf	 out;
	struct err	 e = ERR_INIT;
	int64_t		 after, last;

	if (!may_read(w, r, &after))
		return;
	buf_init(&out, 16u << 20);
	do {
		if (put_rows(w, &pem_rows, after, &out, &last, &e) != 0) {
			buf_fini(&out);
			web_reply_err(w, r, &e);
			return;
		}
		after = last;
	} while (last != 0);
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, "application/x-pem-file", &out);
}

static void
one_pem(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct web_who	 who;
	struct query	*q = NULL;
	struct buf	 out;
	struct val	 v;
	struct err	 e = ERR_INIT;
	bool		 row = false;

	if (!web_must(w, r, ROLE_READERS, &who) || !web_query(w, r, none))
		return;
	v = val_int(web_id(w, r, NO_REQUEST));
	if (v.i == 0)
		return;
	buf_init(&out, 65536);
	if (store_query(w->office, STMT_OFFICE_CERTREQ_GET, &v, 1, &q,
	    &e) == 0 && query_next(q, &row, &e) == 0 && row)
		put_pem(&out, q);
	query_done(q);
	if (e.code != ERR_OK || out.len == 0) {
		buf_fini(&out);
		if (e.code == ERR_OK)
			(void)err_set_id(&e, ERR_NOTFOUND, "no-such-request",
			    "no licensed body was asked for that");
		web_reply_err(w, r, &e);
		return;
	}
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, "application/x-pem-file", &out);
}

/* ---- what comes back */

static void
put_result(struct buf *out, const DeliveryResult *d)
{
	size_t	i;

	buf_puts(out, "{\"result\":");
	json_put_text(out, d->result);
	buf_puts(out, ",\"subject\":");
	json_put_text(out, d->subject);
	if (d->id != 0) {
		buf_printf(out, ",\"id\":%" PRId64 ",\"seal_code\":", d->id);
		json_put_text(out, d->seal_code);
	}
	if (d->code[0] != '\0') {
		buf_puts(out, ",\"code\":");
		json_put_text(out, d->code);
		buf_puts(out, ",\"detail\":");
		json_put_text(out, d->detail);
	}
	buf_puts(out, ",\"deviations\":[");
	for (i = 0; i < d->n_deviations; i++) {
		if (i > 0)
			buf_put_u8(out, ',');
		json_put_text(out, d->deviations[i]);
	}
	buf_puts(out, "]}");
}

static void
delivered(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	const Delivered	*m = (const Delivered *)reply;
	struct buf	 out;
	size_t		 i;

	(void)arg;
	buf_init(&out, 4u << 20);
	buf_puts(&out, "{\"results\":[");
	for (i = 0; i < m->n_results; i++) {
		if (i > 0)
			buf_put_u8(&out, ',');
		put_result(&out, m->results[i]);
	}
	buf_puts(&out, "]}");
	web_reply(w, r, 200, "application/json", &out);
}

static void
deliver(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct web_who	 who;
	struct web_call	 call;
	Deliver		 m = DELIVER__INIT;

	if (!web_must(w, r, ROLE_OFFICERS, &who) || !web_query(w, r, none))
		return;
	m.token = (char *)(uintptr_t)who.token;
	m.delivery.data = (uint8_t *)(uintptr_t)http_body(r).p;
	m.delivery.len = http_body(r).len;
	call = (struct web_call){ .type = MSG_TYPE__MSG_DELIVER,
	    .body = &m.base, .reply = &delivered__descriptor,
	    .done = delivered };
	web_ask_recorder(w, r, &call);
}

/* ---- what became of a request */

struct mark_body {
	char	*mark, *reason;
};

static const struct json_member mark_members[] = {
	{ "mark", MEMBER_TEXT, true, 1, 16,
	    offsetof(struct mark_body, mark) },
	{ "reason", MEMBER_TEXT, false, 0, 2000,
	    offsetof(struct mark_body, reason) },
	{ NULL, 0, false, 0, 0, 0 }
};

static void
marked(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	const CaseState	*cs = (const CaseState *)reply;
	struct buf	 out;

	(void)arg;
	buf_init(&out, 16384);
	buf_printf(&out, "{\"id\":%" PRId64 ",\"state\":", cs->id);
	json_put_text(&out, cs->state);
	buf_put_u8(&out, '}');
	web_reply(w, r, 200, "application/json", &out);
}

static void
mark(void *ctx, struct http_req *r)
{
	static char		 empty[1];
	struct web		*w = ctx;
	struct mark_body	 body = { NULL, NULL };
	struct web_who		 who;
	struct web_call		 call;
	MarkRequest		 m = MARK_REQUEST__INIT;

	if (!web_must(w, r, ROLE_OFFICERS, &who) ||
	    !web_query(w, r, none) || (m.id = web_id(w, r, NO_REQUEST)) == 0 ||
	    !web_body(w, r, mark_members, &body))
		return;
	m.token = (char *)(uintptr_t)who.token;
	m.mark = body.mark;
	m.reason = body.reason != NULL ? body.reason : empty;
	call = (struct web_call){ .type = MSG_TYPE__MSG_MARK_REQUEST,
	    .body = &m.base, .reply = &case_state__descriptor,
	    .done = marked };
	web_ask_recorder(w, r, &call);
	json_fini(mark_members, &body);
}

int
web_put_certreq(struct web *w, int64_t application, struct buf *out,
    struct err *e)
{
	const struct val	 v = val_int(application);
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	if ((rc = store_query(w->office, STMT_OFFICE_CERTREQ_GET, &v, 1, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row) {
		buf_puts(out, ",\"certificate_request\":{\"body\":");
		json_put_text(out, w->cf->external_name);
		put_progress(out, q);
		buf_put_u8(out, '}');
	}
	query_done(q);
	return rc;
}

const struct http_route route_certreq[] = {
	{ "GET", "/v1/ca/requests", HTTP_STAFF, 0, list },
	{ "GET", "/v1/ca/requests.pem", HTTP_STAFF, 0, all_pem },
	{ "GET", "/v1/ca/requests/{id}", HTTP_STAFF, 0, one_pem },
	{ "POST", "/v1/ca/requests/{id}/marks", HTTP_STAFF, LIMIT_HTTP_BODY,
	    mark },
	{ "POST", "/v1/ca/certificates", HTTP_STAFF, LIMIT_DELIVERY,
	    deliver },
	{ NULL, NULL, 0, 0, NULL }
};
