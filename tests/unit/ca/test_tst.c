#include "tests/unit/ca/signed.h"

#include "ca/tst.h"

static struct nation	 n;
static struct cert	*tsa;

static const struct octets	what = { (const uint8_t *)"signature", 9 };

/* Build, read, verify, compare: the first refusal in e; 0 where all hold. */
static int
judge(struct octets in, struct tst *t, struct err *e)
{
	int	rc;

	if ((rc = tst_parse(in, t, e)) != 0 || (rc = tst_verify(t, e)) != 0)
		return rc;
	return tst_covers(t, what, e);
}

static void
good(void **state)
{
	static const struct {
		struct token_spec	s;
		struct sd_spec		sd;
		int64_t			time;
	} cases[] = {
		{ { .options = false }, { .ess = ESS_NONE }, T0 },
		{ { .options = true }, { .ess = ESS_V2_SM3 }, T0 },
		{ { .time = "20260921141320.5Z" }, { .ess = ESS_V2_SHA256 },
		    1790000000 },
		{ { .time = "20260921141320.123456Z" }, { .ess = ESS_V1 },
		    1790000000 },
		{ { .imprint_alg = { (const uint8_t *)"\x60\x86\x48\x01\x65"
		    "\x03\x04\x02\x01", 9 } }, { .by_key_id = true }, T0 },
		{ { .options = true }, { .raw = true, .null = true }, T0 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct token_spec	s = cases[i].s;
		struct sd_spec		sd = cases[i].sd;
		struct err		e = ERR_INIT;
		struct tst		t;
		struct buf		b, text;

		buf_init(&b, LIMIT_TST);
		buf_init(&text, 1 << 14);
		s.what = what;
		sd.attributes = true;
		token_build(&n, tsa, &s, sd, &b);
		if (judge(buf_octets(&b), &t, &e) != 0)
			fail_msg("case %zu: %s %s", i, e.id, e.text);
		assert_int_equal(t.time, cases[i].time);
		assert_int_equal(t.cert.len, cert_der(tsa).len);
		assert_memory_equal(t.cert.p, cert_der(tsa).p, t.cert.len);
		assert_int_equal(t.cms.ncerts, 2);
		assert_int_equal(t.has_nonce, s.options);
		assert_int_equal((t.cms.deviations & CMS_DEV_RAW_SIGNATURE) !=
		    0, sd.raw);
		tst_print(&t, &text);
		assert_true(buf_ok(&text) && text.len > 100);
		buf_fini(&text);
		buf_fini(&b);
	}
}

#define WORD(S)	{ (const uint8_t *)(S), sizeof(S) - 1 }
#define OTHER	WORD("x")
#define DATA	WORD("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define MD5	WORD("\x2a\x86\x48\x86\xf7\x0d\x02\x05")
#define RSA	WORD("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define SHA	WORD("\x60\x86\x48\x01\x65\x03\x04\x02\x01")

/* What is wrong, and what it is called. */
static void
refused(void **state)
{
	static const struct {
		const char		*name, *id;
		struct token_spec	 s;
		struct sd_spec		 sd;
	} cases[] = {
		{ "of another thing", "time-stamp-mismatch",
		    { .what = OTHER }, { .raw = false } },
		{ "imprint of a digest that nobody knows",
		    "unsupported-digest", { .imprint_alg = MD5 },
		    { .raw = false } },
		{ "version 2", "bad-time-stamp", { .version = 2 },
		    { .raw = false } },
		{ "critical extension", "bad-time-stamp",
		    { .critical = true }, { .raw = false } },
		{ "member behind the last", "bad-time-stamp",
		    { .trailing = true }, { .raw = false } },
		{ "no zone", "bad-time-stamp",
		    { .time = "20260921141320" }, { .raw = false } },
		{ "fraction that ends in 0", "bad-time-stamp",
		    { .time = "20260921141320.50Z" }, { .raw = false } },
		{ "fraction without digits", "bad-time-stamp",
		    { .time = "20260921141320.Z" }, { .raw = false } },
		{ "fraction with a letter", "bad-time-stamp",
		    { .time = "20260921141320.5a5Z" }, { .raw = false } },
		{ "day that is none", "bad-time-stamp",
		    { .time = "20260931141320Z" }, { .raw = false } },
		{ "plain data", "bad-time-stamp", { .what = OTHER },
		    { .type = DATA } },
		{ "without contentType", "bad-time-stamp",
		    { .options = false }, { .no_attr_type = true } },
		{ "contentType of data", "bad-time-stamp",
		    { .options = false }, { .attr_type = DATA } },
		{ "without messageDigest", "bad-time-stamp",
		    { .options = false }, { .no_digest = true } },
		{ "messageDigest twice", "bad-time-stamp",
		    { .options = false }, { .digest_twice = true } },
		{ "messageDigest with two values", "bad-time-stamp",
		    { .options = false }, { .digest_two = true } },
		{ "two signers", "bad-time-stamp", { .options = false },
		    { .signers = 2 } },
		{ "messageDigest of something else",
		    "bad-time-stamp-signature", { .options = false },
		    { .covered = OTHER } },
		{ "broken signature", "bad-time-stamp-signature",
		    { .options = false }, { .break_signature = true } },
		{ "another certificate named", "bad-time-stamp-signature",
		    { .options = false }, { .ess = ESS_V2_SM3,
		    .ess_other = true } },
		{ "another certificate named, SHA-1",
		    "bad-time-stamp-signature", { .options = false },
		    { .ess = ESS_V1, .ess_other = true } },
		{ "certificate named by MD5", "unsupported-digest",
		    { .options = false }, { .ess = ESS_V2_MD5 } },
		{ "no certificate", "signer-not-included",
		    { .options = false }, { .no_certs = true } },
		{ "RSA", "unsupported-algorithm", { .options = false },
		    { .sign_alg = RSA } },
		{ "SHA-256", "unsupported-algorithm", { .options = false },
		    { .digest_alg = SHA } },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct token_spec	s = cases[i].s;
		struct sd_spec		sd = cases[i].sd;
		struct err		e = ERR_INIT;
		struct tst		t, zero;
		struct buf		b;

		buf_init(&b, LIMIT_TST);
		if (s.what.p == NULL)
			s.what = what;
		sd.attributes = true;
		token_build(&n, tsa, &s, sd, &b);
		if (judge(buf_octets(&b), &t, &e) == 0)
			fail_msg("%s: taken", cases[i].name);
		if (strcmp(e.id, cases[i].id) != 0)
			fail_msg("%s: %s, %s", cases[i].name, e.id, e.text);
		memset(&zero, 0, sizeof(zero));
		if (strcmp(e.id, "bad-time-stamp") == 0)
			assert_memory_equal(&t, &zero, sizeof(t));
		buf_fini(&b);
	}
}

/* Signed without attributes: the type of the content is not signed. */
static void
no_attributes(void **state)
{
	struct token_spec	s = { .what = what };
	struct sd_spec		sd = { .raw = false };
	struct err		e = ERR_INIT;
	struct tst		t;
	struct buf		b;

	(void)state;
	buf_init(&b, LIMIT_TST);
	token_build(&n, tsa, &s, sd, &b);
	assert_int_equal(judge(buf_octets(&b), &t, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-time-stamp");
	buf_fini(&b);
}

/* Signed rightly by a certificate that is for something else. */
static void
wrong_purpose(void **state)
{
	const struct {
		const struct cert	*c;
		enum key_slot		 slot;
	} all[] = { { n.signer, KEY_WRAPPING }, { n.maker, KEY_MAKER },
	    { n.authority, KEY_AUTHORITY } };
	size_t	i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct token_spec	s = { .what = what };
		struct sd_spec		sd = { .attributes = true,
					    .signer = all[i].c,
					    .slot = all[i].slot };
		struct err		e = ERR_INIT;
		struct tst		t;
		struct buf		b;

		buf_init(&b, LIMIT_TST);
		token_build(&n, tsa, &s, sd, &b);
		assert_int_equal(judge(buf_octets(&b), &t, &e), ERR_VERIFY);
		assert_string_equal(e.id, "not-for-time-stamps");
		buf_fini(&b);
	}
}

/* Cut anywhere it is refused; any octet changed, it does not hold. */
static void
cut_and_flipped(void **state)
{
	struct token_spec	s = { .what = what, .options = true };
	struct sd_spec		sd = { .attributes = true,
				    .ess = ESS_V2_SM3 };
	struct tst		t;
	struct buf		b;
	uint8_t			*p;
	size_t			 i;

	(void)state;
	buf_init(&b, LIMIT_TST);
	token_build(&n, tsa, &s, sd, &b);
	for (i = 0; i < b.len; i++) {
		p = xmemdup(b.p, i);
		assert_int_not_equal(tst_parse(OCTETS(p, i), &t, NULL), 0);
		free(p);
	}
	assert_int_equal(judge(buf_octets(&b), &t, NULL), 0);
	for (i = 0; i < b.len; i += 2) {
		struct octets	in = OCTETS(b.p, b.len), at;

		at = OCTETS(b.p + i, 1);
		/* Other certificates, digestAlgorithms and versions are not
		 * signed (RFC 5652, 5.4). */
		b.p[i] ^= 1;
		if (judge(in, &t, NULL) == 0 &&
		    ((at.p >= t.info.p && at.p < t.info.p + t.info.len) ||
		    (at.p >= t.cms.attributes.p &&
		    at.p < t.cms.attributes.p + t.cms.attributes.len) ||
		    (at.p >= t.cert.p && at.p < t.cert.p + t.cert.len)))
			fail_msg("octet %zu may change", i);
		b.p[i] ^= 1;
	}
	buf_fini(&b);
}

static void
too_big(void **state)
{
	struct err	e = ERR_INIT;
	struct tst	t;
	uint8_t		*p = xcalloc(1, LIMIT_TST + 1);

	(void)state;
	assert_int_equal(tst_parse(OCTETS(p, LIMIT_TST + 1), &t, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-time-stamp");
	free(p);
}

static int
setup(void **state)
{
	(void)state;
	nation_init(&n);
	tsa = token_authority(&n);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	cert_free(tsa);
	nation_fini(&n);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(refused),
		cmocka_unit_test(no_attributes),
		cmocka_unit_test(wrong_purpose),
		cmocka_unit_test(cut_and_flipped),
		cmocka_unit_test(too_big),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
