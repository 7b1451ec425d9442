#include "tests/unit/ca/nation.h"

#include "base/der.h"

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

static const uint8_t	digest[SM3_LEN] = { 1, 2, 3, 0xab, 0xcd };

/* A spec that keeps its profile. */
static struct cert_spec
good_spec(enum cert_profile p)
{
	struct cert_spec	 s = nation_spec(p, "name", n.signer_point);
	const struct profile	*row = profile_of(p);

	if (p == CERT_CROSS || p == CERT_CROSS_ROOT)
		s.subject = (struct x509_name){
		    cert_facts(n.authority)->organisation,
		    cert_facts(n.authority)->common_name };
	if (row->ext[EXT_CRL_POINTS] == EXT_NEVER)
		s.crl_url = NULL;
	if (row->ca_url == EXT_NEVER)
		s.ca_url = NULL;
	if (row->ocsp_url != EXT_NEVER)
		s.ocsp_url = "http://127.0.0.1:18440/ocsp";
	if (row->ext[EXT_CREDIT] != EXT_NEVER)
		s.credit_code = CREDIT;
	if (row->ext[EXT_PERSON] != EXT_NEVER)
		s.person = digest;
	if (row->ext[EXT_SAN] != EXT_NEVER)
		s.dns_name = "node.example.cn";
	return s;
}

static void
test_rows(void **state)
{
	static const struct {
		enum cert_profile	 p;
		const char		*name;
		bool			 ca;
		uint8_t			 usage[2];
		size_t			 neku;
		bool			 eku_critical;
	} t[] = {
		{ CERT_ROOT, "root", true, { 1, 0x06 }, 0, false },
		{ CERT_AUTHORITY, "authority", true, { 1, 0x06 }, 0, false },
		{ CERT_MAKER, "maker", false, { 6, 0xc0 }, 1, false },
		{ CERT_SIGNER, "signer", false, { 6, 0xc0 }, 1, false },
		{ CERT_PERSON, "person", false, { 6, 0xc0 }, 1, false },
		{ CERT_OFFICER, "officer", false, { 7, 0x80 }, 1, false },
		{ CERT_OCSP, "ocsp", false, { 7, 0x80 }, 1, false },
		{ CERT_TSA, "tsa", false, { 6, 0xc0 }, 1, true },
		{ CERT_TLS, "tls", false, { 7, 0x80 }, 1, false },
		{ CERT_FOREIGN, "foreign", false, { 6, 0xc0 }, 0, false },
		{ CERT_CROSS, "cross", true, { 1, 0x06 }, 0, false },
		{ CERT_CROSS_ROOT, "cross-root", true, { 1, 0x06 }, 0,
		    false },
	};
	const struct profile	*p;
	size_t			 i;

	(void)state;
	assert_int_equal(sizeof(t) / sizeof(t[0]), CERT_END - 1);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		p = profile_of(t[i].p);
		assert_string_equal(p->name, t[i].name);
		assert_int_equal(profile_named(t[i].name), t[i].p);
		assert_int_equal(p->ca, t[i].ca);
		assert_int_equal(p->usagelen, 2);
		assert_memory_equal(p->usage, t[i].usage, 2);
		assert_int_equal(p->neku, t[i].neku);
		assert_int_equal(p->eku_critical, t[i].eku_critical);
	}
	assert_null(profile_of(CERT_NONE));
	assert_null(profile_of(CERT_END));
	assert_int_equal(profile_named("nobody"), CERT_NONE);
}

/* Every profile is issued, read by OpenSSL and by nobody else's rules. */
static void
test_each_is_issued(void **state)
{
	struct cert_spec	 s;
	struct cert		*c;
	struct err		 e;
	int			 p, q;

	(void)state;
	for (p = CERT_AUTHORITY; p < CERT_END; p++) {
		s = good_spec((enum cert_profile)p);
		c = nation_issue(&s, p == CERT_AUTHORITY ? n.root :
		    n.authority, p == CERT_AUTHORITY ? n.state : n.kr,
		    p == CERT_AUTHORITY ? KEY_ROOT : KEY_AUTHORITY);
		for (q = CERT_ROOT; q < CERT_END; q++) {
			e = (struct err)ERR_INIT;
			if (q == p)
				assert_int_equal(cert_check(c,
				    (enum cert_profile)q, &e), 0);
			else {
				assert_int_equal(cert_check(c,
				    (enum cert_profile)q, &e), ERR_VERIFY);
				assert_string_equal(e.id,
				    "bad-certificate-profile");
			}
		}
		assert_string_equal(cert_facts(c)->ocsp_url,
		    s.ocsp_url != NULL ? s.ocsp_url : "");
		cert_free(c);
	}
}

