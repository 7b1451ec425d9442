#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/cms.h"
#include "ca/x509.h"

/* Octets of a serial number or key identifier that are shown. */
#define NUMBER_SHOWN	32

#define OID(S)		OCTETS(S, sizeof(S) - 1)
#define SM3		"\x2a\x81\x1c\xcf\x55\x01\x83\x11"
#define OID_SM3		OID(SM3)
#define OID_SM2		OID("\x2a\x81\x1c\xcf\x55\x01\x82\x2d")
#define OID_SM2_SIGN	OID("\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x01")
#define OID_SM2_CRYPT	OID("\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x03")
#define OID_EC_KEY	OID("\x2a\x86\x48\xce\x3d\x02\x01")
#define OID_SM2_SM3	OID("\x2a\x81\x1c\xcf\x55\x01\x83\x75")
#define OID_SHA1	OID("\x2b\x0e\x03\x02\x1a")
#define OID_SHA2	"\x60\x86\x48\x01\x65\x03\x04\x02"

/*
 * GM/T 0006 tells SM3 without a key and SM3 with one; certification bodies
 * write either for the digest.
 */
static bool
is_sm3_of_use(struct octets oid)
{
	return octets_same(oid, OID(SM3 "\x01")) ||
	    octets_same(oid, OID(SM3 "\x02"));
}

bool
cms_is_sm3(struct octets oid)
{
	return octets_same(oid, OID_SM3) || is_sm3_of_use(oid);
}

bool
cms_digest(struct octets oid, bool sha1, struct octets o,
    uint8_t out[CMS_DIGEST_MAX], size_t *n)
{
	const EVP_MD	*md = NULL;
	unsigned	 len = 0;

	*n = 0;
	if (cms_is_sm3(oid)) {
		sm3(o.p, o.len, out);
		*n = SM3_LEN;
		return true;
	}
	if (octets_same(oid, OID(OID_SHA2 "\x01")))
		md = EVP_sha256();
	else if (octets_same(oid, OID(OID_SHA2 "\x02")))
		md = EVP_sha384();
	else if (octets_same(oid, OID(OID_SHA2 "\x03")))
		md = EVP_sha512();
	else if (sha1 && octets_same(oid, OID_SHA1))
		md = EVP_sha1();
	if (md == NULL || EVP_Digest(o.p, o.len, out, &len, md, NULL) != 1) {
		(void)err_set_crypto(NULL, "");
		return false;
	}
	*n = len;
	return true;
}

bool
cms_digests_by_sm3(const struct cms *m)
{
	return cms_is_sm3(m->digest_alg) ||
	    octets_same(m->digest_alg, OID_SM2_SM3);
}

bool
cms_is_digest_with_z(const struct cert *signer, struct octets content,
    struct octets digest)
{
	const struct sm2_pub	*pub;
	uint8_t			 h[SM3_LEN];

	if (digest.len != SM3_LEN || cert_pub(signer, &pub, NULL) != 0)
		return false;
	sm2_digest(pub, content, h);
	return mem_equal(digest.p, h, SM3_LEN);
}

bool
cms_covers(struct cms *m, struct octets content, const struct cert *signer)
{
	const bool	by_sm3 = cms_digests_by_sm3(m);
	uint8_t		h[CMS_DIGEST_MAX];
	size_t		n;

	if (cms_digest(by_sm3 ? OID_SM3 : m->digest_alg, false, content, h,
	    &n) && m->digest.len == n && mem_equal(m->digest.p, h, n))
		return true;
	if (!by_sm3 || !cms_is_digest_with_z(signer, content, m->digest))
		return false;
	m->deviations |= CMS_DEV_DIGEST_Z;
	return true;
}

/* Issuer and serial number as they stand in a certificate. */
static bool
names(const struct cms *m, struct octets der)
{
	struct cursor	c = cursor_of(der.p, der.len);
	struct der	d, serial, issuer;

	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		return false;
	c = der_inside(&d);
	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		return false;
	c = der_inside(&d);
	if (der_peek(&c) == DER_CTX0 && der_next(&c, &d, "", NULL) != 0)
		return false;
	return der_expect(&c, DER_INTEGER, &serial, "", NULL) == 0 &&
	    der_expect(&c, DER_SEQUENCE, &d, "", NULL) == 0 &&
	    der_expect(&c, DER_SEQUENCE, &issuer, "", NULL) == 0 &&
	    octets_same(serial.val, m->serial) &&
	    octets_same(issuer.tlv, m->issuer);
}

