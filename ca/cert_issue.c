#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/sm_table.h"
#include "base/text.h"
#include "ca/cert.h"
#include "ca/key_signer.h"

#define OID(S)		OCTETS(S, sizeof(S) - 1)
#define OID_OCSP	OID("\x2b\x06\x01\x05\x05\x07\x30\x01")
#define OID_CA_ISSUERS	OID("\x2b\x06\x01\x05\x05\x07\x30\x02")

#define DER_CTX3	0xa3
#define DER_PRIM0	0x80
#define DER_PRIM2	0x82	/* dNSName */
#define DER_PRIM6	0x86	/* uniformResourceIdentifier */

#define LIMIT_TBS	8192
#define LIMIT_EXTENSION	1024

static void
put_extension(struct buf *b, const struct profile *p, enum cert_ext x,
    const struct buf *v)
{

	x509_put_extension(b, cert_ext_oid(x), cert_ext_critical(p, x),
	    buf_octets(v));
}

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
	put_extension(b, p, EXT_BASIC, &v);
	buf_fini(&v);
}

static void
put_value(struct buf *b, const struct profile *p, enum cert_ext x,
    uint8_t tag, struct octets value)
{
	struct buf	 v;

	buf_init(&v, LIMIT_EXTENSION);
	der_put(&v, tag, value.p, value.len);
	put_extension(b, p, x, &v);
	buf_fini(&v);
}

/* One element within a SEQUENCE. */
static void
put_within(struct buf *b, const struct profile *p, enum cert_ext x,
    uint8_t tag, struct octets value)
{
	struct buf	 v;
	size_t		 m;

	buf_init(&v, LIMIT_EXTENSION);
	m = der_open(&v, DER_SEQUENCE);
	der_put(&v, tag, value.p, value.len);
	der_close(&v, m);
	put_extension(b, p, x, &v);
	buf_fini(&v);
}

static void
put_purposes(struct buf *b, const struct profile *p)
{
	struct buf	 v;
	size_t		 i, m;

	buf_init(&v, LIMIT_EXTENSION);
	m = der_open(&v, DER_SEQUENCE);
	for (i = 0; i < p->neku; i++)
		der_put_oid(&v, p->eku[i]);
	der_close(&v, m);
	put_extension(b, p, EXT_EKU, &v);
	buf_fini(&v);
}

/* CRLDistributionPoints: one, by its full name. */
static void
put_crl_point(struct buf *b, const struct profile *p, const char *url)
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
	put_extension(b, p, EXT_CRL_POINTS, &v);
	buf_fini(&v);
}

static void
put_access(struct buf *v, struct octets method, const char *url)
{
	size_t	 m;

	if (url == NULL)
		return;
	m = der_open(v, DER_SEQUENCE);
	der_put_oid(v, method);
	der_put(v, DER_PRIM6, url, strlen(url));
	der_close(v, m);
}

static void
put_aia(struct buf *b, const struct profile *p, const struct cert_spec *spec)
{
	struct buf	 v;
	size_t		 all;

	if (spec->ocsp_url == NULL && spec->ca_url == NULL)
		return;
	buf_init(&v, LIMIT_EXTENSION);
	all = der_open(&v, DER_SEQUENCE);
	put_access(&v, OID_OCSP, spec->ocsp_url);
	put_access(&v, OID_CA_ISSUERS, spec->ca_url);
	der_close(&v, all);
	put_extension(b, p, EXT_AIA, &v);
	buf_fini(&v);
}

