#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/memo.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/cert.h"

#define SM2_ID		"1234567812345678"	/* GM/T 0009, clause 10 */
#define TEXT_MAX	1024
#define OID_CREDIT_CODE	"1.2.156.10260.4.4"	/* GM/T 0015-2023 */
#define OID_SM2_SM3	"1.2.156.10197.1.501"

struct cert {
	unsigned	 refs;
	uint8_t		*der;
	size_t		 derlen;
	struct x509_frame frame;	/* slices of der */
	X509		*x;		/* without its key: see keyless() */
	X509		**whole;	/* made by cert_x509() */
	struct sm2_pub	**pub;		/* made by cert_pub() */
	struct cert_facts facts;
	char		 subject[TEXT_MAX], issuer[TEXT_MAX];
	char		 cn[TEXT_MAX], org[TEXT_MAX], credit[64];
	char		 crl_url[CERT_URL_MAX], ca_url[CERT_URL_MAX];
	char		 ocsp_url[CERT_URL_MAX];
};

static bool
put_url(const GENERAL_NAME *gn, char out[CERT_URL_MAX])
{
	const ASN1_STRING	*s;
	const char		*p;
	int			 i, n, type;

	s = GENERAL_NAME_get0_value(gn, &type);
	if (type != GEN_URI || s == NULL)
		return false;
	p = (const char *)ASN1_STRING_get0_data(s);
	n = ASN1_STRING_length(s);
	if (n < 8 || n >= CERT_URL_MAX || (strncasecmp(p, "http://", 7) != 0 &&
	    strncasecmp(p, "https://", 8) != 0))
		return false;
	for (i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	memcpy(out, p, (size_t)n);
	out[n] = '\0';
	return true;
}

static void
read_crl_url(struct cert *c)
{
	CRL_DIST_POINTS	*all;
	DIST_POINT	*dp;
	GENERAL_NAMES	*names;
	int		 i, j;

	all = X509_get_ext_d2i(c->x, NID_crl_distribution_points, NULL, NULL);
	for (i = 0; all != NULL && i < sk_DIST_POINT_num(all); i++) {
		dp = sk_DIST_POINT_value(all, i);
		if (dp->distpoint == NULL || dp->distpoint->type != 0)
			continue;
		names = dp->distpoint->name.fullname;
		for (j = 0; j < sk_GENERAL_NAME_num(names); j++)
			if (c->crl_url[0] == '\0')
				(void)put_url(sk_GENERAL_NAME_value(names, j),
				    c->crl_url);
	}
	CRL_DIST_POINTS_free(all);
}

static void
read_access_urls(struct cert *c)
{
	AUTHORITY_INFO_ACCESS	*aia;
	ACCESS_DESCRIPTION	*ad;
	int			 i;

	aia = X509_get_ext_d2i(c->x, NID_info_access, NULL, NULL);
	for (i = 0; aia != NULL && i < sk_ACCESS_DESCRIPTION_num(aia); i++) {
		ad = sk_ACCESS_DESCRIPTION_value(aia, i);
		if (OBJ_obj2nid(ad->method) == NID_ad_ca_issuers &&
		    c->ca_url[0] == '\0')
			(void)put_url(ad->location, c->ca_url);
		if (OBJ_obj2nid(ad->method) == NID_ad_OCSP &&
		    c->ocsp_url[0] == '\0')
			(void)put_url(ad->location, c->ocsp_url);
	}
	AUTHORITY_INFO_ACCESS_free(aia);
}

/* The value of an extension by dotted OID; empty if it is not there. */
static struct octets
extension_value(const X509 *x, const char *oid)
{
	const ASN1_OCTET_STRING	*s;
	ASN1_OBJECT		*obj;
	int			 i = -1;

	if ((obj = OBJ_txt2obj(oid, 1)) != NULL)
		i = X509_get_ext_by_OBJ(x, obj, -1);
	ASN1_OBJECT_free(obj);
	if (i < 0)
		return OCTETS(NULL, 0);
	s = X509_EXTENSION_get_data(X509_get_ext(x, i));
	return OCTETS(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static void
read_credit_code(struct cert *c)
{
	struct octets	 v = extension_value(c->x, OID_CREDIT_CODE);
	struct cursor	 cur = cursor_of(v.p, v.len);
	struct der	 d;

	if (v.len == 0 || der_next(&cur, &d, "credit code", NULL) != 0 ||
	    (d.tag != DER_PRINTABLE && d.tag != DER_UTF8 &&
	    d.tag != DER_IA5))
		return;
	x509_safe_text((const char *)d.val.p, d.val.len, c->credit,
	    sizeof(c->credit));
}

static bool
time_of(const ASN1_TIME *t, int64_t *out)
{
	struct tm	 tm;

	memset(&tm, 0, sizeof(tm));
	if (t == NULL || !ASN1_TIME_to_tm(t, &tm))
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

static bool
has_null(const X509_ALGOR *alg)
{
	int	 type;

	X509_ALGOR_get0(NULL, &type, NULL, alg);
	return type == V_ASN1_NULL;
}

/*
 * As X509_get_key_usage() and X509_get_pathlen() have it, which give nothing
 * away where SHA-1 for their fingerprint is not to be had (keyless()).
 */
static uint32_t
usage_of(const X509 *x, uint32_t flags)
{
	ASN1_BIT_STRING	*bits;
	uint32_t	 usage = 0;
	int		 i;

	if ((flags & EXFLAG_INVALID) != 0)
		return 0;
	if ((flags & EXFLAG_KUSAGE) == 0)
		return UINT32_MAX;
	bits = X509_get_ext_d2i(x, NID_key_usage, NULL, NULL);
	for (i = 0; bits != NULL && i < 2 && i < ASN1_STRING_length(bits); i++)
		usage |= (uint32_t)ASN1_STRING_get0_data(bits)[i] << (8 * i);
	ASN1_BIT_STRING_free(bits);
	return usage;
}

static long
path_len_of(const X509 *x, uint32_t flags)
{
	BASIC_CONSTRAINTS	*bc;
	long			 n = -1;

	if ((flags & EXFLAG_INVALID) != 0 || (flags & EXFLAG_CA) == 0)
		return -1;
	bc = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);
	if (bc != NULL && bc->pathlen != NULL)
		n = ASN1_INTEGER_get(bc->pathlen);
	BASIC_CONSTRAINTS_free(bc);
	return n;
}

static int
read_facts(struct cert *c, struct err *e)
{
	struct cert_facts	*f = &c->facts;
	const X509_NAME		*sn = X509_get_subject_name(c->x);
	const X509_NAME		*in = X509_get_issuer_name(c->x);
	const ASN1_INTEGER	*serial = X509_get0_serialNumber(c->x);
	const ASN1_BIT_STRING	*sig;
	const X509_ALGOR	*alg;
	uint32_t		 usage, flags;
	int			 n;

	n = ASN1_STRING_length(serial);
	if ((ASN1_STRING_type(serial) & V_ASN1_NEG) != 0 || n < 1 ||
	    n > CERT_SERIAL_MAX)
		return err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: serial number is negative or over %d octets "
		    "(RFC 5280, 4.1.2.2)", CERT_SERIAL_MAX);
	memcpy(f->serial, ASN1_STRING_get0_data(serial), (size_t)n);
	f->seriallen = (size_t)n;
	if (!time_of(X509_get0_notBefore(c->x), &f->not_before) ||
	    !time_of(X509_get0_notAfter(c->x), &f->not_after))
		return err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: validity cannot be read");
	x509_name_text(sn, c->subject, sizeof(c->subject));
	x509_name_text(in, c->issuer, sizeof(c->issuer));
	x509_name_part(sn, NID_commonName, c->cn, sizeof(c->cn));
	x509_name_part(sn, NID_organizationName, c->org, sizeof(c->org));
	read_crl_url(c);
	read_access_urls(c);
	read_credit_code(c);

	/* The first of these calls reads the extensions into x. */
	(void)X509_check_purpose(c->x, -1, 0);
	flags = X509_get_extension_flags(c->x);
	usage = usage_of(c->x, flags);
	f->is_ca = (flags & EXFLAG_CA) != 0;
	f->path_len = (int)path_len_of(c->x, flags);
	f->has_key_usage = (flags & EXFLAG_KUSAGE) != 0;
	f->may_sign = (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
	f->may_issue = (usage & KU_KEY_CERT_SIGN) != 0;
	f->self_issued = X509_NAME_cmp(sn, in) == 0;
	X509_get0_signature(&sig, &alg, c->x);
	f->null_parameters = has_null(alg);
	f->sm2_signed = x509_is_sm2_sm3(alg);
	f->subject = c->subject;
	f->issuer = c->issuer;
	f->common_name = c->cn;
	f->organisation = c->org;
	f->credit_code = c->credit;
	f->crl_url = c->crl_url;
	f->ca_url = c->ca_url;
	f->ocsp_url = c->ocsp_url;
	(void)err_set_crypto(NULL, "");	/* what could not be read, is not said */
	return 0;
}

/*
 * OpenSSL verifies SM2 certificates under the empty identity unless it is
 * told otherwise, one certificate at a time.
 */
static void
set_identity(X509 *x)
{
	ASN1_OCTET_STRING	*id;

	if ((id = ASN1_OCTET_STRING_new()) == NULL ||
	    !ASN1_OCTET_STRING_set(id, (const uint8_t *)SM2_ID,
	    (int)strlen(SM2_ID)))
		abort();		/* out of memory */
	X509_set0_distinguishing_id(x, id);	/* takes id */
}

/*
 * A library context that can nothing.  d2i_X509() makes the public key at once
 * and looks through every decoder of every provider for it: 9/10 of its
 * time.  Facts need no key, and points are read by x509_point().
 */
static OSSL_LIB_CTX *
keyless(void)
{
	static OSSL_LIB_CTX	*ctx;

	if (ctx == NULL && ((ctx = OSSL_LIB_CTX_new()) == NULL ||
	    OSSL_PROVIDER_load(ctx, "null") == NULL))
		abort();
	return ctx;
}

/*
 * Certificates that were parsed lately: makers and authorities come with every
 * file that is checked, and OpenSSL 3.0 takes longer to read an SM2 key than
 * to verify with it.  The memory holds one reference.
 */
#define REMEMBERED	256
#define WEIGHT		(12u << 10)	/* of one, about, with its key */
static struct memo	*known;

static void
drop(void *value)
{
	cert_free(value);
}

void
cert_remember(size_t count)
{
	memo_free(known);
	known = memo_new(count, count * (WEIGHT + LIMIT_CERT), drop);
}

static int
parse(struct octets der, struct cert **out, struct err *e)
{
	struct err		 why = ERR_INIT;
	struct cert		*c = NULL;
	const X509_ALGOR	*alg;
	const ASN1_BIT_STRING	*sig;
	const uint8_t		*p;
	uint8_t			*again = NULL;
	int			 n, rc;

	*out = NULL;
	if (der.len == 0 || der.len > LIMIT_CERT)
		return err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: %zu octets", der.len);
	c = xcalloc(1, sizeof(*c));
	c->refs = 1;
	c->der = xmemdup(der.p, der.len);
	c->derlen = der.len;
	c->whole = xcalloc(1, sizeof(*c->whole));
	c->pub = xcalloc(1, sizeof(*c->pub));
	if (x509_frame_read(OCTETS(c->der, c->derlen), &c->frame, &why) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: %s", why.text);
		goto out;
	}
	p = c->der;
	if ((c->x = X509_new_ex(keyless(), NULL)) == NULL)
		abort();
	/* On failure it is freed, and c->x NULL. */
	if (d2i_X509(&c->x, &p, (long)c->derlen) == NULL ||
	    p != c->der + c->derlen) {
		(void)err_set_crypto(NULL, "");
		rc = err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: not X.509");
		goto out;
	}
	/* One spelling: what we read is what we would write. */
	if ((n = i2d_X509(c->x, &again)) < 0 || (size_t)n != c->derlen ||
	    memcmp(again, c->der, c->derlen) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: not DER");
		goto out;
	}
	X509_get0_signature(&sig, &alg, c->x);
	if (X509_ALGOR_cmp(alg, X509_get0_tbs_sigalg(c->x)) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: its two algorithms differ "
		    "(RFC 5280, 4.1.1.2)");
		goto out;
	}
	if ((rc = read_facts(c, e)) != 0)
		goto out;
	*out = c;
	c = NULL;
	rc = 0;
out:
	OPENSSL_free(again);
	cert_free(c);
	return rc;
}

int
cert_parse(struct octets der, struct cert **c, struct err *e)
{
	int	rc;

	if (known == NULL)
		cert_remember(REMEMBERED);
	if ((*c = memo_get(known, der)) != NULL) {
		(*c)->refs++;
		return 0;
	}
	if ((rc = parse(der, c, e)) != 0)
		return rc;
	(*c)->refs++;
	(void)memo_put(known, der, *c, WEIGHT);
	return 0;
}

void
cert_free(struct cert *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	X509_free(c->x);
	if (c->whole != NULL)
		X509_free(*c->whole);
	if (c->pub != NULL)
		sm2_pub_free(*c->pub);
	free(c->whole);
	free(c->pub);
	free(c->der);
	free(c);
}

struct octets
cert_der(const struct cert *c)
{
	return OCTETS(c->der, c->derlen);
}

X509 *
cert_x509(const struct cert *c)
{
	const uint8_t	*p = c->der;

	if (*c->whole == NULL) {
		/*
		 * Its key may be one that OpenSSL chokes on: what has no key
		 * verifies nothing.
		 */
		*c->whole = d2i_X509(NULL, &p, (long)c->derlen);
		(void)err_set_crypto(NULL, "");
		if (*c->whole == NULL)
			return c->x;
		set_identity(*c->whole);
		(void)X509_check_purpose(*c->whole, -1, 0);
	}
	return *c->whole;
}

const struct cert_facts *
cert_facts(const struct cert *c)
{
	return &c->facts;
}

int
cert_point(const struct cert *c, uint8_t point[SM2_POINT_LEN], struct err *e)
{

	return x509_point(X509_get_X509_PUBKEY(c->x), point, e);
}

int
cert_pub(const struct cert *c, const struct sm2_pub **pub, struct err *e)
{
	uint8_t	point[SM2_POINT_LEN];
	int	rc;

	*pub = NULL;
	if (*c->pub == NULL) {
		if ((rc = cert_point(c, point, e)) != 0)
			return rc;
		if (sm2_pub_new(point, c->pub, NULL) != 0)
			return err_set_id(e, ERR_FORMAT, "not-sm2",
			    "public key is not a point of the SM2 curve");
	}
	*pub = *c->pub;
	return 0;
}

int
cert_verify(const struct cert *c, const struct cert *issuer, struct err *e)
{
	const struct sm2_pub	*pub;
	struct err		 why = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	int			 rc;

	if (!c->facts.sm2_signed)
		return err_set_id(e, ERR_VERIFY, "certificate-signature",
		    "certificate \"%s\": not signed with SM2 and SM3",
		    c->subject);
	if ((rc = cert_point(issuer, point, e)) != 0)
		return rc;
	/* A point off the curve holds nothing. */
	rc = cert_pub(issuer, &pub, NULL) != 0 ? ERR_VERIFY :
	    sm2_verify_der(pub, c->frame.tbs, c->frame.sig, &why);
	if (rc == ERR_CRYPTO)
		return err_set(e, ERR_CRYPTO, "%s", why.text);
	if (rc != 0)
		return err_set_id(e, ERR_VERIFY, "certificate-signature",
		    "certificate \"%s\": the signature of \"%s\" does not "
		    "hold", c->subject, issuer->subject);
	return 0;
}

int
cert_check(const struct cert *c, enum cert_profile profile, struct err *e)
{

	return cert_lint(c->frame.tbs, profile, e);
}

/* ---- for people */

void
cert_print(const struct cert *c, struct buf *out)
{
	const struct cert_facts	*f = &c->facts;
	const ASN1_BIT_STRING	*sig;
	const X509_ALGOR	*alg;
	const ASN1_OBJECT	*oid;
	char			 hex[HEX_SIZE(SM2_POINT_LEN)], text[80];
	char			 t[TM_RFC3339_SIZE];
	uint8_t			 point[SM2_POINT_LEN], digest[SM3_LEN];

	hex_encode(f->serial, f->seriallen, hex);
	buf_printf(out, "certificate\n  serial:      %s\n", hex);
	buf_printf(out, "  subject:     %s\n", f->subject);
	buf_printf(out, "  issuer:      %s\n", f->issuer);
	tm_rfc3339(f->not_before, t);
	buf_printf(out, "  valid from:  %s\n", t);
	tm_rfc3339(f->not_after, t);
	buf_printf(out, "  valid until: %s\n", t);
	X509_get0_signature(&sig, &alg, c->x);
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	if (OBJ_obj2txt(text, sizeof(text), oid, 1) <= 0)
		strcpy(text, "?");
	buf_printf(out, "  signed with: %s%s%s\n", text,
	    strcmp(text, OID_SM2_SM3) == 0 ? " (SM2 with SM3)" : "",
	    f->null_parameters ? ", parameters NULL" : "");
	if (cert_point(c, point, NULL) == 0) {
		hex_encode(point, sizeof(point), hex);
		buf_printf(out, "  public key:  SM2 %s\n", hex);
	} else
		buf_puts(out, "  public key:  not SM2\n");
	if (f->is_ca && f->path_len >= 0)
		buf_printf(out, "  CA:          yes, path length %d\n",
		    f->path_len);
	else
		buf_printf(out, "  CA:          %s\n", f->is_ca ? "yes" : "no");
	buf_printf(out, "  may:        %s%s%s\n", f->may_sign ? " sign" : "",
	    f->may_issue ? " issue" : "",
	    f->has_key_usage ? "" : " (keyUsage absent)");
	if (f->credit_code[0] != '\0')
		buf_printf(out, "  credit code: %s\n", f->credit_code);
	if (f->crl_url[0] != '\0')
		buf_printf(out, "  CRL:         %s\n", f->crl_url);
	if (f->ca_url[0] != '\0')
		buf_printf(out, "  issuer at:   %s\n", f->ca_url);
	if (f->ocsp_url[0] != '\0')
		buf_printf(out, "  OCSP:        %s\n", f->ocsp_url);
	sm3(c->der, c->derlen, digest);
	hex_encode(digest, sizeof(digest), hex);
	buf_printf(out, "  SM3:         %s\n", hex);
}
