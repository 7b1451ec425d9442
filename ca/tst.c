#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/tst.h"

#define OID_TST_INFO	"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04"
#define TAG_TSA		0xa0	/* [0] EXPLICIT GeneralName */
#define TAG_EXTENSIONS	0xa1	/* [1] IMPLICIT */
#define GENTIME_LEN	15	/* without a fraction */

/* X.690, 11.7: a fraction ends in a digit other than 0, and is dropped. */
static int
take_gentime(struct cursor *c, int64_t *t, struct err *e)
{
	char		 whole[GENTIME_LEN];
	struct der	 d;
	const uint8_t	*p;
	size_t		 i;
	int		 rc;

	if ((rc = der_expect(c, DER_GENTIME, &d, "genTime", e)) != 0)
		return rc;
	p = d.val.p;
	if (d.val.len > GENTIME_LEN) {
		i = d.val.len - 1;
		if (p[GENTIME_LEN - 1] != '.' || p[i] != 'Z' ||
		    i == GENTIME_LEN || p[i - 1] == '0')
			goto bad;
		while (--i >= GENTIME_LEN)
			if (p[i] < '0' || p[i] > '9')
				goto bad;
		memcpy(whole, p, GENTIME_LEN - 1);
		whole[GENTIME_LEN - 1] = 'Z';
		d.val = OCTETS(whole, GENTIME_LEN);
	}
	if (der_time(&d, t, NULL) == 0)
		return 0;
bad:
	return err_set(e, ERR_FORMAT,
	    "genTime is not a time in UTC (RFC 3161, 2.4.2)");
}

static int
take_imprint(struct cursor *c, struct tst *t, struct err *e)
{
	struct cursor	in, alg;
	struct der	d;
	int		rc;

	if ((rc = der_expect(c, DER_SEQUENCE, &d, "messageImprint",
	    e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = der_expect(&in, DER_SEQUENCE, &d, "hashAlgorithm",
	    e)) != 0)
		return rc;
	alg = der_inside(&d);
	if ((rc = der_expect(&alg, DER_OID, &d, "hashAlgorithm", e)) != 0)
		return rc;
	t->imprint_alg = d.val;
	if (der_peek(&alg) == DER_NULL &&
	    (rc = der_next(&alg, &d, "hashAlgorithm", e)) != 0)
		return rc;
	if ((rc = der_end(&alg, "hashAlgorithm", e)) != 0 ||
	    (rc = der_expect(&in, DER_OCTET_STRING, &d, "hashedMessage",
	    e)) != 0)
		return rc;
	t->imprint = d.val;
	return der_end(&in, "messageImprint", e);
}

/* A critical extension that nobody here knows: the token is refused. */
static int
check_extensions(const struct der *list, struct err *e)
{
	struct cursor	c = der_inside(list), in;
	struct der	d;
	bool		critical;
	int		rc;

	while (cursor_left(&c) > 0) {
		if ((rc = der_expect(&c, DER_SEQUENCE, &d, "extension",
		    e)) != 0)
			return rc;
		in = der_inside(&d);
		if ((rc = der_expect(&in, DER_OID, &d, "extension",
		    e)) != 0)
			return rc;
		if (der_peek(&in) != DER_BOOLEAN)
			continue;
		if ((rc = der_next(&in, &d, "extension", e)) != 0 ||
		    (rc = der_bool(&d, &critical, e)) != 0)
			return rc;
		if (critical)
			return err_set(e, ERR_FORMAT,
			    "a critical extension that is not known here");
	}
	return 0;
}

/* accuracy, ordering, nonce, tsa, extensions: each may be left out. */
static int
take_options(struct cursor *c, struct tst *t, struct err *e)
{
	struct der	d;
	bool		ordering;
	int		rc;

	if (der_peek(c) == DER_SEQUENCE &&
	    (rc = der_next(c, &d, "accuracy", e)) != 0)
		return rc;
	if (der_peek(c) == DER_BOOLEAN &&
	    ((rc = der_next(c, &d, "ordering", e)) != 0 ||
	    (rc = der_bool(&d, &ordering, e)) != 0))
		return rc;
	if (der_peek(c) == DER_INTEGER) {
		if ((rc = der_next(c, &d, "nonce", e)) != 0)
			return rc;
		t->has_nonce = true;
		t->nonce = d.val;
	}
	if (der_peek(c) == TAG_TSA && (rc = der_next(c, &d, "tsa", e)) != 0)
		return rc;
	if (der_peek(c) == TAG_EXTENSIONS &&
	    ((rc = der_next(c, &d, "extensions", e)) != 0 ||
	    (rc = check_extensions(&d, e)) != 0))
		return rc;
	return der_end(c, "TSTInfo", e);
}

static int
parse_info(struct tst *t, struct err *e)
{
	struct cursor	c = cursor_of(t->info.p, t->info.len);
	struct der	d;
	uint64_t	version;
	int		rc;

	if ((rc = der_expect(&c, DER_SEQUENCE, &d, "TSTInfo", e)) != 0 ||
	    (rc = der_end(&c, "TSTInfo", e)) != 0)
		return rc;
	c = der_inside(&d);
	if ((rc = der_expect(&c, DER_INTEGER, &d, "version", e)) != 0 ||
	    (rc = der_uint(&d, &version, e)) != 0)
		return rc;
	if (version != 1)
		return err_set(e, ERR_FORMAT, "version is not 1");
	if ((rc = der_expect(&c, DER_OID, &d, "policy", e)) != 0)
		return rc;
	t->policy = d.val;
	if ((rc = take_imprint(&c, t, e)) != 0 ||
	    (rc = der_expect(&c, DER_INTEGER, &d, "serialNumber", e)) != 0)
		return rc;
	t->serial = d.val;
	if ((rc = take_gentime(&c, &t->time, e)) != 0)
		return rc;
	return take_options(&c, t, e);
}

static bool
has_info(const struct cms *m)
{
	return m->content_type.len == sizeof(OID_TST_INFO) - 1 &&
	    memcmp(m->content_type.p, OID_TST_INFO, m->content_type.len) == 0;
}

/*
 * TimeStampResp: a status, which is a SEQUENCE that begins with a number, and
 * the token, or nothing.  False: it is no such thing.
 */
static bool
open_answer(struct octets in, uint64_t *status, struct octets *token)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct der	d;

	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0 ||
	    cursor_left(&c) > 0)
		return false;
	c = der_inside(&d);
	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		return false;
	*token = OCTETS(c.p, cursor_left(&c));
	c = der_inside(&d);
	if (der_expect(&c, DER_INTEGER, &d, "", NULL) != 0 ||
	    der_uint(&d, status, NULL) != 0)
		return false;
	if (token->len == 0)
		return true;
	c = cursor_of(token->p, token->len);
	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0 ||
	    cursor_left(&c) > 0)
		return false;
	c = der_inside(&d);
	return der_peek(&c) == DER_OID && der_next(&c, &d, "", NULL) == 0 &&
	    cms_is_signed_data(d.val);
}

