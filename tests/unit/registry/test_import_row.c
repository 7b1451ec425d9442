#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "filing/record.h"
#include "registry/keep/import_row.h"

#define NOW	1790000000
#define HEX32	"00112233445566778899aabbccddeeff" \
		"00112233445566778899aabbccddeeff"

static struct import_cells	cells;
static struct buf		record;

/* A good row; each case changes one value. */
static const char *const	good[IMPORT_FIELDS] = {
	[IMPORT_SEAL_CODE] = "44010600000001", [IMPORT_SEAL_TYPE] = "1",
	[IMPORT_SEAL_NAME] = "甲公司", [IMPORT_OWNER_NAME] = "甲公司",
	[IMPORT_OWNER_ID] = "91440101MA5AKH6A1U", [IMPORT_STATUS] = "active",
	[IMPORT_VALID_FROM] = "2019-05-01", [IMPORT_CARRIER] = "physical",
};

static void
fill(enum import_field f, const char *value)
{
	struct import_fault	 fault;
	const char		*s;
	unsigned		 i;

	import_cells_reset(&cells);
	for (i = 0; i < IMPORT_FIELDS; i++) {
		s = i == (unsigned)f ? value : good[i];
		if (s != NULL)
			assert_int_equal(import_cells_set(&cells,
			    (enum import_field)i, s, strlen(s), 100 + i,
			    &fault), 0);
	}
}

static int
make(const char **person, struct import_fault *fault)
{
	buf_fini(&record);
	buf_init(&record, LIMIT_IMPORT_ROW);
	return import_row_make(&cells, NOW, &record, person, fault);
}

static void
read_back(struct record *r, struct record_box **box)
{
	struct err	e = ERR_INIT;

	assert_int_equal(record_read(buf_octets(&record), r, box, &e), 0);
}

static void
test_good(void **state)
{
	struct import_fault	 fault;
	struct record_box	*box;
	struct record		 r;
	const char		*person;

	(void)state;
	fill(IMPORT_FIELDS, NULL);
	assert_int_equal(make(&person, &fault), 0);
	assert_null(person);
	read_back(&r, &box);
	assert_string_equal(r.seal_code, "44010600000001");
	assert_int_equal(r.valid_from, 1556640000);	/* 00:00 in Beijing */
	assert_int_equal(r.status_effective_at, r.valid_from);
	assert_int_equal(r.valid_until, 0);
	assert_int_equal(r.carrier, 1);
	assert_int_equal(r.version, 1);
	assert_int_equal(r.recorded_at, 0);
	assert_int_equal(r.salt.len, 0);
	record_box_free(box);

	fill(IMPORT_VALID_UNTIL, "2019-05-01");	/* its last second */
	assert_int_equal(make(&person, &fault), 0);
	read_back(&r, &box);
	assert_int_equal(r.valid_until, 1556640000 + 86399);
	record_box_free(box);
}

static void
test_person(void **state)
{
	struct import_fault	 fault;
	struct record_box	*box;
	struct record		 r;
	const char		*person;

	(void)state;
	fill(IMPORT_SEAL_TYPE, "legal-representative");
	cells.c[IMPORT_SEAL_NAME].s = NULL;
	assert_int_equal(make(&person, &fault), ERR_VERIFY);
	assert_string_equal(fault.e.id, "bad-record");
	cells.c[IMPORT_PERSON_NAME].s = "张三";
	assert_int_equal(make(&person, &fault), 0);
	assert_string_equal(person, "张三");
	read_back(&r, &box);
	assert_int_equal(r.seal_type, SEAL_LEGAL_REP);
	assert_int_equal(r.owner_commitment.len, 0);
	record_box_free(box);
	cells.c[IMPORT_OWNER_COMMITMENT].s = HEX32;
	assert_int_equal(make(&person, &fault), ERR_INVAL);
	assert_string_equal(fault.e.id, "bad-member");
}

