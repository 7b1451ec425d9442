#ifndef CA_CHAIN_WORK_H
#define CA_CHAIN_WORK_H

#include "ca/cert.h"
#include "ca/chain.h"
#include "ca/crl.h"

/*
 * One validation of a path at work, and its steps; each is a file.  Part of
 * ca/chain.c, and of nobody else.
 */

/* Parsed copies of what the spec gives. */
struct chain_work {
	struct cert	*leaf;
	struct cert	*given[2 * LIMIT_CHAIN_SET];	/* anchors, between */
	struct octets	 octets[2 * LIMIT_CHAIN_SET];	/* where from */
	size_t		 ngiven;
	bool		 left_out[2 * LIMIT_CHAIN_SET];	/* of given */
	struct crl	*crls[LIMIT_CHAIN_SET];
	size_t		 ncrls;
	const struct cert *path[LIMIT_CHAIN];
	size_t		 npath;
};

/*
 * ca/chain_build.c: build one way out of what is not left out, by OpenSSL, and
 * check everything about it that RFC 5280 asks but revocation; w->path and *r
 * are filled as far as it got.  Errors of chain_verify().
 */
int	 chain_work_build(struct chain_work *w, struct octets leaf,
	    const struct chain_spec *s, struct chain_result *r,
	    struct err *e) MUST_CHECK;
/* ca/chain_purpose.c: may the leaf of w->path do what is asked of it?
 * ERR_VERIFY "certificate-purpose". */
int	 chain_work_purpose(const struct chain_work *w,
	    const struct chain_spec *s, struct chain_result *r,
	    struct err *e) MUST_CHECK;
/*
 * ca/chain_revoked.c: certificate i of w->path against the CRLs of its issuer;
 * r->until is lowered.  ERR_VERIFY "certificate-revoked", "crl-missing",
 * "crl-expired", "crl-signature".
 */
int	 chain_work_revoked(const struct chain_work *w, size_t i,
	    const struct chain_spec *s, struct chain_result *r,
	    struct err *e) MUST_CHECK;
/* The result holds before t, and no longer. */
void	 chain_work_until(struct chain_result *r, int64_t t);

#endif /* CA_CHAIN_WORK_H */
