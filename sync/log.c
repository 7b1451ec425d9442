#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sync/log.h"
#include "sync/logmap.h"
#include "sync/logrow.h"
#include "sync/logwork.h"

static const struct octets	no_octets = { NULL, 0 };

/* ---- life ---- */

static struct log *
make(struct store *st, struct store *records, const struct entry_rules *rules)
{
	struct log	*lg = xcalloc(1, sizeof(*lg));

	lg->st = st;
	lg->records = records;
	lg->rules = rules;
	lg->map = logmap_new(st);
	buf_init(&lg->leaves, SIZE_MAX);
	buf_init(&lg->record, LIMIT_ENTRY);
	buf_init(&lg->scratch, LIMIT_ENTRY);
	tile_rows_init(&lg->tiles, records);
	return lg;
}

/* In memory, reading records from st: for the audit. */
struct log *
log_work_new(struct store *st, const struct entry_rules *rules)
{
	return make(NULL, st, rules);
}

/* The work of a batch begins where the head stands. */
static void
back_to_head(struct log *lg)
{
	lg->edge = lg->head_edge;
	lg->count = lg->has_head ? lg->head.map_count : 0;
	lg->last_epoch = lg->has_head ? lg->head.epoch : 0;
	lg->last_time = lg->has_head ? lg->head.epoch_time : 0;
	lg->depth = lg->has_head ? lg->head.map_depth : 0;
	lg->last_is_epoch = lg->has_head;
	lg->sealed = lg->published = false;
	buf_reset(&lg->leaves);
	free(lg->next_note);
	lg->next_note = NULL;
}

/* The last entry is the epoch that the head tells of, and nothing follows. */
static int
check_end(struct log *lg, struct err *e)
{
	struct epoch	ep;
	bool		found;
	int		rc;

	if ((rc = row_blob(lg->st, STMT_ENTRY_GET, (int64_t)lg->head.size,
	    &lg->scratch, &found, e)) != 0)
		return rc;
	if (found)
		return err_set_id(e, ERR_STORE, "store-corrupt", "entries go "
		    "on behind the head");
	if (!lg->has_head)
		return 0;
	if ((rc = row_blob(lg->st, STMT_ENTRY_GET, (int64_t)lg->head.epoch,
	    &lg->scratch, NULL, e)) != 0)
		return rc;
	if (epoch_decode(buf_octets(&lg->scratch), &ep, NULL) != 0 ||
	    ep.covered != lg->head.epoch ||
	    memcmp(ep.map_root, lg->head.map_root.h, SM3_LEN) != 0 ||
	    ep.map_count != lg->head.map_count ||
	    ep.map_depth != lg->head.map_depth ||
	    ep.time != lg->head.epoch_time)
		return err_set_id(e, ERR_STORE, "store-corrupt", "the head is "
		    "not what the last epoch says");
	return 0;
}

static int
load(struct log *lg, struct err *e)
{
	struct tlog_reader	rd = tile_rows_reader(&lg->tiles);
	struct hash		root;
	int			rc;

	if ((rc = row_head(lg->st, &lg->head, &lg->note, &lg->has_head,
	    e)) != 0 || (rc = check_end(lg, e)) != 0)
		return rc;
	if (!lg->has_head)
		return 0;
	if ((rc = tlog_edge_load(&rd, lg->head.size, &lg->head_edge, e)) != 0)
		return rc;
	tlog_edge_root(&lg->head_edge, &root);
	if (memcmp(&root, &lg->head.root, sizeof(root)) != 0)
		return err_set_id(e, ERR_STORE, "store-corrupt", "the tiles "
		    "do not make the root of the head");
	logmap_reset(lg->map, lg->head.map_depth);
	if ((rc = logmap_root(lg->map, &root, e)) != 0)
		return rc;
	if (memcmp(&root, &lg->head.map_root, sizeof(root)) != 0)
		return err_set_id(e, ERR_STORE, "store-corrupt", "the nodes "
		    "do not make the map root of the head");
	return 0;
}

int
log_new(struct store *st, const struct entry_rules *rules, struct log **out,
    struct err *e)
{
	struct log	*lg;
	int		 rc;

	*out = NULL;
	lg = make(st, st, rules);
	if ((rc = load(lg, e)) != 0)
		goto out;
	back_to_head(lg);

	*out = lg;
	lg = NULL;
	rc = 0;
out:
	log_free(lg);
	return rc;
}

