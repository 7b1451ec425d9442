#ifndef SYNC_LOG_H
#define SYNC_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"
#include "sync/entry.h"
#include "sync/map.h"
#include "sync/note.h"
#include "sync/tlog.h"

/*
 * A log with its map in a store: appending (the own province), replaying (a
 * peer's), and reading with proofs.  Entries but the epoch are octets here;
 * what they mean comes as struct entry_rules from above.
 */

/* What one registry entry does to the map. */
struct entry_effect {
	uint8_t		key[SM3_LEN];	/* map key, H(seal code) */
	bool		has_previous;
	uint64_t	previous;	/* index of the event before */
	struct octets	record;		/* its octets; tied to the entry */
};

/* What entries mean, handed in from registry/.  ctx is the caller's. */
struct entry_rules {
	/* Read a registry entry (ENTRY_SEAL).  ERR_FORMAT "bad-entry". */
	int	(*read)(void *ctx, struct octets entry,
		    struct entry_effect *ef, struct err *e);
	/*
	 * Is the step from before (empty: none yet) to after legal?  time is
	 * the clock not to be overtaken.  ERR_VERIFY "illegal-transition".
	 */
	int	(*step)(void *ctx, struct octets entry, struct octets before,
		    struct err *e);
	void	*ctx;
};

/* Where a log stands.  Plain value, but checkpoint is owned by the log. */
struct log_head {
	uint64_t	size;		/* leaves under the checkpoint */
	struct hash	root;
	uint64_t	epoch;		/* index of the last epoch = size - 1 */
	struct hash	map_root;
	uint64_t	map_count;
	unsigned	map_depth;
	int64_t		epoch_time;
	int64_t		signed_at;	/* time of the owner's signature */
	const char	*checkpoint;	/* note text */
};

struct log;			/* opaque; writing side, over a writing store */

/*
 * What a handle must be allowed (struct store_spec's may) for the writing and
 * the reading side.
 */
#define LOG_MAY_READ \
	STMT_HEAD_GET, STMT_ENTRY_GET, STMT_ENTRY_RANGE, STMT_TILE_GET, \
	STMT_BUCKET_GET, STMT_NODE_GET, STMT_NODE_SINCE, STMT_LOG_COUNTS
#define LOG_MAY_WRITE \
	LOG_MAY_READ, STMT_HEAD_PUT, STMT_ENTRY_ADD, STMT_TILE_NEW, \
	STMT_TILE_GROW, STMT_BUCKET_PUT, STMT_NODE_PUT

/* st and rules are borrowed.  Caller frees with log_free(). */
int	 log_new(struct store *st, const struct entry_rules *rules,
	    struct log **lg, struct err *e) MUST_CHECK;
void	 log_free(struct log *lg);
/* The head, or NULL while the log is empty.  Tied to lg, until it changes. */
const struct log_head *log_head_of(const struct log *lg);

/*
 * The current record of a key, appends of the running batch included, and the
 * index of the event that made it.  *record is empty where there is none; it
 * is tied to lg until its next call.
 */
int	 log_current(struct log *lg, const uint8_t key[SM3_LEN],
	    struct octets *record, uint64_t *index, struct err *e) MUST_CHECK;

/* Has the key a record?  As log_current(), without reading it. */
int	 log_holds(struct log *lg, const uint8_t key[SM3_LEN], bool *held,
	    struct err *e) MUST_CHECK;

/*
 * Appending, inside a store transaction.  log_append() takes seal entries
 * only, checks them by the rules (and that previous is the index that the map
 * holds: ERR_VERIFY "illegal-transition"), hashes the entry and changes its map
 * row; after an error nothing is appended.  log_seal() ends the batch with
 * an epoch and computes both roots (*size and *root are what is to be signed);
 * an epoch's time never falls: a time before the last one's becomes that one.
 * log_reread() reads back every row the batch wrote and hashes it again
 * (ERR_STORE "written-differs"); log_publish() stores the signed checkpoint.
 * After store_commit() call log_settle(lg, true), after a rollback
 * log_settle(lg, false).  log_size_now() counts appended entries too.
 *
 * Signing the same size again: log_begin(), log_publish(), no log_seal().
 */
int	 log_begin(struct log *lg, struct err *e) MUST_CHECK;
int	 log_append(struct log *lg, struct octets entry, uint64_t *index,
	    struct err *e) MUST_CHECK;
