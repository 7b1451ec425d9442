#include "batch_world.h"

#include "filing/seal.h"
#include "registry/office/office_made.h"
#include "registry/office/office_renewal.h"

/*
 * Renewals without processes: what is refused, by name; what a renewal makes
 * of log, certificates and cases; what ends one.
 */

static uint8_t	own_key[SM2_POINT_LEN];

static int
setup_renewal(void **state)
{
	(void)setup(state);
	w.cf.seal_valid_days = 365;
	/* Any point on the curve is somebody's key. */
	must(keyring_point(w.kr, KEY_CHECKPOINT, own_key, ep));
	return 0;
}

#define good(CALL)	do {						\
	if ((CALL) != 0)						\
		fail_msg("%s: [%s] %s", #CALL, last.id, last.text);	\
} while (0)

/* ---- operations, in sessions that last as long as the test */

static int64_t
account_of(char who)
{
	return who == 'a' ? w.applicant : who == 'c' ? w.clerk :
	    who == 'r' ? w.reviewer : w.both;
}

struct step {
	char			 who;
	struct application	 a;
	struct renewal_ask	 ask;
	struct seal_event	 event;
	const char		*decision;
	int64_t			 id;
	struct office_file	*f;
};

static int
submit_op(void *arg, struct err *e)
{
	static const struct case_picture pic = {
		.type = "PNG", .width_mm = 40, .height_mm = 40,
		.data = { (const uint8_t *)"\x89PNG\r\n\x1a\n-", 9 }
	};
	struct step	*s = arg;
	struct session	 who = { .account = account_of(s->who) };

	return case_submit(&w.of, &who, &s->a, s->ask.public_key, &pic,
	    &s->id, e);
}

static int
renew_op(void *arg, struct err *e)
{
	struct step	*s = arg;
	struct session	 who = { .account = account_of(s->who) };

	return renewal_submit(&w.of, &who, &s->ask, &s->id, e);
}

static int
decide_op(void *arg, struct err *e)
{
	struct step	*s = arg;
	enum case_state	 state;
	struct session	 who = { .account = account_of(s->who) };

	return case_decide(&w.of, &who, s->id, s->decision,
	    strcmp(s->decision, "approve") == 0 ? "" : "why", &state, e);
}

static int
event_op(void *arg, struct err *e)
{
	struct step		*s = arg;
	struct seal_changed	 done;
	struct session		 who = { .account = w.clerk };

	return event_apply(&w.of, &who, &s->event, &done, e);
}

static int
file_op(void *arg, struct err *e)
{
	struct step	*s = arg;
	uint64_t	 index;

	return file_store(&w.of, s->f, &index, e);
}

static int
renew(char who, const char *code, const char *reason, struct octets key,
    int64_t *id)
{
	struct step	s = { .who = who, .ask = { .code = code,
			    .reason = reason, .public_key = key } };
	int		rc = run(renew_op, &s);

	*id = s.id;
	return rc;
}

static int
decide(char who, int64_t id, const char *decision)
{
	struct step	s = { .who = who, .id = id, .decision = decision };

	return run(decide_op, &s);
}

static int
happens(const char *code, const char *kind, const char *reason)
{
	struct step	s = { .event = { .code = code, .kind = kind,
			    .reason = reason } };

	return run(event_op, &s);
}

static struct office_file *
made(int64_t id)
{
	struct office_file	*f;

	must(file_open(&w.of, id, &f, ep));
	world_make(&w, f);
	return f;
}

/* Approve twice, make, file. */
static void
filed(int64_t id)
{
	struct step	s = { .id = id };

	good(decide('c', id, "approve"));
	good(decide('r', id, "approve"));
	s.f = made(id);
	good(run(file_op, &s));
	file_free(s.f);
}

