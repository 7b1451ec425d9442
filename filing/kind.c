#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"
#include "ca/cms.h"
#include "ca/crl.h"
#include "ca/csr.h"
#include "ca/tst.h"
#include "filing/kind.h"
#include "filing/seal.h"

static const char *const words[OBJECT_END] = {
	[OBJECT_UNKNOWN] = "unknown", [OBJECT_SEAL] = "seal",
	[OBJECT_STAMP] = "stamp", [OBJECT_SIGNED_DATA] = "signed data",
	 [OBJECT_CERTIFICATE] = "certificate",
	[OBJECT_CRL] = "crl", [OBJECT_REQUEST] = "request",
	[OBJECT_DER] = "der", [OBJECT_PEM] = "pem", [OBJECT_OFD] = "ofd",
	[OBJECT_PDF] = "pdf", [OBJECT_PICTURE] = "picture",
};

const char *
object_kind_word(enum object_kind k)
{
	return (unsigned)k < OBJECT_END ? words[k] : "unknown";
}

static bool
begins(struct octets in, const char *s)
{
	return in.len >= strlen(s) && memcmp(in.p, s, strlen(s)) == 0;
}

/* The first member inside the next element, as a cursor over its rest. */
static bool
enter(struct cursor *c)
{
	struct der	d;

	if (der_expect(c, DER_SEQUENCE, &d, "", NULL) != 0)
		return false;
	*c = der_inside(&d);
	return true;
}

/*
 * The first members tell: SESeal begins with eSealInfo, which begins with a
 * header; SES_Signature with toSign, which begins with a version and a seal;
 * a certificate, a CRL and a request with a part to be signed, which begins
 * with [0], with a version and an algorithm, with version 0 and a name.
 * ContentInfo begins with the OID of what is in it.
 */
static enum object_kind
by_first_members(struct octets in)
{
	struct cursor	c = cursor_of(in.p, in.len), second;
	struct der	d;
	uint64_t	version;

	if (der_peek(&c) == DER_OCTET_STRING)
		return OBJECT_SEAL;	/* a deviation of old seals */
	if (!enter(&c))
		return OBJECT_DER;
	if (der_peek(&c) == DER_OID)
		return der_next(&c, &d, "", NULL) == 0 &&
		    cms_is_signed_data(d.val) ? OBJECT_SIGNED_DATA :
		    OBJECT_DER;
	if (!enter(&c))
		return OBJECT_DER;
	if (der_peek(&c) == DER_CTX0)
		return OBJECT_CERTIFICATE;
	if (der_peek(&c) == DER_SEQUENCE)
		return OBJECT_SEAL;
	if (der_peek(&c) != DER_INTEGER ||
	    der_next(&c, &d, "", NULL) != 0)
		return OBJECT_DER;
	if (der_peek(&c) == DER_OCTET_STRING)
		return OBJECT_STAMP;
	second = c;
	if (!enter(&second))
		return OBJECT_DER;
	switch (der_peek(&second)) {
	case DER_SEQUENCE:
		return OBJECT_STAMP;
	case DER_OID:
		return OBJECT_CRL;
	case DER_SET:
		return der_uint(&d, &version, NULL) == 0 && version == 0 ?
		    OBJECT_REQUEST : OBJECT_DER;
	}
	return OBJECT_DER;
}

static enum object_kind
der_kind(struct octets in)
{
	enum object_kind	kind = by_first_members(in);

	/* An authority's answer begins with a status, as little else does. */
	return kind == OBJECT_DER && tst_is_token(in) ? OBJECT_SIGNED_DATA :
	    kind;
}

enum object_kind
object_kind(struct octets in)
{
	if (begins(in, "PK\003\004"))
		return OBJECT_OFD;
	if (begins(in, "%PDF-"))
		return OBJECT_PDF;
	if (begins(in, "\x89PNG\r\n\x1a\n") || begins(in, "\xff\xd8\xff") ||
	    begins(in, "GIF8") || begins(in, "BM"))
		return OBJECT_PICTURE;
	if (begins(in, "-----BEGIN "))
		return OBJECT_PEM;
	if (in.len > 4 && (in.p[0] == DER_SEQUENCE || (in.p[0] ==
	    DER_OCTET_STRING && in.p[1] >= 0x80)))
		return der_kind(in);
	return OBJECT_UNKNOWN;
}

