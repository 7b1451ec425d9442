#include <stddef.h>
#include <string.h>

#include "registry/judge/advice.h"

enum what { RELY = 0, SINCE, ORIGINAL, FORGED, ENDED, FOREIGN, AGAIN, NODE, BARE,
	    RESEND, WHEN, LACKS, ANEW,
	    ALONE, OTHER };

static const char *const texts[][LANG_END] = {
	[RELY] = { "It can be relied on for the moment judged. Keep this "
	    "report with the file.",
	    "就判断时刻而言可以采信。请连同原文件保存本报告。" },
	[SINCE] = { "It can be relied on for the moment judged; the seal is "
	    "not active any more, so take nothing new under it. Keep this "
	    "report with the file.",
	    "就判断时刻而言可以采信；但该印章现已不在有效状态，不要再接受用它新盖"
	    "的文件。请连同原文件保存本报告。" },
	[ORIGINAL] = { "Do not act on this file: it is not what was stamped. "
	    "Ask who stamped it for the original.",
	    "不要依据此文件办理：它不是盖章时的原件。请向签章者索要原件。" },
	[FORGED] = { "It may be forged. Stop, keep the file, and ask the "
	    "police register of the seal's province.",
	    "有伪造嫌疑。请停止办理，保留文件，并向印章所在省的公安机关核实。" },
	[ENDED] = { "The seal or its certificate was not in force then. Ask "
	    "for a stamp with a seal that is.",
	    "当时印章或证书不在有效状态。请对方用有效的印章重新盖章。" },
	[FOREIGN] = { "No authority on this trust list vouches for it. Ask "
	    "who issued it, or verify by a policy that names that authority.",
	    "信任列表中没有机构为它担保。请向其签发机构核实，或按信任该机构的"
	    "策略再验。" },
	[AGAIN] = { "What the register or the authority says was not at hand. "
	    "Verify again online, in a while.",
	    "没有查到备案或吊销信息。请稍后联网再验。" },
	[NODE] = { "What this node holds contradicts itself. Ask the node of "
	    "another province, and tell who runs it.",
	    "该节点的数据有矛盾。请改用其他省的节点再验，并告知运行单位。" },
	[BARE] = { "Read with care what lies outside the stamp, listed below; "
	    "ask for a stamp over the whole where it matters.",
	    "请仔细核对下面列出的未受保护内容；要紧的，请对方对全文重新盖章。" },
	[RESEND] = { "Ask for the file once more, as it was stamped. If that "
	    "does not help, treat it as not stamped.",
	    "请对方重新发送盖章后的原文件；仍不通过的，按未盖章处理。" },
	[WHEN] = { "When it was stamped is in doubt. Ask for a stamp with a "
	    "time-stamp, or for other proof of the time.",
	    "签章时间存疑。请对方提供带时间戳的签章，或其他时间证明。" },
	[LACKS] = { "This file alone does not suffice. Ask for the stamped "
	    "document itself, with the signer's certificate in it.",
	    "仅凭此文件无法核验。请提供盖章的文件本身，其中应附签章者证书。" },
	[ANEW] = { "The evidence has no revocation list for it. Ask for the "
	    "whole evidence, or verify the file itself online.",
	    "证据中缺少吊销列表。请索取完整的证据，或联网核验文件本身。" },
	[ALONE] = { "This is a time-stamp: it says when something was there, "
	    "and not who signed it. Bring what it is over with it, and the "
	    "signature or stamp of the signer.",
	    "这是时间戳：只证明某内容在何时已存在，不证明由谁签署。请连同其所覆盖"
	    "的内容以及签署者的签名或签章一并核验。" },
	[OTHER] = { "It is signed with other algorithms than SM2 and SM3, "
	    "and is no electronic seal. Whose signature it is, a reader for "
	    "these can tell; for a PDF, any PDF reader.",
	    "它使用 SM2、SM3 以外的算法签名，不是电子印章。签名者是谁，可用支持该"
	    "算法的软件查看；PDF 文件可用一般的 PDF 阅读器查看。" },
};