static void
put_person(struct buf *b, const struct profile *p, const uint8_t *digest)
{
	char	 hex[HEX_SIZE(SM3_LEN)];

	hex_encode(digest, SM3_LEN, hex);
	put_value(b, p, EXT_PERSON, DER_PRINTABLE,
	    OCTETS(hex, 2 * SM3_LEN));
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
	put_value(b, p, EXT_USAGE, DER_BIT_STRING,
	    OCTETS(p->usage, p->usagelen));
	if (p->neku > 0)
		put_purposes(b, p);
	put_value(b, p, EXT_SKI, DER_OCTET_STRING, OCTETS(id, sizeof(id)));
	put_within(b, p, EXT_AKI, DER_PRIM0, authority_id.len > 0 ?
	    authority_id : OCTETS(id, sizeof(id)));
	if (spec->crl_url != NULL)
		put_crl_point(b, p, spec->crl_url);
	put_aia(b, p, spec);
	if (p->ext[EXT_NO_CHECK] == EXT_MUST)
		put_value(b, p, EXT_NO_CHECK, DER_NULL, OCTETS("", 0));
	if (spec->credit_code != NULL)
		put_value(b, p, EXT_CREDIT, DER_PRINTABLE,
		    OCTETS(spec->credit_code, strlen(spec->credit_code)));
	if (spec->person != NULL)
		put_person(b, p, spec->person);
	if (spec->dns_name != NULL)
		put_within(b, p, EXT_SAN, DER_PRIM2,
		    OCTETS(spec->dns_name, strlen(spec->dns_name)));
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

	*not_after = spec->not_after;
	if (profile_of(spec->profile) == NULL ||
	    (issuer == NULL) != (spec->profile == CERT_ROOT))
		return err_set(e, ERR_INVAL, "certificate: no such profile, "
		    "or its issuer is missing");
	if (issuer != NULL)
		f = cert_facts(issuer);
	if (f != NULL && (!f->is_ca || !f->may_issue))
		return err_set(e, ERR_INVAL, "certificate: \"%s\" may not "
		    "issue", f->subject);
	if (*not_after == 0) {
		*not_after = spec->not_before +
		    profile_of(spec->profile)->span;
		if (f != NULL && *not_after > f->not_after)
			*not_after = f->not_after;
	}
	/* Over the key of before a cross certificate begins when that key was
	 * made (RFC 4210, 4.4.1). */
	if (spec->not_before <= 0 || *not_after <= spec->not_before ||
	    (f != NULL && ((spec->not_before < f->not_before &&
	    spec->profile != CERT_CROSS) || *not_after > f->not_after)))
		return err_set(e, ERR_INVAL, "certificate: its dates run "
		    "backwards, or beyond the issuer's");
	if (!url_is_plain(spec->crl_url) || !url_is_plain(spec->ca_url) ||
	    !url_is_plain(spec->ocsp_url))
		return err_set(e, ERR_INVAL, "certificate: bad URL");
	if (!credit_code_is_plain(spec->credit_code))
		return err_set(e, ERR_INVAL, "certificate: credit code is not "
		    "18 digits and capitals");
	if (spec->point_checked)
		return 0;
	return sm2_on_curve(spec->point) ? 0 : err_set(e, ERR_INVAL,
	    "certificate: not an uncompressed point on the SM2 curve");
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
	put_extensions(b, spec, profile_of(spec->profile), id == NULL ?
	    OCTETS(NULL, 0) : OCTETS(ASN1_STRING_get0_data(id),
	    (size_t)ASN1_STRING_length(id)));
	der_close(b, tbs);
	return 0;
}

/* tbs signed with a key that is thrown away at once. */
static int
sign_throwaway(struct octets tbs, struct buf *out, struct err *e)
{
	struct key_signer	*signer = NULL;
	EVP_PKEY		*pkey;
	uint8_t			 sig[SM2_SIG_LEN];
	int			 rc;

	if ((pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2")) == NULL)
		return err_set_crypto(e, "certificate: throw-away key");
	if ((rc = key_signer_new(pkey, &signer, e)) == 0 &&
	    (rc = key_signer_sign(signer, tbs, sig, e)) == 0)
		rc = x509_put_signed(tbs, sig, out, e);
	key_signer_free(signer);
	EVP_PKEY_free(pkey);
	return rc;
}

/*
 * Nothing is signed that does not keep its own profile.  What signs for others
 * is also read by OpenSSL first, under a throw-away key; a signer's certificate
 * is one of many, and OpenSSL takes longer to parse it than to sign it.
 */
static int
rehearse(enum cert_profile profile, struct octets tbs, struct err *e)
{
	struct cert	*made = NULL;
	struct buf	 der;
	int		 rc;

	if ((rc = cert_lint(tbs, profile, e)) != 0 ||
	    profile == CERT_SIGNER || profile == CERT_PERSON)
		return rc;
	buf_init(&der, LIMIT_CERT);
	if ((rc = sign_throwaway(tbs, &der, e)) == 0 &&
	    (rc = cert_parse(buf_octets(&der), &made, e)) == 0)
		rc = cert_check(made, profile, e);
	cert_free(made);
	buf_fini(&der);
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
	if ((rc = rehearse(spec->profile, buf_octets(&tbs), e)) != 0 ||
	    (rc = x509_sign(kr, slot, buf_octets(&tbs), &der, e)) != 0)
		goto out;
	buf_put_octets(out, buf_octets(&der));
	rc = 0;
out:
	buf_fini(&der);
	buf_fini(&tbs);
	return rc;
}
