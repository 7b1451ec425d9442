#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/chain.h"
#include "ca/chain_pick.h"
#include "ca/crl.h"
#include "filing/jail_chain.h"
#include "registry/judge/verify.h"
#include "schema/msg.pb-c.h"

/* A certificate asked about.  Views are the reading's. */
struct want {
	struct octets	 cert;
	size_t		 province;	/* or CHAINS_ANY */
	enum chains_role role;
	unsigned	 crl;		/* part of its issuer's list */
	struct octets	 between[LIMIT_CHAIN_SET];	/* that came along */
	size_t		 nbetween;
	int64_t		 at[LIMIT_CHAIN_MOMENTS];
	const ChainAt	*said[LIMIT_CHAIN_MOMENTS];	/* or NULL */
	const ChainWord	*word;
	const ChainWord	*heard;		/* in answer to chains_put() */
	int64_t		 open[LIMIT_CHAIN_MOMENTS];	/* asked there */
	size_t		 nat;
};

struct chains {
	const struct verify_ask	*ask;
	struct want		*want;
	size_t			 n;
	unsigned		 crls[LIMIT_VERIFY_PARTS];	/* parts of lists */
	size_t			 ncrls;		/* that others than these are on */
	bool			 left_out;	/* a list that was there */
};

static struct want *
find(const struct chains *c, struct octets cert, size_t province,
    enum chains_role role)
{
	size_t	i;

	for (i = 0; i < c->n; i++)
		if (c->want[i].province == province &&
		    c->want[i].role == role &&
		    octets_same(c->want[i].cert, cert))
			return &c->want[i];
	return NULL;
}

static struct want *
want_of(struct chains *c, const ProtobufCBinaryData *cert, size_t province,
    enum chains_role role)
{
	struct octets	 o = OCTETS(cert->data, cert->len);
	struct want	*w;

	if (cert->len == 0)
		return NULL;
	if ((w = find(c, o, province, role)) != NULL)
		return w;
	if (c->n == LIMIT_CHAIN_ASKS)
		return NULL;
	c->want = xreallocarray(c->want, c->n + 1, sizeof(c->want[0]));
	w = &c->want[c->n++];
	memset(w, 0, sizeof(*w));
	w->cert = o;
	w->province = province;
	w->role = role;
	return w;
}

static void
add_moment(struct want *w, int64_t at)
{
	size_t	i;

	for (i = 0; i < w->nat; i++)
		if (w->at[i] == at)
			return;
	if (w->nat < LIMIT_CHAIN_MOMENTS)
		w->at[w->nat++] = at;
}

static void
add_one_between(struct want *w, struct octets o)
{
	size_t	k;

	for (k = 0; k < w->nbetween && !octets_same(w->between[k], o); k++)
		;
	if (k == w->nbetween && k < LIMIT_CHAIN_SET)
		w->between[w->nbetween++] = o;
}

static void
add_between(struct want *w, const ProtobufCBinaryData *list, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		add_one_between(w, OCTETS(list[i].data, list[i].len));
}

/* A part of somebody's list, beyond the first, that an intermediate is on. */
static void
add_part(struct chains *c, unsigned part)
{
	size_t	i;

	for (i = 0; i < c->ncrls && c->crls[i] != part; i++)
		;
	if (part == 0 || i < c->ncrls)
		return;
	if (i < LIMIT_VERIFY_PARTS)
		c->crls[c->ncrls++] = part;
	else
		c->left_out = true;
}

static void
add_parts_of(struct chains *c, const struct octets *list, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		add_part(c, crl_part_of_cert(list[i]));
}

/* Now, the moment asked about, and those that the stamp tells. */
static void
add_moments(const struct chains *c, struct want *w, const StampReading *s,
    const SealReading *seal)
{
	add_moment(w, c->ask->now);
	if (c->ask->has_at)
		add_moment(w, c->ask->at);
	if (s != NULL && s->signed_at != 0)
		add_moment(w, s->signed_at);
	if (s != NULL && s->time_stamp_at != 0)
		add_moment(w, s->time_stamp_at);
	if (seal != NULL)
		add_moment(w, seal->created);
}

static size_t
province_of(const struct chains *c, const SealReading *seal)
{
	const struct trust_province	*p;

	p = verify_owner(seal, c->ask->trust);
	return p == NULL ? CHAINS_FOREIGN :
	    (size_t)(p - c->ask->trust->provinces);
}

