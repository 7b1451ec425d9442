#include "signing/pdf_field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/x509.h"

/* What a field has from those above it. */
struct above {
	const char	*name;
	qpdf_oh		 kind, value;
	unsigned	 depth;
};

static struct pdf_field *
add(struct pdf_fields *f, struct pdf_doc *doc, qpdf_oh oh)
{
	struct pdf_field	*new;

	if (f->n == LIMIT_PDF_FIELDS) {
		f->cut = true;
		return NULL;
	}
	if ((f->n & (f->n - 1)) == 0)
		f->field = xreallocarray(f->field, f->n == 0 ? 1 : 2 * f->n,
		    sizeof(f->field[0]));
	new = &f->field[f->n++];
	memset(new, 0, sizeof(*new));
	new->oh = oh;
	new->id = pdf_id_of(doc, oh);
	return new;
}

/* The name with those above it; what a terminal would obey is made safe. */
static void
put_name(char out[PDF_FIELD_NAME_SIZE], const char *above, struct octets own)
{
	char	safe[PDF_FIELD_NAME_SIZE / 2];

	x509_safe_text((const char *)own.p, own.len, safe, sizeof(safe));
	(void)snprintf(out, PDF_FIELD_NAME_SIZE, "%.60s%s%s", above,
	    above[0] != '\0' && safe[0] != '\0' ? "." : "", safe);
}

/* A kid with a name of its own is a field; one without is a widget. */
static bool
has_fields_below(struct pdf_doc *doc, qpdf_oh kids)
{
	size_t	i, n = pdf_count(doc, kids);

	for (i = 0; i < n; i++)
		if (pdf_get(doc, pdf_at(doc, kids, i), "/T") != 0)
			return true;
	return false;
}

static void
walk(struct pdf_fields *f, struct pdf_doc *doc, qpdf_oh node,
    const struct above *above)
{
	struct pdf_field	*new;
	struct above		 mine = *above;
	char			 name[PDF_FIELD_NAME_SIZE];
	qpdf_oh			 kids, own;
	size_t			 i, n;

	if (!pdf_is_dict(doc, node))
		return;
	if (above->depth == LIMIT_PDF_DEPTH) {
		f->cut = true;
		return;
	}
	mine.depth++;
	if ((own = pdf_get(doc, node, "/FT")) != 0)
		mine.kind = own;
	if ((own = pdf_get(doc, node, "/V")) != 0)
		mine.value = own;
	put_name(name, above->name, pdf_text(doc, pdf_get(doc, node, "/T")));
	mine.name = name;
	kids = pdf_get(doc, node, "/Kids");
	if ((new = add(f, doc, node)) == NULL)
		return;
	memcpy(new->name, name, sizeof(new->name));
	new->signature = pdf_name_is(doc, mine.kind, "/Sig");
	new->value = mine.value;
	new->listed = true;
	if (!has_fields_below(doc, kids))
		return;
	/* What stands above fields is no signature of its own. */
	new->signature = false;
	for (i = 0, n = pdf_count(doc, kids); i < n && !f->cut; i++)
		if (pdf_get(doc, pdf_at(doc, kids, i), "/T") != 0)
			walk(f, doc, pdf_at(doc, kids, i), &mine);
}

const struct pdf_field *
pdf_field_of(const struct pdf_fields *f, const struct pdf_annot *a)
{
	size_t	i;

	for (i = 0; i < f->n; i++)
		if (pdf_id_equal(f->field[i].id, a->id))
			return &f->field[i];
	for (i = 0; i < f->n; i++)
		if (pdf_id_equal(f->field[i].id, a->parent))
			return &f->field[i];
	return NULL;
}

/* Widgets of signatures that no form lists. */
static void
add_unlisted(struct pdf_fields *f, struct pdf_doc *doc)
{
	const struct pdf_annot	*a;
	struct pdf_field	*new;
	size_t			 i;

	for (i = 0; i < doc->nannots; i++) {
		a = &doc->annots[i];
		if (!a->widget || !pdf_name_is(doc,
		    pdf_get_inherited(doc, a->oh, "/FT"), "/Sig") ||
		    pdf_field_of(f, a) != NULL)
			continue;
		if ((new = add(f, doc, a->oh)) == NULL)
			return;
		put_name(new->name, "", pdf_text(doc,
		    pdf_get_inherited(doc, a->oh, "/T")));
		new->signature = true;
		new->value = pdf_get_inherited(doc, a->oh, "/V");
	}
}

bool
pdf_field_is_signed(struct pdf_doc *doc, const struct pdf_field *f)
{
	return f->signature && pdf_is_dict(doc, f->value);
}

void
pdf_fields_init(struct pdf_fields *f, struct pdf_doc *doc)
{
	const struct above	none = { .name = "" };
	qpdf_oh			list = pdf_get(doc, doc->form, "/Fields");
	size_t			i, n;

	memset(f, 0, sizeof(*f));
	for (i = 0, n = pdf_count(doc, list); i < n && !f->cut; i++)
		walk(f, doc, pdf_at(doc, list, i), &none);
	add_unlisted(f, doc);
}

void
pdf_fields_fini(struct pdf_fields *f)
{
	free(f->field);
	memset(f, 0, sizeof(*f));
}
