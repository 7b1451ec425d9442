#include <string.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "ca/chain_path.h"

#define MAX	(2 * LIMIT_CHAIN_SET)

/* What one search has found: breadth first, so each by its shortest way. */
struct search {
	size_t	queue[MAX + 1];		/* index of given; LEAF is the leaf */
	size_t	child[MAX + 1];		/* position in queue of whom it issued */
	size_t	depth[MAX + 1];
	size_t	n;
	bool	seen[MAX];
};
#define LEAF	MAX

static const struct cert *
at(const struct chain_paths *p, size_t i)
{
	return i == LEAF ? p->leaf : p->given[i];
}

/* By everything but its signature. */
static bool
may_have_issued(const struct chain_paths *p, size_t i, const struct cert *c)
{
	const struct cert	*by = p->given[i];
	const bool		 anchor = i < p->nanchors;
	const struct cert_facts	*f = cert_facts(by);
	uint8_t			 want[CERT_KEY_ID], id[CERT_KEY_ID];

	if (X509_NAME_cmp(X509_get_subject_name(cert_x509(by)),
	    X509_get_issuer_name(cert_x509(c))) != 0)
		return false;
	if (cert_issuer_key_id(c, want) && cert_key_id(by, id) &&
	    memcmp(want, id, sizeof(id)) != 0)
		return false;
	return f->is_ca && f->may_issue && (p->at >= f->not_before ||
	    (anchor && cert_is_cross(c))) && p->at <= f->not_after;
}

/*
 * Does by's key hold over c?  Certificates of one key are tried once: bad
 * holds the keys that did not.
 */
static bool
signature_holds(struct chain_paths *p, const struct cert *by,
    const struct cert *c, const uint8_t (*bad)[SM2_POINT_LEN], size_t nbad)
{
	uint8_t	point[SM2_POINT_LEN];
	size_t	i;

	if (cert_point(by, point, NULL) != 0)
		return false;
	for (i = 0; i < nbad; i++)
		if (memcmp(bad[i], point, sizeof(point)) == 0)
			return false;
	if (p->checks == LIMIT_CHAIN_CHECKS)
		return false;
	p->checks++;
	return cert_verify(c, by, NULL) == 0;
}

/* Whoever has issued queue[k] and was not met yet; true: an anchor has. */
static bool
look(struct chain_paths *p, struct search *s, size_t k)
{
	const struct cert	*c = at(p, s->queue[k]);
	uint8_t			 bad[MAX][SM2_POINT_LEN];
	size_t			 i, nbad = 0;

	for (i = 0; i < p->ngiven; i++) {
		if (s->seen[i] || p->banned[i] ||
		    !may_have_issued(p, i, c))
			continue;
		if (!signature_holds(p, p->given[i], c, bad, nbad)) {
			if (cert_point(p->given[i], bad[nbad], NULL) == 0)
				nbad++;
			continue;
		}
		s->seen[i] = true;
		s->queue[s->n] = i;
		s->child[s->n] = k;
		s->depth[s->n] = s->depth[k] + 1;
		s->n++;
		if (i < p->nanchors)
			return true;
	}
	return false;
}

size_t
chain_path_find(struct chain_paths *p, size_t path[LIMIT_CHAIN])
{
	struct search	s;
	size_t		i, k, n;

	memset(&s, 0, sizeof(s));
	s.queue[s.n++] = LEAF;
	for (k = 0; k < s.n; k++) {
		if (s.depth[k] + 2 > LIMIT_CHAIN)
			break;
		if (!look(p, &s, k))
			continue;
		i = s.n - 1;
		for (n = s.depth[i]; i > 0; i = s.child[i])
			path[s.depth[i] - 1] = s.queue[i];
		return n;
	}
	return 0;
}
