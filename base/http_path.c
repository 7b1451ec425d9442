#include <string.h>

#include "base/http_path.h"
#include "base/text.h"

/* Decode n octets at s to out and end them with NUL; NULL if refused. */
static char *
decode(const char *s, size_t n, char *out)
{
	size_t	 i;
	int	 hi, lo;

	for (i = 0; i < n; i++) {
		if (s[i] != '%') {
			*out++ = s[i];
			continue;
		}
		if (n - i < 3 || (hi = hex_digit(s[i + 1])) == -1 ||
		    (lo = hex_digit(s[i + 2])) == -1 || (hi | lo) == 0)
			return NULL;
		*out++ = (char)(hi << 4 | lo);
		i += 2;
	}
	*out = '\0';
	return out;
}

static char *
parse_path(const char *path, char *room, struct http_target *t)
{
	const char	*s = path, *end;
	char		*from;

	if (*s != '/')
		return NULL;
	t->path = room;
	while (*s == '/') {
		if (t->nseg == LIMIT_HTTP_SEGMENTS)
			return NULL;
		*room++ = '/';
		s++;
		end = s + strcspn(s, "/");
		from = room;
		/* Split first, decode then: "%2F" is no separator. */
		if ((room = decode(s, (size_t)(end - s), room)) == NULL)
			return NULL;
		t->seg[t->nseg].p = from;
		t->seg[t->nseg++].len = (size_t)(room - from);
		s = end;
	}
	return utf8_valid(t->path, (size_t)(room - t->path)) ? room + 1 : NULL;
}

static char *
parse_query(const char *query, char *room, struct http_target *t)
{
	const char	*s = query, *end, *eq;
	struct http_pair *q;

	while (*s != '\0') {
		end = s + strcspn(s, "&");
		if (end == s) {
			s++;
			continue;
		}
		if (t->nquery == LIMIT_HTTP_QUERY)
			return NULL;
		if ((eq = memchr(s, '=', (size_t)(end - s))) == NULL)
			eq = end;
		q = &t->query[t->nquery++];
		q->name = room;
		if ((room = decode(s, (size_t)(eq - s), room)) == NULL ||
		    !utf8_valid(q->name, (size_t)(room - q->name)))
			return NULL;
		q->value = ++room;
		if (eq < end)
			eq++;
		if ((room = decode(eq, (size_t)(end - eq), room)) == NULL ||
		    !utf8_valid(q->value, (size_t)(room - q->value)))
			return NULL;
		room++;
		s = *end == '&' ? end + 1 : end;
	}
	return room;
}

char *
http_target_parse(const char *path, const char *query, char *room,
    struct http_target *t)
{

	t->nseg = t->nquery = t->nparam = 0;
	t->path = "";
	if ((room = parse_path(path, room, t)) == NULL)
		return NULL;
	if (query != NULL)
		room = parse_query(query, room, t);
	return room;
}

bool
http_target_match(struct http_target *t, const char *pattern, char *room)
{
	const struct http_segment *seg;
	const char	*s = pattern;
	size_t		 i, len;

	t->nparam = 0;
	for (i = 0; *s == '/'; i++) {
		s++;
		len = strcspn(s, "/");
		if (len == 1 && *s == '*' && s[1] == '\0') {
			if (i >= t->nseg)
				return false;
			/* The rest is already text with slashes. */
			t->param[t->nparam].name = "*";
			t->param[t->nparam++].value = t->seg[i].p;
			return true;
		}
		if (i >= t->nseg)
			return false;
		seg = &t->seg[i];
		if (*s != '{') {
			if (seg->len != len || memcmp(seg->p, s, len) != 0)
				return false;
		} else {
			if (seg->len == 0 || t->nparam == LIMIT_HTTP_PARAMS)
				return false;
			memcpy(room, seg->p, seg->len);
			room[seg->len] = '\0';
			t->param[t->nparam].name = s;	/* "{code}..." */
			t->param[t->nparam++].value = room;
			room += seg->len + 1;
		}
		s += len;
	}
	return i == t->nseg;
}
