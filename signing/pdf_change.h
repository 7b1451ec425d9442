#ifndef SIGNING_PDF_CHANGE_H
#define SIGNING_PDF_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "signing/pdf_doc.h"
#include "signing/pdf_field.h"
#include "signing/pdf_same.h"

/*
 * What a later revision of a PDF shows that an earlier one did not, told in
 * words: page by page, form by form, and in the catalog.  What a reader shows
 * may not change; further signatures, what proves them (DSS) and metadata
 * may come.
 */

#define LIMIT_PDF_CHANGES	64	/* lines that are kept */
#define PDF_CHANGE_SIZE		192	/* octets of one */
/* A stamp larger than this, in millimetres, hides more than it adds. */
#define PDF_STAMP_MM		100

enum pdf_effect {
	PDF_HARMLESS = 1,	/* nothing that was shown is shown otherwise */
	PDF_UNSURE,		/* readers may differ */
	PDF_CHANGED
};

struct pdf_change {
	enum pdf_effect	effect;
	char		text[PDF_CHANGE_SIZE];
};

struct pdf_changes {
	struct pdf_change line[LIMIT_PDF_CHANGES];
	size_t		  n;
	enum pdf_effect	  worst;	/* of all, kept or not; 0: none */
	/* Signatures that came and show something on a page, or do not:
	 * whether they hold is for who reads them. */
	struct {
		char	  name[PDF_FIELD_NAME_SIZE];	/* of its first field */
		struct pdf_id value;
		bool	  shows;
	}		  added[LIMIT_PDF_CHANGES];
	size_t		  nadded;
};

/* A line more; the same one twice is one. */
void	 pdf_changes_say(struct pdf_changes *c, enum pdf_effect effect,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Both revisions, with their fields; everything is borrowed. */
struct pdf_diff {
	struct pdf_doc		*old, *new;
	const struct pdf_fields	*old_fields, *new_fields;
	struct pdf_same		*same;
	struct pdf_changes	*out;
};

/* Compare everything into d->out. */
void	 pdf_diff_all(struct pdf_diff *d);

/* Its parts.  Keys alike in both: nothing is said; returns whether. */
bool	 pdf_diff_key(struct pdf_diff *d, qpdf_oh old, qpdf_oh new,
	    const char *key);
void	 pdf_diff_form(struct pdf_diff *d);
void	 pdf_diff_annots(struct pdf_diff *d, size_t page);
/* Two states of one field or of one of its widgets; name: the field's. */
void	 pdf_diff_field(struct pdf_diff *d, qpdf_oh old, qpdf_oh new,
	    const char *name);

#endif /* SIGNING_PDF_CHANGE_H */
