#include "tests/unit/signing/pdfs.h"

#include <zlib.h>

#include "signing/pdf.h"
#include "signing/pdf_expand.h"

/*
 * PDFs that are right, that were changed after the stamp in every way we
 * know of, and whose ByteRange lies.
 */

static struct nation	n;

static const char *
row(const StampReading *s, const char *rule)
{
	const char	*found = "missing";
	size_t		 i, times = 0;

	for (i = 0; i < s->n_checks; i++)
		if (strcmp(s->checks[i]->rule, rule) == 0) {
			found = s->checks[i]->result;
			times++;
		}
	return times == 1 ? found : "not once";
}

static FileReading *
read_pdf(const struct buf *b)
{
	FileReading	*m = reading_new("pdf");
	struct err	 e = ERR_INIT;

	if (pdf_read(buf_octets(b), m, &e) != 0)
		fail_msg("%s", e.text);
	return m;
}

static bool
says(char **line, size_t count, const char *what)
{
	size_t	i;

	for (i = 0; i < count; i++)
		if (strstr(line[i], what) != NULL)
			return true;
	return false;
}

static void
start(struct pdf *p)
{
	static const struct pdf_spec	first = { .name = "First" };

	pdf_begin(p);
	pdf_close(p, "");
	pdf_stamp(p, &n, &first);
}

/* ---- what may come after a stamp */

static void
nothing(struct pdf *p)
{
	(void)p;
}

static void
white(struct pdf *p)
{
	buf_puts(&p->b, "\r\n \n");
}

static void
second_stamp(struct pdf *p)
{
	pdf_stamp(p, &n, &(struct pdf_spec){ .name = "Second", .x = 100,
	    .y = 400 });
}

static void
invisible(struct pdf *p)
{
	pdf_stamp(p, &n, &(struct pdf_spec){ .name = "Second", .size = 0.001 });
}

static void
empty_field(struct pdf *p)
{
	int	f = p->next++;
	char	ref[32];

	(void)snprintf(ref, sizeof(ref), " %d 0 R", f);
	strcat(p->fields, ref);
	strcat(p->annots, ref);
	pdf_object(p, f, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Later)"
	    " /P 3 0 R /Rect [10 10 60 60] >>");
	pdf_put_page(p);
	pdf_put_form(p);
	pdf_close(p, "");
}

static void
proofs(struct pdf *p)
{
	strcat(p->catalog, " /DSS << /CRLs [] >> /Extensions << /ESIC << "
	    "/BaseVersion /1.7 /ExtensionLevel 5 >> >>");
	pdf_put_form(p);
	pdf_close(p, "");
}

static void
metadata(struct pdf *p)
{
	int	f = p->next++;
	char	ref[64];

	(void)snprintf(ref, sizeof(ref), " /Metadata %d 0 R", f);
	strcat(p->catalog, ref);
	pdf_stream(p, f, "/Type /Metadata /Subtype /XML", "<x/>");
	pdf_object(p, INFO, "<< /Producer (another) >>");
	pdf_put_form(p);
	pdf_close(p, "");
}

/* The same objects written once more. */
static void
rewritten(struct pdf *p)
{
	pdf_stream(p, CONTENT, "", "BT /F1 18 Tf 60 700 Td (price 100) Tj ET");
	pdf_put_page(p);
	pdf_close(p, "");
}

/* ---- what may not */

static void
content(struct pdf *p)
{
	pdf_stream(p, CONTENT2, "", "BT /F1 18 Tf 60 700 Td (secret) Tj ET");
	pdf_close(p, "");
}

static void
more_content(struct pdf *p)
{
	int	f = p->next++;

	pdf_stream(p, f, "", "1 g 0 0 600 900 re f");
	pdf_object(p, PAGE, "<< /Type /Page /Parent 2 0 R /Contents [4 0 R %d "
	    "0 R] /Annots [%s] %s >>", f, p->annots, p->page);
	pdf_close(p, "");
}

