#ifndef REGISTRY_BATCH_H
#define REGISTRY_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"
#include "sync/log.h"

/*
 * The group commit: operations that are ready in one turn of the loop are
 * applied in one transaction, each within a savepoint of its own, and
 * answered after the one COMMIT.  Where entries were appended the batch gets
 * an epoch and a signed checkpoint:
 *
 *	begin; operations; log_seal; ask for a signature; log_reread; take
 *	the signature; log_publish; commit; log_settle; answers
 *
 * A signature whose COMMIT failed never leaves: after batch_commit() has
 * failed with ERR_STORE the process must end.
 */

/*
 * run: do the work inside the transaction; on failure everything that it did
 * is undone and the others go on.  It may be called again, after a rollback,
 * so it keeps nothing from an earlier call.  done: called once, after the
 * COMMIT with e NULL, or with what stopped it; it may add operations.
 */
typedef int	batch_run(void *arg, struct err *e);
typedef void	batch_done(void *arg, const struct err *e);

/*
 * ask (may be NULL): have the signing of a checkpoint of this size, root and
 * time begun; nothing is written until it was taken.  sign: take it, the same
 * arguments again, or make it.  *note is freed by the caller with free().  An error fails the operations that append.
 * ERR_BUSY: no key process just now.  ERR_CONFLICT: it refuses; the process
 * must end.
 */
struct batch_signer {
	int	(*ask)(void *arg, uint64_t size, const struct hash *root,
		    int64_t time, struct err *e);
	int	(*sign)(void *arg, uint64_t size, const struct hash *root,
		    int64_t time, char **note, struct err *e);
	void	*arg;
};

struct batch;			/* opaque */

/* Everything is borrowed.  now is the clock.  Caller frees with batch_free(). */
struct batch *batch_new(struct store *st, struct log *lg,
	    const struct batch_signer *signer, int64_t (*now)(void));
/* Operations that still wait are dropped without an answer. */
void	 batch_free(struct batch *b);

/* appends: it may append to the log, and waits while the batch is held. */
void	 batch_add(struct batch *b, bool appends, batch_run *run,
	    batch_done *done, void *arg);
/* Sign the head again at the next commit, where nothing else gives a new one. */
void	 batch_resign(struct batch *b);
/* Hold back whatever signs (until peers have said what they have seen). */
void	 batch_hold(struct batch *b, bool held);
/* Is there anything that batch_commit() would do now? */
bool	 batch_ready(const struct batch *b);

/*
 * Apply what is ready.  0: every operation was answered (some perhaps with
 * its own error).  ERR_STORE: the transaction failed, nothing was answered,
 * the process must end.  ERR_CONFLICT: the signer refused, likewise.
 * ERR_STORE "store-full": nothing was recorded, the operations were answered
 * with ERR_BUSY "store-full"; no other commit may follow, since the key
 * process remembers a signature that nobody has.
 */
int	 batch_commit(struct batch *b, struct err *e) MUST_CHECK;
/* Answer everything that waits with this error. */
void	 batch_refuse(struct batch *b, const struct err *e);

/* Operations that wait. */
size_t	 batch_waiting(const struct batch *b);
/* What was done since batch_new(). */
struct batch_counts {
	uint64_t	commits, operations, failures, checkpoints;
};
struct batch_counts batch_counts_of(const struct batch *b);

#endif /* REGISTRY_BATCH_H */
