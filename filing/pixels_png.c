#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/mem.h"
#include "filing/shrink.h"

/* What is held while libpng may jump away. */
struct reading {
	struct cursor	 in;
	png_structp	 png;
	png_infop	 info;
	struct shrink	*s;
	uint8_t		*rows;		/* one, or all where it is interlaced */
	uint8_t	       **list;
	int		 rc;
	struct err	*e;
};

static void
on_read(png_structp png, png_bytep p, size_t n)
{
	struct reading	*r = png_get_io_ptr(png);

	if (cursor_left(&r->in) < n)
		png_longjmp(png, 1);		/* it ends early */
	memcpy(p, r->in.p, n);
	r->in.p += n;
}

static void
on_error(png_structp png, png_const_charp text)
{
	(void)text;		/* the library's own words are not ours */
	png_longjmp(png, 1);
}

static void
on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

/* Whatever its form: red, green, blue, alpha of 8 bits. */
static void
to_rgba(png_structp png, png_infop info)
{
	png_set_expand(png);
	png_set_strip_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
	(void)png_set_interlace_handling(png);
	png_read_update_info(png, info);
}

static void
read_rows(struct reading *r, uint32_t width, uint32_t height)
{
	const bool	whole = png_get_interlace_type(r->png, r->info) !=
			    PNG_INTERLACE_NONE;
	const size_t	stride = (size_t)width * 4;
	uint32_t	y;

	if (png_get_rowbytes(r->png, r->info) != stride)
		png_longjmp(r->png, 1);
	r->rows = xcalloc(whole ? height : 1, stride);
	if (whole) {
		r->list = xcalloc(height, sizeof(r->list[0]));
		for (y = 0; y < height; y++)
			r->list[y] = r->rows + y * stride;
		png_read_image(r->png, r->list);
	}
	for (y = 0; y < height; y++) {
		if (!whole)
			png_read_row(r->png, r->rows, NULL);
		shrink_row(r->s, whole ? r->list[y] : r->rows);
	}
}

static void
read_all(struct reading *r, uint32_t edge, uint64_t *left)
{
	uint32_t	width, height;

	png_read_info(r->png, r->info);
	width = png_get_image_width(r->png, r->info);
	height = png_get_image_height(r->png, r->info);
	if ((r->rc = shrink_check(width, height, left, r->e)) != 0)
		return;
	r->s = shrink_new(width, height, edge);
	to_rgba(r->png, r->info);
	read_rows(r, width, height);
}

int
pixels_png(struct octets in, uint32_t edge, uint64_t *left, struct pixels *p,
    struct err *e)
{
	struct reading	*r = xcalloc(1, sizeof(*r));
	int		 rc;

	r->in = cursor_of(in.p, in.len);
	r->e = e;
	r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error,
	    on_warning);
	if (r->png != NULL)
		r->info = png_create_info_struct(r->png);
	if (r->info == NULL || setjmp(png_jmpbuf(r->png)) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "picture-unreadable",
		    "the picture is damaged: it cannot be read as %s", "PNG");
		goto out;
	}
	png_set_read_fn(r->png, r, on_read);
	/* Larger ones than are shown are told by their size. */
	png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
	/* Texts, profiles and the like are not looked at, nor expanded. */
	png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	read_all(r, edge, left);
	if ((rc = r->rc) == 0)
		shrink_take(r->s, p);
out:
	png_destroy_read_struct(&r->png, &r->info, NULL);
	shrink_free(r->s);
	free(r->rows);
	free(r->list);
	free(r);
	return rc;
}
