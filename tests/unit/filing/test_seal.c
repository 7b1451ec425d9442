#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/der.h"
#include "base/mem.h"
#include "ca/cert.h"
#include "ca/key.h"
#include "filing/maker.h"
#include "filing/seal.h"
#include "schema/msg.pb-c.h"

#define NOW	1790000000
#define CODE	"44010600000001"

/* A maker, a signer's certificate, and a seal made from a request. */
static char		 dir[] = "/tmp/seal-test-XXXXXX";
static struct keyring	*ring;
static struct buf	 maker_cert, signer_cert, made;
static const uint8_t	 png[16] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a,
			    '\n', 1, 2, 3 };

static void
issue(const char *cn, const uint8_t *point, enum cert_profile profile,
    const struct cert *issuer, struct buf *out)
{
	struct err		e = ERR_INIT;
	struct cert_spec	spec = {
		.profile = profile,
		.subject = { .organisation = "示例", .common_name = cn },
		.not_before = NOW, .not_after = NOW + 1000, .point = point
	};

	buf_init(out, LIMIT_CERT);
	if (cert_issue(&spec, issuer, ring, KEY_AUTHORITY, out, &e) != 0)
		fail_msg("%s", e.text);
}

static SignSeal
request(void)
{
	SignSeal	q = SIGN_SEAL__INIT;
	static char	code[] = CODE, name[] = "广州示例科技有限公司",
			type[] = "PNG";

	q.seal_code = code;
	q.seal_name = name;
	q.seal_type = 1;
	q.certificate.data = signer_cert.p;
	q.certificate.len = signer_cert.len;
	q.created = q.valid_from = NOW;
	q.valid_until = NOW + 1000;
	q.picture_type = type;
	q.picture.data = (uint8_t *)(uintptr_t)png;
	q.picture.len = sizeof(png);
	q.width_mm = q.height_mm = 40;
	return q;
}

/* Ask the maker; the seal's octets in *out on success. */
static int
ask(const SignSeal *q, struct buf *out, struct err *e)
{
	uint8_t		*p = xmalloc(sign_seal__get_packed_size(q) + 1);
	size_t		 n = sign_seal__pack(q, p);
	SignedSeal	*m;
	struct buf	 reply;
	int		 rc;

	buf_init(&reply, LIMIT_SEAL);
	rc = sign_seal(ring, OCTETS(p, n), &reply, e);
	if (rc == 0) {
		m = signed_seal__unpack(NULL, reply.len, reply.p);
		assert_non_null(m);
		buf_put(out, m->seal.data, m->seal.len);
		signed_seal__free_unpacked(m, NULL);
	}
	buf_fini(&reply);
	free(p);
	return rc;
}

static int
setup(void **state)
{
	uint8_t		 authority[SM2_POINT_LEN], maker[SM2_POINT_LEN];
	struct buf	 root;
	struct cert	*ca = NULL;
	SignSeal	 q;

	(void)state;
	assert_int_equal(sm_init(NULL), 0);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(keyring_create(dir, &ring, NULL), 0);
	assert_int_equal(keyring_make(ring, KEY_AUTHORITY, NULL), 0);
	assert_int_equal(keyring_make(ring, KEY_MAKER, NULL), 0);
	assert_int_equal(keyring_point(ring, KEY_AUTHORITY, authority, NULL),
	    0);
	assert_int_equal(keyring_point(ring, KEY_MAKER, maker, NULL), 0);
	issue("root", authority, CERT_ROOT, NULL, &root);
	assert_int_equal(cert_parse(buf_octets(&root), &ca, NULL), 0);
	issue("maker", maker, CERT_MAKER, ca, &maker_cert);
	issue(CODE, maker, CERT_SIGNER, ca, &signer_cert);
	assert_int_equal(keyring_set_certificate(ring, KEY_MAKER,
	    buf_octets(&maker_cert), NULL), 0);
	q = request();
	buf_init(&made, LIMIT_SEAL);
	assert_int_equal(ask(&q, &made, NULL), 0);
	cert_free(ca);
	buf_fini(&root);
	return 0;
}

