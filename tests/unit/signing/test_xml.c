#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "signing/xml.h"
#include "signing/xml_guard.h"

#define NS	" xmlns:ofd=\"http://www.ofdspec.org/2016\""
#define LAUGHS	"<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;&x;&x;\">" \
		"<!ENTITY z \"&y;&y;&y;&y;\">]><a>&z;</a>"

/* Documents, and what is said of them by both ways of reading. */
static const struct {
	const char	*xml;
	const char	*says;		/* NULL: read */
	bool		 foreign;
} rows[] = {
	{ "<a/>", NULL, false },
	{ "<ofd:a" NS "/>", NULL, false },
	{ "<a xmlns=\"http://www.ofdspec.org\"/>", NULL, false },
	{ "<a xmlns=\"http://example.org/\"/>", NULL, true },
	{ "<a><b xmlns=\"http://example.org/\"/></a>", NULL, true },
	{ "\xef\xbb\xbf<a/>", NULL, false },
	{ "<a>&lt;&#65;</a>", NULL, false },
	{ "<a><![CDATA[<b>]]></a>", NULL, false },
	{ "<!DOCTYPE a><a/>", "DOCTYPE", false },
	{ LAUGHS, "DOCTYPE", false },
	{ "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "DOCTYPE",
	    false },
	{ "<!DOCTYPE a PUBLIC \"x\" \"http://127.0.0.1:1/\"><a/>", "DOCTYPE",
	    false },
	{ "<!DOCTYPE a [<!ENTITY e SYSTEM \"/etc/passwd\">]><a>&e;</a>",
	    "DOCTYPE", false },
	{ "<a>&e;</a>", "not well-formed", false },
	{ "<a b=\"&e;\"/>", "not well-formed", false },
	{ "<a b=\"1\" b=\"2\"/>", "not well-formed", false },
	{ "<a><b></a></b>", "not well-formed", false },
	{ "<a/><a/>", "not well-formed", false },
	{ "<a/>text", "not well-formed", false },
	{ "<a>", "not well-formed", false },
	{ "<o:a/>", NULL, false },	/* an unbound prefix: told by name */
	{ "text", "not well-formed", false },
	{ "", "empty", false },
};

static void
on_begin(void *arg, const char *name, unsigned depth,
    const struct xml_attributes *a)
{
	size_t	*n = arg;

	(void)a;
	(void)name;
	assert_true(depth < LIMIT_XML_DEPTH);
	(*n)++;
}

static void
on_end(void *arg, const char *name, const char *text)
{
	(void)arg;
	(void)name;
	(void)text;
}

static const struct xml_sink	count = { .begin = on_begin, .end = on_end };

/* Scan in, in pieces; the number of elements in *n. */
static int
scan(struct octets in, size_t piece, size_t *n, struct err *e)
{
	struct xml_scan	*s;
	size_t		 at, len;
	int		 rc;

	*n = 0;
	s = xml_scan_new(&count, n, "a file");
	for (at = 0; at < in.len; at += len) {
		len = piece < in.len - at ? piece : in.len - at;
		if (!xml_scan_add(s, in.p + at, len))
			break;
	}
	rc = xml_scan_end(s, e);
	xml_scan_free(s);
	return rc;
}

static void
check(const char *how, size_t i, int rc, const struct err *e)
{
	if (rows[i].says == NULL) {
		if (rc != 0)
			fail_msg("%s, row %zu: %s", how, i, e->text);
		return;
	}
	if (rc != ERR_FORMAT || strcmp(e->id, "bad-xml") != 0)
		fail_msg("%s, row %zu: %d %s", how, i, rc, e->text);
	if (strstr(e->text, rows[i].says) == NULL &&
	    strcmp(rows[i].says, "empty") != 0)
		fail_msg("%s, row %zu: %s", how, i, e->text);
}

static void
documents(void **state)
{
	struct octets	 in;
	struct xml	*x;
	struct err	 e;
	size_t		 i, n;
	int		 rc;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		in = OCTETS(rows[i].xml, strlen(rows[i].xml));
		e = (struct err)ERR_INIT;
		rc = xml_parse(in, "a file", &x, &e);
		check("whole", i, rc, &e);
		assert_true((x != NULL) == (rows[i].says == NULL));
		if (x != NULL)
			assert_int_equal(xml_is_foreign(x), rows[i].foreign);
		xml_free(x);
		e = (struct err)ERR_INIT;
		rc = scan(in, 1, &n, &e);
		check("by octets", i, rc, &e);
		e = (struct err)ERR_INIT;
		rc = scan(in, 4096, &n, &e);
		check("at once", i, rc, &e);
	}
}

