#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "filing/application.h"
#include "filing/life.h"

#define T	1790000000	/* 2026 */

static struct application
sample(void)
{
	return (struct application){
		.owner_name = "广州示例科技有限公司",
		.credit_code = "91440101MA5AKH6A1U", .division = "440106",
		.seal_type = SEAL_FINANCE, .seal_name = "", .horizontal_text = ""
	};
}

#define TEN	"一二三四五六七八九十"
#define FIFTY	TEN TEN TEN TEN TEN

/* A good application, and one field of it spoilt. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
	const char	*what;
	struct application a;
	const char	*id;
} cases[] = {
#define CASE(W, ID, ...)	{ W, { .owner_name = "甲公司", \
	.credit_code = "91440101MA5AKH6A1U", .division = "440106", \
	.seal_type = 1, __VA_ARGS__ }, ID }
	CASE("plain", NULL, .seal_name = NULL),
	CASE("no owner", "bad-owner-name", .owner_name = NULL),
	CASE("empty owner", "bad-owner-name", .owner_name = ""),
	CASE("owner of 50", NULL, .owner_name = FIFTY),
	CASE("owner of 51", "bad-owner-name",
	    .owner_name = FIFTY "一"),
	CASE("owner, space before", "bad-owner-name",
	    .owner_name = " 甲"),
	CASE("owner, zero width", "bad-owner-name",
	    .owner_name = "甲\u200b乙"),
	CASE("owner, bad UTF-8", "bad-owner-name",
	    .owner_name = "甲\xff"),
	CASE("no credit code", "bad-credit-code",
	    .credit_code = NULL),
	CASE("wrong check", "bad-credit-code",
	    .credit_code = "91440101MA5AKH6A1W"),
	CASE("small letters", "bad-credit-code",
	    .credit_code = "91440101ma5akh6a1u"),
	CASE("no division", "unknown-division", .division = NULL),
	CASE("division", "unknown-division", .division = "449999"),
	CASE("type 0", "seal-type-not-offered", .seal_type = 0),
	CASE("type 3", "seal-type-not-offered", .seal_type = 3),
	CASE("type 7", "seal-type-not-offered", .seal_type = 7),
	CASE("type 99 for nothing", "bad-horizontal-text", .seal_type = 99),
	CASE("type 99", NULL, .seal_type = 99,
	    .horizontal_text = "报关专用章"),
	CASE("seal name of 81", "bad-seal-name",
	    .seal_name = FIFTY TEN TEN TEN "一"),
	CASE("seal name, newline", "bad-seal-name",
	    .seal_name = "甲\n章"),
	CASE("text of 13", "bad-horizontal-text",
	    .horizontal_text = TEN "一二三"),
	CASE("text, bidi", "bad-horizontal-text",
	    .horizontal_text = "\u202e章"),
	CASE("person", NULL, .seal_type = 5, .seal_name = "张三"),
	CASE("person as text", NULL, .seal_type = 5,
	    .seal_name = "甲公司法定代表人名章",
	    .horizontal_text = "张三"),
	CASE("no person", "bad-person-name", .seal_type = 5),
	CASE("person of 1", "bad-person-name", .seal_type = 5,
	    .seal_name = "张"),
	CASE("person of 10", "bad-person-name", .seal_type = 5,
	    .seal_name = TEN),
	CASE("person with a number", "bad-person-name",
	    .seal_type = 5, .seal_name = "张三1"),
};
#pragma GCC diagnostic pop


static void
refusals(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err	e = ERR_INIT;
		int		rc = application_check(&cases[i].a, T, &e);

		if (cases[i].id == NULL ? rc != 0 : rc != ERR_INVAL ||
		    strcmp(e.id, cases[i].id) != 0)
			fail_msg("%s: %d %s (%s)", cases[i].what, rc, e.id,
			    e.text);
	}
}

/* A district that was merged is refused for a new seal. */
static void
division_of_the_day(void **state)
{
	struct application	a = sample();

	(void)state;
	a.division = "330103";
	assert_int_equal(application_check(&a, 1577836800, NULL), 0);
	assert_int_equal(application_check(&a, T, NULL), ERR_INVAL);
}

static void
texts(void **state)
{
	struct application	a = sample();
	struct application_text	t;
	char			*s;

	(void)state;
	t = application_text(&a);
	assert_string_equal(t.name, a.owner_name);
	assert_string_equal(t.horizontal, "财务专用章");
	s = application_seal_name(&a);
	assert_string_equal(s, "广州示例科技有限公司财务专用章");
	free(s);
	a.horizontal_text = "财务专用章(1)";
	assert_string_equal(application_text(&a).horizontal, "财务专用章(1)");
	a.seal_name = "别的名";
	s = application_seal_name(&a);
	assert_string_equal(s, "别的名");
	free(s);
	assert_null(application_person(&a));
	a = sample();
	a.seal_type = SEAL_STATUTORY;
	assert_string_equal(application_text(&a).horizontal, "");
	s = application_seal_name(&a);
	assert_string_equal(s, a.owner_name);
	free(s);
}

static void
person(void **state)
{
	struct application	a = sample();
	char			*s;

	(void)state;
	a.seal_type = SEAL_LEGAL_REP;
	a.seal_name = "张三丰";
	assert_string_equal(application_person(&a), "张三丰");
	assert_string_equal(application_text(&a).name, "张三丰");
	assert_string_equal(application_text(&a).horizontal, "");
	s = application_seal_name(&a);
	assert_string_equal(s, "张三丰");
	free(s);
	a.horizontal_text = "李白";
	assert_string_equal(application_person(&a), "李白");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(division_of_the_day),
		cmocka_unit_test(texts),
		cmocka_unit_test(person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
