#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "registry/office/clock.h"

/*
 * A node and its peers, on a monotonic clock that starts at 5000 s.  True time
 * is TRUE_0 then; clocks are told by how far they are off.
 */

#define TRUE_0	1795000000
#define MONO_0	INT64_C(5000000)

static struct clock_watch	 w;
static int64_t			 elapsed;	/* seconds */

static int64_t
mono(void)
{
	return MONO_0 + elapsed * 1000;
}

static void
begin(int64_t off)
{
	elapsed = 0;
	clock_watch_init(&w, TRUE_0 + off, mono());
}

/* A peer, whose clock is off, signs now; heard late seconds afterwards. */
static void
peer(const char *province, int64_t off, int64_t late)
{
	clock_heard(&w, province, TRUE_0 + elapsed - late + off, mono());
}

static const char *
check_last(int64_t off, int64_t last, struct clock_state *s)
{
	static struct err	 e;
	const struct clock_facts f = { .now = TRUE_0 + elapsed + off,
				    .mono_ms = mono(), .last_signed = last,
				    .bound = 10, .lag = 7 };
	int			 rc;

	e = (struct err)ERR_INIT;
	rc = clock_check(&w, &f, s, &e);
	assert_int_equal(rc, e.id[0] == '\0' ? 0 : ERR_BUSY);
	return e.id;
}

static const char *
check(int64_t off)
{
	struct clock_state	s;

	return check_last(off, 0, &s);
}

static void
alone(void **state)
{
	(void)state;
	begin(0);
	assert_string_equal(check(0), "");
	elapsed = 100;
	assert_string_equal(check(10), "");	/* within the bound */
	assert_string_equal(check(-10), "");
	assert_string_equal(check(11), "clock-jumped");
	assert_string_equal(check(-11), "clock-jumped");
	assert_string_equal(check(86400), "clock-jumped");
	assert_string_equal(check(0), "");	/* set right again */
	begin(500);		/* wrong from the start: nobody can tell */
	assert_string_equal(check(500), "");
}

static void
last_signature(void **state)
{
	struct clock_state	s;

	(void)state;
	begin(-3600);
	assert_string_equal(check_last(-3600, TRUE_0, &s), "clock-behind");
	begin(0);
	assert_string_equal(check_last(0, TRUE_0 + 10, &s), "");
	assert_string_equal(check_last(0, TRUE_0 + 11, &s), "clock-behind");
	/* It was our clock that was wrong then, peers say. */
	peer("33", 0, 1);
	elapsed += 10;
	peer("33", 0, 1);
	assert_string_equal(check_last(0, TRUE_0 + 86400, &s), "");
	assert_int_equal(s.heard, 1);
	assert_int_equal(s.off, 0);
}

/* Signatures bound from below at once, from above when they are steady. */
static void
one_peer(void **state)
{
	int	i;

	(void)state;
	begin(-60);
	peer("33", 0, 1);
	assert_string_equal(check(-60), "clock-behind");
	assert_string_equal(check(0), "clock-jumped");	/* set right? */
	elapsed += 10;
	peer("33", 0, 1);
	assert_string_equal(check(0), "");	/* confirmed from both sides */

	begin(60);
	peer("33", 0, 1);
	assert_string_equal(check(60), "");	/* it may have travelled */
	elapsed += 10;
	peer("33", 0, 2);
	assert_string_equal(check(60), "clock-ahead");
	/* Bound and lag, less the second that the best one travelled. */
	assert_string_equal(check(16), "");
	assert_string_equal(check(17), "clock-ahead");

	/* The same note from a mirror, for ever: it says nothing new. */
	for (i = 0; i < 100; i++) {
		elapsed += 1;
		clock_heard(&w, "33", TRUE_0, mono());
	}
	assert_string_equal(check(0), "");
	/* And at last it was not heard lately: only the jump is left. */
	elapsed += 121;
	assert_string_equal(check(10), "");
	assert_string_equal(check(60), "clock-jumped");
}

/* Whether anything is recorded; how its peers' servers say. */
static const char *
records(int64_t off, int64_t last, struct clock_state *s)
{
	static struct err	 e;
	const struct clock_facts f = { .now = TRUE_0 + elapsed + off,
				    .mono_ms = mono(), .last_signed = last,
				    .bound = CLOCK_RECORD_S, .lag = 7 };
	int			 rc;

	e = (struct err)ERR_INIT;
	rc = clock_records(&w, &f, s, &e);
	assert_int_equal(rc, e.id[0] == '\0' ? 0 : ERR_BUSY);
	return e.id;
}