void
log_free(struct log *lg)
{
	if (lg == NULL)
		return;
	logmap_free(lg->map);
	tile_rows_fini(&lg->tiles);
	buf_fini(&lg->leaves);
	buf_fini(&lg->record);
	buf_fini(&lg->scratch);
	free(lg->mark);
	free(lg->next_note);
	free(lg->note);
	free(lg);
}

const struct log_head *
log_head_of(const struct log *lg)
{
	return lg->has_head ? &lg->head : NULL;
}

uint64_t
log_size_now(const struct log *lg)
{
	return lg->edge.size;
}

/* ---- entries ---- */

static void
leaf_add(struct log *lg, struct octets entry)
{
	struct hash	leaf;

	entry_leaf(entry, leaf.h);
	tlog_edge_append(&lg->edge, &leaf);
	buf_put(&lg->leaves, leaf.h, SM3_LEN);
}

static int
entry_add(struct log *lg, struct octets entry, struct err *e)
{
	const struct val v[] = { val_int((int64_t)lg->edge.size),
			     val_blob(entry) };
	int		 rc;

	if (lg->st != NULL &&
	    (rc = store_run(lg->st, STMT_ENTRY_ADD, v, 2, NULL, e)) != 0)
		return rc;
	leaf_add(lg, entry);
	return 0;
}

int
log_current(struct log *lg, const uint8_t key[SM3_LEN], struct octets *record,
    uint64_t *index, struct err *e)
{
	uint8_t		value[SM3_LEN];
	struct ref	ref;
	bool		found = false;
	int		rc;

	*record = no_octets;
	*index = 0;
	if (lg->edge.size == 0)
		return 0;
	if ((rc = logmap_get(lg->map, key, &found, value, &ref, e)) != 0 ||
	    !found)
		return rc;
	if ((rc = row_record(lg->records, &ref, value, &lg->record, e)) != 0)
		return rc;
	*record = buf_octets(&lg->record);
	*index = ref.index;
	return 0;
}

int
log_holds(struct log *lg, const uint8_t key[SM3_LEN], bool *held,
    struct err *e)
{
	uint8_t		value[SM3_LEN];
	struct ref	ref;

	*held = false;
	if (lg->edge.size == 0)
		return 0;
	return logmap_get(lg->map, key, held, value, &ref, e);
}

/* A seal entry: legal by the rules and by the chain of its seal? */
static int
apply(struct log *lg, struct octets entry, struct err *e)
{
	struct entry_effect ef;
	struct octets	 before;
	struct ref	 ref;
	uint8_t		 value[SM3_LEN];
	uint64_t	 index, here = lg->edge.size;
	bool		 exists;
	int		 rc;

	memset(&ef, 0, sizeof(ef));
	if ((rc = lg->rules->read(lg->rules->ctx, entry, &ef, e)) != 0)
		return rc;
	assert(ef.record.len > 0 && ef.record.p >= entry.p &&
	    ef.record.p + ef.record.len <= entry.p + entry.len);
	if ((rc = log_current(lg, ef.key, &before, &index, e)) != 0)
		return rc;
	exists = before.len > 0;
	if (ef.has_previous != exists ||
	    (exists && ef.previous != index))
		return err_set_id(e, ERR_VERIFY, "illegal-transition",
		    "entry %llu: previous is not the index of the seal's event "
		    "before", (unsigned long long)here);
	if ((rc = lg->rules->step(lg->rules->ctx, entry, before, e)) != 0 ||
	    (rc = entry_add(lg, entry, e)) != 0)
		return rc;
	ref.index = here;
	ref.at = (uint16_t)(ef.record.p - entry.p);
	ref.len = (uint16_t)ef.record.len;
	sm3(ef.record.p, ef.record.len, value);
	logmap_put(lg->map, ef.key, value, &ref);
	lg->count += !exists;
	lg->last_is_epoch = false;
	return 0;
}

int
log_begin(struct log *lg, struct err *e)
{
	if (lg->running)
		return err_set(e, ERR_INVAL, "the batch before is not "
		    "settled");
	if (!store_in_txn(lg->st))
		return err_set(e, ERR_INVAL, "a batch outside a transaction");
	lg->running = true;
	return 0;
}

static int
running(const struct log *lg, struct err *e)
{
	if (!lg->running || lg->sealed || lg->published)
		return err_set(e, ERR_INVAL, "no batch is open");
	return 0;
}

int
log_append(struct log *lg, struct octets entry, uint64_t *index,
    struct err *e)
{
	enum entry_kind	kind;
	int		rc;

