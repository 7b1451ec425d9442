#include "vectors.h"

#include "sync/note.h"

static json_t		*v;
static struct vkey	*vk;
static const char	*note;

static int
setup(void **state)
{
	if (vectors_setup(state) != 0)
		return -1;
	v = json_load_file("tests/vectors/note.json", 0, NULL);
	if (v == NULL)
		return -1;
	note = json_string_value(json_object_get(v, "note"));
	return vkey_parse(json_string_value(json_object_get(v, "vkey")), &vk,
	    NULL);
}

static int
teardown(void **state)
{
	(void)state;
	vkey_free(vk);
	json_decref(v);
	return 0;
}

static int
open_text(const char *text, size_t n, struct checkpoint *cp, int64_t *t,
    struct err *e)
{
	return checkpoint_open(OCTETS(text, n), vk, cp, t, e);
}

static void
refuse(const char *text, size_t n, int code, const char *id)
{
	struct checkpoint	cp;
	struct err		e = ERR_INIT;
	int64_t			t;
	int			rc;

	rc = open_text(text, n, &cp, &t, &e);
	if (rc != code || strcmp(e.id, id) != 0)
		fail_msg("%d %s (%s), not %s: %s", rc, e.id, e.text, id, text);
	assert_int_equal(cp.size, 0);
	assert_int_equal(t, 0);
}

static void
test_vector(void **state)
{
	struct checkpoint	cp;
	struct octets		body;
	struct buf		b;
	struct err		e = ERR_INIT;
	uint8_t			root[SM3_LEN];
	int64_t			t;
	json_t			*tree = vectors_load("tree.json");

	(void)state;
	assert_int_equal(open_text(note, strlen(note), &cp, &t, &e), 0);
	assert_string_equal(cp.origin, "44.sealreg.example/log");
	assert_int_equal(cp.size, 257);
	assert_int_equal(t, json_integer_value(json_object_get(v, "time")));
	vectors_hash(json_object_get(json_object_get(tree, "roots"), "257"),
	    root);
	assert_memory_equal(cp.root, root, SM3_LEN);

	/* What parses formats back to the very same octets. */
	assert_int_equal(note_body(OCTETS(note, strlen(note)), &body, NULL),
	    0);
	buf_init(&b, 4096);
	checkpoint_format(&cp, &b);
	assert_int_equal(b.len, body.len);
	assert_memory_equal(b.p, body.p, body.len);
	buf_fini(&b);
	json_decref(tree);
}

static void
test_bad(void **state)
{
	const char	*text;
	json_t		*j;
	size_t		 i;

	(void)state;
	/* The note is signed with its text and time: each of these breaks it. */
	json_array_foreach(json_object_get(v, "bad"), i, j) {
		text = json_string_value(j);
		refuse(text, strlen(text), ERR_VERIFY, "bad-signature");
	}
	assert_true(i >= 3);
}

/* Every bit of the note: no mutation is accepted. */
static void
test_mutations(void **state)
{
	struct checkpoint	cp;
	size_t			n = strlen(note), i;
	char			*p = xstrdup(note);
	int64_t			t;

	(void)state;
	for (i = 0; i < n * 8; i++) {
		p[i / 8] ^= (char)(1 << i % 8);
		assert_int_not_equal(open_text(p, n, &cp, &t, NULL), 0);
		p[i / 8] = note[i / 8];
	}
	for (i = 0; i < n; i++)
		assert_int_not_equal(open_text(p, i, &cp, &t, NULL), 0);
	free(p);
}

