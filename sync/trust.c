#include "sync/trust.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"

#define MAGIC		"sealreg-trust/v1\n"
#define LIMIT_PROVINCES	100
#define LIMIT_ITEMS	64		/* urls, prefixes, keys, certificates */
#define LIMIT_TEXT	2048		/* one of our words */
#define LIMIT_CERT	8192		/* DER */

/* ---- reading YAML by tables ---- */

/*
 * ev is the event at hand.  A function that reads a value begins with ev on
 * its first event and leaves it on its last.
 */
struct reader {
	yaml_parser_t	 p;
	yaml_event_t	 ev;
	struct err	*e;
};

/* A key of a mapping: obj is the struct that it fills. */
struct row {
	const char	*name;
	int		(*read)(struct reader *r, void *obj);
	bool		 needed;
};

static int
bad_at(struct reader *r, yaml_mark_t at, const char *why, const char *what)
{
	/* The YAML begins on the second line of the note. */
	return err_set_id(r->e, ERR_FORMAT, "bad-trust-list",
	    "trust list: %zu:%zu: %s%s%s", at.line + 2, at.column + 1, why,
	    what != NULL ? ": " : "", what != NULL ? what : "");
}

static int
bad(struct reader *r, const char *why, const char *what)
{
	return bad_at(r, r->ev.start_mark, why, what);
}

static int
next(struct reader *r)
{
	const yaml_char_t	*anchor = NULL, *tag = NULL;

	yaml_event_delete(&r->ev);
	if (!yaml_parser_parse(&r->p, &r->ev)) {
		memset(&r->ev, 0, sizeof(r->ev));
		return bad_at(r, r->p.problem_mark, "not YAML", r->p.problem);
	}
	switch (r->ev.type) {
	case YAML_ALIAS_EVENT:
		return bad(r, "an alias", NULL);
	case YAML_SCALAR_EVENT:
		anchor = r->ev.data.scalar.anchor;
		tag = r->ev.data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = r->ev.data.sequence_start.anchor;
		tag = r->ev.data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = r->ev.data.mapping_start.anchor;
		tag = r->ev.data.mapping_start.tag;
		break;
	case YAML_DOCUMENT_START_EVENT:
		if (r->ev.data.document_start.version_directive != NULL ||
		    r->ev.data.document_start.tag_directives.start !=
		    r->ev.data.document_start.tag_directives.end)
			return bad(r, "a directive", NULL);
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		break;
	}
	if (anchor != NULL || tag != NULL)
		return bad(r, "an anchor or a tag", NULL);
	return 0;
}

/* The text of the scalar at hand, or NULL with the error set. */
static const char *
scalar(struct reader *r)
{
	const char	*s;

	if (r->ev.type != YAML_SCALAR_EVENT) {
		bad(r, "not a single value", NULL);
		return NULL;
	}
	s = (const char *)r->ev.data.scalar.value;
	if (strlen(s) != r->ev.data.scalar.length) {
		bad(r, "a NUL", NULL);
		return NULL;
	}
	return s;
}

static int
read_table(struct reader *r, const struct row *rows, void *obj)
{
	yaml_mark_t	 begin = r->ev.start_mark;
	unsigned	 seen = 0, bit;
	size_t		 i;
	const char	*s;
	int		 rc;

	if (r->ev.type != YAML_MAPPING_START_EVENT)
		return bad(r, "not a table of keys", NULL);
	for (;;) {
		if ((rc = next(r)) != 0)
			return rc;
		if (r->ev.type == YAML_MAPPING_END_EVENT)
			break;
		if ((s = scalar(r)) == NULL)
			return ERR_FORMAT;
		for (i = 0; rows[i].name != NULL; i++)
			if (strcmp(rows[i].name, s) == 0)
				break;
		if (rows[i].name == NULL)
			return bad(r, "unknown key", s);
		bit = 1u << i;
		if ((seen & bit) != 0)
			return bad(r, "key given twice", s);
		seen |= bit;
		if ((rc = next(r)) != 0 || (rc = rows[i].read(r, obj)) != 0)
			return rc;
	}
	for (i = 0; rows[i].name != NULL; i++)
		if (rows[i].needed && (seen & 1u << i) == 0)
			return bad_at(r, begin, "missing key", rows[i].name);
	return 0;
}

