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
 * its certificate.  V5 in the order of GM/T 0031-2025: the certificate,
 * eSealInfo, the signature, its time-stamp by KEY_TSA, the whole.
 * ERR_INVAL "bad-seal-request": the request is not one a recorder would make;
 * ERR_CRYPTO: there is no maker's certificate, or ("maker-certificate") it is
 * not valid now; errors of tsa_issue().
 */
int	sign_seal(const struct keyring *kr, struct octets request,
	    struct buf *reply, struct err *e) MUST_CHECK;

#endif /* FILING_MAKER_H */
