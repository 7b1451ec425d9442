#include "sync/logmap.h"
#include "tests/unit/sync/fake.h"
#include "tests/unit/sync/vectors.h"

/* ---- checking as a relying party does ---- */

static void
must_hold(const struct log_proof *p, const uint8_t key[SM3_LEN], bool present)
{
	const struct log_head *h = p->head;
	struct err	 e = ERR_INIT;
	struct epoch	 ep;
	struct hash	 leaf, root;
	const uint8_t	*row;
	uint8_t		 value[SM3_LEN];

	/* checkpoint -> its last leaf is this epoch */
	assert_int_equal(h->epoch, h->size - 1);
	entry_leaf(p->epoch_entry, leaf.h);
	fake_must(tlog_check_inclusion(&leaf, h->epoch, h->size, p->path,
	    p->npath, &h->root, &e), &e);
	/* -> its map root -> this bucket */
	fake_must(epoch_decode(p->epoch_entry, &ep, &e), &e);
	assert_int_equal(ep.map_depth, h->map_depth);
	assert_int_equal(p->bucket, map_bucket_of(key, ep.map_depth));
	fake_must(map_bucket_check(p->rows, p->bucket, ep.map_depth, &e), &e);
	map_bucket_root(p->rows.p, p->rows.len / MAP_ROW, &leaf);
	map_climb(p->bucket, ep.map_depth, &leaf, p->siblings, &root);
	assert_memory_equal(root.h, ep.map_root, 32);
	/* -> the row, or no row -> the record */
	row = map_bucket_find(p->rows, key);
	assert_int_equal(row != NULL, present);
	assert_int_equal(p->record.len > 0, present);
	if (present) {
		sm3(p->record.p, p->record.len, value);
		assert_memory_equal(row + SM3_LEN, value, 32);
	}
}

static void
prove_all(struct logview *lv, struct store *st, unsigned present,
    unsigned absent)
{
	struct log_proof p;
	struct err	 e = ERR_INIT;
	uint8_t		 key[SM3_LEN];
	unsigned	 n;

	fake_must(store_begin(st, &e), &e);
	for (n = 0; n < present + absent; n++) {
		fake_key(n, key);
		fake_must(logview_prove(lv, key, &p, &e), &e);
		must_hold(&p, key, n < present);
	}
	fake_must(store_commit(st, &e), &e);
}

static void
test_empty(void **state)
{
	const struct log_head *head;
	const struct tile_name t = { .level = 0, .n = 0, .width = 1 };
	struct log_proof p;
	struct logview	*lv;
	struct store	*st;
	struct err	 e = ERR_INIT;
	struct fake	 f;
	struct octets	 o;
	struct buf	 b;
	uint8_t		 key[SM3_LEN];

	(void)state;
	buf_init(&b, 100);
	fake_open(&f, STORE_PEER);
	st = fake_store(f.path, STORE_READ, STORE_PEER);
	fake_must(logview_open(st, &lv, &e), &e);
	fake_must(store_begin(st, &e), &e);
	fake_must(logview_refresh(lv, &head, &e), &e);
	assert_null(head);
	fake_key(1, key);
	assert_int_equal(logview_prove(lv, key, &p, &e), ERR_NOTFOUND);
	assert_string_equal(e.id, "log-empty");
	e = (struct err)ERR_INIT;
	assert_int_equal(logview_tile(lv, &t, &b, &e), ERR_NOTFOUND);
	assert_string_equal(e.id, "no-such-tile");
	e = (struct err)ERR_INIT;
	assert_int_equal(logview_entry(lv, 0, &o, &e), ERR_NOTFOUND);
	assert_string_equal(e.id, "no-such-entry");
	e = (struct err)ERR_INIT;
	fake_must(store_commit(st, &e), &e);
	/* The same view, when the log has begun. */
	fake_genesis(&f, 16);
	prove_all(lv, st, 0, 5);
	logview_free(lv);
	logview_free(NULL);
	store_close(st);
	fake_close(&f);
}

