#include <string.h>

#include "base/tm.h"
#include "registry/judge/advice.h"
#include "registry/judge/report_words.h"

/* A report in words, for a terminal. */

static const char *const verdicts[LANG_END][VERDICT_END] = {
	[LANG_EN] = {
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_NOT_FILED] = "not_filed",
		[VERDICT_MISMATCH] = "mismatch",
		[VERDICT_NOT_VALID] = "not_valid",
		[VERDICT_VALID] = "valid" },
	[LANG_ZH] = {
		[VERDICT_UNKNOWN] = "无法判断",
		[VERDICT_NOT_FILED] = "未备案",
		[VERDICT_MISMATCH] = "与备案不符",
		[VERDICT_NOT_VALID] = "无效",
		[VERDICT_VALID] = "有效" }
};
static const char *const results[LANG_END][CHECK_END] = {
	[LANG_EN] = {
		[CHECK_NONE] = "unknown", [CHECK_PASSED] = "passed",
		[CHECK_FAILED] = "failed", [CHECK_UNKNOWN] = "unknown",
		[CHECK_NOT_APPLICABLE] = "not_applicable" },
	[LANG_ZH] = {
		[CHECK_NONE] = "无法判断", [CHECK_PASSED] = "通过",
		[CHECK_FAILED] = "未通过", [CHECK_UNKNOWN] = "无法判断",
		[CHECK_NOT_APPLICABLE] = "不适用" }
};

const char *
report_verdict_text(enum verdict v, enum rule_lang lang)
{
	return verdicts[lang][v == VERDICT_NONE ? VERDICT_UNKNOWN : v];
}

const char *
report_legal(enum rule_lang lang)
{
	return lang == LANG_ZH ? "法律效力：可靠的电子印章与实物印章具有同等"
	    "法律效力（国办发〔2025〕33号第五条）；本报告说明技术核验与备案"
	    "状态，不替代司法认定。" : "Legal effect: an electronic seal has "
	    "that of the physical one (State Council measures of 2025, "
	    "article 5); this report tells what was checked, and decides no "
	    "case.";
}

static void
put_rows(const struct report_part *p, enum rule_lang lang, const char *indent,
    struct buf *out)
{
	const struct report_check	*c;
	char				 text[PHRASE_SIZE];
	size_t				 i;

	for (i = 0; i < p->n; i++) {
		c = &p->checks[i];
		if (lang == LANG_ZH)
			buf_printf(out, "%s[%s] %s（%s）：%s\n", indent,
			    results[lang][c->result], c->rule->title[lang],
			    c->rule->id, report_sentence(c->detail, lang,
			    text));
		else
			buf_printf(out, "%s%-16s%-16s%s\n", indent,
			    c->rule->id, results[lang][c->result], c->detail);
	}
}

static void
put_list(const char *what, const struct report_list *l, enum rule_lang lang,
    struct buf *out)
{
	char	text[PHRASE_SIZE];
	size_t	i;

	for (i = 0; i < l->n; i++)
		buf_printf(out, "    %s: %s\n", what,
		    report_line_text(l->line[i], lang, text));
}

static void
put_lists(const struct report_part *p, enum rule_lang lang, struct buf *out)
{
	const bool	zh = lang == LANG_ZH;

	put_list(zh ? "位置" : "shown at", &p->places, lang, out);
	put_list(zh ? "偏离标准" : "deviation", &p->deviations, lang, out);
	put_list(zh ? "未受保护" : "not covered", &p->uncovered, lang, out);
	put_list(zh ? "签章后改动" : "changed since", &p->changes, lang, out);
}

static void
put_stamp(const struct report *r, size_t i, enum rule_lang lang,
    struct buf *out)
{
	const struct report_part	*p = &r->stamps[i];
	char				 when[64];

	buf_printf(out, "  %s %zu/%zu%s%s%s%s%s%s: %s\n",
	    lang == LANG_ZH ? "签章" : "stamp", i + 1, r->nstamps,
	    p->label != NULL ? " " : "", p->label != NULL ? p->label : "",
	    p->generation[0] != '\0' ? " " : "", p->generation,
	    p->code != NULL ? " " : "", p->code != NULL ? p->code : "",
	    report_verdict_text(report_part_verdict(p), lang));
	if (p->seal_name != NULL)
		buf_printf(out, "    %s: %s\n", lang == LANG_ZH ? "印章" :
		    "seal", p->seal_name);
	if (p->signer != NULL)
		buf_printf(out, "    %s: %s\n", lang == LANG_ZH ? "签章者" :
		    "signer", p->signer);
	if (lang == LANG_ZH)
		report_moment_text(p->at, when);
	else
		tm_rfc3339(p->at, when);
	if (p->at != 0)
		buf_printf(out, "    %s: %s (%s)\n", lang == LANG_ZH ?
		    "判断时刻" : "judged at", when, lang == LANG_ZH ?
		    report_words_of(lang)->source[p->source] :
		    report_time_word(p->source));
	put_rows(p, lang, "    ", out);
	put_lists(p, lang, out);
}

void
report_print(const struct report *r, enum rule_lang lang, struct buf *out)
{
	const struct report_part	*w = &r->whole;
	char				 text[PHRASE_SIZE];
	size_t				 i;

	buf_printf(out, "%s%s%s%s%s: %s\n", report_kind_text(r->kind, lang),
	    w->generation[0] != '\0' ? " " : "", w->generation,
	    w->code != NULL ? " " : "", w->code != NULL ? w->code : "",
	    report_verdict_text(report_verdict(r), lang));
	if (r->note != NULL)
		buf_printf(out, "  %s\n", report_sentence(r->note, lang, text));
	put_rows(w, lang, "  ", out);
	put_lists(w, lang, out);
	for (i = 0; i < r->nstamps; i++)
		put_stamp(r, i, lang, out);
	if (report_sub(r) != NULL)
		buf_printf(out, "%s: %s\n", report_indication(
		    report_verdict(r)), report_sub(r));
	if (advice_for(r, lang) != NULL)
		buf_printf(out, "%s%s\n", report_words_of(lang)->next,
		    advice_for(r, lang));
	buf_printf(out, "%s\n", report_legal(lang));
}
