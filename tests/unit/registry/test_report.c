#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fontconfig/fontconfig.h>
#include <jansson.h>
#include <pango/pangocairo.h>

#include "registry/cmd.h"
#include "registry/judge/report.h"
#include "registry/judge/report_html.h"
#include "registry/judge/report_pdf.h"

/* Two arrays a PDF stay behind in cairo 1.16; nothing else of it may. */
const char	*__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libcairo.so.2\n";
}

/* A row is one letter: p passed, f failed, u unknown, n not applicable; the
 * last one is registry_status. */
static const struct {
	const char	*rows;
	enum verdict	 registry;
	bool		 proof_bad;
	enum verdict	 verdict;
	int		 status;
} t[] = {
	{ "pppp", VERDICT_VALID, false, VERDICT_VALID, EXIT_VALID },
	{ "pnpp", VERDICT_VALID, false, VERDICT_VALID, EXIT_VALID },
	{ "", VERDICT_NONE, false, VERDICT_UNKNOWN, EXIT_UNKNOWN },
	{ "pppu", VERDICT_NONE, false, VERDICT_UNKNOWN, EXIT_UNKNOWN },
	{ "pupp", VERDICT_VALID, false, VERDICT_UNKNOWN, EXIT_UNKNOWN },
	{ "fppp", VERDICT_VALID, false, VERDICT_NOT_VALID, EXIT_NOT_VALID },
	{ "fppu", VERDICT_NONE, false, VERDICT_NOT_VALID, EXIT_NOT_VALID },
	{ "pppf", VERDICT_NOT_VALID, false, VERDICT_NOT_VALID,
	    EXIT_NOT_VALID },
	{ "pppf", VERDICT_MISMATCH, false, VERDICT_MISMATCH,
	    EXIT_NOT_VALID },
	{ "pppf", VERDICT_NOT_FILED, false, VERDICT_NOT_FILED,
	    EXIT_NOT_VALID },
	/* Another fault is told before what follows from it. */
	{ "pfpf", VERDICT_MISMATCH, false, VERDICT_NOT_VALID,
	    EXIT_NOT_VALID },
	/* A proof that does not hold is neither valid nor not. */
	{ "pppu", VERDICT_NONE, true, VERDICT_UNKNOWN, EXIT_PROOF },
};

static void
fill(const char *rows, struct report_part *p)
{
	size_t	i, n = strlen(rows);

	for (i = 0; i < n; i++)
		report_add(p, i + 1 == n ? "registry_status" :
		    rule_table[i].id, rows[i] == 'p' ? CHECK_PASSED :
		    rows[i] == 'f' ? CHECK_FAILED : rows[i] == 'u' ?
		    CHECK_UNKNOWN : CHECK_NOT_APPLICABLE, NULL, "row %zu", i);
}

static struct report
make(const char *rows)
{
	struct report	r;

	report_init(&r, "seal");
	fill(rows, &r.whole);
	return r;
}

static void
verdicts(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct report	r = make(t[i].rows);

		r.whole.reg.verdict = t[i].registry;
		r.whole.reg.proof_bad = t[i].proof_bad;
		if (report_verdict(&r) != t[i].verdict ||
		    report_exit(&r) != t[i].status)
			fail_msg("case %zu: %s, %d", i,
			    verdict_word(report_verdict(&r)),
			    report_exit(&r));
	}
}

static void
words(void **state)
{
	int	i;

	(void)state;
	for (i = 1; i < CHECK_END; i++)
		assert_int_equal(check_result_from_word(
		    check_result_word((enum check_result)i)), i);
	assert_int_equal(check_result_from_word("good"), CHECK_NONE);
	assert_null(check_result_word(CHECK_NONE));
}

static void
as_json(void **state)
{
	struct report	r = make("pf");
	struct buf	b;
	json_t		*j, *c;

	(void)state;
	memcpy(r.whole.generation, "V4", 3);
	buf_init(&b, 1 << 16);
	report_json(&r, &b);
	j = json_loadb((const char *)b.p, b.len, JSON_REJECT_DUPLICATES,
	    NULL);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "kind")),
	    "seal");
	assert_string_equal(json_string_value(json_object_get(j,
	    "generation")), "V4");
	assert_string_equal(json_string_value(json_object_get(j, "verdict")),
	    "not_valid");
	assert_int_equal(json_array_size(json_object_get(j, "checks")), 2);
	c = json_array_get(json_object_get(j, "checks"), 1);
	assert_string_equal(json_string_value(json_object_get(c, "rule")),
	    "registry_status");
	assert_string_equal(json_string_value(json_object_get(c, "result")),
	    "failed");
	assert_string_equal(json_string_value(json_object_get(c, "detail")),
	    "row 1");
	json_decref(j);
	buf_fini(&b);
}