/* The parser ends at a NUL; what comes behind would be hidden. */
static void
nothing_is_hidden(void **state)
{
#define NUL(s, says)	{ OCTETS((const uint8_t *)(s), sizeof(s) - 1), says }
	static const struct {
		struct octets	 in;
		const char	*says;
	} t[] = {
		NUL("<a>b</a>\0", NULL), NUL("<a>b</a>\n\0\0\0", NULL),
		NUL("<a>b</a>\0 ", "behind a NUL"),
		NUL("<a>b</a>\0<b/>", "behind a NUL"),
		NUL("<a>\0</a>", "behind a NUL"),
		NUL("<a b=\"\0\"/>", "behind a NUL"),
		NUL("\xff\xfe<\0a\0/\0>\0", NULL),
		NUL("\xff\xfe<\0a\0/\0>\0\0\0", NULL),
		NUL("\xff\xfe<\0a\0/\0>\0\0\0<\0b\0/\0>\0",
		    "behind a NUL"),
		NUL("\xfe\xff\0<\0a\0/\0>", NULL),
		NUL("\xfe\xff\0<\0a\0/\0>\0\0\0<\0b\0/\0>",
		    "behind a NUL"),
	};
#undef NUL
	struct xml	*x;
	struct err	 e;
	size_t		 i;
	int		 rc;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		e = (struct err)ERR_INIT;
		rc = xml_parse(t[i].in, "a file", &x, &e);
		if (t[i].says == NULL ? rc != 0 : rc != ERR_FORMAT ||
		    strstr(e.text, t[i].says) == NULL)
			fail_msg("row %zu: %d %s", i, rc, e.text);
		xml_free(x);
	}
}

/* n times text, between head and tail. */
static void
repeat(struct buf *b, const char *head, const char *text, size_t n,
    const char *tail)
{
	buf_reset(b);
	buf_puts(b, head);
	while (n-- > 0)
		buf_puts(b, text);
	buf_puts(b, tail);
	assert_true(buf_ok(b));
}

