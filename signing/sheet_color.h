#ifndef SIGNING_SHEET_COLOR_H
#define SIGNING_SHEET_COLOR_H

#include <stdbool.h>

#include "signing/sheet_res.h"

/* Colours of OFD (GB/T 33190-2016, 8.3): plain ones, and those that run from
 * one into another along a line or between circles. */

struct _cairo;				/* cairo_t */

/* 0 to 1.  Plain value. */
struct sheet_color {
	double	red, green, blue, alpha;
};

/* Read n, or black where it is NULL.  False: it is a pattern or a mesh, or its
 * value is malformed. */
bool	 sheet_color(const struct sheet_res *res, const struct _xmlNode *n,
	    struct sheet_color *c);
/* Its Alpha, 0 to 1; 1 where it has none. */
double	 sheet_color_alpha(const struct _xmlNode *n);
/* Take n, an AxialShd or RadialShd, for what is drawn next.  False: it is
 * malformed, or repeats. */
bool	 sheet_color_blend(const struct sheet_res *res,
	    const struct _xmlNode *n, double alpha, struct _cairo *cr);

#endif /* SIGNING_SHEET_COLOR_H */
