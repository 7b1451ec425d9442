#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "filing/seal_reading.h"
#include "filing/ses.h"
#include "signing/stamp.h"
#include "signing/stamp_reading.h"
#include "signing/time_stamp.h"

#define LIMIT_STAMP_TEXT	(1u << 15)

static const char *
word_of(int rc)
{
	if (rc == 0)
		return READ_PASSED;
	return rc == ERR_VERIFY ? READ_FAILED : READ_UNKNOWN;
}

/* The seal's own row, said of the stamp. */
static void
seal_signature(const SealReading *seal, StampReading *s)
{
	const Check	*c = NULL;
	size_t		 i;

	for (i = 0; i < seal->n_checks; i++)
		if (strcmp(seal->checks[i]->rule, "seal_signature") == 0)
			c = seal->checks[i];
	reading_stamp_check(s, "seal_signature",
	    c != NULL ? c->result : READ_UNKNOWN, "%s",
	    c != NULL ? c->detail : "not checked");
}

static void
signer_in_seal(const struct stamp *st, StampReading *s)
{
	struct err	e = ERR_INIT;
	int		rc = stamp_signer_in_seal(st, &e);

	reading_stamp_check(s, "signer_in_seal", word_of(rc), "%s",
	    rc != 0 ? e.text : st->seal.cert_list_type == 1 ?
	    "the signer's certificate is one that the seal lists" :
	    "the seal lists the digest of the signer's certificate");
}

static void
stamp_signature(struct stamp *st, StampReading *s)
{
	struct err	e = ERR_INIT;
	int		rc = stamp_verify(st, &e);

	reading_stamp_check(s, "stamp_signature", word_of(rc), "%s",
	    rc != 0 ? e.text : "over toSign, by the signer's certificate");
	if (rc != 0)
		reading_stamp_why(s, e.id);
}

static void
time_stamp(const struct stamp *st, StampReading *s)
{
	if (st->timestamp.len > 0)
		time_stamp_over(st->timestamp, st->signature,
		    "the stamp's signature", s);
	else if (st->time_token.len > 0)
		time_stamp_of_time_info(st->time_token, st->data_hash, s);
	else
		time_stamp_none(s);
	time_stamp_with_seal(s->seal, s);
}

static void
add_deviations(const struct stamp *st, StampReading *s)
{
	unsigned	bit;

	for (bit = 1; bit < STAMP_DEV_END; bit <<= 1)
		if ((st->deviations & bit) != 0)
			reading_line(&s->deviations, &s->n_deviations, "%s",
			    stamp_deviation_word(bit));
}

static void
add_text(const struct stamp *st, StampReading *s)
{
	struct buf	text;

	buf_init(&text, LIMIT_STAMP_TEXT);
	stamp_print(st, &text);
	if (buf_ok(&text))
		s->text = buf_steal_str(&text);
	buf_fini(&text);
}

static void
add_facts(const struct stamp *st, StampReading *s, struct signature *sig)
{
	struct cert	*c = NULL;

	s->generation = xstrdup(seal_generation_word(st->generation));
	s->signed_at = st->signed_at;
	reading_text(&s->property, st->property);
	if (cert_parse(st->cert, &c, NULL) == 0) {
		reading_octets(&s->signer_certificate, st->cert);
		if (cert_facts(c)->crl_url != NULL)
			s->signer_crl = crl_part_of(cert_facts(c)->crl_url);
		reading_text(&s->signer, OCTETS(cert_facts(c)->subject,
		    strlen(cert_facts(c)->subject)));
	}
	cert_free(c);
	sig->seal = st->seal.whole;
	sig->property = st->property;
	/* Of another algorithm, 32 octets may be another digest.  Zeros at its
	 * end may have been dropped: it is compared with them. */
	if (st->data_hash.len + SES_ZEROS >= SM3_LEN &&
	    st->data_hash.len <= SM3_LEN && stamp_is_sm2(st)) {
		sig->has_hash = true;
		memset(sig->hash, 0, SM3_LEN);
		memcpy(sig->hash, st->data_hash.p, st->data_hash.len);
		if (st->data_hash.len < SM3_LEN)
			reading_line(&s->deviations, &s->n_deviations,
			    "unused-bits");
	}
}

void
stamp_reading(struct octets value, bool padded, StampReading *s,
    struct signature *sig)
{
	struct stamp	*st = xmalloc(sizeof(*st));
	struct err	 e = ERR_INIT;

	sig->form = SIGNATURE_SES;
	s->form = xstrdup("ses");
	if (stamp_parse(value, padded, st, &e) != 0) {
		reading_stamp_check(s, "format", READ_FAILED, "%s", e.text);
		signature_unread(s);
		goto out;
	}
	reading_stamp_check(s, "format", READ_PASSED, "a stamp of %s (%s)",
	    seal_standard_word(st->generation),
	    seal_generation_word(st->generation));
	s->seal = seal_reading_of(&st->seal, reading_wants_words());
	reading_picture(s->seal, st->seal.picture);
	add_facts(st, s, sig);
	seal_signature(s->seal, s);
	signer_in_seal(st, s);
	stamp_signature(st, s);
	time_stamp(st, s);
	add_deviations(st, s);
	if (reading_wants_words())
		add_text(st, s);
out:
	free(st);
}
