#ifndef REGISTRY_REVOKE_H
#define REGISTRY_REVOKE_H

#include <stdint.h>

#include "base/err.h"

/*
 * Revoking one of the node's own certificates: DIR/ca/SERIAL.revoked is made,
 * and a node that is told takes it into its list and OCSP answers, for good.
 * What is in use is replaced first, so that nothing is ever made under a
 * certificate that is revoked.
 */

/* Everything is borrowed. */
struct revoke_spec {
	const char	*dir;
	const char	*serial;	/* hexadecimal, as anybody prints it */
	unsigned	 reason;	/* RFC 5280, 5.3.1; no hold */
	int64_t		 at;		/* 0: now */
	int64_t		 now;
};

/*
 * ERR_NOTFOUND "no-such-certificate": none of this province's authority's has
 * it; ERR_CONFLICT "certificate-in-use", "already-revoked"; ERR_INVAL
 * "bad-revocation": before it was issued, or in the future.
 */
int	 revoke_own(const struct revoke_spec *spec,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_REVOKE_H */
