#ifndef CA_TSA_H
#define CA_TSA_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/key.h"
#include "ca/tsa_query.h"

/*
 * The time-stamp authority: tokens of RFC 3161 and GB/T 20520, with SM3 and
 * SM2, by the key in KEY_TSA.  Assembled by hand: OpenSSL's own code for time-
 * stamps cannot sign with SM2 under the identity of GM/T 0009.  Runs in the
 * key process.
 */

#define LIMIT_TSA_BOUND	3600	/* seconds */

/* What a token is to say.  Borrowed. */
struct tsa_spec {
	const struct tsa_query	*query;
	struct octets		 policy;	/* value of the OID */
	int64_t			 floor;		/* never before it */
	unsigned		 bound;		/* the clock may be off by so
						 * many seconds: accuracy */
};

/*
 * Issue a token, DER appended to out; *time is its genTime: the clock, never
 * before floor or an earlier token.  The serial number has 128 random bits.
 * ERR_NOTFOUND "no-tsa": no key, or no certificate of it; ERR_BUSY
 * "clock-behind": the clock is further back than bound; ERR_CRYPTO
 * "tsa-certificate": the certificate is not valid at that moment; ERR_INVAL
 * the spec makes no sense.
 */
int	 tsa_issue(const struct keyring *kr, const struct tsa_spec *spec,
	    struct buf *out, int64_t *time, struct err *e) MUST_CHECK;

/*
 * From a typed request (schema/proto/msg.proto, SignTime) to a spec whose
 * query stands in *q; both are tied to m.  ERR_INVAL "bad-time-request".
 */
struct SignTime;
int	 tsa_spec_of(const struct SignTime *m, struct tsa_query *q,
	    struct tsa_spec *spec, struct err *e) MUST_CHECK;

/* struct sign_type.handle for MSG_SIGN_TIME. */
int	 sign_time(const struct keyring *kr, struct octets request,
	    struct buf *reply, struct err *e) MUST_CHECK;

#endif /* CA_TSA_H */
