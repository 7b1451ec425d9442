#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sync/log.h"
#include "sync/logrow.h"

/*
 * Levels of the map that are kept in memory: 4 MiB when all 2^17 hashes are
 * there.  The memory comes zeroed and untouched pages of it cost nothing: 32
 * zero octets, which no hash has, stand for the root of an empty subtree.
 */
#define CACHE_LEVELS	16
#define CACHE_STRATA	(CACHE_LEVELS / GROUP_LEVELS)

struct logview {
	struct store	*st;
	bool		 fresh;		/* the cache is that of version */
	int64_t		 version;
	bool		 has_head;
	struct log_head	 head;
	char		*note;
	struct tile_rows tiles;

	struct buf	 epoch_entry;
	struct hash	 path[TLOG_PATH_MAX];
	size_t		 npath;

	struct hash	*map;		/* levels 1 .. CACHE_LEVELS */
	unsigned	 map_depth;
	int64_t		 map_epoch;	/* -1: nothing was read */
	struct hash	 empty[MAP_DEPTH_MAX + 1];	/* by height */

	struct buf	 rows, refs, record, entry, group;
};

int
logview_open(struct store *st, struct logview **out, struct err *e)
{
	struct logview	*lv;
	unsigned	 h;

	(void)e;		/* nothing is read before the first refresh */
	lv = xcalloc(1, sizeof(*lv));
	lv->st = st;
	lv->map_epoch = -1;
	tile_rows_init(&lv->tiles, st);
	buf_init(&lv->epoch_entry, LIMIT_ENTRY);
	buf_init(&lv->rows, SIZE_MAX);
	buf_init(&lv->refs, SIZE_MAX);
	buf_init(&lv->record, LIMIT_ENTRY);
	buf_init(&lv->entry, LIMIT_ENTRY);
	buf_init(&lv->group, SIZE_MAX);
	for (h = 0; h <= MAP_DEPTH_MAX; h++)
		map_empty(h, &lv->empty[h]);
	*out = lv;
	return 0;
}

void
logview_free(struct logview *lv)
{
	if (lv == NULL)
		return;
	tile_rows_fini(&lv->tiles);
	buf_fini(&lv->epoch_entry);
	buf_fini(&lv->rows);
	buf_fini(&lv->refs);
	buf_fini(&lv->record);
	buf_fini(&lv->entry);
	buf_fini(&lv->group);
	free(lv->map);
	free(lv->note);
	free(lv);
}

/* ---- the cache ---- */

/* Where node pos of a level (1 and up) stands. */
static size_t
at_level(unsigned level, uint32_t pos)
{
	return ((size_t)1 << level) - 2 + pos;
}

static unsigned
cached_levels(unsigned depth)
{
	return depth < CACHE_LEVELS ? depth : CACHE_LEVELS;
}

static int
take_group(struct logview *lv, int64_t id, struct octets o, struct err *e)
{
	unsigned	s = 0, height, j;
	uint32_t	t;

	while (row_group_id(s + 1, 0) <= id)
		s++;
	t = (uint32_t)(id - row_group_id(s, 0));
	height = s < row_strata(lv->head.map_depth) ?
	    row_group_height(lv->head.map_depth, s) : 0;
	if (height == 0 || o.len != row_group_hashes(height) * SM3_LEN)
		return err_set_id(e, ERR_STORE, "store-corrupt",
		    "node group %lld", (long long)id);
	for (j = 1; j <= height; j++)
		memcpy(&lv->map[at_level(GROUP_LEVELS * s + j, t << j)],
		    o.p + row_group_at(j, 0) * SM3_LEN,
		    ((size_t)1 << j) * SM3_LEN);
	return 0;
}

