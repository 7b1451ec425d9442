#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

#include "base/mem.h"
#include "filing/pixels.h"

/* Pictures as seals have them, and as they should not. */

#define LEFT	((uint64_t)LIMIT_PIXELS_SOURCE)

static int
read_as(struct octets in, struct pixels *p, struct err *e)
{
	uint64_t	left = LEFT;

	*e = (struct err)ERR_INIT;
	return pixels_read(in, LIMIT_PIXELS_SHOWN, &left, p, e);
}

/* Refused, with this id, and nothing left behind. */
static void
refused(struct octets in, const char *id)
{
	struct pixels	p;
	struct err	e;

	assert_int_not_equal(read_as(in, &p, &e), 0);
	assert_string_equal(e.id, id);
	assert_null(p.rgb);
	assert_int_equal(p.width, 0);
}

/* ---- PNG */

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

/* Every pixel is the same: ink of four octets. */
static void
make_png(uint32_t w, uint32_t h, int interlace, const uint8_t *ink,
    struct buf *b)
{
	png_structp	 png = png_create_write_struct(PNG_LIBPNG_VER_STRING,
			    NULL, NULL, NULL);
	png_infop	 info = png_create_info_struct(png);
	uint8_t		*row = xcalloc(w, 4);
	uint32_t	 x;
	int		 pass;

	for (x = 0; x < w; x++)
		memcpy(row + 4 * (size_t)x, ink, 4);
	buf_init(b, 1u << 24);
	png_set_write_fn(png, b, on_write, on_flush);
	png_set_IHDR(png, info, w, h, 8, PNG_COLOR_TYPE_RGB_ALPHA, interlace,
	    PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	pass = png_set_interlace_handling(png);
	while (pass-- > 0)
		for (x = 0; x < h; x++)
			png_write_row(png, row);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	free(row);
}

static const uint8_t	red[] = { 230, 0, 18, 255 };
static const uint8_t	half[] = { 255, 0, 0, 128 };
static const uint8_t	none[] = { 1, 2, 3, 0 };

static void
reads_png(void **state)
{
	static const struct {
		uint32_t	 w, h, w2, h2;
		int		 interlace;
		const uint8_t	*ink;
		uint8_t		 want[3];
	} t[] = {
		{ 1, 1, 1, 1, 0, red, { 230, 0, 18 } },
		{ 384, 384, 384, 384, 0, red, { 230, 0, 18 } },
		{ 385, 384, 384, 383, 0, red, { 230, 0, 18 } },
		{ 945, 945, 384, 384, 1, red, { 230, 0, 18 } },
		{ 8192, 3, 384, 1, 0, half, { 255, 127, 127 } },
		{ 3, 8192, 1, 384, 0, half, { 255, 127, 127 } },
		{ 7, 5, 7, 5, 1, none, { 255, 255, 255 } },
	};
	struct pixels	p;
	struct err	e;
	struct buf	b;
	size_t		i, k;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		make_png(t[i].w, t[i].h, t[i].interlace, t[i].ink, &b);
		assert_int_equal(read_as(buf_octets(&b), &p, &e), 0);
		assert_int_equal(p.width, t[i].w2);
		assert_int_equal(p.height, t[i].h2);
		for (k = 0; k < (size_t)p.width * p.height; k++)
			assert_memory_equal(p.rgb + 3 * k, t[i].want, 3);
		pixels_fini(&p);
		buf_fini(&b);
	}
}

