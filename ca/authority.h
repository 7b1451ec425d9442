#ifndef CA_AUTHORITY_H
#define CA_AUTHORITY_H

#include "ca/cert.h"
#include "ca/key.h"

/*
 * Which of a keyring's authorities is meant: the one in use, or the one before
 * it, which goes on telling of what it has certified.
 */

/*
 * By its key's identifier; empty: the one in use.  ERR_BUSY "no-authority":
 * neither has this key; ERR_NOTFOUND "no-certificate": there is none at all.
 */
int	 authority_find(const struct keyring *kr, struct octets key_id,
	    enum key_slot *slot, const struct cert **c,
	    struct err *e) MUST_CHECK;

#endif /* CA_AUTHORITY_H */
