#include "batch_world.h"

#include "filing/seal.h"
#include "registry/office/office_made.h"

/*
 * The office without its processes: applications, decisions, filing, events,
 * and answers that are given once.
 */

/* ---- submitting */

struct submit {
	char			 who;
	struct application	 a;
	int64_t			 id;
};

static int
submit_op(void *arg, struct err *e)
{
	static const struct case_picture pic = {
		.type = "PNG", .width_mm = 40, .height_mm = 40,
		.data = { (const uint8_t *)"\x89PNG\r\n\x1a\n-", 9 }
	};
	struct submit	*s = arg;
	struct session	 who;
	int		 rc;

	if ((rc = session_need(&w.of, TOKEN(s->who), ROLE_APPLICANT, &who,
	    e)) != 0)
		return rc;
	return case_submit(&w.of, &who, &s->a, OCTETS(NULL, 0), &pic, &s->id,
	    e);
}

static int
submit(char who, struct application a, int64_t *id)
{
	struct submit	s = { .who = who, .a = a };
	int		rc = run(submit_op, &s);

	*id = s.id;
	return rc;
}

static int64_t
submitted(struct application a)
{
	int64_t	id;

	if (submit('a', a, &id) != 0)
		fail_msg("submit: [%s] %s", last.id, last.text);
	return id;
}

static enum case_state
state_of(int64_t id)
{
	struct office_case	*c;
	enum case_state		 s;

	must(case_get(&w.of, id, &c, ep));
	s = c->state;
	case_free(c);
	return s;
}

/* ---- deciding */

struct decide {
	char			 who;
	int64_t			 id;
	const char		*decision, *reason;
	enum case_state		 state;
};

static int
decide_op(void *arg, struct err *e)
{
	struct decide	*d = arg;
	struct session	 who;
	int		 rc;

	if ((rc = session_need(&w.of, TOKEN(d->who), ROLE_OFFICERS, &who,
	    e)) != 0)
		return rc;
	return case_decide(&w.of, &who, d->id, d->decision, d->reason,
	    &d->state, e);
}

static int
decide(char who, int64_t id, const char *decision, const char *reason)
{
	struct decide	d = { .who = who, .id = id, .decision = decision,
			    .reason = reason };

	return run(decide_op, &d);
}

/* ---- filing */

struct file {
	struct office_file	*f;
	uint64_t		 index;
};

static int
file_op(void *arg, struct err *e)
{
	struct file	*f = arg;

	return file_store(&w.of, f->f, &f->index, e);
}

/* Submit, approve twice, make, file; the code (static). */
static const char *
filed(struct application a, int64_t *id)
{
	static char		 code[SEAL_CODE_SIZE];
	struct file		 f = { .f = NULL };

	*id = submitted(a);
	assert_int_equal(decide('c', *id, "approve", ""), 0);
	assert_int_equal(decide('r', *id, "approve", ""), 0);
	must(file_open(&w.of, *id, &f.f, ep));
	world_make(&w, f.f);
	if (run(file_op, &f) != 0)
		fail_msg("file: [%s] %s", last.id, last.text);
	strcpy(code, f.f->c->seal_code);
	file_free(f.f);
	return code;
}

/* The record in the log now.  Its octets must outlive it: static. */
static struct record
record_of(const char *code, struct record_box **box)
{
	struct record	r;
	struct octets	o;
	uint8_t		key[SM3_LEN];
	uint64_t	index;

	record_key(code, key);
	must(log_current(w.of.lg, key, &o, &index, ep));
	must(record_read(o, &r, box, ep));
	return r;
}

static void
test_submit(void **state)
{
	struct office_case	*c;
	int64_t			 id;

	(void)state;
	id = submitted(world_application(1));
	must(case_get(&w.of, id, &c, ep));
	assert_int_equal(c->state, CASE_SUBMITTED);
	assert_int_equal(c->account, w.applicant);
	assert_non_null(strstr(c->seal_name, c->owner_name));
	assert_null(c->seal_code);
	case_free(c);
	/* A finance seal is not the only one. */
	(void)submitted(world_application(1));
}

