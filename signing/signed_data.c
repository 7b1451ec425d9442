#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ca/cert.h"
#include "filing/words.h"
#include "signing/offered.h"
#include "signing/signed_data.h"

/* A digest as the content, in one of its two spellings, or the document. */
static enum signed_form
content_form(struct octets content, uint8_t hash[SM3_LEN])
{
	size_t	n;

	if (content.len == SM3_LEN) {
		memcpy(hash, content.p, SM3_LEN);
		return SIGNED_DIGEST;
	}
	if (content.len == B64_SIZE(SM3_LEN) - 1 &&
	    b64_decode((const char *)content.p, content.len, hash, SM3_LEN,
	    &n) && n == SM3_LEN)
		return SIGNED_DIGEST_TEXT;
	sm3(content.p, content.len, hash);
	return SIGNED_CONTENT;
}

int
signed_data_parse(struct octets in, struct signed_data *d, struct err *e)
{
	struct cms	*m = &d->cms;
	int		 rc;

	memset(d, 0, sizeof(*d));
	if ((rc = cms_parse(in, m, e)) != 0)
		return rc;
	if (!cms_is_data(m->content_type)) {
		memset(d, 0, sizeof(*d));
		return err_set_id(e, ERR_FORMAT, "bad-signed-data",
		    "SignedData: its content is not data");
	}
	if (m->has_content) {
		d->form = content_form(m->content, d->hash);
		d->has_hash = cms_digests_by_sm3(m);
	} else if (m->has_attributes) {
		d->form = SIGNED_ATTRIBUTES;
		d->has_hash = cms_digests_by_sm3(m) &&
		    m->digest.len == SM3_LEN;
		if (d->has_hash)
			memcpy(d->hash, m->digest.p, SM3_LEN);
	} else
		d->form = SIGNED_DETACHED;
	return 0;
}

/* Where the digest is text, some signed the text and some the digest. */
static int
verify_text(struct signed_data *d, const struct cert *c, struct err *e)
{
	struct err	why = ERR_INIT;
	int		rc;

	rc = cms_verify(&d->cms, d->cms.content, c, &why);
	if (rc != ERR_VERIFY || d->cms.has_attributes)
		return rc == 0 ? 0 : err_set_id(e, (enum err_code)rc, why.id,
		    "%s", why.text);
	return cms_verify(&d->cms, OCTETS(d->hash, SM3_LEN), c, e);
}

/*
 * The digest is signed as any content is; or it is the very one that SM2 signs
 * of the document, with Z, as a platform's own signers make it.  That is a
 * signature of the document, and of nothing else: the document must be there.
 */
static int
verify_digest(struct signed_data *d, struct octets original,
    const struct cert *c, struct err *e)
{
	struct cms	*m = &d->cms;
	struct err	 why = ERR_INIT;
	bool		 raw = false;
	int		 rc;

	rc = cms_verify(m, m->content, c, &why);
	if (rc == ERR_VERIFY && !m->has_attributes &&
	    cert_holds_digest(c, d->hash, m->signature, &raw, NULL) == 0) {
		m->deviations |= CMS_DEV_DIGEST_Z;
		if (raw)
			m->deviations |= CMS_DEV_RAW_SIGNATURE;
		if (original.len == 0)
			return err_set_id(e, ERR_NOTFOUND,
			    "document-not-at-hand", "the signature is over "
			    "the document, which is not at hand");
		if (!cms_is_digest_with_z(c, original, m->content))
			return err_set_id(e, ERR_VERIFY, "bad-signature",
			    "the signature is over another document");
		sm3(original.p, original.len, d->hash);
		return 0;
	}
	return rc == 0 ? 0 : err_set_id(e, (enum err_code)rc, why.id, "%s",
	    why.text);
}

/* messageDigest may be the digest with Z, too: then it is told without. */
static int
verify_attributes(struct signed_data *d, struct octets original,
    const struct cert *c, struct err *e)
{
	struct cms	*m = &d->cms;
	int		 rc;

	if ((rc = cms_verify(m, m->content, c, e)) == 0 && original.len > 0 &&
	    d->has_hash && cms_is_digest_with_z(c, original, m->digest)) {
		m->deviations |= CMS_DEV_DIGEST_Z;
		sm3(original.p, original.len, d->hash);
	}
	return rc;
}

