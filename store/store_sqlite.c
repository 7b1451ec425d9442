#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/migrate.h"
#include "store/store.h"

/*
 * SQLite behind store.h.  Version 3.40 has a fault that can damage a WAL when
 * two connections write and checkpoint at the same instant, so there is one
 * writer a file and only it checkpoints, in its own WAL hook.
 */

/* Checkpoint when the WAL has this many pages (4 KiB each) ... */
#define WAL_PAGES	4000
/* ... and wait for readers to get out of the way when it has this many. */
#define WAL_PAGES_MAX	(8 * WAL_PAGES)
/* What stays of the WAL file after that, octets. */
#define WAL_KEEP	"67108864"

/* How long to wait for another process's lock, ms. */
#define BUSY_WRITER	1000
#define BUSY_READER	250
/* ... for readers to let go of the WAL: tried again after the next commit. */
#define BUSY_CHECKPOINT	20
/* ... for a snapshot while the writer begins its WAL anew: times and ms. */
#define SNAPSHOT_TRIES	10
#define SNAPSHOT_WAIT	2

struct query {
	struct store	*st;
	sqlite3_stmt	*s;
	enum stmt	 id;
	bool		 open;
	bool		 begun;		/* a first step was made */
	bool		 ended;		/* another step would begin again */
};

/* Beginning and ending transactions: prepared like everything else. */
enum own {
	OWN_BEGIN, OWN_COMMIT, OWN_ROLLBACK, OWN_SAVEPOINT, OWN_RELEASE,
	OWN_UNDO, OWN_VERSION, OWN_END
};
static const char *const own_text[OWN_END] = {
	[OWN_BEGIN] = "BEGIN IMMEDIATE",
	[OWN_COMMIT] = "COMMIT",
	[OWN_ROLLBACK] = "ROLLBACK",
	[OWN_SAVEPOINT] = "SAVEPOINT op",
	[OWN_RELEASE] = "RELEASE op",
	[OWN_UNDO] = "ROLLBACK TO op",
	[OWN_VERSION] = "PRAGMA data_version"
};

struct store {
	sqlite3		*db;
	bool		 writer;
	bool		 complete;	/* list prepared: nothing more may be */
	bool		 committing;	/* inside store_commit() */
	bool		 broken;	/* for ever */
	bool		 in_txn;
	bool		 in_savepoint;
	bool		 lost;		/* the transaction cannot commit */
	int64_t		 version;
	const char	*begin_file;
	int		 begin_line;
	sqlite3_stmt	*own[OWN_END];
	struct query	 q[STMT_END];
	void		(*step)(void *arg, const char *name);
	void		*step_arg;
};

static void
step(struct store *st, const char *name)
{
	if (st->step != NULL)
		st->step(st->step_arg, name);
}

/* What SQLite says, in our codes.  what names the statement or step. */
static int
failed(struct store *st, int sqrc, const char *what, struct err *e)
{
	const char	*text = sqlite3_errmsg(st->db);

	switch (sqrc & 0xff) {
	case SQLITE_CONSTRAINT:
		return err_set(e, ERR_CONFLICT, "%s: %s", what, text);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return err_set_id(e, ERR_BUSY, "store-busy", "%s: %s", what,
		    text);
	case SQLITE_READONLY:
		if (st->writer)
			return err_set_id(e, ERR_STORE, "store-io", "%s: %s: "
			    "whose is the file, and its mode?", what, text);
		/* A reader recovers no WAL and no index: the writer will. */
		return err_set_id(e, ERR_BUSY, "store-busy", "%s: %s", what,
		    text);
	case SQLITE_AUTH:
		return err_set_id(e, ERR_DENIED, "statement-denied", "%s: %s",
		    what, text);
	case SQLITE_FULL:
		return err_set_id(e, ERR_STORE, "store-full", "%s: %s", what,
		    text);
	case SQLITE_CANTOPEN:
		/* A reader makes no WAL files: the writer will. */
		if (!st->writer)
			return err_set_id(e, ERR_BUSY, "store-busy", "%s: %s",
			    what, text);
		/* FALLTHROUGH */
	case SQLITE_IOERR:
		return err_set_id(e, ERR_STORE, "store-io", "%s: %s (%d)",
		    what, text, sqrc);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set_id(e, ERR_STORE, "store-corrupt", "%s: %s",
		    what, text);
	case SQLITE_TOOBIG:
		return err_set(e, ERR_TOOBIG, "%s: %s", what, text);
	default:
		return err_set(e, ERR_STORE, "%s: %s (%d)", what, text, sqrc);
	}
}

