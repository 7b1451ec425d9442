#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cairo.h>

#include "base/mem.h"
#include "base/text.h"
#include "filing/draw.h"
#include "filing/font.h"
#include "filing/life.h"
#include "filing/picture.h"
#include "filing/png_write.h"

/*
 * Drawing is in millimetres with the origin in the middle, y down; cairo's
 * matrix makes pixels of them.
 */

#define LIMIT_DRAW_TEXT	100	/* characters */

/* A seal's vermilion. */
static const uint8_t vermilion[3] = { 0xd2, 0x14, 0x1e };

/* Half of the height of an ideograph's ink, and its middle above the base. */
#define EM_INK		0.92
#define EM_MIDDLE	(-0.38)

/* A piece of text measured: characters and what each takes, in em. */
struct run {
	uint32_t	 c[LIMIT_DRAW_TEXT];
	struct glyph	 g[LIMIT_DRAW_TEXT];
	double		 weight[LIMIT_DRAW_TEXT];
	size_t		 n;
	double		 total;		/* of the weights */
};

static bool
is_ideograph(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
	    (c >= 0x20000 && c <= 0x3ffff);
}

/*
 * Measure text.  An ideograph weighs 1 however wide its ink is, so that 一
 * has the room of its neighbours; brackets, letters and digits weigh what they
 * show.
 */
static int
measure(int face, const char *text, struct run *r, struct err *e)
{
	uint32_t	c;
	double		w;
	int		rc;

	memset(r, 0, sizeof(*r));
	while ((c = utf8_next(&text)) != 0) {
		if (r->n == LIMIT_DRAW_TEXT)
			return err_set_id(e, ERR_INVAL, "name-too-long",
			    "the text has more than %d characters",
			    LIMIT_DRAW_TEXT);
		if ((rc = font_measure(face, c, &r->g[r->n], e)) != 0)
			return rc;
		w = (r->g[r->n].x1 - r->g[r->n].x0) / EM_INK + 0.12;
		if (is_ideograph(c))
			w = 1;
		r->c[r->n] = c;
		r->weight[r->n] = w < 0.4 ? 0.4 : w;
		r->total += r->weight[r->n];
		r->n++;
	}
	return 0;
}

/*
 * One glyph with its middle at the origin of the current matrix: sx and sy
 * are the size of the em there.
 */
static int
put_glyph(cairo_t *cr, int face, const struct run *r, size_t i, double sx,
    double sy, struct err *e)
{
	const struct glyph	*g = &r->g[i];
	double			 middle = (g->x0 + g->x1) / 2;
	int			 rc;

	/* An ideograph keeps its place in the em: its ink is balanced there. */
	if (is_ideograph(r->c[i]))
		middle = g->advance / 2;
	cairo_save(cr);
	cairo_scale(cr, sx, sy);
	cairo_translate(cr, -middle, -EM_MIDDLE);
	rc = font_outline(face, r->c[i], cr, e);
	cairo_restore(cr);
	return rc;
}

static int
too_long(const char *what, struct err *e)
{
	return err_set_id(e, ERR_INVAL, "name-too-long",
	    "%s is too long to be legible on the seal", what);
}

/*
 * The name on the arc, evenly spread, upright to the centre.  A short name
 * keeps the pitch of its style; a longer one is squeezed in its spacing first,
 * then its characters become narrower, down to the narrowest that is legible.
 */
static int
put_arc(cairo_t *cr, const struct picture *p, int face, const char *text,
    struct err *e)
{
	double		 outer = p->width / 2 - p->border - p->gap;
	double		 middle = outer - p->text / 2;
	double		 step, width, at;
	struct run	*r = xmalloc(sizeof(*r));
	size_t		 i;
	int		 rc;

	if ((rc = measure(face, text, r, e)) != 0)
		goto out;
	if (r->n == 0) {
		rc = err_set_id(e, ERR_INVAL, "bad-owner-name",
		    "there is no name to draw");
		goto out;
	}
	step = p->step;
	if (step * r->total > p->arc)
		step = p->arc / r->total;
	/* Room of one character where its lower half is. */
	width = step * M_PI / 180 * (middle - p->text / 4) - p->min_space;
	if (width > p->text * p->aspect)
		width = p->text * p->aspect;
	if (width < p->min_width) {
		rc = too_long("the name", e);
		goto out;
	}
	at = -step * r->total / 2;
	for (i = 0; i < r->n && rc == 0; i++) {
		at += step * r->weight[i] / 2;
		cairo_save(cr);
		cairo_rotate(cr, at * M_PI / 180);
		cairo_translate(cr, 0, -middle);
		rc = put_glyph(cr, face, r, i, width / EM_INK,
		    p->text / EM_INK, e);
		cairo_restore(cr);
		at += step * r->weight[i] / 2;
	}
out:
	free(r);
	return rc;
}

