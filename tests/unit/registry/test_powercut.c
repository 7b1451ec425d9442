#include "made.h"

#include "sync/pull.h"
#include "tests/fault/power.h"

/*
 * The power is cut after every single step of the disk, and what was not
 * synced is lost, torn or reordered (tests/fault/power.h).  Then the database
 * is opened as always and must be, row by row, what it was at one of two
 * commits: the last that was acknowledged, or the one that was on its way.
 * SEEDS=n in the environment tries n fates of the unsynced writes a step; the
 * fate changes from step to step.
 */

#define MARKS	64

static struct world	 w;
static struct batch	*b;

/* What was acknowledged, with everything that was durable then. */
static struct mark {
	size_t		 step;		/* of the disk, when it was told */
	uint8_t		 rows[SM3_LEN];
	uint64_t	 size;
	struct hash	 root;
	int64_t		 signed_at;
	char		*note;
} mark[MARKS];
static size_t		 nmarks;
static const struct mark *left;		/* signed and seen by others */

static unsigned
seeds(void)
{
	const char	*s = getenv("SEEDS");

	return s != NULL ? (unsigned)atoi(s) : 2;
}

/* ---- what is on the disk */

static void
rows_of(const char *path, uint8_t out[SM3_LEN])
{
	sqlite3_stmt	*s;
	struct sm3	*h = sm3_new();
	sqlite3		*db;
	bool		 traced = power.tracing;

	power.tracing = false;
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM "
	    "sqlite_master WHERE type = 'table' ORDER BY name", -1, &s, NULL),
	    SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW)
		world_hash_table(db, (const char *)sqlite3_column_text(s, 0),
		    h);
	sqlite3_finalize(s);
	sqlite3_close(db);
	sm3_end(h, out);
	sm3_free(h);
	power.tracing = traced;
}

/* Rows and indexes agree, and no page is damaged. */
static void
check_intact(const char *path)
{
	sqlite3_stmt	*s;
	sqlite3		*db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1,
	    &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(s, 0), "ok");
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static char *
database(void)
{
	return xasprintf("%s/province.db", w.dir);
}

/* Somebody was told: from here on it must never be lost. */
static void
note_mark(const char *path, const struct log_head *head)
{
	struct mark	*m = &mark[nmarks];

	assert_true(nmarks < MARKS);
	m->step = power.nsteps;
	m->size = head->size;
	m->root = head->root;
	m->signed_at = head->signed_at;
	m->note = xstrdup(head->checkpoint);
	rows_of(path, m->rows);
	/* What is told has happened, and is seen by any other handle. */
	if (nmarks > 0)
		assert_memory_not_equal(m->rows, m[-1].rows, SM3_LEN);
	nmarks++;
}

static void
told(void)
{
	char	*path = database();

	assert_false(store_in_txn(w.of.st));
	note_mark(path, log_head_of(w.of.lg));
	free(path);
}

static void
forget_marks(void)
{
	while (nmarks > 0)
		free(mark[--nmarks].note);
	left = NULL;
}

/* ---- the batch, as the recorder has it */

/* No signature contradicts one that others have. */
static int
signer_sign(void *arg, uint64_t size, const struct hash *root, int64_t time,
    char **note, struct err *e)
{
	if (left != NULL) {
		assert_true(size >= left->size);
		if (size == left->size)
			assert_memory_equal(root->h, left->root.h, SM3_LEN);
		assert_true(time >= left->signed_at);
	}
	return world_sign(arg, size, root, time, note, e);
}

static struct batch_signer	signer = { .sign = signer_sign,
    .arg = &w };

static void
op_done(void *arg, const struct err *e)
{
	bool	*mute = arg;

	if (e != NULL)
		fail_msg("[%s] %s", e->id, e->text);
	if (mute == NULL)
		told();
}

struct life {
	int64_t			 id;
	const char		*decision;
	char			 who;
	unsigned		 n;
	struct office_file	*f;
	char			 code[SEAL_CODE_SIZE];
	const char		*kind;
};

