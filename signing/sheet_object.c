#include <stdlib.h>
#include <string.h>

#include <cairo.h>

#include "signing/sheet_clip.h"
#include "signing/sheet_object.h"
#include "signing/sheet_paint.h"
#include "signing/sheet_path.h"
#include "signing/sheet_text.h"
#include "signing/xml.h"

/* Times what a pixel of a plain colour costs. */
#define IMAGE_COSTS	8
#define GROUP_COSTS	8
#define CHILD	16	/* octets that a child of an object counts for */
#define ATTRIBUTES	1024	/* octets of attributes that an object may have
				 * for nothing */

/* An object while it is drawn. */
struct object {
	const struct _xmlNode	*node;
	struct sheet_paint	 paint;
	struct sheet_box	 box;
	bool			 has_box, has_turn;
	unsigned		 depth;
};

/* Of figures alone: where characters meet, they are not holes. */
static bool
is_even(const struct _xmlNode *n)
{
	return xml_is(n, "PathObject") &&
	    sheet_says(n, "Rule", "Even-Odd", false);
}

/* Fill and draw the line of what has been traced.  fill, stroke: is that so
 * where nothing is said? */
static bool
put_ink(struct sheet_scene *s, const struct object *o, bool fill,
    bool stroke)
{
	const struct _xmlNode	*color;
	cairo_t			*cr = s->canvas.cr;
	double			 times;
	bool			 good = true;

	color = sheet_paint_color(&o->paint, "FillColor");
	/* A figure without a colour is not filled; a text is black. */
	if (sheet_is(o->node, "Fill", fill) &&
	    (fill || color != NULL)) {
		good = sheet_paint_take(&o->paint, color, &s->canvas,
		    &times) && sheet_canvas_cover(&s->canvas, 0, false, times);
		cairo_set_fill_rule(cr, is_even(o->node) ?
		    CAIRO_FILL_RULE_EVEN_ODD : CAIRO_FILL_RULE_WINDING);
		if (good)
			cairo_fill_preserve(cr);
	}
	if (good && sheet_is(o->node, "Stroke", stroke)) {
		color = sheet_paint_color(&o->paint, "StrokeColor");
		good = sheet_paint_take(&o->paint, color, &s->canvas,
		    &times) && sheet_paint_stroke(&o->paint, &s->canvas,
		    times);
	}
	return good;
}

static bool
put_path(struct sheet_scene *s, const struct object *o)
{
	char	*data = xml_text(xml_child(o->node, "AbbreviatedData"));
	bool	 good = data != NULL && sheet_path(&s->canvas, data) &&
		    put_ink(s, o, false, true);

	free(data);
	return good;
}

/* What leaves no mark is told: nobody would know of it. */
static bool
put_text(struct sheet_scene *s, const struct object *o)
{
	const size_t	 n = sheet_text(o->node, s->faces, &s->canvas);
	uint8_t		*before = sheet_canvas_copy(&s->canvas);
	bool		 good = put_ink(s, o, true, false);

	if (good && sheet_canvas_is(&s->canvas, before))
		s->canvas.unseen += n;
	free(before);
	return good;
}

/* Over the unit square through its matrix; where it has none, its box. */
static bool
put_image(struct sheet_scene *s, const struct object *o)
{
	const double	turn[6] = { o->box.w, 0, 0, o->box.h, 0, 0 };

	if (xml_child(o->node, "Border") != NULL ||
	    sheet_id(o->node, "ImageMask") != 0)
		s->canvas.left_out++;
	if (!o->has_turn && (!o->has_box ||
	    !sheet_canvas_turn(&s->canvas, turn)))
		return false;
	return sheet_canvas_cover(&s->canvas, 0, true, IMAGE_COSTS) &&
	    sheet_image(s->images, sheet_id(o->node, "ResourceID"),
	    o->paint.alpha, &s->canvas);
}

/* What it has of other objects, as one where it is not opaque. */
static bool
put_composite(struct sheet_scene *s, const struct object *o)
{
	const struct _xmlNode	*unit = sheet_res_find(s->res, SHEET_UNIT,
				    sheet_id(o->node, "ResourceID"));
	const struct _xmlNode	*content = xml_child(unit, "Content");
	const bool		 group = o->paint.alpha < 1;

	if (content == NULL || (group &&
	    !sheet_canvas_cover(&s->canvas, 0, true, GROUP_COSTS)))
		return false;
	if (group)
		cairo_push_group(s->canvas.cr);
	sheet_objects(s, content, o->depth + 1);
	if (group) {
		cairo_pop_group_to_source(s->canvas.cr);
		cairo_paint_with_alpha(s->canvas.cr, o->paint.alpha);
	}
	return true;
}

