#ifndef REGISTRY_OFFICE_H
#define REGISTRY_OFFICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"
#include "store/store.h"
#include "sync/log.h"

/*
 * The office of a province: what its business works on, and the two habits
 * that every piece of it has (answers once, leaves a trail).  Everything here
 * is synchronous; what changes something runs inside a transaction
 * (registry/office/batch.h).  Sessions, cases, events, files and CA objects are
 * office_*.h's.
 */

struct config;

struct office {
	struct store		*st;	/* writing, with office_statements */
	struct log		*lg;
	const struct config	*cf;
	int64_t			 (*now)(void);
};

/*
 * Now, for what goes into the log or into certificates: the clock, but never
 * before the last signature.  A clock that was set back would give seals that
 * begin before the log says that they could, or before their issuer.
 */
int64_t	 office_now(const struct office *of);

/* What the recorder may run: the office and the log. */
extern const enum stmt office_statements[];

/* Limits of what people write, in code points. */
#define LIMIT_REASON		500
#define LIMIT_IDEMPOTENCY_KEY	128	/* printable ASCII */

/*
 * A request that is answered once.  key empty: no promise is made.  hash
 * covers what is asked and of what (idem_hash()).  Borrowed.
 */
struct idem {
	int64_t		 account;
	const char	*key;
	uint16_t	 request;	/* MSG_SUBMIT, MSG_DECIDE, ... */
	uint8_t		 hash[SM3_LEN];
};
/* H(type ‖ target ‖ 0 ‖ request hash): another target is another request. */
void	 idem_hash(uint16_t request, const char *target, struct octets body,
	    uint8_t out[SM3_LEN]);
/* ERR_INVAL "bad-idempotency-key". */
int	 idem_check(const char *key, struct err *e) MUST_CHECK;
/*
 * Was it answered before?  Then *found, and the case (0: none) and the packed
 * answer (appended; may be empty) tell how.  ERR_CONFLICT
 * "idempotency-mismatch": the key was used for something else.
 */
int	 idem_find(struct office *of, const struct idem *id, bool *found,
	    int64_t *application, struct buf *answer, struct err *e) MUST_CHECK;
/* Remember the answer, in the same transaction as the effect. */
int	 idem_put(struct office *of, const struct idem *id,
	    int64_t application, struct octets answer,
	    struct err *e) MUST_CHECK;

/*
 * Leave a trail: who (0: the recorder itself) did what to what.  Names of
 * people do not belong here.
 */
int	 office_trail(struct office *of, int64_t account, const char *act,
	    const char *object, struct err *e) MUST_CHECK;

/* Drop sessions that ended and answers older than a week. */
int	 office_prune(struct office *of, struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_H */
