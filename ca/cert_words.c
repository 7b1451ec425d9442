#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "ca/cert_words.h"

#define OID_CREDIT_CODE	"1.2.156.10260.4.4"	/* GM/T 0015-2023 */

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
read_crl_url(const X509 *x, struct cert_words *c)
{
	CRL_DIST_POINTS	*all;
	DIST_POINT	*dp;
	GENERAL_NAMES	*names;
	int		 i, j;

	all = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
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
read_access_urls(const X509 *x, struct cert_words *c)
{
	AUTHORITY_INFO_ACCESS	*aia;
	ACCESS_DESCRIPTION	*ad;
	int			 i;

	aia = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
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
read_credit_code(const X509 *x, struct cert_words *c)
{
	struct octets	 v = extension_value(x, OID_CREDIT_CODE);
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

int
cert_words_read(X509 *x, struct cert_words *c, struct err *e)
{
	struct cert_facts	*f = &c->facts;
	const X509_NAME		*sn = X509_get_subject_name(x);
	const X509_NAME		*in = X509_get_issuer_name(x);
	const ASN1_INTEGER	*serial = X509_get0_serialNumber(x);
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
	if (!x509_time(X509_get0_notBefore(x), &f->not_before) ||
	    !x509_time(X509_get0_notAfter(x), &f->not_after))
		return err_set_id(e, ERR_FORMAT, "bad-certificate",
		    "certificate: validity cannot be read");
	x509_name_text(sn, c->subject, sizeof(c->subject));
	x509_name_text(in, c->issuer, sizeof(c->issuer));
	x509_name_part(sn, NID_commonName, c->cn, sizeof(c->cn));
	x509_name_part(sn, NID_organizationName, c->org, sizeof(c->org));
	read_crl_url(x, c);
	read_access_urls(x, c);
	read_credit_code(x, c);

	/* The first of these calls reads the extensions into x. */
	(void)X509_check_purpose(x, -1, 0);
	flags = X509_get_extension_flags(x);
	usage = usage_of(x, flags);
	f->is_ca = (flags & EXFLAG_CA) != 0;
	f->path_len = (int)path_len_of(x, flags);
	f->has_key_usage = (flags & EXFLAG_KUSAGE) != 0;
	f->may_sign = (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
	f->may_issue = (usage & KU_KEY_CERT_SIGN) != 0;
	f->self_issued = X509_NAME_cmp(sn, in) == 0;
	X509_get0_signature(&sig, &alg, x);
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
