#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <png.h>

#include "filing/draw.h"
#include "filing/font.h"
#include "filing/life.h"
#include "filing/picture.h"

/*
 * Measures rather than pixels: where ink must be, where it must not, and how
 * large things are.
 */

/* A picture decoded again: coverage, 0 to 255. */
struct shot {
	uint8_t		*a;
	uint32_t	 w, h;
	uint32_t	 per_metre;
	uint8_t		 red, green, blue;	/* of the darkest pixel */
};

struct source {
	const uint8_t	*p;
	size_t		 left;
};

static void
on_read(png_structp png, png_bytep p, size_t n)
{
	struct source	*s = png_get_io_ptr(png);

	if (n > s->left)
		png_error(png, "short");
	memcpy(p, s->p, n);
	s->p += n;
	s->left -= n;
}

static struct shot
decode(const struct buf *b)
{
	struct source	 src = { b->p, b->len };
	struct shot	 s = { NULL, 0, 0, 0, 0, 0, 0 };
	png_structp	 png;
	png_infop	 info;
	uint8_t		*row;
	uint32_t	 x, y;

	png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	info = png_create_info_struct(png);
	assert_non_null(info);
	png_set_read_fn(png, &src, on_read);
	png_read_info(png, info);
	s.w = png_get_image_width(png, info);
	s.h = png_get_image_height(png, info);
	s.per_metre = png_get_x_pixels_per_meter(png, info);
	assert_int_equal(png_get_color_type(png, info),
	    PNG_COLOR_TYPE_PALETTE);
	png_set_expand(png);
	png_read_update_info(png, info);
	s.a = malloc((size_t)s.w * s.h);
	row = malloc((size_t)s.w * 4);
	assert_non_null(s.a);
	assert_non_null(row);
	for (y = 0; y < s.h; y++) {
		png_read_row(png, row, NULL);
		for (x = 0; x < s.w; x++) {
			s.a[(size_t)y * s.w + x] = row[4 * x + 3];
			if (row[4 * x + 3] == 255) {
				s.red = row[4 * x];
				s.green = row[4 * x + 1];
				s.blue = row[4 * x + 2];
			}
		}
	}
	png_read_end(png, NULL);
	assert_int_equal(src.left, 0);
	free(row);
	png_destroy_read_struct(&png, &info, NULL);
	return s;
}

static struct shot
draw(const struct draw_spec *spec, struct buf *b)
{
	struct err	e = ERR_INIT;
	uint32_t	w, h;

	buf_init(b, LIMIT_PICTURE);
	if (draw_seal(spec, b, &w, &h, &e) != 0)
		fail_msg("%s", e.text);
	assert_true(buf_ok(b));
	return decode(b);
}

/* Coverage at a place in millimetres from the middle. */
static unsigned
at(const struct shot *s, double x, double y)
{
	double	k = s->per_metre / 1000.0;
	long	px = (long)(s->w / 2.0 + x * k), py =
		    (long)(s->h / 2.0 + y * k);

	assert_in_range(px, 0, s->w - 1);
	assert_in_range(py, 0, s->h - 1);
	return s->a[(size_t)py * s->w + (size_t)px];
}

/* Share of ink in a rectangle of millimetres, 0 to 1. */
static double
ink(const struct shot *s, double x0, double y0, double x1, double y1)
{
	double	x, y, sum = 0;
	size_t	n = 0;

	for (y = y0; y < y1; y += 0.05)
		for (x = x0; x < x1; x += 0.05, n++)
			sum += at(s, x, y) / 255.0;
	return sum / (double)n;
}

static const struct draw_spec statutory = {
	.seal_type = SEAL_STATUTORY, .name = "广州示例科技有限公司",
	.horizontal = "",
};
static const struct draw_spec finance = {
	.seal_type = SEAL_FINANCE, .name = "广州示例科技有限公司",
	.horizontal = "财务专用章",
};
static const struct draw_spec person = {
	.seal_type = SEAL_LEGAL_REP, .name = "张三丰", .horizontal = "",
};

static void
same_input_same_octets(void **state)
{
	struct buf	a, b;
	struct shot	s;

	(void)state;
	s = draw(&finance, &a);
	free(s.a);
	font_cool();
	assert_int_equal(font_warm(NULL), 0);
	s = draw(&finance, &b);
	free(s.a);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.p, b.p, a.len);
	buf_fini(&a);
	buf_fini(&b);
}

static void
size_and_resolution(void **state)
{
	struct draw_spec	spec = statutory;
	struct buf		b;
	struct shot		s;

	(void)state;
	s = draw(&spec, &b);
	assert_int_equal(s.w, 945);	/* 40 mm at 600 dpi: 944.9 */
	assert_int_equal(s.h, 945);
	assert_int_equal(s.per_metre, 23622);
	assert_int_equal(s.red, 0xd2);
	assert_int_equal(s.green, 0x14);
	assert_int_equal(s.blue, 0x1e);
	free(s.a);
	buf_fini(&b);
	spec.dpi = 300;
	s = draw(&spec, &b);
	assert_int_equal(s.w, 473);
	assert_int_equal(s.per_metre, 11811);
	free(s.a);
	buf_fini(&b);
}

