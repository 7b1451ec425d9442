#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/signing/sheets.h"
#include "tests/unit/signing/typeface.h"

#include "filing/font.h"

/* OFD pictures in which something would be missing that nobody is told of:
 * either it is drawn, or it is told. */

#define LEFT		((uint64_t)LIMIT_PIXELS_SOURCE)
#define EDGE		200
#define BOX		" Boundary=\"0 0 40 40\" "
#define RED		"<ofd:FillColor Value=\"230 0 18\"/>"
#define TRIANGLE	"<ofd:AbbreviatedData>M 1 1 L 39 1 L 39 39 C" \
			"</ofd:AbbreviatedData>"
#define SHAPE(a, i)	"<ofd:PathObject" BOX a ">" i TRIANGLE \
			"</ofd:PathObject>"
#define CODE(a, t)	"<ofd:TextCode X=\"5\" Y=\"20\" " a ">" t \
			"</ofd:TextCode>"
#define TEXT(a, i)	"<ofd:TextObject" BOX "Font=\"4\" Size=\"10\" " a ">" \
			i "</ofd:TextObject>"
#define GOOD		TEXT("", CODE("", "A"))
#define GLYPHS(n, g)	"<ofd:CGTransform CodePosition=\"0\" CodeCount=\"3\" " \
			"GlyphCount=\"" n "\"><ofd:Glyphs>" g "</ofd:Glyphs>" \
			"</ofd:CGTransform>"
#define THREE		CODE("DeltaX=\"9 9\"", "AAA")
#define FONT		"<ofd:Fonts><ofd:Font ID=\"4\" FontName=\"x\">" \
			"<ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>"
#define SPACE(a)	"<ofd:ColorSpaces><ofd:ColorSpace ID=\"9\" " a "/>" \
			"</ofd:ColorSpaces>"
#define RUN(kind, a)	"<ofd:FillColor><ofd:" kind " StartPoint=\"9 9\" " \
			"EndPoint=\"9 9\" " a "><ofd:Segment><ofd:Color Value=\"" \
			"230 0 0\"/></ofd:Segment><ofd:Segment><ofd:Color Value=\"" \
			"230 0 0\"/></ofd:Segment></ofd:" kind "></ofd:FillColor>"
#define CLIP(i)		"<ofd:Clips><ofd:Clip>" i "</ofd:Clip></ofd:Clips>"
#define UNPAINTED	"Fill=\"true\" Stroke=\"false\""

/* The glyph of "A" and, in this test alone, of what is blank elsewhere. */
static struct buf	font;

static void
look(const char *name, struct sheets *s, struct sheet_told *t, bool *ink)
{
	uint64_t	left = LEFT;
	struct err	e = ERR_INIT;
	struct zipfile	z;
	struct pixels	p;
	size_t		i;

	if (s->res == NULL)
		s->res = FONT;
	s->file[0].name = "Doc_0/Res/f.ttf";
	s->file[0].o = buf_octets(&font);
	sheets_make(s, &z);
	if (sheet_read(buf_octets(&z.out), EDGE, &left, &p, t, &e) != 0)
		fail_msg("%s: %s", name, e.text);
	zipfile_fini(&z);
	*ink = false;
	for (i = 0; i < (size_t)p.width * p.height * 3; i++)
		*ink |= p.rgb[i] < 200;
	pixels_fini(&p);
}

/* Nothing is missing. */
static void
draws(void **state)
{
	static const struct {
		const char	*name;
		struct sheets	 s;
	} all[] = {
		{ "text", { .content = GOOD } },
		{ "true as 1", { .content = TEXT("Fill=\"1\"",
		    CODE("", "A")) } },
		{ "a figure's, too", { .content = SHAPE("Fill=\"1\" "
		    "Stroke=\"0\"", RED) } },
		{ "a rule of figures at a text", { .content = TEXT(
		    "Rule=\"Even-Odd\"", CODE("", "A") CODE("", "A")) } },
		{ "a kind of layer that there is not", { .content = GOOD,
		    .layer = "Type=\"Custom\"" } },
		{ "the colour space of all", { .content = TEXT("",
		    "<ofd:FillColor Value=\"255 255 255\"/>" CODE("", "A")),
		    .res = FONT SPACE("Type=\"RGB\" BitsPerComponent=\"16\""),
		    .common = "<ofd:DefaultCS>9</ofd:DefaultCS>" } },
		{ "glyphs", { .content = TEXT("", GLYPHS("3", "1 1 1")
		    THREE) } },
		{ "one glyph for three", { .content = TEXT("", GLYPHS("1",
		    "1") THREE) } },
	};
	struct sheet_told	t;
	struct sheets		s;
	size_t			i;
	bool			ink;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		s = all[i].s;
		look(all[i].name, &s, &t, &ink);
		if (!ink || t.left_out != 0 || t.unseen != 0 ||
		    t.no_glyph != 0)
			fail_msg("%s: %s, %zu %zu %zu", all[i].name, ink ?
			    "ink" : "no ink", t.left_out, t.unseen,
			    t.no_glyph);
	}
}

