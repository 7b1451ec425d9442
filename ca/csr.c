#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "base/der.h"
#include "ca/csr.h"

#define LIMIT_INFO	4096	/* octets of a request's signed part of ours */

int
csr_put_info(struct buf *info, const struct x509_name *subject,
    const uint8_t point[SM2_POINT_LEN], struct err *e)
{
	size_t	m;
	int	rc;

	m = der_open(info, DER_SEQUENCE);
	der_put_uint(info, 0);		/* v1 */
	if ((rc = x509_put_name(info, subject, e)) != 0)
		return rc;
	x509_put_public_key(info, point);
	der_put(info, DER_CTX0, "", 0);	/* no attributes */
	der_close(info, m);
	return buf_ok(info) ? 0 : err_set(e, ERR_TOOBIG,
	    "certificate request over %zu octets", info->max);
}

int
csr_make(const struct keyring *kr, enum key_slot slot,
    const struct x509_name *subject, struct buf *out, struct err *e)
{
	struct buf	 info;
	uint8_t		 point[SM2_POINT_LEN];
	int		 rc;

	buf_init(&info, LIMIT_INFO);
	if ((rc = keyring_point(kr, slot, point, e)) != 0 ||
	    (rc = csr_put_info(&info, subject, point, e)) != 0)
		goto out;
	rc = x509_sign(kr, slot, buf_octets(&info), out, e);
out:
	buf_fini(&info);
	return rc;
}

int
csr_read(struct octets der, struct csr *csr, struct err *e)
{
	struct x509_frame	 f;
	struct err		 why = ERR_INIT;
	const ASN1_BIT_STRING	*sig;
	const X509_ALGOR	*alg;
	const uint8_t		*p = der.p;
	X509_REQ		*req = NULL;
	X509_NAME		*name;
	int			 rc;

	memset(csr, 0, sizeof(*csr));
	if (der.len == 0 || der.len > LIMIT_CSR)
		return err_set_id(e, ERR_FORMAT, "bad-csr",
		    "request: %zu octets", der.len);
	if (x509_frame_read(der, &f, &why) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "bad-csr", "request: %s",
		    why.text);
		goto out;
	}
	if ((req = d2i_X509_REQ(NULL, &p, (long)der.len)) == NULL ||
	    p != der.p + der.len || X509_REQ_get_version(req) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "bad-csr",
		    "request: not PKCS#10");
		goto out;
	}
	X509_REQ_get0_signature(req, &sig, &alg);
	if (!x509_is_sm2_sm3(alg) || x509_point(X509_REQ_get_X509_PUBKEY(req),
	    csr->point, &why) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "bad-csr",
		    "request: not SM2 with SM3");
		goto out;
	}
	if (x509_frame_verify(&f, csr->point, &why) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "csr-signature",
		    "request: its own key did not sign it");
		goto out;
	}
	name = X509_REQ_get_subject_name(req);
	x509_name_part(name, NID_organizationName, csr->organisation,
	    sizeof(csr->organisation));
	x509_name_part(name, NID_commonName, csr->common_name,
	    sizeof(csr->common_name));
	rc = 0;
out:
	if (rc != 0)
		memset(csr, 0, sizeof(*csr));
	ERR_clear_error();
	X509_REQ_free(req);
	return rc;
}
