#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "base/text.h"
#include "base/tm.h"
#include "registry/judge/page.h"

#define FAMILY		"Noto Sans CJK SC, sans-serif"
#define TEXT_MAX	1024
#define PICTURE_COLUMN	130.0	/* at least so wide, for the caption */

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
	l = layout_of(p, PAGE_WIDTH - 2 * PAGE_MARGIN, 8, false, text);
	pango_layout_set_alignment(l, PANGO_ALIGN_RIGHT);
	set_colour(p->cr, PALE);
	cairo_move_to(p->cr, PAGE_MARGIN, PAGE_HEIGHT - PAGE_MARGIN / 2 - 6);
	pango_cairo_show_layout(p->cr, l);
	g_object_unref(l);
}

void
page_room(struct page *p, double height)
{
	if (p->y + height <= PAGE_HEIGHT - PAGE_MARGIN)
		return;
	put_number(p);
	cairo_show_page(p->cr);
	p->y = PAGE_MARGIN;
	p->number++;
	p->inset = p->below = 0;
}

void
page_put(struct page *p, double x, double size, bool bold, unsigned rgb,
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
	l = layout_of(p, PAGE_WIDTH - PAGE_MARGIN - x - (p->y < p->below ?
	    p->inset : 0), size, bold, text);
	page_room(p, height_of(l));
	set_colour(p->cr, rgb);
	cairo_move_to(p->cr, x, p->y);
	pango_cairo_show_layout(p->cr, l);
	p->y += height_of(l) + size / 4;
	g_object_unref(l);
}

double
page_cell(struct page *p, const struct page_cell *c, double y, bool draw)
{
	PangoLayout	*l = layout_of(p, c->width, c->size, c->bold, c->text);
	double		 h = height_of(l);

	if (draw) {
		set_colour(p->cr, c->rgb);
		cairo_move_to(p->cr, c->x, y);
		pango_cairo_show_layout(p->cr, l);
	}
	g_object_unref(l);
	return h;
}

/* Without a decoder: pixels are pixels. */
static void
put_pixels(struct page *p, const struct page_picture *g, double x)
{
	cairo_surface_t	*s = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
			    (int)g->width, (int)g->height);
	uint8_t		*row = cairo_image_surface_get_data(s);
	const uint8_t	*from = g->rgb;
	uint32_t	 i, y, v;

	for (y = 0; row != NULL && y < g->height; y++) {
		for (i = 0; i < g->width; i++, from += 3) {
			v = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 |
			    from[2];
			memcpy(row + 4 * (size_t)i, &v, sizeof(v));
		}
		row += cairo_image_surface_get_stride(s);
	}
	cairo_surface_mark_dirty(s);
	cairo_save(p->cr);
	cairo_translate(p->cr, x, p->y);
	cairo_scale(p->cr, g->wide / g->width, g->high / g->height);
	cairo_set_source_surface(p->cr, s, 0, 0);
	cairo_paint_with_alpha(p->cr, g->ink);
	cairo_restore(p->cr);
	cairo_surface_destroy(s);
}

void
page_picture(struct page *p, const struct page_picture *g)
{
	const double	 column = g->wide > PICTURE_COLUMN ? g->wide :
			    PICTURE_COLUMN;
	const double	 x = PAGE_WIDTH - PAGE_MARGIN - column;
	const double	 high = g->rgb != NULL ? g->high + 4 : 0;
	PangoLayout	*l = layout_of(p, column, 7.5, false, g->caption);

	pango_layout_set_alignment(l, PANGO_ALIGN_CENTER);
	page_room(p, high + height_of(l) + 6);
	if (g->rgb != NULL)
		put_pixels(p, g, x + (column - g->wide) / 2);
	set_colour(p->cr, PALE);
	cairo_move_to(p->cr, x, p->y + high);
	pango_cairo_show_layout(p->cr, l);
	p->inset = column + 14;
	p->below = p->y + high + height_of(l) + 6;
	g_object_unref(l);
}

void
page_clear(struct page *p)
{
	if (p->y < p->below)
		p->y = p->below;
	p->inset = p->below = 0;
}

void
page_line(struct page *p)
{
	set_colour(p->cr, 0xd5dadfu);
	cairo_set_line_width(p->cr, 0.5);
	cairo_move_to(p->cr, PAGE_MARGIN, p->y);
	cairo_line_to(p->cr, PAGE_WIDTH - PAGE_MARGIN, p->y);
	cairo_stroke(p->cr);
}

void
page_bar(struct page *p, double top, unsigned rgb)
{
	set_colour(p->cr, rgb);
	cairo_rectangle(p->cr, PAGE_MARGIN - 12, top, 4, p->y - top);
	cairo_fill(p->cr);
}

void
page_begin(struct page *p, struct buf *out, enum rule_lang lang, int64_t made)
{
	char	when[TM_RFC3339_SIZE];

	memset(p, 0, sizeof(*p));
	p->y = PAGE_MARGIN;
	p->number = 1;
	p->lang = lang;
	p->w = report_words_of(lang);
	p->surface = cairo_pdf_surface_create_for_stream(write_out, out,
	    PAGE_WIDTH, PAGE_HEIGHT);
	tm_rfc3339(made, when);
	cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE,
	    p->w->title);
	cairo_pdf_surface_set_metadata(p->surface,
	    CAIRO_PDF_METADATA_CREATE_DATE, when);
	p->cr = cairo_create(p->surface);
}

int
page_finish(struct page *p, const struct buf *out, struct err *e)
{
	cairo_status_t	status;

	put_number(p);
	cairo_show_page(p->cr);
	status = cairo_status(p->cr);
	cairo_destroy(p->cr);
	cairo_surface_finish(p->surface);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(p->surface);
	cairo_surface_destroy(p->surface);
	if (status != CAIRO_STATUS_SUCCESS)
		return err_set_id(e, ERR_IO, "no-page", "the report could "
		    "not be drawn: %s", cairo_status_to_string(status));
	return buf_ok(out) ? 0 : err_set(e, ERR_TOOBIG,
	    "the report is too long");
}
