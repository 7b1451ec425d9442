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
#define LIMIT_SHEET_REACH	(2u << 20)	/* pixels along all lines */
#define LIMIT_SHEET_AREA	(64u << 20)	/* pixels painted over */
#define LIMIT_SHEET_FAR		8192	/* pixels that a point may be away */
#define LIMIT_SHEET_DASHES	16384	/* of one line */

struct _cairo;				/* cairo_t */

struct sheet_canvas {
	struct _cairo	*cr;
	uint32_t	 width, height;		/* pixels */
	/* Left. */
	size_t		 objects, segments, glyphs, octets, reach, area;
	/* Of the current path, in pixels along it; and of the clips. */
	double		 traced, clipped;
	size_t		 pieces;		/* segments of the path */
	/* Told of the picture. */
	size_t		 other_face;	/* characters in another typeface */
	size_t		 no_glyph;	/* for which no typeface has a shape */
	size_t		 unseen;	/* drawn, and leaving no mark */
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

/* The pixels that are drawn on now, on the heap; and whether they are still
 * those. */
uint8_t	*sheet_canvas_copy(struct sheet_canvas *c);
bool	 sheet_canvas_is(struct sheet_canvas *c, const uint8_t *copy);

/* Take n from what is left of one of its numbers.  False: there is less. */
bool	 sheet_canvas_spend(size_t *left, size_t n);
/*
 * A path costs what its edges go over, each time that it is filled, or clips
 * what is drawn: a piece more of the current one, so many pixels long in the
 * present space.  False: more than may be drawn.
 */
bool	 sheet_canvas_trace(struct sheet_canvas *c, double dx, double dy,
	    size_t pieces);
/* The current path is done with. */
void	 sheet_canvas_done(struct sheet_canvas *c);
/*
 * May the current path be filled (wide 0), drawn as a line so wide, or, where
 * all, everything within the clips be painted?  times: what a pixel costs.
 */
bool	 sheet_canvas_cover(struct sheet_canvas *c, double wide, bool all,
	    double times);
/* Is a point of the present space near enough to be drawn at? */
bool	 sheet_canvas_near(const struct sheet_canvas *c, double x, double y);
/* Another matrix (six numbers, as CTM has them) onto the present one.  False,
 * with nothing changed: nothing could be seen through it. */
bool	 sheet_canvas_turn(struct sheet_canvas *c, const double m[6]);

#endif /* SIGNING_SHEET_CANVAS_H */
