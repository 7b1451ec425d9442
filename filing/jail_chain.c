#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/sm.h"
#include "ca/cert.h"
#include "ca/chain.h"
#include "ca/chain_pick.h"
#include "filing/jail_chain.h"
#include "schema/msg.pb-c.h"

/* Authorities between a leaf and the anchor of its province. */
#define CHAIN_DEPTH	3

/* Views of one question, good as long as the message. */
struct question {
	struct octets	*anchors, *ours, *strange;	/* LIMIT_CHAIN_GIVEN */
	struct octets	*crls;
	struct chain_lists *lists;
	struct chain_picked picked;
	struct octets	 leaf;
	struct chain_spec spec;
};

static size_t
octets_of(const ProtobufCBinaryData *from, size_t n, struct octets *to)
{
	size_t	i;

	for (i = 0; i < n; i++)
		to[i] = OCTETS(from[i].data, from[i].len);
	return i;
}

/* What can matter for this one. */
static void
choose(struct question *q, const ChainSet *set, const ChainAsk *ask)
{
	struct chain_given	g = { .anchors = q->anchors, .ours = q->ours,
				    .strange = q->strange,
				    .lists = q->lists };

	if (set != NULL) {
		g.nanchors = octets_of(set->anchors, set->n_anchors,
		    q->anchors);
		g.nmarking = set->marking;
		g.nours = octets_of(set->between, set->n_between, q->ours);
		g.nstrange = octets_of(set->kept, set->n_kept, q->strange);
	}
	g.nstrange += octets_of(ask->between, ask->n_between,
	    q->strange + g.nstrange);
	chain_pick(q->leaf, &g, &q->picked);
}

/* What stands between the leaf and the anchor, upwards. */
static void
put_way(const struct chain_result *res, ChainAt *m)
{
	struct cert	*c;
	ChainStep	*s;
	unsigned	 i;

	if (res->length < 3)
		return;
	m->via = xcalloc(res->length, sizeof(*m->via));
	for (i = 1; i + 1 < res->length; i++) {
		if (cert_parse(res->path[i], &c, NULL) != 0)
			continue;
		s = m->via[m->n_via++] = xmalloc(sizeof(*s));
		chain_step__init(s);
		s->subject = xstrdup(cert_facts(c)->subject);
		s->serial.len = cert_facts(c)->seriallen;
		s->serial.data = xmemdup(cert_facts(c)->serial,
		    s->serial.len);
		s->cross = cert_is_cross(c);
		cert_free(c);
	}
}

/* One certificate at one moment. */
static ChainAt *
judge(struct question *q, int64_t at)
{
	struct chain_result	 res;
	struct err		 why = ERR_INIT;
	ChainAt			*m = xmalloc(sizeof(*m));
	struct octets		 top;
	int			 rc;

	chain_at__init(m);
	q->spec.at = at;
	/* Without any list, what is good lacks one, and is not judged twice. */
	q->spec.need_crl = q->spec.ncrls > 0;
	rc = chain_verify(q->leaf, &q->spec, &res, &why);
	if (rc == 0 && !q->spec.need_crl) {
		m->no_crl = res.length > 1;
	} else if (rc != 0 && strcmp(why.id, "crl-missing") == 0) {
		m->no_crl = true;
		q->spec.need_crl = false;
		why = (struct err)ERR_INIT;
		rc = chain_verify(q->leaf, &q->spec, &res, &why);
	}
	/* What could be read may revoke it, and cannot clear it. */
	if (rc == 0 && q->picked.crowded)
		rc = err_set_id(&why, ERR_VERIFY, "bad-crl", "there are more "
		    "revocation lists of its authorities than are looked at");
	m->id = xstrdup(rc == 0 ? "" : why.id);
	m->text = xstrdup(rc == 0 ? "" : why.text);
	m->revoked_at = rc == 0 ? 0 : res.revoked_at;
	m->from = res.from;
	m->until = res.until;
	m->unmarked = rc == 0 && res.unmarked;
	if (rc == 0) {
		top = res.path[res.length - 1];
		m->anchor.data = xmalloc(SM3_LEN);
		m->anchor.len = SM3_LEN;
		sm3(top.p, top.len, m->anchor.data);
		put_way(&res, m);
	}
	return m;
}

/* The answer for this moment: one given before, if it spans it. */
static ChainAt *
judge_or_repeat(struct question *q, int64_t at, ChainAt *const *before,
    size_t n)
{
	ProtobufCMessage	*copy;
	uint8_t			*packed;
	size_t			 i, len;

	for (i = 0; i < n; i++)
		if (before[i]->from <= at && at <= before[i]->until)
			break;
	if (i == n)
		return judge(q, at);
	packed = xmalloc(chain_at__get_packed_size(before[i]) + 1);
	len = chain_at__pack(before[i], packed);
	copy = protobuf_c_message_unpack(&chain_at__descriptor, NULL, len,
	    packed);
	free(packed);
	return copy != NULL ? (ChainAt *)copy : judge(q, at);
}