/* The authority behind a token, for its own time and now. */
static void
add_token(struct chains *c, const ProtobufCBinaryData *cert, int64_t at,
    const ProtobufCBinaryData *list, size_t n, unsigned part)
{
	struct want	*w;

	if (at == 0 || (w = want_of(c, cert, CHAINS_ANY,
	    CHAINS_TIME_STAMP)) == NULL)
		return;
	w->crl = part;
	add_moment(w, c->ask->now);
	add_moment(w, at);
	add_between(w, list, n);
}

static void
add_seal(struct chains *c, const SealReading *seal, const StampReading *s)
{
	struct want	*w;

	add_token(c, &seal->time_stamp_certificate, seal->time_stamp_at,
	    seal->time_stamp_certificates, seal->n_time_stamp_certificates,
	    seal->time_stamp_crl);
	w = want_of(c, &seal->maker_certificate, province_of(c, seal),
	    CHAINS_MAKER);
	if (w == NULL)
		return;
	w->crl = seal->maker_crl;
	add_moments(c, w, s, seal);
	if (s != NULL)
		add_between(w, s->certificates, s->n_certificates);
}

static void
add_stamp(struct chains *c, const StampReading *s)
{
	struct want	*w;
	size_t		 i;

	if (s->seal != NULL)
		add_seal(c, s->seal, s);
	for (i = 0; i < s->n_crls; i++)
		add_part(c, s->crls[i]);
	w = want_of(c, &s->signer_certificate, s->seal != NULL ?
	    province_of(c, s->seal) : CHAINS_ANY, CHAINS_SIGNER);
	if (w != NULL) {
		w->crl = s->signer_crl;
		add_moments(c, w, s, NULL);
		add_between(w, s->certificates, s->n_certificates);
	}
	add_token(c, &s->time_stamp_certificate, s->time_stamp_at,
	    s->time_stamp_certificates, s->n_time_stamp_certificates,
	    s->time_stamp_crl);
}

struct chains *
chains_new(const FileReading *m, const struct verify_ask *ask)
{
	struct chains	*c = xcalloc(1, sizeof(*c));
	size_t		 i;

	c->ask = ask;
	if (ask->policy != NULL)
		add_parts_of(c, ask->policy->intermediates,
		    ask->policy->nintermediates);
	add_parts_of(c, ask->intermediates, ask->nintermediates);
	add_parts_of(c, ask->kept, ask->nkept);
	if (m->seal != NULL)
		add_seal(c, m->seal, NULL);
	for (i = 0; i < m->n_stamps && i < LIMIT_REPORT_STAMPS; i++)
		add_stamp(c, m->stamps[i]);
	return c;
}

void
chains_free(struct chains *c)
{
	if (c == NULL)
		return;
	free(c->want);
	free(c);
}

/* The moments of which nothing is known yet. */
static size_t
open_of(const struct want *w, int64_t *out)
{
	size_t	i, n = 0;

	for (i = 0; i < w->nat; i++)
		if (w->said[i] == NULL) {
			if (out != NULL)
				out[n] = w->at[i];
			n++;
		}
	return n;
}

bool
chains_wanted(const struct chains *c)
{
	size_t	i;

	for (i = 0; i < c->n; i++)
		if (open_of(&c->want[i], NULL) > 0)
			return true;
	return false;
}

size_t
chains_count(const struct chains *c)
{
	return c->n;
}

void
chains_key(const struct chains *c, size_t i, struct buf *out)
{
	const struct want	*w = &c->want[i];
	uint64_t		 head[3] = { w->province, (uint64_t)w->role,
				    w->nbetween };
	size_t			 k;

	buf_put(out, head, sizeof(head));
	for (k = 0; k < w->nbetween; k++) {
		buf_put(out, &w->between[k].len, sizeof(w->between[k].len));
		buf_put_octets(out, w->between[k]);
	}
	buf_put_octets(out, w->cert);
}

void
chains_recall(struct chains *c, size_t i, const ChainWord *known)
{
	struct want	*w = &c->want[i];
	size_t		 k, j;

	w->word = known;
	for (k = 0; k < w->nat; k++)
		for (j = 0; j < known->n_at && w->said[k] == NULL; j++)
			if (known->at[j]->from <= w->at[k] &&
			    w->at[k] <= known->at[j]->until)
				w->said[k] = known->at[j];
}

const ChainWord *
chains_heard(const struct chains *c, size_t i)
{
	return c->want[i].heard;
}

