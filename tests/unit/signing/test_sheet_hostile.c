#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "tests/unit/signing/sheets.h"
#include "tests/unit/signing/typeface.h"

#include "filing/font.h"
#include "signing/sheet_canvas.h"
#include "signing/sheet_face.h"
#include "signing/sheet_image.h"
#include "signing/sheet_res.h"

/* OFD pictures as they should not be: refused with their id, or drawn without
 * what is wrong in them, which is told; in a time that is bounded. */

#define EDGE		200
#define LEFT		((uint64_t)LIMIT_PIXELS_SOURCE)
#define BOUND_S		(10 * CLOCKS_PER_SEC)	/* sanitizers are slow */
#define INK		"<ofd:FillColor Value=\"230 0 18\"/>"
#define DATA(d)		"<ofd:AbbreviatedData>" d "</ofd:AbbreviatedData>"
#define PATH(a, d)	"<ofd:PathObject " a ">" INK DATA(d) \
			"</ofd:PathObject>"
#define GOOD		PATH("Boundary=\"0 0 40 40\" Fill=\"true\"", \
			"M 1 1 L 2 1 L 2 2 C")
#define TEXT(a, t)	"<ofd:TextObject Boundary=\"0 0 40 40\" Font=\"4\" " a \
			">" INK t "</ofd:TextObject>"
#define FONT		"<ofd:Fonts><ofd:Font ID=\"4\" FontName=\"x\">" \
			"<ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>"

static int
read_octets(struct octets in, struct pixels *p, struct sheet_told *t,
    struct err *e)
{
	const clock_t	began = clock();
	uint64_t	left = LEFT;
	int		rc;

	*e = (struct err)ERR_INIT;
	rc = sheet_read(in, EDGE, &left, p, t, e);
	assert_true(clock() - began < BOUND_S);
	return rc;
}

static int
read_sheet(const struct sheets *s, struct pixels *p, struct sheet_told *t,
    struct err *e)
{
	struct zipfile	z;
	int		rc;

	sheets_make(s, &z);
	rc = read_octets(buf_octets(&z.out), p, t, e);
	zipfile_fini(&z);
	return rc;
}

static void
refused(const struct sheets *s, const char *id)
{
	struct pixels		p;
	struct sheet_told	t;
	struct err		e;

	assert_int_not_equal(read_sheet(s, &p, &t, &e), 0);
	assert_string_equal(e.id, id);
	assert_null(p.rgb);
	assert_int_equal(p.width, 0);
	assert_int_equal(t.left_out, 0);
}

/* Drawn, and so much of it is told. */
static void
drawn(const struct sheets *s, struct sheet_told *t)
{
	struct pixels	p;
	struct err	e;

	if (read_sheet(s, &p, t, &e) != 0)
		fail_msg("%s", e.text);
	assert_non_null(p.rgb);
	pixels_fini(&p);
}

/* n times the same between two others; the caller frees. */
static char *
many(const char *before, const char *each, size_t n, const char *behind)
{
	const size_t	len = strlen(each);
	struct buf	b;
	char		*out;
	size_t		 i;

	buf_init(&b, 64u << 20);
	buf_puts(&b, before);
	for (i = 0; i < n; i++)
		buf_put(&b, each, len);
	buf_puts(&b, behind);
	buf_put_u8(&b, '\0');
	out = (char *)buf_steal(&b, &i);
	buf_fini(&b);
	return out;
}

static void
refuses_pages(void **state)
{
	static const struct {
		const char	*box, *id;
	} t[] = {
		{ "0 0 0 40", "picture-unreadable" },
		{ "0 0 40 -40", "picture-unreadable" },
		{ "0 0 40", "picture-unreadable" },
		{ "0 0 40 40 40", "picture-unreadable" },
		{ "0 0 NaN 40", "picture-unreadable" },
		{ "0 0 inf 40", "picture-unreadable" },
		{ "0 0 1e999 40", "picture-unreadable" },
		{ "", "picture-unreadable" },
		{ "0 0 10001 40", "picture-too-big" },
		{ "0 0 40 1000000", "picture-too-big" },
		{ "1000000 0 40 40", "picture-too-big" },
	};
	struct sheets	s = { .content = GOOD };
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		s.box = t[i].box;
		refused(&s, t[i].id);
	}
	s.box = NULL;
	s.content = "<ofd:Open>";
	refused(&s, "bad-xml");
	s.content = "<!DOCTYPE a>";
	refused(&s, "bad-xml");
}

