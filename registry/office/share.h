#ifndef REGISTRY_SHARE_H
#define REGISTRY_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What one of many strangers may take of something that is bounded for all of
 * them together: each address has a bucket of its own that fills by itself.
 * Fixed memory: addresses share slots by a keyed hash that nobody outside can
 * steer, and who is forgotten begins anew.  Nothing is kept of an address but
 * that hash.
 */

struct share;			/* opaque */

/* Caller frees with free(). */
struct share	*share_new(void);

/*
 * One piece for this address (n octets), at now_ms of a monotonic clock; each
 * gets rate a second, and as many at once.  False: its share is used up.
 */
bool		 share_take(struct share *s, const void *address, size_t n,
		    int64_t rate, int64_t now_ms);

#endif /* REGISTRY_SHARE_H */