static void
font(struct pdf *p)
{
	pdf_object(p, FONT, "<< /Type /Font /Subtype /Type1 /BaseFont "
	    "/Symbol >>");
	pdf_close(p, "");
}

/* A font that says that it is a page, to be passed over. */
static void
font_as_page(struct pdf *p)
{
	pdf_object(p, FONT, "<< /Type /Page /Subtype /Type1 /BaseFont "
	    "/Symbol >>");
	pdf_close(p, "");
}

static void
annot(struct pdf *p, const char *dict)
{
	int	f = p->next++;
	char	ref[32];

	(void)snprintf(ref, sizeof(ref), " %d 0 R", f);
	strcat(p->annots, ref);
	pdf_object(p, f, "%s", dict);
	pdf_put_page(p);
	pdf_close(p, "");
}

static void
comment(struct pdf *p)
{
	annot(p, "<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] "
	    "/Contents (I never agreed) >>");
}

static void
picture_stamp(struct pdf *p)
{
	annot(p, "<< /Type /Annot /Subtype /Stamp /Rect [60 690 300 720] "
	    "/Name /Approved >>");
}

static void
overlay(struct pdf *p)
{
	annot(p, "<< /Type /Annot /Subtype /FreeText /Rect [60 690 300 720] "
	    "/Contents (price 900) /DA (/F1 18 Tf) >>");
}

/* A widget of a signature field that nobody signed, but that draws. */
static void
false_stamp(struct pdf *p)
{
	int	look = p->next++;
	char	dict[256];

	pdf_stream(p, look, "/Type /XObject /Subtype /Form /BBox [0 0 9 9]",
	    "1 0 0 RG 0 0 9 9 re S");
	(void)snprintf(dict, sizeof(dict), "<< /Type /Annot /Subtype /Widget "
	    "/FT /Sig /T (False) /Rect [60 690 300 720] /AP << /N %d 0 R >> "
	    ">>", look);
	(void)snprintf(p->fields + strlen(p->fields), 32, " %d 0 R", p->next);
	annot(p, dict);
	pdf_put_form(p);
	pdf_close(p, "");
}

static void
junk_stamp(struct pdf *p)
{
	pdf_stamp(p, &n, &(struct pdf_spec){ .name = "Junk", .x = 60,
	    .y = 690, .junk = true });
}

static void
large_stamp(struct pdf *p)
{
	pdf_stamp(p, &n, &(struct pdf_spec){ .name = "Large", .x = 10,
	    .y = 300, .size = 500 });
}

static void
stamp_on_stamp(struct pdf *p)
{
	pdf_stamp(p, &n, &(struct pdf_spec){ .name = "Over", .x = 360,
	    .y = 110 });
}

static void
unlisted_stamp(struct pdf *p)
{
	pdf_stamp(p, &n, &(struct pdf_spec){ .name = "Unlisted", .x = 60,
	    .y = 690, .unlisted = true });
}

/* Objects 10, 11, 12: the first stamp's value, field and picture. */
static void
stamp_picture(struct pdf *p)
{
	pdf_stream(p, 12, "/Type /XObject /Subtype /Form /BBox [0 0 100 100]",
	    "1 g 0 0 100 100 re f");
	pdf_close(p, "");
}

static void
stamp_moved(struct pdf *p)
{
	pdf_object(p, 11, "<< /Type /Annot /Subtype /Widget /FT /Sig /T "
	    "(First) /V 10 0 R /P 3 0 R /F 132 /Rect [100 600 200 700] /AP "
	    "<< /N 12 0 R >> >>");
	pdf_close(p, "");
}

static void
page_removed(struct pdf *p)
{
	pdf_object(p, PAGES, "<< /Type /Pages /Kids [3 0 R] /Count 1 "
	    "/MediaBox [0 0 595 842] >>");
	pdf_close(p, "");
}

