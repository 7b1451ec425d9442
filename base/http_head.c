#include <string.h>
#include <strings.h>

#include "base/http_head.h"

/* What a step over the head holds. */
struct head_step {
	uint8_t		*base, *p, *end;	/* end: of the present line */
	struct http_head *h;
	bool		 host, length, close, keep;
};

/* RFC 9110, 5.6.2: tchar, a bit each. */
static bool
is_token(uint8_t c)
{
	static const uint32_t	bits[8] = {
		0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff, 0, 0, 0, 0
	};

	return (bits[c >> 5] >> (c & 31) & 1) != 0;
}

/* RFC 9110, 5.5: visible, blank, or beyond ASCII. */
static bool
is_value(uint8_t c)
{

	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

enum http_scan
http_head_scan(const uint8_t *p, size_t n, size_t *from)
{
	const uint8_t	*at = p + *from, *nl;

	while ((nl = memchr(at, '\n', (size_t)(p + n - at))) != NULL) {
		if (nl == p || nl[-1] != '\r')
			return HTTP_SCAN_BARE;
		at = nl + 1;
		if (nl - p >= 3 && nl[-2] == '\n') {
			*from = (size_t)(at - p);
			return HTTP_SCAN_WHOLE;
		}
	}
	*from = n;
	return HTTP_SCAN_MORE;
}

static uint16_t
offset(const struct head_step *s, const uint8_t *p)
{

	return (uint16_t)(p - s->base);
}

/* RFC 9112, 3: method SP target SP version. */
static bool
take_line(struct head_step *s)
{
	struct http_head	*h = s->h;
	uint8_t			*p = s->p, *from = p;

	h->method = offset(s, p);
	while (p < s->end && is_token(*p))
		p++;
	if (p == from || p == s->end || *p != ' ')
		return false;
	*p++ = '\0';
	from = p;
	h->target = offset(s, p);
	while (p < s->end && *p > 0x20 && *p != 0x7f)
		p++;
	if (p == from || p == s->end || *p != ' ')
		return false;
	*p++ = '\0';
	if (s->end - p != 8 || memcmp(p, "HTTP/1.", 7) != 0 ||
	    (p[7] != '0' && p[7] != '1'))
		return false;
	h->old = p[7] == '0';
	return true;
}

/* The members of a Connection field (RFC 9110, 7.6.1). */
static void
take_connection(struct head_step *s, const char *v)
{
	size_t	n;

	while (*(v += strspn(v, " \t,")) != '\0') {
		n = strcspn(v, " \t,");
		if (n == 5 && strncasecmp(v, "close", n) == 0)
			s->close = true;
		else if (n == 10 && strncasecmp(v, "keep-alive", n) == 0)
			s->keep = true;
		v += n;
	}
}

/* One number, digits alone; absurd ones are only large. */
static bool
take_length(struct head_step *s, const char *v)
{
	uint64_t	n = 0;

	if (s->length || *v == '\0')
		return false;
	s->length = true;
	for (; *v >= '0' && *v <= '9'; v++)
		n = n > UINT64_MAX / 16 ? UINT64_MAX / 16 :
		    n * 10 + (uint64_t)(*v - '0');
	s->h->length = n;
	return *v == '\0';
}

/* What a field says about the message itself; 0 or a refusal. */
static int
take_meaning(struct head_step *s, const char *name, size_t n, const char *v,
    const char **why)
{

	if (n == 4 && strcasecmp(name, "Host") == 0) {
		if (s->host) {
			*why = "Host comes twice";
			return 400;
		}
		s->host = true;
	} else if (n == 10 && strcasecmp(name, "Connection") == 0)
		take_connection(s, v);
	else if (n == 14 && strcasecmp(name, "Content-Length") == 0) {
		if (!take_length(s, v)) {
			*why = "Content-Length is not one number";
			return 400;
		}
	} else if (n == 17 && strcasecmp(name, "Transfer-Encoding") == 0) {
		if (s->h->chunked || strcasecmp(v, "chunked") != 0) {
			*why = "only chunked transfers are known";
			return 400;
		}
		s->h->chunked = true;
	} else if (n == 6 && strcasecmp(name, "Expect") == 0) {
		if (strcasecmp(v, "100-continue") != 0) {
			*why = "an expectation of the request cannot be met";
			return 417;
		}
		s->h->waits = true;
	}
	return 0;
}

/* name ":" blanks value blanks; a line that begins with a blank is no name. */
static int
take_field(struct head_step *s, const char **why)
{
	struct http_field	*f;
	uint8_t			*p = s->p, *q;
	size_t			 n;

	while (p < s->end && is_token(*p))
		p++;
	if (p == s->p || p == s->end || *p != ':') {
		*why = "a header's name is empty, has a blank or no colon";
		return 400;
	}
	if (s->h->nfield == LIMIT_HTTP_FIELDS) {
		*why = "more header lines than a request may have";
		return 431;
	}
	n = (size_t)(p - s->p);
	*p++ = '\0';
	while (p < s->end && (*p == ' ' || *p == '\t'))
		p++;
	f = &s->h->field[s->h->nfield++];
	f->name = offset(s, s->p);
	f->value = offset(s, p);
	for (q = p; q < s->end; q++)
		if (!is_value(*q)) {
			*why = "a header holds a control character";
			return 400;
		}
	while (q > p && (q[-1] == ' ' || q[-1] == '\t'))
		q--;
	*q = '\0';
	return take_meaning(s, (const char *)s->p, n, (const char *)p, why);
}

/* RFC 9112, 6.3 and 3.2: one length or none, and whom it is for. */
static int
settle(struct head_step *s, const char **why)
{
	struct http_head	*h = s->h;

	if (h->chunked && (s->length || h->old)) {
		*why = "a body of two lengths";
		return 400;
	}
	if (!h->old && !s->host) {
		*why = "Host is missing";
		return 400;
	}
	h->keep = !s->close && (!h->old || s->keep);
	h->waits = h->waits && !h->old;
	return 0;
}

int
http_head_parse(uint8_t *p, size_t n, struct http_head *h, const char **why)
{
	struct head_step	s = { .base = p, .p = p, .h = h };
	uint8_t			*stop = p + n;
	int			 rc;

	memset(h, 0, offsetof(struct http_head, field));
	*why = "the request is not HTTP/1.1 as we know it";
	if (n > UINT16_MAX)
		return 431;
	h->size = (uint16_t)n;
	for (; s.p < stop; s.p = s.end + 2) {
		s.end = memchr(s.p, '\r', (size_t)(stop - s.p));
		if (s.end == NULL || stop - s.end < 2 || s.end[1] != '\n')
			return 400;
		if (s.end == s.p && s.p > p)	/* the empty line, the last */
			return s.end + 2 == stop ? settle(&s, why) : 400;
		if (s.p == p) {
			if (!take_line(&s))
				return 400;
		} else if ((rc = take_field(&s, why)) != 0)
			return rc;
	}
	return 400;
}

const char *
http_head_find(const uint8_t *p, const struct http_head *h, const char *name)
{
	unsigned	i;

	for (i = 0; i < h->nfield; i++)
		if (strcasecmp((const char *)p + h->field[i].name, name) == 0)
			return (const char *)p + h->field[i].value;
	return NULL;
}
