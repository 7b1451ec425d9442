#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "filing/life.h"

/*
 * The whole table once more, as a grid: a row a kind of event, a column a
 * state from "not filed" to "surrendered"; the letter is the state it leads
 * to, '.' is refused.  a active, s suspended, l lost, r revoked, c cancelled,
 * d destroyed, i impounded, u surrendered.
 */
static const char letters[] = "naslrcdiu";
static const char *const grid[EVENT_END] = {
	/*			 naslrcdiu */
	[EVENT_FILED]		= "a........",
	[EVENT_SUSPENDED]	= ".s.......",
	[EVENT_RESUMED]		= "..a......",
	[EVENT_LOST]		= ".ll......",
	[EVENT_RECOVERED]	= "...a.....",
	[EVENT_REVOKED]		= ".rrr...r.",
	[EVENT_CANCELLED]	= ".ccc...c.",
	[EVENT_DESTROYED]	= ".ddd...d.",
	[EVENT_REPLACED]	= ".ccc...c.",
	[EVENT_AMENDED]		= ".asl...i.",
	[EVENT_RENEWED]		= ".a.......",
	[EVENT_IMPOUNDED]	= ".ii......",
	[EVENT_RELEASED]	= ".......a.",
	[EVENT_SURRENDERED]	= ".uuu...u.",
	[EVENT_ANNULLED]	= "....aaa.a",
	[EVENT_IMPORTED]	= "a........",
};

static void
every_state_and_kind(void **state)
{
	enum seal_status	to;
	int			from, kind, rc;

	(void)state;
	for (kind = 1; kind < EVENT_END; kind++)
		for (from = 0; from < STATUS_END; from++) {
			struct err	e = ERR_INIT;

			rc = life_step((enum seal_status)from,
			    (enum event_kind)kind, &to, &e);
			if (grid[kind][from] == '.') {
				assert_int_equal(rc, ERR_CONFLICT);
				assert_string_equal(e.id,
				    "illegal-transition");
				assert_int_equal(to, STATUS_NONE);
			} else {
				assert_int_equal(rc, 0);
				assert_int_equal(letters[to],
				    grid[kind][from]);
			}
		}
}

static void
no_such_kind(void **state)
{
	enum seal_status	to;
	struct err		e = ERR_INIT;

	(void)state;
	assert_int_equal(life_step(STATUS_ACTIVE, EVENT_NONE, &to, &e),
	    ERR_CONFLICT);
	assert_int_equal(life_step(STATUS_ACTIVE, EVENT_END, &to, &e),
	    ERR_CONFLICT);
	assert_int_equal(life_step(STATUS_END, EVENT_FILED, &to, &e),
	    ERR_CONFLICT);
	assert_string_equal(e.id, "illegal-transition");
}

static void
refusal_says_what_is_possible(void **state)
{
	enum seal_status	to;
	struct err		e = ERR_INIT;

	(void)state;
	assert_int_equal(life_step(STATUS_LOST, EVENT_SUSPENDED, &to, &e),
	    ERR_CONFLICT);
	assert_non_null(strstr(e.text, "recovered"));
}

static void
words_both_ways(void **state)
{
	uint32_t	i;

	(void)state;
	for (i = 1; i < STATUS_END; i++)
		assert_int_equal(status_from_word(status_word(i)), i);
	for (i = 1; i < EVENT_END; i++)
		assert_int_equal(event_from_word(event_word(i)), i);
	for (i = 1; i < CASE_END; i++)
		assert_int_equal(case_from_word(
		    case_word((enum case_state)i)), i);
	assert_null(status_word(0));
	assert_null(status_word(STATUS_END));
	assert_null(event_word(EVENT_END));
	assert_null(seal_type_word(7));
	assert_string_equal(seal_type_word(1), "statutory-name");
	assert_int_equal(status_from_word("Active"), STATUS_NONE);
	assert_int_equal(status_from_word(NULL), STATUS_NONE);
	assert_int_equal(event_from_word(""), EVENT_NONE);
}

