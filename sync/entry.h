#ifndef SYNC_ENTRY_H
#define SYNC_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"

/*
 * Log entries (design section 5): canonical protobuf or refused.  This file
 * checks the shape of every known member, field by field on the received
 * octets, and reads the one member the log itself understands, the epoch.
 * What a seal's record means is registry/'s business.
 */

#define LIMIT_ENTRY	65535

enum entry_kind {
	ENTRY_SEAL = 1, ENTRY_KEY = 2, ENTRY_EPOCH = 15,
	ENTRY_OPAQUE = 100	/* one unknown member: carried, not understood */
};

/*
 * Check that octets are one canonical entry.  *kind and *member (the octets
 * of the one member, tied to the input) are set on success; member may be
 * NULL.  ERR_FORMAT "bad-entry" says what is wrong and where.
 */
int	 entry_check(struct octets in, enum entry_kind *kind,
	    struct octets *member, struct err *e) MUST_CHECK;

/* Leaf hash H(0x00 ‖ entry). */
void	 entry_leaf(struct octets in, uint8_t leaf[SM3_LEN]);

/* An epoch.  Plain value. */
struct epoch {
	uint64_t	covered;	/* its own index */
	uint8_t		map_root[SM3_LEN];
	uint64_t	map_count;
	uint32_t	map_depth;
	int64_t		time;
	bool		has_previous;
	uint64_t	previous;
	struct octets	audit_head;	/* empty, or tied to the input */
};

/* Encode as an Entry (canonical), appending to b. */
void	 epoch_encode(const struct epoch *ep, struct buf *b);
/* Decode an Entry that is an epoch.  ERR_FORMAT "bad-entry". */
int	 epoch_decode(struct octets entry, struct epoch *ep,
	    struct err *e) MUST_CHECK;

/*
 * Entry bundle: u16be length and octets, repeated.  bundle_next() takes one;
 * false at the end or where a length does not fit (cursor then not at end).
 */
bool	 bundle_next(struct cursor *c, struct octets *entry);
void	 bundle_put(struct buf *b, struct octets entry);

#endif /* SYNC_ENTRY_H */
