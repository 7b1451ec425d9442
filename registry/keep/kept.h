#ifndef REGISTRY_KEEP_KEPT_H
#define REGISTRY_KEEP_KEPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "filing/record.h"
#include "store/store.h"

/*
 * What the office keeps of a seal, held against what the log says of it: seals,
 * certificates and pictures by their digests, the application by the record.
 * Differences are collected, not errors.  Wrapped keys have no digest: only the
 * key process could tell.
 */

#define LIMIT_KEPT	100	/* differences that are listed */

/* What a handle must be allowed. */
#define KEPT_MAY_READ \
	STMT_OFFICE_KEPT_SEAL, STMT_OFFICE_KEPT_SEALS, \
	STMT_OFFICE_KEPT_PICTURES, STMT_OFFICE_KEPT_PERSON

struct kept_finding {
	char		code[SEAL_CODE_SIZE];	/* "": a case without one */
	int64_t		application;		/* 0: not known */
	uint32_t	version;		/* 0: the case's, the code's */
	const char	*column;		/* "picture.data"; static */
	const char	*text;			/* what is wrong; static */
};

struct kept;			/* opaque */

/* st is borrowed, in a transaction.  Caller frees with kept_free(). */
struct kept *kept_new(struct store *st);
void	 kept_free(struct kept *k);

/*
 * Look at what an event of the own log has made.  What is not in the office (a
 * log that came from peers' copies is ahead of it) is no difference.  Fails
 * only where nothing can be read.
 */
int	 kept_event(struct kept *k, const struct event *ev,
	    struct err *e) MUST_CHECK;
/* After all events: seals that none of them made, pictures of open cases. */
int	 kept_rest(struct kept *k, struct err *e) MUST_CHECK;

uint64_t kept_seals(const struct kept *k);	/* that were compared */
uint64_t kept_pictures(const struct kept *k);	/* of open cases */
/* All differences, of which the first LIMIT_KEPT are listed. */
uint64_t kept_differences(const struct kept *k);
/* The i-th of them, or NULL; tied to k. */
const struct kept_finding *kept_at(const struct kept *k, size_t i);

#endif /* REGISTRY_KEEP_KEPT_H */