static struct life	life;

static int
submit_op(void *arg, struct err *e)
{
	static const struct case_picture pic = {
		.type = "PNG", .width_mm = 40, .height_mm = 40,
		.data = { (const uint8_t *)"\x89PNG\r\n\x1a\n-", 9 }
	};
	struct application	 a = world_application(life.n);
	struct session		 who;
	struct idem		 id = { .key = life.code, .request = 1 };
	int			 rc;

	(void)arg;
	if ((rc = session_need(&w.of, TOKEN('a'), ROLE_APPLICANT, &who,
	    e)) != 0 || (rc = case_submit(&w.of, &who, &a, OCTETS(NULL, 0),
	    &pic, &life.id, e)) != 0)
		return rc;
	id.account = who.account;
	memset(id.hash, (int)life.n, sizeof(id.hash));
	snprintf(life.code, sizeof(life.code), "key %u", life.n);
	return idem_put(&w.of, &id, life.id, OCTETS("answer", 6), e);
}

static int
decide_op(void *arg, struct err *e)
{
	struct session	 who;
	enum case_state	 state;
	int		 rc;

	(void)arg;
	if ((rc = session_need(&w.of, TOKEN(life.who), ROLE_OFFICERS, &who,
	    e)) != 0)
		return rc;
	return case_decide(&w.of, &who, life.id, "approve", "", &state, e);
}

static int
file_op(void *arg, struct err *e)
{
	uint64_t	index;

	(void)arg;
	return file_store(&w.of, life.f, &index, e);
}

static int
event_op(void *arg, struct err *e)
{
	const struct seal_event	ask = { .code = life.code,
				    .kind = life.kind, .reason = "other" };
	struct seal_changed	done;
	struct session		who;
	int			rc;

	(void)arg;
	if ((rc = session_need(&w.of, TOKEN('c'), ROLE_OFFICERS, &who,
	    e)) != 0)
		return rc;
	return event_apply(&w.of, &who, &ask, &done, e);
}

static void
run(batch_run *fn, bool *mute)
{
	batch_add(b, true, fn, op_done, mute);
	must(batch_commit(b, ep));
}

static void
resign(bool *mute)
{
	world_clock += 10;
	batch_resign(b);
	must(batch_commit(b, ep));
	if (mute == NULL)
		told();
}

/* Application n to a filed seal; every step is acknowledged. */
static void
file_one(unsigned n, bool *mute)
{
	life.n = n;
	run(submit_op, mute);
	life.who = 'c';
	run(decide_op, mute);
	life.who = 'r';
	run(decide_op, mute);
	must(file_open(&w.of, life.id, &life.f, ep));
	world_make(&w, life.f);
	run(file_op, mute);
	strcpy(life.code, life.f->c->seal_code);
	file_free(life.f);
}

