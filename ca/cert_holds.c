#include <string.h>

#include "ca/cert.h"

/* A stranger's signature over anything, under a certificate that came along. */
int
cert_holds(const struct cert *c, struct octets msg, struct octets sig,
    bool *raw, struct err *e)
{
	uint8_t		 point[SM2_POINT_LEN], rs[SM2_SIG_LEN];
	struct sm2_pub	*pub = NULL;
	struct err	 why = ERR_INIT;
	int		 rc;

	*raw = false;
	if ((rc = cert_point(c, point, e)) != 0)
		return rc;
	if (sm2_pub_new(point, &pub, NULL) != 0)
		return err_set_id(e, ERR_FORMAT, "not-sm2",
		    "public key is not a point of the SM2 curve");
	if (sm2_sig_from_der(sig, rs, NULL) != 0) {
		if (sig.len != SM2_SIG_LEN) {
			rc = err_set(e, ERR_VERIFY, "is no SM2 signature");
			goto out;
		}
		memcpy(rs, sig.p, SM2_SIG_LEN);
		*raw = true;
	}
	if ((rc = sm2_verify(pub, msg, rs, &why)) == ERR_VERIFY)
		rc = err_set(e, ERR_VERIFY,
		    "does not hold under the certificate");
	else if (rc != 0)
		rc = err_set(e, ERR_CRYPTO, "%s", why.text);
out:
	sm2_pub_free(pub);
	return rc;
}
