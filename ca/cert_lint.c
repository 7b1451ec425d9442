#include <string.h>

#include "base/der.h"
#include "base/text.h"
#include "ca/profile.h"
#include "ca/x509.h"

#define DER_CTX3	0xa3
#define DER_PRIM0	0x80
#define DER_PRIM2	0x82	/* dNSName */
#define DER_PRIM6	0x86	/* uniformResourceIdentifier */
#define UTCTIME_END	2524608000	/* 2050-01-01T00:00:00Z */
#define SERIAL_MAX	20		/* octets (RFC 5280, 4.1.2.2) */
#define SERIAL_MIN	8		/* 64 random bits at the least */
#define KEY_ID_LEN	20

#define OID(S)		OCTETS(S, sizeof(S) - 1)
#define OID_COUNTRY	OID("\x55\x04\x06")
#define OID_ORGANISATION OID("\x55\x04\x0a")
#define OID_COMMON_NAME	OID("\x55\x04\x03")
#define OID_OCSP	OID("\x2b\x06\x01\x05\x05\x07\x30\x01")
#define OID_CA_ISSUERS	OID("\x2b\x06\x01\x05\x05\x07\x30\x02")

/* What is known of the certificate so far.  Slices of its octets. */
struct lint {
	const struct profile	*p;
	struct cert_own		*own;		/* what it says */
	struct octets		 issuer, subject;
	uint8_t			 key_id[KEY_ID_LEN];
	bool			 cross;		/* CERT_CROSS, CERT_CROSS_ROOT */
	bool			 seen[EXT_COUNT];
};

static int
refuse(struct err *e, const char *field, const char *why)
{

	return err_set_id(e, ERR_VERIFY, "bad-certificate-profile",
	    "certificate: %s: %s", field, why);
}

/* One element of this tag, and nothing behind it. */
static bool
only(struct octets in, uint8_t tag, struct der *d)
{
	struct cursor	 c = cursor_of(in.p, in.len);

	return der_next(&c, d, "", NULL) == 0 && d->tag == tag &&
	    cursor_left(&c) == 0;
}

static bool
take(struct cursor *c, uint8_t tag, struct der *d)
{

	return der_next(c, d, "", NULL) == 0 && d->tag == tag;
}

/* ---- the fields before the extensions */

static int
lint_head(struct cursor *c, struct cert_own *own, struct err *e)
{
	struct buf	 alg;
	struct der	 d, v;
	uint64_t	 version;
	bool		 good;

	if (!take(c, DER_CTX0, &d) || !only(d.val, DER_INTEGER, &v) ||
	    der_uint(&v, &version, NULL) != 0 || version != 2)
		return refuse(e, "version", "not 3");
	if (!take(c, DER_INTEGER, &d) || d.val.len < SERIAL_MIN ||
	    d.val.len > SERIAL_MAX || (d.val.p[0] & 0x80) != 0)
		return refuse(e, "serialNumber", "not a positive number of 8 "
		    "to 20 octets (RFC 5280, 4.1.2.2)");
	own->serial = d.val.p[0] == 0 ? OCTETS(d.val.p + 1, d.val.len - 1) :
	    d.val;
	buf_init(&alg, 64);
	x509_put_algorithm(&alg);
	good = take(c, DER_SEQUENCE, &d) &&
	    octets_same(d.tlv, buf_octets(&alg));
	buf_fini(&alg);
	return good ? 0 : refuse(e, "signature", "not SM2 with SM3, without "
	    "parameters");
}

/* C, O, CN, each alone in its set; what each says. */
static int
lint_name(struct cursor *c, const char *field, struct octets *name,
    struct octets says[3], struct err *e)
{
	const struct {
		struct octets	 oid;
		uint8_t		 tag;
	} parts[] = {
		{ OID_COUNTRY, DER_PRINTABLE }, { OID_ORGANISATION, DER_UTF8 },
		{ OID_COMMON_NAME, DER_UTF8 }
	};
	struct cursor	 in, at;
	struct der	 d, set, seq, oid, v;
	size_t		 i;

