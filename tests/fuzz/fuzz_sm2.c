#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/sm_table.h"

/*
 * Property: for any key, and any s and r + s, the digest for which they make a
 * signature by OpenSSL's points is one that verifies here, with a table and
 * without; with any bit turned it does not.  Input: key, s, r + s, 32 octets
 * each, and the bit.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct work {
	EC_GROUP	*group;
	EC_POINT	*key, *sum;
	BN_CTX		*ctx;
	BIGNUM		*k, *s, *t, *r, *x;
};

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
start(struct work *w)
{
	w->group = EC_GROUP_new_by_curve_name(NID_sm2);
	must(w->group != NULL);
	w->key = EC_POINT_new(w->group);
	w->sum = EC_POINT_new(w->group);
	w->ctx = BN_CTX_new();
	w->k = BN_new();
	w->s = BN_new();
	w->t = BN_new();
	w->r = BN_new();
	w->x = BN_new();
}

/* Any 32 octets as a number below the order. */
static void
take(struct work *w, const uint8_t *p, BIGNUM *out)
{
	must(BN_bin2bn(p, 32, out) != NULL && BN_nnmod(out, out,
	    EC_GROUP_get0_order(w->group), w->ctx) == 1);
}

static void
agree(const uint8_t at[SM2_POINT_LEN], const uint8_t digest[SM3_LEN],
    const uint8_t sig[SM2_SIG_LEN], int rc)
{
	struct sm2_table	*t;

	must(sm2_point_verify(at, digest, sig, NULL) == rc);
	must(sm2_table_new(at, &t, NULL) == 0);
	must(sm2_table_verify(t, digest, sig, NULL) == rc);
	sm2_table_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct work	 w;
	const BIGNUM		*order;
	uint8_t			 at[SM2_POINT_LEN], digest[SM3_LEN],
				 sig[SM2_SIG_LEN];

	if (n != 97)
		return 0;
	if (w.group == NULL)
		start(&w);
	order = EC_GROUP_get0_order(w.group);
	take(&w, p, w.k);
	take(&w, p + 32, w.s);
	take(&w, p + 64, w.t);
	must(BN_mod_sub(w.r, w.t, w.s, order, w.ctx) == 1);
	if (BN_is_zero(w.k) || BN_is_zero(w.s) || BN_is_zero(w.r) ||
	    BN_is_zero(w.t))
		return 0;
	must(EC_POINT_mul(w.group, w.key, w.k, NULL, NULL, w.ctx) == 1 &&
	    EC_POINT_point2oct(w.group, w.key, POINT_CONVERSION_UNCOMPRESSED,
	    at, sizeof(at), w.ctx) == sizeof(at));
	must(EC_POINT_mul(w.group, w.sum, w.s, w.key, w.t, w.ctx) == 1);
	must(BN_bn2binpad(w.r, sig, 32) == 32 &&
	    BN_bn2binpad(w.s, sig + 32, 32) == 32);
	memset(digest, 0, sizeof(digest));
	if (EC_POINT_is_at_infinity(w.group, w.sum) == 1) {
		agree(at, digest, sig, ERR_VERIFY);
		return 0;
	}
	must(EC_POINT_get_affine_coordinates(w.group, w.sum, w.x, NULL,
	    w.ctx) == 1 && BN_mod_sub(w.x, w.r, w.x, order, w.ctx) == 1 &&
	    BN_bn2binpad(w.x, digest, SM3_LEN) == SM3_LEN);
	agree(at, digest, sig, 0);
	digest[p[96] / 8] ^= (uint8_t)(1 << p[96] % 8);
	agree(at, digest, sig, ERR_VERIFY);
	return 0;
}
