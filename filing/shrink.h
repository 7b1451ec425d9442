#ifndef FILING_SHRINK_H
#define FILING_SHRINK_H

#include <stdint.h>

#include "base/err.h"
#include "filing/pixels.h"

/*
 * Rows of a picture, made smaller while they come: each pixel shown is the mean
 * of the area that it stands for, in whole numbers, so that the same rows give
 * the same pixels everywhere.  One row of the picture is held at a time.
 */

struct shrink;			/* opaque */

/*
 * May a picture of these edges be decoded?  Its pixels are taken from *left.
 * ERR_TOOBIG "picture-too-big", as pixels_read(); ERR_FORMAT
 * "picture-unreadable": it has no pixels.
 */
int	 shrink_check(uint32_t width, uint32_t height, uint64_t *left,
	    struct err *e) MUST_CHECK;
/* For a picture of these edges, which may be decoded, at most edge wide and
 * high.  Caller frees with shrink_free(). */
struct shrink *shrink_new(uint32_t width, uint32_t height, uint32_t edge);
void	 shrink_free(struct shrink *s);
/* The next row from the top: red, green, blue, alpha a pixel.  More rows than
 * it has are a fault of ours. */
void	 shrink_row(struct shrink *s, const uint8_t *rgba);
/* All rows have come: what is shown. */
void	 shrink_take(struct shrink *s, struct pixels *out);

/* The decoders: as pixels_read(), of in that begins as their kind does. */
int	 pixels_png(struct octets in, uint32_t edge, uint64_t *left,
	    struct pixels *p, struct err *e) MUST_CHECK;
int	 pixels_jpeg(struct octets in, uint32_t edge, uint64_t *left,
	    struct pixels *p, struct err *e) MUST_CHECK;
int	 pixels_bmp(struct octets in, uint32_t edge, uint64_t *left,
	    struct pixels *p, struct err *e) MUST_CHECK;

#endif /* FILING_SHRINK_H */
