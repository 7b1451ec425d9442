#include "tests/unit/ca/nation.h"

#include <openssl/ocsp.h>

#include "base/der.h"
#include "base/msg.h"
#include "ca/jail_ca.h"
#include "ca/ocsp.h"
#include "schema/msg.pb-c.h"

static struct nation		 n;
static struct ocsp_issuer	 is;

static const uint8_t	serial[16] = { 0x51, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
			    12, 13, 14, 15, 16 };
#define SERIAL	OCTETS(serial, sizeof(serial))

static int
setup(void **state)
{
	(void)state;
	nation_init(&n);
	assert_int_equal(ocsp_issuer_init(&is, n.authority, NULL), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	nation_fini(&n);
	return 0;
}

/* ---- requests */

/* OpenSSL's request for the serial under a digest, perhaps with a nonce. */
static void
openssl_request(const EVP_MD *md, bool nonce, struct buf *out)
{
	const X509	*issuer = cert_x509(n.authority);
	OCSP_REQUEST	*rq = OCSP_REQUEST_new();
	ASN1_INTEGER	*s = ASN1_INTEGER_new();
	OCSP_CERTID	*id;
	uint8_t		*p = NULL;
	int		 len;

	assert_non_null(md);
	assert_int_equal(ASN1_STRING_set(s, serial, sizeof(serial)), 1);
	id = OCSP_cert_id_new(md, X509_get_subject_name(issuer),
	    X509_get0_pubkey_bitstr(issuer), s);
	assert_non_null(OCSP_request_add0_id(rq, id));
	if (nonce)
		assert_int_equal(OCSP_request_add1_nonce(rq, NULL, 16), 1);
	len = i2d_OCSP_REQUEST(rq, &p);
	buf_put(out, p, (size_t)len);
	OPENSSL_free(p);
	ASN1_INTEGER_free(s);
	OCSP_REQUEST_free(rq);
}

static void
test_requests_of_openssl(void **state)
{
	static const struct {
		const char	*md;
		enum ocsp_hash	 hash;
	} t[] = {
		{ "SHA1", OCSP_SHA1 }, { "SHA256", OCSP_SHA256 },
		{ "SM3", OCSP_SM3 }, { "SHA512", OCSP_HASH_OTHER },
	};
	struct ocsp_request	 rq;
	struct octets		 found;
	struct buf		 b;
	struct err		 e;
	size_t			 i;
	int			 nonce;

	(void)state;
	buf_init(&b, LIMIT_OCSP_REQUEST);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (nonce = 0; nonce < 2; nonce++) {
			buf_reset(&b);
			openssl_request(EVP_get_digestbyname(t[i].md),
			    nonce == 1, &b);
			e = (struct err)ERR_INIT;
			assert_int_equal(ocsp_request_read(buf_octets(&b),
			    &rq, &e), 0);
			assert_int_equal(rq.nids, 1);
			assert_int_equal(rq.nonce, nonce == 1);
			assert_int_equal(rq.ids[0].hash, t[i].hash);
			assert_int_equal(rq.ids[0].seriallen, 16);
			assert_memory_equal(rq.ids[0].serial, serial, 16);
			assert_int_equal(ocsp_issuer_is(&is, &rq.ids[0]),
			    t[i].hash != OCSP_HASH_OTHER);
			/* What is plain is what it would be anywhere. */
			assert_int_equal(ocsp_is_plain(&is, buf_octets(&b),
			    &found), nonce == 0 &&
			    t[i].hash != OCSP_HASH_OTHER);
		}
	buf_fini(&b);
}

static void
test_plain(void **state)
{
	struct ocsp_request	 rq;
	struct ocsp_issuer	 other;
	struct octets		 found;
	struct buf		 b;
	enum ocsp_hash		 h;
	size_t			 i;

	(void)state;
	assert_int_equal(ocsp_issuer_init(&other, n.root, NULL), 0);
	buf_init(&b, LIMIT_OCSP_REQUEST);
	for (h = OCSP_SHA1; h < OCSP_HASHES; h++) {
		buf_reset(&b);
		ocsp_put_plain(&is, h, SERIAL, &b);
		assert_true(ocsp_is_plain(&is, buf_octets(&b), &found));
		assert_int_equal(found.len, 16);
		assert_memory_equal(found.p, serial, 16);
		assert_false(ocsp_is_plain(&other, buf_octets(&b), &found));
		/* Another octet: another serial, or not plain. */
		for (i = 0; i < b.len; i++) {
			b.p[i] ^= 0x40;
			if (ocsp_is_plain(&is, buf_octets(&b), &found))
				assert_true(i >= b.len - 16);
			b.p[i] ^= 0x40;
		}
		for (i = 0; i < b.len; i++)
			assert_false(ocsp_is_plain(&is, OCTETS(b.p, i),
			    &found));
		/* Plain or not, it reads the same. */
		assert_int_equal(ocsp_request_read(buf_octets(&b), &rq,
		    NULL), 0);
		assert_true(ocsp_issuer_is(&is, &rq.ids[0]));
		assert_false(ocsp_issuer_is(&other, &rq.ids[0]));
	}
	buf_fini(&b);
}

/* Hand-made requests: what stands inside tbsRequest. */
static void
test_requests_refused(void **state)
{
#define CASE(TEXT, WHY)	{ TEXT, sizeof(TEXT) - 1, WHY }
#define ALG	"\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a"
#define HASH	"\x04\x14" "01234567890123456789"
#define ID	"\x30\x38" ALG HASH HASH "\x02\x01\x05"
#define REQ	"\x30\x3a" ID
	static const struct {
		const char	*p;
		size_t		 n;
		const char	*why;
	} t[] = {
		CASE("\x30\x3c" REQ, NULL),
		CASE("\x30\x00", "nothing"),
		CASE("", "requestList"),
		/* a version that is the default, or unknown */
		CASE("\xa0\x03\x02\x01\x00\x30\x3c" REQ, "version"),
		CASE("\xa0\x03\x02\x01\x01\x30\x3c" REQ, "version"),
		CASE("\x30\x02\x30\x00", "CertID"),
		/* a digest of the wrong length, a negative and a long serial */
		CASE("\x30\x3b\x30\x39\x30\x37" ALG HASH "\x04\x13"
		    "0123456789012345678" "\x02\x01\x05", "CertID"),
		CASE("\x30\x3c\x30\x3a\x30\x38" ALG HASH HASH "\x02\x01\x85",
		    "CertID"),
		CASE("\x30\x3d\x30\x3b\x30\x39" ALG HASH HASH
		    "\x02\x02\x00\x05", "CertID"),
		CASE("\x30\x3c" REQ "\x05\x00", "requestExtensions"),
		/* a critical extension; one that may be passed over */
		CASE("\x30\x3c" REQ "\xa2\x0e\x30\x0c\x30\x0a\x06\x03\x2a\x03"
		    "\x04\x01\x01\xff\x04\x00", "requestExtensions"),
		CASE("\x30\x3c" REQ "\xa2\x0b\x30\x09\x30\x07\x06\x03\x2a\x03"
		    "\x04\x04\x00", NULL),
		CASE("\x30\x42\x30\x40" ID "\xa0\x04\x30\x02\x30\x00",
		    "singleRequestExtensions"),
	};
	struct ocsp_request	 rq;
	struct buf		 b;
	struct err		 e;
	size_t			 i, all, tbs;
	int			 rc;

	(void)state;
	buf_init(&b, LIMIT_OCSP_REQUEST + 64);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_reset(&b);
		all = der_open(&b, DER_SEQUENCE);
		tbs = der_open(&b, DER_SEQUENCE);
		buf_put(&b, t[i].p, t[i].n);
		der_close(&b, tbs);
		der_close(&b, all);
		e = (struct err)ERR_INIT;
		rc = ocsp_request_read(buf_octets(&b), &rq, &e);
		if (t[i].why == NULL) {
			assert_int_equal(rc, 0);
			continue;
		}
		assert_int_equal(rc, ERR_FORMAT);
		assert_string_equal(e.id, "bad-ocsp-request");
		if (strstr(e.text, t[i].why) == NULL)
			fail_msg("%zu: \"%s\" says nothing of %s", i, e.text,
			    t[i].why);
	}
	/* One certificate more than we take. */
	for (i = LIMIT_OCSP_IDS; i <= LIMIT_OCSP_IDS + 1; i++) {
		size_t	 list, j;

		buf_reset(&b);
		all = der_open(&b, DER_SEQUENCE);
		tbs = der_open(&b, DER_SEQUENCE);
		list = der_open(&b, DER_SEQUENCE);
		for (j = 0; j < i; j++)
			buf_put(&b, REQ, sizeof(REQ) - 1);
		der_close(&b, list);
		der_close(&b, tbs);
		der_close(&b, all);
		assert_int_equal(ocsp_request_read(buf_octets(&b), &rq,
		    NULL), i == LIMIT_OCSP_IDS ? 0 : ERR_FORMAT);
	}
	/* Too long, and every cut. */
	buf_reset(&b);
	ocsp_put_plain(&is, OCSP_SM3, SERIAL, &b);
	for (i = 0; i < b.len; i++)
		assert_int_equal(ocsp_request_read(OCTETS(b.p, i), &rq, NULL),
		    ERR_FORMAT);
	assert_int_equal(ocsp_request_read(OCTETS(b.p, LIMIT_OCSP_REQUEST + 1),
	    &rq, NULL), ERR_FORMAT);
	buf_fini(&b);
}

