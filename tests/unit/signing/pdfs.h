#ifndef TESTS_UNIT_SIGNING_PDFS_H
#define TESTS_UNIT_SIGNING_PDFS_H

#include "tests/unit/signing/stamps.h"

/*
 * Small PDFs to test with: written object by object, in updates with a table
 * of objects each, and stamped with real stamps.
 */

#define PDF_MAX_OBJECTS	64
#define PDF_HOLE	4096	/* octets of a /Contents */

/* Fixed numbers. */
enum { CATALOG = 1, PAGES, PAGE, CONTENT, FONT, FORM, PAGE2, CONTENT2, INFO,
    FIRST_FREE };

struct pdf {
	struct buf	 b;
	size_t		 at[PDF_MAX_OBJECTS];	/* of this update; 0: not in */
	size_t		 before;		/* startxref, or 0 */
	int		 next;
	char		 annots[512], fields[512];	/* "10 0 R 12 0 R" */
	char		 page[1024], catalog[1024], form[512];	/* more keys */
};

static inline void __attribute__((format(printf, 3, 4)))
pdf_object(struct pdf *p, int n, const char *fmt, ...)
{
	char	text[8192];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->at[n] = p->b.len;
	buf_printf(&p->b, "%d 0 obj\n%s\nendobj\n", n, text);
}

static inline void
pdf_stream(struct pdf *p, int n, const char *keys, const char *data)
{
	pdf_object(p, n, "<< /Length %zu %s >>\nstream\n%s\nendstream",
	    strlen(data), keys, data);
}

static inline void
pdf_put_page(struct pdf *p)
{
	pdf_object(p, PAGE, "<< /Type /Page /Parent 2 0 R /Contents 4 0 R "
	    "/Annots [%s] %s >>", p->annots, p->page);
}

static inline void
pdf_put_form(struct pdf *p)
{
	pdf_object(p, CATALOG, "<< /Type /Catalog /Pages 2 0 R /AcroForm "
	    "6 0 R %s >>", p->catalog);
	pdf_object(p, FORM, "<< /Fields [%s] /SigFlags 3 %s >>", p->fields,
	    p->form);
}

/* Table, trailer, end: what an update is closed with. */
static inline void
pdf_close(struct pdf *p, const char *trailer)
{
	size_t	table = p->b.len;
	int	i;

	buf_puts(&p->b, "xref\n");
	if (p->before == 0)
		buf_puts(&p->b, "0 1\n0000000000 65535 f \n");
	for (i = 1; i < PDF_MAX_OBJECTS; i++)
		if (p->at[i] != 0)
			buf_printf(&p->b, "%d 1\n%010zu 00000 n \n", i,
			    p->at[i]);
	buf_printf(&p->b, "trailer\n<< /Size %d /Root 1 0 R /Info 9 0 R %s",
	    PDF_MAX_OBJECTS, trailer);
	if (p->before != 0)
		buf_printf(&p->b, " /Prev %zu", p->before);
	buf_printf(&p->b, " >>\nstartxref\n%zu\n%%%%EOF\n", table);
	p->before = table;
	memset(p->at, 0, sizeof(p->at));
}

/* Two pages with a text each. */
static inline void
pdf_begin(struct pdf *p)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->b, 1u << 24);
	p->next = FIRST_FREE;
	buf_puts(&p->b, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
	strcpy(p->page, "/Resources << /Font << /F1 5 0 R >> >>");
	pdf_object(p, CATALOG, "<< /Type /Catalog /Pages 2 0 R >>");
	pdf_object(p, PAGES, "<< /Type /Pages /Kids [3 0 R 7 0 R] /Count 2 "
	    "/MediaBox [0 0 595 842] >>");
	pdf_put_page(p);
	pdf_stream(p, CONTENT, "", "BT /F1 18 Tf 60 700 Td (price 100) Tj ET");
	pdf_object(p, FONT, "<< /Type /Font /Subtype /Type1 /BaseFont "
	    "/Helvetica >>");
	pdf_object(p, PAGE2, "<< /Type /Page /Parent 2 0 R /Contents 8 0 R "
	    "/Resources << /Font << /F1 5 0 R >> >> >>");
	pdf_stream(p, CONTENT2, "", "BT /F1 18 Tf 60 700 Td (second) Tj ET");
	pdf_object(p, INFO, "<< /Producer (test) >>");
}

struct pdf_spec {
	const char	*name;		/* of the field */
	const char	*subfilter;	/* NULL: GM.sm2seal */
	const char	*range;		/* A, B, C: as it should be */
	double		 x, y, size;	/* 0: 350, 100, 113.4 points (40 mm) */
	size_t		 leave_out;	/* octets at the end */
	bool		 unlisted;	/* no form has it */
	bool		 wrong_hash;
	bool		 junk;		/* a value that is none */
};