static int
verify(struct signed_data *d, struct octets original, const struct cert *c,
    struct err *e)
{
	struct cms	*m = &d->cms;
	int		 rc = ERR_FORMAT;

	switch (d->form) {
	case SIGNED_DIGEST_TEXT:
		rc = verify_text(d, c, e);
		break;
	case SIGNED_DETACHED:
		if (original.len == 0)
			return err_set_id(e, ERR_NOTFOUND,
			    "document-not-at-hand", "the signature is over "
			    "the document, which is not at hand");
		if ((rc = cms_verify(m, original, c, e)) == 0) {
			sm3(original.p, original.len, d->hash);
			d->has_hash = true;
		}
		break;
	case SIGNED_DIGEST:
		rc = verify_digest(d, original, c, e);
		break;
	case SIGNED_ATTRIBUTES:
		rc = verify_attributes(d, original, c, e);
		break;
	case SIGNED_NONE:
	case SIGNED_CONTENT:
		rc = cms_verify(m, m->content, c, e);
		break;
	}
	if (rc == 0 && m->has_attributes && m->has_content &&
	    !cms_covers(m, m->content, c))
		rc = err_set_id(e, ERR_VERIFY, "bad-signature",
		    "messageDigest is not that of the content");
	/* Else one signature would do for every document. */
	if (rc == 0 && !d->has_hash)
		rc = err_set_id(e, ERR_VERIFY, "bad-signature",
		    "messageDigest is not 32 octets, as SM3 has");
	return rc;
}

int
signed_data_verify(struct signed_data *d, struct octets original,
    struct octets *cert, struct err *e)
{
	struct cert	*c = NULL;
	struct err	 why = ERR_INIT;
	int		 rc;

	if ((rc = cms_signer(&d->cms, cert, &why)) != 0) {
		if (!offered_signer(&d->cms, cert))
			return err_set_id(e, (enum err_code)rc, why.id, "%s",
			    why.text);
		d->offered = true;
	}
	if ((rc = cert_parse(*cert, &c, e)) == 0)
		rc = verify(d, original, c, e);
	cert_free(c);
	return rc;
}

const char *
signed_form_word(enum signed_form f)
{
	switch (f) {
	case SIGNED_DIGEST:
		return "the document's digest";
	case SIGNED_DIGEST_TEXT:
		return "the document's digest in base64";
	case SIGNED_CONTENT:
		return "the document in it";
	case SIGNED_DETACHED:
		return "the document, detached";
	case SIGNED_ATTRIBUTES:
		return "attributes with the document's digest";
	case SIGNED_NONE:
		break;
	}
	return "nothing";
}

void
signed_data_print(const struct signed_data *d, struct buf *out)
{
	const struct cms	*m = &d->cms;
	char			 hex[HEX_SIZE(SM3_LEN)];
	size_t			 i;

	buf_printf(out, "%-20s%s, %zu octets\n", "SignedData",
	    m->gm ? "GB/T 35275" : "CMS", m->whole.len);
	buf_printf(out, "%-20s%s%s\n", "signature over",
	    m->has_attributes && m->has_content ? "attributes, and " : "",
	    signed_form_word(d->form));
	if (d->has_hash) {
		hex_encode(d->hash, SM3_LEN, hex);
		buf_printf(out, "%-20s%s\n", "document's digest", hex);
	}
	if (m->signing_time != 0)
		words_time(out, "signingTime", m->signing_time);
	buf_printf(out, "%-20s", "digestAlgorithm");
	words_oid(out, m->digest_alg);
	buf_printf(out, "\n%-20s", "signatureAlgorithm");
	words_oid(out, m->sign_alg);
	buf_puts(out, "\n");
	words_octets(out, "signature", m->signature.len);
	if (m->token.len > 0)
		words_octets(out, "time-stamp", m->token.len);
	for (i = 0; i < m->ncerts; i++)
		words_cert(out, "certificate", m->certs[i]);
	words_deviations(out, m->deviations, CMS_DEV_END, cms_deviation_word);
	if (d->form == SIGNED_DIGEST_TEXT)
		buf_printf(out, "%-20s%s\n", "deviation",
		    "digest-as-base64");
}
