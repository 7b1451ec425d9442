#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/judge/report_pdf.h"
#include "registry/judge/report_words.h"

#define PAGE_WIDTH	595.0	/* A4, in points */
#define PAGE_HEIGHT	842.0
#define MARGIN		56.0
#define FAMILY		"Noto Sans CJK SC, sans-serif"
#define TEXT_MAX	1024

struct page {
	cairo_surface_t	*surface;
	cairo_t		*cr;
	double		 y;
	unsigned	 number;
	enum rule_lang	 lang;
	const struct report_words *w;
};

/* 0xRRGGBB. */
#define INK	0x1c2024u
#define PALE	0x4a5560u
#define GREEN	0x14552fu
#define RED	0x8f0616u
#define AMBER	0x6b4500u

static cairo_status_t
write_out(void *closure, const unsigned char *p, unsigned int n)
{
	struct buf	*out = closure;

	/* What is too much is told at the end: cairo keeps things back when
	 * writing fails. */
	buf_put(out, p, n);
	return CAIRO_STATUS_SUCCESS;
}

static void
set_colour(cairo_t *cr, unsigned rgb)
{
	cairo_set_source_rgb(cr, (rgb >> 16) / 255.0,
	    (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

static PangoLayout *
layout_of(struct page *p, double width, double size, bool bold,
    const char *text)
{
	PangoLayout		*l = pango_cairo_create_layout(p->cr);
	PangoFontDescription	*d;

	d = pango_font_description_from_string(FAMILY);
	pango_font_description_set_absolute_size(d, size * PANGO_SCALE);
	pango_font_description_set_weight(d, bold ? PANGO_WEIGHT_BOLD :
	    PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(l, d);
	pango_font_description_free(d);
	pango_layout_set_width(l, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_text(l, text, -1);
	return l;
}

static double
height_of(PangoLayout *l)
{
	int	w, h;

	pango_layout_get_pixel_size(l, &w, &h);
	return h;
}

static void
put_number(struct page *p)
{
	PangoLayout	*l;
	char		 text[24];

	(void)snprintf(text, sizeof(text), "%u", p->number);
	l = layout_of(p, PAGE_WIDTH - 2 * MARGIN, 8, false, text);
	pango_layout_set_alignment(l, PANGO_ALIGN_RIGHT);
	set_colour(p->cr, PALE);
	cairo_move_to(p->cr, MARGIN, PAGE_HEIGHT - MARGIN / 2 - 6);
	pango_cairo_show_layout(p->cr, l);
	g_object_unref(l);
}

/* Room for this height, on this page or the next. */
static void
make_room(struct page *p, double height)
{
	if (p->y + height <= PAGE_HEIGHT - MARGIN)
		return;
	put_number(p);
	cairo_show_page(p->cr);
	p->y = MARGIN;
	p->number++;
}

/* A paragraph at x; the place below it is next. */
static void
put(struct page *p, double x, double size, bool bold, unsigned rgb,
    const char *fmt, ...) __attribute__((format(printf, 6, 7)));

static void
put(struct page *p, double x, double size, bool bold, unsigned rgb,
    const char *fmt, ...)
{
	PangoLayout	*l;
	char		 text[TEXT_MAX];
	size_t		 n;
	va_list		 ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Cut between characters, where it had to be cut. */
	for (n = strlen(text); n > 0 && !utf8_valid(text, n); n--)
		;
	text[n] = '\0';
	l = layout_of(p, PAGE_WIDTH - MARGIN - x, size, bold, text);
	make_room(p, height_of(l));
	set_colour(p->cr, rgb);
	cairo_move_to(p->cr, x, p->y);
	pango_cairo_show_layout(p->cr, l);
	p->y += height_of(l) + size / 4;
	g_object_unref(l);
}

static void
put_term(struct page *p, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		put(p, MARGIN, 9.5, false, INK, "%s%s%s", name,
		    p->lang == LANG_ZH ? "：" : ": ", value);
}

static void
put_moment(struct page *p, const char *name, int64_t t, const char *note)
{
	char	text[48];

	if (t == 0)
		return;
	report_moment_text(t, text);
	put(p, MARGIN, 9.5, false, INK, "%s%s%s%s%s", name,
	    p->lang == LANG_ZH ? "：" : ": ", text,
	    note != NULL && *note != '\0' ? " — " : "",
	    note != NULL ? note : "");
}

static unsigned
colour_of(enum check_result r)
{
	switch (r) {
	case CHECK_PASSED:
		return GREEN;
	case CHECK_FAILED:
		return RED;
	case CHECK_NOT_APPLICABLE:
		return PALE;
	case CHECK_UNKNOWN:
	case CHECK_NONE:
	case CHECK_END:
		break;
	}
	return AMBER;
}

static void
put_rules(struct page *p, const struct report *r,
    const struct report_part *part)
{
	const struct report_check	*c;
	const char			*form;
	size_t				 i;

	form = part->form != NULL ? part->form : "";
	for (i = 0; i < part->n; i++) {
		c = &part->checks[i];
		make_room(p, 42);	/* what belongs together stays so */
		p->y += 3;
		put(p, MARGIN, 10, true, colour_of(c->result), "%s  %s",
		    report_result_text(c->result, p->lang),
		    c->rule->title[p->lang]);
		put(p, MARGIN + 14, 8.5, false, INK, "%s", c->detail);
		put(p, MARGIN + 14, 7.5, false, PALE, "%s%s%s · %s",
		    c->rule->id, c->sub != NULL ? " · " : "",
		    c->sub != NULL ? c->sub : "", rule_clause(c->rule,
		    r->kind, form, part->generation));
	}
}

static void
put_list(struct page *p, const char *name, const struct report_list *l)
{
	size_t	i;

	if (l->n == 0)
		return;
	p->y += 4;
	put(p, MARGIN, 10, true, PALE, "%s", name);
	for (i = 0; i < l->n; i++)
		put(p, MARGIN + 14, 8.5, false, INK, "• %s", l->line[i]);
}

static void
put_certs(struct page *p, const struct report_part *part)
{
	const struct report_cert	*c;
	char				 from[48], to[48];
	size_t				 i;

	if (part->ncerts > 0) {
		p->y += 4;
		put(p, MARGIN, 10, true, PALE, "%s", p->w->certs);
	}
	for (i = 0; i < part->ncerts; i++) {
		c = &part->certs[i];
		report_moment_text(c->not_before, from);
		report_moment_text(c->not_after, to);
		put(p, MARGIN + 14, 8.5, false, INK, "• %s: %s\n%s\n%s – %s\n"
		    "%s: %s · %s: %s", report_state_text(c->role, p->lang),
		    c->subject != NULL ? c->subject : "—",
		    c->issuer != NULL ? c->issuer : "—", from, to,
		    p->w->then, report_state_text(c->then, p->lang),
		    p->w->now, report_state_text(c->now, p->lang));
	}
}

static void
put_part(struct page *p, const struct report *r,
    const struct report_part *part)
{
	const struct report_register	*g = &part->reg;

	put_term(p, p->w->seal, part->seal_name);
	put_term(p, p->w->code, part->code);
	put_term(p, p->w->generation, part->generation);
	put_term(p, p->w->signer, part->signer);
	put_moment(p, p->w->says, part->signed_at, NULL);
	put_moment(p, p->w->judged, part->at, p->w->source[part->source]);
	if (g->verdict != VERDICT_NONE) {
		put_term(p, p->w->reg, report_verdict_text(g->verdict,
		    p->lang));
		put_term(p, p->w->then, g->then != NULL ?
		    report_state_text(g->then, p->lang) : NULL);
		put_term(p, p->w->now, g->now != NULL ?
		    report_state_text(g->now, p->lang) : NULL);
		put_moment(p, p->w->asof, g->as_of, NULL);
	}
	put_rules(p, r, part);
	put_list(p, p->w->places, &part->places);
	put_list(p, p->w->uncovered, &part->uncovered);
	put_list(p, p->w->changes, &part->changes);
	put_list(p, p->w->deviations, &part->deviations);
	put_certs(p, part);
}

static void
put_verdict(struct page *p, double size, enum verdict v, const char *sub)
{
	put(p, MARGIN, size, true, v == VERDICT_VALID ? GREEN :
	    v == VERDICT_UNKNOWN ? AMBER : RED, "%s",
	    report_verdict_text(v, p->lang));
	put(p, MARGIN, 8, false, PALE, "%s%s%s", report_indication(v),
	    sub != NULL ? " · " : "", sub != NULL ? sub : "");
}

static void
put_report(struct page *p, const struct report *r)
{
	const struct report_part	*part;
	const char			*note;
	char				 hex[HEX_SIZE(SM3_LEN)] = "";
	size_t				 i;

	put(p, MARGIN, 13, true, PALE, "%s", p->w->title);
	put_verdict(p, 24, report_verdict(r), report_sub(r));
	if ((note = report_note_text(r, p->lang)) != NULL)
		put(p, MARGIN, 11, true, INK, "%s", note);
	if (r->has_digest)
		hex_encode(r->digest, SM3_LEN, hex);
	p->y += 6;
	put_term(p, p->w->kind, report_kind_text(r->kind, p->lang));
	put_moment(p, p->w->made, r->now, NULL);
	put_term(p, p->w->digest, hex);
	if (strcmp(r->kind, "seal") == 0)
		put_part(p, r, &r->whole);
	else
		put_rules(p, r, &r->whole);
	for (i = 0; i < r->nstamps; i++) {
		part = &r->stamps[i];
		p->y += 12;
		make_room(p, 80);
		put(p, MARGIN, 13, true, INK, "%s %zu/%zu  %s", p->w->stamp,
		    i + 1, r->nstamps, part->label != NULL ? part->label :
		    "");
		put_verdict(p, 16, report_part_verdict(part),
		    report_part_sub(part));
		put_part(p, r, part);
	}
	p->y += 12;
	put(p, MARGIN, 8.5, false, PALE, "%s", report_legal(p->lang));
	put(p, MARGIN, 8.5, false, PALE, "%s", p->w->foot);
	put_number(p);
}

int
report_pdf(const struct report *r, enum rule_lang lang, struct buf *out,
    struct err *e)
{
	struct page	p = { .y = MARGIN, .number = 1, .lang = lang,
			    .w = report_words_of(lang) };
	char		when[TM_RFC3339_SIZE];
	cairo_status_t	status;

	p.surface = cairo_pdf_surface_create_for_stream(write_out, out,
	    PAGE_WIDTH, PAGE_HEIGHT);
	tm_rfc3339(r->now, when);
	cairo_pdf_surface_set_metadata(p.surface, CAIRO_PDF_METADATA_TITLE,
	    p.w->title);
	cairo_pdf_surface_set_metadata(p.surface,
	    CAIRO_PDF_METADATA_CREATE_DATE, when);
	p.cr = cairo_create(p.surface);
	put_report(&p, r);
	cairo_show_page(p.cr);
	status = cairo_status(p.cr);
	cairo_destroy(p.cr);
	cairo_surface_finish(p.surface);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(p.surface);
	cairo_surface_destroy(p.surface);
	if (status != CAIRO_STATUS_SUCCESS)
		return err_set_id(e, ERR_IO, "no-page", "the report could "
		    "not be drawn: %s", cairo_status_to_string(status));
	return buf_ok(out) ? 0 : err_set(e, ERR_TOOBIG,
	    "the report is too long");
}
