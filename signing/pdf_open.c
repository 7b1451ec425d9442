#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/pdf_doc.h"

/* Opening a revision, and finding its pages and annotations. */

struct walk {
	struct pdf_doc	*doc;
	size_t		 nodes, cap, annot_cap;
};

static void
add_annots(struct walk *w, struct pdf_page *p)
{
	struct pdf_doc		*doc = w->doc;
	qpdf_oh			 list = pdf_get(doc, p->oh, "/Annots"), kind;
	struct pdf_annot	*a;
	size_t			 i, n = pdf_count(doc, list);

	p->first_annot = doc->nannots;
	for (i = 0; i < n; i++) {
		if (doc->nannots == LIMIT_PDF_ANNOTS) {
			doc->cut = true;
			break;
		}
		if (doc->nannots == w->annot_cap) {
			w->annot_cap = w->annot_cap == 0 ? 16 :
			    2 * w->annot_cap;
			doc->annots = xreallocarray(doc->annots, w->annot_cap,
			    sizeof(doc->annots[0]));
		}
		a = &doc->annots[doc->nannots++];
		memset(a, 0, sizeof(*a));
		a->oh = qpdf_oh_get_array_item(doc->q, list, (int)i);
		a->id = pdf_id_of(doc, a->oh);
		a->page = doc->npages - 1;
		kind = pdf_get(doc, a->oh, "/Subtype");
		a->widget = pdf_name_is(doc, kind, "/Widget");
		qpdf_oh_release(doc->q, kind);
		if (!a->widget)
			continue;
		a->parent = pdf_id_of(doc, pdf_get(doc, a->oh, "/Parent"));
		/* A rectangle that does not read is an empty one. */
		if (!pdf_rect(doc, pdf_get(doc, a->oh, "/Rect"), a->rect))
			memset(a->rect, 0, sizeof(a->rect));
	}
	p->nannots = doc->nannots - p->first_annot;
}

static void
add_page(struct walk *w, qpdf_oh oh, const qpdf_oh inherited[PDF_INHERITED])
{
	struct pdf_doc	*doc = w->doc;
	struct pdf_page	*p;

	if (doc->npages == w->cap) {
		w->cap = w->cap == 0 ? 16 : 2 * w->cap;
		doc->pages = xreallocarray(doc->pages, w->cap,
		    sizeof(doc->pages[0]));
	}
	p = &doc->pages[doc->npages++];
	memset(p, 0, sizeof(*p));
	p->oh = oh;
	p->id = pdf_id_of(doc, oh);
	memcpy(p->inherited, inherited, sizeof(p->inherited));
	add_annots(w, p);
}

/* A node without /Kids is a page, whatever its /Type says: so do readers. */
static void
walk_pages(struct walk *w, qpdf_oh node, const qpdf_oh above[PDF_INHERITED],
    unsigned depth)
{
	struct pdf_doc	*doc = w->doc;
	qpdf_oh		 mine[PDF_INHERITED], kids, own;
	size_t		 i, n;

	if (!pdf_is_dict(doc, node))
		return;
	if (depth == LIMIT_PDF_DEPTH || ++w->nodes > LIMIT_PDF_PAGES) {
		doc->cut = true;
		return;
	}
	for (i = 0; i < PDF_INHERITED; i++) {
		own = pdf_get(doc, node, pdf_inherited_key[i]);
		mine[i] = own != 0 ? own : above[i];
	}
	kids = pdf_get(doc, node, "/Kids");
	if (!pdf_is_array(doc, kids)) {
		add_page(w, node, mine);
		return;
	}
	for (i = 0, n = pdf_count(doc, kids); i < n && !doc->cut; i++)
		walk_pages(w, pdf_at(doc, kids, i), mine, depth + 1);
}

/* strict: a table of objects that does not hold is an error. */
static bool
try_open(struct pdf_doc *doc, bool strict, bool *locked)
{
	qpdf_error	why;

	pdf_doc_reset(doc);
	qpdf_set_attempt_recovery(doc->q, strict ? QPDF_FALSE : QPDF_TRUE);
	if ((qpdf_read_memory(doc->q, "file", (const char *)doc->file.p,
	    doc->file.len, NULL) & QPDF_ERRORS) != 0) {
		why = qpdf_get_error(doc->q);
		*locked = why != NULL && qpdf_get_error_code(doc->q, why) ==
		    qpdf_e_password;
		return false;
	}
	doc->root = qpdf_get_root(doc->q);
	return pdf_is_dict(doc, doc->root) &&
	    pdf_is_dict(doc, pdf_get(doc, doc->root, "/Pages"));
}

int
pdf_doc_open(struct octets file, struct pdf_doc **out, struct err *e)
{
	struct pdf_doc	*doc = xcalloc(1, sizeof(*doc));
	struct walk	 w = { .doc = doc };
	const qpdf_oh	 none[PDF_INHERITED] = { 0 };
	bool		 locked = false;
	int		 rc;

	*out = NULL;
	doc->file = file;
	if (!try_open(doc, true, &locked) && !locked) {
		doc->rebuilt = true;
		if (!try_open(doc, false, &locked) && !locked) {
			rc = err_set_id(e, ERR_FORMAT, "bad-pdf",
			    "a PDF whose objects cannot be found");
			goto out;
		}
	}
	/* With the empty password every reader opens it: it only forbids. */
	doc->locked = locked;
	doc->encrypted = locked || qpdf_is_encrypted(doc->q);
	if (!locked) {
		doc->form = pdf_get(doc, doc->root, "/AcroForm");
		walk_pages(&w, pdf_get(doc, doc->root, "/Pages"), none, 0);
	}
	(void)pdf_doc_warnings(doc);
	*out = doc;
	doc = NULL;

	rc = 0;
out:
	pdf_doc_free(doc);
	return rc;
}
