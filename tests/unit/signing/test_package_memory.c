#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <zip.h>

#include "base/mem.h"
#include "signing/package.h"
#include "signing/package_memory.h"

#define PATH	"Doc_0/Signs/Sign_0/Seal.esl"
#define BIG	(40u << 10)

/* An archive of one packed file. */
static uint8_t *
archive(const uint8_t *p, size_t n, size_t *len)
{
	zip_source_t	*s = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t		*z;
	zip_stat_t	 st;
	uint8_t		*out;

	zip_source_keep(s);
	z = zip_open_from_source(s, ZIP_TRUNCATE, NULL);
	assert_non_null(z);
	assert_int_equal(zip_file_add(z, PATH, zip_source_buffer(z, p, n, 0),
	    0), 0);
	assert_int_equal(zip_set_file_compression(z, 0, ZIP_CM_DEFLATE, 9),
	    0);
	assert_int_equal(zip_close(z), 0);
	assert_int_equal(zip_source_stat(s, &st), 0);
	out = xmalloc((size_t)st.size);
	assert_int_equal(zip_source_open(s), 0);
	assert_int_equal(zip_source_read(s, out, st.size), st.size);
	*len = (size_t)st.size;
	zip_source_close(s);
	zip_source_free(s);
	return out;
}

/* Reads as want, or is refused where that is NULL. */
static void
must_read(const uint8_t *zip, size_t len, const uint8_t *want)
{
	struct package	*p;
	struct err	 e = ERR_INIT;
	uint8_t		*o;
	size_t		 n;

	assert_int_equal(package_open(OCTETS(zip, len), &p, &e), 0);
	if (want != NULL) {
		assert_int_equal(package_read(p, 0, BIG, &o, &n, &e), 0);
		assert_int_equal(n, BIG);
		assert_memory_equal(o, want, BIG);
		free(o);
	} else {
		assert_int_equal(package_read(p, 0, BIG, &o, &n, &e),
		    ERR_FORMAT);
		assert_string_equal(e.id, "bad-package");
		assert_null(o);
	}
	package_free(p);
}

/* A wrong CRC, in both of its places. */
static void
turn_crc(uint8_t *zip, size_t len)
{
	uint8_t	crc[4];
	size_t	i, found = 0;

	memcpy(crc, zip + 14, sizeof(crc));
	for (i = 0; i + 4 <= len; i++)
		if (memcmp(zip + i, crc, sizeof(crc)) == 0) {
			zip[i] ^= 1;
			found++;
		}
	assert_int_equal(found, 2);
}

/* What is remembered takes no check away. */
static void
packages(void **state)
{
	uint8_t	*a, *b, *zip;
	size_t	 i, len, other;

	(void)state;
	a = xmalloc(BIG);
	for (i = 0; i < BIG; i++)
		a[i] = (uint8_t)(i * i >> 7 ^ i);
	b = xmemdup(a, BIG);
	b[BIG / 2] ^= 1;
	package_remember(16);
	zip = archive(a, BIG, &len);
	must_read(zip, len, a);
	must_read(zip, len, a);
	turn_crc(zip, len);
	must_read(zip, len, NULL);
	turn_crc(zip, len);
	must_read(zip, len, a);
	/* One octet of it is another: damaged, whatever was remembered. */
	zip[30 + strlen(PATH) + 500] ^= 1;
	must_read(zip, len, NULL);
	free(zip);
	zip = archive(b, BIG, &other);
	must_read(zip, other, b);
	free(zip);
	package_remember(0);
	zip = archive(a, BIG, &len);
	must_read(zip, len, a);
	free(zip);
	free(a);
	free(b);
}

static void
recalls(void **state)
{
	static const uint8_t	packed[] = "packed", whole[] = "and whole";
	const struct octets	key = OCTETS(packed, 6), o = OCTETS(whole, 9);
	uint8_t			big[2] = { 0 };
	uint32_t		i;

	(void)state;
	package_remember(8);
	assert_true(package_is_worth(PATH));
	assert_true(package_is_worth("Seal.esl"));
	assert_true(package_is_worth("a/seal.ESL"));
	assert_false(package_is_worth("Doc_0/Signs/Sign_0/SignedValue.dat"));
	assert_false(package_is_worth("Seal.esl/a"));
	assert_null(package_recall(key, 9, 7));
	package_memorise(key, o, 7);
	assert_memory_equal(package_recall(key, 9, 7), whole, 9);
	assert_null(package_recall(key, 8, 7));
	assert_null(package_recall(key, 9, 6));
	assert_null(package_recall(OCTETS(packed, 5), 9, 7));
	assert_null(package_recall(o, 9, 7));
	/* Others push it out. */
	for (i = 0; i < 100; i++) {
		big[0] = (uint8_t)i;
		package_memorise(OCTETS(big, 2), o, i);
	}
	assert_null(package_recall(key, 9, 7));
	assert_non_null(package_recall(OCTETS(big, 2), 9, 99));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(recalls),
		cmocka_unit_test(packages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
