#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "ca/tst.h"
#include "filing/maker.h"
#include "filing/seal.h"
#include "schema/msg.pb-c.h"

#define CODE	"44010600000001"

/* Seals of GM/T 0031-2025 as the key process makes them. */
static char		 dir[] = "/tmp/maker-test-XXXXXX";
static struct keyring	*ring;
static struct cert	*ca;
static struct buf	 signer_cert;
static int64_t		 now;
static uint8_t		 policy[] = { 0x88, 0x37, 0x98, 0x59, 0x01 };
static uint8_t		 png[16] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a,
			    '\n', 1, 2, 3 };

static void
issue(enum cert_profile profile, const char *cn, enum key_slot slot,
    int64_t from, struct buf *out)
{
	struct err		e = ERR_INIT;
	uint8_t			point[SM2_POINT_LEN];
	struct cert_spec	spec = {
		.profile = profile,
		.subject = { .organisation = "示例", .common_name = cn },
		.not_before = from, .not_after = now + 1000, .point = point
	};

	assert_int_equal(keyring_point(ring, slot, point, &e), 0);
	buf_init(out, LIMIT_CERT);
	if (cert_issue(&spec, profile == CERT_ROOT ? NULL : ca, ring,
	    KEY_AUTHORITY, out, &e) != 0)
		fail_msg("%s", e.text);
}

/* The certificate of a slot, valid from a moment on. */
static void
certify(enum cert_profile profile, enum key_slot slot, int64_t from)
{
	struct buf	der;
	struct err	e = ERR_INIT;

	issue(profile, key_slot_name(slot), slot, from, &der);
	if (profile == CERT_ROOT)
		assert_int_equal(cert_parse(buf_octets(&der), &ca, &e), 0);
	assert_int_equal(keyring_set_certificate(ring, slot,
	    buf_octets(&der), &e), 0);
	buf_fini(&der);
}