/* Read the groups that changed after the epoch that the cache stands at. */
static int
refresh_map(struct logview *lv, struct err *e)
{
	unsigned	 levels = cached_levels(lv->head.map_depth);
	struct query	*q = NULL;
	struct val	 v[2];
	bool		 row = true;
	int		 rc;

	if (lv->map_epoch < 0 || lv->map_depth != lv->head.map_depth) {
		free(lv->map);
		lv->map = xcalloc(at_level(levels + 1, 0) + 1,
		    sizeof(*lv->map));
		lv->map_depth = lv->head.map_depth;
		lv->map_epoch = -1;
	}
	v[0] = val_int(lv->map_epoch);
	v[1] = val_int(row_group_id(CACHE_STRATA, 0));
	if ((rc = store_query(lv->st, STMT_NODE_SINCE, v, 2, &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row)
		if ((rc = take_group(lv, query_int(q, 0), query_blob(q, 1),
		    e)) != 0)
			goto out;
	if (rc == 0)
		lv->map_epoch = (int64_t)lv->head.epoch;
out:
	query_done(q);
	if (rc != 0)
		lv->map_epoch = -1;
	return rc;
}

static int
refresh_epoch(struct logview *lv, struct err *e)
{
	struct tlog_reader	rd = tile_rows_reader(&lv->tiles);
	int			rc;

	if ((rc = row_blob(lv->st, STMT_ENTRY_GET, (int64_t)lv->head.epoch,
	    &lv->epoch_entry, NULL, e)) != 0)
		return rc;
	return tlog_inclusion(&rd, lv->head.epoch, lv->head.size, lv->path,
	    &lv->npath, e);
}

static int
refresh(struct logview *lv, struct err *e)
{
	struct log_head	head;
	char		*note = NULL;
	uint64_t	size = lv->has_head ? lv->head.size : 0;
	int64_t		version;
	bool		found;
	int		rc;

	if ((rc = store_version(lv->st, &version, e)) != 0)
		return rc;
	if (lv->fresh && version == lv->version)
		return 0;
	lv->fresh = false;
	if ((rc = row_head(lv->st, &head, &note, &found, e)) != 0) {
		free(note);
		return rc;
	}
	free(lv->note);
	lv->note = note;
	lv->head = head;
	lv->has_head = found;
	/* Other tables change too, and the head is signed anew every while. */
	if (found && head.size != size &&
	    ((rc = refresh_map(lv, e)) != 0 ||
	    (rc = refresh_epoch(lv, e)) != 0)) {
		lv->has_head = false;	/* the next refresh reads all */
		return rc;
	}
	lv->version = version;
	lv->fresh = true;
	return 0;
}

int
logview_refresh(struct logview *lv, const struct log_head **head,
    struct err *e)
{
	int	rc;

	*head = NULL;
	if ((rc = refresh(lv, e)) == 0 && lv->has_head)
		*head = &lv->head;
	return rc;
}

/* ---- lookups ---- */

/* The siblings below the levels in memory, from the rows. */
static int
deep_siblings(struct logview *lv, uint32_t i, struct hash *siblings,
    struct err *e)
{
	unsigned	depth = lv->head.map_depth, s, height, j, level;
	uint32_t	p;
	bool		found;
	int		rc;

	for (s = CACHE_STRATA; s < row_strata(depth); s++) {
		height = row_group_height(depth, s);
		level = GROUP_LEVELS * s + height;
		if ((rc = row_blob(lv->st, STMT_NODE_GET, row_group_id(s,
		    i >> (depth - GROUP_LEVELS * s)), &lv->group, &found,
		    e)) != 0)
			return rc;
		if (found && lv->group.len != row_group_hashes(height) *
		    SM3_LEN)
			return err_set_id(e, ERR_STORE, "store-corrupt",
			    "node group above bucket %u", i);
		for (j = height; j > 0; j--, level--) {
			p = (i >> (depth - level)) ^ 1;
			if (found)
				memcpy(&siblings[depth - level], lv->group.p +
				    row_group_at(j, p & ((1u << j) - 1)) *
				    SM3_LEN, SM3_LEN);
			else
				siblings[depth - level] =
				    lv->empty[depth - level];
		}
	}
	return 0;
}

static int
find_siblings(struct logview *lv, uint32_t i, struct hash *siblings,
    struct err *e)
{
	static const struct hash zero;
	unsigned	depth = lv->head.map_depth, level;
	const struct hash *h;

	for (level = cached_levels(depth); level > 0; level--) {
		h = &lv->map[at_level(level, (i >> (depth - level)) ^ 1)];
		siblings[depth - level] =
		    memcmp(h, &zero, sizeof(zero)) == 0 ?
		    lv->empty[depth - level] : *h;
	}
	return depth > CACHE_LEVELS ? deep_siblings(lv, i, siblings, e) : 0;
}

/* The record of a row, out of the entry that made it; nothing is hashed. */
static int
find_record(struct logview *lv, const struct ref *ref, struct err *e)
{
	const struct val v[] = { val_int((int64_t)ref->index) };
	struct query	*q = NULL;
	struct octets	 entry;
	bool		 row;
	int		 rc;

	if ((rc = store_query(lv->st, STMT_ENTRY_GET, v, 1, &q, e)) != 0 ||
	    (rc = query_next(q, &row, e)) != 0)
		goto out;
	entry = row ? query_blob(q, 0) : OCTETS(NULL, 0);
	if ((size_t)ref->at + ref->len > entry.len || ref->len == 0) {
		rc = err_set_id(e, ERR_STORE, "store-corrupt", "entry %llu "
		    "does not hold the record that the map says",
		    (unsigned long long)ref->index);
		goto out;
	}
	buf_put(&lv->record, entry.p + ref->at, ref->len);
	rc = 0;
out:
	query_done(q);
	return rc;
}

int
logview_prove(struct logview *lv, const uint8_t key[SM3_LEN],
    struct log_proof *p, struct err *e)
{
	const uint8_t	*row;
	struct ref	 ref;
	int		 rc;

	memset(p, 0, sizeof(*p));
	if ((rc = refresh(lv, e)) != 0)
		return rc;
	if (!lv->has_head)
		return err_set_id(e, ERR_NOTFOUND, "log-empty", "the log has "
		    "no entry yet");
	p->head = &lv->head;
	p->epoch_entry = buf_octets(&lv->epoch_entry);
	p->path = lv->path;
	p->npath = lv->npath;
	p->bucket = map_bucket_of(key, lv->head.map_depth);
	buf_reset(&lv->record);
	if ((rc = row_bucket(lv->st, p->bucket, &lv->rows, &lv->refs,
	    e)) != 0 ||
	    (rc = find_siblings(lv, p->bucket, p->siblings, e)) != 0)
		goto out;
	p->rows = buf_octets(&lv->rows);
	if ((row = map_bucket_find(p->rows, key)) != NULL) {
		ref_get(lv->refs.p + (size_t)(row - p->rows.p) / MAP_ROW *
		    REF_LEN, &ref);
		if ((rc = find_record(lv, &ref, e)) != 0)
			goto out;
		p->record = buf_octets(&lv->record);
		p->index = ref.index;
	}
	rc = 0;
out:
	if (rc != 0)
		memset(p, 0, sizeof(*p));
	return rc;
}

/* ---- tiles and entries ---- */

static int
no_tile(struct err *e)
{
	return err_set_id(e, ERR_NOTFOUND, "no-such-tile", "the tile is "
	    "beyond the served size");
}

static int
bundle(struct logview *lv, uint64_t from, unsigned width, struct buf *out,
    struct err *e)
{
	const struct val v[] = { val_int((int64_t)from),
			     val_int((int64_t)(from + width)) };
	struct query	*q = NULL;
	bool		 row;
	unsigned	 n = 0;
	int		 rc;

	if ((rc = store_query(lv->st, STMT_ENTRY_RANGE, v, 2, &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		bundle_put(out, query_blob(q, 1));
		n++;
	}
	if (rc == 0 && n != width)
		rc = err_set_id(e, ERR_STORE, "store-corrupt", "entries from "
		    "%llu on are not whole", (unsigned long long)from);
out:
	query_done(q);
	return rc;
}

int
logview_tile(struct logview *lv, const struct tile_name *t, struct buf *out,
    struct err *e)
{
	uint64_t	have;
	unsigned	level = t->level < 0 ? 0 : (unsigned)t->level;
	int		rc;

	if ((rc = refresh(lv, e)) != 0)
		return rc;
	have = lv->has_head && level < TILE_LEVELS ?
	    lv->head.size >> (8 * level) : 0;
	if (t->width == 0 || t->width > TILE_WIDTH ||
	    t->n > have / TILE_WIDTH ||
	    t->width > have - t->n * TILE_WIDTH)
		return no_tile(e);
	if (t->level < 0)
		return bundle(lv, t->n * TILE_WIDTH, t->width, out, e);
	if ((rc = row_blob(lv->st, STMT_TILE_GET, row_tile_id(level, t->n),
	    &lv->group, NULL, e)) != 0)
		return rc;
	if (lv->group.len < t->width * SM3_LEN)
		return err_set_id(e, ERR_STORE, "store-corrupt", "tile %u/%llu"
		    " is short", level, (unsigned long long)t->n);
	buf_put(out, lv->group.p, t->width * SM3_LEN);
	return 0;
}

static int
within(struct logview *lv, uint64_t index, struct err *e)
{
	int	rc;

	if ((rc = refresh(lv, e)) != 0)
		return rc;
	if (!lv->has_head || index >= lv->head.size)
		return err_set_id(e, ERR_NOTFOUND, "no-such-entry", "entry "
		    "%llu is beyond the served size",
		    (unsigned long long)index);
	return 0;
}

int
logview_entry(struct logview *lv, uint64_t index, struct octets *entry,
    struct err *e)
{
	int	rc;

	*entry = OCTETS(NULL, 0);
	if ((rc = within(lv, index, e)) != 0 ||
	    (rc = row_blob(lv->st, STMT_ENTRY_GET, (int64_t)index, &lv->entry,
	    NULL, e)) != 0)
		return rc;
	*entry = buf_octets(&lv->entry);
	return 0;
}

int
logview_inclusion(struct logview *lv, uint64_t index,
    struct hash path[TLOG_PATH_MAX], size_t *n, struct err *e)
{
	struct tlog_reader	rd = tile_rows_reader(&lv->tiles);
	int			rc;

	*n = 0;
	if ((rc = within(lv, index, e)) != 0)
		return rc;
	return tlog_inclusion(&rd, index, lv->head.size, path, n, e);
}
