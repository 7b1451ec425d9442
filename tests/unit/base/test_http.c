#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/http.h"
#include "base/http_path.h"
#include "base/mem.h"
#include "base/tm.h"

/*
 * A real server and a client of raw octets in one process: the client's
 * sockets do not block, and the loop turns while it waits.
 */
struct world {
	struct ev		*ev;
	struct http_server	*s;
	struct ev_timer		*tick;
	struct http_req		*held[8];
	int			 nheld, handled, stopped;
	unsigned short		 port, staff_port;
	char			 answer[1 << 18];
	size_t			 len;
};

static void
h_echo(void *ctx, struct http_req *r)
{
	struct world	*w = ctx;
	struct octets	 b = http_body(r);
	char		*p;
	int		 n;

	w->handled++;
	n = asprintf(&p, "%s|%s|%s|%.*s", http_path(r), http_param(r, "code"),
	    http_query(r, "q") != NULL ? http_query(r, "q") : "-",
	    (int)b.len, (const char *)b.p);
	http_reply_take(r, 200, "text/plain", p, (size_t)n);
}

static void
h_rest(void *ctx, struct http_req *r)
{

	(void)ctx;
	http_set(r, "X-Rest", http_param(r, "*"));
	http_reply(r, 200, "text/plain", OCTETS("rest", 4));
}

static void
h_hold(void *ctx, struct http_req *r)
{
	struct world	*w = ctx;

	w->held[w->nheld++] = r;
}

static void
h_error(void *ctx, struct http_req *r)
{
	struct err	 e = ERR_INIT;

	(void)ctx;
	err_set_id(&e, ERR_BUSY, "not-now", "say \"later\" \\ 后来");
	http_reply_err(r, &e);
}

static void
h_only(void *ctx, struct http_req *r)
{
	static const char *const names[] = { "a", "b", NULL };
	struct err		 e = ERR_INIT;

	(void)ctx;
	if (http_query_only(r, names, &e) != 0)
		http_reply_err(r, &e);
	else if (http_bearer(r) != NULL)
		http_reply(r, 200, "text/plain", OCTETS(http_bearer(r),
		    strlen(http_bearer(r))));
	else
		http_reply(r, 204, NULL, OCTETS("", 0));
}

static void
h_etag(void *ctx, struct http_req *r)
{

	(void)ctx;
	http_reply(r, http_none_match(r, "\"15-7\"") ? 304 : 204, NULL,
	    OCTETS("", 0));
}

static void
h_big(void *ctx, struct http_req *r)
{

	(void)ctx;
	http_reply_take(r, 200, "text/plain", xcalloc(1, 200000), 200000);
}

static const struct http_route	routes[] = {
	{ "GET", "/v1/x/{code}", HTTP_PUBLIC, 0, h_echo },
	{ "POST", "/v1/x/{code}", HTTP_PUBLIC, 100, h_echo },
	{ "GET", "/log/*", HTTP_PUBLIC, 0, h_rest },
	{ "GET", "/hold", HTTP_PUBLIC, 0, h_hold },
	{ "GET", "/error", HTTP_PUBLIC, 0, h_error },
	{ "GET", "/only", HTTP_PUBLIC, 0, h_only },
	{ "GET", "/big", HTTP_PUBLIC, 0, h_big },
	{ "GET", "/etag", HTTP_PUBLIC, 0, h_etag },
	{ "GET", "/staff", HTTP_STAFF | HTTP_PEER, 0, h_only },
	{ "POST", "/large", HTTP_PUBLIC, LIMIT_HTTP_BODY, h_only },
	{ NULL, NULL, 0, 0, NULL }
};

static void
ticked(void *arg)
{
	struct world	*w = arg;

	ev_stop(w->ev);
}

/* Turn the loop for about ms. */
static void
spin(struct world *w, int64_t ms)
{
	struct err	 e = ERR_INIT;

	ev_timer_set(w->tick, ms);
	assert_int_equal(ev_run(w->ev, &e), 0);
}

