#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "fx.h"

#define GOOD	"44010600000001"
#define ABSENT	"44010699999999"

static struct fx	*f;

static int
setup(void **state)
{
	(void)state;
	f = fx_usual();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fx_free(f);
	return 0;
}

static struct proof_ask
ask_of(const char *code)
{
	return (struct proof_ask){ .code = code, .now = FX_AS_OF + 5 };
}

/* The id of the refusal, or "" for an answer that holds. */
static const char *
check(const char *text, const struct proof_ask *ask, struct proof *out)
{
	static char	id[ERR_ID_MAX];
	struct proof	*p = NULL;
	struct err	 e = ERR_INIT;
	int		 rc;

	rc = proof_check(OCTETS(text, strlen(text)), &f->t, ask, &p, &e);
	assert_true((rc == 0) == (p != NULL));
	assert_true(rc == 0 || rc == e.code);
	strcpy(id, e.id);
	if (p != NULL && out != NULL) {
		/* Plain members only: the record goes with p. */
		*out = *p;
		if (p->present)
			assert_string_equal(p->record.seal_code, ask->code);
	}
	proof_free(p);
	return id;
}

/* ---- the verdicts, node and relying party agreeing */

static void
test_verdicts(void **state)
{
	static uint8_t	other[SM3_LEN];
	uint8_t		own[SM3_LEN];
	const struct {
		const char	*code;
		const uint8_t	*digest;
		int64_t		 at;	/* 0: none */
		enum verdict	 want;
		enum verdict_why why;
	} row[] = {
		{ GOOD, NULL, 0, VERDICT_VALID, WHY_GOOD },
		{ GOOD, own, 0, VERDICT_VALID, WHY_GOOD },
		{ GOOD, other, 0, VERDICT_MISMATCH, WHY_DIGEST },
		{ "44010600000002", NULL, 0, VERDICT_NOT_VALID, WHY_STATUS },
		{ "44010600000002", other, 0, VERDICT_MISMATCH, WHY_DIGEST },
		{ "44010600000003", NULL, 0, VERDICT_NOT_VALID, WHY_EXPIRED },
		{ "44010600000003", NULL, FX_TIME + 15, VERDICT_VALID,
		    WHY_GOOD },
		{ "44010600000004", NULL, 0, VERDICT_VALID, WHY_GOOD },
		{ ABSENT, NULL, 0, VERDICT_NOT_FILED, WHY_ABSENT },
		{ ABSENT, other, 0, VERDICT_NOT_FILED, WHY_ABSENT },
		{ GOOD, NULL, FX_TIME + 99999, VERDICT_VALID, WHY_GOOD },
		{ GOOD, NULL, FX_TIME + 100000, VERDICT_NOT_VALID,
		    WHY_EXPIRED },
		/* Before the last change: nothing is said. */
		{ GOOD, NULL, FX_TIME + 9, VERDICT_UNKNOWN,
		    WHY_SAID_UNKNOWN },
		{ "44010600000002", NULL, FX_TIME + 199, VERDICT_UNKNOWN,
		    WHY_SAID_UNKNOWN },
		{ "44010600000002", NULL, FX_TIME + 200, VERDICT_NOT_VALID,
		    WHY_STATUS },
		/* Before the register was complete. */
		{ ABSENT, NULL, FX_TIME - 1, VERDICT_UNKNOWN,
		    WHY_SAID_UNKNOWN },
	};
	size_t	i;

	(void)state;
	sm3(GOOD, strlen(GOOD), own);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct proof_ask ask = ask_of(row[i].code);
		struct proof	 p;
		char		*text;
		const char	*id;

		ask.digest = row[i].digest;
		ask.has_at = row[i].at != 0;
		ask.at = row[i].at;
		text = fx_answer(f, &ask);
		id = check(text, &ask, &p);
		if (*id != '\0')
			fail_msg("row %zu: %s: %s", i, id, text);
		if (p.verdict != row[i].want || p.why != row[i].why)
			fail_msg("row %zu: %s, %s", i,
			    verdict_word(p.verdict), verdict_why(p.why));
		assert_int_equal(p.proven, row[i].want != VERDICT_UNKNOWN);
		assert_int_equal(p.present, p.proven && row[i].want !=
		    VERDICT_NOT_FILED);
		if (p.proven)
			assert_int_equal(p.as_of, FX_AS_OF);
		free(text);
	}
}

