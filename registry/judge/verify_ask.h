#ifndef REGISTRY_VERIFY_ASK_H
#define REGISTRY_VERIFY_ASK_H

#include "registry/judge/verify.h"

/*
 * Verifying from outside: the file is read in a jail that is started for it,
 * CRLs come from the owners' nodes, and the register is asked through any node
 * (registry/judge/proof.h).  For the command; it waits.
 */

/*
 * node: its URL, or NULL: the register is not asked and no CRL is fetched.
 * ask->digest is set here.  Caller ends r with report_fini().
 */
void	 verify_file(struct octets in, struct verify_ask *ask,
	    const char *node, struct report *r);

#endif /* REGISTRY_VERIFY_ASK_H */
