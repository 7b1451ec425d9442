#ifndef REGISTRY_VERIFY_ASK_H
#define REGISTRY_VERIFY_ASK_H

#include "registry/judge/verify.h"

/*
 * Verifying from outside: the seal is read in a jail that is started for it,
 * CRLs come from the owner's node, and the register is asked through any node
 * (registry/judge/proof.h).  For the command; it waits.
 */

/* node: its URL, or NULL: the register is not asked and no CRL is fetched. */
void	 verify_file(struct octets in, const struct verify_ask *ask,
	    const char *node, struct report *r);

#endif /* REGISTRY_VERIFY_ASK_H */
