#ifndef REGISTRY_CA_AUTHORITY_H
#define REGISTRY_CA_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * "sealreg ca": the words about the province's authority itself, and about
 * what is revoked.  They print what was done, and what comes next.
 */

/* renew province, rekey province */
int	 ca_request(const char *dir, bool rekey, bool json,
	    struct err *e) MUST_CHECK;
/* take: file is the national root's bundle; root is the SM3 of a root that
 * nobody known here has certified, or NULL.  ERR_INVAL "root-unproven". */
struct ca_taken {
	const char	*file, *root;
	bool		 json;
};
int	 ca_take(const char *dir, const struct ca_taken *spec,
	    struct err *e) MUST_CHECK;
int	 ca_switch(const char *dir, bool json, struct err *e) MUST_CHECK;
/*
 * issue: the file out gets the certificate for the file request, and the
 * authority's.  profile is officer or tls; name, dns may be NULL; days 0: as the profile says.
 */
struct ca_issue {
	const char	*dir, *profile, *request, *out, *name, *dns;
	int64_t		 days;
	bool		 json;
};
int	 ca_issue(const struct ca_issue *spec, struct err *e) MUST_CHECK;
/*
 * reason as RFC 5280 calls it; at is RFC 3339 or NULL.  ERR_INVAL
 * "bad-revocation".
 */
int	 ca_revoke(const char *dir, const char *serial, const char *reason,
	    const char *at, struct err *e) MUST_CHECK;

#endif /* REGISTRY_CA_AUTHORITY_H */
