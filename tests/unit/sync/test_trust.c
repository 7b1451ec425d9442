#include "signer.h"

#include "sync/trust.h"

#define NATIONAL	"sealreg.example/national"
#define OTHERS		"\n\xe2\x80\x94 somebody AAAAAAAA\n"

static struct signer	national, gd, gd2, bj;
static char		*good;		/* a body that is good */

static int
setup(void **state)
{
	if (vectors_setup(state) != 0)
		return -1;
	signer_init(&national, NATIONAL);
	signer_init(&gd, "44.sealreg.example/log");
	signer_init(&gd2, "44.sealreg.example/log");
	signer_init(&bj, "11.sealreg.example/log");
	good = xasprintf("sealreg-trust/v1\n"
	    "version: 3\n"
	    "issued: 2026-11-21T10:00:00Z\n"
	    "expires: \"2027-11-21T10:00:00Z\"\n"
	    "max_age: 600\n"
	    "provinces:\n"
	    "- province: \"44\"\n"
	    "  origin: 44.sealreg.example/log\n"
	    "  urls: [\"http://127.0.0.1:18440\", https://b.example]\n"
	    "  prefixes: [\"44\", \"110102\"]\n"
	    "  complete_since: {electronic: 2026-11-21T09:00:00Z}\n"
	    "  keys:\n"
	    "  - {vkey: \"%s\", from: 0, until: 100}\n"
	    "  - {vkey: \"%s\", from: 100}\n"
	    "  ca: [MAA=, MAMCAQE=]\n"
	    "\n"
	    "- province: \"11\"\n"
	    "  origin: 11.sealreg.example/log\n"
	    "  urls: []\n"
	    "  prefixes: [\"11\", \"1101\"]\n"
	    "  keys:\n"
	    "  - {vkey: \"%s\", from: 0, until: 0}\n"
	    "  ca: []\n",
	    vkey_text(gd.vk), vkey_text(gd2.vk), vkey_text(bj.vk));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	signer_fini(&national);
	signer_fini(&gd);
	signer_fini(&gd2);
	signer_fini(&bj);
	free(good);
	return 0;
}

/* A body with any signature line, read as an anchor. */
static int
parse(const char *body, struct trust **t, struct err *e)
{
	char	*s = xasprintf("%s" OTHERS, body);
	int	 rc;

	rc = trust_parse(OCTETS(s, strlen(s)), NULL, t, e);
	free(s);
	return rc;
}

