#include "signing/pdf_print.h"

#include <string.h>

#include "filing/words.h"

/* A row whose text qpdf lends; nothing where there is none. */
static void
put_text(struct pdf_doc *doc, qpdf_oh dict, const char *key,
    const char *what, struct buf *out)
{
	struct octets	o = pdf_text(doc, pdf_get(doc, dict, key));

	if (o.len > 0)
		words_row(out, what, o);
}

static void
put_name(struct pdf_doc *doc, qpdf_oh dict, const char *key,
    const char *what, struct buf *out)
{
	const char	*name = pdf_name(doc, pdf_get(doc, dict, key));

	words_row(out, what, name[0] == '\0' ? OCTETS("none", 4) :
	    OCTETS(name + 1, strlen(name + 1)));
}

void
pdf_print_file(struct pdf_doc *doc, size_t signatures, struct buf *out)
{
	const size_t	revisions = pdf_count_ends(doc->file);

	buf_printf(out, "%-20s%s, %zu octets\n", "PDF",
	    qpdf_get_pdf_version(doc->q), doc->file.len);
	buf_printf(out, "%-20s%zu\n", "pages", doc->npages);
	buf_printf(out, "%-20s%zu\n", "revisions", revisions);
	buf_printf(out, "%-20s%zu\n", "signatures", signatures);
	if (doc->rebuilt)
		buf_printf(out, "%-20s%s\n", "", "its table of objects does "
		    "not hold and was rebuilt");
}

void
pdf_print_sign(struct pdf_doc *doc, const struct pdf_sign *sign,
    struct buf *out)
{
	const StampReading	*s = sign->s;
	const struct pdf_range	*r = &sign->range;
	qpdf_oh			 v = sign->field[0]->value;
	const char		*kind;

	buf_printf(out, "\n%-20s%s\n", "signature", s->label);
	if (sign->nfields > 1)
		buf_printf(out, "%-20s%zu, of which it is the one value\n",
		    "  fields", sign->nfields);
	put_name(doc, v, "/Filter", "  filter", out);
	put_name(doc, v, "/SubFilter", "  subfilter", out);
	kind = pdf_subfilter_words(pdf_name(doc, pdf_get(doc, v,
	    "/SubFilter")));
	buf_printf(out, "%-20s%s\n", "", kind != NULL ? kind :
	    "a kind that is not known here");
	put_text(doc, v, "/Name", "  name", out);
	put_text(doc, v, "/Reason", "  reason", out);
	put_text(doc, v, "/Location", "  location", out);
	put_text(doc, v, "/M", "  time it says", out);
	if (r->good)
		buf_printf(out, "%-20soctets 0 to %zu of %zu (revision %zu), "
		    "but its own value at %zu to %zu\n", "  covers", r->end,
		    doc->file.len, pdf_count_ends(OCTETS(doc->file.p,
		    r->end)), r->gap, r->gap_end);
	else
		buf_printf(out, "%-20snothing: %s\n", "  covers", r->fault);
}
