#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/mem.h"

struct door {
	char		*address;
	int64_t		 width;
	struct conf_list tags;
};

struct house {
	char		*name;
	char		*motto;
	int64_t		 floors;
	bool		 lit;
	struct conf_list rooms;
	struct conf_list doors;
};

static const struct conf_key door_keys[] = {
	{ .name = "address", .type = CONF_STRING, .min = 1, .max = 20,
	  .offset = offsetof(struct door, address), .help = "Where it is." },
	{ .name = "width", .type = CONF_INT, .min = 50, .max = 300,
	  .preset = "90", .offset = offsetof(struct door, width),
	  .help = "Centimetres." },
	{ .name = "tags", .type = CONF_STRINGS, .preset = "",
	  .offset = offsetof(struct door, tags), .help = "Free words." },
	{ .name = NULL }
};

static const struct conf_key keys[] = {
	{ .name = "name", .type = CONF_STRING, .min = 1, .max = 12,
	  .offset = offsetof(struct house, name), .help = "Its name." },
	{ .name = "motto", .type = CONF_STRING, .preset = "none",
	  .offset = offsetof(struct house, motto), .help = "A saying." },
	{ .name = "floors", .type = CONF_INT, .min = -2, .max = 100,
	  .preset = "1", .offset = offsetof(struct house, floors),
	  .help = "How high." },
	{ .name = "lit", .type = CONF_BOOL, .preset = "true",
	  .offset = offsetof(struct house, lit), .help = "Is there light?" },
	{ .name = "rooms", .type = CONF_STRINGS, .max = 3, .preset = "",
	  .offset = offsetof(struct house, rooms), .help = "Names." },
	{ .name = "doors", .type = CONF_TABLES, .min = 1, .max = 2,
	  .preset = "", .sub = door_keys, .subsize = sizeof(struct door),
	  .offset = offsetof(struct house, doors), .help = "Ways in." },
	{ .name = NULL }
};

#define N	"name: n\n"

/* Text, id and beginning of the sentence after "config: t.yaml:". */
static const struct {
	const char	*text, *id, *where;
} bad[] = {
	{ "", "config-syntax", "1:1: a table" },
	{ "[1]", "config-syntax", "1:1: a table" },
	{ "just text", "config-syntax", "1:1: a table" },
	{ "name: [", "config-value", "1:7: name: text of 1 to 12" },
	{ "name: 'x", "config-syntax", "1:9: " },
	{ "name:\n\tx: 1", "config-syntax", "2:1: " },
	{ "name: \xff", "config-syntax", "1:7: " },
	{ N "motto: \xc0\x80", "config-syntax", "2:8: " },
	{ N "---\n" N, "config-syntax", "2:1: the end" },
	{ "%YAML 1.1\n---\n" N, "config-syntax", "1:1: no directive" },
	{ "name: &a x", "config-syntax", "1:7: no anchor" },
	{ "name: *a", "config-syntax", "1:7: no alias" },
	{ "name: !!str x", "config-syntax", "1:7: no tag" },
	{ N "rooms: &r [a]", "config-syntax", "2:8: no anchor" },
	{ N "rooms: !x [a]", "config-syntax", "2:8: no tag" },
	{ "? [a]\n: b", "config-syntax", "1:3: a key" },
	{ "<<: {name: x}", "config-unknown-key", "1:1: <<: no such key" },
	{ N "nmae: x", "config-unknown-key", "2:1: nmae: no such key" },
	{ N "Name: x", "config-unknown-key", "2:1: " },
	{ N "doors:\n  - address: a\n    width: 90\n    x: y",
	  "config-unknown-key", "5:5: x: no such key" },
	{ N N, "config-duplicate-key", "2:1: name: given twice" },
	{ N "doors: [{address: a, address: b}]", "config-duplicate-key",
	  "2:22: " },
	{ "motto: x", "config-missing-key", "1:1: name: must be given" },
	{ "{}", "config-missing-key", "1:1: " },
	{ N "doors:\n  - width: 90", "config-missing-key",
	  "3:5: address: must be given" },
	{ "name: ''", "config-value", "1:7: name: text of 1 to 12 octets" },
	{ "name: 1234567890123", "config-value", "1:7: " },
	{ "name: \"a\\0b\"", "config-value", "1:7: " },
	{ N "floors: 101", "config-value",
	  "2:9: floors: a whole number from -2 to 100" },
	{ N "floors: -3", "config-value", "2:9: " },
	{ N "floors: 07", "config-value", "2:9: " },
	{ N "floors: -0", "config-value", "2:9: " },
	{ N "floors: +7", "config-value", "2:9: " },
	{ N "floors: 7.0", "config-value", "2:9: " },
	{ N "floors: 0x7", "config-value", "2:9: " },
	{ N "floors: '7'", "config-value", "2:9: " },
	{ N "floors:", "config-value", "2:8: " },
	{ N "floors: 99999999999999999999", "config-value", "2:9: " },
	{ N "lit: yes", "config-value", "2:6: lit: true or false" },
	{ N "lit: 'true'", "config-value", "2:6: " },
	{ N "lit: {}", "config-value", "2:6: " },
	{ N "rooms: kitchen", "config-value", "2:8: rooms: a list of texts" },
	{ N "rooms: [[a]]", "config-value", "2:9: " },
	{ N "rooms: [a, b, c, d]", "config-value",
	  "2:18: rooms: more than 3 items" },
	{ N "doors: []", "config-value", "2:8: doors: fewer than 1 items" },
	{ N "doors: [x]", "config-value", "2:9: doors: a list of tables" },
	{ N "doors: {}", "config-value", "2:8: doors: a list of tables" },
};

