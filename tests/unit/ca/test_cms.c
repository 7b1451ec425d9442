#include "base/text.h"
#include "tests/unit/ca/signed.h"

static struct nation	n;
static const struct octets content = { (const uint8_t *)"content", 7 };

static void
sign(struct sd_spec s, struct buf *b)
{
	buf_init(b, LIMIT_CMS + 64);
	s.signer = n.maker;
	s.slot = KEY_MAKER;
	s.content = content;
	s.covered = content;
	sd_build(&n, &s, b);
}

/* What is told of both families, with and without attributes. */
static void
read_back(void **state)
{
	int	i;

	(void)state;
	for (i = 0; i < 8; i++) {
		struct sd_spec	s = { .pkcs7 = (i & 1) != 0,
				    .attributes = (i & 2) != 0,
				    .by_key_id = (i & 4) != 0,
				    .signing_time = T0 };
		struct octets	der;
		struct cms	m;
		struct buf	b;

		sign(s, &b);
		assert_int_equal(cms_parse(buf_octets(&b), &m, NULL), 0);
		assert_int_equal(m.gm, !s.pkcs7);
		assert_int_equal(m.deviations, 0);
		assert_true(cms_is_data(m.content_type));
		assert_true(cms_is_sm3(m.digest_alg));
		assert_memory_equal(m.content.p, content.p, content.len);
		assert_int_equal(m.has_attributes, s.attributes);
		assert_int_equal(m.signing_time, s.attributes ? T0 : 0);
		assert_int_equal(m.key_id.len > 0, s.by_key_id);
		assert_int_equal(m.ncerts, 2);
		assert_int_equal(cms_signer(&m, &der, NULL), 0);
		assert_int_equal(der.len, cert_der(n.maker).len);
		assert_memory_equal(der.p, cert_der(n.maker).p, der.len);
		assert_int_equal(cms_verify(&m, content, n.maker, NULL), 0);
		assert_int_equal(cms_verify(&m, content, n.authority, NULL),
		    ERR_VERIFY);
		/* With attributes the content is compared, not signed. */
		assert_int_equal(cms_verify(&m, OCTETS("other", 5), n.maker,
		    NULL), s.attributes ? 0 : ERR_VERIFY);
		assert_int_equal(cms_covers(&m, content, n.maker), s.attributes);
		assert_false(cms_covers(&m, OCTETS("other", 5), n.maker));
		buf_fini(&b);
	}
}

/* Whose certificate is missing is said, in what the signer is named by. */
static void
test_not_included(void **state)
{
	int	i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct sd_spec	s = { .by_key_id = i == 1, .no_certs = true };
		char		number[HEX_SIZE(20)], want[256];
		struct octets	der, o;
		struct err	e = ERR_INIT;
		struct cms	m;
		struct buf	b;

		sign(s, &b);
		assert_int_equal(cms_parse(buf_octets(&b), &m, NULL), 0);
		assert_int_equal(cms_signer(&m, &der, &e), ERR_NOTFOUND);
		assert_string_equal(e.id, "signer-not-included");
		assert_int_equal(der.len, 0);
		o = i == 1 ? m.key_id : m.serial;
		assert_in_range(o.len, 1, 20);
		hex_encode(o.p, o.len, number);
		(void)snprintf(want, sizeof(want), i == 1 ? "the signer's "
		    "certificate did not come along: the one with key "
		    "identifier %s" : "the signer's certificate did not come "
		    "along: number %s of %s", number,
		    cert_facts(n.authority)->subject);
		assert_string_equal(e.text, want);
		buf_fini(&b);
	}
}

/* A member put in the place of another, by its number in SignedData. */
static void
replaced(unsigned member, struct octets with, struct buf *out)
{
	struct sd_spec	s = { .attributes = true };
	struct cursor	c;
	struct der	d;
	struct buf	b;
	size_t		mark[3], i;

	sign(s, &b);
	buf_init(out, LIMIT_CMS + 64);
	c = cursor_of(b.p, b.len);
	for (i = 0; i < 3; i++) {
		assert_int_equal(der_next(&c, &d, "", NULL), 0);
		c = der_inside(&d);
		mark[i] = der_open(out, d.tag);
		if (i == 0) {
			assert_int_equal(der_next(&c, &d, "", NULL), 0);
			buf_put_octets(out, d.tlv);
		}
	}
	for (i = 0; cursor_left(&c) > 0; i++) {
		assert_int_equal(der_next(&c, &d, "", NULL), 0);
		buf_put_octets(out, i == member ? with : d.tlv);
	}
	for (i = 3; i-- > 0; )
		der_close(out, mark[i]);
	buf_fini(&b);
}

