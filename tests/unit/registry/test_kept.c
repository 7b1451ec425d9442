#include "batch_world.h"

#include "registry/keep/kept.h"
#include "sync/log.h"

/*
 * An octet that is flipped in any column that the log, or a digest beside it,
 * speaks of is found, by the seal's code and the column's name.
 */

#define good(CALL)	do {						\
	if ((CALL) != 0)						\
		fail_msg("%s: [%s] %s", #CALL, last.id, last.text);	\
} while (0)

static const enum stmt	may[] = { LOG_MAY_READ, KEPT_MAY_READ, STMT_NONE };

/* ---- what there is: a finance seal, a legal representative's, an open case */

struct step {
	struct application	 a;
	int64_t			 id, officer;
	struct office_file	*f;
};

static int
submit_op(void *arg, struct err *e)
{
	static const struct case_picture pic = {
		.type = "PNG", .width_mm = 40, .height_mm = 40,
		.data = { (const uint8_t *)"\x89PNG\r\n\x1a\n-", 9 }
	};
	const struct session	 who = { .account = w.applicant };
	struct step		*s = arg;

	return case_submit(&w.of, &who, &s->a, OCTETS(NULL, 0), &pic, &s->id,
	    e);
}

static int
approve_op(void *arg, struct err *e)
{
	struct step		*s = arg;
	const struct session	 who = { .account = s->officer };
	enum case_state		 state;

	return case_decide(&w.of, &who, s->id, "approve", "", &state, e);
}

static int
file_op(void *arg, struct err *e)
{
	struct step	*s = arg;
	uint64_t	 index;

	return file_store(&w.of, s->f, &index, e);
}

static int64_t
submitted(struct application a)
{
	struct step	s = { .a = a };

	good(run(submit_op, &s));
	return s.id;
}

static void
filed(struct application a, char code[SEAL_CODE_SIZE])
{
	struct step	s = { .a = a };

	good(run(submit_op, &s));
	s.officer = w.clerk;
	good(run(approve_op, &s));
	s.officer = w.reviewer;
	good(run(approve_op, &s));
	must(file_open(&w.of, s.id, &s.f, ep));
	world_make(&w, s.f);
	good(run(file_op, &s));
	(void)strcpy(code, s.f->c->seal_code);
	file_free(s.f);
}

static char	finance[SEAL_CODE_SIZE], person[SEAL_CODE_SIZE];
static int64_t	open_case;

static sqlite3 *
database(void)
{
	char	*path = xasprintf("%s/province.db", w.dir);
	sqlite3	*db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE,
	    NULL), SQLITE_OK);
	free(path);
	return db;
}

static void
sql(const char *text)
{
	sqlite3	*db = database();
	char	*why = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
	sqlite3_close(db);
}

static int
setup_kept(void **state)
{
	struct application	a = world_application(2);

	(void)setup(state);
	filed(world_application(1), finance);
	a.seal_type = SEAL_LEGAL_REP;
	a.seal_name = "\xe5\xbc\xa0\xe4\xb8\x89";
	filed(a, person);
	open_case = submitted(world_application(3));
	batch_free(b);
	b = NULL;
	world_shut(&w);
	/* As if a licensed body had certified the first. */
	sql("INSERT INTO cert_request (application, created, certificate,"
	    " issuers) SELECT application, 0, certificate, chain"
	    " FROM seal_made WHERE rowid = 1");
	return 0;
}

static int
teardown_kept(void **state)
{
	(void)state;
	world_open(&w, STORE_WRITE);
	world_free(&w);
	return 0;
}

/* ---- the audit */

static int
read_entry(void *ctx, struct octets entry, struct entry_effect *ef,
    struct err *e)
{
	struct record_box	*box = NULL;
	struct event		 ev;
	int			 rc;

	if ((rc = registry_rules.read(registry_rules.ctx, entry, ef, e)) == 0
	    && (rc = event_read(entry, &ev, &box, e)) == 0)
		rc = kept_event(ctx, &ev, e);
	record_box_free(box);
	return rc;
}

static int
step_entry(void *ctx, struct octets entry, struct octets before,
    struct err *e)
{
	(void)ctx;
	return registry_rules.step(registry_rules.ctx, entry, before, e);
}

