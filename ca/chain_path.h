#ifndef CA_CHAIN_PATH_H
#define CA_CHAIN_PATH_H

#include "ca/cert.h"
#include "ca/chain.h"

/*
 * Which way from a leaf to an anchor, where several certificates have one name
 * (cross certificates, and what strangers put beside a stamp).  OpenSSL takes
 * the first that looks right and never another; this looks for one whose
 * signatures hold.  Part of ca/chain.c.
 */

#define LIMIT_CHAIN_CHECKS	256	/* signatures tried for one chain */
#define LIMIT_CHAIN_PATHS	8	/* ways tried, each another */

/* Everything is borrowed.  given: the anchors first. */
struct chain_paths {
	const struct cert *leaf;
	struct cert	*const *given;
	size_t		 ngiven, nanchors;
	int64_t		 at;		/* issuers must be valid then, but that
					 * an anchor over a cross certificate
					 * may have begun since */
	bool		 banned[2 * LIMIT_CHAIN_SET];
	unsigned	 checks;	/* signatures tried so far */
};

/*
 * The shortest way that uses none that is banned: indexes into given, from the
 * leaf's issuer up to an anchor; returns how many, 0 if there is none.  Each
 * certificate is looked at once, so the work is bounded whatever loops there
 * are: at most LIMIT_CHAIN_CHECKS signatures in the life of p.
 */
size_t	 chain_path_find(struct chain_paths *p, size_t path[LIMIT_CHAIN]);

#endif /* CA_CHAIN_PATH_H */