/* One reader that stays, through many batches, at every depth. */
static void
test_proofs(void **state)
{
	static const unsigned depths[] = { 0, 1, 2, 4, 7, 12, 16, 17, 20, 23,
	    24 };
	static const unsigned batch[] = { 1, 1, 2, 3, 50, 200, 13 };
	const struct log_head *head;
	struct logview	*lv;
	struct store	*st;
	struct err	 e = ERR_INIT;
	struct fake	 f;
	unsigned	 n;
	size_t		 i, k;

	(void)state;
	for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		fake_open(&f, STORE_PROVINCE);
		st = fake_store(f.path, STORE_READ, STORE_PROVINCE);
		fake_must(logview_open(st, &lv, &e), &e);
		fake_genesis(&f, depths[i]);
		prove_all(lv, st, 0, 3);
		for (k = n = 0; k < sizeof(batch) / sizeof(batch[0]); k++) {
			fake_batch(&f, n, n + batch[k], 1);
			n += batch[k];
			prove_all(lv, st, n, 5);
		}
		/* Status changes alone. */
		fake_batch(&f, 3, 40, 2);
		prove_all(lv, st, n, 5);
		fake_must(store_begin(st, &e), &e);
		fake_must(logview_refresh(lv, &head, &e), &e);
		assert_int_equal(head->map_count, n);
		fake_must(store_commit(st, &e), &e);
		logview_free(lv);
		store_close(st);
		fake_close(&f);
	}
}

/* A snapshot is one: what is committed meanwhile is not seen. */
static void
test_snapshot(void **state)
{
	const struct log_head *head;
	struct log_proof p;
	struct logview	*lv;
	struct store	*st;
	struct err	 e = ERR_INIT;
	struct fake	 f;
	uint8_t		 key[SM3_LEN];

	(void)state;
	fake_open(&f, STORE_PROVINCE);
	st = fake_store(f.path, STORE_READ, STORE_PROVINCE);
	fake_must(logview_open(st, &lv, &e), &e);
	fake_genesis(&f, 16);
	fake_batch(&f, 0, 5, 1);
	fake_must(store_begin(st, &e), &e);
	fake_must(logview_refresh(lv, &head, &e), &e);
	fake_batch(&f, 5, 10, 1);
	fake_key(7, key);
	fake_must(logview_prove(lv, key, &p, &e), &e);
	must_hold(&p, key, false);
	assert_int_equal(p.head->size, 7);
	fake_must(store_commit(st, &e), &e);
	fake_must(store_begin(st, &e), &e);
	fake_must(logview_prove(lv, key, &p, &e), &e);
	must_hold(&p, key, true);
	assert_int_equal(p.index, 9);
	assert_int_equal(p.head->size, 13);
	fake_must(store_commit(st, &e), &e);
	/* The head signed again is seen, with the same proofs. */
	fake_begin(&f);
	fake_must(log_publish(f.lg, "fresh", 5000, &e), &e);
	fake_must(store_commit(f.st, &e), &e);
	log_settle(f.lg, true);
	fake_must(store_begin(st, &e), &e);
	fake_must(logview_prove(lv, key, &p, &e), &e);
	must_hold(&p, key, true);
	assert_string_equal(p.head->checkpoint, "fresh");
	assert_int_equal(p.head->signed_at, 5000);
	fake_must(store_commit(st, &e), &e);
	logview_free(lv);
	store_close(st);
	fake_close(&f);
}

/* ---- the vectors of map.json, through rows and the view ---- */

