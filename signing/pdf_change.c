#include "signing/pdf_change.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "signing/pdf_range.h"

/* What it means when a key's value is not what it was.  NULL words: a rule of
 * its own, or nothing to say. */
struct key_rule {
	const char	*key;
	enum pdf_effect	 effect;
	const char	*words;
};

/* ISO 32000-1, table 28, and what later extensions added. */
static const struct key_rule	catalog_rules[] = {
	{ "/Pages", PDF_HARMLESS, NULL },
	{ "/AcroForm", PDF_HARMLESS, NULL },
	{ "/Type", PDF_HARMLESS, NULL },
	{ "/Version", PDF_HARMLESS, NULL },
	{ "/Extensions", PDF_HARMLESS, NULL },
	{ "/Metadata", PDF_HARMLESS, "the metadata was changed" },
	{ "/DSS", PDF_HARMLESS, "proofs about certificates were added" },
	{ "/Perms", PDF_HARMLESS, "the entry of permissions was changed" },
	{ "/OCProperties", PDF_CHANGED, "which layers show was changed" },
	{ "/OpenAction", PDF_CHANGED,
	    "what the file does when it is opened was changed" },
	{ "/AA", PDF_CHANGED, "what the file does by itself was changed" },
	{ "/Collection", PDF_CHANGED, "the portfolio was changed" },
	{ "/Names", PDF_CHANGED, NULL },
	{ "/Outlines", PDF_UNSURE, "the bookmarks were changed" },
	{ "/PageLabels", PDF_UNSURE, "the page labels were changed" },
	{ "/StructTreeRoot", PDF_UNSURE,
	    "what is read aloud (the structure) was changed" },
};

/* Table 166 and others under /Names. */
static const struct key_rule	name_rules[] = {
	{ "/JavaScript", PDF_CHANGED, "a script was added or changed" },
	{ "/AP", PDF_CHANGED, "the appearances were changed" },
	{ "/EmbeddedFiles", PDF_UNSURE, "an attachment was added or changed" },
	{ "/Dests", PDF_UNSURE, "the targets of links were changed" },
};

/* Table 30. */
static const struct key_rule	page_rules[] = {
	{ "/Parent", PDF_HARMLESS, NULL },
	{ "/Annots", PDF_HARMLESS, NULL },
	{ "/Resources", PDF_HARMLESS, NULL },	/* as inherited */
	{ "/MediaBox", PDF_HARMLESS, NULL },
	{ "/CropBox", PDF_HARMLESS, NULL },
	{ "/Rotate", PDF_HARMLESS, NULL },
	{ "/Type", PDF_HARMLESS, NULL },
	{ "/Metadata", PDF_HARMLESS, NULL },
	{ "/PieceInfo", PDF_HARMLESS, NULL },
	{ "/LastModified", PDF_HARMLESS, NULL },
	{ "/Tabs", PDF_HARMLESS, NULL },
	{ "/StructParents", PDF_HARMLESS, NULL },
	{ "/Contents", PDF_CHANGED, "content was replaced" },
	{ "/Group", PDF_CHANGED, "way of mixing colours was changed" },
	{ "/UserUnit", PDF_CHANGED, "scale was changed" },
	{ "/AA", PDF_CHANGED, "actions were changed" },
	{ "/Thumb", PDF_UNSURE, "thumbnail was changed" },
};

static const char *const	inherited_words[PDF_INHERITED] = {
	"fonts, images or other resources were changed",
	"size was changed", "visible part was changed", "turn was changed"
};

void
pdf_changes_say(struct pdf_changes *c, enum pdf_effect effect,
    const char *fmt, ...)
{
	char	text[PDF_CHANGE_SIZE];
	va_list	ap;
	size_t	i;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (effect > c->worst)
		c->worst = effect;
	for (i = 0; i < c->n; i++)
		if (strcmp(c->line[i].text, text) == 0)
			break;
	if (i == LIMIT_PDF_CHANGES)
		return;
	if (i == c->n) {
		c->line[c->n].effect = effect;
		memcpy(c->line[c->n++].text, text, sizeof(text));
	} else if (effect > c->line[i].effect)
		c->line[i].effect = effect;
}

bool
pdf_diff_key(struct pdf_diff *d, qpdf_oh old, qpdf_oh new, const char *key)
{
	qpdf_oh			a = pdf_get(d->old, old, key);
	qpdf_oh			b = pdf_get(d->new, new, key);
	enum pdf_same_result	rc = pdf_same(d->same, a, b);

	qpdf_oh_release(d->old->q, a);
	qpdf_oh_release(d->new->q, b);
	if (rc == PDF_TIRED)
		pdf_changes_say(d->out, PDF_UNSURE, "there is more in this "
		    "file than is compared: %s was not", key + 1);
	return rc != PDF_DIFFERENT;
}

/* The keys of both, each once; caller frees with pdf_keys_free(). */
static char **
both_keys(struct pdf_diff *d, qpdf_oh old, qpdf_oh new, size_t *n)
{
	size_t	  na, nb, i, j;
	char	**a = pdf_keys(d->old, old, &na);
	char	**b = pdf_keys(d->new, new, &nb);

	a = xreallocarray(a, na + nb + 1, sizeof(a[0]));
	*n = na;
	for (i = 0; i < nb; i++) {
		for (j = 0; j < na && strcmp(a[j], b[i]) != 0; j++)
			;
		if (j < na)
			free(b[i]);
		else
			a[(*n)++] = b[i];
	}
	free(b);
	return a;
}