static void
test_good(void **state)
{
	const struct trust_province	*p;
	struct trust			*t;
	struct err			 e = ERR_INIT;
	char				*s;

	(void)state;
	s = signer_note(&national, good, 1795000000);
	if (trust_parse(OCTETS(s, strlen(s)), national.vk, &t, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(t->version, 3);
	assert_int_equal(t->expires - t->issued, 365 * 86400);
	assert_int_equal(t->max_age, 600);
	assert_int_equal(t->nprovinces, 2);
	assert_string_equal(t->text, s);
	assert_int_equal(t->textlen, strlen(s));
	assert_string_equal(t->national_vkey, vkey_text(national.vk));
	p = trust_by_province(t, "44");
	assert_non_null(p);
	assert_ptr_equal(p, trust_by_origin(t, "44.sealreg.example/log"));
	assert_int_equal(p->nurls, 2);
	assert_string_equal(p->urls[1], "https://b.example");
	assert_int_equal(t->issued - p->complete_electronic, 3600);
	assert_int_equal(p->complete_physical, 0);
	assert_int_equal(p->nkeys, 2);
	assert_int_equal(p->keys[0].until, 100);
	assert_true(p->keys[1].from == 100);
	assert_true(p->keys[1].until == UINT64_MAX);
	assert_int_equal(p->nca, 2);
	assert_int_equal(p->ca[1].len, 5);
	assert_true(trust_by_province(t, "11")->keys[0].until == UINT64_MAX);
	assert_null(trust_by_province(t, "33"));
	assert_null(trust_by_origin(t, "44"));
	trust_free(t);
	free(s);
}

static void
test_signature(void **state)
{
	struct trust	*t;
	struct err	 e = ERR_INIT, e2 = ERR_INIT, e3 = ERR_INIT;
	char		*s;

	(void)state;
	s = signer_note(&gd, good, 1795000000);
	assert_int_equal(trust_parse(OCTETS(s, strlen(s)), national.vk, &t,
	    &e), ERR_VERIFY);
	assert_string_equal(e.id, "unknown-key");
	assert_null(t);
	/* An anchor is one because it was given. */
	assert_int_equal(trust_parse(OCTETS(s, strlen(s)), NULL, &t, NULL),
	    0);
	assert_null(t->national_vkey);
	trust_free(t);
	free(s);

	s = signer_note(&national, good, 1795000000);
	strstr(s, "600")[0] = '7';
	assert_int_equal(trust_parse(OCTETS(s, strlen(s)), national.vk, &t,
	    &e2), ERR_VERIFY);
	assert_string_equal(e2.id, "bad-signature");
	free(s);
	assert_int_equal(trust_parse(OCTETS(good, strlen(good)), NULL, &t,
	    &e3), ERR_FORMAT);
	assert_string_equal(e3.id, "bad-note");
}

static void
test_owner(void **state)
{
	static const struct {
		const char	*code, *owner;
	} owners[] = {
		{ "44010600000001", "44" },
		{ "44", "44" },
		{ "4", NULL },
		{ "", NULL },
		{ "33010600000001", NULL },
		{ "11010100000001", "11" },
		{ "11990100000001", "11" },
		{ "11010200000001", "44" },
		{ "1101020000001", "44" },
		{ "110102", "44" },
		{ "11010", "11" },
	};
	const struct trust_province	*p;
	struct trust			*t;
	size_t				 i;

	(void)state;
	assert_int_equal(parse(good, &t, NULL), 0);
	for (i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		p = trust_owner(t, owners[i].code);
		if (owners[i].owner == NULL)
			assert_null(p);
		else {
			assert_non_null(p);
			assert_string_equal(p->province, owners[i].owner);
		}
	}
	trust_free(t);
}

static void
test_round_trip(void **state)
{
	struct trust	*t, *u;
	struct buf	 a, b;
	char		*s;

	(void)state;
	assert_int_equal(parse(good, &t, NULL), 0);
	t->provinces[1].complete_physical = 1;
	buf_init(&a, LIMIT_NOTE);
	buf_init(&b, LIMIT_NOTE);
	trust_format(t, &a);
	s = xstrndup((const char *)a.p, a.len);
	assert_int_equal(parse(s, &u, NULL), 0);
	trust_format(u, &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.p, b.p, a.len);
	assert_int_equal(u->version, t->version);
	assert_int_equal(u->provinces[0].nca, 2);
	assert_int_equal(u->provinces[1].complete_physical, 1);
	assert_true(u->provinces[0].keys[1].until == UINT64_MAX);
	free(s);
	buf_fini(&a);
	buf_fini(&b);
	trust_free(t);
	trust_free(u);
}

/* One piece of the good body replaced: what is said, and where. */
static const struct {
	const char	*find, *put, *says;
} edits[] = {
	{ "sealreg-trust/v1", "sealreg-trust/v2", "1:1: not sealreg" },
	{ "version: 3", "version: 03", "2:10: not a number" },
	{ "version: 3", "version: -3", "2:10: not a number" },
	{ "version: 3", "version: [3]", "2:10: not a single value" },
	{ "version: 3", "Version: 3", "2:1: unknown key: Version" },
	{ "version: 3", "version: 3\nversion: 3", "3:1: key given twice" },
	{ "version: 3\n", "", "2:1: missing key: version" },
	{ "version: 3", "version: &a 3", "an anchor" },
	{ "version: 3", "version: !!int 3", "an anchor or a tag" },
	{ "version: 3", "version: *a", "alias" },
	{ "version: 3", "<<: {version: 3}", "unknown key" },
	{ "version: 3", "version: \"3\\0\"", "2:10: a NUL" },
	{ "version: 3", "%YAML 1.1\n---\nversion: 3", "a directive" },
	{ "2026-11-21T10:00:00Z", "2026-11-21T18:00:00+08:00",
	  "3:9: not a time" },
	{ "2026-11-21T10:00:00Z", "2026-11-21", "3:9: not a time" },
	{ "2027-11-21", "2026-11-20", "expires before" },
	{ "max_age: 600", "max_age: 0", "5:10: no answer" },
	{ "max_age: 600", "max_age: 99999999999", "5:10: not a number" },
	{ "- province: \"44\"", "- province: \"4\"", "7:13: a province is" },
	{ "- province: \"44\"", "- province: GD", "7:13: a province is" },
	{ "- province: \"11\"", "- province: \"44\"", "a province twice" },
	{ "origin: 11.", "origin: 12.", "a key of another origin" },
	{ "http://127.0.0.1:18440", "ftp://x", "not http" },
	{ "http://127.0.0.1:18440", "http://x/", "not http" },
	{ "http://127.0.0.1:18440", "http://a b", "may not be here" },
	{ "urls: []", "urls: x", "not a list" },
	{ "urls: []", "urls: [[]]", "not a single value" },
	{ "\"1101\"", "\"4\"", "2 to 6 digits" },
	{ "\"1101\"", "\"4400000\"", "2 to 6 digits" },
	{ "\"1101\"", "\"4a\"", "2 to 6 digits" },
	{ "\"1101\"", "\"11\"", "two owners: 11" },
	{ "\"1101\"", "\"44\"", "two owners: 44" },
	{ "{electronic:", "{paper:", "unknown key: paper" },
	{ "from: 0, until: 100", "until: 100", "missing key: from" },
	{ "from: 0, until: 100", "from: 100, until: 100", "for no size" },
	{ "until: 0}", "until: 0, x: 1}", "unknown key: x" },
	{ "MAMCAQE=", "MAMCAQE", "not a certificate" },
	{ "MAMCAQE=", "MAMCAQF=", "not a certificate" },
	{ "MAMCAQE=", "MAICAQE=", "not a certificate" },
	{ "- {vkey: \"44", "- {vkey: \"45", "not a verifier key" },
	{ "  ca: []\n", "  ca: []\n---\nversion: 3\n", "second document" },
	{ "  ca: []\n", "  ca: []\n  zz: 1\n", "unknown key: zz" },
	{ "  ca: []\n", "  ca: [\n", "not YAML" },
};

static void
test_bad(void **state)
{
	struct trust	*t;
	const char	*at;
	char		*s;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct err e = ERR_INIT;

		at = strstr(good, edits[i].find);
		assert_non_null(at);
		s = xasprintf("%.*s%s%s", (int)(at - good), good,
		    edits[i].put, at + strlen(edits[i].find));
		if (parse(s, &t, &e) != ERR_FORMAT)
			fail_msg("accepted: %s", edits[i].put);
		assert_string_equal(e.id, "bad-trust-list");
		if (strstr(e.text, edits[i].says) == NULL)
			fail_msg("%s: not '%s' but '%s'", edits[i].put,
			    edits[i].says, e.text);
		assert_null(t);
		free(s);
	}
	{
		struct err e = ERR_INIT;

		assert_int_equal(parse("sealreg-trust/v1\n", &t, &e),
		    ERR_FORMAT);
		assert_string_equal(e.id, "bad-trust-list");
	}
}

static void
open_cp(struct trust *t, const struct signer *s, const char *size, int rc,
    const char *id)
{
	struct checkpoint	 cp;
	struct err		 e = ERR_INIT;
	int64_t			 when;
	char			*body, *note;

	body = xasprintf("44.sealreg.example/log\n%s\n"
	    "5NQX72erKpzkaFYb4/E06CChjnj2TA6zTrln4VBvPpA=\n", size);
	note = signer_note(s, body, 1795000000);
	assert_int_equal(trust_open_checkpoint(&t->provinces[0], OCTETS(note,
	    strlen(note)), &cp, &when, &e), rc);
	assert_string_equal(e.id, id);
	assert_int_equal(when, rc == 0 ? 1795000000 : 0);
	free(body);
	free(note);
}

static void
test_open_checkpoint(void **state)
{
	struct trust	*t;

	(void)state;
	assert_int_equal(parse(good, &t, NULL), 0);
	open_cp(t, &gd, "1", 0, "");
	open_cp(t, &gd, "99", 0, "");
	open_cp(t, &gd, "100", ERR_VERIFY, "unknown-key");
	open_cp(t, &gd2, "99", ERR_VERIFY, "unknown-key");
	open_cp(t, &gd2, "100", 0, "");
	open_cp(t, &bj, "100", ERR_VERIFY, "unknown-key");
	open_cp(t, &gd2, "0", ERR_FORMAT, "bad-checkpoint");
	trust_free(t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_open_checkpoint),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
