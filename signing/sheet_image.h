#ifndef SIGNING_SHEET_IMAGE_H
#define SIGNING_SHEET_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "signing/sheet_canvas.h"
#include "signing/sheet_res.h"

/*
 * Pictures inside an OFD picture: PNG, JPEG and BMP, by the decoders of seals'
 * pictures (filing/pixels.h), each once however often it shows.  A package
 * inside is not opened: there is none in a seal's picture.
 */

#define LIMIT_SHEET_IMAGES	16	/* different ones */
#define LIMIT_SHEET_IMAGE	(16u << 20)	/* octets of one */

struct sheet_images;			/* opaque */

/* Of res, borrowed; left: pixels that may still be decoded, tied until
 * sheet_images_free(). */
struct sheet_images *sheet_images_new(struct sheet_res *res, uint64_t *left);
void	 sheet_images_free(struct sheet_images *m);

/* Draw that MultiMedia resource over 0 .. 1 of the present space, as opaque as
 * alpha.  False: it cannot be. */
bool	 sheet_image(struct sheet_images *m, uint32_t id, double alpha,
	    struct sheet_canvas *c);

#endif /* SIGNING_SHEET_IMAGE_H */
