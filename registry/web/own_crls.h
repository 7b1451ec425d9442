#ifndef REGISTRY_OWN_CRLS_H
#define REGISTRY_OWN_CRLS_H

#include <stddef.h>

#include "base/buf.h"
#include "registry/judge/chains.h"
#include "registry/web/web.h"

/*
 * Revocation lists of this node's own province, copied out of its database for
 * a question to the jail.  What is not there is left out: the report says so.
 */
struct own_crls {
	struct buf	 b[LIMIT_VERIFY_PARTS + 2];
	struct octets	 o[LIMIT_VERIFY_PARTS + 2];	/* tied to b */
	size_t		 n;
};

/*
 * The root's, the first part of the province's, and those parts that the
 * certificates in chains name.  Caller frees with own_crls_free().
 */
struct own_crls *own_crls_new(struct web *w, const struct chains *chains);
/* NULL is allowed. */
void	 own_crls_free(struct own_crls *l);

#endif /* REGISTRY_OWN_CRLS_H */
