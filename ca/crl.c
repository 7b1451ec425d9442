#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/memo.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/crl.h"

#define DER_PRIM6	0x86	/* uniformResourceIdentifier */
#define TEXT_MAX	1024

struct crl {
	unsigned		 refs;
	uint8_t			*der;
	size_t			 derlen;
	struct x509_frame	 frame;		/* slices of der */
	X509_CRL		*x;
	int64_t			 this_update, next_update;
	uint64_t		 number;
	char			 url[CERT_URL_MAX];
	uint8_t			*holds;		/* under this point; [0] 0: of
						 * none yet */
};

static int
refuse(struct err *e, const char *what)
{

	ERR_clear_error();
	return err_set_id(e, ERR_FORMAT, "bad-crl", "CRL: %s", what);
}

/* The part that it is.  False: told otherwise than by one URL, or not
 * critical, or of some kinds of certificates or reasons only. */
static bool
read_point(const X509_CRL *x, char url[CERT_URL_MAX])
{
	const ASN1_OCTET_STRING	*s;
	struct cursor		 c;
	struct der		 d, dp, full, u;
	X509_EXTENSION		*ext;
	int			 i;

	i = X509_CRL_get_ext_by_NID(x, NID_issuing_distribution_point, -1);
	if (i < 0)
		return true;
	ext = X509_CRL_get_ext(x, i);
	s = X509_EXTENSION_get_data(ext);
	c = cursor_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	if (X509_EXTENSION_get_critical(ext) == 0 ||
	    X509_CRL_get_ext_by_NID(x, NID_issuing_distribution_point,
	    i) >= 0 || der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0 ||
	    cursor_left(&c) > 0)
		return false;
	c = der_inside(&d);
	if (der_expect(&c, DER_CTX0, &dp, "", NULL) != 0 ||
	    cursor_left(&c) > 0)
		return false;
	c = der_inside(&dp);
	if (der_expect(&c, DER_CTX0, &full, "", NULL) != 0 ||
	    cursor_left(&c) > 0)
		return false;
	c = der_inside(&full);
	if (der_next(&c, &u, "", NULL) != 0 || u.tag != DER_PRIM6 ||
	    cursor_left(&c) > 0 || u.val.len == 0 ||
	    u.val.len >= CERT_URL_MAX || memchr(u.val.p, 0, u.val.len) != NULL)
		return false;
	memcpy(url, u.val.p, u.val.len);
	url[u.val.len] = '\0';
	return true;
}

/* What would change the meaning of an entry, we do not know: refused. */
static bool
has_critical(const X509_CRL *x)
{
	STACK_OF(X509_REVOKED)	*all = X509_CRL_get_REVOKED((X509_CRL *)x);
	const X509_REVOKED	*r;
	int			 i = -1;

	while ((i = X509_CRL_get_ext_by_critical(x, 1, i)) >= 0)
		if (OBJ_obj2nid(X509_EXTENSION_get_object(
		    X509_CRL_get_ext(x, i))) != NID_issuing_distribution_point)
			return true;
	for (i = 0; i < sk_X509_REVOKED_num(all); i++) {
		r = sk_X509_REVOKED_value(all, i);
		if (X509_REVOKED_get_ext_by_critical(r, 1, -1) >= 0)
			return true;
	}
	return false;
}

static int
read_crl(struct crl *c, struct err *e)
{
	const ASN1_BIT_STRING	*sig;
	const X509_ALGOR	*alg;
	const uint8_t		*p = c->der;
	ASN1_INTEGER		*number;
	struct err		 why = ERR_INIT;
	uint8_t			*again = NULL;
	int			 n;
	bool			 same;

	if (x509_frame_read(OCTETS(c->der, c->derlen), &c->frame, &why) != 0)
		return refuse(e, why.text);
	if ((c->x = d2i_X509_CRL(NULL, &p, (long)c->derlen)) == NULL ||
	    p != c->der + c->derlen)
		return refuse(e, "not X.509");
	n = i2d_X509_CRL(c->x, &again);
	same = n > 0 && (size_t)n == c->derlen &&
	    memcmp(again, c->der, c->derlen) == 0;
	OPENSSL_free(again);
	if (!same)
		return refuse(e, "not DER");
	if (X509_CRL_get_version(c->x) != X509_CRL_VERSION_2)
		return refuse(e, "not version 2");
	X509_CRL_get0_signature(c->x, &sig, &alg);
	if (!x509_is_sm2_sm3(alg))
		return refuse(e, "not signed with SM2 and SM3");
	if (!x509_time(X509_CRL_get0_lastUpdate(c->x), &c->this_update))
		return refuse(e, "thisUpdate cannot be read");
	(void)x509_time(X509_CRL_get0_nextUpdate(c->x), &c->next_update);
	if (has_critical(c->x))
		return refuse(e, "a critical extension that we do not know");
	if (!read_point(c->x, c->url))
		return refuse(e, "a part of the whole, and not of the kind "
		    "that we know (RFC 5280, 5.2.5)");
	number = X509_CRL_get_ext_d2i(c->x, NID_crl_number, NULL, NULL);
	if (number != NULL && !ASN1_INTEGER_get_uint64(&c->number, number))
		c->number = 0;
	ASN1_INTEGER_free(number);
	ERR_clear_error();
	return 0;
}

