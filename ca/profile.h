#ifndef CA_PROFILE_H
#define CA_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * What a certificate of each kind says, as data (schema/profiles.tsv), and
 * the linter that holds the octets to it before they are signed.  Writing
 * them is ca/cert_issue.c's.
 */

enum cert_profile {
	CERT_NONE = 0,
	CERT_ROOT,		/* national root: path length 2, 20 years */
	CERT_AUTHORITY,		/* provincial seal authority: 0, 10 years */
	CERT_MAKER,		/* signs seals, 5 years */
	CERT_SIGNER,		/* stamps with an organisation's seal */
	CERT_PERSON,		/* stamps with a person's seal */
	CERT_OFFICER,		/* logs in */
	CERT_OCSP,		/* answers for an authority that cannot */
	CERT_TSA,		/* signs time-stamps (RFC 3161, 2.3) */
	CERT_TLS,		/* a server on SM2 */
	CERT_FOREIGN,		/* a licensed body's, for a seal: read only */
	CERT_CROSS,		/* an authority's key by its other key (RFC
				 * 4210, 4.4): self-issued, not self-signed */
	CERT_CROSS_ROOT,	/* the same of the national root */
	CERT_END
};

/* The extensions that a profile may have. */
enum cert_ext {
	EXT_BASIC = 0, EXT_USAGE, EXT_SKI, EXT_AKI, EXT_EKU, EXT_CRL_POINTS,
	EXT_AIA, EXT_NO_CHECK, EXT_CREDIT, EXT_PERSON, EXT_SAN, EXT_COUNT
};

enum ext_rule { EXT_NEVER = 0, EXT_MAY, EXT_MUST };

#define PROFILE_EKU_MAX	2

/*
 * extKeyUsage of a maker: it makes seals.  2.999.38540.1, of the example arc
 * of ITU-T X.660, as the policy of time-stamps is: encoded.
 */
#define OID_SEAL_MAKING	"\x88\x37\x82\xad\x0c\x01"

/* One row.  Tied to the program. */
struct profile {
	const char	*name;
	bool		 ca;
	unsigned	 path_len;		/* of a CA */
	int64_t		 span;			/* seconds, where none is given */
	uint8_t		 usage[2];		/* BIT STRING's content */
	size_t		 usagelen;
	struct octets	 eku[PROFILE_EKU_MAX];	/* encoded OIDs */
	size_t		 neku;
	bool		 eku_critical;
	enum ext_rule	 ca_url, ocsp_url;	/* both live in EXT_AIA */
	enum ext_rule	 ext[EXT_COUNT];
};

/* NULL: there is no such profile. */
const struct profile *profile_of(enum cert_profile p);
/* CERT_NONE: no row has this name. */
enum cert_profile profile_named(const char *name);

/* An extension's encoded OID, and its name in RFC 5280. */
struct octets cert_ext_oid(enum cert_ext x);
const char *cert_ext_name(enum cert_ext x);
/* Is it critical in this profile? */
bool	 cert_ext_critical(const struct profile *p, enum cert_ext x);

/*
 * Lint the to-be-signed octets of a certificate: every field is there, in the
 * one spelling that we write, and nothing else is.  ERR_VERIFY
 * "bad-certificate-profile" names the field.
 */
int	 cert_lint(struct octets tbs, enum cert_profile p,
	    struct err *e) MUST_CHECK;
/*
 * What such a certificate says: slices of it, empty where it says nothing; the
 * serial without a zero in front.  Of use only where linting it succeeded.
 */
struct cert_own {
	struct octets	serial, organisation, common_name, credit_code, crl_url;
	struct octets	point;		/* SM2_POINT_LEN, not yet checked */
	int64_t		not_before, not_after;
};
/* The same, and what it says. */
int	 cert_lint_own(struct octets tbs, enum cert_profile p,
	    struct cert_own *own, struct err *e) MUST_CHECK;

#endif /* CA_PROFILE_H */