/* A log whose entries are the vector's records, as far as rows go. */
static void
vector_map(struct fake *f, unsigned depth, struct hash *root)
{
	struct logmap	*m;
	struct err	 e = ERR_INIT;
	struct val	 v[9];
	struct buf	 leaves;
	struct ref	 ref = { 0, 0, 0 };
	char		 code[15], record[64];
	uint8_t		 key[SM3_LEN], value[SM3_LEN], h[SM3_LEN];
	unsigned	 n;
	bool		 found;

	buf_init(&leaves, SIZE_MAX);
	fake_open(f, STORE_PROVINCE);
	m = logmap_new(f->st);
	logmap_reset(m, depth);
	fake_must(store_begin(f->st, &e), &e);
	for (n = 0; n < 40; n++) {
		fake_code(n + 1, code);
		snprintf(record, sizeof(record), "record of %s", code);
		sm3(code, 14, key);
		sm3(record, strlen(record), value);
		ref.index = n;
		ref.len = (uint16_t)strlen(record);
		v[0] = val_int(n);
		v[1] = val_blob(OCTETS(record, strlen(record)));
		fake_must(store_run(f->st, STMT_ENTRY_ADD, v, 2, NULL, &e),
		    &e);
		entry_leaf(v[1].o, h);
		buf_put(&leaves, h, SM3_LEN);
		fake_must(logmap_get(m, key, &found, h, &ref, &e), &e);
		assert_false(found);
		ref.index = n;
		ref.at = 0;
		ref.len = (uint16_t)strlen(record);
		logmap_put(m, key, value, &ref);
	}
	fake_must(logmap_root(m, root, &e), &e);
	fake_must(logmap_flush(m, 39, &e), &e);
	fake_must(logmap_reread(m, root, &e), &e);
	v[0] = val_int(0);
	v[1] = val_blob(buf_octets(&leaves));
	fake_must(store_run(f->st, STMT_TILE_NEW, v, 2, NULL, &e), &e);
	v[0] = val_int(40);
	v[1] = val_blob(OCTETS(root->h, 32));
	v[2] = val_int(39);
	v[3] = val_blob(OCTETS(root->h, 32));
	v[4] = val_int(40);
	v[5] = val_int(depth);
	v[6] = val_int(1);
	v[7] = val_int(1);
	v[8] = val_text("note");
	fake_must(store_run(f->st, STMT_HEAD_PUT, v, 9, NULL, &e), &e);
	fake_must(store_commit(f->st, &e), &e);
	logmap_free(m);
	buf_fini(&leaves);
}

static void
test_map_vectors(void **state)
{
	const json_t	*j, *sib;
	json_t		*v;
	struct log_proof p;
	struct logview	*lv;
	struct err	 e = ERR_INIT;
	struct fake	 f;
	struct octets	 rows;
	struct hash	 root, want;
	uint8_t		 key[SM3_LEN];
	const char	*code;
	unsigned	 depth;
	size_t		 i, k;

	(void)state;
	v = vectors_load("map.json");
	assert_true(json_array_size(json_object_get(v, "proofs")) >= 6);
	json_array_foreach(json_object_get(v, "proofs"), i, j) {
		depth = (unsigned)json_integer_value(json_object_get(j,
		    "depth"));
		code = json_string_value(json_object_get(j, "code"));
		vector_map(&f, depth, &root);
		vectors_hash(json_object_get(j, "root"), want.h);
		assert_memory_equal(&root, &want, 32);
		fake_must(logview_open(f.st, &lv, &e), &e);
		sm3(code, strlen(code), key);
		fake_must(logview_prove(lv, key, &p, &e), &e);
		assert_int_equal(p.bucket,
		    json_integer_value(json_object_get(j, "bucket")));
		rows = vectors_b64(json_object_get(j, "rows"));
		assert_int_equal(p.rows.len, rows.len);
		assert_memory_equal(p.rows.p, rows.p, rows.len);
		vectors_free(rows);
		assert_int_equal(json_array_size(json_object_get(j,
		    "siblings")), depth);
		json_array_foreach(json_object_get(j, "siblings"), k, sib) {
			vectors_hash(sib, want.h);
			assert_memory_equal(&p.siblings[k], &want, 32);
		}
		assert_int_equal(p.record.len > 0,
		    json_is_true(json_object_get(j, "present")));
		logview_free(lv);
		fake_close(&f);
	}
	json_decref(v);
}

/* ---- tiles, bundles, entries ---- */

static int
get_tile(struct logview *lv, int level, uint64_t n, unsigned width,
    struct buf *out)
{
	const struct tile_name t = { .level = level, .n = n, .width = width };
	struct err	 e = ERR_INIT;
	int		 rc;

	buf_reset(out);
	rc = logview_tile(lv, &t, out, &e);
	if (rc != 0) {
		assert_int_equal(rc, ERR_NOTFOUND);
		assert_string_equal(e.id, "no-such-tile");
		assert_int_equal(out->len, 0);
	}
	return rc;
}

