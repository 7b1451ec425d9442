#include "tests/unit/sync/fake.h"
#include "tests/unit/sync/vectors.h"

/* ---- appending ---- */

static void
test_genesis(void **state)
{
	struct err	e = ERR_INIT;
	struct fake	f;
	struct hash	root, want;
	uint64_t	size, index;
	struct buf	b;

	(void)state;
	fake_open(&f, STORE_PROVINCE);
	buf_init(&b, 4096);
	assert_null(log_head_of(f.lg));
	assert_int_equal(log_begin(f.lg, &e), ERR_INVAL);
	e = (struct err)ERR_INIT;
	fake_entry(1, 1, -1, &b);
	assert_int_equal(log_append(f.lg, buf_octets(&b), &index, &e),
	    ERR_INVAL);
	e = (struct err)ERR_INIT;
	fake_begin(&f);
	assert_int_equal(log_append(f.lg, buf_octets(&b), &index, &e),
	    ERR_INVAL);
	e = (struct err)ERR_INIT;
	assert_int_equal(log_publish(f.lg, "x", 1, &e), ERR_INVAL);
	e = (struct err)ERR_INIT;
	assert_int_equal(log_genesis(f.lg, 25, 5, &size, &root, &e),
	    ERR_INVAL);
	fake_roll_back(&f);
	fake_genesis(&f, 4);
	assert_int_equal(log_head_of(f.lg)->size, 1);
	assert_int_equal(log_head_of(f.lg)->epoch, 0);
	assert_int_equal(log_head_of(f.lg)->map_count, 0);
	assert_int_equal(log_head_of(f.lg)->map_depth, 4);
	map_empty(4, &want);
	assert_memory_equal(&log_head_of(f.lg)->map_root, &want, 32);
	assert_string_equal(log_head_of(f.lg)->checkpoint, "a signed note");
	e = (struct err)ERR_INIT;
	fake_begin(&f);
	assert_int_equal(log_genesis(f.lg, 4, 5, &size, &root, &e),
	    ERR_CONFLICT);
	/* Only events make an epoch. */
	e = (struct err)ERR_INIT;
	assert_int_equal(log_seal(f.lg, 5, OCTETS(NULL, 0), &size, &root, &e),
	    ERR_INVAL);
	e = (struct err)ERR_INIT;
	assert_int_equal(log_reread(f.lg, &e), ERR_INVAL);
	fake_roll_back(&f);
	buf_fini(&b);
	fake_close(&f);
}

/* The three entries of entry.json's tree, and what follows there. */
static void
test_vector_log(void **state)
{
	const json_t	*tree, *j;
	json_t		*v;
	struct err	 e = ERR_INIT;
	struct fake	 f;
	struct checkpoint cp;
	struct octets	 root, o;
	size_t		 i;

	(void)state;
	v = vectors_load("entry.json");
	tree = json_object_get(v, "tree");
	root = vectors_hex(json_object_get(tree, "root"));
	fake_open(&f, STORE_PEER);
	fake_begin(&f);
	json_array_foreach(json_object_get(tree, "entries"), i, j) {
		o = vectors_hex(json_object_get(json_object_get(v, "good"),
		    json_string_value(j)));
		fake_must(log_replay(f.lg, o, &e), &e);
		vectors_free(o);
	}
	memset(&cp, 0, sizeof(cp));
	cp.size = 3;
	memcpy(cp.root, root.p, 32);
	fake_must(log_replay_end(f.lg, &cp, "note", 7, &e), &e);
	fake_must(log_reread(f.lg, &e), &e);
	fake_must(store_commit(f.st, &e), &e);
	log_settle(f.lg, true);
	assert_int_equal(log_head_of(f.lg)->map_count, 1);
	fake_begin(&f);
	o = vectors_hex(json_object_get(json_object_get(v, "good"),
	    "the seal suspended, previous = 1"));
	fake_must(log_replay(f.lg, o, &e), &e);
	vectors_free(o);
	fake_roll_back(&f);
	vectors_free(root);
	json_decref(v);
	fake_close(&f);
}

