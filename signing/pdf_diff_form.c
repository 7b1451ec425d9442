#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/pdf_change.h"

/* Comparing the form and the annotations of two revisions. */

#define POINTS_PER_MM	(72 / 25.4)

static bool
is_empty(const struct pdf_annot *a)
{
	return a->rect[2] - a->rect[0] < 0.01 ||
	    a->rect[3] - a->rect[1] < 0.01;
}

/* Is it a signature field, or a widget of one, and has it a value? */
static bool
is_signature(struct pdf_doc *doc, qpdf_oh oh)
{
	return pdf_name_is(doc, pdf_get_inherited(doc, oh, "/FT"), "/Sig");
}

static bool
is_signed(struct pdf_doc *doc, qpdf_oh oh)
{
	return is_signature(doc, oh) &&
	    pdf_is_dict(doc, pdf_get_inherited(doc, oh, "/V"));
}

/* Does it draw anything? */
static bool
draws(struct pdf_doc *doc, qpdf_oh oh)
{
	return pdf_get(doc, oh, "/AP") != 0 || pdf_get(doc, oh, "/MK") != 0 ||
	    pdf_get(doc, oh, "/BS") != 0 || pdf_get(doc, oh, "/Border") != 0;
}

/* A field more of a signature that came is told once. */
static void
note_added(struct pdf_diff *d, const struct pdf_field *f, bool shows)
{
	const struct pdf_id	 value = pdf_id_of(d->new, f->value);
	struct pdf_changes	*c = d->out;
	size_t			 i;

	for (i = 0; i < c->nadded; i++)
		if (strcmp(c->added[i].name, f->name) == 0 ||
		    pdf_id_equal(c->added[i].value, value)) {
			c->added[i].shows |= shows;
			return;
		}
	if (c->nadded == LIMIT_PDF_CHANGES) {
		pdf_changes_say(c, PDF_UNSURE, "more stamps were added than "
		    "are compared");
		return;
	}
	(void)snprintf(c->added[c->nadded].name, PDF_FIELD_NAME_SIZE, "%s",
	    f->name);
	c->added[c->nadded].value = value;
	c->added[c->nadded++].shows = shows;
}

static bool
overlaps(const struct pdf_annot *a, const struct pdf_annot *b)
{
	return a->rect[0] < b->rect[2] && b->rect[0] < a->rect[2] &&
	    a->rect[1] < b->rect[3] && b->rect[1] < a->rect[3];
}

/* Where a new stamp lies: it may not hide an older one, nor the page. */
static void
judge_place(struct pdf_diff *d, const struct pdf_annot *a, const char *name)
{
	const double		 limit = PDF_STAMP_MM * POINTS_PER_MM;
	const struct pdf_annot	*b;
	size_t			 i;

	if (a->rect[2] - a->rect[0] > limit || a->rect[3] - a->rect[1] > limit)
		pdf_changes_say(d->out, PDF_UNSURE, "page %zu: stamp %s, "
		    "added later, covers much of the page", a->page + 1, name);
	for (i = 0; i < d->old->nannots; i++) {
		b = &d->old->annots[i];
		if (b->page == a->page && b->widget && !is_empty(b) &&
		    is_signed(d->old, b->oh) && overlaps(a, b))
			pdf_changes_say(d->out, PDF_UNSURE, "page %zu: stamp "
			    "%s, added later, lies over an earlier one",
			    a->page + 1, name);
	}
}

/* A signature that was not there, or not signed. */
static void
say_signed(struct pdf_diff *d, const struct pdf_field *f)
{
	const struct pdf_annot	*a;
	bool			 shows = false;
	size_t			 i;

	for (i = 0; i < d->new->nannots; i++) {
		a = &d->new->annots[i];
		if (is_empty(a) || (!pdf_id_equal(a->id, f->id) &&
		    !pdf_id_equal(a->parent, f->id)))
			continue;
		shows = true;
		pdf_changes_say(d->out, PDF_HARMLESS, "page %zu: another "
		    "stamp was added (%s)", a->page + 1, f->name);
		judge_place(d, a, f->name);
	}
	if (!shows)
		pdf_changes_say(d->out, PDF_HARMLESS, "%s was added (%s)",
		    pdf_name_is(d->new, pdf_get(d->new, f->value,
		    "/SubFilter"), "/ETSI.RFC3161") ? "a document time-stamp" :
		    "another signature, which shows nothing,", f->name);
	note_added(d, f, shows);
}

