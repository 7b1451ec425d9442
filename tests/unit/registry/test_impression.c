#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/sm.h"
#include "filing/pixels.h"
#include "registry/judge/impression.h"
#include "registry/judge/report_html.h"
#include "registry/judge/report_words.h"
#include "schema/msg.pb-c.h"
#include "signing/jail_show.h"
#include "signing/reading.h"

/* What comes from a jail, or from a stranger's evidence, on its way into a
 * report. */

static SealReading *
seal_new(uint8_t digest, const char *type)
{
	SealReading	*s = xmalloc(sizeof(*s));
	uint8_t		 d[SM3_LEN] = { digest };

	seal_reading__init(s);
	reading_octets(&s->digest, OCTETS(d, SM3_LEN));
	s->picture_type = xstrdup(type);
	s->picture_size = 5;
	s->width_mm = s->height_mm = 40;
	return s;
}

static FileReading *
file_of(size_t stamps)
{
	FileReading	*m = reading_new("ofd");
	size_t		 i;

	for (i = 0; i < stamps; i++)
		reading_add_stamp(m, "x")->seal = seal_new((uint8_t)i, "PNG");
	return m;
}

static void
show(SealReading *s, uint32_t w, uint32_t h, size_t len, uint8_t colour)
{
	s->shown = xmalloc(sizeof(*s->shown));
	shown_picture__init(s->shown);
	s->shown->kind = xstrdup("PNG");
	s->shown->width = w;
	s->shown->height = h;
	s->shown->rgb.len = len;
	s->shown->rgb.data = xmalloc(len + 1);
	memset(s->shown->rgb.data, colour, len);
}

static size_t
images(const struct report *r, struct buf *b)
{
	const char	*at;
	size_t		 n = 0;

	buf_init(b, LIMIT_REPORT);
	report_html(r, LANG_ZH, b);
	buf_put_u8(b, '\0');
	assert_true(buf_ok(b));
	for (at = (const char *)b->p; (at = strstr(at, "<img ")) != NULL; at++)
		n++;
	return n;
}

/* Pixels that are not what they say are not taken. */
static void
holds_pixels_against_sizes(void **state)
{
	static const struct {
		uint32_t	w, h;
		size_t		len;
		bool		good;
	} t[] = {
		{ 1, 1, 3, true }, { 384, 384, 3 * 384 * 384, true },
		{ 0, 0, 0, false }, { 1, 1, 2, false }, { 1, 1, 4, false },
		{ 385, 1, 385 * 3, false }, { 1, 385, 385 * 3, false },
		{ 0x80000000, 2, 0, false }, { 0x55555556, 1, 2, false },
		{ 65536, 65536, 0, false }, { 1, 0, 3, false },
	};
	FileReading	*m;
	struct report	 r;
	struct buf	 b;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		m = file_of(1);
		show(m->stamps[0]->seal, t[i].w, t[i].h, t[i].len, 200);
		report_init(&r, "ofd");
		impression_tell(m, m->stamps[0]->seal, &r,
		    report_add_stamp(&r));
		assert_int_equal(r.npixels, t[i].good);
		assert_true((r.stamps[0].picture.rgb != NULL) == t[i].good);
		assert_true((r.stamps[0].picture.why == NULL) == t[i].good);
		assert_int_equal(images(&r, &b), t[i].good);
		assert_true((strstr((const char *)b.p, "图像未显示") != NULL) !=
		    t[i].good);
		buf_fini(&b);
		report_fini(&r);
		file_reading__free_unpacked(m, NULL);
	}
}

/* Words of strangers are text; what the seal calls its picture is compared. */
static void
names_what_is_there(void **state)
{
	static const struct {
		const char	*called, *is, *says;
	} t[] = {
		{ "PNG", "PNG", "PNG · 40 × 40 mm" },
		{ "png", "PNG", "png · 40 × 40 mm" },
		{ "jpg", "JPEG", "jpg · 40 × 40 mm" },
		{ "PNG", "JPEG", "PNG (in truth JPEG) · 40 × 40 mm" },
		{ "", "BMP", "— (in truth BMP) · 40 × 40 mm" },
		{ "<b>\"", "PNG", "&lt;b&gt;&quot; (in truth PNG) · 40 × 40 mm" },
	};
	FileReading	*m;
	struct report	 r;
	struct buf	 b;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		m = file_of(1);
		show(m->stamps[0]->seal, 2, 2, 12, 200);
		free(m->stamps[0]->seal->picture_type);
		m->stamps[0]->seal->picture_type = xstrdup(t[i].called);
		free(m->stamps[0]->seal->shown->kind);
		m->stamps[0]->seal->shown->kind = xstrdup(t[i].is);
		report_init(&r, "ofd");
		impression_tell(m, m->stamps[0]->seal, &r,
		    report_add_stamp(&r));
		buf_init(&b, LIMIT_REPORT);
		report_html(&r, LANG_EN, &b);
		buf_put_u8(&b, '\0');
		assert_non_null(strstr((const char *)b.p, t[i].says));
		assert_null(strstr((const char *)b.p, "<b>\""));
		buf_fini(&b);
		report_fini(&r);
		file_reading__free_unpacked(m, NULL);
	}
}