/* The horizontal text, centred below the middle. */
static int
put_line(cairo_t *cr, const struct picture *p, int face, const char *text,
    struct err *e)
{
	double		 pitch = p->line * p->line_step, width, at;
	struct run	*r = xmalloc(sizeof(*r));
	size_t		 i;
	int		 rc;

	if ((rc = measure(face, text, r, e)) != 0 || r->n == 0)
		goto out;
	if (pitch * r->total > p->line_width)
		pitch = p->line_width / r->total;
	width = pitch - p->min_space;
	if (width > p->line * 0.9)
		width = p->line * 0.9;
	if (width < p->min_width * 0.75) {
		rc = too_long("the horizontal text", e);
		goto out;
	}
	at = -pitch * r->total / 2;
	for (i = 0; i < r->n && rc == 0; i++) {
		at += pitch * r->weight[i] / 2;
		cairo_save(cr);
		cairo_translate(cr, at, p->line_y);
		rc = put_glyph(cr, face, r, i, width / EM_INK,
		    p->line / EM_INK, e);
		cairo_restore(cr);
		at += pitch * r->weight[i] / 2;
	}
out:
	free(r);
	return rc;
}

/* A regular five-point star, one tip up; tip to tip is its widest measure. */
static void
put_star(cairo_t *cr, double tip_to_tip)
{
	double	outer = tip_to_tip / (2 * sin(72 * M_PI / 180));
	double	inner = outer * sin(18 * M_PI / 180) / sin(54 * M_PI / 180);
	double	angle, radius;
	int	i;

	cairo_new_sub_path(cr);
	for (i = 0; i < 10; i++) {
		angle = i * 36 * M_PI / 180;
		radius = i % 2 == 0 ? outer : inner;
		cairo_line_to(cr, radius * sin(angle), -radius * cos(angle));
	}
	cairo_close_path(cr);
}

static int
draw_round(cairo_t *cr, const struct picture *p, int face,
    const struct draw_spec *spec, struct err *e)
{
	int	rc;

	cairo_set_line_width(cr, p->border);
	cairo_arc(cr, 0, 0, p->width / 2 - p->border / 2, 0, 2 * M_PI);
	cairo_close_path(cr);
	cairo_stroke(cr);
	if (p->star > 0)
		put_star(cr, p->star);
	if ((rc = put_arc(cr, p, face, spec->name, e)) != 0)
		return rc;
	if (spec->horizontal != NULL && spec->horizontal[0] != '\0' &&
	    (rc = put_line(cr, p, face, spec->horizontal, e)) != 0)
		return rc;
	cairo_fill(cr);
	return 0;
}

/*
 * A person's name with 印 behind it, or 之印 where that fills the square:
 * columns from the right, each downwards.  The dot inside a name is not cut.
 */
static void
compose_name(const char *name, struct run *r)
{
	uint32_t	c;

	memset(r, 0, sizeof(*r));
	while ((c = utf8_next(&name)) != 0 && r->n < LIMIT_DRAW_TEXT - 2)
		if (c != 0x00b7 && c != 0x30fb && c != 0x2022)
			r->c[r->n++] = c;
	if (r->n > 1 && r->c[r->n - 1] == 0x5370)
		r->n--;		/* it was written already */
	if (r->n == 2 || r->n == 7)
		r->c[r->n++] = 0x4e4b;
	if (r->n == 3 || r->n == 5 || r->n == 8)
		r->c[r->n++] = 0x5370;
}

