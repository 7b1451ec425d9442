#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "base/mem.h"
#include "ca/key.h"
#include "ca/key_signer.h"

/*
 * Signers' private keys, wrapped for one keyring (docs/keys.md):
 *
 *	version (1) ‖ salt (16) ‖ point (65) ‖ ciphertext (32) ‖ tag (32)
 *
 * Encrypt, then MAC: SM4-CTR over the private scalar, HMAC-SM3 over all that
 * stands before the tag.  Both keys and the counter come from HKDF-SM3 of the
 * wrapping key's scalar with the salt, so that no pair is ever used twice.
 */

#define WRAP_VERSION	1
#define WRAP_SALT	16
#define WRAP_SCALAR	32
#define WRAP_INFO	"sealreg/wrap/v1"
#define WRAP_LEN	(1 + WRAP_SALT + SM2_POINT_LEN + WRAP_SCALAR + SM3_LEN)

struct wrap_keys {
	uint8_t	enc[16], counter[16], mac[32];
};

static int
scalar_of(EVP_PKEY *pkey, uint8_t out[WRAP_SCALAR], struct err *e)
{
	BIGNUM	*bn = NULL;
	int	 rc;

	if (!EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &bn) ||
	    BN_bn2binpad(bn, out, WRAP_SCALAR) != WRAP_SCALAR) {
		rc = err_set_crypto(e, "wrap: private part");
		goto out;
	}
	rc = 0;
out:
	BN_clear_free(bn);
	return rc;
}

static int
derive(const struct keyring *kr, const uint8_t salt[WRAP_SALT],
    struct wrap_keys *k, struct err *e)
{
	EVP_KDF		*kdf = NULL;
	EVP_KDF_CTX	*ctx = NULL;
	EVP_PKEY	*pkey;
	OSSL_PARAM	 p[5];
	uint8_t		 secret[WRAP_SCALAR];
	char		 digest[] = "SM3", info[] = WRAP_INFO;
	uint8_t		 s[WRAP_SALT];
	int		 rc;

	memset(k, 0, sizeof(*k));
	memcpy(s, salt, sizeof(s));
	memset(secret, 0, sizeof(secret));
	if ((pkey = keyring_pkey(kr, KEY_WRAPPING)) == NULL)
		return err_set_id(e, ERR_NOTFOUND, "no-key",
		    "the keyring has no wrapping key");
	if ((rc = scalar_of(pkey, secret, e)) != 0)
		goto out;
	p[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    digest, 0);
	p[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret,
	    sizeof(secret));
	p[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, s,
	    sizeof(s));
	p[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
	    sizeof(info) - 1);
	p[4] = OSSL_PARAM_construct_end();
	if ((kdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) == NULL ||
	    (ctx = EVP_KDF_CTX_new(kdf)) == NULL ||
	    EVP_KDF_derive(ctx, (uint8_t *)k, sizeof(*k), p) != 1) {
		rc = err_set_crypto(e, "wrap: HKDF");
		goto out;
	}
	rc = 0;
out:
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	mem_wipe(secret, sizeof(secret));
	return rc;
}

