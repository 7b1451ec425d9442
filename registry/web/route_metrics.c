#include <inttypes.h>
#include <string.h>

#include "schema/msg.pb-c.h"

#include "base/tm.h"
#include "ca/token_live.h"
#include "registry/office/ending.h"
#include "registry/tally.h"
#include "registry/web/web.h"

/*
 * GET /metrics: Prometheus' text format, version 0.0.4.  What this process
 * has counted, what it sees of the logs, and what the recorder answers; where
 * that does not answer, its part is missing and sealreg_recorder_up is 0.
 * docs/operations.md explains each.
 */

static const char *const none[] = { NULL };

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

/* Cumulated, as a histogram is told. */
static void
put_tally(const char *name, const TallyCounts *t, struct buf *out)
{
	uint64_t	n = 0;
	size_t		i;

	if (t == NULL || t->n_count != TALLY_BOUNDS)
		return;
	buf_printf(out, "# TYPE %s histogram\n", name);
	for (i = 0; i < TALLY_BOUNDS; i++) {
		n += t->count[i];
		if (i == TALLY_BOUNDS - 1)
			buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64
			    "\n", name, n);
		else
			buf_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n",
			    name, (double)tally_bound_us[i] / 1e6, n);
	}
	buf_printf(out, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name,
	    (double)t->sum_us / 1e6, name, n);
}

static void
put_counter(const char *name, const char *help, uint64_t n, struct buf *out)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s counter\n%s %" PRIu64 "\n",
	    name, help, name, name, n);
}

static void
put_gauge(const char *name, const char *help, uint64_t n, struct buf *out)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %" PRIu64 "\n",
	    name, help, name, name, n);
}

/* Whether it can, and why not; a stable code, and nothing else. */
static void
put_code(const char *can, const char *refuses, const char *help,
    const char *code, struct buf *out)
{
	static const char	letters[] = "abcdefghijklmnopqrstuvwxyz-";

	put_gauge(can, help, code[0] == '\0', out);
	if (code[0] != '\0' && strspn(code, letters) == strlen(code))
		buf_printf(out, "# TYPE %s gauge\n%s{code=\"%s\"} 1\n",
		    refuses, refuses, code);
}

static void
put_token(const struct web *w, int64_t now, struct buf *out)
{
	struct token_facts	f;

	if (w->token == NULL || !token_live_get(w->token, &f))
		return;
	put_code("sealreg_token_up", "sealreg_token_fails", "1: the token "
	    "that holds keys did what it was last asked.", f.pid == 0 &&
	    f.state[0] == '\0' ? "token-ended" : f.state, out);
	put_counter("sealreg_token_answers_total", "What the token has done "
	    "for the key process that runs.", f.answers, out);
	put_counter("sealreg_token_failures_total", "What it has not done, or "
	    "not in time.", f.failures, out);
	if (f.answered_at != 0)
		put_gauge("sealreg_token_answer_age_seconds", "Since it did "
		    "last what it was asked.", (uint64_t)(now >
		    f.answered_at ? now - f.answered_at : 0), out);
}

static void
put_links(const RecorderStats *m, struct buf *out)
{
	const struct {
		const char	*role;
		uint64_t	 n;
	} links[] = {
		{ "key", m->key_links }, { "jail", m->jail_links },
		{ "sync", m->sync_links }, { "http", m->http_links }
	};
	size_t	i;

	buf_puts(out, "# HELP sealreg_links_total Links to the recorder since "
	    "it began; more than one an instance are restarts.\n"
	    "# TYPE sealreg_links_total counter\n");
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		buf_printf(out, "sealreg_links_total{role=\"%s\"} %" PRIu64
		    "\n", links[i].role, links[i].n);
}

static void
put_stamps(const RecorderStats *m, struct buf *out)
{
	put_counter("sealreg_time_stamps_total", "Time-stamps issued to those "
	    "who asked for them.", m->stamps, out);
	put_counter("sealreg_time_stamp_refusals_total", "Requests for time-"
	    "stamps that were refused.", m->stamps_refused, out);
	put_code("sealreg_can_stamp", "sealreg_stamp_refuses",
	    "1: it issues time-stamps.", m->stamps_refuses, out);
	put_gauge("sealreg_clock_peers", "Peers whose time was heard lately.",
	    m->clock_peers, out);
	put_gauge("sealreg_clock_disagreeing_peers", "Those of them that "
	    "disagree with the clock of this node.", m->clock_off, out);
}

