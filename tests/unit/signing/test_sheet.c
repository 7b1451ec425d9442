#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/signing/sheets.h"
#include "tests/unit/signing/typeface.h"

#include "filing/font.h"
#include "filing/png_write.h"
#include "signing/sheet_canvas.h"

/* What an OFD picture shows, looked at pixel by pixel; five to a millimetre of
 * its page of 40 by 40. */

#define EDGE		200
#define PER_MM		5
#define LEFT		((uint64_t)LIMIT_PIXELS_SOURCE)
#define RED		0xe60012
#define WHITE		0xffffff
#define INK		"<ofd:FillColor Value=\"230 0 18\"/>"
#define PEN		"<ofd:StrokeColor Value=\"230 0 18\"/>"
#define DATA(d)		"<ofd:AbbreviatedData>" d "</ofd:AbbreviatedData>"
/* A filled figure in the whole page. */
#define FIGURE(a, d)	"<ofd:PathObject Boundary=\"0 0 40 40\" Fill=\"true\" " \
			"Stroke=\"false\" " a ">" INK DATA(d) \
			"</ofd:PathObject>"
#define LINE(a, d)	"<ofd:PathObject Boundary=\"0 0 40 40\" " a ">" PEN \
			DATA(d) "</ofd:PathObject>"
#define SQUARE		"M 10 10 L 30 10 L 30 30 L 10 30 C"
#define TEXT(a, t)	"<ofd:TextObject Boundary=\"0 0 40 40\" Font=\"4\" " a \
			">" INK t "</ofd:TextObject>"
#define FONT		"<ofd:Fonts><ofd:Font ID=\"4\" FontName=\"x\">" \
			"<ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>"
#define MEDIA		"<ofd:MultiMedias><ofd:MultiMedia ID=\"7\" " \
			"Type=\"Image\"><ofd:MediaFile>i</ofd:MediaFile>" \
			"</ofd:MultiMedia></ofd:MultiMedias>"

/* At (x, y) in millimetres it is of this colour. */
struct probe {
	double		x, y;
	uint32_t	rgb;
};

struct shown {
	const char	*name;
	struct sheets	 s;
	struct probe	 probe[6];	/* up to the first at (0, 0) */
	size_t		 other_face, no_glyph, left_out;
};

static int
read_sheet(const struct sheets *s, struct pixels *p, struct sheet_told *t,
    struct err *e)
{
	struct zipfile	z;
	uint64_t	left = LEFT;
	int		rc;

	*e = (struct err)ERR_INIT;
	sheets_make(s, &z);
	rc = sheet_read(buf_octets(&z.out), EDGE, &left, p, t, e);
	zipfile_fini(&z);
	return rc;
}

