#ifndef SIGNING_SHEET_GLYPHS_H
#define SIGNING_SHEET_GLYPHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which glyphs of its typeface the characters of a TextCode are (GB/T
 * 33190-2016, 11.4, CGTransform): so many characters from a place on are so
 * many glyphs.  They mean something in the typeface that came along alone.
 */

struct _xmlNode;
struct sheet_canvas;
struct sheet_glyphs;			/* opaque */

/*
 * Those that stand before code; or, where it is the only one of its object and
 * none does, behind it.  Those that are malformed, or too many, are left out,
 * and counted in c.  Caller frees with sheet_glyphs_free(), as NULL: there are
 * none.
 */
struct sheet_glyphs *sheet_glyphs_new(const struct _xmlNode *code, bool only,
	    struct sheet_canvas *c);
void	 sheet_glyphs_free(struct sheet_glyphs *g);
/* Is something said of character i?  Of NULL: nothing. */
bool	 sheet_glyphs_has(const struct sheet_glyphs *g, size_t i);
/* Its k-th glyph; -1: it has no more.  Characters that are one glyph have it
 * at the first; more glyphs than characters are at the last. */
int64_t	 sheet_glyphs_of(const struct sheet_glyphs *g, size_t i, size_t k);

#endif /* SIGNING_SHEET_GLYPHS_H */
