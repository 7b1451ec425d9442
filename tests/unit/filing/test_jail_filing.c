#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "filing/font.h"
#include "filing/jail_filing.h"
#include "filing/seal_reading.h"
#include "schema/msg.pb-c.h"

/* The handlers, called here: the jail around them is base's, and its test. */

static int
run(uint16_t type, struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	const struct jail_handler	*h;

	buf_init(out, 1u << 21);
	for (h = filing_jail_handlers; h->type != 0; h++)
		if (h->type == type)
			return h->run(in, large, out, e);
	return ERR_NOTFOUND;
}

static int
run_message(uint16_t type, const ProtobufCMessage *m, struct buf *out,
    struct err *e)
{
	uint8_t	*p = xmalloc(protobuf_c_message_get_packed_size(m) + 1);
	size_t	 n = protobuf_c_message_pack(m, p);
	int	 rc = run(type, OCTETS(p, n), OCTETS(NULL, 0), out, e);

	free(p);
	return rc;
}

static void
draws(void **state)
{
	DrawSeal	 q = DRAW_SEAL__INIT;
	char		 name[] = "广州示例科技有限公司", text[] = "合同专用章";
	Picture		*m;
	struct buf	 out;
	struct err	 e = ERR_INIT;

	(void)state;
	q.seal_type = 4;
	q.name = name;
	q.horizontal_text = text;
	assert_int_equal(run_message(MSG_TYPE__MSG_DRAW_SEAL, &q.base, &out,
	    &e), 0);
	m = picture__unpack(NULL, out.len, out.p);
	assert_non_null(m);
	assert_string_equal(m->type, "PNG");
	assert_int_equal(m->width_mm, 40);
	assert_int_equal(m->height_mm, 40);
	assert_memory_equal(m->data.data, "\x89PNG", 4);
	picture__free_unpacked(m, NULL);
	buf_fini(&out);
}

static void
draw_refuses(void **state)
{
	DrawSeal	q = DRAW_SEAL__INIT;
	char		name[] = "广州\U0002ffff公司";
	struct buf	out;
	struct err	e = ERR_INIT;

	(void)state;
	q.seal_type = 1;
	q.name = name;
	assert_int_equal(run_message(MSG_TYPE__MSG_DRAW_SEAL, &q.base, &out,
	    &e), ERR_INVAL);
	assert_string_equal(e.id, "no-glyph");
	assert_int_equal(out.len, 0);
	buf_fini(&out);
}

/* RFC 7914's parameters are not ours: known answer made with Python's
 * hashlib.scrypt(b"secret", salt=bytes(16), n=16384, r=8, p=1, dklen=32). */
static const char known[] =
    "68b26bdf5ddae12e2d28cfac91448fc2619c9d177df28454d429c23efe93e3f4";

static void
hashes(void **state)
{
	HashPassword	 q = HASH_PASSWORD__INIT;
	char		 secret[] = "secret", other[] = "Secret";
	uint8_t		 salt[16] = { 0 }, want[32];
	PasswordHash	*m;
	struct buf	 out;
	struct err	 e = ERR_INIT;

	(void)state;
	assert_true(hex_decode(known, 64, want, 32));
	q.password = secret;
	q.salt.data = salt;
	q.salt.len = sizeof(salt);
	assert_int_equal(run_message(MSG_TYPE__MSG_HASH_PASSWORD, &q.base,
	    &out, &e), 0);
	m = password_hash__unpack(NULL, out.len, out.p);
	assert_int_equal(m->hash.len, 32);
	assert_memory_equal(m->hash.data, want, 32);
	assert_false(m->match);
	password_hash__free_unpacked(m, NULL);
	buf_fini(&out);

	/* Comparing tells whether it matches, and not the hash. */
	q.expected.data = want;
	q.expected.len = 32;
	assert_int_equal(run_message(MSG_TYPE__MSG_HASH_PASSWORD, &q.base,
	    &out, &e), 0);
	m = password_hash__unpack(NULL, out.len, out.p);
	assert_true(m->match);
	assert_int_equal(m->hash.len, 0);
	password_hash__free_unpacked(m, NULL);
	buf_fini(&out);

	q.password = other;
	assert_int_equal(run_message(MSG_TYPE__MSG_HASH_PASSWORD, &q.base,
	    &out, &e), 0);
	m = password_hash__unpack(NULL, out.len, out.p);
	assert_false(m->match);
	password_hash__free_unpacked(m, NULL);
	buf_fini(&out);

	q.salt.len = 0;
	assert_int_equal(run_message(MSG_TYPE__MSG_HASH_PASSWORD, &q.base,
	    &out, &e), ERR_INVAL);
	buf_fini(&out);
}

