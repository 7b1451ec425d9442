#include "vectors.h"

#include "sync/map.h"

#define CODES	40

static json_t	*v;

static int
setup(void **state)
{
	if (vectors_setup(state) != 0)
		return -1;
	v = json_load_file("tests/vectors/map.json", 0, NULL);
	return v == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	json_decref(v);
	return 0;
}

static void
row_of(const char *code, uint8_t key[SM3_LEN], uint8_t value[SM3_LEN])
{
	char	text[64];

	sm3(code, strlen(code), key);
	(void)snprintf(text, sizeof(text), "record of %s", code);
	sm3(text, strlen(text), value);
}

/* The root over buckets lo.. of a subtree of height h, the long way. */
static void
full_root(struct buf *buckets, size_t lo, unsigned h, struct hash *out)
{
	struct hash	l, r;

	if (h == 0) {
		map_bucket_root(buckets[lo].p, buckets[lo].len / MAP_ROW, out);
		return;
	}
	full_root(buckets, lo, h - 1, &l);
	full_root(buckets, lo + ((size_t)1 << (h - 1)), h - 1, &r);
	tlog_node(&l, &r, out);
}

/* Build the vectors' map: order is a permutation step, coprime to CODES. */
static struct buf *
build(unsigned depth, unsigned order)
{
	size_t		 n = (size_t)1 << depth, i;
	struct buf	*b = xcalloc(n, sizeof(*b));
	uint8_t		 key[SM3_LEN], value[SM3_LEN];
	char		 code[16];
	bool		 added;

	for (i = 0; i < n; i++)
		buf_init(&b[i], 1 << 20);
	for (i = 0; i < CODES; i++) {
		(void)snprintf(code, sizeof(code), "440106%08u",
		    (unsigned)(i * order % CODES) + 1);
		row_of(code, key, value);
		/* First another value: putting again replaces it. */
		map_bucket_put(&b[map_bucket_of(key, depth)], key, key,
		    &added);
		assert_true(added);
		map_bucket_put(&b[map_bucket_of(key, depth)], key, value,
		    &added);
		assert_false(added);
	}
	return b;
}

static void
build_free(struct buf *b, unsigned depth)
{
	size_t	i;

	for (i = 0; i < (size_t)1 << depth; i++)
		buf_fini(&b[i]);
	free(b);
}

static void
test_empty(void **state)
{
	struct hash	h, want, l;
	unsigned	i;

	(void)state;
	map_empty(0, &h);
	vectors_hash(json_object_get(v, "empty_root_depth_0"), want.h);
	assert_memory_equal(&h, &want, SM3_LEN);
	map_empty(4, &h);
	vectors_hash(json_object_get(v, "empty_root_depth_4"), want.h);
	assert_memory_equal(&h, &want, SM3_LEN);
	for (i = 1; i <= MAP_DEPTH_MAX; i++) {
		map_empty(i - 1, &l);
		tlog_node(&l, &l, &want);
		map_empty(i, &h);
		assert_memory_equal(&h, &want, SM3_LEN);
	}
}

