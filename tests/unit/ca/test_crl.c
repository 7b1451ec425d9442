#include "tests/unit/ca/nation.h"

#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/msg.h"
#include "ca/chain.h"
#include "schema/msg.pb-c.h"

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

static struct crl_entry
entry(uint8_t a, uint8_t b, int64_t at, unsigned reason)
{
	struct crl_entry	 en;

	memset(&en, 0, sizeof(en));
	en.serial[0] = a;
	en.serial[1] = b;
	en.seriallen = 2;
	en.revoked_at = at;
	en.reason = reason;
	return en;
}

static void
test_round_trip(void **state)
{
	struct crl_entry	 in[] = {
		entry(0x90, 1, T0 - 5, 0), entry(0x01, 2, T0 - 6, 1),
		entry(0x00, 7, T0, 5), entry(0x7f, 3, T0 - 1, 10),
	};
	struct crl_spec		 s = { in, 4, 7, T0, T0 + 86400, NULL };
	struct crl_entry	 got;
	struct crl		*crl;
	struct buf		 der, text;
	struct err		 e = ERR_INIT;
	uint8_t			 seven = 7, none[2] = { 1, 3 };
	size_t			 i;

	(void)state;
	buf_init(&der, LIMIT_CRL);
	buf_init(&text, 65536);
	assert_int_equal(crl_issue(&s, n.authority, n.kr, KEY_AUTHORITY, &der,
	    &e), 0);
	assert_int_equal(crl_parse(buf_octets(&der), &crl, &e), 0);
	assert_int_equal(crl_number(crl), 7);
	assert_int_equal(crl_this_update(crl), T0);
	assert_int_equal(crl_next_update(crl), T0 + 86400);
	assert_int_equal(crl_count(crl), 4);
	assert_true(crl_is_by(crl, n.authority));
	assert_false(crl_is_by(crl, n.root));
	assert_int_equal(crl_verify(crl, n.authority, &e), 0);
	for (i = 0; i < 4; i++) {
		assert_true(crl_find(crl, in[i].serial, 2, &got));
		assert_int_equal(got.revoked_at, in[i].revoked_at);
		assert_int_equal(got.reason, in[i].reason);
	}
	/* 00 07 and 07 are one number. */
	assert_true(crl_find(crl, &seven, 1, NULL));
	assert_false(crl_find(crl, none, 2, NULL));
	crl_print(crl, &text);
	buf_put_u8(&text, 0);
	assert_non_null(strstr((char *)text.p, "9001 since"));
	crl_free(crl);

	/* An empty list is left out; same input, same signed part. */
	buf_reset(&der);
	s.nentries = 0;
	assert_int_equal(crl_issue(&s, n.authority, n.kr, KEY_AUTHORITY, &der,
	    &e), 0);
	assert_int_equal(crl_parse(buf_octets(&der), &crl, &e), 0);
	assert_int_equal(crl_count(crl), 0);
	assert_int_equal(crl_verify(crl, n.root, &e), ERR_VERIFY);
	assert_string_equal(e.id, "crl-signature");
	crl_free(crl);
	buf_fini(&text);
	buf_fini(&der);
}

static void
test_spec_refused(void **state)
{
	struct crl_entry	 a = entry(1, 1, T0, 0), two[2], bad;
	struct crl_spec		 good = { &a, 1, 1, T0, T0 + 1, NULL }, s;
	struct buf		 der;
	struct err		 e;
	int			 i;

	(void)state;
	buf_init(&der, LIMIT_CRL);
	for (i = 0; i < 9; i++) {
		s = good;
		bad = a;
		switch (i) {
		case 0: s.number = 0; break;
		case 1: s.next_update = s.this_update; break;
		case 2: s.this_update = 0; break;
		case 3: bad.seriallen = 0; s.entries = &bad; break;
		case 4: bad.seriallen = 21; s.entries = &bad; break;
		case 5: bad.reason = 7; s.entries = &bad; break;
		case 6: bad.reason = 11; s.entries = &bad; break;
		case 7: bad.revoked_at = T0 + 1; s.entries = &bad; break;
		case 8: two[0] = two[1] = a; s.entries = two; s.nentries = 2;
			break;
		}
		e = (struct err)ERR_INIT;
		assert_int_equal(crl_issue(&s, n.authority, n.kr,
		    KEY_AUTHORITY, &der, &e), ERR_INVAL);
		assert_int_equal(der.len, 0);
	}
	buf_fini(&der);
}

