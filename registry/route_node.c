#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "base/tm.h"
#include "registry/json.h"
#include "registry/openapi.h"
#include "registry/web.h"

/* The node itself: its trust list, its contract, how it feels. */

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

static void
put_log_metrics(struct web_log *l, int64_t now, struct buf *out)
{
	const struct log_head	*head;
	const char		*p = l->owner->province;
	bool			 disputed;
	struct err		 e = ERR_INIT;

	if (web_log_begin(l, &head, &disputed, &e) != 0)
		return;
	if (head != NULL) {
		buf_printf(out, "sealreg_log_size{province=\"%s\"} %" PRIu64
		    "\n", p, head->size);
		buf_printf(out, "sealreg_log_seals{province=\"%s\"} %" PRIu64
		    "\n", p, head->map_count);
		buf_printf(out, "sealreg_epoch_age_seconds{province=\"%s\"} %"
		    PRId64 "\n", p, now - head->epoch_time);
		buf_printf(out, "sealreg_signature_age_seconds{province="
		    "\"%s\"} %" PRId64 "\n", p, now - head->signed_at);
	}
	buf_printf(out, "sealreg_log_accepted{province=\"%s\"} %d\n", p,
	    head != NULL);
	buf_printf(out, "sealreg_log_disputed{province=\"%s\"} %d\n", p,
	    disputed);
}

static void
put_counts(const struct web *w, struct buf *out)
{
	static const char *const groups[GROUP_END] = { "other", "lookup",
	    "seal", "log", "office", "node" };
	int	 g, h, v;

	buf_puts(out, "# HELP sealreg_http_answers_total Answers of this "
	    "process by kind of route and class of status.\n"
	    "# TYPE sealreg_http_answers_total counter\n");
	for (g = 0; g < GROUP_END; g++)
		for (h = 2; h < 6; h++)
			buf_printf(out, "sealreg_http_answers_total{instance="
			    "\"%u\",kind=\"%s\",status=\"%dxx\"} %" PRIu64
			    "\n", w->instance, groups[g], h,
			    w->counts.answers[g][h]);
	buf_puts(out, "# HELP sealreg_lookups_total Lookups of this process "
	    "by verdict.\n# TYPE sealreg_lookups_total counter\n");
	for (v = VERDICT_NONE + 1; v < VERDICT_END; v++)
		buf_printf(out, "sealreg_lookups_total{instance=\"%u\","
		    "verdict=\"%s\"} %" PRIu64 "\n", w->instance,
		    verdict_word((enum verdict)v), w->counts.verdicts[v]);
}

/* Prometheus' text format, version 0.0.4. */
static void
metrics(void *ctx, struct http_req *r)
{
	struct web	*w = ctx;
	struct buf	 out;
	int64_t		 now = tm_now();
	size_t		 i;

	if (!web_query(w, r, none))
		return;
	buf_init(&out, 1u << 20);
	put_counts(w, &out);
	buf_puts(&out, "# HELP sealreg_log_size Leaves under the accepted "
	    "checkpoint.\n# TYPE sealreg_log_size gauge\n"
	    "# TYPE sealreg_log_seals gauge\n"
	    "# HELP sealreg_signature_age_seconds Age of the owner's last "
	    "signature: the lag of a peer.\n"
	    "# TYPE sealreg_signature_age_seconds gauge\n"
	    "# TYPE sealreg_epoch_age_seconds gauge\n"
	    "# TYPE sealreg_log_accepted gauge\n"
	    "# HELP sealreg_log_disputed 1: held at its last good state.\n"
	    "# TYPE sealreg_log_disputed gauge\n");
	for (i = 0; i < w->nlogs; i++)
		put_log_metrics(&w->logs[i], now, &out);
	buf_printf(&out, "# HELP sealreg_recorder_up The recorder is linked "
	    "to this process.\n# TYPE sealreg_recorder_up gauge\n"
	    "sealreg_recorder_up %d\n"
	    "# TYPE sealreg_uptime_seconds gauge\n"
	    "sealreg_uptime_seconds{instance=\"%u\"} %" PRId64 "\n",
	    w->recorder != NULL, w->instance, now - w->started);
	web_reply(w, r, 200, "text/plain; version=0.0.4; charset=utf-8",
	    &out);
}

const struct http_route route_node[] = {
	{ "GET", "/trust", HTTP_PUBLIC | HTTP_PEER, 0, trust },
	{ "GET", "/openapi.json", HTTP_PUBLIC, 0, contract },
	{ "GET", "/livez", HTTP_ALL, 0, live },
	{ "GET", "/readyz", HTTP_ALL, 0, ready },
	{ "GET", "/metrics", HTTP_OPERATOR, 0, metrics },
	{ NULL, NULL, 0, 0, NULL }
};
