#include "tests/unit/signing/stamps.h"

static struct nation	n;

/* What is read as it was made, each deviation named, and both signatures. */
static void
good(void **state)
{
	static const struct {
		const char		*name;
		struct stamp_spec	 s;
		unsigned		 more;	/* deviations that follow */
		int64_t			 at;	/* 0: T0 + 7 */
		unsigned		 of_seal;
	} cases[] = {
		{ "V1", { .generation = SEAL_V1 }, 0, 0, 0 },
		{ "V4", { .generation = SEAL_V4 }, 0, 0, 0 },
		{ "V5", { .generation = SEAL_V5 }, 0, 0, 0 },
		{ "V4 with extensions", { .generation = SEAL_V4,
		    .extensions = true }, 0, 0, 0 },
		{ "V4 by digest", { .generation = SEAL_V4, .digests = true },
		    0, 0, 0 },
		{ "V4 by digest, by OID", { .generation = SEAL_V4,
		    .digests = true, .digest_type = "1.2.156.10197.1.401" },
		    0, 0, 0 },
		{ "raw signature", { .generation = SEAL_V4,
		    .deviations = STAMP_DEV_RAW_SIGNATURE }, 0, 0, 0 },
		{ "raw signature, V1", { .generation = SEAL_V1,
		    .deviations = STAMP_DEV_RAW_SIGNATURE }, 0, 0, 0 },
		{ "critical FALSE", { .generation = SEAL_V4,
		    .extensions = true,
		    .deviations = STAMP_DEV_DEFAULT_FALSE }, 0, 0, 0 },
		{ "version 2", { .generation = SEAL_V1,
		    .deviations = STAMP_DEV_VERSION }, 0, 0, 0 },
		{ "UTCTime in V4", { .generation = SEAL_V4,
		    .deviations = STAMP_DEV_TIME_KIND }, 0, 0, 0 },
		{ "bare GeneralizedTime in V1", { .generation = SEAL_V1,
		    .deviations = STAMP_DEV_TIME_KIND }, 0, 0, 0 },
		{ "GeneralizedTime in the string of V1", {
		    .generation = SEAL_V1, .gentime_v1 = true,
		    .deviations = STAMP_DEV_TIME_KIND }, 0, 0, 0 },
		{ "UTCTime as text", { .generation = SEAL_V1,
		    .time = "260921141320Z" }, STAMP_DEV_TIME_TEXT,
		    1790000000, 0 },
		{ "UTCTime as text that begins like a SEQUENCE", {
		    .generation = SEAL_V1, .time = "090921141320Z" },
		    STAMP_DEV_TIME_TEXT, 1253542400, 0 },
		{ "GeneralizedTime as text", { .generation = SEAL_V1,
		    .time = "20260921141320Z" }, STAMP_DEV_TIME_TEXT,
		    1790000000, 0 },
		{ "without zone", { .generation = SEAL_V1,
		    .time = "20260921221320" }, STAMP_DEV_TIME_TEXT |
		    STAMP_DEV_TIME_ZONE, 1790000000, 0 },
		{ "ISO 8601", { .generation = SEAL_V1,
		    .time = "2026-09-21T14:13:20Z" }, STAMP_DEV_TIME_TEXT,
		    1790000000, 0 },
		{ "ISO 8601 with a zone", { .generation = SEAL_V1,
		    .time = "2026-09-21T22:13:20.123+08:00" },
		    STAMP_DEV_TIME_TEXT, 1790000000, 0 },
		{ "ISO 8601 without one", { .generation = SEAL_V1,
		    .time = "2026-09-21T22:13:20" }, STAMP_DEV_TIME_TEXT |
		    STAMP_DEV_TIME_ZONE, 1790000000, 0 },
		{ "date, space, time", { .generation = SEAL_V1,
		    .time = "2026-09-21 22:13:20" }, STAMP_DEV_TIME_TEXT |
		    STAMP_DEV_TIME_ZONE, 1790000000, 0 },
		{ "OCTET STRINGs in V1", { .generation = SEAL_V1,
		    .deviations = STAMP_DEV_OCTET_STRING }, 0, 0, 0 },
		{ "OCTET STRING in V4", { .generation = SEAL_V4,
		    .deviations = STAMP_DEV_OCTET_STRING }, 0, 0, 0 },
		{ "wrapped seal", { .generation = SEAL_V1,
		    .wrapped_seal = true }, 0, 0, SEAL_DEV_WRAPPED },
		{ "wrapped seal, V4", { .generation = SEAL_V4,
		    .wrapped_seal = true }, 0, 0, SEAL_DEV_WRAPPED },
		{ "extDatas untagged", { .generation = SEAL_V4,
		    .extensions = true, .deviations = STAMP_DEV_EXTENSIONS },
		    0, 0, 0 },
		{ "extDatas in an OCTET STRING", { .generation = SEAL_V4,
		    .extensions = true, .ext_octets = true },
		    STAMP_DEV_EXTENSIONS, 0, 0 },
		{ "padded", { .generation = SEAL_V4,
		    .deviations = STAMP_DEV_PADDING }, 0, 0, 0 },
		{ "all that go together", { .generation = SEAL_V5,
		    .extensions = true, .wrapped_seal = true,
		    .deviations = STAMP_DEV_RAW_SIGNATURE |
		    STAMP_DEV_DEFAULT_FALSE | STAMP_DEV_VERSION |
		    STAMP_DEV_TIME_KIND | STAMP_DEV_OCTET_STRING |
		    STAMP_DEV_EXTENSIONS | STAMP_DEV_PADDING }, 0, 0,
		    SEAL_DEV_WRAPPED },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct stamp_spec	*q = &cases[i].s;
		struct err		 e = ERR_INIT;
		struct stamp		 s;
		struct buf		 b, text;

		buf_init(&b, LIMIT_STAMP);
		buf_init(&text, 1 << 15);
		stamp_build(&n, q, &b);
		if (stamp_parse(buf_octets(&b), (q->deviations &
		    STAMP_DEV_PADDING) != 0, &s, &e) != 0 ||
		    stamp_verify(&s, &e) != 0 ||
		    stamp_signer_in_seal(&s, &e) != 0 ||
		    seal_verify(&s.seal, &e) != 0)
			fail_msg("%s: %s", cases[i].name, e.text);
		assert_int_equal(s.generation, q->generation);
		if (s.deviations != (q->deviations | cases[i].more) ||
		    s.seal.deviations != cases[i].of_seal)
			fail_msg("%s: deviations %x, %x", cases[i].name,
			    s.deviations, s.seal.deviations);
		if (s.signed_at != (cases[i].at != 0 ? cases[i].at : T0 + 7))
			fail_msg("%s: at %lld", cases[i].name,
			    (long long)s.signed_at);
		assert_int_equal(s.data_hash.len, SM3_LEN);
		assert_memory_equal(s.data_hash.p, stamp_hash, SM3_LEN);
		assert_int_equal(s.property.len, strlen(STAMP_PROPERTY));
		assert_int_equal(s.next, q->extensions ? 1 : 0);
		stamp_print(&s, &text);
		assert_true(buf_ok(&text));
		buf_fini(&text);
		buf_fini(&b);
	}
}

