#ifndef FILING_PICTURE_H
#define FILING_PICTURE_H

#include <stdbool.h>

/*
 * The measures of a seal's picture: a row of schema/pictures.tsv.  They differ
 * between provinces and years, and so are data.
 */

/* Millimetres and degrees; the file's first lines explain each. */
struct picture {
	const char	*style;
	bool		 square;
	double		 width, height, border, star;
	double		 gap, text, aspect, arc, step;
	double		 min_width, min_space;
	double		 line, line_y, line_width, line_step;
	const char	*face;
	int		 weight;
};

/* The row of a style; false if there is none. */
bool	picture_find(const char *style, struct picture *p);
/* The i-th row; false beyond the last. */
bool	picture_at(unsigned i, struct picture *p);

#endif /* FILING_PICTURE_H */