static bool
put_block(struct sheet_scene *s, const struct object *o)
{
	sheet_objects(s, o->node, o->depth + 1);
	return true;
}

static const struct kind {
	const char	*name;
	bool		(*put)(struct sheet_scene *s,
			    const struct object *o);
} kinds[] = {
	{ "PathObject", put_path }, { "TextObject", put_text },
	{ "ImageObject", put_image }, { "CompositeObject", put_composite },
	{ "PageBlock", put_block },
};

static const struct kind *
kind_of(const struct _xmlNode *n)
{
	size_t	i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (xml_is(n, kinds[i].name))
			return &kinds[i];
	return NULL;
}

/* Into the space of an object, cut to its box.  False: nothing of it could be
 * seen, or its attributes are malformed. */
static bool
enter(struct sheet_scene *s, struct object *o)
{
	cairo_t	*cr = s->canvas.cr;
	double	 turn[6];

	switch (sheet_box(o->node, "Boundary", &o->box)) {
	case SHEET_BAD:
		return false;
	case SHEET_ABSENT:
		break;
	case SHEET_GOOD:
		if (!sheet_canvas_near(&s->canvas, o->box.x, o->box.y))
			return false;
		o->has_box = true;
		cairo_translate(cr, o->box.x, o->box.y);
		/* A line that is level has a box without height. */
		if (o->box.w > 0 && o->box.h > 0) {
			cairo_rectangle(cr, 0, 0, o->box.w, o->box.h);
			cairo_clip(cr);
		}
		break;
	}
	switch (sheet_list(o->node, "CTM", 6, turn)) {
	case SHEET_BAD:
		return false;
	case SHEET_ABSENT:
		break;
	case SHEET_GOOD:
		o->has_turn = true;
		if (!sheet_clip(o->node, turn, &s->canvas))
			return false;
		return sheet_canvas_turn(&s->canvas, turn);
	}
	return sheet_clip(o->node, NULL, &s->canvas);
}

/* Its children count: what is said of one object could be a whole file. */
static bool
may(struct sheet_scene *s, const struct _xmlNode *n)
{
	const struct _xmlNode	*k;
	size_t			 count = 1;

	for (k = xml_first(n); k != NULL; k = xml_behind(k))
		count++;
	return sheet_canvas_spend(&s->canvas.objects, 1) &&
	    sheet_canvas_spend(&s->canvas.octets, CHILD * count);
}

/* Attributes beyond the usual are paid for, each time that an object has them:
 * drawing parameters are one's, and of all who name them. */
static bool
may_say(struct sheet_scene *s, const struct sheet_paint *p)
{
	const size_t	n = sheet_paint_size(p, LIMIT_SHEET_OCTETS);

	return n <= ATTRIBUTES ||
	    sheet_canvas_spend(&s->canvas.octets, n - ATTRIBUTES);
}

static void
put(struct sheet_scene *s, const struct kind *kind, const struct _xmlNode *n,
    unsigned depth)
{
	const double	clipped = s->canvas.clipped;
	struct object	o = { .node = n, .depth = depth };

	if (!sheet_is(n, "Visible", true))
		return;
	if (depth > LIMIT_SHEET_DEPTH || !may(s, n)) {
		s->canvas.left_out++;
		return;
	}
	sheet_paint_init(&o.paint, s->res, n, s->layer);
	if (!may_say(s, &o.paint)) {
		s->canvas.left_out++;
		return;
	}
	cairo_save(s->canvas.cr);
	if (!enter(s, &o) || !kind->put(s, &o))
		s->canvas.left_out++;
	sheet_canvas_done(&s->canvas);
	cairo_restore(s->canvas.cr);
	s->canvas.clipped = clipped;
}

void
sheet_objects(struct sheet_scene *s, const struct _xmlNode *n,
    unsigned depth)
{
	const struct kind	*kind;

	for (n = xml_first(n); n != NULL && s->canvas.objects > 0;
	    n = xml_behind(n))
		if ((kind = kind_of(n)) != NULL)
			put(s, kind, n, depth);
		else
			s->canvas.left_out++;
	if (n != NULL)
		s->canvas.left_out++;
}