static void
page_added(struct pdf *p)
{
	int	f = p->next++;

	pdf_object(p, PAGES, "<< /Type /Pages /Kids [3 0 R 7 0 R %d 0 R] "
	    "/Count 3 /MediaBox [0 0 595 842] >>", f);
	pdf_object(p, f, "<< /Type /Page /Parent 2 0 R /Contents 8 0 R >>");
	pdf_close(p, "");
}

static void
pages_swapped(struct pdf *p)
{
	pdf_object(p, PAGES, "<< /Type /Pages /Kids [7 0 R 3 0 R] /Count 2 "
	    "/MediaBox [0 0 595 842] >>");
	pdf_close(p, "");
}

static void
box(struct pdf *p)
{
	pdf_object(p, PAGES, "<< /Type /Pages /Kids [3 0 R 7 0 R] /Count 2 "
	    "/MediaBox [0 0 595 400] >>");
	pdf_close(p, "");
}

static void
catalog(struct pdf *p, const char *keys)
{
	strcat(p->catalog, keys);
	pdf_put_form(p);
	pdf_close(p, "");
}

static void
action(struct pdf *p)
{
	catalog(p, " /OpenAction << /S /JavaScript /JS (x) >>");
}

static void
script(struct pdf *p)
{
	catalog(p, " /Names << /JavaScript << /Names [(a) << /S /JavaScript "
	    "/JS (x) >>] >> >>");
}

static void
attachment(struct pdf *p)
{
	catalog(p, " /Names << /EmbeddedFiles << /Names [] >> >>");
}

static void
layers(struct pdf *p)
{
	catalog(p, " /OCProperties << /OCGs [] /D << >> >>");
}

static void
odd_key(struct pdf *p)
{
	catalog(p, " /Vendor << >>");
}

static void
form_key(struct pdf *p, const char *keys)
{
	strcat(p->form, keys);
	pdf_put_form(p);
	pdf_close(p, "");
}

static void
xfa(struct pdf *p)
{
	form_key(p, " /XFA (x)");
}

static void
need_appearances(struct pdf *p)
{
	form_key(p, " /NeedAppearances true");
}

/* A second form in the place of the first. */
static void
second_form(struct pdf *p)
{
	int	f = p->next++;

	pdf_object(p, f, "<< /Fields [] >>");
	pdf_object(p, CATALOG, "<< /Type /Catalog /Pages 2 0 R /AcroForm "
	    "%d 0 R >>", f);
	pdf_close(p, "");
}

/* Hide and replace: another catalog, that stood there when it was signed. */
static void
another_root(struct pdf *p)
{
	int	pages = p->next++, page = p->next++, text = p->next++,
		root = p->next++;
	char	keys[64];

	pdf_object(p, root, "<< /Type /Catalog /Pages %d 0 R /AcroForm 6 0 R "
	    ">>", pages);
	pdf_object(p, pages, "<< /Type /Pages /Kids [%d 0 R 7 0 R] /Count 2 "
	    "/MediaBox [0 0 595 842] >>", page);
	pdf_object(p, page, "<< /Type /Page /Parent %d 0 R /Contents %d 0 R "
	    "/Annots [%s] %s >>", pages, text, p->annots, p->page);
	pdf_stream(p, text, "", "BT /F1 18 Tf 60 700 Td (price 900) Tj ET");
	(void)snprintf(keys, sizeof(keys), "/Root %d 0 R", root);
	/* The last /Root of a trailer is the one that is read. */
	pdf_close(p, keys);
}

/* Octets that only a reader sees which rebuilds the table of objects. */
static void
no_table(struct pdf *p)
{
	pdf_stream(p, CONTENT, "", "BT /F1 18 Tf 60 700 Td (price 900) Tj ET");
	buf_puts(&p->b, "%%EOF\n");
}

static void
old_table(struct pdf *p)
{
	size_t	before = p->before;

	pdf_stream(p, CONTENT, "", "BT /F1 18 Tf 60 700 Td (price 900) Tj ET");
	buf_printf(&p->b, "startxref\n%zu\n%%%%EOF\n", before);
}

