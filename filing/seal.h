#ifndef FILING_SEAL_H
#define FILING_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"
#include "filing/ses.h"

/*
 * Seal data, SESeal: GM/T 0031-2014 (V1), GB/T 38540-2020 (V4) and GM/T
 * 0031-2025 (V5).  Reading keeps slices of the received octets and never
 * encodes them again: what is verified is what was received.  Written are V4
 * and V5.
 *
 * Strict DER, but for a closed list of deviations that real seals have; each
 * one met is recorded in the seal and named.
 */

#define LIMIT_SEAL		(1u << 20)	/* octets of an SESeal */
#define LIMIT_SEAL_CERTS	16
#define LIMIT_SEAL_EXTENSIONS	16
#define SEAL_OID_SIZE		64

enum seal_generation {
	SEAL_GEN_NONE = 0, SEAL_V1 = 1, SEAL_V4 = 4, SEAL_V5 = 5
};

/* Deviations, a bit each: met on real seals, accepted, never written. */
enum seal_deviation {
	SEAL_DEV_DEFAULT_FALSE	= 1 << 0, /* critical FALSE written out */
	SEAL_DEV_RAW_SIGNATURE	= 1 << 1, /* r ‖ s instead of DER */
	SEAL_DEV_TIME_KIND	= 1 << 2, /* GeneralizedTime in V1, UTCTime
					   * in V4 and V5 */
	SEAL_DEV_VERSION	= 1 << 3, /* header version of another
					   * generation */
	SEAL_DEV_HEADER_ID	= 1 << 4, /* header ID other than "ES" */
	SEAL_DEV_WRAPPED	= 1 << 5, /* the seal in an OCTET STRING */
	SEAL_DEV_SIGN_INFO	= 1 << 6, /* V1 signInfo in a BIT STRING */
	SEAL_DEV_EXTENSIONS	= 1 << 7, /* extDatas tagged or wrapped */
	SEAL_DEV_NULL_PARAMETERS = 1 << 8, /* NULL in the algorithm of the
					   * maker's certificate */
	SEAL_DEV_UNUSED_BITS	= 1 << 9, /* zeros at the end of a signature,
					   * called unused bits */
	SEAL_DEV_END		= 1 << 10
};

/* A seal that was read.  Plain value; every view is tied to the input. */
struct seal {
	enum seal_generation generation;
	unsigned	 deviations;
	struct octets	 whole;		/* the SESeal */
	struct octets	 info;		/* eSealInfo, with its header */
	/* header */
	struct octets	 id, vid;
	uint64_t	 version;
	struct octets	 es_id;		/* esID, ASCII */
	/* property */
	uint64_t	 type;
	struct octets	 name;		/* valid UTF-8 */
	uint64_t	 cert_list_type; /* 1 certificates, 2 digests */
	struct octets	 certs[LIMIT_SEAL_CERTS]; /* DER, or digests */
	struct octets	 digest_types[LIMIT_SEAL_CERTS]; /* of type 2 */
	size_t		 ncerts;
	int64_t		 created, valid_start, valid_end;
	/* picture */
	struct octets	 picture_type, picture;
	uint64_t	 width, height;	/* mm */
	bool		 has_ext;	/* present, perhaps empty */
	struct seal_extension ext[LIMIT_SEAL_EXTENSIONS];
	size_t		 next;
	/* signature */
	struct octets	 cert;		/* the maker's, DER */
	struct octets	 cert_tlv, alg_tlv; /* as signed in V1 */
	struct octets	 alg;		/* value of the OID */
	struct octets	 signature;	/* octets of the BIT STRING */
	struct octets	 timestamp;	/* V5, or empty */
};

/*
 * Read a seal; nothing may follow it.  On failure *s is zeroed.
 * ERR_FORMAT "bad-seal" cites the member; ERR_TOOBIG beyond LIMIT_SEAL.
 */
int	 seal_parse(struct octets in, struct seal *s,
	    struct err *e) MUST_CHECK;

/*
 * The seal's signature under the maker's certificate that it carries: over
 * eSealInfo (V4, V5), or over a SEQUENCE of eSealInfo, cert and
 * signatureAlgorithm (V1).  It says nothing about whose certificate that is.
 * Notes SEAL_DEV_RAW_SIGNATURE and SEAL_DEV_NULL_PARAMETERS in *s.
 * ERR_VERIFY "bad-seal-signature"; ERR_FORMAT "unsupported-algorithm": it is
 * not SM2 with SM3, so that we cannot tell; ERR_FORMAT "bad-certificate" and
 * the other codes of ca/cert.h.
 */
int	 seal_verify(struct seal *s, struct err *e) MUST_CHECK;

/*
 * What we require of a seal of our own making, beyond parsing: V4 or
 * V5, strict DER without any deviation, esID a seal code, one certificate, SM2 with SM3,
 * DER signature, a picture with the marks of its type, dates that run
 * forwards.  V5: a time-stamp that holds over signedValue, not before
 * createDate.  ERR_VERIFY "bad-own-seal".
 */
int	 seal_lint(const struct seal *s, struct err *e) MUST_CHECK;

/* H(DER SESeal), as in the record. */
void	 seal_digest(const struct seal *s, uint8_t out[SM3_LEN]);
/* In words, a line a fact, for people; nothing from the seal is printed raw. */
void	 seal_print(const struct seal *s, struct buf *out);

/* The value of the OID of SM2 with SM3, 1.2.156.10197.1.501. */
extern const uint8_t seal_oid_sm2_sm3[8];

const char *seal_generation_word(enum seal_generation g);	/* "V4" */
const char *seal_standard_word(enum seal_generation g); /* "GB/T 38540-2020" */
const char *seal_deviation_word(unsigned bit);	/* "raw-signature"; NULL */

/* What is to be in a seal.  Borrowed. */
struct seal_spec {
	enum seal_generation generation;	/* SEAL_V4, SEAL_V5 */
	const char	*seal_code;	/* esID */
	uint32_t	 type;
	const char	*name;
	struct octets	 certificate;	/* the signer's, DER */
	int64_t		 created, valid_start, valid_end;
	const char	*picture_type;	/* "PNG" */
	struct octets	 picture;
	uint32_t	 width, height;	/* mm */
};

/* eSealInfo (GB/T 38540, SES_SealInfo), appended to out: what is signed. */
void	 seal_info_encode(const struct seal_spec *spec, struct buf *out);
/*
 * SESeal around it, with r ‖ s as DER, appended to out; token is the time-stamp
 * of V5 over that DER, or empty.
 */
void	 seal_encode(struct octets info, struct octets maker_cert,
	    const uint8_t sig[SM2_SIG_LEN], struct octets token,
	    struct buf *out);
/*
 * Encode what was read again, canonically: equal to the input for a V4 seal
 * without deviations.  For checks of our own reader, never for verifying.
 */
void	 seal_reencode(const struct seal *s, struct buf *out);

#endif /* FILING_SEAL_H */
