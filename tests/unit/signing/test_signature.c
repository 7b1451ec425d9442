#include "tests/unit/signing/stamps.h"

#include "base/text.h"
#include "signing/signature.h"
#include "signing/signed_data.h"

static struct nation	 n;
static const struct octets doc = { (const uint8_t *)"the document", 12 };
static uint8_t		 doc_hash[SM3_LEN];
static char		 doc_text[B64_SIZE(SM3_LEN)];
static const struct octets none = { NULL, 0 };

static const char *
row(const StampReading *s, const char *rule, bool detail)
{
	size_t	i;

	for (i = 0; i < s->n_checks; i++)
		if (strcmp(s->checks[i]->rule, rule) == 0)
			return detail ? s->checks[i]->detail :
			    s->checks[i]->result;
	fail_msg("no row %s", rule);
	return "";
}

/* Each rule once, in their order. */
static void
rows_in_order(const StampReading *s)
{
	static const char *const	rules[] = { "format",
		"seal_signature", "signer_in_seal", "stamp_signature",
		"time_stamp" };
	size_t				i;

	assert_int_equal(s->n_checks, 5);
	for (i = 0; i < 5; i++)
		assert_string_equal(s->checks[i]->rule, rules[i]);
}

static void
words_are(char **list, size_t count, const char *want, const char *name)
{
	char	all[256] = "";
	size_t	i;

	for (i = 0; i < count; i++)
		strcat(strcat(all, list[i]), " ");
	if (strcmp(all, want) != 0)
		fail_msg("%s: deviations %s", name, all);
}

/* passed, failed, unknown, not_applicable: p f u - */
static void
results_are(const StampReading *s, const char *want, const char *name)
{
	static const char	letters[] = "pfu";
	char			got[6] = "";
	size_t			i;

	rows_in_order(s);
	for (i = 0; i < 5; i++) {
		got[i] = s->checks[i]->result[0];
		if (strchr(letters, got[i]) == NULL)
			got[i] = '-';
	}
	if (strcmp(got, want) != 0) {
		for (i = 0; i < 5; i++)
			print_message("%s\n", s->checks[i]->detail);
		fail_msg("%s: %s, not %s", name, got, want);
	}
}

/* ---- stamps */

static void
stamps(void **state)
{
	static const struct {
		const char		*name, *rows;
		struct stamp_spec	 s;
		bool			 stamped;	/* a good time */
	} cases[] = {
		{ "good", "pppp-", { .generation = SEAL_V4 }, false },
		{ "good V1", "pppp-", { .generation = SEAL_V1 }, false },
		{ "good V5", "pppp-", { .generation = SEAL_V5 }, false },
		{ "seal changed", "pfpp-", { .generation = SEAL_V4,
		    .break_seal = true }, false },
		{ "stamp changed", "pppf-", { .generation = SEAL_V5,
		    .break_stamp = true }, false },
		{ "RSA", "pppu-", { .generation = SEAL_V4, .rsa = true },
		    false },
		{ "digests of SHA-256", "ppup-", { .generation = SEAL_V4,
		    .digests = true, .digest_type = "SHA256" }, false },
		{ "time-stamp", "ppppp", { .generation = SEAL_V4,
		    .stamp_token = true }, true },
		{ "no time-stamp, but something", "ppppf", {
		    .generation = SEAL_V4,
		    .token = { (const uint8_t *)"token", 5 } }, false },
		{ "seal's time-stamp", "ppppp", { .generation = SEAL_V5,
		    .seal_token = true }, false },
		{ "both", "ppppp", { .generation = SEAL_V5,
		    .seal_token = true, .stamp_token = true }, true },
		{ "seal's time-stamp of something else", "ppppf", {
		    .generation = SEAL_V5, .seal_token = true,
		    .seal_token_other = true, .stamp_token = true }, true },
		{ "seal made after its time-stamp", "ppppf", {
		    .generation = SEAL_V5, .seal_token = true,
		    .seal_token_early = true }, false },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FileReading		*m = reading_new("stamp");
		StampReading		*s = reading_add_stamp(m, "x");
		struct stamp_spec	 q = cases[i].s;
		struct signature	 sig;
		struct buf		 b;

		buf_init(&b, LIMIT_STAMP);
		stamp_build(&n, &q, &b);
		signature_read(buf_octets(&b), false, none, s, &sig);
		results_are(s, cases[i].rows, cases[i].name);
		assert_int_equal(sig.form, SIGNATURE_SES);
		assert_string_equal(s->form, "ses");
		assert_string_equal(s->generation,
		    seal_generation_word(q.generation));
		assert_int_equal(sig.has_hash, !q.rsa);
		assert_int_equal(s->time_stamp_at,
		    cases[i].stamped ? T0 : 0);
		assert_int_equal(s->time_stamp_certificate.len > 0,
		    cases[i].stamped);
		assert_int_equal(s->n_time_stamp_certificates,
		    cases[i].stamped ? 1 : 0);
		assert_int_equal(s->signed_at, T0 + 7);
		assert_int_equal(s->signer_certificate.len,
		    cert_der(n.signer).len);
		assert_non_null(strstr(s->signer, STAMP_CODE));
		assert_string_equal(s->property, STAMP_PROPERTY);
		assert_string_equal(s->seal->seal_code, STAMP_CODE);
		assert_true(sig.seal.len > 0 && sig.seal.p > b.p);
		if (strcmp(cases[i].name, "both") == 0)
			assert_int_equal(s->seal->time_stamp_at, T0);
		reading_free(m);
		buf_fini(&b);
	}
}