/* Too old, too new, or not complete by our list: never more than unknown. */
static void
test_doubt(void **state)
{
	struct proof_ask ask = ask_of(GOOD);
	struct proof	 p;
	char		*text;

	(void)state;
	text = fx_answer(f, &ask);
	ask.now = FX_AS_OF + FX_MAX_AGE;
	assert_string_equal(check(text, &ask, &p), "");
	assert_int_equal(p.verdict, VERDICT_VALID);
	ask.now = FX_AS_OF + FX_MAX_AGE + 1;
	assert_string_equal(check(text, &ask, &p), "");
	assert_int_equal(p.verdict, VERDICT_UNKNOWN);
	assert_int_equal(p.why, WHY_TOO_OLD);
	ask.now = FX_AS_OF - LIMIT_CLOCK_SKEW - 1;
	assert_string_equal(check(text, &ask, &p), "");
	assert_int_equal(p.verdict, VERDICT_UNKNOWN);
	assert_int_equal(p.why, WHY_FROM_FUTURE);
	free(text);

	ask = ask_of(ABSENT);
	text = fx_answer(f, &ask);
	f->p[0].complete_electronic = 0;
	assert_string_equal(check(text, &ask, &p), "");
	assert_int_equal(p.verdict, VERDICT_UNKNOWN);
	assert_int_equal(p.why, WHY_INCOMPLETE);
	f->p[0].complete_electronic = FX_TIME;
	free(text);

	/* A register of electronic seals says nothing of older physical ones. */
	ask = ask_of("4401060099999");
	f->p[0].complete_physical = FX_TIME;
	text = fx_answer(f, &ask);
	assert_string_equal(check(text, &ask, &p), "");
	assert_int_equal(p.verdict, VERDICT_NOT_FILED);
	f->p[0].complete_physical = 0;
	assert_string_equal(check(text, &ask, &p), "");
	assert_int_equal(p.verdict, VERDICT_UNKNOWN);
	assert_int_equal(p.why, WHY_INCOMPLETE);
	free(text);
}

static void
test_questions(void **state)
{
	static const char *const bad[] = { "", "4401060000000", "440106000000012",
	    "4401060000000x", "99010600000001" };
	struct proof_ask ask = ask_of(GOOD), other;
	char		*text = fx_answer(f, &ask);
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* 13 digits are a code of older seals, but not this one. */
		other = ask_of(bad[i]);
		assert_string_equal(check(text, &other, NULL),
		    strlen(bad[i]) == 13 ? "answer-code" : "invalid-code");
	}
	other = ask_of("44010600000002");
	assert_string_equal(check(text, &other, NULL), "answer-code");
	free(text);
}

/* ---- one link broken at a time */

/* Set the member at path ("proof.epoch.index") to v (taken). */
static void
set(json_t *root, const char *path, json_t *v)
{
	char	 word[40];
	json_t	*o = root;
	size_t	 n;

	for (;;) {
		n = strcspn(path, ".");
		memcpy(word, path, n);
		word[n] = '\0';
		if (path[n] == '\0')
			break;
		o = json_object_get(o, word);
		path += n + 1;
	}
	json_object_set_new(o, word, v);
}

static json_t *
get(json_t *root, const char *a, const char *b, const char *c)
{
	json_t	*o = json_object_get(root, a);

	o = b != NULL ? json_object_get(o, b) : o;
	return c != NULL ? json_object_get(o, c) : o;
}

static json_t *
load(const char *code)
{
	struct proof_ask ask = ask_of(code);
	char		*text = fx_answer(f, &ask);
	json_t		*root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	free(text);
	return root;
}

static void
refuse(json_t *root, const char *code, const char *want)
{
	struct proof_ask ask = ask_of(code);
	char		*text = json_dumps(root, JSON_COMPACT);
	const char	*id = check(text, &ask, NULL);

	if (strcmp(id, want) != 0)
		fail_msg("%s: \"%s\", not %s", text, id, want);
	free(text);
	json_decref(root);
}

