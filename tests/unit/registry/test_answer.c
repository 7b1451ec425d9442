#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "fx.h"

#include "base/text.h"
#include "registry/web/openapi.h"

static struct fx	*f;

static int
setup(void **state)
{
	(void)state;
	f = fx_usual();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fx_free(f);
	return 0;
}

/* Octet by octet what the contract says. */
static void
test_record(void **state)
{
	static const char want[] =
	    "{\"seal_code\":\"44010600000001\",\"seal_type\":1,"
	    "\"seal_name\":\"广州\\\"示范\\\"有限公司\","
	    "\"owner_name\":\"广州\\\"示范\\\"有限公司\","
	    "\"owner_id\":\"91440101MA59ABCD17\",\"owner_commitment\":\"\","
	    "\"status\":\"active\",\"status_reason\":0,"
	    "\"status_effective_at\":\"2023-11-14T22:13:30Z\","
	    "\"recorded_at\":\"2023-11-14T22:13:30Z\","
	    "\"valid_from\":\"2023-11-14T22:13:30Z\",\"valid_until\":null,"
	    "\"seal_digest\":\"\",\"certificate_digest\":[],"
	    "\"picture_digest\":\"ERERERERERERERERERERERERERERERERERERERERERE=\","
	    "\"filing_office\":\"440000\",\"maker_id\":\"44-1\","
	    "\"replaces\":\"\",\"replaced_by\":\"\",\"carrier\":1,"
	    "\"paired_code\":\"\",\"version\":1,\"seal_name_other\":\"\","
	    "\"salt\":\"MzMzMzMzMzMzMzMzMzMzMw==\"}";
	struct record	r = fx_record("44010600000001");
	struct buf	b;

	(void)state;
	r.carrier = 1;
	r.valid_until = 0;
	r.seal_digest = OCTETS(NULL, 0);
	r.ncertificates = 0;
	buf_init(&b, 10000);
	answer_put_record(&r, &b);
	buf_put_u8(&b, 0);
	assert_string_equal((char *)b.p, want);
	buf_fini(&b);
}

static void
test_unknown(void **state)
{
	struct answer	a = { .code = "33010600000001",
			    .verdict = VERDICT_UNKNOWN };
	struct buf	b;

	(void)state;
	buf_init(&b, 10000);
	answer_put(&a, &b);
	buf_put_u8(&b, 0);
	assert_string_equal((char *)b.p, "{\"code\":\"33010600000001\","
	    "\"verdict\":\"unknown\",\"basis\":\"reported\",\"status\":null,"
	    "\"as_of\":null,\"record\":null,\"proof\":null}");
	buf_reset(&b);
	a.has_as_of = true;
	a.as_of = 1700000000;
	answer_put(&a, &b);
	buf_put_u8(&b, 0);
	assert_non_null(strstr((char *)b.p,
	    "\"as_of\":\"2023-11-14T22:13:20Z\""));
	buf_fini(&b);
}

/* One JSON object with the members of the contract, in their types. */
static void
test_shape(void **state)
{
	static const char *const codes[] = { "44010600000001",
	    "44010600000002", "44010699999999" };
	struct proof_ask ask = { .now = FX_AS_OF };
	json_t		*root, *v;
	char		*text;
	size_t		 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		ask.code = codes[i];
		text = fx_answer(f, &ask);
		root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(root);
		assert_int_equal(json_object_size(root), 7);
		v = json_object_get(root, "proof");
		assert_int_equal(json_object_size(v), 5);
		assert_int_equal(json_array_size(json_object_get(
		    json_object_get(v, "bucket"), "siblings")), FX_DEPTH);
		assert_int_equal(json_is_null(json_object_get(root,
		    "record")), i == 2);
		assert_int_equal(json_is_null(json_object_get(v, "record")),
		    i == 2);
		if (i < 2)
			assert_int_equal(json_object_size(json_object_get(
			    root, "record")), 24);
		assert_null(strchr(text, '\n'));
		json_decref(root);
		free(text);
	}
}

/* The head is written once a checkpoint, and anew with the next. */
static void
test_head(void **state)
{
	struct log_proof	 p;
	struct answer_head	 h;
	const uint8_t		*was;

	(void)state;
	memset(&h, 0, sizeof(h));
	fx_prove(f, "44010600000001", &p);
	answer_head_set(&h, FX_ORIGIN, &p);
	was = h.proof.p;
	answer_head_set(&h, FX_ORIGIN, &p);
	assert_ptr_equal(h.proof.p, was);
	assert_non_null(memmem(h.proof.p, h.proof.len, "44.sealreg", 10));
	f->head.signed_at++;
	answer_head_set(&h, FX_ORIGIN, &p);
	assert_int_equal(h.signed_at, FX_AS_OF + 1);
	f->head.signed_at--;
	answer_head_fini(&h);
}