/* A seal of the applicant; caller frees its code. */
static char *
first(struct application a, struct octets key)
{
	struct step		 s = { .who = 'a', .a = a,
				    .ask = { .public_key = key } };
	struct office_case	*c;
	char			*code;

	good(run(submit_op, &s));
	filed(s.id);
	must(case_get(&w.of, s.id, &c, ep));
	code = xstrdup(c->seal_code);
	case_free(c);
	return code;
}

#define NO_KEY	OCTETS(NULL, 0)
#define DAYS(N)	((int64_t)(N) * 86400)

static int64_t
number(const char *sql)
{
	char		*path = xasprintf("%s/province.db", w.dir);
	sqlite3_stmt	*s;
	sqlite3		*db;
	int64_t		 n;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	free(path);
	return n;
}

/* With octets of its own, which the next call does not take away. */
static struct record
record_of(const char *code, struct record_box **box)
{
	static uint8_t	 room[4][4][SM3_LEN];
	static unsigned	 turn;
	struct record	 r;
	struct octets	*o[] = { &r.seal_digest, &r.picture_digest,
			    &r.certificate_digest[0], &r.owner_commitment };
	uint64_t	 index;
	size_t		 i;

	must(event_current(&w.of, code, &r, box, &index, ep));
	turn++;
	for (i = 0; i < 4; i++)
		if (o[i]->len == SM3_LEN) {
			memcpy(room[turn % 4][i], o[i]->p, SM3_LEN);
			*o[i] = OCTETS(room[turn % 4][i], SM3_LEN);
		}
	return r;
}

/* The seal that is handed out, and its version. */
static int64_t
newest(const char *code, struct buf *seal)
{
	const struct val	 v = val_text(code);
	struct query		*q = NULL;
	int64_t			 version;
	bool			 row;

	must(store_query(w.of.st, STMT_OFFICE_SEAL_GET, &v, 1, &q, ep));
	must(query_next(q, &row, ep));
	assert_true(row);
	version = query_int(q, 0);
	must(made_seal(q, seal, ep));
	query_done(q);
	return version;
}

/* ---- refused */

static void
test_refused(void **state)
{
	char	*code = first(world_application(1), NO_KEY);
	int64_t	 id;

	(void)state;
	refused(renew('a', "44", "expiring", NO_KEY, &id), ERR_INVAL,
	    "invalid-code");
	refused(renew('a', WORLD_DIVISION "00000099", "other", NO_KEY, &id),
	    ERR_NOTFOUND, "not-filed");
	refused(renew('a', code, "worn", NO_KEY, &id), ERR_INVAL,
	    "unknown-reason");
	refused(renew('b', code, "other", NO_KEY, &id), ERR_DENIED,
	    "not-your-seal");
	refused(renew('a', code, "expiring", NO_KEY, &id), ERR_CONFLICT,
	    "too-early");
	world_clock += DAYS(365 - 90) - 1;
	refused(renew('a', code, "expiring", NO_KEY, &id), ERR_CONFLICT,
	    "too-early");
	free(code);
}

static void
test_not_active(void **state)
{
	static const struct {
		const char	*kind, *reason, *back, *back_reason;
	} cases[] = {
		{ "suspended", "owner-request", "resumed", "owner-request" },
		{ "lost", "reported-lost", "recovered", "found" },
		{ "revoked", "licence-revoked", NULL, NULL },
		{ "cancelled", "owner-request", NULL, NULL },
		{ "destroyed", "worn", NULL, NULL },
	};
	int64_t	id;
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char	*code = first(world_application(1), NO_KEY);

		good(happens(code, cases[i].kind, cases[i].reason));
		refused(renew('a', code, "other", NO_KEY, &id), ERR_CONFLICT,
		    "illegal-transition");
		if (cases[i].back != NULL) {
			good(happens(code, cases[i].back,
			    cases[i].back_reason));
			good(renew('a', code, "other", NO_KEY, &id));
		}
		free(code);
	}
}