	if (!take(c, DER_SEQUENCE, &d))
		return refuse(e, field, "not a name");
	*name = d.tlv;
	in = der_inside(&d);
	for (i = 0; i < 3; i++) {
		if (!take(&in, DER_SET, &set) ||
		    !only(set.val, DER_SEQUENCE, &seq))
			return refuse(e, field, "not C, O and CN");
		at = der_inside(&seq);
		if (!take(&at, DER_OID, &oid) ||
		    !octets_same(oid.val, parts[i].oid) ||
		    !take(&at, parts[i].tag, &v) || cursor_left(&at) > 0)
			return refuse(e, field, "not C, O and CN");
		if (v.val.len == 0 || !utf8_valid(v.val.p, v.val.len))
			return refuse(e, field, "a part is empty or not "
			    "UTF-8");
		says[i] = v.val;
	}
	return cursor_left(&in) == 0 ? 0 : refuse(e, field,
	    "more than C, O and CN");
}

static int
lint_validity(struct cursor *c, struct cert_own *own, struct err *e)
{
	struct cursor	 in;
	struct der	 d, t;
	int64_t		 at[2];
	int		 i;

	if (!take(c, DER_SEQUENCE, &d))
		return refuse(e, "validity", "missing");
	in = der_inside(&d);
	for (i = 0; i < 2; i++) {
		if (der_next(&in, &t, "", NULL) != 0 ||
		    der_time(&t, &at[i], NULL) != 0 ||
		    (t.tag == DER_UTCTIME) != (at[i] < UTCTIME_END))
			return refuse(e, "validity", "not UTCTime through "
			    "2049, GeneralizedTime after (RFC 5280, 4.1.2.5)");
	}
	if (cursor_left(&in) > 0 || at[1] <= at[0])
		return refuse(e, "validity", "runs backwards");
	own->not_before = at[0];
	own->not_after = at[1];
	return 0;
}

static int
lint_key(struct cursor *c, struct lint *l, struct err *e)
{
	struct buf	 want;
	struct der	 d;
	uint8_t		 point[SM2_POINT_LEN] = { 4 };
	bool		 good;

	/* All but the coordinates, which are its last 64 octets. */
	buf_init(&want, 256);
	x509_put_public_key(&want, point);
	good = take(c, DER_SEQUENCE, &d) && d.tlv.len == want.len &&
	    memcmp(d.tlv.p, want.p, want.len - 64) == 0;
	buf_fini(&want);
	if (!good)
		return refuse(e, "subjectPublicKeyInfo", "not an uncompressed "
		    "point of SM2");
	l->own->point = OCTETS(d.tlv.p + d.tlv.len - SM2_POINT_LEN,
	    SM2_POINT_LEN);
	x509_key_id(l->own->point.p, l->key_id);
	return 0;
}

/* ---- extensions, by their value */

static bool
basic_is_good(const struct lint *l, struct octets v)
{
	struct cursor	 in;
	struct der	 d, b, n;
	uint64_t	 len;
	bool		 ca;

	if (!only(v, DER_SEQUENCE, &d))
		return false;
	in = der_inside(&d);
	return take(&in, DER_BOOLEAN, &b) && der_bool(&b, &ca, NULL) == 0 &&
	    ca && take(&in, DER_INTEGER, &n) &&
	    der_uint(&n, &len, NULL) == 0 && len == l->p->path_len &&
	    cursor_left(&in) == 0;
}

static bool
usage_is_good(const struct lint *l, struct octets v)
{
	struct der	 d;

	return only(v, DER_BIT_STRING, &d) &&
	    octets_same(d.val, OCTETS(l->p->usage, l->p->usagelen));
}

static bool
ski_is_good(const struct lint *l, struct octets v)
{
	struct der	 d;

	return only(v, DER_OCTET_STRING, &d) &&
	    octets_same(d.val, OCTETS(l->key_id, KEY_ID_LEN));
}

static bool
aki_is_good(const struct lint *l, struct octets v)
{
	struct der	 d, id;

	return only(v, DER_SEQUENCE, &d) && only(d.val, DER_PRIM0, &id) &&
	    id.val.len > 0 && (!octets_same(l->issuer, l->subject) ||
	    octets_same(id.val, OCTETS(l->key_id, KEY_ID_LEN)) != l->cross);
}

static bool
eku_is_good(const struct lint *l, struct octets v)
{
	struct cursor	 in;
	struct der	 d, oid;
	size_t		 i;

	if (!only(v, DER_SEQUENCE, &d))
		return false;
	in = der_inside(&d);
	for (i = 0; i < l->p->neku; i++)
		if (!take(&in, DER_OID, &oid) ||
		    !octets_same(oid.val, l->p->eku[i]))
			return false;
	return cursor_left(&in) == 0;
}

