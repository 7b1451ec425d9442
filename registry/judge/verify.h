#ifndef REGISTRY_VERIFY_H
#define REGISTRY_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/judge/report.h"
#include "sync/trust.h"

/*
 * Is this seal genuine, and was it valid then?  Rules of GB/T 38540-2020
 * (domain: V1, V4 and V5 differ in what an expired maker's certificate
 * means), reported one by one.  Pure: the jail reads the seal and judges the
 * certificate, the caller asks the register, and the rules are applied here,
 * for the command (registry/judge/verify_ask.h) as for the route.
 */

struct SealReading;
struct ChainChecked;
struct CheckChain;

/* Borrowed. */
struct verify_ask {
	const struct trust	*trust;
	bool			 has_at;
	int64_t			 at;	/* the moment asked about */
	int64_t			 now;
};

/* What the register said, if it was asked. */
enum verify_word {
	WORD_NOT_ASKED = 1,	/* nobody to ask was given */
	WORD_NOT_HEARD,		/* asked; text says why nothing came */
	WORD_NOT_PROVEN,	/* an answer came, and its proof does not hold */
	WORD_SAID		/* verdict, why and as_of */
};

/* What was found out beside the seal's own octets.  Borrowed. */
struct verify_facts {
	const struct ChainChecked *chain;	/* NULL: no anchors */
	bool			 crls;		/* of every issuer */
	enum verify_word	 word;
	char			 text[352];
	enum verdict		 verdict;
	enum verdict_why	 why;
	int64_t			 as_of;
};

/* Who owns the code of the seal, or NULL. */
const struct trust_province *verify_owner(const struct SealReading *m,
	    const struct trust *t);
/*
 * What the jail is asked about the maker's certificate (MSG_CHECK_CHAIN).  The
 * anchors are the owner's; the caller adds CRLs, and frees anchors with
 * free().  Otherwise it is tied to what it was made from.
 */
void	 verify_chain_ask(const struct SealReading *m,
	    const struct trust_province *owner, const struct verify_ask *ask,
	    struct CheckChain *q);

/*
 * Report on what the jail made of the octets (MSG_READ_SEAL): its own checks,
 * then maker_chain, seal_validity and registry_status.
 */
void	 verify_seal(const struct SealReading *m, const struct verify_ask *ask,
	    const struct verify_facts *facts, struct report *r);
/* Report on octets that the jail refused, or could not look at, with e. */
void	 verify_refused(const struct err *e, struct report *r);
/* Does the reading stop at "kind": a stamped file, reported so? */
bool	 verify_is_other(const struct SealReading *m, struct report *r);

#endif /* REGISTRY_VERIFY_H */