	*index = lg->edge.size;
	if ((rc = running(lg, e)) != 0)
		return rc;
	if (lg->edge.size == 0)
		return err_set(e, ERR_INVAL, "the log has no genesis");
	if ((rc = entry_check(entry, &kind, NULL, e)) != 0)
		return rc;
	if (kind != ENTRY_SEAL)
		return err_set_id(e, ERR_FORMAT, "bad-entry", "an entry of "
		    "kind %d is not appended", (int)kind);
	return apply(lg, entry, e);
}

/* ---- marks ---- */

struct log_mark {
	struct tlog_edge edge;
	uint64_t	 count;
	size_t		 leaves, puts;
	bool		 last_is_epoch;
};

struct log_mark *
log_mark(struct log *lg)
{
	struct log_mark	*m;

	if (lg->mark == NULL)
		lg->mark = xcalloc(1, sizeof(*lg->mark));
	m = lg->mark;
	m->edge = lg->edge;
	m->count = lg->count;
	m->leaves = lg->leaves.len;
	m->puts = logmap_mark(lg->map);
	m->last_is_epoch = lg->last_is_epoch;
	return m;
}

void
log_undo(struct log *lg, struct log_mark *m)
{
	assert(m == lg->mark && !lg->sealed);
	lg->edge = m->edge;
	lg->count = m->count;
	lg->leaves.len = m->leaves;
	lg->last_is_epoch = m->last_is_epoch;
	logmap_undo(lg->map, m->puts);
}

/* ---- tiles ---- */

/*
 * Append n hashes to the tiles of a level, from index i on; the roots of the
 * tiles that this fills go to up.
 */
static int
level_add(struct log *lg, unsigned level, uint64_t i, const uint8_t *p,
    size_t n, struct buf *up, struct err *e)
{
	struct buf	tile;
	struct hash	root;
	struct val	v[2];
	size_t		have, take;
	int		rc = 0;

	buf_init(&tile, TILE_WIDTH * SM3_LEN);
	for (; n > 0; n -= take, i += take, p += take * SM3_LEN) {
		have = (size_t)(i % TILE_WIDTH);
		take = TILE_WIDTH - have < n ? TILE_WIDTH - have : n;
		buf_reset(&tile);
		v[0] = val_int(row_tile_id(level, i / TILE_WIDTH));
		if (have > 0 && (rc = row_blob(lg->st, STMT_TILE_GET, v[0].i,
		    &tile, NULL, e)) != 0)
			goto out;
		if (tile.len != have * SM3_LEN) {
			rc = err_set_id(e, ERR_STORE, "store-corrupt",
			    "tile %u/%llu has %zu octets, not %zu", level,
			    (unsigned long long)(i / TILE_WIDTH), tile.len,
			    have * SM3_LEN);
			goto out;
		}
		buf_put(&tile, p, take * SM3_LEN);
		v[1] = val_blob(buf_octets(&tile));
		if ((rc = store_run(lg->st, have > 0 ? STMT_TILE_GROW :
		    STMT_TILE_NEW, v, 2, NULL, e)) != 0)
			goto out;
		if (have + take == TILE_WIDTH) {
			tile_root(tile.p, &root);
			buf_put(up, root.h, SM3_LEN);
		}
	}
out:
	buf_fini(&tile);
	return rc;
}

static int
write_tiles(struct log *lg, struct err *e)
{
	struct buf	 level[2];
	uint64_t	 i = lg->head_edge.size;
	unsigned	 l;
	int		 rc = 0;

	buf_init(&level[0], SIZE_MAX);
	buf_init(&level[1], SIZE_MAX);
	buf_put_octets(&level[0], buf_octets(&lg->leaves));
	for (l = 0; level[l % 2].len > 0; l++, i /= TILE_WIDTH) {
		buf_reset(&level[(l + 1) % 2]);
		if ((rc = level_add(lg, l, i, level[l % 2].p,
		    level[l % 2].len / SM3_LEN, &level[(l + 1) % 2],
		    e)) != 0)
			break;
	}
	buf_fini(&level[0]);
	buf_fini(&level[1]);
	tile_rows_forget(&lg->tiles);
	return rc;
}

/* ---- ending a batch ---- */

static void
make_next(struct log *lg, const struct hash *map_root)
{
	memset(&lg->next, 0, sizeof(lg->next));
	lg->next.size = lg->edge.size;
	tlog_edge_root(&lg->edge, &lg->next.root);
	lg->next.epoch = lg->last_epoch;
	lg->next.map_root = *map_root;
	lg->next.map_count = lg->count;
	lg->next.map_depth = lg->depth;
	lg->next.epoch_time = lg->last_time;
	lg->sealed = true;
}