static bool
url_is_good(struct octets v)
{
	size_t	 i;

	for (i = 0; i < v.len; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~')
			return false;
	return (v.len > 7 && memcmp(v.p, "http://", 7) == 0) ||
	    (v.len > 8 && memcmp(v.p, "https://", 8) == 0);
}

/* One point, by its full name, which is one URL. */
static bool
crl_points_are_good(const struct lint *l, struct octets v)
{
	struct der	 all, point, dp, full, url;

	if (!only(v, DER_SEQUENCE, &all) ||
	    !only(all.val, DER_SEQUENCE, &point) ||
	    !only(point.val, DER_CTX0, &dp) ||
	    !only(dp.val, DER_CTX0, &full) ||
	    !only(full.val, DER_PRIM6, &url) || !url_is_good(url.val))
		return false;
	l->own->crl_url = url.val;
	return true;
}

/* OCSP first, then the issuer; each once at most, as the profile has it. */
static bool
aia_is_good(const struct lint *l, struct octets v)
{
	struct cursor	 in, at;
	struct der	 all, one, oid, url;
	bool		 ocsp = false, issuer = false;

	if (!only(v, DER_SEQUENCE, &all) || all.val.len == 0)
		return false;
	in = der_inside(&all);
	while (cursor_left(&in) > 0) {
		if (!take(&in, DER_SEQUENCE, &one))
			return false;
		at = der_inside(&one);
		if (!take(&at, DER_OID, &oid) || !take(&at, DER_PRIM6, &url) ||
		    cursor_left(&at) > 0 || !url_is_good(url.val))
			return false;
		if (octets_same(oid.val, OID_OCSP) && !ocsp && !issuer)
			ocsp = true;
		else if (octets_same(oid.val, OID_CA_ISSUERS) && !issuer)
			issuer = true;
		else
			return false;
	}
	return (!ocsp || l->p->ocsp_url != EXT_NEVER) &&
	    (ocsp || l->p->ocsp_url != EXT_MUST) &&
	    (!issuer || l->p->ca_url != EXT_NEVER) &&
	    (issuer || l->p->ca_url != EXT_MUST);
}

static bool
no_check_is_good(const struct lint *l, struct octets v)
{
	struct der	 d;

	(void)l;
	return only(v, DER_NULL, &d) && d.val.len == 0;
}

static bool
letters_are(struct octets v, size_t n, const char *alphabet)
{
	size_t	 i;

	for (i = 0; i < v.len; i++)
		if (v.p[i] == '\0' || strchr(alphabet, v.p[i]) == NULL)
			return false;
	return v.len == n;
}

static bool
credit_is_good(const struct lint *l, struct octets v)
{
	struct der	 d;

	if (!only(v, DER_PRINTABLE, &d) || !letters_are(d.val, 18,
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return false;
	l->own->credit_code = d.val;
	return true;
}

/* A digest in hexadecimal digits: a personal number is never as long. */
static bool
person_is_good(const struct lint *l, struct octets v)
{
	struct der	 d;

	(void)l;
	return only(v, DER_PRINTABLE, &d) && letters_are(d.val,
	    2 * SM3_LEN, "0123456789abcdef");
}

static bool
san_is_good(const struct lint *l, struct octets v)
{
	struct der	 d, name;
	size_t		 i;

	(void)l;
	if (!only(v, DER_SEQUENCE, &d) || !only(d.val, DER_PRIM2, &name) ||
	    name.val.len == 0)
		return false;
	for (i = 0; i < name.val.len; i++)
		if (name.val.p[i] == '\0' || strchr("0123456789-."
		    "abcdefghijklmnopqrstuvwxyz", name.val.p[i]) == NULL)
			return false;
	return true;
}

static bool	(*const value_is_good[EXT_COUNT])(const struct lint *l,
		    struct octets v) = {
	[EXT_BASIC] = basic_is_good, [EXT_USAGE] = usage_is_good,
	[EXT_SKI] = ski_is_good, [EXT_AKI] = aki_is_good,
	[EXT_EKU] = eku_is_good, [EXT_CRL_POINTS] = crl_points_are_good,
	[EXT_AIA] = aia_is_good, [EXT_NO_CHECK] = no_check_is_good,
	[EXT_CREDIT] = credit_is_good, [EXT_PERSON] = person_is_good,
	[EXT_SAN] = san_is_good
};

static int
lint_extension(struct lint *l, const struct der *ext, struct err *e)
{
	struct cursor	 in = der_inside(ext);
	struct der	 oid, crit, v;
	enum cert_ext	 x;
	bool		 critical = false;

	if (!take(&in, DER_OID, &oid))
		return refuse(e, "extensions", "one without a name");
	for (x = EXT_BASIC; x < EXT_COUNT; x++)
		if (octets_same(oid.val, cert_ext_oid(x)))
			break;
	if (x == EXT_COUNT)
		return refuse(e, "extensions", "one that is not ours");
	if (l->p->ext[x] == EXT_NEVER)
		return refuse(e, cert_ext_name(x), "not in this profile");
	if (l->seen[x])
		return refuse(e, cert_ext_name(x), "twice (RFC 5280, 4.2)");
	l->seen[x] = true;
	if (der_peek(&in) == DER_BOOLEAN) {
		if (!take(&in, DER_BOOLEAN, &crit) ||
		    der_bool(&crit, &critical, NULL) != 0 || !critical)
			return refuse(e, cert_ext_name(x),
			    "critical FALSE written out (X.690, 11.5)");
	}
	if (critical != cert_ext_critical(l->p, x))
		return refuse(e, cert_ext_name(x), critical ? "critical" :
		    "not critical");
	if (!take(&in, DER_OCTET_STRING, &v) || cursor_left(&in) > 0 ||
	    !value_is_good[x](l, v.val))
		return refuse(e, cert_ext_name(x), "not what the profile "
		    "says");
	return 0;
}

static int
lint_extensions(struct lint *l, struct cursor *c, struct err *e)
{
	struct cursor	 in;
	struct der	 d, all, ext;
	enum cert_ext	 x;
	int		 rc;

	if (!take(c, DER_CTX3, &d) || !only(d.val, DER_SEQUENCE, &all) ||
	    cursor_left(c) > 0)
		return refuse(e, "extensions", "missing, or something behind "
		    "them");
	in = der_inside(&all);
	while (cursor_left(&in) > 0) {
		if (!take(&in, DER_SEQUENCE, &ext))
			return refuse(e, "extensions", "cannot be read");
		if ((rc = lint_extension(l, &ext, e)) != 0)
			return rc;
	}
	for (x = EXT_BASIC; x < EXT_COUNT; x++)
		if (l->p->ext[x] == EXT_MUST && !l->seen[x])
			return refuse(e, cert_ext_name(x), "missing");
	return 0;
}

int
cert_lint(struct octets tbs, enum cert_profile profile, struct err *e)
{
	struct cert_own	own;

	return cert_lint_own(tbs, profile, &own, e);
}

int
cert_lint_own(struct octets tbs, enum cert_profile profile,
    struct cert_own *own, struct err *e)
{
	struct lint	 l = { .p = profile_of(profile), .own = own };
	struct octets	 issuer[3], subject[3];
	struct cursor	 c;
	struct der	 d;
	int		 rc;

	memset(own, 0, sizeof(*own));
	if (l.p == NULL)
		return refuse(e, "profile", "there is none of this number");
	if (!only(tbs, DER_SEQUENCE, &d))
		return refuse(e, "tbsCertificate", "not a SEQUENCE");
	c = der_inside(&d);
	if ((rc = lint_head(&c, own, e)) != 0 ||
	    (rc = lint_name(&c, "issuer", &l.issuer, issuer, e)) != 0 ||
	    (rc = lint_validity(&c, own, e)) != 0 ||
	    (rc = lint_name(&c, "subject", &l.subject, subject, e)) != 0)
		return rc;
	own->organisation = subject[1];
	own->common_name = subject[2];
	l.cross = profile == CERT_CROSS || profile == CERT_CROSS_ROOT;
	if (octets_same(l.issuer, l.subject) !=
	    (profile == CERT_ROOT || l.cross))
		return refuse(e, "issuer", profile == CERT_ROOT || l.cross ?
		    "not the subject" : "the subject itself");
	if ((rc = lint_key(&c, &l, e)) != 0)
		return rc;
	return lint_extensions(&l, &c, e);
}
