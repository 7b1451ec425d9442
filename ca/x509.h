#ifndef CA_X509_H
#define CA_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/key.h"

/*
 * Pieces of X.509 that certificates, CRLs and requests share, written as DER
 * (RFC 5280; GM/T 0015-2023).  We assemble them ourselves, so that what is
 * signed is exactly what is sent, and the algorithm's parameters are absent.
 */

/* X.520 upper bounds, in characters. */
#define LIMIT_NAME_CHARS	64

/* Distinguished name: C=CN, O, CN. */
struct x509_name {
	const char	*organisation;	/* UTF8String */
	const char	*common_name;	/* UTF8String */
};

/* AlgorithmIdentifier sm2-with-sm3 (1.2.156.10197.1.501), no parameters. */
void	 x509_put_algorithm(struct buf *b);
/* SubjectPublicKeyInfo: ecPublicKey on 1.2.156.10197.1.301. */
void	 x509_put_public_key(struct buf *b,
	    const uint8_t point[SM2_POINT_LEN]);
/* ERR_INVAL "bad-subject": empty, too long, not a name. */
int	 x509_put_name(struct buf *b, const struct x509_name *n,
	    struct err *e) MUST_CHECK;
/* UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). */
void	 x509_put_time(struct buf *b, int64_t t);
/* A positive INTEGER from n big-endian octets. */
void	 x509_put_serial(struct buf *b, const uint8_t *p, size_t n);
/* Extension: value is its octets, wrapped here in an OCTET STRING. */
void	 x509_put_extension(struct buf *b, struct octets oid, bool critical,
	    struct octets value);
/* First 20 octets of SM3 over the point. */
void	 x509_key_id(const uint8_t point[SM2_POINT_LEN], uint8_t id[20]);

/*
 * SEQUENCE { tbs, algorithm, BIT STRING signature }: sign tbs with the key in
 * slot and append the whole to out.
 */
int	 x509_sign(const struct keyring *kr, enum key_slot slot,
	    struct octets tbs, struct buf *out, struct err *e) MUST_CHECK;

/* The same around a signature that is there, r and s.  ERR_TOOBIG. */
int	 x509_put_signed(struct octets tbs, const uint8_t sig[SM2_SIG_LEN],
	    struct buf *out, struct err *e) MUST_CHECK;

/* ---- reading */

struct x509_st;				/* OpenSSL's X509 */
struct X509_name_st;			/* OpenSSL's X509_NAME */
struct X509_pubkey_st;			/* OpenSSL's X509_PUBKEY */
struct X509_algor_st;			/* OpenSSL's X509_ALGOR */
struct asn1_string_st;			/* OpenSSL's ASN1_TIME */

/* The signed frame of certificate, request and CRL.  Slices of the input. */
struct x509_frame {
	struct octets	tbs;		/* with its header: what is signed */
	struct octets	alg;		/* with its header */
	struct octets	sig;		/* DER { r, s } */
};
/* Strict in the whole tree, nothing behind it.  ERR_FORMAT. */
int	 x509_frame_read(struct octets der, struct x509_frame *f,
	    struct err *e) MUST_CHECK;
/* Does point's key hold over the frame?  ERR_VERIFY. */
int	 x509_frame_verify(const struct x509_frame *f,
	    const uint8_t point[SM2_POINT_LEN], struct err *e) MUST_CHECK;
/* Is it sm2-with-sm3, with parameters absent or NULL? */
bool	 x509_is_sm2_sm3(const struct X509_algor_st *alg);
/* *out in seconds since 1970; false, and *out 0: t is NULL or no time. */
bool	 x509_time(const struct asn1_string_st *t, int64_t *out);
/* ERR_FORMAT "not-sm2". */
int	 x509_point(struct X509_pubkey_st *key, uint8_t point[SM2_POINT_LEN],
	    struct err *e) MUST_CHECK;
/* Subject's name as it stands in c. */
int	 x509_put_subject_of(struct buf *b, const struct x509_st *c,
	    struct err *e) MUST_CHECK;
/* The same of its issuer's name. */
int	 x509_put_issuer_of(struct buf *b, const struct x509_st *c,
	    struct err *e) MUST_CHECK;
/* A whole name ("C=CN, O=..., CN=...") or one part of it, made safe to show:
 * controls, bidirectional and not UTF-8 become U+FFFD. */
void	 x509_name_text(const struct X509_name_st *name, char *out,
	    size_t max);
void	 x509_name_part(const struct X509_name_st *name, int nid, char *out,
	    size_t max);
void	 x509_safe_text(const char *s, size_t n, char *out, size_t max);
/* A name within a sentence: what is too long loses its middle, between whole
 * characters, so that the sentence keeps its end.  Returns out. */
#define X509_SHORT	128
const char *x509_short_text(const char *s, char out[X509_SHORT]);

#endif /* CA_X509_H */