static void
test_once(void **state)
{
	char	*code = first(world_application(1), NO_KEY);
	int64_t	 id, second;

	(void)state;
	good(renew('a', code, "other", NO_KEY, &id));
	refused(renew('a', code, "other", NO_KEY, &second), ERR_CONFLICT,
	    "already-renewing");
	good(decide('c', id, "reject"));
	good(renew('a', code, "other", NO_KEY, &id));
	good(decide('c', id, "return"));
	good(renew('a', code, "other", NO_KEY, &id));
	filed(id);
	good(renew('a', code, "other", NO_KEY, &id));
	free(code);
}

static void
test_same_key(void **state)
{
	const struct octets	key = OCTETS(own_key, SM2_POINT_LEN);
	char			*code = first(world_application(1), key);
	int64_t			 id;

	(void)state;
	refused(renew('a', code, "key-renewed", key, &id), ERR_CONFLICT,
	    "same-key");
	/* For its end it may stay. */
	world_clock += DAYS(300);
	good(renew('a', code, "expiring", key, &id));
	free(code);
}

/* An imported seal has no case. */
static int
import_op(void *arg, struct err *e)
{
	static const uint8_t	 salt[RECORD_SALT_LEN] = { 1 };
	struct event		 ev;
	uint64_t		 index;
	struct buf		 out;
	int			 rc;

	memset(&ev, 0, sizeof(ev));
	ev.record.seal_code = arg;
	ev.record.seal_type = SEAL_FINANCE;
	ev.record.seal_name = ev.record.owner_name = "广州示例科技有限公司";
	ev.record.owner_id = "91440101MA59ABCD17";
	ev.record.status = STATUS_ACTIVE;
	ev.record.status_effective_at = ev.record.recorded_at = world_clock;
	ev.record.valid_from = world_clock;
	ev.record.carrier = 1;
	ev.record.version = 1;
	ev.record.salt = OCTETS(salt, RECORD_SALT_LEN);
	ev.kind = EVENT_IMPORTED;
	buf_init(&out, LIMIT_ENTRY);
	event_encode(&ev, &out);
	rc = log_append(w.of.lg, buf_octets(&out), &index, e);
	buf_fini(&out);
	return rc;
}

static void
test_imported(void **state)
{
	char	code[] = WORLD_DIVISION "00000042";
	int64_t	id;

	(void)state;
	good(run(import_op, code));
	refused(renew('a', code, "other", NO_KEY, &id), ERR_CONFLICT,
	    "not-made-here");
}

/* ---- what it makes */

static void
test_renewed(void **state)
{
	char			*code = first(world_application(1), NO_KEY);
	struct record_box	*b1, *b2;
	struct record		 r1 = record_of(code, &b1), r2;
	struct office_case	*c;
	struct buf		 old, is;
	uint8_t			 digest[SM3_LEN];
	int64_t			 id;

	(void)state;
	buf_init(&old, LIMIT_SEAL);
	buf_init(&is, LIMIT_SEAL);
	assert_int_equal(newest(code, &old), 1);
	world_clock += 5000;
	good(renew('a', code, "key-renewed", NO_KEY, &id));
	must(case_get(&w.of, id, &c, ep));
	assert_string_equal(c->seal_code, code);
	assert_string_equal(reason_word(c->renewal), "key-renewed");
	case_free(c);
	/* Until it is filed, all is as it was. */
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_at IS NOT NULL"), 0);
	filed(id);
	r2 = record_of(code, &b2);
	assert_int_equal(r2.version, 2);
	assert_int_equal(r2.status, STATUS_ACTIVE);
	assert_int_equal(r2.status_effective_at, r1.status_effective_at);
	assert_int_equal(r2.recorded_at, world_clock);
	assert_int_equal(r2.valid_from, world_clock);
	assert_int_equal(r2.valid_until, world_clock + DAYS(365));
	assert_string_equal(r2.owner_name, r1.owner_name);
	assert_memory_equal(r2.picture_digest.p, r1.picture_digest.p,
	    SM3_LEN);
	assert_memory_not_equal(r2.seal_digest.p, r1.seal_digest.p, SM3_LEN);
	assert_memory_not_equal(r2.certificate_digest[0].p,
	    r1.certificate_digest[0].p, SM3_LEN);
	assert_int_equal(newest(code, &is), 2);
	sm3(is.p, is.len, digest);
	assert_memory_equal(digest, r2.seal_digest.p, SM3_LEN);
	/* The certificate before, not the new one, is superseded. */
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_at IS NOT NULL"), 1);
	assert_int_equal(number("SELECT c.revoked_reason FROM certificate c "
	    "JOIN application a ON a.id = c.application WHERE a.seal_code "
	    "IS NOT NULL"), 4);
	assert_int_equal(number("SELECT revoked_at FROM certificate WHERE "
	    "revoked_at IS NOT NULL"), world_clock);
	assert_int_equal(number("SELECT count(*) FROM picture"), 1);
	assert_int_equal(number("SELECT count(*) FROM ocsp o JOIN application"
	    " a ON a.serial = o.serial"), 2);
	buf_fini(&old);
	buf_fini(&is);
	record_box_free(b1);
	record_box_free(b2);
	free(code);
}