static void
test_tampered(void **state)
{
	struct crl_entry	 a = entry(1, 1, T0, 1);
	struct crl_spec		 s = { &a, 1, 1, T0, T0 + 1, NULL };
	struct crl		*crl;
	struct buf		 der;
	struct err		 e = ERR_INIT;
	size_t			 i;
	int			 rc;

	(void)state;
	buf_init(&der, LIMIT_CRL);
	assert_int_equal(crl_issue(&s, n.authority, n.kr, KEY_AUTHORITY, &der,
	    &e), 0);
	for (i = 0; i < der.len; i++) {
		der.p[i] ^= 1;
		e = (struct err)ERR_INIT;
		rc = crl_parse(buf_octets(&der), &crl, &e);
		if (rc == 0) {
			assert_int_equal(crl_verify(crl, n.authority, &e),
			    ERR_VERIFY);
			assert_string_equal(e.id, "crl-signature");
			crl_free(crl);
		} else {
			assert_int_equal(rc, ERR_FORMAT);
			assert_string_equal(e.id, "bad-crl");
		}
		der.p[i] ^= 1;
	}
	for (i = 0; i < 20; i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(crl_parse(OCTETS(der.p, i), &crl, &e),
		    ERR_FORMAT);
		assert_string_equal(e.id, "bad-crl");
	}
	buf_fini(&der);
}

/* ---- the key process's handlers */

static void
pack(const ProtobufCMessage *m, struct buf *b)
{
	uint8_t	*p = xmalloc(protobuf_c_message_get_packed_size(m) + 1);

	buf_reset(b);
	buf_put(b, p, protobuf_c_message_pack(m, p));
	free(p);
}

static void
test_issue_signer(void **state)
{
	IssueSigner		 rq = ISSUE_SIGNER__INIT;
	IssuedSigner		*rs;
	ProtobufCMessage	*m;
	struct cert		*c;
	struct buf		 in, out;
	struct err		 e = ERR_INIT;
	uint8_t			 serial[16], point[SM2_POINT_LEN];
	uint8_t			 sig[SM2_SIG_LEN];
	struct sm2_pub		*pub;
	int			 own;

	(void)state;
	buf_init(&in, 65536);
	buf_init(&out, 65536);
	memset(serial, 0x42, sizeof(serial));
	rq.serial.data = serial;
	rq.serial.len = sizeof(serial);
	rq.common_name = (char *)(uintptr_t)"44010600000009";
	rq.organisation = (char *)(uintptr_t)"广州示例科技有限公司";
	rq.credit_code = (char *)(uintptr_t)CREDIT;
	rq.not_before = T0 + 60;
	rq.not_after = T0 + YEAR;
	for (own = 0; own < 2; own++) {
		if (own) {
			rq.public_key.data = n.signer_point;
			rq.public_key.len = SM2_POINT_LEN;
		}
		pack(&rq.base, &in);
		buf_reset(&out);
		assert_int_equal(sign_issue_signer(n.kr, buf_octets(&in),
		    &out, &e), 0);
		assert_int_equal(msg_unpack(&issued_signer__descriptor,
		    buf_octets(&out), &m, &e), 0);
		rs = (IssuedSigner *)m;
		assert_int_equal(cert_parse(OCTETS(rs->certificate.data,
		    rs->certificate.len), &c, &e), 0);
		assert_int_equal(cert_check(c, CERT_SIGNER, &e), 0);
		assert_int_equal(cert_verify(c, n.authority, &e), 0);
		assert_memory_equal(cert_facts(c)->serial, serial, 16);
		assert_int_equal(cert_facts(c)->not_after, T0 + YEAR);
		assert_string_equal(cert_facts(c)->crl_url,
		    cert_facts(n.maker)->crl_url);
		assert_int_equal(cert_point(c, point, &e), 0);
		assert_int_equal(rs->wrapped_key.len == 0, own);
		if (own)
			assert_memory_equal(point, n.signer_point, 65);
		else {
			assert_int_equal(key_sign_wrapped(n.kr,
			    OCTETS(rs->wrapped_key.data, rs->wrapped_key.len),
			    OCTETS("x", 1), sig, &e), 0);
			assert_int_equal(sm2_pub_new(point, &pub, &e), 0);
			assert_int_equal(sm2_verify(pub, OCTETS("x", 1), sig,
			    &e), 0);
			sm2_pub_free(pub);
		}
		cert_free(c);
		protobuf_c_message_free_unpacked(m, NULL);
	}

	/* Refused: wrong lengths, no end, not a message. */
	rq.serial.len = 15;
	pack(&rq.base, &in);
	assert_int_equal(sign_issue_signer(n.kr, buf_octets(&in), &out, &e),
	    ERR_INVAL);
	rq.serial.len = 16;
	rq.public_key.len = 64;
	pack(&rq.base, &in);
	assert_int_equal(sign_issue_signer(n.kr, buf_octets(&in), &out, NULL),
	    ERR_INVAL);
	rq.public_key.len = 65;
	rq.not_after = 0;
	pack(&rq.base, &in);
	assert_int_equal(sign_issue_signer(n.kr, buf_octets(&in), &out, NULL),
	    ERR_INVAL);
	assert_int_equal(sign_issue_signer(n.kr, OCTETS("\xff", 1), &out,
	    NULL), ERR_FORMAT);
	/* A keyring without the authority's certificate. */
	rq.not_after = T0 + YEAR;
	pack(&rq.base, &in);
	e = (struct err)ERR_INIT;
	assert_int_equal(sign_issue_signer(n.state, buf_octets(&in), &out,
	    &e), ERR_NOTFOUND);
	assert_string_equal(e.id, "no-certificate");
	buf_fini(&out);
	buf_fini(&in);
}