static void
bad_table(struct pdf *p)
{
	pdf_stream(p, CONTENT, "", "BT /F1 18 Tf 60 700 Td (price 900) Tj ET");
	buf_printf(&p->b, "trailer\n<< /Size 64 /Root 1 0 R >>\nstartxref\n"
	    "%zu\n%%%%EOF\n", p->b.len);
}

/* A second update after a harmless one. */
static void
stamp_then_content(struct pdf *p)
{
	second_stamp(p);
	content(p);
}

/* Changed and put back: two readers of two moments saw two files. */
static void
there_and_back(struct pdf *p)
{
	content(p);
	second_stamp(p);
	pdf_stream(p, CONTENT2, "", "BT /F1 18 Tf 60 700 Td (second) Tj ET");
	pdf_close(p, "");
}

static void
field_removed(struct pdf *p)
{
	p->annots[0] = '\0';
	pdf_put_page(p);
	pdf_close(p, "");
}

#define P	READ_PASSED
#define F	READ_FAILED
#define U	READ_UNKNOWN

static const struct {
	const char	*name;
	void		(*after)(struct pdf *p);
	const char	*coverage;	/* of the first stamp */
	const char	*words;		/* in its changes; NULL: there are none */
} updates[] = {
	{ "nothing", nothing, P, NULL },
	{ "white space", white, P, NULL },
	{ "a second stamp", second_stamp, P,
	    "page 1: another stamp was added (Second)" },
	{ "an invisible signature", invisible, P,
	    "another signature, which shows nothing" },
	{ "an empty field", empty_field, P, "empty field for a signature" },
	{ "DSS", proofs, P, "proofs about certificates" },
	{ "metadata", metadata, P, "metadata" },
	{ "the same again", rewritten, P, NULL },
	{ "content", content, F, "page 2: its content was replaced" },
	{ "more content", more_content, F, "page 1: its content" },
	{ "font", font, F, "fonts" },
	{ "font that is a page", font_as_page, F, "fonts" },
	{ "comment", comment, F, "page 1: a comment was added" },
	{ "picture of a stamp", picture_stamp, F,
	    "a picture of a stamp (not an electronic seal)" },
	{ "overlay", overlay, F, "page 1: a text was added" },
	{ "a field that draws", false_stamp, F, "signed by nobody" },
	{ "a stamp that is none", junk_stamp, F,
	    "stamp Junk, added later, is none" },
	{ "a stamp over the page", large_stamp, U, "covers much" },
	{ "a stamp over a stamp", stamp_on_stamp, U, "over an earlier one" },
	{ "a stamp that no form lists", unlisted_stamp, F,
	    "signed by nobody" },
	{ "the stamp's picture", stamp_picture, F,
	    "picture or place of stamp First" },
	{ "the stamp's place", stamp_moved, F,
	    "picture or place of stamp First" },
	{ "page removed", page_removed, F, "pages were removed: 2 then" },
	{ "page added", page_added, F, "pages were added: 2 then, 3 now" },
	{ "pages swapped", pages_swapped, F, "page 1: its content" },
	{ "box", box, F, "page 1: its size" },
	{ "action", action, F, "when it is opened" },
	{ "script", script, F, "a script" },
	{ "attachment", attachment, U, "an attachment" },
	{ "layers", layers, F, "layers" },
	{ "a key that nobody knows", odd_key, U, "entry Vendor" },
	{ "XFA", xfa, F, "how the form is drawn" },
	{ "NeedAppearances", need_appearances, F, "how the form is drawn" },
	{ "another root", another_root, F, "page 1: its content" },
	{ "no table", no_table, F, "no table of the file lists" },
	{ "an old table", old_table, F, "no table of the file lists" },
	{ "a bad table", bad_table, F, "no table that holds" },
	{ "stamp, then content", stamp_then_content, F, "page 2" },
	{ "there and back", there_and_back, F, "page 2: its content" },
	{ "the stamp's picture taken away", field_removed, F,
	    "was removed" },
};

