#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"
#include "ca/tst.h"
#include "filing/seal.h"
#include "filing/ses.h"

/*
 * Reading.  Member names are those of GB/T 38540-2020 (the same in GM/T 0031
 * where it has the member); errors cite them.
 */

/* SM2 with SM3, 1.2.156.10197.1.501. */
const uint8_t seal_oid_sm2_sm3[8] = {
	0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75
};

/* What the whole is called, is added once: by seal_parse(). */
static int
bad(struct err *e, const char *what)
{
	return err_set(e, ERR_FORMAT, "%s", what);
}

/* UTCTime in V1, GeneralizedTime later; the other one is a deviation. */
static int
take_time(struct cursor *c, struct seal *s, int64_t *t, const char *what,
    struct err *e)
{
	uint8_t	tag;
	int	rc;

	if ((rc = ses_time(c, &tag, t, what, e)) != 0)
		return rc;
	if (tag != (s->generation == SEAL_V1 ? DER_UTCTIME : DER_GENTIME))
		s->deviations |= SEAL_DEV_TIME_KIND;
	return 0;
}

static int
parse_header(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = ses_take(c, DER_SEQUENCE, &d, "header", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = ses_ascii(&in, DER_IA5, &s->id, "header.ID", e)) != 0 ||
	    (rc = ses_uint(&in, &s->version, "header.version", e)) != 0 ||
	    (rc = ses_ascii(&in, DER_IA5, &s->vid, "header.Vid", e)) != 0)
		return rc;
	if (s->id.len != 2 || memcmp(s->id.p, "ES", 2) != 0)
		s->deviations |= SEAL_DEV_HEADER_ID;
	return ses_end(&in, "header", e);
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
		rc = ses_value(c, DER_OCTET_STRING, &s->certs[s->ncerts],
		    "certList.Cert", e);
		if (rc == 0 && s->certs[s->ncerts].len == 0)
			return bad(e, "certList.Cert is empty");
		s->ncerts++;
		return rc;
	}
	if ((rc = ses_take(c, DER_SEQUENCE, &d, "CertDigestObj", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = ses_ascii(&in, DER_PRINTABLE,
	    &s->digest_types[s->ncerts], "CertDigestObj.type", e)) != 0 ||
	    (rc = ses_value(&in, DER_OCTET_STRING, &s->certs[s->ncerts],
	    "CertDigestObj.value", e)) != 0)
		return rc;
	s->ncerts++;
	return ses_end(&in, "CertDigestObj", e);
}

static int
parse_property(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in, list;
	struct der	d;
	int		rc;

	if ((rc = ses_take(c, DER_SEQUENCE, &d, "property", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = ses_uint(&in, &s->type, "property.type", e)) != 0 ||
	    (rc = ses_take(&in, DER_UTF8, &d, "property.name", e)) != 0)
		return rc;
	if (!utf8_valid(d.val.p, d.val.len) ||
	    (d.val.len > 0 && memchr(d.val.p, 0, d.val.len) != NULL))
		return bad(e, "property.name is not UTF-8");
	s->name = d.val;
	s->cert_list_type = 1;
	if (s->generation != SEAL_V1 && (rc = ses_uint(&in,
	    &s->cert_list_type, "property.certListType", e)) != 0)
		return rc;
	if (s->cert_list_type != 1 && s->cert_list_type != 2)
		return bad(e, "property.certListType is neither 1 nor 2");
	if ((rc = ses_take(&in, DER_SEQUENCE, &d, "property.certList", e)) != 0)
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
	return ses_end(&in, "property", e);
}

static int
parse_picture(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = ses_take(c, DER_SEQUENCE, &d, "picture", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = ses_ascii(&in, DER_IA5, &s->picture_type, "picture.type",
	    e)) != 0 ||
	    (rc = ses_value(&in, DER_OCTET_STRING, &s->picture,
	    "picture.data", e)) != 0 ||
	    (rc = ses_uint(&in, &s->width, "picture.width", e)) != 0 ||
	    (rc = ses_uint(&in, &s->height, "picture.height", e)) != 0)
		return rc;
	if (s->width > 1000 || s->height > 1000)
		return bad(e, "picture is wider or higher than a metre");
	return ses_end(&in, "picture", e);
}