static void
test_issue_crl(void **state)
{
	RevokedCertificate	 r = REVOKED_CERTIFICATE__INIT, *all[] = { &r };
	IssueCrl		 rq = ISSUE_CRL__INIT;
	ProtobufCMessage	*m;
	struct crl		*crl;
	struct buf		 in, out;
	struct err		 e = ERR_INIT;
	uint8_t			 serial[17];

	(void)state;
	memset(serial, 0x42, sizeof(serial));
	buf_init(&in, 65536);
	buf_init(&out, 65536);
	r.serial.data = serial;
	r.serial.len = 16;
	r.revoked_at = T0 + 5;
	r.reason = 1;
	rq.number = 3;
	rq.this_update = T0 + 10;
	rq.next_update = T0 + 86400;
	rq.n_revoked = 1;
	rq.revoked = all;
	pack(&rq.base, &in);
	assert_int_equal(sign_issue_crl(n.kr, buf_octets(&in), &out, &e), 0);
	assert_int_equal(msg_unpack(&issued_crl__descriptor, buf_octets(&out),
	    &m, &e), 0);
	assert_int_equal(crl_parse(OCTETS(((IssuedCrl *)m)->crl.data,
	    ((IssuedCrl *)m)->crl.len), &crl, &e), 0);
	assert_int_equal(crl_verify(crl, n.authority, &e), 0);
	assert_true(crl_find(crl, serial, 16, NULL));
	crl_free(crl);
	protobuf_c_message_free_unpacked(m, NULL);
	r.serial.len = 0;
	pack(&rq.base, &in);
	assert_int_equal(sign_issue_crl(n.kr, buf_octets(&in), &out, &e),
	    ERR_INVAL);
	buf_fini(&out);
	buf_fini(&in);
}

