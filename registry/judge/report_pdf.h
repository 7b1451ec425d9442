#ifndef REGISTRY_REPORT_PDF_H
#define REGISTRY_REPORT_PDF_H

#include "base/buf.h"
#include "base/err.h"
#include "registry/judge/report.h"

/*
 * A report on paper: A4 pages of text (cairo, pango), in Chinese or English.
 * For commands: typefaces are looked for in the system.
 */

/* Appended to out.  ERR_IO "no-page": the library could not draw;
 * ERR_TOOBIG: out is too small. */
int	 report_pdf(const struct report *r, enum rule_lang lang,
	    struct buf *out, struct err *e) MUST_CHECK;

#endif /* REGISTRY_REPORT_PDF_H */
