#ifndef REGISTRY_PROOF_CHAIN_H
#define REGISTRY_PROOF_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "registry/judge/proof.h"
#include "sync/tlog.h"

/*
 * The chain from a signed checkpoint to a record, as it stands in JSON: the
 * member "proof" of lookup answers and histories.  Read strictly, and checked
 * link by link.
 */

/* A proof, decoded. */
struct proof_chain {
	const char	*origin;
	struct octets	 checkpoint;
	uint64_t	 epoch_index;
	uint8_t		*epoch, *rows, *record;	/* record NULL: null */
	size_t		 epochlen, rowslen, recordlen;
	struct hash	*path, *siblings;
	size_t		 npath, nsiblings;
	uint64_t	 bucket;
};

/* Reading what a node sent.  ERR_FORMAT "answer-malformed", all. */
int	 proof_malformed(const char *what, struct err *e) MUST_CHECK;
/* Exactly the members of names, in any order. */
int	 proof_members(const json_t *o, const char *const *names,
	    struct err *e) MUST_CHECK;
int	 proof_text(const json_t *o, const char *name, bool may_be_null,
	    const char **out, struct err *e) MUST_CHECK;
int	 proof_uint(const json_t *o, const char *name, uint64_t *out,
	    struct err *e) MUST_CHECK;
/* base64; *out is freed with free(), also after a failure. */
int	 proof_octets(const json_t *v, const char *name, uint8_t **out,
	    size_t *n, struct err *e) MUST_CHECK;
int	 proof_hashes(const json_t *o, const char *name, size_t max,
	    struct hash **out, size_t *n, struct err *e) MUST_CHECK;

/* Views are tied to o.  Caller ends with proof_chain_fini(), always. */
int	 proof_chain_read(const json_t *o, struct proof_chain *c,
	    struct err *e) MUST_CHECK;
void	 proof_chain_fini(struct proof_chain *c);
/*
 * Does it hold, for this code under p->owner?  Fills p but for the verdict;
 * refusals are those of proof_check().
 */
int	 proof_chain_check(struct proof_chain *c, const char *code,
	    struct proof *p, struct err *e) MUST_CHECK;

#endif /* REGISTRY_PROOF_CHAIN_H */
