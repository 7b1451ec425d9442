#include <string.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"
#include "filing/seal_memory.h"
#include "filing/ses.h"
#include "signing/stamp.h"

/*
 * Member names are those of GB/T 38540-2020 (the same in GM/T 0031 where it
 * has the member); errors cite them.
 */

/* Four or five members, or V1's two; the seal inside must be of that kind. */
static int
set_generation(struct stamp *s, bool first, struct err *e)
{
	if (first != (s->seal.generation == SEAL_V1))
		return err_set(e, ERR_FORMAT, "a stamp of %s with a seal of "
		    "%s", first ? "GM/T 0031-2014" : "a later generation",
		    seal_standard_word(s->seal.generation));
	s->generation = s->seal.generation;
	if (s->version != (uint64_t)s->generation)
		s->deviations |= STAMP_DEV_VERSION;
	return 0;
}

/* The embedded SESeal; some wrap it in an OCTET STRING. */
static int
parse_eseal(struct cursor *c, struct stamp *s, struct err *e)
{
	uint8_t		tag = der_peek(c);
	struct err	why = ERR_INIT;
	struct der	d;
	int		rc;

	if (tag != DER_OCTET_STRING)
		tag = DER_SEQUENCE;
	if ((rc = ses_take(c, tag, &d, "eseal", e)) != 0)
		return rc;
	if (seal_parse(d.tlv, &s->seal, &why) != 0)
		return err_set(e, ERR_FORMAT, "eseal: %s", why.text);
	return 0;
}

static int
take_bits(struct cursor *c, struct stamp *s, struct octets *o,
    const char *what, struct err *e)
{
	bool	unused = false;
	int	rc = ses_bits(c, o, &unused, what, e);

	if (unused)
		s->deviations |= STAMP_DEV_UNUSED_BITS;
	return rc;
}

/* A BIT STRING, for which some write an OCTET STRING. */
static int
take_string(struct cursor *c, struct stamp *s, struct octets *o,
    const char *what, struct err *e)
{
	if (der_peek(c) != DER_OCTET_STRING)
		return take_bits(c, s, o, what, e);
	s->deviations |= STAMP_DEV_OCTET_STRING;
	return ses_value(c, DER_OCTET_STRING, o, what, e);
}

/*
 * V1 (GM/T 0031-2014, 6.2): a BIT STRING that holds a UTCTime or a time-stamp
 * token; text in a few spellings is met, and a time without the string.
 */
static int
parse_time_v1(struct cursor *c, struct stamp *s, struct err *e)
{
	uint8_t		tag = der_peek(c);
	struct cursor	in, all;
	struct der	d;
	int		rc;

	if (tag == DER_UTCTIME || tag == DER_GENTIME) {
		s->deviations |= STAMP_DEV_TIME_KIND;
		s->time_info = OCTETS(c->p, cursor_left(c));
		rc = ses_time(c, &tag, &s->signed_at, "timeInfo", e);
		s->time_info.len = (size_t)(c->p - s->time_info.p);
		return rc;
	}
	if ((rc = take_string(c, s, &s->time_info, "timeInfo", e)) != 0)
		return rc;
	in = cursor_of(s->time_info.p, s->time_info.len);
	all = in;
	/* Text of the years 2000 to 2009 begins with the octet of SEQUENCE. */
	if (der_expect(&all, DER_SEQUENCE, &d, "timeInfo", NULL) == 0 &&
	    cursor_left(&all) == 0) {
		s->time_token = s->time_info;
		return 0;
	}
	switch (der_peek(&in)) {
	case DER_GENTIME:
		s->deviations |= STAMP_DEV_TIME_KIND;
		/* FALLTHROUGH */
	case DER_UTCTIME:
		if ((rc = ses_time(&in, &tag, &s->signed_at, "timeInfo",
		    e)) != 0)
			return rc;
		return ses_end(&in, "timeInfo", e);
	}
	if (!stamp_time_text(s->time_info, &s->signed_at, &s->deviations))
		return err_set(e, ERR_FORMAT, "timeInfo is neither a time in "
		    "a spelling that we know nor a token");
	return 0;
}

static int
parse_time(struct cursor *c, struct stamp *s, struct err *e)
{
	uint8_t	tag;
	int	rc;

	s->time_info = OCTETS(c->p, cursor_left(c));
	rc = ses_time(c, &tag, &s->signed_at, "timeInfo", e);
	s->time_info.len = (size_t)(c->p - s->time_info.p);
	if (rc == 0 && tag != DER_GENTIME)
		s->deviations |= STAMP_DEV_TIME_KIND;
	return rc;
}

