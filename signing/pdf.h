#ifndef SIGNING_PDF_H
#define SIGNING_PDF_H

#include "base/buf.h"
#include "base/err.h"
#include "signing/reading.h"

/*
 * A PDF: every signature field, its ByteRange, and what changed after each
 * revision.  For the jail: it decodes.
 */

#define LIMIT_PDF_BEFORE	1024	/* octets before its header */

/* Where the header is, if it stands late, as some readers put up with (ISO
 * 32000-1, annex H.3, note 13); else 0. */
size_t	 pdf_starts_late(struct octets in);

/*
 * Read in into m, whose kind is set.  What is wrong with the file is told in
 * m's row "format" or in the rows of its signatures; ERR_FORMAT
 * "unknown-object" only where it is no PDF at all.
 */
int	 pdf_read(struct octets in, FileReading *m, struct err *e) MUST_CHECK;

#endif /* SIGNING_PDF_H */