static inline size_t
pdf_find(const struct buf *b, const char *what, size_t from)
{
	const uint8_t	*q = memmem(b->p + from, b->len - from, what,
			    strlen(what));

	assert_non_null(q);
	return (size_t)(q - b->p);
}

/* SM3 of the octets but those of the gap. */
static inline void
pdf_digest(const struct buf *b, size_t gap, size_t gap_end, size_t end,
    uint8_t out[SM3_LEN])
{
	struct sm3	*h = sm3_new();

	sm3_add(h, b->p, gap);
	sm3_add(h, b->p + gap_end, end - gap_end);
	sm3_end(h, out);
	sm3_free(h);
}

/* Template with A, B and C: where the gap begins, ends, what is behind. */
static inline void
pdf_range_text(const char *template, const size_t v[3], char out[128])
{
	size_t	len = 0;

	for (; *template != '\0'; template++)
		if (*template >= 'A' && *template <= 'C')
			len += (size_t)snprintf(out + len, 128 - len, "%zu",
			    v[*template - 'A']);
		else
			out[len++] = *template;
	out[len] = '\0';
	assert_true(len <= 60);
}

static inline void
pdf_fill(struct pdf *p, const struct nation *n, const struct pdf_spec *s,
    size_t from)
{
	struct stamp_spec	 q = { .generation = SEAL_V4 };
	size_t			 gap = pdf_find(&p->b, "/Contents <", from) + 10;
	size_t			 gap_end = gap + 2 + 2 * PDF_HOLE, i;
	size_t			 range = pdf_find(&p->b, "/ByteRange", from);
	size_t			 end = p->b.len - s->leave_out;
	char			 text[128];
	uint8_t			 hash[SM3_LEN];
	struct buf		 value;

	pdf_range_text(s->range != NULL ? s->range : "[0 A B C]",
	    (const size_t[]){ gap, gap_end, end - gap_end }, text);
	memcpy(p->b.p + range + 11, text, strlen(text));
	pdf_digest(&p->b, gap, gap_end, end, hash);
	if (s->wrong_hash)
		hash[0] ^= 1;
	q.hash = OCTETS(hash, sizeof(hash));
	buf_init(&value, PDF_HOLE);
	if (s->junk)
		buf_puts(&value, "not a signature");
	else
		stamp_build(n, &q, &value);
	assert_true(buf_ok(&value));
	for (i = 0; i < value.len; i++) {
		(void)snprintf(text, sizeof(text), "%02x", value.p[i]);
		memcpy(p->b.p + gap + 1 + 2 * i, text, 2);
	}
	buf_fini(&value);
}

/* A field in an update of its own, with what else p wants in it. */
static inline void
pdf_stamp(struct pdf *p, const struct nation *n, const struct pdf_spec *s)
{
	int	value = p->next, field = p->next + 1, look = p->next + 2;
	double	x = s->x != 0 ? s->x : 350, y = s->y != 0 ? s->y : 100;
	double	size = s->size != 0 ? s->size : 113.4;
	size_t	from = p->b.len;
	char	ref[32], hole[2 * PDF_HOLE + 1];

	p->next += 3;
	(void)snprintf(ref, sizeof(ref), " %d 0 R", field);
	strcat(p->annots, ref);
	if (!s->unlisted)
		strcat(p->fields, ref);
	memset(hole, '0', sizeof(hole) - 1);
	hole[sizeof(hole) - 1] = '\0';
	p->at[value] = p->b.len;
	buf_printf(&p->b, "%d 0 obj\n<< /Type /Sig /Filter /Gomain.GMPkiLite "
	    "/SubFilter /%s /ByteRange %60s /M (D:20260921222640+08'00') "
	    "/Reason (agreed) /Contents <%s> >>\nendobj\n", value,
	    s->subfilter != NULL ? s->subfilter : "GM.sm2seal", "", hole);
	pdf_object(p, field, "<< /Type /Annot /Subtype /Widget /FT /Sig /T "
	    "(%s) /V %d 0 R /P 3 0 R /F 132 /Rect [%.1f %.1f %.1f %.1f] /AP "
	    "<< /N %d 0 R >> >>", s->name, value, x, y, x + size, y + size,
	    look);
	pdf_stream(p, look, "/Type /XObject /Subtype /Form /BBox [0 0 100 "
	    "100]", "0.9 0.1 0.1 RG 5 5 90 90 re S");
	pdf_put_page(p);
	pdf_put_form(p);
	pdf_close(p, "");
	pdf_fill(p, n, s, from);
}

#endif /* TESTS_UNIT_SIGNING_PDFS_H */