static SealReading *
read_seal(const char *file, struct err *e)
{
	SealReading	*m = NULL;
	uint8_t		*p = NULL;
	size_t		 n = 0;

	assert_int_equal(file_read(file, 1 << 20, &p, &n, NULL), 0);
	if (seal_reading_new(OCTETS(p, n), true, &m, e) != 0)
		assert_null(m);
	free(p);
	return m;
}

#define SEEDS	"tests/corpus/seal/"

static void
reads_seals(void **state)
{
	static const struct {
		const char	*file, *generation, *signature;
		size_t		 ndeviations;
	} t[] = {
		{ SEEDS "v4-made-here", "V4", "passed", 0 },
		{ SEEDS "v4-doctored-picture", "V4", "failed", 0 },
		{ SEEDS "v4-false-written-out", "V4", "failed", 1 },
		{ SEEDS "v5-raw-signature-and-timestamp", "V5", "passed", 2 },
		{ SEEDS "v1-wrapped", "V1", "unknown", 1 },
	};
	SealReading	*m;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err	e = ERR_INIT;

		m = read_seal(t[i].file, &e);
		assert_non_null(m);
		assert_string_equal(m->generation, t[i].generation);
		/* What stands in the V5 seal is no token. */
		assert_int_equal(m->n_checks, i == 3 ? 3 : 2);
		if (i == 3) {
			assert_string_equal(m->checks[2]->rule, "time_stamp");
			assert_string_equal(m->checks[2]->result, "failed");
			assert_int_equal(m->time_stamp_at, 0);
		}
		assert_string_equal(m->checks[0]->rule, "format");
		assert_string_equal(m->checks[0]->result, "passed");
		assert_string_equal(m->checks[1]->rule, "seal_signature");
		assert_string_equal(m->checks[1]->result, t[i].signature);
		assert_int_equal(m->n_deviations, t[i].ndeviations);
		assert_int_equal(m->n_certificates, 1);
		assert_int_equal(m->digest.len, 32);
		assert_true(strlen(m->text) > 100);
		seal_reading__free_unpacked(m, NULL);
	}
}

static void
refuses_seals(void **state)
{
	static const char *const	bad[] = {
		SEEDS "bad-cut", SEEDS "bad-length",
		SEEDS "bad-trailing-octet", "Makefile"
	};
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err	e = ERR_INIT;

		assert_null(read_seal(bad[i], &e));
		assert_int_equal(e.code, ERR_FORMAT);
		assert_string_equal(e.id, "bad-seal");
	}
}

static void
refuses_requests(void **state)
{
	struct octets	none = { NULL, 0 };
	struct buf	out;
	struct err	e = ERR_INIT;

	(void)state;
	assert_int_equal(run(MSG_TYPE__MSG_READ_CSR, none,
	    OCTETS("\x30\x03\x02\x01\x00", 5), &out, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-csr");
	buf_fini(&out);
}

static int
setup(void **state)
{
	(void)state;
	return filing_jail_warm(NULL);
}

static int
teardown(void **state)
{
	(void)state;
	font_cool();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(draws),
		cmocka_unit_test(draw_refuses),
		cmocka_unit_test(hashes),
		cmocka_unit_test(reads_seals),
		cmocka_unit_test(refuses_seals),
		cmocka_unit_test(refuses_requests),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
