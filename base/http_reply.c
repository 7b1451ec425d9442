#include <stdlib.h>
#include <string.h>

#include <event2/util.h>

#include "base/http_conn.h"
#include "base/text.h"
#include "base/tm.h"

#define HEAD_MAX	(40u << 10)	/* octets of the head of an answer */
#define PROBLEM_TYPE	"application/problem+json"

const char http_reply_continue[] = "HTTP/1.1 100 Continue\r\n\r\n";

static const char *
reason_of(int status)
{
	static const struct {
		int		 status;
		const char	*text;
	} table[] = {
		{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 302, "Found" },
		{ 304, "Not Modified" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 409, "Conflict" },
		{ 410, "Gone" }, { 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" }
	};
	size_t	 i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].text;
	return "Other";
}

static void
put_json_text(struct buf *b, const char *s)
{
	const char	*p;
	uint32_t	 cp;

	buf_put_u8(b, '"');
	while (*s != '\0') {
		p = s;
		cp = utf8_next(&s);
		if (cp == '"' || cp == '\\') {
			buf_put_u8(b, '\\');
			buf_put_u8(b, (uint8_t)cp);
		} else if (cp < 0x20)
			buf_printf(b, "\\u%04x", (unsigned)cp);
		else if (cp == 0xfffd)
			buf_puts(b, "\xef\xbf\xbd");
		else
			buf_put(b, p, (size_t)(s - p));
	}
	buf_put_u8(b, '"');
}

static void
put_problem(struct buf *b, int status, const char *code, const char *detail)
{

	buf_puts(b, "{\"type\":\"about:blank\",\"title\":");
	put_json_text(b, reason_of(status));
	buf_printf(b, ",\"status\":%d,\"code\":", status);
	put_json_text(b, code);
	if (detail != NULL && *detail != '\0') {
		buf_puts(b, ",\"detail\":");
		put_json_text(b, detail);
	}
	buf_puts(b, "}\n");
}

/* ---- heads */

static void
put_decimal(struct buf *b, size_t n)
{
	char	text[24], *p = text + sizeof(text);

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	buf_put(b, p, (size_t)(text + sizeof(text) - p));
}

/* "Date: ...", made once a second. */
static void
put_date(struct http_server *s)
{
	time_t		 now = time(NULL);
	struct tm	 tm;

	if (now != s->date_at && gmtime_r(&now, &tm) != NULL) {
		(void)evutil_date_rfc1123(s->date, sizeof(s->date), &tm);
		s->date_at = now;
	}
	buf_puts(&s->head, "Date: ");
	buf_puts(&s->head, s->date);
}

/*
 * set holds further headers, each with its CR LF.  len is that of the body
 * that a GET gets; 204 and 304 have none, and tell none.
 */
static void
put_head(struct http_conn *c, int status, const char *type, size_t len,
    struct octets set)
{
	struct buf	*b = &c->server->head;

	if (b->max == 0)
		buf_init(b, HEAD_MAX);
	buf_reset(b);
	buf_puts(b, "HTTP/1.1 ");
	put_decimal(b, (size_t)status);
	buf_put_u8(b, ' ');
	buf_puts(b, reason_of(status));
	buf_puts(b, "\r\n");
	buf_put_octets(b, set);
	put_date(c->server);
	if (type != NULL) {
		buf_puts(b, "\r\nContent-Type: ");
		buf_puts(b, type);
	}
	if (status != 204 && status != 304) {
		buf_puts(b, "\r\nContent-Length: ");
		put_decimal(b, len);
	}
	if (c->last)
		buf_puts(b, "\r\nConnection: close\r\n\r\n");
	else if (c->head.old)
		buf_puts(b, "\r\nConnection: keep-alive\r\n\r\n");
	else
		buf_puts(b, "\r\n\r\n");
}

/* A line break would end the header, and begin another. */
void
http_set(struct http_req *r, const char *name, const char *value)
{
	struct buf	*b = &r->set;

	if (value[strcspn(value, "\r\n")] != '\0')
		return;
	buf_puts(b, name);
	buf_puts(b, ": ");
	buf_puts(b, value);
	buf_puts(b, "\r\n");
}

/* ---- answers */

/* len is what a GET would have got. */
static void
send_answer(struct http_req *r, int status, const char *type,
    struct octets body, bool own)
{
	struct http_conn	*c = r->conn;

	if (r->server->stopped)
		c->last = true;
	put_head(c, buf_ok(&r->set) ? status : 500, type, body.len,
	    buf_ok(&r->set) ? buf_octets(&r->set) : OCTETS("", 0));
	if (r->head && own)
		free((void *)(uintptr_t)body.p);
	if (r->head)
		body = OCTETS("", 0);
	own = own && !r->head;
	http_req_free(r);
	http_conn_answer(c, buf_octets(&c->server->head), body, own);
}

void
http_reply(struct http_req *r, int status, const char *type,
    struct octets body)
{

	if (r->conn == NULL)
		http_req_free(r);
	else
		send_answer(r, status, type, body, false);
}

void
http_reply_take(struct http_req *r, int status, const char *type, void *body,
    size_t len)
{

	if (r->conn == NULL) {
		free(body);
		http_req_free(r);
	} else
		send_answer(r, status, type, OCTETS(body, len), true);
}

void
http_reply_problem(struct http_req *r, int status, const char *code,
    const char *detail)
{
	struct buf	 b;

	buf_init(&b, 4096);
	put_problem(&b, status, code, detail);
	http_reply(r, status, PROBLEM_TYPE, buf_octets(&b));
	buf_fini(&b);
}

void
http_reply_err(struct http_req *r, const struct err *e)
{

	if (e->code == ERR_BUSY || e->code == ERR_STORE)
		http_set(r, "Retry-After", "1");
	http_reply_problem(r, err_http_status(e->code), e->id[0] != '\0' ?
	    e->id : err_name(e->code), e->text);
}

void
http_reply_refusal(struct http_conn *c, int status, const char *code,
    const char *detail)
{
	struct buf	 body;

	buf_init(&body, 4096);
	put_problem(&body, status, code, detail);
	c->last = true;
	put_head(c, status, PROBLEM_TYPE, body.len, OCTETS("", 0));
	http_conn_answer(c, buf_octets(&c->server->head), buf_octets(&body),
	    false);
	buf_fini(&body);
}
