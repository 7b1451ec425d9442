#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ber.h"
#include "base/der.h"
#include "base/mem.h"
#include "filing/kind.h"
#include "signing/signature.h"
#include "signing/signed_data.h"
#include "signing/stamp_reading.h"
#include "signing/time_stamp.h"

static const char *const	rules[] = {
	"seal_signature", "signer_in_seal", "stamp_signature", "time_stamp"
};

void
signature_unread(StampReading *s)
{
	size_t	i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		reading_stamp_check(s, rules[i], READ_UNKNOWN,
		    "the signature value does not read");
}

static void
no_format(StampReading *s, const char *why)
{
	reading_stamp_check(s, "format", READ_FAILED, "%s", why);
	signature_unread(s);
}

/*
 * The value without what stands behind it: zero octets where they may, else
 * *behind octets, which the report tells of.
 */
static struct octets
trimmed(struct octets o, bool padded, size_t *behind)
{
	struct cursor	c = cursor_of(o.p, o.len);
	struct der	d;

	*behind = 0;
	if (der_next(&c, &d, "", NULL) != 0)
		return o;
	*behind = cursor_left(&c);
	while (padded && cursor_left(&c) > 0 && *c.p == 0)
		c.p++;
	if (cursor_left(&c) == 0 && padded)
		*behind = 0;
	return d.tlv;
}

/* They are no part of the value, and nothing covers them: it is not known who
 * put them there. */
static void
tell_behind(size_t behind, StampReading *s)
{
	char	why[96];

	(void)snprintf(why, sizeof(why), "%zu octets stand behind the "
	    "value, which nothing covers", behind);
	reading_stamp_doubt(s, "format", why, "octets-behind");
}

/* r and s alone (met in OFD of Type "Sign"): nobody says whose they are. */
static void
read_bare(StampReading *s, struct signature *sig)
{
	sig->form = SIGNATURE_BARE;
	s->form = xstrdup("bare");
	reading_stamp_check(s, "format", READ_PASSED,
	    "SEQUENCE { r, s } of SM2, without certificate");
	reading_stamp_check(s, "seal_signature", READ_NOT_APPLICABLE,
	    "no seal in it");
	reading_stamp_check(s, "signer_in_seal", READ_NOT_APPLICABLE,
	    "no seal in it");
	reading_stamp_check(s, "stamp_signature", READ_UNKNOWN,
	    "nobody says whose it is");
	reading_stamp_check(s, "time_stamp", READ_NOT_APPLICABLE,
	    "no time-stamp");
	reading_line(&s->deviations, &s->n_deviations, "bare-signature");
}

/*
 * An OCTET STRING, as RSA signatures of PDF's adbe.x509.rsa_sha1 stand in one;
 * the certificate stands beside it.
 */
static bool
is_octet_string(struct octets whole)
{
	struct cursor	c = cursor_of(whole.p, whole.len);
	struct der	d;

	return der_expect(&c, DER_OCTET_STRING, &d, "", NULL) == 0 &&
	    d.val.len > 0 && cursor_left(&c) == 0;
}

static void
read_octet_string(StampReading *s)
{
	reading_stamp_check(s, "format", READ_UNKNOWN, "an OCTET STRING, as "
	    "RSA signatures stand in one (ISO 32000-1, 12.8.3.2), and not "
	    "SM2 with SM3");
	reading_stamp_why(s, "unsupported-algorithm");
	signature_unread(s);
}

/*
 * A time-stamp over the document itself (a DocTimeStamp of PDF): it says when,
 * and not who.
 */
static void
read_token(struct octets token, struct octets original, StampReading *s,
    struct signature *sig)
{
	struct tst	*t = xmalloc(sizeof(*t));
	struct err	 e = ERR_INIT;

	sig->form = SIGNATURE_SIGNED_DATA;
	s->form = xstrdup("time-stamp");
	if (tst_parse(token, t, &e) != 0) {
		no_format(s, e.text);
		goto out;
	}
	reading_stamp_check(s, "format", READ_PASSED,
	    "a time-stamp token over the document");
	reading_stamp_check(s, "seal_signature", READ_NOT_APPLICABLE,
	    "no seal in it");
	reading_stamp_check(s, "signer_in_seal", READ_NOT_APPLICABLE,
	    "no seal in it");
	reading_stamp_check(s, "stamp_signature", READ_UNKNOWN,
	    "a time-stamp says when, and not who");
	if (original.len > 0)
		time_stamp_over(token, original, "the document", s);
	else
		time_stamp_alone(token, s);
	if (cms_is_sm3(t->imprint_alg) && t->imprint.len == SM3_LEN) {
		sig->has_hash = true;
		memcpy(sig->hash, t->imprint.p, SM3_LEN);
	}
out:
	free(t);
}

/*
 * SignedData may come in BER, in which its framing is not unique (RFC 5652,
 * 4): it is read in DER, in out.  What is signed does not change: octets of
 * content and DER of attributes (5.4).
 */
static bool
from_ber(struct octets value, struct octets whole, bool padded,
    struct buf *out)
{
	struct cursor	c = cursor_of(value.p, value.len);

	if (der_check(whole, NULL) == 0 ||
	    ber_to_der(&c, out, NULL) != 0)
		return false;
	while (padded && cursor_left(&c) > 0 && *c.p == 0)
		c.p++;
	return cursor_left(&c) == 0 &&
	    object_kind(buf_octets(out)) == OBJECT_SIGNED_DATA;
}

void
signature_read(struct octets value, bool padded, struct octets original,
    StampReading *s, struct signature *sig)
{
	size_t		behind;
	struct octets	whole = trimmed(value, padded, &behind);
	uint8_t		rs[SM2_SIG_LEN];
	struct buf	der;
	bool		ber;

	buf_init(&der, LIMIT_SIGNATURE);
	memset(sig, 0, sizeof(*sig));
	ber = value.len <= LIMIT_SIGNATURE && from_ber(value, whole, padded,
	    &der);
	if (ber)
		whole = buf_octets(&der);
	if (value.len == 0)
		no_format(s, "the signature value is empty");
	else if (value.len > LIMIT_SIGNATURE)
		no_format(s, "the signature value is too long");
	else if (behind == 0 && sm2_sig_from_der(whole, rs, NULL) == 0)
		read_bare(s, sig);
	else if (object_kind(whole) == OBJECT_STAMP)
		stamp_reading(behind > 0 ? whole : value, padded, s, sig);
	else if (tst_is_token(whole))
		read_token(whole, original, s, sig);
	else if (object_kind(whole) == OBJECT_SIGNED_DATA)
		signed_data_reading(whole, original, s, sig);
	else if (is_octet_string(whole))
		read_octet_string(s);
	else
		no_format(s, "neither a stamp (SES_Signature), nor "
		    "SignedData, nor an SM2 signature");
	if (behind > 0)
		tell_behind(behind, s);
	if (ber)
		reading_line(&s->deviations, &s->n_deviations, "ber-framing");
	buf_fini(&der);
}