/* Four corners, so that neither rows nor colours are turned round. */
static void
keeps_its_sides(void **state)
{
	static const uint8_t	bmp[] = {
		'B', 'M', 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0,
		40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0,
		0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0,
		/* the lower row first, blue before red */
		3, 2, 1, 6, 5, 4, 0, 0, 9, 8, 7, 12, 11, 10, 0, 0
	};
	static const uint8_t	want[] = { 7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5,
				    6 };
	static const uint8_t	down[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
				    12 };
	uint8_t			turned[sizeof(bmp)];
	struct pixels		p;
	struct err		e;

	(void)state;
	assert_int_equal(read_as(OCTETS(bmp, sizeof(bmp)), &p, &e), 0);
	assert_int_equal(p.width, 2);
	assert_memory_equal(p.rgb, want, sizeof(want));
	pixels_fini(&p);
	memcpy(turned, bmp, sizeof(bmp));
	memset(turned + 22, 0xff, 4);
	turned[22] = 0xfe;		/* height -2: the upper row first */
	assert_int_equal(read_as(OCTETS(turned, sizeof(turned)), &p, &e), 0);
	assert_memory_equal(p.rgb, down, sizeof(down));
	pixels_fini(&p);
}

/* The mean of what a pixel stands for. */
static void
is_a_mean(void **state)
{
	uint8_t		*bmp = xcalloc(1, 54 + 1536 * 4);
	struct pixels	 p;
	struct err	 e;
	uint32_t	 x;

	(void)state;
	memcpy(bmp, "BM", 2);
	bmp[10] = 54;
	bmp[14] = 40;
	bmp[19] = 6;		/* width 1536 */
	bmp[22] = 1;
	bmp[26] = 1;
	bmp[28] = 32;
	for (x = 0; x < 1536; x += 4)
		memset(bmp + 54 + 4 * (size_t)x, 0xff, 4);
	assert_int_equal(read_as(OCTETS(bmp, 54 + 1536 * 4), &p, &e), 0);
	assert_int_equal(p.width, 384);
	assert_int_equal(p.height, 1);
	for (x = 0; x < 3 * 384; x++)
		assert_int_equal(p.rgb[x], 64);
	pixels_fini(&p);
	free(bmp);
}

static void
png_head(uint32_t w, uint32_t h, uint8_t *p)
{
	static const uint8_t	head[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
	unsigned long		crc;
	int			i;

	memcpy(p, head, 16);
	for (i = 0; i < 4; i++) {
		p[16 + i] = (uint8_t)(w >> (24 - 8 * i));
		p[20 + i] = (uint8_t)(h >> (24 - 8 * i));
	}
	memcpy(p + 24, "\x08\x06\0\0\0", 5);
	crc = crc32(0, p + 12, 17);
	for (i = 0; i < 4; i++)
		p[29 + i] = (uint8_t)(crc >> (24 - 8 * i));
	/* An empty IDAT behind it: its pixels are never there. */
	memcpy(p + 33, "\0\0\0\0IDAT\x35\xaf\x06\x1e", 12);
}

static void
png_that_is_none(void **state)
{
	static const struct {
		uint32_t	 w, h;
		const char	*id;
	} t[] = {
		{ 0, 1, "picture-unreadable" },
		{ 1, 0, "picture-unreadable" },
		{ 1, 1, "picture-unreadable" },
		{ 4000, 4000, "picture-unreadable" },
		{ 8192, 8192, "picture-too-big" },
		{ 8193, 1, "picture-too-big" },
		{ 1, 8193, "picture-too-big" },
		{ 0x7fffffff, 0x7fffffff, "picture-too-big" },
		{ 0xffffffff, 1, "picture-unreadable" },
	};
	uint8_t		head[45];
	struct buf	b;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		png_head(t[i].w, t[i].h, head);
		refused(OCTETS(head, sizeof(head)), t[i].id);
	}
	make_png(20, 20, 1, red, &b);
	for (i = 8; i < b.len - 16; i++)
		refused(OCTETS(b.p, i), "picture-unreadable");
	b.p[b.len - 20] ^= 1;
	refused(buf_octets(&b), "picture-unreadable");
	buf_fini(&b);
}

