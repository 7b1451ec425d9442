#include "vectors.h"

#include "schema/entry.pb-c.h"
#include "sync/entry.h"
#include "sync/tlog.h"

/* What entry_check() must say of octets written in hex. */
static const struct {
	const char	*name;
	const char	*hex;
	int		 rc;
	enum entry_kind	 kind;
	const char	*says;	/* part of the text */
} cases[] = {
	{ "key event, empty", "1200", 0, ENTRY_KEY, NULL },
	{ "key event with a field", "12020801", ERR_FORMAT, 0, "unknown" },
	{ "seal event, empty", "0a00", 0, ENTRY_SEAL, NULL },
	{ "seal event, kind 2", "0a021002", 0, ENTRY_SEAL, NULL },
	{ "seal event, previous 0", "0a022000", 0, ENTRY_SEAL, NULL },
	{ "kind 0 not elided", "0a021000", ERR_FORMAT, 0, "elided" },
	{ "kind of 33 bits", "0a06108080808010", ERR_FORMAT, 0, "32 bits" },
	{ "kind of 32 bits", "0a0610ffffffff0f", 0, ENTRY_SEAL, NULL },
	{ "kind as octets", "0a03120102", ERR_FORMAT, 0, "wire type" },
	{ "record as varint", "0a020801", ERR_FORMAT, 0, "wire type" },
	{ "empty record not elided", "0a020a00", ERR_FORMAT, 0, "elided" },
	{ "kind twice", "0a0410011001", ERR_FORMAT, 0, "twice" },
	{ "reason before kind", "0a0418011001", ERR_FORMAT, 0, "order" },
	{ "previous of 64 bits", "0a0b20ffffffffffffffffff01", 0, ENTRY_SEAL,
	    NULL },
	{ "previous of 65 bits", "0a0b20ffffffffffffffffff02", ERR_FORMAT, 0,
	    "varint" },
	{ "varint of eleven octets", "0a0c20ffffffffffffffffffff00",
	    ERR_FORMAT, 0, "varint" },
	{ "negative time", "0a0d0a0b48ffffffffffffffffff01", 0, ENTRY_SEAL,
	    NULL },
	{ "code with a NUL", "0a070a050a03340031", ERR_FORMAT, 0, "UTF-8" },
	{ "code of a surrogate", "0a070a050a03eda080", ERR_FORMAT, 0,
	    "UTF-8" },
	{ "code overlong", "0a060a040a02c080", ERR_FORMAT, 0, "UTF-8" },
	{ "code beyond its record", "0a060a040a033434", ERR_FORMAT, 0,
	    "cut off" },
	{ "unknown field in a record", "0a050a03c00101", ERR_FORMAT, 0,
	    "unknown" },
	{ "digest of 3", "0a070a056a03010203", ERR_FORMAT, 0, "32 octets" },
	{ "certificate digest of 3", "0a070a057203010203", ERR_FORMAT, 0,
	    "32 octets" },
	{ "salt of 3", "0a080a06fa0103010203", ERR_FORMAT, 0, "16 octets" },
	{ "epoch without its root", "7a020801", ERR_FORMAT, 0, "missing" },
	{ "epoch, empty", "7a00", ERR_FORMAT, 0, "missing" },
	{ "member as varint", "0801", ERR_FORMAT, 0, "wire type" },
	{ "member length not minimal", "0a8000", ERR_FORMAT, 0, "minimal" },
	{ "member key not minimal", "8a0000", ERR_FORMAT, 0, "begin" },
	{ "member cut off", "0a03", ERR_FORMAT, 0, "cut off" },
	{ "known member twice", "0a000a00", ERR_FORMAT, 0, "more than one" },
	{ "field 0", "0200", ERR_FORMAT, 0, "begin" },
	{ "field of 30 bits", "8280808010" "00", ERR_FORMAT, 0, "begin" },
	{ "unknown, varint", "180a", 0, ENTRY_OPAQUE, NULL },
	{ "unknown, varint not minimal", "188a00", ERR_FORMAT, 0, "minimal" },
	{ "unknown, 64 bits", "190102030405060708", 0, ENTRY_OPAQUE, NULL },
	{ "unknown, 64 bits cut off", "1901020304050607", ERR_FORMAT, 0,
	    "cut off" },
	{ "unknown, 32 bits", "1d01020304", 0, ENTRY_OPAQUE, NULL },
	{ "unknown, group", "1b1c", ERR_FORMAT, 0, "cut off" },
	{ "unknown and more", "180a180a", ERR_FORMAT, 0, "more than one" },
};

