#ifndef SIGNING_STAMP_H
#define SIGNING_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"
#include "filing/seal.h"

/*
 * A stamp, SES_Signature: GM/T 0031-2014 (V1), GB/T 38540-2020 (V4) and GM/T
 * 0031-2025 (V5).  Reading keeps slices of the received octets and never
 * encodes them again: what is verified is what was received.
 *
 * Strict DER, but for a closed list of deviations that real stamps have; each
 * one met is recorded and named.  Those of the seal in it are the seal's own.
 */

#define LIMIT_STAMP		(2u << 20)	/* octets, padding aside */

enum stamp_deviation {
	STAMP_DEV_DEFAULT_FALSE	= 1 << 0, /* critical FALSE written out */
	STAMP_DEV_RAW_SIGNATURE	= 1 << 1, /* r ‖ s instead of DER */
	STAMP_DEV_NULL_PARAMETERS = 1 << 2, /* NULL in the algorithm of the
					   * signer's certificate */
	STAMP_DEV_VERSION	= 1 << 3, /* of another generation */
	STAMP_DEV_TIME_KIND	= 1 << 4, /* UTCTime in V4 and V5; in V1 a
					   * time that is not in a string */
	STAMP_DEV_TIME_TEXT	= 1 << 5, /* V1: text instead of UTCTime */
	STAMP_DEV_TIME_ZONE	= 1 << 6, /* without zone: read as Beijing */
	STAMP_DEV_OCTET_STRING	= 1 << 7, /* instead of BIT STRING: timeInfo,
					   * dataHash */
	STAMP_DEV_EXTENSIONS	= 1 << 8, /* extDatas untagged or wrapped */
	STAMP_DEV_PADDING	= 1 << 9, /* zero octets follow */
	STAMP_DEV_UNUSED_BITS	= 1 << 10, /* zeros at the end of a signature
					   * or digest, called unused bits */
	STAMP_DEV_PROPERTY	= 1 << 11, /* propertyInfo is not in ASCII */
	STAMP_DEV_END		= 1 << 12
};

/* A stamp that was read.  Plain value; every view is tied to the input. */
struct stamp {
	enum seal_generation generation;
	unsigned	 deviations;
	struct octets	 whole;		/* the SES_Signature */
	struct octets	 to_sign;	/* with its header: what is signed */
	uint64_t	 version;
	struct seal	 seal;		/* eseal */
	struct octets	 time_info;	/* as it stands, without header */
	int64_t		 signed_at;	/* what it says; 0 where it is a
					 * token, which is not opened here */
	struct octets	 time_token;	/* V1: timeInfo is a token; or empty */
	struct octets	 data_hash;	/* octets of the digest */
	struct octets	 property;	/* propertyInfo, UTF-8 */
	bool		 has_ext;
	struct seal_extension ext[LIMIT_SEAL_EXTENSIONS];
	size_t		 next;
	struct octets	 cert;		/* the signer's, DER */
	struct octets	 alg;		/* value of the OID */
	struct octets	 signature;	/* octets of the BIT STRING */
	struct octets	 timestamp;	/* token over signature, or empty */
};

/*
 * Read a stamp.  padded: zero octets may follow it (PDF /Contents), else
 * nothing.  On failure *s is zeroed.  ERR_FORMAT "bad-stamp" cites the
 * member; ERR_TOOBIG "stamp-too-big" beyond LIMIT_STAMP.
 */
int	 stamp_parse(struct octets in, bool padded, struct stamp *s,
	    struct err *e) MUST_CHECK;

/*
 * The stamp's signature, over toSign as received, under the signer's
 * certificate that it carries; whose that is, is not asked.  Notes
 * STAMP_DEV_RAW_SIGNATURE and STAMP_DEV_NULL_PARAMETERS in *s.
 * ERR_VERIFY "bad-stamp-signature"; ERR_FORMAT "unsupported-algorithm": not
 * SM2 with SM3, so that we cannot tell; ERR_FORMAT "bad-certificate" and the
 * other codes of ca/cert.h.
 */
int	 stamp_verify(struct stamp *s, struct err *e) MUST_CHECK;

/*
 * Is the signer one whom the seal lists?  Type 1 compares certificates, type
 * 2 their digests (SM3).  ERR_VERIFY "signer-not-in-seal"; ERR_FORMAT
 * "unsupported-digest": a digest in the list is of another kind, so that we
 * cannot tell.
 */
int	 stamp_signer_in_seal(const struct stamp *s,
	    struct err *e) MUST_CHECK;

/* SM2 with SM3 is what its algorithm says. */
bool	 stamp_is_sm2(const struct stamp *s);
/* In words, a line a fact, the seal's too; nothing is printed raw. */
void	 stamp_print(const struct stamp *s, struct buf *out);
const char *stamp_deviation_word(unsigned bit);	/* "raw-signature"; NULL */

/* timeInfo of V1 as text: seconds in *t, and what it deviates in. */
bool	 stamp_time_text(struct octets text, int64_t *t, unsigned *deviations);

#endif /* SIGNING_STAMP_H */