static const struct key_rule *
rule_of(const struct key_rule *rules, size_t n, const char *key)
{
	size_t	i;

	for (i = 0; i < n; i++)
		if (strcmp(rules[i].key, key) == 0)
			return &rules[i];
	return NULL;
}

/* Every key of two dictionaries by a table; what no row has: unsure. */
static void
diff_dict(struct pdf_diff *d, qpdf_oh old, qpdf_oh new, const char *what,
    const struct key_rule *rules, size_t nrules)
{
	const struct key_rule	*r;
	size_t			 i, n;
	char			**keys = both_keys(d, old, new, &n);

	for (i = 0; i < n; i++) {
		r = rule_of(rules, nrules, keys[i]);
		if ((r != NULL && r->words == NULL) ||
		    pdf_diff_key(d, old, new, keys[i]))
			continue;
		if (r != NULL)
			pdf_changes_say(d->out, r->effect, "%s%s", what,
			    r->words);
		else
			pdf_changes_say(d->out, PDF_UNSURE, "%sentry %.40s "
			    "was changed", what, keys[i] + 1);
	}
	pdf_keys_free(keys, n);
}

static void
diff_page(struct pdf_diff *d, size_t i)
{
	const struct pdf_page	*old = &d->old->pages[i];
	const struct pdf_page	*new = &d->new->pages[i];
	char			 what[32];
	size_t			 k;
	enum pdf_same_result	 rc;

	(void)snprintf(what, sizeof(what), "page %zu: its ", i + 1);
	for (k = 0; k < PDF_INHERITED; k++) {
		rc = pdf_same(d->same, old->inherited[k], new->inherited[k]);
		if (rc != PDF_SAME)
			pdf_changes_say(d->out, rc == PDF_TIRED ? PDF_UNSURE :
			    PDF_CHANGED, "%s%s%s", what, inherited_words[k],
			    rc == PDF_TIRED ? ", perhaps: there is too much "
			    "of them" : "");
	}
	diff_dict(d, old->oh, new->oh, what, page_rules,
	    sizeof(page_rules) / sizeof(page_rules[0]));
	pdf_diff_annots(d, i);
}

static void
diff_pages(struct pdf_diff *d)
{
	size_t	i;

	if (d->old->npages != d->new->npages)
		pdf_changes_say(d->out, PDF_CHANGED, "pages were %s: %zu "
		    "then, %zu now", d->old->npages < d->new->npages ?
		    "added" : "removed", d->old->npages, d->new->npages);
	for (i = 0; i < d->old->npages && i < d->new->npages; i++)
		diff_page(d, i);
}

static void
diff_names(struct pdf_diff *d)
{
	qpdf_oh	old = pdf_get(d->old, d->old->root, "/Names");
	qpdf_oh	new = pdf_get(d->new, d->new->root, "/Names");

	diff_dict(d, old, new, "", name_rules,
	    sizeof(name_rules) / sizeof(name_rules[0]));
}

/*
 * What was appended must end in a table of objects of its own: else readers
 * that rebuild tables see what others do not.
 */
static void
diff_tables(struct pdf_diff *d)
{
	const size_t	end = d->old->file.len;
	uint64_t	at;

	if (pdf_trimmed(d->new->file, d->new->file.len) <= end)
		return;
	if (!pdf_last_table(d->new->file, end, &at) || at < end ||
	    at >= d->new->file.len)
		pdf_changes_say(d->out, PDF_CHANGED, "octets were appended "
		    "that no table of the file lists");
	if (d->new->rebuilt)
		pdf_changes_say(d->out, PDF_CHANGED, "what was appended has "
		    "no table that holds; readers rebuild it as they like");
	if (pdf_get(d->new, qpdf_get_trailer(d->new->q), "/XRefStm") != 0)
		pdf_changes_say(d->out, PDF_UNSURE, "what was appended has "
		    "two tables of objects");
}

/* What is encrypted otherwise, or not any more, reads otherwise. */
static void
diff_lock(struct pdf_diff *d)
{
	if (d->old->encrypted != d->new->encrypted ||
	    !pdf_diff_key(d, qpdf_get_trailer(d->old->q),
	    qpdf_get_trailer(d->new->q), "/Encrypt"))
		pdf_changes_say(d->out, PDF_CHANGED, "how the file is "
		    "encrypted was changed");
}

void
pdf_diff_all(struct pdf_diff *d)
{
	diff_lock(d);
	if (d->old->rebuilt)
		pdf_changes_say(d->out, PDF_UNSURE, "the file has no table "
		    "of objects that holds; readers rebuild it as they like");
	diff_tables(d);
	diff_dict(d, d->old->root, d->new->root, "", catalog_rules,
	    sizeof(catalog_rules) / sizeof(catalog_rules[0]));
	diff_names(d);
	/* Of half a file nothing can be said page by page. */
	if (d->old->cut || d->new->cut || d->old_fields->cut ||
	    d->new_fields->cut) {
		pdf_changes_say(d->out, PDF_UNSURE, "there is more in this "
		    "file than is compared");
		return;
	}
	diff_pages(d);
	pdf_diff_form(d);
	if (pdf_doc_warnings(d->new) > pdf_doc_warnings(d->old))
		pdf_changes_say(d->out, PDF_UNSURE, "what was appended does "
		    "not follow the standard; readers may differ");
}