static void
test_submit_refused(void **state)
{
	struct application	a = world_application(1);
	int64_t			id;

	(void)state;
	refused(submit('x', a, &id), ERR_DENIED, "no-session");
	refused(submit('c', a, &id), ERR_DENIED, "wrong-role");
	a.credit_code = "91440101MA5AKH6A1X";
	refused(submit('a', a, &id), ERR_INVAL, "bad-credit-code");
	a = world_application(1);
	a.division = "999999";
	refused(submit('a', a, &id), ERR_INVAL, "unknown-division");
	a = world_application(1);
	a.seal_type = SEAL_PERSONAL;
	refused(submit('a', a, &id), ERR_INVAL, "seal-type-not-offered");
	a = world_application(1);
	a.owner_name = "";
	refused(submit('a', a, &id), ERR_INVAL, "bad-owner-name");
}

static void
test_session_ends(void **state)
{
	int64_t	id;

	(void)state;
	world_clock += SESSION_SECONDS - 1;
	(void)submitted(world_application(1));
	world_clock += 1;
	refused(submit('a', world_application(1), &id), ERR_DENIED,
	    "no-session");
}

static void
test_only_one(void **state)
{
	static const uint32_t	 types[] = { SEAL_STATUTORY,
				    SEAL_LEGAL_REP };
	struct application	 a;
	int64_t			 id, second;
	size_t			 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		a = world_application(2);
		a.seal_type = types[i];
		if (types[i] == SEAL_LEGAL_REP)
			a.seal_name = "李四";
		id = submitted(a);
		refused(submit('a', a, &second), ERR_CONFLICT,
		    "already-has-seal");
		/* Another owner may; and this one after a rejection. */
		a.credit_code = world_application(3).credit_code;
		(void)submitted(a);
		a.credit_code = world_application(2).credit_code;
		assert_int_equal(decide('c', id, "reject", "材料不全"), 0);
		id = submitted(a);
		refused(submit('a', a, &second), ERR_CONFLICT,
		    "already-has-seal");
	}
}

static void
test_decide(void **state)
{
	struct office_case	*c;
	int64_t			 id = submitted(world_application(1));

	(void)state;
	assert_int_equal(decide('r', id, "approve", ""), 0);
	assert_int_equal(state_of(id), CASE_UNDER_REVIEW);
	assert_int_equal(decide('c', id, "approve", "同意"), 0);
	must(case_get(&w.of, id, &c, ep));
	assert_int_equal(c->state, CASE_CERTIFYING);
	assert_string_equal(c->seal_code, WORLD_DIVISION "00000001");
	assert_int_equal(c->serial_len, 16);
	assert_int_equal(c->valid_from, world_clock);
	assert_int_equal(c->valid_until, world_clock + 1826 * 86400LL);
	assert_int_equal(c->record_salt_len, RECORD_SALT_LEN);
	assert_null(c->person_salt);
	case_free(c);
}

static void
test_decide_refused(void **state)
{
	char		long_reason[LIMIT_REASON + 2];
	int64_t		id = submitted(world_application(1)), own;

	(void)state;
	memset(long_reason, 'x', sizeof(long_reason) - 1);
	long_reason[sizeof(long_reason) - 1] = '\0';
	refused(decide('a', id, "approve", ""), ERR_DENIED, "wrong-role");
	refused(decide('x', id, "approve", ""), ERR_DENIED, "no-session");
	refused(decide('c', id + 7, "approve", ""), ERR_NOTFOUND,
	    "no-such-application");
	refused(decide('c', id, "aprove", ""), ERR_INVAL, "bad-decision");
	refused(decide('c', id, "return", ""), ERR_INVAL, "reason-required");
	refused(decide('c', id, "reject", ""), ERR_INVAL, "reason-required");
	refused(decide('c', id, "reject", "two\nlines"), ERR_INVAL,
	    "bad-reason");
	refused(decide('c', id, "reject", long_reason), ERR_INVAL,
	    "bad-reason");
	assert_int_equal(decide('c', id, "approve", ""), 0);
	refused(decide('c', id, "approve", ""), ERR_CONFLICT,
	    "same-officer");
	refused(decide('c', id, "reject", "doch nicht"), ERR_CONFLICT,
	    "same-officer");
	assert_int_equal(decide('r', id, "approve", ""), 0);
	refused(decide('r', id, "approve", ""), ERR_CONFLICT,
	    "illegal-transition");
	refused(decide('b', id, "return", "late"), ERR_CONFLICT,
	    "illegal-transition");
	assert_int_equal(submit('b', world_application(4), &own), 0);
	refused(decide('b', own, "approve", ""), ERR_DENIED,
	    "own-application");
}