/* V1: timeInfo is a token, over the digest that the stamp holds, or not. */
static void
time_info_tokens(void **state)
{
	static const struct {
		struct octets	what;
		const char	*rows;
		int64_t		at;
	} cases[] = {
		{ { stamp_hash, SM3_LEN }, "pppp-", T0 },
		{ { (const uint8_t *)"the document", 12 }, "pppp-", T0 },
		{ { (const uint8_t *)"something else", 14 }, "ppppu", 0 },
		{ { NULL, 0 }, "ppppf", 0 },	/* changed */
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FileReading		*m = reading_new("stamp");
		StampReading		*s = reading_add_stamp(m, "x");
		struct stamp_spec	 q = { .generation = SEAL_V1 };
		struct signature	 sig;
		struct buf		 b, token;

		buf_init(&b, LIMIT_STAMP);
		buf_init(&token, 1 << 14);
		stamp_own_token(&n, cases[i].what, NULL, &token);
		if (i == 3)
			token.p[token.len - 1] ^= 1;
		q.time_token = buf_octets(&token);
		if (i == 1)
			q.hash = OCTETS(doc_hash, SM3_LEN);
		stamp_build(&n, &q, &b);
		signature_read(buf_octets(&b), false, none, s, &sig);
		results_are(s, cases[i].rows, "timeInfo");
		/* A token from before the signature vouches for none. */
		assert_int_equal(s->time_stamp_at, 0);
		assert_int_equal(s->time_stamp_certificate.len, 0);
		assert_int_equal(s->signed_at, cases[i].at);
		reading_free(m);
		buf_fini(&b);
		buf_fini(&token);
	}
}

/* ---- SignedData */

#define DIGEST	{ doc_hash, SM3_LEN }
#define TEXT	{ (const uint8_t *)doc_text, B64_SIZE(SM3_LEN) - 1 }
#define DOC	{ (const uint8_t *)"the document", 12 }
#define OTHER	{ (const uint8_t *)"another document", 16 }
#define S_501	{ (const uint8_t *)"\x2a\x81\x1c\xcf\x55\x01\x83\x75", 8 }
#define S_RSA	{ (const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9 }
#define S_DATA	{ (const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 9 }
#define S_SHA	{ (const uint8_t *)"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9 }
#define S_ODD	{ (const uint8_t *)"\x2a\x03\x04", 3 }

