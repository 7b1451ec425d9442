#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/tm.h"
#include "filing/code.h"

#define VECTORS	"tests/vectors/codes.json"

typedef int check_fn(const char *s, struct err *e);

/* Every string under a name in the vectors must pass, or fail with id. */
static void
vectors(const char *name, check_fn *check, const char *id)
{
	json_t		*root, *list, *s;
	json_error_t	 je;
	size_t		 i;

	root = json_load_file(VECTORS, JSON_REJECT_DUPLICATES, &je);
	assert_non_null(root);
	list = json_object_get(root, name);
	assert_true(json_array_size(list) > 0);
	json_array_foreach(list, i, s) {
		struct err	e = ERR_INIT;
		int		rc = check(json_string_value(s), &e);

		if (id == NULL) {
			assert_int_equal(rc, 0);
		} else {
			assert_int_equal(rc, ERR_INVAL);
			assert_string_equal(e.id, id);
		}
	}
	json_decref(root);
}

static void
credit_codes(void **state)
{
	(void)state;
	vectors("uscc_good", credit_code_check, NULL);
	vectors("uscc_bad", credit_code_check, "bad-credit-code");
	assert_int_equal(credit_code_check(NULL, NULL), ERR_INVAL);
	assert_int_equal(credit_code_digit("91350100M000100Y4"), '3');
	assert_int_equal(credit_code_digit("9135I100M000100Y4"), 0);
}

/* Any one character changed is noticed. */
static void
credit_code_one_wrong(void **state)
{
	static const char	alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	char			s[19] = "91440101MA5AKH6A1U";
	size_t			i, k;

	(void)state;
	for (i = 0; i < 18; i++)
		for (k = 0; k < 31; k++) {
			char	old = s[i];

			if (alphabet[k] == old)
				continue;
			s[i] = alphabet[k];
			assert_int_equal(credit_code_check(s, NULL),
			    ERR_INVAL);
			s[i] = old;
		}
}

static void
resident_ids(void **state)
{
	static const char	within[] = "name 11010519491231002x end";
	static const char	none[] = "44010600000001 91440101MA5AKH6A1U";

	(void)state;
	vectors("resident_id_good", resident_id_check, NULL);
	vectors("resident_id_bad", resident_id_check, "bad-resident-id");
	assert_int_equal(resident_id_check("11010519490229002X", NULL),
	    ERR_INVAL);
	assert_true(resident_id_within(within, strlen(within)));
	assert_false(resident_id_within(within, 22));
	assert_false(resident_id_within(none, strlen(none)));
	assert_false(resident_id_within("", 0));
}

static void
seal_codes(void **state)
{
	static const struct {
		const char	*s;
		int		 rc;
	} t[] = {
		{ "44010600000001", 0 }, { "4501000475936", 0 },
		{ "440106000000012", ERR_INVAL }, { "440106000001", ERR_INVAL },
		{ "4401060000000x", ERR_INVAL }, { "", ERR_INVAL },
		{ NULL, ERR_INVAL }, { " 4401060000001", ERR_INVAL },
		{ "4401060000000１", ERR_INVAL },
	};
	char		out[15];
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err	e = ERR_INIT;

		assert_int_equal(seal_code_check(t[i].s, &e), t[i].rc);
		assert_string_equal(e.id, t[i].rc == 0 ? "" : "invalid-code");
	}
	assert_int_equal(seal_code_make("440106", 1, out, NULL), 0);
	assert_string_equal(out, "44010600000001");
	assert_int_equal(seal_code_make("440106", 99999999, out, NULL), 0);
	assert_string_equal(out, "44010699999999");
}

static void
seal_codes_run_out(void **state)
{
	struct err	e = ERR_INIT, e2 = ERR_INIT;
	char		out[15];

	(void)state;
	assert_int_equal(seal_code_make("440106", 100000000, out, &e),
	    ERR_CONFLICT);
	assert_string_equal(e.id, "codes-exhausted");
	assert_string_equal(out, "");
	assert_int_equal(seal_code_make("44010", 1, out, &e2), ERR_INVAL);
	assert_string_equal(e2.id, "unknown-division");
	assert_int_equal(seal_code_make("440106", 0, out, NULL),
	    ERR_CONFLICT);
}

static int64_t
at(const char *s)
{
	int64_t	t;

	assert_true(tm_parse(s, &t));
	return t;
}

static void
divisions(void **state)
{
	static const struct {
		const char	*code, *at, *name;
	} t[] = {
		{ "440106", "2026-01-01T00:00:00Z", "广东省广州市天河区" },
		{ "510104", "2026-01-01T00:00:00Z", "四川省成都市锦江区" },
		{ "330106", "2026-01-01T00:00:00Z", "浙江省杭州市西湖区" },
		{ "440000", "2026-01-01T00:00:00Z", "广东省" },
		{ "820000", "2026-01-01T00:00:00Z", "澳门特别行政区" },
		/* Merged into others in 2021; its successor began then. */
		{ "330103", "2020-01-01T00:00:00Z", "浙江省杭州市下城区" },
		{ "330103", "2026-01-01T00:00:00Z", NULL },
		{ "330114", "2020-01-01T00:00:00Z", NULL },
		{ "330114", "2026-01-01T00:00:00Z", "浙江省杭州市钱塘区" },
		{ "990000", "2026-01-01T00:00:00Z", NULL },
		{ "44010", "2026-01-01T00:00:00Z", NULL },
		{ "4401066", "2026-01-01T00:00:00Z", NULL },
		{ "44010x", "2026-01-01T00:00:00Z", NULL },
		{ "", "2026-01-01T00:00:00Z", NULL },
	};
	const char	*name;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err	e = ERR_INIT;

		name = division_name(t[i].code, at(t[i].at));
		if (t[i].name == NULL) {
			assert_null(name);
			assert_int_equal(division_check(t[i].code,
			    at(t[i].at), &e), ERR_INVAL);
			assert_string_equal(e.id, "unknown-division");
		} else {
			assert_non_null(name);
			assert_string_equal(name, t[i].name);
			assert_int_equal(division_check(t[i].code,
			    at(t[i].at), &e), 0);
		}
	}
	assert_null(division_name(NULL, 0));
}

/* A day begins at midnight in Beijing. */
static void
division_days(void **state)
{
	(void)state;
	assert_non_null(division_name("330103", at("2021-03-10T15:59:59Z")));
	assert_null(division_name("330103", at("2021-03-10T16:00:00Z")));
	assert_null(division_name("330114", at("2021-03-10T15:59:59Z")));
	assert_non_null(division_name("330114", at("2021-03-10T16:00:00Z")));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(credit_codes),
		cmocka_unit_test(credit_code_one_wrong),
		cmocka_unit_test(resident_ids),
		cmocka_unit_test(seal_codes),
		cmocka_unit_test(seal_codes_run_out),
		cmocka_unit_test(divisions),
		cmocka_unit_test(division_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
