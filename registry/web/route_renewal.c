#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "base/text.h"
#include "base/tm.h"
#include "filing/life.h"
#include "filing/record.h"
#include "registry/json.h"
#include "registry/web/change.h"
#include "registry/web/web.h"

/*
 * Renewals: the owner asks for the next version of his seal; and which seals
 * end soon, for those who should.
 */

#define SEALS_A_PAGE	100
#define DAY		86400

struct renew_body {
	char		*reason;
	struct octets	 csr;
};

#define AT(S, F)	offsetof(struct S, F)
static const struct json_member renew_members[] = {
	{ "reason", MEMBER_TEXT, true, 1, 64, AT(renew_body, reason) },
	{ "csr", MEMBER_OCTETS, false, 0, 8192, AT(renew_body, csr) },
	{ NULL, 0, false, 0, 0, 0 }
};
#undef AT

static void
renew(void *ctx, struct http_req *r)
{
	struct web		*w = ctx;
	const char		*code = http_param(r, "code");
	struct renew_body	 body;
	struct change		 c;
	struct web_log		*l;
	Renew			 m = RENEW__INIT;

	memset(&body, 0, sizeof(body));
	if (!change_begin(w, r, &c) || (l = web_owner(w, r, code)) == NULL)
		return;
	if (!l->own) {
		web_reply_problem(w, r, 404, "not-held-here",
		    "only the owner's node renews its seals");
		return;
	}
	if (!web_body(w, r, renew_members, &body))
		return;
	m.token = (char *)(uintptr_t)c.who.token;
	m.idempotency_key = (char *)(uintptr_t)c.key;
	m.request_hash = change_octets(c.hash, SM3_LEN);
	m.seal_code = (char *)(uintptr_t)code;
	m.reason = body.reason;
	m.csr = change_octets(body.csr.p, body.csr.len);
	change_ask_case(w, r, MSG_TYPE__MSG_RENEW, &m.base, 201);
	json_fini(renew_members, &body);
}

/* ---- which end soon */

/* Columns of OFFICE_SEALS_ENDING. */
enum { COL_UNTIL, COL_ID, COL_CODE, COL_VERSION, COL_ACCOUNT, COL_OWNER,
    COL_CREDIT, COL_TYPE, COL_NAME, COL_FROM, COL_RENEWAL };

struct ending {
	struct web_who	 who;
	int64_t		 after, before, id;	/* id: of those at after */
};

/* "SECONDS-ID", as the page before gave it. */
static bool
take_cursor(const char *s, struct ending *a)
{
	struct cursor	c = cursor_of(s, strlen(s));
	uint64_t	t, id;
	uint8_t		dash;

	if (!take_decimal(&c, &t) || !take_u8(&c, &dash) || dash != '-' ||
	    !take_decimal(&c, &id) || cursor_left(&c) > 0 ||
	    t > INT64_MAX || id > INT64_MAX)
		return false;
	a->after = (int64_t)t;
	a->id = (int64_t)id;
	return true;
}

static bool
take_ending(struct web *w, struct http_req *r, struct ending *a)
{
	static const char *const names[] = { "expires_after",
	    "expires_before", "cursor", NULL };
	const int64_t	 span = w->live->renewal_days * DAY;
	const char	*s;

	memset(a, 0, sizeof(*a));
	if (!web_must(w, r, ROLE_APPLICANT | ROLE_READERS, &a->who) ||
	    !web_query(w, r, names))
		return false;
	a->after = tm_now() - span;
	a->before = tm_now() + span;
	if (((s = http_query(r, "expires_after")) != NULL &&
	    !tm_parse(s, &a->after)) ||
	    ((s = http_query(r, "expires_before")) != NULL &&
	    !tm_parse(s, &a->before))) {
		web_reply_problem(w, r, 400, "bad-time", "expires_after and "
		    "expires_before must be moments as in RFC 3339");
		return false;
	}
	if ((s = http_query(r, "cursor")) != NULL && !take_cursor(s, a)) {
		web_reply_problem(w, r, 400, "bad-cursor",
		    "a cursor is what the page before gave");
		return false;
	}
	return true;
}