static bool
has_key_id(struct octets der, struct octets id)
{
	const ASN1_OCTET_STRING	*s;
	struct cert		*c = NULL;
	bool			 yes = false;

	if (cert_parse(der, &c, NULL) == 0 &&
	    (s = X509_get0_subject_key_id(cert_x509(c))) != NULL)
		yes = octets_same(id, OCTETS(ASN1_STRING_get0_data(s),
		    (size_t)ASN1_STRING_length(s)));
	cert_free(c);
	return yes;
}

/* Strangers' Name, made safe to show. */
static void
name_text(struct octets name, char *out, size_t max)
{
	const uint8_t	*p = name.p;
	X509_NAME	*x = d2i_X509_NAME(NULL, &p, (long)name.len);

	if (x != NULL)
		x509_name_text(x, out, max);
	else
		(void)snprintf(out, max, "?");
	X509_NAME_free(x);
	(void)err_set_crypto(NULL, "");
}

static int
not_included(const struct cms *m, struct err *e)
{
	const struct octets	 o = m->issuer.len > 0 ? m->serial : m->key_id;
	char			 hex[HEX_SIZE(NUMBER_SHOWN)], name[128];

	hex_encode(o.p, o.len < NUMBER_SHOWN ? o.len :
	    NUMBER_SHOWN, hex);
	if (m->issuer.len == 0)
		return err_set_id(e, ERR_NOTFOUND, "signer-not-included",
		    "the signer's certificate did not come along: the one "
		    "with key identifier %s", hex);
	name_text(m->issuer, name, sizeof(name));
	return err_set_id(e, ERR_NOTFOUND, "signer-not-included",
	    "the signer's certificate did not come along: number %s of %s",
	    hex, name);
}

bool
cms_is_signer(const struct cms *m, struct octets der)
{
	return m->issuer.len > 0 ? names(m, der) :
	    has_key_id(der, m->key_id);
}

int
cms_signer(const struct cms *m, struct octets *der, struct err *e)
{
	size_t	i;

	*der = OCTETS(NULL, 0);
	for (i = 0; i < m->ncerts; i++)
		if (cms_is_signer(m, m->certs[i])) {
			*der = m->certs[i];
			return 0;
		}
	return not_included(m, e);
}

/*
 * SigningCertificate (RFC 2634, 5.4; SHA-1) and its successor (RFC 5035;
 * SHA-256 where it names none).  The first of the list is the signer's.
 */
static int
check_ess(struct octets ess, bool v2, struct octets der, struct err *e)
{
	struct cursor	c = cursor_of(ess.p, ess.len), in;
	struct octets	alg = v2 ? OID(OID_SHA2 "\x01") : OID_SHA1;
	uint8_t		h[CMS_DIGEST_MAX];
	struct der	d;
	size_t		n;

	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		goto bad;
	c = der_inside(&d);
	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		goto bad;
	c = der_inside(&d);
	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		goto bad;
	c = der_inside(&d);
	if (v2 && der_peek(&c) == DER_SEQUENCE) {
		if (der_next(&c, &d, "", NULL) != 0)
			goto bad;
		in = der_inside(&d);
		if (der_expect(&in, DER_OID, &d, "", NULL) != 0)
			goto bad;
		alg = d.val;
	}
	if (der_expect(&c, DER_OCTET_STRING, &d, "", NULL) != 0)
		goto bad;
	if (!cms_digest(alg, !v2, der, h, &n))
		return err_set_id(e, ERR_FORMAT, "unsupported-digest",
		    "the signing certificate attribute has a digest that is "
		    "not known here");
	if (d.val.len != n || !mem_equal(d.val.p, h, n))
		return err_set_id(e, ERR_VERIFY, "bad-signature", "the "
		    "signature names another certificate than the one that "
		    "came along (RFC 5035)");
	return 0;
bad:
	return err_set_id(e, ERR_FORMAT, "bad-signed-data",
	    "SignedData: the signing certificate attribute does not parse");
}

/* The name that is usual for it, or its numbers. */
static void
oid_words(struct octets oid, char *out, size_t max)
{
	struct buf	 b;
	const uint8_t	*p;
	ASN1_OBJECT	*o;

	buf_init(&b, 128);
	der_put_oid(&b, oid);
	p = b.p;
	o = buf_ok(&b) ? d2i_ASN1_OBJECT(NULL, &p, (long)b.len) : NULL;
	if (o == NULL || OBJ_obj2txt(out, (int)max, o, 0) <= 0)
		(void)snprintf(out, max, "?");
	ASN1_OBJECT_free(o);
	(void)err_set_crypto(NULL, "");
	buf_fini(&b);
}

