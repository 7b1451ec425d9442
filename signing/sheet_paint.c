#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cairo.h>

#include "signing/sheet_color.h"
#include "signing/sheet_paint.h"
#include "signing/xml.h"

/* Table 17: what is usual where nothing is said. */
#define LINE_WIDTH	0.353
#define MITER_LIMIT	4.234
#define DASHES_MAX	SHEET_LIST
#define BLEND_COSTS	8	/* times a plain colour */

/* Parameters id, and what they build on. */
static void
add_params(struct sheet_paint *p, uint32_t id)
{
	const struct _xmlNode	*n;
	int			 i;

	for (i = 0; i < SHEET_PAINT_DEPTH && (n = sheet_res_find(p->res,
	    SHEET_DRAW_PARAM, id)) != NULL; i++) {
		p->from[p->n++] = n;
		id = sheet_id(n, "Relative");
	}
}

void
sheet_paint_init(struct sheet_paint *p, const struct sheet_res *res,
    const struct _xmlNode *object, uint32_t layer)
{
	memset(p, 0, sizeof(*p));
	p->res = res;
	p->from[p->n++] = object;
	add_params(p, sheet_id(object, "DrawParam"));
	add_params(p, layer);
	p->alpha = sheet_color_alpha(object);
}

size_t
sheet_paint_size(const struct sheet_paint *p, size_t max)
{
	const struct _xmlNode	*k;
	size_t			 n = xml_attributes_size(p->from[0], max);
	int			 i;

	for (i = 1; i < p->n; i++) {
		n += xml_attributes_size(p->from[i], max - n);
		for (k = xml_first(p->from[i]); k != NULL && n < max;
		    k = xml_behind(k))
			n += xml_attributes_size(k, max - n);
	}
	return n;
}

const struct _xmlNode *
sheet_paint_color(const struct sheet_paint *p, const char *name)
{
	const struct _xmlNode	*n = NULL;
	int			 i;

	for (i = 0; i < p->n && n == NULL; i++)
		n = xml_child(p->from[i], name);
	return n;
}

bool
sheet_paint_take(const struct sheet_paint *p, const struct _xmlNode *color,
    struct sheet_canvas *c, double *times)
{
	struct sheet_color	k;

	*times = BLEND_COSTS;
	if (xml_child(color, "AxialShd") != NULL)
		return sheet_color_blend(p->res, xml_child(color, "AxialShd"),
		    p->alpha * sheet_color_alpha(color), c->cr);
	if (xml_child(color, "RadialShd") != NULL)
		return sheet_color_blend(p->res, xml_child(color,
		    "RadialShd"), p->alpha * sheet_color_alpha(color), c->cr);
	*times = 1;
	if (!sheet_color(p->res, color, &k))
		return false;
	cairo_set_source_rgba(c->cr, k.red, k.green, k.blue,
	    k.alpha * p->alpha);
	return true;
}

/* ---- lines */

/* The node that says it first. */
static const struct _xmlNode *
who_says(const struct sheet_paint *p, const char *name)
{
	char	*s;
	int	 i;

	for (i = 0; i < p->n; i++)
		if ((s = xml_attribute(p->from[i], name)) != NULL) {
			free(s);
			return p->from[i];
		}
	return p->from[0];
}

static bool
says(const struct sheet_paint *p, const char *name, const char *word)
{
	return sheet_says(who_says(p, name), name, word, false);
}

/* How long a line is in the units of the present space, at most. */
static double
length_of(cairo_t *cr)
{
	cairo_path_t		*path = cairo_copy_path_flat(cr);
	cairo_path_data_t	*d;
	double			 sum = 0, x = 0, y = 0;
	int			 i;

	for (i = 0; path->status == CAIRO_STATUS_SUCCESS &&
	    i < path->num_data; i += path->data[i].header.length) {
		d = &path->data[i];
		if (d->header.type == CAIRO_PATH_CLOSE_PATH)
			continue;
		if (d->header.type == CAIRO_PATH_LINE_TO)
			sum += hypot(d[1].point.x - x, d[1].point.y - y);
		x = d[1].point.x;
		y = d[1].point.y;
	}
	cairo_path_destroy(path);
	return sum;
}

/* "3 2": a dash and a gap, over and over.  False: malformed, or too many. */
static bool
set_dashes(const struct sheet_paint *p, struct sheet_canvas *c)
{
	const struct _xmlNode	*n = who_says(p, "DashPattern");
	char			*text = xml_attribute(n, "DashPattern");
	const char		*s = text;
	double			 v[DASHES_MAX], sum = 0, offset, all;
	int			 count = 0;
	bool			 good = true;

	while (s != NULL && good && !sheet_is_end(s)) {
		good = count < DASHES_MAX && sheet_number(&s, &v[count]) &&
		    v[count] >= 0;
		if (good)
			sum += v[count++];
	}
	free(text);
	if (count == 0 || !good || !(sum > 0))
		return good;
	/* A closing line is not in the length. */
	all = 2 * length_of(c->cr) / sum * count;
	if (all > LIMIT_SHEET_DASHES)
		return false;
	c->pieces += (size_t)all;
	offset = sheet_one(who_says(p, "DashOffset"), "DashOffset", 0);
	cairo_set_dash(c->cr, v, count, offset);
	return true;
}

bool
sheet_paint_stroke(const struct sheet_paint *p, struct sheet_canvas *c,
    double times)
{
	cairo_t	*cr = c->cr;
	double	 width = sheet_one(who_says(p, "LineWidth"), "LineWidth",
		    LINE_WIDTH);
	double	 miter = sheet_one(who_says(p, "MiterLimit"), "MiterLimit",
		    MITER_LIMIT);

	if (width < 0 || width > 2 * LIMIT_SHEET_BOX || !set_dashes(p, c) ||
	    !sheet_canvas_cover(c, width, false, times))
		return false;
	cairo_set_line_width(cr, width);
	cairo_set_miter_limit(cr, miter < 1 ? 1 : miter > 100 ? 100 : miter);
	cairo_set_line_cap(cr, says(p, "Cap", "Round") ?
	    CAIRO_LINE_CAP_ROUND : says(p, "Cap", "Square") ?
	    CAIRO_LINE_CAP_SQUARE : CAIRO_LINE_CAP_BUTT);
	cairo_set_line_join(cr, says(p, "Join", "Round") ?
	    CAIRO_LINE_JOIN_ROUND : says(p, "Join", "Bevel") ?
	    CAIRO_LINE_JOIN_BEVEL : CAIRO_LINE_JOIN_MITER);
	cairo_stroke(cr);
	return true;
}