/* Lists that were parsed lately, where somebody wants that. */
#define WEIGHT_TIMES	10	/* what OpenSSL makes of them, about */
#define KNOWN_MAX	(128u << 20)
static struct memo	*known;

static void
drop(void *value)
{
	crl_free(value);
}

void
crl_remember(size_t count)
{
	memo_free(known);
	known = memo_new(count, KNOWN_MAX, drop);
}

int
crl_parse(struct octets der, struct crl **out, struct err *e)
{
	struct crl	*c;
	int		 rc;

	*out = NULL;
	if (known != NULL && (c = memo_get(known, der)) != NULL) {
		c->refs++;
		*out = c;
		return 0;
	}
	if (der.len == 0 || der.len > LIMIT_CRL)
		return err_set_id(e, ERR_FORMAT, "bad-crl", "CRL: %zu octets",
		    der.len);
	c = xcalloc(1, sizeof(*c));
	c->refs = 1;
	c->der = xmemdup(der.p, der.len);
	c->derlen = der.len;
	c->holds = xcalloc(1, SM2_POINT_LEN);
	if ((rc = read_crl(c, e)) == 0) {
		if (known != NULL) {
			c->refs++;
			(void)memo_put(known, der, c,
			    der.len * WEIGHT_TIMES);
		}
		*out = c;
		c = NULL;
	}
	crl_free(c);
	return rc;
}

void
crl_free(struct crl *c)
{

	if (c == NULL || --c->refs > 0)
		return;
	X509_CRL_free(c->x);
	free(c->holds);
	free(c->der);
	free(c);
}

struct octets
crl_der(const struct crl *c)
{

	return OCTETS(c->der, c->derlen);
}

int64_t
crl_this_update(const struct crl *c)
{

	return c->this_update;
}

int64_t
crl_next_update(const struct crl *c)
{

	return c->next_update;
}

uint64_t
crl_number(const struct crl *c)
{

	return c->number;
}

size_t
crl_count(const struct crl *c)
{
	int	 n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(c->x));

	return n > 0 ? (size_t)n : 0;
}

bool
crl_is_by(const struct crl *c, const struct cert *issuer)
{

	return X509_NAME_cmp(X509_CRL_get_issuer(c->x),
	    X509_get_subject_name(cert_x509_keyless(issuer))) == 0;
}

bool
crl_is_by_other_key(const struct crl *c, const struct cert *issuer)
{
	AUTHORITY_KEYID	*akid;
	uint8_t		 id[CERT_KEY_ID];
	bool		 other;

	akid = X509_CRL_get_ext_d2i(c->x, NID_authority_key_identifier, NULL,
	    NULL);
	other = akid != NULL && akid->keyid != NULL &&
	    cert_key_id(issuer, id) &&
	    (ASN1_STRING_length(akid->keyid) != CERT_KEY_ID ||
	    memcmp(ASN1_STRING_get0_data(akid->keyid), id, sizeof(id)) != 0);
	AUTHORITY_KEYID_free(akid);
	ERR_clear_error();
	return other;
}

int
crl_verify(const struct crl *c, const struct cert *issuer, struct err *e)
{
	struct err	 why = ERR_INIT;
	uint8_t		 point[SM2_POINT_LEN];
	char		 name[X509_SHORT];
	int		 rc;

	if (!crl_is_by(c, issuer) ||
	    (X509_get_key_usage(cert_x509_keyless(issuer)) & KU_CRL_SIGN) == 0)
		return err_set_id(e, ERR_VERIFY, "crl-signature",
		    "CRL: \"%s\" does not speak here",
		    x509_short_text(cert_facts(issuer)->subject, name));
	if ((rc = cert_point(issuer, point, e)) != 0)
		return rc;
	if (memcmp(c->holds, point, SM2_POINT_LEN) == 0)
		return 0;
	if ((rc = x509_frame_verify(&c->frame, point, &why)) == ERR_CRYPTO)
		return err_set(e, ERR_CRYPTO, "%s", why.text);
	if (rc != 0)
		return err_set_id(e, ERR_VERIFY, "crl-signature",
		    "CRL: the signature of \"%s\" does not hold",
		    x509_short_text(cert_facts(issuer)->subject, name));
	memcpy(c->holds, point, SM2_POINT_LEN);
	return 0;
}

