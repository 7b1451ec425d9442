#ifndef REGISTRY_IMPORT_NODE_H
#define REGISTRY_IMPORT_NODE_H

#include <stdbool.h>

#include "base/err.h"
#include "registry/config.h"
#include "store/store.h"
#include "sync/log.h"
#include "sync/trust.h"

/*
 * The stopped node whose log an import goes into: its lock, its papers and,
 * once the other processes are forked, its database.
 */
struct import_node {
	const char	*dir;		/* borrowed */
	int		 lock;		/* -1: not held */
	struct config	*cf;
	struct trust	*trust;		/* NULL: a province of its own */
	struct store	*st;		/* import_statements */
	struct log	*lg;
};

/*
 * Lock the data folder and read its configuration and trust list; strict: the
 * log is to be written.  Ended with import_node_close(), also after an error.
 * ERR_BUSY "in-use", or strict and "log-restored": it came from a backup.
 */
int	 import_node_take(const char *dir, bool strict, struct import_node *n,
	    struct err *e) MUST_CHECK;
/*
 * Open its log.  ERR_NOTFOUND "not-initialised"; ERR_STORE.
 */
int	 import_node_open(struct import_node *n, struct err *e) MUST_CHECK;
/*
 * Ask over the link peers (import_child_peers(), within ms) what they have
 * seen of this log.  ERR_BUSY "log-behind": more than it has.
 */
int	 import_node_ask_peers(const struct import_node *n, int peers,
	    int ms, struct err *e) MUST_CHECK;
void	 import_node_close(struct import_node *n);

#endif /* REGISTRY_IMPORT_NODE_H */
