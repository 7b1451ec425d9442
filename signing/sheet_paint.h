#ifndef SIGNING_SHEET_PAINT_H
#define SIGNING_SHEET_PAINT_H

#include <stdbool.h>

#include "signing/sheet_canvas.h"
#include "signing/sheet_res.h"

/*
 * With what an object is drawn: its own attributes, then those of its drawing
 * parameters and of what these build on, then those of its layer (GB/T
 * 33190-2016, 8.2, 8.3).
 */

#define SHEET_PAINT_DEPTH	8	/* parameters built on others */

struct sheet_paint {
	const struct sheet_res	*res;
	const struct _xmlNode	*from[1 + 2 * SHEET_PAINT_DEPTH];
	int			 n;
	double			 alpha;		/* of the object, 0 to 1 */
};

/* Of object; layer are the drawing parameters of its layer, or 0. */
void	 sheet_paint_init(struct sheet_paint *p, const struct sheet_res *res,
	    const struct _xmlNode *object, uint32_t layer);

/* Octets of what all of them say in attributes, or max: each is gone through
 * some times for an object. */
size_t	 sheet_paint_size(const struct sheet_paint *p, size_t max);

/* The element ("FillColor") that counts, or NULL. */
const struct _xmlNode *sheet_paint_color(const struct sheet_paint *p,
	    const char *name);
/* Take a colour for what is drawn next; NULL: black.  *times: what a pixel of
 * it costs.  False: it is of a kind that is not drawn (a pattern, a mesh), or
 * malformed. */
bool	 sheet_paint_take(const struct sheet_paint *p,
	    const struct _xmlNode *color, struct sheet_canvas *c,
	    double *times);
/* Draw the line of the current path, where a pixel costs times.  False: it is
 * malformed, more than may be drawn, or would have too many dashes. */
bool	 sheet_paint_stroke(const struct sheet_paint *p,
	    struct sheet_canvas *c, double times);

#endif /* SIGNING_SHEET_PAINT_H */
