#include "tests/unit/ca/nation.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/text.h"
#include "ca/csr.h"

static struct nation	 n;

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

static void
test_profiles_hold(void **state)
{
	const struct {
		const struct cert	*c, *by;
		enum cert_profile	 profile;
		int			 path_len;
		int64_t			 span;
	} t[] = {
		{ n.root, n.root, CERT_ROOT, 2, 20 * (int64_t)YEAR },
		{ n.authority, n.root, CERT_AUTHORITY, 0, 10 * (int64_t)YEAR },
		{ n.maker, n.authority, CERT_MAKER, -1, 5 * (int64_t)YEAR },
		{ n.signer, n.authority, CERT_SIGNER, -1, YEAR },
	};
	const struct cert_facts	*f;
	struct err		 e;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(cert_check(t[i].c, t[i].profile, &e), 0);
		assert_int_equal(cert_verify(t[i].c, t[i].by, &e), 0);
		f = cert_facts(t[i].c);
		assert_int_equal(f->path_len, t[i].path_len);
		assert_int_equal(f->is_ca, t[i].path_len >= 0);
		assert_true(f->has_key_usage);
		assert_int_equal(f->may_sign, t[i].path_len < 0);
		assert_int_equal(f->may_issue, t[i].path_len >= 0);
		assert_false(f->null_parameters);
		assert_true(f->sm2_signed);
		assert_int_equal(f->not_before, T0);
		assert_in_range(f->not_after - f->not_before,
		    t[i].span - 86400, t[i].span + 86400);
		assert_in_range(f->seriallen, 1, 17);
		/* The facts are read without a key; with one they agree. */
		assert_int_equal(X509_get_pathlen(cert_x509(t[i].c)),
		    f->path_len);
		assert_int_equal((X509_get_key_usage(cert_x509(t[i].c)) &
		    KU_KEY_CERT_SIGN) != 0, f->may_issue);
		/* OpenSSL's plain verification agrees. */
		assert_int_equal(X509_verify(cert_x509(t[i].c),
		    X509_get0_pubkey(cert_x509(t[i].by))), 1);
	}
	f = cert_facts(n.signer);
	assert_string_equal(f->common_name, "44010600000001");
	assert_string_equal(f->organisation, "广州示例科技有限公司");
	assert_string_equal(f->subject,
	    "C=CN, O=广州示例科技有限公司, CN=44010600000001");
	assert_string_equal(f->issuer,
	    "C=CN, O=44.sealreg.example/log, CN=Seal Authority 44");
	assert_string_equal(f->credit_code, CREDIT);
	assert_string_equal(f->crl_url,
	    "http://127.0.0.1:18440/ca/province.crl");
	assert_string_equal(f->ca_url,
	    "http://127.0.0.1:18440/ca/province.crt");
	assert_string_equal(cert_facts(n.root)->crl_url, "");
}

/* domain.md 5: the algorithm's parameters are absent, inside and outside. */
static void
test_parameters_absent(void **state)
{
	static const uint8_t	 alg[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81,
	    0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75 };
	static const uint8_t	 spki[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
	    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81,
	    0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00, 0x04 };
	static const uint8_t	 usage[] = { 0x06, 0x03, 0x55, 0x1d, 0x0f,
	    0x01, 0x01, 0xff, 0x04, 0x04, 0x03, 0x02, 0x06, 0xc0 };
	static const uint8_t	 credit[] = { 0x06, 0x07, 0x2a, 0x81, 0x1c,
	    0xd0, 0x14, 0x04, 0x04, 0x04, 0x14, 0x13, 0x12, '9', '1' };
	struct octets		 o = cert_der(n.signer);
	const uint8_t		*p = o.p;
	size_t			 left = o.len, found = 0;

	(void)state;
	while ((p = memmem(p, left, alg, sizeof(alg))) != NULL) {
		found++;
		p += sizeof(alg);
		left = (size_t)(o.p + o.len - p);
	}
	assert_int_equal(found, 2);
	assert_non_null(memmem(o.p, o.len, spki, sizeof(spki)));
	assert_non_null(memmem(o.p, o.len, usage, sizeof(usage)));
	assert_non_null(memmem(o.p, o.len, credit, sizeof(credit)));
}

