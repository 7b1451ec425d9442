#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/stmt.h"
#include "store/store.h"

/*
 * How SQLite means to find what a statement asks for: those that are asked
 * again and again, or by whoever likes, must not walk over all that there is.
 */

#define LIMIT_PLAN	4096

static char	dir[64];
static char	path[96];

static int
setup(void **state)
{
	static const enum stmt	 none[] = { STMT_NONE };
	const struct store_spec	 spec = { .path = path, .mode = STORE_CREATE,
				    .kind = STORE_PROVINCE, .may = none };
	struct store		*st = NULL;
	struct err		 e = ERR_INIT;
	sqlite3			*db;

	strcpy(dir, "/tmp/test_stmt.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/p.db", dir);
	assert_int_equal(store_open(&spec, &st, &e), 0);
	store_close(st);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	*state = db;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const	tail[] = { "", "-wal", "-shm" };
	char				name[128];
	size_t				i;

	assert_int_equal(sqlite3_close(*state), SQLITE_OK);
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, tail[i]);
		(void)unlink(name);
	}
	return rmdir(dir);
}

/* Its lines, one below the other. */
static void
plan(sqlite3 *db, enum stmt id, char out[LIMIT_PLAN])
{
	sqlite3_stmt	*s = NULL;
	char		*sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s",
			    stmt_text(id));
	size_t		 n = 0;

	out[0] = '\0';
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL),
	    SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW && n < LIMIT_PLAN - 256)
		n += (size_t)snprintf(out + n, LIMIT_PLAN - n, "%.200s\n",
		    (const char *)sqlite3_column_text(s, 3));
	sqlite3_finalize(s);
	sqlite3_free(sql);
	assert_true(n > 0);
}

/* Nothing is walked over from its beginning, and nothing is sorted. */
static void
test_walks_an_index(void **state)
{
	static const struct {
		enum stmt	 id;
		const char	*by;
	} cases[] = {
		/* after every commit, whoever many wait for an officer */
		{ STMT_OFFICE_KEY_DUE, "signer_key_due" },
		/* of millions that are filed, those that end soon */
		{ STMT_OFFICE_SEALS_ENDING, "application_ends (valid_until" },
		{ STMT_OFFICE_SEALS_ENDING_COUNT,
		    "application_ends (valid_until" },
		/* all of them, a page after the other */
		{ STMT_OFFICE_SEALS_STANDING,
		    "sqlite_autoindex_seal_made_1 (code>?)" },
		/* of an account's many, how many are waited for */
		{ STMT_OFFICE_KEY_INTEND, "signer_key_account" },
		/* of millions that were certified, who has certified */
		{ STMT_OFFICE_CERTREQ_ISSUERS, "cert_issuers" },
	};
	char	p[LIMIT_PLAN];
	size_t	i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plan(*state, cases[i].id, p);
		if (strstr(p, cases[i].by) == NULL ||
		    strstr(p, "TEMP B-TREE") != NULL ||
		    strstr(p, "application_state") != NULL ||
		    strstr(p, "SCAN cert_request") != NULL)
			fail_msg("%s:\n%s", stmt_name(cases[i].id), p);
	}
}

static void
must(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static int
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt	*s = NULL;
	int		 n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* A row of an application, and of a filed one that ends then. */
#define APPLICATION(ID, ACCOUNT) "INSERT INTO application (id, account," \
	" state, owner_name, credit_code, division, seal_type, seal_name," \
	" horizontal_text, created, updated) VALUES (" ID ", " ACCOUNT \
	", 2, '', '', '', 1, '', '', 0, 0);"
#define FILED(ID, CODE, VERSION, UNTIL) APPLICATION(ID, "1") \
	"UPDATE application SET state = 9, valid_until = " UNTIL \
	", serial = CAST(printf('%016d', " ID ") AS BLOB) WHERE id = " ID ";" \
	"INSERT INTO renewal (application, code, reason, picture_of)" \
	" VALUES (" ID ", '" CODE "', 1, 1);" \
	"INSERT INTO seal_made (code, version, application, seal," \
	" seal_digest, certificate, chain, created) VALUES ('" CODE "', " \
	VERSION ", " ID ", x'', zeroblob(32), x'', x'', 0);"

/* Run a statement with these numbers; column i of its first row, if any. */
static int
run_with(sqlite3 *db, enum stmt id, const int *v, int nv, int i)
{
	sqlite3_stmt	*s = NULL;
	int		 k, n = 0;

	assert_int_equal(sqlite3_prepare_v2(db, stmt_text(id), -1, &s, NULL),
	    SQLITE_OK);
	for (k = 0; k < nv; k++)
		assert_int_equal(sqlite3_bind_int(s, k + 1, v[k]), SQLITE_OK);
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, i);
	assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
	return n;
}

