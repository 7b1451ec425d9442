#include <string.h>

#include "ca/cert.h"

/* A stranger's signature over anything, under a certificate that came along. */
int
cert_holds_digest(const struct cert *c, const uint8_t digest[SM3_LEN],
    struct octets sig, bool *raw, struct err *e)
{
	const struct sm2_pub	*pub;
	uint8_t			 rs[SM2_SIG_LEN];
	struct err		 why = ERR_INIT;
	int			 rc;

	*raw = false;
	if ((rc = cert_pub(c, &pub, e)) != 0)
		return rc;
	if (sm2_sig_from_der(sig, rs, NULL) != 0) {
		if (sig.len != SM2_SIG_LEN)
			return err_set(e, ERR_VERIFY, "is no SM2 signature");
		memcpy(rs, sig.p, SM2_SIG_LEN);
		*raw = true;
	}
	if ((rc = sm2_verify_digest(pub, digest, rs, &why)) == ERR_VERIFY)
		return err_set(e, ERR_VERIFY,
		    "does not hold under the certificate");
	return rc != 0 ? err_set(e, ERR_CRYPTO, "%s", why.text) : 0;
}

int
cert_holds(const struct cert *c, struct octets msg, struct octets sig,
    bool *raw, struct err *e)
{
	const struct sm2_pub	*pub;
	struct sm3		*h;
	uint8_t			 z[SM3_LEN], digest[SM3_LEN];
	int			 rc;

	*raw = false;
	if ((rc = cert_pub(c, &pub, e)) != 0)
		return rc;
	sm2_z(pub, z);
	h = sm3_new();
	sm3_add(h, z, sizeof(z));
	sm3_add(h, msg.p, msg.len);
	sm3_end(h, digest);
	sm3_free(h);
	return cert_holds_digest(c, digest, sig, raw, e);
}
