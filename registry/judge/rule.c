#include <stddef.h>
#include <string.h>

#include "registry/judge/rule.h"

#define CRYPTO	"CRYPTO_CONSTRAINTS_FAILURE"

const struct rule rule_table[] = {
	{ "format", { "is it what it seems to be, whole and well-formed",
	    "格式是否完整、合规" }, "FORMAT_FAILURE", CRYPTO },
	{ "seal_signature", { "did the maker named in the seal sign it",
	    "印章数据是否由其中的制章者签名" }, "SIG_CRYPTO_FAILURE",
	    CRYPTO },
	{ "signer_in_seal", { "does the seal name this signer",
	    "签章者证书是否在印章的证书列表中" },
	    "SEALREG_SIGNER_NOT_IN_SEAL", "SIG_CONSTRAINTS_FAILURE" },
	{ "stamp_signature", { "did the signer sign it",
	    "签章数据是否由签章者签名" }, "SIG_CRYPTO_FAILURE", CRYPTO },
	{ "time_stamp", { "does a time-stamp authority vouch for the time",
	    "时间戳是否可信" }, "SEALREG_TIME_STAMP_FAILURE",
	    "SEALREG_TIME_STAMP_UNKNOWN" },
	{ "time_stamp_chain", {
	    "is the time-stamp authority's certificate not revoked",
	    "时间戳机构证书是否未被吊销" },
	    "CERTIFICATE_CHAIN_GENERAL_FAILURE", "TRY_LATER" },
	{ "data_hash", { "is what was stamped unchanged",
	    "被签章的原文是否未被改动" }, "HASH_FAILURE",
	    "SIGNED_DATA_NOT_FOUND" },
	{ "references", { "are the parts that it lists unchanged",
	    "所列文件是否均未被改动" }, "HASH_FAILURE",
	    "SIGNED_DATA_NOT_FOUND" },
	{ "coverage", { "is all that a reader shows protected",
	    "所显示的内容是否都受保护" }, "SEALREG_CONTENT_CHANGED",
	    "SEALREG_CONTENT_NOT_COVERED" },
	{ "signing_time", { "when was it stamped",
	    "签章时间" }, "TIMESTAMP_ORDER_FAILURE", "NO_POE" },
	{ "maker_chain", { "was the maker's certificate good",
	    "制章者证书是否可信、有效" },
	    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
	    "NO_CERTIFICATE_CHAIN_FOUND" },
	{ "signer_chain", { "was the signer's certificate good",
	    "签章者证书是否可信、有效" },
	    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
	    "NO_CERTIFICATE_CHAIN_FOUND" },
	{ "seal_validity", { "was it within the seal's own dates",
	    "是否在印章有效期内" }, "SEALREG_SEAL_EXPIRED",
	    "SEALREG_SEAL_EXPIRED" },
	{ "registry_status", { "what does the police register say",
	    "公安机关备案状态" }, "SEALREG_NOT_VALID",
	    "SEALREG_UNKNOWN" },
	{ NULL, { NULL, NULL }, NULL, NULL }
};

bool
rule_lang_from_word(const char *s, enum rule_lang *lang)
{
	if (strcmp(s, "zh") != 0 && strcmp(s, "en") != 0)
		return false;
	*lang = s[0] == 'z' ? LANG_ZH : LANG_EN;
	return true;
}

const struct rule *
rule_of(const char *id)
{
	const struct rule	*r;

	for (r = rule_table; r->id != NULL; r++)
		if (strcmp(r->id, id) == 0)
			return r;
	return NULL;
}

/* Clauses by generation: the seal's and the stamp's verification. */
static const struct {
	const char	*generation, *seal, *stamp;
} standards[] = {
	{ "V1", "GM/T 0031-2014, 6.1.2", "GM/T 0031-2014, 6.2.3" },
	{ "V4", "GB/T 38540-2020", "GB/T 38540-2020, 7.3" },
	{ "V5", "GM/T 0031-2025", "GM/T 0031-2025" },
};

static const char *
of_signature(const char *form)
{
	if (strcmp(form, "gbt35275") == 0)
		return "GB/T 35275-2017";
	if (strcmp(form, "cms") == 0)
		return "RFC 5652, 5.6";
	if (strcmp(form, "time-stamp") == 0)
		return "GB/T 20520; RFC 3161, 2.4.2";
	return "GB/T 33190-2016";
}

static const char *
of_container(const char *kind)
{
	if (strcmp(kind, "pdf") == 0)
		return "ISO 32000-2, 12.8";
	return strcmp(kind, "ofd") == 0 ? "GB/T 33190-2016" :
	    "GB/T 38540-2020";
}

const char *
rule_clause(const struct rule *r, const char *kind, const char *form,
    const char *generation)
{
	const char	*seal = "GB/T 38540-2020", *stamp = of_signature(form);
	size_t		 i;

	for (i = 0; i < sizeof(standards) / sizeof(standards[0]); i++)
		if (strcmp(standards[i].generation, generation) == 0) {
			seal = standards[i].seal;
			stamp = standards[i].stamp;
		}
	if (strcmp(r->id, "registry_status") == 0)
		return "国办发〔2025〕33号, 17; docs/verify.md";
	if (strcmp(r->id, "time_stamp") == 0 ||
	    strcmp(r->id, "time_stamp_chain") == 0)
		return "GB/T 20520; RFC 3161, 2.4.2";
	if (strcmp(r->id, "references") == 0 ||
	    strcmp(r->id, "coverage") == 0)
		return of_container(kind);
	if (strcmp(r->id, "seal_signature") == 0 ||
	    strcmp(r->id, "maker_chain") == 0 ||
	    strcmp(r->id, "seal_validity") == 0)
		return seal;
	if (strcmp(kind, "seal") == 0)
		return seal;
	if (strcmp(r->id, "format") == 0 && *form == '\0')
		return of_container(kind);
	return stamp;
}

static const struct {
	const char	*id, *sub;
} subs[] = {
	{ "unsupported-algorithm", "SEALREG_NOT_SM2" },
	{ "not-sm2", "SEALREG_NOT_SM2" },
	{ "octets-behind", "SEALREG_OCTETS_BEHIND" },
	{ "document-not-at-hand", "SIGNED_DATA_NOT_FOUND" },
	{ "signer-not-included", "NO_SIGNING_CERTIFICATE_FOUND" },
	{ "unknown-issuer", "NO_CERTIFICATE_CHAIN_FOUND" },
	{ "certificate-expired", "EXPIRED" },
	{ "certificate-not-yet-valid", "NOT_YET_VALID" },
	{ "certificate-revoked", "REVOKED" },
	{ "certificate-purpose", "CHAIN_CONSTRAINTS_FAILURE" },
	{ "certificate-name", "CHAIN_CONSTRAINTS_FAILURE" },
	{ "chain-too-long", "CHAIN_CONSTRAINTS_FAILURE" },
	{ "bad-certificate-profile", "CHAIN_CONSTRAINTS_FAILURE" },
	{ "bad-certificate", "FORMAT_FAILURE" },
	{ "crl-missing", "TRY_LATER" },
	{ "crl-expired", "TRY_LATER" },
	{ "crl-signature", "TRY_LATER" },
	{ "bad-crl", "TRY_LATER" },
};

const char *
rule_sub_of(const char *id)
{
	size_t	i;

	for (i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
		if (strcmp(subs[i].id, id) == 0)
			return subs[i].sub;
	return NULL;
}
