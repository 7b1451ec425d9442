#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/sm.h"
#include "ca/cert.h"
#include "ca/chain.h"
#include "filing/jail_chain.h"
#include "schema/msg.pb-c.h"

/* Authorities between a leaf and the anchor of its province. */
#define CHAIN_DEPTH	3

/* Views of one question, good as long as the message. */
struct question {
	struct octets	 anchors[LIMIT_CHAIN_SET];
	struct octets	 between[LIMIT_CHAIN_SET];
	struct octets	 crls[LIMIT_CHAIN_SET];
	struct octets	 leaf;
	struct chain_spec spec;
};

static size_t
octets_of(const ProtobufCBinaryData *from, size_t n, struct octets *to)
{
	size_t	i;

	for (i = 0; i < n && i < LIMIT_CHAIN_SET; i++)
		to[i] = OCTETS(from[i].data, from[i].len);
	return i;
}

/* Those that read: a stranger's junk must not spoil the rest. */
static size_t
readable(const ProtobufCBinaryData *from, size_t n, struct octets *to)
{
	struct cert	*c;
	struct octets	 o;
	size_t		 i, kept = 0;

	for (i = 0; i < n && kept < LIMIT_CHAIN_SET; i++) {
		o = OCTETS(from[i].data, from[i].len);
		if (cert_parse(o, &c, NULL) != 0)
			continue;
		cert_free(c);
		to[kept++] = o;
	}
	return kept;
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
	q->spec = (struct chain_spec){
		.anchors = q->anchors, .between = q->between,
		.crls = q->crls, .depth = CHAIN_DEPTH, .lenient = true,
		.purpose = ask->purpose == CHAIN_TIME_STAMP ||
		    ask->purpose == CHAIN_MAKE ?
		    (enum chain_purpose)ask->purpose : CHAIN_SIGN
	};
	if (ask->set < all->n_sets) {
		q->spec.nanchors = octets_of(all->sets[ask->set]->anchors,
		    all->sets[ask->set]->n_anchors, q->anchors);
		q->spec.nmarking = all->sets[ask->set]->marking;
	}
	q->spec.nbetween = readable(ask->between, ask->n_between,
	    q->between);
	q->spec.ncrls = octets_of(all->crls, all->n_crls, q->crls);
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

/* CRLs may be larger than a message: the question comes as either part. */
int
jail_check_chains(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const CheckChains	*q;
	ChainsChecked		*reply = NULL;
	struct question		*work = xcalloc(1, sizeof(*work));
	size_t			 i;
	int			 rc;

	if ((rc = msg_unpack(&check_chains__descriptor,
	    large.len > 0 ? large : in, &m, e)) != 0)
		goto out;
	q = (const CheckChains *)m;
	for (i = 0; i < q->n_asks && q->asks[i]->n_at <= LIMIT_CHAIN_MOMENTS;
	    i++)
		;
	if (i < q->n_asks || q->n_asks > LIMIT_CHAIN_ASKS) {
		rc = err_set(e, ERR_TOOBIG, "too many certificates at once");
		goto out;
	}
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
	free(work);
	return rc;
}
