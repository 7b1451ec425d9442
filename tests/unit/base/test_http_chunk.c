#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/http_chunk.h"

static void
test_chunks(void **state)
{
	static const struct {
		const char		*text;
		enum http_chunk_rc	 rc;
		const char		*body, *rest;
	} cases[] = {
		{ "3\r\nabc\r\n0\r\n\r\n", HTTP_CHUNK_DONE, "abc", "" },
		{ "3\r\nabc\r\n002\r\nde\r\n00\r\n\r\nGET", HTTP_CHUNK_DONE,
		    "abcde", "GET" },
		{ "A;x=\"y\"\r\n0123456789\r\n0\r\nT: u\r\nV: w\r\n\r\nz",
		    HTTP_CHUNK_DONE, "0123456789", "z" },
		{ "a ; x\r\n0123456789\r\n0;y\r\n\r\n", HTTP_CHUNK_DONE,
		    "0123456789", "" },
		{ "3\r\nab", HTTP_CHUNK_MORE, "ab", "" },
		{ "", HTTP_CHUNK_MORE, "", "" },
		{ "10\r\n0123456789abcdef\r\n", HTTP_CHUNK_MORE,
		    "0123456789abcdef", "" },
		{ "11\r\n", HTTP_CHUNK_LARGE, "", NULL },
		{ "f\r\n0123456789abcde\r\n2\r\nxy", HTTP_CHUNK_LARGE, NULL,
		    NULL },
		{ "fffffffff\r\n", HTTP_CHUNK_BAD, NULL, NULL },
		{ "\r\n", HTTP_CHUNK_BAD, NULL, NULL },
		{ " 3\r\nabc", HTTP_CHUNK_BAD, NULL, NULL },
		{ ";x\r\n", HTTP_CHUNK_BAD, NULL, NULL },
		{ "-1\r\n", HTTP_CHUNK_BAD, NULL, NULL },
		{ "0x3\r\nabc", HTTP_CHUNK_BAD, NULL, NULL },
		{ "3\nabc", HTTP_CHUNK_BAD, NULL, NULL },
		{ "3\rabc", HTTP_CHUNK_BAD, NULL, NULL },
		{ "3;a\nb\r\nabc", HTTP_CHUNK_BAD, NULL, NULL },
		{ "3\r\nabcd\r\n", HTTP_CHUNK_BAD, NULL, NULL },
		{ "3\r\nabc\n0\r\n\r\n", HTTP_CHUNK_BAD, NULL, NULL },
		{ "0\r\nT: u\n\r\n", HTTP_CHUNK_BAD, NULL, NULL },
		{ "0\r\n\rx", HTTP_CHUNK_BAD, NULL, NULL },
	};
	struct http_chunk	 c;
	enum http_chunk_rc	 rc;
	uint8_t			 room[64];
	size_t			 i, k, n, end, raw, body;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (k = 0; k < 2; k++) {
			memset(&c, 0, sizeof(c));
			n = strlen(cases[i].text);
			memcpy(room, cases[i].text, n);
			raw = body = 0;
			rc = HTTP_CHUNK_MORE;
			for (end = k == 0 ? n : 0; end <= n &&
			    rc == HTTP_CHUNK_MORE; end++)
				rc = http_chunk_take(&c, room, &raw, end,
				    &body, 16);
			if (rc != cases[i].rc)
				fail_msg("case %zu: %d", i, (int)rc);
			if (cases[i].body != NULL) {
				assert_int_equal(body, strlen(cases[i].body));
				assert_memory_equal(room, cases[i].body, body);
			}
			if (cases[i].rest != NULL)
				assert_string_equal(cases[i].text + raw,
				    cases[i].rest);
		}
}

/* Extensions and trailers without end. */
static void
test_bounds(void **state)
{
	struct http_chunk	 c;
	uint8_t			 room[8192];
	size_t			 raw = 0, body = 0;

	(void)state;
	memset(room, 'a', sizeof(room));
	memcpy(room, "1;", 2);
	memset(&c, 0, sizeof(c));
	assert_int_equal(http_chunk_take(&c, room, &raw, sizeof(room), &body,
	    16), HTTP_CHUNK_BAD);
	assert_true(raw <= LIMIT_HTTP_CHUNK_LINE + 1);
	memcpy(room, "0\r\nT:", 5);
	memset(&c, 0, sizeof(c));
	raw = body = 0;
	assert_int_equal(http_chunk_take(&c, room, &raw, sizeof(room), &body,
	    16), HTTP_CHUNK_BAD);
	assert_true(raw <= LIMIT_HTTP_TRAILER + 4);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_chunks), cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
