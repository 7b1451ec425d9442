#ifndef SIGNING_PDF_SIGN_H
#define SIGNING_PDF_SIGN_H

#include <stdbool.h>

#include "signing/pdf_change.h"
#include "signing/pdf_doc.h"
#include "signing/pdf_field.h"
#include "signing/pdf_range.h"
#include "signing/reading.h"

/*
 * One signature of a PDF: its dictionary (ISO 32000-1, table 252), its value,
 * and its rows.
 */

struct pdf_sign {
	/* The fields whose value it is: one; or one a page, as some stamp
	 * edges.  The first stands for all. */
	const struct pdf_field	**field;
	size_t			 nfields;
	StampReading		*s;	/* tied to the FileReading */
	struct pdf_range	 range;
	bool			 own;	/* its own revision has it, too, in
					 * all its fields */
};

/* What a SubFilter is, in words; NULL: not one that is known. */
const char *pdf_subfilter_words(const char *name);

/* A field (pdf_field_is_signed()) more of this signature; the array is freed
 * with pdf_sign_fini(). */
void	 pdf_sign_add(struct pdf_sign *sign, const struct pdf_field *field);
void	 pdf_sign_fini(struct pdf_sign *sign);
/* Is it one of its fields, by name? */
bool	 pdf_sign_has(const struct pdf_sign *sign, const char *name);

/*
 * Read the value of its fields in the newest revision into sign->s:
 * everything but the row "coverage".
 */
void	 pdf_sign_read(struct pdf_doc *doc, struct pdf_sign *sign);

/* Does this revision have the same signature: same fields, range and
 * value? */
bool	 pdf_sign_is_in(struct pdf_doc *now, const struct pdf_sign *sign,
	    struct pdf_doc *then, const struct pdf_fields *fields);

/*
 * Was the document certified by sign so that nothing may be changed (ISO
 * 32000-1, 12.8.2.2: DocMDP with P 1)?  Then a stamp of the later step that
 * shows is a change, told in sum; what proves a signature may come.
 */
void	 pdf_sign_certified(struct pdf_doc *now, const struct pdf_sign *sign,
	    const struct pdf_changes *step, struct pdf_changes *sum);
/* The row "coverage", and the lists changes and uncovered. */
void	 pdf_sign_cover(struct pdf_doc *now, const struct pdf_sign *sign,
	    const struct pdf_changes *after);

/* What a rule came to; "" where there is no such row. */
const char *pdf_sign_result(const StampReading *s, const char *rule);

#endif /* SIGNING_PDF_SIGN_H */
