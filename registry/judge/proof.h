#ifndef REGISTRY_PROOF_H
#define REGISTRY_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "filing/record.h"
#include "registry/judge/verdict.h"
#include "sync/tlog.h"
#include "sync/trust.h"

/*
 * The relying party's side of a lookup: an answer is believed only as far as
 * its proof reaches (docs/lookup.md).  Nothing that the node says is taken
 * over: status, record, verdict and time are read from what the owner signed,
 * and where the node's words differ from it, the answer is refused.  Pure.
 *
 * checkpoint → its last leaf is this epoch → its map root → this bucket →
 * the row, or no row → the record
 */

#define LIMIT_ANSWER	(4u << 20)

/* What was asked. */
struct proof_ask {
	const char	*code;
	const uint8_t	*digest;	/* 32 octets of H(DER SESeal), or NULL */
	bool		 has_at;
	int64_t		 at;
	int64_t		 now;		/* our clock */
};

/* What is known now.  Everything is tied to it; proof_free(). */
struct proof {
	enum verdict		 verdict;	/* recomputed here */
	enum verdict_why	 why;
	enum verdict		 said;		/* by the node */
	const struct trust_province *owner;	/* of the trust list; borrowed */
	bool			 proven;	/* a proof was there and holds */
	/* The rest only if proven. */
	int64_t			 as_of;
	uint64_t		 size;		/* of the log */
	struct hash		 root;
	uint64_t		 map_count;
	bool			 present;
	struct record		 record;	/* if present */
	struct octets		 octets;	/* it as in the log */
	struct record_box	*box;
};

/*
 * Check answer (the JSON text of a node) against the list.  0: it holds as
 * far as it says something; p->verdict is UNKNOWN where it says nothing, or
 * where the owner's word is too old by our clock.  Otherwise the answer is
 * refused with ERR_VERIFY or ERR_FORMAT and one of
 *
 *   answer-malformed  answer-code  answer-verdict  answer-status
 *   answer-as-of  answer-basis  answer-record  proof-origin  proof-path
 *   proof-epoch  proof-not-last  proof-depth  proof-bucket  proof-rows
 *   proof-root  proof-record  proof-record-missing  proof-record-unasked
 *   unknown-key  bad-signature  bad-note  bad-checkpoint  bad-record
 *
 * ERR_INVAL "invalid-code": bad digits, or nobody owns the prefix.
 * On success the caller frees *p with proof_free(); on failure it is NULL.
 */
int	 proof_check(struct octets answer, const struct trust *t,
	    const struct proof_ask *ask, struct proof **p,
	    struct err *e) MUST_CHECK;
void	 proof_free(struct proof *p);
/* May the owner's word in p, which is proven, be believed at now?  WHY_NONE,
 * or why not. */
enum verdict_why proof_doubt(const struct proof *p, const struct trust *t,
	    int64_t now);

/*
 * Ask node (its URL) and check what comes.  *raw (may be NULL) gets the
 * answer's text, freed by the caller.  As proof_check(); ERR_IO "unreachable"
 * when nobody answers, ERR_BUSY "node-refused" for an HTTP status that is not
 * 200 (400 invalid-code is ERR_INVAL "invalid-code").
 */
int	 proof_ask_node(const char *node, const struct trust *t,
	    const struct proof_ask *ask, struct proof **p, char **raw,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_PROOF_H */
