#include <string.h>

#include "base/mem.h"
#include "base/sm.h"
#include "registry/office/throttle.h"

#define SETS	1024
#define WAYS	8		/* names that share a set */

struct slot {
	uint64_t	name;		/* its keyed hash; 0: never used */
	unsigned	failures, at_once;
	int64_t		since;		/* the first of the failures */
};

struct throttle {
	uint8_t		secret[32];
	struct slot	slot[SETS][WAYS];
};

struct throttle *
throttle_new(void)
{
	struct throttle	*t = xcalloc(1, sizeof(*t));

	sm_random(t->secret, sizeof(t->secret));
	return t;
}

/* What it costs to forget a slot: nothing once its time is over. */
static unsigned
weight(const struct slot *s, int64_t now_ms)
{
	return s->at_once + (now_ms - s->since < THROTTLE_MS ?
	    s->failures : 0);
}

/* The slot of a name, in place of the one that matters least. */
static struct slot *
slot_of(struct throttle *t, const char *name, int64_t now_ms)
{
	struct sm3	*h = sm3_new();
	uint8_t		 d[SM3_LEN];
	struct slot	*set, *s, *least;
	uint64_t	 id;
	size_t		 i;

	sm3_add(h, t->secret, sizeof(t->secret));
	sm3_add(h, name, strlen(name));
	sm3_end(h, d);
	sm3_free(h);
	memcpy(&id, d, sizeof(id));
	id |= 1;
	least = set = t->slot[(d[8] << 8 | d[9]) % SETS];
	for (i = 0; i < WAYS; i++) {
		s = &set[i];
		if (s->name == id) {
			if (now_ms - s->since >= THROTTLE_MS)
				s->failures = 0;
			return s;
		}
		if (weight(s, now_ms) < weight(least, now_ms))
			least = s;
	}
	memset(least, 0, sizeof(*least));
	least->name = id;
	return least;
}

int
throttle_begin(struct throttle *t, const char *name, int64_t now_ms,
    struct err *e)
{
	struct slot	*s = slot_of(t, name, now_ms);

	if (s->failures >= THROTTLE_FAILURES ||
	    s->at_once >= THROTTLE_AT_ONCE)
		return err_set_id(e, ERR_BUSY, "too-many-attempts",
		    "too many attempts for this name: wait a minute");
	s->at_once++;
	return 0;
}

void
throttle_end(struct throttle *t, const char *name, int64_t now_ms,
    _Bool failed)
{
	struct slot	*s = slot_of(t, name, now_ms);

	if (s->at_once > 0)
		s->at_once--;
	if (!failed)
		s->failures = 0;
	else if (s->failures++ == 0)
		s->since = now_ms;
}
