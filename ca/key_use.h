#ifndef CA_KEY_USE_H
#define CA_KEY_USE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"

/* Signing as key.c, wrap.c and cert_issue.c (its throw-away key) share it; for
 * those only. */

struct evp_pkey_st;
struct evp_md_ctx_st;

/* A context ready to sign, SM3 and the default identity set; caller frees
 * with EVP_MD_CTX_free(). */
int	 key_context(struct evp_pkey_st *pkey, struct evp_md_ctx_st **ctx,
	    struct err *e) MUST_CHECK;
/* Sign msg with ctx, which is used up; r ‖ s. */
int	 key_sign_with(struct evp_md_ctx_st *ctx, struct octets msg,
	    uint8_t sig[SM2_SIG_LEN], struct err *e) MUST_CHECK;

#endif /* CA_KEY_USE_H */
