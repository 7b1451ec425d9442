#ifndef SIGNING_PDF_H
#define SIGNING_PDF_H

#include "base/buf.h"
#include "base/err.h"
#include "signing/reading.h"

/*
 * A PDF: every signature field, its ByteRange, and what changed after each
 * revision.  For the jail: it decodes.
 */

/*
 * Read in into m, whose kind is set.  What is wrong with the file is told in
 * m's row "format" or in the rows of its signatures; ERR_FORMAT
 * "unknown-object" only where it is no PDF at all.
 */
int	 pdf_read(struct octets in, FileReading *m, struct err *e) MUST_CHECK;

#endif /* SIGNING_PDF_H */