static uint32_t
pixel(const struct pixels *p, double x, double y)
{
	const uint8_t	*c = p->rgb + 3 * ((size_t)(y * PER_MM) * p->width +
			    (size_t)(x * PER_MM));

	return (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
}

/* Mixed colours may be off by what is rounded. */
static bool
same(uint32_t a, uint32_t b)
{
	int	i;

	for (i = 0; i < 24; i += 8)
		if (abs((int)(a >> i & 255) - (int)(b >> i & 255)) > 2)
			return false;
	return true;
}

static void
check(const struct shown *t)
{
	struct pixels		 p;
	struct sheet_told	 told;
	struct err		 e;
	const struct probe	*at;
	size_t			 i;

	if (read_sheet(&t->s, &p, &told, &e) != 0)
		fail_msg("%s: %s", t->name, e.text);
	for (i = 0; i < 6 && (t->probe[i].x > 0 || t->probe[i].y > 0); i++) {
		at = &t->probe[i];
		if (!same(pixel(&p, at->x, at->y), at->rgb))
			fail_msg("%s: at %g,%g it is %06x, not %06x", t->name,
			    at->x, at->y, pixel(&p, at->x, at->y), at->rgb);
	}
	if (told.other_face != t->other_face || told.no_glyph !=
	    t->no_glyph || told.left_out != t->left_out)
		fail_msg("%s: %zu, %zu, %zu told", t->name, told.other_face,
		    told.no_glyph, told.left_out);
	pixels_fini(&p);
}

static const struct shown	figures[] = {
	{ "a square", { .content = FIGURE("", SQUARE) },
	    { { 20, 20, RED }, { 9, 20, WHITE }, { 31, 20, WHITE },
	    { 20, 31, WHITE } }, 0, 0, 0 },
	{ "letters close to numbers, and as Java writes them",
	    { .content = FIGURE("", "M1.0E1,10L30 1e1 L 30 3.0E+1L10 30C") },
	    { { 20, 20, RED }, { 9, 20, WHITE } }, 0, 0, 0 },
	{ "a line and its width", { .content = LINE("LineWidth=\"4\"",
	    "M 5 20 L 35 20") },
	    { { 20, 18.5, RED }, { 20, 21.5, RED }, { 20, 17.5, WHITE },
	    { 20, 22.5, WHITE }, { 4, 20, WHITE } }, 0, 0, 0 },
	{ "its ends", { .content = LINE("LineWidth=\"4\" Cap=\"Square\"",
	    "M 5 20 L 35 20") }, { { 4, 20, RED }, { 2.5, 20, WHITE } },
	    0, 0, 0 },
	{ "a line that is level has a box without height",
	    { .content = "<ofd:PathObject Boundary=\"5 20 30 0\" "
	    "LineWidth=\"2\">" PEN DATA("M 0 0 L 30 0") "</ofd:PathObject>" },
	    { { 20, 20.5, RED }, { 20, 22, WHITE } }, 0, 0, 0 },
	{ "dashes", { .content = LINE("LineWidth=\"4\" DashPattern=\"5 5\"",
	    "M 0 20 L 40 20") },
	    { { 2, 20, RED }, { 7, 20, WHITE }, { 12, 20, RED } }, 0, 0, 0 },
	{ "no colour, no figure; a line is black", { .content =
	    "<ofd:PathObject Boundary=\"0 0 40 40\" Fill=\"true\" "
	    "LineWidth=\"2\">" DATA(SQUARE) "</ofd:PathObject>" },
	    { { 20, 20, WHITE }, { 20, 10, 0 } }, 0, 0, 0 },
	{ "a circle of two arcs", { .content = FIGURE("",
	    "M 5 20 A 15 15 0 0 1 35 20 A 15 15 0 0 1 5 20 C") },
	    { { 20, 6, RED }, { 20, 34, RED }, { 8, 8, WHITE },
	    { 32, 32, WHITE }, { 10.5, 10.5, RED } }, 0, 0, 0 },
	{ "the other way round", { .content = FIGURE("",
	    "M 5 20 A 15 15 0 0 0 35 20 C") },
	    { { 20, 30, RED }, { 20, 10, WHITE } }, 0, 0, 0 },
	{ "most of an ellipse", { .content = FIGURE("",
	    "M 20 12 A 12 8 0 1 1 8 20 C") },
	    { { 25, 20, RED }, { 20, 27, RED }, { 11, 14, WHITE },
	    { 20, 29, WHITE } }, 0, 0, 0 },
	{ "an ellipse that turned", { .content = FIGURE("",
	    "M 20 5 A 15 5 90 0 1 20 35 A 15 5 90 0 1 20 5 C") },
	    { { 20, 8, RED }, { 24, 20, RED }, { 27, 20, WHITE } }, 0, 0, 0 },
	{ "curves", { .content = FIGURE("",
	    "M 5 30 Q 20 0 35 30 C M 5 35 B 5 42 35 42 35 35 C") },
	    { { 20, 16, RED }, { 20, 14, WHITE }, { 20, 37, RED },
	    { 20, 32, WHITE } }, 0, 0, 0 },
	{ "winding", { .content = FIGURE("", SQUARE
	    " M 15 15 L 25 15 L 25 25 L 15 25 C") }, { { 20, 20, RED } },
	    0, 0, 0 },
	{ "even-odd", { .content = FIGURE("Rule=\"Even-Odd\"", SQUARE
	    " M 15 15 L 25 15 L 25 25 L 15 25 C") },
	    { { 20, 20, WHITE }, { 12, 12, RED } }, 0, 0, 0 },
	{ "only in its box", { .content = "<ofd:PathObject Boundary="
	    "\"10 10 10 10\" Fill=\"true\">" INK DATA("M -10 -10 L 30 -10 "
	    "L 30 30 L -10 30 C") "</ofd:PathObject>" },
	    { { 15, 15, RED }, { 9, 15, WHITE }, { 21, 15, WHITE },
	    { 15, 21, WHITE } }, 0, 0, 0 },
	{ "through its matrix", { .content = FIGURE(
	    "CTM=\"0 1 -1 0 40 0\"", "M 0 0 L 20 0 L 20 10 L 0 10 C") },
	    { { 35, 10, RED }, { 25, 10, WHITE }, { 35, 25, WHITE } },
	    0, 0, 0 },
	{ "not seen", { .content = FIGURE("Visible=\"false\"", SQUARE) },
	    { { 20, 20, WHITE } }, 0, 0, 0 },
	{ "half of the ink", { .content = FIGURE("Alpha=\"128\"", SQUARE) },
	    { { 20, 20, 0xf27f88 } }, 0, 0, 0 },
	{ "a page that begins elsewhere", { .box = "100 100 40 40", .content =
	    "<ofd:PathObject Boundary=\"100 100 40 40\" Fill=\"true\">" INK
	    DATA(SQUARE) "</ofd:PathObject>" },
	    { { 20, 20, RED }, { 5, 5, WHITE } }, 0, 0, 0 },
	{ "a clip", { .content = "<ofd:PathObject Boundary=\"0 0 40 40\" "
	    "Fill=\"true\">" INK DATA(SQUARE) "<ofd:Clips><ofd:Clip>"
	    "<ofd:Area><ofd:Path Boundary=\"0 0 40 40\">" DATA("M 0 0 "
	    "L 20 0 L 20 40 L 0 40 C") "</ofd:Path></ofd:Area></ofd:Clip>"
	    "</ofd:Clips></ofd:PathObject>" },
	    { { 15, 20, RED }, { 25, 20, WHITE } }, 0, 0, 0 },
	{ "a block in a block", { .content = "<ofd:PageBlock><ofd:PageBlock>"
	    FIGURE("", SQUARE) "</ofd:PageBlock></ofd:PageBlock>" },
	    { { 20, 20, RED } }, 0, 0, 0 },
};

static const struct shown	colours[] = {
	{ "grey", { .content = "<ofd:PathObject Boundary=\"0 0 40 40\" "
	    "Fill=\"true\"><ofd:FillColor Value=\"128\"/>" DATA(SQUARE)
	    "</ofd:PathObject>" }, { { 20, 20, 0x808080 } }, 0, 0, 0 },
	{ "CMYK", { .content = "<ofd:PathObject Boundary=\"0 0 40 40\" "
	    "Fill=\"true\"><ofd:FillColor Value=\"0 255 255 0\"/>"
	    DATA(SQUARE) "</ofd:PathObject>" }, { { 20, 20, 0xff0000 } },
	    0, 0, 0 },
	{ "hexadecimal", { .content = "<ofd:PathObject Boundary=\"0 0 40 40\""
	    " Fill=\"true\"><ofd:FillColor Value=\"#e6 #00 #12\"/>"
	    DATA(SQUARE) "</ofd:PathObject>" }, { { 20, 20, RED } },
	    0, 0, 0 },
	{ "four bits, and a palette", { .res = "<ofd:ColorSpaces>"
	    "<ofd:ColorSpace ID=\"5\" BitsPerComponent=\"4\"><ofd:Palette>"
	    "<ofd:CV>0 0 0</ofd:CV><ofd:CV>15 0 15</ofd:CV></ofd:Palette>"
	    "</ofd:ColorSpace></ofd:ColorSpaces>", .content =
	    "<ofd:PathObject Boundary=\"0 0 40 40\" Fill=\"true\">"
	    "<ofd:FillColor Index=\"1\" ColorSpace=\"5\"/>" DATA(SQUARE)
	    "</ofd:PathObject>" }, { { 20, 20, 0xff00ff } }, 0, 0, 0 },
	{ "a space that is not there", { .content = "<ofd:PathObject "
	    "Boundary=\"0 0 40 40\" Fill=\"true\"><ofd:FillColor "
	    "Value=\"230 0 18\" ColorSpace=\"4\"/>" DATA(SQUARE)
	    "</ofd:PathObject>" }, { { 20, 20, RED } }, 0, 0, 0 },
	{ "parameters that build on others", { .res = "<ofd:DrawParams>"
	    "<ofd:DrawParam ID=\"8\" LineWidth=\"6\">" PEN "</ofd:DrawParam>"
	    "<ofd:DrawParam ID=\"9\" Relative=\"8\" Cap=\"Square\"/>"
	    "</ofd:DrawParams>", .content = "<ofd:PathObject Boundary="
	    "\"0 0 40 40\" DrawParam=\"9\">" DATA("M 10 20 L 30 20")
	    "</ofd:PathObject>" }, { { 20, 22, RED }, { 8, 20, RED },
	    { 6, 20, WHITE } }, 0, 0, 0 },
	{ "parameters of the layer", { .layer = "DrawParam=\"8\"", .res =
	    "<ofd:DrawParams><ofd:DrawParam ID=\"8\" LineWidth=\"6\">" PEN
	    "</ofd:DrawParam></ofd:DrawParams>", .content =
	    "<ofd:PathObject Boundary=\"0 0 40 40\">"
	    DATA("M 10 20 L 30 20") "</ofd:PathObject>" },
	    { { 20, 22, RED } }, 0, 0, 0 },
	{ "from one into another", { .content = "<ofd:PathObject "
	    "Boundary=\"0 0 40 40\" Fill=\"true\"><ofd:FillColor>"
	    "<ofd:AxialShd StartPoint=\"10 0\" EndPoint=\"30 0\">"
	    "<ofd:Segment><ofd:Color Value=\"255 0 0\"/></ofd:Segment>"
	    "<ofd:Segment><ofd:Color Value=\"0 0 255\"/></ofd:Segment>"
	    "</ofd:AxialShd></ofd:FillColor>" DATA(SQUARE)
	    "</ofd:PathObject>" }, { { 11, 20, 0xf1000e },
	    { 20, 20, 0x7e0081 }, { 28.9, 20, 0x0e00f1 } }, 0, 0, 0 },
	{ "and on behind it, not before", { .content = "<ofd:PathObject "
	    "Boundary=\"0 0 40 40\" Fill=\"true\" Stroke=\"false\">"
	    "<ofd:FillColor><ofd:AxialShd StartPoint=\"15 0\" "
	    "EndPoint=\"25 0\" Extend=\"2\"><ofd:Segment><ofd:Color "
	    "Value=\"0 0 255\"/></ofd:Segment><ofd:Segment><ofd:Color "
	    "Value=\"230 0 18\"/></ofd:Segment></ofd:AxialShd>"
	    "</ofd:FillColor>" DATA(SQUARE) "</ofd:PathObject>" },
	    { { 12, 20, WHITE }, { 15.5, 20, 0x0c00f1 }, { 28, 20, RED } },
	    0, 0, 0 },
	{ "between circles", { .content = "<ofd:PathObject "
	    "Boundary=\"0 0 40 40\" Fill=\"true\"><ofd:FillColor>"
	    "<ofd:RadialShd StartPoint=\"20 20\" EndPoint=\"20 20\" "
	    "EndRadius=\"8\" Extend=\"3\">"
	    "<ofd:Segment><ofd:Color Value=\"255 255 255\"/></ofd:Segment>"
	    "<ofd:Segment><ofd:Color Value=\"230 0 18\"/></ofd:Segment>"
	    "</ofd:RadialShd></ofd:FillColor>" DATA(SQUARE)
	    "</ofd:PathObject>" }, { { 20, 20, 0xfefbfb }, { 29, 29, RED } },
	    0, 0, 0 },
	{ "a pattern", { .content = "<ofd:PathObject Boundary=\"0 0 40 40\" "
	    "Fill=\"true\"><ofd:FillColor><ofd:Pattern/></ofd:FillColor>"
	    DATA(SQUARE) "</ofd:PathObject>" }, { { 20, 20, WHITE } },
	    0, 0, 1 },
};

#define UNIT(id, c)	"<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit" \
			" ID=\"" id "\" Width=\"40\" Height=\"40\">" \
			"<ofd:Content>" c "</ofd:Content>" \
			"</ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
#define USE(id, a)	"<ofd:CompositeObject Boundary=\"0 0 40 40\" " \
			"ResourceID=\"" id "\" " a "/>"
#define TEMPLATE	"<ofd:Page" SHEETS_NS "><ofd:Content><ofd:Layer>" \
			"<ofd:PathObject Boundary=\"0 0 40 40\" Fill=\"true\">" \
			"<ofd:FillColor Value=\"0 0 255\"/>" DATA("M 0 0 " \
			"L 20 0 L 20 40 L 0 40 C") "</ofd:PathObject>" \
			"</ofd:Layer></ofd:Content></ofd:Page>"

static const struct shown	parts[] = {
	{ "a composite", { .res = UNIT("6", FIGURE("", SQUARE)), .content =
	    USE("6", "CTM=\"0.5 0 0 0.5 0 0\"") },
	    { { 10, 10, RED }, { 20, 20, WHITE } }, 0, 0, 0 },
	{ "half of all of it", { .res = UNIT("6", FIGURE("", SQUARE)
	    FIGURE("", SQUARE)), .content = USE("6", "Alpha=\"128\"") },
	    { { 20, 20, 0xf27f88 } }, 0, 0, 0 },
	{ "one that is not there", { .content = USE("6", "") }, { { 5, 5, WHITE } },
	    0, 0, 1 },
	{ "a template below", { .common = "<ofd:TemplatePage ID=\"11\" "
	    "BaseLoc=\"T.xml\"/>", .page = "<ofd:Template TemplateID=\"11\"/>",
	    .content = FIGURE("", SQUARE), .file = { { "Doc_0/T.xml",
	    { (const uint8_t *)TEMPLATE, sizeof(TEMPLATE) - 1 } } } },
	    { { 15, 15, RED }, { 5, 5, 0x0000ff }, { 35, 35, WHITE } },
	    0, 0, 0 },
	{ "a template above", { .common = "<ofd:TemplatePage ID=\"11\" "
	    "BaseLoc=\"T.xml\"/>", .page = "<ofd:Template TemplateID=\"11\" "
	    "ZOrder=\"Foreground\"/>",
	    .content = FIGURE("", SQUARE), .file = { { "Doc_0/T.xml",
	    { (const uint8_t *)TEMPLATE, sizeof(TEMPLATE) - 1 } } } },
	    { { 15, 15, 0x0000ff }, { 25, 15, RED } }, 0, 0, 0 },
	{ "a template that is not there", { .page = "<ofd:Template "
	    "TemplateID=\"11\"/>", .content = FIGURE("", SQUARE) },
	    { { 15, 15, RED } }, 0, 0, 1 },
	{ "resources that are not there", { .common = "<ofd:DocumentRes>no.xml"
	    "</ofd:DocumentRes>", .content = FIGURE("", SQUARE) },
	    { { 15, 15, RED } }, 0, 0, 1 },
	{ "notes, and a stamp of its own", { .document = "<ofd:Annotations>a"
	    "</ofd:Annotations>", .body = "<ofd:Signatures>s</ofd:Signatures>",
	    .content = FIGURE("", SQUARE) }, { { 15, 15, RED } }, 0, 0, 2 },
};

static void
check_all(const struct shown *t, size_t n)
{
	while (n-- > 0)
		check(t++);
}

static void
draws_figures(void **state)
{
	(void)state;
	check_all(figures, sizeof(figures) / sizeof(figures[0]));
}

static void
mixes_colours(void **state)
{
	(void)state;
	check_all(colours, sizeof(colours) / sizeof(colours[0]));
}

static void
puts_parts_together(void **state)
{
	(void)state;
	check_all(parts, sizeof(parts) / sizeof(parts[0]));
}

/* ---- text: A is the left half of the em above the line, B all of it, C is
 * put together from A, and D below the line */

#define CODE(x, y, a, t)	"<ofd:TextCode X=\"" x "\" Y=\"" y "\" " a ">" \
				t "</ofd:TextCode>"

static void
puts_characters(void **state)
{
	static const struct typeface_glyph	glyphs[] = {
		{ 0, 0, 500, 1000, 0, { 0 } }, { 0, 0, 1000, 1000, 0, { 0 } },
		{ 0, 0, 500, 1000, 1, { 1 } }, { 0, -1000, 1000, 0, 0, { 0 } },
	};
	static const struct shown		texts[] = {
		{ "one after the other", { .res = FONT, .content =
		    TEXT("Size=\"10\"", CODE("5", "20", "DeltaX=\"10 10\"",
		    "ABC")) }, { { 7, 15, RED }, { 12, 15, WHITE },
		    { 17, 15, RED }, { 22, 15, RED }, { 27, 15, RED },
		    { 32, 15, WHITE } }, 0, 0, 0 },
		{ "so many times the same", { .res = FONT, .content =
		    TEXT("Size=\"5\"", CODE("0", "20", "DeltaX=\"g 2 10 5\"",
		    "AAAA")) }, { { 1, 18, RED }, { 11, 18, RED },
		    { 21, 18, RED }, { 26, 18, RED }, { 6, 18, WHITE } },
		    0, 0, 0 },
		{ "downwards, and on from where it was", { .res = FONT,
		    .content = TEXT("Size=\"5\"", CODE("5", "10",
		    "DeltaY=\"10\"", "BB") "<ofd:TextCode X=\"30\">B"
		    "</ofd:TextCode>") }, { { 7, 8, RED }, { 7, 18, RED },
		    { 7, 12, WHITE }, { 32, 18, RED } }, 0, 0, 0 },
		{ "glyphs by number", { .res = FONT, .content =
		    TEXT("Size=\"10\"", "<ofd:CGTransform CodePosition=\"0\" "
		    "CodeCount=\"2\" GlyphCount=\"2\"><ofd:Glyphs>2 1"
		    "</ofd:Glyphs></ofd:CGTransform>" CODE("5", "20",
		    "DeltaX=\"15\"", "一二")) }, { { 7, 15, RED },
		    { 12, 15, RED }, { 22, 15, RED }, { 27, 15, WHITE } },
		    0, 0, 0 },
		{ "glyphs behind their text", { .res = FONT, .content =
		    TEXT("Size=\"10\"", CODE("5", "20", "", "一")
		    "<ofd:CGTransform CodePosition=\"0\" GlyphCount=\"2\">"
		    "<ofd:Glyphs>1 4</ofd:Glyphs></ofd:CGTransform>") },
		    { { 7, 15, RED }, { 12, 15, WHITE }, { 20, 25, RED } },
		    0, 0, 0 },
		{ "narrow", { .res = FONT, .content = TEXT("Size=\"10\" "
		    "HScale=\"0.5\"", CODE("5", "20", "", "B")) },
		    { { 7, 15, RED }, { 12, 15, WHITE } }, 0, 0, 0 },
		{ "turned", { .res = FONT, .content = TEXT("Size=\"10\" "
		    "CharDirection=\"90\"", CODE("5", "5", "", "A")) },
		    { { 10, 7, RED }, { 10, 12, WHITE } }, 0, 0, 0 },
		{ "through its matrix", { .res = FONT, .content =
		    TEXT("Size=\"10\" CTM=\"2 0 0 2 0 0\"", CODE("5", "15",
		    "", "A")) }, { { 12, 20, RED }, { 22, 20, WHITE } },
		    0, 0, 0 },
		{ "white space is nothing", { .res = FONT, .content =
		    TEXT("Size=\"10\"", CODE("5", "20", "DeltaX=\"5 5\"",
		    " 　A")) }, { { 17, 15, RED }, { 7, 15, WHITE } },
		    0, 0, 0 },
		{ "a glyph that is not there is a frame", { .res = FONT,
		    .content = TEXT("Size=\"20\"", CODE("5", "30", "",
		    "\xf4\x8f\xbf\xbd")) }, { { 6.9, 20, RED },
		    { 15, 20, WHITE } }, 0, 1, 0 },
	};
	struct shown				t;
	struct buf				font;
	size_t					i;

	(void)state;
	buf_init(&font, 1u << 20);
	typeface_make(glyphs, 4, &font);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		t = texts[i];
		t.s.file[0].name = "Doc_0/Res/f.ttf";
		t.s.file[0].o = buf_octets(&font);
		check(&t);
		/* Named from the folder of the file that names it. */
		t.s.file[0].name = "Doc_0/f.ttf";
		check(&t);
	}
	buf_fini(&font);
}

