#ifndef SIGNING_SIGNED_DATA_H
#define SIGNING_SIGNED_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"
#include "ca/cms.h"
#include "signing/signature.h"

/*
 * SignedData as the signature of a document: what it says of the document, in
 * the variants that are met.
 */

/* What the signature was made over. */
enum signed_form {
	SIGNED_NONE = 0,
	SIGNED_DIGEST,		/* the document's SM3, 32 octets of content */
	SIGNED_DIGEST_TEXT,	/* the same in base64: a deviation */
	SIGNED_CONTENT,		/* the document itself, which is in it */
	SIGNED_DETACHED,	/* the document itself, which is not */
	SIGNED_ATTRIBUTES	/* attributes with its digest; no content */
};

/* What was read.  Plain value; views are tied to the input. */
struct signed_data {
	struct cms	 cms;
	enum signed_form form;
	bool		 offered;	/* the signer's certificate did not
					 * come along: signing/offered.h */
	bool		 has_hash;	/* it says, or showed, one */
	uint8_t		 hash[SM3_LEN];	/* of the document */
};

/*
 * Read SignedData over data; nothing may follow it.  On failure *d is zeroed.
 * Codes of cms_parse().
 */
int	 signed_data_parse(struct octets in, struct signed_data *d,
	    struct err *e) MUST_CHECK;

/*
 * The signature, under the signer's certificate that came along, or was
 * offered; whose that is, is not asked.  original: the document, for SIGNED_DETACHED and digests
 * with Z (content, or messageDigest), or empty.
 * *cert is the signer's, DER, where it is known.  Sets d->hash of a detached
 * one that holds: what holds has a hash.  ERR_VERIFY "bad-signature"; else we cannot tell:
 * ERR_NOTFOUND "signer-not-included", "document-not-at-hand", and the codes
 * of cms_verify() and cert_parse().
 */
int	 signed_data_verify(struct signed_data *d, struct octets original,
	    struct octets *cert, struct err *e) MUST_CHECK;

/* In words, a line a fact; nothing is printed raw. */
void	 signed_data_print(const struct signed_data *d, struct buf *out);
const char *signed_form_word(enum signed_form f);

/* As signature_read(), for a value that begins as SignedData does. */
void	 signed_data_reading(struct octets value, struct octets original,
	    StampReading *s, struct signature *sig);

#endif /* SIGNING_SIGNED_DATA_H */
