#include <stdio.h>
#include <string.h>

#include "base/tm.h"
#include "registry/judge/report_words.h"

/* What a seal may say of itself, in mm, and what else is taken for it. */
#define PICTURE_MIN	5
#define PICTURE_MAX	60
#define PICTURE_USUAL	40

static const struct report_words all[LANG_END] = {
	[LANG_ZH] = {
		"zh-CN", "电子印章核验报告", "文件类型", "印章编码",
		"文件摘要（SM3）", "报告时间", "判断时刻", "签章者", "印章名称",
		"签章时间（签章者自述）", "位置", "与标准的偏差",
		"未受该签章保护", "项，未全部列出", "签章之后的改动", "证书",
		"备案状态", "当时", "现在", "备案信息截至", "签章",
		"吊销于", "依据", "本报告由机器按所列规则逐项核验生成；文件只在"
		"内存中读取，不保存。", "数据格式", "下一步：", "核验策略（SM3）", "通常策略",
		"印章图像", "图像未显示：", "实为", "图像不能证明印章的真伪",
		"原件摘要（SM3）", "依据留存的证据重新判断。证据的时间戳：",
		"经由 ", "交叉证书 ",
		{ "", "时间戳", "签章者自述，无时间戳佐证", "按查询指定", "现在" },
		{ "无法判断", "无法判断", "未备案", "与备案不符", "无效",
		    "有效" },
		{ "无法判断", "通过", "未通过", "无法判断", "不适用" }
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
		"was read in memory only and not kept.", "generation", "What to do: ", "policy (SM3)", "the usual one",
		"the seal's picture", "not shown: ", "in truth",
		"A picture alone proves nothing",
		"digest of the original (SM3)",
		"Judged again from evidence that was kept. Its time-stamp: ",
		"by way of ", "cross certificate ",
		{ "", "a time-stamp", "the signer's own word, no time-stamp",
		    "as asked", "now" },
		{ "Cannot tell", "Cannot tell", "Not filed",
		    "Not the seal on file", "Not valid", "Valid" },
		{ "cannot tell", "passed", "failed", "cannot tell", "n/a" }
	}
};

static const char *const kinds_zh[][2] = {
	{ "seal", "印章数据" }, { "stamp", "签章数据" }, { "ofd", "OFD 文件" },
	{ "pdf", "PDF 文件" }, { "picture", "图片" }
};
static const char *const roles_zh[][2] = {
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

const struct report_words *
report_words_of(enum rule_lang lang)
{
	return &all[lang];
}

const char *
report_kind_text(const char *kind, enum rule_lang lang)
{
	return SAY(kinds_zh, kind, lang);
}

const char *
report_state_text(const char *state, enum rule_lang lang)
{
	const char	*word = lang == LANG_ZH ? phrase_word(phrase_zh,
			    state) : NULL;

	return word != NULL ? word : state;
}

const char *
report_role_text(const char *role, enum rule_lang lang)
{
	return SAY(roles_zh, role, lang);
}

const char *
report_sentence(const char *s, enum rule_lang lang, char out[PHRASE_SIZE])
{
	/* Whole or not at all: what the table lacks stays as it was made. */
	return lang == LANG_ZH && phrase_say(phrase_zh, s, out, PHRASE_SIZE) ?
	    out : s;
}

const char *
report_line_text(const char *s, enum rule_lang lang, char out[PHRASE_SIZE])
{
	return s[0] == '/' && strchr(s, ' ') == NULL ? s :
	    report_sentence(s, lang, out);
}

void
report_picture_text(const struct report_picture *p, enum rule_lang lang,
    char out[REPORT_PICTURE_SIZE])
{
	const bool	zh = lang == LANG_ZH;
	char		is[48] = "";

	if (p->other)
		(void)snprintf(is, sizeof(is), zh ? "（%s %s）" : " (%s %s)",
		    report_words_of(lang)->called, p->kind);
	(void)snprintf(out, REPORT_PICTURE_SIZE, "%.60s%s · %u × %u %s",
	    p->type != NULL ? p->type : "—", is, p->width_mm, p->height_mm,
	    zh ? "毫米" : "mm");
}

void
report_picture_size(const struct report_picture *p, double *width,
    double *height)
{
	const double	shape = (double)p->height / p->width;

	*width = p->width_mm;
	if (*width < PICTURE_MIN || *width > PICTURE_MAX)
		*width = PICTURE_USUAL;
	*height = *width * shape;
	if (*height > PICTURE_MAX) {
		*height = PICTURE_MAX;
		*width = *height / shape;
	}
}

char *
report_way_text(const struct report_cert *c, enum rule_lang lang)
{
	const struct report_words	*w = report_words_of(lang);
	struct buf			 out;
	char				*text;
	size_t				 i;

	if (c->nvia == 0)
		return NULL;
	buf_init(&out, LIMIT_REPORT);
	for (i = 0; i < c->nvia; i++)
		buf_printf(&out, "%s%s (%s%s)", i == 0 ? w->via : "; ",
		    c->via[i].subject != NULL ? c->via[i].subject : "—",
		    c->via[i].cross ? w->cross : "", c->via[i].serial);
	text = buf_steal_str(&out);
	buf_fini(&out);
	return text;
}

void
report_moment_text(int64_t t, char out[48])
{
	char	text[TM_RFC3339_SIZE];

	tm_rfc3339(t + 8 * 3600, text);
	text[strcspn(text, "Z.")] = '\0';
	if (strlen(text) > 10)
		text[10] = ' ';
	(void)strcpy(out, text);
	(void)strcat(out, " (UTC+8)");
}