static void
test_named(void **state)
{
	json_t	*a, *b;

	(void)state;
#define BREAK(PATH, V, WANT) \
	(a = load(GOOD), set(a, (PATH), (V)), refuse(a, GOOD, (WANT)))
	BREAK("code", json_string(ABSENT), "answer-code");
	BREAK("verdict", json_string("not_valid"), "answer-verdict");
	BREAK("verdict", json_string("unknown"), "answer-verdict");
	BREAK("verdict", json_string("fine"), "answer-verdict");
	BREAK("basis", json_string("reported"), "answer-basis");
	BREAK("status", json_string("suspended"), "answer-status");
	BREAK("status", json_null(), "answer-status");
	BREAK("as_of", json_string("2023-11-14T22:30:01Z"), "answer-as-of");
	BREAK("as_of", json_null(), "answer-as-of");
	BREAK("record", json_null(), "answer-record");
	BREAK("record.owner_name", json_string("x"), "answer-record");
	BREAK("record.extra", json_string("x"), "answer-record");
	BREAK("more", json_null(), "answer-malformed");
	BREAK("proof.origin", json_string("33.sealreg.example/log"),
	    "proof-origin");
	BREAK("proof.epoch.index", json_integer(1), "proof-not-last");
	BREAK("proof.epoch.entry", json_string("AAAA"), "proof-epoch");
	BREAK("proof.epoch.path", json_array(), "proof-path");
	BREAK("proof.bucket.index", json_integer(99), "proof-bucket");
	BREAK("proof.bucket.rows", json_string("AAAA"), "proof-rows");
	BREAK("proof.bucket.siblings", json_array(), "proof-depth");
	BREAK("proof.record", json_null(), "proof-record-missing");
	BREAK("proof.record", json_string("AAAA"), "proof-record");
	BREAK("proof.checkpoint", json_string("x"), "bad-note");
	BREAK("proof.bucket.rows", json_string(""), "proof-root");
	BREAK("proof", json_null(), "answer-verdict");
	BREAK("proof", json_string("x"), "answer-malformed");
#undef BREAK

	/* An older checkpoint of the same log: its last leaf is another. */
	a = load(GOOD);
	b = load(ABSENT);
	json_object_set(json_object_get(a, "proof"), "bucket",
	    get(b, "proof", "bucket", NULL));
	json_decref(b);
	refuse(a, GOOD, "proof-bucket");

	/* A record where the map has none. */
	a = load(ABSENT);
	set(a, "proof.record", json_string("AAAA"));
	refuse(a, ABSENT, "proof-record-unasked");

	/* Absent although it is there: the row is taken out. */
	a = load(GOOD);
	set(a, "verdict", json_string("not_filed"));
	set(a, "status", json_null());
	set(a, "record", json_null());
	set(a, "proof.record", json_null());
	refuse(a, GOOD, "proof-record-missing");

	/* Nothing known, but told all the same. */
	a = load(GOOD);
	set(a, "proof", json_null());
	set(a, "verdict", json_string("unknown"));
	refuse(a, GOOD, "answer-record");
	a = load(GOOD);
	set(a, "proof", json_null());
	set(a, "verdict", json_string("unknown"));
	set(a, "record", json_null());
	refuse(a, GOOD, "answer-status");
	a = load(GOOD);
	set(a, "proof", json_null());
	set(a, "verdict", json_string("unknown"));
	set(a, "record", json_null());
	set(a, "status", json_null());
	refuse(a, GOOD, "answer-basis");
	a = load(GOOD);
	set(a, "proof", json_null());
	set(a, "verdict", json_string("unknown"));
	set(a, "record", json_null());
	set(a, "status", json_null());
	set(a, "basis", json_string("reported"));
	set(a, "as_of", json_string("soon"));
	refuse(a, GOOD, "answer-as-of");
}

/* The owner signs something wrong: the proof does not hold all the same. */
static void
test_owner_lies(void **state)
{
	struct proof_ask ask = ask_of(GOOD);
	struct epoch	 ep;
	struct buf	*last;
	char		*text;
	struct fx	*own = f;

	(void)state;
	/* A key that is not good for this size. */
	f->key.until = 3;
	text = fx_answer(f, &ask);
	assert_string_equal(check(text, &ask, NULL), "unknown-key");
	f->key.until = UINT64_MAX;
	free(text);

	/* A signature of another time. */
	f->head.signed_at++;
	answer_head_fini(&f->pre);
	text = fx_answer(f, &ask);
	assert_string_equal(check(text, &ask, NULL), "answer-as-of");
	f->head.signed_at--;
	answer_head_fini(&f->pre);
	free(text);

	/* Another province's key under this code. */
	f->p[1].keys = &f->key;
	f->p[1].nkeys = 1;
	ask.code = "33010600000001";
	text = fx_answer(f, &ask);
	assert_string_equal(check(text, &ask, NULL), "proof-origin");
	f->p[1].nkeys = 0;
	free(text);

	/* An epoch that covers another number of leaves. */
	ask.code = GOOD;
	f = fx_usual();
	last = &f->entry[f->n - 1];
	assert_int_equal(epoch_decode(buf_octets(last), &ep, NULL), 0);
	ep.covered--;
	buf_reset(last);
	epoch_encode(&ep, last);
	entry_leaf(buf_octets(last), f->leaf[f->n - 1].h);
	text = fx_answer(f, &ask);
	assert_string_equal(check(text, &ask, NULL), "proof-epoch");
	free(text);
	fx_free(f);
	f = own;
}

