#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "ca/key_signer.h"

struct key_signer {
	EVP_PKEY_CTX	*ctx;
	uint8_t		 z[SM3_LEN];
};

int
key_point_of(EVP_PKEY *pkey, uint8_t point[SM2_POINT_LEN], struct err *e)
{
	size_t	 n = 0;

	if (!EVP_PKEY_get_octet_string_param(pkey,
	    OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, SM2_POINT_LEN, &n) ||
	    n != SM2_POINT_LEN || point[0] != 4)
		return err_set_crypto(e, "key: public point");
	return 0;
}

int
key_signer_new(EVP_PKEY *pkey, struct key_signer **out, struct err *e)
{
	struct key_signer	*s = NULL;
	uint8_t			 point[SM2_POINT_LEN];
	int			 rc;

	*out = NULL;
	if ((rc = key_point_of(pkey, point, e)) != 0)
		return rc;
	s = xcalloc(1, sizeof(*s));
	sm2_z_of(point, s->z);
	if ((s->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL)) == NULL ||
	    EVP_PKEY_sign_init(s->ctx) != 1) {
		key_signer_free(s);
		return err_set_crypto(e, "key: signing context");
	}
	*out = s;
	return 0;
}

void
key_signer_free(struct key_signer *s)
{
	if (s == NULL)
		return;
	EVP_PKEY_CTX_free(s->ctx);
	free(s);
}

int
key_signer_sign(struct key_signer *s, struct octets msg,
    uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	const struct octets	parts[] = { OCTETS(s->z, SM3_LEN), msg };
	uint8_t			digest[SM3_LEN], der[SM2_DER_SIG_MAX + 8];
	size_t			n = sizeof(der);

	sm3_parts(parts, 2, digest);
	if (EVP_PKEY_sign(s->ctx, der, &n, digest, sizeof(digest)) != 1)
		return err_set_crypto(e, "key: signing");
	return sm2_sig_from_der(OCTETS(der, n), sig, e);
}
