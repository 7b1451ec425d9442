#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "schema/tables.h"
#include "store/migrate.h"

#define KIND_PROVINCE	1u
#define KIND_PEER	2u
#define KIND_BOTH	(KIND_PROVINCE | KIND_PEER)

struct migration {
	int		 version;
	unsigned	 kinds;
	const char	*sql;
};

/* Ascending.  A row that was released stays as it is. */
static const struct migration migrations[] = {
	{ 1, KIND_BOTH,		SQL_0001_LOG_SQL },
	{ 2, KIND_PROVINCE,	SQL_0002_OFFICE_SQL },
	{ 3, KIND_PEER,		SQL_0003_PEER_SQL },
	{ 4, KIND_PROVINCE,	SQL_0004_IMPORT_SQL },
	{ 5, KIND_PROVINCE,	SQL_0005_OCSP_SQL },
	{ 6, KIND_PROVINCE,	SQL_0006_SHARDS_SQL },
	{ 7, KIND_PROVINCE,	SQL_0007_REQUESTS_SQL },
	{ 8, KIND_PROVINCE,	SQL_0008_PICTURES_SQL },
	{ 9, KIND_PROVINCE,	SQL_0009_OCSP_ORDER_SQL },
	{ 10, KIND_PROVINCE,	SQL_0010_AUTHORITY_SQL },
	{ 11, KIND_PROVINCE,	SQL_0011_RENEWAL_SQL },
	{ 12, KIND_PROVINCE,	SQL_0012_KEYS_AHEAD_SQL },
	{ 13, KIND_PROVINCE,	SQL_0013_ISSUERS_SQL },
	{ 14, KIND_PROVINCE,	SQL_0014_KEYS_FAIR_SQL },
};

#define NMIGRATIONS	(sizeof(migrations) / sizeof(migrations[0]))

/* The application_id of each kind: "SRPV", "SRPR". */
#define APP_PROVINCE	0x53525056
#define APP_PEER	0x53525052
#define TEXT_OF(X)	#X
#define SET_APP(X)	"PRAGMA application_id = " TEXT_OF(X)

static unsigned
kind_bit(enum store_kind kind)
{
	return kind == STORE_PROVINCE ? KIND_PROVINCE : KIND_PEER;
}

static int
newest(enum store_kind kind)
{
	size_t	i;
	int	v = 0;

	for (i = 0; i < NMIGRATIONS; i++)
		if (migrations[i].kinds & kind_bit(kind))
			v = migrations[i].version;
	return v;
}

static int
sql_failed(sqlite3 *db, const char *what, struct err *e)
{
	int	rc = sqlite3_errcode(db) & 0xff;

	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED || rc == SQLITE_READONLY)
		return err_set_id(e, ERR_BUSY, "store-busy", "%s: %s", what,
		    sqlite3_errmsg(db));
	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB)
		return err_set_id(e, ERR_STORE, "store-corrupt", "%s: %s",
		    what, sqlite3_errmsg(db));
	return err_set(e, ERR_STORE, "%s: %s", what, sqlite3_errmsg(db));
}

static int
read_int(sqlite3 *db, const char *sql, int64_t *v, struct err *e)
{
	sqlite3_stmt	*s = NULL;
	int		 rc;

	*v = 0;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK ||
	    sqlite3_step(s) != SQLITE_ROW) {
		rc = sql_failed(db, sql, e);
		goto out;
	}
	*v = sqlite3_column_int64(s, 0);
	rc = 0;
out:
	sqlite3_finalize(s);
	return rc;
}

/* Where a file stands; *version 0: empty. */
static int
look(sqlite3 *db, enum store_kind kind, int64_t *version, struct err *e)
{
	int64_t	app, tables, want;
	int	rc;

	want = kind == STORE_PROVINCE ? APP_PROVINCE : APP_PEER;
	if ((rc = read_int(db, "PRAGMA user_version", version, e)) != 0 ||
	    (rc = read_int(db, "PRAGMA application_id", &app, e)) != 0 ||
	    (rc = read_int(db, "SELECT count(*) FROM sqlite_schema", &tables,
	    e)) != 0)
		return rc;
	if (app != want && (app != 0 || *version != 0 || tables != 0))
		return err_set_id(e, ERR_CONFLICT, "store-kind", "the database "
		    "is of another kind (application_id %lld)",
		    (long long)app);
	if (*version > newest(kind))
		return err_set_id(e, ERR_CONFLICT, "store-too-new",
		    "the database is at version %lld, this program knows %d",
		    (long long)*version, newest(kind));
	return 0;
}

static int
exec(sqlite3 *db, const char *sql, struct err *e)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sql_failed(db, "migration", e);
	return 0;
}

/* One migration and its number, together or not at all. */
static int
apply(sqlite3 *db, const struct migration *m, enum store_kind kind,
    struct err *e)
{
	char	version[48];
	int	rc;

	/* A pragma takes no parameter: the one text made here, of an int. */
	sqlite3_snprintf((int)sizeof(version), version,
	    "PRAGMA user_version = %d", m->version);
	if ((rc = exec(db, m->sql, e)) != 0 ||
	    (rc = exec(db, version, e)) != 0)
		return rc;
	return exec(db, kind == STORE_PROVINCE ? SET_APP(APP_PROVINCE) :
	    SET_APP(APP_PEER), e);
}

int
migrate_up(sqlite3 *db, enum store_kind kind, struct err *e)
{
	int64_t	version;
	size_t	i;
	int	rc;

	/* Look once without a write lock: nothing to do is the common case. */
	if ((rc = look(db, kind, &version, e)) != 0)
		return rc;
	for (i = 0; i < NMIGRATIONS; i++) {
		if (!(migrations[i].kinds & kind_bit(kind)) ||
		    migrations[i].version <= version)
			continue;
		if ((rc = exec(db, "BEGIN IMMEDIATE", e)) != 0)
			return rc;
		if ((rc = look(db, kind, &version, e)) == 0 &&
		    migrations[i].version > version &&
		    (rc = apply(db, &migrations[i], kind, e)) == 0)
			version = migrations[i].version;
		if (rc == 0)
			rc = exec(db, "COMMIT", e);
		if (rc != 0) {
			/* The first error is the one to tell. */
			(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
			return rc;
		}
	}
	return 0;
}

int
migrate_check(sqlite3 *db, enum store_kind kind, struct err *e)
{
	int64_t	version;
	int	rc;

	if ((rc = look(db, kind, &version, e)) != 0)
		return rc;
	if (version < newest(kind))
		return err_set_id(e, ERR_BUSY, "store-too-old", "the database "
		    "is at version %lld, not yet at %d", (long long)version,
		    newest(kind));
	return 0;
}