static int
usable(const struct store *st, struct err *e)
{
	if (st->broken)
		return err_set_id(e, ERR_STORE, "store-broken", "a commit "
		    "failed before: its outcome is on the disk");
	if (st->in_txn && (st->lost || sqlite3_get_autocommit(st->db)))
		return err_set_id(e, ERR_STORE, "store-io", "the transaction "
		    "begun at %s:%d was rolled back by a failure",
		    st->begin_file, st->begin_line);
	return 0;
}

/* ---- opening ---- */

static int
authorize(void *arg, int action, const char *a, const char *b,
    const char *database, const char *trigger)
{
	const struct store	*st = arg;

	(void)action;
	(void)a;
	(void)b;
	(void)database;
	(void)trigger;
	return st->complete ? SQLITE_DENY : SQLITE_OK;
}

/* Nothing commits but store_commit(); nonzero turns it into a rollback. */
static int
on_commit(void *arg)
{
	const struct store	*st = arg;

	return st->complete && !st->committing;
}

static int
on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store	*st = arg;

	step(st, "logged");
	if (pages >= WAL_PAGES) {
		step(st, "checkpoint");
		/* What cannot be moved now is moved after a later commit. */
		(void)sqlite3_busy_timeout(db, BUSY_CHECKPOINT);
		(void)sqlite3_wal_checkpoint_v2(db, name,
		    pages >= WAL_PAGES_MAX ? SQLITE_CHECKPOINT_RESTART :
		    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		(void)sqlite3_busy_timeout(db, BUSY_WRITER);
	}
	return SQLITE_OK;
}

/* Make the file ourselves: its mode is inherited by the WAL, and its name
 * is durable before anything in it is. */
static int
make_file(const char *path, struct err *e)
{
	char	*copy = NULL;
	int	 fd = -1, dir = -1, rc;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 && errno == EEXIST) {
		rc = 0;
		goto out;
	}
	copy = xstrdup(path);
	if (fd == -1 ||
	    (dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
	    -1 || fsync(dir) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", path);
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd);	/* empty: nothing to lose */
	if (dir != -1)
		(void)close(dir);
	free(copy);
	return rc;
}

/* A reader's file name has parameters, and so is a URI. */
static char *
reader_uri(const char *path)
{
	static const char	plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._-";
	struct buf		b;
	const char		*p;

	buf_init(&b, SIZE_MAX);
	buf_puts(&b, "file:");
	for (p = path; *p != '\0'; p++)
		if (strchr(plain, *p) != NULL)
			buf_put_u8(&b, (uint8_t)*p);
		else
			buf_printf(&b, "%%%02X", (unsigned)(uint8_t)*p);
	buf_puts(&b, "?mode=ro&readonly_shm=1");
	return buf_steal_str(&b);
}

