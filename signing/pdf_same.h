#ifndef SIGNING_PDF_SAME_H
#define SIGNING_PDF_SAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signing/pdf_doc.h"

/*
 * Are two objects, one of each of two revisions, the same with all that they
 * refer to?  Streams are compared as they stand in the file and are never
 * expanded.  A page or the catalog that is referred to counts as the same
 * where its number is: pdf_change.c compares those by their own rules.
 */

#define LIMIT_PDF_COMPARED	1000000		/* objects, a file */
#define LIMIT_PDF_COMPARED_OCTETS (512u << 20)	/* of streams, a file */

/* What comparing may still cost: one for a whole file. */
struct pdf_purse {
	uint64_t	objects, octets;
};

enum pdf_same_result {
	PDF_SAME = 1, PDF_DIFFERENT,
	PDF_TIRED		/* the purse is empty, or it is too deep */
};

struct pdf_same;

/* Everything is borrowed.  Caller frees with pdf_same_free(). */
struct pdf_same *pdf_same_new(struct pdf_doc *a, struct pdf_doc *b,
	    struct pdf_purse *purse);
void	 pdf_same_free(struct pdf_same *s);

/* 0 is null. */
enum pdf_same_result pdf_same(struct pdf_same *s, qpdf_oh a, qpdf_oh b);

#endif /* SIGNING_PDF_SAME_H */