static ChainWord *
answer(const CheckChains *all, const ChainAsk *ask, struct question *q)
{
	const struct cert_facts	*f;
	struct cert		*c = NULL;
	ChainWord		*m = xmalloc(sizeof(*m));
	size_t			 i;

	chain_word__init(m);
	q->leaf = OCTETS(ask->certificate.data, ask->certificate.len);
	choose(q, ask->set < all->n_sets ? all->sets[ask->set] : NULL, ask);
	q->spec = (struct chain_spec){
		.anchors = q->picked.anchors, .nanchors = q->picked.nanchors,
		.nmarking = q->picked.nmarking,
		.between = q->picked.between, .nbetween = q->picked.nbetween,
		.crls = q->picked.crls, .ncrls = q->picked.ncrls,
		.depth = CHAIN_DEPTH, .lenient = true,
		.purpose = ask->purpose == CHAIN_TIME_STAMP ||
		    ask->purpose == CHAIN_MAKE ?
		    (enum chain_purpose)ask->purpose : CHAIN_SIGN
	};
	if (cert_parse(q->leaf, &c, NULL) == 0) {
		f = cert_facts(c);
		m->subject = xstrdup(f->subject);
		m->issuer = xstrdup(f->issuer);
		m->not_before = f->not_before;
		m->not_after = f->not_after;
		cert_free(c);
	}
	m->at = xcalloc(ask->n_at + 1, sizeof(*m->at));
	for (i = 0; i < ask->n_at; i++)
		m->at[i] = judge_or_repeat(q, ask->at[i], m->at, i);
	m->n_at = ask->n_at;
	return m;
}

static bool
is_too_much(const CheckChains *q)
{
	size_t	i;

	if (q->n_asks > LIMIT_CHAIN_ASKS || q->n_crls > LIMIT_CHAIN_GIVEN)
		return true;
	for (i = 0; i < q->n_asks; i++)
		if (q->asks[i]->n_at > LIMIT_CHAIN_MOMENTS ||
		    q->asks[i]->n_between > LIMIT_CHAIN_GIVEN)
			return true;
	for (i = 0; i < q->n_sets; i++)
		if (q->sets[i]->n_anchors > LIMIT_CHAIN_GIVEN ||
		    q->sets[i]->n_between > LIMIT_CHAIN_GIVEN ||
		    q->sets[i]->n_kept > LIMIT_CHAIN_GIVEN)
			return true;
	return false;
}

static struct question *
question_new(const CheckChains *m)
{
	struct question	*q = xcalloc(1, sizeof(*q));

	q->anchors = xcalloc(LIMIT_CHAIN_GIVEN, sizeof(q->anchors[0]));
	q->ours = xcalloc(LIMIT_CHAIN_GIVEN, sizeof(q->ours[0]));
	q->strange = xcalloc(2 * LIMIT_CHAIN_GIVEN,
	    sizeof(q->strange[0]));
	q->crls = xcalloc(m->n_crls + 1, sizeof(q->crls[0]));
	q->lists = chain_lists_new(q->crls, octets_of(m->crls, m->n_crls,
	    q->crls));
	return q;
}

static void
question_free(struct question *q)
{

	if (q == NULL)
		return;
	chain_lists_free(q->lists);
	free(q->anchors);
	free(q->ours);
	free(q->strange);
	free(q->crls);
	free(q);
}

/* CRLs may be larger than a message: the question comes as either part. */
int
jail_check_chains(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const CheckChains	*q;
	ChainsChecked		*reply = NULL;
	struct question		*work = NULL;
	size_t			 i;
	int			 rc;

	if ((rc = msg_unpack(&check_chains__descriptor,
	    large.len > 0 ? large : in, &m, e)) != 0)
		goto out;
	q = (const CheckChains *)m;
	if (is_too_much(q)) {
		rc = err_set(e, ERR_TOOBIG, "too many certificates at once");
		goto out;
	}
	work = question_new(q);
	reply = xmalloc(sizeof(*reply));
	chains_checked__init(reply);
	reply->words = xcalloc(q->n_asks + 1, sizeof(*reply->words));
	for (i = 0; i < q->n_asks; i++)
		reply->words[reply->n_words++] = answer(q, q->asks[i], work);
	msg_put(&reply->base, out);

	rc = 0;
out:
	if (reply != NULL)
		chains_checked__free_unpacked(reply, NULL);
	protobuf_c_message_free_unpacked(m, NULL);
	question_free(work);
	return rc;
}
