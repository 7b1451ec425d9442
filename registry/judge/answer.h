#ifndef REGISTRY_ANSWER_H
#define REGISTRY_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "filing/record.h"
#include "registry/judge/verdict.h"
#include "sync/log.h"

/*
 * The answer to a lookup, written (design section 8, schema/openapi.yaml).
 * The hot path of a node: nothing is hashed here, no tree of values is built;
 * what is the same for every code under one checkpoint is written once and
 * copied.  Checking an answer is registry/judge/proof.h's.
 */

/* The part of an answer that a checkpoint fixes.  Zero it before first use. */
struct answer_head {
	struct buf	 proof;		/* "proof":{... up to the bucket's index */
	uint64_t	 size;
	int64_t		 signed_at;
};

/* Render it for p's head, unless it is rendered already. */
void	 answer_head_set(struct answer_head *h, const char *origin,
	    const struct log_proof *p);
void	 answer_head_fini(struct answer_head *h);

/* What to say. */
struct answer {
	const char		*code;
	enum verdict		 verdict;
	bool			 has_as_of;
	int64_t			 as_of;
	/* All three NULL for unknown; record NULL for not_filed. */
	const struct record	*record;
	const struct log_proof	*proof;
	const struct answer_head *head;
};

/* Append the JSON of a to out (no newline). */
void	 answer_put(const struct answer *a, struct buf *out);

/* The member "proof" alone, without a comma; proof and head of a are set. */
void	 answer_put_proof(const struct answer *a, struct buf *out);

/* A record as the JSON object that answers and histories hold. */
void	 answer_put_record(const struct record *r, struct buf *out);

#endif /* REGISTRY_ANSWER_H */