static void
test_close(void **state)
{
	int64_t	id = submitted(world_application(1));

	(void)state;
	assert_int_equal(decide('c', id, "approve", ""), 0);
	assert_int_equal(decide('r', id, "return", "名称有误"), 0);
	assert_int_equal(state_of(id), CASE_RETURNED);
	refused(decide('b', id, "approve", ""), ERR_CONFLICT,
	    "illegal-transition");
}

static void
test_file(void **state)
{
	struct record_box	*box;
	struct record		 r;
	struct office_file	*f;
	const char		*code;
	int64_t			 id;
	struct err		 e = ERR_INIT;

	(void)state;
	code = filed(world_application(1), &id);
	assert_string_equal(code, WORLD_DIVISION "00000001");
	assert_int_equal(state_of(id), CASE_FILED);
	assert_int_equal(log_head_of(w.of.lg)->size, 3);
	assert_int_equal(log_head_of(w.of.lg)->map_count, 1);
	r = record_of(code, &box);
	assert_int_equal(r.status, STATUS_ACTIVE);
	assert_string_equal(r.owner_id, world_application(1).credit_code);
	assert_int_equal(r.carrier, 2);
	assert_int_equal(r.version, 1);
	assert_int_equal(r.ncertificates, 1);
	assert_string_equal(r.filing_office, "440000");
	record_box_free(box);
	/* It is filed once. */
	assert_int_equal(file_open(&w.of, id, &f, &e), ERR_CONFLICT);
	assert_string_equal(e.id, "illegal-transition");
	/* The next one has the next number. */
	code = filed(world_application(2), &id);
	assert_string_equal(code, WORLD_DIVISION "00000002");
}

/* A row of a seal as made_seal() gets it, or NULL. */
static struct query *
made_row(const char *code)
{
	const struct val	 v = val_text(code);
	struct query		*q = NULL;
	bool			 row;

	must(store_query(w.of.st, STMT_OFFICE_SEAL_GET, &v, 1, &q, ep));
	must(query_next(q, &row, ep));
	assert_true(row);
	return q;
}

/* SQL from outside, past the list of statements. */
static int
raw(const char *sql)
{
	char	*path = xasprintf("%s/province.db", w.dir);
	sqlite3	*db;
	int	 rc;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE,
	    NULL), SQLITE_OK);
	rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	free(path);
	return rc;
}

/* The same with the office shut: the schema may change. */
static void
tamper(const char *sql)
{
	batch_free(b);
	world_shut(&w);
	assert_int_equal(raw(sql), SQLITE_OK);
	world_open(&w, STORE_WRITE);
	b = batch_new(w.of.st, w.of.lg, &signer, world_now);
}

/* A picture is kept once, and the seal is what was made, or nothing. */
static void
test_made(void **state)
{
	struct record_box	*box;
	struct record		 r;
	struct query		*q;
	struct seal		 s;
	struct buf		 der;
	struct err		 e = ERR_INIT;
	uint8_t			 digest[SM3_LEN];
	const char		*code;
	int64_t			 id;

	(void)state;
	buf_init(&der, LIMIT_SEAL);
	code = filed(world_application(1), &id);
	q = made_row(code);
	must(made_seal(q, &der, ep));
	assert_true(query_blob(q, 8).len > 0);
	assert_int_equal(query_blob(q, 1).len + query_blob(q, 8).len, der.len);
	query_done(q);
	must(seal_parse(buf_octets(&der), &s, ep));
	must(seal_lint(&s, ep));
	must(seal_verify(&s, ep));
	r = record_of(code, &box);
	seal_digest(&s, digest);
	assert_memory_equal(r.seal_digest.p, digest, SM3_LEN);
	sm3(s.picture.p, s.picture.len, digest);
	assert_memory_equal(r.picture_digest.p, digest, SM3_LEN);
	record_box_free(box);

	assert_int_equal(raw("UPDATE picture SET data = x'00'"),
	    SQLITE_CONSTRAINT);
	assert_int_equal(raw("DELETE FROM picture"), SQLITE_CONSTRAINT);
	tamper("DROP TRIGGER picture_no_update;"
	    "UPDATE picture SET data = CAST(data || x'00' AS BLOB)");
	buf_reset(&der);
	q = made_row(code);
	assert_int_equal(made_seal(q, &der, &e), ERR_STORE);
	assert_string_equal(e.id, "store-corrupt");
	query_done(q);
	/* One of before, and one whose picture would begin behind its end. */
	tamper("UPDATE picture SET data = substr(data, 1, length(data) - 1);"
	    "DROP TRIGGER seal_made_no_update;"
	    "UPDATE seal_made SET picture_at = NULL, seal ="
	    " (SELECT CAST(substr(seal, 1, picture_at) || data ||"
	    " substr(seal, picture_at + 1) AS BLOB) FROM picture)");
	buf_reset(&der);
	q = made_row(code);
	must(made_seal(q, &der, ep));
	query_done(q);
	tamper("UPDATE seal_made SET picture_at = 1 << 40");
	buf_reset(&der);
	e = (struct err)ERR_INIT;
	q = made_row(code);
	assert_int_equal(made_seal(q, &der, &e), ERR_STORE);
	query_done(q);
	buf_fini(&der);
}