/* Caller frees with kept_free(). */
static struct kept *
audit(void)
{
	char			*path = xasprintf("%s/province.db", w.dir);
	const struct store_spec	 spec = { .path = path, .may = may,
				    .kind = STORE_PROVINCE,
				    .mode = STORE_WRITE };
	struct entry_rules	 rules = { read_entry, step_entry, NULL };
	struct log_audit	 counts;
	struct store		*st;
	struct kept		*k;

	must(store_open(&spec, &st, ep));
	must(store_begin(st, ep));
	rules.ctx = k = kept_new(st);
	must(log_audit(st, &rules, &counts, ep));
	must(kept_rest(k, ep));
	store_rollback(st);
	store_close(st);
	free(path);
	return k;
}

/* One difference, of this column; code NULL: of the open case. */
static void
assert_found(const char *column, const char *code, const char *how)
{
	struct kept			*k = audit();
	const struct kept_finding	*f = kept_at(k, 0);
	uint64_t			 n = kept_differences(k);

	if (n != 1 || strcmp(f->column, column) != 0 ||
	    strcmp(f->code, code != NULL ? code : "") != 0)
		fail_msg("%s, %s: %d differences, first %s of %s", column,
		    how, (int)n, n > 0 ? f->column : "none",
		    n > 0 ? f->code : "");
	if (code == NULL && strncmp(column, "picture", 7) == 0)
		assert_int_equal(f->application, open_case);
	if (code != NULL)
		assert_int_equal(f->version, 1);
	kept_free(k);
}

static void
assert_whole(void)
{
	struct kept	*k = audit();

	if (kept_differences(k) != 0)
		fail_msg("%s of %s %s", kept_at(k, 0)->column,
		    kept_at(k, 0)->code, kept_at(k, 0)->text);
	assert_int_equal(kept_seals(k), 2);
	assert_int_equal(kept_pictures(k), 1);
	assert_null(kept_at(k, 0));
	kept_free(k);
}

static void
test_whole(void **state)
{
	(void)state;
	assert_whole();
}

/* As a disk does it: past the triggers.  part 0 to 2: first, middle, last. */
static void
flip(const char *table, const char *column, int64_t row, int part)
{
	sqlite3		*db = database();
	sqlite3_blob	*blob;
	uint8_t		 octet;
	int		 at;

	if (sqlite3_blob_open(db, "main", table, column, row, 1, &blob) !=
	    SQLITE_OK)
		fail_msg("%s.%s: %s", table, column, sqlite3_errmsg(db));
	at = (sqlite3_blob_bytes(blob) - 1) * part / 2;
	assert_true(at >= 0);
	assert_int_equal(sqlite3_blob_read(blob, &octet, 1, at), SQLITE_OK);
	octet ^= 0x01;
	assert_int_equal(sqlite3_blob_write(blob, &octet, 1, at), SQLITE_OK);
	sqlite3_blob_close(blob);
	sqlite3_close(db);
}

static void
test_octets(void **state)
{
	static const struct {
		const char	*table, *column;
		int64_t		 row;
		const char	*code, *found;	/* NULL: that column */
	} t[] = {
		{ "seal_made", "seal", 1, finance, NULL },
		{ "seal_made", "seal_digest", 1, finance, NULL },
		{ "seal_made", "chain", 2, person, NULL },
		{ "seal_made", "seal", 2, person, NULL },
		{ "seal_made", "certificate", 2, person, NULL },
		{ "cert_request", "certificate", 1, finance, NULL },
		{ "cert_request", "issuers", 1, finance, NULL },
		{ "picture", "data", 1, finance, NULL },
		{ "picture", "digest", 1, finance, NULL },
		{ "picture", "data", 3, NULL, NULL },
		{ "picture", "digest", 3, NULL, "picture.data" },
		{ "application", "owner_name", 1, finance, NULL },
		{ "application", "seal_name", 1, finance, NULL },
		{ "application", "record_salt", 1, finance, NULL },
		{ "application", "seal_name", 2, person, NULL },
		{ "application", "person_salt", 2, person,
		    "application.seal_name" },
	};
	char	*name;
	size_t	 i;
	int	 part;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (part = 0; part < 3; part++) {
			name = t[i].found != NULL ? xstrdup(t[i].found) :
			    xasprintf("%s.%s", t[i].table, t[i].column);
			flip(t[i].table, t[i].column, t[i].row, part);
			assert_found(name, t[i].code, "flipped");
			flip(t[i].table, t[i].column, t[i].row, part);
			free(name);
		}
	assert_whole();
}