/* extDatas, untagged; some write it tagged or in an OCTET STRING. */
static int
parse_extensions(struct cursor *c, struct seal *s, struct err *e)
{
	struct cursor	in;
	struct der	d;
	uint8_t		tag = der_peek(c);
	bool		written = false;
	int		rc;

	if (tag == DER_CTX0 || tag == DER_OCTET_STRING) {
		if ((rc = ses_take(c, tag, &d, "extDatas", e)) != 0)
			return rc;
		s->deviations |= SEAL_DEV_EXTENSIONS;
		in = der_inside(&d);
		if ((rc = ses_take(&in, DER_SEQUENCE, &d, "extDatas", e)) != 0 ||
		    (rc = ses_end(&in, "extDatas", e)) != 0)
			return rc;
	} else if ((rc = ses_take(c, DER_SEQUENCE, &d, "extDatas", e)) != 0)
		return rc;
	s->has_ext = true;
	in = der_inside(&d);
	rc = ses_extensions(&in, s->ext, LIMIT_SEAL_EXTENSIONS, &s->next,
	    &written, e);
	if (written)
		s->deviations |= SEAL_DEV_DEFAULT_FALSE;
	return rc;
}

static int
parse_info(struct seal *s, struct err *e)
{
	struct cursor	c = cursor_of(s->info.p, s->info.len), in;
	struct der	d;
	int		rc;

	if ((rc = ses_take(&c, DER_SEQUENCE, &d, "eSealInfo", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = parse_header(&in, s, e)) != 0)
		return rc;
	/* Four members are V4 or V5: the header tells. */
	if (s->generation == SEAL_V4 && s->version == 5)
		s->generation = SEAL_V5;
	if (s->version != (uint64_t)s->generation)
		s->deviations |= SEAL_DEV_VERSION;
	if ((rc = ses_ascii(&in, DER_IA5, &s->es_id, "esID", e)) != 0 ||
	    (rc = parse_property(&in, s, e)) != 0 ||
	    (rc = parse_picture(&in, s, e)) != 0)
		return rc;
	if (cursor_left(&in) > 0 && (rc = parse_extensions(&in, s, e)) != 0)
		return rc;
	return ses_end(&in, "eSealInfo", e);
}

static int
take_bits(struct cursor *c, struct seal *s, struct octets *o,
    const char *what, struct err *e)
{
	bool	unused = false;
	int	rc = ses_bits(c, o, &unused, what, e);

	if (unused)
		s->deviations |= SEAL_DEV_UNUSED_BITS;
	return rc;
}

/* cert, algorithm and signature: members of SESeal, or V1's signInfo. */
static int
parse_signature(struct cursor *c, struct seal *s, struct err *e)
{
	const uint8_t	*begin = c->p;
	int		 rc;

	if ((rc = ses_value(c, DER_OCTET_STRING, &s->cert, "cert", e)) != 0)
		return rc;
	s->cert_tlv = OCTETS(begin, (size_t)(c->p - begin));
	begin = c->p;
	if ((rc = ses_value(c, DER_OID, &s->alg, "signAlgID", e)) != 0)
		return rc;
	s->alg_tlv = OCTETS(begin, (size_t)(c->p - begin));
	return take_bits(c, s, &s->signature, "signedValue", e);
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
		if ((rc = take_bits(c, s, &o, "signInfo", e)) != 0)
			return rc;
		in = cursor_of(o.p, o.len);
		if ((rc = ses_take(&in, DER_SEQUENCE, &d, "signInfo", e)) != 0 ||
		    (rc = ses_end(&in, "signInfo", e)) != 0)
			return rc;
	} else if ((rc = ses_take(c, DER_SEQUENCE, &d, "signInfo", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = parse_signature(&in, s, e)) != 0)
		return rc;
	return ses_end(&in, "signInfo", e);
}

static int
parse_members(const struct der *d, struct seal *s, struct err *e)
{
	struct cursor	c = der_inside(d);
	struct der	m;
	size_t		n;
	bool		unused = false;
	int		rc;

	if ((rc = ses_count(d, &n, "SESeal", e)) != 0)
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
		return err_set(e, ERR_FORMAT,
		    "%zu members; SESeal has 2, 4 or 5", n);
	}
	if ((rc = ses_take(&c, DER_SEQUENCE, &m, "eSealInfo", e)) != 0)
		return rc;
	s->info = m.tlv;
	if ((rc = parse_info(s, e)) != 0)
		return rc;
	if (s->generation == SEAL_V1)
		rc = parse_sign_info(&c, s, e);
	else if ((rc = parse_signature(&c, s, e)) == 0 && n == 5)
		rc = ses_time_stamp(&c, &s->timestamp, &unused, e);
	if (unused)
		s->deviations |= SEAL_DEV_UNUSED_BITS;
	return rc != 0 ? rc : ses_end(&c, "SESeal", e);
}

