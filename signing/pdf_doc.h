#ifndef SIGNING_PDF_DOC_H
#define SIGNING_PDF_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <qpdf/qpdf-c.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A PDF as it was after some octets of its file, opened with qpdf's C
 * interface: its objects, its pages in order, and the annotations on them.
 * qpdf throws nothing at us, prints nothing and opens no file.
 *
 * Handles (qpdf_oh) belong to their document; 0 is none.  Every getter takes
 * any handle, and says null for what is not there or is of another type.
 */

#define LIMIT_PDF_DEPTH		64	/* nesting of pages; of form fields */
#define LIMIT_PDF_PAGES		10000	/* nodes of the tree of pages */
#define LIMIT_PDF_ANNOTS	20000	/* annotations on all pages */
#define LIMIT_PDF_KEYS		4096	/* entries of one dictionary */
#define LIMIT_PDF_WARNINGS	1000	/* that are counted */

/* What a page inherits (ISO 32000-1, table 30). */
enum pdf_inherited {
	PDF_RESOURCES = 0, PDF_MEDIA_BOX, PDF_CROP_BOX, PDF_ROTATE,
	PDF_INHERITED
};
extern const char *const pdf_inherited_key[PDF_INHERITED];

struct pdf_id {
	int	number, generation;	/* 0, 0: a direct object */
};

struct pdf_page {
	qpdf_oh		oh;
	struct pdf_id	id;
	qpdf_oh		inherited[PDF_INHERITED];	/* own, or 0 */
	size_t		first_annot, nannots;
};

struct pdf_annot {
	qpdf_oh		oh;
	struct pdf_id	id;
	size_t		page;
	bool		widget;
	/* Of widgets alone. */
	struct pdf_id	parent;
	double		rect[4];	/* left, bottom, right, top; points */
};

struct pdf_doc {
	qpdf_data	 q;
	struct octets	 file;		/* borrowed; ends with this revision */
	qpdf_oh		 root, form;	/* catalog, AcroForm */
	struct pdf_page	*pages;
	size_t		 npages;
	struct pdf_annot *annots;	/* in the order of pages */
	size_t		 nannots;
	unsigned	 warnings;	/* what qpdf did not like */
	bool		 rebuilt;	/* no table of objects that holds */
	bool		 cut;		/* beyond a limit: not all of it is here */
	bool		 locked;	/* by a password; then nothing else is
					 * set */
	bool		 encrypted;	/* locked, or by the empty password */
};

/*
 * Open file.  *doc is freed by the caller with pdf_doc_free(); tied to file.
 * Errors: ERR_FORMAT "bad-pdf": not even its objects can be found.
 */
int	 pdf_doc_open(struct octets file, struct pdf_doc **doc,
	    struct err *e) MUST_CHECK;
void	 pdf_doc_free(struct pdf_doc *doc);

/* Begin anew with qpdf; end with it. */
void	 pdf_doc_reset(struct pdf_doc *doc);
void	 pdf_doc_end(struct pdf_doc *doc);
/* The number of complaints until now. */
unsigned pdf_doc_warnings(struct pdf_doc *doc);

bool	 pdf_is_dict(struct pdf_doc *doc, qpdf_oh oh);
bool	 pdf_is_array(struct pdf_doc *doc, qpdf_oh oh);
bool	 pdf_is_null(struct pdf_doc *doc, qpdf_oh oh);
struct pdf_id pdf_id_of(struct pdf_doc *doc, qpdf_oh oh);
bool	 pdf_id_equal(struct pdf_id a, struct pdf_id b);	/* not direct */

/* A member of a dictionary, or of a stream's; 0 if it is none or null. */
qpdf_oh	 pdf_get(struct pdf_doc *doc, qpdf_oh dict, const char *key);
/* A member of an array, and how many there are. */
size_t	 pdf_count(struct pdf_doc *doc, qpdf_oh array);
qpdf_oh	 pdf_at(struct pdf_doc *doc, qpdf_oh array, size_t i);
/* As pdf_get(), looking in /Parent where oh has none. */
qpdf_oh	 pdf_get_inherited(struct pdf_doc *doc, qpdf_oh oh, const char *key);

bool	 pdf_int(struct pdf_doc *doc, qpdf_oh oh, long long *v);
bool	 pdf_number(struct pdf_doc *doc, qpdf_oh oh, double *v);
bool	 pdf_bool(struct pdf_doc *doc, qpdf_oh oh);	/* true, said so */
/* A name, as "/Sig"; "" if it is none.  Tied to doc, until the next call. */
const char *pdf_name(struct pdf_doc *doc, qpdf_oh oh);
bool	 pdf_name_is(struct pdf_doc *doc, qpdf_oh oh, const char *name);
/* A string's octets; as UTF-8.  Tied to doc, until the next call. */
struct octets pdf_string(struct pdf_doc *doc, qpdf_oh oh);
struct octets pdf_text(struct pdf_doc *doc, qpdf_oh oh);
/* Four numbers, sorted to left, bottom, right, top. */
bool	 pdf_rect(struct pdf_doc *doc, qpdf_oh oh, double rect[4]);

/* The keys of a dictionary or of a stream's, sorted; the caller frees with
 * pdf_keys_free().  More than LIMIT_PDF_KEYS: doc->cut. */
char	**pdf_keys(struct pdf_doc *doc, qpdf_oh dict, size_t *n);
void	 pdf_keys_free(char **keys, size_t n);

#endif /* SIGNING_PDF_DOC_H */
