#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/der.h"
#include "base/mem.h"
#include "ca/chain_pick.h"
#include "ca/crl.h"

/* ---- lists */

/* Keys that a list is remembered not to be signed with. */
#define TRIED		4

struct list {
	struct octets	 der;
	struct octets	 name;		/* of its issuer, with its header */
	X509_NAME	*issuer;	/* NULL: cannot be read; else its own
					 * or that of one before */
	bool		 shared;
	/* What was found for an earlier leaf. */
	bool		 has_key;
	uint8_t		 key[SM2_POINT_LEN], other[TRIED][SM2_POINT_LEN];
	size_t		 nother;
};

struct chain_lists {
	struct list	*l;
	size_t		 n;
	unsigned	 checks;	/* signatures tried, for all leaves */
};

/* The issuer's name, without reading the rest (RFC 5280, 5.1). */
static bool
peek(struct octets der, struct octets *name)
{
	struct cursor	c = cursor_of(der.p, der.len);
	struct der	d;

	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		return false;
	c = der_inside(&d);
	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		return false;
	c = der_inside(&d);
	/* The version, the algorithm, the name. */
	if (der_expect(&c, DER_INTEGER, &d, "", NULL) != 0 ||
	    der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0 ||
	    der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		return false;
	*name = d.tlv;
	return true;
}

struct chain_lists *
chain_lists_new(const struct octets *crls, size_t n)
{
	struct chain_lists	*s = xcalloc(1, sizeof(*s));
	struct list		*l, *last = NULL;
	const uint8_t		*p;
	size_t			 i;

	s->l = xcalloc(n + 1, sizeof(s->l[0]));
	s->n = n;
	for (i = 0; i < n; i++) {
		l = &s->l[i];
		l->der = crls[i];
		if (!peek(l->der, &l->name))
			continue;
		/* Parts of one list follow each other. */
		if (last != NULL && octets_same(last->name, l->name)) {
			l->issuer = last->issuer;
			l->shared = true;
		} else {
			p = l->name.p;
			l->issuer = d2i_X509_NAME(NULL, &p,
			    (long)l->name.len);
		}
		if (l->issuer != NULL)
			last = l;
	}
	ERR_clear_error();
	return s;
}

void
chain_lists_free(struct chain_lists *s)
{
	size_t	i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		if (!s->l[i].shared)
			X509_NAME_free(s->l[i].issuer);
	free(s->l);
	free(s);
}

/* ---- certificates */

enum kind { ANCHOR, OURS, STRANGE };

struct hand {
	struct cert	*c;		/* NULL: cannot be read */
	struct octets	 der;
	enum kind	 kind;
	bool		 marking;	/* chain_spec */
	bool		 chosen;
	uint8_t		 id[CERT_KEY_ID];
	bool		 has_id;
};

struct pick {
	struct cert	*leaf;
	struct hand	*hand;
	size_t		 n;
	/* Breadth first: what is nearer to the leaf comes first. */
	const struct cert *queue[2 * LIMIT_CHAIN_SET + 1];
	size_t		 nqueue;
	size_t		 chosen[3];	/* of each kind */
};

static void
take(struct pick *p, const struct octets *o, size_t n, enum kind kind,
    size_t nmarking)
{
	struct hand	*h;
	size_t		 i;

	for (i = 0; i < n; i++) {
		h = &p->hand[p->n];
		if (cert_parse(o[i], &h->c, NULL) != 0)
			continue;
		h->der = o[i];
		h->kind = kind;
		h->marking = i < nmarking;
		h->has_id = cert_key_id(h->c, h->id);
		p->n++;
	}
}

static bool
has_room(const struct pick *p, enum kind kind)
{

	if (kind == ANCHOR)
		return p->chosen[ANCHOR] < LIMIT_CHAIN_SET;
	return (kind == OURS || p->chosen[STRANGE] < LIMIT_CHAIN_STRANGE) &&
	    p->chosen[OURS] + p->chosen[STRANGE] < LIMIT_CHAIN_SET;
}

/* Whoever may have issued c, by name and key identifier. */
static void
choose_issuers(struct pick *p, const struct cert *c)
{
	uint8_t		 want[CERT_KEY_ID];
	bool		 told = cert_issuer_key_id(c, want);
	X509_NAME	*name = X509_get_issuer_name(cert_x509_keyless(c));
	struct hand	*h;
	size_t		 i;

	for (i = 0; i < p->n; i++) {
		h = &p->hand[i];
		if (h->chosen || !has_room(p, h->kind) ||
		    (told && h->has_id &&
		    memcmp(want, h->id, sizeof(want)) != 0) ||
		    X509_NAME_cmp(name,
		    X509_get_subject_name(cert_x509_keyless(h->c))) != 0)
			continue;
		h->chosen = true;
		p->chosen[h->kind]++;
		p->queue[p->nqueue++] = h->c;
	}
}

static void
put_chosen(const struct pick *p, struct chain_picked *out)
{
	const struct hand	*h;
	size_t			 i;

	for (i = 0; i < p->n; i++) {
		h = &p->hand[i];
		if (!h->chosen)
			continue;
		if (h->kind != ANCHOR) {
			out->between[out->nbetween++] = h->der;
			continue;
		}
		out->anchors[out->nanchors++] = h->der;
		out->nmarking += h->marking;
	}
}

/* ---- both */

enum tells { NOTHING, TELLS, UNREAD };

/* Is it signed with this key?  The same is asked for many leaves. */
static bool
is_signed_with(struct list *l, const struct crl *crl, const struct cert *by,
    const uint8_t key[SM2_POINT_LEN], unsigned *checks)
{
	size_t	i;

	if (l->has_key)
		return memcmp(l->key, key, SM2_POINT_LEN) == 0;
	for (i = 0; i < l->nother; i++)
		if (memcmp(l->other[i], key, SM2_POINT_LEN) == 0)
			return false;
	if (*checks == LIMIT_CHAIN_GIVEN)
		return false;
	++*checks;
	if (crl_verify(crl, by, NULL) == 0) {
		l->has_key = true;
		memcpy(l->key, key, SM2_POINT_LEN);
	} else if (l->nother < TRIED) {
		memcpy(l->other[l->nother++], key, SM2_POINT_LEN);
	}
	return l->has_key;
}

/* Has one of the chosen signed it?  Each key is tried once. */
static bool
is_signed(const struct pick *p, struct list *l, const struct crl *crl,
    unsigned *checks)
{
	uint8_t	tried[2 * LIMIT_CHAIN_SET + 1][SM2_POINT_LEN];
	size_t	i, k, n = 0;

	for (i = 1; i < p->nqueue; i++) {
		if (!crl_is_by(crl, p->queue[i]) ||
		    crl_is_by_other_key(crl, p->queue[i]) ||
		    cert_point(p->queue[i], tried[n], NULL) != 0)
			continue;
		for (k = 0; k < n && memcmp(tried[k], tried[n],
		    SM2_POINT_LEN) != 0; k++)
			;
		if (k < n)
			continue;
		if (is_signed_with(l, crl, p->queue[i], tried[n++], checks))
			return true;
	}
	return false;
}

/* Does it tell of one of the chosen?  Where checks is not NULL: has one of them
 * signed it, too? */
static enum tells
tells_of(const struct pick *p, struct list *l, unsigned *checks, bool *holds)
{
	enum tells	 says = NOTHING;
	struct crl	*crl;
	bool		 named = l->issuer == NULL;
	size_t		 i;

	for (i = 1; i < p->nqueue && !named; i++)
		named = X509_NAME_cmp(l->issuer, X509_get_subject_name(
		    cert_x509_keyless(p->queue[i]))) == 0;
	if (!named)
		return NOTHING;
	if (crl_parse(l->der, &crl, NULL) != 0)
		return UNREAD;
	for (i = 0; i < p->nqueue && says == NOTHING; i++)
		if (crl_covers(crl, p->queue[i]))
			says = TELLS;
	if (checks != NULL)
		*holds = is_signed(p, l, crl, checks);
	crl_free(crl);
	return says;
}

static void
put_list(struct chain_picked *out, struct octets der)
{

	if (out->ncrls < LIMIT_CHAIN_SET)
		out->crls[out->ncrls++] = der;
	else
		out->crowded = true;
}

static void
pick_lists(const struct pick *p, struct chain_lists *s,
    struct chain_picked *out)
{
	enum tells	*says = xcalloc(s->n + 1, sizeof(*says));
	bool		*holds = xcalloc(s->n + 1, sizeof(*holds));
	size_t		 i, n = 0;

	for (i = 0; i < s->n; i++)
		n += (says[i] = tells_of(p, &s->l[i], NULL,
		    NULL)) != NOTHING;
	for (i = 0; i < s->n; i++) {
		if (n > LIMIT_CHAIN_SET && says[i] == TELLS)
			says[i] = tells_of(p, &s->l[i], &s->checks,
			    &holds[i]);
		if (says[i] == TELLS && (n <= LIMIT_CHAIN_SET || holds[i]))
			put_list(out, s->l[i].der);
	}
	for (i = 0; i < s->n; i++)
		if (says[i] == UNREAD ||
		    (says[i] == TELLS && n > LIMIT_CHAIN_SET && !holds[i]))
			put_list(out, s->l[i].der);
	free(says);
	free(holds);
}

void
chain_pick(struct octets leaf, const struct chain_given *g,
    struct chain_picked *out)
{
	struct pick	*p = xcalloc(1, sizeof(*p));
	size_t		 i;

	memset(out, 0, sizeof(*out));
	p->hand = xcalloc(g->nanchors + g->nours + g->nstrange + 1,
	    sizeof(p->hand[0]));
	if (cert_parse(leaf, &p->leaf, NULL) != 0)
		goto out;
	take(p, g->anchors, g->nanchors, ANCHOR, g->nmarking);
	take(p, g->ours, g->nours, OURS, 0);
	take(p, g->strange, g->nstrange, STRANGE, 0);
	p->queue[p->nqueue++] = p->leaf;
	for (i = 0; i < p->nqueue; i++)
		choose_issuers(p, p->queue[i]);
	put_chosen(p, out);
	if (g->lists != NULL)
		pick_lists(p, g->lists, out);
out:
	for (i = 0; i < p->n; i++)
		cert_free(p->hand[i].c);
	cert_free(p->leaf);
	free(p->hand);
	free(p);
}
