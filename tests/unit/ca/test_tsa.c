#include "tests/unit/ca/nation.h"

#include "base/der.h"
#include "base/msg.h"
#include "base/tm.h"
#include "ca/tsa.h"
#include "ca/tst.h"
#include "schema/msg.pb-c.h"

/* What the authority issues, read by ca/tst.h, and what it refuses. */

static struct nation	n;
static const uint8_t	policy[] = { 0x88, 0x37, 0x98, 0x59, 0x01 };
static const char	text[] = "stamp this";

/* A certificate for KEY_TSA, valid from not_before on. */
static void
certify(int64_t not_before, int64_t not_after)
{
	struct cert_spec	 s;
	struct cert		*c;
	struct err		 e = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];

	assert_int_equal(keyring_point(n.kr, KEY_TSA, point, &e), 0);
	s = nation_spec(CERT_TSA, "Time-Stamp Authority 44", point);
	s.not_before = not_before;
	s.not_after = not_after;
	c = nation_issue(&s, n.authority, n.kr, KEY_AUTHORITY);
	assert_int_equal(keyring_set_certificate(n.kr, KEY_TSA, cert_der(c),
	    &e), 0);
	cert_free(c);
}

static int
setup(void **state)
{
	struct err	e = ERR_INIT;

	(void)state;
	nation_init(&n);
	assert_int_equal(keyring_make(n.kr, KEY_TSA, &e), 0);
	certify(T0, T0 + 4 * YEAR);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	nation_fini(&n);
	return 0;
}

static struct tsa_query
query(void)
{
	struct tsa_query	q = { .hash = TSA_SM3, .certificate = true };

	sm3(text, sizeof(text) - 1, q.imprint);
	return q;
}

static struct tsa_spec
spec_of(const struct tsa_query *q)
{
	return (struct tsa_spec){ .query = q,
	    .policy = OCTETS(policy, sizeof(policy)), .bound = 10 };
}

static void
reads_back(void **state)
{
	struct tsa_query	q = query();
	struct tsa_spec		spec = spec_of(&q);
	struct tst		t;
	struct err		e = ERR_INIT;
	struct buf		b;
	int64_t			time, before = tm_now();
	size_t			i, at, end;

	(void)state;
	q.nonce = OCTETS("\x00\xff\x01", 3);
	buf_init(&b, LIMIT_TSA_TOKEN);
	assert_int_equal(tsa_issue(n.kr, &spec, &b, &time, &e), 0);
	if (tst_check(buf_octets(&b), OCTETS(text, sizeof(text) - 1), &t,
	    &e) != 0)
		fail_msg("[%s] %s", e.id, e.text);
	assert_int_equal(t.time, time);
	assert_in_range(time, before, tm_now());
	assert_int_equal(t.policy.len, sizeof(policy));
	assert_memory_equal(t.policy.p, policy, sizeof(policy));
	assert_true(t.has_nonce);
	assert_int_equal(t.nonce.len, 3);
	assert_memory_equal(t.nonce.p, "\x00\xff\x01", 3);
	assert_int_equal(t.cert.len,
	    keyring_certificate(n.kr, KEY_TSA).len);
	assert_int_equal(tst_covers(&t, OCTETS("other", 5), &e), ERR_VERIFY);

	/* A changed octet of what is signed is seen. */
	at = (size_t)(t.info.p - b.p);
	end = at + t.info.len;
	for (i = at; i < end; i += 7) {
		b.p[i] ^= 1;
		if (tst_check(buf_octets(&b), OCTETS(text, sizeof(text) - 1),
		    &t, &e) == 0)
			fail_msg("octet %zu may be changed", i);
		b.p[i] ^= 1;
	}
	for (i = b.len - 40; i < b.len; i += 7) {
		b.p[i] ^= 1;
		assert_int_not_equal(tst_check(buf_octets(&b), OCTETS(text,
		    sizeof(text) - 1), &t, &e), 0);
		b.p[i] ^= 1;
	}
	buf_fini(&b);
}

