#include "sync/map.h"

#include <assert.h>
#include <string.h>

uint32_t
map_bucket_of(const uint8_t key[SM3_LEN], unsigned depth)
{
	uint32_t	top;

	assert(depth <= MAP_DEPTH_MAX);
	if (depth == 0)
		return 0;
	top = (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 |
	    (uint32_t)key[2] << 8 | key[3];
	return top >> (32 - depth);
}

void
map_bucket_root(const uint8_t *rows, size_t n, struct hash *root)
{
	struct tlog_edge	t;
	struct hash		h;
	uint8_t			count[4];
	size_t			i;

	t.size = 0;
	for (i = 0; i < n; i++) {
		sm3_prefixed(0x00, OCTETS(rows + i * MAP_ROW, MAP_ROW),
		    OCTETS(NULL, 0), h.h);
		tlog_edge_append(&t, &h);
	}
	tlog_edge_root(&t, &h);

	count[0] = (uint8_t)(n >> 24);
	count[1] = (uint8_t)(n >> 16);
	count[2] = (uint8_t)(n >> 8);
	count[3] = (uint8_t)n;
	sm3_prefixed(0x02, OCTETS(count, 4), OCTETS(h.h, SM3_LEN), root->h);
}

static int
bad(struct err *e, const char *why)
{
	return err_set_id(e, ERR_FORMAT, "bad-proof", "bucket: %s", why);
}

int
map_bucket_check(struct octets rows, uint32_t i, unsigned depth,
    struct err *e)
{
	const uint8_t	*row;
	size_t		 off;

	if (depth > MAP_DEPTH_MAX || i >= UINT32_C(1) << depth)
		return bad(e, "no such bucket in a map of this depth");
	if (rows.len % MAP_ROW != 0)
		return bad(e, "not a whole number of rows");
	if (rows.len / MAP_ROW > UINT32_MAX)
		return bad(e, "too many rows");
	for (off = 0; off < rows.len; off += MAP_ROW) {
		row = rows.p + off;
		if (map_bucket_of(row, depth) != i)
			return bad(e, "a row of another bucket");
		if (off > 0 && memcmp(row - MAP_ROW, row, SM3_LEN) >= 0)
			return bad(e, "keys do not ascend");
	}
	return 0;
}

/* The offset of the first row whose key is not less than this one. */
static size_t
lower_bound(struct octets rows, const uint8_t key[SM3_LEN])
{
	size_t	lo = 0, hi = rows.len / MAP_ROW, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (memcmp(rows.p + mid * MAP_ROW, key, SM3_LEN) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo * MAP_ROW;
}

static bool
key_at(struct octets rows, size_t off, const uint8_t key[SM3_LEN])
{
	return off < rows.len && memcmp(rows.p + off, key, SM3_LEN) == 0;
}

const uint8_t *
map_bucket_find(struct octets rows, const uint8_t key[SM3_LEN])
{
	size_t	off = lower_bound(rows, key);

	return key_at(rows, off, key) ? rows.p + off : NULL;
}

void
map_bucket_put(struct buf *rows, const uint8_t key[SM3_LEN],
    const uint8_t value[SM3_LEN], bool *added)
{
	static const uint8_t	blank[MAP_ROW];
	size_t			off = lower_bound(buf_octets(rows), key);
	size_t			old = rows->len;

	*added = !key_at(buf_octets(rows), off, key);
	if (*added) {
		buf_put(rows, blank, MAP_ROW);
		if (!buf_ok(rows))
			return;
		memmove(rows->p + off + MAP_ROW, rows->p + off, old - off);
		memcpy(rows->p + off, key, SM3_LEN);
	}
	memcpy(rows->p + off + SM3_LEN, value, SM3_LEN);
}

void
map_empty(unsigned height, struct hash *out)
{
	/* Constants of the format, computed the first time. */
	static struct hash	level[MAP_DEPTH_MAX + 1];
	static unsigned		known;

	assert(height <= MAP_DEPTH_MAX);
	if (known == 0) {
		map_bucket_root(NULL, 0, &level[0]);
		known = 1;
	}
	for (; known <= height; known++)
		tlog_node(&level[known - 1], &level[known - 1],
		    &level[known]);
	*out = level[height];
}

void
map_climb(uint32_t i, unsigned depth, const struct hash *bucket,
    const struct hash *siblings, struct hash *root)
{
	struct hash	h = *bucket;
	unsigned	d;

	for (d = 0; d < depth; d++, i >>= 1) {
		if ((i & 1) != 0)
			tlog_node(&siblings[d], &h, &h);
		else
			tlog_node(&h, &siblings[d], &h);
	}
	*root = h;
}
