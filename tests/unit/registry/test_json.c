#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/json.h"

struct body {
	char			*name, *note;
	struct member_uint	 kind;
	struct member_time	 at;
	struct octets		 blob;
};

static const struct json_member table[] = {
	{ "name", MEMBER_TEXT, true, 1, 12, offsetof(struct body, name) },
	{ "note", MEMBER_TEXT, false, 0, 4, offsetof(struct body, note) },
	{ "kind", MEMBER_UINT, false, 1, 99, offsetof(struct body, kind) },
	{ "at", MEMBER_TIME, false, 0, 0, offsetof(struct body, at) },
	{ "blob", MEMBER_OCTETS, false, 2, 5, offsetof(struct body, blob) },
	{ NULL, 0, false, 0, 0, 0 }
};

static int
take(const char *text, size_t n, struct body *b, struct err *e)
{
	*e = (struct err)ERR_INIT;
	memset(b, 0, sizeof(*b));
	return json_read(OCTETS(text, n), table, b, e);
}

static void
test_good(void **state)
{
	static const char *const text[] = {
		"{\"name\":\"a\"}",
		" {\"name\" : \"a\"}\r\n",
		"{\"name\":\"\\u0061\",\"note\":\"\",\"kind\":99}",
		"{\"kind\":1,\"name\":\"a\",\"at\":\"2026-11-21T10:00:00Z\"}",
		("{\"at\":\"2026-11-21T18:00:00+08:00\",\"name\":\"a\","
		    "\"blob\":\"AQID\"}"),
		"{\"name\":\"a\",\"note\":\"é\\u0041}\"}",
	};
	struct body	b;
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		if (take(text[i], strlen(text[i]), &b, &e) != 0)
			fail_msg("%s: %s", text[i], e.text);
		assert_string_equal(b.name, "a");
		if (b.kind.given)
			assert_true(b.kind.v == 1 || b.kind.v == 99);
		if (b.at.given)
			assert_int_equal(b.at.t, 1795255200);
		if (b.blob.p != NULL) {
			assert_int_equal(b.blob.len, 3);
			assert_memory_equal(b.blob.p, "\1\2\3", 3);
		}
		json_fini(table, &b);
		assert_null(b.name);
		assert_null(b.blob.p);
	}
}

static void
test_refused(void **state)
{
	static const struct { const char *text, *id; } row[] = {
		{ "", "bad-json" },
		{ "{", "bad-json" },
		{ "[]", "bad-json" },
		{ "null", "bad-json" },
		{ "\"name\"", "bad-json" },
		{ "7", "bad-json" },
		{ "{\"name\":\"a\"} {}", "bad-json" },
		{ "{\"name\":\"a\"}x", "bad-json" },
		{ "{\"name\":\"a\",}", "bad-json" },
		{ "{'name':'a'}", "bad-json" },
		{ "{\"name\":\"a\\u0000b\"}", "bad-json" },
		{ "{\"name\":\"\\ud800\"}", "bad-json" },
		{ "{\"name\":\"\xff\"}", "bad-json" },
		{ "{\"name\":\"\xed\xa0\x80\"}", "bad-json" },
		{ "{\"name\":\"\xc0\x80\"}", "bad-json" },
		{ "{\"name\":\"a\nb\"}", "bad-json" },
		{ "{\"kind\":99999999999999999999999,\"name\":\"a\"}",
		    "bad-json" },
		{ "{\"kind\":1e999,\"name\":\"a\"}", "bad-json" },
		{ "{\"kind\":NaN,\"name\":\"a\"}", "bad-json" },
		{ "\xef\xbb\xbf{\"name\":\"a\"}", "bad-json" },
		{ "{\"name\":[[[[[[[[1]]]]]]]]}", "bad-json" },
		{ "{\"name\":\"a\",\"name\":\"a\"}", "duplicate-key" },
		{ "{\"name\":\"a\",\"n\\u0061me\":\"b\"}", "duplicate-key" },
		{ "{\"x\":{\"y\":1,\"y\":2}}", "duplicate-key" },
		{ "{\"name\":\"a\",\"Name\":\"b\"}", "unknown-member" },
		{ "{\"name\":\"a\",\"\":1}", "unknown-member" },
		{ "{}", "missing-member" },
		{ "{\"note\":\"a\"}", "missing-member" },
		{ "{\"name\":null}", "bad-member" },
		{ "{\"name\":7}", "bad-member" },
		{ "{\"name\":[\"a\"]}", "bad-member" },
		{ "{\"name\":{\"a\":1}}", "bad-member" },
		{ "{\"name\":true}", "bad-member" },
		{ "{\"name\":\"\"}", "bad-member" },
		{ "{\"name\":\"1234567890123\"}", "bad-member" },
		{ "{\"name\":\"a\",\"note\":\"12345\"}", "bad-member" },
		{ "{\"name\":\"a\",\"kind\":0}", "bad-member" },
		{ "{\"name\":\"a\",\"kind\":100}", "bad-member" },
		{ "{\"name\":\"a\",\"kind\":-1}", "bad-member" },
		{ "{\"name\":\"a\",\"kind\":1.0}", "bad-member" },
		{ "{\"name\":\"a\",\"kind\":1e1}", "bad-member" },
		{ "{\"name\":\"a\",\"kind\":\"1\"}", "bad-member" },
		{ "{\"name\":\"a\",\"kind\":9223372036854775807}",
		    "bad-member" },
		{ "{\"name\":\"a\",\"at\":\"yesterday\"}", "bad-member" },
		{ "{\"name\":\"a\",\"at\":1700000000}", "bad-member" },
		{ "{\"name\":\"a\",\"at\":\"2026-02-30T00:00:00Z\"}",
		    "bad-member" },
		{ "{\"name\":\"a\",\"blob\":\"AQ==\"}", "bad-member" },
		{ "{\"name\":\"a\",\"blob\":\"AQIDBAUG\"}", "bad-member" },
		{ "{\"name\":\"a\",\"blob\":\"AQI\"}", "bad-member" },
		{ "{\"name\":\"a\",\"blob\":\"AQJ=\"}", "bad-member" },
		{ "{\"name\":\"a\",\"blob\":\"A-_D\"}", "bad-member" },
		{ "{\"name\":\"a\",\"blob\":\"AQID\\n\"}", "bad-member" },
		{ "{\"name\":\"a\",\"blob\":3}", "bad-member" },
	};
	struct body	b, zero;
	struct err	e;
	size_t		i;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int	rc = take(row[i].text, strlen(row[i].text), &b, &e);

		if (rc != ERR_INVAL || strcmp(e.id, row[i].id) != 0)
			fail_msg("%s: %d %s (%s)", row[i].text, rc, e.id,
			    e.text);
		assert_memory_equal(&b, &zero, sizeof(b));
	}
}