/* Little in, much out: what is left for all pictures runs out. */
static void
png_that_expands(void **state)
{
	uint64_t	left = 16100000;
	struct pixels	p;
	struct err	e = ERR_INIT;
	struct buf	b;

	(void)state;
	make_png(4000, 4000, 0, none, &b);
	assert_true(b.len < 100000);
	assert_int_equal(pixels_read(buf_octets(&b), 100, &left, &p, &e), 0);
	assert_int_equal(p.width, 100);
	assert_int_equal(left, 100000);
	pixels_fini(&p);
	assert_int_equal(pixels_read(buf_octets(&b), 100, &left, &p, &e),
	    ERR_TOOBIG);
	assert_string_equal(e.id, "picture-too-big");
	assert_int_equal(left, 100000);
	buf_fini(&b);
}

/* ---- JPEG */

enum form { PLAIN, PROGRESSIVE, ENDLESS, GREY, CMYK };

static void
make_jpeg(uint32_t w, uint32_t h, enum form form, uint8_t **out,
    unsigned long *n)
{
	struct jpeg_compress_struct	c;
	struct jpeg_error_mgr		er;
	jpeg_scan_info			scans[400];
	uint8_t				*row = xcalloc(w, 4);
	JSAMPROW			line = row;
	uint32_t			x;
	int				i;

	c.err = jpeg_std_error(&er);
	jpeg_create_compress(&c);
	*out = NULL;
	*n = 0;
	jpeg_mem_dest(&c, out, n);
	c.image_width = w;
	c.image_height = h;
	c.input_components = form == GREY ? 1 : form == CMYK ? 4 : 3;
	c.in_color_space = form == GREY ? JCS_GRAYSCALE : form == CMYK ?
	    JCS_CMYK : JCS_RGB;
	jpeg_set_defaults(&c);
	if (form == PROGRESSIVE)
		jpeg_simple_progression(&c);
	if (form == ENDLESS) {
		/* As many scans as there can be: a coefficient, and then a
		 * bit each. */
		jpeg_set_colorspace(&c, JCS_GRAYSCALE);
		memset(scans, 0, sizeof(scans));
		scans[0] = (jpeg_scan_info){ 1, { 0 }, 0, 0, 0, 0 };
		for (i = 1; i < 64; i++)
			scans[i] = (jpeg_scan_info){ 1, { 0 }, i, i, 0, 0 };
		c.scan_info = scans;
		c.num_scans = 64;
	}
	jpeg_start_compress(&c, TRUE);
	for (x = 0; x < w; x++)
		memset(row + (size_t)x * (size_t)c.input_components, 200,
		    (size_t)c.input_components);
	for (x = 0; x < h; x++)
		(void)jpeg_write_scanlines(&c, &line, 1);
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
}

static void
reads_jpeg(void **state)
{
	static const struct {
		uint32_t	 w, h, w2, h2;
		enum form	 form;
		const char	*id;
	} t[] = {
		{ 40, 30, 40, 30, PLAIN, NULL },
		{ 40, 30, 40, 30, PROGRESSIVE, NULL },
		{ 40, 30, 40, 30, GREY, NULL },
		{ 40, 30, 40, 30, ENDLESS, NULL },
		{ 3000, 1500, 384, 192, PLAIN, NULL },
		{ 40, 30, 0, 0, CMYK, "picture-unreadable" },
		{ 2000, 2000, 0, 0, ENDLESS, "picture-unreadable" },
		{ 8200, 8, 0, 0, PLAIN, "picture-too-big" },
	};
	struct pixels	 p;
	struct err	 e;
	uint8_t		*b;
	unsigned long	 n;
	size_t		 i, k;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		make_jpeg(t[i].w, t[i].h, t[i].form, &b, &n);
		if (t[i].id != NULL) {
			refused(OCTETS(b, n), t[i].id);
		} else {
			assert_int_equal(read_as(OCTETS(b, n), &p, &e), 0);
			assert_int_equal(p.width, t[i].w2);
			assert_int_equal(p.height, t[i].h2);
			for (k = 0; k < 3 * (size_t)p.width * p.height; k++)
				assert_in_range(p.rgb[k], 199, 201);
			pixels_fini(&p);
		}
		free(b);
	}
	make_jpeg(40, 30, PROGRESSIVE, &b, &n);
	for (i = 3; i < n - 2; i++)
		refused(OCTETS(b, i), "picture-unreadable");
	free(b);
}