/* A filing that was made twice (a crash between) is stored once. */
static void
test_file_twice(void **state)
{
	struct file	 one = { .f = NULL }, two = { .f = NULL };
	int64_t		 id = submitted(world_application(1));

	(void)state;
	assert_int_equal(decide('c', id, "approve", ""), 0);
	assert_int_equal(decide('r', id, "approve", ""), 0);
	must(file_open(&w.of, id, &one.f, ep));
	must(file_open(&w.of, id, &two.f, ep));
	world_make(&w, one.f);
	world_make(&w, two.f);
	assert_int_equal(run(file_op, &one), 0);
	refused(run(file_op, &two), ERR_CONFLICT, "illegal-transition");
	file_free(one.f);
	file_free(two.f);
}

/* The key process is believed only as far as it does what it was asked. */
static void
test_wrong_answers(void **state)
{
	ProtobufCMessage	*m;
	struct office_file	*f, *g;
	const IssuedSigner	*cert;
	IssueSigner		 is;
	SignSeal		 ss;
	const SignedSeal	*seal;
	int64_t			 one = submitted(world_application(1));
	int64_t			 two = submitted(world_application(2));
	struct err		 e = ERR_INIT;

	(void)state;
	assert_int_equal(decide('c', one, "approve", ""), 0);
	assert_int_equal(decide('r', one, "approve", ""), 0);
	assert_int_equal(decide('c', two, "approve", ""), 0);
	assert_int_equal(decide('r', two, "approve", ""), 0);
	must(file_open(&w.of, one, &f, ep));
	must(file_open(&w.of, two, &g, ep));
	/* Somebody else's certificate. */
	file_ask_signer(g, &is);
	m = world_ask(&w, sign_issue_signer, &is.base,
	    &issued_signer__descriptor);
	cert = (const IssuedSigner *)m;
	assert_int_equal(file_take_signer(f,
	    OCTETS(cert->certificate.data, cert->certificate.len),
	    OCTETS(cert->wrapped_key.data, cert->wrapped_key.len), &e),
	    ERR_VERIFY);
	assert_string_equal(e.id, "wrong-answer");
	protobuf_c_message_free_unpacked(m, NULL);
	/* Somebody else's seal. */
	world_make(&w, f);
	world_make(&w, g);
	file_ask_seal(g, &ss);
	m = world_ask(&w, sign_seal, &ss.base,
	    &signed_seal__descriptor);
	seal = (const SignedSeal *)m;
	e = (struct err)ERR_INIT;
	assert_int_equal(file_take_seal(f,
	    OCTETS(seal->seal.data, seal->seal.len), &e), ERR_VERIFY);
	assert_string_equal(e.id, "wrong-answer");
	/* One octet of the signature. */
	seal->seal.data[seal->seal.len - 1] ^= 1;
	e = (struct err)ERR_INIT;
	assert_int_equal(file_take_seal(g,
	    OCTETS(seal->seal.data, seal->seal.len), &e), ERR_VERIFY);
	assert_string_equal(e.id, "bad-seal-signature");
	protobuf_c_message_free_unpacked(m, NULL);
	file_free(f);
	file_free(g);
}

/* No natural person in the log. */
static void
test_person(void **state)
{
	struct application	 a = world_application(1);
	struct office_case	*c;
	struct record_box	*box;
	struct record		 r;
	const char		*person = "欧阳示例", *code;
	uint8_t			 commitment[SM3_LEN];
	struct octets		 o;
	uint8_t			 key[SM3_LEN];
	uint64_t		 index;
	int64_t			 id;

	(void)state;
	a.seal_type = SEAL_LEGAL_REP;
	a.seal_name = person;
	code = filed(a, &id);
	r = record_of(code, &box);
	assert_string_equal(r.seal_name, "");
	assert_string_equal(r.owner_name, a.owner_name);
	must(case_get(&w.of, id, &c, ep));
	assert_string_equal(c->seal_name, person);
	assert_int_equal(c->person_salt_len, 32);
	person_commit(c->person_salt, &person, 1, commitment);
	assert_int_equal(r.owner_commitment.len, SM3_LEN);
	assert_memory_equal(r.owner_commitment.p, commitment, SM3_LEN);
	record_box_free(box);
	case_free(c);
	record_key(code, key);
	must(log_current(w.of.lg, key, &o, &index, ep));
	assert_null(memmem(o.p, o.len, person, strlen(person)));
}

