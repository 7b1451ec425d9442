#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "base/text.h"
#include "fx.h"
#include "registry/judge/history.h"

/*
 * What a history says of moments that are past.  A life: filed at 100,
 * suspended at 200 (told at 210), resumed at 300, amended at 350, renewed at
 * 400 with a new seal, revoked at 500.
 */

#define CODE	"44010600000001"

static uint8_t	old_seal[SM3_LEN] = { 1 }, new_seal[SM3_LEN] = { 2 },
		no_seal[SM3_LEN] = { 3 };

struct step {
	uint32_t	kind, status;
	int64_t		effective, recorded, from, until;
	const uint8_t	*digest;
};

/* Newest first, as a history is told. */
static const struct step life[] = {
	{ EVENT_REVOKED, STATUS_REVOKED, 500, 500, 400, 900, new_seal },
	{ EVENT_RENEWED, STATUS_ACTIVE, 300, 400, 400, 900, new_seal },
	{ EVENT_AMENDED, STATUS_ACTIVE, 300, 350, 100, 450, old_seal },
	{ EVENT_RESUMED, STATUS_ACTIVE, 300, 300, 100, 450, old_seal },
	{ EVENT_SUSPENDED, STATUS_SUSPENDED, 200, 210, 100, 450, old_seal },
	{ EVENT_FILED, STATUS_ACTIVE, 100, 100, 100, 450, old_seal },
};
#define NLIFE	(sizeof(life) / sizeof(life[0]))

static struct record
record_of(const struct step *s)
{
	return (struct record){ .seal_code = CODE, .seal_type = 1,
	    .seal_name = "x", .owner_name = "x", .status = s->status,
	    .status_effective_at = s->effective, .recorded_at = s->recorded,
	    .valid_from = s->from, .valid_until = s->until,
	    .seal_digest = OCTETS(s->digest, SM3_LEN), .carrier = 2,
	    .version = s->digest == new_seal ? 2 : 1 };
}

static void
make(struct event *ev)
{
	size_t	i;

	memset(ev, 0, NLIFE * sizeof(*ev));
	for (i = 0; i < NLIFE; i++) {
		ev[i].kind = life[i].kind;
		ev[i].has_previous = i + 1 < NLIFE;
		ev[i].record = record_of(&life[i]);
	}
}

static const struct {
	int64_t			 at;
	const uint8_t		*digest;
	enum verdict		 verdict;
	enum verdict_why	 why;
	uint32_t		 status;
} moments[] = {
	{ 99, NULL, VERDICT_NOT_FILED, WHY_FILED_LATER, STATUS_NONE },
	{ 49, NULL, VERDICT_UNKNOWN, WHY_INCOMPLETE, STATUS_NONE },
	{ 100, NULL, VERDICT_VALID, WHY_GOOD, STATUS_ACTIVE },
	{ 100, old_seal, VERDICT_VALID, WHY_GOOD, STATUS_ACTIVE },
	{ 100, new_seal, VERDICT_MISMATCH, WHY_DIGEST, STATUS_ACTIVE },
	{ 199, old_seal, VERDICT_VALID, WHY_GOOD, STATUS_ACTIVE },
	/* It counts from when it took effect, not from when it was told. */
	{ 200, old_seal, VERDICT_NOT_VALID, WHY_STATUS, STATUS_SUSPENDED },
	{ 299, old_seal, VERDICT_NOT_VALID, WHY_STATUS, STATUS_SUSPENDED },
	{ 300, old_seal, VERDICT_VALID, WHY_GOOD, STATUS_ACTIVE },
	{ 360, old_seal, VERDICT_VALID, WHY_GOOD, STATUS_ACTIVE },
	/* The old seal until its renewal, the new one from then. */
	{ 399, old_seal, VERDICT_VALID, WHY_GOOD, STATUS_ACTIVE },
	{ 399, new_seal, VERDICT_MISMATCH, WHY_DIGEST, STATUS_ACTIVE },
	{ 400, new_seal, VERDICT_VALID, WHY_GOOD, STATUS_ACTIVE },
	{ 400, old_seal, VERDICT_MISMATCH, WHY_SUPERSEDED, STATUS_ACTIVE },
	{ 400, no_seal, VERDICT_MISMATCH, WHY_DIGEST, STATUS_ACTIVE },
	{ 400, NULL, VERDICT_VALID, WHY_GOOD, STATUS_ACTIVE },
	{ 399, no_seal, VERDICT_MISMATCH, WHY_DIGEST, STATUS_ACTIVE },
	{ 499, new_seal, VERDICT_VALID, WHY_GOOD, STATUS_ACTIVE },
	{ 500, new_seal, VERDICT_NOT_VALID, WHY_STATUS, STATUS_REVOKED },
	{ 950, NULL, VERDICT_NOT_VALID, WHY_STATUS, STATUS_REVOKED },
};

