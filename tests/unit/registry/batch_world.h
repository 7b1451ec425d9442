#ifndef UNIT_BATCH_WORLD_H
#define UNIT_BATCH_WORLD_H

#include "tests/unit/registry/made.h"

/*
 * A world whose operations go through a batch, so that what fails is undone as
 * in life.
 */

static struct world		w;
static struct batch		*b;
static struct batch_signer	 signer = { .sign = world_sign,
    .arg = &w };
static struct err		 last;	/* what the last operation said */

static inline int
setup(void **state)
{
	(void)state;
	world_new(&w);
	b = batch_new(w.of.st, w.of.lg, &signer, world_now);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	batch_free(b);
	world_free(&w);
	return 0;
}

static inline void
op_done(void *arg, const struct err *e)
{
	(void)arg;
	last = e != NULL ? *e : (struct err)ERR_INIT;
}

/* Run one operation in a batch of its own; its result. */
static inline int
run(batch_run *fn, void *arg)
{
	last = (struct err)ERR_INIT;
	batch_add(b, true, fn, op_done, arg);
	must(batch_commit(b, ep));
	return last.code;
}

#define refused(CALL, CODE, ID)	do {					\
	struct world_facts before_ = world_facts(&w), after_;		\
	assert_int_equal((CALL), (CODE));				\
	assert_string_equal(last.id, (ID));				\
	after_ = world_facts(&w);					\
	assert_same(&before_, &after_);					\
} while (0)

#endif /* UNIT_BATCH_WORLD_H */
