#include <string.h>

#include "ca/cert.h"

int
cert_own_read(struct octets der, enum cert_profile profile,
    struct cert_own *own, struct err *e)
{
	struct x509_frame	 f;
	struct buf		 alg;
	struct err		 why = ERR_INIT;
	uint8_t			 sig[SM2_SIG_LEN];
	bool			 ours;

	memset(own, 0, sizeof(*own));
	if (der.len > LIMIT_CERT || x509_frame_read(der, &f, &why) != 0)
		return err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: %s", der.len > LIMIT_CERT ? "too long" :
		    why.text);
	buf_init(&alg, 64);
	x509_put_algorithm(&alg);
	ours = alg.len == f.alg.len && memcmp(alg.p, f.alg.p, alg.len) == 0;
	buf_fini(&alg);
	if (!ours || sm2_sig_from_der(f.sig, sig, NULL) != 0)
		return err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: not signed with SM2 and SM3 as we sign");
	return cert_lint_own(f.tbs, profile, own, e);
}
