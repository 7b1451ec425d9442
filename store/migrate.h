#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "base/err.h"
#include "store/store.h"

/*
 * Migrations: schema/sql/NNNN-what.sql, one row each in migrate.c's table,
 * which says which kinds of file take it.  NNNN counts over all kinds, and is
 * the user_version of a file after it; a file takes those of its kind above
 * its own version, in order, each in a transaction of its own.  A file that
 * was released never changes; a change is a new number.
 */

struct sqlite3;

/*
 * Bring a file up to the newest version of its kind (writers).  ERR_CONFLICT
 * "store-too-new": written by a newer program.  ERR_CONFLICT "store-kind": it
 * is a database of something else.
 */
int	 migrate_up(struct sqlite3 *db, enum store_kind kind,
	    struct err *e) MUST_CHECK;
/*
 * Is it at the newest version (readers)?  As above, and ERR_BUSY
 * "store-too-old": no writer has migrated it yet.
 */
int	 migrate_check(struct sqlite3 *db, enum store_kind kind,
	    struct err *e) MUST_CHECK;

#endif /* STORE_MIGRATE_H */