/* Long and thin ones are what they are: a pixel is the least. */
static void
draws_thin_pages(void **state)
{
	static const struct {
		const char	*box;
		uint32_t	 w, h;
	} t[] = {
		{ "0 0 10000 0.001", EDGE, 1 }, { "0 0 0.001 10000", 1, EDGE },
		{ "0 0 0.001 0.001", EDGE, EDGE }, { "0 0 30 20", EDGE, 134 },
		{ "-5 -5 104 84", EDGE, 162 },
	};
	struct sheets		s = { .content = GOOD };
	struct sheet_told	told;
	struct pixels		p;
	struct err		e;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		s.box = t[i].box;
		assert_int_equal(read_sheet(&s, &p, &told, &e), 0);
		assert_int_equal(p.width, t[i].w);
		assert_int_equal(p.height, t[i].h);
		pixels_fini(&p);
	}
}

/* What is no package, and packages that lack a part. */
static void
refuses_packages(void **state)
{
	static const char	*const names[] = {
		"OFD.xml", "Doc_0/Document.xml", "Doc_0/Pages/P/Content.xml"
	};
	struct sheets		s = { .content = GOOD };
	struct sheet_told	t;
	struct zipfile		z;
	struct pixels		p;
	struct err		e;
	char			*large;
	size_t			i;

	(void)state;
	for (i = 0; i < 3; i++) {
		s.without = names[i];
		refused(&s, "picture-unreadable");
	}
	s.without = NULL;
	sheets_make(&s, &z);
	for (i = 4; i < z.out.len; i += 97) {
		assert_int_not_equal(read_octets(OCTETS(z.out.p, i), &p, &t,
		    &e), 0);
		assert_null(p.rgb);
	}
	zipfile_fini(&z);
	large = many("", " ", LIMIT_SHEET_XML + 1, "");
	s.content = large;
	refused(&s, "package-too-big");
	free(large);
}

