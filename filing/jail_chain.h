#ifndef FILING_JAIL_CHAIN_H
#define FILING_JAIL_CHAIN_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Certificates of strangers judged in the jail, many in one visit
 * (MSG_CHECK_CHAINS).  A certificate that does not read is an answer like any
 * other; an intermediate that does not is left out.
 */

#define LIMIT_CHAIN_ASKS	256	/* certificates in one question */
#define LIMIT_CHAIN_MOMENTS	256	/* moments of one */

/* Writes ChainsChecked.  ERR_FORMAT: no question; ERR_TOOBIG: too many. */
int	 jail_check_chains(struct octets in, struct octets large,
	    struct buf *out, struct err *e) MUST_CHECK;

#endif /* FILING_JAIL_CHAIN_H */
