#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "registry/keep/import_book.h"

#define HMAC_BLOCK	64	/* of SM3, octets */

static int
load(struct store *st, enum stmt by, struct val v, struct import_book *b,
    uint8_t digest[SM3_LEN], bool *found, struct err *e)
{
	struct query	*q = NULL;
	int		 rc;

	memset(b, 0, sizeof(*b));
	*found = false;
	if ((rc = store_query(st, by, &v, 1, &q, e)) != 0 ||
	    (rc = query_next(q, found, e)) != 0 || !*found)
		goto out;
	assert(query_blob(q, 2).len == SM3_LEN &&
	    query_blob(q, 3).len == SM3_LEN);
	memcpy(digest, query_blob(q, 2).p, SM3_LEN);
	memcpy(b->secret, query_blob(q, 3).p, SM3_LEN);
	b->id = query_int(q, 0);
	b->began = query_int(q, 4);
	b->at = (uint64_t)query_int(q, 5);
	b->line = (uint64_t)query_int(q, 6);
	b->filed = (uint64_t)query_int(q, 7);
	b->present = (uint64_t)query_int(q, 8);
	b->refused = (uint64_t)query_int(q, 9);
	b->rejects = (uint64_t)query_int(q, 10);
	b->ended = !query_is_null(q, 11);
out:
	query_done(q);
	return rc;
}

int
import_book_find(struct store *st, const char *name,
    const uint8_t digest[SM3_LEN], struct import_book *b, bool *found,
    struct err *e)
{
	uint8_t	had[SM3_LEN];
	int	rc;

	if ((rc = load(st, STMT_OFFICE_IMPORT_BY_NAME, val_text(name), b, had,
	    found, e)) != 0)
		return rc;
	if (*found && memcmp(had, digest, SM3_LEN) != 0) {
		*found = false;
		return err_set_id(e, ERR_CONFLICT, "import-differs",
		    "another file called %s was imported before, and ended or "
		    "stopped at line %llu; give this one another name", name,
		    (unsigned long long)b->line);
	}
	if (*found)
		return 0;
	/* The same octets under another name go on, too. */
	return load(st, STMT_OFFICE_IMPORT_BY_DIGEST,
	    val_blob(OCTETS(digest, SM3_LEN)), b, had, found, e);
}

int
import_book_new(struct store *st, const char *name,
    const uint8_t digest[SM3_LEN], int64_t now, struct import_book *b,
    struct err *e)
{
	struct query	*q = NULL;
	bool		 row;
	int		 rc;

	memset(b, 0, sizeof(*b));
	sm_random(b->secret, sizeof(b->secret));
	b->began = now;

	const struct val	v[] = { val_text(name),
				    val_blob(OCTETS(digest, SM3_LEN)),
				    val_blob(OCTETS(b->secret, SM3_LEN)),
				    val_int(now) };
	if ((rc = store_query(st, STMT_OFFICE_IMPORT_NEW, v, 4, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0)
		b->id = query_int(q, 0);
	query_done(q);
	return rc;
}

int
import_book_step(struct store *st, const struct import_book *b, int64_t now,
    struct err *e)
{
	const struct val	v[] = { val_int(b->id),
				    val_int((int64_t)b->at),
				    val_int((int64_t)b->line),
				    val_int((int64_t)b->filed),
				    val_int((int64_t)b->present),
				    val_int((int64_t)b->refused),
				    val_int((int64_t)b->rejects),
				    b->ended ? val_int(now) : val_null() };

	return store_run(st, STMT_OFFICE_IMPORT_STEP, v, 8, NULL, e);
}

static void
inner(struct sm3 *h, const uint8_t key[SM3_LEN], uint8_t pad)
{
	uint8_t	block[HMAC_BLOCK];
	size_t	i;

	memset(block, pad, sizeof(block));
	for (i = 0; i < SM3_LEN; i++)
		block[i] ^= key[i];
	sm3_add(h, block, sizeof(block));
	mem_wipe(block, sizeof(block));
}

void
import_book_derive(const struct import_book *b, const char *what,
    const char *code, uint8_t *out, size_t n)
{
	struct sm3	*h = sm3_new();
	uint8_t		 d[SM3_LEN];

	assert(n <= sizeof(d));
	inner(h, b->secret, 0x36);
	sm3_add(h, what, strlen(what) + 1);
	sm3_add(h, code, strlen(code));
	sm3_end(h, d);
	inner(h, b->secret, 0x5c);
	sm3_add(h, d, sizeof(d));
	sm3_end(h, d);
	memcpy(out, d, n);
	mem_wipe(d, sizeof(d));
	sm3_free(h);
}
