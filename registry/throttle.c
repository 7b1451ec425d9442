#include <string.h>

#include "base/mem.h"
#include "base/sm.h"
#include "registry/throttle.h"

#define SLOTS	4096

struct slot {
	uint64_t	name;		/* its keyed hash; 0: never used */
	unsigned	failures, at_once;
	int64_t		since;		/* the first of the failures */
};

struct throttle {
	uint8_t		secret[32];
	struct slot	slot[SLOTS];
};

struct throttle *
throttle_new(void)
{
	struct throttle	*t = xcalloc(1, sizeof(*t));

	sm_random(t->secret, sizeof(t->secret));
	return t;
}

/* The slot of a name; whoever had it before is forgotten. */
static struct slot *
slot_of(struct throttle *t, const char *name, int64_t now_ms)
{
	struct sm3	*h = sm3_new();
	uint8_t		 d[SM3_LEN];
	struct slot	*s;
	uint64_t	 id;

	sm3_add(h, t->secret, sizeof(t->secret));
	sm3_add(h, name, strlen(name));
	sm3_end(h, d);
	sm3_free(h);
	memcpy(&id, d, sizeof(id));
	id |= 1;
	s = &t->slot[(d[8] << 8 | d[9]) % SLOTS];
	if (s->name != id) {
		memset(s, 0, sizeof(*s));
		s->name = id;
	}
	if (now_ms - s->since >= THROTTLE_MS)
		s->failures = 0;
	return s;
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
