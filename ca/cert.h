#ifndef CA_CERT_H
#define CA_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/key.h"
#include "ca/profile.h"
#include "ca/x509.h"

/*
 * Certificates (RFC 5280; GM/T 0015-2023), SM2 with SM3: issued by profile,
 * parsed, checked against a profile, printed.  Chains are ca/chain.h's.
 */

#define LIMIT_CERT	16384		/* octets of one certificate */
#define CERT_SERIAL_LEN	16		/* of those that we issue */
#define CERT_SERIAL_MAX	20		/* accepted (RFC 5280, 4.1.2.2) */
#define CERT_URL_MAX	256
#define CERT_KEY_ID	20		/* octets of a key's identifier */

struct x509_st;				/* OpenSSL's X509 */
struct cert;				/* opaque; a parsed certificate */

/* What a certificate is to say.  Everything is borrowed. */
struct cert_spec {
	enum cert_profile profile;
	const uint8_t	*serial;	/* CERT_SERIAL_LEN; NULL: random */
	struct x509_name subject;
	const char	*credit_code;	/* owner's, or NULL */
	int64_t		 not_before;
	int64_t		 not_after;	/* 0: the profile's span */
	const uint8_t	*point;		/* subject's key, SM2_POINT_LEN */
	bool		 point_checked;	/* made here: it is on the curve */
	const char	*crl_url;	/* of the issuer's CRL, or NULL */
	const char	*ca_url;	/* of the issuer's certificate, or NULL */
	const char	*ocsp_url;	/* who answers for the issuer, or NULL */
	const uint8_t	*person;	/* commitment, SM3_LEN, or NULL */
	const char	*dns_name;	/* of a server, in lower case, or NULL */
};

/*
 * Issue: build it, lint it (cert_lint(), and as a whole under a throw-away key
 * where it is not one of many), sign it with the key in slot, append the DER
 * to out.  issuer is the signing CA's certificate, NULL for CERT_ROOT.
 * ERR_INVAL "bad-subject", or the spec is inconsistent (a key that is not on
 * the curve, dates that run backwards or beyond the issuer's, a field that the
 * profile has no place for); ERR_VERIFY "bad-certificate-profile": nothing was
 * signed.
 */
int	 cert_issue(const struct cert_spec *spec, const struct cert *issuer,
	    const struct keyring *kr, enum key_slot slot, struct buf *out,
	    struct err *e) MUST_CHECK;

/*
 * Parse one certificate, whole input, strict in its framing; any issuer's.
 * Caller frees with cert_free().  ERR_FORMAT "bad-certificate".
 */
int	 cert_parse(struct octets der, struct cert **c,
	    struct err *e) MUST_CHECK;
void	 cert_free(struct cert *c);
/* How many of those parsed lately are remembered, some 12 KiB each; 256
 * unless it is said. */
void	 cert_remember(size_t count);

/*
 * The subject's common name alone, as it stands in the DER, without OpenSSL;
 * *cn is tied to der.  ERR_FORMAT "bad-certificate": there is not just one.
 */
int	 cert_common_name(struct octets der, struct octets *cn,
	    struct err *e) MUST_CHECK;

/* The octets received, and OpenSSL's view of them.  Tied to c. */
struct octets cert_der(const struct cert *c);
struct x509_st *cert_x509(const struct cert *c);
/* The same without its key, which OpenSSL takes long to make: for names and
 * extensions. */
struct x509_st *cert_x509_keyless(const struct cert *c);

/* The subject's SM2 point.  ERR_FORMAT "not-sm2": another kind of key. */
int	 cert_point(const struct cert *c, uint8_t point[SM2_POINT_LEN],
	    struct err *e) MUST_CHECK;
/* The same, ready to verify with; tied to c.  As cert_point(). */
int	 cert_pub(const struct cert *c, const struct sm2_pub **pub,
	    struct err *e) MUST_CHECK;
