#ifndef SIGNING_SHEET_CANVAS_H
#define SIGNING_SHEET_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "filing/pixels.h"
#include "signing/sheet_value.h"

/*
 * What an OFD picture is drawn on: white paper through cairo, in millimetres of
 * the page; and how much may still be drawn, so that a stranger's picture costs
 * what a picture costs.  What was left out or drawn otherwise is counted: a
 * picture that silently lacks a character misleads.
 */

#define LIMIT_SHEET_BOX		10000	/* millimetres of a page's edge */
#define LIMIT_SHEET_OBJECTS	16384	/* drawn, each as often as it is */
#define LIMIT_SHEET_SEGMENTS	131072	/* of lines and curves, the same */
#define LIMIT_SHEET_GLYPHS	4096	/* characters, the same */
#define LIMIT_SHEET_OCTETS	(4u << 20)	/* of XML gone through for it */
#define LIMIT_SHEET_FAR		8192	/* pixels that a point may be away */
#define LIMIT_SHEET_DASHES	16384	/* of one line */

struct _cairo;				/* cairo_t */

struct sheet_canvas {
	struct _cairo	*cr;
	uint32_t	 width, height;		/* pixels */
	size_t		 objects, segments, glyphs, octets;	/* left */
	/* Told of the picture. */
	size_t		 other_face;	/* characters in another typeface */
	size_t		 no_glyph;	/* for which no typeface has a shape */
	size_t		 left_out;	/* objects not drawn, or not as meant */
};

/*
 * Paper for box, edge pixels along its longer edge.  ERR_FORMAT
 * "picture-unreadable": the box is none; ERR_TOOBIG "picture-too-big".  End
 * with sheet_canvas_fini(), after a failure too.
 */
int	 sheet_canvas_init(struct sheet_canvas *c,
	    const struct sheet_box *box, uint32_t edge,
	    struct err *e) MUST_CHECK;
void	 sheet_canvas_fini(struct sheet_canvas *c);
/* What has been drawn.  ERR_TOOBIG "picture-too-big": cairo could not. */
int	 sheet_canvas_take(struct sheet_canvas *c, struct pixels *p,
	    struct err *e) MUST_CHECK;

/* Take n from what is left of one of its numbers.  False: there is less. */
bool	 sheet_canvas_spend(size_t *left, size_t n);
/* Is a point of the present space near enough to be drawn at? */
bool	 sheet_canvas_near(const struct sheet_canvas *c, double x, double y);
/* Another matrix (six numbers, as CTM has them) onto the present one.  False,
 * with nothing changed: nothing could be seen through it. */
bool	 sheet_canvas_turn(struct sheet_canvas *c, const double m[6]);

#endif /* SIGNING_SHEET_CANVAS_H */
