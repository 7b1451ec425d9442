#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/http_head.h"

#define L	"GET /a HTTP/1.1\r\nHost: x\r\n"

/* A head on the heap, so that a step beyond it is seen. */
static int
parse(const char *text, size_t n, struct http_head *h, uint8_t **p)
{
	const char	*why;
	int		 rc;

	*p = malloc(n);
	assert_non_null(*p);
	memcpy(*p, text, n);
	rc = http_head_parse(*p, n, h, &why);
	if (rc != 0 && (why == NULL || *why == '\0'))
		fail_msg("no word for %s", text);
	return rc;
}

static void
test_good(void **state)
{
	static const struct {
		const char	*text;
		const char	*method, *target;
		bool		 old, keep, chunked, waits;
		uint64_t	 length;
		const char	*name, *value;
	} cases[] = {
		{ L "\r\n", "GET", "/a", false, true, false, false, 0,
		    "host", "x" },
		{ "GET /a?b=c%20&d HTTP/1.0\r\n\r\n", "GET", "/a?b=c%20&d",
		    true, false, false, false, 0, "Host", NULL },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET",
		    "/", true, true, false, false, 0, "x", NULL },
		{ L "Connection: a, CLOSE ,b\r\n\r\n", "GET", "/a", false,
		    false, false, false, 0, NULL, NULL },
		{ L "Connection: closed, xclose\r\n\r\n", "GET", "/a", false,
		    true, false, false, 0, NULL, NULL },
		{ L "Connection: a\r\nConnection: close\r\n\r\n", "GET", "/a",
		    false, false, false, false, 0, NULL, NULL },
		{ L "Content-length:007\t \r\n\r\n", "GET", "/a", false, true,
		    false, false, 7, "CONTENT-LENGTH", "007" },
		{ L "Content-Length: 99999999999999999999999999\r\n\r\n",
		    "GET", "/a", false, true, false, false,
		    0x0fffffffffffffff, NULL, NULL },
		{ L "Transfer-Encoding: Chunked\r\n\r\n", "GET", "/a", false,
		    true, true, false, 0, NULL, NULL },
		{ L "expect: 100-Continue\r\n\r\n", "GET", "/a", false, true,
		    false, true, 0, NULL, NULL },
		{ "GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", "GET", "/",
		    true, false, false, false, 0, NULL, NULL },
		{ L "X:\r\nY: \t a \xe4\xb8\xad \"b\"\t\r\n\r\n", "GET", "/a",
		    false, true, false, false, 0, "Y",
		    "a \xe4\xb8\xad \"b\"" },
		{ L "X:\r\nx: second\r\n\r\n", "GET", "/a", false, true, false,
		    false, 0, "x", "" },
		{ "M-SEARCH * HTTP/1.1\r\nhOST:\r\n\r\n", "M-SEARCH", "*",
		    false, true, false, false, 0, "Host", "" },
	};
	struct http_head	 h;
	const char		*v;
	uint8_t			*p;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (parse(cases[i].text, strlen(cases[i].text), &h, &p) != 0)
			fail_msg("refused: %s", cases[i].text);
		assert_int_equal(h.size, strlen(cases[i].text));
		assert_string_equal((char *)p + h.method, cases[i].method);
		assert_string_equal((char *)p + h.target, cases[i].target);
		assert_int_equal(h.old, cases[i].old);
		assert_int_equal(h.keep, cases[i].keep);
		assert_int_equal(h.chunked, cases[i].chunked);
		assert_int_equal(h.waits, cases[i].waits);
		assert_true(h.length == cases[i].length);
		v = cases[i].name == NULL ? NULL :
		    http_head_find(p, &h, cases[i].name);
		if (cases[i].value == NULL)
			assert_null(v);
		else
			assert_string_equal(v, cases[i].value);
		free(p);
	}
}