/* A checkpoint whose last leaf is no epoch. */
static void
test_not_epoch(void **state)
{
	struct proof_ask ask = ask_of(GOOD);
	struct record	 r = fx_record("44010600000077");
	struct log_head	 before;
	struct fx	*own = f;
	char		*text;

	(void)state;
	f = fx_usual();
	fx_file(f, &r, EVENT_FILED);
	before = f->head;
	fx_seal(f, FX_AS_OF);
	/* Show the epoch before under the new checkpoint. */
	f->head.epoch = before.epoch;
	answer_head_fini(&f->pre);
	text = fx_answer(f, &ask);
	assert_string_equal(check(text, &ask, NULL), "proof-not-last");
	free(text);
	fx_free(f);
	f = own;
}

/* ---- every value, changed in every simple way */

static unsigned	tried;

static const char *const known[] = {
	"answer-malformed", "answer-code", "answer-verdict", "answer-status",
	"answer-as-of", "answer-basis", "answer-record", "proof-origin",
	"proof-path", "proof-epoch", "proof-not-last", "proof-depth",
	"proof-bucket", "proof-rows", "proof-root", "proof-record",
	"proof-record-missing", "proof-record-unasked", "unknown-key",
	"bad-signature", "bad-note", "bad-checkpoint", "bad-record", NULL
};

static void
try_one(json_t *root, const char *code, const char *where)
{
	struct proof_ask ask = ask_of(code);
	char		*text = json_dumps(root, JSON_COMPACT);
	const char	*id;
	size_t		 i;

	tried++;
	id = check(text, &ask, NULL);
	for (i = 0; known[i] != NULL; i++)
		if (strcmp(known[i], id) == 0)
			break;
	if (known[i] == NULL)
		fail_msg("%s changed: \"%s\": %s", where, id, text);
	free(text);
}

/* Try what a value could become, in its place; put it back after. */
static void
mutate(json_t *root, json_t *parent, const char *key, size_t index,
    const char *code)
{
	json_t		*v, *alt[8];
	const char	*s;
	char		*t;
	size_t		 i, n = 0, len;

	v = key != NULL ? json_object_get(parent, key) :
	    json_array_get(parent, index);
	json_incref(v);
	if (json_is_string(v)) {
		s = json_string_value(v);
		len = strlen(s);
		for (i = 0; i < 3 && len > 0; i++) {
			size_t	at = i == 0 ? 0 : i == 1 ? len / 2 : len - 1;

			t = xstrdup(s);
			/* Stay in one octet of UTF-8 and of base64. */
			while (at > 0 && (t[at] & 0x80) != 0)
				at--;
			if ((t[at] & 0x80) == 0) {
				t[at] = t[at] == 'A' ? 'B' : 'A';
				alt[n++] = json_string(t);
			}
			free(t);
		}
		t = xasprintf("%sA", s);
		alt[n++] = json_string(t);
		free(t);
		alt[n++] = json_null();
		alt[n++] = json_integer(0);
	} else if (json_is_integer(v)) {
		alt[n++] = json_integer(json_integer_value(v) + 1);
		alt[n++] = json_integer(-1);
		alt[n++] = json_real((double)json_integer_value(v));
		alt[n++] = json_string("1");
	} else if (json_is_null(v)) {
		alt[n++] = json_string("AAAA");
		alt[n++] = json_integer(0);
		alt[n++] = json_object();
	} else {
		alt[n++] = json_null();
		alt[n++] = json_string("");
		alt[n++] = json_object();
		/* An empty array is itself. */
		if (!json_is_array(v) || json_array_size(v) > 0)
			alt[n++] = json_array();
	}
	for (i = 0; i < n; i++) {
		if (json_equal(alt[i], v)) {
			json_decref(alt[i]);
			continue;
		}
		if (key != NULL)
			json_object_set_new(parent, key, alt[i]);
		else
			json_array_set_new(parent, index, alt[i]);
		try_one(root, code, key != NULL ? key : "[]");
	}
	if (key != NULL)
		json_object_set(parent, key, v);
	else
		json_array_set(parent, index, v);
	json_decref(v);
}

