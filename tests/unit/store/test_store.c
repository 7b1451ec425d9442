#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"

static char	dir[64];
static char	path[96];

static const enum stmt may_write[] = {
	STMT_HEAD_GET, STMT_HEAD_PUT, STMT_ENTRY_ADD, STMT_ENTRY_GET,
	STMT_ENTRY_RANGE, STMT_TILE_NEW, STMT_TILE_GROW, STMT_TILE_GET,
	STMT_BUCKET_GET, STMT_BUCKET_PUT, STMT_NONE
};
static const enum stmt may_read[] = {
	STMT_HEAD_GET, STMT_ENTRY_GET, STMT_ENTRY_RANGE, STMT_NONE
};
static const enum stmt may_peer[] = {
	STMT_PEER_GET, STMT_PEER_CONTACT, STMT_PEER_ERROR, STMT_PEER_DISPUTE,
	STMT_NONE
};

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a b%%?.db", dir);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const	tail[] = { "", "-wal", "-shm" };
	char				name[128];
	size_t				i;

	(void)state;
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, tail[i]);
		(void)unlink(name);
	}
	return rmdir(dir);
}

static int
try_open(enum store_mode mode, enum store_kind kind, const enum stmt *may,
    struct store **st, struct err *e)
{
	const struct store_spec	spec = { .path = path, .mode = mode,
				    .kind = kind, .may = may };

	return store_open(&spec, st, e);
}

static struct store *
must_open(enum store_mode mode)
{
	struct store	*st;
	struct err	 e = ERR_INIT;

	if (try_open(mode, STORE_PROVINCE,
	    mode == STORE_READ ? may_read : may_write, &st, &e) != 0)
		fail_msg("open: %s", e.text);
	return st;
}

static void
refused(enum store_mode mode, enum store_kind kind, const enum stmt *may,
    int code, const char *id)
{
	struct store	*st;
	struct err	 e = ERR_INIT;

	assert_int_equal(try_open(mode, kind, may, &st, &e), code);
	assert_string_equal(e.id, id);
	assert_null(st);
}

static void
begin(struct store *st)
{
	struct err	e = ERR_INIT;

	if (store_begin(st, &e) != 0)
		fail_msg("begin: %s", e.text);
}

static void
commit(struct store *st)
{
	struct err	e = ERR_INIT;

	if (store_commit(st, &e) != 0)
		fail_msg("commit: %s", e.text);
}

static int
add(struct store *st, int64_t idx, const char *text, struct err *e)
{
	const struct val	v[] = { val_int(idx),
				    val_blob(OCTETS(text, strlen(text))) };

	return store_run(st, STMT_ENTRY_ADD, v, 2, NULL, e);
}

static void
must_add(struct store *st, int64_t idx, const char *text)
{
	struct err	e = ERR_INIT;

	if (add(st, idx, text, &e) != 0)
		fail_msg("entry %lld: %s", (long long)idx, e.text);
}

static int
count(struct store *st, struct err *e)
{
	const struct val	 v[] = { val_int(0), val_int(1000000) };
	struct query		*q;
	bool			 row = true;
	int			 n, rc;

	if ((rc = store_query(st, STMT_ENTRY_RANGE, v, 2, &q, e)) != 0)
		return rc;
	for (n = -1; row; n++)
		if ((rc = query_next(q, &row, e)) != 0) {
			query_done(q);
			return rc;
		}
	query_done(q);
	return n;
}

static int
must_count(struct store *st)
{
	struct err	e = ERR_INIT;
	int		n = count(st, &e);

	if (n < 0)
		fail_msg("count: %s", e.text);
	return n;
}

/* A foreign hand on the file. */
static int
raw(const char *sql, char text[256])
{
	sqlite3	*db;
	char	*msg = NULL;
	int	 rc, on = 1;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	sqlite3_busy_timeout(db, 2000);
	rc = sqlite3_exec(db, sql, NULL, NULL, &msg);
	if (text != NULL)
		snprintf(text, 256, "%s", msg == NULL ? "" : msg);
	sqlite3_free(msg);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return rc;
}

/* ---- opening ---- */