static void
changed(void **state)
{
	struct pdf	 p;
	FileReading	*m;
	StampReading	*s;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
		start(&p);
		updates[i].after(&p);
		m = read_pdf(&p.b);
		assert_true(m->n_stamps >= 1);
		s = m->stamps[0];
		if (strcmp(s->label, "First") != 0 ||
		    strcmp(row(s, "data_hash"), P) != 0 ||
		    strcmp(row(s, "stamp_signature"), P) != 0 ||
		    strcmp(row(s, "coverage"), updates[i].coverage) != 0 ||
		    strcmp(row(s, "references"), READ_NOT_APPLICABLE) != 0 ||
		    (updates[i].words == NULL ? s->n_changes != 0 :
		    !says(s->changes, s->n_changes, updates[i].words)))
			fail_msg("%s: %s\n%s", updates[i].name, s->label,
			    m->text);
		reading_free(m);
		buf_fini(&p.b);
	}
}

/* A form without the field: then there is no signature at all. */
static void
form_replaced(void **state)
{
	struct pdf	 p;
	FileReading	*m;

	(void)state;
	start(&p);
	second_form(&p);
	m = read_pdf(&p.b);
	assert_int_equal(m->n_stamps, 1);	/* by its widget */
	assert_string_equal(row(m->stamps[0], "coverage"), F);
	assert_true(says(m->stamps[0]->deviations,
	    m->stamps[0]->n_deviations, "field-not-in-form"));
	reading_free(m);
	buf_fini(&p.b);
}

static void
both_stamps(void **state)
{
	struct pdf	 p;
	FileReading	*m;

	(void)state;
	start(&p);
	second_stamp(&p);
	m = read_pdf(&p.b);
	assert_int_equal(m->n_stamps, 2);
	assert_string_equal(m->checks[0]->result, P);
	assert_string_equal(m->stamps[1]->label, "Second");
	assert_string_equal(row(m->stamps[1], "data_hash"), P);
	assert_string_equal(row(m->stamps[1], "coverage"), P);
	assert_int_equal(m->stamps[1]->n_changes, 0);
	assert_int_equal(m->stamps[0]->uncovered_all, 1);
	assert_int_equal(m->stamps[1]->uncovered_all, 0);
	assert_int_equal(m->stamps[0]->n_places, 1);
	assert_string_equal(m->stamps[0]->places[0],
	    "page 1, 123,222 mm, 40x40");
	assert_non_null(strstr(m->text, "revisions           3"));
	assert_non_null(strstr(m->text, "agreed"));
	reading_free(m);
	buf_fini(&p.b);
}

