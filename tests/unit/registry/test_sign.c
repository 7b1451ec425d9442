#include "tests/unit/ca/nation.h"

#include "base/msg.h"
#include "registry/sign.h"
#include "schema/msg.pb-c.h"

static char		 dir[64];
static struct keyring	*kr;

static int
setup(void **state)
{
	struct err	 e = ERR_INIT;

	(void)state;
	strcpy(dir, "/tmp/test_sign.XXXXXX");
	return mkdtemp(dir) != NULL && sm_init(&e) == 0 &&
	    keyring_create(dir, &kr, &e) == 0 &&
	    keyring_make(kr, KEY_CHECKPOINT, &e) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	keyring_free(kr);
	nation_remove(dir);
	return 0;
}

static int
ask(const char *origin, uint64_t size, uint8_t root, size_t rootlen,
    int64_t time, struct buf *reply, struct err *e)
{
	SignCheckpoint	 rq = SIGN_CHECKPOINT__INIT;
	uint8_t		 h[64], body[512];

	memset(h, root, sizeof(h));
	rq.origin = (char *)(uintptr_t)origin;
	rq.size = size;
	rq.root.data = h;
	rq.root.len = rootlen;
	rq.time = time;
	return sign_checkpoint_request(kr, OCTETS(body,
	    sign_checkpoint__pack(&rq, body)), reply, e);
}

/* A note that anybody who has the verifier key can open. */
static void
test_signed(void **state)
{
	ProtobufCMessage	*m;
	struct checkpoint	 cp;
	struct vkey		*vk;
	struct buf		 reply;
	struct err		 e = ERR_INIT;
	const char		*note;
	uint8_t			 point[SM2_POINT_LEN];
	int64_t			 t;

	(void)state;
	buf_init(&reply, 65536);
	assert_int_equal(ask("44.sealreg.example/log", 7, 9, 32, 1790000000,
	    &reply, &e), 0);
	assert_int_equal(msg_unpack(&signed_note__descriptor,
	    buf_octets(&reply), &m, &e), 0);
	note = ((SignedNote *)m)->note;
	assert_int_equal(keyring_point(kr, KEY_CHECKPOINT, point, &e), 0);
	assert_int_equal(vkey_new("44.sealreg.example/log", point, &vk, &e),
	    0);
	assert_int_equal(checkpoint_open(OCTETS(note, strlen(note)), vk, &cp,
	    &t, &e), 0);
	assert_int_equal(cp.size, 7);
	assert_int_equal(cp.root[31], 9);
	assert_int_equal(t, 1790000000);
	vkey_free(vk);
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&reply);
}

static void
test_refused(void **state)
{
	static const struct {
		const char	*origin;
		uint64_t	 size;
		uint8_t		 root;
		size_t		 rootlen;
		int64_t		 time;
		int		 rc;
		const char	*id;
	} t[] = {
		{ "a/log", 10, 1, 32, 1000, 0, "" },
		{ "a/log", 9, 1, 32, 1001, ERR_CONFLICT,
		    "checkpoint-conflict" },
		{ "a/log", 10, 2, 32, 1001, ERR_CONFLICT,
		    "checkpoint-conflict" },
		{ "a/log", 10, 1, 32, 999, ERR_CONFLICT,
		    "checkpoint-conflict" },
		{ "b/log", 11, 1, 32, 1001, ERR_CONFLICT,
		    "checkpoint-conflict" },
		{ "a/log", 0, 1, 32, 1001, ERR_INVAL, "invalid" },
		{ "a/log", 11, 1, 31, 1001, ERR_INVAL, "invalid" },
		{ "a/log", 11, 1, 33, 1001, ERR_INVAL, "invalid" },
		{ "a/log", 11, 1, 32, 0, ERR_INVAL, "invalid" },
		{ "", 11, 1, 32, 1001, ERR_INVAL, "invalid" },
		{ "a/log", 10, 1, 32, 1010, 0, "" },
		{ "a/log", 11, 3, 32, 1010, 0, "" },
	};
	struct buf	 reply;
	struct err	 e;
	size_t		 i;

	(void)state;
	buf_init(&reply, 65536);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		e = (struct err)ERR_INIT;
		buf_reset(&reply);
		assert_int_equal(ask(t[i].origin, t[i].size, t[i].root,
		    t[i].rootlen, t[i].time, &reply, &e), t[i].rc);
		assert_string_equal(e.id, strcmp(t[i].id, "invalid") == 0 ?
		    err_name(ERR_INVAL) : t[i].id);
		assert_int_equal(reply.len > 0, t[i].rc == 0);
	}
	e = (struct err)ERR_INIT;
	assert_int_equal(sign_checkpoint_request(kr, OCTETS("\xff", 1),
	    &reply, &e), ERR_FORMAT);
	buf_fini(&reply);
}

/* Checkpoints go first, what nobody of the office waits for last, and only the
 * recorder asks. */
static void
test_table(void **state)
{
	const struct sign_type	*t;
	size_t			 n = 0;

	(void)state;
	for (t = registry_sign_types; t->request != 0; t++, n++) {
		assert_string_equal(t->peer, "recorder");
		assert_int_equal(t->rank,
		    t->request == MSG_TYPE__MSG_SIGN_CHECKPOINT ? 0 :
		    t->request == MSG_TYPE__MSG_SIGN_TIME ||
		    t->request == MSG_TYPE__MSG_MAKE_KEYS ||
		    t->request == MSG_TYPE__MSG_SIGN_OCSP ? 2 : 1);
		assert_non_null(t->handle);
	}
	assert_int_equal(n, 8);
}

#define CASE(F)	cmocka_unit_test_setup_teardown(F, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		CASE(test_signed),
		CASE(test_refused),
		CASE(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