/* One account's many take no more than their part; others get theirs. */
static void
test_keys_of_an_account(void **state)
{
	static const struct {
		int	application, rows;
	} t[] = { { 1, 1 }, { 2, 2 }, { 3, 2 }, { 4, 3 }, { 3, 3 },
	    { 9, 3 } };
	sqlite3	*db = *state;
	size_t	 i;

	must(db, "PRAGMA foreign_keys = OFF;" APPLICATION("1", "7")
	    APPLICATION("2", "7") APPLICATION("3", "7")
	    APPLICATION("4", "8"));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		(void)run_with(db, STMT_OFFICE_KEY_INTEND,
		    (const int[]){ t[i].application, 2 }, 2, 0);
		assert_int_equal(number(db, "SELECT count(*) FROM "
		    "signer_key"), t[i].rows);
	}
	/* A case that ends makes room. */
	must(db, "UPDATE application SET state = 5 WHERE id = 1");
	(void)run_with(db, STMT_OFFICE_KEY_INTEND, (const int[]){ 3, 2 }, 2,
	    0);
	assert_int_equal(number(db, "SELECT count(*) FROM signer_key WHERE "
	    "account = 7"), 2);
}

/* The newest version of each seal whose certificate is good. */
static void
test_ending(void **state)
{
	static const struct {
		int	v[4], soon, later;
	} t[] = {
		{ { 100, 107, 130, 100 }, 2, 3 },
		{ { 100, 105, 106, 100 }, 1, 1 },
		{ { 99, 107, 130, 100 }, 3, 4 },
		{ { 0, 50, 60, 100 }, 0, 0 },
		{ { 100, 107, 130, 1 }, 1, 1 },	/* no more are looked at */
	};
	sqlite3	*db = *state;
	size_t	 i;

	must(db, "PRAGMA foreign_keys = OFF;"
	    FILED("1", "a", "1", "100")		/* ends just now */
	    FILED("2", "b", "1", "104") FILED("3", "c", "1", "106")
	    FILED("4", "d", "1", "129") FILED("5", "e", "1", "130")
	    FILED("6", "f", "1", "106")		/* followed by 7 */
	    FILED("7", "f", "2", "900")
	    FILED("8", "g", "1", "106")		/* revoked */
	    "INSERT INTO certificate (serial, application, created,"
	    " not_after, revoked_at) VALUES ((SELECT serial FROM application"
	    " WHERE id = 8), 8, 0, 0, 1);" APPLICATION("9", "1")
	    "UPDATE application SET valid_until = 106 WHERE id = 9");
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(run_with(db,
		    STMT_OFFICE_SEALS_ENDING_COUNT, t[i].v, 4, 0), t[i].soon);
		assert_int_equal(run_with(db,
		    STMT_OFFICE_SEALS_ENDING_COUNT, t[i].v, 4, 1),
		    t[i].later);
	}
}

/* Issuers are kept once: of what a database of yesterday holds, and of more. */
static void
test_issuers(void **state)
{
	static const enum stmt	 none[] = { STMT_NONE };
	const struct store_spec	 spec = { .path = path, .mode = STORE_WRITE,
				    .kind = STORE_PROVINCE, .may = none };
	struct store		*st = NULL;
	struct err		 e = ERR_INIT;
	sqlite3			*db = *state;

	must(db, "PRAGMA foreign_keys = OFF;"
	    "DROP TRIGGER cert_request_issuers; DROP TABLE cert_issuers;"
	    "INSERT INTO cert_request (application, created, issuers) VALUES"
	    " (1, 0, x'0a'), (2, 0, x'0a'), (3, 0, NULL), (4, 0, NULL),"
	    " (5, 0, NULL);"
	    /* 14 comes along: whose a key is that lies there already. */
	    "DROP TRIGGER signer_key_fixed; DROP INDEX signer_key_account;"
	    "ALTER TABLE signer_key DROP COLUMN account;"
	    "CREATE TRIGGER signer_key_fixed BEFORE UPDATE ON signer_key"
	    " BEGIN SELECT raise(ABORT, 'stays'); END;"
	    APPLICATION("1", "77") "INSERT INTO signer_key (application,"
	    " public_key, wrapped_key) VALUES (1, zeroblob(65), x'01');"
	    "PRAGMA user_version = 12");
	if (store_open(&spec, &st, &e) != 0)
		fail_msg("%s", e.text);
	store_close(st);
	assert_int_equal(number(db, "SELECT account FROM signer_key"), 77);
	assert_int_equal(sqlite3_exec(db, "UPDATE signer_key SET account = 1",
	    NULL, NULL, NULL), SQLITE_CONSTRAINT);
	assert_int_equal(number(db, "SELECT count(*) FROM cert_issuers"), 1);
	must(db, "UPDATE cert_request SET issuers = x'0a' WHERE"
	    " application = 3");
	assert_int_equal(number(db, "SELECT count(*) FROM cert_issuers"), 1);
	must(db, "UPDATE cert_request SET issuers = x'0b' WHERE"
	    " application = 4;"
	    "UPDATE cert_request SET sent = 1 WHERE application = 5");
	assert_int_equal(number(db, "SELECT count(*) FROM cert_issuers WHERE"
	    " issuers IN (x'0a', x'0b')"), 2);
	assert_int_equal(number(db, "SELECT count(*) FROM cert_issuers"), 2);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_walks_an_index, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_issuers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys_of_an_account, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_ending, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
