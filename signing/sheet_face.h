#ifndef SIGNING_SHEET_FACE_H
#define SIGNING_SHEET_FACE_H

#include <stdbool.h>
#include <stdint.h>

#include "signing/sheet_canvas.h"
#include "signing/sheet_res.h"

/*
 * Typefaces of an OFD picture: the one that came with it, through FreeType; else
 * that of our own seals (filing/font.h), which has other shapes.  A typeface is
 * a stranger's program for drawing: nothing of it is hinted, so that none runs.
 */

#define LIMIT_SHEET_FACES	8	/* that came along; further ones are ours */
#define LIMIT_SHEET_FACE	(8u << 20)	/* octets of one */
#define LIMIT_SHEET_PARTS	64	/* glyphs that one is put together from */
#define LIMIT_SHEET_FACE_MS	2000	/* of processor time, in all of them */

struct sheet_faces;			/* opaque */
struct sheet_face;			/* opaque; tied to its faces */

/* Of res, which is borrowed until sheet_faces_free(). */
struct sheet_faces *sheet_faces_new(struct sheet_res *res);
void	 sheet_faces_free(struct sheet_faces *f);
/* The typeface of a Font resource; never NULL. */
struct sheet_face *sheet_face(struct sheet_faces *f, uint32_t id);
/* Did it come along? */
bool	 sheet_face_came(const struct sheet_face *f);

enum sheet_drawn {
	SHEET_DRAWN = 1,	/* in the typeface that came */
	SHEET_OTHER,		/* in ours */
	SHEET_NO_GLYPH,		/* in none */
	SHEET_TOO_MUCH		/* too far away, or more than may be drawn */
};

/*
 * Append the outline of a character to the path of c, or, where glyph is not
 * -1, of that glyph of the typeface that came.  Its matrix is that of the em,
 * y down.  *advance: how far the next one would be, in em.
 */
enum sheet_drawn sheet_face_trace(struct sheet_face *f, uint32_t c,
	    int64_t glyph, struct sheet_canvas *canvas, double *advance);

#endif /* SIGNING_SHEET_FACE_H */