static void
refused(void **state)
{
	static const struct {
		unsigned	member;
		struct octets	with;
		const char	*says;
	} cases[] = {
		{ 0, { (const uint8_t *)"\x05\x00", 2 }, "version" },
		{ 1, { (const uint8_t *)"\x30\x00", 2 }, "digestAlgorithms" },
		{ 2, { (const uint8_t *)"\x30\x00", 2 }, "eContentType" },
		{ 2, { (const uint8_t *)"\x30\x07\x06\x01\x2a\xa0\x02\x05\x00",
		    9 }, "eContent" },
		{ 2, { (const uint8_t *)"\x30\x05\x06\x01\x2a\x05\x00", 7 },
		    "eContent" },
		{ 3, { (const uint8_t *)"\xa0\x01\x30", 3 },
		    "certificates" },
		{ 4, { (const uint8_t *)"\x31\x00", 2 }, "SignerInfo" },
		{ 4, { (const uint8_t *)"\x31\x02\x30\x00", 4 },
		    "SignerInfo.version" },
		{ 4, { (const uint8_t *)"", 0 }, "signerInfos" },
	};
	struct sd_spec	plain = { .pkcs7 = true };
	struct err	e = ERR_INIT;
	struct cms	m, zero;
	struct buf	b, many;
	uint8_t		*big;
	size_t		i, k;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		e = (struct err)ERR_INIT;
		replaced(cases[i].member, cases[i].with, &b);
		assert_int_equal(cms_parse(buf_octets(&b), &m, &e),
		    ERR_FORMAT);
		assert_string_equal(e.id, "bad-signed-data");
		if (strstr(e.text, cases[i].says) == NULL)
			fail_msg("case %zu: %s", i, e.text);
		assert_memory_equal(&m, &zero, sizeof(m));
		buf_fini(&b);
	}
	/* More certificates than anybody needs; as many as that are read. */
	for (k = LIMIT_CMS_CERTS; k <= LIMIT_CMS_CERTS + 1; k++) {
		buf_init(&many, 64);
		i = der_open(&many, 0xa0);
		while (many.len - i < 2 * k)
			der_put(&many, DER_SEQUENCE, "", 0);
		der_close(&many, i);
		replaced(3, buf_octets(&many), &b);
		assert_int_equal(cms_parse(buf_octets(&b), &m, NULL),
		    k == LIMIT_CMS_CERTS ? 0 : ERR_FORMAT);
		buf_fini(&b);
		buf_fini(&many);
	}
	/* Another ContentInfo, something behind it, and too much. */
	sign(plain, &b);
	buf_put_u8(&b, 0);
	assert_int_equal(cms_parse(buf_octets(&b), &m, NULL), ERR_FORMAT);
	b.len--;
	assert_int_equal(cms_parse(buf_octets(&b), &m, NULL), 0);
	b.p[4 + 2 + 8] ^= 1;		/* the last octet of contentType */
	e = (struct err)ERR_INIT;
	assert_int_equal(cms_parse(buf_octets(&b), &m, &e), ERR_FORMAT);
	assert_non_null(strstr(e.text, "not signedData"));
	buf_fini(&b);
	big = xcalloc(1, LIMIT_CMS + 1);
	e = (struct err)ERR_INIT;
	assert_int_equal(cms_parse(OCTETS(big, LIMIT_CMS + 1), &m, &e),
	    ERR_TOOBIG);
	assert_string_equal(e.id, "signed-data-too-big");
	free(big);
}

/* Known digests against their known values of "abc"; MD5 is none. */
static void
digests(void **state)
{
	static const struct {
		struct octets	oid;
		bool		sha1, known;
		size_t		n;
		uint8_t		first;
	} cases[] = {
		{ { (const uint8_t *)"\x2a\x81\x1c\xcf\x55\x01\x83\x11", 8 },
		    false, true, 32, 0x66 },
		{ { (const uint8_t *)"\x60\x86\x48\x01\x65\x03\x04\x02\x01",
		    9 }, false, true, 32, 0xba },
		{ { (const uint8_t *)"\x60\x86\x48\x01\x65\x03\x04\x02\x02",
		    9 }, false, true, 48, 0xcb },
		{ { (const uint8_t *)"\x60\x86\x48\x01\x65\x03\x04\x02\x03",
		    9 }, false, true, 64, 0xdd },
		{ { (const uint8_t *)"\x2b\x0e\x03\x02\x1a", 5 }, true, true,
		    20, 0xa9 },
		{ { (const uint8_t *)"\x2b\x0e\x03\x02\x1a", 5 }, false,
		    false, 0, 0 },
		{ { (const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x02\x05", 8 },
		    true, false, 0, 0 },
	};
	uint8_t	h[CMS_DIGEST_MAX];
	size_t	i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(cms_digest(cases[i].oid, cases[i].sha1,
		    OCTETS("abc", 3), h, &len), cases[i].known);
		assert_int_equal(len, cases[i].n);
		if (cases[i].known)
			assert_int_equal(h[0], cases[i].first);
	}
	for (i = 1; i < CMS_DEV_END; i <<= 1)
		assert_non_null(cms_deviation_word((unsigned)i));
	assert_null(cms_deviation_word(CMS_DEV_END));
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
		cmocka_unit_test(test_not_included),
		cmocka_unit_test(read_back),
		cmocka_unit_test(refused),
		cmocka_unit_test(digests),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