/* Refused, and the member that the sentence names. */
static void
refused(void **state)
{
	static const struct {
		struct stamp_spec	 s;
		const char		*says;
	} cases[] = {
		{ { .generation = SEAL_V4, .wrong = WRONG_ELSEWHERE },
		    "follows the last member of the value" },
		{ { .generation = SEAL_V4,
		    .deviations = STAMP_DEV_PADDING },
		    "follows the last member of the value" },
		{ { .generation = SEAL_V4, .wrong = WRONG_ARITY },
		    "timeStamp" },
		{ { .generation = SEAL_V1, .wrong = WRONG_ARITY },
		    "3 members" },
		{ { .generation = SEAL_V4, .wrong = WRONG_MEMBER },
		    "timeInfo" },
		{ { .generation = SEAL_V4, .wrong = WRONG_EMPTY_HASH },
		    "dataHash is empty" },
		{ { .generation = SEAL_V4, .wrong = WRONG_PROPERTY },
		    "propertyInfo" },
		{ { .generation = SEAL_V4, .wrong = WRONG_TAG },
		    "propertyInfo" },
		{ { .generation = SEAL_V4, .wrong = WRONG_BITS },
		    "dataHash has unused bits" },
		{ { .generation = SEAL_V4, .wrong = WRONG_CRITICAL,
		    .extensions = true }, "critical" },
		{ { .generation = SEAL_V4, .wrong = WRONG_TOKEN_EMPTY },
		    "timeStamp is empty" },
		{ { .generation = SEAL_V4, .wrong = WRONG_BEHIND },
		    "extDatas" },
		{ { .generation = SEAL_V1, .wrong = WRONG_BEHIND },
		    "last member of toSign" },
		{ { .generation = SEAL_V4, .wrong = WRONG_SEAL },
		    "with a seal of GM/T 0031-2014" },
		{ { .generation = SEAL_V1, .wrong = WRONG_SEAL },
		    "with a seal of GB/T 38540-2020" },
		{ { .generation = SEAL_V1, .time = "yesterday at noon" },
		    "timeInfo" },
		{ { .generation = SEAL_V1, .time = "2026-09-21" },
		    "timeInfo" },
		{ { .generation = SEAL_V1, .time = "2026-13-21 22:13:20" },
		    "timeInfo" },
		{ { .generation = SEAL_V1, .time = "" }, "timeInfo" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err	e = ERR_INIT;
		struct stamp	s, zero;
		struct buf	b;

		buf_init(&b, LIMIT_STAMP);
		stamp_build(&n, &cases[i].s, &b);
		assert_int_equal(stamp_parse(buf_octets(&b), false, &s, &e),
		    ERR_FORMAT);
		assert_string_equal(e.id, "bad-stamp");
		if (strstr(e.text, cases[i].says) == NULL)
			fail_msg("case %zu: %s", i, e.text);
		memset(&zero, 0, sizeof(zero));
		assert_memory_equal(&s, &zero, sizeof(s));
		buf_fini(&b);
	}
}

/* Octets that are not zero behind the value: never, padded or not. */
static void
padding(void **state)
{
	struct stamp_spec	q = { .generation = SEAL_V4,
				    .deviations = STAMP_DEV_PADDING };
	struct stamp		s;
	struct buf		b;

	(void)state;
	buf_init(&b, LIMIT_STAMP);
	stamp_build(&n, &q, &b);
	assert_int_equal(stamp_parse(buf_octets(&b), true, &s, NULL), 0);
	b.p[b.len - 2] = 1;
	assert_int_equal(stamp_parse(buf_octets(&b), true, &s, NULL),
	    ERR_FORMAT);
	buf_fini(&b);
}

static void
signatures(void **state)
{
	static const struct {
		struct stamp_spec	 s;
		const char		*stamp, *listed;	/* ids */
	} cases[] = {
		{ { .generation = SEAL_V1, .break_stamp = true },
		    "bad-stamp-signature", "" },
		{ { .generation = SEAL_V4, .break_stamp = true },
		    "bad-stamp-signature", "" },
		{ { .generation = SEAL_V4, .break_stamp = true,
		    .deviations = STAMP_DEV_RAW_SIGNATURE },
		    "bad-stamp-signature", "" },
		{ { .generation = SEAL_V4, .rsa = true },
		    "unsupported-algorithm", "" },
		{ { .generation = SEAL_V4, .digests = true,
		    .digest_type = "SHA256" }, "", "unsupported-digest" },
	};
	struct stamp_spec	other = { .generation = SEAL_V4,
				    .listed = n.maker };
	struct err		e = ERR_INIT;
	struct stamp		s;
	struct buf		b;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err	one = ERR_INIT, two = ERR_INIT;

		buf_init(&b, LIMIT_STAMP);
		stamp_build(&n, &cases[i].s, &b);
		assert_int_equal(stamp_parse(buf_octets(&b), false, &s,
		    NULL), 0);
		if (stamp_verify(&s, &one) == 0)
			one.id[0] = '\0';
		if (stamp_signer_in_seal(&s, &two) == 0)
			two.id[0] = '\0';
		assert_string_equal(one.id, cases[i].stamp);
		assert_string_equal(two.id, cases[i].listed);
		buf_fini(&b);
	}
	/* Another's seal, by certificate and by digest. */
	for (i = 0; i < 2; i++) {
		buf_init(&b, LIMIT_STAMP);
		other.digests = i == 1;
		stamp_build(&n, &other, &b);
		e = (struct err)ERR_INIT;
		assert_int_equal(stamp_parse(buf_octets(&b), false, &s,
		    NULL), 0);
		assert_int_equal(stamp_verify(&s, NULL), 0);
		assert_int_equal(stamp_signer_in_seal(&s, &e), ERR_VERIFY);
		assert_string_equal(e.id, "signer-not-in-seal");
		buf_fini(&b);
	}
}