static int
setup(void **state)
{
	static const enum key_slot	slots[] = { KEY_AUTHORITY, KEY_MAKER,
	    KEY_TSA };
	size_t				i;

	(void)state;
	now = tm_now();
	assert_int_equal(sm_init(NULL), 0);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(keyring_create(dir, &ring, NULL), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(keyring_make(ring, slots[i], NULL), 0);
	certify(CERT_ROOT, KEY_AUTHORITY, now - 1000);
	certify(CERT_MAKER, KEY_MAKER, now - 1000);
	certify(CERT_TSA, KEY_TSA, now - 1000);
	issue(CERT_SIGNER, CODE, KEY_MAKER, now - 1000, &signer_cert);
	return 0;
}

static int
teardown(void **state)
{
	char	cmd[64];

	(void)state;
	keyring_free(ring);
	cert_free(ca);
	buf_fini(&signer_cert);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static SignSeal
request(SignTime *stamp)
{
	SignSeal	q = SIGN_SEAL__INIT;
	static char	code[] = CODE, name[] = "广州示例科技有限公司",
			type[] = "PNG";

	sign_time__init(stamp);
	stamp->policy.data = policy;
	stamp->policy.len = sizeof(policy);
	stamp->bound = 10;
	q.seal_code = code;
	q.seal_name = name;
	q.seal_type = 1;
	q.certificate.data = signer_cert.p;
	q.certificate.len = signer_cert.len;
	q.created = q.valid_from = now - 1;
	q.valid_until = now + 1000;
	q.picture_type = type;
	q.picture.data = png;
	q.picture.len = sizeof(png);
	q.width_mm = q.height_mm = 40;
	q.generation = 5;
	q.stamp = stamp;
	return q;
}

static int
ask(const SignSeal *q, struct buf *out, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	struct buf		 in, reply;
	int			 rc;

	*e = (struct err)ERR_INIT;
	buf_init(&in, LIMIT_SEAL);
	buf_init(&reply, LIMIT_SEAL);
	msg_put(&q->base, &in);
	if ((rc = sign_seal(ring, buf_octets(&in), &reply, e)) == 0) {
		assert_int_equal(msg_unpack(&signed_seal__descriptor,
		    buf_octets(&reply), &m, e), 0);
		buf_put(out, ((SignedSeal *)m)->seal.data,
		    ((SignedSeal *)m)->seal.len);
		protobuf_c_message_free_unpacked(m, NULL);
	}
	buf_fini(&reply);
	buf_fini(&in);
	return rc;
}

static void
made(void **state)
{
	SignTime	stamp;
	SignSeal	q = request(&stamp);
	struct seal	s;
	struct tst	t;
	struct err	e = ERR_INIT;
	struct buf	out, again;

	(void)state;
	buf_init(&out, LIMIT_SEAL);
	buf_init(&again, LIMIT_SEAL);
	if (ask(&q, &out, &e) != 0)
		fail_msg("[%s] %s", e.id, e.text);
	assert_int_equal(seal_parse(buf_octets(&out), &s, &e), 0);
	assert_int_equal(s.generation, SEAL_V5);
	assert_int_equal(s.version, 5);
	assert_int_equal(s.deviations, 0);
	assert_int_equal(seal_verify(&s, &e), 0);
	assert_int_equal(seal_lint(&s, &e), 0);
	assert_int_equal(tst_check(s.timestamp, s.signature, &t, &e), 0);
	assert_in_range(t.time, s.created, tm_now());
	seal_reencode(&s, &again);
	assert_int_equal(again.len, out.len);
	assert_memory_equal(again.p, out.p, out.len);
	buf_fini(&again);
	buf_fini(&out);
}

/* The same request without them: not an octet of V5 in it. */
static void
still_v4(void **state)
{
	SignTime	stamp;
	SignSeal	q = request(&stamp);
	struct seal	s;
	struct err	e;
	struct buf	out;

	(void)state;
	q.generation = 0;
	q.stamp = NULL;
	buf_init(&out, LIMIT_SEAL);
	assert_int_equal(ask(&q, &out, &e), 0);
	assert_int_equal(seal_parse(buf_octets(&out), &s, &e), 0);
	assert_int_equal(s.generation, SEAL_V4);
	assert_int_equal(s.version, 4);
	assert_int_equal(s.timestamp.len, 0);
	assert_int_equal(seal_lint(&s, &e), 0);
	buf_fini(&out);
}

static void
refused(void **state)
{
	static const struct {
		const char	*id;
		int		 rc;
	} want[] = {
		{ "bad-seal-request", ERR_INVAL },	/* no stamp */
		{ "bad-seal-request", ERR_INVAL },	/* a stamp on V4 */
		{ "bad-seal-request", ERR_INVAL },	/* V6 */
		{ "bad-seal-request", ERR_INVAL },	/* any clock will do */
		{ "bad-time-request", ERR_INVAL },	/* no bound */
		{ "bad-time-request", ERR_INVAL },	/* no policy */
		{ "clock-behind", ERR_BUSY },	/* made in the future */
		{ "clock-behind", ERR_BUSY },	/* floor in the future */
	};
	SignTime	stamp;
	SignSeal	q;
	struct err	e;
	struct buf	out;
	size_t		i;
	int		rc;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		q = request(&stamp);
		switch (i) {
		case 0: q.stamp = NULL; break;
		case 1: q.generation = 0; break;
		case 2: q.generation = 6; break;
		case 3: stamp.bound = 1000000; break;
		case 4: stamp.bound = 0; break;
		case 5: stamp.policy.len = 0; break;
		case 6: q.created = q.valid_from = now + 600; break;
		default: stamp.floor = now + 600; break;
		}
		buf_init(&out, LIMIT_SEAL);
		rc = ask(&q, &out, &e);
		if (rc != want[i].rc || strcmp(e.id, want[i].id) != 0 ||
		    out.len != 0)
			fail_msg("%zu: %d [%s]", i, rc, e.id);
		buf_fini(&out);
	}
}

/* The maker's certificate comes first, and the authority's must be there. */
static void
certificates(void **state)
{
	SignTime	stamp;
	SignSeal	q = request(&stamp);
	struct err	e;
	struct buf	out;

	(void)state;
	buf_init(&out, LIMIT_SEAL);
	certify(CERT_MAKER, KEY_MAKER, now + 500);	/* not yet */
	assert_int_equal(ask(&q, &out, &e), ERR_CRYPTO);
	assert_string_equal(e.id, "maker-certificate");
	certify(CERT_MAKER, KEY_MAKER, now - 1000);
	certify(CERT_TSA, KEY_TSA, now + 500);
	assert_int_equal(ask(&q, &out, &e), ERR_CRYPTO);
	assert_string_equal(e.id, "tsa-certificate");
	certify(CERT_TSA, KEY_TSA, now - 1000);
	assert_int_equal(ask(&q, &out, &e), 0);
	buf_fini(&out);
}

/* What the recorder lints: each fault that a taken-over key process could
 * put into the time-stamp. */
static void
lint(void **state)
{
	SignTime	stamp;
	SignSeal	q = request(&stamp);
	struct seal	s, other;
	struct err	e;
	struct buf	out, second;

	(void)state;
	buf_init(&out, LIMIT_SEAL);
	buf_init(&second, LIMIT_SEAL);
	assert_int_equal(ask(&q, &out, &e), 0);
	q.seal_type = 2;
	assert_int_equal(ask(&q, &second, &e), 0);
	assert_int_equal(seal_parse(buf_octets(&second), &other, &e), 0);

	assert_int_equal(seal_parse(buf_octets(&out), &s, &e), 0);
	s.timestamp = other.timestamp;		/* another seal's */
	assert_int_equal(seal_lint(&s, &e), ERR_VERIFY);
	assert_string_equal(e.id, "bad-own-seal");
	assert_int_equal(seal_parse(buf_octets(&out), &s, &e), 0);
	s.timestamp.len--;			/* cut */
	assert_int_equal(seal_lint(&s, &e), ERR_VERIFY);
	assert_int_equal(seal_parse(buf_octets(&out), &s, &e), 0);
	s.timestamp.len = 0;			/* none */
	assert_int_equal(seal_lint(&s, &e), ERR_VERIFY);
	assert_int_equal(seal_parse(buf_octets(&out), &s, &e), 0);
	s.created = s.valid_start = tm_now() + 60;	/* made afterwards */
	assert_int_equal(seal_lint(&s, &e), ERR_VERIFY);
	buf_fini(&second);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(made),
		cmocka_unit_test(still_v4),
		cmocka_unit_test(refused),
		cmocka_unit_test(certificates),
		cmocka_unit_test(lint),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
