#ifndef SIGNING_PDF_EXPAND_H
#define SIGNING_PDF_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * What is packed in a PDF (FlateDecode), held against a limit.  qpdf expands
 * streams that hold objects or tables of objects while it opens a file, as far
 * as they go: so they are looked at before.
 */

#define LIMIT_PDF_EXPANSION	(128u << 20)	/* octets, all of a file's */

/* The octets of in, expanded, up to limit of them; false beyond it, or if it
 * is damaged.  out may be NULL: they are counted alone.  *n: how many. */
bool	 pdf_expand(struct octets in, size_t limit, struct buf *out,
	    size_t *n);

/* Do the streams that hold objects or tables stay within the limit? */
bool	 pdf_expands_well(struct octets file);

#endif /* SIGNING_PDF_EXPAND_H */
