#include <string.h>

#include "base/der.h"
#include "ca/cms.h"

#define OID(S)		OCTETS(S, sizeof(S) - 1)
#define OID_SIGNED_DATA	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define OID_DATA	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define OID_GM_SIGNED	OID("\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02")
#define OID_GM_DATA	OID("\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x01")
#define OID_CONTENT_TYPE OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")
#define OID_MESSAGE_DIGEST OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")
#define OID_SIGNING_TIME OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05")
#define OID_SMIME_AA	"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02"
#define OID_ESS		OID(OID_SMIME_AA "\x0c")
#define OID_ESS_V2	OID(OID_SMIME_AA "\x2f")
#define OID_TOKEN	OID(OID_SMIME_AA "\x0e")

#define TAG_SET0	0xa0	/* [0] IMPLICIT SET; [0] EXPLICIT */
#define TAG_SET1	0xa1
#define TAG_KEY_ID	0x80	/* [0] IMPLICIT OCTET STRING */

bool
cms_is_signed_data(struct octets oid)
{
	return octets_same(oid, OID_SIGNED_DATA) ||
	    octets_same(oid, OID_GM_SIGNED);
}

bool
cms_is_data(struct octets oid)
{
	return octets_same(oid, OID_DATA) || octets_same(oid, OID_GM_DATA);
}

/* AlgorithmIdentifier: its OID; parameters absent or NULL, or passed over. */
static int
take_algorithm(struct cursor *c, struct octets *oid, const char *what,
    struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = der_expect(c, DER_SEQUENCE, &d, what, e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = der_expect(&in, DER_OID, &d, what, e)) != 0)
		return rc;
	*oid = d.val;
	if (cursor_left(&in) > 0 && (rc = der_next(&in, &d, what, e)) != 0)
		return rc;
	return der_end(&in, what, e);
}

