#ifndef SIGNING_SHEET_H
#define SIGNING_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "filing/pixels.h"

/*
 * The picture of a seal that is itself an OFD package (GB/T 38540, picture type
 * "ofd"; GB/T 33190): its first page as pixels.  Drawn by cairo, on white
 * paper, in the jail; everything that it is made of is read by the sheet_*
 * files.
 */

/* What is not in the pixels as the picture means it.  Plain value. */
struct sheet_told {
	size_t	other_face;	/* characters drawn in a typeface of ours */
	size_t	no_glyph;	/* characters not drawn, or as a frame */
	size_t	unseen;		/* characters drawn that leave no mark */
	size_t	left_out;	/* objects not drawn, or not wholly */
};

/*
 * Draw in with its longer edge edge pixels long (1 .. LIMIT_PIXELS_SHOWN).  *left
 * as pixels_read(); pictures in it are taken from it, too.  On failure *p and *t
 * are zeroed.  Errors as sheet_page_read(), and "picture-too-big".
 */
int	 sheet_read(struct octets in, uint32_t edge, uint64_t *left,
	    struct pixels *p, struct sheet_told *t, struct err *e) MUST_CHECK;

/* That in sentences, a line each, appended as reading_line() does: a picture
 * that silently lacks a character misleads. */
void	 sheet_tell(const struct sheet_told *t, char ***lines, size_t *n);

#endif /* SIGNING_SHEET_H */
