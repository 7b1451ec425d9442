#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/json.h"

/* Longest text we look at as a moment. */
#define TIME_TEXT_MAX	40

void
json_warm(void)
{

	json_object_seed(0);
}

/* Does it nest deeper than any table of ours could? */
static bool
too_deep(struct octets body)
{
	size_t	i;
	int	depth = 0;
	bool	quoted = false;

	for (i = 0; i < body.len; i++) {
		const uint8_t	c = body.p[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > LIMIT_JSON_DEPTH)
				return true;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return false;
}

static const struct json_member *
row_of(const struct json_member *table, const char *name)
{
	const struct json_member	*m;

	for (m = table; m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

static int
bad_member(const struct json_member *m, const char *what, struct err *e)
{
	return err_set_id(e, ERR_INVAL, "bad-member", "member \"%s\" %s",
	    m->name, what);
}

static int
take_text(const struct json_member *m, const json_t *v, char **out,
    struct err *e)
{
	size_t	len;

	if (!json_is_string(v))
		return bad_member(m, "must be text", e);
	len = json_string_length(v);
	if (len < m->min)
		return bad_member(m, len == 0 ? "is empty" : "is too short",
		    e);
	if (len > m->max)
		return bad_member(m, "is too long", e);
	*out = xstrndup(json_string_value(v), len);
	return 0;
}

static int
take_uint(const struct json_member *m, const json_t *v,
    struct member_uint *out, struct err *e)
{
	json_int_t	i;

	if (!json_is_integer(v))
		return bad_member(m, "must be a whole number", e);
	i = json_integer_value(v);
	if (i < 0 || (uint64_t)i < m->min || (uint64_t)i > m->max)
		return bad_member(m, "is out of range", e);
	out->given = true;
	out->v = (uint64_t)i;
	return 0;
}

static int
take_time(const struct json_member *m, const json_t *v,
    struct member_time *out, struct err *e)
{
	if (!json_is_string(v) ||
	    json_string_length(v) > TIME_TEXT_MAX ||
	    !tm_parse(json_string_value(v), &out->t))
		return bad_member(m, "must be a moment as RFC 3339 text", e);
	out->given = true;
	return 0;
}

static int
take_b64(const struct json_member *m, const json_t *v, struct octets *out,
    struct err *e)
{
	uint8_t	*p;
	size_t	 len, n;

	if (!json_is_string(v))
		return bad_member(m, "must be base64 text", e);
	len = json_string_length(v);
	if (len / 4 * 3 > m->max + 2)
		return bad_member(m, "is too long", e);
	p = xmalloc(len / 4 * 3 + 3);
	if (!b64_decode(json_string_value(v), len, p, len / 4 * 3 + 3, &n)) {
		free(p);
		return bad_member(m, "is not base64 (RFC 4648, section 4)", e);
	}
	if (n < m->min || n > m->max) {
		free(p);
		return bad_member(m, n < m->min ? "is too short" :
		    "is too long", e);
	}
	*out = OCTETS(p, n);
	return 0;
}

static int
take_member(const struct json_member *m, const json_t *v, void *out,
    struct err *e)
{
	void	*p = (char *)out + m->offset;

	switch (m->type) {
	case MEMBER_TEXT:
		return take_text(m, v, p, e);
	case MEMBER_UINT:
		return take_uint(m, v, p, e);
	case MEMBER_TIME:
		return take_time(m, v, p, e);
	case MEMBER_OCTETS:
		return take_b64(m, v, p, e);
	}
	return bad_member(m, "has no type in its table", e);
}

static int
parse(struct octets body, json_t **root, struct err *e)
{
	json_error_t	je;

	*root = NULL;
	if (body.len > LIMIT_JSON_BODY)
		return err_set_id(e, ERR_INVAL, "bad-json",
		    "more than %u octets", LIMIT_JSON_BODY);
	if (too_deep(body))
		return err_set_id(e, ERR_INVAL, "bad-json",
		    "nested deeper than %d", LIMIT_JSON_DEPTH);
	*root = json_loadb((const char *)body.p, body.len,
	    JSON_REJECT_DUPLICATES, &je);
	if (*root != NULL)
		return 0;
	if (json_error_code(&je) == json_error_duplicate_key)
		return err_set_id(e, ERR_INVAL, "duplicate-key",
		    "a member is given twice, line %d, column %d", je.line,
		    je.column);
	return err_set_id(e, ERR_INVAL, "bad-json",
	    "not JSON at line %d, column %d", je.line, je.column);
}

int
json_read(struct octets body, const struct json_member *table, void *out,
    struct err *e)
{
	const struct json_member	*m;
	json_t				*root = NULL, *v;
	const char			*name;
	int				 rc;

	if ((rc = parse(body, &root, e)) != 0)
		goto out;
	if (!json_is_object(root)) {
		rc = err_set_id(e, ERR_INVAL, "bad-json", "not an object");
		goto out;
	}
	json_object_foreach(root, name, v) {
		if ((m = row_of(table, name)) == NULL) {
			rc = err_set_id(e, ERR_INVAL, "unknown-member",
			    "member \"%.40s\" is not known here", name);
			goto out;
		}
		if ((rc = take_member(m, v, out, e)) != 0)
			goto out;
	}
	for (m = table; m->name != NULL; m++)
		if (m->required && json_object_get(root, m->name) == NULL) {
			rc = err_set_id(e, ERR_INVAL, "missing-member",
			    "member \"%s\" is missing", m->name);
			goto out;
		}

	rc = 0;
out:
	if (rc != 0)
		json_fini(table, out);
	json_decref(root);
	return rc;
}

void
json_fini(const struct json_member *table, void *out)
{
	const struct json_member	*m;

	for (m = table; m->name != NULL; m++) {
		void	*p = (char *)out + m->offset;

		switch (m->type) {
		case MEMBER_TEXT: {
			char	**s = p;

			if (*s != NULL)
				mem_wipe(*s, strlen(*s));
			free(*s);
			*s = NULL;
			break;
		}
		case MEMBER_UINT:
			memset(p, 0, sizeof(struct member_uint));
			break;
		case MEMBER_TIME:
			memset(p, 0, sizeof(struct member_time));
			break;
		case MEMBER_OCTETS: {
			struct octets	*o = p;

			free((void *)(uintptr_t)o->p);
			*o = OCTETS(NULL, 0);
			break;
		}
		}
	}
}

/*
 * Does none of the eight octets at p need an escape?  Also false for what
 * only looks like it: an octet of more than 0x7f is never taken for one.
 */
static bool
are_plain(const char *p)
{
	const uint64_t	ones = UINT64_C(0x0101010101010101);
	uint64_t	v, quote, slash;

	memcpy(&v, p, sizeof(v));
	quote = v ^ ones * '"';
	slash = v ^ ones * '\\';
	/* x - n borrows into the top bit of each octet x that is below n. */
	return ((((v - ones * ' ') & ~v) | ((quote - ones) & ~quote) |
	    ((slash - ones) & ~slash)) & ones * 0x80) == 0;
}

void
json_put_text(struct buf *b, const char *s)
{
	static const char	 hex[] = "0123456789abcdef";
	const char		*from, *p, *end;
	char			 u[] = "\\u00..";

	if (s == NULL) {
		buf_put(b, "null", 4);
		return;
	}
	buf_put_u8(b, '"');
	end = s + strlen(s);
	if (!utf8_valid(s, (size_t)(end - s))) {
		while (*(p = s) != '\0')
			buf_puts(b, utf8_next(&s) < 0x80 && *p >= ' ' &&
			    *p != '"' && *p != '\\' ? (char[]){ *p, '\0' } :
			    "\\ufffd");
		buf_put_u8(b, '"');
		return;
	}
	for (from = p = s; p < end; p++) {
		if (end - p >= 8 && are_plain(p)) {
			p += 7;
			continue;
		}
		if ((unsigned char)*p >= ' ' && *p != '"' && *p != '\\')
			continue;
		buf_put(b, from, (size_t)(p - from));
		from = p + 1;
		if (*p == '"' || *p == '\\') {
			buf_put_u8(b, '\\');
			buf_put_u8(b, (uint8_t)*p);
		} else if (*p == '\n') {
			buf_puts(b, "\\n");
		} else {
			u[4] = hex[(unsigned char)*p >> 4];
			u[5] = hex[*p & 15];
			buf_puts(b, u);
		}
	}
	buf_put(b, from, (size_t)(p - from));
	buf_put_u8(b, '"');
}

void
json_put_time(struct buf *b, int64_t t)
{
	char	text[TM_RFC3339_SIZE + 1];

	if (t == 0) {
		buf_put(b, "null", 4);
		return;
	}
	tm_rfc3339(t, text + 1);
	text[0] = '"';
	text[TM_RFC3339_SIZE] = '"';	/* in the place of the NUL */
	buf_put(b, text, sizeof(text));
}

void
json_put_octets(struct buf *b, struct octets o)
{
	buf_put_u8(b, '"');
	buf_put_b64(b, o.p, o.len);
	buf_put_u8(b, '"');
}