/* The first column of a pragma's first row, if want is not NULL. */
static int
pragma(struct store *st, const char *sql, const char *want, struct err *e)
{
	sqlite3_stmt	*s = NULL;
	const char	*got;
	int		 sqrc, rc;

	sqrc = sqlite3_prepare_v2(st->db, sql, -1, &s, NULL);
	if (sqrc == SQLITE_OK)
		sqrc = sqlite3_step(s);
	if (sqrc != SQLITE_ROW && sqrc != SQLITE_DONE) {
		rc = failed(st, sqrc, sql, e);
		goto out;
	}
	if (want != NULL) {
		got = sqrc == SQLITE_ROW ?
		    (const char *)sqlite3_column_text(s, 0) : NULL;
		if (got == NULL || strcmp(got, want) != 0) {
			rc = err_set(e, ERR_STORE, "%s: answered \"%s\"", sql,
			    got == NULL ? "" : got);
			goto out;
		}
	}
	rc = 0;
out:
	sqlite3_finalize(s);
	return rc;
}

static int
configure(struct store *st, struct err *e)
{
	static const struct {
		int	op, value;
	} flags[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 1 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	};
	static const struct {
		const char	*sql;
		const char	*want;
		bool		 writer_only;
	} pragmas[] = {
		{ "PRAGMA encoding = 'UTF-8'", NULL, true },
		{ "PRAGMA journal_mode = WAL", "wal", true },
		{ "PRAGMA synchronous = FULL", NULL, true },
		{ "PRAGMA wal_autocheckpoint = 0", NULL, false },
		{ "PRAGMA journal_size_limit = " WAL_KEEP, NULL, true },
		{ "PRAGMA recursive_triggers = ON", NULL, true },
		/* Sessions, and keys that came to nothing; Debian's does. */
		{ "PRAGMA secure_delete = ON", "1", true },
		{ "PRAGMA cell_size_check = ON", NULL, false },
		{ "PRAGMA temp_store = MEMORY", NULL, false },
		/*
		 * Mapped pages count as ours and a bad disk becomes SIGBUS;
		 * inner pages stay in the cache, leaves come from the kernel.
		 */
		{ "PRAGMA mmap_size = 0", NULL, false },
		{ "PRAGMA cache_size = -16384", NULL, true },
	};
	int	on = 1, sqrc, rc;
	size_t	i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		sqrc = sqlite3_db_config(st->db, flags[i].op, flags[i].value,
		    NULL);
		if (sqrc != SQLITE_OK)
			return failed(st, sqrc, "configuration", e);
	}
	(void)sqlite3_limit(st->db, SQLITE_LIMIT_LENGTH,
	    (int)LIMIT_VALUE);
	(void)sqlite3_limit(st->db, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_limit(st->db, SQLITE_LIMIT_TRIGGER_DEPTH, 8);
	(void)sqlite3_busy_timeout(st->db,
	    st->writer ? BUSY_WRITER : BUSY_READER);
	for (i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++) {
		if (pragmas[i].writer_only && !st->writer)
			continue;
		if ((rc = pragma(st, pragmas[i].sql, pragmas[i].want, e)) != 0)
			return rc;
	}
	if (!st->writer)
		return pragma(st, "PRAGMA cache_size = -4096", NULL, e);
	/* Readers have no right to make the WAL files: they stay. */
	sqrc = sqlite3_file_control(st->db, "main", SQLITE_FCNTL_PERSIST_WAL,
	    &on);
	if (sqrc != SQLITE_OK)
		return failed(st, sqrc, "persistent WAL", e);
	(void)sqlite3_wal_hook(st->db, on_wal, st);
	return 0;
}

static int
prepare(struct store *st, const char *sql, sqlite3_stmt **s, struct err *e)
{
	const char	*tail = NULL;
	int		 sqrc;

	sqrc = sqlite3_prepare_v3(st->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    s, &tail);
	if (sqrc != SQLITE_OK)
		return failed(st, sqrc, sql, e);
	if (tail != NULL && *tail != '\0')
		return err_set(e, ERR_STORE, "more than one statement: %s",
		    sql);
	return 0;
}

