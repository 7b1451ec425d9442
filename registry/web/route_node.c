#include <stdlib.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "registry/json.h"
#include "registry/web/openapi.h"
#include "registry/web/web.h"

/* The node itself: its trust list, its contract, whether it can record. */

static const char *const none[] = { NULL };

static void
trust(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;

	if (web_query(w, r, none))
		web_reply_octets(w, r, 200, "text/plain; charset=utf-8",
		    OCTETS(w->trust->text, w->trust->textlen));
}

static void
contract(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct buf	 out;
	struct err	 e = ERR_INIT;

	if (!web_query(w, r, none))
		return;
	buf_init(&out, 4u << 20);
	if (openapi_json(&out, &e) != 0) {
		buf_fini(&out);
		web_reply_err(w, r, &e);
		return;
	}
	web_reply(w, r, 200, "application/json", &out);
}

static void
live(void *ctx, struct http_req *r)
{
	web_reply_octets(ctx, r, 200, "text/plain; charset=utf-8",
	    OCTETS("alive\n", 6));
}

static void
pinged(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	(void)arg;
	(void)reply;
	web_reply_octets(w, r, 200, "text/plain; charset=utf-8",
	    OCTETS("ready\n", 6));
}

/* Ready means: can record. */
static void
ready(void *ctx, struct http_req *r)
{
	struct web_call	call = { .type = MSG_TYPE__MSG_PING,
			    .done = pinged };

	web_ask_recorder(ctx, r, &call);
}

const struct http_route route_node[] = {
	{ "GET", "/trust", HTTP_PUBLIC | HTTP_PEER, 0, trust },
	{ "GET", "/openapi.json", HTTP_PUBLIC, 0, contract },
	{ "GET", "/livez", HTTP_ALL, 0, live },
	{ "GET", "/readyz", HTTP_ALL, 0, ready },
	{ NULL, NULL, 0, 0, NULL }
};
