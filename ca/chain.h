#ifndef CA_CHAIN_H
#define CA_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/cert.h"

/*
 * Path validation: the only call of X509_verify_cert(), with explicit flags,
 * moment, depth and purpose.  A trust anchor that is self-signed has its own
 * signature checked here too, which OpenSSL leaves out; revocation is judged
 * by the CRLs given, at the moment asked for.
 */

#define LIMIT_CHAIN	8	/* certificates in a path, anchor included */
#define LIMIT_CHAIN_SET	64	/* of each kind; ca/chain_pick.h chooses them */

enum chain_purpose {
	CHAIN_SIGN = 1,		/* leaf signs: digitalSignature or
				 * nonRepudiation */
	CHAIN_ISSUE,		/* leaf is itself a CA */
	CHAIN_TIME_STAMP,	/* leaf signs time-stamps: its extended key
				 * usage says so (RFC 3161, 2.3) */
	CHAIN_MAKE		/* leaf signs seals; under an anchor that
				 * marks its makers it is one of those */
};

/* Everything is borrowed: DER. */
struct chain_spec {
	const struct octets	*anchors;	size_t nanchors;
	/* So many of them, the first, mark their makers: extKeyUsage, where
	 * there is one, says OID_SEAL_MAKING.  A certificate without is of
	 * before there was a mark: *unmarked; it is refused if its name is a
	 * seal's code, as signers' are. */
	size_t			 nmarking;
	const struct octets	*between;	size_t nbetween;
	const struct octets	*crls;		size_t ncrls;
	enum chain_purpose	 purpose;
	int64_t			 at;		/* the moment it must hold */
	unsigned		 depth;		/* CAs between leaf and anchor */
	bool			 need_crl;	/* a CRL for each, or refused */
	bool			 lenient;	/* other people's certificates:
						 * without X509_STRICT, NULL
						 * parameters accepted */
};

/* How it went.  Plain value. */
struct chain_result {
	unsigned	 length;	/* certificates in the path */
	unsigned	 failed_at;	/* 0: the leaf, counted upwards */
	struct octets	 path[LIMIT_CHAIN];	/* leaf first, tied to the
						 * spec's octets and leaf */
	int64_t		 revoked_at;	/* where that is the failure */
	bool		 unmarked;	/* CHAIN_MAKE: see nmarking */
	/* The same holds at every moment from .. until, with the same octets
	 * given: of what is good, and of what has expired. */
	int64_t		 from, until;
};

/*
 * Verify leaf.  *r (may be NULL) is filled as far as it got.  ERR_FORMAT
 * "bad-certificate", "bad-crl"; else ERR_VERIFY with the check that failed:
 * "unknown-issuer", "certificate-signature", "certificate-expired",
 * "certificate-not-yet-valid", "certificate-purpose", "chain-too-long",
 * "certificate-name" (nameConstraints of an issuer's),
 * "certificate-revoked", "crl-missing", "crl-expired", "crl-signature",
 * "bad-certificate-profile", "certificate-invalid" (anything else).
 */
int	 chain_verify(struct octets leaf, const struct chain_spec *spec,
	    struct chain_result *r, struct err *e) MUST_CHECK;

#endif /* CA_CHAIN_H */
