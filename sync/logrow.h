#ifndef SYNC_LOGROW_H
#define SYNC_LOGROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"
#include "sync/log.h"
#include "sync/tlog.h"

/*
 * The rows of a log in a store, for log.c, logmap.c, logview.c, audit.c and
 * pull.c alone: how they are numbered and how one is read (docs/storage.md).
 */

/* Tiles of the tree: level << 48 | n. */
int64_t	 row_tile_id(unsigned level, uint64_t n);

/*
 * Inner nodes of the map come in groups of up to four levels.  Group t of
 * stratum s hangs below node t of level 4s and has row_group_height() levels;
 * its hashes stand top down, left to right, without its own root.
 */
#define GROUP_LEVELS	4
#define GROUP_HASHES	30	/* 2 + 4 + 8 + 16 */
unsigned row_strata(unsigned depth);
unsigned row_group_height(unsigned depth, unsigned s);
int64_t	 row_group_id(unsigned s, uint32_t t);
/* Where the hash of level j (1 is the top), position p, stands. */
size_t	 row_group_at(unsigned j, uint32_t p);
size_t	 row_group_hashes(unsigned height);

/* A row's reference to its record: 12 octets in bucket.refs. */
#define REF_LEN	12
struct ref {
	uint64_t	index;		/* of the entry */
	uint16_t	at, len;	/* of the record in it */
};
void	 ref_put(const struct ref *r, uint8_t out[REF_LEN]);
void	 ref_get(const uint8_t in[REF_LEN], struct ref *r);

/*
 * Read the one blob of the row that a statement with one parameter finds into
 * out, replacing what it held.  *found may be NULL: then its absence is
 * ERR_STORE "store-corrupt".
 */
int	 row_blob(struct store *st, enum stmt id, int64_t key,
	    struct buf *out, bool *found, struct err *e) MUST_CHECK;
/* A bucket's rows and refs; both empty where there is none. */
int	 row_bucket(struct store *st, uint32_t i, struct buf *rows,
	    struct buf *refs, struct err *e) MUST_CHECK;
/* The record that ref points to, into out, if its digest is value. */
int	 row_record(struct store *st, const struct ref *ref,
	    const uint8_t value[SM3_LEN], struct buf *out,
	    struct err *e) MUST_CHECK;
/* The head; *found false: the log is empty.  *note is freed by the caller. */
int	 row_head(struct store *st, struct log_head *head, char **note,
	    bool *found, struct err *e) MUST_CHECK;

/*
 * Hashes out of tile rows, for struct tlog_reader.  The last tile of each
 * level is kept; tiles only grow, so what was read stays true.
 */
#define TILE_LEVELS	8
struct tile_rows {
	struct store	*st;
	struct {
		uint64_t	n;
		struct buf	hashes;
	} level[TILE_LEVELS];
};
void	 tile_rows_init(struct tile_rows *tr, struct store *st);
void	 tile_rows_fini(struct tile_rows *tr);
void	 tile_rows_forget(struct tile_rows *tr);
/* Valid as long as tr. */
struct tlog_reader tile_rows_reader(struct tile_rows *tr);

/* Root of a full tile. */
void	 tile_root(const uint8_t hashes[TILE_WIDTH * SM3_LEN],
	    struct hash *root);

#endif /* SYNC_LOGROW_H */