/* What the servers' clocks say at the start; two at least, and most of them. */
static void
servers(void **state)
{
	static const struct {
		int64_t		 off[4];	/* 999: not heard */
		int64_t		 own;
		const char	*want;
		unsigned	 heard, disagree;
	} row[] = {
		{ { 999, 999, 999, 999 }, 7200, "", 0, 0 },
		{ { 0, 999, 999, 999 }, 7200, "", 1, 1 },	/* a warning */
		{ { 0, 0, 999, 999 }, 7200, "clock-ahead", 2, 2 },
		{ { 0, 0, 999, 999 }, -7200, "clock-behind", 2, 2 },
		{ { 0, 0, 999, 999 }, 67, "", 2, 0 },
		{ { 0, 0, 999, 999 }, 68, "clock-ahead", 2, 2 },
		{ { 0, 0, 999, 999 }, -60, "", 2, 0 },
		{ { 0, 0, 999, 999 }, -61, "clock-behind", 2, 2 },
		/* Liars. */
		{ { -7200, 999, 999, 999 }, 0, "", 1, 1 },
		{ { -7200, 0, 999, 999 }, 0, "", 2, 1 },
		{ { -7200, 7200, 999, 999 }, 0, "", 2, 2 },
		{ { -7200, -7200, 0, 0 }, 0, "", 4, 2 },
		{ { -7200, -7200, 7200, 0 }, 0, "", 4, 3 },
		{ { -7200, -7200, -7200, 0 }, 0, "clock-ahead", 4, 3 },
		{ { 7200, 0, 0, 999 }, 7200, "clock-ahead", 3, 2 },
	};
	struct clock_state	 s;
	char			 name[3] = "3x";
	const char		*got;
	size_t			 i, k;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin(row[i].own);
		for (k = 0; k < 4; k++) {
			name[1] = (char)('1' + k);
			if (row[i].off[k] != 999)
				clock_dated(&w, name, TRUE_0 + row[i].off[k],
				    mono());
		}
		got = records(row[i].own, 0, &s);
		if (strcmp(got, row[i].want) != 0 ||
		    s.heard != row[i].heard || s.off != row[i].disagree)
			fail_msg("row %zu: \"%s\", %u of %u", i, got, s.off,
			    s.heard);
		/* Nobody signs them: time-stamps go by signatures. */
		assert_string_equal(check(row[i].own), "");
		elapsed += 120;
		assert_string_equal(records(row[i].own, 0, &s), row[i].want);
		elapsed += 1;
		assert_string_equal(records(row[i].own, 0, &s), "");
		assert_int_equal(s.heard, 0);
	}
}

/* Signatures at the pace of time count before what a server says; one peer,
 * one voice. */
static void
both_ways(void **state)
{
	struct clock_state	s;
	int			i;

	(void)state;
	begin(0);
	for (i = 0; i < 3; i++, elapsed += 10) {
		peer("33", 0, 1);
		peer("32", 0, 1);
		clock_dated(&w, "33", TRUE_0 + elapsed - 7200, mono());
		clock_dated(&w, "32", TRUE_0 + elapsed - 7200, mono());
	}
	assert_string_equal(records(0, 0, &s), "");
	assert_int_equal(s.heard, 2);
	assert_int_equal(s.off, 0);
	assert_string_equal(records(7200, 0, &s), "clock-ahead");
	assert_string_equal(records(-7200, 0, &s), "clock-behind");
	/* A first signature bounds from below alone. */
	begin(7200);
	peer("33", 0, 1);
	peer("32", 0, 1);
	assert_string_equal(records(7200, 0, &s), "");
	assert_string_equal(records(-7200, 0, &s), "clock-behind");
}

/* A log that was signed by a clock that was ahead: whoever agrees. */
static void
signed_ahead(void **state)
{
	struct clock_state	s;
	struct err		e = ERR_INIT;

	(void)state;
	begin(0);
	assert_string_equal(records(0, TRUE_0 + 60, &s), "");
	assert_string_equal(records(0, TRUE_0 + 61, &s), "clock-behind");
	peer("33", 0, 1);
	peer("32", 0, 1);
	elapsed += 10;
	peer("33", 0, 1);
	peer("32", 0, 1);
	assert_string_equal(records(0, TRUE_0 + 7200, &s), "clock-behind");
	elapsed = 7200 - 61;
	assert_string_equal(records(0, TRUE_0 + 7200, &s), "clock-behind");
	elapsed++;
	assert_string_equal(records(0, TRUE_0 + 7200, &s), "");
	assert_int_equal(clock_follows(TRUE_0 + 7200, TRUE_0, 60, &e),
	    ERR_BUSY);
	/* It says until when. */
	assert_non_null(strstr(e.text, "7200 s from now"));
	assert_non_null(strstr(e.text, "wait until 2026-11-18T13:05:40Z"));
}