bool
chains_wants(const struct chains *c, size_t province)
{
	size_t	i;

	for (i = 0; i < c->n; i++)
		if (c->want[i].province == province ||
		    c->want[i].province == CHAINS_ANY)
			return true;
	return false;
}

bool
chains_names(const struct chains *c, size_t province)
{
	size_t	i;

	for (i = 0; i < c->n; i++)
		if (c->want[i].province == province)
			return true;
	return false;
}

static size_t
put_part(unsigned *parts, size_t n, size_t max, unsigned part)
{
	size_t	k;

	for (k = 0; k < n && parts[k] != part; k++)
		;
	if (k == n && n < max)
		parts[n++] = part;
	return n;
}

size_t
chains_parts(const struct chains *c, size_t province, unsigned *parts,
    size_t max)
{
	const struct want	*w;
	size_t			 i, n = 0;

	for (i = 0; i < c->n; i++) {
		w = &c->want[i];
		if (w->crl != 0 && (w->province == province ||
		    w->province == CHAINS_ANY))
			n = put_part(parts, n, max, w->crl);
	}
	for (i = 0; i < c->ncrls; i++)
		n = put_part(parts, n, max, c->crls[i]);
	return n;
}

void
chains_leave_out(struct chains *c)
{

	c->left_out = true;
}

/* Each part is counted once, of whichever province's list it is. */
bool
chains_crowded(const struct chains *c)
{
	unsigned	parts[LIMIT_VERIFY_PARTS + 1];
	size_t		i, n = 0;

	for (i = 0; i < c->n; i++)
		if (c->want[i].crl != 0)
			n = put_part(parts, n, LIMIT_VERIFY_PARTS + 1,
			    c->want[i].crl);
	for (i = 0; i < c->ncrls; i++)
		n = put_part(parts, n, LIMIT_VERIFY_PARTS + 1, c->crls[i]);
	return c->left_out || n > LIMIT_VERIFY_PARTS;
}

/* protobuf-c has no const; packing does not write. */
static ProtobufCBinaryData
binary(struct octets o)
{
	return (ProtobufCBinaryData){ .data = (uint8_t *)(uintptr_t)o.p,
	    .len = o.len };
}

static void
add_anchor(ChainSet *set, struct octets o)
{
	size_t	i;

	for (i = 0; i < set->n_anchors; i++)
		if (octets_same(OCTETS(set->anchors[i].data,
		    set->anchors[i].len),
		    o))
			return;
	if (set->n_anchors < LIMIT_CHAIN_GIVEN)
		set->anchors[set->n_anchors++] = binary(o);
}

static size_t
put_all(ProtobufCBinaryData *to, size_t n, const struct octets *o, size_t no)
{
	size_t	i;

	for (i = 0; i < no && n < LIMIT_CHAIN_GIVEN; i++)
		to[n++] = binary(o[i]);
	return n;
}

/* The anchors of a province (or of all), those of the policy, and what we have
 * that may lead to them: apart from what strangers bring, who cannot crowd it
 * out. */
static void
fill_set(const struct verify_ask *ask, size_t province, ChainSet *set)
{
	const struct trust_province	*p;
	size_t				 i, k;

	chain_set__init(set);
	set->anchors = xcalloc(LIMIT_CHAIN_GIVEN, sizeof(set->anchors[0]));
	set->between = xcalloc(LIMIT_CHAIN_GIVEN, sizeof(set->between[0]));
	set->kept = xcalloc(LIMIT_CHAIN_GIVEN, sizeof(set->kept[0]));
	for (i = 0; i < ask->trust->nprovinces; i++) {
		p = &ask->trust->provinces[i];
		for (k = 0; k < p->nca && (province == CHAINS_ANY ||
		    province == i); k++)
			add_anchor(set, p->ca[k]);
	}
	set->marking = (uint32_t)set->n_anchors;
	for (i = 0; ask->policy != NULL && i < ask->policy->nanchors; i++)
		add_anchor(set, ask->policy->anchors[i]);
	if (ask->policy != NULL)
		set->n_between = put_all(set->between, 0,
		    ask->policy->intermediates, ask->policy->nintermediates);
	set->n_between = put_all(set->between, set->n_between,
	    ask->intermediates, ask->nintermediates);
	set->n_kept = put_all(set->kept, 0, ask->kept, ask->nkept);
}

