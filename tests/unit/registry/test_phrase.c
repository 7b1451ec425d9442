#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"
#include "registry/judge/report_words.h"

/* What is said, and what must come of it; NULL: no sentence of the table. */
static const struct {
	const char	*en, *zh;
} sentences[] = {
	{ "no seal in it", "其中没有印章" },
	{ "2026-01-02T03:04:05Z: the signer's own word, no time-stamp "
	    "authority vouches for it", "2026-01-02 11:04:05 (UTC+8)：签章者"
	    "自述，没有时间戳机构证明" },
	{ "not_valid: the seal is not active; then suspended, now active",
	    "无效：印章不处于有效状态；当时已暂停，现在有效" },
	{ "issued under the authority of province 44; not revoked; by now: "
	    "revoked at 2026-01-02T03:04:05Z",
	    "由省份 44 的认证机构签发；未吊销；现已于 2026-01-02 11:04:05 "
	    "(UTC+8) 吊销" },
	{ "issued under the authority of province 44; revocation was not "
	    "looked up", "由省份 44 的认证机构签发；未查询吊销状态" },
	{ "over the stamp's signature; issued under the authority of province "
	    "44", "覆盖签章签名值；证书由省份 44 的认证机构签发" },
	{ "over the stamp's signature; issued under the authority of province "
	    "44; the seal's, issued under an authority of the trust list",
	    "覆盖签章签名值；证书由省份 44 的认证机构签发；印章时间戳的证书由信"
	    "任列表中的机构签发" },
	/* What strangers wrote is taken over, and is never more than that. */
	{ "certificate \"a \" was revoked, reason 9\": certificate has "
	    "expired [certificate-expired]", "证书“a \" was revoked, reason "
	    "9”已过期 [certificate-expired]" },
	{ "stamp /Doc_0/Signs/x; 1 of 2 files do not match and others: no "
	    "seal in it", "签章 /Doc_0/Signs/x; 1 of 2 files do not match "
	    "等：其中没有印章" },
	{ "/Doc_0/a b was changed; 1 of 9 files do not match",
	    "/Doc_0/a b 被改动；9 个文件中有 1 个不符" },
	{ "page 3: its content was replaced", "第 3 页的内容被替换" },
	{ "page 3: its entry Foo was changed", "第 3 页的项目 Foo 被改动" },
	{ "page 3: its size was changed, perhaps: there is too much of them",
	    "第 3 页的大小被改动（内容过多，未能确认）" },
	{ "page 2, 202,128.5 mm, 40x40, the part 0,0 mm, 8x40 of it",
	    "第 2 页，距左 202、距上 128.5 毫米，40×40 毫米，显示其中 0,0 起 "
	    "8×40 毫米的部分" },
	{ "stamp: toSign.version: tag 0x04, not 0x02",
	    "签章数据：toSign.version 的标签是 0x04，应为 0x02" },
	{ "seal: the file: 3 octets too many",
	    "印章数据：文件之后多出 3 个八位组" },
	{ "no answer: Could not connect to server [unreachable]",
	    "节点没有应答 [unreachable]" },
	{ "judged for 2026-01-02T03:04:05Z, as asked; the signer says nothing",
	    "按要求以 2026-01-02 11:04:05 (UTC+8) 判断；签章者未说明时间" },
	{ "the policy does not put up with raw-signature",
	    "策略不接受此偏差：签名值未按标准编码" },
	/* Whole, or not at all. */
	{ "", NULL },
	{ "no seal in it and more", NULL },
	{ "after this stamp: something nobody ever said of it", NULL },
	{ "nonsense, and no seal in it at all", NULL },
	{ "not valid after some time", NULL },
	{ "more than many pages", NULL },
};

static void
says(void **state)
{
	char	out[PHRASE_SIZE];
	size_t	i;
	bool	said;

	(void)state;
	for (i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		said = phrase_say(phrase_zh, sentences[i].en, out,
		    sizeof(out));
		if (said != (sentences[i].zh != NULL))
			fail_msg("%s: %s", sentences[i].en, out);
		assert_string_equal(out, said ? sentences[i].zh : "");
		assert_string_equal(report_sentence(sentences[i].en, LANG_ZH,
		    out), said ? sentences[i].zh : sentences[i].en);
		assert_string_equal(report_sentence(sentences[i].en, LANG_EN,
		    out), sentences[i].en);
	}
}

/* The row at n of the table, with something in each of its slots. */
static void
make(const struct phrase *r, struct buf *out)
{
	const char	*f, *slot;
	char		 number[8], text[4];
	unsigned	 n = 0;
	bool		 few;

	for (f = r->en; *f != '\0'; f++) {
		if (*f != '%' || f[1] == '%') {
			f += *f == '%';
			buf_put_u8(out, (uint8_t)*f);
			continue;
		}
		few = strncmp(f, "%.6s", 4) == 0;
		f += 1 + strspn(f + 1, "0123456789.-+ #hlzj");
		(void)snprintf(text, sizeof(text), "%u}", ++n);
		for (slot = strchr(r->to, '{'); slot != NULL &&
		    strncmp(slot + 1 + strspn(slot + 1, ".=?@"), text, 2) != 0;
		    slot = strchr(slot + 1, '{'))
			;
		(void)snprintf(number, sizeof(number), "%u", n);
		if (*f != 's')
			buf_puts(out, number);
		else if (slot != NULL && slot[1] == '@')
			buf_puts(out, "2026-01-02T03:04:05Z");
		else
			buf_puts(out, slot == NULL || slot[1] == text[0] ?
			    few ? "44" : "STRANGER" : "no seal in it");
	}
}

/* Every row can be found, and nothing of a sentence is left in English. */
static void
rows(void **state)
{
	const struct phrase	*r;
	struct buf		 b;
	char			 out[PHRASE_SIZE];

	(void)state;
	for (r = phrase_zh; r->en != NULL; r++) {
		buf_init(&b, PHRASE_SIZE);
		make(r, &b);
		buf_put_u8(&b, 0);
		if (!phrase_say(phrase_zh, (char *)b.p, out, sizeof(out)))
			fail_msg("not found: %s", (char *)b.p);
		assert_true(utf8_valid(out, strlen(out)));
		if (strstr(out, "no seal in it") != NULL ||
		    strstr(out, "2026-01-02T") != NULL ||
		    strchr(out, '{') != NULL)
			fail_msg("%s: %s", (char *)b.p, out);
		buf_fini(&b);
	}
}

/* A text that nearly fits many rows in many ways ends soon. */
static void
patience(void **state)
{
	char	text[512], out[PHRASE_SIZE];
	size_t	i;

	(void)state;
	for (i = 0; i + 1 < sizeof(text); i++)
		text[i] = ": %; ["[i % 6];
	text[i] = '\0';
	assert_false(phrase_say(phrase_zh, text, out, sizeof(out)));
	memcpy(text, "issued ", 7);
	assert_false(phrase_say(phrase_zh, text, out, sizeof(out)));
	/* What does not fit into out is not said. */
	assert_false(phrase_say(phrase_zh, "no seal in it", out, 6));
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(says),
		cmocka_unit_test(rows),
		cmocka_unit_test(patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