static const struct {
	const char	*name, *rows;
	bool		 hash;		/* the document's comes out */
	const char	*deviations;
	struct sd_spec	 s;
	struct octets	 original;
} signed_data[] = {
	{ "digest", "p--p-", true, "", { .content = DIGEST }, DOC },
	{ "digest, 501", "p--p-", true, "algorithm-501 ",
	    { .content = DIGEST, .sign_alg = S_501 }, DOC },
	{ "digest, raw", "p--p-", true, "raw-signature ",
	    { .content = DIGEST, .raw = true }, DOC },
	{ "digest, NULL parameters", "p--p-", true, "",
	    { .content = DIGEST, .null = true }, DOC },
	{ "digest in base64, the text signed", "p--p-", true,
	    "digest-as-base64 ", { .content = TEXT }, DOC },
	{ "digest in base64, the digest signed", "p--p-", true,
	    "digest-as-base64 ", { .content = TEXT, .over = DIGEST }, DOC },
	{ "digest in base64, neither", "p--f-", true, "digest-as-base64 ",
	    { .content = TEXT, .over = DOC }, DOC },
	{ "data of the other family", "p--p-", true,
	    "content-type-of-another-family ",
	    { .content = DIGEST, .type = S_DATA }, DOC },
	{ "digest of PKCS #7", "p--p-", true, "",
	    { .content = DIGEST, .pkcs7 = true }, DOC },
	{ "the document in it", "p--p-", true, "",
	    { .content = DOC, .pkcs7 = true }, { NULL, 0 } },
	{ "by key identifier", "p--p-", true, "",
	    { .content = DIGEST, .by_key_id = true }, DOC },
	{ "broken", "p--f-", true, "",
	    { .content = DIGEST, .break_signature = true }, DOC },
	{ "over something else", "p--f-", true, "",
	    { .content = DIGEST, .over = DOC }, DOC },
	{ "no certificate", "p--u-", true, "",
	    { .content = DIGEST, .no_certs = true }, DOC },
	{ "RSA", "p--u-", true, "",
	    { .content = DIGEST, .sign_alg = S_RSA }, DOC },
	{ "SHA-256", "p--u-", false, "",
	    { .content = DIGEST, .digest_alg = S_SHA }, DOC },
	/* attributes */
	{ "attributes, content absent", "p--p-", true,
	    "content-type-of-another-family ",
	    { .attributes = true, .covered = DOC, .type = S_DATA },
	    { NULL, 0 } },
	{ "attributes of CMS", "p--p-", true, "",
	    { .attributes = true, .covered = DOC, .pkcs7 = true,
	    .signing_time = T0, .ess = ESS_V2_SM3 }, DOC },
	{ "certificate named by SHA-256", "p--p-", true, "",
	    { .attributes = true, .covered = DOC, .pkcs7 = true,
	    .ess = ESS_V2_SHA256 }, DOC },
	{ "another certificate named", "p--f-", true, "",
	    { .attributes = true, .covered = DOC, .pkcs7 = true,
	    .ess = ESS_V2_SM3, .ess_other = true }, DOC },
	{ "certificate named by MD5", "p--u-", true, "",
	    { .attributes = true, .covered = DOC, .pkcs7 = true,
	    .ess = ESS_V2_MD5 }, DOC },
	{ "attributes, raw", "p--p-", true, "raw-signature ",
	    { .attributes = true, .covered = DOC, .pkcs7 = true,
	    .raw = true }, DOC },
	{ "attributes broken", "p--f-", true, "",
	    { .attributes = true, .covered = DOC, .pkcs7 = true,
	    .break_signature = true }, DOC },
	{ "attributes without contentType", "p--p-", true,
	    "no-content-type-attribute ",
	    { .attributes = true, .covered = DOC, .pkcs7 = true,
	    .no_attr_type = true }, DOC },
	{ "attributes over a digest that is content", "p--p-", true, "",
	    { .attributes = true, .content = DIGEST, .covered = DIGEST,
	    .pkcs7 = true }, DOC },
	{ "attributes over another content", "p--f-", true, "",
	    { .attributes = true, .content = DIGEST, .covered = OTHER,
	    .pkcs7 = true }, DOC },
	{ "attributes of another document", "p--p-", false, "",
	    { .attributes = true, .covered = OTHER, .pkcs7 = true }, DOC },
	{ "attributes with half a digest", "p--f-", false, "",
	    { .attributes = true, .covered = DOC, .digest_len = 16,
	    .pkcs7 = true }, DOC },
	/* detached */
	{ "detached", "p--p-", true, "",
	    { .over = DOC, .pkcs7 = true }, DOC },
	{ "detached, another document", "p--f-", false, "",
	    { .over = DOC, .pkcs7 = true }, OTHER },
	{ "detached, no document", "p--u-", false, "",
	    { .over = DOC, .pkcs7 = true }, { NULL, 0 } },
	/* malformed */
	{ "no messageDigest", "fuuuu", false, "",
	    { .attributes = true, .no_digest = true, .pkcs7 = true }, DOC },
	{ "messageDigest twice", "fuuuu", false, "",
	    { .attributes = true, .covered = DOC, .digest_twice = true,
	    .pkcs7 = true }, DOC },
	{ "messageDigest of two values", "fuuuu", false, "",
	    { .attributes = true, .covered = DOC, .digest_two = true,
	    .pkcs7 = true }, DOC },
	{ "contentType of something else", "fuuuu", false, "",
	    { .attributes = true, .covered = DOC, .attr_type = S_ODD,
	    .pkcs7 = true }, DOC },
	{ "content that is not data", "fuuuu", false, "",
	    { .content = DIGEST, .type = S_ODD }, DOC },
	{ "two signers", "uuuuu", false, "",
	    { .content = DIGEST, .signers = 2 }, DOC },
};