/* Each ByteRange and each value that pretends: never passed. */
static void
ranges(void **state)
{
	static const struct {
		const char	*name;
		struct pdf_spec	 s;
		const char	*says;
	} cases[] = {
		{ "wrong hash", { .wrong_hash = true }, "not those" },
		{ "cut short", { .leave_out = 3 }, "where a revision ends" },
		{ "three numbers", { .range = "[0 A B]" }, "two spans" },
		{ "none", { .range = "null" }, "two spans" },
		{ "names", { .range = "[/a /b /c /d]" }, "two spans" },
		{ "six numbers", { .range = "[0 A B C 0 0]" },
		    "two spans" },
		{ "late start", { .range = "[1 A B C]" },
		    "does not begin" },
		{ "negative", { .range = "[0 -A B C]" }, "negative" },
		{ "too long", { .range = "[0 A B 9C]" }, "beyond" },
		{ "overflow", { .range = "[0 A B 9223372036854775807]" },
		    "beyond" },
		{ "wide gap", { .range = "[0 9 B C]" },
		    "not just the signature's own Contents" },
		{ "gap of one less", { .range = "[0 A1 B C]" },
		    NULL },
		{ "swapped", { .range = "[0 B A C]" },
		    "overlap" },
		{ "all of it", { .range = "[0 B B C]" },
		    "overlap" },
	};
	struct pdf_spec	 spec;
	struct pdf	 p;
	FileReading	*m;
	StampReading	*s;
	size_t		 i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		spec = cases[i].s;
		spec.name = "First";
		pdf_begin(&p);
		pdf_close(&p, "");
		pdf_stamp(&p, &n, &spec);
		m = read_pdf(&p.b);
		if (m->n_stamps != 1)
			fail_msg("%s: %zu", cases[i].name, m->n_stamps);
		s = m->stamps[0];
		if (strcmp(row(s, "data_hash"), F) != 0)
			fail_msg("%s: %s", cases[i].name, m->text);
		if (!spec.wrong_hash && strcmp(row(s, "coverage"), F) != 0)
			fail_msg("%s: %s", cases[i].name, m->text);
		for (j = 0; j < s->n_checks; j++)
			if (strcmp(s->checks[j]->rule, "data_hash") == 0 &&
			    cases[i].says != NULL && strstr(
			    s->checks[j]->detail, cases[i].says) == NULL)
				fail_msg("%s: %s", cases[i].name,
				    s->checks[j]->detail);
		reading_free(m);
		buf_fini(&p.b);
	}
}

/* Any octet of what is covered: the digest or the range fails. */
static void
flipped(void **state)
{
	struct pdf	 p;
	FileReading	*m;
	size_t		 i, gap, gap_end;

	(void)state;
	start(&p);
	gap = pdf_find(&p.b, "/Contents <", 0) + 10;
	gap_end = gap + 2 + 2 * PDF_HOLE;
	for (i = 5; i < p.b.len; i += i < gap || i > gap_end ? 7 : 997) {
		p.b.p[i] ^= 1;
		m = read_pdf(&p.b);
		if ((i < gap || i >= gap_end) && m->n_stamps > 0 &&
		    strcmp(row(m->stamps[0], "data_hash"), P) == 0)
			fail_msg("octet %zu", i);
		reading_free(m);
		p.b.p[i] ^= 1;
	}
	buf_fini(&p.b);
}

/* Every prefix reads, or says why not; none crashes. */
static void
truncated(void **state)
{
	struct pdf	 p;
	FileReading	*m;
	struct buf	 part;
	size_t		 i;

	(void)state;
	start(&p);
	for (i = 5; i < p.b.len; i += 61) {
		part = p.b;
		part.len = i;
		m = read_pdf(&part);
		if (m->n_stamps > 0 && strcmp(row(m->stamps[0], "data_hash"),
		    P) == 0 && strcmp(row(m->stamps[0], "coverage"), P) == 0)
			fail_msg("prefix of %zu", i);
		reading_free(m);
	}
	buf_fini(&p.b);
}

static void
unsigned_file(void **state)
{
	struct pdf	 p;
	FileReading	*m;

	(void)state;
	pdf_begin(&p);
	pdf_close(&p, "");
	m = read_pdf(&p.b);
	assert_int_equal(m->n_stamps, 0);
	assert_string_equal(m->checks[0]->rule, "format");
	assert_string_equal(m->checks[0]->result, F);
	assert_string_equal(m->note, "no electronic seal in this file");
	reading_free(m);
	/* A number that is too large: the dictionary does not read. */
	buf_fini(&p.b);
	pdf_begin(&p);
	pdf_close(&p, "");
	pdf_stamp(&p, &n, &(struct pdf_spec){ .name = "First",
	    .range = "[0 A B 99999999999999999999]" });
	m = read_pdf(&p.b);
	assert_int_equal(m->n_stamps, 0);
	assert_string_equal(m->checks[0]->result, F);
	assert_non_null(strstr(m->note, "does not read"));
	reading_free(m);
	buf_reset(&p.b);
	buf_puts(&p.b, "%PDF-1.7\nnothing more");
	m = read_pdf(&p.b);
	assert_string_equal(m->checks[0]->result, F);
	reading_free(m);
	buf_fini(&p.b);
}