/* A suspension holds the new certificate and leaves the old one's reason. */
static void
test_events_after(void **state)
{
	char	*code = first(world_application(1), NO_KEY);
	int64_t	 id;

	(void)state;
	good(renew('a', code, "other", NO_KEY, &id));
	filed(id);
	good(happens(code, "suspended", "owner-request"));
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_reason = 6"), 1);
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_reason = 4"), 1);
	good(happens(code, "resumed", "owner-request"));
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_reason = 4"), 1);
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_at IS NULL"), 1);
	good(happens(code, "cancelled", "owner-request"));
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_reason = 5"), 1);
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_reason = 4"), 1);
	free(code);
}

/* A certificate that has run out is not put on the list. */
static void
test_expired(void **state)
{
	struct application	 a = world_application(1);
	char			*code = first(a, NO_KEY);
	int64_t			 id;

	(void)state;
	world_clock += DAYS(400);
	good(renew('a', code, "expiring", NO_KEY, &id));
	filed(id);
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_at IS NOT NULL"), 0);
	free(code);
}

/* Nobody but the commitment says who the person is: it stays. */
static void
test_person(void **state)
{
	struct application	 a = world_application(1);
	struct record_box	*b1, *b2;
	struct record		 r1, r2;
	char			*code;
	int64_t			 id;

	(void)state;
	a.seal_type = SEAL_LEGAL_REP;
	a.seal_name = "李四";
	code = first(a, NO_KEY);
	r1 = record_of(code, &b1);
	good(renew('a', code, "other", NO_KEY, &id));
	filed(id);
	r2 = record_of(code, &b2);
	assert_int_equal(r2.version, 2);
	assert_memory_equal(r1.owner_commitment.p, r2.owner_commitment.p,
	    SM3_LEN);
	record_box_free(b1);
	record_box_free(b2);
	/* It is still the only one. */
	struct step	s = { .who = 'a', .a = a };
	refused(run(submit_op, &s), ERR_CONFLICT, "already-has-seal");
	free(code);
}

/* ---- what comes between */

static void
test_suspended_between(void **state)
{
	char			*code = first(world_application(1), NO_KEY);
	struct step		 s = { .f = NULL };
	struct office_file	*f;
	struct err		 e = ERR_INIT;
	int64_t			 id;

	(void)state;
	good(renew('a', code, "other", NO_KEY, &id));
	good(decide('c', id, "approve"));
	good(happens(code, "suspended", "owner-request"));
	refused(decide('r', id, "approve"), ERR_CONFLICT,
	    "illegal-transition");
	good(happens(code, "resumed", "owner-request"));
	good(decide('r', id, "approve"));
	s.f = made(id);
	good(happens(code, "suspended", "owner-request"));
	refused(run(file_op, &s), ERR_BUSY, "seal-not-active");
	assert_int_equal(file_open(&w.of, id, &f, &e), ERR_BUSY);
	assert_string_equal(e.id, "seal-not-active");
	good(happens(code, "resumed", "owner-request"));
	good(run(file_op, &s));
	file_free(s.f);
	free(code);
}