/* Without a typeface of its own, in one of ours, which is said. */
static void
says_whose_typeface(void **state)
{
	static const char	font[] = "<ofd:Fonts><ofd:Font ID=\"4\" "
				    "FontName=\"宋体\"/></ofd:Fonts>";
	struct shown		t = { "一 of ours", { .res = font, .content =
				    TEXT("Size=\"30\"", CODE("5", "30", "",
				    "一")) }, { { 20, 10, WHITE } }, 1, 0, 0 };
	struct pixels		p;
	struct sheet_told	told;
	struct err		e;
	size_t			i, red = 0;

	(void)state;
	assert_int_equal(font_warm(NULL), 0);
	check(&t);
	assert_int_equal(read_sheet(&t.s, &p, &told, &e), 0);
	for (i = 0; i < EDGE; i++)	/* down through the middle */
		red += pixel(&p, 20, (double)i / PER_MM) == RED;
	assert_in_range(red, 3, 60);
	pixels_fini(&p);
	font_cool();
	t.other_face = 0;
	t.no_glyph = 1;
	check(&t);
}

/* ---- pictures inside */

static void
make_image(struct buf *b)
{
	/* Two pixels: blue, white. */
	static const uint8_t	rgb[] = { 0, 0, 255, 255, 255, 255 };

	buf_init(b, 1u << 16);
	assert_int_equal(png_write_rgb(rgb, 2, 1, b, NULL), 0);
}

