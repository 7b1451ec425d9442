#include <string.h>

#include "base/tm.h"
#include "registry/judge/report_words.h"

static const struct report_words all[LANG_END] = {
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
	return SAY(states_zh, state, lang);
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