/* Move what the WAL has into the database, as the store's hook does. */
static void
checkpoint(const char *path)
{
	sqlite3	*db;
	int	 on = 1;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous = FULL", NULL,
	    NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_wal_checkpoint_v2(db, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* ---- the check after a cut */

static void
open_again(void)
{
	world_open(&w, STORE_WRITE);
	b = batch_new(w.of.st, w.of.lg, &signer, world_now);
}

static void
shut(void)
{
	batch_free(b);
	world_shut(&w);
}

static const struct mark *
last_told(size_t steps)
{
	size_t	i;

	for (i = nmarks; i > 0 && mark[i - 1].step > steps; i--)
		;
	assert_true(i > 0);
	return &mark[i - 1];
}

/* The disk says what was acknowledged, or what came right after. */
static void
check_rows(const char *path, const struct mark *m, size_t k, unsigned seed)
{
	uint8_t	rows[SM3_LEN];

	rows_of(path, rows);
	if (memcmp(rows, m->rows, SM3_LEN) == 0)
		return;
	if (m + 1 == mark + nmarks || memcmp(rows, m[1].rows, SM3_LEN) != 0)
		fail_msg("cut after step %zu, seed %u: the disk holds neither "
		    "what was acknowledged (mark %zu) nor what followed",
		    k, seed, (size_t)(m - mark));
}

static void
check_head(struct store *st, const struct log_head *head)
{
	struct checkpoint	cp;
	struct log_audit	a;
	int64_t			at;

	must(store_begin(st, ep));
	must(log_audit(st, &registry_rules, &a, ep));
	must(store_commit(st, ep));
	assert_int_equal(a.entries, head->size);
	must(checkpoint_open(OCTETS(head->checkpoint,
	    strlen(head->checkpoint)), w.vk, &cp, &at, ep));
	assert_int_equal(cp.size, head->size);
	assert_memory_equal(cp.root, head->root.h, SM3_LEN);
	assert_int_equal(at, head->signed_at);
	assert_true(head->size >= left->size);
}

static void
check_cut(const char *path, size_t k, unsigned seed, bool go_on)
{
	bool	mute = true;

	left = last_told(k);
	power_cut(k, seed);
	open_again();
	check_rows(path, left, k, seed);
	check_intact(path);
	check_head(w.of.st, log_head_of(w.of.lg));
	if (go_on) {
		resign(&mute);
		file_one(40, &mute);
		check_head(w.of.st, log_head_of(w.of.lg));
	}
	shut();
}

/* Every step, every seed.  Going on costs more, and is done with one seed. */
static void
check_every_cut(const char *path, const char *what)
{
	size_t		k, tried = 0;
	unsigned	i, n = seeds();
	int64_t		clock = world_clock;

	power_end();
	for (k = mark[0].step; k <= power.nsteps; k++)
		for (i = 0; i < n; i++, tried++) {
			world_clock = clock;
			check_cut(path, k, (unsigned)k * n + i, i == k % n);
		}
	print_message("%s: %zu steps of the disk, %zu cuts\n", what,
	    power.nsteps - mark[0].step + 1, tried);
	assert_true(power.nsteps > 8);
}

/* ---- cases */

static int
setup(void **state)
{
	(void)state;
	power_init();
	world_new(&w);
	world_shut(&w);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	forget_marks();
	power_fini();
	w.of.st = NULL;
	w.of.lg = NULL;
	world_free(&w);
	return 0;
}

static char *
begin(void)
{
	char	*path = database();

	power_begin(path);
	open_again();
	told();
	return path;
}

static void
test_filing(void **state)
{
	char	*path = begin();

	(void)state;
	file_one(1, NULL);
	life.kind = "suspended";
	run(event_op, NULL);
	shut();
	check_every_cut(path, "filing");
	free(path);
}

static void
test_resign(void **state)
{
	char	*path = begin();

	(void)state;
	resign(NULL);
	resign(NULL);
	shut();
	check_every_cut(path, "re-signing");
	free(path);
}

/* The WAL is moved into the database, and begun anew by what follows. */
static void
test_checkpoint(void **state)
{
	char	*path = begin();

	(void)state;
	file_one(1, NULL);
	checkpoint(path);
	life.kind = "suspended";
	run(event_op, NULL);
	resign(NULL);
	checkpoint(path);
	life.kind = "resumed";
	run(event_op, NULL);
	shut();
	check_every_cut(path, "WAL checkpoint");
	free(path);
}

/* ---- a peer's copy */

struct entries {
	struct octets	 o[64];
	size_t		 n;
};

static void
read_entries(struct entries *es)
{
	char		*path = database();
	sqlite3_stmt	*s;
	sqlite3		*db;
	size_t		 n;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT octets FROM entry "
	    "ORDER BY idx", -1, &s, NULL), SQLITE_OK);
	for (es->n = 0; sqlite3_step(s) == SQLITE_ROW; es->n++) {
		assert_true(es->n < 64);
		n = (size_t)sqlite3_column_bytes(s, 0);
		es->o[es->n] = OCTETS(xmemdup(sqlite3_column_blob(s, 0), n),
		    n);
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
	free(path);
}

static void
peer_open(const char *path, enum store_mode mode, struct store **st,
    struct log **lg)
{
	const struct store_spec	spec = { .path = path, .mode = mode,
				    .kind = STORE_PEER,
				    .may = pull_statements };

	must(store_open(&spec, st, ep));
	must(log_new(*st, &registry_rules, lg, ep));
}

/* One round of pulling, up to a checkpoint that its owner has told. */
static void
replay(struct store *st, struct log *lg, const struct entries *es,
    const struct mark *to)
{
	struct checkpoint	cp;
	uint64_t		i, head = log_size_now(lg);
	int64_t			at;

	must(checkpoint_open(OCTETS(to->note, strlen(to->note)), w.vk, &cp,
	    &at, ep));
	must(store_begin(st, ep));
	must(log_begin(lg, ep));
	for (i = head; i < cp.size; i++)
		must(log_replay(lg, es->o[i], ep));
	must(log_replay_end(lg, &cp, to->note, at, ep));
	if (cp.size > head)
		must(log_reread(lg, ep));
	must(peer_state_good(st, at, ep));
	must(store_commit(st, ep));
	log_settle(lg, true);
}

static void
check_peer_cut(const char *path, const struct entries *es,
    const struct mark *last, size_t k, unsigned seed)
{
	struct store	*st;
	struct log	*lg;

	left = last_told(k);
	power_cut(k, seed);
	peer_open(path, STORE_WRITE, &st, &lg);
	check_rows(path, left, k, seed);
	check_intact(path);
	check_head(st, log_head_of(lg));
	/* and pulling goes on from there */
	replay(st, lg, es, last);
	assert_int_equal(log_head_of(lg)->size, last->size);
	check_head(st, log_head_of(lg));
	log_free(lg);
	store_close(st);
}

static void
test_replay(void **state)
{
	char		*path = begin(), *copy;
	struct mark	 owner[MARKS];
	struct entries	 es;
	struct store	*st;
	struct log	*lg;
	size_t		 n, k, tried = 0;
	unsigned	 i;

	(void)state;
	for (n = 1; n < 4; n++)
		file_one((unsigned)n, NULL);
	resign(NULL);
	shut();
	power_end();
	read_entries(&es);
	n = nmarks;
	memcpy(owner, mark, sizeof(owner));
	nmarks = 0;

	copy = xasprintf("%s/peer-33.db", w.dir);
	peer_open(copy, STORE_CREATE, &st, &lg);
	replay(st, lg, &es, &owner[0]);
	log_free(lg);
	store_close(st);
	power_begin(copy);
	peer_open(copy, STORE_WRITE, &st, &lg);
	note_mark(copy, log_head_of(lg));
	replay(st, lg, &es, &owner[4]);		/* the first seal */
	note_mark(copy, log_head_of(lg));
	replay(st, lg, &es, &owner[n - 2]);
	note_mark(copy, log_head_of(lg));
	replay(st, lg, &es, &owner[n - 1]);	/* only signed anew */
	note_mark(copy, log_head_of(lg));
	log_free(lg);
	store_close(st);
	power_end();
	for (k = mark[0].step; k <= power.nsteps; k++)
		for (i = 0; i < seeds(); i++, tried++)
			check_peer_cut(copy, &es, &owner[n - 1], k,
			    (unsigned)k * seeds() + i);
	print_message("replay: %zu steps of the disk, %zu cuts\n",
	    power.nsteps - mark[0].step + 1, tried);
	while (es.n > 0)
		free((void *)(uintptr_t)es.o[--es.n].p);
	while (n > 0)
		free(owner[--n].note);
	free(copy);
	free(path);
}

int
main(void)
{
#define T(NAME)	cmocka_unit_test_setup_teardown(NAME, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_filing), T(test_resign), T(test_checkpoint),
		T(test_replay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
