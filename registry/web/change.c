#include <inttypes.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "base/mem.h"
#include "registry/json.h"
#include "registry/web/change.h"

#define LIMIT_IDEM_KEY	128	/* as the office has it */

bool
change_begin(struct web *w, struct http_req *r, struct change *c)
{
	const char	*p;

	if (!web_must(w, r, 0, &c->who))
		return false;
	c->key = http_header(r, "Idempotency-Key");
	if (c->key == NULL)
		c->key = "";
	for (p = c->key; *p > ' ' && *p < 0x7f; p++)
		;
	if (*p != '\0' || p - c->key > LIMIT_IDEM_KEY) {
		web_reply_problem(w, r, 400, "bad-idempotency-key",
		    "at most 128 visible ASCII characters");
		return false;
	}
	sm3(http_body(r).p, http_body(r).len, c->hash);
	return true;
}

ProtobufCBinaryData
change_octets(const void *p, size_t n)
{
	return (ProtobufCBinaryData){ .len = n, .data = (uint8_t *)
	    (uintptr_t)p };
}

static void
put_state(struct buf *out, int64_t id, const char *state, const char *code,
    const char *reason)
{
	buf_printf(out, "{\"id\":%" PRId64 ",\"state\":", id);
	json_put_text(out, state);
	if (code != NULL && *code != '\0' && strcmp(state, "filed") == 0) {
		buf_puts(out, ",\"seal_code\":");
		json_put_text(out, code);
	}
	if (reason != NULL && *reason != '\0') {
		buf_puts(out, ",\"reason\":");
		json_put_text(out, reason);
	}
	buf_put_u8(out, '}');
}

/* arg: NULL, or a pointer to the status where all is said and done. */
static void
case_told(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	const CaseState	*cs = (const CaseState *)reply;
	struct buf	 out;
	int		 status = *(int *)arg;

	/* The seal is still being certified or made: not done, but accepted. */
	if (strcmp(cs->state, "certifying") == 0 ||
	    strcmp(cs->state, "making") == 0)
		status = 202;
	buf_init(&out, 16384);
	put_state(&out, cs->id, cs->state, cs->seal_code, cs->reason);
	web_reply(w, r, status, "application/json", &out);
}

void
change_ask_case(struct web *w, struct http_req *r, uint16_t type,
    const ProtobufCMessage *m, int status)
{
	struct web_call	 call = { .type = type, .body = m,
			    .reply = &case_state__descriptor,
			    .done = case_told };

	call.arg = xmemdup(&status, sizeof(status));
	web_ask_recorder(w, r, &call);
}