static void
test_lines(void **state)
{
	static const char	 other[] =
	    "\xe2\x80\x94 somebody.example AAAAAAAA\n";
	const char		*lines = strstr(note, "\n\n") + 2;
	struct checkpoint	 cp;
	struct octets		 body;
	int64_t			 t;
	char			*s;
	size_t			 i;

	(void)state;
	/* Other people's lines, before and behind, are not ours to judge. */
	s = xasprintf("%.*s%s%s%s", (int)(lines - note), note, other, lines,
	    other);
	assert_int_equal(open_text(s, strlen(s), &cp, &t, NULL), 0);
	free(s);
	/* Ours twice. */
	s = xasprintf("%s%s", note, lines);
	refuse(s, strlen(s), ERR_FORMAT, "bad-note");
	free(s);
	/* Only others'. */
	s = xasprintf("%.*s%s", (int)(lines - note), note, other);
	refuse(s, strlen(s), ERR_VERIFY, "unknown-key");
	free(s);
	/* A line behind that is none. */
	s = xasprintf("%sgarbage\n", note);
	refuse(s, strlen(s), ERR_FORMAT, "bad-note");
	free(s);
	/* The last blank line counts: the body has one of its own. */
	s = xasprintf("a\n\nb\n\n%s", other);
	assert_int_equal(note_body(OCTETS(s, strlen(s)), &body, NULL), 0);
	assert_int_equal(body.len, 5);
	assert_memory_equal(body.p, "a\n\nb\n", 5);
	free(s);
	/* More lines than anybody needs. */
	s = xstrdup(note);
	for (i = 0; i < 100; i++) {
		char *more = xasprintf("%s%s", s, other);

		free(s);
		s = more;
	}
	refuse(s, strlen(s), ERR_FORMAT, "bad-note");
	free(s);
}

static void
test_shapes(void **state)
{
	static const char *const	bad[] = {
		"", "\n", "\n\n", "text\n\n", "text",
		"text\n\nno dash\n",
		"text\n\n\xe2\x80\x94 name\n",
		"text\n\n\xe2\x80\x94 name \n",
		"text\n\n\xe2\x80\x94 name AAAA\n",
		"text\n\n\xe2\x80\x94 name AAAAAAA\n",
		"text\n\n\xe2\x80\x94 na+me AAAAAAAA\n",
		"text\n\n\xe2\x80\x94  AAAAAAAA\n",
		"text\n\n\xe2\x80\x94 name AAAAAAAA",
		"text\n\n\xe2\x80\x94 name AAAAAAAA \n",
		"text\n\n\xe2\x80\x94 name  AAAAAAAA\n",
		"text\r\n\n\xe2\x80\x94 name AAAAAAAA\n",
		"te\xffxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
		"text\n\n\xe2\x80\x94 name\xc2\xa0x AAAAAAAA\n",
		"text\n\n\xe2\x80\x94 name\xe3\x80\x80x AAAAAAAA\n",
	};
	struct octets	body;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = ERR_INIT;

		if (note_body(OCTETS(bad[i], strlen(bad[i])), &body, &e) !=
		    ERR_FORMAT)
			fail_msg("accepted: %s", bad[i]);
		assert_string_equal(e.id, "bad-note");
		assert_int_equal(body.len, 0);
	}
}

#define ROOT	"5NQX72erKpzkaFYb4/E06CChjnj2TA6zTrln4VBvPpA="

