#ifndef SYNC_LOGMAP_H
#define SYNC_LOGMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"
#include "sync/logrow.h"
#include "sync/map.h"

/*
 * The map of a log that is being written: buckets and inner nodes in memory
 * as far as they were touched, over the rows of a store.  For log.c and
 * audit.c alone.
 */

struct logmap;			/* opaque */

/*
 * st is borrowed.  NULL: everything is in memory, as the audit wants it; then
 * nothing is flushed or reread, and nothing can be undone.
 */
struct logmap *logmap_new(struct store *st);
void	 logmap_free(struct logmap *m);
/* Forget everything; the map has this depth now. */
void	 logmap_reset(struct logmap *m, unsigned depth);

/* The row of key, if *found. */
int	 logmap_get(struct logmap *m, const uint8_t key[SM3_LEN], bool *found,
	    uint8_t value[SM3_LEN], struct ref *ref,
	    struct err *e) MUST_CHECK;
/* Put a row whose bucket logmap_get() has loaded: cannot fail. */
void	 logmap_put(struct logmap *m, const uint8_t key[SM3_LEN],
	    const uint8_t value[SM3_LEN], const struct ref *ref);

/* Puts so far, and back to there; not behind a logmap_root(). */
size_t	 logmap_mark(const struct logmap *m);
void	 logmap_undo(struct logmap *m, size_t mark);

/* Recompute what changed; *root is the map's root now. */
int	 logmap_root(struct logmap *m, struct hash *root,
	    struct err *e) MUST_CHECK;
/* Write what changed since the last settling, as of epoch. */
int	 logmap_flush(struct logmap *m, uint64_t epoch,
	    struct err *e) MUST_CHECK;
/*
 * In a long replay, behind a logmap_root(): if much is in memory, flush and
 * drop it.  A reread then begins here.
 */
int	 logmap_spill(struct logmap *m, uint64_t epoch,
	    struct err *e) MUST_CHECK;
/*
 * Read back what logmap_flush() wrote, hash it again from the records up to
 * root.  ERR_STORE "written-differs".
 */
int	 logmap_reread(struct logmap *m, const struct hash *root,
	    struct err *e) MUST_CHECK;
/* The batch was committed, or it was not. */
void	 logmap_settle(struct logmap *m, bool committed);

/*
 * Compare all that is in memory with the rows of st; *buckets and *groups
 * count what is there.  ERR_VERIFY "audit-differs".
 */
int	 logmap_compare(struct logmap *m, struct store *st, uint64_t *buckets,
	    uint64_t *groups, struct err *e) MUST_CHECK;

#endif /* SYNC_LOGMAP_H */