static void
test_cases(void **state)
{
	enum entry_kind	 kind;
	struct octets	 member;
	uint8_t		 in[64];
	size_t		 i, n;
	int		 rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = ERR_INIT;

		n = strlen(cases[i].hex) / 2;
		assert_true(hex_decode(cases[i].hex, 2 * n, in, n));
		rc = entry_check(OCTETS(in, n), &kind, &member, &e);
		if (rc != cases[i].rc)
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_int_equal(rc, cases[i].rc);
		if (rc == 0) {
			assert_int_equal(kind, cases[i].kind);
			continue;
		}
		assert_string_equal(e.id, "bad-entry");
		if (strstr(e.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].name, e.text);
	}
}

static void
test_good(void **state)
{
	json_t		*v = vectors_load("entry.json"), *j;
	const char	*name;
	enum entry_kind	 kind;
	struct octets	 o;
	size_t		 n = 0;

	(void)state;
	json_object_foreach(json_object_get(v, "good"), name, j) {
		struct err e = ERR_INIT;
		Entry *m;
		uint8_t *again;

		o = vectors_hex(j);
		if (entry_check(o, &kind, NULL, &e) != 0)
			fail_msg("%s: %s", name, e.text);
		assert_int_equal(kind, strstr(name, "epoch") != NULL ?
		    ENTRY_EPOCH : ENTRY_SEAL);
		/* The common library reads and writes the same octets. */
		m = entry__unpack(NULL, o.len, o.p);
		assert_non_null(m);
		assert_int_equal(entry__get_packed_size(m), o.len);
		again = xmalloc(o.len);
		entry__pack(m, again);
		assert_memory_equal(again, o.p, o.len);
		free(again);
		entry__free_unpacked(m, NULL);
		vectors_free(o);
		n++;
	}
	assert_int_equal(n, json_object_size(json_object_get(v, "good")));
	assert_true(n >= 4);
	json_decref(v);
}

static void
test_opaque(void **state)
{
	json_t		*v = vectors_load("entry.json"), *j;
	const char	*name;
	enum entry_kind	 kind;
	struct octets	 o, member;

	(void)state;
	json_object_foreach(json_object_get(v, "opaque"), name, j) {
		o = vectors_hex(j);
		assert_int_equal(entry_check(o, &kind, &member, NULL), 0);
		assert_int_equal(kind, ENTRY_OPAQUE);
		assert_true(member.len > 0 && member.len < o.len);
		vectors_free(o);
	}
	json_decref(v);
}

static void
test_bad(void **state)
{
	json_t		*v = vectors_load("entry.json"), *j;
	const char	*name;
	enum entry_kind	 kind;
	struct octets	 o, member;
	size_t		 n = 0;

	(void)state;
	json_object_foreach(json_object_get(v, "bad"), name, j) {
		struct err e = ERR_INIT;

		o = vectors_hex(j);
		if (entry_check(o, &kind, &member, &e) != ERR_FORMAT)
			fail_msg("accepted: %s", name);
		assert_string_equal(e.id, "bad-entry");
		assert_int_equal(member.len, 0);
		vectors_free(o);
		n++;
	}
	assert_true(n >= 13);
	json_decref(v);
}