/* What is malformed is left out; what stands beside it is drawn. */
static void
leaves_out_objects(void **state)
{
	static const char *const	bad[] = {
		PATH("Boundary=\"0 0 40 40\"", "M 0 0 L NaN 0"),
		PATH("Boundary=\"0 0 40 40\"", "M 0 0 L 1"),
		PATH("Boundary=\"0 0 40 40\"", "M 0 0 Z"),
		PATH("Boundary=\"0 0 40 40\"", "L 1 1"),
		PATH("Boundary=\"0 0 40 40\"", "C"),
		PATH("Boundary=\"0 0 40 40\"", "M 0 0 L 1e30 0"),
		PATH("Boundary=\"0 0 40 40\"", "M 0 0 L 1e7 0"),
		PATH("Boundary=\"0 0 40 40\"", "M 0 0 L 99999 0"),
		PATH("Boundary=\"0 0 40 40\"", "M 0 0 B 1 1 1 1 -9e5 1"),
		PATH("Boundary=\"0 0 40 40\"", "M 0 0 A 9e5 9e5 0 1 1 9 9"),
		PATH("Boundary=\"0 0 40 40\"", "M 0 0 A NaN 1 0 1 1 9 9"),
		PATH("Boundary=\"0 0 NaN 40\"", "M 0 0 L 1 1"),
		PATH("Boundary=\"0 0 -1 40\"", "M 0 0 L 1 1"),
		PATH("Boundary=\"1e6 0 40 40\"", "M 0 0 L 1 1"),
		PATH("Boundary=\"0 0 40 40\" CTM=\"0 0 0 0 0 0\"", "M 0 0"),
		PATH("Boundary=\"0 0 40 40\" CTM=\"1 1 1 1 0 0\"", "M 0 0"),
		PATH("Boundary=\"0 0 40 40\" CTM=\"1 0 0 1 0\"", "M 0 0"),
		PATH("Boundary=\"0 0 40 40\" CTM=\"1e6 0 0 1e6 1e6 1e6\"",
		    "M 0 0"),
		PATH("Boundary=\"0 0 40 40\" CTM=\"nan 0 0 1 0 0\"", "M 0 0"),
		PATH("Boundary=\"0 0 40 40\" LineWidth=\"-1\"", "M 0 0 L 1 1"),
		PATH("Boundary=\"0 0 40 40\" LineWidth=\"1e6\"",
		    "M 0 0 L 1 1"),
		PATH("Boundary=\"0 0 40 40\" DashPattern=\"0.0001 0.0001\"",
		    "M 0 0 L 40 40"),
		PATH("Boundary=\"0 0 40 40\" DashPattern=\"-1 2\"",
		    "M 0 0 L 40 40"),
		PATH("Boundary=\"0 0 40 40\" DashPattern=\"1 1 1 1 1 1 1 1 1 "
		    "1 1 1 1 1 1 1 1\"", "M 0 0 L 40 40"),
		"<ofd:PathObject Boundary=\"0 0 40 40\"/>",
		"<ofd:PathObject Boundary=\"0 0 40 40\"><ofd:StrokeColor "
		    "Value=\"1 2\"/>" DATA("M 0 0 L 1 1") "</ofd:PathObject>",
		"<ofd:PathObject Boundary=\"0 0 40 40\"><ofd:StrokeColor "
		    "Index=\"1e6\"/>" DATA("M 0 0 L 1 1") "</ofd:PathObject>",
		"<ofd:PathObject Boundary=\"0 0 40 40\"><ofd:StrokeColor>"
		    "<ofd:AxialShd/></ofd:StrokeColor>" DATA("M 0 0 L 1 1")
		    "</ofd:PathObject>",
		"<ofd:PathObject Boundary=\"0 0 40 40\"><ofd:Clips><ofd:Clip>"
		    "<ofd:Area><ofd:Text/></ofd:Area></ofd:Clip></ofd:Clips>"
		    DATA("M 0 0 L 1 1") "</ofd:PathObject>",
		"<ofd:ImageObject Boundary=\"0 0 40 40\" ResourceID=\"1\"/>",
		"<ofd:CompositeObject Boundary=\"0 0 40 40\"/>",
	};
	struct sheets			s = { 0 };
	struct sheet_told		t;
	char				*content;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		content = xasprintf("%s%s", bad[i], GOOD);
		s.content = content;
		drawn(&s, &t);
		if (t.left_out != 1)
			fail_msg("%s: %zu", bad[i], t.left_out);
		free(content);
	}
}

/* More of one thing than may be. */
static void
counts_what_is_drawn(void **state)
{
	struct sheets		s = { 0 };
	struct sheet_told	t;
	char			*text;

	(void)state;
	/* A million lines. */
	text = many("<ofd:PathObject Boundary=\"0 0 40 40\">"
	    "<ofd:AbbreviatedData>M 0 0", "L1 1", LIMIT_SHEET_SEGMENTS,
	    "</ofd:AbbreviatedData></ofd:PathObject>" GOOD);
	s.content = text;
	drawn(&s, &t);
	assert_int_equal(t.left_out, 2);	/* nothing is left for GOOD */
	free(text);
	text = many("", "<ofd:PageBlock/>", LIMIT_SHEET_OBJECTS + 1, "");
	s.content = text;
	drawn(&s, &t);
	assert_int_equal(t.left_out, 1);
	free(text);
	text = many("", "<ofd:PageBlock>", 20, "");
	s.content = text;
	refused(&s, "bad-xml");
	free(text);
	s.content = "<ofd:PageBlock><ofd:PageBlock><ofd:PageBlock>"
	    "<ofd:PageBlock><ofd:PageBlock><ofd:PageBlock><ofd:PageBlock>"
	    "<ofd:PageBlock><ofd:PageBlock><ofd:PageBlock/></ofd:PageBlock>"
	    "</ofd:PageBlock></ofd:PageBlock></ofd:PageBlock></ofd:PageBlock>"
	    "</ofd:PageBlock></ofd:PageBlock></ofd:PageBlock></ofd:PageBlock>";
	drawn(&s, &t);
	assert_int_equal(t.left_out, 1);
}

/* What costs much is drawn so often as it may be: the whole page in colours
 * that run, groups of it, wide lines over all of it, clips of many edges. */