static int
not_sm2(const struct cms *m, struct err *e)
{
	char	sign[48], digest[48];

	oid_words(m->sign_alg, sign, sizeof(sign));
	oid_words(m->digest_alg, digest, sizeof(digest));
	return err_set_id(e, ERR_FORMAT, "unsupported-algorithm",
	    "the signature is not SM2 with SM3, but %s over %s", sign,
	    digest);
}

/* Names that say less, or other, than how it was signed: with a key of SM2 it
 * is plain. */
static bool
is_named_by_key(struct octets oid)
{
	return octets_same(oid, OID_EC_KEY) || octets_same(oid, OID_SM2_CRYPT);
}

static int
check_algorithms(struct cms *m, struct err *e)
{
	if (!cms_digests_by_sm3(m) || (!octets_same(m->sign_alg, OID_SM2) &&
	    !octets_same(m->sign_alg, OID_SM2_SIGN) &&
	    !octets_same(m->sign_alg, OID_SM2_SM3) &&
	    !is_named_by_key(m->sign_alg)))
		return not_sm2(m, e);
	if (m->gm && octets_same(m->sign_alg, OID_SM2_SM3))
		m->deviations |= CMS_DEV_ALGORITHM;
	if (is_named_by_key(m->sign_alg))
		m->deviations |= CMS_DEV_KEY_NAME;
	if (is_sm3_of_use(m->digest_alg))
		m->deviations |= CMS_DEV_SM3_NAME;
	if (!cms_is_sm3(m->digest_alg))
		m->deviations |= CMS_DEV_DIGEST_NAME;
	return 0;
}

/* The attributes are signed as a SET, which their tag hides (5.4). */
static uint8_t *
as_set(struct octets attributes)
{
	uint8_t	*p = xmemdup(attributes.p, attributes.len);

	p[0] = DER_SET;
	return p;
}

int
cms_verify(struct cms *m, struct octets content, const struct cert *signer,
    struct err *e)
{
	struct octets	 msg = content;
	struct err	 why = ERR_INIT;
	uint8_t		*set = NULL;
	bool		 raw = false;
	int		 rc;

	if ((rc = check_algorithms(m, e)) != 0)
		return rc;
	if (cert_facts(signer)->null_parameters)
		m->deviations |= CMS_DEV_NULL_PARAMETERS;
	if (m->has_attributes) {
		set = as_set(m->attributes);
		msg = OCTETS(set, m->attributes.len);
	}
	if ((rc = cert_holds(signer, msg, m->signature, &raw, &why)) != 0)
		rc = rc == ERR_VERIFY ? err_set_id(e, ERR_VERIFY,
		    "bad-signature", "the signature %s", why.text) :
		    err_set_id(e, (enum err_code)rc, why.id, "%s", why.text);
	free(set);
	if (raw)
		m->deviations |= CMS_DEV_RAW_SIGNATURE;
	if (rc == 0 && m->ess_v2.len > 0)
		rc = check_ess(m->ess_v2, true, cert_der(signer), e);
	if (rc == 0 && m->ess.len > 0)
		rc = check_ess(m->ess, false, cert_der(signer), e);
	return rc;
}

const char *
cms_deviation_word(unsigned bit)
{
	switch ((enum cms_deviation)bit) {
	case CMS_DEV_RAW_SIGNATURE:
		return "raw-signature";
	case CMS_DEV_NULL_PARAMETERS:
		return "null-parameters";
	case CMS_DEV_ALGORITHM:
		return "algorithm-501";
	case CMS_DEV_OTHER_FAMILY:
		return "content-type-of-another-family";
	case CMS_DEV_NO_CONTENT_TYPE:
		return "no-content-type-attribute";
	case CMS_DEV_SM3_NAME:
		return "sm3-by-use";
	case CMS_DEV_TIME_ZONE:
		return "time-with-offset";
	case CMS_DEV_DIGEST_Z:
		return "digest-with-z";
	case CMS_DEV_DIGEST_NAME:
		return "digest-algorithm-501";
	case CMS_DEV_KEY_NAME:
		return "algorithm-of-key";
	case CMS_DEV_END:
		break;
	}
	return NULL;
}