static void
test_jail(void **state)
{
	ProtobufCMessage	*m = NULL;
	const OcspReading	*r;
	struct buf		 in, out;
	struct err		 e = ERR_INIT;

	(void)state;
	buf_init(&in, LIMIT_OCSP_REQUEST);
	buf_init(&out, 65536);
	openssl_request(EVP_sm3(), true, &in);
	assert_int_equal(ca_jail_handlers[0].run(OCTETS(NULL, 0),
	    buf_octets(&in), &out, &e), 0);
	assert_int_equal(msg_unpack(&ocsp_reading__descriptor,
	    buf_octets(&out), &m, &e), 0);
	r = (const OcspReading *)m;
	assert_int_equal(r->n_ids, 1);
	assert_int_equal(r->ids[0]->hash, OCSP_SM3);
	assert_int_equal(r->ids[0]->issuer_key.len, 32);
	assert_memory_equal(r->ids[0]->issuer_key.data, is.key[OCSP_SM3], 32);
	assert_memory_equal(r->ids[0]->serial.data, serial, 16);
	assert_true(r->nonce);
	protobuf_c_message_free_unpacked(m, NULL);
	assert_int_equal(ca_jail_handlers[0].run(OCTETS("x", 1),
	    OCTETS(NULL, 0), &out, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-ocsp-request");
	buf_fini(&out);
	buf_fini(&in);
}

/* ---- answers */

static struct ocsp_status
status(int64_t revoked_at, unsigned reason)
{
	struct ocsp_status	 s;

	memset(&s, 0, sizeof(s));
	memcpy(s.serial, serial, sizeof(serial));
	s.seriallen = sizeof(serial);
	s.revoked_at = revoked_at;
	s.reason = reason;
	s.this_update = T0 + 100;
	s.next_update = T0 + 1000;
	return s;
}

/* OpenSSL finds the status under each digest. */
static void
openssl_agrees(struct octets der, const struct ocsp_status *s)
{
	static const char *const mds[] = { "SHA1", "SHA256", "SM3" };
	const X509		*issuer = cert_x509(n.authority);
	const uint8_t		*p = der.p;
	OCSP_RESPONSE		*r = d2i_OCSP_RESPONSE(NULL, &p,
				    (long)der.len);
	OCSP_BASICRESP		*b;
	ASN1_INTEGER		*si = ASN1_INTEGER_new();
	OCSP_CERTID		*id;
	ASN1_GENERALIZEDTIME	*at, *this, *next;
	int			 st, reason;
	size_t			 i;

	assert_non_null(r);
	assert_int_equal(OCSP_response_status(r),
	    OCSP_RESPONSE_STATUS_SUCCESSFUL);
	assert_non_null(b = OCSP_response_get1_basic(r));
	assert_int_equal(ASN1_STRING_set(si, serial, sizeof(serial)), 1);
	for (i = 0; i < 3; i++) {
		id = OCSP_cert_id_new(EVP_get_digestbyname(mds[i]),
		    X509_get_subject_name(issuer),
		    X509_get0_pubkey_bitstr(issuer), si);
		at = NULL;
		assert_int_equal(OCSP_resp_find_status(b, id, &st, &reason,
		    &at, &this, &next), 1);
		assert_int_equal(st, s->revoked_at == 0 ?
		    V_OCSP_CERTSTATUS_GOOD : V_OCSP_CERTSTATUS_REVOKED);
		if (s->revoked_at != 0)
			assert_int_equal(reason, s->reason == 0 ? -1 :
			    (int)s->reason);
		OCSP_CERTID_free(id);
	}
	ASN1_INTEGER_free(si);
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
}

static void
test_answers(void **state)
{
	static const struct {
		int64_t		revoked_at;
		unsigned	reason;
		int64_t		cutoff;
	} t[] = {
		{ 0, 0, 0 }, { T0 + 5, 0, 0 }, { T0 + 5, 1, 0 },
		{ T0 + 100, 6, 0 }, { T0 + 5, 10, T0 }, { 0, 0, T0 },
	};
	struct ocsp_status	 s;
	struct ocsp_answer	 a;
	struct buf		 b;
	struct err		 e;
	size_t			 i;

	(void)state;
	buf_init(&b, LIMIT_OCSP_ANSWER);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_reset(&b);
		e = (struct err)ERR_INIT;
		s = status(t[i].revoked_at, t[i].reason);
		s.archive_cutoff = t[i].cutoff;
		assert_int_equal(ocsp_answer_sign(&s, n.authority, &is, n.kr,
		    KEY_AUTHORITY, &b, &e), 0);
		assert_int_equal(ocsp_answer_read(buf_octets(&b), &a, &e), 0);
		assert_int_equal(a.nids, 3);
		assert_int_equal(a.status.seriallen, 16);
		assert_memory_equal(a.status.serial, serial, 16);
		assert_int_equal(a.status.revoked_at, t[i].revoked_at);
		assert_int_equal(a.status.reason, t[i].reason);
		assert_int_equal(a.status.this_update, T0 + 100);
		assert_int_equal(a.status.next_update, T0 + 1000);
		assert_int_equal(a.status.archive_cutoff, t[i].cutoff);
		assert_int_equal(a.produced_at, T0 + 100);
		assert_int_equal(ocsp_answer_verify(&a, n.authority, &e), 0);
		assert_int_equal(ocsp_answer_verify(&a, n.root, &e),
		    ERR_VERIFY);
		assert_string_equal(e.id, "ocsp-signature");
		openssl_agrees(buf_octets(&b), &s);
	}
	buf_fini(&b);
}

/* An answer is found by whose certificate it is about, not by serial alone. */
static void
test_answer_names(void **state)
{
	struct ocsp_status	 s = status(0, 0);
	struct ocsp_issuer	 root, half;
	struct buf		 b;
	struct err		 e = ERR_INIT;
	uint8_t			 other[16];

	(void)state;
	memcpy(other, serial, sizeof(other));
	other[15] ^= 1;
	assert_int_equal(ocsp_issuer_init(&root, n.root, NULL), 0);
	buf_init(&b, LIMIT_OCSP_ANSWER);
	assert_int_equal(ocsp_answer_sign(&s, n.authority, &is, n.kr,
	    KEY_AUTHORITY, &b, &e), 0);
	assert_true(ocsp_answer_names(&is, SERIAL, buf_octets(&b)));
	assert_false(ocsp_answer_names(&root, SERIAL, buf_octets(&b)));
	assert_false(ocsp_answer_names(&is, OCTETS(other, 16),
	    buf_octets(&b)));
	assert_false(ocsp_answer_names(&is, OCTETS(serial, 15),
	    buf_octets(&b)));
	/* The same name with another key, and the other way round. */
	half = is;
	memcpy(half.key, root.key, sizeof(half.key));
	assert_false(ocsp_answer_names(&half, SERIAL, buf_octets(&b)));
	half = is;
	memcpy(half.name, root.name, sizeof(half.name));
	assert_false(ocsp_answer_names(&half, SERIAL, buf_octets(&b)));
	assert_false(ocsp_answer_names(&is, SERIAL, OCTETS("", 0)));
	buf_fini(&b);
}

/* Every octet changed: refused, or no longer signed. */
static void
test_answer_tampered(void **state)
{
	struct ocsp_status	 s = status(T0 + 5, 1);
	struct ocsp_answer	 a;
	struct buf		 b;
	struct err		 e = ERR_INIT;
	size_t			 i;
	int			 rc;

	(void)state;
	buf_init(&b, LIMIT_OCSP_ANSWER);
	assert_int_equal(ocsp_answer_sign(&s, n.authority, &is, n.kr,
	    KEY_AUTHORITY, &b, &e), 0);
	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		e = (struct err)ERR_INIT;
		if ((rc = ocsp_answer_read(buf_octets(&b), &a, &e)) != 0) {
			assert_int_equal(rc, ERR_FORMAT);
			assert_string_equal(e.id, "bad-ocsp-answer");
		} else {
			assert_int_equal(ocsp_answer_verify(&a, n.authority,
			    &e), ERR_VERIFY);
			assert_string_equal(e.id, "ocsp-signature");
		}
		b.p[i] ^= 1;
	}
	for (i = 0; i < b.len; i++)
		assert_int_equal(ocsp_answer_read(OCTETS(b.p, i), &a, NULL),
		    ERR_FORMAT);
	buf_fini(&b);
}

