#include "vectors.h"

#include "sync/tlog.h"

#define LEAVES	300u

/* The vectors' tree, every row of it kept: row h has LEAVES >> h hashes. */
struct tree {
	struct hash	row[9][LEAVES];
	uint64_t	asked;		/* reads of hashes that cannot be */
};

static struct tree	 tree;
static json_t		*v;

static int
read_tree(void *ctx, unsigned level, uint64_t i, struct hash *h,
    struct err *e)
{
	struct tree	*t = ctx;

	if (level > 1 || i >= (uint64_t)LEAVES >> 8 * level) {
		t->asked++;
		return err_set(e, ERR_STORE, "no hash %u/%llu", level,
		    (unsigned long long)i);
	}
	*h = t->row[8 * level][i];
	return 0;
}

static const struct tlog_reader	rd = { read_tree, &tree };

static int
setup(void **state)
{
	char		text[32];
	size_t		i, h;

	if (vectors_setup(state) != 0)
		return -1;
	v = json_load_file("tests/vectors/tree.json", 0, NULL);
	for (i = 0; i < LEAVES; i++) {
		(void)snprintf(text, sizeof(text), "entry %zu", i);
		sm3_prefixed(0, OCTETS(text, strlen(text)), OCTETS(NULL, 0),
		    tree.row[0][i].h);
	}
	for (h = 1; h < 9; h++)
		for (i = 0; i < LEAVES >> h; i++)
			tlog_node(&tree.row[h - 1][2 * i],
			    &tree.row[h - 1][2 * i + 1], &tree.row[h][i]);
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
test_roots(void **state)
{
	struct tlog_edge	 edge = { .size = 0 }, loaded;
	struct hash		 want, root;
	const char		*size;
	json_t			*j;
	size_t			 n, k = 0, i;

	(void)state;
	tlog_empty(&root);
	vectors_hash(json_object_get(v, "empty_root"), want.h);
	assert_memory_equal(&root, &want, SM3_LEN);

	json_object_foreach(json_object_get(v, "roots"), size, j) {
		n = strtoul(size, NULL, 10);
		vectors_hash(j, want.h);
		assert_int_equal(tlog_root(&rd, n, &root, NULL), 0);
		assert_memory_equal(&root, &want, SM3_LEN);
		edge.size = 0;
		for (i = 0; i < n; i++)
			tlog_edge_append(&edge, &tree.row[0][i]);
		tlog_edge_root(&edge, &root);
		assert_memory_equal(&root, &want, SM3_LEN);
		k++;
	}
	assert_int_equal(k, 13);

	/* The edge, loaded and grown, agrees with the tree at every size. */
	for (n = 0; n < LEAVES; n++) {
		assert_int_equal(tlog_edge_load(&rd, n, &loaded, NULL), 0);
		tlog_edge_append(&loaded, &tree.row[0][n]);
		tlog_edge_root(&loaded, &root);
		assert_int_equal(tlog_root(&rd, n + 1, &want, NULL), 0);
		assert_memory_equal(&root, &want, SM3_LEN);
	}
	assert_int_equal(tree.asked, 0);
}

static size_t
path_of(const json_t *j, struct hash path[TLOG_PATH_MAX])
{
	json_t	*h;
	size_t	 i;

	json_array_foreach(json_object_get(j, "path"), i, h)
		vectors_hash(h, path[i].h);
	return json_array_size(json_object_get(j, "path"));
}

static uint64_t
num(const json_t *j, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(j, name));
}

static void
refuse_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
    const struct hash *path, size_t n, const struct hash *root)
{
	struct err	e = ERR_INIT;

	assert_int_equal(tlog_check_inclusion(leaf, index, size, path, n,
	    root, &e), ERR_VERIFY);
	assert_string_equal(e.id, "bad-proof");
}

