#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <zip.h>

#include "base/text.h"
#include "signing/layout.h"
#include "signing/package.h"
#include "tests/unit/signing/zipfile.h"

#define TEXT(s)	OCTETS(s, sizeof(s) - 1)

/* ---- archives of which one thing is wrong */

static const struct {
	const char		*name;		/* of a second entry */
	struct zipfile_bend	 bend;
	const char		*id, *says;	/* NULL: it is taken ... */
	const char		*deviation;	/* ... and this is said, or NULL */
} rows[] = {
	{ "b", { .flags = 0 }, NULL, NULL, NULL },
	{ "b", { .descriptor = true }, NULL, NULL, NULL },
	{ "Doc_0/Res/a.png", { .flags = 0 }, NULL, NULL, NULL },
	{ "/b", { .flags = 0 }, NULL, NULL, "begin with \"/\"" },
	{ "./b", { .flags = 0 }, NULL, NULL, "\".\" parts" },
	{ "Doc_0\\b", { .flags = 0 }, NULL, NULL, "with \"\\\"" },
	{ "\xb8\xbd\xbc\xfe", { .flags = 0 }, NULL, NULL, "GB 18030" },
	{ "b", { .before = "junk" }, NULL, NULL, "between the files" },
	{ "b", { .behind = "junk" }, NULL, NULL, "between the files" },
	{ "b", { .local_crc = 5 }, NULL, NULL, "not as the directory" },
	{ "b", { .flags = 8, .local_flags = 8 }, NULL, NULL,
	    "not as the directory" },
	/* Which file is it? */
	{ "a/x", { .flags = 0 }, "bad-package", "takes for one", NULL },
	{ "A/X", { .flags = 0 }, "bad-package", "takes for one", NULL },
	{ "/a/x", { .flags = 0 }, "bad-package", "takes for one", NULL },
	{ "./a/x", { .flags = 0 }, "bad-package", "takes for one", NULL },
	{ "a//x", { .flags = 0 }, "bad-package", "takes for one", NULL },
	{ "a\\x", { .flags = 0 }, "bad-package", "takes for one", NULL },
	{ "a/x/y", { .flags = 0 }, "bad-package", "what is a file", NULL },
	{ "b", { .local_name = "c" }, "bad-package", "two names", NULL },
	{ "b", { .local_name = "bb" }, "bad-package", "two names", NULL },
	{ "b", { .unlisted = true }, "bad-package", "does not name", NULL },
	{ "b", { .local_size = 7 }, "bad-package", "disagrees", NULL },
	{ "b", { .local_method = 8 }, "bad-package", "disagrees", NULL },
	/* Stored, and to end where a reader of the header cannot know. */
	{ "b", { .local_flags = 8 }, "bad-package", "disagrees", NULL },
	{ "b", { .at = 1 }, "bad-package", "not where", NULL },
	/* Where would it go? */
	{ "../b", { .flags = 0 }, "bad-package", "unsafe", NULL },
	{ "a/../b", { .flags = 0 }, "bad-package", "unsafe", NULL },
	{ "C:b", { .flags = 0 }, "bad-package", "unsafe", NULL },
	{ "b\nc", { .flags = 0 }, "bad-package", "unsafe", NULL },
	{ "b\0c", { .name_len = 3 }, "bad-package", "NUL", NULL },
	{ "", { .flags = 0 }, "bad-package", "empty", NULL },
	{ "b\xff", { .flags = 0 }, "bad-package", "no text", NULL },
	{ "b", { .attributes = 0xa1ff0000 }, "bad-package", "link", NULL },
	{ "b/", { .flags = 0 }, "bad-package", "folder with octets", NULL },
	/* What is it packed in? */
	{ "b", { .flags = 1 }, "bad-package", "encrypted", NULL },
	{ "b", { .flags = 1 << 6 }, "bad-package", "encrypted", NULL },
	{ "b", { .flags = 1 << 13 }, "bad-package", "encrypted", NULL },
	{ "b", { .method = 12 }, "bad-package", "does not know", NULL },
	{ "b", { .method = 99 }, "bad-package", "does not know", NULL },
	{ "b", { .size = 9 }, "bad-package", "two sizes", NULL },
	{ "b", { .method = 8, .size = (256u << 20) + 1 }, "package-too-big",
	    "expands", NULL },
	{ "b", { .method = 8, .size = 200u << 20 }, "package-too-big",
	    "expand to", NULL },
};

