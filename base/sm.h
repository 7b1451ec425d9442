#ifndef BASE_SM_H
#define BASE_SM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm3.h"

/*
 * SM2 signatures (GB/T 32918.2), always with the default identity
 * "1234567812345678".  Verifying is here, by points of our own
 * (base/sm_table.h); signing is OpenSSL's and ca/key.h's, since only it holds
 * private keys.  SM3 is base/sm3.h's.
 *
 * Algorithms are fetched by sm_init(), once, before a process gives its file
 * rights away; contexts are per process and reused (we have no threads).
 */

#define SM2_POINT_LEN	65	/* 0x04, x, y */
#define SM2_SIG_LEN	64	/* r, s: 32 octets each, big-endian */
#define SM2_DER_SIG_MAX	72

struct evp_pkey_st;		/* OpenSSL's EVP_PKEY */

/* Fetch what we use.  Failing is fatal to a process. */
int	 sm_init(struct err *e) MUST_CHECK;

/* A public key on the SM2 curve.  Opaque. */
struct sm2_pub;

/*
 * For processes that verify much under few keys: so many of their keys may have
 * a table (base/sm_table.h) at a time, once they have verified often, and all
 * of them some multiples, 4 KB each, from the first signature on.  0: none,
 * which it is at the start.
 */
void	 sm2_tables(unsigned most);

/* From an uncompressed point.  ERR_FORMAT if it is not on the curve. */
int	 sm2_pub_new(const uint8_t point[SM2_POINT_LEN], struct sm2_pub **pub,
	    struct err *e) MUST_CHECK;
/* From an EVP_PKEY, which is borrowed.  ERR_FORMAT if it is not SM2. */
int	 sm2_pub_from_pkey(struct evp_pkey_st *pkey, struct sm2_pub **pub,
	    struct err *e) MUST_CHECK;
void	 sm2_pub_free(struct sm2_pub *pub);
const uint8_t *sm2_pub_point(const struct sm2_pub *pub);	/* tied to pub */

/*
 * Check a signature over msg.  Errors: ERR_VERIFY it does not hold;
 * ERR_FORMAT (der form) not DER.
 */
int	 sm2_verify(const struct sm2_pub *pub, struct octets msg,
	    const uint8_t sig[SM2_SIG_LEN], struct err *e) MUST_CHECK;
int	 sm2_verify_der(const struct sm2_pub *pub, struct octets msg,
	    struct octets sig, struct err *e) MUST_CHECK;

/*
 * The same in two steps, for messages that begin alike: what is signed is SM3
 * of Z ‖ message, Z being of the key and the default ID (GB/T 32918.2, 5.5).
 */
void	 sm2_z(const struct sm2_pub *pub, uint8_t z[SM3_LEN]);
void	 sm2_z_of(const uint8_t point[SM2_POINT_LEN], uint8_t z[SM3_LEN]);
void	 sm2_digest(const struct sm2_pub *pub, struct octets msg,
	    uint8_t out[SM3_LEN]);
/* Z of the empty ID, which some software signs with: to say so, not to accept. */
void	 sm2_z_no_id(const struct sm2_pub *pub, uint8_t z[SM3_LEN]);
int	 sm2_verify_digest(const struct sm2_pub *pub,
	    const uint8_t digest[SM3_LEN], const uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;

/* r ‖ s to DER SEQUENCE { r, s } and back (GM/T 0009); strict. */
size_t	 sm2_sig_to_der(const uint8_t sig[SM2_SIG_LEN],
	    uint8_t der[SM2_DER_SIG_MAX]);
int	 sm2_sig_from_der(struct octets der, uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;

/* n random octets from the system.  Aborts if there are none to be had. */
void	 sm_random(void *p, size_t n);

#endif /* BASE_SM_H */