/*
 * The subject's key, and its issuer's as authorityKeyIdentifier has it, by
 * their identifiers (x509_key_id()).  False: it does not say, or otherwise
 * than ours do.
 */
bool	 cert_key_id(const struct cert *c, uint8_t id[CERT_KEY_ID]);
bool	 cert_issuer_key_id(const struct cert *c, uint8_t id[CERT_KEY_ID]);
/* Is it a cross certificate of a rollover (RFC 4210, 4.4): the authority's own
 * name as issuer, and another key of its over this one? */
bool	 cert_is_cross(const struct cert *c);
/* Does the issuer's key hold over it?  ERR_VERIFY "certificate-signature". */
int	 cert_verify(const struct cert *c, const struct cert *issuer,
	    struct err *e) MUST_CHECK;

/*
 * Does sig hold over msg (SM2 with SM3, default ID) under the certificate's
 * key?  sig is DER SEQUENCE { r, s }; deviations of real objects are r ‖ s and
 * numbers without the zero octet before them: then *raw is set.  ERR_VERIFY;
 * the text goes on after the name of sig.
 * ERR_FORMAT "not-sm2"; ERR_CRYPTO.
 */
int	 cert_holds(const struct cert *c, struct octets msg,
	    struct octets sig, bool *raw, struct err *e) MUST_CHECK;

/* The same where it is known what is signed of msg (sm2_verify_digest()). */
int	 cert_holds_digest(const struct cert *c,
	    const uint8_t digest[SM3_LEN], struct octets sig, bool *raw,
	    struct err *e) MUST_CHECK;

/* What a certificate says.  Text is tied to c; empty where it says nothing. */
struct cert_facts {
	uint8_t		 serial[CERT_SERIAL_MAX + 1];	/* big-endian */
	size_t		 seriallen;
	const char	*subject, *issuer;	/* "C=CN, O=..., CN=..." UTF-8 */
	const char	*common_name, *organisation;	/* of the subject */
	const char	*credit_code;
	const char	*crl_url, *ca_url, *ocsp_url;	/* first http ones */
	int64_t		 not_before, not_after;
	bool		 is_ca;
	int		 path_len;		/* -1: not limited */
	bool		 has_key_usage;
	bool		 may_sign;		/* digitalSignature or nonRepudiation,
						 * or keyUsage absent */
	bool		 may_issue;		/* keyCertSign */
	bool		 self_issued;		/* subject is issuer */
	bool		 sm2_signed;		/* with SM2 and SM3 */
	bool		 null_parameters;	/* NULL where nothing belongs */
};
const struct cert_facts *cert_facts(const struct cert *c);

/*
 * One that was issued here just now, without OpenSSL, which takes longer to
 * read it than we to check it: strict in its framing, signed as we sign, true to
 * its profile; what it says is tied to der.  Whether the signature holds is not
 * asked.  ERR_FORMAT "bad-certificate"; ERR_VERIFY "bad-certificate-profile".
 */
int	 cert_own_read(struct octets der, enum cert_profile profile,
	    struct cert_own *own, struct err *e) MUST_CHECK;

/* cert_lint() of a certificate that is there. */
int	 cert_check(const struct cert *c, enum cert_profile profile,
	    struct err *e) MUST_CHECK;

/* In words, one fact a line. */
void	 cert_print(const struct cert *c, struct buf *out);
/* "-----BEGIN CERTIFICATE-----" and so on; label "X509 CRL" for a CRL. */
void	 cert_put_pem(struct octets der, const char *label, struct buf *out);
/* DER as it is, or the first PEM block with label made DER. */
int	 cert_unpem(struct octets in, const char *label, struct buf *out,
	    struct err *e) MUST_CHECK;
/* The next PEM block with label; c is advanced behind it.  ERR_FORMAT
 * "bad-pem", both. */
int	 cert_unpem_next(struct cursor *c, const char *label, struct buf *out,
	    struct err *e) MUST_CHECK;

#endif /* CA_CERT_H */
