#include <inttypes.h>

#include "registry/json.h"
#include "registry/office/office_ca.h"
#include "registry/role.h"
#include "registry/web/web.h"
#include "schema/msg.pb-c.h"

/* A licensed body's revocation list, brought by an officer. */

static void
put_row(struct buf *out, const ListedSeal *l)
{
	buf_printf(out, "{\"id\":%" PRId64 ",\"seal_code\":", l->id);
	json_put_text(out, l->seal_code);
	buf_puts(out, ",\"result\":");
	json_put_text(out, l->result);
	buf_printf(out, ",\"reason\":%u,\"since\":", l->reason);
	json_put_time(out, l->revoked_at);
	buf_put_u8(out, '}');
}

static void
taken(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	const ListTaken	*m = (const ListTaken *)reply;
	struct buf	 out;
	size_t		 i;

	(void)arg;
	buf_init(&out, 8u << 20);
	buf_puts(&out, "{\"list\":");
	json_put_text(&out, m->name);
	buf_puts(&out, ",\"issuer\":");
	json_put_text(&out, m->issuer);
	buf_printf(&out, ",\"number\":%" PRIu64 ",\"entries\":%" PRIu64
	    ",\"repeated\":%s,\"known\":%" PRIu64 ",\"this_update\":",
	    m->number, m->entries, m->repeated_before ? "true" : "false", m->known);
	json_put_time(&out, m->this_update);
	buf_puts(&out, ",\"next_update\":");
	json_put_time(&out, m->next_update);
	buf_puts(&out, ",\"results\":[");
	for (i = 0; i < m->n_results; i++) {
		if (i > 0)
			buf_put_u8(&out, ',');
		put_row(&out, m->results[i]);
	}
	buf_puts(&out, "]}");
	web_reply(w, r, 200, "application/json", &out);
}

static void
take(void *ctx, struct http_req *r)
{
	static const char *const	 none[] = { NULL };
	struct web			*w = ctx;
	struct web_who			 who;
	struct web_call			 call;
	TakeList			 m = TAKE_LIST__INIT;

	if (!web_must(w, r, ROLE_OFFICERS, &who) || !web_query(w, r, none))
		return;
	m.token = (char *)(uintptr_t)who.token;
	m.list.data = (uint8_t *)(uintptr_t)http_body(r).p;
	m.list.len = http_body(r).len;
	call = (struct web_call){ .type = MSG_TYPE__MSG_TAKE_LIST,
	    .body = &m.base, .reply = &list_taken__descriptor,
	    .done = taken };
	web_ask_recorder(w, r, &call);
}

const struct http_route route_list[] = {
	{ "POST", "/v1/ca/lists", HTTP_STAFF, LIMIT_CA_OBJECT, take },
	{ NULL, NULL, 0, 0, NULL }
};