static void
bounds(void **state)
{
	struct xml	*x;
	struct buf	 b;
	struct err	 e = ERR_INIT;
	size_t		 n;

	(void)state;
	buf_init(&b, 64u << 20);
	repeat(&b, "", "<a>", LIMIT_XML_DEPTH + 1, "");
	assert_int_equal(xml_parse(buf_octets(&b), "a file", &x, &e),
	    ERR_FORMAT);
	assert_non_null(strstr(e.text, "deep"));
	e = (struct err)ERR_INIT;
	assert_int_equal(scan(buf_octets(&b), 100, &n, &e), ERR_FORMAT);
	assert_non_null(strstr(e.text, "deep"));
	assert_int_equal(n, LIMIT_XML_DEPTH);

	repeat(&b, "<a>", "<b/>", LIMIT_XML_ELEMENTS, "</a>");
	e = (struct err)ERR_INIT;
	assert_int_equal(xml_parse(buf_octets(&b), "a file", &x, &e),
	    ERR_FORMAT);
	assert_non_null(strstr(e.text, "too many"));
	assert_int_equal(scan(buf_octets(&b), 4096, &n, NULL), 0);
	assert_int_equal(n, LIMIT_XML_ELEMENTS + 1);

	/* One attribute that is nearly all of what is allowed. */
	repeat(&b, "<a b=\"", "0123456789abcdef", LIMIT_XML / 16 - 1,
	    "\"/>");
	assert_int_equal(xml_parse(buf_octets(&b), "a file", &x, &e), 0);
	xml_free(x);
	repeat(&b, "<a b=\"", "0123456789abcdef", LIMIT_XML / 16 + 1,
	    "\"/>");
	e = (struct err)ERR_INIT;
	assert_int_equal(xml_parse(buf_octets(&b), "a file", &x, &e),
	    ERR_TOOBIG);
	assert_string_equal(e.id, "xml-too-big");
	repeat(&b, "<a b=\"", "0123456789abcdef", 2 * LIMIT_XML / 16,
	    "\"/>");
	e = (struct err)ERR_INIT;
	assert_int_equal(scan(buf_octets(&b), 65536, &n, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-xml");
	buf_fini(&b);
}

/* n attributes in the second of two elements, after what precedes. */
static void
attributes(struct buf *b, const char *before, unsigned total)
{
	unsigned	i;

	buf_reset(b);
	buf_printf(b, "<r z=\"1\">%s<a", before);
	for (i = 0; i < total; i++)
		buf_printf(b, " a%u=%s", i, i % 2 == 0 ? "\">'\"" : "'\"'");
	buf_puts(b, "/></r>");
	assert_true(buf_ok(b));
}

/* libxml2 compares each with each: too many are refused before. */
static void
many_attributes(void **state)
{
	/* What would hide them from who only looks for quotes. */
	static const char *const	before[] = {
		"", "<!-- ' -->", "<!-->'-->", "<?p ' ?>", "<![CDATA[<'\"]]>",
		"'", "<b c='\"'/>", "<b c=\"-->\">don't</b>"
	};
	struct xml			*x;
	struct buf			 b;
	struct err			 e;
	size_t				 i, k;

	(void)state;
	buf_init(&b, 64u << 20);
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		attributes(&b, before[i], LIMIT_XML_ATTRIBUTES);
		e = (struct err)ERR_INIT;
		if (xml_parse(buf_octets(&b), "a file", &x, &e) != 0)
			fail_msg("%s: %s", before[i], e.text);
		xml_free(x);
		attributes(&b, before[i], LIMIT_XML_ATTRIBUTES + 1);
		e = (struct err)ERR_INIT;
		assert_int_equal(xml_parse(buf_octets(&b), "a file", &x, &e),
		    ERR_FORMAT);
		if (strstr(e.text, "too many attr") == NULL)
			fail_msg("%s: %s", before[i], e.text);
		for (k = 1; k < 100000; k *= 99) {
			size_t	count_of;

			e = (struct err)ERR_INIT;
			assert_int_equal(scan(buf_octets(&b), k, &count_of,
			    &e), ERR_FORMAT);
			if (strstr(e.text, "too many attr") == NULL)
				fail_msg("%s: %s", before[i], e.text);
		}
	}
	buf_fini(&b);
}

/* ---- what is in it */

static void
tree(void **state)
{
	static const char	doc[] = "<o:A" " xmlns:o=\"http://www.ofdspec"
				    ".org/2016\"><o:B c=\" 1 \"> x<i/>y\n"
				    "</o:B><D/><B c=\"2\"/><E><B/></E></o:A>";
	const struct _xmlNode	*n;
	struct xml		*x;
	char			*s;

	(void)state;
	assert_int_equal(xml_parse(OCTETS(doc, sizeof(doc) - 1), "a file",
	    &x, NULL), 0);
	n = xml_root(x);
	assert_true(xml_is(n, "A"));
	assert_int_equal(xml_count(n, "B"), 2);
	assert_int_equal(xml_count(n, "F"), 0);
	assert_null(xml_child(n, "F"));
	assert_null(xml_child(NULL, "F"));
	n = xml_child(n, "B");
	s = xml_text(n);
	assert_string_equal(s, "xy");
	free(s);
	s = xml_attribute(n, "c");
	assert_string_equal(s, "1");
	free(s);
	assert_null(xml_attribute(n, "d"));
	assert_null(xml_attribute(NULL, "d"));
	assert_null(xml_text(NULL));
	n = xml_next(n);
	s = xml_attribute(n, "c");
	assert_string_equal(s, "2");
	free(s);
	assert_null(xml_next(n));
	xml_free(x);
}

static char	seen[256];

static void
note_begin(void *arg, const char *name, unsigned depth,
    const struct xml_attributes *a)
{
	char	*s = xml_attributes_get(a, "c"), add[64];

	(void)arg;
	(void)snprintf(add, sizeof(add), "%u%s(%s) ", depth, name,
	    s != NULL ? s : "-");
	strncat(seen, add, sizeof(seen) - strlen(seen) - 1);
	free(s);
}

static void
note_end(void *arg, const char *name, const char *text)
{
	char	add[64];

	(void)arg;
	(void)snprintf(add, sizeof(add), "/%s[%.20s] ", name,
	    text != NULL ? text : "(long)");
	strncat(seen, add, sizeof(seen) - strlen(seen) - 1);
}

static void
scanned(void **state)
{
	static const struct xml_sink	sink = { .begin = note_begin,
					    .end = note_end };
	struct xml_scan			*s;
	struct buf			 b;

	(void)state;
	buf_init(&b, 1u << 20);
	repeat(&b, "<a><b c=' &amp;x '> t<d>u</d>&lt;<![CDATA[v]]> </b><e>",
	    "x", LIMIT_XML_TEXT + 1, "</e></a>");
	s = xml_scan_new(&sink, NULL, "a file");
	assert_true(xml_scan_add(s, b.p, b.len));
	assert_int_equal(xml_scan_end(s, NULL), 0);
	xml_scan_free(s);
	assert_string_equal(seen, "0a(-) 1b(&x) 2d(-) /d[u] /b[t<v] 1e(-) "
	    "/e[(long)] /a[] ");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(documents),
		cmocka_unit_test(nothing_is_hidden),
		cmocka_unit_test(bounds),
		cmocka_unit_test(many_attributes),
		cmocka_unit_test(tree),
		cmocka_unit_test(scanned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
