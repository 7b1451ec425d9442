#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/mem.h"
#include "base/text.h"
#include "filing/record.h"

#define VECTORS	"tests/vectors/entry.json"

static uint8_t	digest[SM3_LEN] = { 1 }, salt[RECORD_SALT_LEN] = { 2 };

/* A record as the registry makes it; tests spoil one thing each. */
static struct record
sample(void)
{
	return (struct record){
		.seal_code = "44010600000001", .seal_type = SEAL_FINANCE,
		.seal_name = "广州示例科技有限公司财务专用章",
		.owner_name = "广州示例科技有限公司",
		.owner_id = "91440101MA5AKH6A1U",
		.status = STATUS_ACTIVE, .status_effective_at = 1000,
		.recorded_at = 1000, .valid_from = 1000, .valid_until = 9000,
		.seal_digest = OCTETS(digest, SM3_LEN),
		.certificate_digest = { OCTETS(digest, SM3_LEN) },
		.ncertificates = 1,
		.picture_digest = OCTETS(digest, SM3_LEN),
		.filing_office = "440000", .maker_id = "440000000001",
		.carrier = 2, .version = 1,
		.salt = OCTETS(salt, RECORD_SALT_LEN),
	};
}

/* Hex of a JSON string as octets; caller frees with free(). */
static struct octets
unhex(const json_t *s)
{
	size_t	 n = json_string_length(s) / 2;
	uint8_t	*p = xmalloc(n + 1);

	assert_true(hex_decode(json_string_value(s), 2 * n, p, n));
	return OCTETS(p, n);
}

static json_t *
vectors(void)
{
	json_error_t	 je;
	json_t		*root;

	root = json_load_file(VECTORS, JSON_REJECT_DUPLICATES, &je);
	assert_non_null(root);
	return root;
}

/* Good seal entries: read, linted, and written back octet for octet. */
static void
good_vectors(void **state)
{
	json_t			*root = vectors(), *s;
	const char		*name;
	struct record_box	*box;
	struct event		 ev, ev2;
	struct buf		 b, r;
	struct octets		 in;
	int			 seen = 0;

	(void)state;
	json_object_foreach(json_object_get(root, "good"), name, s) {
		struct err	e = ERR_INIT;

		if (strstr(name, "epoch") != NULL)
			continue;
		seen++;
		in = unhex(s);
		assert_int_equal(event_read(in, &ev, &box, &e), 0);
		assert_int_equal(record_lint(&ev.record, &e), 0);
		assert_string_equal(ev.record.seal_code, "44010600000001");
		buf_init(&b, 65535);
		buf_init(&r, 65535);
		event_encode(&ev, &b);
		record_encode(&ev.record, &r);
		assert_true(buf_ok(&b) && buf_ok(&r));
		assert_int_equal(b.len, in.len);
		assert_memory_equal(b.p, in.p, in.len);
		assert_int_equal(r.len, ev.record_octets.len);
		assert_memory_equal(r.p, ev.record_octets.p, r.len);
		ev2 = ev;
		assert_int_equal(ev2.has_previous,
		    strstr(name, "previous") != NULL);
		buf_fini(&b);
		buf_fini(&r);
		record_box_free(box);
		free((void *)in.p);
	}
	assert_int_equal(seen, 2);
	json_decref(root);
}

/* The second good event follows the first. */
static void
vectors_follow(void **state)
{
	json_t			*root = vectors();
	json_t			*good = json_object_get(root, "good");
	struct octets		 a, b;
	struct event		 ea, eb;
	struct record_box	*ba, *bb;

	(void)state;
	a = unhex(json_object_get(good, "a seal filed"));
	b = unhex(json_object_get(good, "the seal suspended, previous = 1"));
	assert_int_equal(event_read(a, &ea, &ba, NULL), 0);
	assert_int_equal(event_read(b, &eb, &bb, NULL), 0);
	assert_int_equal(event_check(&ea, NULL, NULL), 0);
	assert_int_equal(event_check(&eb, &ea.record, NULL), 0);
	assert_int_equal(event_check(&ea, &ea.record, NULL), ERR_VERIFY);
	assert_int_equal(event_check(&eb, NULL, NULL), ERR_VERIFY);
	record_box_free(ba);
	record_box_free(bb);
	free((void *)a.p);
	free((void *)b.p);
	json_decref(root);
}

