#ifndef FILING_SEAL_MEMORY_H
#define FILING_SEAL_MEMORY_H

#include <stddef.h>

#include "base/buf.h"
#include "base/sm.h"
#include "schema/msg.pb-c.h"

/*
 * Seals that a jail has read lately, by their very octets: what was told of
 * each, which depends on nothing else, and the digest of messages that begin
 * with it.  A seal with one octet changed is another seal.
 */

#define LIMIT_SEAL_MEMORY	(64u << 20)	/* octets of all of them */

/* How many are remembered; 64 unless it is said. */
void	 seal_remember(size_t count);
/* What was told of these octets, the caller's to free, or NULL. */
SealReading *seal_recall(struct octets whole);
void	 seal_memorise(struct octets whole, const SealReading *m);
/* h, which is fresh, goes on behind head and whole, whether or not they were
 * digested before. */
void	 seal_sm3_after(struct octets head, struct octets whole,
	    struct sm3 *h);

#endif /* FILING_SEAL_MEMORY_H */
