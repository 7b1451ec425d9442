#ifndef SIGNING_SHEET_CLIP_H
#define SIGNING_SHEET_CLIP_H

#include <stdbool.h>

#include "signing/sheet_canvas.h"

/*
 * Clips of an object (GB/T 33190-2016, 8.4): what shows lies in one of the
 * areas of each.
 */

/*
 * Cut what is drawn next to the clips of n, in whose space c is, before its own
 * matrix turn (NULL: it has none), which takes part unless TransFlag says
 * otherwise.  False: one of them is malformed, or cuts by text.
 */
bool	 sheet_clip(const struct _xmlNode *n, const double turn[6],
	    struct sheet_canvas *c);

#endif /* SIGNING_SHEET_CLIP_H */
