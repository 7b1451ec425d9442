#ifndef SIGNING_PDF_PICTURE_H
#define SIGNING_PDF_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "signing/pdf_doc.h"

/*
 * Pictures and drawings on the pages that look like a seal: roughly square,
 * and red.  Who takes them for one has been deceived by the commonest fraud.
 */

#define LIMIT_PDF_PICTURE	(32u << 20)	/* octets of one, expanded */
#define LIMIT_PDF_PICTURES	200		/* looked at in one file */
#define PDF_PICTURE_SIZE	160

/* What was seen, in words: "page 1: a red image, 400x400"; false: nothing. */
bool	 pdf_picture_of_seal(struct pdf_doc *doc, char seen[PDF_PICTURE_SIZE]);

#endif /* SIGNING_PDF_PICTURE_H */