static void
put_recorder(const RecorderStats *m, int64_t now, struct buf *out)
{
	put_counter("sealreg_operations_total", "Operations of the office "
	    "that were answered.", m->operations, out);
	put_counter("sealreg_operation_failures_total", "Those of them that "
	    "were refused.", m->failures, out);
	put_counter("sealreg_commits_total", "Durable batches.", m->commits,
	    out);
	put_counter("sealreg_checkpoints_total", "Checkpoints signed.",
	    m->checkpoints, out);
	put_counter("sealreg_filings_total", "Seals filed.", m->filings, out);
	put_gauge("sealreg_filings_waiting", "Filings that are decided and "
	    "not finished.", m->filing_now, out);
	put_gauge("sealreg_certifying", "Cases that wait for the certificate "
	    "of a licensed body.", m->certifying, out);
	put_gauge("sealreg_certifying_seconds", "How long the oldest of them "
	    "has waited.", m->certifying_since > 0 && now >
	    m->certifying_since ? (uint64_t)(now - m->certifying_since) : 0,
	    out);
	put_gauge("sealreg_revoking", "Certificates whose status a licensed "
	    "body is to be told.", m->revoking, out);
	put_gauge("sealreg_operations_waiting", "Operations that wait for a "
	    "commit.", m->waiting, out);
	put_gauge("sealreg_key_up", "The key process is linked to the "
	    "recorder.", m->key_up, out);
	put_code("sealreg_can_record", "sealreg_refuses", "1: it records.",
	    m->refuses, out);
	put_stamps(m, out);
	put_tally("sealreg_commit_seconds", m->commit, out);
	put_tally("sealreg_key_seconds", m->sign, out);
	put_links(m, out);
}

static void
put_logs(struct web *w, int64_t now, struct buf *out)
{
	size_t	i;

	buf_puts(out, "# HELP sealreg_log_size Leaves under the accepted "
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
		put_log_metrics(&w->logs[i], now, out);
}

static void
put_ending(struct web *w, int64_t now, struct buf *out)
{
	struct ending	n;

	/* Not told where the database does not answer. */
	if (ending_count(w->office, now, LIMIT_ENDING, &n, NULL) != 0)
		return;
	buf_printf(out, "# HELP sealreg_seals_ending Seals in force that end "
	    "within so many days; 1000 may be more.\n"
	    "# TYPE sealreg_seals_ending gauge\n"
	    "sealreg_seals_ending{days=\"7\"} %" PRId64 "\n"
	    "sealreg_seals_ending{days=\"30\"} %" PRId64 "\n", n.soon,
	    n.later);
}

/* m is NULL where the recorder does not answer. */
static void
answer(struct web *w, struct http_req *r, const RecorderStats *m)
{
	struct buf	out;
	int64_t		now = tm_now();

	buf_init(&out, 1u << 20);
	put_counts(w, &out);
	put_logs(w, now, &out);
	buf_printf(&out, "# HELP sealreg_trust_expires_seconds Until the "
	    "trust list expires.\n"
	    "# TYPE sealreg_trust_expires_seconds gauge\n"
	    "sealreg_trust_expires_seconds %" PRId64 "\n",
	    w->trust->expires - now);
	put_gauge("sealreg_recorder_up", "The recorder answers this process.",
	    m != NULL, &out);
	buf_printf(&out, "# HELP sealreg_recorder_links_total Links of this "
	    "process to the recorder; more than one are restarts.\n"
	    "# TYPE sealreg_recorder_links_total counter\n"
	    "sealreg_recorder_links_total{instance=\"%u\"} %" PRIu64 "\n"
	    "# TYPE sealreg_uptime_seconds gauge\n"
	    "sealreg_uptime_seconds{instance=\"%u\"} %" PRId64 "\n",
	    w->instance, w->counts.recorder_links, w->instance,
	    now - w->started);
	put_token(w, now, &out);
	put_ending(w, now, &out);
	if (m != NULL)
		put_recorder(m, now, &out);
	web_reply(w, r, 200, "text/plain; version=0.0.4; charset=utf-8",
	    &out);
}

static void
told(struct web *w, struct http_req *r, void *arg,
    const ProtobufCMessage *reply)
{
	(void)arg;
	answer(w, r, (const RecorderStats *)reply);
}

static void
not_told(struct web *w, struct http_req *r, void *arg, const struct err *e)
{
	(void)arg;
	(void)e;		/* sealreg_recorder_up says so */
	answer(w, r, NULL);
}

static void
metrics(void *ctx, struct http_req *r)
{
	struct web_call	call = { .type = MSG_TYPE__MSG_STATS,
			    .reply = &recorder_stats__descriptor,
			    .done = told, .failed = not_told };

	if (web_query(ctx, r, none))
		web_ask_recorder(ctx, r, &call);
}

const struct http_route route_metrics[] = {
	{ "GET", "/metrics", HTTP_OPERATOR, 0, metrics },
	{ NULL, NULL, 0, 0, NULL }
};
