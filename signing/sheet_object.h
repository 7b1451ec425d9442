#ifndef SIGNING_SHEET_OBJECT_H
#define SIGNING_SHEET_OBJECT_H

#include "signing/sheet_canvas.h"
#include "signing/sheet_face.h"
#include "signing/sheet_image.h"
#include "signing/sheet_res.h"

/*
 * The objects of a page (GB/T 33190-2016, 8 to 13), drawn one after the other:
 * each cut to its Boundary and its clips, and through its matrix.
 */

#define LIMIT_SHEET_DEPTH	8	/* blocks and composites in others */

struct sheet_scene {
	struct sheet_canvas	 canvas;
	struct sheet_res	*res;
	struct sheet_faces	*faces;
	struct sheet_images	*images;
	uint32_t		 layer;		/* its drawing parameters; 0 */
};

/*
 * Draw the children of n: a layer, a block, or the content of a composite
 * unit.  What cannot be drawn is counted in the canvas.
 */
void	 sheet_objects(struct sheet_scene *s, const struct _xmlNode *n,
	    unsigned depth);

#endif /* SIGNING_SHEET_OBJECT_H */