static void
test_proofs(void **state)
{
	struct hash	 siblings[MAP_DEPTH_MAX], bucket, root, want, full;
	uint8_t		 key[SM3_LEN], value[SM3_LEN];
	const uint8_t	*row;
	const char	*code;
	struct octets	 rows;
	struct buf	*b;
	unsigned	 depth, order;
	uint32_t	 i;
	size_t		 k, s;
	json_t		*j, *h;

	(void)state;
	assert_true(json_array_size(json_object_get(v, "proofs")) >= 6);
	json_array_foreach(json_object_get(v, "proofs"), k, j) {
		depth = (unsigned)json_integer_value(json_object_get(j,
		    "depth"));
		code = json_string_value(json_object_get(j, "code"));
		row_of(code, key, value);
		i = map_bucket_of(key, depth);
		assert_int_equal(i, json_integer_value(json_object_get(j,
		    "bucket")));
		rows = vectors_b64(json_object_get(j, "rows"));
		vectors_hash(json_object_get(j, "root"), want.h);
		json_array_foreach(json_object_get(j, "siblings"), s, h)
			vectors_hash(h, siblings[s].h);
		assert_int_equal(s, depth);

		assert_int_equal(map_bucket_check(rows, i, depth, NULL), 0);
		map_bucket_root(rows.p, rows.len / MAP_ROW, &bucket);
		map_climb(i, depth, &bucket, siblings, &root);
		assert_memory_equal(&root, &want, SM3_LEN);
		row = map_bucket_find(rows, key);
		if (json_is_true(json_object_get(j, "present"))) {
			assert_non_null(row);
			assert_memory_equal(row + SM3_LEN, value, SM3_LEN);
		} else
			assert_null(row);

		/* Wrong siblings, another place: another root. */
		for (s = 0; s < depth; s++) {
			siblings[s].h[s] ^= 1;
			map_climb(i, depth, &bucket, siblings, &root);
			assert_memory_not_equal(&root, &want, SM3_LEN);
			siblings[s].h[s] ^= 1;
			map_climb(i ^ 1u << s, depth, &bucket, siblings,
			    &root);
			assert_memory_not_equal(&root, &want, SM3_LEN);
		}

		/* Any order of insertion makes the same map. */
		for (order = 1; order < 12; order += 2) {
			if (order % 5 == 0)
				continue;
			b = build(depth, order);
			full_root(b, 0, depth, &full);
			assert_memory_equal(&full, &want, SM3_LEN);
			assert_int_equal(b[i].len, rows.len);
			assert_memory_equal(b[i].p, rows.p, rows.len);
			build_free(b, depth);
		}
		vectors_free(rows);
	}
}

static void
refuse(struct octets rows, uint32_t i, unsigned depth)
{
	struct err	e = ERR_INIT;

	assert_int_equal(map_bucket_check(rows, i, depth, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-proof");
}

static void
test_bucket_check(void **state)
{
	uint8_t		 swap[MAP_ROW], *p;
	struct buf	*b = build(2, 1);
	size_t		 n = b[1].len;

	(void)state;
	assert_true(n >= 2 * MAP_ROW);
	assert_int_equal(map_bucket_check(buf_octets(&b[1]), 1, 2, NULL), 0);
	assert_int_equal(map_bucket_check(OCTETS(NULL, 0), 1, 2, NULL), 0);
	refuse(buf_octets(&b[1]), 0, 2);
	refuse(buf_octets(&b[1]), 2, 2);
	refuse(buf_octets(&b[1]), 4, 2);
	refuse(buf_octets(&b[1]), 1, MAP_DEPTH_MAX + 1);
	refuse(OCTETS(b[1].p, n - 1), 1, 2);
	p = b[1].p;
	memcpy(swap, p, MAP_ROW);
	memcpy(p, p + MAP_ROW, MAP_ROW);
	refuse(buf_octets(&b[1]), 1, 2);	/* a key twice */
	memcpy(p + MAP_ROW, swap, MAP_ROW);
	refuse(buf_octets(&b[1]), 1, 2);	/* out of order */
	build_free(b, 2);
}

static void
test_bucket_of(void **state)
{
	uint8_t	key[SM3_LEN] = { 0xab, 0xcd, 0xef, 0x12 };

	(void)state;
	assert_int_equal(map_bucket_of(key, 0), 0);
	assert_int_equal(map_bucket_of(key, 1), 1);
	assert_int_equal(map_bucket_of(key, 4), 0xa);
	assert_int_equal(map_bucket_of(key, 16), 0xabcd);
	assert_int_equal(map_bucket_of(key, 24), 0xabcdef);
	assert_int_equal(map_bucket_of(key, 23), 0xabcdef >> 1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_proofs),
		cmocka_unit_test(test_bucket_check),
		cmocka_unit_test(test_bucket_of),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