int	 log_seal(struct log *lg, int64_t time, struct octets audit_head,
	    uint64_t *size, struct hash *root, struct err *e) MUST_CHECK;
int	 log_reread(struct log *lg, struct err *e) MUST_CHECK;
int	 log_publish(struct log *lg, const char *note, int64_t signed_at,
	    struct err *e) MUST_CHECK;
void	 log_settle(struct log *lg, bool committed);
uint64_t log_size_now(const struct log *lg);
/* Undo appends since a store savepoint: remember before, go back after. */
struct log_mark;
struct log_mark *log_mark(struct log *lg);	/* freed by the next call */
void	 log_undo(struct log *lg, struct log_mark *m);

/* The genesis epoch of an empty log: log_begin(), this, log_publish(). */
int	 log_genesis(struct log *lg, unsigned depth, int64_t time,
	    uint64_t *size, struct hash *root, struct err *e) MUST_CHECK;

/*
 * Replaying a peer, inside a store transaction: entries in order, epochs
 * included.  An epoch is compared with what was computed.  log_replay_end()
 * checks the checkpoint (size, root, and that its last leaf is an epoch; with
 * no entry replayed it is the head signed again) and stores it.  Epochs on
 * the way are checked too.  log_reread() may follow (of the map it reads what
 * is still in memory: a long replay writes rows on the way); then
 * store_commit() and log_settle().  After an error: store_rollback(), log_settle(lg, false).
 *
 * ERR_FORMAT "bad-entry"; ERR_VERIFY "illegal-transition", "bad-epoch",
 * "size-differs", "root-differs", "epoch-not-last".
 */
int	 log_replay(struct log *lg, struct octets entry,
	    struct err *e) MUST_CHECK;
int	 log_replay_end(struct log *lg, const struct checkpoint *cp,
	    const char *note, int64_t signed_at, struct err *e) MUST_CHECK;

/*
 * Recompute everything from the entries alone and compare it with every tile,
 * bucket, node and the head.  In a read transaction; needs about 100 octets of
 * memory a key.  ERR_VERIFY "audit-differs" says what differs first, or an
 * error of log_replay().
 */
struct log_audit {
	uint64_t	entries;	/* epochs included */
	uint64_t	epochs;
	uint64_t	keys;		/* rows of the map */
};
int	 log_audit(struct store *st, const struct entry_rules *rules,
	    struct log_audit *a, struct err *e) MUST_CHECK;

/*
 * The reading side, for a store of either mode, within its transaction.  It
 * caches the head, the epoch's proof and the upper map, and refreshes them
 * when the store's version changes.
 */
struct logview;			/* opaque */

int	 logview_open(struct store *st, struct logview **lv,
	    struct err *e) MUST_CHECK;
void	 logview_free(struct logview *lv);
/* Bring the cache up to this transaction.  *head is NULL for an empty log. */
int	 logview_refresh(struct logview *lv, const struct log_head **head,
	    struct err *e) MUST_CHECK;

/* Everything a lookup's proof needs.  Tied to lv until its next call. */
struct log_proof {
	const struct log_head *head;
	struct octets	 epoch_entry;
	const struct hash *path;	size_t npath;
	uint32_t	 bucket;
	struct octets	 rows;
	struct hash	 siblings[MAP_DEPTH_MAX];	/* head->map_depth */
	struct octets	 record;	/* empty: no row for this key */
	uint64_t	 index;		/* of the event that made it */
};
int	 logview_prove(struct logview *lv, const uint8_t key[SM3_LEN],
	    struct log_proof *p, struct err *e) MUST_CHECK;

/*
 * A tile or entry bundle of the served size, appended to out.
 * ERR_NOTFOUND "no-such-tile": beyond it.
 */
int	 logview_tile(struct logview *lv, const struct tile_name *t,
	    struct buf *out, struct err *e) MUST_CHECK;
/* One entry (tied until the next call), and its inclusion path. */
int	 logview_entry(struct logview *lv, uint64_t index,
	    struct octets *entry, struct err *e) MUST_CHECK;
int	 logview_inclusion(struct logview *lv, uint64_t index,
	    struct hash path[TLOG_PATH_MAX], size_t *n,
	    struct err *e) MUST_CHECK;

#endif /* SYNC_LOG_H */