/* ---- fields */

static const char *const	links[] = { "/Parent", "/P", "/Kids" };
static const char *const	filled[] = { "/V", "/AP", "/AS", "/I", "/MK" };

static bool
is_in(const char *const *list, size_t n, const char *key)
{
	size_t	i;

	for (i = 0; i < n && strcmp(list[i], key) != 0; i++)
		;
	return i < n;
}

static void
say_field(struct pdf_diff *d, qpdf_oh old, const char *key, const char *name)
{
	if (is_signed(d->old, old))
		pdf_changes_say(d->out, PDF_CHANGED, "the %s of stamp %s was "
		    "changed", strcmp(key, "/V") == 0 ? "signature" :
		    "picture or place", name);
	else if (is_in(filled, sizeof(filled) / sizeof(filled[0]), key))
		pdf_changes_say(d->out, PDF_CHANGED, "form field %s was "
		    "filled", name);
	else
		pdf_changes_say(d->out, PDF_CHANGED, "form field %s was "
		    "changed (%.20s)", name, key + 1);
}

void
pdf_diff_field(struct pdf_diff *d, qpdf_oh old, qpdf_oh new,
    const char *name)
{
	size_t	  i, n[2];
	char	**keys[2];
	unsigned  side;

	/* An empty signature field that was signed: said where fields are. */
	if (is_signature(d->old, old) && is_signature(d->new, new) &&
	    !is_signed(d->old, old) && is_signed(d->new, new))
		return;
	keys[0] = pdf_keys(d->old, old, &n[0]);
	keys[1] = pdf_keys(d->new, new, &n[1]);
	for (side = 0; side < 2; side++)
		for (i = 0; i < n[side]; i++)
			if (!is_in(links, sizeof(links) / sizeof(links[0]),
			    keys[side][i]) && !pdf_diff_key(d, old, new,
			    keys[side][i]))
				say_field(d, old, keys[side][i], name);
	pdf_keys_free(keys[0], n[0]);
	pdf_keys_free(keys[1], n[1]);
}

static const struct pdf_field *
twin(const struct pdf_fields *in, const struct pdf_field *f)
{
	size_t	i;

	for (i = 0; i < in->n; i++)
		if (pdf_id_equal(in->field[i].id, f->id) &&
		    strcmp(in->field[i].name, f->name) == 0)
			return &in->field[i];
	/* Direct objects have no number. */
	for (i = 0; i < in->n; i++)
		if (in->field[i].id.number == 0 && f->id.number == 0 &&
		    strcmp(in->field[i].name, f->name) == 0)
			return &in->field[i];
	return NULL;
}

static void
diff_new_field(struct pdf_diff *d, const struct pdf_field *f)
{
	const struct pdf_field	*old = twin(d->old_fields, f);
	bool			 was;

	was = old != NULL && pdf_field_is_signed(d->old, old);
	if (!was && pdf_field_is_signed(d->new, f))
		say_signed(d, f);
	else if (old == NULL && f->signature)
		pdf_changes_say(d->out, PDF_HARMLESS, "an empty field for a "
		    "signature was added (%s)", f->name);
	else if (old == NULL && pdf_get(d->new, f->oh, "/FT") != 0)
		pdf_changes_say(d->out, PDF_CHANGED, "form field %s was "
		    "added", f->name);
	if (old != NULL)
		pdf_diff_field(d, old->oh, f->oh, f->name);
	if (old != NULL && old->listed && !f->listed)
		pdf_changes_say(d->out, PDF_CHANGED, "field %s was taken out "
		    "of the form", f->name);
}

