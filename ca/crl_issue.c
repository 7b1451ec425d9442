#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/mem.h"
#include "ca/crl.h"

/* Lists as we write them, and the addresses of their parts. */

#define OID(S)		OCTETS(S, sizeof(S) - 1)
/* More of a province than it can have certificates for. */
#define CRL_PART_DIGITS	6

#define OID_NUMBER	OID("\x55\x1d\x14")
#define OID_REASON	OID("\x55\x1d\x15")
#define OID_AKI		OID("\x55\x1d\x23")
#define OID_IDP		OID("\x55\x1d\x1c")
#define OID_EXPIRED	OID("\x55\x1d\x3c")	/* X.509, 9.5.2.8 */
#define DER_ENUMERATED	0x0a
#define DER_PRIM0	0x80
#define DER_PRIM6	0x86	/* uniformResourceIdentifier */

/* A sorted copy, checked; the caller frees it. */
static int
entries_sorted(const struct crl_spec *spec, struct crl_entry **out,
    struct err *e)
{
	struct crl_entry	*all;
	const struct crl_entry	*en;
	size_t			 i;

	*out = NULL;
	for (i = 0; i < spec->nentries; i++) {
		en = &spec->entries[i];
		if (en->seriallen == 0 || en->seriallen > CERT_SERIAL_MAX)
			return err_set(e, ERR_INVAL,
			    "CRL: serial of %zu octets", en->seriallen);
		if (en->reason > 10 || en->reason == 7 || en->reason == 8)
			return err_set(e, ERR_INVAL, "CRL: reason %u "
			    "(RFC 5280, 5.3.1)", en->reason);
		if (en->revoked_at <= 0 ||
		    en->revoked_at > spec->this_update)
			return err_set(e, ERR_INVAL,
			    "CRL: revoked later than thisUpdate");
	}
	all = xmemdup(spec->entries, spec->nentries * sizeof(*all));
	crl_entries_sort(all, spec->nentries);
	for (i = 1; i < spec->nentries; i++)
		if (crl_entry_cmp(&all[i - 1], &all[i]) == 0) {
			free(all);
			return err_set(e, ERR_INVAL, "CRL: a serial twice");
		}
	*out = all;
	return 0;
}

static void
put_entry(struct buf *b, const struct crl_entry *en)
{
	uint8_t	 reason[3] = { DER_ENUMERATED, 1, (uint8_t)en->reason };
	size_t	 m, ext;

	m = der_open(b, DER_SEQUENCE);
	x509_put_serial(b, en->serial, en->seriallen);
	x509_put_time(b, en->revoked_at);
	if (en->reason != CRL_NO_REASON) {
		ext = der_open(b, DER_SEQUENCE);
		x509_put_extension(b, OID_REASON, false,
		    OCTETS(reason, sizeof(reason)));
		der_close(b, ext);
	}
	der_close(b, m);
}

/* IssuingDistributionPoint: one URL, and nothing left out of it. */
static void
put_point(struct buf *b, const char *url)
{
	struct buf	 v;
	size_t		 idp, dp, full;

	buf_init(&v, CERT_URL_MAX + 32);
	idp = der_open(&v, DER_SEQUENCE);
	dp = der_open(&v, DER_CTX0);
	full = der_open(&v, DER_CTX0);
	der_put(&v, DER_PRIM6, url, strlen(url));
	der_close(&v, full);
	der_close(&v, dp);
	der_close(&v, idp);
	x509_put_extension(b, OID_IDP, true, buf_octets(&v));
	buf_fini(&v);
}

