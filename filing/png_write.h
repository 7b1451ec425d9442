#ifndef FILING_PNG_WRITE_H
#define FILING_PNG_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * One ink in four strengths as a PNG: a palette of one colour, its transparency
 * in tRNS, 2 bits a pixel, the resolution in pHYs, nothing else.  And pixels
 * of any colour, to be shown.
 */

/* Coverage, 0 to 255 a pixel, rows of stride octets.  Borrowed. */
struct ink {
	const uint8_t	*p;
	size_t		 stride;
	uint32_t	 width, height;
	uint8_t		 colour[3];	/* red, green, blue */
	uint32_t	 dpi;
};

/* Append the PNG to out.  ERR_IO: libpng refused. */
int	png_write_ink(const struct ink *ink, struct buf *out,
	    struct err *e) MUST_CHECK;

/* Plain pixels, three octets each, as a PNG without anything else in it:
 * appended to out.  ERR_IO: libpng refused. */
int	 png_write_rgb(const uint8_t *rgb, uint32_t width, uint32_t height,
	    struct buf *out, struct err *e) MUST_CHECK;

#endif /* FILING_PNG_WRITE_H */
