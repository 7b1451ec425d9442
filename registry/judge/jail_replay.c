#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "ca/chain_pick.h"
#include "registry/judge/jail_replay.h"
#include "registry/judge/report_html.h"
#include "registry/judge/verify_ask.h"
#include "registry/judge/verify_jail.h"
#include "schema/msg.pb-c.h"

/* Everything that judging it holds. */
struct replay {
	const Replay	*q;
	struct trust	*trust;
	struct policy	 policy;
	struct evidence	 ev;
	struct report	 report;
	struct octets	 own[LIMIT_CHAIN_GIVEN];	/* the node's certificates */
	size_t		 nown;
};

static int
read_policy(struct replay *p, struct err *e)
{
	json_t	*root;
	int	 rc;

	if (p->q->policy[0] == '\0')
		return 0;
	root = json_loads(p->q->policy, 0, NULL);
	rc = policy_from_object(root, &p->policy, e);
	json_decref(root);
	return rc;
}

/* What was read of the file itself, in place of what the evidence says was. */
static int
take_reading(struct replay *p, struct err *e)
{
	const struct octets	 o = OCTETS(p->q->reading.data,
				    p->q->reading.len);
	ProtobufCMessage	*m = NULL;
	const FileReading	*f;
	bool			 same;
	int			 rc;

	if (o.len == 0)
		return 0;
	if ((rc = msg_unpack(&file_reading__descriptor, o, &m, e)) != 0)
		return rc;
	f = (const FileReading *)m;
	same = f->digest.len == SM3_LEN && memcmp(f->digest.data,
	    p->ev.digest, SM3_LEN) == 0;
	protobuf_c_message_free_unpacked(m, NULL);
	if (!same)
		return err_set_id(e, ERR_INVAL, "evidence-other-file",
		    "the evidence is about another file");
	free(p->ev.reading);
	free(p->ev.refused);
	p->ev.refused = NULL;
	p->ev.reading = xmemdup(o.p, o.len);
	p->ev.readinglen = o.len;
	return 0;
}

/* What only the evidence says of the file, nobody here has seen. */
static void
not_seen(struct report_part *part)
{
	struct report_check	*c = report_row(part, "format");

	if (c != NULL && c->result != CHECK_FAILED)
		report_change(c, CHECK_UNKNOWN, "SIGNED_DATA_NOT_FOUND",
		    "the evidence says that it is; the file itself was not "
		    "read");
}

static void
judge_alone(struct report *r)
{
	size_t	i;

	not_seen(&r->whole);
	for (i = 0; i < r->nstamps; i++)
		not_seen(&r->stamps[i]);
}

static int
judge(struct replay *p, struct octets evidence, struct err *e)
{
	struct verify_ask	ask = { .policy = &p->policy,
				    .has_at = p->q->has_at, .at = p->q->at,
				    .pictures = p->q->html };
	int			rc;

	if ((rc = trust_parse(OCTETS(p->q->trust, strlen(p->q->trust)), NULL,
	    &p->trust, e)) != 0 || (rc = read_policy(p, e)) != 0 ||
	    (rc = evidence_read(evidence, &p->ev, e)) != 0 ||
	    (rc = take_reading(p, e)) != 0)
		return rc;
	for (; p->nown < p->q->n_intermediates && p->nown < LIMIT_CHAIN_GIVEN;
	    p->nown++)
		p->own[p->nown] = OCTETS(p->q->intermediates[p->nown].data,
		    p->q->intermediates[p->nown].len);
	if (p->policy.max_age > 0)
		p->trust->max_age = p->policy.max_age;
	ask.trust = p->trust;
	ask.intermediates = p->own;
	ask.nintermediates = p->nown;
	if ((rc = verify_replay(OCTETS(NULL, 0), &ask, &p->ev, &p->report,
	    e)) != 0)
		return rc;
	p->report.replayed = true;
	p->report.lists = !p->ev.lists_said ? "not_said" :
	    evidence_lists_gone(&p->ev) > 0 ? "gone" : "whole";
	p->report.alone = p->q->reading.len == 0;
	verify_evidence(&p->ev, &ask, &p->report.kept);
	if (report_evidence_doubt(&p->report) != NULL)
		report_text(&p->report.note,
		    report_evidence_doubt(&p->report));
	if (p->report.alone)
		judge_alone(&p->report);
	return 0;
}

static void
drop_pictures(struct report *r)
{
	size_t	i;

	r->whole.picture.rgb = NULL;
	for (i = 0; i < r->nstamps; i++)
		r->stamps[i].picture.rgb = NULL;
}

/* A page that does not fit into one message is told without pictures. */
static void
put_report(struct replay *p, struct buf *text)
{
	if (!p->q->html) {
		report_json(&p->report, text);
		return;
	}
	report_html(&p->report, (enum rule_lang)p->q->lang, text);
	if (buf_ok(text))
		return;
	drop_pictures(&p->report);
	buf_reset(text);
	report_html(&p->report, (enum rule_lang)p->q->lang, text);
}

static int
run_replay(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	struct replay		*p = xcalloc(1, sizeof(*p));
	Replayed		 reply = REPLAYED__INIT;
	struct buf		 text;
	int			 rc;

	verify_in_jail();
	buf_init(&text, LIMIT_MSG_BODY - 64);
	if ((rc = msg_unpack(&replay__descriptor, in, &m, e)) != 0)
		goto out;
	p->q = (const Replay *)m;
	if (p->q->lang >= LANG_END) {
		rc = err_set(e, ERR_INVAL, "no such language");
		goto out;
	}
	if ((rc = judge(p, large, e)) != 0)
		goto out;
	put_report(p, &text);
	if (!buf_ok(&text)) {
		rc = err_set(e, ERR_TOOBIG, "the report is too long");
		goto out;
	}
	buf_put_u8(&text, '\0');
	reply.report = (char *)text.p;
	msg_put(&reply.base, out);
out:
	report_fini(&p->report);
	evidence_fini(&p->ev);
	policy_fini(&p->policy);
	trust_free(p->trust);
	free(p);
	buf_fini(&text);
	if (m != NULL)
		protobuf_c_message_free_unpacked(m, NULL);
	return rc;
}

const struct jail_handler replay_jail_handlers[] = {
	{ MSG_TYPE__MSG_REPLAY, MSG_TYPE__MSG_JAIL_REPLY, run_replay },
	{ 0, 0, NULL }
};