static bool
is_said(const struct package *p, const char *what)
{
	const char	*line;
	size_t		 i;

	for (i = 0; (line = package_deviation(p, i)) != NULL; i++)
		if (what != NULL && strstr(line, what) != NULL)
			return true;
	return what == NULL && i == 0;
}

static void
one_thing_wrong(void **state)
{
	struct package	*p;
	struct zipfile	 z;
	struct err	 e;
	size_t		 i;
	int		 rc;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = (struct err)ERR_INIT;
		zipfile_init(&z);
		zipfile_add(&z, "a/x", TEXT("first"));
		zipfile_bent(&z, rows[i].name, TEXT("second"),
		    &rows[i].bend);
		zipfile_end(&z, "");
		rc = package_open(buf_octets(&z.out), &p, &e);
		if (rows[i].id == NULL) {
			if (rc != 0)
				fail_msg("row %zu: %s", i, e.text);
			assert_int_equal(package_count(p), 2);
			if (!is_said(p, rows[i].deviation))
				fail_msg("row %zu: %s", i,
				    rows[i].deviation);
		} else if (rc == 0 || strcmp(e.id, rows[i].id) != 0 ||
		    strstr(e.text, rows[i].says) == NULL) {
			fail_msg("row %zu: %d %s: %s", i, rc, e.id, e.text);
		} else {
			assert_null(p);
		}
		package_free(p);
		zipfile_fini(&z);
	}
}

/* ---- what stands around it */

static const struct {
	const char	*front, *behind, *comment;
	const char	*deviation;
} around[] = {
	{ "", "", "", NULL },
	{ "", "", "a comment", NULL },
	{ "junk", "", "", "before the archive" },
	{ "", "junk", "", "behind the archive" },
	{ "junk", "junk", "a comment", "before the archive" },
};

static void
around_it(void **state)
{
	struct package	*p;
	struct zipfile	 z;
	struct buf	 b;
	struct err	 e;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		e = (struct err)ERR_INIT;
		zipfile_init(&z);
		zipfile_add(&z, "a/x", TEXT("first"));
		zipfile_end(&z, around[i].comment);
		buf_init(&b, ZIPFILE_MAX);
		buf_puts(&b, around[i].front);
		buf_put_octets(&b, buf_octets(&z.out));
		buf_puts(&b, around[i].behind);
		if (package_open(buf_octets(&b), &p, &e) != 0)
			fail_msg("row %zu: %s", i, e.text);
		if (!is_said(p, around[i].deviation))
			fail_msg("row %zu", i);
		package_free(p);
		buf_fini(&b);
		zipfile_fini(&z);
	}
}