static void
test_refused(void **state)
{
	static const struct {
		enum import_field	 f;
		const char		*value, *id;
	} t[] = {
		{ IMPORT_SEAL_CODE, NULL, "missing-member" },
		{ IMPORT_SEAL_CODE, "440106000001", "invalid-code" },
		{ IMPORT_REPLACES, "x", "invalid-code" },
		{ IMPORT_REPLACES, "44010600000001", "bad-record" },
		{ IMPORT_SEAL_TYPE, "7", "bad-member" },
		{ IMPORT_SEAL_TYPE, "01", "bad-member" },
		{ IMPORT_SEAL_TYPE, "statutory", "bad-member" },
		{ IMPORT_SEAL_TYPE, NULL, "missing-member" },
		{ IMPORT_SEAL_NAME, " 甲", "bad-member" },
		{ IMPORT_SEAL_NAME, NULL, "bad-record" },
		{ IMPORT_OWNER_ID, "91440101MA5AKH6A1X", "bad-credit-code" },
		{ IMPORT_OWNER_ID, NULL, "bad-record" },
		{ IMPORT_STATUS, "alive", "bad-member" },
		{ IMPORT_STATUS, "0", "bad-member" },
		{ IMPORT_STATUS, "9", "bad-member" },
		{ IMPORT_STATUS, NULL, "missing-member" },
		{ IMPORT_STATUS, "suspended", "missing-member" },
		{ IMPORT_STATUS_REASON, "9999", "unknown-reason" },
		{ IMPORT_STATUS_REASON, "-1", "bad-member" },
		{ IMPORT_STATUS_EFFECTIVE_AT, "2099-01-01",
		    "effective-in-future" },
		{ IMPORT_VALID_FROM, "1.5.2019", "bad-member" },
		{ IMPORT_VALID_FROM, "1969-01-01", "bad-member" },
		{ IMPORT_VALID_FROM, NULL, "missing-member" },
		{ IMPORT_VALID_UNTIL, "2018-05-01", "bad-member" },
		{ IMPORT_CARRIER, "4", "bad-member" },
		{ IMPORT_CARRIER, NULL, "missing-member" },
		{ IMPORT_CARRIER, "electronic", "bad-record" },
		{ IMPORT_SEAL_DIGEST, "00", "bad-member" },
		{ IMPORT_SEAL_DIGEST, HEX32, "bad-record" },
		{ IMPORT_CERTIFICATE_DIGEST, HEX32 "  " HEX32, "bad-member" },
		{ IMPORT_CERTIFICATE_DIGEST, HEX32 " ", "bad-member" },
		{ IMPORT_VERSION, "0", "bad-record" },
		{ IMPORT_PERSON_NAME, "张三", "bad-member" },
	};
	struct import_fault	 fault;
	const char		*person;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fill(t[i].f, t[i].value);
		if (make(&person, &fault) == 0)
			fail_msg("case %zu was taken", i);
		assert_string_equal(fault.e.id, t[i].id);
		assert_int_equal(record.len, 0);
		assert_null(person);
		if (strcmp(t[i].id, "bad-member") == 0 &&
		    t[i].f != IMPORT_VALID_UNTIL)
			assert_int_equal(fault.column, 100 + t[i].f);
	}
}

/* 13 digits are an older physical seal's. */
static void
test_thirteen(void **state)
{
	struct import_fault	 fault;
	const char		*person;

	(void)state;
	fill(IMPORT_SEAL_CODE, "4401060000001");
	assert_int_equal(make(&person, &fault), 0);
	cells.c[IMPORT_CARRIER].s = "3";
	assert_int_equal(make(&person, &fault), ERR_INVAL);
	assert_string_equal(fault.e.id, "bad-member");
}

static void
test_electronic(void **state)
{
	struct import_fault	 fault;
	struct record_box	*box;
	struct record		 r;
	const char		*person;

	(void)state;
	fill(IMPORT_CARRIER, "2");
	cells.c[IMPORT_SEAL_DIGEST].s = HEX32;
	cells.c[IMPORT_PICTURE_DIGEST].s =
	    "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=";
	cells.c[IMPORT_CERTIFICATE_DIGEST].s = HEX32 " " HEX32;
	assert_int_equal(make(&person, &fault), 0);
	read_back(&r, &box);
	assert_int_equal(r.ncertificates, 2);
	assert_memory_equal(r.seal_digest.p, r.picture_digest.p, 32);
	record_box_free(box);
	buf_fini(&record);
}

static void
test_names(void **state)
{
	unsigned	i;

	(void)state;
	for (i = 0; i < IMPORT_FIELDS; i++)
		assert_int_equal(import_field_find(import_field_name(
		    (enum import_field)i), strlen(import_field_name(
		    (enum import_field)i))), i);
	assert_int_equal(import_field_find("seal", 4), IMPORT_FIELDS);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_person),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_thirteen),
		cmocka_unit_test(test_electronic),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