static void
test_serial_and_times(void **state)
{
	static const struct {
		uint8_t		 first;
		size_t		 len;
	} t[] = { { 0x01, 16 }, { 0x7f, 16 }, { 0x80, 16 }, { 0xff, 16 },
	    { 0x00, 15 } };
	struct cert_spec	 s;
	struct cert		*c, *d;
	uint8_t			 serial[CERT_SERIAL_LEN];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(serial, 0x11, sizeof(serial));
		serial[0] = t[i].first;
		s = nation_spec(CERT_SIGNER, "44010600000002",
		    n.signer_point);
		s.serial = serial;
		c = nation_issue(&s, n.authority, n.kr, KEY_AUTHORITY);
		assert_int_equal(cert_facts(c)->seriallen, t[i].len);
		assert_memory_equal(cert_facts(c)->serial,
		    serial + 16 - t[i].len, t[i].len);
		cert_free(c);
	}

	/* Random serials differ. */
	s.serial = NULL;
	c = nation_issue(&s, n.authority, n.kr, KEY_AUTHORITY);
	d = nation_issue(&s, n.authority, n.kr, KEY_AUTHORITY);
	assert_memory_not_equal(cert_facts(c)->serial, cert_facts(d)->serial,
	    12);
	cert_free(c);
	cert_free(d);

	/* A root that lives across 2050: UTCTime, then GeneralizedTime. */
	s = nation_spec(CERT_ROOT, "Late Root", n.signer_point);
	assert_int_equal(keyring_point(n.state, KEY_ROOT, n.signer_point,
	    NULL), 0);
	s.not_before = 2524607999;
	s.not_after = 2524608000;
	c = nation_issue(&s, NULL, n.state, KEY_ROOT);
	assert_int_equal(ASN1_STRING_type(X509_get0_notBefore(cert_x509(c))),
	    V_ASN1_UTCTIME);
	assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(cert_x509(c))),
	    V_ASN1_GENERALIZEDTIME);
	assert_int_equal(cert_facts(c)->not_before, 2524607999);
	assert_int_equal(cert_facts(c)->not_after, 2524608000);
	cert_free(c);
}

static void
test_issue_refused(void **state)
{
	static char	 long_name[] =
	    "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四"
	    "五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五";
	uint8_t			 off[SM2_POINT_LEN];
	struct cert_spec	 s;
	struct buf		 der;
	struct err		 e;
	const struct cert	*by;
	const char		*id;
	int			 i;

	(void)state;
	memcpy(off, n.signer_point, sizeof(off));
	off[64] ^= 1;
	buf_init(&der, LIMIT_CERT);
	for (i = 0; i < 13; i++) {
		s = nation_spec(CERT_SIGNER, "44010600000003",
		    n.signer_point);
		by = n.authority;
		id = "invalid";
		switch (i) {
		case 0: s.subject.common_name = ""; id = "bad-subject"; break;
		case 1: s.subject.organisation = long_name;
			id = "bad-subject"; break;
		case 2: s.subject.organisation = "a\nb";
			id = "bad-subject"; break;
		case 3: s.subject.organisation = "\xff";
			id = "bad-subject"; break;
		case 4: s.credit_code = "short"; break;
		case 5: s.credit_code = "91440101MA59ABCD1x"; break;
		case 6: s.not_after = T0 - 1; break;
		case 7: s.not_after = T0 + 11 * (int64_t)YEAR; break;
		case 8: s.not_before = T0 - 1; break;
		case 9: s.point = off; break;
		case 10: by = n.maker; break;	/* no CA */
		case 11: by = NULL; break;
		case 12: s.crl_url = "http://a b/"; break;
		}
		e = (struct err)ERR_INIT;
		assert_int_equal(cert_issue(&s, by, n.kr, KEY_AUTHORITY, &der,
		    &e), ERR_INVAL);
		assert_string_equal(e.id, strcmp(id, "invalid") == 0 ?
		    err_name(ERR_INVAL) : id);
		assert_int_equal(der.len, 0);
	}
	/* 64 characters are allowed. */
	long_name[64 * 3] = '\0';
	s = nation_spec(CERT_SIGNER, "44010600000003", n.signer_point);
	s.subject.organisation = long_name;
	e = (struct err)ERR_INIT;
	assert_int_equal(utf8_count(long_name), 64);
	assert_int_equal(cert_issue(&s, n.authority, n.kr, KEY_AUTHORITY,
	    &der, &e), 0);
	buf_fini(&der);
}