/* What the log says of it now: STATUS_NONE where it has no such seal. */
static int
status_of(struct web *w, const char *code, enum seal_status *status,
    struct err *e)
{
	const struct log_head	*head;
	struct record_box	*box = NULL;
	struct log_proof	 p;
	struct record		 rec;
	uint8_t			 key[SM3_LEN];
	int			 rc;

	*status = STATUS_NONE;
	if ((rc = web_log_begin(&w->logs[0], &head, NULL, e)) != 0 ||
	    head == NULL)
		return rc;
	record_key(code, key);
	if ((rc = logview_prove(w->logs[0].lv, key, &p, e)) != 0 ||
	    p.record.len == 0 ||
	    (rc = record_read(p.record, &rec, &box, e)) != 0)
		return rc;
	*status = (enum seal_status)rec.status;
	record_box_free(box);
	return 0;
}

static void
put_seal(struct buf *out, struct query *q, enum seal_status status)
{
	buf_puts(out, "{\"seal_code\":");
	json_put_text(out, query_text(q, COL_CODE));
	buf_puts(out, ",\"status\":");
	json_put_text(out, status_word(status));
	buf_printf(out, ",\"version\":%" PRId64 ",\"owner_name\":",
	    query_int(q, COL_VERSION));
	json_put_text(out, query_text(q, COL_OWNER));
	buf_puts(out, ",\"credit_code\":");
	json_put_text(out, query_text(q, COL_CREDIT));
	buf_printf(out, ",\"seal_type\":%" PRId64 ",\"seal_name\":",
	    query_int(q, COL_TYPE));
	json_put_text(out, query_text(q, COL_NAME));
	buf_puts(out, ",\"valid_from\":");
	json_put_time(out, query_int(q, COL_FROM));
	buf_puts(out, ",\"valid_until\":");
	json_put_time(out, query_int(q, COL_UNTIL));
	if (query_is_null(q, COL_RENEWAL))
		buf_puts(out, ",\"renewal\":null}");
	else
		buf_printf(out, ",\"renewal\":%" PRId64 "}",
		    query_int(q, COL_RENEWAL));
}

/* Seals that have ended otherwise are left out. */
static int
put_ending(struct web *w, const struct ending *a, struct buf *out,
    struct err *e)
{
	const bool		 all = (a->who.roles & ROLE_READERS) != 0;
	const struct val	 v[] = { val_int(a->after),
				    val_int(a->before), val_int(a->id),
				    val_int(SEALS_A_PAGE),
				    val_int(a->who.account) };
	struct query		*q = NULL;
	enum seal_status	 status;
	int64_t			 until = 0, id = 0;
	unsigned		 rows = 0, told = 0;
	bool			 row;
	int			 rc;

	if ((rc = store_query(w->office, all ? STMT_OFFICE_SEALS_ENDING :
	    STMT_OFFICE_SEALS_ENDING_ACCOUNT, v, all ? 4 : 5, &q, e)) != 0)
		goto out;
	buf_puts(out, "{\"seals\":[");
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		rows++;
		until = query_int(q, COL_UNTIL);
		id = query_int(q, COL_ID);
		if ((rc = status_of(w, query_text(q, COL_CODE), &status,
		    e)) != 0)
			goto out;
		if (status == STATUS_NONE || status_is_terminal(status))
			continue;
		if (told++ > 0)
			buf_put_u8(out, ',');
		put_seal(out, q, status);
	}
	if (rows == SEALS_A_PAGE)
		buf_printf(out, "],\"cursor\":\"%" PRId64 "-%" PRId64 "\"}",
		    until, id);
	else
		buf_puts(out, "],\"cursor\":null}");
out:
	query_done(q);
	return rc;
}

static void
ending(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct ending	 a;
	struct buf	 out;
	struct err	 e = ERR_INIT;

	if (!take_ending(w, r, &a))
		return;
	buf_init(&out, 1u << 20);
	if (put_ending(w, &a, &out, &e) != 0) {
		buf_fini(&out);
		web_reply_err(w, r, &e);
		return;
	}
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, "application/json", &out);
}

const struct http_route route_renewal[] = {
	{ "POST", "/v1/seals/{code}/renewals", HTTP_APPLICANT,
	    LIMIT_HTTP_BODY, renew },
	{ "GET", "/v1/seals", HTTP_APPLICANT | HTTP_STAFF, 0, ending },
	{ NULL, NULL, 0, 0, NULL }
};
