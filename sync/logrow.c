#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sync/logrow.h"

int64_t
row_tile_id(unsigned level, uint64_t n)
{
	return (int64_t)((uint64_t)level << 48 | n);
}

unsigned
row_strata(unsigned depth)
{
	return (depth + GROUP_LEVELS - 1) / GROUP_LEVELS;
}

unsigned
row_group_height(unsigned depth, unsigned s)
{
	unsigned	left = depth - GROUP_LEVELS * s;

	return left < GROUP_LEVELS ? left : GROUP_LEVELS;
}

int64_t
row_group_id(unsigned s, uint32_t t)
{
	return ((int64_t)1 << (GROUP_LEVELS * s)) + t;
}

size_t
row_group_at(unsigned j, uint32_t p)
{
	return ((size_t)1 << j) - 2 + p;
}

size_t
row_group_hashes(unsigned height)
{
	return ((size_t)2 << height) - 2;
}

void
ref_put(const struct ref *r, uint8_t out[REF_LEN])
{
	int	i;

	for (i = 0; i < 8; i++)
		out[i] = (uint8_t)(r->index >> (56 - 8 * i));
	out[8] = (uint8_t)(r->at >> 8);
	out[9] = (uint8_t)r->at;
	out[10] = (uint8_t)(r->len >> 8);
	out[11] = (uint8_t)r->len;
}

void
ref_get(const uint8_t in[REF_LEN], struct ref *r)
{
	int	i;

	r->index = 0;
	for (i = 0; i < 8; i++)
		r->index = r->index << 8 | in[i];
	r->at = (uint16_t)(in[8] << 8 | in[9]);
	r->len = (uint16_t)(in[10] << 8 | in[11]);
}

