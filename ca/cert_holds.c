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

static void
digest_of(struct octets z, struct octets msg, uint8_t digest[SM3_LEN])
{
	const struct octets	parts[] = { z, msg };

	sm3_parts(parts, 2, digest);
}

/*
 * A signature that does not hold may be one of software that signs without the
 * identity of GB/T 32918.2, 5.5, or with an empty one.  It is not accepted
 * either; but whoever asks is to know that nothing was forged.
 */
static void
say_identity(const struct cert *c, const struct sm2_pub *pub,
    struct octets msg, struct octets sig, struct err *e)
{
	uint8_t	z[SM3_LEN], digest[SM3_LEN];
	bool	raw;

	digest_of(OCTETS("", 0), msg, digest);
	if (cert_holds_digest(c, digest, sig, &raw, NULL) == 0)
		(void)err_set(e, ERR_VERIFY, "does not hold under the "
		    "certificate: it was made without the signer's identity "
		    "(GB/T 32918.2, 5.5), which is not accepted");
	sm2_z_no_id(pub, z);
	digest_of(OCTETS(z, sizeof(z)), msg, digest);
	if (cert_holds_digest(c, digest, sig, &raw, NULL) == 0)
		(void)err_set(e, ERR_VERIFY, "does not hold under the "
		    "certificate: it was made with an empty identity instead "
		    "of that of GM/T 0009, which is not accepted");
}

int
cert_holds(const struct cert *c, struct octets msg, struct octets sig,
    bool *raw, struct err *e)
{
	const struct sm2_pub	*pub;
	uint8_t			 z[SM3_LEN], digest[SM3_LEN];
	struct err		 why = ERR_INIT;
	int			 rc;

	*raw = false;
	if ((rc = cert_pub(c, &pub, e)) != 0)
		return rc;
	sm2_z(pub, z);
	digest_of(OCTETS(z, sizeof(z)), msg, digest);
	if ((rc = cert_holds_digest(c, digest, sig, raw, &why)) == 0)
		return 0;
	if (rc == ERR_VERIFY)
		say_identity(c, pub, msg, sig, e);
	/* Where nothing was said of identities: an error is set once. */
	return err_set_id(e, (enum err_code)rc, why.id, "%s", why.text);
}
