#include <cairo.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include "filing/outline.h"

/* A cubic or conic at a time. */
struct trace {
	cairo_t	*cr;
	double	 em;
	bool	 open;
};

static int
trace_move(const FT_Vector *to, void *arg)
{
	struct trace	*t = arg;

	if (t->open)
		cairo_close_path(t->cr);
	t->open = true;
	cairo_move_to(t->cr, (double)to->x / t->em, -(double)to->y / t->em);
	return 0;
}

static int
trace_line(const FT_Vector *to, void *arg)
{
	struct trace	*t = arg;

	cairo_line_to(t->cr, (double)to->x / t->em, -(double)to->y / t->em);
	return 0;
}

static int
trace_cubic(const FT_Vector *a, const FT_Vector *b, const FT_Vector *to,
    void *arg)
{
	struct trace	*t = arg;

	cairo_curve_to(t->cr, (double)a->x / t->em, -(double)a->y / t->em,
	    (double)b->x / t->em, -(double)b->y / t->em,
	    (double)to->x / t->em, -(double)to->y / t->em);
	return 0;
}

static int
trace_conic(const FT_Vector *a, const FT_Vector *to, void *arg)
{
	struct trace	*t = arg;
	double		 x, y, ax = (double)a->x / t->em,
			 ay = -(double)a->y / t->em,
			 tx = (double)to->x / t->em,
			 ty = -(double)to->y / t->em;

	cairo_get_current_point(t->cr, &x, &y);
	cairo_curve_to(t->cr, x + (ax - x) * 2 / 3, y + (ay - y) * 2 / 3,
	    tx + (ax - tx) * 2 / 3, ty + (ay - ty) * 2 / 3, tx, ty);
	return 0;
}

bool
outline_trace(const struct FT_Outline_ *o, double em, cairo_t *cr)
{
	static const FT_Outline_Funcs	funcs = {
		.move_to = trace_move, .line_to = trace_line,
		.conic_to = trace_conic, .cubic_to = trace_cubic,
	};
	struct trace			t = { .cr = cr, .em = em };
	/* FreeType has no const here; it does not write. */
	FT_Outline			copy = *o;

	if (FT_Outline_Decompose(&copy, &funcs, &t) != 0)
		return false;
	if (t.open)
		cairo_close_path(cr);
	return true;
}
