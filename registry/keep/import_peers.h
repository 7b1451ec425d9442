#ifndef REGISTRY_IMPORT_PEERS_H
#define REGISTRY_IMPORT_PEERS_H

#include "sync/trust.h"

/*
 * What peers hold of our own log, asked before an import signs anything: a
 * database that is an older copy would make two logs under one signature.
 * Runs in the process with the network (import_child.h): answer one request
 * on link with the largest checkpoint that a key of ours has signed, as a
 * SignedNote, empty if there is none.  Who does not answer is left out, as the
 * recorder does at start.
 */
void	 import_peers_serve(const struct trust *t, const char *province,
	    int link);

#endif /* REGISTRY_IMPORT_PEERS_H */