/* The same rows, but that the format is in doubt, or fails as it did. */
static void
behind(const StampReading *s, const char *rows)
{
	char	want[6];

	memcpy(want, rows, sizeof(want));
	if (want[0] == 'p') {
		want[0] = 'u';
		assert_string_equal(row(s, "format", true), "3 octets stand "
		    "behind the value, which nothing covers");
		assert_string_equal(s->checks[0]->why, "octets-behind");
	}
	results_are(s, want, "with octets behind");
}

static void
signed_data_rows(void **state)
{
	size_t	i, k;

	(void)state;
	for (i = 0; i < sizeof(signed_data) / sizeof(signed_data[0]); i++) {
		FileReading		*m = reading_new("pdf");
		StampReading		*s = reading_add_stamp(m, "x");
		struct sd_spec		 q = signed_data[i].s;
		struct signature	 sig;
		struct buf		 b;

		buf_init(&b, LIMIT_CMS);
		q.signer = n.signer;
		q.slot = KEY_WRAPPING;
		sd_build(&n, &q, &b);
		buf_put(&b, "\0\0\0", 3);
		signature_read(buf_octets(&b), true, signed_data[i].original,
		    s, &sig);
		results_are(s, signed_data[i].rows, signed_data[i].name);
		words_are(s->deviations, s->n_deviations,
		    signed_data[i].deviations, signed_data[i].name);
		assert_int_equal(sig.form, SIGNATURE_SIGNED_DATA);
		if ((sig.has_hash && memcmp(sig.hash, doc_hash, SM3_LEN) ==
		    0) != signed_data[i].hash)
			fail_msg("%s: hash", signed_data[i].name);
		assert_int_equal(sig.seal.len, 0);
		if (signed_data[i].rows[0] == 'p') {
			assert_string_equal(s->form, q.pkcs7 ? "cms" :
			    "gbt35275");
			assert_int_equal(s->signer_certificate.len,
			    q.no_certs ? 0 : cert_der(n.signer).len);
			assert_int_equal(s->n_certificates,
			    q.no_certs ? 0 : 1);
			assert_int_equal(s->signed_at, q.signing_time);
			assert_true(strlen(s->text) > 50);
		}
		reading_free(m);
		/* Not padded, the zeros are told, and nothing passes; nor
		 * does it, padded or not, with what is no zero. */
		for (k = 0; k < 3; k++) {
			if (k > 0)
				b.p[b.len - 1] = 0x17;
			m = reading_new("pdf");
			s = reading_add_stamp(m, "x");
			signature_read(buf_octets(&b), k == 1,
			    signed_data[i].original, s, &sig);
			behind(s, signed_data[i].rows);
			reading_free(m);
		}
		buf_fini(&b);
	}
}

/* Constructed elements with indefinite lengths, octet strings in two pieces:
 * what streaming writers make. */
static void
as_ber(struct octets in, struct buf *out)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct der	d;
	size_t		half;

	while (cursor_left(&c) > 0) {
		assert_int_equal(der_next(&c, &d, "", NULL), 0);
		if (d.tag == DER_OCTET_STRING && d.val.len > 1) {
			half = d.val.len / 2;
			buf_put(out, "\x24\x80", 2);
			der_put(out, DER_OCTET_STRING, d.val.p, half);
			der_put(out, DER_OCTET_STRING, d.val.p + half,
			    d.val.len - half);
			buf_put(out, "\0\0", 2);
		} else if ((d.tag & 0x20) != 0) {
			buf_put_u8(out, d.tag);
			buf_put_u8(out, 0x80);
			as_ber(d.val, out);
			buf_put(out, "\0\0", 2);
		} else
			buf_put_octets(out, d.tlv);
	}
}

