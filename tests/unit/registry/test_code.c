#include "world.h"

#include "registry/office/office_code.h"

/*
 * The next code of a division: the search over tables that only say which
 * numbers are taken (nobody files fifty million seals for a test), then real
 * records in a real map.
 */

#define MAX	SEAL_SEQUENCE_MAX

/* Runs of taken numbers, both ends included. */
struct run {
	uint64_t	from, to;
};

struct pretend {
	const struct run	*runs;
	uint64_t		 looks;
	bool			 fails;
};

static int
pretend_held(void *arg, uint64_t n, bool *held, struct err *e)
{
	struct pretend		*p = arg;
	const struct run	*r;

	assert_true(n >= 1 && n <= MAX);
	p->looks++;
	if (p->fails && p->looks == 3)
		return err_set_id(e, ERR_STORE, "store-io", "planted");
	*held = false;
	for (r = p->runs; r->to != 0; r++)
		*held = *held || (n >= r->from && n <= r->to);
	return 0;
}

static const struct {
	const char	*what;
	struct run	 runs[5];
	uint64_t	 from, want;	/* want 0: codes-exhausted */
} cases[] = {
	{ "empty", { { 0, 0 } }, 1, 1 },
	{ "dense from 1", { { 1, 1000 } }, 1, 1001 },
	{ "one", { { 1, 1 } }, 1, 2 },
	{ "two", { { 1, 2 } }, 1, 3 },
	{ "behind what was given", { { 1, 10 } }, 500, 500 },
	{ "in a run", { { 400, 700 } }, 500, 701 },
	{ "a hole next door", { { 1, 1 }, { 3, 1000 } }, 1, 2 },
	{ "gaps", { { 1, 10 }, { 14, 20 }, { 40, 90 } }, 1, 21 },
	{ "one hole in a full division", { { 1, 77777776 },
	    { 77777778, MAX } }, 1, 0 },
	{ "a million", { { 1, 1000000 } }, 1, 1000001 },
	{ "more than half", { { 1, 60000000 } }, 1, 60000001 },
	{ "all but the last", { { 1, MAX - 1 } }, 1, MAX },
	{ "only the last is asked for", { { 1, MAX - 1 } }, MAX, MAX },
	{ "the last is taken, no other", { { MAX, MAX } }, 1, 1 },
	{ "the first and the last", { { 1, 1 }, { MAX, MAX } }, 1, 2 },
	{ "dense, a wide hole, the last",
	    { { 1, 67108865 }, { 68000000, MAX } }, 1, 67108866 },
	{ "dense, a hole, dense to the end",
	    { { 1, 90000000 }, { 90010000, MAX } }, 1, 90000001 },
	{ "a short row with one hole", { { MAX - 40, MAX - 8 },
	    { MAX - 6, MAX } }, MAX - 40, MAX - 7 },
	{ "full", { { 1, MAX } }, 1, 0 },
	{ "full behind", { { 5000, MAX } }, 5000, 0 },
	{ "the last is gone", { { MAX, MAX } }, MAX, 0 },
	{ "the one before too", { { MAX - 1, MAX } }, MAX - 1, 0 },
	{ "nothing behind the last", { { 0, 0 } }, MAX + 1, 0 },
	{ "from nothing", { { 0, 0 } }, 0, 0 },
};

static void
test_search(void **state)
{
	struct pretend	p;
	struct err	e;
	uint64_t	n;
	size_t		i;
	bool		held;
	int		rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = (struct pretend){ .runs = cases[i].runs };
		e = (struct err)ERR_INIT;
		rc = code_search(cases[i].from, pretend_held, &p, &n, &e);
		if ((rc == 0) != (cases[i].want != 0) ||
		    (rc == 0 && n != cases[i].want))
			fail_msg("%s: %d, %llu", cases[i].what, rc,
			    (unsigned long long)n);
		if (rc != 0) {
			assert_int_equal(rc, ERR_CONFLICT);
			assert_string_equal(e.id, "codes-exhausted");
		} else {
			must(pretend_held(&p, n, &held, ep));
			assert_false(held);
		}
		/* Up, between, and back. */
		assert_true(p.looks <= LIMIT_CODE_SEARCH + 64);
	}
}