static unsigned short
listen_on(struct world *w, unsigned audiences)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	struct err		 e = ERR_INIT;
	int			 fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	getsockname(fd, (struct sockaddr *)&sin, &len);
	assert_int_equal(http_server_listen(w->s, fd, audiences, &e), 0);
	return ntohs(sin.sin_port);
}

static int
setup(void **state)
{
	static struct world	 world;
	struct world		*w = &world;
	struct http_bounds	 b = { .request_ms = 400,
				     .idle_ms = 1200,
				     .per_address = 10 };

	memset(w, 0, sizeof(*w));
	w->ev = ev_new();
	w->tick = ev_timer_new(w->ev, ticked, w);
	w->s = http_server_new(w->ev, routes, w);
	http_server_bounds(w->s, &b);
	w->port = listen_on(w, HTTP_PUBLIC);
	w->staff_port = listen_on(w, HTTP_STAFF);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world	*w = *state;
	int		 i;

	http_server_free(w->s);
	for (i = 0; i < w->nheld; i++)
		if (w->held[i] != NULL)
			http_reply(w->held[i], 200, "text/plain",
			    OCTETS("late", 4));
	ev_timer_free(w->tick);
	ev_free(w->ev);
	return 0;
}

static int
dial(unsigned short port)
{
	struct sockaddr_in	 sin;
	int			 fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(port);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)),
	    0);
	return fd;
}

static void
say(struct world *w, int fd, const char *p, size_t n)
{
	ssize_t	 put;

	while (n > 0) {
		put = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (put <= 0) {
			spin(w, 5);
			if (put == -1 && n > 0 && send(fd, p, 1,
			    MSG_DONTWAIT | MSG_NOSIGNAL) == -1 && n < 65536)
				return;
			continue;
		}
		p += put;
		n -= (size_t)put;
	}
}

/* Read until the answer is whole or ms are over.  True: the end was seen. */
static bool
hear(struct world *w, int fd, int64_t ms)
{
	int64_t	 end = tm_mono_ms() + ms;
	char	*body, *cl;
	ssize_t	 n;

	w->len = 0;
	memset(w->answer, 0, sizeof(w->answer));
	while (tm_mono_ms() < end) {
		n = recv(fd, w->answer + w->len, sizeof(w->answer) - w->len -
		    1, MSG_DONTWAIT);
		if (n == 0)
			return true;
		if (n == -1 && errno == ECONNRESET)
			return true;
		if (n > 0) {
			w->len += (size_t)n;
			continue;
		}
		if ((body = strstr(w->answer, "\r\n\r\n")) != NULL &&
		    ((cl = strstr(w->answer, "Content-Length: ")) != NULL ?
		    w->len >= (size_t)(body + 4 - w->answer) +
		    strtoul(cl + 16, NULL, 10) : false))
			return false;
		spin(w, 5);
	}
	return false;
}

/* One request on a connection of its own. */
static void
ask(struct world *w, unsigned short port, const char *text)
{
	int	 fd = dial(port);

	say(w, fd, text, strlen(text));
	(void)hear(w, fd, 1000);
	close(fd);
}

static void
expect(struct world *w, int status, const char *code)
{
	char	 line[64];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	if (strncmp(w->answer, line, strlen(line)) != 0)
		fail_msg("wanted %d: %.400s", status, w->answer);
	if (code == NULL)
		return;
	snprintf(line, sizeof(line), "\"code\":\"%s\"", code);
	if (strstr(w->answer, line) == NULL ||
	    strstr(w->answer, "Content-Type: application/problem+json\r\n") ==
	    NULL)
		fail_msg("wanted %s: %.400s", code, w->answer);
}

#define REQ(line)	line " HTTP/1.1\r\nHost: x\r\n\r\n"

