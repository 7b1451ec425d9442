#ifndef FILING_DRAW_H
#define FILING_DRAW_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The picture of a seal: measures in millimetres from schema/pictures.tsv,
 * a PNG with a palette of one red in 256 strengths and its resolution in
 * pHYs.  No time, no software name: the same input gives the same octets.
 */

#define LIMIT_PICTURE	(1u << 20)
#define DRAW_DPI	600
#define DRAW_DPI_MIN	72
#define DRAW_DPI_MAX	1200

struct draw_spec {
	uint32_t	 seal_type;
	const char	*name;		/* on the arc, or in the square */
	const char	*horizontal;	/* below, or "" */
	uint32_t	 dpi;		/* 0: DRAW_DPI */
};

/*
 * Draw, appending the PNG to out, and tell its size.  font_warm() must have
 * succeeded.  ERR_INVAL: "no-glyph" names the character that no font has,
 * "name-too-long" (it would not be legible), "seal-type-not-offered" (no
 * picture is defined for it), "bad-resolution".
 */
int	 draw_seal(const struct draw_spec *spec, struct buf *out,
	    uint32_t *width_mm, uint32_t *height_mm, struct err *e) MUST_CHECK;

#endif /* FILING_DRAW_H */