/* An error of the table is the answer, wherever it comes. */
static void
test_search_fails(void **state)
{
	static const struct run	full[] = { { 1, MAX }, { 0, 0 } };
	static const struct run	some[] = { { 1, 2 }, { 0, 0 } };
	const struct run	*runs[] = { full, some };
	struct err		 e;
	uint64_t		 n;
	size_t			 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct pretend	p = { .runs = runs[i], .fails = true };

		e = (struct err)ERR_INIT;
		assert_int_equal(code_search(1, pretend_held, &p, &n, &e),
		    ERR_STORE);
		assert_string_equal(e.id, "store-io");
	}
}

/* ---- records of a real map */

static struct world	w;

static void
file_record(uint64_t number)
{
	static const uint8_t	digest[SM3_LEN] = { 7 };
	struct event		ev;
	struct record		*r = &ev.record;
	char			code[SEAL_CODE_SIZE];
	uint64_t		index;
	struct buf		b;

	memset(&ev, 0, sizeof(ev));
	must(seal_code_make(WORLD_DIVISION, number, code, ep));
	r->seal_code = code;
	r->seal_type = SEAL_FINANCE;
	r->seal_name = r->owner_name = "广州示例科技有限公司";
	r->owner_id = "91440101MA59ABCD17";
	r->status = STATUS_ACTIVE;
	r->status_effective_at = r->recorded_at = world_clock;
	r->valid_from = world_clock;
	r->carrier = 1;
	r->version = 1;
	r->salt = OCTETS(digest, RECORD_SALT_LEN);
	ev.kind = EVENT_IMPORTED;
	buf_init(&b, LIMIT_ENTRY);
	event_encode(&ev, &b);
	must(log_append(w.of.lg, buf_octets(&b), &index, ep));
	buf_fini(&b);
}

static void
next_is(uint64_t want)
{
	char	code[SEAL_CODE_SIZE], is[SEAL_CODE_SIZE];

	must(seal_code_make(WORLD_DIVISION, want, is, ep));
	must(code_next(&w.of, WORLD_DIVISION, code, ep));
	assert_string_equal(code, is);
}

static void
test_next(void **state)
{
	const struct val	last[] = { val_text(WORLD_DIVISION),
				    val_int((int64_t)MAX - 2) };
	struct err		e = ERR_INIT;
	char			code[SEAL_CODE_SIZE];
	uint64_t		n;

	(void)state;
	world_new(&w);
	must(store_begin(w.of.st, ep));
	must(log_begin(w.of.lg, ep));
	next_is(1);
	next_is(2);
	for (n = 3; n <= 9; n++)
		file_record(n);
	file_record(11);
	next_is(10);
	next_is(12);
	file_record(MAX - 1);
	must(store_run(w.of.st, STMT_OFFICE_CODE_GIVEN, last, 2, NULL, ep));
	next_is(MAX);
	assert_int_equal(code_next(&w.of, WORLD_DIVISION, code, &e),
	    ERR_CONFLICT);
	assert_string_equal(e.id, "codes-exhausted");
	e = (struct err)ERR_INIT;
	assert_int_equal(code_next(&w.of, "44", code, &e), ERR_INVAL);
	assert_string_equal(e.id, "unknown-division");
	store_rollback(w.of.st);
	log_settle(w.of.lg, false);
	world_free(&w);
}

/* Skipping, as after a restore, counts from what the last import has brought. */
static void
test_pass_over(void **state)
{
	const struct val	skip = val_int(5),
				last[] = { val_text(WORLD_DIVISION),
				    val_int((int64_t)MAX - 1) };
	uint64_t		n;

	(void)state;
	world_new(&w);
	must(store_begin(w.of.st, ep));
	must(log_begin(w.of.lg, ep));
	must(code_pass_over(w.of.st, w.of.lg, WORLD_DIVISION, ep));
	must(store_run(w.of.st, STMT_OFFICE_CODE_SKIP, &skip, 1, NULL, ep));
	next_is(1);
	for (n = 2; n <= 9; n++)
		file_record(n);
	must(code_pass_over(w.of.st, w.of.lg, WORLD_DIVISION, ep));
	must(store_run(w.of.st, STMT_OFFICE_CODE_SKIP, &skip, 1, NULL, ep));
	next_is(15);
	file_record(40);
	must(code_pass_over(w.of.st, w.of.lg, WORLD_DIVISION, ep));
	next_is(16);
	/* To the end: no fault of who has brought them. */
	must(store_run(w.of.st, STMT_OFFICE_CODE_GIVEN, last, 2, NULL, ep));
	file_record(MAX);
	must(code_pass_over(w.of.st, w.of.lg, WORLD_DIVISION, ep));
	store_rollback(w.of.st);
	log_settle(w.of.lg, false);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_fails),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_pass_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
