#ifndef REGISTRY_THROTTLE_H
#define REGISTRY_THROTTLE_H

#include <stdint.h>

#include "base/err.h"

/*
 * Slows down those who guess passwords: after THROTTLE_FAILURES for a name
 * within THROTTLE_MS its next attempts are refused until that time is over,
 * and only so many are tried at the same time.  Fixed memory: names share
 * slots by a keyed hash that nobody outside can steer.
 */

#define THROTTLE_FAILURES	5
#define THROTTLE_MS		60000
#define THROTTLE_AT_ONCE	16

struct throttle;		/* opaque */

/* Caller frees with free(). */
struct throttle *throttle_new(void);

/*
 * An attempt begins, at now_ms of a monotonic clock; end each that was let
 * through.  ERR_BUSY "too-many-attempts".
 */
int	 throttle_begin(struct throttle *t, const char *name, int64_t now_ms,
	    struct err *e) MUST_CHECK;
void	 throttle_end(struct throttle *t, const char *name, int64_t now_ms,
	    _Bool failed);

#endif /* REGISTRY_THROTTLE_H */