static void
signed_data_ber(void **state)
{
	static const struct {
		struct sd_spec	 s;
		const char	*rows;
	} cases[] = {
		{ { .content = DIGEST }, "p--p-" },
		{ { .attributes = true, .covered = DOC, .pkcs7 = true,
		    .ess = ESS_V2_SM3 }, "p--p-" },
		{ { .over = DOC, .pkcs7 = true }, "p--p-" },
		{ { .content = DIGEST, .break_signature = true }, "p--f-" },
	};
	size_t	i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FileReading		*m = reading_new("pdf");
		StampReading		*s = reading_add_stamp(m, "x");
		struct sd_spec		 q = cases[i].s;
		struct signature	 sig;
		struct buf		 b, ber;

		buf_init(&b, LIMIT_CMS);
		buf_init(&ber, LIMIT_CMS);
		q.signer = n.signer;
		q.slot = KEY_WRAPPING;
		sd_build(&n, &q, &b);
		as_ber(buf_octets(&b), &ber);
		buf_put(&ber, "\0\0\0", 3);
		signature_read(buf_octets(&ber), true, doc, s, &sig);
		results_are(s, cases[i].rows, "BER");
		words_are(s->deviations, s->n_deviations, "ber-framing ",
		    "BER");
		assert_int_equal(sig.has_hash, cases[i].rows[3] == 'p' ||
		    i == 3);
		reading_free(m);
		/* Behind it nothing but zeros; cut, it is nothing. */
		for (k = 1; k <= ber.len; k += 7) {
			m = reading_new("pdf");
			s = reading_add_stamp(m, "x");
			signature_read(OCTETS(ber.p, ber.len - 3 - k), true,
			    doc, s, &sig);
			assert_string_equal(row(s, "format", false),
			    "failed");
			reading_free(m);
			if (k + 10 > ber.len)
				break;
		}
		ber.p[ber.len - 1] = 1;
		m = reading_new("pdf");
		s = reading_add_stamp(m, "x");
		signature_read(buf_octets(&ber), true, doc, s, &sig);
		assert_string_equal(row(s, "format", false), "failed");
		reading_free(m);
		buf_fini(&b);
		buf_fini(&ber);
	}
}

/* An unsigned attribute with a token over the signature. */
static void
signed_data_token(void **state)
{
	static const char *const	rows[] = { "p--pp", "p--pf" };
	struct sd_spec			q = { .content = DIGEST,
					    .slot = KEY_WRAPPING };
	struct cms			m;
	struct buf			first, token;
	size_t				i;

	(void)state;
	q.signer = n.signer;
	buf_init(&first, LIMIT_CMS);
	buf_init(&token, 1 << 14);
	/* A signature is another each time: the token goes into this one. */
	sd_build(&n, &q, &first);
	assert_int_equal(cms_parse(buf_octets(&first), &m, NULL), 0);
	stamp_own_token(&n, m.signature, NULL, &token);
	for (i = 0; i < 2; i++) {
		FileReading		*f = reading_new("pdf");
		StampReading		*s = reading_add_stamp(f, "x");
		struct signature	 sig;
		struct buf		 b;
		struct cursor		 c;
		struct der		 d[6];
		size_t			 at[6], k;

		/* Written again around the same octets, one member more. */
		buf_init(&b, LIMIT_CMS);
		c = cursor_of(first.p, first.len);
		for (k = 0; k < 3; k++) {
			assert_int_equal(der_next(&c, &d[k], "", NULL), 0);
			c = der_inside(&d[k]);
			at[k] = der_open(&b, d[k].tag);
			if (k == 0) {
				assert_int_equal(der_next(&c, &d[5], "",
				    NULL), 0);
				buf_put_octets(&b, d[5].tlv);
			}
		}
		for (k = 0; k < 4; k++) {
			assert_int_equal(der_next(&c, &d[5], "", NULL), 0);
			buf_put_octets(&b, d[5].tlv);
		}
		for (k = 3; k < 5; k++) {
			assert_int_equal(der_next(&c, &d[k], "", NULL), 0);
			c = der_inside(&d[k]);
			at[k] = der_open(&b, d[k].tag);
		}
		buf_put_octets(&b, d[4].val);
		at[5] = der_open(&b, 0xa1);
		{
			size_t	set, one = sd_attribute(&b,
				    OID_PKCS9("\x10\x02\x0e"), &set);

			buf_put(&b, token.p, token.len);
			der_close(&b, set);
			der_close(&b, one);
		}
		for (k = 6; k-- > 0; )
			der_close(&b, at[k]);
		if (i == 1) {
			/* The token's own digest of it, changed. */
			uint8_t	h[SM3_LEN];

			sm3(m.signature.p, m.signature.len, h);
			for (k = b.len - SM3_LEN; k > 0; k--)
				if (memcmp(b.p + k, h, SM3_LEN) == 0)
					break;
			assert_true(k > 0);
			b.p[k] ^= 1;
		}
		signature_read(buf_octets(&b), false, none, s, &sig);
		results_are(s, rows[i], "token");
		assert_int_equal(s->time_stamp_at, i == 0 ? T0 : 0);
		reading_free(f);
		buf_fini(&b);
	}
	buf_fini(&first);
	buf_fini(&token);
}