static int
prepare_all(struct store *st, const enum stmt *may, struct err *e)
{
	const char	*sql;
	int		 i, rc;

	for (i = 0; i < OWN_END; i++) {
		sql = i == OWN_BEGIN && !st->writer ? "BEGIN" : own_text[i];
		if ((rc = prepare(st, sql, &st->own[i], e)) != 0)
			return rc;
	}
	for (i = 0; i < STMT_END; i++) {
		st->q[i].st = st;
		st->q[i].id = (enum stmt)i;
	}
	for (; *may != STMT_NONE; may++) {
		assert(*may > STMT_NONE && *may < STMT_END);
		if (st->q[*may].s != NULL)
			continue;
		if ((rc = prepare(st, stmt_text(*may), &st->q[*may].s, e)) !=
		    0)
			return rc;
		if (!st->writer && !sqlite3_stmt_readonly(st->q[*may].s))
			return err_set_id(e, ERR_DENIED, "statement-denied",
			    "statement %s writes, and the handle only reads",
			    stmt_name(*may));
	}
	return 0;
}

int
store_open(const struct store_spec *spec, struct store **out, struct err *e)
{
	struct store	*st;
	struct stat	 sb;
	char		*uri = NULL;
	int		 flags, sqrc, rc;

	*out = NULL;
	st = xcalloc(1, sizeof(*st));
	st->writer = spec->mode != STORE_READ;
	if (spec->mode == STORE_CREATE &&
	    (rc = make_file(spec->path, e)) != 0)
		goto out;
	if (stat(spec->path, &sb) == -1) {
		rc = err_set_id(e, ERR_NOTFOUND, "store-missing",
		    "%s: no such database", spec->path);
		goto out;
	}
	flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (!st->writer)
		uri = reader_uri(spec->path);
	sqrc = sqlite3_open_v2(st->writer ? spec->path : uri, &st->db,
	    flags | (st->writer ? SQLITE_OPEN_READWRITE :
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI), NULL);
	if (st->db == NULL) {
		rc = err_set(e, ERR_STORE, "%s: cannot open", spec->path);
		goto out;
	}
	if (sqrc != SQLITE_OK) {
		rc = failed(st, sqrc, spec->path, e);
		goto out;
	}
	/*
	 * Set before anything is prepared: setting an authorizer expires every
	 * statement, and preparing again is what it forbids.
	 */
	(void)sqlite3_set_authorizer(st->db, authorize, st);
	if ((rc = configure(st, e)) != 0)
		goto out;
	rc = st->writer ? migrate_up(st->db, spec->kind, e) :
	    migrate_check(st->db, spec->kind, e);
	if (rc != 0 || (rc = prepare_all(st, spec->may, e)) != 0)
		goto out;
	(void)sqlite3_commit_hook(st->db, on_commit, st);
	st->complete = true;

	*out = st;
	st = NULL;
	rc = 0;
out:
	store_close(st);
	free(uri);
	return rc;
}

void
store_close(struct store *st)
{
	int	i;

	if (st == NULL)
		return;
	if (st->in_txn)
		store_rollback(st);
	for (i = 0; i < OWN_END; i++)
		sqlite3_finalize(st->own[i]);
	for (i = 0; i < STMT_END; i++)
		sqlite3_finalize(st->q[i].s);
	/* Every statement is finalized, so this cannot be refused. */
	(void)sqlite3_close(st->db);
	free(st);
}

/* ---- values ---- */

struct val
val_null(void)
{
	return (struct val){ .type = VAL_NULL, .i = 0, .o = { NULL, 0 } };
}

struct val
val_int(int64_t i)
{
	return (struct val){ .type = VAL_INT, .i = i, .o = { NULL, 0 } };
}

struct val
val_text(const char *s)
{
	if (s == NULL)
		return val_null();
	return (struct val){ .type = VAL_TEXT, .i = 0,
	    .o = OCTETS(s, strlen(s)) };
}

struct val
val_blob(struct octets o)
{
	return (struct val){ .type = VAL_BLOB, .i = 0, .o = o };
}