/* A page without signature, with this as its resources or annotations. */
static FileReading *
read_drawn(const char *page, const char *annots, const char *keys,
    const char *data, size_t len)
{
	struct pdf	 p;
	FileReading	*m;

	pdf_begin(&p);
	strcpy(p.page, page);
	strcpy(p.annots, annots);
	p.at[FIRST_FREE] = p.b.len;
	buf_printf(&p.b, "%d 0 obj\n<< %s /Length %zu >>\nstream\n",
	    FIRST_FREE, keys, len);
	buf_put(&p.b, data, len);
	buf_puts(&p.b, "\nendstream\nendobj\n");
	pdf_object(&p, FIRST_FREE + 1, "<< /Type /Annot /Subtype /Stamp /Rect "
	    "[1 1 90 90] /AP << /N %d 0 R >> >>", FIRST_FREE);
	pdf_put_page(&p);
	pdf_close(&p, "");
	m = read_pdf(&p.b);
	buf_fini(&p.b);
	assert_int_equal(m->n_stamps, 0);
	assert_int_equal(m->n_checks, 1);
	assert_string_equal(m->checks[0]->result, F);
	return m;
}

static void
pictures(void **state)
{
	static const char	image[] = "/Type /XObject /Subtype /Image "
				    "/Width 20 /Height 20 /BitsPerComponent 8 "
				    "/ColorSpace /DeviceRGB";
	static const char	wide[] = "/Type /XObject /Subtype /Image "
				    "/Width 100 /Height 8 /BitsPerComponent 8 "
				    "/ColorSpace /DeviceRGB";
	static const char	form[] = "/Type /XObject /Subtype /Form /BBox "
				    "[0 0 100 90]";
	static const char	page[] = "/Resources << /XObject << /X 10 0 R "
				    ">> >>";
	char			red[1200], grey[1200], packed[200];
	uLongf			plen = sizeof(packed);
	char			keys[256];
	const struct {
		const char	*page, *annots, *keys, *data;
		size_t		 n;
		const char	*seen;		/* NULL: no picture */
	} cases[] = {
		{ page, "", image, red, sizeof(red), "page 1: a red image of "
		    "20x20" },
		{ page, "", keys, packed, 0, "page 1: a red image" },
		{ page, "", image, grey, sizeof(grey), NULL },
		{ page, "", image, red, 100, NULL },
		{ page, "", wide, red, sizeof(red), NULL },
		{ page, "", form, "0.9 .1 0 RG 5 5 9 9 re S", 24,
		    "page 1: a red drawing" },
		{ page, "", form, "0 0 0 RG 5 5 9 9 re S", 21, NULL },
		{ "", "11 0 R", form, "1 0 0 rg 5 5 9 9 re f", 21,
		    "page 1: a red drawing" },
		{ "", "", form, "1 0 0 rg 5 5 9 9 re f", 21, NULL },
	};
	FileReading		*m;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(red); i++)
		red[i] = (char)(i % 3 == 0 ? 220 : 30);
	memset(grey, 128, sizeof(grey));
	assert_int_equal(compress((Bytef *)packed, &plen, (Bytef *)red,
	    sizeof(red)), Z_OK);
	(void)snprintf(keys, sizeof(keys), "%s /Filter /FlateDecode", image);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m = read_drawn(cases[i].page, cases[i].annots, cases[i].keys,
		    cases[i].data, cases[i].data == packed ? plen :
		    cases[i].n);
		if (strcmp(m->note, cases[i].seen == NULL ?
		    "no electronic seal in this file" :
		    "picture only, not an electronic seal") != 0 ||
		    (cases[i].seen != NULL && strstr(m->checks[0]->detail,
		    cases[i].seen) == NULL))
			fail_msg("%zu: %s", i, m->checks[0]->detail);
		reading_free(m);
	}
}