static void
test_modes(void **state)
{
	struct store	*st;
	struct stat	 sb;

	(void)state;
	refused(STORE_WRITE, STORE_PROVINCE, may_write, ERR_NOTFOUND,
	    "store-missing");
	refused(STORE_READ, STORE_PROVINCE, may_read, ERR_NOTFOUND,
	    "store-missing");
	st = must_open(STORE_CREATE);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	store_close(st);
	store_close(must_open(STORE_CREATE));	/* the same file again */
	store_close(must_open(STORE_WRITE));
	store_close(must_open(STORE_READ));
	store_close(NULL);
}

static void
test_kind(void **state)
{
	(void)state;
	store_close(must_open(STORE_CREATE));
	refused(STORE_WRITE, STORE_PEER, may_peer, ERR_CONFLICT, "store-kind");
	refused(STORE_READ, STORE_PEER, may_peer, ERR_CONFLICT, "store-kind");
}

static void
test_foreign(void **state)
{
	(void)state;
	assert_int_equal(raw("CREATE TABLE t (a)", NULL), SQLITE_OK);
	refused(STORE_CREATE, STORE_PROVINCE, may_write, ERR_CONFLICT,
	    "store-kind");
}

static void
test_not_a_database(void **state)
{
	FILE	*f;
	int	 i;

	(void)state;
	assert_non_null(f = fopen(path, "w"));
	for (i = 0; i < 4096; i++)
		fputs("not a database ", f);
	fclose(f);
	refused(STORE_WRITE, STORE_PROVINCE, may_write, ERR_STORE,
	    "store-corrupt");
}

static void
test_versions(void **state)
{
	(void)state;
	store_close(must_open(STORE_CREATE));
	assert_int_equal(raw("PRAGMA user_version = 999", NULL), SQLITE_OK);
	refused(STORE_WRITE, STORE_PROVINCE, may_write, ERR_CONFLICT,
	    "store-too-new");
	refused(STORE_READ, STORE_PROVINCE, may_read, ERR_CONFLICT,
	    "store-too-new");
	assert_int_equal(raw("PRAGMA user_version = 1", NULL), SQLITE_OK);
	refused(STORE_READ, STORE_PROVINCE, may_read, ERR_BUSY,
	    "store-too-old");
}

/* A migration that fails leaves the file at the version before. */
static void
test_migration_fails_whole(void **state)
{
	struct store	*st;
	struct err	 e = ERR_INIT;
	char		 text[256];

	(void)state;
	assert_int_equal(raw("PRAGMA application_id = 0x53525052;"
	    "PRAGMA user_version = 1; CREATE TABLE peer_state (a)", NULL),
	    SQLITE_OK);
	assert_int_equal(try_open(STORE_WRITE, STORE_PEER, may_peer, &st, &e),
	    ERR_STORE);
	assert_int_equal(raw("CREATE TABLE only_at_1 AS SELECT 1 WHERE "
	    "(SELECT user_version FROM pragma_user_version) = 1", text),
	    SQLITE_OK);
	refused(STORE_READ, STORE_PEER, may_peer, ERR_BUSY, "store-too-old");
}

/* Every statement belongs to some kind of file. */
static void
test_every_statement(void **state)
{
	enum stmt	 one[2] = { STMT_NONE, STMT_NONE };
	struct store	*st;
	struct err	 e;
	char		 name[96];
	bool		 good[STMT_END] = { false };
	int		 i, kind;

	(void)state;
	strcpy(name, path);
	for (kind = STORE_PROVINCE; kind <= STORE_PEER; kind++) {
		for (i = STMT_NONE + 1; i < STMT_END; i++) {
			one[0] = (enum stmt)i;
			e = (struct err)ERR_INIT;
			if (try_open(STORE_CREATE, (enum store_kind)kind, one,
			    &st, &e) == 0)
				good[i] = true;
			store_close(st);
		}
		(void)teardown(NULL);
		assert_int_equal(mkdir(dir, 0700), 0);
	}
	for (i = STMT_NONE + 1; i < STMT_END; i++)
		if (!good[i])
			fail_msg("no kind of file can prepare %s",
			    stmt_name((enum stmt)i));
	assert_string_equal(stmt_name(STMT_END), "NONE");
	assert_string_equal(stmt_text(STMT_NONE), "");
}

/* ---- what a handle may do ---- */