static void
put_extensions(struct buf *b, const struct crl_spec *spec,
    const struct cert *issuer)
{
	const ASN1_OCTET_STRING	*id =
	    X509_get0_subject_key_id(cert_x509(issuer));
	struct buf	 v;
	size_t		 outer, m, aki;

	buf_init(&v, 128);
	outer = der_open(b, DER_CTX0);
	m = der_open(b, DER_SEQUENCE);
	if (id != NULL) {
		aki = der_open(&v, DER_SEQUENCE);
		der_put(&v, DER_PRIM0, ASN1_STRING_get0_data(id),
		    (size_t)ASN1_STRING_length(id));
		der_close(&v, aki);
		x509_put_extension(b, OID_AKI, false, buf_octets(&v));
		buf_reset(&v);
	}
	der_put_uint(&v, spec->number);
	x509_put_extension(b, OID_NUMBER, false, buf_octets(&v));
	if (spec->url != NULL)
		put_point(b, spec->url);
	/* Who has expired stays on it, from the first one on. */
	buf_reset(&v);
	der_put_gentime(&v, cert_facts(issuer)->not_before);
	x509_put_extension(b, OID_EXPIRED, false, buf_octets(&v));
	der_close(b, m);
	der_close(b, outer);
	buf_fini(&v);
}

int
crl_issue(const struct crl_spec *spec, const struct cert *issuer,
    const struct keyring *kr, enum key_slot slot, struct buf *out,
    struct err *e)
{
	struct crl_entry	*all = NULL;
	struct buf		 tbs;
	size_t			 m, list, i;
	int			 rc;

	if (spec->number == 0 || spec->this_update <= 0 ||
	    spec->next_update <= spec->this_update)
		return err_set(e, ERR_INVAL, "CRL: number 0, or nextUpdate "
		    "not later than thisUpdate");
	if (spec->url != NULL && (spec->url[0] == '\0' ||
	    strlen(spec->url) >= CERT_URL_MAX))
		return err_set(e, ERR_INVAL, "CRL: bad URL");
	buf_init(&tbs, LIMIT_CRL);
	if ((rc = entries_sorted(spec, &all, e)) != 0)
		goto out;
	m = der_open(&tbs, DER_SEQUENCE);
	der_put_uint(&tbs, 1);		/* v2 */
	x509_put_algorithm(&tbs);
	if ((rc = x509_put_subject_of(&tbs, cert_x509(issuer), e)) != 0)
		goto out;
	x509_put_time(&tbs, spec->this_update);
	x509_put_time(&tbs, spec->next_update);
	if (spec->nentries > 0) {	/* an empty list is left out: 5.1.2.6 */
		list = der_open(&tbs, DER_SEQUENCE);
		for (i = 0; i < spec->nentries; i++)
			put_entry(&tbs, &all[i]);
		der_close(&tbs, list);
	}
	put_extensions(&tbs, spec, issuer);
	der_close(&tbs, m);
	if (!buf_ok(&tbs)) {
		rc = err_set(e, ERR_TOOBIG, "CRL over %u octets", LIMIT_CRL);
		goto out;
	}
	rc = x509_sign(kr, slot, buf_octets(&tbs), out, e);
out:
	free(all);
	buf_fini(&tbs);
	return rc;
}

int
crl_part_url(const char *whole, unsigned shard, char out[CERT_URL_MAX],
    struct err *e)
{
	const size_t	 len = strlen(whole);
	int		 n;

	out[0] = '\0';
	if (len < 4 || strcmp(whole + len - 4, ".crl") != 0)
		return err_set(e, ERR_INVAL, "CRL: its address does not end "
		    "in .crl");
	n = shard == 0 ? snprintf(out, CERT_URL_MAX, "%s", whole) :
	    snprintf(out, CERT_URL_MAX, "%.*s-%u.crl", (int)(len - 4), whole,
	    shard);
	return n < CERT_URL_MAX ? 0 : err_set(e, ERR_INVAL,
	    "CRL: its address is too long");
}

unsigned
crl_part_of(const char *url)
{
	const char	*dash = strrchr(url, '-');
	const size_t	 digits = dash != NULL ? strspn(dash + 1,
			    "0123456789") : 0;

	if (digits == 0 || digits > CRL_PART_DIGITS || dash[1] == '0' ||
	    strcmp(dash + 1 + digits, ".crl") != 0)
		return 0;
	return (unsigned)strtoul(dash + 1, NULL, 10);
}