/* ---- events */

struct change {
	char			 who;
	struct seal_event	 ask;
	struct seal_changed	 done;
};

static int
change_op(void *arg, struct err *e)
{
	struct change	*c = arg;
	struct session	 who;
	int		 rc;

	if ((rc = session_need(&w.of, TOKEN(c->who), ROLE_OFFICERS, &who,
	    e)) != 0)
		return rc;
	return event_apply(&w.of, &who, &c->ask, &c->done, e);
}

static int
change(char who, const char *code, const char *kind, const char *reason,
    int64_t at)
{
	struct change	c = { .who = who, .ask = { code, kind, reason, at } };

	return run(change_op, &c);
}

static void
test_events(void **state)
{
	struct application	 a = world_application(1);
	struct record_box	*box;
	struct record		 r;
	char			 code[SEAL_CODE_SIZE];
	int64_t			 id;
	unsigned		 shard;
	bool			 due;

	(void)state;
	a.seal_type = SEAL_STATUTORY;
	strcpy(code, filed(a, &id));
	world_clock += 100;
	assert_int_equal(change('c', code, "suspended", "investigation",
	    world_clock - 50), 0);
	r = record_of(code, &box);
	assert_int_equal(r.status, STATUS_SUSPENDED);
	assert_int_equal(r.status_reason, 4);
	assert_int_equal(r.status_effective_at, world_clock - 50);
	assert_int_equal(r.recorded_at, world_clock);
	record_box_free(box);
	assert_int_equal(change('r', code, "resumed", "ground-ended", 0), 0);
	assert_int_equal(change('r', code, "lost", "stolen", 0), 0);
	assert_int_equal(change('r', code, "recovered", "found", 0), 0);
	refused(submit('a', a, &id), ERR_CONFLICT, "already-has-seal");
	must(office_crl_due(&w.of, 0, &due, &shard, ep));
	assert_int_equal(change('r', code, "cancelled", "name-changed", 0),
	    0);
	/* It has ended: another one may be applied for. */
	(void)submitted(a);
	refused(change('r', code, "resumed", "other", 0), ERR_CONFLICT,
	    "illegal-transition");
	must(office_crl_due(&w.of, 0, &due, &shard, ep));
	assert_true(due);
}

static void
test_events_refused(void **state)
{
	char	code[SEAL_CODE_SIZE];
	int64_t	id;

	(void)state;
	strcpy(code, filed(world_application(1), &id));
	world_clock += 100;
	refused(change('a', code, "suspended", "other", 0), ERR_DENIED,
	    "wrong-role");
	refused(change('c', "4401060000000", "suspended", "other", 0),
	    ERR_NOTFOUND, "not-filed");
	refused(change('c', "44010600000009", "suspended", "other", 0),
	    ERR_NOTFOUND, "not-filed");
	refused(change('c', "4401060000000x", "suspended", "other", 0),
	    ERR_INVAL, "invalid-code");
	refused(change('c', code, "annulled", "other", 0), ERR_INVAL,
	    "unknown-event");
	refused(change('c', code, "filed", "owner-request", 0), ERR_INVAL,
	    "unknown-event");
	refused(change('c', code, "suspended", "found", 0), ERR_INVAL,
	    "unknown-reason");
	refused(change('c', code, "resumed", "other", 0), ERR_CONFLICT,
	    "illegal-transition");
	refused(change('c', code, "suspended", "other", world_clock + 1),
	    ERR_INVAL, "effective-in-future");
	refused(change('c', code, "suspended", "other", world_clock - 101),
	    ERR_CONFLICT, "effective-too-early");
	assert_int_equal(change('c', code, "suspended", "other", 0), 0);
	world_clock += 10;
	refused(change('c', code, "resumed", "other", world_clock - 11),
	    ERR_CONFLICT, "effective-too-early");
}

/* ---- answers given once */

struct once {
	struct idem	id;
	int64_t		application;
	struct buf	answer;
	bool		repeated;
};