static void
test_inclusion(void **state)
{
	struct hash	 want[TLOG_PATH_MAX + 1], path[TLOG_PATH_MAX + 1];
	struct hash	 root, leaf, other;
	uint64_t	 index, size;
	size_t		 i, k, nwant, n;
	json_t		*j;

	(void)state;
	assert_true(json_array_size(json_object_get(v, "inclusion")) >= 11);
	json_array_foreach(json_object_get(v, "inclusion"), i, j) {
		index = num(j, "index");
		size = num(j, "size");
		nwant = path_of(j, want);
		leaf = tree.row[0][index];
		assert_int_equal(tlog_root(&rd, size, &root, NULL), 0);
		assert_int_equal(tlog_inclusion(&rd, index, size, path, &n,
		    NULL), 0);
		assert_int_equal(n, nwant);
		assert_memory_equal(path, want, n * SM3_LEN);
		assert_int_equal(tlog_check_inclusion(&leaf, index, size,
		    path, n, &root, NULL), 0);

		/* Each way of being wrong is refused. */
		for (k = 0; k < n; k++) {
			path[k].h[k] ^= 1;
			refuse_inclusion(&leaf, index, size, path, n, &root);
			path[k].h[k] ^= 1;
		}
		other = leaf;
		other.h[31] ^= 0x80;
		refuse_inclusion(&other, index, size, path, n, &root);
		other = root;
		other.h[0] ^= 1;
		refuse_inclusion(&leaf, index, size, path, n, &other);
		memset(&path[n], 0, SM3_LEN);
		refuse_inclusion(&leaf, index, size, path, n + 1, &root);
		if (n > 0)
			refuse_inclusion(&leaf, index, size, path, n - 1,
			    &root);
		if (size > 1)
			refuse_inclusion(&leaf, index ^ 1, size, path, n,
			    &root);
		refuse_inclusion(&leaf, size, size, path, n, &root);
	}
	refuse_inclusion(&leaf, 0, 0, path, 0, &root);
	assert_int_equal(tlog_inclusion(&rd, 3, 3, path, &n, NULL), ERR_INVAL);
}

static void
refuse_consistency(uint64_t from, uint64_t to, const struct hash *path,
    size_t n, const struct hash *a, const struct hash *b)
{
	struct err	e = ERR_INIT;

	assert_int_equal(tlog_check_consistency(from, to, path, n, a, b, &e),
	    ERR_VERIFY);
	assert_string_equal(e.id, "bad-proof");
}

static void
test_consistency(void **state)
{
	struct hash	 want[TLOG_PATH_MAX + 1], path[TLOG_PATH_MAX + 1];
	struct hash	 a, b, x;
	uint64_t	 from, to;
	size_t		 i, k, nwant, n;
	json_t		*j;

	(void)state;
	assert_true(json_array_size(json_object_get(v, "consistency")) >= 9);
	json_array_foreach(json_object_get(v, "consistency"), i, j) {
		from = num(j, "from");
		to = num(j, "to");
		nwant = path_of(j, want);
		assert_int_equal(tlog_root(&rd, from, &a, NULL), 0);
		assert_int_equal(tlog_root(&rd, to, &b, NULL), 0);
		assert_int_equal(tlog_consistency(&rd, from, to, path, &n,
		    NULL), 0);
		assert_int_equal(n, nwant);
		assert_memory_equal(path, want, n * SM3_LEN);
		assert_int_equal(tlog_check_consistency(from, to, path, n, &a,
		    &b, NULL), 0);

		for (k = 0; k < n; k++) {
			path[k].h[k] ^= 1;
			refuse_consistency(from, to, path, n, &a, &b);
			path[k].h[k] ^= 1;
		}
		x = a;
		x.h[5] ^= 1;
		refuse_consistency(from, to, path, n, &x, &b);
		x = b;
		x.h[5] ^= 1;
		refuse_consistency(from, to, path, n, &a, &x);
		memset(&path[n], 0, SM3_LEN);
		refuse_consistency(from, to, path, n + 1, &a, &b);
		if (n > 0)
			refuse_consistency(from, to, path, n - 1, &a, &b);
		if (from < to)
			refuse_consistency(to, from, path, n, &a, &b);
	}
	tlog_empty(&x);
	assert_int_equal(tlog_check_consistency(0, 5, path, 0, &x, &b, NULL),
	    0);
	refuse_consistency(0, 5, path, 0, &a, &b);
	assert_int_equal(tlog_consistency(&rd, 6, 5, path, &n, NULL),
	    ERR_INVAL);
	assert_int_equal(tlog_two_roots(&rd, 0, 5, &a, &b, NULL), ERR_INVAL);
	assert_int_equal(tlog_two_roots(&rd, 5, 5, &a, &b, NULL), ERR_INVAL);
}

