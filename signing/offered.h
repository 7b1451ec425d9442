#ifndef SIGNING_OFFERED_H
#define SIGNING_OFFERED_H

#include <stdbool.h>

#include "base/buf.h"
#include "ca/cms.h"

/*
 * Certificates that did not come with a file, and that whoever asks has at
 * hand.  Where a signature names its signer's certificate and does not bring
 * it, as the tax authority's invoices do, it is looked for among them.  That
 * it is there says nothing of it: chains are judged as always.
 */

/* For all that is read from now on, in this process and in jails that it
 * starts; copied, in the place of those before.  n may be 0. */
void	 offered_set(const struct octets *certs, size_t n);

/* The signer's, DER; tied to what was offered.  False: it is not there. */
bool	 offered_signer(const struct cms *m, struct octets *der);

#endif /* SIGNING_OFFERED_H */
