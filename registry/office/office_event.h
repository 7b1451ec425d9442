#ifndef REGISTRY_OFFICE_EVENT_H
#define REGISTRY_OFFICE_EVENT_H

#include "filing/life.h"
#include "registry/office/office.h"
#include "registry/office/office_session.h"

/*
 * What happens to a filed seal: an officer changes its status, with a reason
 * and a moment from which it counts.
 */

/* What is asked.  Borrowed. */
struct seal_event {
	const char	*code;
	const char	*kind;		/* "suspended" ... "destroyed" */
	const char	*reason;	/* word or number of schema/reasons.tsv */
	int64_t		 effective_at;	/* 0: now */
};

/* What came of it.  Plain value. */
struct seal_changed {
	enum seal_status status;
	uint64_t	 index;		/* of the event in the log */
	int64_t		 recorded_at, effective_at;
};

/*
 * Append the event, inside a batch that may append, with its effects.
 *
 * ERR_INVAL "invalid-code", "unknown-event" (or not one for officers),
 * "unknown-reason", "effective-in-future"; ERR_NOTFOUND "not-filed";
 * ERR_CONFLICT "illegal-transition", "effective-too-early" (before the last
 * change counted or was recorded).
 */
int	 event_apply(struct office *of, const struct session *s,
	    const struct seal_event *ask, struct seal_changed *done,
	    struct err *e) MUST_CHECK;

/*
 * Append ev to the log, *index of it, inside a batch that may append.
 * ERR_TOOBIG, or what the log's rules say of it.
 */
struct event;
int	 event_append(struct office *of, const struct event *ev,
	    uint64_t *index, struct err *e) MUST_CHECK;

/*
 * The current record of a code and the index of its event; r is tied to *box,
 * which the caller frees with record_box_free(), its octets to the log until the
 * next call.  ERR_INVAL "invalid-code";
 * ERR_NOTFOUND "not-filed".
 */
struct record;
struct record_box;
int	 event_current(struct office *of, const char *code, struct record *r,
	    struct record_box **box, uint64_t *index,
	    struct err *e) MUST_CHECK;

/*
 * What a seal's new status means for the office: its certificate is put on
 * hold, comes back, or is revoked, with the reason of schema/reasons.tsv and
 * from the moment on that the status counts from (what was on hold before, from
 * then); the owner of one that has ended may have another, and a renewal that
 * he had applied for is returned.  Whether the
 * certificate has expired makes no difference.  Of one that a licensed body
 * has issued it is noted what that body is to be told.
 */
int	 event_effects(struct office *of, const struct record *r,
	    struct err *e) MUST_CHECK;

/*
 * Once in the life of a database, in a transaction: seals that were suspended
 * before certificates were put on hold have theirs put on hold now.
 */
int	 event_settle(struct office *of, struct err *e) MUST_CHECK;

/*
 * An event of our own log that a restored office has never seen (restore.h):
 * its code is not given again, what it ended is ended here too, and a case
 * that was about to file it is filed.  *known: the office has the case of this
 * code.
 */
int	 event_replayed(struct office *of, const struct event *ev,
	    bool *known, struct err *e) MUST_CHECK;
/*
 * After the last of them: numbers that may have been given without leaving a
 * trace in the log (codes, of the revocation list) are passed over.
 */
int	 event_replay_end(struct office *of, struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_EVENT_H */
