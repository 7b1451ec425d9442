#ifndef FILING_PIXELS_H
#define FILING_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Pictures that stand in strangers' seals, decoded to be shown to people: PNG
 * and JPEG by their libraries, BMP here.  What comes out are plain pixels of a
 * bounded size, as on white paper; whoever shows them decodes nothing.  For the
 * jail.
 */

#define LIMIT_PIXELS_EDGE	8192u	/* pixels of an edge, as brought */
#define LIMIT_PIXELS_SOURCE	(16u << 20)	/* pixels of one, as brought */
#define LIMIT_PIXELS_SHOWN	384u	/* pixels of an edge, as shown */

/* What the first octets say; whatever the seal calls it. */
enum pixels_kind {
	PIXELS_UNKNOWN = 0, PIXELS_PNG, PIXELS_JPEG, PIXELS_BMP, PIXELS_GIF,
	PIXELS_SVG, PIXELS_OFD
};

enum pixels_kind pixels_kind(struct octets in);
const char	*pixels_kind_word(enum pixels_kind k);	/* "PNG"; "" */

/* Rows from the top.  End with pixels_fini(). */
struct pixels {
	uint32_t	 width, height;
	uint8_t		*rgb;	/* three octets a pixel, on white paper */
	uint8_t		*alpha;	/* one: how much of it is ink; or NULL */
};

void	 pixels_fini(struct pixels *p);

/*
 * Decode in, made smaller until both edges are at most edge (1 ..
 * LIMIT_PIXELS_SHOWN), never larger.  *left are the pixels that may still be
 * decoded; what is decoded is taken from it.  On failure *p is zeroed.
 * ERR_FORMAT "picture-unreadable": damaged, or of a form that is not read;
 * "picture-kind": GIF, SVG, OFD (signing/sheet.h draws it) and what is nothing
 * known; ERR_TOOBIG
 * "picture-too-big": more pixels than LIMIT_PIXELS_EDGE, LIMIT_PIXELS_SOURCE or
 * *left allow.
 */
int	 pixels_read(struct octets in, uint32_t edge, uint64_t *left,
	    struct pixels *p, struct err *e) MUST_CHECK;

#endif /* FILING_PIXELS_H */
