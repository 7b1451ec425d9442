#ifndef FILING_FONT_H
#define FILING_FONT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The typeface of seals.  font_warm() finds and maps it while files may still
 * be opened; afterwards outlines come from memory alone.
 */

struct _cairo_path;

/* One glyph's outline, in units of the em (1.0), baseline at y = 0, y down. */
struct glyph {
	const struct _cairo_path *path;	/* tied to the cache */
	double	x0, y0, x1, y1;		/* ink box */
	double	advance;
};

/* ERR_NOTFOUND "no-font": none of the faces in schema/pictures.tsv is here. */
int	 font_warm(struct err *e) MUST_CHECK;
void	 font_cool(void);	/* frees everything; for tests */

/* ERR_INVAL "no-glyph" names the first character of text without a glyph. */
int	 font_check(const char *text, struct err *e) MUST_CHECK;
/* ERR_INVAL "no-glyph". */
int	 font_glyph(uint32_t c, struct glyph *g, struct err *e) MUST_CHECK;

#endif /* FILING_FONT_H */