/* What is missing, or has no place, is named, and nothing is signed. */
static void
test_refused(void **state)
{
	static const struct {
		enum cert_profile	 p;
		int			 fault;
		const char		*field;
	} t[] = {
		{ CERT_TLS, 0, "subjectAltName: missing" },
		{ CERT_TLS, 1, "subjectAltName: not what" },
		{ CERT_PERSON, 2, "person commitment: missing" },
		{ CERT_MAKER, 3, "credit code: not in this profile" },
		{ CERT_MAKER, 4, "person commitment: not in this profile" },
		{ CERT_SIGNER, 5, "subjectAltName: not in this profile" },
		{ CERT_OCSP, 6, "cRLDistributionPoints: not in this" },
		{ CERT_OCSP, 7, "authorityInfoAccess: not what" },
		{ CERT_SIGNER, 8, "cRLDistributionPoints: not what" },
		{ CERT_SIGNER, 9, "issuer: the subject itself" },
		{ CERT_CROSS, 10, "issuer: not the subject" },
		{ CERT_CROSS, 11, "authorityKeyIdentifier: not what" },
	};
	struct cert_spec	 s;
	struct buf		 der;
	struct err		 e = ERR_INIT;
	uint8_t			 own[SM2_POINT_LEN];
	size_t			 i;

	(void)state;
	buf_init(&der, LIMIT_CERT);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		s = good_spec(t[i].p);
		switch (t[i].fault) {
		case 0: s.dns_name = NULL; break;
		case 1: s.dns_name = "Node Example"; break;
		case 2: s.person = NULL; break;
		case 3: s.credit_code = CREDIT; break;
		case 4: s.person = digest; break;
		case 5: s.dns_name = "a.example"; break;
		case 6: s.crl_url = "http://a.example/x.crl"; break;
		case 7: s.ocsp_url = "http://a.example/ocsp"; break;
		case 8: s.crl_url = "ldap://10.0.0.1/x"; break;
		case 9: s.subject.common_name = "Seal Authority 44"; break;
		case 10: s.subject.common_name = "Another"; break;
		case 11:	/* its own key: that is a root */
			assert_int_equal(keyring_point(n.kr, KEY_AUTHORITY,
			    own, &e), 0);
			s.point = own;
			break;
		}
		e = (struct err)ERR_INIT;
		assert_int_equal(cert_issue(&s, n.authority, n.kr,
		    KEY_AUTHORITY, &der, &e), ERR_VERIFY);
		assert_string_equal(e.id, "bad-certificate-profile");
		assert_non_null(strstr(e.text, t[i].field));
		assert_int_equal(der.len, 0);
	}
	buf_fini(&der);
}

/* tbs with octets replaced by others of the same length. */
static void
swap(struct octets tbs, const char *from, size_t nfrom, const char *to,
    const char *field)
{
	struct err	 e = ERR_INIT;
	uint8_t		*bad = xmemdup(tbs.p, tbs.len);
	uint8_t		*at = memmem(bad, tbs.len, from, nfrom);

	assert_non_null(at);
	memcpy(at, to, nfrom);
	assert_int_equal(cert_lint(OCTETS(bad, tbs.len), CERT_SIGNER, &e),
	    ERR_VERIFY);
	assert_string_equal(e.id, "bad-certificate-profile");
	if (strstr(e.text, field) == NULL)
		fail_msg("\"%s\" does not name %s", e.text, field);
	free(bad);
}

static void
test_octets_refused(void **state)
{
#define CASE(FROM, TO, FIELD)	{ FROM, sizeof(FROM) - 1, TO, FIELD }
	static const struct {
		const char	*from;
		size_t		 n;
		const char	*to, *field;
	} t[] = {
		CASE("\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x01",
		    "version"),
		/* SM2 with SM3 becomes SHA-256's number */
		CASE("\x55\x01\x83\x75", "\x55\x01\x83\x74", "signature"),
		CASE("\x06\x03\x55\x04\x06\x13\x02" "CN",
		    "\x06\x03\x55\x04\x06\x0c\x02" "CN", "issuer"),
		CASE("\x06\x03\x55\x04\x0a\x0c\x1e", "\x06\x03\x55\x04\x0b\x0c"
		    "\x1e", "subject"),
		CASE("\x17\x0d", "\x18\x0d", "validity"),
		CASE("\x01\x82\x2d\x03\x42\x00\x04",
		    "\x01\x82\x2d\x03\x42\x00\x02", "subjectPublicKeyInfo"),
		CASE("\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x06\xc0",
		    "\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x06\x80",
		    "keyUsage"),
		CASE("\x55\x1d\x0f\x01\x01\xff", "\x55\x1d\x0f\x01\x01\x00",
		    "keyUsage"),
		CASE("\x55\x1d\x0e\x04\x16\x04\x14", "\x55\x1d\x0f\x04\x16\x04"
		    "\x14", "keyUsage: twice"),
		CASE("\x55\x1d\x23\x04\x18\x30\x16\x80\x14", "\x55\x1d\x23\x04"
		    "\x18\x30\x16\x81\x14", "authorityKeyIdentifier"),
		CASE("\x55\x1d\x1f\x04", "\x55\x1d\x20\x04", "extensions"),
		CASE("\x55\x1d\x1f\x04", "\x55\x1d\x13\x04",
		    "basicConstraints: not in this profile"),
		CASE("\x86\x26http", "\x86\x26ldap", "cRLDistributionPoints"),
		CASE("\x13\x12" "9", "\x13\x12" "a", "credit code"),
	};
#undef CASE
	struct octets	 o = cert_der(n.signer);
	struct cursor	 c = cursor_of(o.p, o.len), in;
	struct der	 all, tbs;
	struct err	 e = ERR_INIT;
	size_t		 i;

	(void)state;
	assert_int_equal(der_next(&c, &all, "certificate", NULL), 0);
	in = der_inside(&all);
	assert_int_equal(der_next(&in, &tbs, "tbs", NULL), 0);
	assert_int_equal(cert_lint(tbs.tlv, CERT_SIGNER, &e), 0);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		swap(tbs.tlv, t[i].from, t[i].n, t[i].to, t[i].field);
	/* Nor is anything cut off, or put behind. */
	for (i = 0; i < tbs.tlv.len; i++)
		assert_int_equal(cert_lint(OCTETS(tbs.tlv.p, i), CERT_SIGNER,
		    NULL), ERR_VERIFY);
	assert_int_equal(cert_lint(OCTETS(tbs.tlv.p, tbs.tlv.len + 1),
	    CERT_SIGNER, NULL), ERR_VERIFY);
	assert_int_equal(cert_lint(tbs.tlv, CERT_END, NULL), ERR_VERIFY);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_each_is_issued),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_octets_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
