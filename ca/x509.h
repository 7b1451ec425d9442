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

#endif /* CA_X509_H */