/* Digests, with and without what is optional. */
static void
variants(void **state)
{
	static const uint8_t	 sha256_oid[] = { 0x60, 0x86, 0x48, 1, 0x65,
				    3, 4, 2, 1 };
	struct tsa_query	 q;
	struct tsa_spec		 spec;
	struct tst		 t;
	struct err		 e = ERR_INIT;
	struct buf		 b;
	int64_t			 time;
	int			 i;

	(void)state;
	for (i = 0; i < 8; i++) {
		q = query();
		q.hash = (i & 1) != 0 ? TSA_SHA256 : TSA_SM3;
		q.null_parameters = (i & 2) != 0;
		q.certificate = (i & 4) != 0;
		spec = spec_of(&q);
		buf_init(&b, LIMIT_TSA_TOKEN);
		assert_int_equal(tsa_issue(n.kr, &spec, &b, &time, &e), 0);
		assert_int_equal(tst_parse(buf_octets(&b), &t, &e), 0);
		assert_int_equal(t.imprint.len, TSA_IMPRINT_LEN);
		assert_memory_equal(t.imprint.p, q.imprint, TSA_IMPRINT_LEN);
		if ((i & 1) != 0) {
			assert_int_equal(t.imprint_alg.len,
			    sizeof(sha256_oid));
			assert_memory_equal(t.imprint_alg.p, sha256_oid,
			    sizeof(sha256_oid));
		}
		assert_false(t.has_nonce);
		assert_int_equal(t.cms.ncerts, q.certificate);
		assert_int_equal(tst_verify(&t, &e), q.certificate ? 0 :
		    ERR_NOTFOUND);
		buf_fini(&b);
	}
}

static void
serials_differ(void **state)
{
	struct tsa_query	q = query();
	struct tsa_spec		spec = spec_of(&q);
	struct tst		t;
	struct err		e = ERR_INIT;
	struct buf		b;
	uint8_t			seen[64][17];
	int64_t			time;
	size_t			i, k;

	(void)state;
	memset(seen, 0, sizeof(seen));
	for (i = 0; i < 64; i++) {
		buf_init(&b, LIMIT_TSA_TOKEN);
		assert_int_equal(tsa_issue(n.kr, &spec, &b, &time, &e), 0);
		assert_int_equal(tst_parse(buf_octets(&b), &t, &e), 0);
		assert_in_range(t.serial.len, 1, 17);
		assert_true((t.serial.p[0] & 0x80) == 0);
		memcpy(seen[i], t.serial.p, t.serial.len);
		for (k = 0; k < i; k++)
			assert_memory_not_equal(seen[i], seen[k], 17);
		buf_fini(&b);
	}
}

static void
refused(void **state)
{
	static const uint8_t	 other[] = { 0x2a, 3 };
	static const uint8_t	 padded[] = { 0, 1 };
	struct tsa_query	 q;
	struct tsa_spec		 s;
	struct err		 e;
	struct buf		 b;
	int64_t			 time;
	int			 i, rc;
	static const struct {
		const char	*id;
		int		 rc;
	} want[] = {
		{ "bad-time-request", ERR_INVAL },
		{ "bad-time-request", ERR_INVAL },
		{ "bad-time-request", ERR_INVAL },
		{ "bad-time-request", ERR_INVAL },
		{ "time-query-policy", ERR_INVAL },
		{ "clock-behind", ERR_BUSY },
	};

	(void)state;
	for (i = 0; i < (int)(sizeof(want) / sizeof(want[0])); i++) {
		q = query();
		s = spec_of(&q);
		switch (i) {
		case 0: q.hash = TSA_HASH_NONE; break;
		case 1: s.policy = OCTETS(NULL, 0); break;
		case 2: s.bound = 0; break;
		case 3: q.nonce = OCTETS(padded, 2); break;
		case 4: q.policy = OCTETS(other, 2); break;
		default: s.floor = tm_now() + 60; break;
		}
		e = (struct err)ERR_INIT;
		buf_init(&b, LIMIT_TSA_TOKEN);
		rc = tsa_issue(n.kr, &s, &b, &time, &e);
		if (rc != want[i].rc || strcmp(e.id, want[i].id) != 0)
			fail_msg("%d: %d [%s]", i, rc, e.id);
		assert_int_equal(b.len, 0);
		buf_fini(&b);
	}
}