/*
 * A sequence: item is called on the first event of each.  *n counts them.
 */
static int
read_list(struct reader *r, size_t max, size_t *n,
    int (*item)(struct reader *r, void *obj), void *obj)
{
	int	rc;

	if (r->ev.type != YAML_SEQUENCE_START_EVENT)
		return bad(r, "not a list", NULL);
	for (;;) {
		if ((rc = next(r)) != 0)
			return rc;
		if (r->ev.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (*n >= max)
			return bad(r, "the list is too long", NULL);
		if ((rc = item(r, obj)) != 0)
			return rc;
	}
}

static int
read_u64(struct reader *r, uint64_t max, uint64_t *v)
{
	const char	*s = scalar(r);
	struct cursor	 c;

	if (s == NULL)
		return ERR_FORMAT;
	c = cursor_of(s, strlen(s));
	if (!take_decimal(&c, v) || cursor_left(&c) > 0 || *v > max)
		return bad(r, "not a number in range", s);
	return 0;
}

/* Only the spelling that we write: RFC 3339 with Z. */
static int
read_time(struct reader *r, int64_t *t)
{
	char		 back[TM_RFC3339_SIZE];
	const char	*s = scalar(r);

	if (s == NULL)
		return ERR_FORMAT;
	if (!tm_parse(s, t))
		return bad(r, "not a time", s);
	tm_rfc3339(*t, back);
	if (strcmp(s, back) != 0 || *t <= 0)
		return bad(r, "not a time like 2026-11-21T10:00:00Z", s);
	return 0;
}

/* Printable ASCII without space, quote and backslash. */
static int
read_word(struct reader *r, char **out)
{
	const char	*s = scalar(r);
	size_t		 i;

	if (s == NULL)
		return ERR_FORMAT;
	for (i = 0; s[i] != '\0'; i++)
		if (s[i] <= 0x20 || s[i] >= 0x7f || s[i] == '"' ||
		    s[i] == '\\')
			return bad(r, "a character that may not be here", s);
	if (i == 0 || i > LIMIT_TEXT)
		return bad(r, "empty or too long", NULL);
	*out = xstrdup(s);
	return 0;
}

static bool
is_digits(const char *s, size_t min, size_t max)
{
	size_t	n = strspn(s, "0123456789");

	return s[n] == '\0' && n >= min && n <= max;
}

static void
push(char ***list, size_t *n, char *s)
{
	*list = xreallocarray(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = s;
}

/* ---- the fields of a key ---- */

static int
key_vkey(struct reader *r, void *obj)
{
	struct trust_key	*k = obj;
	const char		*s = scalar(r);

	if (s == NULL)
		return ERR_FORMAT;
	if (vkey_parse(s, &k->vkey, NULL) != 0)
		return bad(r, "not a verifier key", s);
	return 0;
}

static int
key_from(struct reader *r, void *obj)
{
	return read_u64(r, INT64_MAX, &((struct trust_key *)obj)->from);
}

static int
key_until(struct reader *r, void *obj)
{
	struct trust_key	*k = obj;
	int			 rc;

	if ((rc = read_u64(r, INT64_MAX, &k->until)) != 0)
		return rc;
	if (k->until == 0)
		k->until = UINT64_MAX;
	return 0;
}

static const struct row key_rows[] = {
	{ "vkey", key_vkey, true },
	{ "from", key_from, true },
	{ "until", key_until, false },
	{ NULL, NULL, false }
};

/* ---- the fields of a province ---- */

static int
province_province(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;
	int			 rc;

	if ((rc = read_word(r, &p->province)) != 0)
		return rc;
	if (!is_digits(p->province, 2, 2))
		return bad(r, "a province is two digits", p->province);
	return 0;
}

static int
province_origin(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;
	int			 rc;

	if ((rc = read_word(r, &p->origin)) != 0)
		return rc;
	if (strlen(p->origin) >= NOTE_NAME_MAX || strchr(p->origin, '+'))
		return bad(r, "not the name of a log", p->origin);
	return 0;
}

static int
url_item(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;
	char			*s;
	int			 rc;

	if ((rc = read_word(r, &s)) != 0)
		return rc;
	push(&p->urls, &p->nurls, s);
	if ((strncmp(s, "http://", 7) != 0 && strncmp(s, "https://", 8) != 0)
	    || s[strlen(s) - 1] == '/')
		return bad(r, "not http(s)://host without a final slash", s);
	return 0;
}

static int
province_urls(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;

	return read_list(r, LIMIT_ITEMS, &p->nurls, url_item, p);
}

static int
prefix_item(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;
	char			*s;
	int			 rc;

	if ((rc = read_word(r, &s)) != 0)
		return rc;
	push(&p->prefixes, &p->nprefixes, s);
	if (!is_digits(s, 2, 6))
		return bad(r, "a prefix has 2 to 6 digits", s);
	return 0;
}

static int
province_prefixes(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;

	return read_list(r, LIMIT_ITEMS, &p->nprefixes, prefix_item, p);
}

static int
since_electronic(struct reader *r, void *obj)
{
	return read_time(r,
	    &((struct trust_province *)obj)->complete_electronic);
}

static int
since_physical(struct reader *r, void *obj)
{
	return read_time(r,
	    &((struct trust_province *)obj)->complete_physical);
}

static const struct row since_rows[] = {
	{ "electronic", since_electronic, false },
	{ "physical", since_physical, false },
	{ NULL, NULL, false }
};

static int
province_since(struct reader *r, void *obj)
{
	return read_table(r, since_rows, obj);
}

static int
key_item(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;
	struct trust_key	*k;
	int			 rc;

	p->keys = xreallocarray(p->keys, p->nkeys + 1, sizeof(*p->keys));
	k = &p->keys[p->nkeys++];
	memset(k, 0, sizeof(*k));
	k->until = UINT64_MAX;
	if ((rc = read_table(r, key_rows, k)) != 0)
		return rc;
	if (k->until <= k->from)
		return bad(r, "a key that is good for no size", NULL);
	return 0;
}

static int
province_keys(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;

	return read_list(r, LIMIT_ITEMS, &p->nkeys, key_item, p);
}

static int
ca_item(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;
	const char		*s = scalar(r);
	uint8_t			*der;
	size_t			 n;

	if (s == NULL)
		return ERR_FORMAT;
	der = xmalloc(LIMIT_CERT);
	if (!b64_decode(s, strlen(s), der, LIMIT_CERT, &n) ||
	    der_check(OCTETS(der, n), NULL) != 0) {
		free(der);
		return bad(r, "not a certificate in base64", NULL);
	}
	p->ca = xreallocarray(p->ca, p->nca + 1, sizeof(*p->ca));
	p->ca[p->nca++] = OCTETS(der, n);
	return 0;
}

static int
province_ca(struct reader *r, void *obj)
{
	struct trust_province	*p = obj;

	return read_list(r, LIMIT_ITEMS, &p->nca, ca_item, p);
}

static const struct row province_rows[] = {
	{ "province", province_province, true },
	{ "origin", province_origin, true },
	{ "urls", province_urls, true },
	{ "prefixes", province_prefixes, true },
	{ "complete_since", province_since, false },
	{ "keys", province_keys, true },
	{ "ca", province_ca, true },
	{ NULL, NULL, false }
};

/* ---- the fields of the list ---- */

static int
list_version(struct reader *r, void *obj)
{
	return read_u64(r, INT64_MAX, &((struct trust *)obj)->version);
}

static int
list_issued(struct reader *r, void *obj)
{
	return read_time(r, &((struct trust *)obj)->issued);
}

static int
list_expires(struct reader *r, void *obj)
{
	return read_time(r, &((struct trust *)obj)->expires);
}

static int
list_max_age(struct reader *r, void *obj)
{
	uint64_t	v = 0;
	int		rc;

	if ((rc = read_u64(r, INT32_MAX, &v)) != 0)
		return rc;
	if (v == 0)
		return bad(r, "no answer would be young enough", NULL);
	((struct trust *)obj)->max_age = (int64_t)v;
	return 0;
}

static int
province_item(struct reader *r, void *obj)
{
	struct trust		*t = obj;
	struct trust_province	*p;
	yaml_mark_t		 begin = r->ev.start_mark;
	size_t			 i;
	int			 rc;

	t->provinces = xreallocarray(t->provinces, t->nprovinces + 1,
	    sizeof(*t->provinces));
	p = &t->provinces[t->nprovinces++];
	memset(p, 0, sizeof(*p));
	if ((rc = read_table(r, province_rows, p)) != 0)
		return rc;
	/* Identity is the origin: a key of another name is of another log. */
	for (i = 0; i < p->nkeys; i++)
		if (strcmp(vkey_name(p->keys[i].vkey), p->origin) != 0)
			return bad_at(r, begin, "a key of another origin",
			    vkey_text(p->keys[i].vkey));
	return 0;
}

static int
list_provinces(struct reader *r, void *obj)
{
	struct trust	*t = obj;

	return read_list(r, LIMIT_PROVINCES, &t->nprovinces, province_item,
	    t);
}

static const struct row list_rows[] = {
	{ "version", list_version, true },
	{ "issued", list_issued, true },
	{ "expires", list_expires, true },
	{ "max_age", list_max_age, true },
	{ "provinces", list_provinces, true },
	{ NULL, NULL, false }
};

static int
wrong(struct err *e, const char *why, const char *what)
{
	return err_set_id(e, ERR_FORMAT, "bad-trust-list",
	    "trust list: %s: %s", why, what);
}

/* What no single line shows. */
static int
check_owners(const struct trust *t, struct err *e)
{
	const struct trust_province	*p, *q;
	size_t				 i, j, k, m;

	for (i = 0; i < t->nprovinces; i++) {
		p = &t->provinces[i];
		for (j = 0; j <= i; j++) {
			q = &t->provinces[j];
			if (j < i && strcmp(p->province, q->province) == 0)
				return wrong(e, "a province twice",
				    p->province);
			if (j < i && strcmp(p->origin, q->origin) == 0)
				return wrong(e, "two provinces of one origin",
				    p->origin);
			for (k = 0; k < p->nprefixes; k++)
				for (m = 0; m < (j < i ? q->nprefixes : k);
				    m++)
					if (strcmp(p->prefixes[k],
					    q->prefixes[m]) == 0)
						return wrong(e, "a prefix with"
						    " two owners",
						    p->prefixes[k]);
		}
	}
	if (t->expires <= t->issued)
		return err_set_id(e, ERR_FORMAT, "bad-trust-list",
		    "trust list: it expires before it is issued");
	return 0;
}

static int
read_yaml(struct octets in, struct trust *t, struct err *e)
{
	struct reader	r;
	int		rc;

	memset(&r, 0, sizeof(r));
	r.e = e;
	if (!yaml_parser_initialize(&r.p))
		abort();
	yaml_parser_set_encoding(&r.p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.p, in.p, in.len);

	if ((rc = next(&r)) != 0 ||		/* stream */
	    (rc = next(&r)) != 0)		/* document */
		goto out;
	if (r.ev.type != YAML_DOCUMENT_START_EVENT) {
		rc = bad(&r, "nothing", NULL);
		goto out;
	}
	if ((rc = next(&r)) != 0 ||
	    (rc = read_table(&r, list_rows, t)) != 0 ||
	    (rc = next(&r)) != 0 ||		/* end of document */
	    (rc = next(&r)) != 0)
		goto out;
	if (r.ev.type != YAML_STREAM_END_EVENT) {
		rc = bad(&r, "a second document", NULL);
		goto out;
	}
	rc = 0;
out:
	yaml_event_delete(&r.ev);
	yaml_parser_delete(&r.p);
	return rc;
}

int
trust_parse(struct octets note, const struct vkey *national,
    struct trust **out, struct err *e)
{
	struct trust	*t = xcalloc(1, sizeof(*t));
	struct octets	 body;
	struct cursor	 c;
	int64_t		 when;
	int		 rc;

	*out = NULL;
	if (national != NULL)
		rc = note_open(note, national, &body, &when, e);
	else
		rc = note_body(note, &body, e);
	if (rc != 0)
		goto out;
	c = cursor_of(body.p, body.len);
	if (!take_literal(&c, MAGIC)) {
		rc = err_set_id(e, ERR_FORMAT, "bad-trust-list",
		    "trust list: 1:1: not sealreg-trust/v1");
		goto out;
	}
	if ((rc = read_yaml(OCTETS(c.p, cursor_left(&c)), t, e)) != 0 ||
	    (rc = check_owners(t, e)) != 0)
		goto out;
	t->text = xstrndup((const char *)note.p, note.len);
	t->textlen = note.len;
	if (national != NULL)
		t->national_vkey = xstrdup(vkey_text(national));
	*out = t;
	t = NULL;
	rc = 0;
out:
	trust_free(t);
	return rc;
}

static void
province_fini(struct trust_province *p)
{
	size_t	i;

	free(p->province);
	free(p->origin);
	for (i = 0; i < p->nurls; i++)
		free(p->urls[i]);
	free(p->urls);
	for (i = 0; i < p->nprefixes; i++)
		free(p->prefixes[i]);
	free(p->prefixes);
	for (i = 0; i < p->nkeys; i++)
		vkey_free(p->keys[i].vkey);
	free(p->keys);
	for (i = 0; i < p->nca; i++)
		free((void *)(uintptr_t)p->ca[i].p);
	free(p->ca);
}

void
trust_free(struct trust *t)
{
	size_t	i;

	if (t == NULL)
		return;
	for (i = 0; i < t->nprovinces; i++)
		province_fini(&t->provinces[i]);
	free(t->provinces);
	free(t->text);
	free(t->national_vkey);
	free(t);
}

/* ---- writing ---- */

static void
put_time(struct buf *out, const char *key, int64_t t)
{
	char	text[TM_RFC3339_SIZE];

	tm_rfc3339(t, text);
	buf_printf(out, "%s: \"%s\"\n", key, text);
}

static void
put_words(struct buf *out, const char *key, char *const *words, size_t n)
{
	size_t	i;

	buf_printf(out, "  %s: [", key);
	for (i = 0; i < n; i++)
		buf_printf(out, "%s\"%s\"", i > 0 ? ", " : "", words[i]);
	buf_puts(out, "]\n");
}

static void
put_province(struct buf *out, const struct trust_province *p)
{
	size_t	i;

	buf_printf(out, "- province: \"%s\"\n", p->province);
	buf_printf(out, "  origin: \"%s\"\n", p->origin);
	put_words(out, "urls", p->urls, p->nurls);
	put_words(out, "prefixes", p->prefixes, p->nprefixes);
	if (p->complete_electronic != 0 || p->complete_physical != 0)
		buf_puts(out, "  complete_since:\n");
	if (p->complete_electronic != 0)
		put_time(out, "    electronic", p->complete_electronic);
	if (p->complete_physical != 0)
		put_time(out, "    physical", p->complete_physical);
	buf_puts(out, p->nkeys > 0 ? "  keys:\n" : "  keys: []\n");
	for (i = 0; i < p->nkeys; i++) {
		buf_printf(out, "  - vkey: \"%s\"\n",
		    vkey_text(p->keys[i].vkey));
		buf_printf(out, "    from: %llu\n",
		    (unsigned long long)p->keys[i].from);
		if (p->keys[i].until != 0 && p->keys[i].until != UINT64_MAX)
			buf_printf(out, "    until: %llu\n",
			    (unsigned long long)p->keys[i].until);
	}
	buf_puts(out, p->nca > 0 ? "  ca:\n" : "  ca: []\n");
	for (i = 0; i < p->nca; i++) {
		buf_puts(out, "  - \"");
		buf_put_b64(out, p->ca[i].p, p->ca[i].len);
		buf_puts(out, "\"\n");
	}
}

void
trust_format(const struct trust *t, struct buf *out)
{
	size_t	i;

	buf_puts(out, MAGIC);
	buf_printf(out, "version: %llu\n", (unsigned long long)t->version);
	put_time(out, "issued", t->issued);
	put_time(out, "expires", t->expires);
	buf_printf(out, "max_age: %lld\n", (long long)t->max_age);
	buf_puts(out, t->nprovinces > 0 ? "provinces:\n" : "provinces: []\n");
	for (i = 0; i < t->nprovinces; i++)
		put_province(out, &t->provinces[i]);
}

/* ---- asking ---- */

const struct trust_province *
trust_owner(const struct trust *t, const char *code)
{
	const struct trust_province	*p, *best = NULL;
	size_t				 i, k, n, longest = 0;

	for (i = 0; i < t->nprovinces; i++) {
		p = &t->provinces[i];
		for (k = 0; k < p->nprefixes; k++) {
			n = strlen(p->prefixes[k]);
			if (n > longest &&
			    strncmp(code, p->prefixes[k], n) == 0) {
				longest = n;
				best = p;
			}
		}
	}
	return best;
}

const struct trust_province *
trust_by_province(const struct trust *t, const char *province)
{
	size_t	i;

	for (i = 0; i < t->nprovinces; i++)
		if (strcmp(t->provinces[i].province, province) == 0)
			return &t->provinces[i];
	return NULL;
}

const struct trust_province *
trust_by_origin(const struct trust *t, const char *origin)
{
	size_t	i;

	for (i = 0; i < t->nprovinces; i++)
		if (strcmp(t->provinces[i].origin, origin) == 0)
			return &t->provinces[i];
	return NULL;
}

int
trust_open_checkpoint(const struct trust_province *p, struct octets note,
    struct checkpoint *cp, int64_t *time, struct err *e)
{
	const struct trust_key	*k;
	struct err		 why = ERR_INIT;
	size_t			 i;
	int			 rc;

	memset(cp, 0, sizeof(*cp));
	*time = 0;
	for (i = 0; i < p->nkeys; i++) {
		struct err one = ERR_INIT;

		k = &p->keys[i];
		rc = checkpoint_open(note, k->vkey, cp, time, &one);
		if (rc == 0 && k->from <= cp->size && cp->size < k->until)
			return 0;
		if (rc == 0)
			err_set_id(&one, ERR_VERIFY, "unknown-key",
			    "checkpoint: %s is not good for size %llu",
			    vkey_text(k->vkey), (unsigned long long)cp->size);
		/* A signature that fails says more than a key not used. */
		if (why.code == 0 || strcmp(why.id, "unknown-key") == 0)
			why = one;
	}
	memset(cp, 0, sizeof(*cp));
	*time = 0;
	if (why.code == 0)
		return err_set_id(e, ERR_VERIFY, "unknown-key",
		    "checkpoint: the trust list has no key of %s",
		    p->province);
	return err_set_id(e, (enum err_code)why.code, why.id, "%s", why.text);
}
