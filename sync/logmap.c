#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sync/logmap.h"

/*
 * Groups below this number, the upper twelve levels, are kept from one batch
 * to the next: at most 273 of 1 KiB, and every batch changes some of them.
 */
#define KEEP_BELOW	4096

/* Buckets, and puts, after which a long replay writes what it has. */
#define SPILL_BUCKETS	16384
#define SPILL_PUTS	65536

/* One bucket.  rows and refs run in parallel. */
struct bucket {
	uint32_t	i;
	bool		stale;		/* changed since logmap_root() */
	bool		dirty;		/* changed since logmap_settle() */
	struct buf	rows, refs;
};

struct group {
	int64_t		id;
	bool		dirty;
	unsigned	height;
	struct hash	h[GROUP_HASHES];
};

/* What a put replaced. */
struct undo {
	uint32_t	i;
	bool		existed;
	uint8_t		key[SM3_LEN];
	uint8_t		value[SM3_LEN];
	uint8_t		ref[REF_LEN];
};

/* From a number to a pointer: open addressing, grows, never shrinks. */
struct table {
	uint64_t	*key;		/* number + 1; 0 is free */
	void		**item;
	size_t		 n, cap;	/* cap: 0 or a power of two */
};

/* Buckets or groups in the order in which they were first touched. */
struct list {
	void	**item;
	size_t	  n, cap;
};

struct logmap {
	struct store	*st;
	unsigned	 depth;
	struct table	 buckets, groups;
	struct list	 stale;			/* buckets */
	struct list	 dirty_buckets, dirty_groups;
	struct undo	*undo;
	size_t		 nundo, capundo;
	struct hash	 empty[MAP_DEPTH_MAX + 1];	/* by height */
	struct hash	 root;
	bool		 have_root;
	struct buf	 scratch, scratch2;
};

/* A changed node: its position in its level and its hash. */
struct item {
	uint32_t	i;
	struct hash	h;
};

/* ---- table ---- */

static size_t
table_slot(const struct table *t, uint64_t n)
{
	size_t	i;

	i = (size_t)((n * 0x9e3779b97f4a7c15u) >> 32) & (t->cap - 1);
	while (t->key[i] != 0 && t->key[i] != n + 1)
		i = (i + 1) & (t->cap - 1);
	return i;
}

static void *
table_get(const struct table *t, uint64_t n)
{
	size_t	i;

	if (t->cap == 0)
		return NULL;
	i = table_slot(t, n);
	return t->key[i] == 0 ? NULL : t->item[i];
}

static void
table_put(struct table *t, uint64_t n, void *item)
{
	struct table	old = *t;
	size_t		i, slot;

	if (2 * (t->n + 1) > t->cap) {
		t->cap = old.cap == 0 ? 64 : 2 * old.cap;
		t->key = xcalloc(t->cap, sizeof(*t->key));
		t->item = xcalloc(t->cap, sizeof(*t->item));
		for (i = 0; i < old.cap; i++)
			if (old.key[i] != 0) {
				slot = table_slot(t, old.key[i] - 1);
				t->key[slot] = old.key[i];
				t->item[slot] = old.item[i];
			}
		free(old.key);
		free(old.item);
	}
	slot = table_slot(t, n);
	t->key[slot] = n + 1;
	t->item[slot] = item;
	t->n++;
}

static void
table_clear(struct table *t)
{
	free(t->key);
	free(t->item);
	memset(t, 0, sizeof(*t));
}

static void
list_put(struct list *l, void *item)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 64 : 2 * l->cap;
		l->item = xreallocarray(l->item, l->cap, sizeof(*l->item));
	}
	l->item[l->n++] = item;
}

/* ---- life ---- */

struct logmap *
logmap_new(struct store *st)
{
	struct logmap	*m = xcalloc(1, sizeof(*m));
	unsigned	 h;

	m->st = st;
	for (h = 0; h <= MAP_DEPTH_MAX; h++)
		map_empty(h, &m->empty[h]);
	buf_init(&m->scratch, SIZE_MAX);
	buf_init(&m->scratch2, SIZE_MAX);
	return m;
}

static void
list_clear(struct list *l)
{
	free(l->item);
	memset(l, 0, sizeof(*l));
}