static void
test_answer_refused(void **state)
{
	struct ocsp_status	 s;
	struct buf		 b;
	struct err		 e;
	int			 i;

	(void)state;
	buf_init(&b, LIMIT_OCSP_ANSWER);
	for (i = 0; i < 9; i++) {
		s = status(T0 + 5, 1);
		switch (i) {
		case 0: s.seriallen = 0; break;
		case 1: s.seriallen = CERT_SERIAL_MAX + 1; break;
		case 2: s.serial[0] = 0; break;
		case 3: s.reason = 7; break;
		case 4: s.reason = 11; break;
		case 5: s.next_update = s.this_update; break;
		case 6: s.revoked_at = s.this_update + 1; break;
		case 7: s.this_update = 0; break;
		case 8: break;		/* the maker may not answer */
		}
		e = (struct err)ERR_INIT;
		assert_int_equal(ocsp_answer_sign(&s, n.authority, &is, n.kr,
		    i == 8 ? KEY_MAKER : KEY_AUTHORITY, &b, &e), ERR_INVAL);
		assert_int_equal(b.len, 0);
	}
	buf_fini(&b);
}

static void
test_errors(void **state)
{
	static const enum ocsp_error	t[] = { OCSP_MALFORMED,
	    OCSP_INTERNAL, OCSP_TRY_LATER, OCSP_UNAUTHORIZED };
	struct ocsp_answer	 a;
	struct buf		 b;
	OCSP_RESPONSE		*r;
	const uint8_t		*p;
	size_t			 i;

	(void)state;
	buf_init(&b, 16);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_reset(&b);
		ocsp_put_error(t[i], &b);
		p = b.p;
		assert_non_null(r = d2i_OCSP_RESPONSE(NULL, &p, (long)b.len));
		assert_int_equal(OCSP_response_status(r), (int)t[i]);
		OCSP_RESPONSE_free(r);
		assert_int_equal(ocsp_answer_read(buf_octets(&b), &a, NULL),
		    ERR_FORMAT);
	}
	buf_fini(&b);
}