static void
test_too_big(void **state)
{
	uint8_t		*p = xcalloc(1, LIMIT_ENTRY + 1);
	enum entry_kind	 kind;
	struct err	 e = ERR_INIT;

	(void)state;
	/* Field 20, length of what is left: 65535 octets in all, then more. */
	memcpy(p, "\xa2\x01\xfa\xff\x03", 5);
	assert_int_equal(entry_check(OCTETS(p, LIMIT_ENTRY), &kind, NULL, &e),
	    0);
	memcpy(p, "\xa2\x01\xfb\xff\x03", 5);
	assert_int_equal(entry_check(OCTETS(p, LIMIT_ENTRY + 1), &kind, NULL,
	    &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-entry");
	free(p);
}

/* Every octet of every good entry, turned over: refused, or read the same. */
static void
test_mutations(void **state)
{
	json_t		*v = vectors_load("entry.json"), *j;
	const char	*name;
	enum entry_kind	 kind;
	struct octets	 o;
	uint8_t		*p, *again;
	size_t		 i, refused = 0;
	Entry		*m;

	(void)state;
	json_object_foreach(json_object_get(v, "good"), name, j) {
		o = vectors_hex(j);
		p = xmemdup(o.p, o.len);
		for (i = 0; i < o.len * 8; i++) {
			p[i / 8] = o.p[i / 8] ^ (uint8_t)(1 << i % 8);
			if (entry_check(OCTETS(p, o.len), &kind, NULL,
			    NULL) != 0)
				refused++;
			else if (kind != ENTRY_OPAQUE) {
				m = entry__unpack(NULL, o.len, p);
				assert_non_null(m);
				assert_int_equal(entry__get_packed_size(m),
				    o.len);
				again = xmalloc(o.len);
				entry__pack(m, again);
				assert_memory_equal(again, p, o.len);
				free(again);
				entry__free_unpacked(m, NULL);
			}
			p[i / 8] = o.p[i / 8];
		}
		for (i = 0; i < o.len; i++)
			assert_int_equal(entry_check(OCTETS(p, i), &kind,
			    NULL, NULL), ERR_FORMAT);
		free(p);
		vectors_free(o);
	}
	assert_true(refused > 100);
	json_decref(v);
}

static void
test_tree(void **state)
{
	json_t			*v = vectors_load("entry.json"), *j;
	json_t			*t = json_object_get(v, "tree");
	struct tlog_edge	 edge = { .size = 0 };
	struct hash		 h, root;
	struct octets		 o;
	size_t			 i;

	(void)state;
	json_array_foreach(json_object_get(t, "entries"), i, j) {
		o = vectors_hex(json_object_get(json_object_get(v, "good"),
		    json_string_value(j)));
		entry_leaf(o, h.h);
		tlog_edge_append(&edge, &h);
		vectors_free(o);
	}
	tlog_edge_root(&edge, &root);
	o = vectors_hex(json_object_get(t, "root"));
	assert_memory_equal(root.h, o.p, SM3_LEN);
	vectors_free(o);
	json_decref(v);
}

static void
test_epoch(void **state)
{
	json_t		*v = vectors_load("entry.json");
	json_t		*good = json_object_get(v, "good"), *j;
	const char	*name;
	struct octets	 o;
	struct epoch	 ep;
	struct err	 e = ERR_INIT;
	struct buf	 b;
	uint8_t		 audit[SM3_LEN] = { 7 };

	(void)state;
	buf_init(&b, 4096);
	json_object_foreach(good, name, j) {
		o = vectors_hex(j);
		if (strstr(name, "epoch") != NULL) {
			assert_int_equal(epoch_decode(o, &ep, &e), 0);
			buf_reset(&b);
			epoch_encode(&ep, &b);
			assert_int_equal(b.len, o.len);
			assert_memory_equal(b.p, o.p, o.len);
			if (strstr(name, "genesis") != NULL) {
				assert_int_equal(ep.covered, 0);
				assert_int_equal(ep.map_depth, 16);
				assert_false(ep.has_previous);
			} else {
				assert_int_equal(ep.covered, 2);
				assert_int_equal(ep.map_count, 1);
				assert_true(ep.has_previous);
				assert_int_equal(ep.previous, 0);
			}
		} else {
			struct err e2 = ERR_INIT;

			assert_int_equal(epoch_decode(o, &ep, &e2),
			    ERR_FORMAT);
			assert_string_equal(e2.id, "bad-entry");
		}
		vectors_free(o);
	}

	memset(&ep, 0, sizeof(ep));
	ep.time = -1;
	ep.has_previous = true;
	ep.previous = UINT64_MAX;
	ep.audit_head = OCTETS(audit, SM3_LEN);
	buf_reset(&b);
	epoch_encode(&ep, &b);
	memset(&ep, 0xff, sizeof(ep));
	assert_int_equal(epoch_decode(buf_octets(&b), &ep, &e), 0);
	assert_int_equal(ep.time, -1);
	assert_true(ep.previous == UINT64_MAX);
	assert_int_equal(ep.audit_head.len, SM3_LEN);
	assert_memory_equal(ep.audit_head.p, audit, SM3_LEN);
	buf_fini(&b);
	json_decref(v);
}

static void
test_bundle(void **state)
{
	struct octets	 o;
	struct cursor	 c;
	struct buf	 b;

	(void)state;
	buf_init(&b, 4096);
	bundle_put(&b, OCTETS("abc", 3));
	bundle_put(&b, OCTETS("", 0));
	bundle_put(&b, OCTETS("d", 1));
	c = cursor_of(b.p, b.len);
	assert_true(bundle_next(&c, &o));
	assert_int_equal(o.len, 3);
	assert_memory_equal(o.p, "abc", 3);
	assert_true(bundle_next(&c, &o));
	assert_int_equal(o.len, 0);
	assert_true(bundle_next(&c, &o));
	assert_false(bundle_next(&c, &o));
	assert_int_equal(cursor_left(&c), 0);

	/* A length that does not fit leaves the cursor where it was. */
	c = cursor_of(b.p, b.len - 1);
	assert_true(bundle_next(&c, &o));
	assert_true(bundle_next(&c, &o));
	assert_false(bundle_next(&c, &o));
	assert_int_equal(cursor_left(&c), 2);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_opaque),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_epoch),
		cmocka_unit_test(test_bundle),
	};

	return cmocka_run_group_tests(tests, vectors_setup, NULL);
}
