#include <string.h>

#include "filing/shrink.h"
#include "signing/package.h"
#include "signing/reading.h"
#include "signing/sheet.h"
#include "signing/sheet_object.h"
#include "signing/sheet_page.h"

static int
draw(struct sheet_page *page, uint32_t edge, uint64_t *left,
    struct pixels *p, struct sheet_told *t, struct err *e)
{
	struct sheet_scene	s = { .res = page->res };
	size_t			i;
	int			rc;

	if ((rc = sheet_canvas_init(&s.canvas, &page->box, edge, e)) != 0 ||
	    (rc = shrink_check(s.canvas.width, s.canvas.height, left,
	    e)) != 0)
		goto out;
	s.faces = sheet_faces_new(page->res);
	s.images = sheet_images_new(page->res, left);
	for (i = 0; i < page->n; i++) {
		s.layer = sheet_id(page->layer[i], "DrawParam");
		sheet_objects(&s, page->layer[i], 0);
	}
	if ((rc = sheet_canvas_take(&s.canvas, p, e)) != 0)
		goto out;
	t->other_face = s.canvas.other_face;
	t->no_glyph = s.canvas.no_glyph;
	t->unseen = s.canvas.unseen;
	t->left_out = s.canvas.left_out + page->left_out;

	rc = 0;
out:
	sheet_images_free(s.images);
	sheet_faces_free(s.faces);
	sheet_canvas_fini(&s.canvas);
	return rc;
}

int
sheet_read(struct octets in, uint32_t edge, uint64_t *left, struct pixels *p,
    struct sheet_told *t, struct err *e)
{
	struct sheet_page	page;
	struct package		*package = NULL;
	int			 rc;

	memset(p, 0, sizeof(*p));
	memset(t, 0, sizeof(*t));
	if ((rc = package_open(in, &package, e)) != 0)
		return rc;
	if ((rc = sheet_page_read(package, &page, e)) == 0)
		rc = draw(&page, edge, left, p, t, e);
	sheet_page_fini(&page);
	package_free(package);
	return rc;
}

void
sheet_tell(const struct sheet_told *t, char ***lines, size_t *n)
{
	if (t->no_glyph > 0)
		reading_line(lines, n, "%zu characters of it are not drawn, "
		    "no typeface has them", t->no_glyph);
	if (t->other_face > 0)
		reading_line(lines, n, "%zu characters of it are drawn in "
		    "another typeface", t->other_face);
	if (t->unseen > 0)
		reading_line(lines, n, "%zu characters of it leave no mark",
		    t->unseen);
	if (t->left_out > 0)
		reading_line(lines, n, "%zu parts of it are not drawn",
		    t->left_out);
}
