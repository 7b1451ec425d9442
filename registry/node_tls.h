#ifndef REGISTRY_NODE_TLS_H
#define REGISTRY_NODE_TLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/proc.h"
#include "registry/config.h"

/*
 * The TLS files of a node as the monitor hands them out: read, checked, and
 * put into sealed memfds, so that neither http nor sync opens a file for
 * them, and a file that goes bad later harms nobody.
 */

#define NODE_TLS_PEER	255u	/* tag of what sync shows; else a listener's */

struct node_tls {
	struct proc_file files[LIMIT_LISTENERS + 1];
	size_t		 n;
	/* The certificate that ends first; 0 and "" where there is none. */
	int64_t		 expires;
	char		 first[80];	/* "listener 127.0.0.1:18440" */
};

/*
 * Load what cf names; on failure *t is empty.  Errors: those of tls_pack(),
 * the sentence naming the listener.
 */
int	 node_tls_load(const struct config *cf, struct node_tls *t,
	    struct err *e) MUST_CHECK;
void	 node_tls_fini(struct node_tls *t);
/* ERR_INVAL "tls-expired" if a certificate of t is not valid any more. */
int	 node_tls_fresh(const struct node_tls *t, int64_t now,
	    struct err *e) MUST_CHECK;

/* What sync shows and believes: nothing to do if cf names no file. */
int	 node_tls_identify(const struct config *cf, struct err *e) MUST_CHECK;

#endif /* REGISTRY_NODE_TLS_H */