static void
test_checkpoints(void **state)
{
	static const struct {
		const char	*body;
		int		 rc;
	} cp_cases[] = {
		{ "a.example/log\n1\n" ROOT "\n", 0 },
		{ "a.example/log\n9223372036854775807\n" ROOT "\n", 0 },
		{ "a.example/log\n9223372036854775808\n" ROOT "\n", -1 },
		{ "a.example/log\n18446744073709551616\n" ROOT "\n", -1 },
		{ "a.example/log\n0\n" ROOT "\n", -1 },
		{ "a.example/log\n01\n" ROOT "\n", -1 },
		{ "a.example/log\n+1\n" ROOT "\n", -1 },
		{ "a.example/log\n-1\n" ROOT "\n", -1 },
		{ "a.example/log\n1 \n" ROOT "\n", -1 },
		{ "a.example/log\n\n" ROOT "\n", -1 },
		{ "\n1\n" ROOT "\n", -1 },
		{ "a b\n1\n" ROOT "\n", -1 },
		{ "a+b\n1\n" ROOT "\n", -1 },
		{ "a.example/log\n1\n" ROOT, -1 },
		{ "a.example/log\n1\n" ROOT " \n", -1 },
		{ "a.example/log\n1\n\n", -1 },
		{ "a.example/log\n1\nAAAA\n", -1 },
		{ "a.example/log\n1\n" ROOT "\nmore\n", -1 },
		{ "a.example/log\n1\n" ROOT "\n\n", -1 },
		{ "a.example/log\n1\n", -1 },
		{ "", -1 },
		/* The spare bits of the last character are set. */
		{ "a.example/log\n1\n"
		  "5NQX72erKpzkaFYb4/E06CChjnj2TA6zTrln4VBvPpB=\n", -1 },
	};
	struct checkpoint	cp;
	struct buf		b;
	size_t			i, n;
	int			rc;

	(void)state;
	buf_init(&b, 4096);
	for (i = 0; i < sizeof(cp_cases) / sizeof(cp_cases[0]); i++) {
		struct err e = ERR_INIT;

		n = strlen(cp_cases[i].body);
		rc = checkpoint_parse(OCTETS(cp_cases[i].body, n), &cp, &e);
		if (cp_cases[i].rc != 0) {
			if (rc != ERR_FORMAT)
				fail_msg("accepted: %s", cp_cases[i].body);
			assert_string_equal(e.id, "bad-checkpoint");
			continue;
		}
		assert_int_equal(rc, 0);
		buf_reset(&b);
		checkpoint_format(&cp, &b);
		assert_int_equal(b.len, n);
		assert_memory_equal(b.p, cp_cases[i].body, n);
	}
	buf_fini(&b);
}

static void
test_vkeys(void **state)
{
	const char	*good = vkey_text(vk);
	struct vkey	*k;
	uint8_t		 point[SM2_POINT_LEN] = { 4, 1 };
	char		*s;
	size_t		 i;
	struct err	 e = ERR_INIT;

	(void)state;
	assert_string_equal(good, json_string_value(json_object_get(v,
	    "vkey")));
	assert_string_equal(vkey_name(vk), "44.sealreg.example/log");
	assert_int_equal(vkey_id(vk), 0x5e9f5b2f);

	/* Every character matters. */
	for (i = 0; i < strlen(good); i++) {
		struct err e2 = ERR_INIT;

		s = xstrdup(good);
		s[i] ^= 1;
		assert_int_equal(vkey_parse(s, &k, &e2), ERR_FORMAT);
		assert_null(k);
		assert_string_equal(e2.id, "bad-verifier-key");
		s[i] = '\0';
		assert_int_equal(vkey_parse(s, &k, NULL), ERR_FORMAT);
		free(s);
	}
	assert_int_equal(vkey_new("a", point, &k, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-verifier-key");
	assert_int_equal(vkey_parse("44.sealreg.example/log+5E9F5B2F+"
	    "/3NlYWxyZWcuc20yL3YxAARQTwKTP5KouuEY2RPr3FqLOSM//j5XNYXxRfwisjq"
	    "YGhSs2AJzKwStbl8Tjm7rpH379+VU/BuWC3cSVwQKowA4", &k, NULL),
	    ERR_FORMAT);
}

static void
test_sign_line(void **state)
{
	const char	*end = strstr(note, "\n\n") + 1;
	struct buf	 b;
	uint8_t		 raw[76];
	const char	*b64 = strrchr(note, ' ') + 1;
	size_t		 n;

	(void)state;
	/* The vector's own signature, put together again. */
	assert_true(b64_decode(b64, strlen(b64) - 1, raw, sizeof(raw), &n));
	buf_init(&b, 4096);
	buf_put(&b, note, (size_t)(end - note));
	note_sign_line(vk, 1790000000, raw + 12, &b);
	assert_int_equal(b.len, strlen(note));
	assert_memory_equal(b.p, note, b.len);

	buf_reset(&b);
	note_message(OCTETS("x\n", 2), 1790000000, &b);
	assert_int_equal(b.len, strlen("cosignature/v1\ntime 1790000000\nx\n"));
	assert_memory_equal(b.p, "cosignature/v1\ntime 1790000000\nx\n", b.len);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_checkpoints),
		cmocka_unit_test(test_vkeys),
		cmocka_unit_test(test_sign_line),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