/* What the message is made of; one block each. */
struct parts {
	ChainSet		 set[LIMIT_CHAIN_ASKS];
	ChainSet		*sets[LIMIT_CHAIN_ASKS];
	size_t			 of[LIMIT_CHAIN_ASKS];
	ChainAsk		 ask[LIMIT_CHAIN_ASKS];
	ChainAsk		*asks[LIMIT_CHAIN_ASKS];
	ProtobufCBinaryData	 between[LIMIT_CHAIN_ASKS][LIMIT_CHAIN_SET];
	ProtobufCBinaryData	*crls;
	size_t			 nsets, nasks;
};

static uint32_t
set_of(struct parts *p, const struct verify_ask *ask, size_t province)
{
	size_t	i;

	for (i = 0; i < p->nsets; i++)
		if (p->of[i] == province)
			return (uint32_t)i;
	fill_set(ask, province, &p->set[i]);
	p->sets[i] = &p->set[i];
	p->of[i] = province;
	p->nsets++;
	return (uint32_t)i;
}

static void
fill_ask(const struct chains *c, struct parts *p, size_t i)
{
	struct want	*w = &c->want[i];
	ChainAsk	*q = &p->ask[i];
	size_t		 k;

	chain_ask__init(q);
	q->certificate = binary(w->cert);
	q->set = set_of(p, c->ask, w->province);
	for (k = 0; k < w->nbetween; k++)
		p->between[i][k] = binary(w->between[k]);
	q->between = p->between[i];
	q->n_between = w->nbetween;
	q->purpose = w->role == CHAINS_TIME_STAMP ? CHAIN_TIME_STAMP :
	    w->role == CHAINS_MAKER ? CHAIN_MAKE : CHAIN_SIGN;
	q->at = w->open;
	q->n_at = open_of(w, w->open);
	p->asks[p->nasks++] = q;
}

void
chains_put(const struct chains *c, const struct octets *crls, size_t ncrls,
    struct buf *out)
{
	struct parts	*p = xcalloc(1, sizeof(*p));
	CheckChains	 q = CHECK_CHAINS__INIT;
	uint8_t		*packed;
	size_t		 i;

	for (i = 0; i < c->n; i++)
		if (open_of(&c->want[i], NULL) > 0)
			fill_ask(c, p, i);
	p->crls = xcalloc(ncrls + 1, sizeof(p->crls[0]));
	for (i = 0; i < ncrls && i < LIMIT_CHAIN_GIVEN; i++)
		p->crls[i] = binary(crls[i]);
	q.sets = p->sets;
	q.n_sets = p->nsets;
	q.asks = p->asks;
	q.n_asks = p->nasks;
	q.crls = p->crls;
	q.n_crls = i;
	packed = xmalloc(check_chains__get_packed_size(&q) + 1);
	buf_put(out, packed, check_chains__pack(&q, packed));
	free(packed);
	for (i = 0; i < p->nsets; i++) {
		free(p->set[i].anchors);
		free(p->set[i].between);
		free(p->set[i].kept);
	}
	free(p->crls);
	free(p);
}

/* The words are those of the open questions, in their order. */
static bool
fits(const struct chains *c, const ChainsChecked *m)
{
	size_t	i, k = 0, n;

	for (i = 0; i < c->n; i++) {
		if ((n = open_of(&c->want[i], NULL)) == 0)
			continue;
		if (k == m->n_words || m->words[k]->n_at != n)
			return false;
		k++;
	}
	return k == m->n_words;
}

void
chains_set(struct chains *c, const ChainsChecked *m)
{
	struct want	*w;
	size_t		 i, j, k = 0, n;

	if (m == NULL || !fits(c, m))
		return;
	for (i = 0; i < c->n; i++) {
		w = &c->want[i];
		if (open_of(w, NULL) == 0)
			continue;
		w->heard = m->words[k++];
		w->word = w->heard;
		for (j = 0, n = 0; j < w->nat; j++)
			if (w->said[j] == NULL)
				w->said[j] = w->heard->at[n++];
	}
}

const ChainAt *
chains_at(const struct chains *c, struct octets cert, size_t province,
    enum chains_role role, int64_t at, const ChainWord **word)
{
	const struct want	*w;
	size_t			 i;

	if (word != NULL)
		*word = NULL;
	if ((w = find(c, cert, province, role)) == NULL)
		return NULL;
	if (word != NULL)
		*word = w->word;
	for (i = 0; i < w->nat; i++)
		if (w->at[i] == at)
			return w->said[i];
	return NULL;
}
