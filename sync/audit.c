#include <stdlib.h>
#include <string.h>

#include "sync/logwork.h"

static int
differs(struct err *e, const char *what, uint64_t number)
{
	return err_set_id(e, ERR_VERIFY, "audit-differs", "%s %llu is not "
	    "what the entries make", what, (unsigned long long)number);
}

/* Replay every entry into lg, which is in memory. */
static int
replay_all(struct store *st, struct log *lg, struct log_audit *a,
    struct err *e)
{
	const struct val v[] = { val_int(0), val_int(INT64_MAX) };
	struct query	*q = NULL;
	bool		 row = true;
	int		 rc;

	if ((rc = store_query(st, STMT_ENTRY_RANGE, v, 2, &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		if ((uint64_t)query_int(q, 0) != a->entries) {
			rc = differs(e, "entry", a->entries);
			goto out;
		}
		if ((rc = log_work_replay(lg, query_blob(q, 1), e)) != 0)
			goto out;
		a->entries++;
		a->epochs += lg->last_is_epoch;
	}
out:
	query_done(q);
	return rc;
}

static int
compare_head(struct store *st, const struct log *lg, struct err *e)
{
	struct log_head	head;
	struct hash	root;
	char		*note = NULL;
	bool		found;
	int		rc;

	if ((rc = row_head(st, &head, &note, &found, e)) != 0)
		return rc;
	free(note);
	if (!found && lg->edge.size == 0)
		return 0;
	tlog_edge_root(&lg->edge, &root);
	if (!found || head.size != lg->edge.size || !lg->last_is_epoch ||
	    memcmp(&head.root, &root, sizeof(root)) != 0 ||
	    head.epoch != lg->last_epoch ||
	    memcmp(&head.map_root, &lg->last_map_root, sizeof(root)) != 0 ||
	    head.map_count != lg->count || head.map_depth != lg->depth ||
	    head.epoch_time != lg->last_time)
		return differs(e, "head of size", found ? head.size : 0);
	return 0;
}

static int
compare_tiles(struct store *st, const struct log *lg, uint64_t *tiles,
    struct err *e)
{
	struct buf	 hashes, up, tile, swap;
	struct hash	 root;
	size_t		 n, at, len;
	unsigned	 l;
	bool		 found;
	int		 rc = 0;

	*tiles = 0;
	buf_init(&hashes, SIZE_MAX);
	buf_init(&up, SIZE_MAX);
	buf_init(&tile, SIZE_MAX);
	buf_put_octets(&hashes, buf_octets(&lg->leaves));
	for (l = 0; hashes.len > 0; l++) {
		buf_reset(&up);
		for (n = at = 0; at < hashes.len; n++, at += len) {
			len = hashes.len - at;
			if (len > TILE_WIDTH * SM3_LEN)
				len = TILE_WIDTH * SM3_LEN;
			if ((rc = row_blob(st, STMT_TILE_GET,
			    row_tile_id(l, n), &tile, &found, e)) != 0)
				goto out;
			if (!found || tile.len != len ||
			    memcmp(tile.p, hashes.p + at, len) != 0) {
				rc = differs(e, "tile", n);
				goto out;
			}
			++*tiles;
			if (len == TILE_WIDTH * SM3_LEN) {
				tile_root(tile.p, &root);
				buf_put(&up, root.h, SM3_LEN);
			}
		}
		swap = hashes;
		hashes = up;
		up = swap;
	}
out:
	buf_fini(&hashes);
	buf_fini(&up);
	buf_fini(&tile);
	return rc;
}

/* No row stands beside those that were compared. */
static int
compare_counts(struct store *st, const uint64_t want[4], struct err *e)
{
	static const char *const what[] = {
		"number of entries", "number of tiles", "number of buckets",
		"number of node groups"
	};
	struct query	*q = NULL;
	bool		 row;
	int		 i, rc;

	if ((rc = store_query(st, STMT_LOG_COUNTS, NULL, 0, &q, e)) != 0 ||
	    (rc = query_next(q, &row, e)) != 0)
		goto out;
	for (i = 0; i < 4 && rc == 0; i++)
		if (!row || (uint64_t)query_int(q, i) != want[i])
			rc = differs(e, what[i], row ?
			    (uint64_t)query_int(q, i) : 0);
out:
	query_done(q);
	return rc;
}

int
log_audit(struct store *st, const struct entry_rules *rules,
    struct log_audit *a, struct err *e)
{
	struct log	*lg;
	uint64_t	 want[4];
	int		 rc;

	memset(a, 0, sizeof(*a));
	lg = log_work_new(st, rules);
	if ((rc = replay_all(st, lg, a, e)) != 0 ||
	    (rc = compare_head(st, lg, e)) != 0 ||
	    (rc = compare_tiles(st, lg, &want[1], e)) != 0 ||
	    (rc = logmap_compare(lg->map, st, &want[2], &want[3], e)) != 0)
		goto out;
	want[0] = a->entries;
	if ((rc = compare_counts(st, want, e)) != 0)
		goto out;
	a->keys = lg->count;
	rc = 0;
out:
	log_free(lg);
	return rc;
}