static void
test_moments(void **state)
{
	struct event	ev[NLIFE];
	struct past	p = { ev, NLIFE, true };
	size_t		i;

	(void)state;
	make(ev);
	for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct verdict_case	c = { .record = &ev[0].record,
					    .complete_since = 50,
					    .has_at = true,
					    .at = moments[i].at,
					    .digest = moments[i].digest,
					    .now = 1000 };
		enum verdict_why	why;
		uint32_t		status;
		enum verdict		v = past_judge(&p, &c, &why, &status);

		if (v != moments[i].verdict || why != moments[i].why ||
		    status != moments[i].status)
			fail_msg("row %zu, at %d: %s, %s, status %u", i,
			    (int)c.at, verdict_word(v), verdict_why(why),
			    status);
	}
}

/* A history that begins later than the seal, and one that was imported. */
static void
test_limits(void **state)
{
	struct event		ev[NLIFE];
	struct past		p = { ev, 2, false };
	struct verdict_case	c = { .complete_since = 50, .has_at = true,
				    .at = 350, .now = 1000 };
	enum verdict_why	why;

	(void)state;
	make(ev);
	c.record = &ev[0].record;
	/* Before the oldest renewal that is known. */
	assert_int_equal(past_judge(&p, &c, &why, NULL), VERDICT_UNKNOWN);
	assert_int_equal(why, WHY_BEFORE_CHANGE);
	c.at = 450;
	assert_int_equal(past_judge(&p, &c, &why, NULL), VERDICT_VALID);
	p = (struct past){ ev, NLIFE, true };
	ev[NLIFE - 1].kind = EVENT_IMPORTED;
	c.at = 99;
	assert_int_equal(past_judge(&p, &c, &why, NULL), VERDICT_UNKNOWN);
	p.n = 0;
	assert_int_equal(past_judge(&p, &c, &why, NULL), VERDICT_UNKNOWN);

	/* When it is worth asking. */
	p.n = NLIFE;
	c.record = &ev[1].record;
	c.at = 299;
	assert_true(past_is_wanted(&c));
	c.at = 400;
	assert_false(past_is_wanted(&c));
	c.digest = old_seal;
	assert_true(past_is_wanted(&c));
	/* Another version may have had it; of one that was never renewed, no. */
	c.has_at = false;
	assert_true(past_is_wanted(&c));
	c.record = &ev[2].record;
	c.digest = new_seal;
	assert_false(past_is_wanted(&c));
	/* Before the present version began another one was on file. */
	c.record = &ev[1].record;
	c.digest = NULL;
	c.has_at = true;
	c.at = 399;
	assert_true(past_is_wanted(&c));
	c.at = 400;
	assert_false(past_is_wanted(&c));
	assert_null(past_on_file(&p, 99));
	assert_ptr_equal(past_on_file(&p, 399)->seal_digest.p, old_seal);
	assert_ptr_equal(past_on_file(&p, 400)->seal_digest.p, new_seal);
	c.record = NULL;
	c.has_at = true;
	assert_false(past_is_wanted(&c));
}

/* ---- histories as answers */

static struct fx	*f;
static uint64_t		 index_of[NLIFE];

/* The life as a log, oldest first, and a checkpoint over it. */
static void
write_log(void)
{
	struct record	r;
	size_t		i;

	f = fx_usual();
	for (i = NLIFE; i-- > 0;) {
		r = fx_record("44010600000077");
		r.status = life[i].status;
		r.status_effective_at = FX_TIME + life[i].effective;
		r.recorded_at = FX_TIME + life[i].recorded;
		r.valid_from = FX_TIME + life[i].from;
		r.valid_until = FX_TIME + life[i].until;
		r.seal_digest = OCTETS(life[i].digest, SM3_LEN);
		index_of[i] = f->n;
		fx_file(f, &r, life[i].kind);
	}
	fx_seal(f, FX_AS_OF);
}

