#include <string.h>

#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/judge/report_css.h"
#include "registry/judge/report_html.h"

/* Words of the page, by language. */
struct words {
	const char	*tag, *title, *kind, *code, *digest, *made, *judged,
			*signer, *seal, *says, *places, *deviations,
			*uncovered, *more, *changes, *certs, *reg, *then,
			*now, *asof, *stamp, *revoked, *clause, *foot,
			*generation;
	const char	*source[TIME_NOW + 1];
};

static const struct words all[LANG_END] = {
	[LANG_ZH] = {
		"zh-CN", "电子印章核验报告", "文件类型", "印章编码",
		"文件摘要（SM3）", "报告时间", "判断时刻", "签章者", "印章名称",
		"签章时间（签章者自述）", "位置", "与标准的偏差",
		"未受该签章保护", "项，未全部列出", "签章之后的改动", "证书",
		"备案状态", "当时", "现在", "备案信息截至", "签章",
		"吊销于", "依据", "本报告由机器按所列规则逐项核验生成；文件只在"
		"内存中读取，不保存。", "数据格式",
		{ "", "时间戳", "签章者自述，无时间戳佐证", "按查询指定", "现在" }
	},
	[LANG_EN] = {
		"en", "Report on an electronic seal", "kind of file",
		"seal code", "digest of the file (SM3)", "reported",
		"judged for", "signer", "seal", "stamped, says the signer",
		"shown at", "deviations from the standard",
		"not protected by it", "in all, not all of them listed",
		"changed after it", "certificates", "the register", "then",
		"now", "register as of", "stamp", "revoked at", "clause",
		"Made by a machine that checked the rules listed; the file "
		"was read in memory only and not kept.", "generation",
		{ "", "a time-stamp", "the signer's own word, no time-stamp",
		    "as asked", "now" }
	}
};

static const char *const kinds_zh[][2] = {
	{ "seal", "印章数据" }, { "stamp", "签章数据" }, { "ofd", "OFD 文件" },
	{ "pdf", "PDF 文件" }, { "picture", "图片" }
};
static const char *const states_zh[][2] = {
	{ "good", "有效" }, { "unchecked", "未查到吊销信息" },
	{ "expired", "已过期" }, { "revoked", "已吊销" },
	{ "not_yet_valid", "尚未生效" }, { "bad", "不可用" },
	{ "unknown", "无法判断" }, { "active", "有效" },
	{ "suspended", "已暂停" }, { "lost", "已挂失" },
	{ "cancelled", "已注销" }, { "destroyed", "已销毁" },
	{ "impounded", "已扣押" }, { "surrendered", "已缴销" },
	{ "maker", "制章者" }, { "signer", "签章者" },
	{ "time_stamp", "时间戳" }
};

static const char *
say(const char *const (*t)[2], size_t n, const char *s, enum rule_lang lang)
{
	size_t	i;

	for (i = 0; lang == LANG_ZH && i < n; i++)
		if (strcmp(t[i][0], s) == 0)
			return t[i][1];
	return s;
}

#define SAY(T, S, L)	say((T), sizeof(T) / sizeof((T)[0]), (S), (L))

/* Text of strangers: nothing of it is markup. */
static void
put(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		case '\'':
			buf_puts(out, "&#39;");
			break;
		default:
			buf_put_u8(out, (uint8_t)*s);
		}
}

static void
put_term(struct buf *out, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	buf_puts(out, "<dt>");
	put(out, name);
	buf_puts(out, "</dt><dd>");
	put(out, value);
	buf_puts(out, "</dd>\n");
}

/* Beijing time, as people here read it. */
static void
format_time(int64_t t, char out[48])
{
	char	text[TM_RFC3339_SIZE];

	tm_rfc3339(t + 8 * 3600, text);
	text[strcspn(text, "Z.")] = '\0';
	if (strlen(text) > 10)
		text[10] = ' ';
	(void)strcpy(out, text);
	(void)strcat(out, " (UTC+8)");
}

static void
put_moment(struct buf *out, const char *name, int64_t t, const char *note)
{
	char	text[48];

	if (t == 0)
		return;
	format_time(t, text);
	buf_puts(out, "<dt>");
	put(out, name);
	buf_puts(out, "</dt><dd>");
	put(out, text);
	if (note != NULL && *note != '\0') {
		buf_puts(out, " — ");
		put(out, note);
	}
	buf_puts(out, "</dd>\n");
}

static void
put_rules(const struct report *r, const struct report_part *p,
    enum rule_lang lang, struct buf *out)
{
	const struct report_check	*c;
	const char			*form = p->form != NULL ? p->form : "";
	size_t				 i;