/* An end record that is the comment of another: which one counts? */
static void
two_ends(void **state)
{
	static const uint8_t	empty[22] = { 'P', 'K', 5, 6 };
	struct package		*p;
	struct zipfile		 z;
	struct err		 e = ERR_INIT;

	(void)state;
	zipfile_init(&z);
	zipfile_add(&z, "a/x", TEXT("first"));
	zipfile_end(&z, "");
	z.out.p[z.out.len - 2] = sizeof(empty);
	buf_put(&z.out, empty, sizeof(empty));
	assert_int_equal(package_open(buf_octets(&z.out), &p, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-package");
	assert_non_null(strstr(e.text, "two end records"));
	zipfile_fini(&z);
}

/* Cut anywhere, it is no archive; and nothing is read beyond its end. */
static void
cut(void **state)
{
	struct package	*p;
	struct zipfile	 z;
	struct err	 e;
	uint8_t		*copy;
	size_t		 n;

	(void)state;
	zipfile_init(&z);
	zipfile_add(&z, "OFD.xml", TEXT("<a/>"));
	zipfile_add(&z, "Doc_0/Document.xml", TEXT("<b/>"));
	zipfile_end(&z, "");
	for (n = 0; n < z.out.len; n++) {
		e = (struct err)ERR_INIT;
		copy = xmemdup(z.out.p, n);
		assert_int_equal(package_open(OCTETS(copy, n), &p, &e),
		    ERR_FORMAT);
		assert_string_equal(e.id, "bad-package");
		free(copy);
	}
	zipfile_fini(&z);
}

/* ---- what is in it */

static void
found_and_read(void **state)
{
	struct package	*p;
	struct zipfile	 z;
	struct err	 e = ERR_INIT;
	uint8_t		 h[SM3_LEN], want[SM3_LEN], *o;
	char		 hex[HEX_SIZE(SHA256_LEN)];
	size_t		 i, n;
	bool		 other;

	(void)state;
	zipfile_init(&z);
	zipfile_add(&z, "Doc_0/", OCTETS("", 0));
	zipfile_add(&z, "Doc_0/Document.xml", TEXT("abc"));
	zipfile_add(&z, "OFD.xml", OCTETS("", 0));
	zipfile_end(&z, "");
	assert_int_equal(package_open(buf_octets(&z.out), &p, &e), 0);
	assert_int_equal(package_count(p), 2);
	assert_true(package_find(p, "OFD.xml", &i, &other));
	assert_int_equal(i, 1);
	assert_int_equal(package_size(p, i), 0);
	assert_false(other);
	assert_true(package_find(p, "doc_0/document.XML", &i, &other));
	assert_true(other);
	assert_string_equal(package_name(p, i), "Doc_0/Document.xml");
	assert_false(package_find(p, "Doc_0", &i, &other));
	assert_false(package_find(p, "Doc_0/", &i, &other));
	assert_int_equal(package_read(p, 0, 3, &o, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_string_equal((char *)o, "abc");
	free(o);
	assert_int_equal(package_sm3(p, 0, h, &e), 0);
	sm3("abc", 3, want);
	assert_memory_equal(h, want, SM3_LEN);
	assert_int_equal(package_sm3(p, 0, h, &e), 0);
	assert_memory_equal(h, want, SM3_LEN);
	assert_int_equal(package_sha256(p, 0, h, &e), 0);
	hex_encode(h, sizeof(h), hex);
	/* FIPS 180-4, the example of three octets. */
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(package_read(p, 0, 2, &o, &n, &e), ERR_TOOBIG);
	assert_string_equal(e.id, "package-too-big");
	assert_null(o);
	package_free(p);
	zipfile_fini(&z);
}

/* The octets are not those of the CRC. */
static void
damaged(void **state)
{
	static const struct zipfile_bend	wrong = { .crc = 1 };
	struct package	*p;
	struct zipfile	 z;
	struct err	 e = ERR_INIT;
	uint8_t		 h[SM3_LEN], *o;
	size_t		 n;

	(void)state;
	zipfile_init(&z);
	zipfile_bent(&z, "a", TEXT("abc"), &wrong);
	zipfile_end(&z, "");
	assert_int_equal(package_open(buf_octets(&z.out), &p, NULL), 0);
	assert_int_equal(package_sm3(p, 0, h, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-package");
	assert_int_equal(package_read(p, 0, 99, &o, &n, NULL), ERR_FORMAT);
	assert_null(o);
	package_free(p);
	zipfile_fini(&z);
}

/* ---- what expands */

/* An archive of one entry of n zero octets, deflated by libzip. */
static void
deflate_zeros(size_t n, uint8_t **out, size_t *len)
{
	static uint8_t	*zeros;
	zip_error_t	 why;
	zip_source_t	*all, *one;
	zip_stat_t	 st;
	zip_t		*z;

	zip_error_init(&why);
	all = zip_source_buffer_create(NULL, 0, 0, &why);
	assert_non_null(all);
	zip_source_keep(all);
	z = zip_open_from_source(all, ZIP_CREATE | ZIP_TRUNCATE, &why);
	assert_non_null(z);
	zeros = xcalloc(n, 1);
	one = zip_source_buffer(z, zeros, n, 0);
	assert_int_equal(zip_file_add(z, "zeros", one, 0), 0);
	assert_int_equal(zip_close(z), 0);
	assert_int_equal(zip_source_open(all), 0);
	assert_int_equal(zip_source_stat(all, &st), 0);
	*len = st.size;
	*out = xmalloc(*len);
	assert_int_equal(zip_source_read(all, *out, *len), *len);
	zip_source_close(all);
	zip_source_free(all);
	free(zeros);
}

/* A bomb is refused by what it says, and one that lies by what it does. */
static void
bombs(void **state)
{
	struct package	*p;
	struct err	 e = ERR_INIT;
	uint8_t		*o, h[SM3_LEN], *at;
	size_t		 n;

	(void)state;
	deflate_zeros(70u << 20, &o, &n);
	assert_int_equal(package_open(OCTETS(o, n), &p, &e), ERR_TOOBIG);
	assert_string_equal(e.id, "package-too-big");
	free(o);
	deflate_zeros(8u << 20, &o, &n);
	assert_int_equal(package_open(OCTETS(o, n), &p, NULL), 0);
	assert_int_equal(package_sm3(p, 0, h, NULL), 0);
	package_free(p);
	/* Its header and its directory tell 100 octets. */
	memcpy(o + 22, "\x64\0\0\0", 4);
	at = memmem(o, n, "PK\001\002", 4);
	assert_non_null(at);
	memcpy(at + 24, "\x64\0\0\0", 4);
	e = (struct err)ERR_INIT;
	assert_int_equal(package_open(OCTETS(o, n), &p, NULL), 0);
	assert_int_equal(package_sm3(p, 0, h, &e), ERR_FORMAT);
	assert_string_equal(e.id, "bad-package");
	package_free(p);
	free(o);
}

static void
too_many(void **state)
{
	struct package	*p;
	struct zipfile	 z;
	struct err	 e = ERR_INIT;
	char		 name[16];
	int		 i;

	(void)state;
	zipfile_init(&z);
	for (i = 0; i <= LIMIT_PACKAGE_ENTRIES; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		zipfile_add(&z, name, OCTETS("", 0));
		if (i == LIMIT_PACKAGE_ENTRIES - 1) {
			struct zipfile	copy;

			zipfile_init(&copy);
			buf_put_octets(&copy.out, buf_octets(&z.out));
			buf_put_octets(&copy.dir, buf_octets(&z.dir));
			copy.n = z.n;
			zipfile_end(&copy, "");
			assert_int_equal(package_open(buf_octets(&copy.out),
			    &p, NULL), 0);
			package_free(p);
			zipfile_fini(&copy);
		}
	}
	zipfile_end(&z, "");
	assert_int_equal(package_open(buf_octets(&z.out), &p, &e),
	    ERR_TOOBIG);
	assert_string_equal(e.id, "package-too-big");
	zipfile_fini(&z);
}

/* Entries that share octets: how a small file grows without a great ratio. */
static void
overlapping(void **state)
{
	struct zipfile_bend	same = { .at = 0 };
	struct package		*p;
	struct zipfile		 z;
	struct err		 e = ERR_INIT;

	(void)state;
	zipfile_init(&z);
	buf_puts(&z.out, "x");
	zipfile_add(&z, "a", TEXT("abc"));
	same.at = 1;
	same.unlisted = false;
	/* A second one in the directory, at the place of the first. */
	z.out.len = 1;
	zipfile_bent(&z, "a", TEXT("abc"), &same);
	zipfile_end(&z, "");
	assert_int_equal(package_open(buf_octets(&z.out), &p, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-package");
	assert_non_null(strstr(e.text, "overlap"));
	zipfile_fini(&z);
}

static int
setup(void **state)
{
	(void)state;
	package_warm();
	return sm_init(NULL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(one_thing_wrong),
		cmocka_unit_test(around_it),
		cmocka_unit_test(two_ends),
		cmocka_unit_test(cut),
		cmocka_unit_test(found_and_read),
		cmocka_unit_test(damaged),
		cmocka_unit_test(bombs),
		cmocka_unit_test(too_many),
		cmocka_unit_test(overlapping),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