static void
test_refused_steps(void **state)
{
	static const struct {
		unsigned	seal, status;
		int64_t		previous;
		int		code;
		const char	*id;
	} cases[] = {
		{ 1, 2, -1, ERR_VERIFY, "illegal-transition" },
		{ 1, 2, 2, ERR_VERIFY, "illegal-transition" },
		{ 1, 2, 9, ERR_VERIFY, "illegal-transition" },
		{ 7, 1, 0, ERR_VERIFY, "illegal-transition" },
		{ 7, 1, 1, ERR_VERIFY, "illegal-transition" },
		{ 1, FAKE_ILLEGAL, 1, ERR_VERIFY, "illegal-transition" },
		{ 8, FAKE_ILLEGAL, -1, ERR_VERIFY, "illegal-transition" },
	};
	static const char genesis[] = "7a2a12206f226e15aee138cd20707fa6d9bc3f83"
	    "876ff1d13b455797827c8cf400973a3420102880f7c4d506";
	uint8_t		ep[44];
	struct err	e;
	struct fake	f;
	struct buf	b;
	uint64_t	index;
	size_t		i;

	(void)state;
	fake_open(&f, STORE_PROVINCE);
	buf_init(&b, 4096);
	fake_genesis(&f, 16);
	fake_batch(&f, 1, 3, 1);
	fake_begin(&f);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		e = (struct err)ERR_INIT;
		fake_entry(cases[i].seal, cases[i].status, cases[i].previous,
		    &b);
		assert_int_equal(log_append(f.lg, buf_octets(&b), &index, &e),
		    cases[i].code);
		assert_string_equal(e.id, cases[i].id);
		assert_int_equal(log_size_now(f.lg), 4);
	}
	/* Octets that are no entry, and an entry that is not appended. */
	fake_entry(7, 1, -1, &b);
	buf_put_u8(&b, 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(log_append(f.lg, buf_octets(&b), &index, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-entry");
	assert_true(hex_decode(genesis, strlen(genesis), ep, sizeof(ep)));
	e = (struct err)ERR_INIT;
	assert_int_equal(log_append(f.lg, OCTETS(ep, sizeof(ep)), &index, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-entry");
	/* After all that, a good one still fits, at the same place. */
	fake_entry(1, 2, 1, &b);
	e = (struct err)ERR_INIT;
	fake_must(log_append(f.lg, buf_octets(&b), &index, &e), &e);
	assert_int_equal(index, 4);
	fake_seal(&f, 300);
	fake_commit(&f);
	buf_fini(&b);
	fake_close(&f);
}

static void
test_current(void **state)
{
	struct err	e = ERR_INIT;
	struct fake	f;
	struct octets	o;
	uint64_t	index, status;
	uint8_t		key[SM3_LEN];

	(void)state;
	fake_open(&f, STORE_PROVINCE);
	fake_key(1, key);
	fake_must(log_current(f.lg, key, &o, &index, &e), &e);
	assert_int_equal(o.len, 0);
	fake_genesis(&f, 16);
	fake_batch(&f, 1, 3, 1);
	fake_must(log_current(f.lg, key, &o, &index, &e), &e);
	assert_int_equal(index, 1);
	fake_begin(&f);
	fake_must(fake_append(&f, 1, 2, &e), &e);
	fake_must(log_current(f.lg, key, &o, &index, &e), &e);
	assert_int_equal(index, 4);
	(void)fake_read_record(o, &status);
	assert_int_equal(status, 2);
	fake_roll_back(&f);
	fake_must(log_current(f.lg, key, &o, &index, &e), &e);
	assert_int_equal(index, 1);
	(void)fake_read_record(o, &status);
	assert_int_equal(status, 1);
	fake_close(&f);
}

static void
same_head(const struct log_head *a, const struct log_head *b)
{
	assert_int_equal(a->size, b->size);
	assert_memory_equal(&a->root, &b->root, 32);
	assert_int_equal(a->epoch, b->epoch);
	assert_memory_equal(&a->map_root, &b->map_root, 32);
	assert_int_equal(a->map_count, b->map_count);
	assert_int_equal(a->map_depth, b->map_depth);
	assert_int_equal(a->epoch_time, b->epoch_time);
}

/* A failed operation of a batch leaves no trace. */
static void
test_undo(void **state)
{
	struct err	e = ERR_INIT;
	struct fake	f, g;
	struct log_mark	*m;
	unsigned	n;

	(void)state;
	fake_open(&f, STORE_PROVINCE);
	fake_open(&g, STORE_PROVINCE);
	fake_genesis(&f, 3);
	fake_genesis(&g, 3);
	fake_batch(&f, 1, 20, 1);
	fake_batch(&g, 1, 20, 1);
	fake_begin(&f);
	fake_begin(&g);
	fake_must(fake_append(&f, 30, 1, &e), &e);
	fake_must(fake_append(&g, 30, 1, &e), &e);
	for (n = 0; n < 3; n++) {
		fake_must(store_savepoint(f.st, &e), &e);
		m = log_mark(f.lg);
		fake_must(fake_append(&f, 5, 2, &e), &e);	/* changed */
		fake_must(fake_append(&f, 5, 3, &e), &e);	/* twice */
		fake_must(fake_append(&f, 40 + n, 1, &e), &e);	/* new */
		fake_must(fake_append(&f, 30, 2, &e), &e);
		assert_int_equal(fake_append(&f, 6, FAKE_ILLEGAL, &e),
		    ERR_VERIFY);
		e = (struct err)ERR_INIT;
		store_undo(f.st);
		log_undo(f.lg, m);
		assert_int_equal(log_size_now(f.lg), log_size_now(g.lg));
		fake_must(store_savepoint(f.st, &e), &e);
		(void)log_mark(f.lg);
		fake_must(fake_append(&f, 6 + n, 2, &e), &e);
		fake_must(store_release(f.st, &e), &e);
		fake_must(fake_append(&g, 6 + n, 2, &e), &e);
	}
	fake_seal(&f, 300);
	fake_seal(&g, 300);
	fake_must(log_reread(f.lg, &e), &e);
	fake_commit(&f);
	fake_commit(&g);
	same_head(log_head_of(f.lg), log_head_of(g.lg));
	fake_close(&f);
	fake_close(&g);
}

static void
test_rollback(void **state)
{
	struct err	e = ERR_INIT;
	struct fake	f, g;

	(void)state;
	fake_open(&f, STORE_PROVINCE);
	fake_open(&g, STORE_PROVINCE);
	fake_genesis(&f, 16);
	fake_genesis(&g, 16);
	fake_begin(&f);
	fake_must(fake_append(&f, 1, 1, &e), &e);
	fake_roll_back(&f);
	assert_int_equal(log_size_now(f.lg), 1);
	/* Also when both roots were made and the checkpoint was stored. */
	fake_begin(&f);
	fake_must(fake_append(&f, 2, 1, &e), &e);
	fake_seal(&f, 999);
	fake_must(log_publish(f.lg, "never to leave", 999, &e), &e);
	fake_roll_back(&f);
	assert_string_equal(log_head_of(f.lg)->checkpoint, "a signed note");
	fake_batch(&f, 3, 300, 1);
	fake_batch(&g, 3, 300, 1);
	same_head(log_head_of(f.lg), log_head_of(g.lg));
	fake_close(&f);
	fake_close(&g);
}

static void
test_sign_again(void **state)
{
	struct err	e = ERR_INIT;
	struct fake	f;

	(void)state;
	fake_open(&f, STORE_PROVINCE);
	fake_genesis(&f, 16);
	fake_batch(&f, 1, 3, 1);
	fake_begin(&f);
	fake_must(log_publish(f.lg, "fresh", 2000, &e), &e);
	assert_int_equal(log_publish(f.lg, "twice", 2001, &e), ERR_INVAL);
	e = (struct err)ERR_INIT;
	fake_must(store_commit(f.st, &e), &e);
	log_settle(f.lg, true);
	assert_string_equal(log_head_of(f.lg)->checkpoint, "fresh");
	assert_int_equal(log_head_of(f.lg)->signed_at, 2000);
	assert_int_equal(log_head_of(f.lg)->size, 4);
	/* A batch with entries and no epoch is not published. */
	fake_begin(&f);
	fake_must(fake_append(&f, 9, 1, &e), &e);
	assert_int_equal(log_publish(f.lg, "x", 3000, &e), ERR_INVAL);
	fake_roll_back(&f);
	fake_close(&f);
}

/* A clock that was set back does not make an epoch's time fall. */
static void
test_time(void **state)
{
	struct err	e = ERR_INIT;
	struct fake	f;

	(void)state;
	fake_open(&f, STORE_PROVINCE);
	fake_genesis(&f, 16);
	fake_batch(&f, 1, 2, 1);
	fake_begin(&f);
	fake_must(fake_append(&f, 2, 1, &e), &e);
	fake_seal(&f, 150);
	fake_commit(&f);
	assert_int_equal(log_head_of(f.lg)->epoch_time, 200);
	fake_close(&f);
}

/* Any order of insertion gives the same map, at any depth. */
static void
test_order(void **state)
{
	static const unsigned depths[] = { 0, 1, 3, 4, 5, 8, 16, 17, 21, 24 };
	struct err	e = ERR_INIT;
	struct fake	f[3];
	unsigned	n, k;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		for (k = 0; k < 3; k++) {
			fake_open(&f[k], STORE_PROVINCE);
			fake_genesis(&f[k], depths[i]);
		}
		fake_batch(&f[0], 0, 101, 1);
		fake_begin(&f[1]);
		for (n = 101; n-- > 0; )
			fake_must(fake_append(&f[1], n, 1, &e), &e);
		fake_seal(&f[1], 200);
		fake_commit(&f[1]);
		/* Several batches, the last ones first, and other records. */
		fake_batch(&f[2], 90, 101, 1);
		fake_batch(&f[2], 50, 90, 2);
		fake_batch(&f[2], 50, 51, 3);
		fake_batch(&f[2], 0, 50, 1);
		fake_batch(&f[2], 50, 90, 1);
		for (k = 1; k < 3; k++)
			assert_memory_equal(&log_head_of(f[k].lg)->map_root,
			    &log_head_of(f[0].lg)->map_root, 32);
		for (k = 0; k < 3; k++)
			fake_close(&f[k]);
	}
}

/* ---- opening again ---- */

static void
test_open_again(void **state)
{
	struct err	e = ERR_INIT;
	struct fake	f, g;
	unsigned	n;

	(void)state;
	fake_open(&f, STORE_PROVINCE);
	fake_open(&g, STORE_PROVINCE);
	fake_genesis(&f, 16);
	fake_genesis(&g, 16);
	for (n = 0; n < 5; n++) {
		fake_batch(&f, n * 130, n * 130 + 130, 1);
		fake_batch(&g, n * 130, n * 130 + 130, 1);
		log_free(f.lg);
		store_close(f.st);
		f.st = fake_store(f.path, STORE_WRITE, STORE_PROVINCE);
		fake_must(log_new(f.st, &fake_rules, &f.lg, &e), &e);
		same_head(log_head_of(f.lg), log_head_of(g.lg));
	}
	fake_close(&f);
	fake_close(&g);
}

static void
test_open_damaged(void **state)
{
	static const char *const cases[] = {
		"UPDATE head SET root = zeroblob(32)",
		"UPDATE head SET map_root = zeroblob(32)",
		"UPDATE head SET map_count = 7",
		"UPDATE head SET epoch_time = 7",
		"UPDATE head SET size = 3, epoch = 2",
		"UPDATE head SET epoch = 2",
		"UPDATE head SET map_depth = 8",
		"DELETE FROM head",
		"DELETE FROM entry WHERE idx = 6",
		"INSERT INTO entry VALUES (7, x'00')",
		"DELETE FROM tile",
		"UPDATE tile SET hashes = substr(hashes, 1, 192)",
		"UPDATE tile SET hashes = zeroblob(224)",
		"UPDATE node SET hashes = zeroblob(960) WHERE id = 1",
		"DELETE FROM node WHERE id = 1",
	};
	struct err	e;
	struct fake	f;
	struct log	*lg;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_open(&f, STORE_PROVINCE);
		fake_genesis(&f, 16);
		fake_batch(&f, 1, 6, 1);
		store_close(f.st);
		fake_raw(&f, "DROP TRIGGER head_forward;"
		    "DROP TRIGGER head_stay; DROP TRIGGER entry_stay;"
		    "DROP TRIGGER tile_stay; DROP TRIGGER tile_grow");
		fake_raw(&f, cases[i]);
		f.st = fake_store(f.path, STORE_WRITE, STORE_PROVINCE);
		e = (struct err)ERR_INIT;
		if (log_new(f.st, &fake_rules, &lg, &e) != ERR_STORE)
			fail_msg("opened: %s", cases[i]);
		assert_string_equal(e.id, "store-corrupt");
		assert_null(lg);
		fake_close(&f);
	}
}

/* ---- reading back ---- */

/* What a failing disk might have done between writing and reading back. */
static void
test_reread(void **state)
{
	enum { BUCKET_VALUE, BUCKET_REF, BUCKET_ORDER, NODE_LEAF, NODE_TOP,
	    NODE_INNER, TILE_LONGER, ENTRY_MORE, CASES };
	struct err	e;
	struct fake	f;
	struct query	*q;
	struct val	v[3];
	struct buf	rows, refs, hashes;
	uint8_t		key[SM3_LEN], twice[64];
	int		i;
	bool		row;

	(void)state;
	buf_init(&rows, SIZE_MAX);
	buf_init(&refs, SIZE_MAX);
	buf_init(&hashes, SIZE_MAX);
	fake_open(&f, STORE_PROVINCE);
	fake_genesis(&f, 8);
	fake_batch(&f, 1, 600, 1);
	for (i = 0; i <= CASES; i++) {
		e = (struct err)ERR_INIT;
		fake_begin(&f);
		fake_must(fake_append(&f, 3, 2, &e), &e);
		fake_seal(&f, 300);
		fake_key(3, key);
		v[0] = val_int(key[0]);
		fake_must(store_query(f.st, STMT_BUCKET_GET, v, 1, &q, &e),
		    &e);
		fake_must(query_next(q, &row, &e), &e);
		buf_reset(&rows);
		buf_reset(&refs);
		buf_put_octets(&rows, query_blob(q, 0));
		buf_put_octets(&refs, query_blob(q, 1));
		query_done(q);
		v[0] = val_int(i == NODE_TOP ? 1 : 16 + (key[0] >> 4));
		fake_must(store_query(f.st, STMT_NODE_GET, v, 1, &q, &e), &e);
		fake_must(query_next(q, &row, &e), &e);
		buf_reset(&hashes);
		buf_put_octets(&hashes, query_blob(q, 0));
		query_done(q);
		switch (i) {
		case BUCKET_VALUE:
			rows.p[63] ^= 1;
			break;
		case BUCKET_REF:
			memset(refs.p, 0, refs.len);
			break;
		case BUCKET_ORDER:
			/* One key twice. */
			memcpy(twice, rows.p, 64);
			buf_put(&rows, twice, 64);
			memcpy(twice, refs.p, 12);
			buf_put(&refs, twice, 12);
			break;
		case NODE_LEAF:
			hashes.p[(14 + (key[0] & 15)) * 32] ^= 1;
			break;
		case NODE_TOP:
			hashes.p[0] ^= 1;
			break;
		case NODE_INNER:
			hashes.p[64] ^= 1;
			break;
		case TILE_LONGER:
			v[0] = val_int(2);
			fake_must(store_query(f.st, STMT_TILE_GET, v, 1, &q,
			    &e), &e);
			fake_must(query_next(q, &row, &e), &e);
			buf_reset(&hashes);
			buf_put_octets(&hashes, query_blob(q, 0));
			query_done(q);
			buf_put(&hashes, key, 32);
			v[1] = val_blob(buf_octets(&hashes));
			fake_must(store_run(f.st, STMT_TILE_GROW, v, 2, NULL,
			    &e), &e);
			break;
		case ENTRY_MORE:
			v[0] = val_int(603);
			v[1] = val_blob(OCTETS("x", 1));
			fake_must(store_run(f.st, STMT_ENTRY_ADD, v, 2, NULL,
			    &e), &e);
			break;
		}
		if (i <= BUCKET_ORDER) {
			v[0] = val_int(key[0]);
			v[1] = val_blob(buf_octets(&rows));
			v[2] = val_blob(buf_octets(&refs));
			fake_must(store_run(f.st, STMT_BUCKET_PUT, v, 3, NULL,
			    &e), &e);
		} else if (i <= NODE_INNER) {
			v[0] = val_int(i == NODE_TOP ? 1 :
			    16 + (key[0] >> 4));
			v[1] = val_int(602);
			v[2] = val_blob(buf_octets(&hashes));
			fake_must(store_run(f.st, STMT_NODE_PUT, v, 3, NULL,
			    &e), &e);
		}
		if (i == CASES)		/* and when nothing was done */
			fake_must(log_reread(f.lg, &e), &e);
		else if (log_reread(f.lg, &e) != ERR_STORE)
			fail_msg("case %d was not found", i);
		else
			assert_string_equal(e.id, "written-differs");
		fake_roll_back(&f);
	}
	buf_fini(&rows);
	buf_fini(&refs);
	buf_fini(&hashes);
	fake_close(&f);
}

/* ---- replaying ---- */

struct copy {
	struct octets	*entry;
	size_t		 n;
};

static void
copy_entries(struct fake *f, struct copy *c)
{
	const struct val v[] = { val_int(0), val_int(INT64_MAX) };
	struct err	 e = ERR_INIT;
	struct query	*q;
	struct octets	 o;
	bool		 row;

	c->n = 0;
	c->entry = xcalloc(4096, sizeof(*c->entry));
	fake_must(store_query(f->st, STMT_ENTRY_RANGE, v, 2, &q, &e), &e);
	while (query_next(q, &row, &e) == 0 && row) {
		o = query_blob(q, 1);
		c->entry[c->n++] = OCTETS(xmemdup(o.p, o.len), o.len);
	}
	query_done(q);
}

static void
copy_free(struct copy *c)
{
	while (c->n > 0)
		vectors_free(c->entry[--c->n]);
	free(c->entry);
}

static void
checkpoint_of(const struct log_head *h, struct checkpoint *cp)
{
	memset(cp, 0, sizeof(*cp));
	cp->size = h->size;
	memcpy(cp->root, h->root.h, 32);
}

/* An own log with several epochs. */
static void
busy_log(struct fake *f, unsigned depth)
{
	unsigned	n;

	fake_open(f, STORE_PROVINCE);
	fake_genesis(f, depth);
	for (n = 0; n < 20; n++)
		fake_batch(f, n * n, n * n + 37, n % 3 + 1);
}

static void
test_replay(void **state)
{
	static const unsigned depths[] = { 0, 6, 16, 18 };
	static const size_t steps[] = { 1, 2, 3, 7, 1000 };
	struct err	e = ERR_INIT;
	struct fake	own, peer;
	struct copy	c;
	struct checkpoint cp;
	struct log_audit a;
	size_t		i, d, s;

	(void)state;
	for (d = 0; d < sizeof(depths) / sizeof(depths[0]); d++) {
		busy_log(&own, depths[d]);
		copy_entries(&own, &c);
		fake_open(&peer, STORE_PEER);
		checkpoint_of(log_head_of(own.lg), &cp);
		fake_begin(&peer);
		for (i = 0; i < c.n; i++)
			fake_must(log_replay(peer.lg, c.entry[i], &e), &e);
		fake_must(log_replay_end(peer.lg, &cp, "note", 9, &e), &e);
		fake_must(log_reread(peer.lg, &e), &e);
		fake_must(store_commit(peer.st, &e), &e);
		log_settle(peer.lg, true);
		same_head(log_head_of(own.lg), log_head_of(peer.lg));
		/* The head signed again. */
		fake_begin(&peer);
		fake_must(log_replay_end(peer.lg, &cp, "fresh", 10, &e), &e);
		fake_must(store_commit(peer.st, &e), &e);
		log_settle(peer.lg, true);
		assert_string_equal(log_head_of(peer.lg)->checkpoint,
		    "fresh");
		/* Then a few batches at a time, as in life. */
		for (s = 0; s < 10; s++) {
			size_t	n = c.n;

			fake_batch(&own, (unsigned)(s * 31),
			    (unsigned)(s * 31 + steps[s % 5]), 5);
			copy_free(&c);
			copy_entries(&own, &c);
			checkpoint_of(log_head_of(own.lg), &cp);
			fake_begin(&peer);
			for (i = n; i < c.n; i++)
				fake_must(log_replay(peer.lg, c.entry[i], &e),
				    &e);
			fake_must(log_replay_end(peer.lg, &cp, "n", 11, &e),
			    &e);
			fake_must(store_commit(peer.st, &e), &e);
			log_settle(peer.lg, true);
		}
		same_head(log_head_of(own.lg), log_head_of(peer.lg));
		fake_must(store_begin(peer.st, &e), &e);
		fake_must(log_audit(peer.st, &fake_rules, &a, &e), &e);
		assert_int_equal(a.entries, c.n);
		assert_int_equal(a.epochs, 31);
		fake_must(store_commit(peer.st, &e), &e);
		copy_free(&c);
		fake_close(&own);
		fake_close(&peer);
	}
}

/* A replay too long for memory writes rows on the way. */
static void
test_replay_long(void **state)
{
	const struct val v[] = { val_int(0), val_int(INT64_MAX) };
	struct err	e = ERR_INIT;
	struct fake	own, peer;
	struct query	*q;
	struct checkpoint cp;
	struct log_audit a;
	unsigned	n;
	bool		row;

	(void)state;
	fake_open(&own, STORE_PROVINCE);
	fake_genesis(&own, 20);
	for (n = 0; n < 18000; n += 6000)
		fake_batch(&own, n, n + 6000, 1);
	fake_batch(&own, 100, 200, 2);
	fake_batch(&own, 17950, 18050, 3);
	fake_open(&peer, STORE_PEER);
	fake_begin(&peer);
	fake_must(store_query(own.st, STMT_ENTRY_RANGE, v, 2, &q, &e), &e);
	while (query_next(q, &row, &e) == 0 && row)
		fake_must(log_replay(peer.lg, query_blob(q, 1), &e), &e);
	query_done(q);
	checkpoint_of(log_head_of(own.lg), &cp);
	fake_must(log_replay_end(peer.lg, &cp, "note", 9, &e), &e);
	fake_must(log_reread(peer.lg, &e), &e);
	fake_must(store_commit(peer.st, &e), &e);
	log_settle(peer.lg, true);
	same_head(log_head_of(own.lg), log_head_of(peer.lg));
	fake_must(log_audit(peer.st, &fake_rules, &a, &e), &e);
	assert_int_equal(a.keys, 18050);
	fake_close(&own);
	fake_close(&peer);
}

static void
test_replay_refused(void **state)
{
	enum { COVERED, MAP_ROOT, MAP_COUNT, MAP_DEPTH, TIME_FALLS,
	    NO_PREVIOUS, WRONG_PREVIOUS, GENESIS_PREVIOUS, GENESIS_COUNT,
	    GENESIS_DEPTH, GENESIS_ROOT, NO_GENESIS, EPOCHS };
	struct err	e;
	struct fake	own, peer;
	struct copy	c;
	struct epoch	ep;
	struct buf	b;
	size_t		i, at;
	int		k;

	(void)state;
	buf_init(&b, 4096);
	fake_open(&own, STORE_PROVINCE);
	fake_genesis(&own, 16);
	fake_batch(&own, 1, 4, 1);
	fake_batch(&own, 2, 5, 2);
	copy_entries(&own, &c);		/* 0, 4 and 8 are epochs */
	fake_open(&peer, STORE_PEER);
	for (k = 0; k < EPOCHS; k++) {
		at = k >= GENESIS_PREVIOUS ? 0 : 8;
		e = (struct err)ERR_INIT;
		fake_begin(&peer);
		for (i = k == NO_GENESIS ? 1 : 0; i < at; i++)
			fake_must(log_replay(peer.lg, c.entry[i], &e), &e);
		fake_must(epoch_decode(c.entry[at], &ep, &e), &e);
		switch (k) {
		case COVERED:		ep.covered++; break;
		case MAP_ROOT:
		case GENESIS_ROOT:	ep.map_root[5] ^= 1; break;
		case MAP_COUNT:		ep.map_count--; break;
		case MAP_DEPTH:		ep.map_depth++; break;
		case TIME_FALLS:	ep.time -= 1; break;
		case NO_PREVIOUS:	ep.has_previous = false; break;
		case WRONG_PREVIOUS:	ep.previous = 0; break;
		case GENESIS_PREVIOUS:	ep.has_previous = true; break;
		case GENESIS_COUNT:	ep.map_count = 1; break;
		case GENESIS_DEPTH:	ep.map_depth = 25; break;
		}
		buf_reset(&b);
		epoch_encode(&ep, &b);
		if (k == NO_GENESIS) {
			buf_reset(&b);
			buf_put_octets(&b, c.entry[1]);
		}
		if (log_replay(peer.lg, buf_octets(&b), &e) != ERR_VERIFY)
			fail_msg("epoch %d was accepted", k);
		assert_string_equal(e.id, "bad-epoch");
		fake_roll_back(&peer);
		assert_null(log_head_of(peer.lg));
		assert_int_equal(log_size_now(peer.lg), 0);
	}
	buf_fini(&b);
	copy_free(&c);
	fake_close(&own);
	fake_close(&peer);
}

static void
test_replay_end_refused(void **state)
{
	struct err	e = ERR_INIT;
	struct fake	own, peer;
	struct copy	c;
	struct checkpoint cp, bad;
	struct tlog_edge edge;
	struct hash	h;
	struct buf	b;
	size_t		i;

	(void)state;
	buf_init(&b, 4096);
	fake_open(&own, STORE_PROVINCE);
	fake_genesis(&own, 16);
	fake_batch(&own, 1, 4, 1);
	copy_entries(&own, &c);
	checkpoint_of(log_head_of(own.lg), &cp);
	fake_open(&peer, STORE_PEER);

	/* Nothing at all, under a checkpoint of size 0. */
	fake_begin(&peer);
	memset(&bad, 0, sizeof(bad));
	tlog_empty(&h);
	memcpy(bad.root, h.h, 32);
	assert_int_equal(log_replay_end(peer.lg, &bad, "n", 1, &e),
	    ERR_VERIFY);
	assert_string_equal(e.id, "epoch-not-last");
	fake_roll_back(&peer);

	fake_begin(&peer);
	for (i = 0; i < c.n - 1; i++) {
		e = (struct err)ERR_INIT;
		fake_must(log_replay(peer.lg, c.entry[i], &e), &e);
	}
	assert_int_equal(log_replay_end(peer.lg, &cp, "n", 1, &e),
	    ERR_VERIFY);
	assert_string_equal(e.id, "size-differs");
	/* Signed over entries that do not end in an epoch. */
	memset(&edge, 0, sizeof(edge));
	for (i = 0; i < c.n - 1; i++) {
		entry_leaf(c.entry[i], h.h);
		tlog_edge_append(&edge, &h);
	}
	tlog_edge_root(&edge, &h);
	bad.size = c.n - 1;
	memcpy(bad.root, h.h, 32);
	e = (struct err)ERR_INIT;
	assert_int_equal(log_replay_end(peer.lg, &bad, "n", 1, &e),
	    ERR_VERIFY);
	assert_string_equal(e.id, "epoch-not-last");
	e = (struct err)ERR_INIT;
	fake_must(log_replay(peer.lg, c.entry[i], &e), &e);
	bad = cp;
	bad.root[0] ^= 1;
	assert_int_equal(log_replay_end(peer.lg, &bad, "n", 1, &e),
	    ERR_VERIFY);
	assert_string_equal(e.id, "root-differs");
	e = (struct err)ERR_INIT;
	fake_must(log_replay_end(peer.lg, &cp, "n", 1, &e), &e);
	fake_must(store_commit(peer.st, &e), &e);
	log_settle(peer.lg, true);

	/* An illegal step, a broken chain, octets that are no entry. */
	fake_begin(&peer);
	fake_entry(2, FAKE_ILLEGAL, 2, &b);
	assert_int_equal(log_replay(peer.lg, buf_octets(&b), &e), ERR_VERIFY);
	assert_string_equal(e.id, "illegal-transition");
	fake_entry(2, 2, 1, &b);
	e = (struct err)ERR_INIT;
	assert_int_equal(log_replay(peer.lg, buf_octets(&b), &e), ERR_VERIFY);
	assert_string_equal(e.id, "illegal-transition");
	e = (struct err)ERR_INIT;
	assert_int_equal(log_replay(peer.lg, OCTETS(b.p, b.len - 1), &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-entry");
	/* A member that we do not know is carried and changes nothing. */
	e = (struct err)ERR_INIT;
	fake_must(log_replay(peer.lg, OCTETS("\x32\x01x", 3), &e), &e);
	fake_entry(2, 2, 2, &b);
	fake_must(log_replay(peer.lg, buf_octets(&b), &e), &e);
	fake_roll_back(&peer);
	same_head(log_head_of(own.lg), log_head_of(peer.lg));
	buf_fini(&b);
	copy_free(&c);
	fake_close(&own);
	fake_close(&peer);
}

/* ---- the audit ---- */

static void
test_audit(void **state)
{
	static const char *const cases[] = {
		"UPDATE head SET root = zeroblob(32)",
		"UPDATE head SET map_root = zeroblob(32)",
		"UPDATE head SET map_count = map_count + 1",
		"UPDATE head SET epoch_time = 1",
		"DELETE FROM head",
		"UPDATE tile SET hashes = zeroblob(length(hashes)) "
		    "WHERE id = 1",
		"UPDATE tile SET hashes = zeroblob(length(hashes)) "
		    "WHERE id = (1 << 48)",
		"UPDATE tile SET hashes = substr(hashes, 33) WHERE id = 2",
		"DELETE FROM tile WHERE id = 0",
		"INSERT INTO tile VALUES (99, zeroblob(32))",
		"UPDATE bucket SET refs = zeroblob(length(refs)) "
		    "WHERE i = (SELECT max(i) FROM bucket)",
		"UPDATE bucket SET rows = zeroblob(length(rows)) "
		    "WHERE i = (SELECT max(i) FROM bucket)",
		"DELETE FROM bucket WHERE i = (SELECT min(i) FROM bucket)",
		"INSERT INTO bucket SELECT i + 1, x'', x'' FROM bucket "
		    "WHERE i + 1 NOT IN (SELECT i FROM bucket) LIMIT 1",
		"UPDATE node SET hashes = zeroblob(960) WHERE id = 17",
		"UPDATE node SET hashes = zeroblob(960) WHERE id = "
		    "(SELECT max(id) FROM node)",
		"DELETE FROM node WHERE id = 1",
		"INSERT INTO node SELECT 65535, 0, zeroblob(960)",
		"DELETE FROM entry WHERE idx = 700",
		"DELETE FROM entry WHERE idx = (SELECT max(idx) FROM entry)",
		"UPDATE entry SET octets = (SELECT octets FROM entry "
		    "WHERE idx = 0) WHERE idx = (SELECT max(idx) FROM entry)",
	};
	struct err	e = ERR_INIT;
	struct fake	f;
	struct log_audit a;
	size_t		i;
	int		rc;

	(void)state;
	for (i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
		if (i % 8 == 0 || i == sizeof(cases) / sizeof(cases[0])) {
			if (i > 0)
				fake_close(&f);
			busy_log(&f, 16);
		}
		log_free(f.lg);
		f.lg = NULL;
		store_close(f.st);
		if (i < sizeof(cases) / sizeof(cases[0])) {
			fake_raw(&f, "DROP TRIGGER IF EXISTS head_forward;"
			    "DROP TRIGGER IF EXISTS head_stay;"
			    "DROP TRIGGER IF EXISTS entry_stay;"
			    "DROP TRIGGER IF EXISTS entry_keep;"
			    "DROP TRIGGER IF EXISTS entry_next;"
			    "DROP TRIGGER IF EXISTS tile_stay;"
			    "DROP TRIGGER IF EXISTS tile_grow;"
			    "DROP TRIGGER IF EXISTS bucket_keep;"
			    "DROP TRIGGER IF EXISTS bucket_stay;"
			    "DROP TABLE IF EXISTS kept;"
			    "CREATE TABLE kept AS SELECT 'e' AS t, idx AS id, "
			    "octets AS a, NULL AS b FROM entry UNION ALL "
			    "SELECT 't', id, hashes, NULL FROM tile UNION ALL "
			    "SELECT 'b', i, rows, refs FROM bucket UNION ALL "
			    "SELECT 'n', id, hashes, epoch FROM node;"
			    "DROP TABLE IF EXISTS kept_head;"
			    "CREATE TABLE kept_head AS SELECT * FROM head");
			fake_raw(&f, cases[i]);
		}
		f.st = fake_store(f.path, STORE_READ, STORE_PROVINCE);
		e = (struct err)ERR_INIT;
		fake_must(store_begin(f.st, &e), &e);
		rc = log_audit(f.st, &fake_rules, &a, &e);
		store_close(f.st);
		if (i == sizeof(cases) / sizeof(cases[0])) {
			fake_must(rc, &e);
			assert_int_equal(a.epochs, 21);
			assert_int_equal(a.entries, 1 + 20 * 38);
		} else {
			if (rc != ERR_VERIFY)
				fail_msg("%d: %s", rc, cases[i]);
			if (strcmp(e.id, "audit-differs") != 0 &&
			    strcmp(e.id, "bad-epoch") != 0)
				fail_msg("%s: %s", cases[i], e.id);
			fake_raw(&f, "DELETE FROM entry; DELETE FROM tile;"
			    "DELETE FROM bucket; DELETE FROM node;"
			    "DELETE FROM head;"
			    "INSERT INTO entry SELECT id, a FROM kept "
			    "WHERE t = 'e' ORDER BY id;"
			    "INSERT INTO tile SELECT id, a FROM kept "
			    "WHERE t = 't';"
			    "INSERT INTO bucket SELECT id, a, b FROM kept "
			    "WHERE t = 'b';"
			    "INSERT INTO node SELECT id, b, a FROM kept "
			    "WHERE t = 'n';"
			    "INSERT INTO head SELECT * FROM kept_head;");
		}
		f.st = fake_store(f.path, STORE_WRITE, STORE_PROVINCE);
	}
	fake_close(&f);
	/* An empty log is what no entries make. */
	fake_open(&f, STORE_PEER);
	e = (struct err)ERR_INIT;
	fake_must(log_audit(f.st, &fake_rules, &a, &e), &e);
	assert_int_equal(a.entries, 0);
	fake_close(&f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_genesis),
		cmocka_unit_test(test_vector_log),
		cmocka_unit_test(test_refused_steps),
		cmocka_unit_test(test_current),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_sign_again),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_open_again),
		cmocka_unit_test(test_open_damaged),
		cmocka_unit_test(test_reread),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_replay_long),
		cmocka_unit_test(test_replay_refused),
		cmocka_unit_test(test_replay_end_refused),
		cmocka_unit_test(test_audit),
	};

	return cmocka_run_group_tests(tests, vectors_setup, NULL);
}
