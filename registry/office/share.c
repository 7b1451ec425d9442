#include "registry/office/share.h"

#include <string.h>

#include "base/mem.h"
#include "base/sm.h"

#define SETS	1024
#define WAYS	8		/* addresses that share a set */
#define PIECE	1000		/* room grows by rate a millisecond */

struct slot {
	uint64_t	address;	/* its keyed hash; 0: never used */
	int64_t		room, since;
};

struct share {
	uint8_t		secret[32];
	struct slot	slot[SETS][WAYS];
};

struct share *
share_new(void)
{
	struct share	*s = xcalloc(1, sizeof(*s));

	sm_random(s->secret, sizeof(s->secret));
	return s;
}

/* The slot of an address, in place of the one that was used longest ago. */
static struct slot *
slot_of(struct share *s, const void *address, size_t n, int64_t full,
    int64_t now_ms)
{
	struct sm3	*h = sm3_new();
	uint8_t		 d[SM3_LEN];
	struct slot	*set, *oldest;
	uint64_t	 id;
	size_t		 i;

	sm3_add(h, s->secret, sizeof(s->secret));
	sm3_add(h, address, n);
	sm3_end(h, d);
	sm3_free(h);
	memcpy(&id, d, sizeof(id));
	id |= 1;
	oldest = set = s->slot[(d[8] << 8 | d[9]) % SETS];
	for (i = 0; i < WAYS; i++) {
		if (set[i].address == id)
			return &set[i];
		if (set[i].since < oldest->since)
			oldest = &set[i];
	}
	*oldest = (struct slot){ .address = id, .room = full,
	    .since = now_ms };
	return oldest;
}

bool
share_take(struct share *s, const void *address, size_t n, int64_t rate,
    int64_t now_ms)
{
	const int64_t	 full = rate * PIECE;
	struct slot	*a = slot_of(s, address, n, full, now_ms);
	int64_t		 gone = now_ms - a->since;

	a->since = now_ms;
	/* After a second it is full, however long nobody came. */
	a->room += gone >= PIECE ? full : gone * rate;
	if (a->room > full)
		a->room = full;
	if (a->room < PIECE)
		return false;
	a->room -= PIECE;
	return true;
}