/* Every octet changed: refused, or no longer signed. */
static void
test_tampered(void **state)
{
	struct octets	 o = cert_der(n.signer);
	struct cert	*c;
	struct err	 e;
	uint8_t		*bad = xmemdup(o.p, o.len);
	size_t		 i;
	int		 rc;

	(void)state;
	for (i = 0; i < o.len; i++) {
		bad[i] ^= 0x01;
		e = (struct err)ERR_INIT;
		rc = cert_parse(OCTETS(bad, o.len), &c, &e);
		if (rc == 0) {
			rc = cert_verify(c, n.authority, &e);
			assert_int_equal(rc, ERR_VERIFY);
			assert_string_equal(e.id, "certificate-signature");
			cert_free(c);
		} else {
			assert_int_equal(rc, ERR_FORMAT);
			assert_string_equal(e.id, "bad-certificate");
			assert_null(c);
		}
		bad[i] ^= 0x01;
	}
	free(bad);
}

static void
test_parse_refused(void **state)
{
	struct octets	 o = cert_der(n.signer);
	struct cert	*c;
	struct err	 e;
	uint8_t		*more = xcalloc(1, LIMIT_CERT + 1);
	size_t		 i, len[] = { 0, 1, 10, o.len - 1, o.len + 1,
	    LIMIT_CERT + 1 };

	(void)state;
	memcpy(more, o.p, o.len);
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(cert_parse(OCTETS(more, len[i]), &c, &e),
		    ERR_FORMAT);
		assert_string_equal(e.id, "bad-certificate");
		assert_null(c);
	}
	free(more);
}

static void
test_check_refuses_other_profiles(void **state)
{
	const struct cert	*c[] = { n.root, n.authority, n.maker };
	struct err		 e;
	size_t			 i;
	int			 p;

	(void)state;
	for (i = 0; i < 3; i++)
		for (p = CERT_ROOT; p <= CERT_MAKER; p++) {
			if (p == (int)i + 1)
				continue;
			e = (struct err)ERR_INIT;
			assert_int_equal(cert_check(c[i],
			    (enum cert_profile)p, &e), ERR_VERIFY);
			assert_string_equal(e.id, "bad-certificate-profile");
		}
	/* Signed by somebody else's key. */
	e = (struct err)ERR_INIT;
	assert_int_equal(cert_verify(n.signer, n.root, &e), ERR_VERIFY);
	assert_string_equal(e.id, "certificate-signature");
}

/* NULL where nothing belongs is read, told, and not our profile. */
static void
test_null_parameters(void **state)
{
	static const uint8_t	 alg[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81,
	    0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75 };
	struct octets		 o = cert_der(n.signer), left;
	struct cursor		 c = cursor_of(o.p, o.len), in;
	struct der		 all, tbs, d;
	struct cert		*x;
	struct buf		 b, body;
	struct err		 e = ERR_INIT;
	size_t			 m, a;

	(void)state;
	buf_init(&b, LIMIT_CERT);
	buf_init(&body, LIMIT_CERT);
	assert_int_equal(der_next(&c, &all, "certificate", &e), 0);
	in = der_inside(&all);
	assert_int_equal(der_next(&in, &tbs, "tbs", &e), 0);
	/* The signed part again, with 05 00 in its algorithm. */
	c = der_inside(&tbs);
	m = der_open(&body, DER_SEQUENCE);
	while (cursor_left(&c) > 0) {
		assert_int_equal(der_next(&c, &d, "field", &e), 0);
		if (d.tlv.len == sizeof(alg) &&
		    memcmp(d.tlv.p, alg, sizeof(alg)) == 0) {
			a = der_open(&body, DER_SEQUENCE);
			buf_put(&body, alg + 2, sizeof(alg) - 2);
			der_put(&body, DER_NULL, "", 0);
			der_close(&body, a);
		} else
			buf_put_octets(&body, d.tlv);
	}
	der_close(&body, m);
	m = der_open(&b, DER_SEQUENCE);
	buf_put_octets(&b, buf_octets(&body));
	a = der_open(&b, DER_SEQUENCE);
	buf_put(&b, alg + 2, sizeof(alg) - 2);
	der_put(&b, DER_NULL, "", 0);
	der_close(&b, a);
	assert_int_equal(der_next(&in, &d, "algorithm", &e), 0);
	assert_int_equal(der_next(&in, &d, "signature", &e), 0);
	left = d.tlv;
	buf_put_octets(&b, left);
	der_close(&b, m);
	assert_int_equal(cert_parse(buf_octets(&b), &x, &e), 0);
	assert_true(cert_facts(x)->null_parameters);
	assert_true(cert_facts(x)->sm2_signed);
	assert_int_equal(cert_check(x, CERT_SIGNER, &e), ERR_VERIFY);
	assert_string_equal(e.id, "bad-certificate-profile");
	cert_free(x);
	buf_fini(&body);
	buf_fini(&b);
}