/* The key process: a batch, in order; nothing at all where one is bad. */
static void
test_sign_batch(void **state)
{
	OcspStatus		 st[3], *all[3] = { &st[0], &st[1], &st[2] };
	SignOcsp		 ask = SIGN_OCSP__INIT;
	ProtobufCMessage	*m = NULL;
	const SignedOcsp	*rs;
	struct ocsp_answer	 a;
	struct buf		 in, out;
	struct err		 e = ERR_INIT;
	uint8_t			 serials[3][16];
	size_t			 i;

	(void)state;
	buf_init(&in, 65536);
	buf_init(&out, 65536);
	for (i = 0; i < 3; i++) {
		memcpy(serials[i], serial, 16);
		serials[i][15] = (uint8_t)i;
		ocsp_status__init(&st[i]);
		st[i].serial.data = serials[i];
		st[i].serial.len = 16;
		st[i].not_after = T0 + 50 * (int64_t)i;
	}
	st[1].revoked_at = T0 + 1;
	st[1].reason = 4;
	ask.this_update = T0 + 60;
	ask.next_update = T0 + 600;
	ask.status = all;
	ask.n_status = 3;
	msg_put(&ask.base, &in);
	assert_int_equal(sign_ocsp(n.kr, buf_octets(&in), &out, &e), 0);
	assert_int_equal(msg_unpack(&signed_ocsp__descriptor,
	    buf_octets(&out), &m, &e), 0);
	rs = (const SignedOcsp *)m;
	assert_int_equal(rs->n_answer, 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(ocsp_answer_read(OCTETS(rs->answer[i].data,
		    rs->answer[i].len), &a, &e), 0);
		assert_int_equal(ocsp_answer_verify(&a, n.authority, &e), 0);
		assert_memory_equal(a.status.serial, serials[i], 16);
		assert_int_equal(a.status.revoked_at, i == 1 ? T0 + 1 : 0);
		/* The first two have expired: nothing is forgotten. */
		assert_int_equal(a.status.archive_cutoff, i < 2 ? T0 : 0);
	}
	protobuf_c_message_free_unpacked(m, NULL);
	buf_reset(&in);
	buf_reset(&out);
	st[2].reason = 8;
	msg_put(&ask.base, &in);
	assert_int_equal(sign_ocsp(n.kr, buf_octets(&in), &out, &e),
	    ERR_INVAL);
	assert_int_equal(out.len, 0);
	buf_fini(&out);
	buf_fini(&in);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_requests_of_openssl),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_requests_refused),
		cmocka_unit_test(test_jail),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_answer_names),
		cmocka_unit_test(test_answer_tampered),
		cmocka_unit_test(test_answer_refused),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_sign_batch),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