/* Drop all buckets and the groups from this number on; nothing is dirty. */
static void
drop(struct logmap *m, int64_t keep_below)
{
	struct table	 groups = m->groups;
	struct bucket	*b;
	struct group	*g;
	size_t		 i;

	for (i = 0; i < m->buckets.cap; i++)
		if ((b = m->buckets.item[i]) != NULL) {
			buf_fini(&b->rows);
			buf_fini(&b->refs);
			free(b);
		}
	table_clear(&m->buckets);
	memset(&m->groups, 0, sizeof(m->groups));
	for (i = 0; i < groups.cap; i++) {
		if ((g = groups.item[i]) == NULL)
			continue;
		g->dirty = false;
		if (g->id < keep_below)
			table_put(&m->groups, (uint64_t)g->id, g);
		else
			free(g);
	}
	table_clear(&groups);
	list_clear(&m->stale);
	list_clear(&m->dirty_buckets);
	list_clear(&m->dirty_groups);
	free(m->undo);
	m->undo = NULL;
	m->nundo = m->capundo = 0;
}

static void
forget(struct logmap *m)
{
	drop(m, 0);
	m->have_root = false;
}

void
logmap_free(struct logmap *m)
{
	if (m == NULL)
		return;
	forget(m);
	buf_fini(&m->scratch);
	buf_fini(&m->scratch2);
	free(m);
}

void
logmap_reset(struct logmap *m, unsigned depth)
{
	assert(depth <= MAP_DEPTH_MAX);
	forget(m);
	m->depth = depth;
}

/* ---- buckets ---- */

static int
load_bucket(struct logmap *m, uint32_t i, struct bucket **out, struct err *e)
{
	struct bucket	*b;
	int		 rc;

	if ((*out = table_get(&m->buckets, i)) != NULL)
		return 0;
	b = xcalloc(1, sizeof(*b));
	b->i = i;
	buf_init(&b->rows, SIZE_MAX);
	buf_init(&b->refs, SIZE_MAX);
	if (m->st != NULL &&
	    (rc = row_bucket(m->st, i, &b->rows, &b->refs, e)) != 0) {
		buf_fini(&b->rows);
		buf_fini(&b->refs);
		free(b);
		return rc;
	}
	table_put(&m->buckets, i, b);
	*out = b;
	return 0;
}