static int
bind_one(sqlite3_stmt *s, int n, const struct val *v)
{
	switch (v->type) {
	case VAL_NULL:
		return sqlite3_bind_null(s, n);
	case VAL_INT:
		return sqlite3_bind_int64(s, n, v->i);
	case VAL_TEXT:
		return sqlite3_bind_text64(s, n, (const char *)v->o.p,
		    v->o.len, SQLITE_STATIC, SQLITE_UTF8);
	case VAL_BLOB:
		if (v->o.len == 0)	/* no octets are not NULL */
			return sqlite3_bind_zeroblob(s, n, 0);
		return sqlite3_bind_blob64(s, n, v->o.p, v->o.len,
		    SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

/* ---- statements ---- */

static int
start(struct store *st, enum stmt id, const struct val *v, size_t nv,
    struct query **out, struct err *e)
{
	struct query	*q;
	size_t		 i;
	int		 sqrc, rc;

	if ((rc = usable(st, e)) != 0)
		return rc;
	if (id <= STMT_NONE || id >= STMT_END || st->q[id].s == NULL)
		return err_set_id(e, ERR_DENIED, "statement-denied",
		    "statement %s is not on this process's list",
		    stmt_name(id));
	q = &st->q[id];
	if (q->open)
		return err_set(e, ERR_INVAL, "statement %s is open already",
		    stmt_name(id));
	if (nv != (size_t)sqlite3_bind_parameter_count(q->s))
		return err_set(e, ERR_INVAL, "statement %s takes %d values, "
		    "not %zu", stmt_name(id),
		    sqlite3_bind_parameter_count(q->s), nv);
	if (!st->in_txn && !sqlite3_stmt_readonly(q->s))
		return err_set(e, ERR_INVAL, "statement %s outside a "
		    "transaction", stmt_name(id));
	for (i = 0; i < nv; i++)
		if ((sqrc = bind_one(q->s, (int)i + 1, &v[i])) != SQLITE_OK) {
			rc = failed(st, sqrc, stmt_name(id), e);
			(void)sqlite3_clear_bindings(q->s);
			return rc;
		}
	q->open = true;
	q->begun = false;
	q->ended = false;
	*out = q;
	return 0;
}

int
store_run(struct store *st, enum stmt id, const struct val *v, size_t nv,
    int64_t *changes, struct err *e)
{
	struct query	*q = NULL;
	int		 sqrc, rc;

	if (changes != NULL)
		*changes = 0;
	if ((rc = start(st, id, v, nv, &q, e)) != 0)
		return rc;
	step(st, "write");
	sqrc = sqlite3_step(q->s);
	if (sqrc == SQLITE_DONE) {
		if (changes != NULL)
			*changes = sqlite3_changes64(st->db);
		rc = 0;
	} else if (sqrc == SQLITE_ROW)
		rc = err_set(e, ERR_INVAL, "statement %s returns rows",
		    stmt_name(id));
	else
		rc = failed(st, sqrc, stmt_name(id), e);
	query_done(q);
	return rc;
}

int
store_query(struct store *st, enum stmt id, const struct val *v, size_t nv,
    struct query **q, struct err *e)
{
	*q = NULL;
	return start(st, id, v, nv, q, e);
}

/*
 * The first step of a statement takes a snapshot where there is none.  For a
 * moment after the writer began its WAL anew a reader, who may not write the
 * index, is told that it cannot: no busy handler is asked then, so we wait
 * here.
 */
static int
step_first(struct store *st, sqlite3_stmt *s)
{
	const struct timespec	wait = { .tv_sec = 0,
				    .tv_nsec = SNAPSHOT_WAIT * 1000000L };
	int			sqrc, tries;

	for (tries = 0; ; tries++) {
		sqrc = sqlite3_step(s);
		if (st->writer || (sqrc & 0xff) != SQLITE_READONLY ||
		    tries == SNAPSHOT_TRIES)
			return sqrc;
		(void)sqlite3_reset(s);
		(void)nanosleep(&wait, NULL);	/* less is no harm */
	}
}

int
query_next(struct query *q, bool *row, struct err *e)
{
	int	sqrc;

	*row = false;
	if (q == NULL || !q->open)
		return err_set(e, ERR_INVAL, "a query that is not open");
	if (q->ended)
		return 0;
	sqrc = q->begun ? sqlite3_step(q->s) : step_first(q->st, q->s);
	q->begun = true;
	if (sqrc == SQLITE_ROW) {
		*row = true;
		return 0;
	}
	q->ended = true;
	if (sqrc != SQLITE_DONE)
		return failed(q->st, sqrc, stmt_name(q->id), e);
	return 0;
}

bool
query_is_null(struct query *q, int col)
{
	return sqlite3_column_type(q->s, col) == SQLITE_NULL;
}

int64_t
query_int(struct query *q, int col)
{
	return sqlite3_column_int64(q->s, col);
}

const char *
query_text(struct query *q, int col)
{
	return (const char *)sqlite3_column_text(q->s, col);
}

struct octets
query_blob(struct query *q, int col)
{
	const void	*p = sqlite3_column_blob(q->s, col);

	return OCTETS(p, (size_t)sqlite3_column_bytes(q->s, col));
}

void
query_done(struct query *q)
{
	if (q == NULL || !q->open)
		return;
	/* The failure, if there was one, was told by the step. */
	(void)sqlite3_reset(q->s);
	(void)sqlite3_clear_bindings(q->s);
	q->open = false;
}

/* ---- transactions ---- */

static int
run_own(struct store *st, enum own which)
{
	int	sqrc;

	sqrc = sqlite3_step(st->own[which]);
	(void)sqlite3_reset(st->own[which]);
	return sqrc == SQLITE_DONE ? SQLITE_OK : sqrc;
}

/* What takes the snapshot of a transaction, too. */
static int
read_version(struct store *st, struct err *e)
{
	sqlite3_stmt	*s = st->own[OWN_VERSION];
	int		 sqrc, rc = 0;

	if ((sqrc = step_first(st, s)) == SQLITE_ROW)
		st->version = sqlite3_column_int64(s, 0);
	else
		rc = failed(st, sqrc, "snapshot", e);
	(void)sqlite3_reset(s);
	return rc;
}

int
store_begin_at(struct store *st, const char *file, int line, struct err *e)
{
	int	sqrc, rc;

	if (st->in_txn)
		return err_set(e, ERR_INVAL, "%s:%d: the transaction begun at "
		    "%s:%d is open", file, line, st->begin_file,
		    st->begin_line);
	if ((rc = usable(st, e)) != 0)
		return rc;
	step(st, "begin");
	if ((sqrc = run_own(st, OWN_BEGIN)) != SQLITE_OK)
		return failed(st, sqrc, "begin", e);
	st->in_txn = true;
	st->in_savepoint = false;
	st->lost = false;
	st->begin_file = file;
	st->begin_line = line;
	/* BEGIN alone takes no snapshot; the first thing read does. */
	if ((rc = read_version(st, e)) != 0)
		store_rollback(st);
	return rc;
}

/* An I/O failure at COMMIT leaves open what the disk holds. */
static bool
outcome_open(int sqrc)
{
	switch (sqrc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_FULL:
	case SQLITE_CONSTRAINT:
		return false;
	default:
		return true;
	}
}

int
store_commit(struct store *st, struct err *e)
{
	int	sqrc, rc;

	if (!st->in_txn)
		return err_set(e, ERR_INVAL, "commit without a transaction");
	if ((rc = usable(st, e)) != 0) {
		store_rollback(st);
		return rc;
	}
	step(st, "commit");
	st->committing = true;
	sqrc = run_own(st, OWN_COMMIT);
	st->committing = false;
	if (sqrc != SQLITE_OK) {
		rc = failed(st, sqrc, "commit", e);
		if (st->writer && outcome_open(sqrc))
			st->broken = true;
		store_rollback(st);
		return rc;
	}
	st->in_txn = false;
	st->in_savepoint = false;
	step(st, "committed");
	return 0;
}

void
store_rollback(struct store *st)
{
	if (!st->in_txn)
		return;
	step(st, "rollback");
	st->in_txn = false;
	st->in_savepoint = false;
	st->lost = false;
	if (sqlite3_get_autocommit(st->db))
		return;		/* SQLite did so itself, after a failure */
	(void)run_own(st, OWN_ROLLBACK);
	if (!sqlite3_get_autocommit(st->db))
		st->broken = true;
}

bool
store_in_txn(const struct store *st)
{
	return st->in_txn;
}

int
store_savepoint(struct store *st, struct err *e)
{
	int	sqrc, rc;

	if (!st->in_txn || st->in_savepoint)
		return err_set(e, ERR_INVAL, "a savepoint stands alone inside "
		    "a transaction");
	if ((rc = usable(st, e)) != 0)
		return rc;
	if ((sqrc = run_own(st, OWN_SAVEPOINT)) != SQLITE_OK)
		return failed(st, sqrc, "savepoint", e);
	st->in_savepoint = true;
	return 0;
}

int
store_release(struct store *st, struct err *e)
{
	int	sqrc, rc;

	if (!st->in_savepoint)
		return err_set(e, ERR_INVAL, "release without a savepoint");
	if ((rc = usable(st, e)) != 0)
		return rc;
	if ((sqrc = run_own(st, OWN_RELEASE)) != SQLITE_OK)
		return failed(st, sqrc, "release", e);
	st->in_savepoint = false;
	return 0;
}

void
store_undo(struct store *st)
{
	if (!st->in_savepoint)
		return;
	st->in_savepoint = false;
	/* What cannot be undone may not be committed. */
	if (run_own(st, OWN_UNDO) != SQLITE_OK ||
	    run_own(st, OWN_RELEASE) != SQLITE_OK)
		st->lost = true;
}

int
store_version(struct store *st, int64_t *v, struct err *e)
{
	int	rc;

	*v = 0;
	if ((rc = usable(st, e)) != 0)
		return rc;
	/* Inside a transaction nothing else can have been committed to see. */
	if (!st->in_txn && (rc = read_version(st, e)) != 0)
		return rc;
	*v = st->version;
	return 0;
}

int
store_copy(struct store *st, const char *path, struct err *e)
{
	sqlite3		*to = NULL;
	sqlite3_backup	*b = NULL;
	int		 sqrc, rc;

	if ((rc = usable(st, e)) != 0)
		return rc;
	if (!st->in_txn)
		return err_set(e, ERR_INVAL, "copying outside a transaction");
	/* Nobody else sees the new file: no journal, no locks. */
	if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous "
	    "= OFF", NULL, NULL, NULL) != SQLITE_OK ||
	    (b = sqlite3_backup_init(to, "main", st->db, "main")) == NULL) {
		rc = err_set_id(e, ERR_STORE, "store-io", "copy %s: %s", path,
		    to != NULL ? sqlite3_errmsg(to) : "out of memory");
		goto out;
	}
	sqrc = sqlite3_backup_step(b, -1);
	if (sqlite3_backup_finish(b) != SQLITE_OK || sqrc != SQLITE_DONE) {
		rc = err_set_id(e, ERR_STORE, (sqrc & 0xff) == SQLITE_FULL ?
		    "store-full" : "store-io", "copy %s: %s", path,
		    sqlite3_errstr(sqrc));
		goto out;
	}
	rc = 0;
out:
	/* Nothing is prepared on it, so this cannot be refused. */
	(void)sqlite3_close(to);
	return rc;
}

void
store_on_step(struct store *st, void (*fn)(void *arg, const char *name),
    void *arg)
{
	st->step = fn;
	st->step_arg = arg;
}