static json_t *
history(void)
{
	struct proof_ask ask = { .code = "44010600000077",
			    .now = FX_AS_OF + 5 };
	struct tlog_reader rd = { fx_read, f };
	struct hash	 path[TLOG_PATH_MAX];
	struct buf	 b;
	char		*text = fx_answer(f, &ask);
	json_t		*answer = json_loads(text, 0, NULL), *o, *events, *p;
	size_t		 i, k, n;

	assert_non_null(answer);
	events = json_array();
	for (i = 0; i < NLIFE; i++) {
		assert_int_equal(tlog_inclusion(&rd, index_of[i],
		    f->head.size, path, &n, NULL), 0);
		p = json_array();
		buf_init(&b, 1 << 16);
		for (k = 0; k < n; k++) {
			buf_reset(&b);
			buf_put_b64(&b, path[k].h, SM3_LEN);
			(void)json_array_append_new(p, json_stringn(
			    (const char *)b.p, b.len));
		}
		buf_reset(&b);
		buf_put_b64(&b, f->entry[index_of[i]].p,
		    f->entry[index_of[i]].len);
		(void)json_array_append_new(events, json_pack(
		    "{s:I, s:s, s:i, s:o, s:o, s:{}}", "index",
		    (json_int_t)index_of[i], "kind",
		    event_word(life[i].kind), "reason", 0, "entry",
		    json_stringn((const char *)b.p, b.len), "path", p,
		    "record"));
		buf_fini(&b);
	}
	o = json_pack("{s:s, s:O, s:I, s:O, s:o, s:n}", "code", ask.code,
	    "as_of", json_object_get(answer, "as_of"), "size",
	    (json_int_t)f->head.size, "proof",
	    json_object_get(answer, "proof"), "events", events, "earlier");
	assert_non_null(o);
	json_decref(answer);
	free(text);
	return o;
}

/* The id of the refusal, or ""; taken. */
static const char *
check(json_t *o, size_t *events)
{
	static char	 id[ERR_ID_MAX];
	struct history	 h;
	struct proof	*p;
	struct err	 e = ERR_INIT;
	char		*text = json_dumps(o, 0);
	int		 rc;

	rc = history_check(OCTETS(text, strlen(text)), &f->t,
	    "44010600000077", &h, &p, &e);
	assert_true(rc == 0 || rc == e.code);
	strcpy(id, e.id);
	if (events != NULL)
		*events = h.past.n;
	if (rc == 0 && p != NULL) {
		assert_true(h.past.whole);
		assert_string_equal(p->record.seal_code, "44010600000077");
	}
	proof_free(p);
	history_fini(&h);
	free(text);
	json_decref(o);
	return id;
}

static json_t *
event(json_t *o, size_t i)
{
	return json_array_get(json_object_get(o, "events"), i);
}

static void
test_answers(void **state)
{
	json_t	*o, *x;
	size_t	 n;

	(void)state;
	write_log();
	assert_string_equal(check(history(), &n), "");
	assert_int_equal(n, NLIFE);

	/* One left out, in the middle; at the start; at the end. */
	o = history();
	(void)json_array_remove(json_object_get(o, "events"), 2);
	assert_string_equal(check(o, NULL), "history-order");
	o = history();
	(void)json_array_remove(json_object_get(o, "events"), 0);
	assert_string_equal(check(o, NULL), "history-record");
	/* Cut at the end it is shorter, and knows it. */
	o = history();
	(void)json_array_remove(json_object_get(o, "events"), NLIFE - 1);
	x = json_object_get(o, "events");
	assert_int_equal(json_array_size(x), NLIFE - 1);
	json_decref(o);

	/* Another entry under the same index; another index. */
	o = history();
	(void)json_object_set(event(o, 1), "entry",
	    json_object_get(event(o, 2), "entry"));
	assert_string_equal(check(o, NULL), "history-path");
	o = history();
	(void)json_object_set_new(event(o, 1), "index",
	    json_integer((json_int_t)f->head.size));
	assert_string_equal(check(o, NULL), "history-path");
	o = history();
	(void)json_object_set_new(event(o, 1), "path", json_array());
	assert_string_equal(check(o, NULL), "history-path");

	/* Shapes. */
	o = history();
	(void)json_object_set_new(o, "events", json_array());
	assert_string_equal(check(o, NULL), "answer-malformed");
	o = history();
	(void)json_object_set_new(o, "more", json_true());
	assert_string_equal(check(o, NULL), "answer-malformed");
	o = history();
	(void)json_object_set_new(o, "code", json_string(CODE));
	assert_string_equal(check(o, NULL), "answer-code");
	o = history();
	(void)json_object_set_new(o, "size", json_integer(1));
	assert_string_equal(check(o, NULL), "history-record");
	/* Nothing is said, and nothing is believed. */
	o = history();
	(void)json_object_set_new(o, "proof", json_null());
	assert_string_equal(check(o, &n), "");
	assert_int_equal(n, 0);
	fx_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