static int
draw_square(cairo_t *cr, const struct picture *p, int face,
    const struct draw_spec *spec, struct err *e)
{
	struct run	*r = xmalloc(sizeof(*r));
	double		 inside = p->width - 2 * (p->border + p->gap);
	double		 w, h, em_w, em_h;
	size_t		 rows, cols, column, i;
	int		 rc;

	compose_name(spec->name, r);
	if (r->n == 0 || r->n > 9) {
		rc = too_long("the name", e);
		goto out;
	}
	rows = r->n <= 4 ? 2 : 3;
	cols = (r->n + rows - 1) / rows;
	w = inside / (double)cols;
	h = inside / (double)rows;
	em_w = (w - p->min_space) / EM_INK;
	em_h = (h - p->min_space) / EM_INK;
	if (w - p->min_space < p->min_width) {
		rc = too_long("the name", e);
		goto out;
	}
	cairo_set_line_width(cr, p->border);
	cairo_rectangle(cr, -p->width / 2 + p->border / 2,
	    -p->height / 2 + p->border / 2, p->width - p->border,
	    p->height - p->border);
	cairo_stroke(cr);
	for (i = 0, rc = 0; i < r->n && rc == 0; i++) {
		if ((rc = font_measure(face, r->c[i], &r->g[i], e)) != 0)
			break;
		cairo_save(cr);
		column = i / rows;
		cairo_translate(cr,
		    inside / 2 - w * ((double)column + 0.5),
		    -inside / 2 + h * ((double)(i % rows) + 0.5));
		rc = put_glyph(cr, face, r, i, em_w, em_h, e);
		cairo_restore(cr);
	}
	cairo_fill(cr);
out:
	free(r);
	return rc;
}

static int
draw_ink(const struct draw_spec *spec, const struct picture *p, int face,
    cairo_surface_t *surface, double scale, struct err *e)
{
	cairo_t	*cr = cairo_create(surface);
	int	 rc;

	cairo_translate(cr, cairo_image_surface_get_width(surface) / 2.0,
	    cairo_image_surface_get_height(surface) / 2.0);
	cairo_scale(cr, scale, scale);
	cairo_set_source_rgba(cr, 0, 0, 0, 1);
	if (p->square)
		rc = draw_square(cr, p, face, spec, e);
	else
		rc = draw_round(cr, p, face, spec, e);
	if (rc == 0 && cairo_status(cr) != CAIRO_STATUS_SUCCESS)
		rc = err_set(e, ERR_IO, "drawing: %s",
		    cairo_status_to_string(cairo_status(cr)));
	cairo_destroy(cr);
	return rc;
}

/* Everything that is asked before anything is drawn. */
static int
check_spec(const struct draw_spec *spec, struct picture *p, int *face,
    struct err *e)
{
	int	rc;

	if (!picture_find(seal_type_style(spec->seal_type), p))
		return err_set_id(e, ERR_INVAL, "seal-type-not-offered",
		    "no picture is defined for seals of type %u",
		    spec->seal_type);
	if (spec->dpi != 0 &&
	    (spec->dpi < DRAW_DPI_MIN || spec->dpi > DRAW_DPI_MAX))
		return err_set_id(e, ERR_INVAL, "bad-resolution",
		    "%u dots an inch; %d to %d are drawn", spec->dpi,
		    DRAW_DPI_MIN, DRAW_DPI_MAX);
	*face = font_find(p->face, p->weight);
	if ((rc = font_check(*face, spec->name, e)) != 0)
		return rc;
	return spec->horizontal == NULL ? 0 :
	    font_check(*face, spec->horizontal, e);
}

int
draw_seal(const struct draw_spec *spec, struct buf *out, uint32_t *width_mm,
    uint32_t *height_mm, struct err *e)
{
	cairo_surface_t	*surface = NULL;
	struct picture	 p;
	struct ink	 ink;
	double		 scale;
	int		 face = -1, rc;

	*width_mm = *height_mm = 0;
	if ((rc = check_spec(spec, &p, &face, e)) != 0)
		goto out;
	memset(&ink, 0, sizeof(ink));
	ink.dpi = spec->dpi != 0 ? spec->dpi : DRAW_DPI;
	scale = ink.dpi / 25.4;
	ink.width = (uint32_t)ceil(p.width * scale);
	ink.height = (uint32_t)ceil(p.height * scale);
	surface = cairo_image_surface_create(CAIRO_FORMAT_A8, (int)ink.width,
	    (int)ink.height);
	if ((rc = draw_ink(spec, &p, face, surface, scale, e)) != 0)
		goto out;
	cairo_surface_flush(surface);
	ink.p = cairo_image_surface_get_data(surface);
	ink.stride = (size_t)cairo_image_surface_get_stride(surface);
	memcpy(ink.colour, vermilion, sizeof(ink.colour));
	if ((rc = png_write_ink(&ink, out, e)) != 0)
		goto out;
	*width_mm = (uint32_t)lround(p.width);
	*height_mm = (uint32_t)lround(p.height);

	rc = 0;
out:
	if (surface != NULL)
		cairo_surface_destroy(surface);
	return rc;
}