static void
test_bad(void **state)
{
	static const struct {
		const char	*text;
		size_t		 n;	/* 0: strlen() */
		int		 status;
	} cases[] = {
		{ "\r\n", 0, 400 }, { "\r\n\r\n", 0, 400 },
		{ "GET / HTTP/1.1\r\n", 0, 400 },
		{ "GET / HTTP/1.1\r\n\r\n", 0, 400 },	/* no Host */
		{ "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 0, 400 },
		{ "GET /  HTTP/1.1\r\nHost: x\r\n\r\n", 0, 400 },
		{ "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 0, 400 },
		{ " GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0, 400 },
		{ "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 0, 400 },
		{ "G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 0, 400 },
		{ "GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n", 0, 400 },
		{ "GET / http/1.1\r\nHost: x\r\n\r\n", 0, 400 },
		{ "GET / HTTP/1.2\r\nHost: x\r\n\r\n", 0, 400 },
		{ "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 0, 400 },
		{ "GET / HTTP/1.11\r\nHost: x\r\n\r\n", 0, 400 },
		{ "GET /\r\nHost: x\r\n\r\n", 0, 400 },
		{ L "Host: x\r\n\r\n", 0, 400 },
		{ L "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 0, 400 },
		{ L "Content-Length: 1, 1\r\n\r\n", 0, 400 },
		{ L "Content-Length: +1\r\n\r\n", 0, 400 },
		{ L "Content-Length: -1\r\n\r\n", 0, 400 },
		{ L "Content-Length: 1a\r\n\r\n", 0, 400 },
		{ L "Content-Length: 0x1\r\n\r\n", 0, 400 },
		{ L "Content-Length:\r\n\r\n", 0, 400 },
		{ L "Content-Length : 1\r\n\r\n", 0, 400 },
		{ L "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
		    0, 400 },
		{ L "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
		    0, 400 },
		{ L "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"
		    "\r\n\r\n", 0, 400 },
		{ L "Transfer-Encoding: gzip, chunked\r\n\r\n", 0, 400 },
		{ L "Transfer-Encoding: chunked, identity\r\n\r\n", 0, 400 },
		{ L "Transfer-Encoding: identity\r\n\r\n", 0, 400 },
		{ L "Transfer-Encoding: \x0b" "chunked\r\n\r\n", 0, 400 },
		{ L "Transfer-Encoding:\r\n\r\n", 0, 400 },
		{ "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
		    400 },
		{ L "Expect: 200-ok\r\n\r\n", 0, 417 },
		{ L " folded: y\r\n\r\n", 0, 400 },
		{ L "X: y\r\n\tfolded\r\n\r\n", 0, 400 },
		{ L ": y\r\n\r\n", 0, 400 },
		{ L "X\r\n\r\n", 0, 400 }, { L "X y: z\r\n\r\n", 0, 400 },
		{ L "X: a\rb\r\n\r\n", 0, 400 }, { L "X: a\x01\r\n\r\n", 0, 400 },
		{ L "X: a\0b\r\n\r\n", sizeof(L "X: a\0b\r\n\r\n") - 1, 400 },
		{ L "X\0: b\r\n\r\n", sizeof(L "X\0: b\r\n\r\n") - 1, 400 },
		{ L "\xc3\xa9: b\r\n\r\n", 0, 400 },
		{ L "\r\nmore\r\n\r\n", 0, 400 },
	};
	struct http_head	 h;
	uint8_t			*p;
	size_t			 i;
	int			 rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rc = parse(cases[i].text, cases[i].n > 0 ? cases[i].n :
		    strlen(cases[i].text), &h, &p);
		if (rc != cases[i].status)
			fail_msg("case %zu, %d: %s", i, rc, cases[i].text);
		free(p);
	}
}

static void
test_many(void **state)
{
	char			 text[4096] = "GET / HTTP/1.0\r\n";
	struct http_head	 h;
	uint8_t			*p;
	int			 i;

	(void)state;
	for (i = 0; i < LIMIT_HTTP_FIELDS; i++)
		strcat(text, "X: y\r\n");
	strcat(text, "\r\n");
	assert_int_equal(parse(text, strlen(text), &h, &p), 0);
	assert_int_equal(h.nfield, LIMIT_HTTP_FIELDS);
	free(p);
	strcpy(text + strlen(text) - 2, "X: y\r\n\r\n");
	assert_int_equal(parse(text, strlen(text), &h, &p), 431);
	free(p);
}

/* RFC 9110, 5.6.2: every octet as a name. */
static void
test_tokens(void **state)
{
	static const char	tchar[] = "!#$%&'*+-.^_`|~0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char			text[] = L "?: y\r\n\r\n";
	struct http_head	h;
	uint8_t			*p;
	int			c, rc;

	(void)state;
	for (c = 0; c < 256; c++) {
		text[sizeof(L) - 1] = (char)c;
		rc = parse(text, sizeof(text) - 1, &h, &p);
		assert_int_equal(rc, c != 0 && strchr(tchar, c) != NULL ? 0 :
		    400);
		free(p);
	}
}

static void
test_scan(void **state)
{
	static const struct {
		const char	*text;
		enum http_scan	 rc;
		size_t		 from;
	} cases[] = {
		{ "", HTTP_SCAN_MORE, 0 }, { "a\r", HTTP_SCAN_MORE, 2 },
		{ "\n", HTTP_SCAN_BARE, 0 }, { "a\n", HTTP_SCAN_BARE, 0 },
		{ "a\r\n", HTTP_SCAN_MORE, 3 },
		{ "a\r\n\n", HTTP_SCAN_BARE, 0 },
		{ "\r\n\r\n", HTTP_SCAN_WHOLE, 4 },
		{ "a\r\n\r\nb\n", HTTP_SCAN_WHOLE, 5 },
		{ "a\r\nb\r\n\r\n\r\n", HTTP_SCAN_WHOLE, 8 },
	};
	enum http_scan	 rc;
	size_t		 i, k, n, from;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* At once, and octet by octet. */
		for (k = 0; k < 2; k++) {
			n = strlen(cases[i].text);
			from = 0;
			rc = HTTP_SCAN_MORE;
			for (size_t to = k == 0 ? n : 0; to <= n &&
			    rc == HTTP_SCAN_MORE; to++)
				rc = http_head_scan(
				    (const uint8_t *)cases[i].text, to, &from);
			assert_int_equal(rc, cases[i].rc);
			if (rc != HTTP_SCAN_BARE)
				assert_int_equal(from, cases[i].from);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_many), cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