/* A row a state before, a column a state after, in the enum's order. */
static const char *const cases[CASE_END] = {
	/*			 -dsuRjDcmf */
	[CASE_NONE]		= ".11.......",
	[CASE_DRAFT]		= "..1.......",
	[CASE_SUBMITTED]	= "...1111...",
	[CASE_UNDER_REVIEW]	= "....111...",
	[CASE_RETURNED]		= "..1....1..",
	[CASE_REJECTED]		= "..........",
	[CASE_DECIDED]		= ".......1..",
	[CASE_CERTIFYING]	= "....1...1.",
	[CASE_MAKING]		= ".........1",
	[CASE_FILED]		= "..........",
};

static void
every_case_step(void **state)
{
	int	from, to, rc;

	(void)state;
	for (from = 0; from < CASE_END; from++)
		for (to = 0; to < CASE_END; to++) {
			struct err	e = ERR_INIT;

			rc = case_step((enum case_state)from,
			    (enum case_state)to, &e);
			assert_int_equal(rc, cases[from][to] == '1' ? 0 :
			    ERR_CONFLICT);
			if (rc != 0)
				assert_string_equal(e.id,
				    "illegal-transition");
		}
}

static void
reasons(void **state)
{
	static const struct {
		const char	*s;
		enum event_kind	 kind;
		uint32_t	 want;	/* 0: refused */
	} t[] = {
		{ "owner-request", EVENT_SUSPENDED, 3 },
		{ "3", EVENT_SUSPENDED, 3 },
		{ "Owner-Request", EVENT_SUSPENDED, 3 },
		{ "owner-request", EVENT_RESUMED, 10 },
		{ "owner-request", EVENT_CANCELLED, 35 },
		{ "挂失", EVENT_LOST, 15 },
		{ "3", EVENT_LOST, 0 },
		{ "found", EVENT_LOST, 0 },
		{ "", EVENT_LOST, 0 },
		{ NULL, EVENT_LOST, 0 },
		{ "new", EVENT_NONE, 0 },
	};
	uint32_t	r;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err	e = ERR_INIT;
		int		rc = reason_parse(t[i].s, t[i].kind, &r, &e);

		assert_int_equal(r, t[i].want);
		assert_int_equal(rc, t[i].want != 0 ? 0 : ERR_INVAL);
		if (rc != 0)
			assert_string_equal(e.id, "unknown-reason");
	}
	assert_string_equal(reason_word(3), "owner-request");
	assert_null(reason_word(0));
	assert_null(reason_word(99999));
}

/* Every kind of event has a reason to give. */
static void
every_kind_has_reasons(void **state)
{
	uint32_t	r, i, k, found;

	(void)state;
	for (k = 1; k < EVENT_END; k++) {
		for (found = 0, i = 1; i < 100; i++) {
			char	n[16];

			(void)snprintf(n, sizeof(n), "%u", i);
			if (reason_parse(n, (enum event_kind)k, &r,
			    NULL) == 0)
				found++;
		}
		assert_true(found > 0);
	}
}

static void
officers(void **state)
{
	(void)state;
	assert_int_equal(life_officers(SEAL_STATUTORY), 2);
	assert_int_equal(life_officers(12345), 2);
	assert_true(seal_type_is_person(0) && seal_type_is_person(5));
	assert_false(seal_type_is_person(1) || seal_type_is_person(99));
	assert_true(status_is_terminal(STATUS_REVOKED));
	assert_false(status_is_terminal(STATUS_IMPOUNDED));
	assert_false(status_is_terminal(999));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(every_state_and_kind),
		cmocka_unit_test(no_such_kind),
		cmocka_unit_test(refusal_says_what_is_possible),
		cmocka_unit_test(words_both_ways),
		cmocka_unit_test(every_case_step),
		cmocka_unit_test(reasons),
		cmocka_unit_test(every_kind_has_reasons),
		cmocka_unit_test(officers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
