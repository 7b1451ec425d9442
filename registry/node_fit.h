#ifndef REGISTRY_NODE_FIT_H
#define REGISTRY_NODE_FIT_H

#include <stdbool.h>

#include "base/err.h"
#include "registry/config.h"

/*
 * What a folder must have before a node can run in it, looked at before a
 * process starts: what is missing then would make one end again and again.
 * Each error says what to do.
 */

/*
 * That DIR holds a founded node which we may use: ERR_NOTFOUND "no-node", also
 * half way through "sealreg init", "no-database"; ERR_DENIED "not-ours".
 */
int	 node_there(const char *dir, struct err *e) MUST_CHECK;

/*
 * That a node can start: files that we may read and write, the key that signs
 * and its pass phrase where files hold them, a trust list that holds.
 * ERR_NOTFOUND "no-key", "no-trust"; ERR_DENIED "not-ours", "passphrase"; what
 * node_trust() says.
 */
int	 node_fit(const struct config *cf, struct err *e) MUST_CHECK;

/*
 * That we may use DIR/NAME as mode says (access(2)); what is not there is no
 * fault.  ERR_DENIED "not-ours": whose it is and what to do.
 */
int	 node_ours(const char *dir, const char *name, int mode, struct err *e)
	    MUST_CHECK;

#endif /* REGISTRY_NODE_FIT_H */
