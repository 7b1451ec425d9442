#include "world.h"

/* The group commit: what fails alone, what waits, what stops everything. */

static struct world		 w;
static struct batch		*b;
static unsigned			 signs;
static int			 sign_fails;	/* ERR_* of the next signature */
static bool			 spoils;	/* a row, after writing */
static char			 order[1024];	/* who was answered */

static int
signer_ask(void *arg, uint64_t size, const struct hash *root, int64_t time,
    struct err *e)
{
	static const uint8_t	row[64], ref[12];
	struct val		v[] = { val_int(0), val_blob(OCTETS(row, 64)),
				    val_blob(OCTETS(ref, 12)) };

	(void)arg;
	(void)size;
	(void)root;
	(void)time;
	for (; spoils && v[0].i < 16; v[0].i++)
		if (store_run(w.of.st, STMT_BUCKET_PUT, v, 3, NULL, e) != 0)
			return e->code;
	return 0;
}

static int
signer_sign(void *arg, uint64_t size, const struct hash *root, int64_t time,
    char **note, struct err *e)
{
	signs++;
	if (sign_fails != 0)
		return err_set(e, (enum err_code)sign_fails, "planned");
	return world_sign(arg, size, root, time, note, e);
}

static struct batch_signer	signer = { .ask = signer_ask,
    .sign = signer_sign, .arg = &w };

static int
setup(void **state)
{
	(void)state;
	world_new(&w);
	b = batch_new(w.of.st, w.of.lg, &signer, world_now);
	signs = 0;
	sign_fails = 0;
	spoils = false;
	order[0] = '\0';
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	batch_free(b);
	world_free(&w);
	return 0;
}

/* An operation: leaves a trail, appends n events, fails if told to. */
struct op {
	char		name;
	unsigned	first, n;	/* sequence numbers of its seals */
	bool		fails;
	struct err	got;
	unsigned	runs, done;
};

static void
append_seal(unsigned n)
{
	static const uint8_t	digest[SM3_LEN] = { 1 };
	static const uint8_t	salt[RECORD_SALT_LEN] = { 2 };
	char			code[SEAL_CODE_SIZE];
	struct event		ev;
	struct buf		buf;
	uint64_t		index;

	memset(&ev, 0, sizeof(ev));
	must(seal_code_make(WORLD_DIVISION, n, code, ep));
	ev.kind = EVENT_FILED;
	ev.record = (struct record){
		.seal_code = code, .seal_type = SEAL_FINANCE,
		.seal_name = "财务专用章", .owner_name = "公司",
		.owner_id = "91440101MA5AKH6A1U", .status = STATUS_ACTIVE,
		.status_effective_at = 1000, .recorded_at = 1000,
		.valid_from = 1000, .valid_until = 9000,
		.seal_digest = OCTETS(digest, SM3_LEN),
		.certificate_digest = { OCTETS(digest, SM3_LEN) },
		.ncertificates = 1, .filing_office = "440000",
		.picture_digest = OCTETS(digest, SM3_LEN),
		.maker_id = "440000000001", .carrier = 2, .version = 1,
		.salt = OCTETS(salt, RECORD_SALT_LEN),
	};
	buf_init(&buf, LIMIT_ENTRY);
	event_encode(&ev, &buf);
	must(log_append(w.of.lg, buf_octets(&buf), &index, ep));
	buf_fini(&buf);
}

static int
op_run(void *arg, struct err *e)
{
	struct op	*op = arg;
	unsigned	 i;
	int		 rc;

	op->runs++;
	if ((rc = office_trail(&w.of, 0, "test", "op", e)) != 0)
		return rc;
	for (i = 0; i < op->n; i++)
		append_seal(op->first + i);
	if (op->fails)
		return err_set_id(e, ERR_CONFLICT, "same-officer", "planned");
	return 0;
}

static void
op_done(void *arg, const struct err *e)
{
	struct op	*op = arg;
	size_t		 n = strlen(order);

	op->done++;
	op->got = e != NULL ? *e : (struct err)ERR_INIT;
	order[n] = op->name;
	order[n + 1] = '\0';
}

static void
add(struct op *op)
{
	batch_add(b, op->n > 0, op_run, op_done, op);
}

static void
test_many_in_one(void **state)
{
	struct op	a = { .name = 'a', .first = 1, .n = 2 };
	struct op	c = { .name = 'b', .first = 3, .n = 3,
			    .fails = true };
	struct op	d = { .name = 'c', .first = 3, .n = 1 };
	struct op	f = { .name = 'd' };

	(void)state;
	assert_false(batch_ready(b));
	must(batch_commit(b, ep));	/* nothing to do, nothing done */
	add(&a);
	add(&c);
	add(&d);
	add(&f);
	must(batch_commit(b, ep));
	assert_string_equal(order, "abcd");
	assert_int_equal(a.got.code, 0);
	assert_int_equal(c.got.code, ERR_CONFLICT);
	assert_string_equal(c.got.id, "same-officer");
	assert_int_equal(d.got.code, 0);
	/* genesis, three events, one epoch, one signature, one commit */
	assert_int_equal(log_head_of(w.of.lg)->size, 5);
	assert_int_equal(log_head_of(w.of.lg)->map_count, 3);
	assert_int_equal(signs, 1);
	assert_int_equal(batch_counts_of(b).commits, 1);
	assert_int_equal(batch_counts_of(b).operations, 4);
	assert_int_equal(batch_counts_of(b).failures, 1);
	/* and it is what a fresh look at the file says */
	world_shut(&w);
	world_open(&w, STORE_WRITE);
	assert_int_equal(log_head_of(w.of.lg)->size, 5);
	batch_free(b);
	b = batch_new(w.of.st, w.of.lg, &signer, world_now);
}

