#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "signing/signed_data.h"
#include "signing/time_stamp.h"

#define LIMIT_WORDS	(1u << 15)

/* The part of a revocation list that it is on, if not the first: told once. */
static void
add_part(struct octets der, StampReading *s)
{
	const unsigned	part = crl_part_of_cert(der);
	size_t		i;

	for (i = 0; i < s->n_crls && s->crls[i] != part; i++)
		;
	if (part == 0 || i < s->n_crls)
		return;
	s->crls = xreallocarray(s->crls, i + 1, sizeof(s->crls[0]));
	s->crls[s->n_crls++] = part;
}

static void
add_certificates(const struct cms *m, struct octets signer, StampReading *s)
{
	struct cert	*c = NULL;
	size_t		 i;

	if (signer.len > 0 && cert_parse(signer, &c, NULL) == 0) {
		reading_octets(&s->signer_certificate, signer);
		if (cert_facts(c)->crl_url != NULL)
			s->signer_crl = crl_part_of(cert_facts(c)->crl_url);
		reading_text(&s->signer, OCTETS(cert_facts(c)->subject,
		    strlen(cert_facts(c)->subject)));
	}
	cert_free(c);
	for (i = 0; i < m->ncerts; i++)
		if (m->certs[i].p != signer.p &&
		    m->certs[i].len <= LIMIT_CERT) {
			reading_add_octets(&s->certificates,
			    &s->n_certificates, m->certs[i]);
			add_part(m->certs[i], s);
		}
}

static void
add_deviations(const struct signed_data *d, StampReading *s)
{
	unsigned	bit;

	for (bit = 1; bit < CMS_DEV_END; bit <<= 1)
		if ((d->cms.deviations & bit) != 0)
			reading_line(&s->deviations, &s->n_deviations, "%s",
			    cms_deviation_word(bit));
	if (d->offered)
		reading_line(&s->deviations, &s->n_deviations,
		    "signer-certificate-given");
	if (d->form == SIGNED_DIGEST_TEXT)
		reading_line(&s->deviations, &s->n_deviations,
		    "digest-as-base64");
}

static void
add_text(const struct signed_data *d, StampReading *s)
{
	struct buf	text;

	buf_init(&text, LIMIT_WORDS);
	signed_data_print(d, &text);
	if (buf_ok(&text))
		s->text = buf_steal_str(&text);
	buf_fini(&text);
}

static void
check(struct signed_data *d, struct octets original, StampReading *s)
{
	struct octets	signer = OCTETS(NULL, 0);
	struct err	e = ERR_INIT;
	int		rc;

	reading_stamp_check(s, "format", READ_PASSED, "SignedData of %s",
	    d->cms.gm ? "GB/T 35275" : "CMS");
	reading_stamp_check(s, "seal_signature", READ_NOT_APPLICABLE,
	    "no seal in it");
	reading_stamp_check(s, "signer_in_seal", READ_NOT_APPLICABLE,
	    "no seal in it");
	rc = signed_data_verify(d, original, &signer, &e);
	if (rc == 0)
		reading_stamp_check(s, "stamp_signature", READ_PASSED,
		    "over %s, by the signer's certificate",
		    d->cms.has_attributes ? "the signed attributes" :
		    signed_form_word(d->form));
	else
		reading_stamp_check(s, "stamp_signature", rc == ERR_VERIFY ?
		    READ_FAILED : READ_UNKNOWN, "%s", e.text);
	if (rc != 0)
		reading_stamp_why(s, e.id);
	if (d->cms.token.len > 0)
		time_stamp_over(d->cms.token, d->cms.signature,
		    "the signature", s);
	else
		time_stamp_none(s);
	add_certificates(&d->cms, signer, s);
}

void
signed_data_reading(struct octets value, struct octets original,
    StampReading *s, struct signature *sig)
{
	struct signed_data	*d = xmalloc(sizeof(*d));
	struct err		 e = ERR_INIT;

	sig->form = SIGNATURE_SIGNED_DATA;
	if (signed_data_parse(value, d, &e) != 0) {
		/* Several signers are no fault; who signed, is not told. */
		reading_stamp_check(s, "format", strcmp(e.id,
		    "several-signers") == 0 ? READ_UNKNOWN : READ_FAILED,
		    "%s", e.text);
		signature_unread(s);
		goto out;
	}
	s->form = xstrdup(d->cms.gm ? "gbt35275" : "cms");
	s->signed_at = d->cms.signing_time;
	check(d, original, s);
	sig->has_hash = d->has_hash;
	memcpy(sig->hash, d->hash, SM3_LEN);
	sig->within = d->form == SIGNED_CONTENT;
	add_deviations(d, s);
	add_text(d, s);
out:
	free(d);
}