/* An IA5String, so ASCII; a folder with a Chinese name makes it UTF-8. */
static int
take_property(struct cursor *c, struct stamp *s, struct err *e)
{
	struct cursor	own = *c;
	struct der	d;
	size_t		i;
	int		rc;

	if (ses_ascii(c, DER_IA5, &s->property, "propertyInfo", NULL) == 0)
		return 0;
	if ((rc = ses_take(&own, DER_IA5, &d, "propertyInfo", e)) != 0)
		return rc;
	*c = own;
	for (i = 0; i < d.val.len; i++)
		if (d.val.p[i] < 0x20 || d.val.p[i] == 0x7f)
			break;
	if (i < d.val.len || !utf8_valid(d.val.p, d.val.len))
		return err_set(e, ERR_FORMAT, "propertyInfo is not printable "
		    "ASCII, nor UTF-8");
	s->property = d.val;
	s->deviations |= STAMP_DEV_PROPERTY;
	return 0;
}

/* extDatas, [0] EXPLICIT here; some leave the tag out, or wrap it. */
static int
parse_extensions(struct cursor *c, struct stamp *s, struct err *e)
{
	struct cursor	in = *c;
	struct der	d;
	uint8_t		tag = der_peek(c);
	bool		written = false;
	int		rc;

	if (tag != DER_CTX0)
		s->deviations |= STAMP_DEV_EXTENSIONS;
	if (tag == DER_CTX0 || tag == DER_OCTET_STRING) {
		if ((rc = ses_take(c, tag, &d, "extDatas", e)) != 0)
			return rc;
		in = der_inside(&d);
		if ((rc = ses_take(&in, DER_SEQUENCE, &d, "extDatas",
		    e)) != 0 || (rc = ses_end(&in, "extDatas", e)) != 0)
			return rc;
	} else if ((rc = ses_take(c, DER_SEQUENCE, &d, "extDatas", e)) != 0)
		return rc;
	s->has_ext = true;
	in = der_inside(&d);
	rc = ses_extensions(&in, s->ext, LIMIT_SEAL_EXTENSIONS, &s->next,
	    &written, e);
	if (written)
		s->deviations |= STAMP_DEV_DEFAULT_FALSE;
	return rc;
}

static int
parse_signer(struct cursor *c, struct stamp *s, struct err *e)
{
	int	rc;

	if ((rc = ses_value(c, DER_OCTET_STRING, &s->cert, "cert", e)) != 0)
		return rc;
	return ses_value(c, DER_OID, &s->alg, "signatureAlgID", e);
}

/* TBS_Sign; in V1 the signer's certificate and algorithm are part of it. */
static int
parse_to_sign(struct cursor *c, struct stamp *s, bool first, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = ses_take(c, DER_SEQUENCE, &d, "toSign", e)) != 0)
		return rc;
	s->to_sign = d.tlv;
	in = der_inside(&d);
	if ((rc = ses_uint(&in, &s->version, "toSign.version", e)) != 0 ||
	    (rc = parse_eseal(&in, s, e)) != 0 ||
	    (rc = set_generation(s, first, e)) != 0 ||
	    (rc = first ? parse_time_v1(&in, s, e) :
	    parse_time(&in, s, e)) != 0 ||
	    (rc = take_string(&in, s, &s->data_hash, "dataHash", e)) != 0 ||
	    (rc = take_property(&in, s, e)) != 0)
		return rc;
	if (s->data_hash.len == 0)
		return err_set(e, ERR_FORMAT, "dataHash is empty");
	if (first && (rc = parse_signer(&in, s, e)) != 0)
		return rc;
	if (!first && cursor_left(&in) > 0 &&
	    (rc = parse_extensions(&in, s, e)) != 0)
		return rc;
	return ses_end(&in, "toSign", e);
}

static int
parse_members(const struct der *d, struct stamp *s, struct err *e)
{
	struct cursor	c = der_inside(d);
	size_t		n;
	bool		unused = false;
	int		rc;

	if ((rc = ses_count(d, &n, "SES_Signature", e)) != 0)
		return rc;
	if (n != 2 && n != 4 && n != 5)
		return err_set(e, ERR_FORMAT,
		    "%zu members; SES_Signature has 2, 4 or 5", n);
	if ((rc = parse_to_sign(&c, s, n == 2, e)) != 0 ||
	    (n != 2 && (rc = parse_signer(&c, s, e)) != 0) ||
	    (rc = take_bits(&c, s, &s->signature, "signature", e)) != 0 ||
	    (n == 5 && (rc = ses_time_stamp(&c, &s->timestamp, &unused,
	    e)) != 0))
		return rc;
	if (unused)
		s->deviations |= STAMP_DEV_UNUSED_BITS;
	return ses_end(&c, "SES_Signature", e);
}

static int
parse(struct octets in, bool padded, struct stamp *s, struct err *e)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct der	d;
	int		rc;

	if ((rc = ses_take(&c, DER_SEQUENCE, &d, "SES_Signature", e)) != 0)
		return rc;
	s->whole = d.tlv;
	if (padded && cursor_left(&c) > 0) {
		s->deviations |= STAMP_DEV_PADDING;
		while (cursor_left(&c) > 0 && *c.p == 0)
			c.p++;
	}
	if (s->whole.len > LIMIT_STAMP)
		return err_set(e, ERR_TOOBIG, "longer than %u octets",
		    LIMIT_STAMP);
	if ((rc = ses_end(&c, "the value", e)) != 0)
		return rc;
	return parse_members(&d, s, e);
}