static void
refused(const json_t *list)
{
	struct record_box	*box;
	struct event		 ev;
	struct octets		 in;
	const char		*name;
	json_t			*s;

	json_object_foreach((json_t *)list, name, s) {
		struct err	e = ERR_INIT;

		in = unhex(s);
		assert_int_equal(event_read(in, &ev, &box, &e), ERR_FORMAT);
		assert_string_equal(e.id, "bad-entry");
		assert_null(box);
		free((void *)in.p);
	}
}

static void
bad_vectors(void **state)
{
	json_t	*root = vectors();

	(void)state;
	assert_true(json_object_size(json_object_get(root, "bad")) > 5);
	refused(json_object_get(root, "bad"));
	refused(json_object_get(root, "opaque"));
	json_decref(root);
}

/* Every field, there and back. */
static void
all_fields(void **state)
{
	struct record		 r = sample(), back;
	struct record_box	*box;
	struct buf		 b, b2;

	(void)state;
	r.owner_commitment = OCTETS(digest, SM3_LEN);
	r.status_reason = 7;
	r.status_effective_at = -5;	/* ten octets of varint */
	r.certificate_digest[1] = r.certificate_digest[0];
	r.ncertificates = 2;
	r.replaces = "44010600000002";
	r.replaced_by = "44010600000003";
	r.paired_code = "44010600000004";
	r.seal_name_other = "Guangzhou Example";
	r.version = UINT32_MAX;
	buf_init(&b, 65535);
	buf_init(&b2, 65535);
	record_encode(&r, &b);
	assert_int_equal(record_read(buf_octets(&b), &back, &box, NULL), 0);
	record_encode(&back, &b2);
	assert_int_equal(b.len, b2.len);
	assert_memory_equal(b.p, b2.p, b.len);
	assert_string_equal(back.seal_name_other, r.seal_name_other);
	assert_int_equal(back.status_effective_at, -5);
	assert_int_equal(back.ncertificates, 2);
	record_box_free(box);
	buf_fini(&b);
	buf_fini(&b2);
}

/* No prefix and no octet added reads as a record that says the same. */
static void
truncated(void **state)
{
	struct record		 r = sample(), back;
	struct record_box	*box;
	struct event		 ev = { .kind = EVENT_FILED }, got;
	struct buf		 b;
	size_t			 n;

	(void)state;
	ev.record = r;
	buf_init(&b, 65535);
	event_encode(&ev, &b);
	for (n = 0; n < b.len; n++) {
		uint8_t	*p = xmemdup(b.p, n);

		assert_int_equal(event_read(OCTETS(p, n), &got, &box, NULL),
		    ERR_FORMAT);
		free(p);
	}
	buf_put_u8(&b, 0);
	assert_int_equal(event_read(buf_octets(&b), &got, &box, NULL),
	    ERR_FORMAT);
	assert_int_equal(record_read(OCTETS("\x0a\x02\x34\x00", 4), &back,
	    &box, NULL), ERR_FORMAT);
	buf_fini(&b);
}

typedef void spoil_fn(struct record *r);

