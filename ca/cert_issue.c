#include <string.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "ca/cert.h"

/* Encoded OID values. */
#define OID(S)		OCTETS(S, sizeof(S) - 1)
#define OID_BASIC	OID("\x55\x1d\x13")
#define OID_USAGE	OID("\x55\x1d\x0f")
#define OID_SKI		OID("\x55\x1d\x0e")
#define OID_AKI		OID("\x55\x1d\x23")
#define OID_CRL_POINTS	OID("\x55\x1d\x1f")
#define OID_AIA		OID("\x2b\x06\x01\x05\x05\x07\x01\x01")
#define OID_CA_ISSUERS	OID("\x2b\x06\x01\x05\x05\x07\x30\x02")
#define OID_CREDIT_CODE	OID("\x2a\x81\x1c\xd0\x14\x04\x04")

#define DER_CTX3	0xa3
#define DER_PRIM0	0x80
#define DER_PRIM6	0x86	/* uniformResourceIdentifier */

#define LIMIT_TBS	8192
#define LIMIT_EXTENSION	1024
#define DAY		86400

/* Profiles as data.  usage is a BIT STRING's content (unused bits first). */
struct profile {
	const char	*name;
	bool		 ca;
	unsigned	 path_len;
	const char	*usage;
	size_t		 usagelen;
	int64_t		 span;
};

static const struct profile profiles[] = {
	/* keyCertSign, cRLSign */
	[CERT_ROOT]	 = { "root", true, 2, "\x01\x06", 2, 7305 * DAY },
	[CERT_AUTHORITY] = { "authority", true, 0, "\x01\x06", 2, 3652 * DAY },
	/* digitalSignature, nonRepudiation */
	[CERT_MAKER]	 = { "maker", false, 0, "\x06\xc0", 2, 1826 * DAY },
	[CERT_SIGNER]	 = { "signer", false, 0, "\x06\xc0", 2, 1826 * DAY },
};

static void
put_basic(struct buf *b, const struct profile *p)
{
	struct buf	 v;
	size_t		 m;

	buf_init(&v, LIMIT_EXTENSION);
	m = der_open(&v, DER_SEQUENCE);
	der_put(&v, DER_BOOLEAN, "\xff", 1);
	der_put_uint(&v, p->path_len);
	der_close(&v, m);
	x509_put_extension(b, OID_BASIC, true, buf_octets(&v));
	buf_fini(&v);
}

static void
put_value(struct buf *b, struct octets oid, bool critical, uint8_t tag,
    struct octets value)
{
	struct buf	 v;

	buf_init(&v, LIMIT_EXTENSION);
	der_put(&v, tag, value.p, value.len);
	x509_put_extension(b, oid, critical, buf_octets(&v));
	buf_fini(&v);
}

static void
put_authority_id(struct buf *b, struct octets id)
{
	struct buf	 v;
	size_t		 m;

	buf_init(&v, LIMIT_EXTENSION);
	m = der_open(&v, DER_SEQUENCE);
	der_put(&v, DER_PRIM0, id.p, id.len);
	der_close(&v, m);
	x509_put_extension(b, OID_AKI, false, buf_octets(&v));
	buf_fini(&v);
}

/* CRLDistributionPoints: one, by its full name. */
static void
put_crl_point(struct buf *b, const char *url)
{
	struct buf	 v;
	size_t		 points, point, dp, full;

	buf_init(&v, LIMIT_EXTENSION);
	points = der_open(&v, DER_SEQUENCE);
	point = der_open(&v, DER_SEQUENCE);
	dp = der_open(&v, DER_CTX0);
	full = der_open(&v, DER_CTX0);
	der_put(&v, DER_PRIM6, url, strlen(url));
	der_close(&v, full);
	der_close(&v, dp);
	der_close(&v, point);
	der_close(&v, points);
	x509_put_extension(b, OID_CRL_POINTS, false, buf_octets(&v));
	buf_fini(&v);
}

static void
put_aia(struct buf *b, const char *url)
{
	struct buf	 v;
	size_t		 all, one;

	buf_init(&v, LIMIT_EXTENSION);
	all = der_open(&v, DER_SEQUENCE);
	one = der_open(&v, DER_SEQUENCE);
	der_put_oid(&v, OID_CA_ISSUERS);
	der_put(&v, DER_PRIM6, url, strlen(url));
	der_close(&v, one);
	der_close(&v, all);
	x509_put_extension(b, OID_AIA, false, buf_octets(&v));
	buf_fini(&v);
}

static void
put_extensions(struct buf *b, const struct cert_spec *spec,
    const struct profile *p, struct octets authority_id)
{
	uint8_t	 id[20];
	size_t	 outer, m;

	x509_key_id(spec->point, id);
	outer = der_open(b, DER_CTX3);
	m = der_open(b, DER_SEQUENCE);
	if (p->ca)
		put_basic(b, p);
	put_value(b, OID_USAGE, true, DER_BIT_STRING,
	    OCTETS(p->usage, p->usagelen));
	put_value(b, OID_SKI, false, DER_OCTET_STRING, OCTETS(id, sizeof(id)));
	put_authority_id(b, authority_id.len > 0 ? authority_id :
	    OCTETS(id, sizeof(id)));
	if (spec->crl_url != NULL)
		put_crl_point(b, spec->crl_url);
	if (spec->ca_url != NULL)
		put_aia(b, spec->ca_url);
	if (spec->credit_code != NULL)
		put_value(b, OID_CREDIT_CODE, false, DER_PRINTABLE,
		    OCTETS(spec->credit_code, strlen(spec->credit_code)));
	der_close(b, m);
	der_close(b, outer);
}