/* Along a line through the middle: where the ring begins and how wide. */
static void
ring(void **state)
{
	struct buf	b;
	struct shot	s;
	uint32_t	x, first = 0, wide = 0, last = 0;
	uint8_t		*row;

	(void)state;
	s = draw(&finance, &b);
	row = s.a + (size_t)(s.h - 30) * s.w;	/* near the lower end */
	assert_true(row[s.w / 2] < 128 || row[s.w / 2] >= 128);
	row = s.a + (size_t)(s.h / 2 + 300) * s.w;
	for (x = 0; x < s.w; x++)
		if (row[x] >= 128) {
			if (wide == 0)
				first = x;
			last = x;
			wide++;
		}
	assert_true(wide > 0);
	/* The chord at this height of a circle of 944.9 pixels. */
	assert_in_range(last - first + 1, 728, 732);
	/* At the lower end the ring is 1.0 mm, 23.6 pixels. */
	for (wide = 0, x = s.h - 1; x > s.h - 60; x--)
		if (s.a[(size_t)x * s.w + s.w / 2] >= 128)
			wide++;
	assert_in_range(wide, 23, 24);
	free(s.a);
	buf_fini(&b);
}

static void
star_and_corners(void **state)
{
	struct buf	b;
	struct shot	s;

	(void)state;
	s = draw(&statutory, &b);
	assert_int_equal(at(&s, 0, 0), 255);
	assert_int_equal(at(&s, 0, -7.0), 255);	/* the upper tip: 7.36 */
	assert_int_equal(at(&s, 0, -7.7), 0);
	assert_int_equal(at(&s, 6.8, -2.25), 255);	/* 14 mm wide */
	assert_int_equal(at(&s, 7.2, -2.25), 0);
	assert_int_equal(at(&s, 0, 6.0), 0);	/* between the lower tips */
	assert_int_equal(s.a[0], 0);
	assert_int_equal(s.a[s.w - 1], 0);
	assert_int_equal(s.a[(size_t)s.w * (s.h - 1)], 0);
	assert_int_equal(s.a[(size_t)s.w * s.h - 1], 0);
	free(s.a);
	buf_fini(&b);
}

/* A special-purpose seal: the star, its purpose below, the name above. */
static void
special(void **state)
{
	struct buf	b;
	struct shot	s;

	(void)state;
	s = draw(&finance, &b);
	assert_int_equal(at(&s, 0, 0), 255);
	assert_int_equal(at(&s, 0, -7.7), 0);
	assert_true(ink(&s, -9, 8.5, 9, 12.1) > 0.15);
	/* Between the star and its purpose there is paper. */
	assert_true(ink(&s, -9, 7.4, 9, 8.3) == 0);
	assert_true(ink(&s, -5, -18.2, 5, -13.4) > 0.1);
	assert_true(ink(&s, -6, 13, 6, 18) == 0);
	/* Nothing of the line touches the ends of the name. */
	assert_true(ink(&s, -9.9, 8.5, -9.3, 12.1) == 0);
	free(s.a);
	buf_fini(&b);
}

static void
square(void **state)
{
	struct buf	b;
	struct shot	s;

	(void)state;
	s = draw(&person, &b);
	assert_int_equal(s.w, 426);	/* 18 mm: 425.2 */
	assert_int_equal(at(&s, -8.6, 0), 255);
	assert_int_equal(at(&s, 0, 8.6), 255);
	assert_int_equal(at(&s, -7.8, 0), 0);	/* the gap */
	/* Four characters: 张 upper right, 印 lower left. */
	assert_true(ink(&s, 0.3, -7, 7, -0.3) > 0.15);
	assert_true(ink(&s, 0.3, 0.3, 7, 7) > 0.05);
	assert_true(ink(&s, -7, -7, -0.3, -0.3) > 0.15);
	assert_true(ink(&s, -7, 0.3, -0.3, 7) > 0.15);
	free(s.a);
	buf_fini(&b);
}

static void
square_names(void **state)
{
	static const char *const	names[] = {
		"李白", "李白印", "张三丰", "欧阳娜娜", "一二三四五",
		"一二三四五六", "一二三四五六七", "阿卜杜拉·买买",
		"一二三四五六七八九",
	};
	struct draw_spec		spec = person;
	struct buf			b, b2;
	struct shot			s;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		spec.name = names[i];
		s = draw(&spec, &b);
		free(s.a);
		buf_fini(&b);
	}
	/* 印 written or not: the same picture. */
	spec.name = "李白";
	free(draw(&spec, &b).a);
	spec.name = "李白印";
	free(draw(&spec, &b2).a);
	assert_int_equal(b.len, b2.len);
	assert_memory_equal(b.p, b2.p, b.len);
	buf_fini(&b);
	buf_fini(&b2);
}