/* Old notes, one after the other, are not the pace of time. */
static void
stale(void **state)
{
	(void)state;
	begin(0);
	peer("33", 0, 7200);
	elapsed += 10;
	peer("33", 0, 3600);
	assert_string_equal(check(0), "");
	elapsed += 10;
	peer("33", 0, 1);
	assert_string_equal(check(0), "");
	elapsed += 10;
	peer("33", 0, 1);
	assert_string_equal(check(0), "");
	assert_string_equal(check(60), "clock-ahead");
}

/* More than half of those heard. */
static void
majority(void **state)
{
	static const struct {
		int64_t		 off[4];	/* 999: not heard */
		int64_t		 own;
		const char	*want;
		unsigned	 heard, disagree;
	} row[] = {
		{ { 0, 0, 0, 0 }, 0, "", 4, 0 },
		{ { 3600, 0, 999, 999 }, 0, "", 2, 1 },
		{ { 3600, 3600, 0, 999 }, 0, "clock-behind", 3, 2 },
		{ { 3600, 3600, 0, 0 }, 0, "", 4, 2 },
		{ { 3600, 3600, 3600, 0 }, 0, "clock-behind", 4, 3 },
		{ { -3600, 999, 999, 999 }, 0, "clock-ahead", 1, 1 },
		{ { -3600, -3600, 0, 999 }, 0, "clock-ahead", 3, 2 },
		{ { -3600, 3600, 0, 999 }, 0, "clock-ahead", 3, 2 },
		{ { 0, 0, 0, 999 }, -3600, "clock-behind", 3, 3 },
		{ { 0, 0, 0, 999 }, 3600, "clock-ahead", 3, 3 },
		/* A clock that was set right is right: peers confirm it. */
		{ { 0, 0, 999, 999 }, 5, "", 2, 0 },
	};
	struct clock_state	 s;
	char			 name[3] = "3x";
	const char		*got;
	size_t			 i, k, turn;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin(row[i].own);
		for (turn = 0; turn < 3; turn++, elapsed += 10)
			for (k = 0; k < 4; k++) {
				name[1] = (char)('1' + k);
				if (row[i].off[k] != 999)
					peer(name, row[i].off[k], 1);
			}
		got = check_last(row[i].own, 0, &s);
		if (strcmp(got, row[i].want) != 0 ||
		    s.heard != row[i].heard || s.off != row[i].disagree)
			fail_msg("row %zu: \"%s\", %u of %u", i, got, s.off,
			    s.heard);
	}
}

/* The kernel's own word, where it is asked for, comes last. */
static void
kernel(void **state)
{
	struct clock_facts	 f = { .now = TRUE_0, .mono_ms = MONO_0,
				    .bound = 10, .lag = 7,
				    .unsynchronised = true };
	struct clock_state	 s;
	struct err		 e = ERR_INIT;

	(void)state;
	begin(0);
	assert_int_equal(clock_check(&w, &f, &s, &e), ERR_BUSY);
	assert_string_equal(e.id, "clock-unsynchronised");
	f.unsynchronised = false;
	assert_int_equal(clock_check(&w, &f, &s, &e), 0);
}

/* Somebody sends many names: the table is full, and nobody else suffers. */
static void
many_names(void **state)
{
	char			name[16];
	struct clock_state	s;
	int			i;

	(void)state;
	begin(0);
	for (i = 0; i < 2 * LIMIT_CLOCK_PEERS; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		peer(name, 0, 1);
	}
	peer("a name that is too long", 3600, 0);
	assert_string_equal(check_last(0, 0, &s), "");
	assert_int_equal(s.heard, LIMIT_CLOCK_PEERS);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(alone),
		cmocka_unit_test(last_signature),
		cmocka_unit_test(one_peer),
		cmocka_unit_test(stale),
		cmocka_unit_test(majority),
		cmocka_unit_test(many_names),
		cmocka_unit_test(kernel),
		cmocka_unit_test(servers),
		cmocka_unit_test(both_ways),
		cmocka_unit_test(signed_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