static int
finish(struct log *lg, int64_t time, struct octets audit_head,
    uint64_t *size, struct hash *root, struct err *e)
{
	struct epoch	ep;
	struct hash	map_root;
	struct buf	b;
	int		rc;

	buf_init(&b, LIMIT_ENTRY);
	if ((rc = logmap_root(lg->map, &map_root, e)) != 0)
		goto out;
	memset(&ep, 0, sizeof(ep));
	ep.covered = lg->edge.size;
	memcpy(ep.map_root, map_root.h, SM3_LEN);
	ep.map_count = lg->count;
	ep.map_depth = lg->depth;
	ep.time = lg->has_head && time < lg->last_time ? lg->last_time : time;
	ep.has_previous = lg->edge.size > 0;
	ep.previous = lg->last_epoch;
	ep.audit_head = audit_head;
	epoch_encode(&ep, &b);
	if (!buf_ok(&b)) {
		rc = err_set(e, ERR_TOOBIG, "epoch too long");
		goto out;
	}
	if ((rc = entry_add(lg, buf_octets(&b), e)) != 0)
		goto out;
	lg->last_epoch = ep.covered;
	lg->last_time = ep.time;
	lg->last_is_epoch = true;
	if ((rc = write_tiles(lg, e)) != 0 ||
	    (rc = logmap_flush(lg->map, lg->last_epoch, e)) != 0)
		goto out;
	make_next(lg, &map_root);
	*size = lg->next.size;
	*root = lg->next.root;
	rc = 0;
out:
	buf_fini(&b);
	return rc;
}

int
log_seal(struct log *lg, int64_t time, struct octets audit_head,
    uint64_t *size, struct hash *root, struct err *e)
{
	int	rc;

	*size = 0;
	memset(root, 0, sizeof(*root));
	if ((rc = running(lg, e)) != 0)
		return rc;
	if (!lg->has_head || lg->edge.size == lg->head.size)
		return err_set(e, ERR_INVAL, "nothing was appended: no epoch");
	return finish(lg, time, audit_head, size, root, e);
}

int
log_genesis(struct log *lg, unsigned depth, int64_t time, uint64_t *size,
    struct hash *root, struct err *e)
{
	int	rc;

	*size = 0;
	memset(root, 0, sizeof(*root));
	if ((rc = running(lg, e)) != 0)
		return rc;
	if (lg->edge.size != 0)
		return err_set(e, ERR_CONFLICT, "the log has its genesis");
	if (depth > MAP_DEPTH_MAX)
		return err_set(e, ERR_INVAL, "map depth %u is above %d",
		    depth, MAP_DEPTH_MAX);
	lg->depth = depth;
	logmap_reset(lg->map, depth);
	return finish(lg, time, no_octets, size, root, e);
}

static int
put_head(struct log *lg, const struct log_head *h, const char *note,
    int64_t signed_at, struct err *e)
{
	const struct val v[] = {
		val_int((int64_t)h->size), val_blob(OCTETS(h->root.h, SM3_LEN)),
		val_int((int64_t)h->epoch),
		val_blob(OCTETS(h->map_root.h, SM3_LEN)),
		val_int((int64_t)h->map_count), val_int(h->map_depth),
		val_int(h->epoch_time), val_int(signed_at), val_text(note)
	};

	return store_run(lg->st, STMT_HEAD_PUT, v, 9, NULL, e);
}

int
log_publish(struct log *lg, const char *note, int64_t signed_at,
    struct err *e)
{
	int	rc;

	if (!lg->running || lg->published)
		return err_set(e, ERR_INVAL, "no batch is open");
	if (!lg->sealed) {
		/* The same size, signed again. */
		if (!lg->has_head || lg->edge.size != lg->head.size)
			return err_set(e, ERR_INVAL, "the batch has no epoch");
		lg->next = lg->head;
	}
	if ((rc = put_head(lg, &lg->next, note, signed_at, e)) != 0)
		return rc;
	lg->next_note = xstrdup(note);
	lg->next.checkpoint = lg->next_note;
	lg->next.signed_at = signed_at;
	lg->published = true;
	return 0;
}

