#ifndef FILING_KIND_H
#define FILING_KIND_H

#include "base/buf.h"
#include "base/err.h"

/*
 * What a file is, by its first octets: enough to know who is to read it.
 * Nothing is believed about the rest.
 */
enum object_kind {
	OBJECT_UNKNOWN = 0,
	OBJECT_SEAL,		/* SESeal */
	OBJECT_STAMP,		/* SES_Signature */
	OBJECT_SIGNED_DATA,	/* GB/T 35275 or CMS; a time-stamp token, or
				 * the answer that granted it */
	OBJECT_CERTIFICATE, OBJECT_CRL, OBJECT_REQUEST,
	OBJECT_DER,		/* something else in DER */
	OBJECT_PEM,		/* any of the above as text */
	OBJECT_OFD, OBJECT_PDF,
	OBJECT_PICTURE,		/* PNG, JPEG, GIF or BMP */
	OBJECT_END
};

enum object_kind object_kind(struct octets in);
const char	*object_kind_word(enum object_kind k);	/* "seal" */

/*
 * An object in DER or PEM in words, appended to out, and its kind (PEM is
 * opened).  For the jail: it decodes.  ERR_FORMAT and the code of the parser
 * that refused it; ERR_FORMAT "unknown-object".
 */
int		 object_describe(struct octets in, enum object_kind *kind,
		    struct buf *out, struct err *e) MUST_CHECK;

#endif /* FILING_KIND_H */