static int
once_op(void *arg, struct err *e)
{
	struct once	*o = arg;
	int64_t		 app;
	int		 rc;

	buf_reset(&o->answer);
	if ((rc = idem_check(o->id.key, e)) != 0 ||
	    (rc = idem_find(&w.of, &o->id, &o->repeated, &app, &o->answer,
	    e)) != 0 || o->repeated)
		return rc;
	buf_puts(&o->answer, "first");
	return idem_put(&w.of, &o->id, 0, buf_octets(&o->answer), e);
}

static int
once(int64_t account, const char *key, uint16_t request, const char *target,
    const char *body, bool *repeated)
{
	struct once	o = { .id = { account, key, request, { 0 } } };
	int		rc;

	buf_init(&o.answer, 100);
	idem_hash(request, target, OCTETS(body, strlen(body)), o.id.hash);
	rc = run(once_op, &o);
	*repeated = o.repeated;
	if (rc == 0) {
		assert_int_equal(o.answer.len, 5);
		assert_memory_equal(o.answer.p, "first", 5);
	}
	buf_fini(&o.answer);
	return rc;
}

static void
test_idempotency(void **state)
{
	char	long_key[LIMIT_IDEMPOTENCY_KEY + 2];
	bool	rep;

	(void)state;
	memset(long_key, 'k', sizeof(long_key) - 1);
	long_key[sizeof(long_key) - 1] = '\0';
	assert_int_equal(once(1, "k", 42, "", "body", &rep), 0);
	assert_false(rep);
	assert_int_equal(once(1, "k", 42, "", "body", &rep), 0);
	assert_true(rep);
	/* another account's keys are its own */
	assert_int_equal(once(2, "k", 42, "", "other", &rep), 0);
	assert_false(rep);
	refused(once(1, "k", 42, "", "other", &rep), ERR_CONFLICT,
	    "idempotency-mismatch");
	refused(once(1, "k", 42, "7", "body", &rep), ERR_CONFLICT,
	    "idempotency-mismatch");
	refused(once(1, "k", 43, "", "body", &rep), ERR_CONFLICT,
	    "idempotency-mismatch");
	refused(once(1, "with space", 42, "", "body", &rep), ERR_INVAL,
	    "bad-idempotency-key");
	refused(once(1, long_key, 42, "", "body", &rep), ERR_INVAL,
	    "bad-idempotency-key");
	/* none, no promise */
	assert_int_equal(once(1, "", 42, "", "body", &rep), 0);
	assert_int_equal(once(1, "", 42, "", "body", &rep), 0);
	assert_false(rep);
}

/* A clock that was set back, or was ahead: no time of the log falls. */
static void
test_clock_jumps(void **state)
{
	struct application	 a = world_application(1);
	struct record_box	*box;
	struct office_case	*c;
	struct record		 r;
	char			 code[SEAL_CODE_SIZE];
	int64_t			 id, signed_at;

	(void)state;
	strcpy(code, filed(a, &id));
	signed_at = log_head_of(w.of.lg)->signed_at;
	world_clock -= 3600;
	assert_int_equal(change('c', code, "suspended", "other", 0), 0);
	r = record_of(code, &box);
	assert_int_equal(r.recorded_at, signed_at);
	assert_int_equal(r.status_effective_at, signed_at);
	record_box_free(box);
	a = world_application(2);
	strcpy(code, filed(a, &id));
	must(case_get(&w.of, id, &c, ep));
	assert_int_equal(c->valid_from, signed_at);
	case_free(c);
	assert_int_equal(log_head_of(w.of.lg)->signed_at, signed_at);
	assert_int_equal(log_head_of(w.of.lg)->epoch_time, signed_at);
	/* Further ahead than a session lasts, and back again. */
	world_clock += 86400;
	refused(change('c', code, "suspended", "other", 0), ERR_DENIED,
	    "no-session");
	world_clock -= 86400 - 3600;
	assert_int_equal(change('c', code, "suspended", "other", 0), 0);
	assert_true(log_head_of(w.of.lg)->signed_at >= signed_at);
}

int
main(void)
{
#define T(NAME)	cmocka_unit_test_setup_teardown(NAME, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_submit), T(test_submit_refused), T(test_session_ends),
		T(test_only_one), T(test_decide), T(test_decide_refused),
		T(test_close), T(test_file), T(test_made), T(test_file_twice),
		T(test_wrong_answers), T(test_person), T(test_events),
		T(test_events_refused), T(test_idempotency),
		T(test_clock_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