static void
test_tiles(void **state)
{
	struct logview	*lv;
	struct store	*st;
	struct err	 e = ERR_INIT;
	struct fake	 f;
	struct tlog_edge edge;
	struct buf	 leaves, out;
	struct hash	 leaf, root, path[TLOG_PATH_MAX];
	struct cursor	 c;
	struct octets	 entry;
	uint64_t	 size, n;
	size_t		 npath;
	unsigned	 w, k;

	(void)state;
	buf_init(&leaves, SIZE_MAX);
	buf_init(&out, SIZE_MAX);
	fake_open(&f, STORE_PROVINCE);
	st = fake_store(f.path, STORE_READ, STORE_PROVINCE);
	fake_must(logview_open(st, &lv, &e), &e);
	fake_genesis(&f, 16);
	for (k = 0; k < 6; k++) {
		fake_batch(&f, k * 200, k * 200 + 3 + 120 * k, 1);
		size = log_head_of(f.lg)->size;
		fake_must(store_begin(st, &e), &e);
		/* Every width of every bundle; its leaves. */
		buf_reset(&leaves);
		for (n = 0; n * 256 < size + 512; n++)
			for (w = 1; w <= 256; w++) {
				if (n * 256 + w > size) {
					assert_int_not_equal(get_tile(lv, -1,
					    n, w, &out), 0);
					assert_int_not_equal(get_tile(lv, 0,
					    n, w, &out), 0);
					continue;
				}
				assert_int_equal(get_tile(lv, -1, n, w, &out),
				    0);
				c = cursor_of(out.p, out.len);
				leaves.len = (size_t)n * 256 * 32;
				while (bundle_next(&c, &entry)) {
					entry_leaf(entry, leaf.h);
					buf_put(&leaves, leaf.h, 32);
				}
				assert_int_equal(cursor_left(&c), 0);
				assert_int_equal(leaves.len,
				    (n * 256 + w) * 32);
				assert_int_equal(get_tile(lv, 0, n, w, &out),
				    0);
				assert_int_equal(out.len, w * 32);
				assert_memory_equal(out.p, leaves.p + n * 256 *
				    32, out.len);
			}
		/* They make the root of the head. */
		memset(&edge, 0, sizeof(edge));
		for (n = 0; n < size; n++) {
			memcpy(leaf.h, leaves.p + n * 32, 32);
			tlog_edge_append(&edge, &leaf);
			/* Level 1: the root of every 256 leaves. */
			if ((n + 1) % 256 != 0)
				continue;
			assert_int_equal(get_tile(lv, 1, 0,
			    (unsigned)((n + 1) / 256), &out), 0);
			assert_int_equal(out.len, (n + 1) / 256 * 32);
		}
		tlog_edge_root(&edge, &root);
		assert_memory_equal(&root, &log_head_of(f.lg)->root, 32);
		assert_int_not_equal(get_tile(lv, 1, 0,
		    (unsigned)(size / 256) + 1, &out), 0);
		assert_int_not_equal(get_tile(lv, 2, 0, 1, &out), 0);
		assert_int_not_equal(get_tile(lv, 7, 0, 1, &out), 0);
		assert_int_not_equal(get_tile(lv, 8, 0, 1, &out), 0);
		assert_int_not_equal(get_tile(lv, 63, 0, 1, &out), 0);
		assert_int_not_equal(get_tile(lv, 0, UINT64_MAX, 1, &out), 0);
		assert_int_not_equal(get_tile(lv, -1, UINT64_MAX / 256, 256,
		    &out), 0);
		assert_int_not_equal(get_tile(lv, 0, 0, 0, &out), 0);
		assert_int_not_equal(get_tile(lv, 0, 0, 257, &out), 0);
		/* Every entry and its path. */
		for (n = 0; n < size; n++) {
			fake_must(logview_entry(lv, n, &entry, &e), &e);
			entry_leaf(entry, leaf.h);
			assert_memory_equal(leaf.h, leaves.p + n * 32, 32);
			fake_must(logview_inclusion(lv, n, path, &npath, &e),
			    &e);
			fake_must(tlog_check_inclusion(&leaf, n, size, path,
			    npath, &log_head_of(f.lg)->root, &e), &e);
		}
		assert_int_equal(logview_entry(lv, size, &entry, &e),
		    ERR_NOTFOUND);
		assert_string_equal(e.id, "no-such-entry");
		e = (struct err)ERR_INIT;
		assert_int_equal(logview_inclusion(lv, size, path, &npath,
		    &e), ERR_NOTFOUND);
		e = (struct err)ERR_INIT;
		fake_must(store_commit(st, &e), &e);
	}
	assert_true(size > 1024);	/* several full tiles were seen */
	logview_free(lv);
	store_close(st);
	buf_fini(&leaves);
	buf_fini(&out);
	fake_close(&f);
}