static void
test_denied(void **state)
{
	struct store	*st;
	struct query	*q;
	struct err	 e = ERR_INIT;
	const struct val v[] = { val_int(1) };

	(void)state;
	st = must_open(STORE_CREATE);
	begin(st);
	assert_int_equal(store_query(st, STMT_NODE_GET, v, 1, &q, &e),
	    ERR_DENIED);
	assert_string_equal(e.id, "statement-denied");
	assert_null(q);
	store_close(st);
	/* A reader may not even name a statement that writes. */
	refused(STORE_READ, STORE_PROVINCE, may_write, ERR_DENIED,
	    "statement-denied");
}

/* A changed schema makes SQLite prepare again: the authorizer refuses. */
static void
test_authorizer(void **state)
{
	struct store	*st;
	struct err	 e = ERR_INIT;

	(void)state;
	st = must_open(STORE_CREATE);
	assert_int_equal(must_count(st), 0);
	assert_int_equal(raw("CREATE TABLE planted (a)", NULL), SQLITE_OK);
	assert_int_equal(count(st, &e), ERR_DENIED);
	assert_string_equal(e.id, "statement-denied");
	store_close(st);
}

static void
test_misuse(void **state)
{
	const struct val v[] = { val_int(0), val_int(9) };
	struct store	*st;
	struct query	*q, *again;
	struct err	 e = ERR_INIT;
	bool		 row;

	(void)state;
	st = must_open(STORE_CREATE);
	assert_int_equal(add(st, 0, "outside a transaction", &e), ERR_INVAL);
	begin(st);
	e = (struct err)ERR_INIT;
	assert_int_equal(store_begin(st, &e), ERR_INVAL);
	e = (struct err)ERR_INIT;
	assert_int_equal(store_query(st, STMT_ENTRY_RANGE, v, 1, &q, &e),
	    ERR_INVAL);
	e = (struct err)ERR_INIT;
	assert_int_equal(store_query(st, STMT_ENTRY_RANGE, v, 2, &q, &e), 0);
	assert_int_equal(store_query(st, STMT_ENTRY_RANGE, v, 2, &again, &e),
	    ERR_INVAL);
	e = (struct err)ERR_INIT;
	assert_int_equal(query_next(q, &row, &e), 0);
	assert_false(row);
	must_add(st, 0, "x");
	/* The end stays the end. */
	assert_int_equal(query_next(q, &row, &e), 0);
	assert_false(row);
	query_done(q);
	query_done(NULL);
	assert_int_equal(query_next(q, &row, &e), ERR_INVAL);
	e = (struct err)ERR_INIT;
	assert_int_equal(store_release(st, &e), ERR_INVAL);
	commit(st);
	e = (struct err)ERR_INIT;
	assert_int_equal(store_commit(st, &e), ERR_INVAL);
	e = (struct err)ERR_INIT;
	assert_int_equal(store_savepoint(st, &e), ERR_INVAL);
	store_close(st);
}

