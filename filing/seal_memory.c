#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/memo.h"
#include "filing/seal_memory.h"

#define REMEMBERED	64
#define HEAD_MAX	64	/* Z, and what stands before a seal in a stamp */

struct known {
	uint8_t		*packed;	/* the SealReading */
	size_t		 n;
	struct sm3	*after;		/* behind head and the seal; or NULL */
	uint8_t		 head[HEAD_MAX];
	size_t		 headlen;
};

static struct memo	*seals;

static void
drop(void *value)
{
	struct known	*k = value;

	sm3_free(k->after);
	free(k->packed);
	free(k);
}

void
seal_remember(size_t count)
{
	memo_free(seals);
	seals = memo_new(count, LIMIT_SEAL_MEMORY, drop);
}

SealReading *
seal_recall(struct octets whole)
{
	const struct known	*k;

	if (seals == NULL || (k = memo_get(seals, whole)) == NULL)
		return NULL;
	return seal_reading__unpack(NULL, k->n, k->packed);
}

void
seal_memorise(struct octets whole, const SealReading *m)
{
	struct known	*k = xcalloc(1, sizeof(*k));

	if (seals == NULL)
		seal_remember(REMEMBERED);
	k->packed = xmalloc(seal_reading__get_packed_size(m) + 1);
	k->n = seal_reading__pack(m, k->packed);
	(void)memo_put(seals, whole, k, sizeof(*k) + k->n);
}

void
seal_sm3_after(struct octets head, struct octets whole, struct sm3 *h)
{
	struct known	*k = seals != NULL ? memo_get(seals, whole) : NULL;

	if (k != NULL && k->after != NULL && k->headlen == head.len &&
	    memcmp(k->head, head.p, head.len) == 0) {
		sm3_copy(h, k->after);
		return;
	}
	sm3_add(h, head.p, head.len);
	sm3_add(h, whole.p, whole.len);
	if (k == NULL || head.len > sizeof(k->head))
		return;
	if (k->after == NULL)
		k->after = sm3_new();
	sm3_copy(k->after, h);
	memcpy(k->head, head.p, head.len);
	k->headlen = head.len;
}
