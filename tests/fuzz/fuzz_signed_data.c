#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ber.h"
#include "base/der.h"
#include "base/sm.h"
#include "base/text.h"
#include "signing/signature.h"
#include "signing/signed_data.h"

/*
 * SignedData that is read lies within its input; its attributes begin with
 * the tag that a SET is signed under another of; a digest is told only where
 * it is SM3's; what is printed, a terminal does not obey.  A signature that is
 * good comes with its signer.  BER that is read becomes DER that is read
 * alike, and DER stays as it is.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{

	if (!ok)
		abort();
}

static void
inside(struct octets in, struct octets o)
{

	must(o.len == 0 || (o.p >= in.p && o.p + o.len <= in.p + in.len));
}

static void
slices(struct octets in, const struct cms *m)
{
	size_t	i;

	must(m->whole.p == in.p && m->whole.len == in.len);
	inside(in, m->content_type);
	inside(in, m->content);
	inside(in, m->issuer);
	inside(in, m->serial);
	inside(in, m->key_id);
	inside(in, m->signature);
	inside(in, m->attributes);
	inside(m->attributes, m->digest);
	inside(m->attributes, m->attr_type);
	inside(m->attributes, m->ess);
	inside(m->attributes, m->ess_v2);
	inside(in, m->token);
	must(m->ncerts <= LIMIT_CMS_CERTS);
	must(!m->has_attributes || (m->attributes.p[0] == 0xa0 &&
	    m->digest.p != NULL));
	must(m->has_content || m->content.len == 0);
	for (i = 0; i < m->ncerts; i++)
		inside(in, m->certs[i]);
}

static void
reading(struct octets in, struct octets original)
{
	FileReading		*m = reading_new("pdf");
	StampReading		*s = reading_add_stamp(m, "x");
	struct signature	 sig;

	signature_read(in, true, original, s, &sig);
	must(s->n_checks == 5);
	must(strcmp(s->checks[3]->result, READ_PASSED) != 0 ||
	    s->signer_certificate.len > 0);
	must(sig.form == SIGNATURE_SES || sig.seal.len == 0);
	reading_free(m);
}

static void
signed_data(struct octets in)
{
	struct signed_data	*d = malloc(sizeof(*d));
	struct octets		 cert;
	struct buf		 b;
	size_t			 i;

	must(d != NULL);
	if (signed_data_parse(in, d, NULL) != 0) {
		must(d->cms.whole.len == 0 && d->form == SIGNED_NONE);
		free(d);
		return;
	}
	slices(in, &d->cms);
	must(!d->has_hash || cms_digests_by_sm3(&d->cms));
	must(signed_data_verify(d, OCTETS(NULL, 0), &cert, NULL) != 0 ||
	    cert.len > 0);
	inside(in, cert);
	buf_init(&b, 1u << 22);
	signed_data_print(d, &b);
	must(buf_ok(&b) && utf8_valid(b.p, b.len));
	for (i = 0; i < b.len; i++)
		must(b.p[i] >= 0x20 || b.p[i] == '\n');
	buf_fini(&b);
	free(d);
}

static void
from_ber(struct octets in)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct buf	b, again;

	buf_init(&b, LIMIT_SIGNATURE);
	buf_init(&again, LIMIT_SIGNATURE);
	if (ber_to_der(&c, &b, NULL) == 0) {
		must(der_check(buf_octets(&b), NULL) == 0);
		must(b.len > 0 && cursor_left(&c) < in.len);
		c = cursor_of(b.p, b.len);
		must(ber_to_der(&c, &again, NULL) == 0);
		must(cursor_left(&c) == 0 && again.len == b.len &&
		    memcmp(again.p, b.p, b.len) == 0);
		if (der_check(in, NULL) == 0)
			must(b.len == in.len &&
			    memcmp(b.p, in.p, in.len) == 0);
		signed_data(buf_octets(&b));
	} else
		must(der_check(in, NULL) != 0);
	buf_fini(&again);
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static bool	 ready;

	must(ready || sm_init(NULL) == 0);
	ready = true;
	signed_data(OCTETS(p, n));
	from_ber(OCTETS(p, n));
	reading(OCTETS(p, n), OCTETS("the document", 12));
	return 0;
}