static int
parse(const char *text, struct house *h, struct err *e)
{

	memset(h, 0, sizeof(*h));
	return conf_parse("t.yaml", text, strlen(text), keys, h, e);
}

static void
assert_zeroed(const struct house *h)
{
	struct house	 zero;

	memset(&zero, 0, sizeof(zero));
	assert_memory_equal(h, &zero, sizeof(zero));
}

static void
presets(void **state)
{
	struct house	 h;
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(parse("name: x", &h, &e), 0);
	assert_string_equal(h.name, "x");
	assert_string_equal(h.motto, "none");
	assert_int_equal(h.floors, 1);
	assert_true(h.lit);
	assert_int_equal(h.rooms.n, 0);
	assert_int_equal(h.doors.n, 0);
	conf_fini(keys, &h);
	assert_zeroed(&h);
	conf_fini(keys, &h);
}

static void
everything_given(void **state)
{
	static const char	 text[] =
	    "# a comment\n"
	    "lit: false\n"
	    "name: '44'\n"
	    "motto:\n"
	    "floors: -2\n"
	    "rooms: [kitchen, \"12\"]\n"
	    "doors:\n"
	    "  - address: \"[::1]:80\"\n"
	    "    tags: [front, 门]\n"
	    "  - {address: back, width: 300}\n";
	const struct door	*doors;
	struct house		 h;
	struct err		 e = ERR_INIT;

	(void)state;
	assert_int_equal(parse(text, &h, &e), 0);
	assert_string_equal(h.name, "44");
	assert_string_equal(h.motto, "");
	assert_int_equal(h.floors, -2);
	assert_false(h.lit);
	assert_int_equal(h.rooms.n, 2);
	assert_string_equal(((char **)h.rooms.items)[1], "12");
	assert_int_equal(h.doors.n, 2);
	doors = h.doors.items;
	assert_string_equal(doors[0].address, "[::1]:80");
	assert_int_equal(doors[0].width, 90);
	assert_int_equal(doors[0].tags.n, 2);
	assert_string_equal(((char **)doors[0].tags.items)[1], "门");
	assert_string_equal(doors[1].address, "back");
	assert_int_equal(doors[1].width, 300);
	assert_int_equal(doors[1].tags.n, 0);
	conf_fini(keys, &h);
}

static void
refusals_say_where(void **state)
{
	struct house	 h;
	struct err	 e;
	char		 want[128];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e = (struct err)ERR_INIT;
		if (parse(bad[i].text, &h, &e) != ERR_INVAL)
			fail_msg("accepted: %s", bad[i].text);
		snprintf(want, sizeof(want), "config: t.yaml:%s",
		    bad[i].where);
		if (strncmp(e.text, want, strlen(want)) != 0)
			fail_msg("%s: %s, not %s", bad[i].text, e.text, want);
		assert_string_equal(e.id, bad[i].id);
		assert_zeroed(&h);
	}
}

