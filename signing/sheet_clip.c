#include <stdlib.h>

#include <cairo.h>

#include "signing/sheet_clip.h"
#include "signing/sheet_path.h"
#include "signing/xml.h"

#define CLIP_COSTS	4	/* times what is filled */

/* One area, appended to the path.  The path of an area has a box of its own. */
static bool
add_area(const struct _xmlNode *area, struct sheet_canvas *c)
{
	const struct _xmlNode	*path = xml_child(area, "Path");
	struct sheet_box	 box = { 0 };
	cairo_matrix_t		 old;
	double			 turn[6];
	char			*data;
	bool			 good;

	if (path == NULL || xml_child(area, "Text") != NULL ||
	    sheet_box(path, "Boundary", &box) == SHEET_BAD)
		return false;
	data = xml_text(xml_child(path, "AbbreviatedData"));
	cairo_get_matrix(c->cr, &old);
	good = data != NULL && (sheet_list(area, "CTM", 6, turn) !=
	    SHEET_GOOD || sheet_canvas_turn(c, turn));
	if (good && sheet_canvas_near(c, box.x, box.y))
		cairo_translate(c->cr, box.x, box.y);
	good = good && (sheet_list(path, "CTM", 6, turn) != SHEET_GOOD ||
	    sheet_canvas_turn(c, turn)) && sheet_path(c, data);
	cairo_set_matrix(c->cr, &old);
	free(data);
	/* An area without a shape, or none, would cut everything away. */
	return good && cairo_has_current_point(c->cr);
}

bool
sheet_clip(const struct _xmlNode *n, const double turn[6],
    struct sheet_canvas *c)
{
	const struct _xmlNode	*clips = xml_child(n, "Clips"), *clip, *area;
	const bool		 own = turn != NULL && sheet_is(clips,
				    "TransFlag", true);
	cairo_matrix_t		 old;
	bool			 good = true;

	cairo_get_matrix(c->cr, &old);
	if (clips != NULL && own)
		good = sheet_canvas_turn(c, turn);
	for (clip = xml_child(clips, "Clip"); clip != NULL && good;
	    clip = xml_next(clip)) {
		good = sheet_canvas_spend(&c->objects, 1) &&
		    xml_child(clip, "Area") != NULL;
		for (area = xml_child(clip, "Area"); area != NULL && good;
		    area = xml_next(area))
			good = add_area(area, c);
		cairo_set_fill_rule(c->cr, CAIRO_FILL_RULE_WINDING);
		good = good && sheet_canvas_cover(c, 0, false, CLIP_COSTS);
		c->clipped += c->traced;
		if (good)
			cairo_clip(c->cr);
		sheet_canvas_done(c);
	}
	cairo_set_matrix(c->cr, &old);
	return good;
}