int
stamp_parse(struct octets in, bool padded, struct stamp *s, struct err *e)
{
	struct err	why = ERR_INIT;
	int		rc;

	memset(s, 0, sizeof(*s));
	if ((rc = parse(in, padded, s, &why)) == 0)
		return 0;
	memset(s, 0, sizeof(*s));
	if (rc == ERR_TOOBIG)
		return err_set_id(e, ERR_TOOBIG, "stamp-too-big",
		    "stamp: %s", why.text);
	return err_set_id(e, ERR_FORMAT, "bad-stamp", "stamp: %s", why.text);
}

bool
stamp_is_sm2(const struct stamp *s)
{
	return s->alg.len == sizeof(seal_oid_sm2_sm3) &&
	    memcmp(s->alg.p, seal_oid_sm2_sm3, s->alg.len) == 0;
}

/*
 * What is signed: SM3 of Z and toSign.  Nearly all of it is the seal, and what
 * stands before that is the same for the next stamp with it.
 */
static int
signed_digest(const struct stamp *s, const struct cert *signer,
    uint8_t out[SM3_LEN], struct err *e)
{
	const uint8_t		*end = s->seal.whole.p + s->seal.whole.len;
	const struct sm2_pub	*pub;
	struct sm3		*h;
	struct buf		 head;
	uint8_t			 z[SM3_LEN];
	int			 rc;

	if ((rc = cert_pub(signer, &pub, e)) != 0)
		return rc;
	sm2_z(pub, z);
	h = sm3_new();
	buf_init(&head, LIMIT_STAMP);
	buf_put(&head, z, sizeof(z));
	buf_put(&head, s->to_sign.p, (size_t)(s->seal.whole.p -
	    s->to_sign.p));
	seal_sm3_after(buf_octets(&head), s->seal.whole, h);
	sm3_add(h, end, (size_t)(s->to_sign.p + s->to_sign.len - end));
	sm3_end(h, out);
	buf_fini(&head);
	sm3_free(h);
	return 0;
}

int
stamp_verify(struct stamp *s, struct err *e)
{
	struct cert	*signer = NULL;
	uint8_t		 digest[SM3_LEN], room[SES_SIG_MAX];
	struct octets	 sig;
	struct err	 why = ERR_INIT;
	bool		 raw = false;
	int		 rc;

	if (ses_restore(s->signature, room, &sig))
		s->deviations |= STAMP_DEV_UNUSED_BITS;
	if (!stamp_is_sm2(s))
		return err_set_id(e, ERR_FORMAT, "unsupported-algorithm",
		    "stamp: its signature is not SM2 with SM3");
	if ((rc = cert_parse(s->cert, &signer, e)) != 0)
		return rc;
	if (cert_facts(signer)->null_parameters)
		s->deviations |= STAMP_DEV_NULL_PARAMETERS;
	if ((rc = signed_digest(s, signer, digest, &why)) == 0 &&
	    (rc = cert_holds_digest(signer, digest, sig, &raw,
	    NULL)) != 0)
		/* Once more, for the reason. */
		rc = cert_holds(signer, s->to_sign, sig, &raw, &why);
	if (rc != 0)
		rc = rc == ERR_VERIFY ? err_set_id(e, ERR_VERIFY,
		    "bad-stamp-signature", "stamp: signature %s", why.text) :
		    err_set_id(e, (enum err_code)rc, why.id, "%s", why.text);
	if (raw)
		s->deviations |= STAMP_DEV_RAW_SIGNATURE;
	cert_free(signer);
	return rc;
}

/* The name of SM3 in CertDigestObj.type, which is free text. */
static bool
is_sm3(struct octets type)
{
	static const char *const	names[] = { "SM3", "sm3",
					    "1.2.156.10197.1.401" };
	size_t				i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (type.len == strlen(names[i]) &&
		    memcmp(type.p, names[i], type.len) == 0)
			return true;
	return false;
}

int
stamp_signer_in_seal(const struct stamp *s, struct err *e)
{
	const struct seal	*seal = &s->seal;
	uint8_t			 digest[SM3_LEN];
	bool			 other = false;
	size_t			 i;

	sm3(s->cert.p, s->cert.len, digest);
	for (i = 0; i < seal->ncerts; i++) {
		if (seal->cert_list_type == 1) {
			if (seal->certs[i].len == s->cert.len &&
			    memcmp(seal->certs[i].p, s->cert.p,
			    s->cert.len) == 0)
				return 0;
		} else if (!is_sm3(seal->digest_types[i])) {
			other = true;
		} else if (seal->certs[i].len == SM3_LEN &&
		    mem_equal(seal->certs[i].p, digest, SM3_LEN))
			return 0;
	}
	if (other)
		return err_set_id(e, ERR_FORMAT, "unsupported-digest",
		    "stamp: the seal lists digests that are not SM3");
	return err_set_id(e, ERR_VERIFY, "signer-not-in-seal", "stamp: the "
	    "signer's certificate is not one that the seal lists");
}
