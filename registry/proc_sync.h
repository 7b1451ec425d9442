#ifndef REGISTRY_PROC_SYNC_H
#define REGISTRY_PROC_SYNC_H

#include "base/err.h"
#include "registry/config.h"

/*
 * The sync process: outbound connections and the peers' databases; no private
 * key, not the own database.  It makes peer-NN.db for every province of the
 * trust list but ours, tells the recorder the largest checkpoint of ours that
 * peers hold, says ready, and then pulls for ever (sync/pull.h).
 *
 * Without a trust list (a province not yet certified) it has nothing to do
 * and says so.
 */
int	 proc_sync(const struct config *cf, struct err *e) MUST_CHECK;

#endif /* REGISTRY_PROC_SYNC_H */
