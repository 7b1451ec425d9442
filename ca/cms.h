#ifndef CA_CMS_H
#define CA_CMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/cert.h"

/*
 * SignedData with one signer: GB/T 35275 (once GM/T 0010), and CMS (RFC 5652)
 * with SM2 and SM3.  Read as slices and checked by hand over DER: OpenSSL's
 * CMS_verify() cannot check a signature made with the identity that the GM
 * standards prescribe.  What the content means is for the caller.
 */

#define LIMIT_CMS		(4u << 20)	/* octets */
#define LIMIT_CMS_CERTS		16
#define LIMIT_CMS_ATTRIBUTES	32
#define CMS_DIGEST_MAX		64

/* Deviations, a bit each: met, accepted, never written. */
enum cms_deviation {
	CMS_DEV_RAW_SIGNATURE	= 1 << 0, /* r ‖ s instead of DER */
	CMS_DEV_NULL_PARAMETERS	= 1 << 1, /* NULL in the algorithm of the
					   * signer's certificate */
	CMS_DEV_ALGORITHM	= 1 << 2, /* 1.2.156.10197.1.501 where GB/T
					   * 35275 has 1.2.156.10197.1.301.1 */
	CMS_DEV_OTHER_FAMILY	= 1 << 3, /* content type of PKCS #7 in GB/T
					   * 35275, or the other way round */
	CMS_DEV_NO_CONTENT_TYPE	= 1 << 4, /* attributes without contentType */
	CMS_DEV_SM3_NAME	= 1 << 5, /* SM3 by its OIDs without and with
					   * a key (GM/T 0006), .401.1, .2 */
	CMS_DEV_TIME_ZONE	= 1 << 6, /* signingTime with an offset
					   * instead of Z (RFC 5652, 11.3) */
	CMS_DEV_DIGEST_Z	= 1 << 7, /* a digest with Z, which SM2 makes
					   * of what it signs (GB/T 32918.2,
					   * 5.5), where one without is due */
	CMS_DEV_DIGEST_NAME	= 1 << 8, /* digestAlgorithm 1.2.156.10197.1.501,
					   * SM2 with SM3: SM3 is meant */
	CMS_DEV_KEY_NAME	= 1 << 9, /* signatureAlgorithm names the key's
					   * algorithm, 1.2.840.10045.2.1, or
					   * encryption, 1.2.156.10197.1.301.3 */
	CMS_DEV_END		= 1 << 10
};

/* What was read.  Plain value; every view is tied to the input. */
struct cms {
	bool		 gm;		/* by GB/T 35275's identifiers */
	unsigned	 deviations;
	struct octets	 whole;		/* ContentInfo */
	struct octets	 content_type;	/* value of the OID, of what is in */
	bool		 has_content;
	struct octets	 content;	/* octets of the OCTET STRING */
	struct octets	 certs[LIMIT_CMS_CERTS];
	size_t		 ncerts;
	/* the signer, by name and serial, or by key identifier */
	struct octets	 issuer;	/* Name, with its header */
	struct octets	 serial;	/* value of the INTEGER */
	struct octets	 key_id;
	struct octets	 digest_alg, sign_alg;	/* values of the OIDs */
	struct octets	 signature;	/* octets of the OCTET STRING */
	bool		 has_attributes;
	struct octets	 attributes;	/* signed ones, with header [0] */
	struct octets	 attr_type;	/* contentType: value of the OID */
	struct octets	 digest;	/* messageDigest: its octets */
	int64_t		 signing_time;	/* 0: none */
	struct octets	 ess, ess_v2;	/* SigningCertificate, V2; or empty */
	struct octets	 token;		/* unsigned: a time-stamp token over
					 * signature (RFC 3161, annex A) */
};

/*
 * Read SignedData in its ContentInfo; nothing may follow it.  On failure *m
 * is zeroed.  ERR_FORMAT "bad-signed-data" cites the member;
 * ERR_FORMAT "several-signers": it has more than one; ERR_TOOBIG
 * "signed-data-too-big".
 */
int	 cms_parse(struct octets in, struct cms *m,
	    struct err *e) MUST_CHECK;

/*
 * The signer's certificate, if it came along: *der is tied to the input.
 * ERR_NOTFOUND "signer-not-included" says which one it would be.
 */
int	 cms_signer(const struct cms *m, struct octets *der,
	    struct err *e) MUST_CHECK;

/* Does the signer name this certificate, by issuer and number, or by its key
 * identifier? */
bool	 cms_is_signer(const struct cms *m, struct octets der);

/*
 * Does the signature hold under that certificate: over the attributes as
 * received, where there are any (the caller asks cms_covers() what they are
 * about), else over content?  An ESS signing certificate attribute must name
 * this certificate.  Notes deviations in *m.  ERR_VERIFY "bad-signature";
 * ERR_FORMAT "unsupported-algorithm", "unsupported-digest": we cannot tell;
 * ERR_FORMAT "not-sm2".
 */
int	 cms_verify(struct cms *m, struct octets content,
	    const struct cert *signer, struct err *e) MUST_CHECK;
/* Is messageDigest that of content, or the one that SM2 makes of it with the
 * signer's key, with Z?  Of that a deviation is noted. */
bool	 cms_covers(struct cms *m, struct octets content,
	    const struct cert *signer);
/* Is digest what SM2 signs of content with this key, SM3(Z ‖ content)? */
bool	 cms_is_digest_with_z(const struct cert *signer,
	    struct octets content, struct octets digest);
/* Does its digestAlgorithm mean SM3? */
bool	 cms_digests_by_sm3(const struct cms *m);

/* Are these the OIDs of signedData, of data (either family), of SM3? */
bool	 cms_is_signed_data(struct octets oid);
bool	 cms_is_data(struct octets oid);
bool	 cms_is_sm3(struct octets oid);
/* Digest of o by the algorithm with this OID: SM3 or SHA-2 (and SHA-1, where
 * sha1 says so); *n its length.  False: another one. */
bool	 cms_digest(struct octets oid, bool sha1, struct octets o,
	    uint8_t out[CMS_DIGEST_MAX], size_t *n);
const char *cms_deviation_word(unsigned bit);	/* "raw-signature"; NULL */

#endif /* CA_CMS_H */
