#ifndef REGISTRY_HISTORY_H
#define REGISTRY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/judge/past.h"
#include "registry/judge/proof.h"

/*
 * A seal's events, newest first, each owned here: taken one by one from a log
 * that is held, or out of the answer of GET /v1/seals/{code}/history, of which
 * nothing is believed that does not follow from the owner's signature
 * (docs/lookup.md).
 */

/* Zero it before first use; caller ends with history_fini(). */
struct history {
	struct past		  past;	/* what past_judge() wants */
	struct event		 *events;
	uint8_t			**octets;
	struct record_box	**boxes;
};

/*
 * The next older event: entry is copied.  ERR_FORMAT "bad-entry"; ERR_VERIFY
 * "history-order": the event before does not name it (index), or there are
 * over LIMIT_PAST.
 */
int	 history_add(struct history *h, struct octets entry, uint64_t index,
	    struct err *e) MUST_CHECK;
void	 history_fini(struct history *h);
/* Which is next?  False: the last one is the first ever. */
bool	 history_next(const struct history *h, uint64_t *index);

/*
 * Check an answer (JSON) about code.  *p is its proof of the present record
 * (proof_free()), of which verdict and why are not set; NULL and an empty
 * history where the node knows no such code, or cannot tell.  Refusals are
 * those of proof_check(), and ERR_VERIFY "history-path", "history-order",
 * "history-record" (the first event is not the proven record, or an event is
 * of another code).
 */
int	 history_check(struct octets answer, const struct trust *t,
	    const char *code, struct history *h, struct proof **p,
	    struct err *e) MUST_CHECK;
/* Ask node for it and check what comes; errors also of proof_ask_node(). */
int	 history_ask_node(const char *node, const struct trust *t,
	    const char *code, struct history *h, struct proof **p, char **raw,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_HISTORY_H */