	buf_puts(out, "<ol class=\"rules\">\n");
	for (i = 0; i < p->n; i++) {
		c = &p->checks[i];
		buf_printf(out, "<li><span class=\"result %s\">",
		    check_result_word(c->result));
		put(out, report_result_text(c->result, lang));
		buf_puts(out, "</span><div class=\"rule\"><p>");
		put(out, c->rule->title[lang]);
		buf_puts(out, "</p><p class=\"small\">");
		put(out, c->detail);
		buf_puts(out, "</p><p class=\"small\"><code>");
		put(out, c->rule->id);
		if (c->sub != NULL) {
			buf_puts(out, " · ");
			put(out, c->sub);
		}
		buf_puts(out, "</code> · ");
		put(out, all[lang].clause);
		buf_puts(out, lang == LANG_ZH ? "：" : ": ");
		put(out, rule_clause(c->rule, r->kind, form, p->generation));
		buf_puts(out, "</p></div></li>\n");
	}
	buf_puts(out, "</ol>\n");
}

static void
put_list(const char *name, const struct report_list *l, uint32_t count,
    const struct words *w, struct buf *out)
{
	size_t	i;

	if (l->n == 0)
		return;
	buf_puts(out, "<h3>");
	put(out, name);
	buf_puts(out, "</h3>\n<ul>\n");
	for (i = 0; i < l->n; i++) {
		buf_puts(out, "<li>");
		put(out, l->line[i]);
		buf_puts(out, "</li>\n");
	}
	if (count > l->n)
		buf_printf(out, "<li>%u %s</li>\n", count, w->more);
	buf_puts(out, "</ul>\n");
}

static void
put_cert(const struct report_cert *c, enum rule_lang lang, struct buf *out)
{
	const struct words	*w = &all[lang];
	char			 from[48], to[48];

	buf_puts(out, "<li>");
	put(out, SAY(states_zh, c->role, lang));
	buf_puts(out, lang == LANG_ZH ? "：" : ": ");
	put(out, c->subject != NULL ? c->subject : "—");
	buf_puts(out, "<br><span class=\"small\">");
	if (c->issuer != NULL)
		put(out, c->issuer);
	format_time(c->not_before, from);
	format_time(c->not_after, to);
	buf_printf(out, "<br>%s – %s<br>%s: %s · %s: %s", from, to, w->then,
	    SAY(states_zh, c->then, lang), w->now,
	    SAY(states_zh, c->now, lang));
	if (c->revoked_at != 0) {
		format_time(c->revoked_at, from);
		buf_printf(out, " · %s %s", w->revoked, from);
	}
	buf_puts(out, "</span></li>\n");
}

static void
put_certs(const struct report_part *p, enum rule_lang lang, struct buf *out)
{
	size_t	i;

	if (p->ncerts == 0)
		return;
	buf_printf(out, "<h3>%s</h3>\n<ul>\n", all[lang].certs);
	for (i = 0; i < p->ncerts; i++)
		put_cert(&p->certs[i], lang, out);
	buf_puts(out, "</ul>\n");
}

static void
put_register(const struct report_register *g, enum rule_lang lang,
    struct buf *out)
{
	const struct words	*w = &all[lang];

	if (g->verdict == VERDICT_NONE)
		return;
	buf_puts(out, "<dt>");
	put(out, w->reg);
	buf_puts(out, "</dt><dd>");
	put(out, report_verdict_text(g->verdict, lang));
	if (g->then != NULL)
		buf_printf(out, " · %s: %s", w->then,
		    SAY(states_zh, g->then, lang));
	if (g->now != NULL)
		buf_printf(out, " · %s: %s", w->now,
		    SAY(states_zh, g->now, lang));
	buf_puts(out, "</dd>\n");
	put_moment(out, w->asof, g->as_of, NULL);
}

/* What is told of a seal and of a stamp alike. */
static void
put_part(const struct report *r, const struct report_part *p,
    enum rule_lang lang, struct buf *out)
{
	const struct words	*w = &all[lang];

	buf_puts(out, "<dl>\n");
	put_term(out, w->seal, p->seal_name);
	put_term(out, w->code, p->code);
	put_term(out, w->generation, p->generation);
	put_term(out, w->signer, p->signer);
	put_moment(out, w->says, p->signed_at, NULL);
	put_moment(out, w->judged, p->at, w->source[p->source]);
	put_register(&p->reg, lang, out);
	buf_puts(out, "</dl>\n");
	put_rules(r, p, lang, out);
	put_list(w->places, &p->places, 0, w, out);
	put_list(w->uncovered, &p->uncovered, p->uncovered_all, w, out);
	put_list(w->changes, &p->changes, 0, w, out);
	put_list(w->deviations, &p->deviations, 0, w, out);
	put_certs(p, lang, out);
}