static void
test_failed_alone_changes_nothing(void **state)
{
	struct world_facts	before = world_facts(&w), after;
	struct op		a = { .name = 'a', .first = 1, .n = 2,
				    .fails = true };

	(void)state;
	add(&a);
	must(batch_commit(b, ep));
	assert_int_equal(a.got.code, ERR_CONFLICT);
	assert_int_equal(signs, 0);
	after = world_facts(&w);
	assert_same(&before, &after);
}

static void
test_no_key(void **state)
{
	struct op	a = { .name = 'a', .first = 1, .n = 1 };
	struct op	c = { .name = 'b' };
	struct op	d = { .name = 'c', .first = 2, .n = 1,
			    .fails = true };

	(void)state;
	sign_fails = ERR_BUSY;
	add(&a);
	add(&c);
	add(&d);
	must(batch_commit(b, ep));
	/* What needs a signature fails, what needs none goes on. */
	assert_int_equal(a.got.code, ERR_BUSY);
	assert_int_equal(c.got.code, 0);
	assert_int_equal(d.got.code, ERR_CONFLICT);
	assert_int_equal(a.done + c.done + d.done, 3);
	assert_int_equal(c.runs, 2);
	assert_int_equal(log_head_of(w.of.lg)->size, 1);
	/* and later it comes through */
	sign_fails = 0;
	add(&a);
	must(batch_commit(b, ep));
	assert_int_equal(a.got.code, 0);
	assert_int_equal(log_head_of(w.of.lg)->size, 3);
}

static const int	deadly[] = { ERR_CONFLICT, ERR_CRYPTO, ERR_VERIFY };

static void
test_signer_refuses(void **state)
{
	struct world_facts	before = world_facts(&w), after;
	struct op		a = { .name = 'a', .first = 1, .n = 1 };
	struct err		e;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		sign_fails = deadly[i];
		add(&a);
		e = (struct err)ERR_INIT;
		assert_int_equal(batch_commit(b, &e),
		    deadly[i] == ERR_CONFLICT ? ERR_CONFLICT : ERR_STORE);
		assert_int_not_equal(e.code, 0);
	}
	/* Nobody was told anything, and nothing is there. */
	assert_int_equal(a.done, 0);
	after = world_facts(&w);
	assert_same(&before, &after);
}

/* What reads back otherwise than it was written is signed, and never leaves. */
static void
test_written_differs(void **state)
{
	struct world_facts	before = world_facts(&w), after;
	struct op		a = { .name = 'a', .first = 1, .n = 1 };
	struct err		e = ERR_INIT;

	(void)state;
	spoils = true;
	add(&a);
	assert_int_equal(batch_commit(b, &e), ERR_STORE);
	assert_string_equal(e.id, "written-differs");
	assert_int_equal(signs, 0);	/* nothing is taken from the key process */
	assert_int_equal(a.done, 0);
	after = world_facts(&w);
	assert_same(&before, &after);
}

static void
test_held(void **state)
{
	struct op	a = { .name = 'a', .first = 1, .n = 1 };
	struct op	c = { .name = 'b' };

	(void)state;
	batch_hold(b, true);
	batch_resign(b);
	add(&a);
	assert_false(batch_ready(b));
	add(&c);
	assert_true(batch_ready(b));
	must(batch_commit(b, ep));
	assert_string_equal(order, "b");
	assert_int_equal(signs, 0);
	batch_hold(b, false);
	assert_true(batch_ready(b));
	must(batch_commit(b, ep));
	assert_string_equal(order, "ba");
	assert_int_equal(signs, 1);
}

static void
test_resign(void **state)
{
	const struct log_head	*head = log_head_of(w.of.lg);
	struct hash		 root = head->root;
	char			*old = xstrdup(head->checkpoint);

	(void)state;
	world_clock += 10;
	batch_resign(b);
	must(batch_commit(b, ep));
	head = log_head_of(w.of.lg);
	assert_int_equal(head->size, 1);
	assert_memory_equal(head->root.h, root.h, SM3_LEN);
	assert_int_equal(head->signed_at, world_clock);
	assert_string_not_equal(head->checkpoint, old);
	assert_false(batch_ready(b));
	/* A clock that was set back does not make signed time fall. */
	world_clock -= 1000;
	batch_resign(b);
	must(batch_commit(b, ep));
	assert_int_equal(log_head_of(w.of.lg)->signed_at,
	    world_clock + 1000);
	/* Without a key nothing happens, and that is no failure. */
	sign_fails = ERR_BUSY;
	batch_resign(b);
	must(batch_commit(b, ep));
	free(old);
}

/* More than one batch takes waits for the next, in order. */
static void
test_too_many(void **state)
{
	static struct op	ops[600];
	size_t			i;

	(void)state;
	for (i = 0; i < 600; i++) {
		ops[i].name = 'x';
		batch_add(b, false, op_run, op_done, &ops[i]);
	}
	while (batch_ready(b))
		must(batch_commit(b, ep));
	for (i = 0; i < 600; i++)
		assert_int_equal(ops[i].done, 1);
	assert_int_equal(batch_counts_of(b).commits, 2);
}

int
main(void)
{
#define T(NAME)	cmocka_unit_test_setup_teardown(NAME, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_many_in_one), T(test_failed_alone_changes_nothing),
		T(test_no_key), T(test_signer_refuses),
		T(test_written_differs), T(test_held),
		T(test_resign), T(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