/* ---- the form (ISO 32000-1, table 218) */

static void
diff_form_key(struct pdf_diff *d, const char *key, bool fields)
{
	if (strcmp(key, "/Fields") == 0 || strcmp(key, "/SigFlags") == 0 ||
	    pdf_diff_key(d, d->old->form, d->new->form, key))
		return;
	if (strcmp(key, "/NeedAppearances") == 0 && !pdf_bool(d->new,
	    pdf_get(d->new, d->new->form, key)))
		return;
	if (strcmp(key, "/XFA") == 0 || strcmp(key, "/NeedAppearances") == 0)
		pdf_changes_say(d->out, PDF_CHANGED, "how the form is drawn "
		    "was changed (%s)", key + 1);
	else if ((strcmp(key, "/DR") != 0 && strcmp(key, "/DA") != 0) ||
	    fields)
		pdf_changes_say(d->out, PDF_UNSURE, "a default of the form "
		    "was changed (%.20s)", key + 1);
}

void
pdf_diff_form(struct pdf_diff *d)
{
	bool	  fields = false;
	size_t	  i, n[2];
	char	**keys[2];
	unsigned  side;

	for (i = 0; i < d->new_fields->n; i++) {
		fields |= !d->new_fields->field[i].signature;
		diff_new_field(d, &d->new_fields->field[i]);
	}
	for (i = 0; i < d->old_fields->n; i++)
		if (twin(d->new_fields, &d->old_fields->field[i]) == NULL)
			pdf_changes_say(d->out, PDF_CHANGED, "%s %s was "
			    "removed", pdf_field_is_signed(d->old,
			    &d->old_fields->field[i]) ? "stamp" :
			    "form field", d->old_fields->field[i].name);
	keys[0] = pdf_keys(d->old, d->old->form, &n[0]);
	keys[1] = pdf_keys(d->new, d->new->form, &n[1]);
	for (side = 0; side < 2; side++)
		for (i = 0; i < n[side]; i++)
			diff_form_key(d, keys[side][i], fields);
	pdf_keys_free(keys[0], n[0]);
	pdf_keys_free(keys[1], n[1]);
}

/* ---- annotations */

static const struct {
	const char	*subtype, *words;
} annot_words[] = {
	{ "/Text", "a comment" }, { "/FreeText", "a text" },
	{ "/Popup", "a comment" }, { "/Highlight", "a marking" },
	{ "/Underline", "a marking" }, { "/StrikeOut", "a marking" },
	{ "/Squiggly", "a marking" }, { "/Link", "a link" },
	{ "/Stamp", "a picture of a stamp (not an electronic seal)" },
	{ "/Ink", "a drawing" }, { "/Square", "a drawing" },
	{ "/Circle", "a drawing" }, { "/Line", "a drawing" },
	{ "/Polygon", "a drawing" }, { "/PolyLine", "a drawing" },
	{ "/FileAttachment", "an attachment" }, { "/Redact", "a redaction" },
	{ "/Widget", "a form field" },
};

static const char *
words_of(struct pdf_doc *doc, qpdf_oh oh)
{
	qpdf_oh		 kind = pdf_get(doc, oh, "/Subtype");
	size_t		 i;

	for (i = 0; i < sizeof(annot_words) / sizeof(annot_words[0]); i++)
		if (pdf_name_is(doc, kind, annot_words[i].subtype))
			return annot_words[i].words;
	return "an annotation";
}

/* Where a widget that came belongs to a signature that it may show. */
static bool
may_show(struct pdf_diff *d, const struct pdf_annot *a,
    const struct pdf_field *f)
{
	const struct pdf_field	*was;

	if (is_empty(a) || !draws(d->new, a->oh))
		return true;
	if (f == NULL || !f->listed || !pdf_field_is_signed(d->new, f))
		return false;
	/* A signature that was there has its places already. */
	was = twin(d->old_fields, f);
	return was == NULL || !pdf_field_is_signed(d->old, was);
}