static void
test_verdict_words(void **state)
{
	int	v;

	(void)state;
	for (v = VERDICT_NONE + 1; v < VERDICT_END; v++)
		assert_int_equal(verdict_from_word(verdict_word(
		    (enum verdict)v)), v);
	assert_null(verdict_word(VERDICT_NONE));
	assert_int_equal(verdict_from_word("Valid"), VERDICT_NONE);
	for (v = WHY_NONE + 1; v < WHY_END; v++)
		assert_true(strlen(verdict_why((enum verdict_why)v)) > 0);
}

/* Every status, both sides of every edge of the period, each digest. */
static void
test_verdict_table(void **state)
{
	static uint8_t	other[SM3_LEN];
	const int64_t	from = 1000, until = 2000, changed = 900;
	const int64_t	times[] = { 899, 900, 999, 1000, 1999, 2000, 2001 };
	const uint8_t	*digests[3];
	uint32_t	status;
	size_t		i, j;

	(void)state;
	for (status = STATUS_ACTIVE; status < STATUS_END; status++)
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
	for (j = 0; j < 3; j++) {
		struct record		r = fx_record("44010600000001");
		struct verdict_case	c = { .record = &r, .has_at = true,
					    .now = 1500 };
		enum verdict		want;
		int64_t			t = times[i];

		digests[0] = NULL;
		digests[1] = r.seal_digest.p;
		digests[2] = other;
		r.status = status;
		r.status_effective_at = changed;
		r.valid_from = from;
		r.valid_until = until;
		c.at = t;
		c.digest = digests[j];
		if (t < changed)
			want = VERDICT_UNKNOWN;
		else if (j == 2)
			want = VERDICT_MISMATCH;
		else if (status == STATUS_ACTIVE && t >= from && t < until)
			want = VERDICT_VALID;
		else
			want = VERDICT_NOT_VALID;
		assert_int_equal(verdict_judge(&c, NULL), want);
		/* Now is another moment than at, and has no "before". */
		c.has_at = false;
		c.now = t;
		if (t < changed)
			want = j == 2 ? VERDICT_MISMATCH : VERDICT_NOT_VALID;
		assert_int_equal(verdict_judge(&c, NULL), want);
		/* No end. */
		r.valid_until = 0;
		if (t >= until && j != 2 && status == STATUS_ACTIVE)
			assert_int_equal(verdict_judge(&c, NULL),
			    VERDICT_VALID);
		/* A physical seal has no data that could match. */
		r.seal_digest = OCTETS(NULL, 0);
		if (j > 0)
			assert_int_equal(verdict_judge(&c, NULL),
			    VERDICT_MISMATCH);
	}
}

static void
test_source(void **state)
{
	static const struct {
		bool accepted, disputed; int64_t as_of;
		enum verdict_why want;
	} row[] = {
		{ true, false, 1000, WHY_NONE },
		{ true, false, 400, WHY_NONE },
		{ true, false, 399, WHY_TOO_OLD },
		{ true, false, 1300, WHY_NONE },
		{ true, false, 1301, WHY_FROM_FUTURE },
		{ false, false, 0, WHY_NO_WORD },
		{ true, true, 1000, WHY_DISPUTED },
		{ true, false, INT64_MIN / 2, WHY_TOO_OLD },
		{ true, false, INT64_MAX / 2, WHY_FROM_FUTURE },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct verdict_source	s = { row[i].accepted,
					    row[i].disputed, row[i].as_of,
					    600 };

		assert_int_equal(verdict_source(&s, 1000), row[i].want);
	}
}

/* The contract turns into JSON, and what is no contract does not. */
static void
test_openapi(void **state)
{
	static const struct { const char *yaml, *json; } row[] = {
		{ "a: 1\nb: ['200', x y, true, null, '', -1.5, 01]\n",
		    "{\"a\":1,\"b\":[\"200\",\"x y\",true,null,\"\",-1.5,"
		    "\"01\"]}" },
		{ "'200':\n  - {}\n  - []\n", "{\"200\":[{},[]]}" },
		{ "a: &x 1\nb: *x\n", NULL },
		{ "a: !!str 1\n", NULL },
		{ "a: [1\n", NULL },
		{ "--- 1\n--- 2\n", NULL },
		{ "? [1]\n: 2\n", NULL },
		{ "", NULL },
	};
	struct err	 e = ERR_INIT;
	struct buf	 b;
	json_t		*root;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int	rc;

		buf_init(&b, 10000);
		rc = openapi_convert(OCTETS(row[i].yaml,
		    strlen(row[i].yaml)), &b, NULL);
		assert_int_equal(rc, row[i].json == NULL ? ERR_FORMAT : 0);
		buf_put_u8(&b, 0);
		if (rc == 0)
			assert_string_equal((char *)b.p, row[i].json);
		buf_fini(&b);
	}
	buf_init(&b, 4u << 20);
	assert_int_equal(openapi_json(&b, &e), 0);
	root = json_loadb((char *)b.p, b.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root,
	    "openapi")), "3.1.0");
	assert_non_null(json_object_get(json_object_get(root, "paths"),
	    "/v1/seals/{code}"));
	json_decref(root);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_verdict_words),
		cmocka_unit_test(test_verdict_table),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_openapi)
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