static void
test_pem_and_print(void **state)
{
	struct octets	 o = cert_der(n.signer);
	struct buf	 pem, der, text;
	struct err	 e = ERR_INIT;

	(void)state;
	buf_init(&pem, 65536);
	buf_init(&der, 65536);
	buf_init(&text, 65536);
	cert_put_pem(o, "CERTIFICATE", &pem);
	assert_int_equal(cert_unpem(buf_octets(&pem), "CERTIFICATE", &der,
	    &e), 0);
	assert_int_equal(der.len, o.len);
	assert_memory_equal(der.p, o.p, o.len);
	buf_reset(&der);
	assert_int_equal(cert_unpem(o, "CERTIFICATE", &der, &e), 0);
	assert_int_equal(der.len, o.len);
	assert_int_equal(cert_unpem(buf_octets(&pem), "X509 CRL", &der, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-pem");
	cert_print(n.signer, &text);
	buf_put_u8(&text, 0);
	assert_non_null(strstr((char *)text.p, CREDIT));
	assert_non_null(strstr((char *)text.p, "44010600000001"));
	buf_fini(&text);
	buf_fini(&der);
	buf_fini(&pem);
}

static void
test_requests(void **state)
{
	struct x509_name	 name = { "44.sealreg.example/log",
	    "Seal Authority 44" };
	struct csr		 csr;
	struct buf		 der;
	struct err		 e = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	size_t			 i;
	int			 rc;

	(void)state;
	buf_init(&der, LIMIT_CSR);
	assert_int_equal(csr_make(n.kr, KEY_AUTHORITY, &name, &der, &e), 0);
	assert_int_equal(csr_read(buf_octets(&der), &csr, &e), 0);
	assert_int_equal(keyring_point(n.kr, KEY_AUTHORITY, point, &e), 0);
	assert_memory_equal(csr.point, point, sizeof(point));
	assert_string_equal(csr.organisation, name.organisation);
	assert_string_equal(csr.common_name, name.common_name);
	for (i = 0; i < der.len; i++) {
		der.p[i] ^= 1;
		e = (struct err)ERR_INIT;
		rc = csr_read(buf_octets(&der), &csr, &e);
		assert_true(rc == ERR_FORMAT || rc == ERR_VERIFY);
		assert_string_equal(e.id, rc == ERR_FORMAT ? "bad-csr" :
		    "csr-signature");
		der.p[i] ^= 1;
	}
	/* Another key's signature over this request is not a proof. */
	e = (struct err)ERR_INIT;
	name.common_name = "";
	assert_int_equal(csr_make(n.kr, KEY_AUTHORITY, &name, &der, &e),
	    ERR_INVAL);
	assert_string_equal(e.id, "bad-subject");
	buf_fini(&der);
}

static void
test_common_name(void **state)
{
	static const char	 want[] = "44010600000001";
	struct octets		 o = cert_der(n.signer), cn;
	struct cert		*c;
	struct err		 e;
	uint8_t			*bad = xmemdup(o.p, o.len);
	size_t			 i;
	int			 rc;

	(void)state;
	e = (struct err)ERR_INIT;
	assert_int_equal(cert_common_name(o, &cn, &e), 0);
	assert_int_equal(cn.len, strlen(want));
	assert_memory_equal(cn.p, want, cn.len);
	assert_int_equal(cert_common_name(cert_der(n.root), &cn, &e), 0);
	assert_memory_equal(cn.p, "National", 8);
	/* Where OpenSSL reads a name too, it is the same one. */
	for (i = 0; i < o.len; i++) {
		bad[i] ^= 0x02;
		e = (struct err)ERR_INIT;
		rc = cert_common_name(OCTETS(bad, o.len), &cn, &e);
		if (rc != 0)
			assert_string_equal(e.id, "bad-certificate");
		if (cert_parse(OCTETS(bad, o.len), &c, NULL) == 0) {
			if (rc == 0)
				assert_memory_equal(cert_facts(c)->common_name,
				    cn.p, cn.len);
			cert_free(c);
		}
		bad[i] ^= 0x02;
	}
	free(bad);
	e = (struct err)ERR_INIT;
	assert_int_equal(cert_common_name(OCTETS("x", 1), &cn, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-certificate");
}

static void
test_key_mismatch(void **state)
{
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(keyring_set_certificate(n.kr, KEY_MAKER,
	    cert_der(n.authority), &e), ERR_CONFLICT);
	assert_string_equal(e.id, "key-mismatch");
	assert_int_equal(keyring_certificate(n.kr, KEY_MAKER).len,
	    cert_der(n.maker).len);
}

static bool
says(struct octets o, const char *text)
{
	return o.len == strlen(text) && memcmp(o.p, text, o.len) == 0;
}

/* What is read of our own says what OpenSSL reads there, or nothing. */
static void
test_own(void **state)
{
	const struct cert_facts	*f = cert_facts(n.signer);
	struct octets		 o = cert_der(n.signer);
	struct cert_own		 own;
	struct cert		*c;
	struct err		 e = ERR_INIT;
	uint8_t			 der[LIMIT_CERT], point[SM2_POINT_LEN];
	size_t			 i, taken = 0;

	(void)state;
	assert_int_equal(cert_own_read(o, CERT_SIGNER, &own, &e), 0);
	assert_int_equal(own.serial.len, f->seriallen);
	assert_memory_equal(own.serial.p, f->serial, f->seriallen);
	assert_true(says(own.common_name, f->common_name));
	assert_true(says(own.organisation, f->organisation));
	assert_true(says(own.credit_code, f->credit_code));
	assert_true(says(own.crl_url, f->crl_url));
	assert_int_equal(own.not_before, f->not_before);
	assert_int_equal(own.not_after, f->not_after);
	assert_int_equal(cert_point(n.signer, point, &e), 0);
	assert_int_equal(own.point.len, SM2_POINT_LEN);
	assert_memory_equal(own.point.p, point, SM2_POINT_LEN);

	assert_int_equal(cert_own_read(o, CERT_MAKER, &own, &e), ERR_VERIFY);
	assert_string_equal(e.id, "bad-certificate-profile");
	e = (struct err)ERR_INIT;
	memcpy(der, o.p, o.len);
	der[o.len] = 0;
	assert_int_equal(cert_own_read(OCTETS(der, o.len + 1), CERT_SIGNER,
	    &own, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-certificate");
	/* Whatever octet is turned: what is taken, OpenSSL takes, too. */
	for (i = 0; i < o.len; i++) {
		der[i] ^= 0x20;
		if (cert_own_read(OCTETS(der, o.len), CERT_SIGNER, &own,
		    NULL) == 0) {
			taken++;
			assert_int_equal(cert_parse(OCTETS(der, o.len), &c,
			    &e), 0);
			assert_int_equal(cert_check(c, CERT_SIGNER, &e), 0);
			assert_false(cert_facts(c)->null_parameters);
			cert_free(c);
		}
		der[i] ^= 0x20;
	}
	assert_in_range(taken, 100, o.len - 200);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_profiles_hold),
		cmocka_unit_test(test_parameters_absent),
		cmocka_unit_test(test_issue_refused),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_check_refuses_other_profiles),
		cmocka_unit_test(test_null_parameters),
		cmocka_unit_test(test_pem_and_print),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_common_name),
		cmocka_unit_test(test_key_mismatch),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_serial_and_times),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