static int
teardown(void **state)
{
	char	cmd[64];

	(void)state;
	keyring_free(ring);
	buf_fini(&maker_cert);
	buf_fini(&signer_cert);
	buf_fini(&made);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void
made_reads_back(void **state)
{
	struct seal	s;
	struct err	e = ERR_INIT;
	struct buf	b;

	(void)state;
	assert_int_equal(seal_parse(buf_octets(&made), &s, &e), 0);
	assert_int_equal(s.generation, SEAL_V4);
	assert_int_equal(s.deviations, 0);
	assert_int_equal(s.type, 1);
	assert_int_equal(s.ncerts, 1);
	assert_int_equal(s.created, NOW);
	assert_int_equal(s.valid_end, NOW + 1000);
	assert_int_equal(s.width, 40);
	assert_memory_equal(s.es_id.p, CODE, 14);
	assert_memory_equal(s.picture.p, png, sizeof(png));
	assert_int_equal(s.cert.len, maker_cert.len);
	assert_memory_equal(s.cert.p, maker_cert.p, maker_cert.len);
	assert_memory_equal(s.certs[0].p, signer_cert.p, signer_cert.len);
	assert_int_equal(seal_verify(&s, &e), 0);
	assert_int_equal(seal_lint(&s, &e), 0);
	buf_init(&b, LIMIT_SEAL);
	seal_reencode(&s, &b);
	assert_int_equal(b.len, made.len);
	assert_memory_equal(b.p, made.p, made.len);
	buf_fini(&b);
}

/* What a strict reader must never take. */
static void
never(const uint8_t *p, size_t n, const char *what, size_t where)
{
	struct seal	s, zero;
	struct err	e = ERR_INIT;
	int		rc = seal_parse(OCTETS(p, n), &s, &e);

	if (rc != ERR_FORMAT || strcmp(e.id, "bad-seal") != 0)
		fail_msg("%s at %zu: %d %s", what, where, rc, e.id);
	memset(&zero, 0, sizeof(zero));
	assert_memory_equal(&s, &zero, sizeof(s));
}

static void
truncated(void **state)
{
	uint8_t	*p;
	size_t	 n;

	(void)state;
	for (n = 0; n < made.len; n++) {
		p = xmemdup(made.p, n);	/* so that asan sees a step beyond */
		never(p, n, "cut", n);
		free(p);
	}
}

static void
trailing(void **state)
{
	uint8_t	*p = xmalloc(made.len + 2);

	(void)state;
	memcpy(p, made.p, made.len);
	p[made.len] = p[made.len + 1] = 0;
	never(p, made.len + 1, "an octet behind", made.len);
	never(p, made.len + 2, "two octets behind", made.len);
	free(p);
}

/* Offsets of every header within in, to the leaves that we know. */
static size_t
headers(struct octets in, size_t *at, size_t max)
{
	struct cursor	c = cursor_of(in.p, in.len);
	struct der	d;
	size_t		n = 0;

	while (cursor_left(&c) > 0 && n < max) {
		const uint8_t	*begin = c.p;

		assert_int_equal(der_next(&c, &d, "test", NULL), 0);
		at[n++] = (size_t)(begin - made.p);
		if (d.tag == DER_SEQUENCE)
			n += headers(d.val, at + n, max - n);
	}
	return n;
}

static void
lengths_and_tags(void **state)
{
	size_t	at[64], n, i, k;
	uint8_t	*p = xmemdup(made.p, made.len), *len;
	int	 by;

	(void)state;
	n = headers(buf_octets(&made), at, 64);
	assert_true(n > 20);
	for (i = 0; i < n; i++) {
		/* The last octet of the length, one more and one less. */
		k = p[at[i] + 1] < 0x80 ? 1 : 1 + (size_t)(p[at[i] + 1] &
		    0x7f);
		len = &p[at[i] + k];
		for (by = -1; by <= 1; by += 2) {
			*len = (uint8_t)(*len + by);
			never(p, made.len, "length", at[i]);
			*len = (uint8_t)(*len - by);
		}
		/* Any other tag; those that deviate in a known way aside. */
		for (k = 0; k < 256; k += 5) {
			uint8_t	old = p[at[i]];

			if (k == old || (old == DER_GENTIME &&
			    k == DER_UTCTIME))
				continue;
			p[at[i]] = (uint8_t)k;
			never(p, made.len, "tag", at[i]);
			p[at[i]] = old;
		}
	}
	free(p);
}

/* A long length that a short one would do for. */
static void
length_not_minimal(void **state)
{
	uint8_t	p[] = { 0x30, 0x81, 0x03, 0x02, 0x01, 0x04 };
	uint8_t	q[] = { 0x30, 0x80, 0x02, 0x01, 0x04, 0x00, 0x00 };

	(void)state;
	never(p, sizeof(p), "long form", 0);
	never(q, sizeof(q), "indefinite", 0);
}

/* Every flipped bit of the seal is refused, or breaks the signature. */
static void
flipped(void **state)
{
	uint8_t		*p = xmemdup(made.p, made.len);
	struct seal	 s;
	size_t		 i;

	(void)state;
	for (i = 0; i < made.len; i += 3) {
		p[i] ^= 0x01;
		if (seal_parse(OCTETS(p, made.len), &s, NULL) == 0 &&
		    seal_verify(&s, NULL) == 0) {
			/* The maker's certificate is not in what is signed:
			 * whose it is, is another rule's business.  That zeros
			 * at the end of the signature are called unused bits,
			 * is told. */
			if ((p + i < s.cert.p || p + i >= s.cert.p +
			    s.cert.len) && (p + i != s.signature.p - 1 ||
			    s.deviations != SEAL_DEV_UNUSED_BITS))
				fail_msg("octet %zu may change", i);
		}
		p[i] ^= 0x01;
	}
	free(p);
}

static void
other_generations(void **state)
{
	static const uint8_t	five[] = { 2, 1, 5 };
	uint8_t			*p = xmemdup(made.p, made.len);
	struct seal		 s;
	size_t			 at[64], n, i;

	(void)state;
	n = headers(buf_octets(&made), at, 64);
	for (i = 0; i < n; i++)
		if (p[at[i]] == DER_INTEGER)
			break;
	memcpy(p + at[i], five, sizeof(five));	/* header.version */
	assert_int_equal(seal_parse(OCTETS(p, made.len), &s, NULL), 0);
	assert_int_equal(s.generation, SEAL_V5);
	assert_int_equal(s.deviations, 0);
	assert_int_equal(seal_lint(&s, NULL), ERR_VERIFY);
	p[at[i] + 2] = 3;
	assert_int_equal(seal_parse(OCTETS(p, made.len), &s, NULL), 0);
	assert_int_equal(s.generation, SEAL_V4);
	assert_int_equal(s.deviations, SEAL_DEV_VERSION);
	free(p);
}

/* V5 with a time-stamp, and what may not stand there. */
static void
timestamped(void **state)
{
	struct seal	s;
	struct buf	b;
	size_t		whole, ts;

	(void)state;
	assert_int_equal(seal_parse(buf_octets(&made), &s, NULL), 0);
	buf_init(&b, LIMIT_SEAL);
	whole = der_open(&b, DER_SEQUENCE);
	buf_put_octets(&b, s.info);
	buf_put_octets(&b, s.cert_tlv);
	buf_put_octets(&b, s.alg_tlv);
	der_put_bits(&b, s.signature.p, s.signature.len);
	ts = der_open(&b, DER_CTX0);
	der_put_bits(&b, "token", 5);
	der_close(&b, ts);
	der_close(&b, whole);
	assert_int_equal(seal_parse(buf_octets(&b), &s, NULL), 0);
	assert_int_equal(s.generation, SEAL_V5);
	assert_int_equal(s.timestamp.len, 5);
	assert_int_equal(s.deviations, SEAL_DEV_VERSION);
	assert_int_equal(seal_verify(&s, NULL), 0);
	buf_fini(&b);
}

/* V1 of the same facts, signed as V1 signs; and its tolerated shapes. */
static void
first_generation(void **state)
{
	static const uint8_t	crit[] = { 0x30, 0x0d, 0x30, 0x0b, 0x06, 0x03,
				    0x2a, 0x03, 0x04, 0x01, 0x01, 0x00, 0x04,
				    0x01, 0x07 };
	static const unsigned	want[] = { 0, SEAL_DEV_TIME_KIND,
				    SEAL_DEV_WRAPPED, SEAL_DEV_SIGN_INFO |
				    SEAL_DEV_RAW_SIGNATURE,
				    SEAL_DEV_EXTENSIONS |
				    SEAL_DEV_DEFAULT_FALSE };
	struct seal		v4, s;
	struct buf		b, tbs, info;
	uint8_t			sig[SM2_SIG_LEN], der[SM2_DER_SIG_MAX];
	size_t			m, n, wrap;
	int			shape;

	(void)state;
	assert_int_equal(seal_parse(buf_octets(&made), &v4, NULL), 0);
	for (shape = 0; shape < 5; shape++) {
		buf_init(&b, LIMIT_SEAL);
		buf_init(&tbs, LIMIT_SEAL);
		buf_init(&info, LIMIT_SEAL);
		m = der_open(&info, DER_SEQUENCE);
		n = der_open(&info, DER_SEQUENCE);
		der_put_text(&info, DER_IA5, "ES");
		der_put_uint(&info, 1);
		der_put_text(&info, DER_IA5, "v");
		der_close(&info, n);
		der_put_text(&info, DER_IA5, "id");
		n = der_open(&info, DER_SEQUENCE);
		der_put_uint(&info, 1);
		der_put_text(&info, DER_UTF8, "名");
		wrap = der_open(&info, DER_SEQUENCE);
		der_put(&info, DER_OCTET_STRING, signer_cert.p,
		    signer_cert.len);
		der_close(&info, wrap);
		for (wrap = 0; wrap < 3; wrap++)
			if (shape == 1)
				der_put_gentime(&info, NOW);
			else
				der_put_text(&info, DER_UTCTIME,
				    "260922000000Z");
		der_close(&info, n);
		n = der_open(&info, DER_SEQUENCE);
		der_put_text(&info, DER_IA5, "PNG");
		der_put(&info, DER_OCTET_STRING, png, sizeof(png));
		der_put_uint(&info, 33);
		der_put_uint(&info, 33);
		der_close(&info, n);
		if (shape == 4) {
			n = der_open(&info, DER_OCTET_STRING);
			buf_put(&info, crit, sizeof(crit));
			der_close(&info, n);
		}
		der_close(&info, m);

		m = der_open(&tbs, DER_SEQUENCE);
		buf_put(&tbs, info.p, info.len);
		buf_put_octets(&tbs, v4.cert_tlv);
		buf_put_octets(&tbs, v4.alg_tlv);
		der_close(&tbs, m);
		assert_int_equal(key_sign(ring, KEY_MAKER, buf_octets(&tbs),
		    sig, NULL), 0);
		n = sm2_sig_to_der(sig, der);

		wrap = shape == 2 ? der_open(&b, DER_OCTET_STRING) : 0;
		m = der_open(&b, DER_SEQUENCE);
		buf_put(&b, info.p, info.len);
		buf_reset(&tbs);
		{
			size_t	si = der_open(&tbs, DER_SEQUENCE);

			buf_put_octets(&tbs, v4.cert_tlv);
			buf_put_octets(&tbs, v4.alg_tlv);
			if (shape == 3)
				der_put_bits(&tbs, sig, sizeof(sig));
			else
				der_put_bits(&tbs, der, n);
			der_close(&tbs, si);
		}
		if (shape == 3)
			der_put_bits(&b, tbs.p, tbs.len);
		else
			buf_put(&b, tbs.p, tbs.len);
		der_close(&b, m);
		if (shape == 2)
			der_close(&b, wrap);

		assert_int_equal(seal_parse(buf_octets(&b), &s, NULL), 0);
		assert_int_equal(s.generation, SEAL_V1);
		assert_int_equal(seal_verify(&s, NULL), 0);
		assert_int_equal(s.deviations, want[shape]);
		assert_int_equal(seal_lint(&s, NULL), ERR_VERIFY);
		buf_fini(&b);
		buf_fini(&tbs);
		buf_fini(&info);
	}
}

static void
algorithm(void **state)
{
	uint8_t		*p = xmemdup(made.p, made.len);
	struct seal	 s;
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(seal_parse(OCTETS(p, made.len), &s, NULL), 0);
	p[(size_t)(s.alg.p - p) + s.alg.len - 1] ^= 2;
	assert_int_equal(seal_parse(OCTETS(p, made.len), &s, NULL), 0);
	assert_int_equal(seal_verify(&s, &e), ERR_FORMAT);
	assert_string_equal(e.id, "unsupported-algorithm");
	free(p);
}

static void
wrong_signature(void **state)
{
	uint8_t		*p = xmemdup(made.p, made.len);
	struct seal	 s;
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(seal_parse(OCTETS(p, made.len), &s, NULL), 0);
	p[(size_t)(s.picture.p - p)] ^= 1;
	assert_int_equal(seal_parse(OCTETS(p, made.len), &s, NULL), 0);
	assert_int_equal(seal_verify(&s, &e), ERR_VERIFY);
	assert_string_equal(e.id, "bad-seal-signature");
	free(p);
}

static void
too_big(void **state)
{
	struct seal	s;
	struct err	e = ERR_INIT;
	uint8_t		*p = xcalloc(1, LIMIT_SEAL + 1);

	(void)state;
	assert_int_equal(seal_parse(OCTETS(p, LIMIT_SEAL + 1), &s, &e),
	    ERR_TOOBIG);
	assert_string_equal(e.id, "seal-too-big");
	free(p);
}

static void
printed(void **state)
{
	struct seal	s;
	struct buf	b;
	char		*text;
	unsigned	bit;

	(void)state;
	assert_int_equal(seal_parse(buf_octets(&made), &s, NULL), 0);
	/* A name that would move the cursor is not printed as it is. */
	s.name = OCTETS("\x1b[2J", 4);
	s.deviations = SEAL_DEV_RAW_SIGNATURE;
	buf_init(&b, 1 << 16);
	seal_print(&s, &b);
	text = buf_steal_str(&b);
	assert_null(strchr(text, 0x1b));
	assert_non_null(strstr(text, "\\x1b[2J"));
	assert_non_null(strstr(text, "raw-signature"));
	assert_non_null(strstr(text, CODE));
	free(text);
	for (bit = 1; bit < SEAL_DEV_END; bit <<= 1)
		assert_non_null(seal_deviation_word(bit));
	assert_null(seal_deviation_word(SEAL_DEV_END));
}

static void
maker_refuses(void **state)
{
	struct buf	b;
	size_t		i;

	(void)state;
	for (i = 0; i < 10; i++) {
		struct err	e = ERR_INIT;
		SignSeal	q = request();
		char		word[] = "44010600000002", none[] = "",
				svg[] = "SVG", thirteen[] = "4401060000001";

		switch (i) {
		case 0: q.seal_code = word; break;	/* cert of another */
		case 1: q.seal_code = thirteen; break;
		case 2: q.seal_type = 44; break;
		case 3: q.seal_name = none; break;
		case 4: q.valid_until = q.valid_from; break;
		case 5: q.created = q.valid_from + 1; break;
		case 6: q.picture_type = svg; break;
		case 7: q.picture.len = 0; break;
		case 8: q.width_mm = 0; break;
		case 9: q.height_mm = 101; break;
		}
		buf_init(&b, LIMIT_SEAL);
		if (ask(&q, &b, &e) != ERR_INVAL)
			fail_msg("request %zu is taken", i);
		assert_string_equal(e.id, "bad-seal-request");
		assert_int_equal(b.len, 0);
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(made_reads_back),
		cmocka_unit_test(truncated),
		cmocka_unit_test(trailing),
		cmocka_unit_test(lengths_and_tags),
		cmocka_unit_test(length_not_minimal),
		cmocka_unit_test(flipped),
		cmocka_unit_test(other_generations),
		cmocka_unit_test(timestamped),
		cmocka_unit_test(first_generation),
		cmocka_unit_test(algorithm),
		cmocka_unit_test(wrong_signature),
		cmocka_unit_test(too_big),
		cmocka_unit_test(printed),
		cmocka_unit_test(maker_refuses),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