static void
sample_can_be_read(void **state)
{
	struct house	 h;
	struct err	 e = ERR_INIT;
	struct buf	 b;
	char		*text, *p;

	(void)state;
	buf_init(&b, 10000);
	conf_sample(keys, &b);
	text = buf_steal_str(&b);
	assert_non_null(strstr(text, "# Ways in.\n#doors: []\n"));
	assert_non_null(strstr(text, "#   - address: Where it is.\n"
	    "#     width: Centimetres.\n"));
	assert_int_equal(parse(text, &h, &e), ERR_INVAL);
	assert_string_equal(e.id, "config-missing-key");
	/* With the one key that must be given, all is as by default. */
	p = strstr(text, "#name: \"\"");
	assert_non_null(p);
	memcpy(p, "name:  zz", 9);
	e = (struct err)ERR_INIT;
	assert_int_equal(parse(text, &h, &e), 0);
	assert_string_equal(h.name, "zz");
	assert_string_equal(h.motto, "none");
	conf_fini(keys, &h);
	free(text);
}

static void
files(void **state)
{
	char		 path[] = "/tmp/test_conf.XXXXXX";
	struct house	 h = { 0 };
	struct err	 e = ERR_INIT;
	uint8_t		*big;
	int		 fd;

	(void)state;
	fd = mkstemp(path);
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(file_write(path, OCTETS("name: x\n", 8), 0600, &e),
	    0);
	assert_int_equal(conf_load(path, keys, &h, &e), 0);
	assert_string_equal(h.name, "x");
	conf_fini(keys, &h);
	big = xcalloc(1, LIMIT_CONF_FILE + 1);
	assert_int_equal(file_write(path, OCTETS(big, LIMIT_CONF_FILE + 1),
	    0600, &e), 0);
	assert_int_equal(conf_load(path, keys, &h, &e), ERR_TOOBIG);
	assert_zeroed(&h);
	e = (struct err)ERR_INIT;
	assert_int_equal(conf_parse("x", (char *)big, LIMIT_CONF_FILE + 1,
	    keys, &h, &e), ERR_TOOBIG);
	free(big);
	unlink(path);
	assert_int_equal(conf_load(path, keys, &h, NULL), ERR_NOTFOUND);
	assert_zeroed(&h);
}

/* What has changed is named, but for what may. */
static void
what_has_changed(void **state)
{
	static const char	base[] = "name: n\nmotto: m\nfloors: 2\n"
	    "lit: true\nrooms: [a, b]\ndoors:\n  - {address: x, width: 80, "
	    "tags: [p, q]}\n  - {address: y}\n";
	static const char *const live[] = { "motto", "lit", NULL };
	static const struct {
		const char	*old, *new, *key;
	} cases[] = {
		{ "", "", NULL },
		{ "motto: m", "motto: other", NULL },
		{ "lit: true", "lit: false", NULL },
		{ "name: n", "name: o", "name " },
		{ "floors: 2", "floors: 3", "floors " },
		{ "[a, b]", "[a, c]", "rooms " },
		{ "[a, b]", "[a]", "rooms " },
		{ "[a, b]", "[a, b, c]", "rooms " },
		{ "address: y", "address: z", "doors " },
		{ "width: 80", "width: 81", "doors " },
		{ "[p, q]", "[p]", "doors " },
		{ "[p, q]", "[q, p]", "doors " },
		{ "\n  - {address: y}", "", "doors " },
	};
	struct house	 a = { 0 }, b = { 0 };
	struct err	 e;
	char		*text;
	const char	*at;
	size_t		 i;
	int		 rc;

	(void)state;
	e = (struct err)ERR_INIT;
	assert_int_equal(parse(base, &a, &e), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		at = strstr(base, cases[i].old);
		text = xasprintf("%.*s%s%s", (int)(at - base), base,
		    cases[i].new, at + strlen(cases[i].old));
		e = (struct err)ERR_INIT;
		assert_int_equal(parse(text, &b, &e), 0);
		rc = conf_same(keys, live, &a, &b, &e);
		if (cases[i].key == NULL)
			assert_int_equal(rc, 0);
		else {
			assert_int_equal(rc, ERR_CONFLICT);
			assert_string_equal(e.id, "needs-restart");
			assert_int_equal(strncmp(e.text, cases[i].key,
			    strlen(cases[i].key)), 0);
		}
		conf_fini(keys, &b);
		free(text);
	}
	conf_fini(keys, &a);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(presets),
		cmocka_unit_test(everything_given),
		cmocka_unit_test(refusals_say_where),
		cmocka_unit_test(sample_can_be_read),
		cmocka_unit_test(files),
		cmocka_unit_test(what_has_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
