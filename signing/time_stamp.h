#ifndef SIGNING_TIME_STAMP_H
#define SIGNING_TIME_STAMP_H

#include "base/buf.h"
#include "ca/tst.h"
#include "signing/reading.h"

/*
 * The row time_stamp of a signature, and what a good token says.  The chain
 * of its authority is judged elsewhere.
 */

/* No token at all. */
void	 time_stamp_none(StampReading *s);
/* A token over what; name is what is called so. */
void	 time_stamp_over(struct octets token, struct octets what,
	    const char *name, StampReading *s);
/* A token whose document is not at hand: all but that is checked. */
void	 time_stamp_alone(struct octets token, StampReading *s);
/*
 * V1's timeInfo, whose standard does not say what it is over: the digest of
 * the document (its octets, or as the token's own digest).  Anything else:
 * unknown.  It is signed with the rest, so it was made before the signature
 * and cannot vouch for it: its moment becomes s->signed_at.
 */
void	 time_stamp_of_time_info(struct octets token, struct octets data_hash,
	    StampReading *s);
/* The row of the seal in it (V5) counts too: the worse of the two. */
void	 time_stamp_with_seal(const SealReading *seal, StampReading *s);

#endif /* SIGNING_TIME_STAMP_H */