/* One of several stamps with a seal has its picture, and all show it; of
 * pictures that differ no more are kept than the limit. */
static void
keeps_each_once(void **state)
{
	FileReading	*m = file_of(40);
	struct report	 r;
	size_t		 i, shown = 0;

	(void)state;
	for (i = 0; i < 40; i++) {
		if (i % 2 == 1)
			m->stamps[i]->seal->digest.data[0] = (uint8_t)(i - 1);
		else
			show(m->stamps[i]->seal, 3, 3, 27, (uint8_t)i);
	}
	report_init(&r, "ofd");
	for (i = 0; i < 40; i++)
		impression_tell(m, m->stamps[i]->seal, &r,
		    report_add_stamp(&r));
	assert_int_equal(r.npixels, LIMIT_REPORT_PICTURES);
	for (i = 0; i < 40; i += 2) {
		assert_ptr_equal(r.stamps[i].picture.rgb,
		    r.stamps[i + 1].picture.rgb);
		shown += r.stamps[i].picture.rgb != NULL;
	}
	assert_int_equal(shown, LIMIT_REPORT_PICTURES);
	report_fini(&r);
	file_reading__free_unpacked(m, NULL);
}

/* Asked about, answered in the same order, and no longer carried along. */
static void
asks_and_takes(void **state)
{
	FileReading	*m = file_of(LIMIT_SHOW_PICTURES + 3);
	ShowPictures	*q;
	ShownPictures	 said = SHOWN_PICTURES__INIT;
	ShownPicture	 one = SHOWN_PICTURE__INIT, *list[] = { &one };
	uint8_t		 rgb[3] = { 1, 2, 3 };
	char		 kind[] = "PNG";
	struct buf	 b;
	size_t		 i;

	(void)state;
	buf_init(&b, 1u << 20);
	assert_false(impression_ask(m, &b));
	assert_int_equal(b.len, 0);
	for (i = 1; i < m->n_stamps; i++)
		reading_octets(&m->stamps[i]->seal->picture, OCTETS("p", 1));
	assert_true(impression_ask(m, &b));
	q = show_pictures__unpack(NULL, b.len, b.p);
	assert_int_equal(q->n_pictures, LIMIT_SHOW_PICTURES);
	show_pictures__free_unpacked(q, NULL);
	one.kind = kind;
	one.width = one.height = 1;
	one.rgb = (ProtobufCBinaryData){ 3, rgb };
	said.pictures = list;
	said.n_pictures = 1;
	impression_set(m, &said);
	assert_null(m->stamps[0]->seal->shown);
	assert_memory_equal(m->stamps[1]->seal->shown->rgb.data, rgb, 3);
	/* Fewer answers than questions. */
	assert_string_not_equal(m->stamps[2]->seal->shown->why, "");
	assert_int_equal(m->stamps[2]->seal->picture.len, 0);
	/* No answer at all. */
	impression_set(m, NULL);
	assert_null(m->stamps[0]->seal->shown);
	assert_string_not_equal(m->stamps[LIMIT_SHOW_PICTURES + 2]->seal->
	    shown->why, "");
	buf_fini(&b);
	file_reading__free_unpacked(m, NULL);
}

/* However it calls itself, it is shown within bounds and in its shape. */
static void
sizes(void **state)
{
	static const struct {
		uint32_t	mm, w, h;
		double		width, height;
	} t[] = {
		{ 40, 100, 100, 40, 40 }, { 45, 300, 200, 45, 30 },
		{ 0, 100, 100, 40, 40 }, { 4000000, 100, 50, 40, 20 },
		{ 40, 1, 384, 60.0 / 384, 60 }, { 60, 384, 1, 60, 60.0 / 384 },
	};
	struct report_picture	p;
	double			w, h;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		p = (struct report_picture){ .width_mm = t[i].mm,
		    .height_mm = 9, .width = t[i].w, .height = t[i].h };
		report_picture_size(&p, &w, &h);
		assert_true(w > t[i].width - .01 && w < t[i].width + .01);
		assert_true(h > t[i].height - .01 && h < t[i].height + .01);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(holds_pixels_against_sizes),
		cmocka_unit_test(names_what_is_there),
		cmocka_unit_test(keeps_each_once),
		cmocka_unit_test(asks_and_takes),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