static const char *
class_of(enum verdict v)
{
	return v == VERDICT_VALID ? " is-valid" : v == VERDICT_UNKNOWN ? "" :
	    " is-bad";
}

/* Why, in the words of the rules: those that failed, or cannot be told. */
static void
put_why(const struct report_part *p, enum verdict v, enum rule_lang lang,
    struct buf *out)
{
	enum check_result	want = v == VERDICT_UNKNOWN ? CHECK_UNKNOWN :
				    CHECK_FAILED;
	size_t			i, n = 0;

	for (i = 0; v != VERDICT_VALID && i < p->n; i++) {
		if (p->checks[i].result != want)
			continue;
		buf_puts(out, n++ == 0 ? "<ul class=\"why\">" : "");
		buf_puts(out, "<li>");
		put(out, p->checks[i].rule->title[lang]);
		buf_puts(out, lang == LANG_ZH ? "：" : ": ");
		put(out, report_result_text(want, lang));
		buf_puts(out, "</li>");
	}
	buf_puts(out, n > 0 ? "</ul>" : "");
}

static void
put_verdict(const struct report_part *p, enum verdict v, const char *sub,
    const char *note, enum rule_lang lang, struct buf *out)
{
	buf_printf(out, "<div class=\"verdict%s\"><p class=\"word\">",
	    class_of(v));
	put(out, report_verdict_text(v, lang));
	buf_puts(out, "</p><p class=\"small\"><code>");
	put(out, report_indication(v));
	if (sub != NULL) {
		buf_puts(out, " · ");
		put(out, sub);
	}
	buf_puts(out, "</code></p>");
	if (note != NULL) {
		buf_puts(out, "<p>");
		put(out, note);
		buf_puts(out, "</p>");
	}
	put_why(p, v, lang, out);
	buf_puts(out, "</div>\n");
}

static void
put_stamp(const struct report *r, size_t i, enum rule_lang lang,
    struct buf *out)
{
	const struct report_part	*p = &r->stamps[i];

	buf_printf(out, "<section>\n<h2>%s %zu/%zu", all[lang].stamp, i + 1,
	    r->nstamps);
	if (p->label != NULL) {
		buf_puts(out, " <code>");
		put(out, p->label);
		buf_puts(out, "</code>");
	}
	buf_puts(out, "</h2>\n");
	/* With one stamp the verdict above is its own. */
	if (r->nstamps > 1)
		put_verdict(p, report_part_verdict(p), report_part_sub(p),
		    NULL, lang, out);
	put_part(r, p, lang, out);
	buf_puts(out, "</section>\n");
}

static void
put_head(const struct report *r, enum rule_lang lang, struct buf *out)
{
	const struct words	*w = &all[lang];
	char			 hex[HEX_SIZE(SM3_LEN)] = "";
	struct report_part	 merged;

	buf_printf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
	    "<title>%s</title>\n<style>\nbody { margin: 0; }\n", w->tag,
	    w->title);
	buf_puts(out, REPORT_CSS);
	buf_printf(out, "</style>\n</head>\n<body>\n<main class=\"report\" "
	    "lang=\"%s\">\n<h1>%s</h1>\n", w->tag, w->title);
	report_merge(r, &merged);
	put_verdict(&merged, report_verdict(r), report_sub(r),
	    report_note_text(r, lang), lang, out);
	if (r->has_digest)
		hex_encode(r->digest, SM3_LEN, hex);
	buf_puts(out, "<dl>\n");
	put_term(out, w->kind, SAY(kinds_zh, r->kind, lang));
	put_moment(out, w->made, r->now, NULL);
	put_term(out, w->digest, hex);
	buf_puts(out, "</dl>\n");
}

void
report_html(const struct report *r, enum rule_lang lang, struct buf *out)
{
	size_t	i;

	put_head(r, lang, out);
	if (strcmp(r->kind, "seal") == 0)
		put_part(r, &r->whole, lang, out);
	else if (r->whole.n > 0)
		put_rules(r, &r->whole, lang, out);
	for (i = 0; i < r->nstamps; i++)
		put_stamp(r, i, lang, out);
	buf_puts(out, "<footer class=\"small\"><p>");
	put(out, report_legal(lang));
	buf_puts(out, "</p><p>");
	put(out, all[lang].foot);
	buf_puts(out, "</p></footer>\n</main>\n</body>\n</html>\n");
}