static void
test_answers(void **state)
{
	static const struct {
		const char	*text;
		int		 status;
		const char	*code;
		const char	*has;
	} cases[] = {
		{ REQ("GET /v1/x/4401"), 200, NULL, "/v1/x/4401|4401|-|" },
		{ REQ("GET /v1/x/a%2Fb%20c?q=%E4%B8%AD+"), 200, NULL,
		    "/v1/x/a/b c|a/b c|\xe4\xb8\xad+|" },
		{ REQ("GET /%76%31/x/1?q="), 200, NULL, "/v1/x/1|1||" },
		{ "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
		    "\r\nabc", 200, NULL, "|abc" },
		{ "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
		    "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, NULL,
		    "|abc" },
		{ REQ("GET /log/44/tile/0"), 200, NULL,
		    "X-Rest: 44/tile/0\r\n" },
		{ REQ("GET /log"), 404, "no-such-route", NULL },
		{ REQ("GET /nothing"), 404, "no-such-route", NULL },
		{ REQ("GET /v1/x/"), 404, "no-such-route", NULL },
		{ REQ("GET /v1/x/1/"), 404, "no-such-route", NULL },
		{ REQ("GET /v1//x/1"), 404, "no-such-route", NULL },
		{ REQ("GET /staff"), 404, "no-such-route", NULL },
		{ REQ("PUT /v1/x/1"), 405, "method-not-allowed", "Allow: " },
		{ REQ("POST /hold"), 405, "method-not-allowed",
		    "Allow: GET, HEAD\r\n" },
		{ REQ("DELETE /hold"), 405, "method-not-allowed", NULL },
		{ REQ("BREW /hold"), 405, "method-not-allowed", NULL },
		{ REQ("GET /v1/x/%"), 400, "bad-path", NULL },
		{ REQ("GET /v1/x/%4"), 400, "bad-path", NULL },
		{ REQ("GET /v1/x/%4g"), 400, "bad-path", NULL },
		{ REQ("GET /v1/x/%00"), 400, "bad-path", NULL },
		{ REQ("GET /v1/x/%ff"), 400, "bad-path", NULL },
		{ REQ("GET /v1/x/1?q=%00"), 400, "bad-path", NULL },
		{ REQ("GET /v1/x/1?q=%c0%80"), 400, "bad-path", NULL },
		{ REQ("GET /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q"), 400,
		    "bad-path", NULL },
		{ REQ("GET /only?a=1&b=2"), 204, NULL, NULL },
		{ REQ("GET /only?a=1&c=2"), 400, "unknown-parameter", NULL },
		{ REQ("GET /only?a=1&a=2"), 400, "unknown-parameter", NULL },
		{ "GET /only HTTP/1.1\r\nHost: x\r\nAuthorization: bearer "
		    "tok\r\n\r\n", 200, NULL, "\r\n\r\ntok" },
		{ "GET /only HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "
		    "tok\r\n\r\n", 204, NULL, NULL },
		{ REQ("GET /error"), 503, "not-now", "Retry-After: 1\r\n" },
		{ REQ("GET /error"), 503, NULL,
		    "\"say \\\"later\\\" \\\\ 后来\"" },
		{ "GET /only HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
		    "abc", 413, "body-too-large", NULL },
		{ "POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999"
		    "\r\n\r\n", 413, "body-too-large", NULL },
		{ "POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: -1"
		    "\r\n\r\n", 400, "bad-request", NULL },
		{ "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		    400, "bad-request", NULL },
		{ "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
		    "xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 400,
		    "bad-request", "Connection: close\r\n" },
		{ "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
		    "gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 400,
		    "bad-request", NULL },
		{ "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
		    "Content-Length: 2\r\n\r\nabc", 400, "bad-request", NULL },
		{ "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nContent-Length: +3"
		    "\r\n\r\nabc", 400, "bad-request", NULL },
		{ "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nContent-Length : 3"
		    "\r\n\r\nabc", 400, "bad-request", NULL },
		{ "HEAD /only HTTP/1.1\r\nHost: x\r\nContent-Length: 37\r\n"
		    "\r\nGET /log/smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
		    400, NULL, "Connection: close\r\n" },
		{ REQ("CONNECT x:80"), 400, "bad-path", "Content-Length: " },
		{ "nonsense\r\n\r\n", 400, "bad-request", NULL },
		{ "GET\r\n\r\n", 400, "bad-request", NULL },
		{ "GET / HTTP/9.9.9\r\n\r\n", 400, "bad-request", NULL },
		{ "GET /only HTTP/1.1\r\nno colon\r\n\r\n", 400,
		    "bad-request", NULL },
		{ "GET /only HTTP/1.1\r\n\r\n", 400, "bad-request",
		    "Host is missing" },
		{ "GET /only HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", 400,
		    "bad-request", "Connection: close\r\n" },
		{ "GET /only HTTP/1.1\nHost: x\n\n", 400, "bad-request",
		    "CR LF" },
		{ "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
		    "chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 400, "bad-request",
		    "Connection: close\r\n" },
		{ "GET /only HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n",
		    417, "expectation-failed", NULL },
		{ "\r\n\r\n" REQ("GET /only"), 204, NULL, NULL },
		{ REQ("GET http://other.example:8/v1/x/7?q=1"), 200, NULL,
		    "/v1/x/7|7|1|" },
		{ REQ("GET https://other.example"), 404, "no-such-route",
		    NULL },
		{ REQ("GET //x/v1/x/1"), 404, "no-such-route", NULL },
		{ REQ("OPTIONS *"), 400, "bad-path", NULL },
		{ REQ("GET /only#a"), 400, "bad-path", NULL },
		{ "GET /only HTTP/1.0\r\n\r\n", 204, NULL,
		    "Connection: close\r\n" },
		{ "GET /log/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		    200, NULL, "Connection: keep-alive\r\n" },
		{ "GET /log/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		    "\r\n", 200, NULL, "Connection: close\r\n" },
		/* What would split the answer is left out. */
		{ REQ("GET /log/a%0d%0aX-Evil:%20b"), 200, NULL,
		    "Content-Length: 4\r\n\r\nrest" },
	};
	struct world	*w = *state;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(w, w->port, cases[i].text);
		if (w->len == 0)
			fail_msg("no answer to: %s", cases[i].text);
		expect(w, cases[i].status, cases[i].code);
		if (cases[i].has != NULL &&
		    strstr(w->answer, cases[i].has) == NULL)
			fail_msg("%s: lacks %s: %s", cases[i].text,
			    cases[i].has, w->answer);
		if (strstr(w->answer, "<html") != NULL)
			fail_msg("%s: %s", cases[i].text, w->answer);
	}
}

static void
test_none_match(void **state)
{
	static const struct {
		const char	*value;
		int		 status;
	} cases[] = {
		{ "\"15-7\"", 304 }, { "W/\"15-7\"", 304 }, { "*", 304 },
		{ "\"a\", \"15-7\"", 304 }, { "\"a\",W/\"15-7\"", 304 },
		{ "\"a, \" , \"15-7\"", 304 }, { "", 204 }, { "\"", 204 },
		{ "\"15-7", 204 }, { "15-7", 204 }, { "\"15-70\"", 204 },
		{ "\"a\"", 204 }, { "W/", 204 }, { "\"a\" x \"15-7\"", 204 }
	};
	struct world	*w = *state;
	char		 text[200];
	size_t		 i;

	ask(w, w->port, REQ("GET /etag"));
	expect(w, 204, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "GET /etag HTTP/1.1\r\nHost: x"
		    "\r\nIf-None-Match: %s\r\n\r\n", cases[i].value);
		ask(w, w->port, text);
		expect(w, cases[i].status, NULL);
	}
}

static void
test_audience(void **state)
{
	struct world	*w = *state;

	ask(w, w->staff_port, REQ("GET /staff"));
	expect(w, 204, NULL);
	ask(w, w->staff_port, REQ("GET /only"));
	expect(w, 404, "no-such-route");
	/* Not even its method is told. */
	ask(w, w->staff_port, REQ("PUT /only"));
	expect(w, 404, "no-such-route");
}

static void
test_head(void **state)
{
	struct world	*w = *state;
	int		 fd = dial(w->port);

	say(w, fd, REQ("HEAD /big"), strlen(REQ("HEAD /big")));
	(void)hear(w, fd, 200);
	expect(w, 200, NULL);
	assert_non_null(strstr(w->answer, "Content-Length: 200000\r\n"));
	assert_string_equal(strstr(w->answer, "\r\n\r\n"), "\r\n\r\n");
	/* The connection is still in step. */
	say(w, fd, REQ("GET /log/a"), strlen(REQ("GET /log/a")));
	(void)hear(w, fd, 1000);
	expect(w, 200, NULL);
	assert_non_null(strstr(w->answer, "\r\n\r\nrest"));
	close(fd);
}

static void
test_keepalive(void **state)
{
	struct world	*w = *state;
	const char	*two = REQ("GET /log/1") REQ("GET /only");
	int		 fd = dial(w->port);
	int64_t		 end = tm_mono_ms() + 1000;
	ssize_t		 n;

	/* Both at once, and then one more after the deadline of the first. */
	say(w, fd, two, strlen(two));
	w->len = 0;
	memset(w->answer, 0, sizeof(w->answer));
	while (tm_mono_ms() < end && strstr(w->answer, "204") == NULL) {
		spin(w, 5);
		n = recv(fd, w->answer + w->len, 4096, MSG_DONTWAIT);
		if (n > 0)
			w->len += (size_t)n;
	}
	assert_non_null(strstr(w->answer, "HTTP/1.1 200"));
	assert_non_null(strstr(w->answer, "HTTP/1.1 204"));
	spin(w, 450);
	say(w, fd, REQ("GET /log/1"), strlen(REQ("GET /log/1")));
	(void)hear(w, fd, 500);
	expect(w, 200, NULL);
	close(fd);
}

/* Count the answers that come within ms, and keep them. */
static int
hear_many(struct world *w, int fd, int wanted, int64_t ms)
{
	int64_t	 end = tm_mono_ms() + ms;
	const char *p;
	ssize_t	 n;
	int	 got = 0;

	w->len = 0;
	memset(w->answer, 0, sizeof(w->answer));
	while (tm_mono_ms() < end && got < wanted) {
		spin(w, 2);
		n = recv(fd, w->answer + w->len, sizeof(w->answer) - w->len -
		    1, MSG_DONTWAIT);
		if (n > 0)
			w->len += (size_t)n;
		for (got = 0, p = w->answer; (p = strstr(p, "\r\nDate: ")) !=
		    NULL; p++)
			got++;
	}
	return got;
}

/*
 * More requests at once than a buffer holds, of every length, the last of
 * them no request: answered in order, and then the end.
 */
static void
test_pipeline(void **state)
{
	struct world	*w = *state;
	struct buf	 b;
	char		*p;
	int		 fd = dial(w->port), i;

	buf_init(&b, 1u << 20);
	for (i = 0; i < 300; i++) {
		buf_printf(&b, "POST /v1/x/%d HTTP/1.1\r\nHost: x\r\n"
		    "X: %.*s\r\n", i, i, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		    "ccccccccccccccccccccccccccccccccccccccccccccccccccccccc");
		if (i % 2 == 0)
			buf_puts(&b, "Content-Length: 3\r\n\r\nabc");
		else
			buf_puts(&b, "Transfer-Encoding: chunked\r\n\r\n"
			    "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n");
	}
	buf_puts(&b, "GET\r\n\r\n" REQ("GET /only"));
	say(w, fd, (char *)b.p, b.len);
	assert_int_equal(hear_many(w, fd, 301, 4000), 301);
	for (i = 0, p = w->answer; i < 300; i++) {
		char	 text[64];

		snprintf(text, sizeof(text), "/v1/x/%d|%d|-|abc", i, i);
		if ((p = strstr(p, text)) == NULL)
			fail_msg("lacks %s", text);
	}
	assert_non_null(strstr(p, "HTTP/1.1 400 "));
	assert_null(strstr(w->answer, "HTTP/1.1 204"));
	assert_true(hear(w, fd, 500));
	assert_int_equal(w->handled, 300);
	buf_fini(&b);
	close(fd);
}

/* What is said while a handler works waits until it has answered. */
static void
test_said_meanwhile(void **state)
{
	struct world	*w = *state;
	int		 fd = dial(w->port);

	say(w, fd, REQ("GET /hold"), strlen(REQ("GET /hold")));
	spin(w, 20);
	say(w, fd, REQ("GET /log/a") REQ("GET /hold"),
	    strlen(REQ("GET /log/a") REQ("GET /hold")));
	spin(w, 50);
	assert_int_equal(w->nheld, 1);
	assert_false(http_gone(w->held[0]));
	assert_string_equal(http_header(w->held[0], "host"), "x");
	http_reply(w->held[0], 200, "text/plain", OCTETS("first", 5));
	w->held[0] = NULL;
	assert_int_equal(hear_many(w, fd, 2, 1000), 2);
	assert_true(strstr(w->answer, "first") < strstr(w->answer, "rest"));
	assert_int_equal(w->nheld, 2);
	http_reply(w->held[1], 200, "text/plain", OCTETS("third", 5));
	w->held[1] = NULL;
	assert_int_equal(hear_many(w, fd, 1, 1000), 1);
	assert_non_null(strstr(w->answer, "third"));
	close(fd);
}

/* Who has said all that he will say still gets the answer, and the end. */
static void
test_half_closed(void **state)
{
	struct world	*w = *state;
	int		 fd = dial(w->port);

	say(w, fd, REQ("GET /hold"), strlen(REQ("GET /hold")));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	spin(w, 50);
	assert_int_equal(w->nheld, 1);
	assert_false(http_gone(w->held[0]));
	http_reply(w->held[0], 200, "text/plain", OCTETS("late", 4));
	w->held[0] = NULL;
	assert_true(hear(w, fd, 1000));
	assert_non_null(strstr(w->answer, "Connection: close"));
	assert_non_null(strstr(w->answer, "late"));
	close(fd);
}

/* Empty lines before a request are nothing, however many. */
static void
test_empty_lines(void **state)
{
	struct world	*w = *state;
	char		 p[16385];
	int		 fd = dial(w->port), i;

	for (i = 0; i < 16384; i++)
		p[i] = i % 2 == 0 ? '\r' : '\n';
	for (i = 0; i < 20; i++)
		say(w, fd, p, 16384);
	say(w, fd, REQ("GET /only"), strlen(REQ("GET /only")));
	assert_int_equal(hear_many(w, fd, 1, 1000), 1);
	expect(w, 204, NULL);
	close(fd);
}

/* Without a descriptor for a connection it waits, and does not spin. */
static void
test_no_descriptors(void **state)
{
	struct world	*w = *state;
	struct rlimit	 was, none;
	clock_t		 used;
	int		 fd, next;

	/* Its accept() closes what the limit leaves no number for. */
	if (getenv("UNDER_VALGRIND") != NULL)
		skip();
	fd = dial(w->port);
	next = dup(fd);		/* the lowest that is free, now and after */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = (rlim_t)next;
	close(next);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	say(w, fd, REQ("GET /only"), strlen(REQ("GET /only")));
	used = clock();
	assert_int_equal(hear_many(w, fd, 1, 400), 0);
	used = clock() - used;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(hear_many(w, fd, 1, 2000), 1);
	expect(w, 204, NULL);
	assert_true(used < CLOCKS_PER_SEC / 5);
	close(fd);
}

/* 20 KiB of headers, in one piece and in pieces. */
static void
test_headers(void **state)
{
	struct world	*w = *state;
	char		*p = xmalloc(40000);
	int		 fd, i, k;

	for (k = 0; k < 3; k++) {
		strcpy(p, k == 2 ? "GET /" : "GET / HTTP/1.1\r\nX: ");
		memset(p + strlen(p), 'a', 20001);
		p[20000] = '\0';
		strcat(p, k == 2 ? " HTTP/1.1\r\n\r\n" : "\r\n\r\n");
		fd = dial(w->port);
		if (k == 0)
			say(w, fd, p, strlen(p));
		else
			for (i = 0; i < 10; i++) {
				say(w, fd, p + i * 2000, 2000);
				spin(w, 2);
			}
		(void)hear(w, fd, 1000);
		expect(w, 431, "headers-too-large");
		close(fd);
	}
	free(p);
}

/* 3 MiB, which the client goes on sending: it gets its answer all the same. */
static void
test_body(void **state)
{
	struct world	*w = *state;
	size_t		 n = 3u << 20;
	char		*p = xmalloc(n);
	const char	*head[] = {
		"POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 3145728"
		    "\r\n\r\n",
		"POST /large HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
		    "\r\n\r\n300000\r\n",
	};
	int		 fd, i;

	memset(p, 'a', n);
	for (i = 0; i < 2; i++) {
		fd = dial(w->port);
		say(w, fd, head[i], strlen(head[i]));
		say(w, fd, p, n);
		(void)hear(w, fd, 1000);
		expect(w, 413, "body-too-large");
		close(fd);
	}
	/* The largest that is allowed. */
	fd = dial(w->port);
	strcpy(w->answer, "POST /large HTTP/1.1\r\nHost: x\r\n"
	    "Content-Length: 1048576\r\n\r\n");
	say(w, fd, w->answer, strlen(w->answer));
	say(w, fd, p, 1u << 20);
	(void)hear(w, fd, 1000);
	expect(w, 204, NULL);
	close(fd);
	free(p);
	/* A handler's own limit. */
	ask(w, w->port, "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\nContent-Length: "
	    "101\r\n\r\n0123456789012345678901234567890123456789012345678901"
	    "2345678901234567890123456789012345678901234567890");
	expect(w, 413, "body-too-large");
	assert_int_equal(w->handled, 0);
}

/*
 * Headers, then a body, an octet now and then: none resets the clock.
 * Without a deadline of the whole it would go on for ever; the upper bounds
 * leave room for a busy machine.
 */
static void
test_slow(void **state)
{
	static const char *const cases[] = {
		"GET /only HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"
		    "aaaaaaaaaa",
	};
	struct world	*w = *state;
	int64_t		 begin, took;
	size_t		 i, k, first;
	char		 c;
	ssize_t		 n;
	int		 fd;

	for (i = 0; i < 2; i++) {
		fd = dial(w->port);
		first = i == 0 ? 1 : strlen(cases[1]) - 9;
		say(w, fd, cases[i], first);
		begin = tm_mono_ms();
		for (k = first;; k++) {
			spin(w, 50);
			n = recv(fd, &c, 1, MSG_DONTWAIT);
			if (n == 0 || (n == -1 && errno != EAGAIN))
				break;
			assert_true(tm_mono_ms() - begin < 4000);
			(void)!send(fd, cases[i] + k % 40, 1, MSG_NOSIGNAL);
		}
		took = tm_mono_ms() - begin;
		if (took < 350 || took > 3000)
			fail_msg("case %zu: cut after %lld ms", i,
			    (long long)took);
		close(fd);
	}
}

static void
test_idle(void **state)
{
	struct world	*w = *state;
	int		 fd = dial(w->port);
	int64_t		 begin = tm_mono_ms();

	assert_true(hear(w, fd, 5000));
	assert_true(tm_mono_ms() - begin > 1100);
	close(fd);
}

/* A handler that never answers does not hold a connection for ever. */
static void
test_handler_deadline(void **state)
{
	struct world	*w = *state;
	int		 fd = dial(w->port);

	say(w, fd, REQ("GET /hold"), strlen(REQ("GET /hold")));
	assert_true(hear(w, fd, 2000));
	assert_int_equal(w->len, 0);
	assert_int_equal(w->nheld, 1);
	assert_true(http_gone(w->held[0]));
	assert_null(http_header(w->held[0], "Host"));
	close(fd);
}

static void
test_hangup(void **state)
{
	struct world	*w = *state;
	int		 a = dial(w->port), b = dial(w->port), i;

	say(w, a, REQ("GET /hold"), strlen(REQ("GET /hold")));
	say(w, b, REQ("GET /hold"), strlen(REQ("GET /hold")));
	spin(w, 50);
	assert_int_equal(w->nheld, 2);
	close(a);
	shutdown(b, SHUT_RDWR);
	close(b);
	spin(w, 50);
	for (i = 0; i < 2; i++) {
		http_reply_take(w->held[i], 200, "text/plain",
		    xcalloc(1, 100000), 100000);
		w->held[i] = NULL;
		spin(w, 20);
	}
	/* While a large answer leaves. */
	a = dial(w->port);
	say(w, a, REQ("GET /big"), strlen(REQ("GET /big")));
	spin(w, 1);
	close(a);
	spin(w, 50);
	ask(w, w->port, REQ("GET /only"));
	expect(w, 204, NULL);
}

/* Answered after the server has gone: teardown does it. */
static void
test_held_over_end(void **state)
{
	struct world	*w = *state;
	int		 a = dial(w->port);

	say(w, a, REQ("GET /hold"), strlen(REQ("GET /hold")));
	spin(w, 50);
	assert_int_equal(w->nheld, 1);
	close(a);
}

static void
test_per_address(void **state)
{
	struct world	*w = *state;
	int		 fd[12], i;
	char		 c;

	for (i = 0; i < 12; i++) {
		fd[i] = dial(w->port);
		spin(w, 10);
	}
	for (i = 0; i < 12; i++) {
		if (i < 10)
			assert_int_equal(recv(fd[i], &c, 1, MSG_DONTWAIT), -1);
		else
			assert_int_equal(recv(fd[i], &c, 1, MSG_DONTWAIT), 0);
	}
	for (i = 0; i < 12; i++)
		close(fd[i]);
	spin(w, 50);
	ask(w, w->port, REQ("GET /only"));
	expect(w, 204, NULL);
}

static void
stopped(void *arg)
{
	struct world	*w = arg;

	w->stopped++;
}

static void
test_stop(void **state)
{
	struct world	*w = *state;
	int		 idle = dial(w->port), busy = dial(w->port);

	say(w, busy, REQ("GET /hold"), strlen(REQ("GET /hold")));
	spin(w, 50);
	http_server_stop(w->s, 2000, stopped, w);
	assert_true(hear(w, idle, 300));
	assert_int_equal(w->stopped, 0);
	http_reply(w->held[0], 200, "text/plain", OCTETS("done", 4));
	w->held[0] = NULL;
	(void)hear(w, busy, 300);
	expect(w, 200, NULL);
	assert_non_null(strstr(w->answer, "Connection: close\r\n"));
	assert_true(hear(w, busy, 300));	/* the end, soon after */
	spin(w, 50);
	assert_int_equal(w->stopped, 1);
	close(idle);
	close(busy);
}

static void
test_continue(void **state)
{
	struct world	*w = *state;
	const char	*head = "POST /v1/x/1 HTTP/1.1\r\nHost: x\r\n"
	    "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n";
	int		 fd = dial(w->port);

	say(w, fd, head, strlen(head));
	(void)hear(w, fd, 100);
	expect(w, 100, NULL);
	say(w, fd, "abc", 3);
	(void)hear(w, fd, 1000);
	expect(w, 200, NULL);
	assert_non_null(strstr(w->answer, "|abc"));
	close(fd);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		T(test_answers), T(test_none_match), T(test_audience),
		T(test_head),
		T(test_keepalive), T(test_pipeline), T(test_said_meanwhile),
		T(test_half_closed),
		T(test_empty_lines), T(test_no_descriptors),
		T(test_headers), T(test_body),
		T(test_slow), T(test_idle), T(test_handler_deadline),
		T(test_hangup), T(test_held_over_end), T(test_per_address),
		T(test_stop), T(test_continue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