static void
test_ended_between(void **state)
{
	char			*code = first(world_application(1), NO_KEY);
	struct step		 s = { .f = NULL };
	struct office_case	*c;
	int64_t			 id;

	(void)state;
	good(renew('a', code, "other", NO_KEY, &id));
	good(decide('c', id, "approve"));
	good(decide('r', id, "approve"));
	s.f = made(id);
	good(happens(code, "revoked", "licence-revoked"));
	must(case_get(&w.of, id, &c, ep));
	assert_int_equal(c->state, CASE_RETURNED);
	assert_string_equal(c->reason, "the seal has ended");
	case_free(c);
	refused(run(file_op, &s), ERR_CONFLICT, "illegal-transition");
	/* What was to be certified is revoked, too, should it come. */
	assert_int_equal(number("SELECT count(*) FROM certificate WHERE "
	    "revoked_at IS NULL"), 0);
	assert_int_equal(number("SELECT count(*) FROM renewal WHERE "
	    "open = 1"), 0);
	file_free(s.f);
	free(code);
}

/* After a restore: what the log says of a renewal that is not known here. */
static int
replay_op(void *arg, struct err *e)
{
	struct event	*ev = arg;
	bool		 known;
	int		 rc;

	rc = event_replayed(&w.of, ev, &known, e);
	assert_true(rc != 0 || known == ev->has_previous);
	return rc;
}

/* Another seal of this owner was filed: his renewal of this one goes on. */
static void
test_other_replayed(void **state)
{
	char			*code = first(world_application(1), NO_KEY);
	char			 other[] = WORLD_DIVISION "00000077";
	struct record_box	*box;
	struct event		 ev;
	struct office_case	*c;
	int64_t			 id;

	(void)state;
	good(renew('a', code, "other", NO_KEY, &id));
	memset(&ev, 0, sizeof(ev));
	ev.record = record_of(code, &box);
	ev.record.seal_code = other;
	ev.kind = EVENT_FILED;
	good(run(replay_op, &ev));
	must(case_get(&w.of, id, &c, ep));
	assert_int_equal(c->state, CASE_SUBMITTED);
	case_free(c);
	record_box_free(box);
	free(code);
}

static void
test_replayed(void **state)
{
	char			*code = first(world_application(1), NO_KEY);
	struct record_box	*box;
	struct event		 ev;
	struct office_case	*c;
	int64_t			 id;

	(void)state;
	good(renew('a', code, "other", NO_KEY, &id));
	good(decide('c', id, "approve"));
	memset(&ev, 0, sizeof(ev));
	ev.record = record_of(code, &box);
	ev.record.version = 2;
	ev.record.recorded_at = world_clock + 7;
	ev.kind = EVENT_RENEWED;
	ev.reason = 62;
	ev.has_previous = true;
	good(run(replay_op, &ev));
	must(case_get(&w.of, id, &c, ep));
	assert_int_equal(c->state, CASE_RETURNED);
	case_free(c);
	assert_int_equal(number("SELECT revoked_at FROM certificate"),
	    world_clock + 7);
	assert_int_equal(number("SELECT revoked_reason FROM certificate"),
	    4);
	record_box_free(box);
	free(code);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
#define TEST(F)	cmocka_unit_test_setup_teardown(F, setup_renewal, teardown)
		TEST(test_refused),
		TEST(test_not_active),
		TEST(test_once),
		TEST(test_same_key),
		TEST(test_imported),
		TEST(test_renewed),
		TEST(test_events_after),
		TEST(test_expired),
		TEST(test_person),
		TEST(test_suspended_between),
		TEST(test_ended_between),
		TEST(test_replayed),
		TEST(test_other_replayed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
