#ifndef REGISTRY_NODE_CONF_H
#define REGISTRY_NODE_CONF_H

#include "base/err.h"
#include "registry/config.h"

/*
 * The configuration of a node as the monitor hands it out: what was read and
 * found good, in a sealed memfd.  Children begin with it, also those that are
 * started again while the file is being edited, and take it anew at a reload.
 */

#define NODE_CONF	253u	/* tag of its memfd at a reload */

/*
 * config_load(), with the octets that were read in the memfd *fd, which the
 * caller closes.  On failure *cf is NULL and *fd -1.
 */
int	 node_conf_load(const char *dir, struct config **cf, int *fd,
	    struct err *e) MUST_CHECK;
/* Read it from such a memfd, borrowed.  Errors as config_parse(). */
int	 node_conf_take(const char *dir, int fd, struct config **cf,
	    struct err *e) MUST_CHECK;
/*
 * May a node that runs with old take new?  ERR_CONFLICT "needs-restart": no,
 * and the sentence says because of which key.
 */
int	 node_conf_fits(const struct config *old, const struct config *new,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_NODE_CONF_H */
