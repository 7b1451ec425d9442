#ifndef REGISTRY_INSPECT_H
#define REGISTRY_INSPECT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Any object of ours in words, recognised by its content: notes, entries,
 * bundles of them and tiles are told here; what is DER or PEM is recognised
 * and left to the jail (MSG_DESCRIBE).  Nothing is verified against anybody.
 */

#define INSPECT_KIND_SIZE	16

/*
 * Append in to out in words, its kind to kind.  *jail: it is for the jail, and
 * nothing was written.  ERR_FORMAT "unknown-object", "kind-not-supported".
 */
int	 inspect_object(struct octets in, char kind[INSPECT_KIND_SIZE],
	    bool *jail, struct buf *out, struct err *e) MUST_CHECK;

#endif /* REGISTRY_INSPECT_H */
