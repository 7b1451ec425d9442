#ifndef REGISTRY_PAST_H
#define REGISTRY_PAST_H

#include <stdbool.h>
#include <stddef.h>

#include "filing/record.h"
#include "registry/judge/verdict.h"

/*
 * What a seal's history says of a moment that is past (design section 5):
 * which status was in effect, and which version of the seal was on file.
 * Pure; that the events are the owner's was proven before (history.h), or is
 * known because the log is held.
 */

#define LIMIT_PAST	256	/* events of one history */

/* Events of one seal, newest first.  Borrowed. */
struct past {
	const struct event	*events;
	size_t			 n;
	bool			 whole;	/* the last one is the first ever */
};

/* Would a history say more than the present record does? */
bool		 past_is_wanted(const struct verdict_case *c);

/*
 * The verdict at c->at (c->now, where no moment is asked about).  A status
 * holds from its effective time; a version from the record of its renewal,
 * and the old one until then, each by its own period.  *status (may be NULL)
 * is the status then, STATUS_NONE where it is not known.
 */
enum verdict	 past_judge(const struct past *p,
		    const struct verdict_case *c, enum verdict_why *why,
		    uint32_t *status);

/*
 * The version of the seal that was on file at t, as a record of then (its
 * status is not that of t); NULL where there was none, or it is not known.
 * Tied to p.
 */
const struct record *past_on_file(const struct past *p, int64_t t);

#endif /* REGISTRY_PAST_H */
