#ifndef FILING_OUTLINE_H
#define FILING_OUTLINE_H

#include <stdbool.h>

/*
 * FreeType's outline of a glyph as a path of cairo's: in em, x to the right
 * and y down, the baseline at y = 0.
 */

struct FT_Outline_;			/* FT_Outline */
struct _cairo;				/* cairo_t */

/*
 * Append o, in units of which em make an em, to the current path of cr,
 * through cr's matrix.  False: it is damaged, and part of it may be there.
 */
bool	 outline_trace(const struct FT_Outline_ *o, double em,
	    struct _cairo *cr);

#endif /* FILING_OUTLINE_H */