bool
tst_is_token(struct octets in)
{
	struct cms	*m = xmalloc(sizeof(*m));
	struct octets	 token;
	uint64_t	 status;
	bool		 yes;

	yes = open_answer(in, &status, &token) ||
	    (cms_parse(in, m, NULL) == 0 && has_info(m));
	free(m);
	return yes;
}

static int
parse(struct octets in, struct tst *t, struct err *e)
{
	const struct cms	*m = &t->cms;
	struct octets		 token;
	uint64_t		 status;
	int			 rc;

	if (in.len > LIMIT_TST)
		return err_set(e, ERR_FORMAT, "longer than %u octets",
		    LIMIT_TST);
	if (open_answer(in, &status, &token)) {
		if (status > 1 || token.len == 0)
			return err_set(e, ERR_FORMAT, "the authority granted "
			    "none: status %" PRIu64 " (RFC 3161, 2.4.2)",
			    status);
		t->in_answer = true;
		in = token;
	}
	if ((rc = cms_parse(in, &t->cms, e)) != 0)
		return rc;
	if (!has_info(m) || !m->has_content)
		return err_set(e, ERR_FORMAT, "there is no TSTInfo in it");
	if (!m->has_attributes ||
	    (m->deviations & CMS_DEV_NO_CONTENT_TYPE) != 0)
		return err_set(e, ERR_FORMAT, "its content type is not "
		    "signed (RFC 5652, 5.3)");
	t->info = m->content;
	return parse_info(t, e);
}

int
tst_parse(struct octets in, struct tst *t, struct err *e)
{
	struct err	why = ERR_INIT;

	memset(t, 0, sizeof(*t));
	if (parse(in, t, &why) == 0) {
		/* Whether it came along, is tst_verify()'s to say. */
		if (cms_signer(&t->cms, &t->cert, NULL) != 0)
			t->cert = OCTETS(NULL, 0);
		return 0;
	}
	memset(t, 0, sizeof(*t));
	return err_set_id(e, ERR_FORMAT, "bad-time-stamp",
	    "time-stamp: %s", why.text);
}

