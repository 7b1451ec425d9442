#ifndef CA_KEY_SIGNER_H
#define CA_KEY_SIGNER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"

/*
 * What signs with one private key, as key.c, wrap.c and cert_issue.c (its
 * throw-away key) share it; for those only.  Made ready once, used again and
 * again: OpenSSL's own EVP_DigestSign() would make Z anew and hash with its
 * slower SM3.
 */

struct evp_pkey_st;
struct key_signer;		/* opaque */

/* The uncompressed point of an SM2 key. */
int	 key_point_of(struct evp_pkey_st *pkey, uint8_t point[SM2_POINT_LEN],
	    struct err *e) MUST_CHECK;
/* pkey is borrowed, and kept by a reference.  Caller frees with
 * key_signer_free(). */
int	 key_signer_new(struct evp_pkey_st *pkey, struct key_signer **out,
	    struct err *e) MUST_CHECK;
void	 key_signer_free(struct key_signer *s);
/* SM2 with SM3 over msg, default identity; r ‖ s. */
int	 key_signer_sign(struct key_signer *s, struct octets msg,
	    uint8_t sig[SM2_SIG_LEN], struct err *e) MUST_CHECK;

#endif /* CA_KEY_SIGNER_H */