/* The same name, key and length, and yet another certificate. */
static void
twin(void **state)
{
	struct cert_spec	spec = nation_spec(CERT_SIGNER, STAMP_CODE,
				    n.signer_point);
	struct stamp_spec	q = { .generation = SEAL_V4 };
	struct cert		*c = NULL;
	struct err		e = ERR_INIT;
	struct stamp		s;
	struct buf		b;

	(void)state;
	spec.subject.organisation = cert_facts(n.signer)->organisation;
	spec.credit_code = CREDIT;
	spec.not_after = T0 + YEAR;
	/* A signature's length varies by a few octets. */
	do {
		cert_free(c);
		c = nation_issue(&spec, n.authority, n.kr, KEY_AUTHORITY);
	} while (cert_der(c).len != cert_der(n.signer).len);
	q.listed = c;
	buf_init(&b, LIMIT_STAMP);
	stamp_build(&n, &q, &b);
	assert_int_equal(stamp_parse(buf_octets(&b), false, &s, NULL), 0);
	assert_int_equal(s.seal.certs[0].len, s.cert.len);
	assert_int_equal(stamp_signer_in_seal(&s, &e), ERR_VERIFY);
	assert_string_equal(e.id, "signer-not-in-seal");
	cert_free(c);
	buf_fini(&b);
}

