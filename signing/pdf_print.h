#ifndef SIGNING_PDF_PRINT_H
#define SIGNING_PDF_PRINT_H

#include "signing/pdf_sign.h"

/* A PDF in words, for people who want to see what is in it. */

#define LIMIT_PDF_TEXT	(256u << 10)	/* octets; what is more is left out */

/* The file; then each signature: what stands in its dictionary and what its
 * range covers.  Rows, places and changes are in its StampReading. */
void	 pdf_print_file(struct pdf_doc *doc, size_t signatures,
	    struct buf *out);
void	 pdf_print_sign(struct pdf_doc *doc, const struct pdf_sign *sign,
	    struct buf *out);

#endif /* SIGNING_PDF_PRINT_H */