static void s_code(struct record *r) { r->seal_code = "123"; }
static void s_type(struct record *r) { r->seal_type = 15; }
static void s_status(struct record *r) { r->status = 0; }
static void s_status9(struct record *r) { r->status = 9; }
static void s_carrier(struct record *r) { r->carrier = 0; }
static void s_carrier4(struct record *r) { r->carrier = 4; }
static void s_version(struct record *r) { r->version = 0; }
static void s_digest(struct record *r) { r->seal_digest.len = 0; }
static void s_picture(struct record *r) { r->picture_digest.len = 0; }
static void s_certs(struct record *r) { r->ncertificates = 0; }
static void s_physical(struct record *r) { r->carrier = 1; }
static void s_owner(struct record *r) { r->owner_name = ""; }
static void s_name(struct record *r) { r->seal_name = ""; }
static void s_bidi(struct record *r) { r->owner_name = "\u202e甲"; }
static void s_person(struct record *r) { r->seal_type = 5; }
static void s_personal(struct record *r)
{
	r->seal_type = 0;
	r->seal_name = "";
	r->owner_commitment = OCTETS(digest, SM3_LEN);
}
static void s_commit(struct record *r)
{
	r->owner_commitment = OCTETS(digest, SM3_LEN);
}
static void s_dates(struct record *r) { r->valid_until = r->valid_from; }
static void s_time(struct record *r) { r->recorded_at = 0; }
static void s_salt(struct record *r) { r->salt.len = 0; }
static void s_self(struct record *r) { r->replaces = r->seal_code; }
static void s_link(struct record *r) { r->replaced_by = "x"; }

static void
lint(void **state)
{
	static spoil_fn *const	spoil[] = {
		s_code, s_type, s_status, s_status9, s_carrier, s_carrier4,
		s_version, s_digest, s_picture, s_certs, s_physical, s_owner,
		s_name, s_bidi, s_person, s_personal, s_commit, s_dates,
		s_time, s_salt, s_self, s_link,
	};
	struct record	r = sample();
	size_t		i;

	(void)state;
	assert_int_equal(record_lint(&r, NULL), 0);
	r.valid_until = 0;		/* no end is legal */
	assert_int_equal(record_lint(&r, NULL), 0);
	for (i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		struct err	e = ERR_INIT;

		r = sample();
		spoil[i](&r);
		assert_int_equal(record_lint(&r, &e), ERR_VERIFY);
		assert_string_equal(e.id, "bad-record");
	}
}

static void
lint_person(void **state)
{
	struct record	r = sample();

	(void)state;
	r.seal_type = SEAL_LEGAL_REP;
	r.seal_name = NULL;
	r.owner_commitment = OCTETS(digest, SM3_LEN);
	assert_int_equal(record_lint(&r, NULL), 0);
	r.seal_type = SEAL_PERSONAL;
	r.owner_name = r.owner_id = NULL;
	assert_int_equal(record_lint(&r, NULL), 0);
}

/* What an event changes, and whether it may. */
static const struct {
	const char	*what;
	uint32_t	 kind, status;
	void		(*change)(struct record *r);
	int		 rc;
} steps[] = {
	{ "suspended", EVENT_SUSPENDED, STATUS_SUSPENDED, NULL, 0 },
	{ "wrong status", EVENT_SUSPENDED, STATUS_ACTIVE, NULL, ERR_VERIFY },
	{ "illegal step", EVENT_RESUMED, STATUS_ACTIVE, NULL, ERR_VERIFY },
	{ "filed twice", EVENT_FILED, STATUS_ACTIVE, NULL, ERR_VERIFY },
	{ "suspended, and renamed", EVENT_SUSPENDED, STATUS_SUSPENDED, s_name,
	    ERR_VERIFY },
	{ "suspended, another digest", EVENT_SUSPENDED, STATUS_SUSPENDED,
	    s_digest, ERR_VERIFY },
	{ "suspended, another type", EVENT_SUSPENDED, STATUS_SUSPENDED, s_type,
	    ERR_VERIFY },
	{ "suspended, another code", EVENT_SUSPENDED, STATUS_SUSPENDED, s_code,
	    ERR_VERIFY },
	{ "amended name", EVENT_AMENDED, STATUS_ACTIVE, s_name, 0 },
	{ "amended digest", EVENT_AMENDED, STATUS_ACTIVE, s_digest,
	    ERR_VERIFY },
	{ "renewed without version", EVENT_RENEWED, STATUS_ACTIVE, s_digest,
	    ERR_VERIFY },
	{ "replaced by nothing", EVENT_REPLACED, STATUS_CANCELLED, NULL,
	    ERR_VERIFY },
	{ "replaced", EVENT_REPLACED, STATUS_CANCELLED, s_link, 0 },
	{ "cancelled, replaced", EVENT_CANCELLED, STATUS_CANCELLED, s_link,
	    ERR_VERIFY },
	{ "suspended, time runs back", EVENT_SUSPENDED, STATUS_SUSPENDED,
	    s_time, ERR_VERIFY },
};