void
log_settle(struct log *lg, bool committed)
{
	if (committed) {
		/* Entries without a checkpoint over them were committed. */
		assert(lg->published || lg->edge.size == lg->head_edge.size);
		if (lg->published) {
			free(lg->note);
			lg->note = lg->next_note;
			lg->next_note = NULL;
			lg->head = lg->next;
			lg->has_head = true;
			lg->head_edge = lg->edge;
		}
	}
	lg->running = false;
	logmap_settle(lg->map, committed);
	back_to_head(lg);
	if (!committed) {
		tile_rows_forget(&lg->tiles);
		logmap_reset(lg->map, lg->depth);
	}
}

/* ---- reading back ---- */

static int
differs(struct err *e, const char *what, uint64_t number)
{
	return err_set_id(e, ERR_STORE, "written-differs", "%s %llu does not "
	    "read back as it was written", what, (unsigned long long)number);
}

/* Every entry of the batch; their leaves must make the root. */
static int
reread_entries(struct log *lg, struct err *e)
{
	const struct val v[] = { val_int((int64_t)lg->head_edge.size),
			     val_int(INT64_MAX) };
	struct tlog_edge edge = lg->head_edge;
	struct query	*q = NULL;
	struct hash	 leaf, root;
	bool		 row = true;
	size_t		 at = 0;
	int		 rc;

	if ((rc = store_query(lg->st, STMT_ENTRY_RANGE, v, 2, &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		entry_leaf(query_blob(q, 1), leaf.h);
		if ((uint64_t)query_int(q, 0) != edge.size ||
		    at + SM3_LEN > lg->leaves.len ||
		    memcmp(leaf.h, lg->leaves.p + at, SM3_LEN) != 0) {
			rc = differs(e, "entry", edge.size);
			goto out;
		}
		tlog_edge_append(&edge, &leaf);
		at += SM3_LEN;
	}
	if (rc != 0)
		goto out;
	tlog_edge_root(&edge, &root);
	if (at != lg->leaves.len ||
	    memcmp(&root, &lg->next.root, sizeof(root)) != 0)
		rc = differs(e, "log of", edge.size);
out:
	query_done(q);
	return rc;
}

/* Every tile of the batch; full ones must hash to the level above. */
static int
reread_tiles(struct log *lg, struct err *e)
{
	struct tlog_reader rd = tile_rows_reader(&lg->tiles);
	struct buf	 tile;
	struct hash	 got, want;
	uint64_t	 from = lg->head_edge.size, to = lg->next.size, n;
	size_t		 at, off, want_len;
	unsigned	 l;
	int		 rc = 0;

	tile_rows_forget(&lg->tiles);
	buf_init(&tile, TILE_WIDTH * SM3_LEN);
	for (l = 0; to > from; l++, from /= TILE_WIDTH, to /= TILE_WIDTH)
		for (n = from / TILE_WIDTH; n * TILE_WIDTH < to; n++) {
			if ((rc = row_blob(lg->st, STMT_TILE_GET,
			    row_tile_id(l, n), &tile, NULL, e)) != 0)
				goto out;
			want_len = (to - n * TILE_WIDTH < TILE_WIDTH ?
			    (size_t)(to - n * TILE_WIDTH) : TILE_WIDTH) *
			    SM3_LEN;
			if (tile.len != want_len) {
				rc = differs(e, "tile", n);
				goto out;
			}
			/* Level 0 against the leaves read back before. */
			off = n * TILE_WIDTH < from ?
			    (size_t)(from - n * TILE_WIDTH) * SM3_LEN : 0;
			at = l > 0 ? 0 : (size_t)(n * TILE_WIDTH + off /
			    SM3_LEN - from) * SM3_LEN;
			if (l == 0 && memcmp(tile.p + off, lg->leaves.p + at,
			    tile.len - off) != 0) {
				rc = differs(e, "tile", n);
				goto out;
			}
			if (tile.len < TILE_WIDTH * SM3_LEN)
				continue;
			tile_root(tile.p, &got);
			if ((rc = rd.read(rd.ctx, l + 1, n, &want, e)) != 0)
				goto out;
			if (memcmp(&got, &want, sizeof(got)) != 0) {
				rc = differs(e, "tile above", n);
				goto out;
			}
		}
	/* The right edge as a reader will see it. */
	if ((rc = tlog_root(&rd, lg->next.size, &got, e)) != 0)
		goto out;
	if (memcmp(&got, &lg->next.root, sizeof(got)) != 0)
		rc = differs(e, "tree of", lg->next.size);
out:
	buf_fini(&tile);
	return rc;
}

int
log_reread(struct log *lg, struct err *e)
{
	int	rc;

	if (!lg->sealed)
		return err_set(e, ERR_INVAL, "the batch has no epoch");
	if ((rc = reread_entries(lg, e)) != 0 ||
	    (rc = reread_tiles(lg, e)) != 0)
		return rc;
	return logmap_reread(lg->map, &lg->next.map_root, e);
}

/* ---- replaying ---- */

static int
bad_epoch(struct err *e, uint64_t at, const char *why)
{
	return err_set_id(e, ERR_VERIFY, "bad-epoch", "epoch %llu: %s",
	    (unsigned long long)at, why);
}

static int
replay_epoch(struct log *lg, struct octets entry, struct err *e)
{
	uint64_t	here = lg->edge.size;
	struct epoch	ep;
	struct hash	root;
	int		rc;

	if ((rc = epoch_decode(entry, &ep, e)) != 0)
		return rc;
	if (ep.covered != here)
		return bad_epoch(e, here, "covered is not its index");
	if (ep.map_depth > MAP_DEPTH_MAX)
		return bad_epoch(e, here, "the map is too deep");
	if (here == 0) {
		lg->depth = ep.map_depth;
		logmap_reset(lg->map, lg->depth);
	}
	if (ep.has_previous != (here > 0) ||
	    (here > 0 && ep.previous != lg->last_epoch))
		return bad_epoch(e, here, "previous is not the epoch before");
	if (ep.map_depth != lg->depth)
		return bad_epoch(e, here, "the map's depth has changed");
	if (here > 0 && ep.time < lg->last_time)
		return bad_epoch(e, here, "time falls");
	if (ep.map_count != lg->count)
		return bad_epoch(e, here, "map_count differs");
	if ((rc = logmap_root(lg->map, &root, e)) != 0)
		return rc;
	if (memcmp(ep.map_root, root.h, SM3_LEN) != 0)
		return bad_epoch(e, here, "map_root differs");
	if ((rc = entry_add(lg, entry, e)) != 0)
		return rc;
	lg->last_epoch = here;
	lg->last_time = ep.time;
	lg->last_is_epoch = true;
	lg->last_map_root = root;
	return logmap_spill(lg->map, here, e);
}

int
log_work_replay(struct log *lg, struct octets entry, struct err *e)
{
	enum entry_kind	kind;
	int		rc;

	if ((rc = entry_check(entry, &kind, NULL, e)) != 0)
		return rc;
	if (lg->edge.size == 0 && kind != ENTRY_EPOCH)
		return bad_epoch(e, 0, "the log does not begin with one");
	switch (kind) {
	case ENTRY_SEAL:
		return apply(lg, entry, e);
	case ENTRY_EPOCH:
		return replay_epoch(lg, entry, e);
	case ENTRY_KEY:
	case ENTRY_OPAQUE:
		break;
	}
	/* Carried: it changes no record. */
	if ((rc = entry_add(lg, entry, e)) != 0)
		return rc;
	lg->last_is_epoch = false;
	return 0;
}

int
log_replay(struct log *lg, struct octets entry, struct err *e)
{
	int	rc;

	if ((rc = running(lg, e)) != 0)
		return rc;
	return log_work_replay(lg, entry, e);
}

int
log_replay_end(struct log *lg, const struct checkpoint *cp, const char *note,
    int64_t signed_at, struct err *e)
{
	struct hash	root;
	int		rc;

	if ((rc = running(lg, e)) != 0)
		return rc;
	if (cp->size != lg->edge.size)
		return err_set_id(e, ERR_VERIFY, "size-differs", "the "
		    "checkpoint is over %llu entries, there are %llu",
		    (unsigned long long)cp->size,
		    (unsigned long long)lg->edge.size);
	tlog_edge_root(&lg->edge, &root);
	if (memcmp(cp->root, root.h, SM3_LEN) != 0)
		return err_set_id(e, ERR_VERIFY, "root-differs", "the entries "
		    "do not make the checkpoint's root");
	if (lg->edge.size == 0 || !lg->last_is_epoch)
		return err_set_id(e, ERR_VERIFY, "epoch-not-last", "the last "
		    "entry under the checkpoint is not an epoch");
	if (!lg->has_head || lg->edge.size > lg->head.size) {
		if ((rc = write_tiles(lg, e)) != 0 ||
		    (rc = logmap_flush(lg->map, lg->last_epoch, e)) != 0)
			return rc;
		root = lg->last_map_root;
		make_next(lg, &root);
	}
	return log_publish(lg, note, signed_at, e);
}