/* Files with stamps: a row a stamp, and what is made of them together. */
static const struct {
	const char	*what;
	const char	*file;		/* rows about the file; or "" */
	const char	*stamps[3];
	enum verdict	 verdict;
	const char	*sub;		/* NULL: none */
	enum check_result first;	/* of the rule of the first row */
	const char	*detail;	/* how its detail begins */
} files[] = {
	{ "one good stamp", "", { "pp" }, VERDICT_VALID, NULL, CHECK_PASSED,
	    "row 0" },
	{ "two good ones", "", { "pp", "pp" }, VERDICT_VALID, NULL,
	    CHECK_PASSED, "of all 2 stamps" },
	{ "the second is bad", "", { "pp", "fp" }, VERDICT_NOT_VALID,
	    "FORMAT_FAILURE", CHECK_FAILED, "stamp B: row 0" },
	{ "two are bad", "", { "fp", "pp", "fp" }, VERDICT_NOT_VALID,
	    "FORMAT_FAILURE", CHECK_FAILED, "stamp A and others: row 0" },
	{ "bad wins over unknown", "", { "pu", "fp" }, VERDICT_NOT_VALID,
	    "FORMAT_FAILURE", CHECK_FAILED, "stamp B" },
	{ "unknown wins over good", "", { "pp", "pu" }, VERDICT_UNKNOWN,
	    "SEALREG_UNKNOWN", CHECK_PASSED, "of all 2" },
	{ "no stamp at all", "pp", { NULL }, VERDICT_UNKNOWN,
	    "SIGNED_DATA_NOT_FOUND", CHECK_PASSED, "row 0" },
	{ "nothing", "", { NULL }, VERDICT_UNKNOWN, "CUSTOM", CHECK_NONE,
	    NULL },
	{ "a bad file", "fp", { "pp" }, VERDICT_NOT_VALID, "FORMAT_FAILURE",
	    CHECK_FAILED, "row 0" },
	{ "a stamp without rows", "", { "pp", "" }, VERDICT_UNKNOWN,
	    "CUSTOM", CHECK_PASSED, "stamp A: row 0" },
};

static void
several(void **state)
{
	struct report_part	*p, merged;
	struct report_check	*c;
	struct report		 r;
	size_t			 i, k;
	char			 label[2];

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		report_init(&r, "ofd");
		fill(files[i].file, &r.whole);
		for (k = 0; k < 3 && files[i].stamps[k] != NULL; k++) {
			assert_non_null(p = report_add_stamp(&r));
			label[0] = (char)('A' + k);
			label[1] = '\0';
			report_text(&p->label, label);
			fill(files[i].stamps[k], p);
		}
		if (report_verdict(&r) != files[i].verdict)
			fail_msg("%s: %s", files[i].what,
			    verdict_word(report_verdict(&r)));
		if (files[i].sub == NULL)
			assert_null(report_sub(&r));
		else
			assert_string_equal(report_sub(&r), files[i].sub);
		report_merge(&r, &merged);
		c = report_row(&merged, "format");
		if (files[i].first == CHECK_NONE) {
			assert_null(c);
		} else {
			assert_int_equal(c->result, files[i].first);
			if (strncmp(c->detail, files[i].detail,
			    strlen(files[i].detail)) != 0 && *files[i].file ==
			    '\0')
				fail_msg("%s: %s", files[i].what, c->detail);
		}
		report_fini(&r);
	}
}

/* What strangers wrote does not reach a terminal or a page as it is. */
static void
safe(void **state)
{
	struct report	r;
	struct buf	b;
	json_t		*j;

	(void)state;
	report_init(&r, "seal");
	report_add(&r.whole, "format", CHECK_PASSED, NULL, "%s",
	    "a\033[2Jb\xff\xe2\x80\xae");
	report_text(&r.whole.code, "\x1b\xc3");
	buf_init(&b, 1 << 16);
	report_print(&r, LANG_ZH, &b);
	buf_put_u8(&b, '\0');
	assert_null(strchr((const char *)b.p, '\033'));
	assert_null(strstr((const char *)b.p, "\xe2\x80\xae"));
	buf_reset(&b);
	report_json(&r, &b);
	j = json_loadb((const char *)b.p, b.len, JSON_REJECT_DUPLICATES,
	    NULL);
	assert_non_null(j);
	assert_true(json_is_string(json_object_get(j, "code")));
	json_decref(j);
	buf_fini(&b);
	report_fini(&r);
}