static bool
url_is_plain(const char *s)
{
	size_t	 i;

	if (s == NULL)
		return true;
	for (i = 0; s[i] != '\0'; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return i > 0 && i < CERT_URL_MAX;
}

static bool
credit_code_is_plain(const char *s)
{
	size_t	 n;

	if (s == NULL)
		return true;
	n = strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	return n == 18 && s[n] == '\0';
}

/* Refuse what makes no sense; settle the end date. */
static int
spec_check(const struct cert_spec *spec, const struct cert *issuer,
    int64_t *not_after, struct err *e)
{
	const struct cert_facts	*f = NULL;
	struct sm2_pub		*pub = NULL;
	struct err		 why = ERR_INIT;
	int			 rc;

	*not_after = spec->not_after;
	if (spec->profile <= CERT_NONE || spec->profile > CERT_SIGNER ||
	    (issuer == NULL) != (spec->profile == CERT_ROOT))
		return err_set(e, ERR_INVAL, "certificate: no such profile, "
		    "or its issuer is missing");
	if (issuer != NULL)
		f = cert_facts(issuer);
	if (f != NULL && (!f->is_ca || !f->may_issue))
		return err_set(e, ERR_INVAL, "certificate: \"%s\" may not "
		    "issue", f->subject);
	if (*not_after == 0) {
		*not_after = spec->not_before + profiles[spec->profile].span;
		if (f != NULL && *not_after > f->not_after)
			*not_after = f->not_after;
	}
	if (spec->not_before <= 0 || *not_after <= spec->not_before ||
	    (f != NULL && (spec->not_before < f->not_before ||
	    *not_after > f->not_after)))
		return err_set(e, ERR_INVAL, "certificate: its dates run "
		    "backwards, or beyond the issuer's");
	if (!url_is_plain(spec->crl_url) || !url_is_plain(spec->ca_url))
		return err_set(e, ERR_INVAL, "certificate: bad URL");
	if (!credit_code_is_plain(spec->credit_code))
		return err_set(e, ERR_INVAL, "certificate: credit code is not "
		    "18 digits and capitals");
	if (spec->point_checked)
		return 0;
	rc = sm2_pub_new(spec->point, &pub, &why);
	sm2_pub_free(pub);
	if (rc != 0)
		return err_set(e, rc == ERR_FORMAT ? ERR_INVAL : ERR_CRYPTO,
		    "certificate: %s", why.text);
	return 0;
}

static int
put_tbs(struct buf *b, const struct cert_spec *spec,
    const struct cert *issuer, int64_t not_after, struct err *e)
{
	const ASN1_OCTET_STRING	*id = NULL;
	uint8_t			 serial[CERT_SERIAL_LEN];
	size_t			 tbs, m;
	int			 rc;

	if (spec->serial != NULL)
		memcpy(serial, spec->serial, sizeof(serial));
	else
		sm_random(serial, sizeof(serial));
	if (issuer != NULL)
		id = X509_get0_subject_key_id(cert_x509(issuer));

	tbs = der_open(b, DER_SEQUENCE);
	m = der_open(b, DER_CTX0);
	der_put_uint(b, 2);		/* v3 */
	der_close(b, m);
	x509_put_serial(b, serial, sizeof(serial));
	x509_put_algorithm(b);
	rc = issuer == NULL ? x509_put_name(b, &spec->subject, e) :
	    x509_put_subject_of(b, cert_x509(issuer), e);
	if (rc != 0)
		return rc;
	m = der_open(b, DER_SEQUENCE);
	x509_put_time(b, spec->not_before);
	x509_put_time(b, not_after);
	der_close(b, m);
	if ((rc = x509_put_name(b, &spec->subject, e)) != 0)
		return rc;
	x509_put_public_key(b, spec->point);
	put_extensions(b, spec, &profiles[spec->profile], id == NULL ?
	    OCTETS(NULL, 0) : OCTETS(ASN1_STRING_get0_data(id),
	    (size_t)ASN1_STRING_length(id)));
	der_close(b, tbs);
	return 0;
}

/*
 * Nothing leaves that does not keep its own profile.  A signer's certificate
 * is one of many, and OpenSSL takes longer to parse it than to sign it: of it
 * only the framing is checked, the fields being those of the maker's.
 */
static int
lint(enum cert_profile profile, struct octets der, struct err *e)
{
	struct cert	*made = NULL;
	struct x509_frame f;
	int		 rc;

	if (profile == CERT_SIGNER)
		return x509_frame_read(der, &f, e);
	if ((rc = cert_parse(der, &made, e)) == 0)
		rc = cert_check(made, profile, e);
	cert_free(made);
	return rc;
}

int
cert_issue(const struct cert_spec *spec, const struct cert *issuer,
    const struct keyring *kr, enum key_slot slot, struct buf *out,
    struct err *e)
{
	struct buf	 tbs, der;
	int64_t		 not_after;
	int		 rc;

	buf_init(&tbs, LIMIT_TBS);
	buf_init(&der, LIMIT_CERT);
	if ((rc = spec_check(spec, issuer, &not_after, e)) != 0 ||
	    (rc = put_tbs(&tbs, spec, issuer, not_after, e)) != 0)
		goto out;
	if (!buf_ok(&tbs)) {
		rc = err_set(e, ERR_TOOBIG, "certificate over %d octets",
		    LIMIT_TBS);
		goto out;
	}
	if ((rc = x509_sign(kr, slot, buf_octets(&tbs), &der, e)) != 0)
		goto out;

	if ((rc = lint(spec->profile, buf_octets(&der), e)) != 0)
		goto out;
	buf_put_octets(out, buf_octets(&der));
	rc = 0;
out:
	buf_fini(&der);
	buf_fini(&tbs);
	return rc;
}