/* Where the row of key stands in b, or would: its number. */
static bool
find_row(const struct bucket *b, const uint8_t key[SM3_LEN], size_t *at)
{
	const uint8_t	*p;
	size_t		 lo = 0, hi = b->rows.len / MAP_ROW, mid;

	p = map_bucket_find(buf_octets(&b->rows), key);
	if (p != NULL) {
		*at = (size_t)(p - b->rows.p) / MAP_ROW;
		return true;
	}
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (memcmp(b->rows.p + mid * MAP_ROW, key, SM3_LEN) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*at = lo;
	return false;
}

int
logmap_get(struct logmap *m, const uint8_t key[SM3_LEN], bool *found,
    uint8_t value[SM3_LEN], struct ref *ref, struct err *e)
{
	struct bucket	*b;
	size_t		 at;
	int		 rc;

	*found = false;
	if ((rc = load_bucket(m, map_bucket_of(key, m->depth), &b, e)) != 0)
		return rc;
	if ((*found = find_row(b, key, &at))) {
		memcpy(value, b->rows.p + at * MAP_ROW + SM3_LEN, SM3_LEN);
		ref_get(b->refs.p + at * REF_LEN, ref);
	}
	return 0;
}

static void
insert(struct buf *b, size_t at, const uint8_t *p, size_t n)
{
	size_t	tail = b->len - at;

	buf_put(b, p, n);	/* makes room; the octets move below */
	memmove(b->p + at + n, b->p + at, tail);
	memcpy(b->p + at, p, n);
}

static void
removed(struct buf *b, size_t at, size_t n)
{
	memmove(b->p + at, b->p + at + n, b->len - at - n);
	b->len -= n;
}

void
logmap_put(struct logmap *m, const uint8_t key[SM3_LEN],
    const uint8_t value[SM3_LEN], const struct ref *ref)
{
	struct bucket	*b;
	struct undo	*u;
	uint8_t		 r[REF_LEN];
	size_t		 at;
	bool		 existed, added;

	b = table_get(&m->buckets, map_bucket_of(key, m->depth));
	assert(b != NULL);
	existed = find_row(b, key, &at);
	if (m->st != NULL) {
		if (m->nundo == m->capundo) {
			m->capundo = m->capundo == 0 ? 64 : 2 * m->capundo;
			m->undo = xreallocarray(m->undo, m->capundo,
			    sizeof(*m->undo));
		}
		u = &m->undo[m->nundo++];
		memset(u, 0, sizeof(*u));
		u->i = b->i;
		u->existed = existed;
		memcpy(u->key, key, SM3_LEN);
		if (existed) {
			memcpy(u->value, b->rows.p + at * MAP_ROW + SM3_LEN,
			    SM3_LEN);
			memcpy(u->ref, b->refs.p + at * REF_LEN, REF_LEN);
		}
	}
	ref_put(ref, r);
	map_bucket_put(&b->rows, key, value, &added);
	assert(added == !existed);
	if (existed)
		memcpy(b->refs.p + at * REF_LEN, r, REF_LEN);
	else
		insert(&b->refs, at * REF_LEN, r, REF_LEN);
	if (!b->stale)
		list_put(&m->stale, b);
	if (!b->dirty)
		list_put(&m->dirty_buckets, b);
	b->stale = b->dirty = true;
	m->have_root = false;
}

size_t
logmap_mark(const struct logmap *m)
{
	return m->nundo;
}

void
logmap_undo(struct logmap *m, size_t mark)
{
	const struct undo *u;
	struct bucket	*b;
	size_t		 at;

	while (m->nundo > mark) {
		u = &m->undo[--m->nundo];
		b = table_get(&m->buckets, u->i);
		assert(b != NULL);
		if (!find_row(b, u->key, &at))
			abort();
		if (u->existed) {
			memcpy(b->rows.p + at * MAP_ROW + SM3_LEN, u->value,
			    SM3_LEN);
			memcpy(b->refs.p + at * REF_LEN, u->ref, REF_LEN);
		} else {
			removed(&b->rows, at * MAP_ROW, MAP_ROW);
			removed(&b->refs, at * REF_LEN, REF_LEN);
		}
	}
}

/* ---- nodes ---- */

static int
load_group(struct logmap *m, unsigned s, uint32_t t, struct group **out,
    struct err *e)
{
	struct group	*g;
	int64_t		 id = row_group_id(s, t);
	unsigned	 j;
	size_t		 p;
	bool		 found = false;
	int		 rc;

	if ((*out = table_get(&m->groups, (uint64_t)id)) != NULL)
		return 0;
	if (m->st != NULL && (rc = row_blob(m->st, STMT_NODE_GET, id,
	    &m->scratch, &found, e)) != 0)
		return rc;
	g = xcalloc(1, sizeof(*g));
	g->id = id;
	g->height = row_group_height(m->depth, s);
	if (found && m->scratch.len ==
	    row_group_hashes(g->height) * SM3_LEN)
		memcpy(g->h, m->scratch.p, m->scratch.len);
	else if (found) {
		free(g);
		return err_set_id(e, ERR_STORE, "store-corrupt",
		    "node group %lld has %zu octets", (long long)id,
		    m->scratch.len);
	} else
		for (j = 1; j <= g->height; j++)
			for (p = 0; p < (size_t)1 << j; p++)
				g->h[row_group_at(j, (uint32_t)p)] = m->empty[
				    m->depth - GROUP_LEVELS * s - j];
	table_put(&m->groups, (uint64_t)id, g);
	*out = g;
	return 0;
}

static void
group_root(const struct hash *h, struct hash *root)
{
	tlog_node(&h[0], &h[1], root);
}

/* Hash anew what stands above the changed leaves of a group. */
static void
group_climb(struct logmap *m, struct group *g, unsigned changed)
{
	unsigned	j, p, up;

	for (j = g->height; j > 1; j--) {
		up = 0;
		for (p = 0; p < 1u << (j - 1); p++) {
			if (((changed >> (2 * p)) & 3) == 0)
				continue;
			tlog_node(&g->h[row_group_at(j, 2 * p)],
			    &g->h[row_group_at(j, 2 * p + 1)],
			    &g->h[row_group_at(j - 1, p)]);
			up |= 1u << p;
		}
		changed = up;
	}
	if (!g->dirty)
		list_put(&m->dirty_groups, g);
	g->dirty = true;
}

static int
by_position(const void *a, const void *b)
{
	const struct item	*x = a, *y = b;

	return x->i < y->i ? -1 : x->i > y->i;
}

/* Items of one stratum's bottom level become items of its top, in place. */
static int
climb_stratum(struct logmap *m, unsigned s, struct item *items, size_t *n,
    struct err *e)
{
	unsigned	 height = row_group_height(m->depth, s), changed;
	struct group	*g;
	size_t		 i, out = 0;
	uint32_t	 t, p;
	int		 rc;

	for (i = 0; i < *n; ) {
		t = items[i].i >> height;
		if ((rc = load_group(m, s, t, &g, e)) != 0)
			return rc;
		changed = 0;
		for (; i < *n && items[i].i >> height == t; i++) {
			p = items[i].i & ((1u << height) - 1);
			g->h[row_group_at(height, p)] = items[i].h;
			changed |= 1u << p;
		}
		group_climb(m, g, changed);
		items[out].i = t;
		group_root(g->h, &items[out].h);
		out++;
	}
	*n = out;
	return 0;
}

/* The root as the rows say it: nothing has changed yet. */
static int
load_root(struct logmap *m, struct hash *root, struct err *e)
{
	struct group	*g;
	struct bucket	*b;
	int		 rc;

	if (m->depth == 0) {
		if ((rc = load_bucket(m, 0, &b, e)) == 0)
			map_bucket_root(b->rows.p, b->rows.len / MAP_ROW,
			    root);
		return rc;
	}
	if ((rc = load_group(m, 0, 0, &g, e)) == 0)
		group_root(g->h, root);
	return rc;
}

int
logmap_root(struct logmap *m, struct hash *root, struct err *e)
{
	struct item	*items = NULL;
	struct bucket	*b;
	size_t		 i, n = m->stale.n;
	unsigned	 s;
	int		 rc;

	if (m->have_root) {
		*root = m->root;
		return 0;
	}
	items = xcalloc(n + 1, sizeof(*items));
	for (i = 0; i < n; i++) {
		b = m->stale.item[i];
		items[i].i = b->i;
		map_bucket_root(b->rows.p, b->rows.len / MAP_ROW,
		    &items[i].h);
	}
	if (n == 0) {
		if ((rc = load_root(m, &m->root, e)) != 0)
			goto out;
	} else {
		qsort(items, n, sizeof(*items), by_position);
		for (s = row_strata(m->depth); s > 0; s--)
			if ((rc = climb_stratum(m, s - 1, items, &n, e)) != 0)
				goto out;
		m->root = items[0].h;
	}
	for (i = 0; i < m->stale.n; i++) {
		b = m->stale.item[i];
		b->stale = false;
	}
	m->stale.n = 0;
	m->have_root = true;
	*root = m->root;
	rc = 0;
out:
	free(items);
	return rc;
}

/* ---- rows ---- */

static int
by_bucket(const void *a, const void *b)
{
	const struct bucket	*x = *(void *const *)a, *y = *(void *const *)b;

	return x->i < y->i ? -1 : x->i > y->i;
}

static int
by_group(const void *a, const void *b)
{
	const struct group	*x = *(void *const *)a, *y = *(void *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

int
logmap_flush(struct logmap *m, uint64_t epoch, struct err *e)
{
	const struct bucket *b;
	const struct group *g;
	struct val	 row[3];
	size_t		 i;
	int		 rc;

	/* In the order of the pages that they go to. */
	if (m->dirty_buckets.n > 0)
		qsort(m->dirty_buckets.item, m->dirty_buckets.n,
		    sizeof(void *), by_bucket);
	if (m->dirty_groups.n > 0)
		qsort(m->dirty_groups.item, m->dirty_groups.n, sizeof(void *),
		    by_group);
	for (i = 0; i < m->dirty_buckets.n; i++) {
		b = m->dirty_buckets.item[i];
		if (b->rows.len == 0)	/* its first row was undone */
			continue;
		row[0] = val_int(b->i);
		row[1] = val_blob(buf_octets(&b->rows));
		row[2] = val_blob(buf_octets(&b->refs));
		if ((rc = store_run(m->st, STMT_BUCKET_PUT, row, 3, NULL,
		    e)) != 0)
			return rc;
	}
	for (i = 0; i < m->dirty_groups.n; i++) {
		g = m->dirty_groups.item[i];
		row[0] = val_int(g->id);
		row[1] = val_int((int64_t)epoch);
		row[2] = val_blob(OCTETS(g->h, row_group_hashes(g->height) *
		    SM3_LEN));
		if ((rc = store_run(m->st, STMT_NODE_PUT, row, 3, NULL,
		    e)) != 0)
			return rc;
	}
	return 0;
}

static int
differs(struct err *e, const char *what, uint64_t number)
{
	return err_set_id(e, ERR_STORE, "written-differs", "%s %llu does not "
	    "read back as it was written", what, (unsigned long long)number);
}

/*
 * The hash that the row above says node i of the bottom of stratum s - 1 has;
 * for s 0 it is the root.
 */
static int
stored_node(struct logmap *m, unsigned s, uint32_t i,
    const struct hash *root, struct hash *h, struct err *e)
{
	unsigned	height;
	size_t		at;
	int		rc;

	if (s == 0) {
		*h = *root;
		return 0;
	}
	height = row_group_height(m->depth, s - 1);
	if ((rc = row_blob(m->st, STMT_NODE_GET, row_group_id(s - 1,
	    i >> height), &m->scratch2, NULL, e)) != 0)
		return rc;
	at = row_group_at(height, i & ((1u << height) - 1)) * SM3_LEN;
	if (m->scratch2.len < at + SM3_LEN)
		return differs(e, "node group of node", i);
	memcpy(h->h, m->scratch2.p + at, SM3_LEN);
	return 0;
}

static int
reread_bucket(struct logmap *m, uint32_t i, const struct hash *root,
    struct err *e)
{
	struct hash	got, want;
	int		rc;

	if ((rc = row_bucket(m->st, i, &m->scratch, &m->scratch2, e)) != 0)
		return rc;
	map_bucket_root(m->scratch.p, m->scratch.len / MAP_ROW, &got);
	if ((rc = stored_node(m, row_strata(m->depth), i, root, &want,
	    e)) != 0)
		return rc;
	return memcmp(&got, &want, sizeof(got)) == 0 ? 0 :
	    differs(e, "bucket", i);
}

/* A group hashes up to what the group above says. */
static int
reread_group(struct logmap *m, int64_t id, const struct hash *root,
    struct err *e)
{
	struct hash	h[GROUP_HASHES], got, want;
	unsigned	s = 0, height, j, p;
	uint32_t	t;
	int		rc;

	while (row_group_id(s + 1, 0) <= id)
		s++;
	t = (uint32_t)(id - row_group_id(s, 0));
	height = row_group_height(m->depth, s);
	if ((rc = row_blob(m->st, STMT_NODE_GET, id, &m->scratch, NULL,
	    e)) != 0)
		return rc;
	if (m->scratch.len != row_group_hashes(height) * SM3_LEN)
		return differs(e, "node group", (uint64_t)id);
	memcpy(h, m->scratch.p, m->scratch.len);
	for (j = height; j > 1; j--)
		for (p = 0; p < 1u << (j - 1); p++) {
			tlog_node(&h[row_group_at(j, 2 * p)],
			    &h[row_group_at(j, 2 * p + 1)], &got);
			if (memcmp(&got, &h[row_group_at(j - 1, p)],
			    sizeof(got)) != 0)
				return differs(e, "node group", (uint64_t)id);
		}
	group_root(h, &got);
	if ((rc = stored_node(m, s, t, root, &want, e)) != 0)
		return rc;
	return memcmp(&got, &want, sizeof(got)) == 0 ? 0 :
	    differs(e, "node group", (uint64_t)id);
}

/* The row that a put made leads to a record with its digest. */
static int
reread_row(struct logmap *m, const struct undo *u, struct err *e)
{
	struct bucket	read;
	struct ref	ref;
	size_t		at;
	int		rc;

	memset(&read, 0, sizeof(read));
	buf_init(&read.rows, SIZE_MAX);
	buf_init(&read.refs, SIZE_MAX);
	if ((rc = row_bucket(m->st, u->i, &read.rows, &read.refs, e)) != 0)
		goto out;
	if (!find_row(&read, u->key, &at)) {
		rc = differs(e, "bucket", u->i);
		goto out;
	}
	ref_get(read.refs.p + at * REF_LEN, &ref);
	/* Whatever is wrong with it: it does not read back. */
	rc = row_record(m->st, &ref, read.rows.p + at * MAP_ROW + SM3_LEN,
	    &m->scratch, NULL);
	if (rc != 0)
		rc = differs(e, "record in bucket", u->i);
out:
	buf_fini(&read.rows);
	buf_fini(&read.refs);
	return rc;
}

int
logmap_reread(struct logmap *m, const struct hash *root, struct err *e)
{
	const struct bucket *b;
	const struct group *g;
	size_t		 i;
	int		 rc;

	for (i = 0; i < m->dirty_buckets.n; i++) {
		b = m->dirty_buckets.item[i];
		if ((rc = reread_bucket(m, b->i, root, e)) != 0)
			return rc;
	}
	for (i = 0; i < m->dirty_groups.n; i++) {
		g = m->dirty_groups.item[i];
		if ((rc = reread_group(m, g->id, root, e)) != 0)
			return rc;
	}
	for (i = 0; i < m->nundo; i++)
		if ((rc = reread_row(m, &m->undo[i], e)) != 0)
			return rc;
	return 0;
}

int
logmap_spill(struct logmap *m, uint64_t epoch, struct err *e)
{
	int	rc;

	if (m->st == NULL || (m->buckets.n <= SPILL_BUCKETS &&
	    m->nundo <= SPILL_PUTS))
		return 0;
	if ((rc = logmap_flush(m, epoch, e)) == 0)
		drop(m, KEEP_BELOW);
	return rc;
}

void
logmap_settle(struct logmap *m, bool committed)
{
	if (committed)
		drop(m, KEEP_BELOW);
	else
		forget(m);
}

/* ---- audit ---- */

static int
audit_differs(struct err *e, const char *what, uint64_t number)
{
	return err_set_id(e, ERR_VERIFY, "audit-differs", "%s %llu is not "
	    "what the entries make", what, (unsigned long long)number);
}

int
logmap_compare(struct logmap *m, struct store *st, uint64_t *buckets,
    uint64_t *groups, struct err *e)
{
	const struct bucket *b;
	const struct group *g;
	size_t		 i, len;
	bool		 found;
	int		 rc;

	*buckets = *groups = 0;
	for (i = 0; i < m->buckets.cap; i++) {
		if ((b = m->buckets.item[i]) == NULL || b->rows.len == 0)
			continue;
		if ((rc = row_bucket(st, b->i, &m->scratch, &m->scratch2,
		    e)) != 0)
			return rc;
		if (m->scratch.len != b->rows.len ||
		    m->scratch2.len != b->refs.len ||
		    memcmp(m->scratch.p, b->rows.p, b->rows.len) != 0 ||
		    memcmp(m->scratch2.p, b->refs.p, b->refs.len) != 0)
			return audit_differs(e, "bucket", b->i);
		++*buckets;
	}
	for (i = 0; i < m->groups.cap; i++) {
		if ((g = m->groups.item[i]) == NULL || !g->dirty)
			continue;
		if ((rc = row_blob(st, STMT_NODE_GET, g->id, &m->scratch,
		    &found, e)) != 0)
			return rc;
		len = row_group_hashes(g->height) * SM3_LEN;
		if (!found || m->scratch.len != len ||
		    memcmp(m->scratch.p, g->h, len) != 0)
			return audit_differs(e, "node group",
			    (uint64_t)g->id);
		++*groups;
	}
	return 0;
}
