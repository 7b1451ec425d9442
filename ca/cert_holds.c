#include <string.h>

#include "base/der.h"
#include "ca/cert.h"

/*
 * r or s without the zero octet that keeps it from being negative, as some
 * software writes them: neither ever is, so it is plain which is meant.
 */
static bool
number(struct cursor *c, uint8_t out[32], bool *odd)
{
	struct der	d;
	const uint8_t	*p;
	size_t		 n;

	if (der_expect(c, DER_INTEGER, &d, "", NULL) != 0 || d.val.len == 0)
		return false;
	p = d.val.p;
	n = d.val.len;
	if (n > 1 && p[0] == 0 && p[1] >= 0x80) {
		p++;
		n--;
	} else if (n == 32 && p[0] >= 0x80) {
		*odd = true;
	} else if (p[0] >= 0x80 || (n > 1 && p[0] == 0)) {
		return false;
	}
	if (n > 32)
		return false;
	memset(out, 0, 32 - n);
	memcpy(out + 32 - n, p, n);
	return true;
}

/* What is no DER of r and s, and can be read all the same. */
static bool
read_odd(struct octets sig, uint8_t rs[SM2_SIG_LEN])
{
	struct cursor	c = cursor_of(sig.p, sig.len);
	struct der	d;
	bool		odd = false;

	if (sig.len == SM2_SIG_LEN) {
		memcpy(rs, sig.p, SM2_SIG_LEN);
		return true;
	}
	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0 ||
	    cursor_left(&c) != 0)
		return false;
	c = der_inside(&d);
	return number(&c, rs, &odd) && number(&c, rs + 32, &odd) &&
	    cursor_left(&c) == 0 && odd;
}

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
		if (!read_odd(sig, rs))
			return err_set(e, ERR_VERIFY, "is no SM2 signature");
		*raw = true;
	}
	if ((rc = sm2_verify_digest(pub, digest, rs, &why)) == ERR_VERIFY)
		return err_set(e, ERR_VERIFY,
		    "does not hold under the certificate");
	return rc != 0 ? err_set(e, ERR_CRYPTO, "%s", why.text) : 0;
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
	uint8_t			z[SM3_LEN], digest[SM3_LEN];
	const struct octets	parts[] = { OCTETS(z, sizeof(z)), msg };
	bool			raw;

	sm3(msg.p, msg.len, digest);
	if (cert_holds_digest(c, digest, sig, &raw, NULL) == 0)
		(void)err_set(e, ERR_VERIFY, "does not hold under the "
		    "certificate: it was made without the signer's identity "
		    "(GB/T 32918.2, 5.5), which is not accepted");
	sm2_z_no_id(pub, z);
	sm3_parts(parts, 2, digest);
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
	uint8_t			 digest[SM3_LEN];
	struct err		 why = ERR_INIT;
	int			 rc;

	*raw = false;
	if ((rc = cert_pub(c, &pub, e)) != 0)
		return rc;
	sm2_digest(pub, msg, digest);
	if ((rc = cert_holds_digest(c, digest, sig, raw, &why)) == 0)
		return 0;
	if (rc == ERR_VERIFY)
		say_identity(c, pub, msg, sig, e);
	/* Where nothing was said of identities: an error is set once. */
	return err_set_id(e, (enum err_code)rc, why.id, "%s", why.text);
}