/* encapContentInfo: its type, and the octets in an OCTET STRING, or none. */
static int
parse_content(struct cursor *c, struct cms *m, struct err *e)
{
	struct cursor	in, wrap;
	struct der	d;
	int		rc;

	if ((rc = der_expect(c, DER_SEQUENCE, &d, "encapContentInfo",
	    e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = der_expect(&in, DER_OID, &d, "eContentType", e)) != 0)
		return rc;
	m->content_type = d.val;
	if (octets_same(d.val, m->gm ? OID_DATA : OID_GM_DATA))
		m->deviations |= CMS_DEV_OTHER_FAMILY;
	if (cursor_left(&in) == 0)
		return 0;
	if ((rc = der_expect(&in, DER_CTX0, &d, "eContent", e)) != 0 ||
	    (rc = der_end(&in, "encapContentInfo", e)) != 0)
		return rc;
	wrap = der_inside(&d);
	if ((rc = der_expect(&wrap, DER_OCTET_STRING, &d, "eContent",
	    e)) != 0)
		return rc;
	m->has_content = true;
	m->content = d.val;
	return der_end(&wrap, "eContent", e);
}

/* certificates [0]; those that are none of X.509 are passed over. */
static int
parse_certificates(struct cursor *c, struct cms *m, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if (der_peek(c) != TAG_SET0)
		return 0;
	if ((rc = der_next(c, &d, "certificates", e)) != 0)
		return rc;
	in = der_inside(&d);
	while (cursor_left(&in) > 0) {
		if ((rc = der_next(&in, &d, "certificates", e)) != 0)
			return rc;
		if (d.tag != DER_SEQUENCE)
			continue;
		if (m->ncerts == LIMIT_CMS_CERTS)
			return err_set(e, ERR_FORMAT, "more than %d "
			    "certificates", LIMIT_CMS_CERTS);
		m->certs[m->ncerts++] = d.tlv;
	}
	return 0;
}

/* An attribute with its one value, of whatever type. */
static int
take_attribute(struct cursor *c, struct octets *oid, struct der *value,
    size_t *n, struct err *e)
{
	struct cursor	in, set;
	struct der	d;
	int		rc;

	if ((rc = der_expect(c, DER_SEQUENCE, &d, "Attribute", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = der_expect(&in, DER_OID, &d, "attrType", e)) != 0)
		return rc;
	*oid = d.val;
	if ((rc = der_expect(&in, DER_SET, &d, "attrValues", e)) != 0 ||
	    (rc = der_end(&in, "Attribute", e)) != 0)
		return rc;
	set = der_inside(&d);
	*value = (struct der){ .tag = 0 };
	for (*n = 0; cursor_left(&set) > 0; (*n)++)
		if ((rc = der_next(&set, *n == 0 ? value : &d, "attrValues",
		    e)) != 0)
			return rc;
	return 0;
}

/* Those that we know stand once, with one value (RFC 5652, 11). */
static int
keep(struct octets *slot, struct octets v, uint8_t tag, const struct der *d,
    const char *what, struct err *e)
{
	if (slot->p != NULL)
		return err_set(e, ERR_FORMAT, "%s stands twice", what);
	if (d->tag != tag)
		return err_set(e, ERR_FORMAT, "%s: tag 0x%02x, not 0x%02x",
		    what, d->tag, tag);
	*slot = v;
	return 0;
}

static int
signed_attribute(struct cms *m, struct octets oid, const struct der *d,
    struct err *e)
{
	bool	zoned;
	int	rc;

	if (octets_same(oid, OID_CONTENT_TYPE))
		return keep(&m->attr_type, d->val, DER_OID, d, "contentType",
		    e);
	if (octets_same(oid, OID_MESSAGE_DIGEST))
		return keep(&m->digest, d->val, DER_OCTET_STRING, d,
		    "messageDigest", e);
	if (octets_same(oid, OID_ESS))
		return keep(&m->ess, d->tlv, DER_SEQUENCE, d,
		    "signingCertificate", e);
	if (octets_same(oid, OID_ESS_V2))
		return keep(&m->ess_v2, d->tlv, DER_SEQUENCE, d,
		    "signingCertificateV2", e);
	if (!octets_same(oid, OID_SIGNING_TIME))
		return 0;
	if (m->signing_time != 0)
		return err_set(e, ERR_FORMAT, "signingTime stands twice");
	rc = der_time_zoned(d, &m->signing_time, &zoned, e);
	if (zoned)
		m->deviations |= CMS_DEV_TIME_ZONE;
	return rc;
}

static bool
is_known(struct octets oid)
{
	return octets_same(oid, OID_CONTENT_TYPE) ||
	    octets_same(oid, OID_MESSAGE_DIGEST) ||
	    octets_same(oid, OID_SIGNING_TIME) || octets_same(oid, OID_ESS) ||
	    octets_same(oid, OID_ESS_V2) || octets_same(oid, OID_TOKEN);
}

static int
parse_attributes(const struct der *set, struct cms *m, bool is_signed,
    struct err *e)
{
	struct cursor	c = der_inside(set);
	struct octets	oid;
	struct der	d;
	size_t		n, count = 0;
	int		rc;

	while (cursor_left(&c) > 0) {
		if (++count > LIMIT_CMS_ATTRIBUTES)
			return err_set(e, ERR_FORMAT, "more than %d "
			    "attributes", LIMIT_CMS_ATTRIBUTES);
		if ((rc = take_attribute(&c, &oid, &d, &n, e)) != 0)
			return rc;
		if (is_known(oid) && n != 1)
			return err_set(e, ERR_FORMAT,
			    "an attribute with %zu values", n);
		if (is_signed)
			rc = signed_attribute(m, oid, &d, e);
		else if (octets_same(oid, OID_TOKEN))
			rc = keep(&m->token, d.tlv, DER_SEQUENCE, &d,
			    "the time-stamp", e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/*
 * contentType must be that of the content (RFC 5652, 11.1); the two families
 * call plain data by two names, and are mixed in the wild.
 */
static int
check_attributes(struct cms *m, struct err *e)
{
	if (m->digest.p == NULL)
		return err_set(e, ERR_FORMAT, "attributes without "
		    "messageDigest (RFC 5652, 11.2)");
	if (m->attr_type.p == NULL) {
		m->deviations |= CMS_DEV_NO_CONTENT_TYPE;
		return 0;
	}
	if (octets_same(m->attr_type, m->content_type))
		return 0;
	if (!cms_is_data(m->content_type) || !cms_is_data(m->attr_type))
		return err_set(e, ERR_FORMAT, "contentType is not that of "
		    "the content (RFC 5652, 11.1)");
	m->deviations |= CMS_DEV_OTHER_FAMILY;
	return 0;
}

static int
parse_sid(struct cursor *c, struct cms *m, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if (der_peek(c) == TAG_KEY_ID) {
		if ((rc = der_next(c, &d, "subjectKeyIdentifier", e)) == 0)
			m->key_id = d.val;
		return rc;
	}
	if ((rc = der_expect(c, DER_SEQUENCE, &d, "issuerAndSerialNumber",
	    e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = der_expect(&in, DER_SEQUENCE, &d, "issuer", e)) != 0)
		return rc;
	m->issuer = d.tlv;
	if ((rc = der_expect(&in, DER_INTEGER, &d, "serialNumber", e)) != 0)
		return rc;
	m->serial = d.val;
	return der_end(&in, "issuerAndSerialNumber", e);
}

static int
parse_signer(const struct der *info, struct cms *m, struct err *e)
{
	struct cursor	c = der_inside(info);
	struct der	d;
	int		rc;

	if ((rc = der_expect(&c, DER_INTEGER, &d, "SignerInfo.version",
	    e)) != 0 || (rc = parse_sid(&c, m, e)) != 0 ||
	    (rc = take_algorithm(&c, &m->digest_alg, "digestAlgorithm",
	    e)) != 0)
		return rc;
	if (der_peek(&c) == TAG_SET0) {
		if ((rc = der_next(&c, &d, "signedAttrs", e)) != 0)
			return rc;
		m->has_attributes = true;
		m->attributes = d.tlv;
		if ((rc = parse_attributes(&d, m, true, e)) != 0 ||
		    (rc = check_attributes(m, e)) != 0)
			return rc;
	}
	if ((rc = take_algorithm(&c, &m->sign_alg, "signatureAlgorithm",
	    e)) != 0 ||
	    (rc = der_expect(&c, DER_OCTET_STRING, &d, "signature", e)) != 0)
		return rc;
	m->signature = d.val;
	if (der_peek(&c) == TAG_SET1) {
		if ((rc = der_next(&c, &d, "unsignedAttrs", e)) != 0 ||
		    (rc = parse_attributes(&d, m, false, e)) != 0)
			return rc;
	}
	return der_end(&c, "SignerInfo", e);
}

/* *several: more than one. */
static int
parse_signers(struct cursor *c, struct cms *m, bool *several, struct err *e)
{
	struct cursor	in;
	struct der	d, info;
	int		rc;

	if ((rc = der_expect(c, DER_SET, &d, "signerInfos", e)) != 0)
		return rc;
	in = der_inside(&d);
	if (cursor_left(&in) == 0)
		return err_set(e, ERR_FORMAT, "no SignerInfo: nobody has "
		    "signed it (a collection of certificates is made so)");
	if ((rc = der_expect(&in, DER_SEQUENCE, &info, "SignerInfo",
	    e)) != 0)
		return rc;
	*several = cursor_left(&in) > 0;
	return parse_signer(&info, m, e);
}

static int
parse(struct octets in, struct cms *m, bool *several, struct err *e)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct der	d;
	int		rc;

	if ((rc = der_expect(&c, DER_SEQUENCE, &d, "ContentInfo", e)) != 0 ||
	    (rc = der_end(&c, "ContentInfo", e)) != 0)
		return rc;
	m->whole = d.tlv;
	c = der_inside(&d);
	if ((rc = der_expect(&c, DER_OID, &d, "contentType", e)) != 0)
		return rc;
	if (!cms_is_signed_data(d.val))
		return err_set(e, ERR_FORMAT, "contentType is not signedData");
	m->gm = octets_same(d.val, OID_GM_SIGNED);
	if ((rc = der_expect(&c, DER_CTX0, &d, "content", e)) != 0 ||
	    (rc = der_end(&c, "ContentInfo", e)) != 0)
		return rc;
	c = der_inside(&d);
	if ((rc = der_expect(&c, DER_SEQUENCE, &d, "SignedData", e)) != 0 ||
	    (rc = der_end(&c, "content", e)) != 0)
		return rc;
	c = der_inside(&d);
	if ((rc = der_expect(&c, DER_INTEGER, &d, "version", e)) != 0 ||
	    (rc = der_expect(&c, DER_SET, &d, "digestAlgorithms", e)) != 0 ||
	    (rc = parse_content(&c, m, e)) != 0 ||
	    (rc = parse_certificates(&c, m, e)) != 0)
		return rc;
	if (der_peek(&c) == TAG_SET1 &&
	    (rc = der_next(&c, &d, "crls", e)) != 0)
		return rc;
	if ((rc = parse_signers(&c, m, several, e)) != 0)
		return rc;
	return der_end(&c, "SignedData", e);
}

int
cms_parse(struct octets in, struct cms *m, struct err *e)
{
	struct err	why = ERR_INIT;
	bool		several = false;
	int		rc;

	memset(m, 0, sizeof(*m));
	if (in.len > LIMIT_CMS)
		return err_set_id(e, ERR_TOOBIG, "signed-data-too-big",
		    "SignedData: longer than %u octets", LIMIT_CMS);
	rc = parse(in, m, &several, &why);
	if (rc == 0 && !several)
		return 0;
	memset(m, 0, sizeof(*m));
	if (several)
		return err_set_id(e, ERR_FORMAT, "several-signers",
		    "SignedData: more than one signer");
	return err_set_id(e, ERR_FORMAT, "bad-signed-data",
	    "SignedData: %s", why.text);
}
