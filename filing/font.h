#ifndef FILING_FONT_H
#define FILING_FONT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Typefaces of seals.  font_warm() finds and maps them while files may still
 * be opened; afterwards outlines come from mapped memory alone, which several
 * jails share.  Coordinates are in em, x to the right and y down, the baseline
 * at y = 0: nothing is hinted, so that a shape depends on the typeface only.
 */

struct _cairo;				/* cairo_t */

/* What a glyph takes.  Plain value. */
struct glyph {
	double	x0, y0, x1, y1;		/* ink box; empty for a space */
	double	advance;
};

/* Faces that may be open at a time. */
#define LIMIT_FACES	4

/*
 * Open every face that schema/pictures.tsv names.  May be repeated.
 * ERR_NOTFOUND "no-font": one of them is not installed.
 */
int	 font_warm(struct err *e) MUST_CHECK;
/* Close them, for tests that look for leaks. */
void	 font_cool(void);

/*
 * A face by its name and fontconfig weight, or -1: font_warm() did not open
 * it.
 */
int	 font_find(const char *family, int weight);

/* ERR_INVAL "no-glyph" names the first character of text without a glyph. */
int	 font_check(int face, const char *text, struct err *e) MUST_CHECK;

/*
 * Measure a character; and append its outline to the current path of cr,
 * through cr's matrix.  ERR_INVAL "no-glyph".
 */
int	 font_measure(int face, uint32_t c, struct glyph *g,
	    struct err *e) MUST_CHECK;
int	 font_outline(int face, uint32_t c, struct _cairo *cr,
	    struct err *e) MUST_CHECK;

#endif /* FILING_FONT_H */
