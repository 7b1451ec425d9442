#include <setjmp.h>
#include <stdlib.h>

#include <png.h>
#include <zlib.h>

#include "base/mem.h"
#include "filing/png_write.h"

#define BITS	2		/* a pixel */
#define LEVELS	(1 << BITS)

static void
on_write(png_structp png, png_bytep p, size_t n)
{
	buf_put(png_get_io_ptr(png), p, n);
}

static void
on_flush(png_structp png)
{
	(void)png;
}

static void
on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

/* The pixels of an octet from its high end on. */
static void
pack_row(const struct ink *ink, uint32_t y, uint8_t *row)
{
	const uint8_t	*p = ink->p + (size_t)y * ink->stride;
	const unsigned	 each = 8 / BITS;
	uint32_t	 x;
	unsigned	 v = 0;

	for (x = 0; x < ink->width; x++) {
		v = v << BITS | (p[x] * (LEVELS - 1) + 127u) / 255u;
		if (x % each == each - 1)
			row[x / each] = (uint8_t)v;
	}
	if (x % each != 0)
		row[x / each] = (uint8_t)(v << BITS * (each - x % each));
}

static void
put_header(png_structp png, png_infop info, const struct ink *ink)
{
	png_color	palette[LEVELS];
	png_byte	alpha[LEVELS];
	png_uint_32	per_metre;
	int		i;

	for (i = 0; i < LEVELS; i++) {
		palette[i].red = ink->colour[0];
		palette[i].green = ink->colour[1];
		palette[i].blue = ink->colour[2];
		alpha[i] = (png_byte)(i * 255 / (LEVELS - 1));
	}
	png_set_IHDR(png, info, ink->width, ink->height, BITS,
	    PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
	    PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_PLTE(png, info, palette, LEVELS);
	png_set_tRNS(png, info, alpha, LEVELS, NULL);
	per_metre = (png_uint_32)((ink->dpi * 10000u + 127u) / 254u);
	png_set_pHYs(png, info, per_metre, per_metre, PNG_RESOLUTION_METER);
	png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
	/* Runs are what a drawing in one ink has: looking further costs more. */
	png_set_compression_strategy(png, Z_RLE);
	png_set_compression_level(png, 4);
	png_set_compression_mem_level(png, 9);
	png_write_info(png, info);
}

int
png_write_ink(const struct ink *ink, struct buf *out, struct err *e)
{
	uint8_t *const	row = xcalloc(1, ink->width / 2 + 1);
	png_structp	png;
	png_infop	info = NULL;
	uint32_t	y;
	int		rc;

	png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL,
	    on_warning);
	if (png == NULL || (info = png_create_info_struct(png)) == NULL ||
	    setjmp(png_jmpbuf(png)) != 0) {
		rc = err_set(e, ERR_IO, "PNG cannot be written");
		goto out;
	}
	png_set_write_fn(png, out, on_write, on_flush);
	put_header(png, info, ink);
	for (y = 0; y < ink->height; y++) {
		pack_row(ink, y, row);
		png_write_row(png, row);
	}
	png_write_end(png, NULL);

	rc = 0;
out:
	png_destroy_write_struct(&png, &info);
	free(row);
	return rc;
}

int
png_write_rgb(const uint8_t *rgb, uint32_t width, uint32_t height,
    struct buf *out, struct err *e)
{
	png_structp	png;
	png_infop	info = NULL;
	uint32_t	y;
	int		rc;

	png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL,
	    on_warning);
	if (png == NULL || (info = png_create_info_struct(png)) == NULL ||
	    setjmp(png_jmpbuf(png)) != 0) {
		rc = err_set(e, ERR_IO, "PNG cannot be written");
		goto out;
	}
	png_set_write_fn(png, out, on_write, on_flush);
	png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB,
	    PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
	    PNG_FILTER_TYPE_DEFAULT);
	/* Strangers' pixels, written while others wait: one filter, and runs. */
	png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
	png_set_compression_strategy(png, Z_RLE);
	png_set_compression_level(png, 1);
	png_write_info(png, info);
	for (y = 0; y < height; y++)
		png_write_row(png, rgb + (size_t)y * width * 3);
	png_write_end(png, NULL);

	rc = 0;
out:
	png_destroy_write_struct(&png, &info);
	return rc;
}