/* SM4-CTR is its own inverse. */
static int
crypt(const struct wrap_keys *k, const uint8_t in[WRAP_SCALAR],
    uint8_t out[WRAP_SCALAR], struct err *e)
{
	EVP_CIPHER_CTX	*ctx = NULL;
	int		 n = 0, rc;

	if ((ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_EncryptInit_ex2(ctx, EVP_sm4_ctr(), k->enc, k->counter,
	    NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &n, in, WRAP_SCALAR) != 1 ||
	    n != WRAP_SCALAR) {
		rc = err_set_crypto(e, "wrap: SM4");
		goto out;
	}
	rc = 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

static int
tag_of(const struct wrap_keys *k, const uint8_t *p, size_t n,
    uint8_t tag[SM3_LEN], struct err *e)
{
	size_t	 len = 0;

	if (EVP_Q_mac(NULL, "HMAC", NULL, "SM3", NULL, k->mac, sizeof(k->mac),
	    p, n, tag, SM3_LEN, &len) == NULL || len != SM3_LEN)
		return err_set_crypto(e, "wrap: HMAC");
	return 0;
}

int
key_make_wrapped(const struct keyring *kr, uint8_t point[SM2_POINT_LEN],
    struct buf *wrapped, struct err *e)
{
	struct wrap_keys	 k;
	EVP_PKEY		*pkey = NULL;
	uint8_t			 all[WRAP_LEN], scalar[WRAP_SCALAR];
	uint8_t			*salt = all + 1, *pt = salt + WRAP_SALT;
	uint8_t			*ct = pt + SM2_POINT_LEN;
	size_t			 n = 0;
	int			 rc;

	memset(point, 0, SM2_POINT_LEN);
	memset(scalar, 0, sizeof(scalar));
	all[0] = WRAP_VERSION;
	sm_random(salt, WRAP_SALT);
	if ((rc = derive(kr, salt, &k, e)) != 0)
		goto out;
	if ((pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2")) == NULL ||
	    !EVP_PKEY_get_octet_string_param(pkey,
	    OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, pt, SM2_POINT_LEN, &n) ||
	    n != SM2_POINT_LEN) {
		rc = err_set_crypto(e, "wrap: making a key");
		goto out;
	}
	if ((rc = scalar_of(pkey, scalar, e)) != 0 ||
	    (rc = crypt(&k, scalar, ct, e)) != 0 ||
	    (rc = tag_of(&k, all, WRAP_LEN - SM3_LEN, ct + WRAP_SCALAR,
	    e)) != 0)
		goto out;
	memcpy(point, pt, SM2_POINT_LEN);
	buf_put(wrapped, all, sizeof(all));
	rc = 0;
out:
	EVP_PKEY_free(pkey);
	mem_wipe(scalar, sizeof(scalar));
	mem_wipe(&k, sizeof(k));
	return rc;
}

static EVP_PKEY *
pkey_from(const uint8_t *point, const uint8_t *scalar)
{
	OSSL_PARAM_BLD	*bld = NULL;
	OSSL_PARAM	*p = NULL;
	EVP_PKEY_CTX	*ctx = NULL;
	EVP_PKEY	*pkey = NULL;
	BIGNUM		*d = NULL;

	if ((d = BN_secure_new()) == NULL ||
	    BN_bin2bn(scalar, WRAP_SCALAR, d) == NULL ||
	    (bld = OSSL_PARAM_BLD_new()) == NULL ||
	    !OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
	    "SM2", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
	    point, SM2_POINT_LEN) ||
	    !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) ||
	    (p = OSSL_PARAM_BLD_to_param(bld)) == NULL ||
	    (ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL)) == NULL ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, p) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(p);
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(d);
	return pkey;
}

int
key_unwrap(const struct keyring *kr, struct octets wrapped,
    EVP_PKEY **pkey, struct err *e)
{
	struct wrap_keys	 k;
	uint8_t			 scalar[WRAP_SCALAR], tag[SM3_LEN];
	const uint8_t		*salt = wrapped.p + 1, *pt = salt + WRAP_SALT;
	const uint8_t		*ct = pt + SM2_POINT_LEN;
	int			 rc;

	*pkey = NULL;
	memset(&k, 0, sizeof(k));
	memset(scalar, 0, sizeof(scalar));
	if (wrapped.len != WRAP_LEN || wrapped.p[0] != WRAP_VERSION) {
		rc = err_set_id(e, ERR_VERIFY, "bad-wrapped-key",
		    "wrapped key: not %d octets of version %d", WRAP_LEN,
		    WRAP_VERSION);
		goto out;
	}
	if ((rc = derive(kr, salt, &k, e)) != 0 ||
	    (rc = tag_of(&k, wrapped.p, WRAP_LEN - SM3_LEN, tag, e)) != 0)
		goto out;
	if (!mem_equal(tag, ct + WRAP_SCALAR, SM3_LEN)) {
		rc = err_set_id(e, ERR_VERIFY, "bad-wrapped-key",
		    "wrapped key: altered, or of another keyring");
		goto out;
	}
	if ((rc = crypt(&k, ct, scalar, e)) != 0)
		goto out;
	if ((*pkey = pkey_from(pt, scalar)) == NULL) {
		rc = err_set_crypto(e, "wrap: key");
		goto out;
	}
	rc = 0;
out:
	mem_wipe(scalar, sizeof(scalar));
	mem_wipe(&k, sizeof(k));
	return rc;
}

int
key_sign_wrapped(const struct keyring *kr, struct octets wrapped,
    struct octets msg, uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	struct key_signer	*signer = NULL;
	EVP_PKEY		*pkey = NULL;
	int			 rc;

	memset(sig, 0, SM2_SIG_LEN);
	if ((rc = key_unwrap(kr, wrapped, &pkey, e)) != 0 ||
	    (rc = key_signer_new(pkey, &signer, e)) != 0)
		goto out;
	rc = key_signer_sign(signer, msg, sig, e);
out:
	key_signer_free(signer);
	EVP_PKEY_free(pkey);
	return rc;
}