/* What is meant to exhaust us. */
static void
test_bombs(void **state)
{
	const size_t	 n = 1u << 20;
	char		*p = xmalloc(n + 1);
	struct body	 b;
	struct err	 e;
	size_t		 i;

	(void)state;
	memset(p, '[', n);
	assert_int_equal(take(p, n, &b, &e), ERR_INVAL);
	assert_string_equal(e.id, "bad-json");
	assert_int_equal(take(p, 60000, &b, &e), ERR_INVAL);
	assert_string_equal(e.id, "bad-json");
	for (i = 0; i + 5 < 60000; i += 5)
		memcpy(p + i, "{\"a\":", 5);
	assert_int_equal(take(p, 60000, &b, &e), ERR_INVAL);
	assert_string_equal(e.id, "bad-json");
	/* A long text in a good object: over the whole, then over its own. */
	memset(p, 'a', n);
	memcpy(p, "{\"name\":\"", 9);
	memcpy(p + n - 2, "\"}", 2);
	assert_int_equal(take(p, n, &b, &e), ERR_INVAL);
	assert_string_equal(e.id, "bad-json");
	memcpy(p + 60000, "\"}", 2);
	assert_int_equal(take(p, 60002, &b, &e), ERR_INVAL);
	assert_string_equal(e.id, "bad-member");
	/* Brackets within text are text. */
	strcpy(p, "{\"name\":\"[[[[[[[[[[[[\",\"note\":\"\\\"{[\"}");
	assert_int_equal(take(p, strlen(p), &b, &e), 0);
	json_fini(table, &b);
	/* Many digits. */
	memset(p, '9', 60000);
	memcpy(p, "{\"kind\":", 8);
	memcpy(p + 60000, "}", 1);
	assert_int_equal(take(p, 60001, &b, &e), ERR_INVAL);
	assert_string_equal(e.id, "bad-json");
	/* A NUL in the middle is not the end. */
	assert_int_equal(take("{\"name\":\"a\"}\0{", 14, &b, &e), ERR_INVAL);
	assert_string_equal(e.id, "bad-json");
	free(p);
}

static void
test_writing(void **state)
{
	static const struct { const char *in, *out; } row[] = {
		{ NULL, "null" },
		{ "", "\"\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nb\tc\x1f", "\"a\\nb\\u0009c\\u001f\"" },
		{ "公章é\xf0\x9f\x98\x80", "\"公章é\xf0\x9f\x98\x80\"" },
		{ "a\xff" "b", "\"a\\ufffdb\"" },
	};
	struct buf	b;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		buf_init(&b, 1000);
		json_put_text(&b, row[i].in);
		buf_put_u8(&b, 0);
		assert_string_equal((char *)b.p, row[i].out);
		buf_fini(&b);
	}
	buf_init(&b, 1000);
	json_put_time(&b, 1795255200);
	json_put_time(&b, 0);
	json_put_octets(&b, OCTETS("\1\2\3\4", 4));
	json_put_octets(&b, OCTETS(NULL, 0));
	buf_put_u8(&b, 0);
	assert_string_equal((char *)b.p,
	    "\"2026-11-21T10:00:00Z\"null\"AQIDBA==\"\"\"");
	buf_fini(&b);
}

/* Eight octets are looked at in one: every octet at every place. */
static void
test_escapes(void **state)
{
	const char	*tail = "23456789abcdef";
	char		 text[32], esc[8], want[48];
	struct buf	 b;
	int		 c, at;

	(void)state;
	for (c = 1; c < 0x80; c++)
		for (at = 0; at < 14; at++) {
			snprintf(text, sizeof(text), "公%.*s%c%s", at, tail,
			    c, tail + at);
			if (c < ' ' && c != '\n')
				snprintf(esc, sizeof(esc), "\\u%04x",
				    (unsigned)c);
			else
				snprintf(esc, sizeof(esc), "%s%c", c == '\n' ||
				    c == '"' || c == '\\' ? "\\" : "",
				    c == '\n' ? 'n' : c);
			snprintf(want, sizeof(want), "\"公%.*s%s%s\"", at,
			    tail, esc, tail + at);
			buf_init(&b, 1000);
			json_put_text(&b, text);
			buf_put_u8(&b, 0);
			assert_string_equal((char *)b.p, want);
			buf_fini(&b);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_writing)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