/* Numbers, and what an index has. */
static void
test_values(void **state)
{
	static const struct {
		const char	*wrong, *right, *column, *code;
	} t[] = {
		{ "UPDATE application SET valid_from = valid_from + 1"
		    " WHERE id = 1",
		  "UPDATE application SET valid_from = valid_from - 1"
		    " WHERE id = 1", "application.valid_from", finance },
		{ "UPDATE application SET valid_until = valid_until + 256"
		    " WHERE id = 2",
		  "UPDATE application SET valid_until = valid_until - 256"
		    " WHERE id = 2", "application.valid_until", person },
		{ "UPDATE application SET seal_type = seal_type + 1"
		    " WHERE id = 1",
		  "UPDATE application SET seal_type = seal_type - 1"
		    " WHERE id = 1", "application.seal_type", finance },
		{ "UPDATE application SET credit_code = credit_code || 'x'"
		    " WHERE id = 1",
		  "UPDATE application SET credit_code ="
		    " substr(credit_code, 1, 18) WHERE id = 1",
		    "application.credit_code", finance },
		{ "DROP TRIGGER seal_made_no_update;"
		    "UPDATE seal_made SET picture_at = picture_at - 1"
		    " WHERE rowid = 1",
		  "UPDATE seal_made SET picture_at = picture_at + 1"
		    " WHERE rowid = 1", "seal_made.seal", finance },
		{ "UPDATE seal_made SET application = 99 WHERE rowid = 2",
		  "UPDATE seal_made SET application = 2 WHERE rowid = 2",
		    "seal_made.application", person },
		{ "UPDATE seal_made SET version = 2 WHERE rowid = 2",
		  "UPDATE seal_made SET version = 1 WHERE rowid = 2",
		    "seal_made.code", NULL },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		sql(t[i].wrong);
		assert_found(t[i].column, t[i].code, "changed");
		sql(t[i].right);
	}
	assert_whole();
}

/* What is kept twice, of a seal that a body certified, differs twice. */
static void
test_twice(void **state)
{
	struct kept	*k;

	(void)state;
	flip("seal_made", "certificate", 1, 1);
	k = audit();
	assert_int_equal(kept_differences(k), 2);
	assert_string_equal(kept_at(k, 0)->column, "seal_made.certificate");
	assert_string_equal(kept_at(k, 1)->column,
	    "cert_request.certificate");
	kept_free(k);
	flip("seal_made", "certificate", 1, 1);
	flip("seal_made", "chain", 1, 1);
	k = audit();
	assert_int_equal(kept_differences(k), 2);
	assert_string_equal(kept_at(k, 0)->column, "cert_request.issuers");
	assert_string_equal(kept_at(k, 1)->column, "seal_made.chain");
	kept_free(k);
}

/* A person whose filing was imported. */
static void
test_imported(void **state)
{
	static const uint8_t	 salt[32] = { 0 };
	const char		*name = "name";
	char			*path = xasprintf("%s/province.db", w.dir);
	const struct store_spec	 spec = { .path = path, .may = may,
				    .kind = STORE_PROVINCE,
				    .mode = STORE_WRITE };
	uint8_t			 is[SM3_LEN];
	struct event		 ev = { .kind = EVENT_IMPORTED,
				    .record = { .seal_code = finance,
				    .version = 1, .owner_commitment = { is,
				    SM3_LEN } } };
	struct store		*st;
	struct kept		*k;

	(void)state;
	sql("INSERT INTO imported_person (code, import, name, salt)"
	    " SELECT code, 1, 'name', zeroblob(32) FROM seal_made"
	    " WHERE rowid = 1");
	person_commit(salt, &name, 1, is);
	must(store_open(&spec, &st, ep));
	k = kept_new(st);
	must(kept_event(k, &ev, ep));
	assert_int_equal(kept_differences(k), 0);
	is[31] ^= 0x80;
	must(kept_event(k, &ev, ep));
	assert_int_equal(kept_differences(k), 1);
	assert_string_equal(kept_at(k, 0)->column, "imported_person.name");
	kept_free(k);
	store_close(st);
	free(path);
}

int
main(void)
{
#define KEPT(FN) cmocka_unit_test_setup_teardown(FN, setup_kept, teardown_kept)
	const struct CMUnitTest	tests[] = {
		KEPT(test_whole), KEPT(test_octets), KEPT(test_values),
		KEPT(test_twice), KEPT(test_imported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