/* RFC 3161, 2.3: extendedKeyUsage is timeStamping alone. */
static bool
for_time_stamps(const struct cert *c)
{
	X509	*x = cert_x509(c);

	return (X509_get_extension_flags(x) & EXFLAG_XKUSAGE) != 0 &&
	    X509_get_extended_key_usage(x) == XKU_TIMESTAMP &&
	    cert_facts(c)->may_sign;
}

int
tst_verify(struct tst *t, struct err *e)
{
	struct octets	 der;
	struct cert	*c = NULL;
	struct err	 why = ERR_INIT;
	int		 rc;

	if ((rc = cms_signer(&t->cms, &der, e)) != 0 ||
	    (rc = cert_parse(der, &c, e)) != 0)
		return rc;
	if ((rc = cms_verify(&t->cms, t->info, c, &why)) != 0)
		rc = err_set_id(e, (enum err_code)rc, rc == ERR_VERIFY ?
		    "bad-time-stamp-signature" : why.id, "time-stamp: %s",
		    why.text);
	else if (!cms_covers(&t->cms, t->info, c))
		rc = err_set_id(e, ERR_VERIFY, "bad-time-stamp-signature",
		    "time-stamp: its messageDigest is not that of TSTInfo");
	else if (!for_time_stamps(c))
		rc = err_set_id(e, ERR_VERIFY, "not-for-time-stamps",
		    "time-stamp: the certificate is not for time-stamps "
		    "alone (RFC 3161, 2.3)");
	cert_free(c);
	return rc;
}

int
tst_covers(const struct tst *t, struct octets what, struct err *e)
{
	uint8_t	h[CMS_DIGEST_MAX];
	size_t	n;

	if (!cms_digest(t->imprint_alg, false, what, h, &n))
		return err_set_id(e, ERR_FORMAT, "unsupported-digest",
		    "time-stamp: its digest is not one that is known here");
	if (t->imprint.len != n || !mem_equal(t->imprint.p, h, n))
		return err_set_id(e, ERR_VERIFY, "time-stamp-mismatch",
		    "time-stamp: it is about something else");
	return 0;
}

int
tst_check(struct octets in, struct octets what, struct tst *t, struct err *e)
{
	int	rc;

	if ((rc = tst_parse(in, t, e)) == 0 && (rc = tst_verify(t, e)) == 0)
		rc = tst_covers(t, what, e);
	if (rc != 0)
		memset(t, 0, sizeof(*t));
	return rc;
}

bool
tst_is_bad(const struct err *e)
{
	return e->code == ERR_VERIFY ||
	    strcmp(e->id, "bad-time-stamp") == 0;
}

const char *
tst_deviation(const struct tst *t, size_t n)
{
	unsigned	bit;

	for (bit = 1; bit < CMS_DEV_END; bit <<= 1)
		if ((t->cms.deviations & bit) != 0 && n-- == 0)
			return cms_deviation_word(bit);
	return t->in_answer && n == 0 ? "time-stamp-answer" : NULL;
}

static void
put_oid(struct buf *out, const char *what, struct octets oid)
{
	struct der	d = { .tag = DER_OID, .val = oid };
	char		text[64];

	buf_printf(out, "%-20s%s\n", what, der_oid_text(&d, text,
	    sizeof(text), NULL) == 0 ? text : "?");
}

static void
put_hex(struct buf *out, const char *what, struct octets o)
{
	char	hex[HEX_SIZE(CMS_DIGEST_MAX)];
	size_t	n = o.len < CMS_DIGEST_MAX ? o.len : CMS_DIGEST_MAX;

	hex_encode(o.p, n, hex);
	buf_printf(out, "%-20s%s%s\n", what, hex, n < o.len ? "..." : "");
}

void
tst_print(const struct tst *t, struct buf *out)
{
	char		 utc[TM_RFC3339_SIZE], cst[48];
	struct cert	*c = NULL;

	tm_rfc3339(t->time, utc);
	tm_beijing(t->time, cst);
	buf_printf(out, "%-20s%s (%s)\n", "time-stamp", utc, cst);
	put_hex(out, "serial number", t->serial);
	put_oid(out, "policy", t->policy);
	put_oid(out, "digest algorithm", t->imprint_alg);
	put_hex(out, "over digest", t->imprint);
	if (t->has_nonce)
		put_hex(out, "nonce", t->nonce);
	put_oid(out, "signed with", t->cms.sign_alg);
	if (t->cert.len > 0 && cert_parse(t->cert, &c, NULL) == 0)
		buf_printf(out, "%-20s%s\n", "authority",
		    cert_facts(c)->subject);
	else
		buf_printf(out, "%-20s%s\n", "authority",
		    "its certificate did not come along");
	cert_free(c);
}
