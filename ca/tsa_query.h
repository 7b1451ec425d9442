#ifndef CA_TSA_QUERY_H
#define CA_TSA_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * What strangers ask a time-stamp authority, and how it answers them (RFC
 * 3161, 2.4; GB/T 20520).  Tokens are ca/tsa.h's.
 */

#define LIMIT_TSA_QUERY	2048	/* octets of a TimeStampReq */
#define LIMIT_TSA_NONCE	32	/* octets of its nonce */
#define LIMIT_TSA_POLICY 64	/* octets of an OID's value */
#define LIMIT_TSA_TOKEN	8192	/* octets of a TimeStampToken */
#define LIMIT_TSA_REPLY	(LIMIT_TSA_TOKEN + 512)
#define TSA_IMPRINT_LEN	32	/* of both digests */

/* Digests whose imprint is stamped.  Numbers cross a channel. */
enum tsa_hash {
	TSA_HASH_NONE = 0, TSA_SM3 = 1, TSA_SHA256 = 2
};

/* A request that was read.  Views are tied to the input. */
struct tsa_query {
	enum tsa_hash	 hash;
	uint8_t		 imprint[TSA_IMPRINT_LEN];
	bool		 null_parameters;	/* echoed as it came */
	struct octets	 policy;	/* value of the OID, or empty: any */
	struct octets	 nonce;		/* octets of the INTEGER, or empty */
	bool		 certificate;	/* certReq */
};

/*
 * Read a TimeStampReq; nothing may follow it.  On failure *q is zeroed.
 * ERR_FORMAT "bad-time-query" (not one, or an imprint of another length),
 * "time-query-version", "time-query-hash", "time-query-extension".
 */
int	 tsa_query_read(struct octets der, struct tsa_query *q,
	    struct err *e) MUST_CHECK;
/* Write one, appended to out: equal to what was read from DER. */
void	 tsa_query_encode(const struct tsa_query *q, struct buf *out);
/*
 * The value of a policy's OID from dotted digits, appended to out.  ERR_INVAL
 * "bad-policy": they are none, or beyond LIMIT_TSA_POLICY.
 */
int	 tsa_policy_encode(const char *dotted, struct buf *out,
	    struct err *e) MUST_CHECK;
/* A nonce in the one spelling of an INTEGER, and not too long? */
bool	 tsa_nonce_is_good(struct octets nonce);
/* AlgorithmIdentifier of a digest. */
void	 tsa_put_hash(enum tsa_hash hash, bool null_parameters,
	    struct buf *out);

/* PKIFailureInfo (RFC 3161, 2.4.2): numbers of bits. */
enum tsa_failure {
	TSA_BAD_ALG = 0, TSA_BAD_REQUEST = 2, TSA_BAD_DATA_FORMAT = 5,
	TSA_TIME_NOT_AVAILABLE = 14, TSA_UNACCEPTED_POLICY = 15,
	TSA_UNACCEPTED_EXTENSION = 16, TSA_SYSTEM_FAILURE = 25
};

/* The one for an error, by its stable code. */
enum tsa_failure tsa_failure_of(const struct err *e);

/* TimeStampResp, appended to out: granted, with the token; or a rejection,
 * whose statusString is "CODE: text". */
void	 tsa_reply_granted(struct octets token, struct buf *out);
void	 tsa_reply_rejected(const struct err *e, struct buf *out);

#endif /* CA_TSA_QUERY_H */