static int
parse_seal(struct octets in, struct seal *s, struct err *e)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct der	d;
	int		rc;

	if (der_peek(&c) == DER_OCTET_STRING) {
		s->deviations |= SEAL_DEV_WRAPPED;
		if ((rc = ses_take(&c, DER_OCTET_STRING, &d, "SESeal",
		    e)) != 0 || (rc = ses_end(&c, "the file", e)) != 0)
			return rc;
		c = der_inside(&d);
	}
	if ((rc = ses_take(&c, DER_SEQUENCE, &d, "SESeal", e)) != 0 ||
	    (rc = ses_end(&c, "the file", e)) != 0)
		return rc;
	s->whole = d.tlv;
	return parse_members(&d, s, e);
}

int
seal_parse(struct octets in, struct seal *s, struct err *e)
{
	struct err	why = ERR_INIT;

	memset(s, 0, sizeof(*s));
	if (in.len > LIMIT_SEAL)
		return err_set_id(e, ERR_TOOBIG, "seal-too-big",
		    "seal: longer than %u octets", LIMIT_SEAL);
	if (parse_seal(in, s, &why) == 0)
		return 0;
	memset(s, 0, sizeof(*s));
	return err_set_id(e, ERR_FORMAT, "bad-seal", "seal: %s", why.text);
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

int
seal_verify(struct seal *s, struct err *e)
{
	struct octets	 msg = s->info;
	struct cert	*maker = NULL;
	struct err	 why = ERR_INIT;
	struct buf	 v1;
	uint8_t		 room[SES_SIG_MAX];
	struct octets	 sig;
	bool		 raw = false;
	int		 rc;

	buf_init(&v1, LIMIT_SEAL + 16);
	if (ses_restore(s->signature, room, &sig))
		s->deviations |= SEAL_DEV_UNUSED_BITS;
	if (s->alg.len != sizeof(seal_oid_sm2_sm3) ||
	    memcmp(s->alg.p, seal_oid_sm2_sm3, s->alg.len) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "unsupported-algorithm",
		    "seal: its signature is not SM2 with SM3");
		goto out;
	}
	if ((rc = cert_parse(s->cert, &maker, e)) != 0)
		goto out;
	if (cert_facts(maker)->null_parameters)
		s->deviations |= SEAL_DEV_NULL_PARAMETERS;
	if (s->generation == SEAL_V1) {
		v1_message(s, &v1);
		msg = buf_octets(&v1);
	}
	if ((rc = cert_holds(maker, msg, sig, &raw, &why)) != 0)
		rc = rc == ERR_VERIFY ? err_set_id(e, ERR_VERIFY,
		    "bad-seal-signature", "seal: signedValue %s", why.text) :
		    err_set_id(e, (enum err_code)rc, why.id, "%s", why.text);
	if (raw)
		s->deviations |= SEAL_DEV_RAW_SIGNATURE;
out:
	buf_fini(&v1);
	cert_free(maker);
	return rc;
}

static int
lint_fails(struct err *e, const char *what)
{
	return err_set_id(e, ERR_VERIFY, "bad-own-seal", "seal: %s", what);
}

/* GM/T 0031-2025: over signedValue, and not before the seal was made. */
static int
lint_time_stamp(const struct seal *s, struct err *e)
{
	struct tst	t;
	struct err	why = ERR_INIT;

	if (s->timestamp.len == 0)
		return lint_fails(e, "no time-stamp");
	if (tst_check(s->timestamp, s->signature, &t, &why) != 0)
		return lint_fails(e, why.text);
	if (tst_deviation(&t, 0) != NULL)
		return lint_fails(e, tst_deviation(&t, 0));
	if (t.time < s->created)
		return lint_fails(e, "the time-stamp is before createDate");
	return 0;
}

int
seal_lint(const struct seal *s, struct err *e)
{
	static const uint8_t	png[8] = { 0x89, 'P', 'N', 'G', '\r', '\n',
				    0x1a, '\n' };
	uint8_t			sig[SM2_SIG_LEN];
	size_t			i;

	if ((s->generation != SEAL_V4 && s->generation != SEAL_V5) ||
	    s->deviations != 0)
		return lint_fails(e, "not a plain V4 or V5 seal");
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
	return s->generation == SEAL_V5 ? lint_time_stamp(s, e) : 0;
}

void
seal_digest(const struct seal *s, uint8_t out[SM3_LEN])
{
	sm3(s->whole.p, s->whole.len, out);
}
