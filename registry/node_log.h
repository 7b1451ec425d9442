#ifndef REGISTRY_NODE_LOG_H
#define REGISTRY_NODE_LOG_H

#include "base/err.h"
#include "registry/config.h"
#include "sync/trust.h"

/*
 * What a data folder holds of the nation: whom it believes, and where the log
 * of each province lies.
 */

/*
 * Read DIR/trust, signed by the pinned national key if there is one.
 * ERR_NOTFOUND: there is none.  Caller frees with trust_free().
 */
int	 node_trust(const struct config *cf, struct trust **t,
	    struct err *e) MUST_CHECK;

/* The database of a province's log, the own one or a copy; caller frees. */
char	*node_log_path(const struct config *cf, const char *province);

#endif /* REGISTRY_NODE_LOG_H */