/* Level 1 hashes are the roots that the tree has there. */
static void
test_upper_tiles(void **state)
{
	struct logview	*lv;
	struct err	 e = ERR_INIT;
	struct fake	 f;
	struct tlog_edge edge;
	struct buf	 low, high;
	struct hash	 h, root;
	uint64_t	 n;
	unsigned	 i;

	(void)state;
	buf_init(&low, SIZE_MAX);
	buf_init(&high, SIZE_MAX);
	fake_open(&f, STORE_PROVINCE);
	fake_genesis(&f, 16);
	/* Over the edges of tiles: 1 + 255 ends one, then 1 more, then many. */
	fake_batch(&f, 0, 254, 1);
	fake_batch(&f, 254, 255, 1);
	fake_batch(&f, 255, 1800, 1);
	assert_int_equal(log_head_of(f.lg)->size, 1804);
	fake_must(logview_open(f.st, &lv, &e), &e);
	assert_int_equal(get_tile(lv, 1, 0, 7, &high), 0);
	assert_int_not_equal(get_tile(lv, 1, 0, 8, &low), 0);
	for (n = 0; n < 7; n++) {
		assert_int_equal(get_tile(lv, 0, n, 256, &low), 0);
		memset(&edge, 0, sizeof(edge));
		for (i = 0; i < 256; i++) {
			memcpy(h.h, low.p + 32 * i, 32);
			tlog_edge_append(&edge, &h);
		}
		tlog_edge_root(&edge, &root);
		assert_memory_equal(high.p + n * 32, &root, 32);
	}
	logview_free(lv);
	buf_fini(&low);
	buf_fini(&high);
	fake_close(&f);
}

/* Rows that were altered are errors, never wrong answers without a word. */
static void
test_damaged(void **state)
{
	static const char *const cases[] = {
		"DROP TRIGGER bucket_keep; UPDATE bucket SET "
		    "rows = zeroblob(128), refs = zeroblob(24); "
		    "UPDATE bucket SET refs = zeroblob(length(refs))",
		("DROP TRIGGER entry_stay; DELETE FROM entry "
		    "WHERE idx BETWEEN 1 AND 200"),
		"DROP TRIGGER tile_stay; DELETE FROM tile WHERE id = 0",
	};
	struct log_proof p;
	struct logview	*lv;
	struct store	*st;
	struct err	 e = ERR_INIT;
	struct fake	 f;
	struct buf	 out;
	struct hash	 path[TLOG_PATH_MAX];
	const struct tile_name bundle = { .level = -1, .n = 0, .width = 256 };
	uint8_t		 key[SM3_LEN];
	size_t		 i, n;
	int		 rc, bad;

	(void)state;
	buf_init(&out, SIZE_MAX);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_open(&f, STORE_PROVINCE);
		fake_genesis(&f, 2);
		fake_batch(&f, 0, 400, 1);
		store_close(f.st);
		fake_raw(&f, cases[i]);
		f.st = fake_store(f.path, STORE_WRITE, STORE_PROVINCE);
		st = fake_store(f.path, STORE_READ, STORE_PROVINCE);
		e = (struct err)ERR_INIT;
		fake_must(logview_open(st, &lv, &e), &e);
		fake_must(store_begin(st, &e), &e);
		fake_key(5, key);
		bad = 0;
		rc = logview_prove(lv, key, &p, &e);
		if (rc != 0) {
			assert_int_equal(rc, ERR_STORE);
			assert_string_equal(e.id, "store-corrupt");
			bad++;
		} else
			/* A row that is gone: its proof does not hold. */
			bad += p.record.len == 0;
		e = (struct err)ERR_INIT;
		bad += logview_tile(lv, &bundle, &out, &e) == ERR_STORE;
		e = (struct err)ERR_INIT;
		bad += logview_inclusion(lv, 3, path, &n, &e) == ERR_STORE;
		assert_true(bad > 0);
		logview_free(lv);
		store_close(st);
		fake_close(&f);
	}
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_proofs),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_map_vectors),
		cmocka_unit_test(test_tiles),
		cmocka_unit_test(test_upper_tiles),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, vectors_setup, NULL);
}
