#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/mem.h"

/* One reading.  ev is the current event, deleted by next(). */
struct reader {
	yaml_parser_t	 parser;
	yaml_event_t	 ev;
	bool		 has_ev;
	const char	*name;
	struct octets	 text;
	struct err	*e;
};

static int	 read_table(struct reader *r, const struct conf_key *keys,
		    void *out) MUST_CHECK;

static void *
member(void *out, const struct conf_key *key)
{

	return (char *)out + key->offset;
}

static int refuse(const struct reader *r, yaml_mark_t at, const char *id,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int
refuse(const struct reader *r, yaml_mark_t at, const char *id,
    const char *fmt, ...)
{
	char	 what[160];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set_id(r->e, ERR_INVAL, id, "config: %s:%zu:%zu: %s",
	    r->name, at.line + 1, at.column + 1, what);
}

/* libyaml gives octets that are no text an offset and no mark. */
static yaml_mark_t
mark_at(const struct reader *r, size_t offset)
{
	yaml_mark_t	 at = { 0 };
	size_t		 i;

	for (i = 0; i < offset && i < r->text.len; i++) {
		at.column++;
		if (r->text.p[i] == '\n') {
			at.line++;
			at.column = 0;
		}
	}
	return at;
}

/* Neither names for values nor types of one's own: text says what it is. */
static const char *
decoration(const yaml_event_t *ev)
{

	if (ev->type == YAML_ALIAS_EVENT)
		return "alias";
	if ((ev->type == YAML_SCALAR_EVENT && ev->data.scalar.anchor) ||
	    (ev->type == YAML_SEQUENCE_START_EVENT &&
	    ev->data.sequence_start.anchor) ||
	    (ev->type == YAML_MAPPING_START_EVENT &&
	    ev->data.mapping_start.anchor))
		return "anchor";
	if ((ev->type == YAML_SCALAR_EVENT && ev->data.scalar.tag) ||
	    (ev->type == YAML_SEQUENCE_START_EVENT &&
	    ev->data.sequence_start.tag) ||
	    (ev->type == YAML_MAPPING_START_EVENT &&
	    ev->data.mapping_start.tag))
		return "tag";
	if (ev->type == YAML_DOCUMENT_START_EVENT &&
	    (ev->data.document_start.version_directive != NULL ||
	    ev->data.document_start.tag_directives.start !=
	    ev->data.document_start.tag_directives.end))
		return "directive";
	return NULL;
}

static int
next(struct reader *r)
{
	const yaml_parser_t	*p = &r->parser;
	const char		*what;

	if (r->has_ev)
		yaml_event_delete(&r->ev);
	r->has_ev = false;
	if (yaml_parser_parse(&r->parser, &r->ev) != 1) {
		assert(p->error != YAML_MEMORY_ERROR);
		return refuse(r, p->error == YAML_READER_ERROR ?
		    mark_at(r, p->problem_offset) : p->problem_mark,
		    "config-syntax", "%s",
		    p->problem != NULL ? p->problem : "malformed");
	}
	r->has_ev = true;
	if ((what = decoration(&r->ev)) != NULL)
		return refuse(r, r->ev.start_mark, "config-syntax",
		    "no %s here", what);
	return 0;
}

static int
expect(struct reader *r, yaml_event_type_t type, const char *what)
{
	int	 rc;

	if ((rc = next(r)) != 0)
		return rc;
	if (r->ev.type != type)
		return refuse(r, r->ev.start_mark, "config-syntax",
		    "%s expected", what);
	return 0;
}

/* Decimal, '-' allowed, no leading zeros, from min to max. */
static bool
int_of(const char *s, int64_t min, int64_t max, int64_t *v)
{
	const char	*p = s + (*s == '-');
	char		*end;
	long long	 n;

	if (*p < '0' || *p > '9' || (*p == '0' && (p[1] != '\0' || p != s)))
		return false;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return false;
	*v = n;
	return true;
}

static bool
fits(const struct conf_key *key, size_t n)
{

	return n >= (uint64_t)key->min &&
	    (key->max == 0 || n <= (uint64_t)key->max);
}

/*
 * Store a scalar.  False if it is none for this key.  plain: it stands
 * without quotes, as numbers and truth values must.
 */
static bool
store(const struct conf_key *key, const char *s, bool plain, void *field)
{
	struct conf_list	*list = field;
	char			**items;

	switch (key->type) {
	case CONF_STRING:
		if (!fits(key, strlen(s)))
			return false;
		*(char **)field = xstrdup(s);
		return true;
	case CONF_INT:
		return plain && int_of(s, key->min, key->max, field);
	case CONF_BOOL:
		if (!plain || (strcmp(s, "true") != 0 &&
		    strcmp(s, "false") != 0))
			return false;
		*(bool *)field = *s == 't';
		return true;
	case CONF_STRINGS:
		items = xreallocarray(list->items, list->n + 1,
		    sizeof(*items));
		items[list->n++] = xstrdup(s);
		list->items = items;
		return true;
	case CONF_TABLES:
		break;
	}
	return false;
}

static void
allowed(const struct conf_key *key, char *out, size_t max)
{

	switch (key->type) {
	case CONF_STRING:
		if (key->max == 0)
			snprintf(out, max, "text of at least %" PRId64
			    " octets", key->min);
		else
			snprintf(out, max, "text of %" PRId64 " to %" PRId64
			    " octets", key->min, key->max);
		return;
	case CONF_INT:
		snprintf(out, max, "a whole number from %" PRId64 " to %"
		    PRId64, key->min, key->max);
		return;
	case CONF_BOOL:
		snprintf(out, max, "true or false");
		return;
	case CONF_STRINGS:
		snprintf(out, max, "a list of texts");
		return;
	case CONF_TABLES:
		snprintf(out, max, "a list of tables");
		return;
	}
}

static int
refuse_value(const struct reader *r, yaml_mark_t at,
    const struct conf_key *key)
{
	char	 want[96];

	allowed(key, want, sizeof(want));
	return refuse(r, at, "config-value", "%s: %s expected", key->name,
	    want);
}

/* The current event as a scalar for key. */
static int
read_scalar(struct reader *r, const struct conf_key *key, void *field)
{
	const char	*s;
	bool		 plain;

	if (r->ev.type != YAML_SCALAR_EVENT)
		return refuse_value(r, r->ev.start_mark, key);
	s = (const char *)r->ev.data.scalar.value;
	plain = r->ev.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (strlen(s) != r->ev.data.scalar.length ||
	    !store(key, s, plain, field))
		return refuse_value(r, r->ev.start_mark, key);
	return 0;
}

/* The current event begins a list for key. */
static int
read_list(struct reader *r, const struct conf_key *key,
    struct conf_list *list)
{
	yaml_mark_t	 at = r->ev.start_mark;
	char		*items;
	int		 rc;

	if (r->ev.type != YAML_SEQUENCE_START_EVENT)
		return refuse_value(r, at, key);
	for (;;) {
		if ((rc = next(r)) != 0)
			return rc;
		if (r->ev.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (key->max > 0 && list->n == (uint64_t)key->max)
			return refuse(r, r->ev.start_mark, "config-value",
			    "%s: more than %" PRId64 " items", key->name,
			    key->max);
		if (key->type == CONF_STRINGS) {
			if ((rc = read_scalar(r, key, list)) != 0)
				return rc;
			continue;
		}
		if (r->ev.type != YAML_MAPPING_START_EVENT)
			return refuse_value(r, r->ev.start_mark, key);
		items = xreallocarray(list->items, list->n + 1,
		    key->subsize);
		list->items = items;
		items += list->n++ * key->subsize;
		memset(items, 0, key->subsize);
		if ((rc = read_table(r, key->sub, items)) != 0)
			return rc;
	}
	if (!fits(key, list->n))
		return refuse(r, at, "config-value", "%s: fewer than %" PRId64
		    " items", key->name, key->min);
	return 0;
}

static bool
is_list(const struct conf_key *key)
{

	return key->type == CONF_STRINGS || key->type == CONF_TABLES;
}

static int
fill_in(const struct reader *r, const struct conf_key *keys, uint64_t seen,
    yaml_mark_t at, void *out)
{
	const struct conf_key	*key;

	for (key = keys; key->name != NULL; key++) {
		if ((seen >> (key - keys) & 1) != 0)
			continue;
		if (key->preset == NULL)
			return refuse(r, at, "config-missing-key",
			    "%s: must be given", key->name);
		if (is_list(key)) {
			assert(key->preset[0] == '\0');
			continue;
		}
		/* A default out of its own range is our bug. */
		if (!store(key, key->preset, true, member(out, key)))
			abort();
	}
	return 0;
}

/* The current event begins a table. */
static int
read_table(struct reader *r, const struct conf_key *keys, void *out)
{
	const struct conf_key	*key;
	yaml_mark_t		 at = r->ev.start_mark;
	uint64_t		 seen = 0, bit;
	const char		*s;
	int			 rc;

	for (;;) {
		if ((rc = next(r)) != 0)
			return rc;
		if (r->ev.type == YAML_MAPPING_END_EVENT)
			return fill_in(r, keys, seen, at, out);
		if (r->ev.type != YAML_SCALAR_EVENT)
			return refuse(r, r->ev.start_mark, "config-syntax",
			    "a key expected");
		s = (const char *)r->ev.data.scalar.value;
		for (key = keys; key->name != NULL; key++) {
			if (strcmp(key->name, s) == 0)
				break;
		}
		if (key->name == NULL)
			return refuse(r, r->ev.start_mark,
			    "config-unknown-key", "%.60s: no such key", s);
		assert(key - keys < LIMIT_CONF_KEYS);
		bit = UINT64_C(1) << (key - keys);
		if ((seen & bit) != 0)
			return refuse(r, r->ev.start_mark,
			    "config-duplicate-key", "%s: given twice", s);
		seen |= bit;
		if ((rc = next(r)) != 0)
			return rc;
		rc = is_list(key) ? read_list(r, key, member(out, key)) :
		    read_scalar(r, key, member(out, key));
		if (rc != 0)
			return rc;
	}
}

int
conf_parse(const char *name, const char *text, size_t len,
    const struct conf_key *keys, void *out, struct err *e)
{
	struct reader	 r = { .name = name, .text = OCTETS(text, len),
			    .e = e };
	int		 rc;

	if (len > LIMIT_CONF_FILE)
		return err_set(e, ERR_TOOBIG, "config: %s: more than %u "
		    "octets", name, LIMIT_CONF_FILE);
	if (yaml_parser_initialize(&r.parser) != 1)
		abort();	/* out of memory */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser,
	    (const unsigned char *)(len > 0 ? text : ""), len);
	if ((rc = expect(&r, YAML_STREAM_START_EVENT, "text")) != 0 ||
	    (rc = expect(&r, YAML_DOCUMENT_START_EVENT, "a table")) != 0 ||
	    (rc = expect(&r, YAML_MAPPING_START_EVENT, "a table")) != 0 ||
	    (rc = read_table(&r, keys, out)) != 0 ||
	    (rc = expect(&r, YAML_DOCUMENT_END_EVENT, "the end")) != 0 ||
	    (rc = expect(&r, YAML_STREAM_END_EVENT, "the end")) != 0)
		goto out;
	rc = 0;
out:
	if (rc != 0)
		conf_fini(keys, out);
	if (r.has_ev)
		yaml_event_delete(&r.ev);
	yaml_parser_delete(&r.parser);
	return rc;
}

int
conf_load(const char *path, const struct conf_key *keys, void *out,
    struct err *e)
{
	uint8_t	*text = NULL;
	size_t	 n;
	int	 rc;

	if ((rc = file_read(path, LIMIT_CONF_FILE, &text, &n, e)) != 0)
		goto out;
	rc = conf_parse(path, (const char *)text, n, keys, out, e);
out:
	if (text != NULL)
		mem_wipe(text, n);	/* it may hold tokens */
	free(text);
	return rc;
}

static void
list_fini(const struct conf_key *key, struct conf_list *list)
{
	size_t	 i;

	for (i = 0; i < list->n; i++) {
		if (key->type == CONF_STRINGS)
			free(((char **)list->items)[i]);
		else
			conf_fini(key->sub, (char *)list->items +
			    i * key->subsize);
	}
	free(list->items);
	*list = (struct conf_list){ .n = 0 };
}

void
conf_fini(const struct conf_key *keys, void *out)
{
	const struct conf_key	*key;

	for (key = keys; key->name != NULL; key++) {
		switch (key->type) {
		case CONF_STRING:
			free(*(char **)member(out, key));
			*(char **)member(out, key) = NULL;
			break;
		case CONF_INT:
			*(int64_t *)member(out, key) = 0;
			break;
		case CONF_BOOL:
			*(bool *)member(out, key) = false;
			break;
		case CONF_STRINGS:
		case CONF_TABLES:
			list_fini(key, member(out, key));
			break;
		}
	}
}