static void
counts_what_it_costs(void **state)
{
#define PAGE	"M 0 0 L 40 0 L 40 40 L 0 40 C"
#define SHADE	"<ofd:FillColor><ofd:RadialShd StartPoint=\"1 1\" " \
		"EndPoint=\"19 19\" EndRadius=\"30\" Extend=\"3\"><ofd:Segment>" \
		"<ofd:Color Value=\"1 2 3\"/></ofd:Segment><ofd:Segment>" \
		"<ofd:Color Value=\"3 2 1\"/></ofd:Segment></ofd:RadialShd>" \
		"</ofd:FillColor>"
	static const struct {
		const char	*each, *inside;
	} t[] = {
		{ "<ofd:PathObject Boundary=\"0 0 40 40\" Fill=\"true\" "
		    "Stroke=\"false\">" SHADE DATA(PAGE) "</ofd:PathObject>",
		    "" },
		{ "<ofd:CompositeObject Boundary=\"0 0 40 40\" Alpha=\"9\" "
		    "ResourceID=\"6\"/>", GOOD },
		{ "<ofd:PathObject Boundary=\"0 0 40 40\" LineWidth=\"30\">"
		    DATA("M 0 0 L 40 40 L 0 40 L 40 0 L 0 0 L 40 40 L 0 40")
		    "</ofd:PathObject>", "" },
		{ "<ofd:PathObject Boundary=\"0 0 40 40\" Fill=\"true\">" INK
		    "<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path>" DATA("M 0 0 "
		    "L 40 40 L 0 40 L 40 0 L 0 0 L 40 40 L 0 40 C")
		    "</ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>" DATA(PAGE)
		    "</ofd:PathObject>", "" },
	};
	struct sheets		s = { 0 };
	struct sheet_told	told;
	char			*content, *res;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		res = xasprintf("<ofd:CompositeGraphicUnits>"
		    "<ofd:CompositeGraphicUnit ID=\"6\"><ofd:Content>%s"
		    "</ofd:Content></ofd:CompositeGraphicUnit>"
		    "</ofd:CompositeGraphicUnits>", t[i].inside);
		content = many("", t[i].each, 10, "");
		s.content = content;
		s.res = res;
		drawn(&s, &told);
		assert_int_equal(told.left_out, 0);
		free(content);
		content = many("", t[i].each, 2000, "");
		s.content = content;
		drawn(&s, &told);
		assert_in_range(told.left_out, 1000, 1990);
		free(content);
		free(res);
	}
}

/* What all objects say by one name is gone through for each of them: long
 * attributes of drawing parameters, of what they build on, of a colour in
 * them, and of an object that is drawn again and again. */
static void
counts_what_is_said(void **state)
{
	static const struct {
		const char	*before, *behind, *each;
	} t[] = {
		{ "<ofd:DrawParams><ofd:DrawParam ID=\"7\" MiterLimit=\"",
		    "4\"/></ofd:DrawParams>", "<ofd:PathObject "
		    "Boundary=\"0 0 40 40\" DrawParam=\"7\">" INK
		    DATA("M 1 1 L 2 2") "</ofd:PathObject>" },
		{ "<ofd:DrawParams><ofd:DrawParam ID=\"7\" Relative=\"8\"/>"
		    "<ofd:DrawParam ID=\"8\" Join=\"", "Miter\"/>"
		    "</ofd:DrawParams>", "<ofd:PathObject "
		    "Boundary=\"0 0 40 40\" DrawParam=\"7\">" INK
		    DATA("M 1 1 L 2 2") "</ofd:PathObject>" },
		{ "<ofd:DrawParams><ofd:DrawParam ID=\"7\"><ofd:FillColor "
		    "Value=\"", "1 2 3\"/></ofd:DrawParam></ofd:DrawParams>",
		    "<ofd:PathObject Boundary=\"0 0 40 40\" Fill=\"true\" "
		    "DrawParam=\"7\">" DATA("M 1 1 L 2 1 L 2 2 C")
		    "</ofd:PathObject>" },
		{ "<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit "
		    "ID=\"6\"><ofd:Content><ofd:PathObject "
		    "Boundary=\"0 0 40 40\" MiterLimit=\"", "4\">" INK
		    DATA("M 1 1 L 2 2") "</ofd:PathObject></ofd:Content>"
		    "</ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>",
		    "<ofd:CompositeObject Boundary=\"0 0 40 40\" "
		    "ResourceID=\"6\"/>" },
	};
	struct sheets		s = { 0 };
	struct sheet_told	told;
	char			*content, *res;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		content = many("", t[i].each, 5000, "");
		res = many(t[i].before, "  ", 100000, t[i].behind);
		s.content = content;
		s.res = res;
		drawn(&s, &told);
		assert_in_range(told.left_out, 4900, 4990);
		free(content);
		free(res);
	}
}

