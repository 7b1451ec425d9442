#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/msg.pb-c.h"

#include "base/mem.h"
#include "ca/tsa_query.h"
#include "registry/web/web.h"

/*
 * POST /tsa: time-stamps over HTTP (RFC 3161, 3.4).  The request is read in
 * the jail and signed by way of the recorder.  Whatever was understood as a
 * request for a time-stamp is answered by a TimeStampResp in 200, refusals
 * among them.
 */

#define QUERY_TYPE	"application/timestamp-query"
#define REPLY_TYPE	"application/timestamp-reply"

static void
rejected(struct web *w, struct http_req *r, void *arg, const struct err *e)
{
	struct buf	out;

	(void)arg;
	buf_init(&out, LIMIT_TSA_REPLY);
	tsa_reply_rejected(e, &out);
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, REPLY_TYPE, &out);
}

static void
stamped(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	const SignedTime	*m = (const SignedTime *)reply;
	struct buf		 out;

	(void)arg;
	buf_init(&out, LIMIT_TSA_REPLY);
	tsa_reply_granted(OCTETS(m->token.data, m->token.len), &out);
	http_set(r, "Cache-Control", "no-store");
	web_reply(w, r, 200, REPLY_TYPE, &out);
}

static void
was_read(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *query)
{
	TimeQuery	q = *(const TimeQuery *)query;
	struct web_call	call = { .type = MSG_TYPE__MSG_TIME_STAMP,
			    .body = &q.base, .reply = &signed_time__descriptor,
			    .done = stamped, .failed = rejected };
	struct octets	from = http_from(r);

	(void)arg;
	/* Strangers share what there is; packing does not write. */
	q.asker.data = (uint8_t *)(uintptr_t)from.p;
	q.asker.len = from.len;
	web_ask_recorder(w, r, &call);
}

/* The type, whatever parameters follow it. */
static bool
type_is(const char *header, const char *type)
{
	const size_t	n = strlen(type);

	return header != NULL && strncasecmp(header, type, n) == 0 &&
	    (header[n] == '\0' || header[n] == ';' || header[n] == ' ');
}

static void
stamp(void *ctx, struct http_req *r)
{
	static const char *const none[] = { NULL };
	struct web_call	call = { .type = MSG_TYPE__MSG_READ_TIME_QUERY,
			    .reply = &time_query__descriptor,
			    .done = was_read, .failed = rejected };
	struct web	*w = ctx;
	struct err	 e = ERR_INIT;

	if (!web_query(w, r, none))
		return;
	if (!type_is(http_header(r, "Content-Type"), QUERY_TYPE)) {
		web_reply_problem(w, r, 415, "not-a-time-query",
		    "the body must be " QUERY_TYPE);
		return;
	}
	if (http_body(r).len == 0) {
		(void)err_set_id(&e, ERR_FORMAT, "bad-time-query",
		    "time-stamp request: it is empty");
		rejected(w, r, NULL, &e);
		return;
	}
	web_ask_jail(w, r, &call, http_body(r));
}

/* Who may ask is configured: proc_http.c puts tsa_audience in. */
const struct http_route route_tsa[] = {
	{ "POST", "/tsa", 0, LIMIT_TSA_QUERY, stamp },
	{ NULL, NULL, 0, 0, NULL }
};
