#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/mem.h"
#include "registry/json.h"
#include "registry/web/openapi.h"
#include "schema/openapi.h"	/* generated: OPENAPI_YAML */

/* How deep the contract may nest. */
#define LIMIT_OPENAPI_DEPTH	40

/* Where we are in one collection. */
struct level {
	bool	map;		/* else a sequence */
	bool	value;		/* in a map: the key was written */
	size_t	n;
};

/* The grammar of a JSON number (RFC 8259, section 6). */
static bool
is_number(const char *s)
{
	if (*s == '-')
		s++;
	if (*s == '0')
		s++;
	else if (isdigit((unsigned char)*s))
		while (isdigit((unsigned char)*s))
			s++;
	else
		return false;
	if (*s == '.') {
		if (!isdigit((unsigned char)*++s))
			return false;
		while (isdigit((unsigned char)*s))
			s++;
	}
	return *s == '\0';
}

static void
put_scalar(struct buf *out, const yaml_event_t *ev, bool key)
{
	const char	*s = (const char *)ev->data.scalar.value;

	if (!key && ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (is_number(s) || strcmp(s, "true") == 0 ||
	    strcmp(s, "false") == 0 || strcmp(s, "null") == 0))
		buf_puts(out, s);
	else
		json_put_text(out, s);
}

/* What stands before the next value of this collection; is it a key? */
static bool
before_value(struct buf *out, struct level *l)
{
	if (l->map && l->value) {
		l->value = false;
		return false;
	}
	if (l->n++ > 0)
		buf_put_u8(out, ',');
	return l->map;
}

static int
put_event(struct buf *out, const yaml_event_t *ev, struct level *stack,
    size_t *depth, struct err *e)
{
	struct level	*l = &stack[*depth];
	bool		 key, map;

	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		if (ev->data.scalar.anchor != NULL ||
		    ev->data.scalar.tag != NULL)
			return err_set(e, ERR_FORMAT, "anchor or tag");
		key = before_value(out, l);
		put_scalar(out, ev, key);
		if (key) {
			buf_put_u8(out, ':');
			l->value = true;
		}
		return 0;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		map = ev->type == YAML_MAPPING_START_EVENT;
		if (*depth + 1 == LIMIT_OPENAPI_DEPTH)
			return err_set(e, ERR_FORMAT, "nested too deep");
		if (before_value(out, l))
			return err_set(e, ERR_FORMAT, "a key that is no text");
		buf_put_u8(out, map ? '{' : '[');
		stack[++*depth] = (struct level){ .map = map };
		return 0;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		buf_put_u8(out, l->map ? '}' : ']');
		(*depth)--;
		return 0;
	case YAML_ALIAS_EVENT:
		return err_set(e, ERR_FORMAT, "an alias");
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	}
	return 0;
}

int
openapi_convert(struct octets yaml, struct buf *out, struct err *e)
{
	struct level	 stack[LIMIT_OPENAPI_DEPTH] = { { false, false, 0 } };
	yaml_parser_t	 parser;
	yaml_event_t	 ev;
	size_t		 depth = 0;
	bool		 more = true;
	int		 rc = 0;

	if (!yaml_parser_initialize(&parser))
		return err_set(e, ERR_FORMAT, "libyaml does not start");
	yaml_parser_set_input_string(&parser, yaml.p, yaml.len);
	while (more && rc == 0) {
		if (!yaml_parser_parse(&parser, &ev)) {
			rc = err_set(e, ERR_FORMAT, "line %zu: %s",
			    parser.problem_mark.line + 1, parser.problem);
			break;
		}
		rc = put_event(out, &ev, stack, &depth, e);
		more = ev.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	if (rc == 0 && stack[0].n != 1)
		rc = err_set(e, ERR_FORMAT, "not one document");
	yaml_parser_delete(&parser);
	return rc;
}

int
openapi_json(struct buf *out, struct err *e)
{
	static const char	text[] = OPENAPI_YAML;

	return openapi_convert(OCTETS(text, sizeof(text) - 1), out, e);
}
