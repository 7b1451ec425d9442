#ifndef REGISTRY_RESTORE_H
#define REGISTRY_RESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/keep/backup.h"
#include "registry/config.h"
#include "sync/log.h"
#include "sync/trust.h"

/*
 * A node from its backup.  Everything is verified before the folder gets its
 * name; then a mark lies in it, and while it does the recorder records and
 * signs nothing: peers may have seen more of this log than the backup holds.
 * restore_from_peers() fetches the rest and takes the mark away.
 */

/* What was verified.  Plain value. */
struct restored {
	struct backup_facts	facts;
	struct log_audit	counts;
	bool			keys_tried;	/* their pass phrase was there */
};

/*
 * Unpack and verify the stream in fd into DIR, which is not there or empty.
 * keep false: only try, nothing stays.  Errors of base/vault.h;
 * "backup-manifest", "backup-incomplete" (a part is missing),
 * "backup-differs" (a digest, the checkpoint or the keys are others than the
 * manifest or the configuration say); those of log_audit(); "not-empty".
 */
int	 restore_new(int fd, struct octets pass, const char *dir, bool keep,
	    struct restored *r, struct err *e) MUST_CHECK;

/* What is asked, and what came back from peers. */
struct restore_tail {
	bool		 alone;		/* ask nobody: the operator knows */
	const char *const *without;	/* provinces that are not asked */
	size_t		 nwithout;
	/* Told of each seal's event that came back, in turn.  Borrowed. */
	void		(*lost)(void *arg, const char *code,
			    const char *owner, const char *event);
	void		*arg;
	/* found */
	uint64_t	 before, after;	/* sizes of the log */
	char		 source[16];	/* the province it came from, or "" */
	size_t		 peers;		/* that answered */
};

/*
 * Make the log of a stopped node whole from its peers' copies, and take the
 * mark away.  The caller holds the node's lock.  ERR_BUSY "peers-missing": one
 * that is not in without did not answer; ERR_VERIFY "log-differs": a peer has
 * another log under our signature; "bundle-differs"; errors of log_replay().
 * After an error nothing has changed, whatever lost() was told.
 */
int	 restore_from_peers(const struct config *cf, const struct trust *t,
	    struct restore_tail *tail, struct err *e) MUST_CHECK;

/* Take the mark away.  ERR_NOTFOUND: there is none. */
int	 restore_settle(const struct config *cf, struct err *e) MUST_CHECK;

#endif /* REGISTRY_RESTORE_H */