static void
hostile(struct report *r)
{
	static const char	evil[] = "<script>alert(1)</script>&\"'";
	struct report_part	*p;

	report_init(r, "ofd");
	report_text(&r->note, evil);
	assert_non_null(p = report_add_stamp(r));
	report_text(&p->label, evil);
	report_text(&p->code, evil);
	report_text(&p->seal_name, evil);
	report_text(&p->signer, evil);
	report_line(&p->deviations, evil);
	report_line(&p->uncovered, evil);
	report_line(&p->changes, evil);
	report_line(&p->places, evil);
	p->ncerts = 1;
	p->certs[0].role = "signer";
	p->certs[0].then = p->certs[0].now = "good";
	report_text(&p->certs[0].subject, evil);
	report_text(&p->certs[0].issuer, evil);
	report_add(p, "format", CHECK_FAILED, NULL, "%s", evil);
}

/* A page: nothing that strangers wrote is markup, nothing runs. */
static void
as_html(void **state)
{
	struct report	r;
	struct buf	b;
	const char	*text, *at;
	size_t		 n = 0;
	int		 lang;

	(void)state;
	hostile(&r);
	for (lang = 0; lang < LANG_END; lang++) {
		buf_init(&b, LIMIT_REPORT);
		report_html(&r, (enum rule_lang)lang, &b);
		buf_put_u8(&b, '\0');
		assert_true(buf_ok(&b));
		text = (const char *)b.p;
		assert_null(strstr(text, "<script"));
		assert_true(report_html_is_inert(text, (enum rule_lang)lang));
		assert_false(report_html_is_inert(text, LANG_END - 1 -
		    (enum rule_lang)lang));
		assert_false(report_html_is_inert(text + 1,
		    (enum rule_lang)lang));
		assert_false(report_html_is_inert("<!DOCTYPE html>\n<script>",
		    (enum rule_lang)lang));
		assert_null(strstr(text, "http://"));
		assert_non_null(strstr(text, lang == LANG_ZH ?
		    "lang=\"zh-CN\"" : "lang=\"en\""));
		for (n = 0, at = text; (at = strstr(at, "&lt;script&gt;")) !=
		    NULL; at++)
			n++;
		assert_int_equal(n, 12);
		buf_fini(&b);
	}
	report_fini(&r);
}

/* Paper: pages of a PDF, however much there is to say. */
static void
as_pdf(void **state)
{
	struct report		 r;
	struct report_part	*p;
	struct buf		 b;
	size_t			 i;

	(void)state;
	hostile(&r);
	assert_non_null(p = report_add_stamp(&r));
	for (i = 0; i < LIMIT_REPORT_LINES; i++)
		report_line(&p->changes, "甲乙丙丁 something was changed");
	buf_init(&b, LIMIT_REPORT);
	assert_int_equal(report_pdf(&r, LANG_ZH, &b, NULL), 0);
	assert_true(buf_ok(&b) && b.len > 1000);
	assert_memory_equal(b.p, "%PDF-", 5);
	buf_fini(&b);
	/* A page that does not fit is told. */
	buf_init(&b, 100);
	assert_int_equal(report_pdf(&r, LANG_EN, &b, NULL), ERR_TOOBIG);
	buf_fini(&b);
	report_fini(&r);
}

/* Every rule has words in both languages, and a clause for everything. */
static void
rules(void **state)
{
	static const char *const kind[] = { "seal", "stamp", "ofd", "pdf" };
	static const char *const gen[] = { "", "V1", "V4", "V5" };
	static const char *const form[] = { "", "ses", "gbt35275", "cms",
	    "time-stamp", "bare" };
	const struct rule	*x;
	size_t			 i, k, l;

	(void)state;
	for (x = rule_table; x->id != NULL; x++) {
		assert_ptr_equal(rule_of(x->id), x);
		assert_true(*x->title[LANG_EN] != '\0' &&
		    *x->title[LANG_ZH] != '\0');
		assert_non_null(x->failed);
		assert_non_null(x->unknown);
		for (i = 0; i < 4; i++)
			for (k = 0; k < 4; k++)
				for (l = 0; l < 5; l++)
					assert_true(strlen(rule_clause(x,
					    kind[i], form[l], gen[k])) > 6);
	}
	assert_null(rule_of("nothing"));
	assert_string_equal(rule_sub_of("certificate-revoked"), "REVOKED");
	assert_null(rule_sub_of("nothing"));
}

/* What the libraries keep for the next page. */
static int
cool(void **state)
{
	(void)state;
	pango_cairo_font_map_set_default(NULL);
	cairo_debug_reset_static_data();
	FcFini();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(words),
		cmocka_unit_test(as_json),
		cmocka_unit_test(several),
		cmocka_unit_test(safe),
		cmocka_unit_test(as_html),
		cmocka_unit_test(as_pdf),
		cmocka_unit_test(rules),
	};

	return cmocka_run_group_tests(tests, NULL, cool);
}