/* BMP of one pixel, a quarter of black ink. */
static const uint8_t	faint[] = {
	'B', 'M', 0, 0, 0, 0, 0, 0, 0, 0, 14 + 56, 0, 0, 0,
	56, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 32, 0, 3, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0xff, 0, 0, 0xff, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0xff,
	0, 0, 0, 64
};

static void
shows_pictures_inside(void **state)
{
	struct buf	png;
	struct shown	t[] = {
		{ "a PNG over its box", { .res = MEDIA, .content =
		    FIGURE("", SQUARE) "<ofd:ImageObject Boundary="
		    "\"0 0 40 40\" ResourceID=\"7\"/>" },
		    { { 5, 20, 0x0000ff }, { 35, 20, WHITE } }, 0, 0, 0 },
		{ "through its matrix", { .res = MEDIA, .content =
		    FIGURE("", SQUARE) "<ofd:ImageObject Boundary="
		    "\"0 0 40 40\" CTM=\"20 0 0 20 0 0\" ResourceID=\"7\"/>" },
		    { { 5, 5, 0x0000ff }, { 18, 18, WHITE },
		    { 25, 25, RED } }, 0, 0, 0 },
		{ "half of it", { .res = MEDIA, .content =
		    FIGURE("", SQUARE) "<ofd:ImageObject Boundary="
		    "\"0 0 40 40\" Alpha=\"128\" ResourceID=\"7\"/>" },
		    { { 5, 20, 0x7f7fff }, { 10.1, 20, 0x730089 },
		    { 35, 20, WHITE } }, 0, 0, 0 },
		{ "what lies below it", { .res = MEDIA, .content =
		    FIGURE("", SQUARE) "<ofd:ImageObject Boundary="
		    "\"0 0 40 40\" ResourceID=\"7\"/>" },
		    { { 5, 20, 0xbfbfbf }, { 25, 20, 0xac000d } }, 0, 0, 0 },
		{ "a mask is not drawn", { .res = MEDIA, .content =
		    "<ofd:ImageObject Boundary=\"0 0 40 40\" ResourceID=\"7\" "
		    "ImageMask=\"8\"/>" }, { { 5, 20, 0xbfbfbf } }, 0, 0, 1 },
		{ "none", { .res = MEDIA, .content = "<ofd:ImageObject "
		    "Boundary=\"0 0 40 40\" ResourceID=\"8\"/>" },
		    { { 5, 20, WHITE } }, 0, 0, 1 },
	};
	size_t		i;

	(void)state;
	make_image(&png);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		t[i].s.file[0].name = "Doc_0/Res/i";
		t[i].s.file[0].o = i < 3 ? buf_octets(&png) :
		    OCTETS(faint, sizeof(faint));
		check(&t[i]);
	}
	buf_fini(&png);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(draws_figures),
		cmocka_unit_test(mixes_colours),
		cmocka_unit_test(puts_parts_together),
		cmocka_unit_test(puts_characters),
		cmocka_unit_test(says_whose_typeface),
		cmocka_unit_test(shows_pictures_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
