#ifndef CA_CSR_H
#define CA_CSR_H

#include "base/buf.h"
#include "base/err.h"
#include "ca/key.h"
#include "ca/x509.h"

/*
 * Certificate requests (PKCS#10, RFC 2986), SM2 with SM3.  Whoever asks for a
 * certificate proves by the request's signature that the key is theirs.
 */

#define LIMIT_CSR	16384

/* Build and sign a request for the key in slot; append the DER to out. */
int	 csr_make(const struct keyring *kr, enum key_slot slot,
	    const struct x509_name *subject, struct buf *out,
	    struct err *e) MUST_CHECK;

/* What is signed of one (CertificationRequestInfo), without attributes.
 * ERR_INVAL "bad-subject". */
int	 csr_put_info(struct buf *info, const struct x509_name *subject,
	    const uint8_t point[SM2_POINT_LEN], struct err *e) MUST_CHECK;

/* What a request asks for.  Plain value. */
struct csr {
	uint8_t	point[SM2_POINT_LEN];
	char	organisation[4 * LIMIT_NAME_CHARS + 1];
	char	common_name[4 * LIMIT_NAME_CHARS + 1];
};
/*
 * Read a request, DER, whole input, and check its signature.
 * ERR_FORMAT "bad-csr"; ERR_VERIFY "csr-signature".
 */
int	 csr_read(struct octets der, struct csr *csr, struct err *e) MUST_CHECK;

#endif /* CA_CSR_H */