static void
diff_new_annot(struct pdf_diff *d, const struct pdf_annot *a)
{
	const bool	sig = a->widget && is_signature(d->new, a->oh);

	if (sig && may_show(d, a, pdf_field_of(d->new_fields, a)))
		return;
	if (sig)
		pdf_changes_say(d->out, PDF_CHANGED, "page %zu: a field "
		    "draws like a stamp and is signed by nobody", a->page + 1);
	else
		pdf_changes_say(d->out, PDF_CHANGED, "page %zu: %s was added",
		    a->page + 1, words_of(d->new, a->oh));
}

static void
diff_old_annot(struct pdf_diff *d, const struct pdf_annot *old,
    const struct pdf_annot *new)
{
	static const char *const	skip[] = { "/Parent", "/P", "/Popup" };
	const struct pdf_field		*f;
	size_t				 i, n[2];
	char				**keys[2];
	unsigned			 side;

	/* Most are what they were. */
	if (!old->widget && pdf_same(d->same, old->oh, new->oh) == PDF_SAME)
		return;
	if (old->widget && new->widget) {
		f = pdf_field_of(d->new_fields, new);
		pdf_diff_field(d, old->oh, new->oh, f != NULL ? f->name :
		    "without a name");
		/* A signed field may not get another place to show in. */
		if ((old->parent.number != 0 || new->parent.number != 0) &&
		    !pdf_id_equal(old->parent, new->parent))
			pdf_changes_say(d->out, PDF_CHANGED, "page %zu: a "
			    "field became another's", new->page + 1);
		return;
	}
	keys[0] = pdf_keys(d->old, old->oh, &n[0]);
	keys[1] = pdf_keys(d->new, new->oh, &n[1]);
	for (side = 0; side < 2; side++)
		for (i = 0; i < n[side]; i++)
			if (!is_in(skip, sizeof(skip) / sizeof(skip[0]),
			    keys[side][i]) && !pdf_diff_key(d, old->oh,
			    new->oh, keys[side][i]))
				pdf_changes_say(d->out, PDF_CHANGED, "page "
				    "%zu: %s was changed", new->page + 1,
				    words_of(d->new, new->oh));
	pdf_keys_free(keys[0], n[0]);
	pdf_keys_free(keys[1], n[1]);
}

/* The place of new's twin among the page's old ones, from *from on. */
static bool
find_old(struct pdf_diff *d, const struct pdf_page *page,
    const struct pdf_annot *new, size_t *at)
{
	const struct pdf_annot	*old;
	size_t			 i;

	for (i = 0; i < page->nannots; i++) {
		old = &d->old->annots[page->first_annot + i];
		if (pdf_id_equal(old->id, new->id) || (old->id.number == 0 &&
		    new->id.number == 0 && pdf_same(d->same, old->oh,
		    new->oh) == PDF_SAME)) {
			*at = i;
			return true;
		}
	}
	return false;
}

void
pdf_diff_annots(struct pdf_diff *d, size_t page)
{
	const struct pdf_page	*old = &d->old->pages[page];
	const struct pdf_page	*new = &d->new->pages[page];
	const struct pdf_annot	*a;
	bool			*seen = xcalloc(old->nannots + 1, sizeof(bool));
	size_t			 i, at, next = 0;

	for (i = 0; i < new->nannots; i++) {
		a = &d->new->annots[new->first_annot + i];
		if (!find_old(d, old, a, &at)) {
			diff_new_annot(d, a);
			continue;
		}
		if (seen[at] || at < next)
			pdf_changes_say(d->out, PDF_CHANGED, "page %zu: what "
			    "lies on it was put in another order", page + 1);
		seen[at] = true;
		next = at;
		diff_old_annot(d, &d->old->annots[old->first_annot + at], a);
	}
	for (i = 0; i < old->nannots; i++)
		if (!seen[i])
			pdf_changes_say(d->out, PDF_CHANGED, "page %zu: %s was "
			    "removed", page + 1, words_of(d->old,
			    d->old->annots[old->first_annot + i].oh));
	free(seen);
}