/* Never back; within the bound the last moment is given again. */
static void
moments(void **state)
{
	struct err	e = ERR_INIT;
	int64_t		t, now = tm_now();

	(void)state;
	assert_int_equal(key_time(n.kr, now + 8, 10, &t, &e), 0);
	assert_int_equal(t, now + 8);
	assert_int_equal(key_time(n.kr, 0, 10, &t, &e), 0);
	assert_in_range(t, now + 8, now + 9);
	assert_int_equal(key_time(n.kr, 0, 1, &t, &e), ERR_BUSY);
	assert_string_equal(e.id, "clock-behind");
	/* What was refused was not remembered. */
	assert_int_equal(key_time(n.kr, now + 3600, 10, &t, &e), ERR_BUSY);
	assert_int_equal(key_time(n.kr, 0, 10, &t, &e), 0);
	assert_in_range(t, now + 8, now + 10);
}

static void
certificates(void **state)
{
	struct tsa_query	 q = query();
	struct tsa_spec		 spec = spec_of(&q);
	struct keyring		*kr = NULL;
	struct err		 e = ERR_INIT;
	struct buf		 b;
	int64_t			 time;

	(void)state;
	buf_init(&b, LIMIT_TSA_TOKEN);
	certify(T0, T0 + 60);		/* it has ended */
	assert_int_equal(tsa_issue(n.kr, &spec, &b, &time, &e), ERR_CRYPTO);
	assert_string_equal(e.id, "tsa-certificate");
	certify(tm_now() + 600, 0);	/* not yet */
	assert_int_equal(tsa_issue(n.kr, &spec, &b, &time, &e), ERR_CRYPTO);
	e = (struct err)ERR_INIT;
	/* The root's keyring has no such key. */
	assert_int_equal(tsa_issue(n.state, &spec, &b, &time, &e),
	    ERR_NOTFOUND);
	assert_string_equal(e.id, "no-tsa");
	/* A key without a certificate. */
	assert_int_equal(keyring_open(n.dir[1], &kr, &e), 0);
	assert_true(keyring_has(kr, KEY_TSA));
	assert_int_equal(tsa_issue(kr, &spec, &b, &time, &e), ERR_NOTFOUND);
	keyring_free(kr);
	certify(T0, T0 + 4 * YEAR);
	assert_int_equal(b.len, 0);
	buf_fini(&b);
}

/* The typed request, as the recorder sends it; it may have been taken over. */
static void
typed(void **state)
{
	SignTime		 m = SIGN_TIME__INIT;
	TimeQuery		 t = TIME_QUERY__INIT;
	struct tsa_query	 q = query();
	ProtobufCMessage	*reply = NULL;
	struct buf		 in, out;
	struct err		 e = ERR_INIT;
	struct tst		 tok;
	int			 i, rc;

	(void)state;
	for (i = 0; i < 6; i++) {
		t.hash = i == 1 ? 3 : TSA_SM3;
		t.imprint = (ProtobufCBinaryData){ .data = q.imprint,
		    .len = i == 2 ? 20 : TSA_IMPRINT_LEN };
		t.certificate = true;
		m.query = i == 3 ? NULL : &t;
		m.policy = (ProtobufCBinaryData){ .data =
		    (uint8_t *)(uintptr_t)policy, .len = sizeof(policy) };
		m.bound = i == 4 ? 0 : i == 5 ? LIMIT_TSA_BOUND + 1 : 10;
		buf_init(&in, 1024);
		buf_init(&out, LIMIT_TSA_REPLY);
		msg_put(&m.base, &in);
		e = (struct err)ERR_INIT;
		rc = sign_time(n.kr, buf_octets(&in), &out, &e);
		if (i == 0) {
			assert_int_equal(rc, 0);
			assert_int_equal(msg_unpack(&signed_time__descriptor,
			    buf_octets(&out), &reply, &e), 0);
			assert_int_equal(tst_check(
			    OCTETS(((SignedTime *)reply)->token.data,
			    ((SignedTime *)reply)->token.len), OCTETS(text,
			    sizeof(text) - 1), &tok, &e), 0);
			assert_int_equal(((SignedTime *)reply)->time,
			    tok.time);
			protobuf_c_message_free_unpacked(reply, NULL);
		} else if (rc != ERR_INVAL ||
		    strcmp(e.id, "bad-time-request") != 0 || out.len != 0)
			fail_msg("%d: %d [%s]", i, rc, e.id);
		buf_fini(&out);
		buf_fini(&in);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(reads_back),
		cmocka_unit_test(variants),
		cmocka_unit_test(serials_differ),
		cmocka_unit_test(refused),
		cmocka_unit_test(certificates),
		cmocka_unit_test(typed),
		cmocka_unit_test(moments),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