static void
test_values(void **state)
{
	const struct val two[] = { val_int(77), val_null() };
	const struct val dis[] = { val_text("root-differs"),
			     val_text("\xe7\xab\xa0"), val_text(""),
			     val_int(-5) };
	struct store	*st;
	struct query	*q;
	struct err	 e = ERR_INIT;
	int64_t		 n;
	bool		 row;

	(void)state;
	assert_int_equal(try_open(STORE_CREATE, STORE_PEER, may_peer, &st, &e),
	    0);
	begin(st);
	assert_int_equal(store_run(st, STMT_PEER_CONTACT, two, 2, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_run(st, STMT_PEER_DISPUTE, dis, 4, &n, &e), 0);
	assert_int_equal(n, 1);
	/* Evidence is kept: the second dispute changes nothing. */
	assert_int_equal(store_run(st, STMT_PEER_DISPUTE, dis, 4, &n, &e), 0);
	assert_int_equal(n, 0);
	commit(st);
	assert_int_equal(store_query(st, STMT_PEER_GET, NULL, 0, &q, &e), 0);
	assert_int_equal(query_next(q, &row, &e), 0);
	assert_true(row);
	assert_int_equal(query_int(q, 0), 1);
	assert_string_equal(query_text(q, 1), "root-differs");
	assert_string_equal(query_text(q, 2), "\xe7\xab\xa0");
	assert_false(query_is_null(q, 3));
	assert_int_equal(query_blob(q, 3).len, 0);
	assert_int_equal(query_int(q, 4), -5);
	assert_int_equal(query_int(q, 5), 77);
	assert_true(query_is_null(q, 6));
	assert_null(query_text(q, 6));
	query_done(q);
	store_close(st);
	assert_int_equal(raw("UPDATE peer_state SET disputed = 0", NULL),
	    SQLITE_CONSTRAINT);
	assert_int_equal(raw("UPDATE peer_state SET note_held = 'x'", NULL),
	    SQLITE_CONSTRAINT);
	assert_int_equal(raw("DELETE FROM peer_state", NULL),
	    SQLITE_CONSTRAINT);
}

/* ---- append-only ---- */

static void
fill_head(struct val v[9], int64_t size, const char root[32])
{
	static const char	zero[32];

	v[0] = val_int(size);
	v[1] = val_blob(OCTETS(root, 32));
	v[2] = val_int(size - 1);
	v[3] = val_blob(OCTETS(zero, 32));
	v[4] = val_int(0);
	v[5] = val_int(16);
	v[6] = val_int(1);
	v[7] = val_int(1);
	v[8] = val_text("note");
}

static void
test_append_only(void **state)
{
	static const char *const cases[] = {
		"UPDATE entry SET octets = x'00' WHERE idx = 0",
		"UPDATE entry SET idx = 7 WHERE idx = 0",
		"DELETE FROM entry",
		"DELETE FROM entry WHERE idx = 1",
		"INSERT INTO entry VALUES (3, x'00')",
		"INSERT INTO entry VALUES (-1, x'00')",
		"INSERT OR REPLACE INTO entry VALUES (1, x'00')",
		"INSERT INTO entry VALUES (2, x'')",
		"UPDATE tile SET hashes = zeroblob(32) WHERE id = 0",
		"UPDATE tile SET hashes = zeroblob(96) WHERE id = 0",
		"UPDATE tile SET hashes = hashes || x'00' WHERE id = 0",
		"UPDATE tile SET id = 9 WHERE id = 0",
		"DELETE FROM tile",
		"INSERT INTO tile VALUES (5, zeroblob(8224))",
		"UPDATE bucket SET rows = x'', refs = x''",
		"UPDATE bucket SET i = 6",
		"INSERT INTO bucket VALUES (9, zeroblob(64), zeroblob(24))",
		"DELETE FROM bucket",
		"UPDATE head SET size = 1",
		"UPDATE head SET root = zeroblob(32)",
		"UPDATE head SET root = zeroblob(31), size = 9",
		"INSERT INTO head SELECT 2, size, root, epoch, map_root, "
		    "map_count, map_depth, epoch_time, signed_at, checkpoint "
		    "FROM head",
		"DELETE FROM head",
	};
	static const char good[] = "PRAGMA recursive_triggers = ON;"
	    "INSERT INTO entry VALUES (2, x'01');"
	    "UPDATE tile SET hashes = CAST(hashes || zeroblob(32) AS BLOB);"
	    "UPDATE bucket SET rows = zeroblob(128), refs = zeroblob(24);"
	    "UPDATE head SET signed_at = 2;"
	    "UPDATE head SET size = 3, root = zeroblob(32)";
	const struct val tile[] = { val_int(0),
			     val_blob(OCTETS("0123456789abcdef"
			     "0123456789abcdef" "0123456789abcdef"
			     "0123456789abcdef", 64)) };
	const struct val bad_tile[] = { val_int(0),
			     val_blob(OCTETS("X123456789abcdef"
			     "0123456789abcdef" "0123456789abcdef"
			     "0123456789abcdef" "0123456789abcdef"
			     "0123456789abcdef", 96)) };
	struct val	 v[9];
	struct store	*st;
	struct err	 e = ERR_INIT;
	char		 sql[256], text[256];
	size_t		 i;

	(void)state;
	st = must_open(STORE_CREATE);
	begin(st);
	must_add(st, 0, "zero");
	must_add(st, 1, "one");
	assert_int_equal(store_run(st, STMT_TILE_NEW, tile, 2, NULL, &e), 0);
	fill_head(v, 2, "0123456789abcdef0123456789abcdef");
	assert_int_equal(store_run(st, STMT_HEAD_PUT, v, 9, NULL, &e), 0);
	commit(st);
	begin(st);
	assert_int_equal(add(st, 3, "out of turn", &e), ERR_CONFLICT);
	e = (struct err)ERR_INIT;
	assert_int_equal(add(st, 1, "again", &e), ERR_CONFLICT);
	assert_string_equal(e.id, err_name(ERR_CONFLICT));
	e = (struct err)ERR_INIT;
	assert_int_equal(store_run(st, STMT_TILE_GROW, bad_tile, 2, NULL, &e),
	    ERR_CONFLICT);
	fill_head(v, 1, "0123456789abcdef0123456789abcdef");
	e = (struct err)ERR_INIT;
	assert_int_equal(store_run(st, STMT_HEAD_PUT, v, 9, NULL, &e),
	    ERR_CONFLICT);
	fill_head(v, 2, "1123456789abcdef0123456789abcdef");
	e = (struct err)ERR_INIT;
	assert_int_equal(store_run(st, STMT_HEAD_PUT, v, 9, NULL, &e),
	    ERR_CONFLICT);
	/* A refused statement leaves the transaction usable. */
	must_add(st, 2, "two");
	store_rollback(st);
	store_close(st);

	assert_int_equal(raw("INSERT INTO bucket VALUES (5, zeroblob(64), "
	    "zeroblob(12))", NULL), SQLITE_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(sql, sizeof(sql), "PRAGMA recursive_triggers = ON;"
		    "%s", cases[i]);
		if (raw(sql, text) != SQLITE_CONSTRAINT)
			fail_msg("accepted: %s (%s)", cases[i], text);
	}
	if (raw(good, text) != SQLITE_OK)
		fail_msg("refused: %s", text);
}

/* ---- transactions ---- */

static void
test_rollback(void **state)
{
	struct store	*st;

	(void)state;
	st = must_open(STORE_CREATE);
	begin(st);
	assert_true(store_in_txn(st));
	must_add(st, 0, "gone");
	store_rollback(st);
	assert_false(store_in_txn(st));
	assert_int_equal(must_count(st), 0);
	begin(st);
	must_add(st, 0, "stays");
	commit(st);
	begin(st);
	must_add(st, 1, "closed in the middle");
	store_close(st);
	st = must_open(STORE_WRITE);
	assert_int_equal(must_count(st), 1);
	store_close(st);
}

static void
test_savepoint(void **state)
{
	struct store	*st;
	struct err	 e = ERR_INIT;

	(void)state;
	st = must_open(STORE_CREATE);
	begin(st);
	must_add(st, 0, "first");
	assert_int_equal(store_savepoint(st, &e), 0);
	assert_int_equal(store_savepoint(st, &e), ERR_INVAL);
	must_add(st, 1, "undone");
	must_add(st, 2, "undone");
	store_undo(st);
	store_undo(st);		/* nothing to undo: does nothing */
	assert_int_equal(must_count(st), 1);
	e = (struct err)ERR_INIT;
	assert_int_equal(store_savepoint(st, &e), 0);
	must_add(st, 1, "kept");
	assert_int_equal(store_release(st, &e), 0);
	commit(st);
	assert_int_equal(must_count(st), 2);
	store_close(st);
}

static void
test_snapshot_and_version(void **state)
{
	struct store	*w, *r;
	struct err	 e = ERR_INIT;
	int64_t		 v0, v1, v2;

	(void)state;
	w = must_open(STORE_CREATE);
	begin(w);
	must_add(w, 0, "before");
	commit(w);
	r = must_open(STORE_READ);
	begin(r);
	assert_int_equal(store_version(r, &v0, &e), 0);
	begin(w);
	must_add(w, 1, "while the reader looks");
	commit(w);
	assert_int_equal(must_count(r), 1);
	assert_int_equal(store_version(r, &v1, &e), 0);
	assert_int_equal(v0, v1);
	commit(r);
	begin(r);
	assert_int_equal(must_count(r), 2);
	assert_int_equal(store_version(r, &v2, &e), 0);
	assert_int_not_equal(v1, v2);
	commit(r);
	assert_int_equal(store_version(r, &v1, &e), 0);
	assert_int_equal(v1, v2);	/* nobody wrote */
	store_close(r);
	store_close(w);
}

static void
test_second_writer_waits(void **state)
{
	struct store	*a, *b;
	struct err	 e = ERR_INIT;

	(void)state;
	a = must_open(STORE_CREATE);
	b = must_open(STORE_WRITE);
	begin(a);
	must_add(a, 0, "x");
	assert_int_equal(store_begin(b, &e), ERR_BUSY);
	assert_string_equal(e.id, "store-busy");
	assert_false(store_in_txn(b));
	commit(a);
	begin(b);
	store_rollback(b);
	store_close(a);
	store_close(b);
}

static char	steps[512];

static void
note_step(void *arg, const char *name)
{
	(void)arg;
	strcat(steps, name);
	strcat(steps, " ");
}

static void
test_steps(void **state)
{
	struct store	*st;
	char		 big[60000];
	int		 i;

	(void)state;
	st = must_open(STORE_CREATE);
	steps[0] = '\0';
	store_on_step(st, note_step, NULL);
	begin(st);
	must_add(st, 0, "x");
	commit(st);
	begin(st);
	store_rollback(st);
	assert_string_equal(steps, "begin write commit logged committed "
	    "begin rollback ");
	/* 4000 pages of WAL make a checkpoint. */
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	store_on_step(st, NULL, NULL);
	begin(st);
	for (i = 1; i < 300; i++)
		must_add(st, i, big);
	store_on_step(st, note_step, NULL);
	steps[0] = '\0';
	commit(st);
	assert_string_equal(steps, "commit logged checkpoint committed ");
	store_close(st);
}

/* ---- failures ---- */

/* In a child: a transaction committed, another under way, and kill -9. */
static void
die_writing_from(int from, int committed)
{
	struct store	*st;
	pid_t		 pid;
	int		 i, status;

	if ((pid = fork()) == 0) {
		st = must_open(STORE_CREATE);
		for (i = from; i < from + committed; i++) {
			begin(st);
			must_add(st, i, "committed");
			commit(st);
		}
		begin(st);
		must_add(st, from + committed, "under way");
		raise(SIGKILL);
		_exit(1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void
die_writing(int committed)
{
	die_writing_from(0, committed);
}

/*
 * A reader in a process of its own, as in life: within one process SQLite
 * shares the WAL index between handles, and a reader's is read-only.  Each
 * octet sent is answered with the number of entries seen; 255: not now.
 */
struct far_reader {
	pid_t	pid;
	int	ask[2], answer[2];
};

static void
far_start(struct far_reader *f)
{
	struct store	*r = NULL;
	struct err	 e;
	uint8_t		 octet;
	int		 n;

	assert_int_equal(pipe(f->ask), 0);
	assert_int_equal(pipe(f->answer), 0);
	if ((f->pid = fork()) != 0) {
		close(f->ask[0]);
		close(f->answer[1]);
		return;
	}
	close(f->ask[1]);
	while (read(f->ask[0], &octet, 1) == 1) {
		e = (struct err)ERR_INIT;
		n = -1;
		if ((r != NULL || try_open(STORE_READ, STORE_PROVINCE,
		    may_read, &r, &e) == 0) && store_begin(r, &e) == 0 &&
		    (n = count(r, &e)) >= 0 && store_commit(r, &e) != 0)
			n = -1;
		if (n < 0)
			fprintf(stderr, "far reader: %s\n", e.text);
		octet = n >= 0 ? (uint8_t)n : e.code == ERR_BUSY ? 255 : 254;
		if (write(f->answer[1], &octet, 1) != 1)
			break;
	}
	store_close(r);
	_exit(0);
}

static int
far_count(struct far_reader *f)
{
	uint8_t	octet = 0;

	assert_int_equal(write(f->ask[1], &octet, 1), 1);
	assert_int_equal(read(f->answer[0], &octet, 1), 1);
	return octet;
}

static void
far_stop(struct far_reader *f)
{
	int	status;

	close(f->ask[1]);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	close(f->answer[0]);
	assert_int_equal(status, 0);
}

static void
test_killed_writer(void **state)
{
	struct far_reader	 f;
	struct store		*w;

	(void)state;
	die_writing(3);
	/* A reader first: no writer has recovered the WAL yet. */
	far_start(&f);
	assert_int_equal(far_count(&f), 3);
	w = must_open(STORE_WRITE);
	assert_int_equal(must_count(w), 3);
	assert_int_equal(far_count(&f), 3);
	begin(w);
	must_add(w, 3, "goes on");
	assert_int_equal(far_count(&f), 3);
	commit(w);
	/* The reader that was there before sees it. */
	assert_int_equal(far_count(&f), 4);
	store_close(w);
	assert_int_equal(far_count(&f), 4);
	far_stop(&f);
}

/* A reader that was connected all the while. */
static void
test_reader_survives_writer(void **state)
{
	struct far_reader	f;
	int			n;

	(void)state;
	store_close(must_open(STORE_CREATE));
	far_start(&f);
	assert_int_equal(far_count(&f), 0);
	for (n = 0; n < 12; n += 3) {
		die_writing_from(n, 3);
		assert_int_equal(far_count(&f), n + 3);
	}
	far_stop(&f);
}

/* kill -9 at every step of a commit: what was acknowledged is there. */
static const char	*kill_at;

static void
kill_step(void *arg, const char *name)
{
	(void)arg;
	if (strcmp(name, kill_at) == 0)
		raise(SIGKILL);
}

static void
test_kill_at_steps(void **state)
{
	static const struct {
		const char	*step;
		int		 entries;	/* afterwards */
	} cases[] = {
		{ "begin", 1 }, { "write", 1 }, { "commit", 1 },
		{ "logged", 2 }, { "committed", 2 }
	};
	struct store	*st;
	size_t		 i;
	pid_t		 pid;
	int		 status;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		st = must_open(STORE_CREATE);
		begin(st);
		must_add(st, 0, "before");
		commit(st);
		store_close(st);
		if ((pid = fork()) == 0) {
			st = must_open(STORE_WRITE);
			kill_at = cases[i].step;
			store_on_step(st, kill_step, NULL);
			begin(st);
			must_add(st, 1, "the one");
			commit(st);
			_exit(1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		st = must_open(STORE_READ);
		assert_int_equal(must_count(st), cases[i].entries);
		store_close(st);
		st = must_open(STORE_WRITE);
		assert_int_equal(must_count(st), cases[i].entries);
		store_close(st);
		(void)teardown(NULL);
		assert_int_equal(mkdir(dir, 0700), 0);
	}
}

/* Writing fails at COMMIT: the outcome is open, the handle is done for. */
static void
test_broken(void **state)
{
	struct rlimit	 old, small;
	struct store	*st;
	struct err	 e = ERR_INIT;
	struct stat	 sb;
	char		 wal[128];
	int64_t		 v;

	(void)state;
	st = must_open(STORE_CREATE);
	begin(st);
	must_add(st, 0, "before");
	commit(st);
	begin(st);
	must_add(st, 1, "not acknowledged");
	snprintf(wal, sizeof(wal), "%s-wal", path);
	assert_int_equal(stat(wal, &sb), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = (rlim_t)sb.st_size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(store_commit(st, &e), ERR_STORE);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_string_equal(e.id, "store-io");
	assert_false(store_in_txn(st));
	e = (struct err)ERR_INIT;
	assert_int_equal(store_begin(st, &e), ERR_STORE);
	assert_string_equal(e.id, "store-broken");
	e = (struct err)ERR_INIT;
	assert_int_equal(count(st, &e), ERR_STORE);
	assert_string_equal(e.id, "store-broken");
	e = (struct err)ERR_INIT;
	assert_int_equal(store_version(st, &v, &e), ERR_STORE);
	store_close(st);
	/* The next process finds what was acknowledged and goes on. */
	st = must_open(STORE_WRITE);
	assert_int_equal(must_count(st), 1);
	begin(st);
	must_add(st, 1, "now");
	commit(st);
	store_close(st);
}

/* ---- a disk that fails: every write and sync passes here ---- */

static sqlite3_vfs	disk;			/* the preset one, but xOpen */
static struct methods {			/* one pair for each way of locking */
	sqlite3_io_methods	 io;		/* first: what a file has */
	const sqlite3_io_methods *real;
} methods[4];
static int		(*real_open)(sqlite3_vfs *, const char *,
			    sqlite3_file *, int, int *);
static int		fail_with;		/* 0: it works */
static int		fail_in;		/* this many calls later */
static int		calls;

static const sqlite3_io_methods *
real_of(const sqlite3_file *f)
{
	return ((const struct methods *)(const void *)f->pMethods)->real;
}

static int
fails(void)
{
	calls++;
	return fail_with != 0 && fail_in-- <= 0;
}

static int
disk_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	return fails() ? fail_with : real_of(f)->xWrite(f, p, n, at);
}

static int
disk_sync(sqlite3_file *f, int flags)
{
	return fails() ? fail_with : real_of(f)->xSync(f, flags);
}

static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out)
{
	int	i, rc = real_open(vfs, name, f, flags, out);

	if (rc != SQLITE_OK || f->pMethods == NULL)
		return rc;
	for (i = 0; i < 4; i++) {
		if (methods[i].real == NULL) {
			methods[i].real = f->pMethods;
			methods[i].io = *f->pMethods;
			methods[i].io.xWrite = disk_write;
			methods[i].io.xSync = disk_sync;
		}
		if (methods[i].real == f->pMethods) {
			f->pMethods = &methods[i].io;
			return rc;
		}
	}
	abort();
}

static int
setup_disk(void **state)
{
	sqlite3_initialize();
	disk = *sqlite3_vfs_find(NULL);
	real_open = disk.xOpen;
	disk.xOpen = disk_open;
	disk.zName = "failing";
	sqlite3_vfs_register(&disk, 1);
	fail_with = 0;
	return setup(state);
}

static int
teardown_disk(void **state)
{
	sqlite3_vfs_unregister(&disk);
	return teardown(state);
}

/* A full disk is a rollback; with room again the same handle goes on. */
static void
test_disk_full(void **state)
{
	struct store	*st;
	struct err	 e = ERR_INIT;

	(void)state;
	st = must_open(STORE_CREATE);
	begin(st);
	must_add(st, 0, "before");
	commit(st);
	begin(st);
	must_add(st, 1, "does not fit");
	fail_with = SQLITE_FULL;
	fail_in = 0;
	assert_int_equal(store_commit(st, &e), ERR_STORE);
	assert_string_equal(e.id, "store-full");
	assert_false(store_in_txn(st));
	assert_int_equal(must_count(st), 1);
	begin(st);
	must_add(st, 1, "still not");
	e = (struct err)ERR_INIT;
	assert_int_equal(store_commit(st, &e), ERR_STORE);
	fail_with = 0;
	begin(st);
	must_add(st, 1, "now");
	commit(st);
	store_close(st);
	st = must_open(STORE_WRITE);
	assert_int_equal(must_count(st), 2);
	store_close(st);
}

/* The disk fails from the first, second, ... write or sync of a transaction. */
static void
test_every_call_fails(void **state)
{
	static const int	codes[] = { SQLITE_IOERR_WRITE,
				    SQLITE_IOERR_FSYNC, SQLITE_FULL };
	struct store		*st;
	struct err		 e;
	size_t			 c;
	int			 k, n, want, rc;

	(void)state;
	for (c = 0; c < sizeof(codes) / sizeof(codes[0]); c++)
		for (k = 0; ; k++) {
			st = must_open(STORE_CREATE);
			n = must_count(st);
			e = (struct err)ERR_INIT;
			fail_with = codes[c];
			fail_in = k;
			calls = 0;
			if ((rc = store_begin(st, &e)) == 0 &&
			    (rc = add(st, n, "x", &e)) == 0)
				rc = store_commit(st, &e);
			fail_with = 0;
			if (rc != 0) {
				assert_int_equal(rc, ERR_STORE);
				assert_string_equal(e.id,
				    codes[c] == SQLITE_FULL ? "store-full" :
				    "store-io");
			}
			store_close(st);
			st = must_open(STORE_WRITE);
			want = must_count(st);
			/* Acknowledged is there; else it is, or is not. */
			assert_true(want == n + 1 || (rc != 0 && want == n));
			store_close(st);
			if (k >= calls)
				break;	/* nothing failed any more */
		}
	assert_true(k >= 3);
	assert_int_equal(raw("CREATE TEMP TABLE good (a CHECK (a = 'ok'));"
	    "INSERT INTO good SELECT * FROM pragma_integrity_check", NULL),
	    SQLITE_OK);
}

int
main(void)
{
#define T(F)	cmocka_unit_test_setup_teardown(F, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_modes), T(test_kind), T(test_foreign),
		T(test_not_a_database), T(test_versions),
		T(test_migration_fails_whole), T(test_every_statement),
		T(test_denied), T(test_authorizer), T(test_misuse),
		T(test_values), T(test_append_only), T(test_rollback),
		T(test_savepoint), T(test_snapshot_and_version),
		T(test_second_writer_waits), T(test_steps),
		T(test_killed_writer), T(test_reader_survives_writer),
		T(test_kill_at_steps), T(test_broken),
		cmocka_unit_test_setup_teardown(test_disk_full, setup_disk,
		    teardown_disk),
		cmocka_unit_test_setup_teardown(test_every_call_fails,
		    setup_disk, teardown_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