/* Every pair in a small tree: what is made is accepted. */
static void
test_all_small(void **state)
{
	struct hash	path[TLOG_PATH_MAX], a, b, x, y;
	uint64_t	from, to;
	size_t		n;

	(void)state;
	for (to = 1; to <= 40; to++) {
		assert_int_equal(tlog_root(&rd, to, &b, NULL), 0);
		for (from = 0; from <= to; from++) {
			assert_int_equal(tlog_root(&rd, from, &a, NULL), 0);
			assert_int_equal(tlog_consistency(&rd, from, to,
			    path, &n, NULL), 0);
			assert_int_equal(tlog_check_consistency(from, to,
			    path, n, &a, &b, NULL), 0);
			if (from == to)
				continue;
			if (from > 0) {
				assert_int_equal(tlog_two_roots(&rd, from, to,
				    &x, &y, NULL), 0);
				assert_memory_equal(&x, &a, SM3_LEN);
				assert_memory_equal(&y, &b, SM3_LEN);
			}
			assert_int_equal(tlog_inclusion(&rd, from, to, path,
			    &n, NULL), 0);
			assert_int_equal(tlog_check_inclusion(
			    &tree.row[0][from], from, to, path, n, &b, NULL),
			    0);
		}
	}
	assert_int_equal(tree.asked, 0);
}

/* A reader's failure is passed on, and nothing is left behind. */
static void
test_reader_fails(void **state)
{
	struct tlog_edge	edge;
	struct hash		path[TLOG_PATH_MAX], root;
	struct err		e = ERR_INIT;
	size_t			n = 9;

	(void)state;
	assert_int_equal(tlog_root(&rd, LEAVES + 1, &root, &e), ERR_STORE);
	assert_int_equal(tlog_inclusion(&rd, 0, LEAVES + 1, path, &n, NULL),
	    ERR_STORE);
	assert_int_equal(n, 0);
	assert_int_equal(tlog_edge_load(&rd, LEAVES + 1, &edge, NULL),
	    ERR_STORE);
	assert_int_equal(edge.size, 0);
	tree.asked = 0;
}

static void
test_tile_paths(void **state)
{
	struct tile_name	 t, u;
	char			 name[TILE_NAME_MAX];
	const char		*path;
	size_t			 i;
	json_t			*j;

	(void)state;
	json_array_foreach(json_object_get(v, "tile_paths"), i, j) {
		path = json_string_value(json_object_get(j, "path"));
		t.level = (int)num(j, "level");
		t.n = num(j, "n");
		t.width = (unsigned)num(j, "width");
		tile_name_format(&t, name);
		assert_string_equal(name, path);
		assert_int_equal(tile_name_parse(path + 5, &u, NULL), 0);
		assert_int_equal(u.level, t.level);
		assert_int_equal(u.n, t.n);
		assert_int_equal(u.width, t.width);
	}
	assert_int_equal(i, 6);

	t = (struct tile_name){ -1, UINT64_MAX, 255 };
	tile_name_format(&t, name);
	assert_string_equal(name,
	    "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255");
	assert_int_equal(tile_name_parse(name + 5, &u, NULL), 0);
	assert_true(u.level == -1 && u.n == UINT64_MAX && u.width == 255);
}

static void
test_tile_names_bad(void **state)
{
	static const char *const	bad[] = {
		"", "0", "0/", "0/0", "0/00", "0/0000", "0/x000/001",
		"0/x001", "0/x001/", "0/x001/x002", "0/001/002", "00/000",
		"+1/000", "-1/000", "64/000", "0/000/", "/0/000", "0//000",
		"0/000.p/", "0/000.p/0", "0/000.p/01", "0/000.p/256",
		"0/000.p/1/", "0/000.P/1", "0/000.p", "entries", "entries/",
		"entries/1", "entry/000", "0/X001/000", "0/ 00", "0/000 ",
		"0/x018/x446/x744/x073/x709/x551/616",
		"0/x999/x999/x999/x999/x999/x999/x999/999",
		"0/0a0", "x/000", "tile/0/000",
	};
	struct tile_name	t;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = ERR_INIT;

		if (tile_name_parse(bad[i], &t, &e) != ERR_FORMAT)
			fail_msg("accepted: '%s'", bad[i]);
		assert_string_equal(e.id, "bad-tile-name");
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_inclusion),
		cmocka_unit_test(test_consistency),
		cmocka_unit_test(test_all_small),
		cmocka_unit_test(test_reader_fails),
		cmocka_unit_test(test_tile_paths),
		cmocka_unit_test(test_tile_names_bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
