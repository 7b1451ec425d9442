#ifndef SIGNING_SHEET_TEXT_H
#define SIGNING_SHEET_TEXT_H

#include <stdbool.h>

#include "signing/sheet_canvas.h"
#include "signing/sheet_face.h"

/*
 * Text objects (GB/T 33190-2016, 11): each character at the place that is said
 * for it.
 */

/*
 * Append the outlines of the text of n, a TextObject, to the path of c, whose
 * matrix is that of the object.  Characters that no typeface has are frames.
 * What is not as the picture means it is counted in c.  Returns how
 * many characters should be seen then.
 */
size_t	 sheet_text(const struct _xmlNode *n, struct sheet_faces *faces,
	    struct sheet_canvas *c);

#endif /* SIGNING_SHEET_TEXT_H */
