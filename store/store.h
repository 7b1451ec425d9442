#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/stmt.h"

/*
 * Storage: numbered statements over a database file, SQLite behind it now.
 * No SQL is composed at run time, and none stands outside store/stmt_*.inc.
 * Each opener names the statements it may run; any other is ERR_DENIED, and
 * an authorizer inside the database refuses whatever else would be prepared.
 *
 * One writing handle a file: it alone checkpoints the WAL.  Readers open with
 * mode=ro and readonly_shm=1 and keep a transaction no longer than a request.
 */

/* Longest value, octets: pictures and materials are far below. */
#define LIMIT_VALUE	(64u << 20)

struct store;			/* opaque; one handle */
struct query;			/* opaque; a running statement */

enum store_mode {
	STORE_CREATE = 1,	/* writer; make and migrate the file */
	STORE_WRITE,		/* writer; the file must be there, is migrated */
	STORE_READ		/* reader */
};

/* Which migrations a file has: the own province's or a peer's. */
enum store_kind {
	STORE_PROVINCE = 1,	/* office and registry tables */
	STORE_PEER		/* registry tables and what we know of the peer */
};

struct store_spec {
	const char	*path;
	enum store_mode	 mode;
	enum store_kind	 kind;
	const enum stmt	*may;	/* statements allowed, ends with STMT_NONE */
};

/* Caller closes with store_close(), which accepts NULL. */
int	 store_open(const struct store_spec *spec, struct store **st,
	    struct err *e) MUST_CHECK;
void	 store_close(struct store *st);

/* A bound value.  Views are borrowed until the statement has run. */
enum val_type { VAL_NULL = 0, VAL_INT, VAL_TEXT, VAL_BLOB };
struct val {
	enum val_type	 type;
	int64_t		 i;
	struct octets	 o;
};
struct val val_null(void);
struct val val_int(int64_t i);
struct val val_text(const char *s);	/* NULL is NULL */
struct val val_blob(struct octets o);

/*
 * Run a statement that returns no rows.  *changes (may be NULL) gets the
 * number of rows changed.  ERR_CONFLICT: a constraint or trigger refused it.
 */
int	 store_run(struct store *st, enum stmt id, const struct val *v,
	    size_t nv, int64_t *changes, struct err *e) MUST_CHECK;

/*
 * Run a query.  query_next() sets *row; columns are tied to the row.  Always
 * end with query_done(), which accepts NULL.  One statement may not be open
 * twice at the same time.
 */
int	 store_query(struct store *st, enum stmt id, const struct val *v,
	    size_t nv, struct query **q, struct err *e) MUST_CHECK;
int	 query_next(struct query *q, bool *row, struct err *e) MUST_CHECK;
bool	 query_is_null(struct query *q, int col);
int64_t	 query_int(struct query *q, int col);
const char *query_text(struct query *q, int col);	/* NULL for NULL */
struct octets query_blob(struct query *q, int col);
void	 query_done(struct query *q);

/*
 * The one way to begin and end a transaction; it remembers where it began.
 * Writers begin IMMEDIATE; readers get one snapshot.  A savepoint nests one
 * level: an operation of a batch that fails is undone alone.
 *
 * store_commit() is durable when it returns 0 (synchronous=FULL).  When it
 * fails, the transaction is rolled back, or the handle is unusable and says
 * ERR_STORE "store-broken" for ever: the process then exits.
 */
#define store_begin(st, e)	store_begin_at((st), __FILE__, __LINE__, (e))
int	 store_begin_at(struct store *st, const char *file, int line,
	    struct err *e) MUST_CHECK;
int	 store_commit(struct store *st, struct err *e) MUST_CHECK;
void	 store_rollback(struct store *st);
bool	 store_in_txn(const struct store *st);
int	 store_savepoint(struct store *st, struct err *e) MUST_CHECK;
int	 store_release(struct store *st, struct err *e) MUST_CHECK;
void	 store_undo(struct store *st);		/* back to the savepoint */

/*
 * Changes whenever another handle has committed: a reader whose number is
 * the same may trust its cache.
 */
int	 store_version(struct store *st, int64_t *v, struct err *e) MUST_CHECK;

/*
 * Copy what this transaction of a reader sees into a new file at path, page by
 * page, without holding up the writer; only the WAL cannot begin anew while it
 * runs.  The caller has made the file (empty, with its mode) and syncs it.
 */
int	 store_copy(struct store *st, const char *path,
	    struct err *e) MUST_CHECK;

/* For tests: call fn before each step of a commit ("begin", "write", ...). */
void	 store_on_step(struct store *st, void (*fn)(void *arg, const char *step),
	    void *arg);

#endif /* STORE_STORE_H */
