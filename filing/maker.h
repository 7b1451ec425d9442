#ifndef FILING_MAKER_H
#define FILING_MAKER_H

#include "base/buf.h"
#include "base/err.h"
#include "ca/key.h"

/*
 * The seal maker: a typed request becomes a signed seal.  Runs in the key
 * process, which builds what it signs itself (schema/proto/msg.proto,
 * MSG_SIGN_SEAL: SignSeal -> SignedSeal).
 */

/*
 * struct sign_type.handle for MSG_SIGN_SEAL, with the keyring's KEY_MAKER and
 * its certificate.  ERR_INVAL "bad-seal-request": the request is not one a
 * recorder would make; ERR_CRYPTO: there is no maker's certificate.
 */
int	sign_seal(const struct keyring *kr, struct octets request,
	    struct buf *reply, struct err *e) MUST_CHECK;

#endif /* FILING_MAKER_H */
