#include "sync/tlog.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void
tlog_empty(struct hash *root)
{
	sm3("", 0, root->h);
}

void
tlog_node(const struct hash *l, const struct hash *r, struct hash *out)
{
	struct hash	h;

	sm3_prefixed(0x01, OCTETS(l->h, SM3_LEN), OCTETS(r->h, SM3_LEN), h.h);
	*out = h;
}

static bool
is_power(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

/* The largest power of two smaller than n, for n > 1 (RFC 9162, 2.1.1). */
static uint64_t
split(uint64_t n)
{
	uint64_t	k = UINT64_C(1) << 63;

	while (k >= n)
		k >>= 1;
	return k;
}

static unsigned
height_of(uint64_t power)
{
	unsigned	h = 0;

	while (power > 1) {
		power >>= 1;
		h++;
	}
	return h;
}

/*
 * The complete subtree of this height, the i-th of its row.  Tiles keep every
 * eighth row; what lies between is hashed together here.
 */
static int
subtree(const struct tlog_reader *rd, unsigned height, uint64_t i,
    struct hash *out, struct err *e)
{
	struct hash	row[TILE_WIDTH / 2];
	size_t		n = (size_t)1 << height % 8, k;
	int		rc;

	for (k = 0; k < n; k++) {
		rc = rd->read(rd->ctx, height / 8, i * n + k, &row[k], e);
		if (rc != 0)
			return rc;
	}
	for (; n > 1; n /= 2)
		for (k = 0; k < n / 2; k++)
			tlog_node(&row[2 * k], &row[2 * k + 1], &row[k]);
	*out = row[0];
	return 0;
}

/* MTH(D[lo:lo+n]), where lo is a multiple of the power of two at or above n. */
static int
range(const struct tlog_reader *rd, uint64_t lo, uint64_t n, struct hash *out,
    struct err *e)
{
	struct hash	left, right;
	unsigned	h;
	uint64_t	k;
	int		rc;

	if (is_power(n)) {
		h = height_of(n);
		return subtree(rd, h, lo >> h, out, e);
	}
	k = split(n);
	if ((rc = range(rd, lo, k, &left, e)) != 0 ||
	    (rc = range(rd, lo + k, n - k, &right, e)) != 0)
		return rc;
	tlog_node(&left, &right, out);
	return 0;
}

int
tlog_root(const struct tlog_reader *rd, uint64_t size, struct hash *root,
    struct err *e)
{
	memset(root, 0, sizeof(*root));
	if (size == 0) {
		tlog_empty(root);
		return 0;
	}
	return range(rd, 0, size, root, e);
}

/*
 * Both proofs walk down from the root to a leaf or subtree and list, from the
 * bottom up, what stands beside the way.
 */
struct walk {
	const struct tlog_reader *rd;
	struct hash	*path;
	size_t		*n;
};

static int
walk_put(struct walk *w, uint64_t lo, uint64_t n, struct err *e)
{
	assert(*w->n < TLOG_PATH_MAX);
	return range(w->rd, lo, n, &w->path[(*w->n)++], e);
}

/* PATH(m, D[lo:lo+n]), RFC 9162, 2.1.3.1. */
static int
walk_leaf(struct walk *w, uint64_t m, uint64_t lo, uint64_t n, struct err *e)
{
	uint64_t	k;
	int		rc;

	if (n == 1)
		return 0;
	k = split(n);
	if (m < k) {
		if ((rc = walk_leaf(w, m, lo, k, e)) != 0)
			return rc;
		return walk_put(w, lo + k, n - k, e);
	}
	if ((rc = walk_leaf(w, m - k, lo + k, n - k, e)) != 0)
		return rc;
	return walk_put(w, lo, k, e);
}

/* SUBPROOF(m, D[lo:lo+n], b), RFC 9162, 2.1.4.1. */
static int
walk_old(struct walk *w, uint64_t m, uint64_t lo, uint64_t n, bool b,
    struct err *e)
{
	uint64_t	k;
	int		rc;

	if (m == n)
		return b ? 0 : walk_put(w, lo, n, e);
	k = split(n);
	if (m <= k) {
		if ((rc = walk_old(w, m, lo, k, b, e)) != 0)
			return rc;
		return walk_put(w, lo + k, n - k, e);
	}
	if ((rc = walk_old(w, m - k, lo + k, n - k, false, e)) != 0)
		return rc;
	return walk_put(w, lo, k, e);
}

int
tlog_inclusion(const struct tlog_reader *rd, uint64_t index, uint64_t size,
    struct hash path[TLOG_PATH_MAX], size_t *n, struct err *e)
{
	struct walk	w = { rd, path, n };
	int		rc;

	*n = 0;
	if (index >= size)
		return err_set(e, ERR_INVAL, "leaf beyond the tree");
	if ((rc = walk_leaf(&w, index, 0, size, e)) != 0)
		*n = 0;
	return rc;
}

int
tlog_consistency(const struct tlog_reader *rd, uint64_t from, uint64_t to,
    struct hash path[TLOG_PATH_MAX], size_t *n, struct err *e)
{
	struct walk	w = { rd, path, n };
	int		rc;

	*n = 0;
	if (from > to)
		return err_set(e, ERR_INVAL, "older tree is larger");
	if (from == 0)
		return 0;
	if ((rc = walk_old(&w, from, 0, to, true, e)) != 0)
		*n = 0;
	return rc;
}

static int
bad_proof(struct err *e, const char *why)
{
	return err_set_id(e, ERR_VERIFY, "bad-proof", "proof: %s", why);
}

static bool
same(const struct hash *a, const struct hash *b)
{
	return memcmp(a->h, b->h, SM3_LEN) == 0;
}

/* RFC 9162, 2.1.3.2; the names are its. */
int
tlog_check_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
    const struct hash *path, size_t n, const struct hash *root, struct err *e)
{
	struct hash	r = *leaf;
	uint64_t	fn = index, sn = size - 1;
	size_t		i;

	if (index >= size)
		return bad_proof(e, "leaf beyond the tree");
	for (i = 0; i < n; i++) {
		if (sn == 0)
			return bad_proof(e, "path too long");
		if ((fn & 1) != 0 || fn == sn) {
			tlog_node(&path[i], &r, &r);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else
			tlog_node(&r, &path[i], &r);
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0)
		return bad_proof(e, "path too short");
	if (!same(&r, root))
		return bad_proof(e, "inclusion path does not lead to the root");
	return 0;
}

/*
 * RFC 9162, 2.1.4.2, steps 4 to 6; the names are its.  seed is the largest
 * subtree that ends the older tree.
 */
static int
two_roots(uint64_t from, uint64_t to, const struct hash *seed,
    const struct hash *path, size_t n, struct hash *fr, struct hash *sr,
    struct err *e)
{
	uint64_t	fn = from - 1, sn = to - 1;
	size_t		i;

	*fr = *sr = *seed;
	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	for (i = 0; i < n; i++) {
		if (sn == 0)
			return bad_proof(e, "path too long");
		if ((fn & 1) != 0 || fn == sn) {
			tlog_node(&path[i], fr, fr);
			tlog_node(&path[i], sr, sr);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else
			tlog_node(sr, &path[i], sr);
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0)
		return bad_proof(e, "path too short");
	return 0;
}

int
tlog_check_consistency(uint64_t from, uint64_t to, const struct hash *path,
    size_t n, const struct hash *old_root, const struct hash *new_root,
    struct err *e)
{
	struct hash	fr, sr, empty;
	int		rc;

	if (from > to)
		return bad_proof(e, "older tree is larger");
	if (from == 0 || from == to) {
		tlog_empty(&empty);
		if (n != 0)
			return bad_proof(e, "path too long");
		if (from == 0 ? !same(old_root, &empty) :
		    !same(old_root, new_root))
			return bad_proof(e, "roots of one size differ");
		return 0;
	}
	if (n == 0)
		return bad_proof(e, "path too short");

	/* A complete old tree is not in the path: it is the first element. */
	if (is_power(from))
		rc = two_roots(from, to, old_root, path, n, &fr, &sr, e);
	else
		rc = two_roots(from, to, path, path + 1, n - 1, &fr, &sr, e);
	if (rc != 0)
		return rc;
	if (!same(&fr, old_root))
		return bad_proof(e, "path does not lead to the older root");
	if (!same(&sr, new_root))
		return bad_proof(e, "path does not lead to the newer root");
	return 0;
}

int
tlog_two_roots(const struct tlog_reader *rd, uint64_t from, uint64_t to,
    struct hash *old_root, struct hash *new_root, struct err *e)
{
	struct hash	path[TLOG_PATH_MAX], seed;
	size_t		n;
	int		rc;

	if (from == 0 || from >= to)
		return err_set(e, ERR_INVAL, "no older tree");
	if ((rc = tlog_consistency(rd, from, to, path, &n, e)) != 0)
		return rc;
	if (!is_power(from))
		return two_roots(from, to, path, path + 1, n - 1, old_root,
		    new_root, e);
	if ((rc = subtree(rd, height_of(from), 0, &seed, e)) != 0)
		return rc;
	return two_roots(from, to, &seed, path, n, old_root, new_root, e);
}

/* How many subtrees the right edge of a tree of this size has. */
static size_t
edge_len(uint64_t size)
{
	size_t	n = 0;

	for (; size != 0; size &= size - 1)
		n++;
	return n;
}

void
tlog_edge_append(struct tlog_edge *t, const struct hash *leaf)
{
	struct hash	h = *leaf;
	size_t		n = edge_len(t->size);
	uint64_t	s;

	assert(t->size != UINT64_MAX);
	for (s = t->size; (s & 1) != 0; s >>= 1) {
		n--;
		tlog_node(&t->h[n], &h, &h);
	}
	t->h[n] = h;
	t->size++;
}

void
tlog_edge_root(const struct tlog_edge *t, struct hash *root)
{
	size_t	n = edge_len(t->size);

	if (n == 0) {
		tlog_empty(root);
		return;
	}
	*root = t->h[--n];
	while (n > 0)
		tlog_node(&t->h[--n], root, root);
}

int
tlog_edge_load(const struct tlog_reader *rd, uint64_t size,
    struct tlog_edge *t, struct err *e)
{
	uint64_t	lo = 0, bit;
	size_t		n = 0;
	unsigned	h;
	int		rc;

	memset(t, 0, sizeof(*t));
	for (bit = UINT64_C(1) << 63; bit != 0; bit >>= 1) {
		if ((size & bit) == 0)
			continue;
		h = height_of(bit);
		if ((rc = subtree(rd, h, lo >> h, &t->h[n], e)) != 0) {
			memset(t, 0, sizeof(*t));
			return rc;
		}
		n++;
		lo += bit;
	}
	t->size = size;
	return 0;
}

/* Room for 7 groups "x123/", and the digits of a number. */
void
tile_name_format(const struct tile_name *t, char out[TILE_NAME_MAX])
{
	unsigned	group[7];
	size_t		n = 0, off;
	uint64_t	v = t->n;

	do {
		group[n++] = (unsigned)(v % 1000);
		v /= 1000;
	} while (v != 0);

	if (t->level < 0)
		off = (size_t)snprintf(out, TILE_NAME_MAX, "tile/entries");
	else
		off = (size_t)snprintf(out, TILE_NAME_MAX, "tile/%d", t->level);
	while (n > 0) {
		n--;
		off += (size_t)snprintf(out + off, TILE_NAME_MAX - off,
		    "/%s%03u", n > 0 ? "x" : "", group[n]);
	}
	if (t->width != TILE_WIDTH)
		(void)snprintf(out + off, TILE_NAME_MAX - off, ".p/%u",
		    t->width);
}

static bool
take_group(struct cursor *c, unsigned *v)
{
	struct octets	o;
	size_t		i;

	*v = 0;
	if (!take_octets(c, 3, &o))
		return false;
	for (i = 0; i < 3; i++) {
		if (o.p[i] < '0' || o.p[i] > '9')
			return false;
		*v = *v * 10 + (o.p[i] - '0');
	}
	return true;
}

static bool
take_tile_index(struct cursor *c, uint64_t *n)
{
	unsigned	v, groups = 0;
	bool		more;

	*n = 0;
	do {
		more = take_literal(c, "x");
		if (!take_group(c, &v))
			return false;
		if (more && groups == 0 && v == 0)
			return false;
		if (*n > (UINT64_MAX - v) / 1000)
			return false;
		*n = *n * 1000 + v;
		groups++;
	} while (more && take_literal(c, "/"));
	return !more;
}

static bool
take_tile_name(struct cursor *c, struct tile_name *t)
{
	uint64_t	v;

	if (take_literal(c, "entries"))
		t->level = -1;
	else if (take_decimal(c, &v) && v <= 63)
		t->level = (int)v;
	else
		return false;
	if (!take_literal(c, "/") || !take_tile_index(c, &t->n))
		return false;
	t->width = TILE_WIDTH;
	if (cursor_left(c) > 0) {
		if (!take_literal(c, ".p/") || !take_decimal(c, &v) ||
		    v < 1 || v >= TILE_WIDTH)
			return false;
		t->width = (unsigned)v;
	}
	return cursor_left(c) == 0;
}

int
tile_name_parse(const char *s, struct tile_name *t, struct err *e)
{
	struct cursor	c = cursor_of(s, strlen(s));

	memset(t, 0, sizeof(*t));
	if (take_tile_name(&c, t))
		return 0;
	memset(t, 0, sizeof(*t));
	return err_set_id(e, ERR_FORMAT, "bad-tile-name",
	    "not the name of a tile");
}