static const struct {
	const char	*sub;
	enum what	 what;
} rows[] = {
	{ "HASH_FAILURE", ORIGINAL }, { "SIG_CRYPTO_FAILURE", ORIGINAL },
	{ "SEALREG_CONTENT_CHANGED", ORIGINAL },
	{ "SEALREG_SIGNER_NOT_IN_SEAL", FORGED },
	{ "SEALREG_MISMATCH", FORGED }, { "SEALREG_NOT_FILED", FORGED },
	{ "SEALREG_SEAL_EXPIRED", ENDED },
	{ "SEALREG_SEAL_NOT_YET_VALID", ENDED },
	{ "SEALREG_NOT_VALID", ENDED }, { "SEALREG_NOT_ACTIVE", ENDED },
	{ "SEALREG_SUPERSEDED", ENDED }, { "SEALREG_EXPIRED", ENDED },
	{ "SEALREG_NOT_YET_VALID", ENDED },
	{ "EXPIRED", ENDED }, { "NOT_YET_VALID", ENDED },
	{ "REVOKED", ENDED },
	{ "NO_CERTIFICATE_CHAIN_FOUND", FOREIGN },
	{ "CERTIFICATE_CHAIN_GENERAL_FAILURE", FOREIGN },
	{ "CHAIN_CONSTRAINTS_FAILURE", FOREIGN },
	{ "SEALREG_NOBODY_OWNS_CODE", FOREIGN },
	{ "TRY_LATER", AGAIN }, { "SEALREG_NOT_ASKED", AGAIN },
	{ "SEALREG_NO_ANSWER", AGAIN }, { "SEALREG_STALE", AGAIN },
	{ "SEALREG_UNKNOWN", AGAIN },
	{ "SEALREG_DISPUTED", NODE }, { "SEALREG_PROOF_BROKEN", NODE },
	{ "SEALREG_CONTENT_NOT_COVERED", BARE },
	{ "FORMAT_FAILURE", RESEND }, { "SEALREG_OCTETS_BEHIND", RESEND }, { "SEALREG_DEVIATION_REFUSED", RESEND },
	{ "TIMESTAMP_ORDER_FAILURE", WHEN }, { "NO_POE", WHEN },
	{ "SEALREG_TIME_STAMP_FAILURE", WHEN },
	{ "SEALREG_TIME_STAMP_UNKNOWN", WHEN },
	{ "CRYPTO_CONSTRAINTS_FAILURE", LACKS },
	{ "SIG_CONSTRAINTS_FAILURE", LACKS },
	{ "NO_SIGNING_CERTIFICATE_FOUND", LACKS },
	{ "SEALREG_LIST_MISSING", ANEW },
	{ "SEALREG_TIME_STAMP_ALONE", ALONE },
	{ "SEALREG_NOT_SM2", OTHER },
	{ "SIGNED_DATA_NOT_FOUND", LACKS }, { "CUSTOM", LACKS },
};

/* sub NULL: everything passed. */
static const char *
advice_of(const char *sub, enum rule_lang lang)
{
	size_t	i;

	if (sub == NULL)
		return texts[RELY][lang];
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].sub, sub) == 0)
			return texts[rows[i].what][lang];
	return NULL;
}

static bool
ended_since(const struct report_part *p)
{
	return p->reg.now != NULL && strcmp(p->reg.now, "active") != 0;
}

const char *
advice_for(const struct report *r, enum rule_lang lang)
{
	const char	*sub = report_sub(r);
	bool		 since = ended_since(&r->whole);
	size_t		 i;

	for (i = 0; i < r->nstamps; i++)
		since = since || ended_since(&r->stamps[i]);
	return sub == NULL && since ? texts[SINCE][lang] :
	    advice_of(sub, lang);
}