int
row_blob(struct store *st, enum stmt id, int64_t key, struct buf *out,
    bool *found, struct err *e)
{
	const struct val v[] = { val_int(key) };
	struct query	*q = NULL;
	bool		 row = false;
	int		 rc;

	buf_reset(out);
	if ((rc = store_query(st, id, v, 1, &q, e)) != 0 ||
	    (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (row)
		buf_put_octets(out, query_blob(q, 0));
	else if (found == NULL) {
		rc = err_set_id(e, ERR_STORE, "store-corrupt",
		    "%s: no row %lld", stmt_name(id), (long long)key);
		goto out;
	}
	rc = 0;
out:
	query_done(q);
	if (found != NULL)
		*found = row;
	return rc;
}

int
row_bucket(struct store *st, uint32_t i, struct buf *rows, struct buf *refs,
    struct err *e)
{
	const struct val v[] = { val_int(i) };
	struct query	*q = NULL;
	bool		 row;
	int		 rc;

	buf_reset(rows);
	buf_reset(refs);
	if ((rc = store_query(st, STMT_BUCKET_GET, v, 1, &q, e)) != 0 ||
	    (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (row) {
		buf_put_octets(rows, query_blob(q, 0));
		buf_put_octets(refs, query_blob(q, 1));
		if (rows->len % MAP_ROW != 0 ||
		    refs->len != rows->len / MAP_ROW * REF_LEN) {
			rc = err_set_id(e, ERR_STORE, "store-corrupt",
			    "bucket %u: %zu octets of rows, %zu of refs", i,
			    rows->len, refs->len);
			goto out;
		}
	}
	rc = 0;
out:
	query_done(q);
	return rc;
}

int
row_record(struct store *st, const struct ref *ref,
    const uint8_t value[SM3_LEN], struct buf *out, struct err *e)
{
	const struct val v[] = { val_int((int64_t)ref->index) };
	struct query	*q = NULL;
	struct octets	 entry;
	uint8_t		 digest[SM3_LEN];
	bool		 row;
	int		 rc;

	buf_reset(out);
	if ((rc = store_query(st, STMT_ENTRY_GET, v, 1, &q, e)) != 0 ||
	    (rc = query_next(q, &row, e)) != 0)
		goto out;
	entry = row ? query_blob(q, 0) : OCTETS(NULL, 0);
	if ((size_t)ref->at + ref->len <= entry.len)
		buf_put(out, entry.p + ref->at, ref->len);
	sm3(out->p, out->len, digest);
	if (memcmp(digest, value, SM3_LEN) != 0) {
		rc = err_set_id(e, ERR_STORE, "store-corrupt", "entry %llu "
		    "does not hold the record that the map says",
		    (unsigned long long)ref->index);
		goto out;
	}
	rc = 0;
out:
	query_done(q);
	return rc;
}

static int
take_hash(struct query *q, int col, struct hash *h, struct err *e)
{
	struct octets	o = query_blob(q, col);

	if (o.len != SM3_LEN)
		return err_set_id(e, ERR_STORE, "store-corrupt", "head: a "
		    "digest of %zu octets", o.len);
	memcpy(h->h, o.p, SM3_LEN);
	return 0;
}

int
row_head(struct store *st, struct log_head *head, char **note, bool *found,
    struct err *e)
{
	struct query	*q = NULL;
	const char	*text;
	int		 rc;

	memset(head, 0, sizeof(*head));
	*note = NULL;
	*found = false;
	if ((rc = store_query(st, STMT_HEAD_GET, NULL, 0, &q, e)) != 0 ||
	    (rc = query_next(q, found, e)) != 0 || !*found)
		goto out;
	head->size = (uint64_t)query_int(q, 0);
	head->epoch = (uint64_t)query_int(q, 2);
	head->map_count = (uint64_t)query_int(q, 4);
	head->map_depth = (unsigned)query_int(q, 5);
	head->epoch_time = query_int(q, 6);
	head->signed_at = query_int(q, 7);
	text = query_text(q, 8);
	if ((rc = take_hash(q, 1, &head->root, e)) != 0 ||
	    (rc = take_hash(q, 3, &head->map_root, e)) != 0)
		goto out;
	if (head->size == 0 || head->epoch != head->size - 1 ||
	    head->map_depth > MAP_DEPTH_MAX || text == NULL) {
		rc = err_set_id(e, ERR_STORE, "store-corrupt", "the head "
		    "contradicts itself");
		goto out;
	}
	*note = xstrdup(text);
	head->checkpoint = *note;
	rc = 0;
out:
	query_done(q);
	if (rc != 0)
		*found = false;
	return rc;
}

/* ---- tiles ---- */

void
tile_rows_init(struct tile_rows *tr, struct store *st)
{
	unsigned	i;

	memset(tr, 0, sizeof(*tr));
	tr->st = st;
	for (i = 0; i < TILE_LEVELS; i++)
		buf_init(&tr->level[i].hashes, TILE_WIDTH * SM3_LEN);
}

void
tile_rows_fini(struct tile_rows *tr)
{
	unsigned	i;

	for (i = 0; i < TILE_LEVELS; i++)
		buf_fini(&tr->level[i].hashes);
}

void
tile_rows_forget(struct tile_rows *tr)
{
	unsigned	i;

	for (i = 0; i < TILE_LEVELS; i++)
		buf_reset(&tr->level[i].hashes);
}

static int
read_hash(void *ctx, unsigned level, uint64_t i, struct hash *h,
    struct err *e)
{
	struct tile_rows *tr = ctx;
	struct buf	*b;
	size_t		 at = (size_t)(i % TILE_WIDTH) * SM3_LEN;
	int		 rc;

	if (level >= TILE_LEVELS)
		return err_set(e, ERR_INVAL, "tile level %u", level);
	b = &tr->level[level].hashes;
	if (tr->level[level].n != i / TILE_WIDTH || b->len < at + SM3_LEN) {
		rc = row_blob(tr->st, STMT_TILE_GET,
		    row_tile_id(level, i / TILE_WIDTH), b, NULL, e);
		if (rc != 0) {
			buf_reset(b);
			return rc;
		}
		tr->level[level].n = i / TILE_WIDTH;
	}
	if (!buf_ok(b) || b->len < at + SM3_LEN)
		return err_set_id(e, ERR_STORE, "store-corrupt", "tile %u/%llu"
		    " is short of hash %llu", level,
		    (unsigned long long)(i / TILE_WIDTH),
		    (unsigned long long)(i % TILE_WIDTH));
	memcpy(h->h, b->p + at, SM3_LEN);
	return 0;
}

struct tlog_reader
tile_rows_reader(struct tile_rows *tr)
{
	return (struct tlog_reader){ .read = read_hash, .ctx = tr };
}

void
tile_root(const uint8_t hashes[TILE_WIDTH * SM3_LEN], struct hash *root)
{
	struct hash	h[TILE_WIDTH];
	size_t		n, i;

	memcpy(h, hashes, sizeof(h));
	for (n = TILE_WIDTH; n > 1; n /= 2)
		for (i = 0; i < n / 2; i++)
			tlog_node(&h[2 * i], &h[2 * i + 1], &h[i]);
	*root = h[0];
}
