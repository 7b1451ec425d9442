#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"
#include "filing/seal.h"

/*
 * Reading.  Member names are those of GB/T 38540-2020 (the same in GM/T 0031
 * where it has the member); errors cite them.
 */

/* SM2 with SM3, 1.2.156.10197.1.501. */
const uint8_t seal_oid_sm2_sm3[8] = {
	0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75
};

static int
bad(struct err *e, const char *what)
{
	return err_set_id(e, ERR_FORMAT, "bad-seal", "seal: %s", what);
}

/* An element read by base/der.h, with our identifier in front of its text. */
static int
take(struct cursor *c, uint8_t tag, struct der *d, const char *what,
    struct err *e)
{
	struct err	why = ERR_INIT;

	if (der_expect(c, (enum der_tag)tag, d, what, &why) != 0)
		return bad(e, why.text);
	return 0;
}

static int
take_end(const struct cursor *c, const char *what, struct err *e)
{
	if (cursor_left(c) != 0)
		return err_set_id(e, ERR_FORMAT, "bad-seal",
		    "seal: something follows the last member of %s", what);
	return 0;
}

static int
take_uint(struct cursor *c, uint64_t *v, const char *what, struct err *e)
{
	struct der	d;
	int		rc;

	if ((rc = take(c, DER_INTEGER, &d, what, e)) != 0)
		return rc;
	if (der_uint(&d, v, NULL) != 0)
		return err_set_id(e, ERR_FORMAT, "bad-seal", "seal: %s is "
		    "not a number in the one DER spelling", what);
	return 0;
}

/* Printable characters of seven bits (IA5String, PrintableString). */
static int
take_ascii(struct cursor *c, uint8_t tag, struct octets *o, const char *what,
    struct err *e)
{
	struct der	d;
	size_t		i;
	int		rc;

	if ((rc = take(c, tag, &d, what, e)) != 0)
		return rc;
	for (i = 0; i < d.val.len; i++)
		if (d.val.p[i] < 0x20 || d.val.p[i] >= 0x7f)
			return err_set_id(e, ERR_FORMAT, "bad-seal",
			    "seal: %s is not printable ASCII", what);
	*o = d.val;
	return 0;
}

/* OCTET STRING or OBJECT IDENTIFIER: its value. */
static int
take_value(struct cursor *c, uint8_t tag, struct octets *o, const char *what,
    struct err *e)
{
	struct der	d;
	char		text[SEAL_OID_SIZE];
	int		rc;

	if ((rc = take(c, tag, &d, what, e)) != 0)
		return rc;
	if (tag == DER_OID && der_oid_text(&d, text, sizeof(text), NULL) != 0)
		return err_set_id(e, ERR_FORMAT, "bad-seal",
		    "seal: %s is not an OBJECT IDENTIFIER", what);
	*o = d.val;
	return 0;
}

static int
take_bits(struct cursor *c, struct octets *o, const char *what,
    struct err *e)
{
	struct der	d;
	int		rc;

	if ((rc = take(c, DER_BIT_STRING, &d, what, e)) != 0)
		return rc;
	if (der_bits(&d, o, NULL) != 0)
		return err_set_id(e, ERR_FORMAT, "bad-seal",
		    "seal: %s has unused bits", what);
	return 0;
}

/* UTCTime in V1, GeneralizedTime later; the other one is a deviation. */
static int
take_time(struct cursor *c, struct seal *s, int64_t *t, const char *what,
    struct err *e)
{
	uint8_t		want = s->generation == SEAL_V1 ? DER_UTCTIME :
			    DER_GENTIME;
	uint8_t		tag = der_peek(c);
	struct der	d;
	int		rc;

	if (tag != DER_UTCTIME && tag != DER_GENTIME)
		tag = want;
	if ((rc = take(c, tag, &d, what, e)) != 0)
		return rc;
	if (tag != want)
		s->deviations |= SEAL_DEV_TIME_KIND;
	if (der_time(&d, t, NULL) != 0)
		return err_set_id(e, ERR_FORMAT, "bad-seal",
		    "seal: %s is not a time in the one DER spelling", what);
	return 0;
}

