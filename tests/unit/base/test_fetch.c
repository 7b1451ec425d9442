#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fetch.h"

static pid_t	server;
static char	url[64];

/* Answers "N M": which connection it is, and which request on it; with "/drop"
 * it says that it stays, and goes; with "/late" it says more than it was
 * asked. */
static void
serve_again(int c, char *in, size_t size)
{
	static const char gone[] = "HTTP/1.1 408 Request Timeout\r\n"
			    "Content-Length: 0\r\n\r\n";
	static unsigned	connection;
	char		out[128];
	ssize_t		n;
	unsigned	i;
	bool		drop = false, late;

	connection++;
	for (i = 1; !drop; i++) {
		late = strstr(in, "GET /again/late") == in;
		drop = strstr(in, "GET /again/drop") == in;
		snprintf(out, sizeof(out), "HTTP/1.1 200 OK\r\n"
		    "Content-Length: 3\r\n\r\n%u %u", connection % 10,
		    i % 10);
		if (write(c, out, strlen(out)) < 0 || drop)
			return;
		/* So does a proxy to whom the next one comes too late. */
		if (late && (poll(NULL, 0, 100) != 0 ||
		    write(c, gone, sizeof(gone) - 1) < 0))
			return;
		if ((n = read(c, in, size - 1)) <= 0)
			return;
		in[n] = '\0';
	}
}

/* Says one thing to each path, in a child. */
static void
serve(int fd)
{
	static const char	ok[] = "HTTP/1.1 200 OK\r\nETag: \"x1\"\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 5\r\n"
	    "Connection: close\r\n\r\nhello";
	static const char	dated[] = "HTTP/1.1 200 OK\r\n"
	    "Date: Fri, 27 Nov 2026 07:00:00 GMT\r\n"
	    "Content-Length: 5\r\nConnection: close\r\n\r\nhello";
	static const char	cached[] = "HTTP/1.1 200 OK\r\nAge: 0\r\n"
	    "Date: Fri, 27 Nov 2026 07:00:00 GMT\r\n"
	    "Content-Length: 5\r\nConnection: close\r\n\r\nhello";
	static const char	stored[] = "HTTP/1.1 200 OK\r\n"
	    "Date: Fri, 27 Nov 2026 07:00:00 GMT\r\nage: 30\r\n"
	    "Content-Length: 5\r\nConnection: close\r\n\r\nhello";
	static const char	undated[] = "HTTP/1.1 200 OK\r\n"
	    "Date: tomorrow, perhaps\r\n"
	    "Content-Length: 5\r\nConnection: close\r\n\r\nhello";
	static const char	far[] = "HTTP/1.1 200 OK\r\n"
	    "Date: 27 Nov 2147483647 07:00:00 GMT\r\n"
	    "Content-Length: 5\r\nConnection: close\r\n\r\nhello";
	static const char	moved[] = "HTTP/1.1 302 Found\r\n"
	    "Location: /good\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n";
	const char		*say;
	char			 in[4096];
	ssize_t			 n;
	int			 c;

	for (;;) {
		if ((c = accept(fd, NULL, NULL)) == -1)
			_exit(1);
		if ((n = read(c, in, sizeof(in) - 1)) > 0) {
			in[n] = '\0';
			if (strstr(in, "GET /again") == in) {
				serve_again(c, in, sizeof(in));
				close(c);
				continue;
			}
			say = strstr(in, "GET /moved") == in ? moved :
			    strstr(in, "GET /dated") == in ? dated :
			    strstr(in, "GET /cached") == in ? cached :
			    strstr(in, "GET /stored") == in ? stored :
			    strstr(in, "GET /undated") == in ? undated :
			    strstr(in, "GET /far") == in ? far : ok;
			if (strstr(in, "GET /never") != in &&
			    write(c, say, strlen(say)) < 0)
				_exit(1);
			if (strstr(in, "GET /never") == in)
				sleep(3);
		}
		close(c);
	}
}

static int
start(void **state)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);
	int			 fd;

	(void)state;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(sin.sin_port));
	fflush(NULL);
	if ((server = fork()) == 0)
		serve(fd);
	close(fd);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	return waitpid(server, NULL, 0) == server ? 0 : -1;
}

static int
get(const char *path, size_t max, int64_t ms, struct fetch_res *res,
    struct err *e)
{
	char			 full[128];
	struct fetch_req	 req = { .url = full, .max = max,
	    .timeout_ms = ms };

	snprintf(full, sizeof(full), "%s%s", url, path);
	return fetch_once(&req, res, e);
}

static void
test_once(void **state)
{
	struct fetch_res	res;
	struct err		e = ERR_INIT;

	(void)state;
	assert_int_equal(get("/good", 100, 2000, &res, &e), 0);
	assert_int_equal(res.status, 200);
	assert_string_equal(res.type, "text/plain");
	assert_string_equal(res.etag, "\"x1\"");
	assert_int_equal(res.body.len, 5);
	assert_memory_equal(res.body.p, "hello", 5);
	fetch_res_fini(&res);
}

