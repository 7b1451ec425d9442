#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/judge/evidence.h"

void
evidence_fini(struct evidence *ev)
{
	size_t	i;

	for (i = 0; i < ev->nwords; i++) {
		free(ev->words[i].answer);
		free(ev->words[i].history);
		free(ev->words[i].silence);
	}
	for (i = 0; i < ev->ncrls; i++)
		free((void *)(uintptr_t)ev->crls[i].p);
	policy_fini(&ev->policy);
	free(ev->reading);
	free(ev->refused);
	free(ev->trust);
	free(ev->stamp);
	free(ev->core);
	memset(ev, 0, sizeof(*ev));
}

struct evidence_word *
evidence_word(struct evidence *ev, const char *code, bool create)
{
	struct evidence_word	*w;
	size_t			 i;

	for (i = 0; i < ev->nwords; i++)
		if (strcmp(ev->words[i].code, code) == 0)
			return &ev->words[i];
	if (!create || i == LIMIT_REPORT_STAMPS ||
	    strlen(code) >= sizeof(w->code))
		return NULL;
	w = &ev->words[ev->nwords++];
	memset(w, 0, sizeof(*w));
	(void)strcpy(w->code, code);
	return w;
}

void
evidence_add_crl(struct evidence *ev, struct octets crl)
{
	size_t	i;

	/* The root's is every province's. */
	for (i = 0; i < ev->ncrls; i++)
		if (ev->crls[i].len == crl.len &&
		    memcmp(ev->crls[i].p, crl.p, crl.len) == 0)
			return;
	if (ev->ncrls == LIMIT_CHAIN_GIVEN || crl.len == 0)
		return;
	ev->crls[ev->ncrls++] = OCTETS(xmemdup(crl.p, crl.len), crl.len);
	sm3(crl.p, crl.len, ev->lists[ev->nlists++]);
}

/* Was it judged by the list with this digest? */
static bool
is_list(const struct evidence *ev, const uint8_t digest[SM3_LEN])
{
	size_t	i;

	for (i = 0; i < ev->nlists; i++)
		if (memcmp(ev->lists[i], digest, SM3_LEN) == 0)
			return true;
	return false;
}

size_t
evidence_lists_gone(const struct evidence *ev)
{
	uint8_t	digest[SM3_LEN];
	size_t	i, k, gone = ev->nlists;

	for (i = 0; i < ev->nlists; i++)
		for (k = 0; k < ev->ncrls; k++) {
			sm3(ev->crls[k].p, ev->crls[k].len, digest);
			if (memcmp(ev->lists[i], digest, SM3_LEN) != 0)
				continue;
			gone--;
			break;
		}
	return gone;
}

/* ---- writing */

static json_t *
b64(const void *p, size_t n)
{
	char	*text = xmalloc(B64_SIZE(n));
	json_t	*v = json_stringn(text, b64_encode(p, n, text));

	free(text);
	return v;
}

static json_t *
moment(int64_t t)
{
	char	text[TM_RFC3339_SIZE];

	tm_rfc3339(t, text);
	return json_string(text);
}

static json_t *
words_of(const struct evidence *ev)
{
	const struct evidence_word	*w;
	json_t				*a = json_array();
	size_t				 i;

	for (i = 0; i < ev->nwords; i++) {
		w = &ev->words[i];
		(void)json_array_append_new(a, json_pack(
		    "{s:s, s:s?, s:s?, s:s?}", "code", w->code, "answer",
		    w->answer, "history", w->history, "silence",
		    w->silence));
	}
	return a;
}

static json_t *
lists_of(const struct evidence *ev)
{
	json_t	*a = json_array();
	char	 hex[HEX_SIZE(SM3_LEN)];
	size_t	 i;

	for (i = 0; i < ev->nlists; i++) {
		hex_encode(ev->lists[i], SM3_LEN, hex);
		(void)json_array_append_new(a, json_string(hex));
	}
	return a;
}

