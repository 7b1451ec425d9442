#include <stdlib.h>
#include <string.h>

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
#include "ca/cert_words.h"

#define SM2_ID		"1234567812345678"	/* GM/T 0009, clause 10 */
#define OID_SM2_SM3	"1.2.156.10197.1.501"

struct cert {
	unsigned	 refs;
	uint8_t		*der;
	size_t		 derlen;
	struct x509_frame frame;	/* slices of der */
	X509		*x;		/* without its key: see keyless() */
	X509		**whole;	/* made by cert_x509() */
	struct sm2_pub	**pub;		/* made by cert_pub() */
	struct cert_words words;
};

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
	if ((rc = cert_words_read(c->x, &c->words, e)) != 0)
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

X509 *
cert_x509_keyless(const struct cert *c)
{
	return c->x;
}

const struct cert_facts *
cert_facts(const struct cert *c)
{
	return &c->words.facts;
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

	if (!c->words.facts.sm2_signed)
		return err_set_id(e, ERR_VERIFY, "certificate-signature",
		    "certificate \"%s\": not signed with SM2 and SM3",
		    c->words.subject);
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
		    "hold", c->words.subject, issuer->words.subject);
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
	const struct cert_facts	*f = &c->words.facts;
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
