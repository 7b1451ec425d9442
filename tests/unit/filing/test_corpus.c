#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/der.h"
#include "base/file.h"
#include "base/sm.h"
#include "filing/seal.h"

/*
 * Real objects made by others.  They are no part of the project: where the
 * folder is absent ($CORPUS, or ../shared/corpus) each test is skipped by
 * name.
 */

static const struct {
	const char		*file;
	enum seal_generation	 generation;
	const char		*es_id;		/* NULL: not looked at */
	unsigned		 deviations;
	bool			 stamp;	/* the seal stands in a stamp */
} objects[] = {
	{ "seal/UserV1.esl", SEAL_V1, NULL, 0, false },
	{ "seal/UserV4.esl", SEAL_V4, NULL, 0, false },
	{ "seal/UserV5.esl", SEAL_V5, NULL, 0, false },
	{ "stamp/SignedValueV4.dat", SEAL_V4, NULL, 0, true },
	{ "stamp/SignedValueV5.dat", SEAL_V5, NULL, 0, true },
	{ "stamp/zhejiang-tax/SignedValue.dat", SEAL_V4, "33010600000001",
	    SEAL_DEV_DEFAULT_FALSE | SEAL_DEV_NULL_PARAMETERS, true },
	{ "stamp/zhejiang-invoice-platform/SignedValue.dat", SEAL_V4,
	    "ZhelibanTaxSeal", SEAL_DEV_NULL_PARAMETERS, true },
};

static const char *
root(void)
{
	const char	*s = getenv("CORPUS");

	return s != NULL ? s : "../shared/corpus";
}

static void
load(const char *file, uint8_t **p, size_t *n)
{
	struct err	e = ERR_INIT;
	char		path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", root(), file);
	if (access(path, R_OK) != 0) {
		print_message("skipped: no %s\n", path);
		skip();
	}
	if (file_read(path, LIMIT_SEAL, p, n, &e) != 0)
		fail_msg("%s", e.text);
}

/* The seal in a stamp: SES_Signature, toSign, second member. */
static struct octets
seal_within(struct octets stamp)
{
	struct cursor	c = cursor_of(stamp.p, stamp.len);
	struct der	d;

	assert_int_equal(der_expect(&c, DER_SEQUENCE, &d, "stamp", NULL), 0);
	c = der_inside(&d);
	assert_int_equal(der_expect(&c, DER_SEQUENCE, &d, "toSign", NULL), 0);
	c = der_inside(&d);
	assert_int_equal(der_expect(&c, DER_INTEGER, &d, "version", NULL), 0);
	assert_int_equal(der_expect(&c, DER_SEQUENCE, &d, "eseal", NULL), 0);
	return d.tlv;
}

static void
read_one(size_t i)
{
	struct err	 e = ERR_INIT;
	struct octets	 in;
	struct seal	 s;
	struct buf	 text;
	uint8_t		*p = NULL, *q;
	size_t		 n = 0, k;

	load(objects[i].file, &p, &n);
	in = OCTETS(p, n);
	if (objects[i].stamp)
		in = seal_within(in);
	if (seal_parse(in, &s, &e) != 0)
		fail_msg("%s: %s", objects[i].file, e.text);
	assert_int_equal(s.generation, objects[i].generation);
	if (objects[i].es_id != NULL) {
		assert_int_equal(s.es_id.len, strlen(objects[i].es_id));
		assert_memory_equal(s.es_id.p, objects[i].es_id, s.es_id.len);
	}
	if (seal_verify(&s, &e) != 0)
		fail_msg("%s: %s", objects[i].file, e.text);
	assert_int_equal(s.deviations, objects[i].deviations);
	buf_init(&text, 1 << 16);
	seal_print(&s, &text);
	assert_true(buf_ok(&text) && text.len > 200);
	buf_fini(&text);

	/* A flipped bit in the signed part is noticed. */
	q = malloc(in.len);
	assert_non_null(q);
	for (k = 0; k < s.picture.len; k += 97) {
		struct seal	t;

		memcpy(q, in.p, in.len);
		q[(size_t)(s.picture.p - in.p) + k] ^= 1;
		assert_int_equal(seal_parse(OCTETS(q, in.len), &t, NULL), 0);
		if (k == 0)
			assert_int_equal(seal_verify(&t, NULL), ERR_VERIFY);
	}
	free(q);
	free(p);
}

static void v1(void **state) { (void)state; read_one(0); }
static void v4(void **state) { (void)state; read_one(1); }
static void v5(void **state) { (void)state; read_one(2); }
static void in_stamp_v4(void **state) { (void)state; read_one(3); }
static void in_stamp_v5(void **state) { (void)state; read_one(4); }
static void zhejiang_tax(void **state) { (void)state; read_one(5); }
static void zhejiang_invoice(void **state) { (void)state; read_one(6); }

/* What is strict V4 or V5 comes out of our writer as it went in. */
static void
reencoded(void **state)
{
	uint8_t		*p = NULL;
	size_t		 n = 0, i;

	(void)state;
	for (i = 1; i <= 2; i++) {
		struct seal	s;
		struct buf	b;

		load(objects[i].file, &p, &n);
		assert_int_equal(seal_parse(OCTETS(p, n), &s, NULL), 0);
		buf_init(&b, LIMIT_SEAL);
		seal_reencode(&s, &b);
		assert_true(buf_ok(&b));
		assert_int_equal(b.len, n);
		assert_memory_equal(b.p, p, n);
		buf_fini(&b);
		free(p);
	}
}

static int
setup(void **state)
{
	(void)state;
	return sm_init(NULL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(v1),
		cmocka_unit_test(v4),
		cmocka_unit_test(v5),
		cmocka_unit_test(in_stamp_v4),
		cmocka_unit_test(in_stamp_v5),
		cmocka_unit_test(zhejiang_tax),
		cmocka_unit_test(zhejiang_invoice),
		cmocka_unit_test(reencoded),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