/* Cut anywhere: refused.  Any octet of what is signed changed: noticed. */
static void
cut_and_flipped(void **state)
{
	static const enum seal_generation	all[] = { SEAL_V1, SEAL_V4,
						    SEAL_V5 };
	size_t	g, i;

	(void)state;
	for (g = 0; g < 3; g++) {
		struct stamp_spec	q = { .generation = all[g],
					    .extensions = true };
		struct stamp		s;
		struct buf		b;
		uint8_t			*p;

		buf_init(&b, LIMIT_STAMP);
		stamp_build(&n, &q, &b);
		for (i = 0; i < b.len; i++) {
			p = xmemdup(b.p, i);
			assert_int_equal(stamp_parse(OCTETS(p, i), true, &s,
			    NULL), ERR_FORMAT);
			free(p);
		}
		assert_int_equal(stamp_parse(buf_octets(&b), false, &s,
		    NULL), 0);
		p = b.p + (s.to_sign.p - b.p);
		for (i = 0; i < s.to_sign.len; i += 3) {
			struct stamp	t;

			p[i] ^= 1;
			if (stamp_parse(buf_octets(&b), false, &t, NULL) ==
			    0 && stamp_verify(&t, NULL) == 0)
				fail_msg("octet %zu may change", i);
			p[i] ^= 1;
		}
		buf_fini(&b);
	}
}

static void
too_big(void **state)
{
	struct err	e = ERR_INIT;
	struct stamp	s;
	uint8_t		*p = xcalloc(1, LIMIT_STAMP + 9);

	(void)state;
	p[0] = DER_SEQUENCE;
	p[1] = 0x83;
	p[2] = (LIMIT_STAMP - 4) >> 16 & 0xff;
	p[3] = (LIMIT_STAMP - 4) >> 8 & 0xff;
	p[4] = (LIMIT_STAMP - 4) & 0xff;
	assert_int_equal(stamp_parse(OCTETS(p, LIMIT_STAMP + 1), false,
	    &s, &e), ERR_TOOBIG);
	assert_string_equal(e.id, "stamp-too-big");
	free(p);
}

static void
printed(void **state)
{
	struct stamp_spec	q = { .generation = SEAL_V4 };
	struct stamp		s;
	struct buf		b, out;
	unsigned		bit;
	char			*text;

	(void)state;
	buf_init(&b, LIMIT_STAMP);
	buf_init(&out, 1 << 15);
	stamp_build(&n, &q, &b);
	assert_int_equal(stamp_parse(buf_octets(&b), false, &s, NULL), 0);
	s.property = OCTETS("\x1b[2J", 4);
	s.deviations = STAMP_DEV_TIME_ZONE;
	stamp_print(&s, &out);
	text = buf_steal_str(&out);
	assert_null(strchr(text, 0x1b));
	assert_non_null(strstr(text, "\\x1b[2J"));
	assert_non_null(strstr(text, "time-without-zone"));
	assert_non_null(strstr(text, STAMP_CODE));
	free(text);
	buf_fini(&b);
	for (bit = 1; bit < STAMP_DEV_END; bit <<= 1)
		assert_non_null(stamp_deviation_word(bit));
	assert_null(stamp_deviation_word(STAMP_DEV_END));
}

static int
setup(void **state)
{
	(void)state;
	nation_init(&n);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	nation_fini(&n);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(refused),
		cmocka_unit_test(padding),
		cmocka_unit_test(signatures),
		cmocka_unit_test(twin),
		cmocka_unit_test(cut_and_flipped),
		cmocka_unit_test(too_big),
		cmocka_unit_test(printed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
