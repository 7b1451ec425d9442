#include <stdlib.h>
#include <string.h>

#include <cairo.h>

#include "base/mem.h"
#include "filing/pixels.h"
#include "signing/sheet_image.h"

struct image {
	uint32_t	 id;
	cairo_surface_t	*surface;	/* NULL: it cannot be shown */
};

struct sheet_images {
	struct sheet_res	*res;
	uint64_t		*left;
	struct image		 image[LIMIT_SHEET_IMAGES];
	size_t			 n;
};

struct sheet_images *
sheet_images_new(struct sheet_res *res, uint64_t *left)
{
	struct sheet_images	*m = xcalloc(1, sizeof(*m));

	m->res = res;
	m->left = left;
	return m;
}

void
sheet_images_free(struct sheet_images *m)
{
	size_t	i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++)
		if (m->image[i].surface != NULL)
			cairo_surface_destroy(m->image[i].surface);
	free(m);
}

/* What is on white paper without the paper, as cairo counts: a colour is at
 * most as strong as its alpha. */
static uint32_t
without_paper(const uint8_t *rgb, uint32_t alpha)
{
	uint32_t	v = alpha, k, ink;
	int		i;

	for (i = 0; i < 3; i++) {
		k = rgb[i] + alpha;
		ink = k < 255 ? 0 : k - 255;
		v = v << 8 | (ink > alpha ? alpha : ink);
	}
	return v;
}

static cairo_surface_t *
surface_of(const struct pixels *p)
{
	cairo_surface_t	*s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32,
			    (int)p->width, (int)p->height);
	uint8_t		*row = cairo_image_surface_get_data(s);
	uint32_t	 x, y, v;
	size_t		 at = 0;

	for (y = 0; row != NULL && y < p->height; y++) {
		for (x = 0; x < p->width; x++, at++) {
			v = without_paper(p->rgb + 3 * at, p->alpha[at]);
			memcpy(row + 4 * (size_t)x, &v, sizeof(v));
		}
		row += cairo_image_surface_get_stride(s);
	}
	cairo_surface_mark_dirty(s);
	return s;
}

static void
read_image(struct sheet_images *m, struct image *i)
{
	const struct _xmlNode	*n = sheet_res_find(m->res, SHEET_MEDIA,
				    i->id);
	struct pixels		 p;
	uint8_t			*o = NULL;
	size_t			 len;

	if (n == NULL || sheet_res_octets(m->res, n, "MediaFile",
	    LIMIT_SHEET_IMAGE, &o, &len, NULL) != 0)
		return;
	if (pixels_read(OCTETS(o, len), LIMIT_PIXELS_SHOWN, m->left, &p,
	    NULL) == 0) {
		i->surface = surface_of(&p);
		pixels_fini(&p);
	}
	free(o);
}

bool
sheet_image(struct sheet_images *m, uint32_t id, double alpha,
    struct sheet_canvas *c)
{
	struct image	*found = NULL;
	size_t		 i;

	for (i = 0; i < m->n && found == NULL; i++)
		if (m->image[i].id == id)
			found = &m->image[i];
	if (found == NULL) {
		if (m->n == LIMIT_SHEET_IMAGES)
			return false;
		found = &m->image[m->n++];
		found->id = id;
		read_image(m, found);
	}
	if (found->surface == NULL || !sheet_canvas_near(c, 0, 0) ||
	    !sheet_canvas_near(c, 1, 0) || !sheet_canvas_near(c, 0, 1) ||
	    !sheet_canvas_near(c, 1, 1))
		return false;
	cairo_save(c->cr);
	cairo_scale(c->cr,
	    1.0 / cairo_image_surface_get_width(found->surface),
	    1.0 / cairo_image_surface_get_height(found->surface));
	cairo_set_source_surface(c->cr, found->surface, 0, 0);
	cairo_pattern_set_extend(cairo_get_source(c->cr), CAIRO_EXTEND_PAD);
	cairo_rectangle(c->cr, 0, 0,
	    cairo_image_surface_get_width(found->surface),
	    cairo_image_surface_get_height(found->surface));
	cairo_clip(c->cr);
	cairo_paint_with_alpha(c->cr, alpha);
	cairo_restore(c->cr);
	return true;
}
