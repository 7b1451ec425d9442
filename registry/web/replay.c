#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "registry/judge/evidence.h"
#include "registry/judge/report_html.h"
#include "registry/web/cross.h"
#include "registry/web/replay.h"
#include "schema/msg.pb-c.h"

/* Its format is the first member, as it is written. */
#define LOOKED_AT	256

/* A report is opened as a page: nothing in it runs or is fetched. */
#define REPORT_POLICY	"default-src 'none'; style-src 'unsafe-inline'; " \
	"img-src data:; sandbox"

bool
replay_is_evidence(struct octets o)
{
	static const char	name[] = "\"" EVIDENCE_FORMAT "\"";
	size_t			i = 0, n = o.len < LOOKED_AT ? o.len :
				LOOKED_AT;

	while (i < n && strchr(" \t\r\n", o.p[i]) != NULL && o.p[i] != '\0')
		i++;
	return i < n && o.p[i] == '{' &&
	    memmem(o.p, n, name, sizeof(name) - 1) != NULL;
}

void
replay_answer(struct web *w, struct http_req *r, bool html, struct buf *report)
{
	http_set(r, "Cache-Control", "no-store");
	http_set(r, "Vary", "Accept");
	if (html) {
		http_set(r, "Content-Security-Policy", REPORT_POLICY);
		http_set(r, "X-Content-Type-Options", "nosniff");
	}
	web_reply(w, r, 200, html ? "text/html; charset=utf-8" :
	    "application/json", report);
}

/* What is wanted; one piece for free(). */
struct shape {
	bool		 html;
	enum rule_lang	 lang;
};

static void
answered(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *m)
{
	const struct shape	*s = arg;
	const char		*report = ((const Replayed *)m)->report;
	struct err		 e = ERR_INIT;
	struct buf		 text;

	/* The jail may have been taken over, and people keep the page. */
	if (s->html && !report_html_is_inert(report, s->lang)) {
		(void)err_set_id(&e, ERR_FORMAT, "jail-died",
		    "the evidence has spoilt its reader");
		web_reply_err(w, r, &e);
		return;
	}
	buf_init(&text, LIMIT_REPORT);
	buf_puts(&text, report);
	replay_answer(w, r, s->html, &text);
}

void
replay_evidence(struct web *w, struct http_req *r, const struct replay_ask *q,
    struct octets evidence)
{
	const struct shape shape = { .html = q->html, .lang = q->lang };
	Replay		 m = REPLAY__INIT;
	struct web_call	 call = { .type = MSG_TYPE__MSG_REPLAY,
			    .body = &m.base, .reply = &replayed__descriptor,
			    .done = answered,
			    .arg = xmemdup(&shape, sizeof(shape)) };
	ProtobufCBinaryData between[2];
	struct web_cross cross;
	uint8_t		*packed = NULL;
	size_t		 i;

	web_cross_get(w, &cross);
	for (i = 0; i < cross.n; i++)
		between[i] = (ProtobufCBinaryData){ .len = cross.o[i].len,
		    .data = (uint8_t *)(uintptr_t)cross.o[i].p };
	m.intermediates = between;
	m.n_intermediates = cross.n;
	m.trust = w->trust_text;
	if (w->policy != NULL && w->policy->text != NULL)
		m.policy = w->policy->text;
	m.html = q->html;
	m.lang = q->lang;
	m.has_at = q->has_at;
	m.at = q->at;
	if (q->file != NULL) {
		packed = xmalloc(file_reading__get_packed_size(q->file) + 1);
		m.reading.data = packed;
		m.reading.len = file_reading__pack(q->file, packed);
	}
	web_ask_jail(w, r, &call, evidence);
	web_cross_fini(&cross);
	free(packed);
}