/* An object stream that grows without end is not given to qpdf. */
static void
bomb(void **state)
{
	const size_t	 blank = LIMIT_PDF_EXPANSION + (1u << 20);
	char		*from = xcalloc(1, blank);
	uLongf		 len = compressBound(blank);
	char		*packed = xmalloc(len);
	struct pdf	 p;
	FileReading	*m;

	(void)state;
	assert_int_equal(compress((Bytef *)packed, &len, (Bytef *)from, blank),
	    Z_OK);
	pdf_begin(&p);
	p.at[FIRST_FREE] = p.b.len;
	buf_printf(&p.b, "%d 0 obj\n<< /Type /ObjStm /N 1 /First 5 /Filter "
	    "/FlateDecode /Length %zu >>\nstream\n", FIRST_FREE, (size_t)len);
	buf_put(&p.b, packed, len);
	buf_puts(&p.b, "\nendstream\nendobj\n");
	pdf_close(&p, "");
	m = read_pdf(&p.b);
	assert_string_equal(m->checks[0]->result, F);
	assert_non_null(strstr(m->checks[0]->detail, "grows beyond 128 MB"));
	reading_free(m);
	buf_fini(&p.b);
	free(packed);
	free(from);
}

static void
encrypted(void **state)
{
	struct pdf	 p;
	FileReading	*m;

	(void)state;
	pdf_begin(&p);
	pdf_close(&p, "/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 "
	    "/P -4 /O <0000000000000000000000000000000000000000000000000000000"
	    "000000000> /U <00000000000000000000000000000000000000000000000000"
	    "00000000000000> >>");
	m = read_pdf(&p.b);
	assert_int_equal(m->n_checks, 1);
	assert_string_equal(m->checks[0]->result, U);
	assert_non_null(strstr(m->checks[0]->detail, "encrypted"));
	reading_free(m);
	buf_fini(&p.b);
}

static void
not_a_pdf(void **state)
{
	FileReading	*m = reading_new("pdf");
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(pdf_read(OCTETS("PK", 2), m, &e), ERR_FORMAT);
	assert_string_equal(e.id, "unknown-object");
	reading_free(m);
}

/* Trees that go round in circles, or very deep. */
static void
circles(void **state)
{
	struct pdf	 p;
	FileReading	*m;
	int		 i;

	(void)state;
	pdf_begin(&p);
	strcpy(p.fields, "10 0 R");
	pdf_object(&p, 10, "<< /T (a) /FT /Sig /V 10 0 R /Kids [10 0 R 11 0 R]"
	    " /Parent 10 0 R >>");
	pdf_object(&p, 11, "<< /T (b) /Parent 10 0 R /Kids [10 0 R 10 0 R] "
	    ">>");
	pdf_object(&p, PAGES, "<< /Type /Pages /Kids [3 0 R 2 0 R 2 0 R] "
	    "/Count 2 /Parent 2 0 R >>");
	pdf_put_form(&p);
	pdf_close(&p, "");
	m = read_pdf(&p.b);
	for (i = 0; (size_t)i < m->n_stamps; i++)
		assert_string_equal(row(m->stamps[i], "data_hash"), F);
	reading_free(m);
	buf_fini(&p.b);
}

static int
setup(void **state)
{
	(void)state;
	nation_init(&n);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	nation_fini(&n);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(changed),
		cmocka_unit_test(form_replaced),
		cmocka_unit_test(both_stamps),
		cmocka_unit_test(ranges),
		cmocka_unit_test(flipped),
		cmocka_unit_test(truncated),
		cmocka_unit_test(unsigned_file),
		cmocka_unit_test(pictures),
		cmocka_unit_test(bomb),
		cmocka_unit_test(encrypted),
		cmocka_unit_test(not_a_pdf),
		cmocka_unit_test(circles),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
