#ifndef REGISTRY_CONFINE_H
#define REGISTRY_CONFINE_H

#include <stddef.h>

#include "base/err.h"
#include "registry/config.h"
#include "sync/trust.h"

/*
 * What each process of a node may do: one row a role, in confine.c, used by
 * the processes themselves and by the test that tries everything else.
 * docs/processes.md has the same table in words.
 */

/* Files of the data folder, each database with its -wal and -shm. */
enum {
	FILES_OWN	= 1 << 0,	/* province.db */
	FILES_PEERS	= 1 << 1,	/* peer-NN.db of the trust list */
	FILES_NET	= 1 << 2,	/* what getaddrinfo(3) and TLS look at */
};

struct rights {
	const char	*role;
	unsigned	 calls;		/* CALLS_* of base/calls.h */
	unsigned	 read, write;	/* FILES_* */
};

/* The row of a role, or NULL.  Borrowed, for ever. */
const struct rights *confine_rights(const char *role);

/*
 * Give away what role, whose row there must be, may not do.  Databases must
 * be there; t (may be NULL) names the peers.  What the kernel
 * lacks is said in the log.  ERR_IO as sandbox_enter().
 */
int	 confine_enter(const char *role, const struct config *cf,
	    const struct trust *t, struct err *e) MUST_CHECK;

#endif /* REGISTRY_CONFINE_H */
