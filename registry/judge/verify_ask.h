#ifndef REGISTRY_VERIFY_ASK_H
#define REGISTRY_VERIFY_ASK_H

#include "registry/judge/evidence.h"
#include "registry/judge/verify.h"

/*
 * Verifying from outside: the file is read in a jail that is started for it,
 * CRLs come from the owners' nodes, and the register is asked through any node
 * (registry/judge/proof.h).  For the command; it waits.
 */

/*
 * node: its URL, or NULL: the register is not asked and no CRL is fetched.
 * ask->digest is set here, and *ev (zeroed before) is filled with what the
 * report was made from, but for trust and policy.  Caller ends r with
 * report_fini(), ev with evidence_fini().
 */
void	 verify_file(struct octets in, struct verify_ask *ask,
	    const char *node, struct evidence *ev, struct report *r);
/*
 * Judge again what is kept in ev, offline, as of the moment at which it was
 * judged.  in: the file itself, or a NULL pointer; then what was read of it is
 * believed.  ERR_INVAL "evidence-other-file"; ERR_BUSY: the jail died.
 */
int	 verify_replay(struct octets in, struct verify_ask *ask,
	    struct evidence *ev, struct report *r, struct err *e) MUST_CHECK;

#endif /* REGISTRY_VERIFY_ASK_H */
