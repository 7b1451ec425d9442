#ifndef BASE_MEMO_H
#define BASE_MEMO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * What was worked out for some octets, remembered for when the very same
 * octets come again.  Bounded by count and by weight; what is older makes room.
 * Keys are compared whole: no digest stands for them.
 */

#define MEMO_SET	8	/* places that a key can lie in */

struct memo;			/* opaque */

/* At most count values, together at most weight octets with their keys; drop
 * ends a value.  Caller frees with memo_free(), which drops all. */
struct memo	*memo_new(size_t count, size_t weight,
		    void (*drop)(void *value));
void		 memo_free(struct memo *m);
/* The value of key, or NULL.  Tied to m: the next memo_put() may drop it. */
void		*memo_get(struct memo *m, struct octets key);
/*
 * Takes value, which is of some octets itself; key is copied.  What was
 * remembered of key is dropped.  False: it is too heavy, and was dropped.
 */
bool		 memo_put(struct memo *m, struct octets key, void *value,
		    size_t weight);
/* Drop everything. */
void		 memo_clear(struct memo *m);

#endif /* BASE_MEMO_H */