static json_t *
core_of(const struct evidence *ev, const struct report *r)
{
	json_t	*crls = json_array(), *o;
	char	 hex[HEX_SIZE(SM3_LEN)];
	size_t	 i;

	hex_encode(ev->digest, SM3_LEN, hex);
	for (i = 0; i < ev->ncrls; i++)
		(void)json_array_append_new(crls, b64(ev->crls[i].p,
		    ev->crls[i].len));
	o = json_pack("{s:s, s:o, s:o, s:b, s:{s:s, s:I, s:o, s:s?}, "
	    "s:s, s:o, s:o, s:o, s:o}", "format", EVIDENCE_FORMAT,
	    "judged_at", moment(ev->now),
	    "at", ev->has_at ? moment(ev->at) : json_null(),
	    "register_asked", ev->asked,
	    "file", "sm3", hex, "length", (json_int_t)ev->length,
	    "reading", ev->reading != NULL ? b64(ev->reading,
	    ev->readinglen) : json_null(), "refused", ev->refused,
	    "trust", ev->trust, "policy", policy_object(&ev->policy),
	    "crls", crls, "register", words_of(ev),
	    "report", report_object(r));
	if (ev->lists_said)
		(void)json_object_set_new(o, "lists", lists_of(ev));
	return o;
}

static void
put_json(const json_t *root, size_t flags, struct buf *out)
{
	char	*text = json_dumps(root, flags);

	if (text != NULL)
		buf_puts(out, text);
	free(text);
}

void
evidence_put(const struct evidence *ev, const struct report *r,
    struct buf *out)
{
	json_t	*root = core_of(ev, r);

	if (ev->stamp != NULL)
		(void)json_object_set_new(root, "time_stamp", b64(ev->stamp,
		    ev->stamplen));
	put_json(root, JSON_INDENT(1), out);
	buf_puts(out, "\n");
	json_decref(root);
}

#define CORE_FLAGS	(JSON_COMPACT | JSON_SORT_KEYS)

void
evidence_put_core(const struct evidence *ev, const struct report *r,
    struct buf *out)
{
	json_t	*root = core_of(ev, r);

	put_json(root, CORE_FLAGS, out);
	json_decref(root);
}

/* ---- reading */

static int
bad(const char *what, struct err *e)
{
	return err_set_id(e, ERR_FORMAT, "bad-evidence", "evidence: %s",
	    what);
}

/* Octets of a base64 text; false: it is none. */
static bool
unb64(const json_t *v, uint8_t **p, size_t *n)
{
	size_t	len = json_string_length(v);

	if (!json_is_string(v))
		return false;
	*p = xmalloc(len / 4 * 3 + 3);
	if (b64_decode(json_string_value(v), len, *p, len / 4 * 3 + 3, n))
		return true;
	free(*p);
	*p = NULL;
	return false;
}

static char *
text_of(const json_t *o, const char *name)
{
	const char	*s = json_string_value(json_object_get(o, name));

	return s != NULL ? xstrdup(s) : NULL;
}

static bool
read_moment(const json_t *v, int64_t *t)
{
	return json_is_string(v) && tm_parse(json_string_value(v), t);
}

static int
read_words(const json_t *a, struct evidence *ev, struct err *e)
{
	struct evidence_word	*w;
	const json_t		*o;
	const char		*code;
	size_t			 i;

	for (i = 0; i < json_array_size(a); i++) {
		o = json_array_get(a, i);
		code = json_string_value(json_object_get(o, "code"));
		if (code == NULL || (w = evidence_word(ev, code,
		    true)) == NULL || w->answer != NULL)
			return bad("a word of the register", e);
		w->answer = text_of(o, "answer");
		w->history = text_of(o, "history");
		w->silence = text_of(o, "silence");
	}
	return 0;
}

/* What it says that it was judged by. */
static int
read_lists(const json_t *a, struct evidence *ev, struct err *e)
{
	const char	*hex;
	uint8_t		 digest[SM3_LEN];
	size_t		 i;

	ev->lists_said = a != NULL;
	if (a != NULL && (!json_is_array(a) ||
	    json_array_size(a) > LIMIT_CHAIN_GIVEN))
		return bad("which revocation lists it was judged by", e);
	for (i = 0; i < json_array_size(a); i++) {
		hex = json_string_value(json_array_get(a, i));
		if (hex == NULL || !hex_decode(hex, strlen(hex), digest,
		    SM3_LEN) || is_list(ev, digest))
			return bad("which revocation lists it was judged by",
			    e);
		memcpy(ev->lists[ev->nlists++], digest, SM3_LEN);
	}
	return 0;
}

