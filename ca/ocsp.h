#ifndef CA_OCSP_H
#define CA_OCSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/cert.h"
#include "ca/key.h"

/*
 * The status of single certificates (RFC 6960, in the profile of RFC 5019):
 * requests read, answers signed ahead by the authority itself and read back.
 * An answer is about one certificate and names it three times, under each
 * digest that we answer for (RFC 6960, 4.2.2.3 allows more than was asked): so
 * one signature fits whoever asks.  Where answers are kept is not decided here.
 */

#define LIMIT_OCSP_REQUEST	4096	/* octets; 8192 in base64 fit a URL */
#define LIMIT_OCSP_IDS		16	/* certificates asked about at once */
#define LIMIT_OCSP_ANSWER	4096	/* octets */

/* Digests of a CertID. */
enum ocsp_hash {
	OCSP_HASH_OTHER = 0, OCSP_SHA1, OCSP_SHA256, OCSP_SM3, OCSP_HASHES
};
#define OCSP_HASH_MAX	32

/* OCSPResponseStatus, the unsigned answers (RFC 6960, 4.2.1). */
enum ocsp_error {
	OCSP_MALFORMED = 1, OCSP_INTERNAL = 2, OCSP_TRY_LATER = 3,
	OCSP_UNAUTHORIZED = 6
};

/* Whom a question is about.  Plain value. */
struct ocsp_id {
	enum ocsp_hash	hash;
	uint8_t		name[OCSP_HASH_MAX], key[OCSP_HASH_MAX];
	uint8_t		serial[CERT_SERIAL_MAX + 1];	/* no leading zeros */
	size_t		seriallen;
};

/* What was asked.  Plain value. */
struct ocsp_request {
	struct ocsp_id	ids[LIMIT_OCSP_IDS];
	size_t		nids;		/* at least 1 */
	bool		nonce;		/* was sent; never answered */
};

/*
 * Read a request: DER, whole input.  A signature on it is not looked at.
 * ERR_FORMAT "bad-ocsp-request": not one, a critical extension that is not
 * known, or too many certificates.
 */
int	 ocsp_request_read(struct octets der, struct ocsp_request *rq,
	    struct err *e) MUST_CHECK;

/* An issuer as a CertID names it.  Plain value. */
struct ocsp_issuer {
	uint8_t	name[OCSP_HASHES][OCSP_HASH_MAX];
	uint8_t	key[OCSP_HASHES][OCSP_HASH_MAX];
};
int	 ocsp_issuer_init(struct ocsp_issuer *is, const struct cert *issuer,
	    struct err *e) MUST_CHECK;
/* Is id about a certificate of this issuer? */
bool	 ocsp_issuer_is(const struct ocsp_issuer *is,
	    const struct ocsp_id *id);

/*
 * The plainest question there is (RFC 5019, 2.1.1), in its one spelling: one
 * certificate with a serial of 16 octets, nothing else.  True: serial points
 * into der.  Compares octets and decodes nothing.
 */
bool	 ocsp_is_plain(const struct ocsp_issuer *is, struct octets der,
	    struct octets *serial);
/* The same, written: for tests, and those who ask. */
void	 ocsp_put_plain(const struct ocsp_issuer *is, enum ocsp_hash hash,
	    struct octets serial, struct buf *out);

/* An answer without a signature. */
void	 ocsp_put_error(enum ocsp_error status, struct buf *out);

/* What an answer says of one certificate.  Plain value. */
struct ocsp_status {
	uint8_t	 serial[CERT_SERIAL_MAX + 1];
	size_t	 seriallen;
	int64_t	 revoked_at;		/* 0: good */
	unsigned reason;		/* RFC 5280, 5.3.1; 0: none said */
	int64_t	 this_update, next_update;
	int64_t	 archive_cutoff;	/* 0: not said (RFC 6960, 4.4.4) */
};

/*
 * Sign an answer in the name of issuer, whose key is in slot, and append it.
 * ERR_INVAL: the times run backwards, no serial, no such reason.
 */
int	 ocsp_answer_sign(const struct ocsp_status *s,
	    const struct cert *issuer, const struct ocsp_issuer *is,
	    const struct keyring *kr, enum key_slot slot, struct buf *out,
	    struct err *e) MUST_CHECK;

/* A signed answer as it was read.  Slices of the input. */
struct ocsp_answer {
	struct ocsp_status	status;
	struct ocsp_id		ids[OCSP_HASHES];
	size_t			nids;
	int64_t			produced_at;
	struct x509_frame	frame;
};
/*
 * Read one of ours: strict, whole input; all that it says is about one
 * certificate.  ERR_FORMAT "bad-ocsp-answer".
 */
int	 ocsp_answer_read(struct octets der, struct ocsp_answer *a,
	    struct err *e) MUST_CHECK;
/* ERR_VERIFY "ocsp-signature". */
int	 ocsp_answer_verify(const struct ocsp_answer *a,
	    const struct cert *issuer, struct err *e) MUST_CHECK;

/*
 * Is an answer of ours about this issuer's certificate of that serial?  Compares
 * octets and decodes nothing; the serial without a zero in front.
 */
bool	 ocsp_answer_names(const struct ocsp_issuer *is, struct octets serial,
	    struct octets der);

/* MSG_SIGN_OCSP: a batch of them with the authority's key. */
int	 sign_ocsp(const struct keyring *kr, struct octets request,
	    struct buf *reply, struct err *e) MUST_CHECK;
#define LIMIT_OCSP_BATCH	64	/* answers asked for at once */

#endif /* CA_OCSP_H */
