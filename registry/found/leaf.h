#ifndef REGISTRY_LEAF_H
#define REGISTRY_LEAF_H

#include <stdint.h>

#include "base/err.h"
#include "ca/cert.h"
#include "ca/key.h"
#include "registry/config.h"

/*
 * Certificates that a province's authority issues to its own node when it is
 * founded: the maker's and the time-stamp authority's.
 */

/*
 * The organisation in the province's certificates: its name in GB/T 2260.
 * ERR_INVAL "unknown-division".
 */
int	 leaf_province_name(const char *province, int64_t now,
	    const char **name, struct err *e) MUST_CHECK;

/*
 * Where to ask about what authority has issued: its first part of the
 * revocation list, and OCSP.  Freed with leaf_urls_fini().
 */
struct leaf_urls {
	char	*crl, *ocsp;
};
int	 leaf_urls_init(struct leaf_urls *u, const struct config *cf,
	    const struct cert *authority, struct err *e) MUST_CHECK;
void	 leaf_urls_fini(struct leaf_urls *u);

/*
 * Issue the certificate of slot (KEY_MAKER or KEY_TSA), tie it to the keyring
 * and write it to DIR/ca/SLOT.crt.  ERR_INVAL: its life would go beyond the
 * authority's.
 */
struct leaf_spec {
	const struct config	*cf;
	const struct cert	*authority;
	const char		*dir;	/* may be one that is being made */
	int64_t			 now;
	int64_t			 days;	/* its life; 0: the profile's */
};
int	 leaf_make(struct keyring *kr, const struct leaf_spec *spec,
	    enum key_slot slot, struct err *e) MUST_CHECK;

#endif /* REGISTRY_LEAF_H */