static void
entry_of(const X509_REVOKED *r, struct crl_entry *en)
{
	const ASN1_INTEGER	*serial = X509_REVOKED_get0_serialNumber(r);
	ASN1_ENUMERATED		*reason;
	size_t			 n = (size_t)ASN1_STRING_length(serial);
	long			 v;

	memset(en, 0, sizeof(*en));
	en->seriallen = n < sizeof(en->serial) ? n : sizeof(en->serial);
	memcpy(en->serial, ASN1_STRING_get0_data(serial), en->seriallen);
	(void)x509_time(X509_REVOKED_get0_revocationDate(r), &en->revoked_at);
	reason = X509_REVOKED_get_ext_d2i(r, NID_crl_reason, NULL, NULL);
	if (reason != NULL && (v = ASN1_ENUMERATED_get(reason)) > 0 && v <= 10)
		en->reason = (unsigned)v;
	ASN1_ENUMERATED_free(reason);
	ERR_clear_error();
}

const char *
crl_url(const struct crl *c)
{

	return c->url;
}

bool
crl_covers(const struct crl *c, const struct cert *cert)
{

	return c->url[0] == '\0' ||
	    strcmp(c->url, cert_facts(cert)->crl_url) == 0;
}

struct crl_entry *
crl_entries(const struct crl *c)
{
	STACK_OF(X509_REVOKED)	*all = X509_CRL_get_REVOKED(c->x);
	const size_t		 n = crl_count(c);
	struct crl_entry	*en = xcalloc(n + 1, sizeof(*en));
	const ASN1_INTEGER	*s;
	size_t			 i, len;

	for (i = 0; i < n; i++) {
		s = X509_REVOKED_get0_serialNumber(
		    sk_X509_REVOKED_value(all, (int)i));
		len = (size_t)ASN1_STRING_length(s);
		en[i].seriallen = len < sizeof(en[i].serial) ? len :
		    sizeof(en[i].serial);
		memcpy(en[i].serial, ASN1_STRING_get0_data(s),
		    en[i].seriallen);
	}
	crl_entries_sort(en, n);
	return en;
}

bool
crl_find(const struct crl *c, const uint8_t *serial, size_t len,
    struct crl_entry *entry)
{
	STACK_OF(X509_REVOKED)	*all = X509_CRL_get_REVOKED(c->x);
	const X509_REVOKED	*r;
	const ASN1_INTEGER	*s;
	int			 i;

	while (len > 1 && serial[0] == 0) {
		serial++;
		len--;
	}
	for (i = 0; i < sk_X509_REVOKED_num(all); i++) {
		r = sk_X509_REVOKED_value(all, i);
		s = X509_REVOKED_get0_serialNumber(r);
		if ((size_t)ASN1_STRING_length(s) != len ||
		    memcmp(ASN1_STRING_get0_data(s), serial, len) != 0)
			continue;
		if (entry != NULL)
			entry_of(r, entry);
		return true;
	}
	return false;
}

void
crl_print(const struct crl *c, struct buf *out)
{
	STACK_OF(X509_REVOKED)	*all = X509_CRL_get_REVOKED(c->x);
	struct crl_entry	 en;
	char			 name[TEXT_MAX], t[TM_RFC3339_SIZE];
	char			 hex[HEX_SIZE(CERT_SERIAL_MAX + 1)];
	int			 i;

	x509_name_text(X509_CRL_get_issuer(c->x), name, sizeof(name));
	buf_printf(out, "certificate revocation list\n  issuer:      %s\n",
	    name);
	buf_printf(out, "  number:      %llu\n",
	    (unsigned long long)c->number);
	tm_rfc3339(c->this_update, t);
	buf_printf(out, "  this update: %s\n", t);
	tm_rfc3339(c->next_update, t);
	buf_printf(out, "  next update: %s\n", c->next_update == 0 ?
	    "not said" : t);
	if (c->url[0] != '\0')
		buf_printf(out, "  part:        %s\n", c->url);
	buf_printf(out, "  revoked:     %zu\n", crl_count(c));
	for (i = 0; i < sk_X509_REVOKED_num(all); i++) {
		entry_of(sk_X509_REVOKED_value(all, i), &en);
		hex_encode(en.serial, en.seriallen, hex);
		tm_rfc3339(en.revoked_at, t);
		buf_printf(out, "    %s since %s, reason %u\n", hex, t,
		    en.reason);
	}
}

unsigned
crl_part_of_cert(struct octets der)
{
	struct cert	*c = NULL;
	unsigned	 part = 0;

	if (cert_parse(der, &c, NULL) == 0 && cert_facts(c)->crl_url != NULL)
		part = crl_part_of(cert_facts(c)->crl_url);
	cert_free(c);
	return part;
}
