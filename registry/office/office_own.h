#ifndef REGISTRY_OFFICE_OWN_H
#define REGISTRY_OFFICE_OWN_H

#include "ca/cert.h"
#include "registry/office/office.h"

/*
 * The node's own certificates, as the commands of the authority leave them in
 * DIR/ca: which authorities there are and have been, what they have issued to
 * the node, and what of that an operator has revoked.
 */

/*
 * Take all of it into the database: before the sandbox, in a transaction.
 * ERR_INVAL "bad-revocation"; ERR_FORMAT "bad-certificate".
 */
int	 office_own_load(struct office *of, struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_OWN_H */