static int
parse_header(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = take(c, DER_SEQUENCE, &d, "header", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = take_ascii(&in, DER_IA5, &s->id, "header.ID", e)) != 0 ||
	    (rc = take_uint(&in, &s->version, "header.version", e)) != 0 ||
	    (rc = take_ascii(&in, DER_IA5, &s->vid, "header.Vid", e)) != 0)
		return rc;
	if (s->id.len != 2 || memcmp(s->id.p, "ES", 2) != 0)
		s->deviations |= SEAL_DEV_HEADER_ID;
	return take_end(&in, "header", e);
}

/* One element of certList: a certificate, or a digest of one. */
static int
parse_cert(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if (s->ncerts >= LIMIT_SEAL_CERTS)
		return bad(e, "certList is longer than any seal needs");
	if (s->cert_list_type == 1) {
		rc = take_value(c, DER_OCTET_STRING, &s->certs[s->ncerts],
		    "certList.Cert", e);
		if (rc == 0 && s->certs[s->ncerts].len == 0)
			return bad(e, "certList.Cert is empty");
		s->ncerts++;
		return rc;
	}
	if ((rc = take(c, DER_SEQUENCE, &d, "CertDigestObj", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = take_ascii(&in, DER_PRINTABLE,
	    &s->digest_types[s->ncerts], "CertDigestObj.type", e)) != 0 ||
	    (rc = take_value(&in, DER_OCTET_STRING, &s->certs[s->ncerts],
	    "CertDigestObj.value", e)) != 0)
		return rc;
	s->ncerts++;
	return take_end(&in, "CertDigestObj", e);
}

static int
parse_property(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in, list;
	struct der	d;
	int		rc;

	if ((rc = take(c, DER_SEQUENCE, &d, "property", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = take_uint(&in, &s->type, "property.type", e)) != 0 ||
	    (rc = take(&in, DER_UTF8, &d, "property.name", e)) != 0)
		return rc;
	if (!utf8_valid(d.val.p, d.val.len) ||
	    (d.val.len > 0 && memchr(d.val.p, 0, d.val.len) != NULL))
		return bad(e, "property.name is not UTF-8");
	s->name = d.val;
	s->cert_list_type = 1;
	if (s->generation != SEAL_V1 && (rc = take_uint(&in,
	    &s->cert_list_type, "property.certListType", e)) != 0)
		return rc;
	if (s->cert_list_type != 1 && s->cert_list_type != 2)
		return bad(e, "property.certListType is neither 1 nor 2");
	if ((rc = take(&in, DER_SEQUENCE, &d, "property.certList", e)) != 0)
		return rc;
	list = der_inside(&d);
	while (cursor_left(&list) > 0)
		if ((rc = parse_cert(&list, s, e)) != 0)
			return rc;
	if (s->ncerts == 0)
		return bad(e, "property.certList is empty");
	if ((rc = take_time(&in, s, &s->created, "property.createDate",
	    e)) != 0 ||
	    (rc = take_time(&in, s, &s->valid_start, "property.validStart",
	    e)) != 0 ||
	    (rc = take_time(&in, s, &s->valid_end, "property.validEnd",
	    e)) != 0)
		return rc;
	return take_end(&in, "property", e);
}

static int
parse_picture(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = take(c, DER_SEQUENCE, &d, "picture", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = take_ascii(&in, DER_IA5, &s->picture_type, "picture.type",
	    e)) != 0 ||
	    (rc = take_value(&in, DER_OCTET_STRING, &s->picture,
	    "picture.data", e)) != 0 ||
	    (rc = take_uint(&in, &s->width, "picture.width", e)) != 0 ||
	    (rc = take_uint(&in, &s->height, "picture.height", e)) != 0)
		return rc;
	if (s->width > 1000 || s->height > 1000)
		return bad(e, "picture is wider or higher than a metre");
	return take_end(&in, "picture", e);
}

static int
parse_extension(struct cursor *c, struct seal *s, struct err *e)
{
	struct seal_extension	*x;
	struct cursor		 in;
	struct der		 d;
	int			 rc;

	if (s->next >= LIMIT_SEAL_EXTENSIONS)
		return bad(e, "extDatas is longer than any seal needs");
	x = &s->ext[s->next];
	if ((rc = take(c, DER_SEQUENCE, &d, "ExtData", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = take_value(&in, DER_OID, &x->oid, "ExtData.extnID",
	    e)) != 0)
		return rc;
	if (der_peek(&in) == DER_BOOLEAN) {
		if ((rc = take(&in, DER_BOOLEAN, &d, "ExtData.critical",
		    e)) != 0)
			return rc;
		if (der_bool(&d, &x->critical, NULL) != 0)
			return bad(e, "ExtData.critical is neither TRUE nor "
			    "FALSE");
		if (!x->critical)
			s->deviations |= SEAL_DEV_DEFAULT_FALSE;
	}
	if ((rc = take_value(&in, DER_OCTET_STRING, &x->value,
	    "ExtData.extnValue", e)) != 0)
		return rc;
	s->next++;
	return take_end(&in, "ExtData", e);
}

/* extDatas, untagged; some write it tagged or in an OCTET STRING. */
static int
parse_extensions(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in;
	struct der	d;
	uint8_t		tag = der_peek(c);
	int		rc;

	if (tag == DER_CTX0 || tag == DER_OCTET_STRING) {
		if ((rc = take(c, tag, &d, "extDatas", e)) != 0)
			return rc;
		s->deviations |= SEAL_DEV_EXTENSIONS;
		in = der_inside(&d);
		if ((rc = take(&in, DER_SEQUENCE, &d, "extDatas", e)) != 0 ||
		    (rc = take_end(&in, "extDatas", e)) != 0)
			return rc;
	} else if ((rc = take(c, DER_SEQUENCE, &d, "extDatas", e)) != 0)
		return rc;
	s->has_ext = true;
	in = der_inside(&d);
	while (cursor_left(&in) > 0)
		if ((rc = parse_extension(&in, s, e)) != 0)
			return rc;
	return 0;
}

static int
parse_info(struct seal *s, struct err *e)
{
	struct cursor	c = cursor_of(s->info.p, s->info.len), in;
	struct der	d;
	int		rc;

	if ((rc = take(&c, DER_SEQUENCE, &d, "eSealInfo", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = parse_header(&in, s, e)) != 0)
		return rc;
	/* Four members are V4 or V5: the header tells. */
	if (s->generation == SEAL_V4 && s->version == 5)
		s->generation = SEAL_V5;
	if (s->version != (uint64_t)s->generation)
		s->deviations |= SEAL_DEV_VERSION;
	if ((rc = take_ascii(&in, DER_IA5, &s->es_id, "esID", e)) != 0 ||
	    (rc = parse_property(&in, s, e)) != 0 ||
	    (rc = parse_picture(&in, s, e)) != 0)
		return rc;
	if (cursor_left(&in) > 0 && (rc = parse_extensions(&in, s, e)) != 0)
		return rc;
	return take_end(&in, "eSealInfo", e);
}

/* cert, algorithm and signature: members of SESeal, or V1's signInfo. */
static int
parse_signature(struct cursor *c, struct seal *s, struct err *e)
{
	const uint8_t	*begin = c->p;
	int		 rc;

	if ((rc = take_value(c, DER_OCTET_STRING, &s->cert, "cert", e)) != 0)
		return rc;
	s->cert_tlv = OCTETS(begin, (size_t)(c->p - begin));
	begin = c->p;
	if ((rc = take_value(c, DER_OID, &s->alg, "signAlgID", e)) != 0)
		return rc;
	s->alg_tlv = OCTETS(begin, (size_t)(c->p - begin));
	return take_bits(c, &s->signature, "signedValue", e);
}

/* V1: SES_SignInfo, a SEQUENCE; some wrap it in a BIT STRING. */
static int
parse_sign_info(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in;
	struct octets	o;
	struct der	d;
	int		rc;

	if (der_peek(c) == DER_BIT_STRING) {
		s->deviations |= SEAL_DEV_SIGN_INFO;
		if ((rc = take_bits(c, &o, "signInfo", e)) != 0)
			return rc;
		in = cursor_of(o.p, o.len);
		if ((rc = take(&in, DER_SEQUENCE, &d, "signInfo", e)) != 0 ||
		    (rc = take_end(&in, "signInfo", e)) != 0)
			return rc;
	} else if ((rc = take(c, DER_SEQUENCE, &d, "signInfo", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = parse_signature(&in, s, e)) != 0)
		return rc;
	return take_end(&in, "signInfo", e);
}

/* V5: the time-stamp over signedValue, [0] EXPLICIT. */
static int
parse_timestamp(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = take(c, DER_CTX0, &d, "timeStamp", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = take_bits(&in, &s->timestamp, "timeStamp", e)) != 0)
		return rc;
	if (s->timestamp.len == 0)
		return bad(e, "timeStamp is empty");
	return take_end(&in, "timeStamp", e);
}

/* How many members: it tells the generation. */
static int
count_members(const struct der *d, size_t *n, struct err *e)
{
	struct cursor	c = der_inside(d);
	struct err	why = ERR_INIT;
	struct der	m;

	for (*n = 0; cursor_left(&c) > 0; (*n)++)
		if (der_next(&c, &m, "SESeal", &why) != 0)
			return bad(e, why.text);
	return 0;
}

static int
parse_members(const struct der *d, struct seal *s, struct err *e)
{
	struct cursor	c = der_inside(d);
	struct der	m;
	size_t		n;
	int		rc;

	if ((rc = count_members(d, &n, e)) != 0)
		return rc;
	switch (n) {
	case 2:
		s->generation = SEAL_V1;
		break;
	case 4:
		s->generation = SEAL_V4;
		break;
	case 5:
		s->generation = SEAL_V5;
		break;
	default:
		return err_set_id(e, ERR_FORMAT, "bad-seal",
		    "seal: %zu members; SESeal has 2, 4 or 5", n);
	}
	if ((rc = take(&c, DER_SEQUENCE, &m, "eSealInfo", e)) != 0)
		return rc;
	s->info = m.tlv;
	if ((rc = parse_info(s, e)) != 0)
		return rc;
	if (s->generation == SEAL_V1)
		rc = parse_sign_info(&c, s, e);
	else if ((rc = parse_signature(&c, s, e)) == 0 && n == 5)
		rc = parse_timestamp(&c, s, e);
	return rc != 0 ? rc : take_end(&c, "SESeal", e);
}

int
seal_parse(struct octets in, struct seal *s, struct err *e)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct der	d;
	int		rc;

	memset(s, 0, sizeof(*s));
	if (in.len > LIMIT_SEAL)
		return err_set_id(e, ERR_TOOBIG, "seal-too-big",
		    "seal: longer than %u octets", LIMIT_SEAL);
	if (der_peek(&c) == DER_OCTET_STRING) {
		s->deviations |= SEAL_DEV_WRAPPED;
		if ((rc = take(&c, DER_OCTET_STRING, &d, "SESeal", e)) != 0 ||
		    (rc = take_end(&c, "the file", e)) != 0)
			goto out;
		c = der_inside(&d);
	}
	if ((rc = take(&c, DER_SEQUENCE, &d, "SESeal", e)) != 0 ||
	    (rc = take_end(&c, "the file", e)) != 0)
		goto out;
	s->whole = d.tlv;
	rc = parse_members(&d, s, e);
out:
	if (rc != 0)
		memset(s, 0, sizeof(*s));
	return rc;
}

/*
 * V1 signs a new SEQUENCE of eSealInfo, cert and signatureAlgorithm: the
 * received octets of each, under a header of our making.
 */
static void
v1_message(const struct seal *s, struct buf *out)
{
	size_t	mark = der_open(out, DER_SEQUENCE);

	buf_put_octets(out, s->info);
	buf_put_octets(out, s->cert_tlv);
	buf_put_octets(out, s->alg_tlv);
	der_close(out, mark);
}

/* The maker's key; whose it is, is not asked here. */
static int
maker_key(const struct seal *s, struct sm2_pub **pub, struct err *e)
{
	uint8_t		 point[SM2_POINT_LEN];
	struct cert	*cert = NULL;
	int		 rc;

	if ((rc = cert_parse(s->cert, &cert, e)) == 0 &&
	    (rc = cert_point(cert, point, e)) == 0)
		rc = sm2_pub_new(point, pub, e);
	cert_free(cert);
	return rc;
}

int
seal_verify(struct seal *s, struct err *e)
{
	uint8_t		 sig[SM2_SIG_LEN];
	struct sm2_pub	*pub = NULL;
	struct octets	 msg = s->info;
	struct err	 why = ERR_INIT;
	struct buf	 v1;
	int		 rc;

	buf_init(&v1, LIMIT_SEAL + 16);
	if (s->alg.len != sizeof(seal_oid_sm2_sm3) ||
	    memcmp(s->alg.p, seal_oid_sm2_sm3, s->alg.len) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "unsupported-algorithm",
		    "seal: its signature is not SM2 with SM3");
		goto out;
	}
	if ((rc = maker_key(s, &pub, e)) != 0)
		goto out;
	if (sm2_sig_from_der(s->signature, sig, NULL) != 0) {
		if (s->signature.len != SM2_SIG_LEN) {
			rc = err_set_id(e, ERR_VERIFY, "bad-seal-signature",
			    "seal: signedValue is no SM2 signature");
			goto out;
		}
		memcpy(sig, s->signature.p, SM2_SIG_LEN);
		s->deviations |= SEAL_DEV_RAW_SIGNATURE;
	}
	if (s->generation == SEAL_V1) {
		v1_message(s, &v1);
		msg = buf_octets(&v1);
	}
	if ((rc = sm2_verify(pub, msg, sig, &why)) != 0)
		rc = rc != ERR_VERIFY ? err_set(e, ERR_CRYPTO, "%s",
		    why.text) : err_set_id(e, ERR_VERIFY,
		    "bad-seal-signature", "seal: the signature does not hold "
		    "under the maker's certificate");
out:
	buf_fini(&v1);
	sm2_pub_free(pub);
	return rc;
}

static int
lint_fails(struct err *e, const char *what)
{
	return err_set_id(e, ERR_VERIFY, "bad-own-seal", "seal: %s", what);
}

int
seal_lint(const struct seal *s, struct err *e)
{
	static const uint8_t	png[8] = { 0x89, 'P', 'N', 'G', '\r', '\n',
				    0x1a, '\n' };
	uint8_t			sig[SM2_SIG_LEN];
	size_t			i;

	if (s->generation != SEAL_V4 || s->deviations != 0)
		return lint_fails(e, "not a plain V4 seal");
	if (s->es_id.len != 14)
		return lint_fails(e, "esID is not a seal code");
	for (i = 0; i < s->es_id.len; i++)
		if (s->es_id.p[i] < '0' || s->es_id.p[i] > '9')
			return lint_fails(e, "esID is not a seal code");
	if (s->name.len == 0)
		return lint_fails(e, "no name");
	if (s->cert_list_type != 1 || s->ncerts != 1)
		return lint_fails(e, "certList is not one certificate");
	if (s->alg.len != sizeof(seal_oid_sm2_sm3) ||
	    memcmp(s->alg.p, seal_oid_sm2_sm3, s->alg.len) != 0)
		return lint_fails(e, "signAlgID is not SM2 with SM3");
	if (sm2_sig_from_der(s->signature, sig, NULL) != 0)
		return lint_fails(e, "signedValue is not DER");
	if (s->picture_type.len != 3 ||
	    memcmp(s->picture_type.p, "PNG", 3) != 0 ||
	    s->picture.len <= sizeof(png) ||
	    memcmp(s->picture.p, png, sizeof(png)) != 0)
		return lint_fails(e, "the picture is not a PNG");
	if (s->width == 0 || s->height == 0)
		return lint_fails(e, "the picture has no size");
	if (s->created > s->valid_start || s->valid_start >= s->valid_end)
		return lint_fails(e, "its dates run backwards");
	return 0;
}

void
seal_digest(const struct seal *s, uint8_t out[SM3_LEN])
{
	sm3(s->whole.p, s->whole.len, out);
}