static void
transitions(void **state)
{
	struct record	before = sample();
	struct event	ev;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct err	e = ERR_INIT;
		int		rc;

		ev = (struct event){ .record = before, .kind = steps[i].kind,
		    .has_previous = true, .previous = 1 };
		ev.record.status = steps[i].status;
		if (steps[i].change != NULL)
			steps[i].change(&ev.record);
		rc = event_check(&ev, &before, &e);
		if (rc != steps[i].rc)
			fail_msg("%s: %d (%s)", steps[i].what, rc, e.text);
		if (rc != 0)
			assert_string_equal(e.id, "illegal-transition");
	}
}

static void
renewal(void **state)
{
	struct record	before = sample();
	struct event	ev = { .record = before, .kind = EVENT_RENEWED,
			    .has_previous = true };

	(void)state;
	ev.record.version = 2;
	ev.record.valid_until = 20000;
	ev.record.recorded_at = 2000;
	assert_int_equal(event_check(&ev, &before, NULL), 0);
	ev.record.version = 3;
	assert_int_equal(event_check(&ev, &before, NULL), ERR_VERIFY);
	ev.record.version = 2;
	ev.record.status_reason = 1;
	assert_int_equal(event_check(&ev, &before, NULL), ERR_VERIFY);
	ev.record.status_reason = 0;
	ev.record.valid_from = 1;
	assert_int_equal(event_check(&ev, &before, NULL), ERR_VERIFY);
}

static void
first_event(void **state)
{
	struct event	ev = { .record = sample(), .kind = EVENT_FILED };

	(void)state;
	assert_int_equal(event_check(&ev, NULL, NULL), 0);
	ev.has_previous = true;
	assert_int_equal(event_check(&ev, NULL, NULL), ERR_VERIFY);
	ev.has_previous = false;
	ev.record.version = 2;
	assert_int_equal(event_check(&ev, NULL, NULL), ERR_VERIFY);
	ev.kind = EVENT_IMPORTED;
	ev.record.status = STATUS_LOST;
	assert_int_equal(event_check(&ev, NULL, NULL), 0);
	ev.kind = EVENT_SUSPENDED;
	assert_int_equal(event_check(&ev, NULL, NULL), ERR_VERIFY);
}

/* Two fields do not run together, and the salt matters. */
static void
commitment(void **state)
{
	static const char *const	ab[] = { "ab", "c" };
	static const char *const	bc[] = { "a", "bc" };
	uint8_t				s[32] = { 0 };
	uint8_t				h[3][SM3_LEN], want[SM3_LEN];
	uint8_t				msg[32 + 4 + 3] = { 0 };

	(void)state;
	person_commit(s, ab, 2, h[0]);
	person_commit(s, bc, 2, h[1]);
	memcpy(msg + 32, "\0\2ab\0\1c", 7);
	sm3(msg, sizeof(msg), want);
	assert_memory_equal(h[0], want, SM3_LEN);
	assert_memory_not_equal(h[0], h[1], SM3_LEN);
	s[0] = 1;
	person_commit(s, ab, 2, h[2]);
	assert_memory_not_equal(h[0], h[2], SM3_LEN);
}

static int
setup(void **state)
{
	(void)state;
	return sm_init(NULL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(good_vectors),
		cmocka_unit_test(vectors_follow),
		cmocka_unit_test(bad_vectors),
		cmocka_unit_test(all_fields),
		cmocka_unit_test(truncated),
		cmocka_unit_test(lint),
		cmocka_unit_test(lint_person),
		cmocka_unit_test(transitions),
		cmocka_unit_test(renewal),
		cmocka_unit_test(first_event),
		cmocka_unit_test(commitment),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