/* Composites that have themselves in them, once and ten times. */
static void
ends_in_circles(void **state)
{
#define SELF	"<ofd:CompositeObject Boundary=\"0 0 40 40\" Alpha=\"200\" " \
		"ResourceID=\"6\"/>"
#define IN(c)	"<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit " \
		"ID=\"6\"><ofd:Content>" c "</ofd:Content>" \
		"</ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
	struct sheets		s = { .content = SELF, .res = IN(SELF) };
	struct sheet_told	t;

	(void)state;
	drawn(&s, &t);
	assert_int_equal(t.left_out, 1);
	s.res = IN(SELF SELF SELF SELF SELF SELF SELF SELF SELF SELF);
	drawn(&s, &t);
	assert_true(t.left_out > 1);
	/* Parameters that build on themselves, a template with templates. */
	s.res = "<ofd:DrawParams><ofd:DrawParam ID=\"8\" Relative=\"8\"/>"
	    "</ofd:DrawParams>";
	s.content = PATH("Boundary=\"0 0 40 40\" DrawParam=\"8\"",
	    "M 0 0 L 1 1");
	s.common = "<ofd:TemplatePage ID=\"11\" BaseLoc=\"Pages/P/Content.xml\""
	    "/>";
	s.page = "<ofd:Template TemplateID=\"11\"/>";
	drawn(&s, &t);
	assert_int_equal(t.left_out, 0);
}

/* Files without end: each named again. */
static void
opens_few_files(void **state)
{
	struct sheets		s = { .content = GOOD };
	struct sheet_told	t;
	char			*text;

	(void)state;
	text = many("", "<ofd:DocumentRes>PublicRes.xml</ofd:DocumentRes>",
	    LIMIT_SHEET_FILES - 4, "");
	s.common = text;
	drawn(&s, &t);
	assert_int_equal(t.left_out, 0);
	free(text);
	text = many("", "<ofd:DocumentRes>PublicRes.xml</ofd:DocumentRes>",
	    LIMIT_SHEET_FILES, "");
	s.common = text;
	refused(&s, "picture-too-big");
	free(text);
}

/* A package in a package, and pictures that are too large, or none. */
static void
opens_no_package_inside(void **state)
{
#define MEDIA	"<ofd:MultiMedias><ofd:MultiMedia ID=\"7\"><ofd:MediaFile>i" \
		"</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias>"
	struct sheets		s = { .res = MEDIA, .content = GOOD
				    "<ofd:ImageObject Boundary=\"0 0 40 40\" "
				    "ResourceID=\"7\"/>" };
	const struct sheets	inner = { .content = GOOD };
	struct sheet_told	t;
	struct zipfile		z;
	char			*large;

	(void)state;
	sheets_make(&inner, &z);
	s.file[0].name = "Doc_0/Res/i";
	s.file[0].o = buf_octets(&z.out);
	drawn(&s, &t);
	assert_int_equal(t.left_out, 1);
	zipfile_fini(&z);
	large = many("BM", " ", LIMIT_SHEET_IMAGE, "");
	s.file[0].o = OCTETS(large, strlen(large));
	drawn(&s, &t);
	assert_int_equal(t.left_out, 1);
	free(large);
	s.file[0].o = OCTETS("BM", 2);
	/* A way out of the package. */
	s.res = "<ofd:MultiMedias><ofd:MultiMedia ID=\"7\"><ofd:MediaFile>"
	    "../../../etc/passwd</ofd:MediaFile></ofd:MultiMedia>"
	    "</ofd:MultiMedias>";
	drawn(&s, &t);
	assert_int_equal(t.left_out, 1);
}

/* ---- typefaces */

static void
with_face(const struct typeface_glyph *g, unsigned n, const char *text,
    struct sheet_told *t)
{
	struct sheets	s = { .res = FONT };
	char		*content;
	struct buf	 font;

