#include <math.h>
#include <string.h>

#include <cairo.h>

#include "base/mem.h"
#include "signing/sheet_canvas.h"

/* Shapes that are thinner than this are nothing, and have no inverse. */
#define FLAT	1e-9
#define STEEP	1e7	/* pixels for a unit */

static uint32_t
pixels_of(double mm, double most, uint32_t edge)
{
	const double	v = ceil(mm / most * edge - 1e-6);

	return v < 1 ? 1 : v > edge ? edge : (uint32_t)v;
}

int
sheet_canvas_init(struct sheet_canvas *c, const struct sheet_box *box,
    uint32_t edge, struct err *e)
{
	const double	 most = box->w > box->h ? box->w : box->h;
	cairo_surface_t	*s;

	memset(c, 0, sizeof(*c));
	if (!(box->w > 0) || !(box->h > 0))
		return err_set_id(e, ERR_FORMAT, "picture-unreadable",
		    "the page of the picture has no size");
	if (most > LIMIT_SHEET_BOX || fabs(box->x) > LIMIT_SHEET_BOX ||
	    fabs(box->y) > LIMIT_SHEET_BOX)
		return err_set_id(e, ERR_TOOBIG, "picture-too-big",
		    "the page of the picture is too large to be shown");
	c->width = pixels_of(box->w, most, edge);
	c->height = pixels_of(box->h, most, edge);
	c->objects = LIMIT_SHEET_OBJECTS;
	c->segments = LIMIT_SHEET_SEGMENTS;
	c->glyphs = LIMIT_SHEET_GLYPHS;
	c->octets = LIMIT_SHEET_OCTETS;
	c->reach = LIMIT_SHEET_REACH;
	c->area = LIMIT_SHEET_AREA;
	s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)c->width,
	    (int)c->height);
	c->cr = cairo_create(s);
	cairo_surface_destroy(s);	/* c->cr holds it */
	cairo_set_source_rgb(c->cr, 1, 1, 1);
	cairo_paint(c->cr);
	cairo_scale(c->cr, edge / most, edge / most);
	cairo_translate(c->cr, -box->x, -box->y);
	return 0;
}

void
sheet_canvas_fini(struct sheet_canvas *c)
{
	if (c->cr != NULL)
		cairo_destroy(c->cr);
	c->cr = NULL;
}

int
sheet_canvas_take(struct sheet_canvas *c, struct pixels *p, struct err *e)
{
	cairo_surface_t	*s = cairo_get_target(c->cr);
	const uint8_t	*row;
	uint8_t		*out;
	uint32_t	 x, y, v;

	if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS)
		return err_set_id(e, ERR_TOOBIG, "picture-too-big",
		    "the picture takes too much to be drawn");
	cairo_surface_flush(s);
	p->width = c->width;
	p->height = c->height;
	p->rgb = out = xcalloc((size_t)c->width * c->height, 3);
	for (y = 0; y < c->height; y++) {
		row = cairo_image_surface_get_data(s) + (size_t)y *
		    (size_t)cairo_image_surface_get_stride(s);
		for (x = 0; x < c->width; x++) {
			memcpy(&v, row + 4 * (size_t)x, sizeof(v));
			*out++ = (uint8_t)(v >> 16);
			*out++ = (uint8_t)(v >> 8);
			*out++ = (uint8_t)v;
		}
	}
	return 0;
}

/* Of the paper, or of the group that is being drawn. */
static struct octets
pixels_now(struct sheet_canvas *c)
{
	cairo_surface_t	*s = cairo_get_group_target(c->cr);
	const uint8_t	*p;

	cairo_surface_flush(s);
	if ((p = cairo_image_surface_get_data(s)) == NULL)
		return OCTETS(NULL, 0);
	return OCTETS(p, (size_t)cairo_image_surface_get_stride(s) *
	    (size_t)cairo_image_surface_get_height(s));
}

uint8_t *
sheet_canvas_copy(struct sheet_canvas *c)
{
	const struct octets	o = pixels_now(c);

	return xmemdup(o.p, o.len);
}

bool
sheet_canvas_is(struct sheet_canvas *c, const uint8_t *copy)
{
	const struct octets	o = pixels_now(c);

	return o.len == 0 || memcmp(o.p, copy, o.len) == 0;
}

bool
sheet_canvas_spend(size_t *left, size_t n)
{
	if (*left < n) {
		*left = 0;
		return false;
	}
	*left -= n;
	return true;
}

/* The same of pixels. */
static bool
spend(size_t *left, double n)
{
	return sheet_canvas_spend(left, n < 1e12 ? (size_t)n : SIZE_MAX);
}

/* Pixels for a unit of the present space. */
static double
scale_of(const struct sheet_canvas *c)
{
	cairo_matrix_t	m;

	cairo_get_matrix(c->cr, &m);
	return sqrt(fabs(m.xx * m.yy - m.xy * m.yx));
}

bool
sheet_canvas_trace(struct sheet_canvas *c, double dx, double dy,
    size_t pieces)
{
	double	length;

	cairo_user_to_device_distance(c->cr, &dx, &dy);
	length = hypot(dx, dy) * (double)pieces;
	c->traced += length;
	c->pieces += pieces;
	return spend(&c->reach, length);
}

void
sheet_canvas_done(struct sheet_canvas *c)
{
	cairo_new_path(c->cr);
	c->traced = 0;
	c->pieces = 0;
}

bool
sheet_canvas_cover(struct sheet_canvas *c, double wide, bool all,
    double times)
{
	const double	scale = scale_of(c);
	double		x0, y0, x1, y1, p[4], edges = c->clipped, area;

	cairo_clip_extents(c->cr, &x0, &y0, &x1, &y1);
	if (!all) {
		cairo_path_extents(c->cr, &p[0], &p[1], &p[2], &p[3]);
		x0 = fmax(x0, p[0] - wide);
		y0 = fmax(y0, p[1] - wide);
		x1 = fmin(x1, p[2] + wide);
		y1 = fmin(y1, p[3] + wide);
		/* Both sides of a line, and its joins. */
		edges += c->traced;
		if (wide > 0)
			edges += c->traced + 4 * wide * scale *
			    (double)c->pieces;
	}
	area = fmax(x1 - x0, 0) * fmax(y1 - y0, 0) * scale * scale;
	area = fmin(area, (double)c->width * c->height);
	return spend(&c->reach, edges) && spend(&c->area, area * times);
}

bool
sheet_canvas_near(const struct sheet_canvas *c, double x, double y)
{
	cairo_user_to_device(c->cr, &x, &y);
	/* What is no number is not near, either. */
	return fabs(x) <= LIMIT_SHEET_FAR && fabs(y) <= LIMIT_SHEET_FAR;
}

bool
sheet_canvas_turn(struct sheet_canvas *c, const double m[6])
{
	const cairo_matrix_t	turn = { m[0], m[1], m[2], m[3], m[4], m[5] };
	cairo_matrix_t		old, now;
	double			area;

	cairo_get_matrix(c->cr, &old);
	cairo_matrix_multiply(&now, &turn, &old);
	area = fabs(now.xx * now.yy - now.xy * now.yx);
	if (!(area > FLAT) || !(fabs(now.xx) < STEEP) ||
	    !(fabs(now.yx) < STEEP) || !(fabs(now.xy) < STEEP) ||
	    !(fabs(now.yy) < STEEP) || !(fabs(now.x0) < STEEP) ||
	    !(fabs(now.y0) < STEEP))
		return false;
	cairo_set_matrix(c->cr, &now);
	return true;
}