/* What is not drawn, or elsewhere than is said, is counted. */
static void
tells(void **state)
{
	static const struct {
		const char	*name;
		struct sheets	 s;
		size_t		 left_out;
	} all[] = {
		{ "an object of no kind", { .content = GOOD
		    "<ofd:VideoObject/>" }, 1 },
		{ "a layer in a layer", { .content = GOOD "<ofd:Layer>" GOOD
		    "</ofd:Layer>" }, 1 },
		{ "objects outside of a layer", { .content = GOOD, .page =
		    "<ofd:Content>" GOOD "<ofd:Layer/></ofd:Content>" }, 2 },
		{ "a second page", { .content = GOOD, .document =
		    "<ofd:Pages><ofd:Page/></ofd:Pages>" }, 1 },
		{ "a second document", { .content = GOOD, .body =
		    "</ofd:DocBody><ofd:DocBody>" }, 1 },
		{ "a clip without areas", { .content = GOOD TEXT("", CLIP("")
		    CODE("", "A")) }, 1 },
		{ "an area without a shape", { .content = GOOD TEXT("", CLIP(
		    "<ofd:Area><ofd:Path><ofd:AbbreviatedData/></ofd:Path>"
		    "</ofd:Area>") CODE("", "A")) }, 1 },
		{ "a place that is none", { .content = TEXT("", "<ofd:TextCode "
		    "X=\"5mm\" Y=\"20\">A</ofd:TextCode>") }, 1 },
		{ "offsets that are none", { .content = TEXT("", CODE(
		    "DeltaX=\"9mm 9\"", "AAA")) }, 1 },
		{ "offsets so often", { .content = TEXT("", CODE(
		    "DeltaX=\"g x\"", "AAA")) }, 1 },
		{ "glyphs that are none", { .content = TEXT("", GLYPHS("3",
		    "1 x 1") THREE) }, 1 },
		{ "fewer glyphs than said", { .content = TEXT("", GLYPHS("3",
		    "1 1") THREE) }, 1 },
		{ "more of them", { .content = TEXT("", GLYPHS("1",
		    "1 1 1") THREE) }, 1 },
		{ "a colour along no line", { .content = GOOD SHAPE(UNPAINTED,
		    RUN("AxialShd", "")) }, 1 },
		{ "a colour between the same circles", { .content = GOOD
		    SHAPE(UNPAINTED, RUN("RadialShd", "StartRadius=\"5\" "
		    "EndRadius=\"5\"")) }, 1 },
	};
	struct sheet_told	t;
	struct sheets		s;
	size_t			i;
	bool			ink;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		s = all[i].s;
		look(all[i].name, &s, &t, &ink);
		if (t.left_out != all[i].left_out || t.unseen != 0)
			fail_msg("%s: %zu %zu", all[i].name, t.left_out,
			    t.unseen);
	}
}

/* Texts that are drawn and leave no mark: who looks at the picture does not
 * see that they are there. */
static void
tells_what_is_unseen(void **state)
{
	static const struct {
		const char	*name, *content;
		size_t		 unseen;
	} all[] = {
		{ "white on white", TEXT("", "<ofd:FillColor Value=\"255 255 "
		    "255\"/>" THREE), 3 },
		{ "transparent", TEXT("", "<ofd:FillColor Value=\"0 0 0\" "
		    "Alpha=\"0\"/>" THREE), 3 },
		{ "an object that is", TEXT("Alpha=\"0\"", THREE), 3 },
		{ "outside of the page", TEXT("CTM=\"1 0 0 1 300 0\"",
		    THREE), 3 },
		{ "neither filled nor drawn", TEXT("Fill=\"false\"", THREE),
		    3 },
		{ "red on red", SHAPE(UNPAINTED, RED) "<ofd:TextObject" BOX
		    "Font=\"4\" Size=\"2\">" RED "<ofd:TextCode X=\"30\" "
		    "Y=\"10\">A</ofd:TextCode></ofd:TextObject>", 1 },
		{ "white space", TEXT("", CODE("", "  ")), 0 },
		{ "blank elsewhere, a shape here", TEXT("", CODE("",
		    "\xc2\xa0")), 0 },
	};
	struct sheet_told	t;
	struct sheets		s;
	size_t			i;
	bool			ink;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		s = (struct sheets){ .content = all[i].content };
		look(all[i].name, &s, &t, &ink);
		if (t.unseen != all[i].unseen || t.left_out != 0)
			fail_msg("%s: %zu %zu", all[i].name, t.unseen,
			    t.left_out);
	}
	assert_true(ink);	/* of the last one */
}

/* From 'A' to what is a space elsewhere. */
#define GLYPHS_ALL	(0xa0 - 'A' + 1)

static int
set_up(void **state)
{
	struct typeface_glyph	g[GLYPHS_ALL];
	size_t			i;

	(void)state;
	font_cool();
	for (i = 0; i < GLYPHS_ALL; i++)
		g[i] = (struct typeface_glyph){ 0, 0, 800, 800, 0, { 0 } };
	buf_init(&font, 1u << 20);
	typeface_make(g, GLYPHS_ALL, &font);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_fini(&font);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(draws),
		cmocka_unit_test(tells),
		cmocka_unit_test(tells_what_is_unseen),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