/* What is said unasked answers no later question. */
static void
test_unasked(void **state)
{
	struct fetch_res	res;
	int			i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(get("/again/late", 100, 4000, &res, NULL),
		    0);
		assert_int_equal(res.status, 200);
		fetch_res_fini(&res);
		assert_int_equal(poll(NULL, 0, 300), 0);
	}
}

static unsigned	waits;

static void
count_waits(void)
{
	waits++;
}

/* Before each question, whatever comes of it. */
static void
test_before(void **state)
{
	struct fetch_res	res;

	(void)state;
	fetch_before(count_waits);
	assert_int_equal(get("/never", 100, 100, &res, NULL), ERR_IO);
	assert_int_equal(waits, 1);
	assert_int_equal(get("/good", 100, 4000, &res, NULL), 0);
	assert_int_equal(waits, 2);
	fetch_res_fini(&res);
	fetch_before(NULL);
	assert_int_equal(get("/good", 100, 4000, &res, NULL), 0);
	assert_int_equal(waits, 2);
	fetch_res_fini(&res);
}

/* The server's clock, where nobody between has kept the answer. */
static void
test_date(void **state)
{
	static const struct {
		const char	*path;
		int64_t		 date;
	} row[] = {
		{ "/dated", 1795762800 }, { "/cached", 0 }, { "/stored", 0 },
		{ "/undated", 0 }, { "/far", 0 }, { "/good", 0 },
	};
	struct fetch_res	 res;
	struct err		 e = ERR_INIT;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(get(row[i].path, 100, 2000, &res, &e), 0);
		assert_int_equal(res.date, row[i].date);
		fetch_res_fini(&res);
	}
}

static void
test_refused(void **state)
{
	struct fetch_res	res;
	struct err		e = ERR_INIT;

	(void)state;
	assert_int_equal(get("/good", 4, 2000, &res, &e), ERR_TOOBIG);
	assert_string_equal(e.id, "answer-too-large");
	e = (struct err)ERR_INIT;
	assert_int_equal(get("/never", 100, 200, &res, &e), ERR_IO);
	assert_string_equal(e.id, "unreachable");
	/* A redirect is an answer, and is not followed. */
	e = (struct err)ERR_INIT;
	assert_int_equal(get("/moved", 100, 4000, &res, &e), 0);
	assert_int_equal(res.status, 302);
	fetch_res_fini(&res);
	/* Other schemes are not spoken. */
	e = (struct err)ERR_INIT;
	assert_int_equal(fetch_once(&(struct fetch_req){
	    .url = "file:///etc/passwd", .max = 100, .timeout_ms = 1000 },
	    &res, &e), ERR_IO);
	assert_string_equal(e.id, "unreachable");
}

/* One connection for many questions, and another where that has ended. */
static void
test_again(void **state)
{
	static const struct {
		const char	*path, *want;
	} t[] = { { "/again", "1 1" }, { "/again", "1 2" },
	    { "/again/drop", "1 3" }, { "/again", "2 1" },
	    { "/again", "2 2" }, { "/again/drop", "2 3" },
	    /* Leaves the server to others. */
	    { "/again/drop", "3 1" } };
	struct fetch_res	res;
	struct err		e = ERR_INIT;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(get(t[i].path, 100, 5000, &res, &e), 0);
		assert_int_equal(res.body.len, 3);
		assert_memory_equal(res.body.p, t[i].want, 3);
		fetch_res_fini(&res);
	}
}

struct seen {
	struct ev	*ev;
	int		 good, bad, left;
};

static void
on_done(void *arg, const struct fetch_res *res, const struct err *e)
{
	struct seen	*s = arg;

	if (e == NULL && res->status == 200 && res->body.len == 5)
		s->good++;
	else
		s->bad++;
	if (--s->left == 0)
		ev_stop(s->ev);
}

static void
test_loop(void **state)
{
	struct ev		*ev = ev_new();
	struct fetch		*f = fetch_new(ev);
	struct seen		 s = { .ev = ev, .left = 5 };
	struct err		 e = ERR_INIT;
	char			 full[128];
	struct fetch_req	 req = { .url = full, .max = 100,
	    .timeout_ms = 3000 };
	int			 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		snprintf(full, sizeof(full), "%s/good%d", url, i);
		fetch_start(f, &req, on_done, &s);
	}
	snprintf(full, sizeof(full), "http://127.0.0.1:1/");
	fetch_start(f, &req, on_done, &s);
	assert_int_equal(ev_run(ev, &e), 0);
	assert_int_equal(s.good, 4);
	assert_int_equal(s.bad, 1);
	/* One that is under way is dropped without a word. */
	snprintf(full, sizeof(full), "%s/good", url);
	fetch_start(f, &req, on_done, &s);
	fetch_free(f);
	ev_free(ev);
	assert_int_equal(s.good + s.bad, 5);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_loop),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