/* A part of the whole says which it is, and tells of its own alone. */
static void
test_parts(void **state)
{
	static const struct {
		const char	*url;
		bool		 covers;	/* the nation's signer */
	} t[] = {
		{ NULL, true },
		{ "http://127.0.0.1:18440/ca/province.crl", true },
		{ "http://127.0.0.1:18440/ca/province-1.crl", false },
	};
	static const struct {
		const char	*whole, *part;
		unsigned	 n;
	} u[] = {
		{ "http://a/ca/province.crl", "http://a/ca/province.crl", 0 },
		{ "http://a/ca/province.crl", "http://a/ca/province-1.crl",
		    1 },
		{ "http://a/ca/province.crl", "http://a/ca/province-50.crl",
		    50 },
		{ "http://a/ca/province", NULL, 1 },
		{ "", NULL, 1 },
	};
	/* Parts that there are none of. */
	static const char *const no[] = { "", "-", "-1", "1.crl", "-.crl",
		    "a-01.crl", "a-0.crl", "a-1.crl/", "a-1x.crl", "a-1.CRL",
		    "a--1.crl ", "a-1.crl?x", "a-1234567.crl",
		    "a-99999999999999999999.crl" };
	struct crl_entry	 a = { .serial = { 5, 6 }, .seriallen = 2,
				    .revoked_at = T0 };
	struct crl_spec		 s = { &a, 1, 1, T0, T0 + 1000, NULL };
	struct crl_entry	*all;
	struct crl		*crl;
	struct buf		 der;
	struct err		 e;
	char			 url[CERT_URL_MAX];
	size_t			 i;

	(void)state;
	buf_init(&der, LIMIT_CRL);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		e = (struct err)ERR_INIT;
		buf_reset(&der);
		s.url = t[i].url;
		assert_int_equal(crl_issue(&s, n.authority, n.kr,
		    KEY_AUTHORITY, &der, &e), 0);
		assert_int_equal(crl_parse(buf_octets(&der), &crl, &e), 0);
		assert_string_equal(crl_url(crl), t[i].url != NULL ?
		    t[i].url : "");
		assert_int_equal(crl_covers(crl, n.signer), t[i].covers);
		assert_int_equal(crl_verify(crl, n.authority, &e), 0);
		all = crl_entries(crl);
		assert_int_equal(crl_count(crl), 1);
		assert_int_equal(crl_entry_cmp(&all[0], &a), 0);
		free(all);
		crl_free(crl);
	}
	/* OpenSSL takes it to be what we say that it is. */
	{
		const uint8_t		*p = der.p;
		X509_CRL		*x = d2i_X509_CRL(NULL, &p,
					    (long)der.len);
		ISSUING_DIST_POINT	*idp;
		int			 crit;

		assert_non_null(x);
		idp = X509_CRL_get_ext_d2i(x, NID_issuing_distribution_point,
		    &crit, NULL);
		assert_non_null(idp);
		assert_int_equal(crit, 1);
		assert_int_equal(idp->onlyuser + idp->onlyCA +
		    idp->indirectCRL + idp->onlyattr, 0);
		ISSUING_DIST_POINT_free(idp);
		X509_CRL_free(x);
	}
	s.url = "";
	assert_int_equal(crl_issue(&s, n.authority, n.kr, KEY_AUTHORITY, &der,
	    NULL), ERR_INVAL);
	for (i = 0; i < sizeof(u) / sizeof(u[0]); i++) {
		assert_int_equal(crl_part_url(u[i].whole, u[i].n, url, NULL),
		    u[i].part != NULL ? 0 : ERR_INVAL);
		assert_string_equal(url, u[i].part != NULL ? u[i].part : "");
		if (u[i].part != NULL)
			assert_int_equal(crl_part_of(url), u[i].n);
	}
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_int_equal(crl_part_of(no[i]), 0);
	buf_fini(&der);
}

/* Twenty thousand entries, the most that a part has, are under 1 MiB. */
static void
test_part_is_small(void **state)
{
	struct crl_entry	*all = xcalloc(20000, sizeof(*all));
	struct crl_spec		 s = { all, 20000, 1, 2600000000,
	    2600001000, "http://127.0.0.1:18440/ca/province-49.crl" };
	struct buf		 der;
	struct err		 e = ERR_INIT;
	size_t			 i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		all[i].serial[0] = 0x40;
		all[i].serial[14] = (uint8_t)(i >> 8);
		all[i].serial[15] = (uint8_t)i;
		all[i].seriallen = 16;
		all[i].revoked_at = 2590000000;	/* GeneralizedTime: longer */
		all[i].reason = 9;
	}
	buf_init(&der, LIMIT_CRL);
	assert_int_equal(crl_issue(&s, n.authority, n.kr, KEY_AUTHORITY, &der,
	    &e), 0);
	assert_in_range(der.len, 1000000, 1 << 20);
	buf_fini(&der);
	free(all);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_spec_refused),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_issue_signer),
		cmocka_unit_test(test_issue_crl),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_part_is_small),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
