#ifndef CA_CHAIN_PICK_H
#define CA_CHAIN_PICK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ca/chain.h"

/*
 * What can matter for one certificate, of all that is at hand: a nation has
 * hundreds of authorities and lists, and chain_verify() takes few.  Those are
 * chosen that a way of names and key identifiers leads to from the leaf, and
 * the lists in one of these names that are the whole, or a part that one of
 * these certificates is on.  It decides nothing: what is left out cannot stand
 * in the leaf's chain or tell of it.
 */

/* Of a kind, at hand.  The time for one leaf grows with it, and with nothing
 * else that a stranger brings: names are compared, at most
 * (2 * LIMIT_CHAIN_SET + 1) times this. */
#define LIMIT_CHAIN_GIVEN	1024
/* Of what is chosen, that may be a stranger's. */
#define LIMIT_CHAIN_STRANGE	(LIMIT_CHAIN_SET / 2)

/* Lists by the name of their issuer, read once for many leaves: opaque. */
struct chain_lists;

/* Their octets are borrowed.  Caller frees with chain_lists_free(). */
struct chain_lists *chain_lists_new(const struct octets *crls, size_t n);
void	 chain_lists_free(struct chain_lists *l);

/* What is at hand.  Borrowed: DER. */
struct chain_given {
	const struct octets	*anchors;	size_t nanchors;
	size_t			 nmarking;	/* chain_spec */
	const struct octets	*ours;		size_t nours;	/* between */
	const struct octets	*strange;	size_t nstrange;
	struct chain_lists	*lists;		/* may be NULL; counts */
};

/* What was chosen of it, in its order; tied to that. */
struct chain_picked {
	struct octets	anchors[LIMIT_CHAIN_SET];	size_t nanchors;
	size_t		nmarking;
	struct octets	between[LIMIT_CHAIN_SET];	size_t nbetween;
	struct octets	crls[LIMIT_CHAIN_SET];		size_t ncrls;
	/* More lists tell of it than there is room for.  What is chosen may
	 * say that it is revoked, and not that it is not. */
	bool		crowded;
};

/*
 * *out for this leaf; empty where it is no certificate.  A certificate that
 * cannot be read is left out.  A list that cannot be read is chosen for every
 * leaf, after the others: whom it tells of is not known.  Where there is no
 * room for all lists, those come first that one of these certificates signed;
 * LIMIT_CHAIN_GIVEN signatures are tried, for all leaves that are asked about
 * with the same lists.
 */
void	 chain_pick(struct octets leaf, const struct chain_given *g,
	    struct chain_picked *out);

#endif /* CA_CHAIN_PICK_H */
