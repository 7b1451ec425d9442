#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/found/plan.h"

static const char	nation[] =
    "ceremony: \"root 2026\"\nfor: nation\ndata: /srv/national\n"
    "name: sealreg.example/national\norganisation: A Nation\n"
    "common_name: Root\ndays: 7300\nkeys: [root, national]\n"
    "profile: root\nthreshold: 2\ncustodians:\n"
    "  - {name: one, share: /media/a/share}\n"
    "  - {name: two, share: /media/b/share, sealed: true}\n"
    "  - {name: three, share: /media/c/share}\n"
    "transcript: /media/d/transcript\n";
static const char	province[] =
    "ceremony: p\nfor: province\ndata: /srv/p\nprovince: \"44\"\n"
    "listen: \"127.0.0.1:1\"\nurl: http://a\norigin: a/log\n"
    "keys: [tsa, checkpoint, province, maker, wrapping]\n"
    "profile: authority\nthreshold: 2\ncustodians:\n"
    "  - {name: one, share: /media/a/share}\n"
    "  - {name: two, share: /media/b/share}\n"
    "transcript: /media/d/transcript\n";

static int
setup(void **state)
{
	(void)state;
	return sm_init(NULL);
}

static void
test_good(void **state)
{
	struct plan	*p;
	struct buf	 b;
	uint8_t		 d[SM3_LEN];

	(void)state;
	buf_init(&b, LIMIT_PLAN);
	assert_int_equal(plan_parse("p", OCTETS(nation, strlen(nation)), &p,
	    NULL), 0);
	assert_true(plan_is_nation(p));
	assert_int_equal(p->threshold, 2);
	assert_true(plan_custodian(p, 1)->sealed);
	sm3(nation, strlen(nation), d);
	assert_memory_equal(d, p->digest, sizeof(d));
	plan_tell(p, &b);
	buf_put_u8(&b, 0);
	assert_non_null(strstr((char *)b.p, "any 2 of 3"));
	assert_non_null(strstr((char *)b.p, "three: /media/c/share"));
	plan_free(p);
	assert_int_equal(plan_parse("p", OCTETS(province, strlen(province)),
	    &p, NULL), 0);
	assert_false(plan_is_nation(p));
	plan_free(p);
	buf_fini(&b);
}

static void
test_bad(void **state)
{
	static const struct {
		const char	*of, *from, *to, *id;
	} cases[] = {
		{ nation, "for: nation", "for: planet", "ceremony-plan" },
		{ nation, "for: nation", "for: province", "ceremony-plan" },
		{ nation, "profile: root", "profile: maker", "ceremony-plan" },
		{ nation, "[root, national]", "[root]", "ceremony-plan" },
		{ nation, "[root, national]", "[root, maker]",
		    "ceremony-plan" },
		{ nation, "[root, national]", "[root, national, root]",
		    "ceremony-plan" },
		{ nation, "[root, national]", "[]", "config-value" },
		{ nation, "threshold: 2", "threshold: 4", "ceremony-plan" },
		{ nation, "threshold: 2", "threshold: 1", "config-value" },
		{ nation, "threshold: 2", "threshold: 21", "config-value" },
		{ nation, "days: 7300", "days: 30", "ceremony-plan" },
		{ nation, "days: 7300", "days: 99999", "config-value" },
		{ nation, "data: /srv", "data: srv", "ceremony-plan" },
		{ nation, "data: /srv", "data: /a/../srv", "ceremony-plan" },
		{ nation, "organisation: A Nation\n", "", "ceremony-plan" },
		{ nation, "days: 7300", "days: 7300\nurl: http://a",
		    "ceremony-plan" },
		{ nation, "name: two", "name: one", "ceremony-plan" },
		{ nation, "/media/b/share", "/media/a/share",
		    "ceremony-plan" },
		{ nation, "/media/b/share", "/srv/national/share",
		    "ceremony-plan" },
		{ nation, "/media/b/share", "share", "ceremony-plan" },
		{ nation, "/media/b/share", "/media/d/transcript",
		    "ceremony-plan" },
		{ nation, "/media/d/transcript", "/srv/national/t",
		    "ceremony-plan" },
		{ nation, "name: two", "name: \"a\\nb\"", "ceremony-plan" },
		{ nation, "transcript: ", "media: one\ntranscript: ",
		    "ceremony-plan" },
		{ nation, "transcript: ", "secret: x\ntranscript: ",
		    "config-unknown-key" },
		{ nation, "ceremony: \"root 2026\"\n", "",
		    "config-missing-key" },
		{ nation, "days: 7300", "days: 7300\ndays: 7300",
		    "config-duplicate-key" },
		{ province, "url: http://a\n", "", "ceremony-plan" },
		{ province, "url: http://a", "url: http://a\nname: x",
		    "ceremony-plan" },
		{ province, "maker, ", "", "ceremony-plan" },
	};
	struct plan	*p;
	struct err	 e;
	char		*bad;
	const char	*at;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_non_null(at = strstr(cases[i].of, cases[i].from));
		bad = xasprintf("%.*s%s%s", (int)(at - cases[i].of),
		    cases[i].of, cases[i].to, at + strlen(cases[i].from));
		e = (struct err)ERR_INIT;
		if (plan_parse("p", OCTETS(bad, strlen(bad)), &p, &e) == 0)
			fail_msg("case %zu: %s", i, cases[i].to);
		assert_string_equal(e.id, cases[i].id);
		assert_null(p);
		free(bad);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
