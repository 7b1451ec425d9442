#ifndef SIGNING_PDF_FIELD_H
#define SIGNING_PDF_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "signing/pdf_doc.h"

/*
 * The fields of a form (ISO 32000-1, 12.7.3): what stands in /Fields of the
 * AcroForm with all that is below it, and signature fields that only a page
 * knows of.
 */

#define LIMIT_PDF_FIELDS	4096	/* in one form */
#define PDF_FIELD_NAME_SIZE	128

struct pdf_field {
	char		name[PDF_FIELD_NAME_SIZE];	/* "form.Signature1" */
	qpdf_oh		oh, value;	/* value: /V, own or inherited, or 0 */
	struct pdf_id	id;
	bool		signature;	/* /FT /Sig */
	bool		listed;		/* in the AcroForm */
};

struct pdf_fields {
	struct pdf_field *field;
	size_t		  n;
	bool		  cut;		/* more than the limit */
};

/* What doc has, in its order; tied to doc. */
void	 pdf_fields_init(struct pdf_fields *f, struct pdf_doc *doc);
void	 pdf_fields_fini(struct pdf_fields *f);

/* A signature field with a value, signed or pretending to be. */
bool	 pdf_field_is_signed(struct pdf_doc *doc, const struct pdf_field *f);
/* The field of an annotation, or NULL. */
const struct pdf_field *pdf_field_of(const struct pdf_fields *f,
	    const struct pdf_annot *a);

#endif /* SIGNING_PDF_FIELD_H */