/* A time-stamp over the document is no signature of anybody. */
static void
document_time_stamp(void **state)
{
	static const struct {
		struct octets	original;
		const char	*rows;
	} cases[] = {
		{ DOC, "p--up" }, { OTHER, "p--uf" }, { { NULL, 0 }, "p--uu" },
	};
	struct buf	b;
	size_t		i;

	(void)state;
	buf_init(&b, 1 << 14);
	stamp_own_token(&n, doc, NULL, &b);
	for (i = 0; i < 3; i++) {
		FileReading		*m = reading_new("pdf");
		StampReading		*s = reading_add_stamp(m, "x");
		struct signature	 sig;

		signature_read(buf_octets(&b), false, cases[i].original, s,
		    &sig);
		results_are(s, cases[i].rows, "document's time-stamp");
		assert_true(sig.has_hash);
		assert_memory_equal(sig.hash, doc_hash, SM3_LEN);
		assert_int_equal(s->signer_certificate.len, 0);
		reading_free(m);
	}
	buf_fini(&b);
}

/* r and s alone; and what is nothing at all. */
static void
bare_and_nothing(void **state)
{
	static const struct {
		struct octets	o;
		const char	*rows;
		enum signature_form form;
	} cases[] = {
		{ { (const uint8_t *)"\x30\x06\x02\x01\x07\x02\x01\x09", 8 },
		    "p--u-", SIGNATURE_BARE },
		{ { (const uint8_t *)"\x30\x06\x02\x01\x07\x02\x01\x09\0\0",
		    10 }, "p--u-", SIGNATURE_BARE },
		{ { (const uint8_t *)"\x30\x06\x02\x01\x07\x02\x01\x09\0\1",
		    10 }, "fuuuu", SIGNATURE_NONE },
		{ { (const uint8_t *)"\x30\x06\x02\x01\x07\x02\x01\x89", 8 },
		    "fuuuu", SIGNATURE_NONE },
		{ { (const uint8_t *)"", 0 }, "fuuuu", SIGNATURE_NONE },
		{ { (const uint8_t *)"\0\0\0\0", 4 }, "fuuuu",
		    SIGNATURE_NONE },
		{ { (const uint8_t *)"hello", 5 }, "fuuuu", SIGNATURE_NONE },
		{ { (const uint8_t *)"\x30\x80\0\0", 4 }, "fuuuu",
		    SIGNATURE_NONE },
	};
	uint8_t			*big = xcalloc(1, LIMIT_SIGNATURE + 1);
	FileReading		*m = reading_new("pdf");
	StampReading		*s;
	struct signature	 sig;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = reading_add_stamp(m, "x");
		signature_read(cases[i].o, true, doc, s, &sig);
		results_are(s, cases[i].rows, "case");
		assert_int_equal(sig.form, cases[i].form);
		assert_false(sig.has_hash);
	}
	s = reading_add_stamp(m, "x");
	signature_read(OCTETS(big, LIMIT_SIGNATURE + 1), true, doc, s, &sig);
	results_are(s, "fuuuu", "too long");
	reading_free(m);
	free(big);
}

static int
setup(void **state)
{
	(void)state;
	nation_init(&n);
	sm3(doc.p, doc.len, doc_hash);
	(void)b64_encode(doc_hash, SM3_LEN, doc_text);
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
		cmocka_unit_test(stamps),
		cmocka_unit_test(time_info_tokens),
		cmocka_unit_test(signed_data_rows),
		cmocka_unit_test(signed_data_ber),
		cmocka_unit_test(signed_data_token),
		cmocka_unit_test(document_time_stamp),
		cmocka_unit_test(bare_and_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