	buf_init(&font, 1u << 20);
	typeface_make(g, n, &font);
	content = xasprintf(TEXT("Size=\"10\"", "<ofd:TextCode X=\"5\" "
	    "Y=\"20\" DeltaX=\"1\">%s</ofd:TextCode>"), text);
	s.content = content;
	s.file[0].name = "Doc_0/Res/f.ttf";
	s.file[0].o = buf_octets(&font);
	drawn(&s, t);
	free(content);
	buf_fini(&font);
}

/* Glyphs made from themselves, or from two of the next, thirty deep: FreeType
 * is not asked. */
static void
bounds_glyphs(void **state)
{
	struct typeface_glyph	g[30];
	struct sheet_told	t;
	unsigned		i;

	(void)state;
	font_cool();
	memset(g, 0, sizeof(g));
	for (i = 0; i < 30; i++) {
		g[i].nparts = i < 29 ? 2 : 0;
		g[i].part[0] = g[i].part[1] = i + 2;
	}
	with_face(g, 30, "A", &t);
	assert_int_equal(t.no_glyph, 1);
	assert_int_equal(t.other_face, 0);
	g[0].nparts = 1;
	g[0].part[0] = 1;
	with_face(g, 1, "A", &t);
	assert_int_equal(t.no_glyph, 1);
	/* Three deep is as typefaces are. */
	for (i = 0; i < 3; i++) {
		g[i] = (struct typeface_glyph){ .nparts = 1,
		    .part = { i + 2 } };
	}
	g[3] = (struct typeface_glyph){ 0, 0, 500, 500, 0, { 0 } };
	with_face(g, 4, "A", &t);
	assert_int_equal(t.no_glyph, 0);
}

static void
bounds_text(void **state)
{
	static const struct typeface_glyph	a = { 0, 0, 500, 1000, 0,
						    { 0 } };
	struct sheet_told			t;
	char					*text;

	(void)state;
	text = many("", "A", LIMIT_SHEET_GLYPHS, "");
	with_face(&a, 1, text, &t);
	assert_int_equal(t.no_glyph, LIMIT_SHEET_GLYPHS -
	    (LIMIT_SHEET_FAR / 5 - 9));
	free(text);
	text = many("", "A", LIMIT_SHEET_XML / 2, "");
	with_face(&a, 1, text, &t);
	assert_in_range(t.no_glyph, LIMIT_SHEET_XML / 2 -
	    LIMIT_SHEET_GLYPHS, LIMIT_SHEET_XML / 2);
	free(text);
}

/* Octets that are no typeface, or less and less of one. */
static void
survives_typefaces(void **state)
{
	static const struct typeface_glyph	a = { 0, 0, 500, 1000, 0,
						    { 0 } };
	struct sheets	 s = { .res = FONT, .content = TEXT("Size=\"10\"",
			    "<ofd:TextCode X=\"5\" Y=\"20\">A"
			    "</ofd:TextCode>") };
	struct sheet_told t;
	struct buf	 font;
	size_t		 i;

	(void)state;
	font_cool();
	buf_init(&font, 1u << 20);
	typeface_make(&a, 1, &font);
	s.file[0].name = "Doc_0/Res/f.ttf";
	for (i = 0; i < font.len; i++) {
		s.file[0].o = OCTETS(font.p, i);
		drawn(&s, &t);
		assert_true(t.no_glyph <= 1);
	}
	for (i = 0; i < font.len; i++) {
		s.file[0].o = buf_octets(&font);
		font.p[i] ^= 0xff;
		drawn(&s, &t);
		font.p[i] ^= 0xff;
		assert_true(t.no_glyph <= 1);
	}
	s.file[0].o = OCTETS("%!PS-AdobeFont", 14);
	drawn(&s, &t);
	assert_int_equal(t.no_glyph, 1);
	buf_fini(&font);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(refuses_pages),
		cmocka_unit_test(draws_thin_pages),
		cmocka_unit_test(refuses_packages),
		cmocka_unit_test(leaves_out_objects),
		cmocka_unit_test(counts_what_is_drawn),
		cmocka_unit_test(counts_what_it_costs),
		cmocka_unit_test(counts_what_is_said),
		cmocka_unit_test(ends_in_circles),
		cmocka_unit_test(opens_few_files),
		cmocka_unit_test(opens_no_package_inside),
		cmocka_unit_test(bounds_glyphs),
		cmocka_unit_test(bounds_text),
		cmocka_unit_test(survives_typefaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