#define TEN	"一二三四五六七八九十"

static void
refusals(void **state)
{
	static const struct {
		struct draw_spec	 spec;
		const char		*id;
		const char		*says;
	} t[] = {
		{ { 1, "广州\U0002ffff公司", "", 0 }, "no-glyph", "U+2FFFF" },
		{ { 2, "广州公司", "财\ue000务", 0 }, "no-glyph", "U+E000" },
		{ { 5, "张\U0010fffd", "", 0 }, "no-glyph", "U+10FFFD" },
		{ { 1, TEN TEN TEN TEN TEN, "", 0 }, "name-too-long",
		    "name" },
		{ { 2, "广州公司", TEN TEN, 0 }, "name-too-long",
		    "horizontal" },
		{ { 5, TEN, "", 0 }, "name-too-long", "name" },
		{ { 0, "张三", "", 0 }, "seal-type-not-offered", "0" },
		{ { 3, "广州公司", "", 0 }, "seal-type-not-offered", "3" },
		{ { 77, "广州公司", "", 0 }, "seal-type-not-offered", "77" },
		{ { 1, "广州公司", "", 71 }, "bad-resolution", "71" },
		{ { 1, "广州公司", "", 1201 }, "bad-resolution", "1201" },
		{ { 1, "", "", 0 }, "bad-owner-name", "" },
	};
	struct buf	b;
	uint32_t	w, h;
	size_t		i;

	(void)state;
	buf_init(&b, LIMIT_PICTURE);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err	e = ERR_INIT;

		assert_int_equal(draw_seal(&t[i].spec, &b, &w, &h, &e),
		    ERR_INVAL);
		assert_string_equal(e.id, t[i].id);
		if (strstr(e.text, t[i].says) == NULL)
			fail_msg("\"%s\" does not name %s", e.text,
			    t[i].says);
		assert_int_equal(b.len, 0);
		assert_int_equal(w, 0);
	}
	buf_fini(&b);
}

/* The longest name that fits, and every length before it, has its ink. */
static void
every_length(void **state)
{
	char			 name[256] = "";
	struct draw_spec	 spec = statutory;
	struct buf		 b;
	struct shot		 s;
	uint32_t		 w, h;
	int			 n, drawn = 0;

	(void)state;
	spec.name = name;
	spec.dpi = 150;
	for (n = 1; n <= 50; n++) {
		struct err	e = ERR_INIT;

		strcat(name, "印");
		buf_init(&b, LIMIT_PICTURE);
		if (draw_seal(&spec, &b, &w, &h, &e) == 0) {
			assert_int_equal(drawn, n - 1);
			drawn = n;
			s = decode(&b);
			assert_true(ink(&s, -3, -18, 3, -13) > 0);
			/* The ring and the star stay clear of the name. */
			assert_true(ink(&s, -1, -18.7, 1, -18.2) < 0.05);
			free(s.a);
		} else {
			assert_string_equal(e.id, "name-too-long");
		}
		buf_fini(&b);
	}
	assert_in_range(drawn, 30, 49);
}

static void
no_font(void **state)
{
	struct err	e = ERR_INIT;
	struct buf	b;
	uint32_t	w, h;

	(void)state;
	font_cool();
	buf_init(&b, LIMIT_PICTURE);
	assert_int_equal(draw_seal(&statutory, &b, &w, &h, &e),
	    ERR_NOTFOUND);
	assert_string_equal(e.id, "no-font");
	buf_fini(&b);
	assert_int_equal(font_warm(NULL), 0);
}

/* Every style that a type names has a row, and every measure is sane. */
static void
table(void **state)
{
	struct picture	p;
	unsigned	i, type;

	(void)state;
	for (i = 0; picture_at(i, &p); i++) {
		assert_true(p.width >= 10 && p.width <= 60);
		assert_true(p.border > 0.3 && p.border < 3);
		assert_true(p.min_width > 1);
	}
	assert_true(i >= 3);
	for (type = 0; type < 100; type++)
		if (seal_type_style(type) != NULL)
			assert_true(picture_find(seal_type_style(type), &p));
	assert_false(picture_find("none", &p));
	assert_false(picture_find(NULL, &p));
}

static int
setup(void **state)
{
	(void)state;
	return font_warm(NULL);
}

static int
teardown(void **state)
{
	(void)state;
	font_cool();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(same_input_same_octets),
		cmocka_unit_test(size_and_resolution),
		cmocka_unit_test(ring),
		cmocka_unit_test(star_and_corners),
		cmocka_unit_test(special),
		cmocka_unit_test(square),
		cmocka_unit_test(square_names),
		cmocka_unit_test(refusals),
		cmocka_unit_test(every_length),
		cmocka_unit_test(no_font),
		cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