/* Those that it was judged by, where it says that. */
static int
read_crls(const json_t *a, struct evidence *ev, struct err *e)
{
	uint8_t	 digest[SM3_LEN], *p;
	size_t	 i, n;

	if (json_array_size(a) > LIMIT_CHAIN_GIVEN)
		return bad("too many revocation lists", e);
	for (i = 0; i < json_array_size(a); i++) {
		if (!unb64(json_array_get(a, i), &p, &n))
			return bad("a revocation list", e);
		sm3(p, n, digest);
		if (ev->lists_said && !is_list(ev, digest)) {
			ev->nadded++;
			free(p);
			continue;
		}
		ev->crls[ev->ncrls++] = OCTETS(p, n);
	}
	return 0;
}

static int
read_file(const json_t *o, struct evidence *ev, struct err *e)
{
	const char	*hex = json_string_value(json_object_get(o, "sm3"));
	const json_t	*n = json_object_get(o, "length");
	const json_t	*reading = json_object_get(o, "reading");

	if (hex == NULL || !hex_decode(hex, strlen(hex), ev->digest,
	    SM3_LEN) || !json_is_integer(n) || json_integer_value(n) < 0)
		return bad("what file it is about", e);
	ev->length = (uint64_t)json_integer_value(n);
	ev->refused = text_of(o, "refused");
	if (!json_is_null(reading) && !unb64(reading, &ev->reading,
	    &ev->readinglen))
		return bad("what was read of the file", e);
	return 0;
}

/* The time-stamp, and what it is over: all the rest. */
static int
read_stamp(json_t *o, struct evidence *ev, struct err *e)
{
	const json_t	*v = json_object_get(o, "time_stamp");

	if (v == NULL)
		return 0;
	if (!unb64(v, &ev->stamp, &ev->stamplen))
		return bad("its time-stamp", e);
	(void)json_object_del(o, "time_stamp");
	ev->core = json_dumps(o, CORE_FLAGS);
	return ev->core != NULL ? 0 : bad("its text", e);
}

/* What nobody knows, nobody looks at. */
static bool
is_known(const char *name)
{
	static const char *const	names[] = { "format", "judged_at",
					    "at", "register_asked", "file",
					    "trust", "policy", "crls",
					    "lists", "register", "report",
					    "time_stamp" };
	size_t				i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int
read_all(json_t *o, struct evidence *ev, struct err *e)
{
	const char	*format;
	const json_t	*at = json_object_get(o, "at");
	const char	*name;
	json_t		*v;
	int		 rc;

	json_object_foreach(o, name, v)
		if (!is_known(name))
			return bad("it has a member that is not known", e);
	format = json_string_value(json_object_get(o, "format"));
	if (format == NULL || strcmp(format, EVIDENCE_FORMAT) != 0)
		return bad("not of a format known here", e);
	ev->has_at = !json_is_null(at);
	if (!read_moment(json_object_get(o, "judged_at"), &ev->now) ||
	    (ev->has_at && !read_moment(at, &ev->at)))
		return bad("a moment", e);
	ev->asked = json_is_true(json_object_get(o, "register_asked"));
	if ((ev->trust = text_of(o, "trust")) == NULL)
		return bad("no trust list", e);
	if ((rc = read_file(json_object_get(o, "file"), ev, e)) != 0 ||
	    (rc = read_lists(json_object_get(o, "lists"), ev, e)) != 0 ||
	    (rc = read_crls(json_object_get(o, "crls"), ev, e)) != 0 ||
	    (rc = read_words(json_object_get(o, "register"), ev, e)) != 0 ||
	    (rc = policy_from_object(json_object_get(o, "policy"),
	    &ev->policy, e)) != 0)
		return rc;
	return read_stamp(o, ev, e);
}

int
evidence_read(struct octets in, struct evidence *ev, struct err *e)
{
	json_t	*root = NULL;
	int	 rc;

	memset(ev, 0, sizeof(*ev));
	if (in.len <= LIMIT_EVIDENCE)
		root = json_loadb((const char *)in.p, in.len,
		    JSON_REJECT_DUPLICATES, NULL);
	rc = root == NULL ? bad("not JSON, or too long", e) :
	    read_all(root, ev, e);
	if (rc != 0)
		evidence_fini(ev);
	json_decref(root);
	return rc;
}