static int
describe_seal(struct octets in, struct buf *out, struct err *e)
{
	struct seal	*s = xmalloc(sizeof(*s));
	struct err	 why = ERR_INIT;
	bool		 good;
	int		 rc;

	if ((rc = seal_parse(in, s, e)) == 0) {
		good = seal_verify(s, &why) == 0;
		seal_print(s, out);
		buf_printf(out, "%-20s%s\n", "signature",
		    good ? "good under the maker's certificate "
		    "(whose that is, is not checked)" : why.text);
	}
	free(s);
	return rc;
}

static int
describe_cert(struct octets in, struct buf *out, struct err *e)
{
	struct cert	*c = NULL;
	int		 rc;

	if ((rc = cert_parse(in, &c, e)) == 0)
		cert_print(c, out);
	cert_free(c);
	return rc;
}

static int
describe_crl(struct octets in, struct buf *out, struct err *e)
{
	struct crl	*c = NULL;
	int		 rc;

	if ((rc = crl_parse(in, &c, e)) == 0)
		crl_print(c, out);
	crl_free(c);
	return rc;
}

static int
describe_csr(struct octets in, struct buf *out, struct err *e)
{
	struct csr	csr;
	char		hex[HEX_SIZE(SM2_POINT_LEN)];
	int		rc;

	if ((rc = csr_read(in, &csr, e)) != 0)
		return rc;
	hex_encode(csr.point, sizeof(csr.point), hex);
	buf_printf(out, "%-20s%s\n%-20s%s\n%-20s%s\n%-20s%s\n", "request",
	    "PKCS#10, SM2; its signature holds", "organisation",
	    csr.organisation, "common name", csr.common_name, "key", hex);
	return 0;
}

/* PEM: a certificate, or a CRL. */
static int
describe_pem(struct octets in, enum object_kind *kind, struct buf *out,
    struct err *e)
{
	static const char *const	labels[] = {
		"CERTIFICATE", "X509 CRL", "CERTIFICATE REQUEST"
	};
	struct buf			der;
	size_t				i;
	int				rc = ERR_FORMAT;

	buf_init(&der, LIMIT_CRL);
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		buf_reset(&der);
		if (cert_unpem(in, labels[i], &der, NULL) == 0 &&
		    object_kind(buf_octets(&der)) != OBJECT_PEM) {
			rc = object_describe(buf_octets(&der), kind, out, e);
			break;
		}
	}
	if (i == sizeof(labels) / sizeof(labels[0]))
		rc = err_set_id(e, ERR_FORMAT, "unknown-object",
		    "PEM, but no certificate, CRL or request");
	buf_fini(&der);
	return rc;
}

int
object_describe(struct octets in, enum object_kind *kind, struct buf *out,
    struct err *e)
{
	*kind = object_kind(in);
	switch (*kind) {
	case OBJECT_SEAL:
		return describe_seal(in, out, e);
	case OBJECT_CERTIFICATE:
		return describe_cert(in, out, e);
	case OBJECT_CRL:
		return describe_crl(in, out, e);
	case OBJECT_REQUEST:
		return describe_csr(in, out, e);
	case OBJECT_PEM:
		return describe_pem(in, kind, out, e);
	case OBJECT_STAMP:
	case OBJECT_SIGNED_DATA:
	case OBJECT_DER:
	case OBJECT_OFD:
	case OBJECT_PDF:
	case OBJECT_PICTURE:
	case OBJECT_UNKNOWN:
	case OBJECT_END:
		break;
	}
	return err_set_id(e, ERR_FORMAT, "unknown-object",
	    "this kind of object (%s) is not described yet",
	    object_kind_word(*kind));
}