/* ---- BMP */

static void
bmp_that_is_none(void **state)
{
	static const struct {
		size_t		 at;
		uint8_t		 to[4];
		unsigned	 n;
		const char	*id;
	} t[] = {
		{ 14, { 12, 0, 0, 0 }, 4, "picture-unreadable" }, /* old head */
		{ 14, { 255, 0, 0, 0 }, 4, "picture-unreadable" },
		{ 18, { 0, 0, 0, 0 }, 4, "picture-unreadable" },
		{ 18, { 255, 255, 255, 255 }, 4, "picture-unreadable" },
		{ 18, { 255, 255, 255, 127 }, 4, "picture-unreadable" },
		{ 22, { 0, 0, 0, 0 }, 4, "picture-unreadable" },
		{ 22, { 0, 0, 0, 128 }, 4, "picture-unreadable" },
		{ 22, { 255, 255, 255, 127 }, 4, "picture-unreadable" },
		{ 28, { 16, 0, 0, 0 }, 2, "picture-unreadable" },
		{ 28, { 0, 0, 0, 0 }, 2, "picture-unreadable" },
		{ 28, { 32, 0, 0, 0 }, 2, "picture-unreadable" },
		{ 30, { 1, 0, 0, 0 }, 4, "picture-unreadable" },	/* RLE */
		{ 30, { 3, 0, 0, 0 }, 4, "picture-unreadable" },
		{ 10, { 0, 0, 0, 0 }, 4, "picture-unreadable" },
		{ 10, { 255, 255, 255, 255 }, 4, "picture-unreadable" },
		{ 46, { 255, 255, 255, 255 }, 4, "picture-unreadable" },
	};
	uint8_t		b[54 + 8 + 8], bad[sizeof(b)];
	struct pixels	p;
	struct err	e;
	size_t		i;

	(void)state;
	/* Two by two, of one bit and two colours. */
	memset(b, 0, sizeof(b));
	memcpy(b, "BM", 2);
	b[10] = 62;
	b[14] = 40;
	b[18] = b[22] = 2;
	b[26] = b[28] = 1;
	memcpy(b + 54, "\x12\x00\xe6\0\xff\xff\xff\0", 8);
	b[62] = 0x40;
	assert_int_equal(read_as(OCTETS(b, sizeof(b)), &p, &e), 0);
	assert_memory_equal(p.rgb, "\xe6\0\x12\xe6\0\x12\xe6\0\x12"
	    "\xff\xff\xff", 12);
	pixels_fini(&p);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memcpy(bad, b, sizeof(b));
		memcpy(bad + t[i].at, t[i].to, t[i].n);
		refused(OCTETS(bad, sizeof(bad)), t[i].id);
	}
	for (i = 2; i < sizeof(b); i++)
		refused(OCTETS(b, i), "picture-unreadable");
}

static void
other_kinds(void **state)
{
	static const struct {
		const char	*text, *word;
		size_t		 n;
	} t[] = {
		{ "GIF89a\1\0\1\0\0\0\0", "GIF", 13 },
		{ "<?xml version=\"1.0\"?><svg/>", "SVG", 27 },
		{ "PK\3\4", "OFD", 4 },
		{ "", "", 0 }, { "B", "", 1 }, { "\x89PNG", "", 4 },
		{ "<sv\0<svg/>", "", 10 }, { "II*\0", "", 4 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_string_equal(pixels_kind_word(pixels_kind(OCTETS(
		    t[i].text, t[i].n))), t[i].word);
		refused(OCTETS(t[i].text, t[i].n), "picture-kind");
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(png_that_is_none),
		cmocka_unit_test(png_that_expands),
		cmocka_unit_test(bmp_that_is_none),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(reads_png),
		cmocka_unit_test(reads_jpeg),
		cmocka_unit_test(keeps_its_sides),
		cmocka_unit_test(is_a_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
