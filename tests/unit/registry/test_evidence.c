#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "registry/judge/evidence.h"

/* Evidence and policies: what is kept reads back; what is wrong is refused. */

#define SEEDS	"tests/corpus/evidence/"

static void
reads(void **state)
{
	static const struct {
		const char	*file;
		bool		 good;
	} t[] = {
		{ "whole", true }, { "refused", true },
		{ "bad-format", false }, { "bad-crl", false },
		{ "bad-trust", false }, { "bad-time", false },
		{ "bad-twice", false }, { "bad-policy", false },
		{ "lists", true }, { "lists-gone", true },
		{ "bad-lists", false },
	};
	struct evidence	*ev = calloc(1, sizeof(*ev));
	size_t		 i, n;

	(void)state;
	assert_non_null(ev);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char		 path[128];
		struct err	 e = ERR_INIT;
		uint8_t		*p = NULL;
		int		 rc;

		(void)snprintf(path, sizeof(path), SEEDS "%s", t[i].file);
		assert_int_equal(file_read(path, 1 << 20, &p, &n, NULL), 0);
		rc = evidence_read(OCTETS(p, n), ev, &e);
		if ((rc == 0) != t[i].good)
			fail_msg("%s: %s", t[i].file, e.text);
		if (rc != 0)
			assert_string_equal(e.id, "bad-evidence");
		if (i == 0) {
			assert_true(ev->asked && ev->has_at);
			assert_int_equal(ev->nwords, 1);
			assert_string_equal(ev->words[0].answer, "{}");
			assert_null(ev->words[0].history);
			assert_int_equal(ev->ncrls, 1);
			assert_int_equal(ev->readinglen, 6);
			assert_true(policy_refuses(&ev->policy,
			    "raw-signature"));
			assert_int_equal(ev->policy.max_age, 5);
			assert_false(ev->lists_said);
			assert_int_equal(evidence_lists_gone(ev), 0);
		}
		if (strncmp(t[i].file, "lists", 5) == 0) {
			assert_true(ev->lists_said);
			assert_int_equal(ev->nlists, 1);
			/* What is not named is left out. */
			assert_int_equal(ev->ncrls + ev->nadded, 1);
			assert_int_equal(evidence_lists_gone(ev), ev->nadded);
			assert_int_equal(ev->nadded, t[i].file[5] != '\0');
			assert_int_equal(ev->policy.nintermediates, 1);
			assert_true(ev->policy.evidence_without_lists);
		}
		evidence_fini(ev);
		free(p);
	}
	free(ev);
}

static const struct {
	const char	*text;
	const char	*id;		/* "": it reads */
} policies[] = {
	{ "max_age: 0\n", "" },
	{ "", "config-syntax" },
	{ "max_age: 60\nneed_time_stamp: true\n", "" },
	{ "refuse:\n  - raw-signature\n  - header-id\n", "" },
	{ "max_age: -1\n", "config-value" },
	{ "max_age: soon\n", "config-value" },
	{ "strict: true\n", "config-unknown-key" },
	{ "max_age: 1\nmax_age: 2\n", "config-duplicate-key" },
	{ "refuse:\n  - aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaa\n", "policy-value" },
	{ "anchors:\n  - nothing.pem\n", "not-found" },
	{ "anchors:\n  - policy.yaml\n", "bad-pem" },
	{ "anchors:\n  - junk.der\n", "policy-value" },
	{ "intermediates:\n  - nothing.pem\n", "not-found" },
	{ "intermediates:\n  - junk.der\n", "policy-value" },
	{ "evidence_without_lists: true\n", "" },
	{ "evidence_without_lists: perhaps\n", "config-value" },
	{ "intermediates: junk.der\n", "config-value" },
};

static void
put(const char *dir, const char *name, struct octets o)
{
	char	path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_write(path, o, 0600, NULL), 0);
}

static void
loads(void **state)
{
	char		 dir[] = "/tmp/policy-test-XXXXXX", path[128];
	struct policy	*p = calloc(1, sizeof(*p));
	size_t		 i;

	(void)state;
	assert_non_null(p);
	assert_non_null(mkdtemp(dir));
	put(dir, "junk.der", OCTETS("\x30\x00", 2));
	(void)snprintf(path, sizeof(path), "%s/policy.yaml", dir);
	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct err	e = ERR_INIT;
		int		rc;

		put(dir, "policy.yaml", OCTETS(policies[i].text,
		    strlen(policies[i].text)));
		rc = policy_load(path, p, &e);
		assert_true(rc == e.code);
		if (strcmp(e.id, policies[i].id) != 0)
			fail_msg("%s: %s, %s", policies[i].text, e.id,
			    e.text);
		if (i == 3)
			assert_true(policy_refuses(p, "header-id") &&
			    !policy_refuses(p, "default-false-written"));
		policy_fini(p);
	}
	free(p);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/junk.der", dir);
	(void)unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