static void
walk(json_t *root, json_t *o, const char *code)
{
	const char	*key;
	char		*keys[40], *k;
	json_t		*v, *copy;
	size_t		 i, n = 0;

	if (json_is_object(o)) {
		json_object_foreach(o, key, v)
			keys[n++] = xstrdup(key);
		for (i = 0; i < n; i++) {
			k = keys[i];
			mutate(root, o, k, 0, code);
			walk(root, json_object_get(o, k), code);
			/* Without it, and with another beside it. */
			copy = json_copy(o);
			json_object_del(o, k);
			try_one(root, code, k);
			json_object_update(o, copy);
			json_decref(copy);
			free(k);
		}
		json_object_set_new(o, "zz", json_integer(1));
		try_one(root, code, "zz");
		json_object_del(o, "zz");
	} else if (json_is_array(o)) {
		for (i = 0; i < json_array_size(o); i++) {
			mutate(root, o, NULL, i, code);
			v = json_array_get(o, i);
			json_incref(v);
			json_array_remove(o, i);
			try_one(root, code, "array");
			json_array_insert_new(o, i, v);
		}
		json_array_append_new(o, json_string(
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
		try_one(root, code, "array");
		json_array_remove(o, json_array_size(o) - 1);
	}
}

static void
walk_code(const char *code, unsigned least)
{
	struct proof_ask ask = ask_of(code);
	json_t		*root = load(code);
	char		*text;

	tried = 0;
	walk(root, root, code);
	/* All put back: it holds again, so what refused was the change. */
	text = json_dumps(root, JSON_COMPACT);
	assert_string_equal(check(text, &ask, NULL), "");
	free(text);
	json_decref(root);
	if (tried < least)
		fail_msg("only %u changes", tried);
}

static void
test_every_change(void **state)
{
	(void)state;
	walk_code(GOOD, 200);
}

static void
test_every_change_suspended(void **state)
{
	(void)state;
	walk_code("44010600000002", 200);
}

static void
test_every_change_absent(void **state)
{
	(void)state;
	walk_code(ABSENT, 60);
}

/* Every octet of what is signed or hashed, one bit each. */
static void
test_every_octet(void **state)
{
	static const char *const at[][3] = {
		{ "proof", "checkpoint", NULL },
		{ "proof", "epoch", "entry" },
		{ "proof", "bucket", "rows" },
		{ "proof", "record", NULL }
	};
	json_t	*root = load(GOOD), *v;
	size_t	 i, j;

	(void)state;
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		v = get(root, at[i][0], at[i][1], at[i][2]);
		for (j = 0; j < json_string_length(v); j += i == 2 ? 7 : 1) {
			char	*was = xstrdup(json_string_value(v));
			char	*t = xstrdup(was);

			if ((t[j] & 0x80) == 0) {
				t[j] ^= t[j] == '\n' ? 2 : 1;
				if (t[j] >= ' ') {
					json_string_set(v, t);
					try_one(root, GOOD, at[i][1]);
				}
			}
			json_string_set(v, was);
			free(was);
			free(t);
		}
	}
	json_decref(root);
}

static void
test_not_json(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "null", "{}", "\"x\"", "{\"code\":1,\"code\":2}",
		"{\"code\":\"44010600000001\"} x"
	};
	struct proof_ask ask = ask_of(GOOD);
	char		*text = fx_answer(f, &ask), *twice;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(check(bad[i], &ask, NULL),
		    "answer-malformed");
	twice = xasprintf("{\"verdict\":\"valid\",%s", text + 1);
	assert_string_equal(check(twice, &ask, NULL), "answer-malformed");
	free(twice);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_owner_lies),
		cmocka_unit_test(test_not_epoch),
		cmocka_unit_test(test_every_change),
		cmocka_unit_test(test_every_change_suspended),
		cmocka_unit_test(test_every_change_absent),
		cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_not_json)
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
