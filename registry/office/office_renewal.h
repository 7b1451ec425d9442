#ifndef REGISTRY_OFFICE_RENEWAL_H
#define REGISTRY_OFFICE_RENEWAL_H

#include "registry/office/office_file.h"

/*
 * Renewals: the owner of a seal that was made here applies for its next
 * version.  The code, the owner and the picture stay; the certificate, the
 * seal data and the period are new.  Officers decide as on a first filing, and
 * the case goes the same way (office_case.h, office_file.h).
 */

/* What is asked.  Borrowed. */
struct renewal_ask {
	const char	*code;
	const char	*reason;	/* of "renewed", schema/reasons.tsv */
	struct octets	 public_key;	/* 65 octets of the owner's own key,
					 * or empty: the office makes one */
};

/*
 * Store a submitted case, *id.
 *
 * ERR_INVAL "invalid-code", "unknown-reason"; ERR_NOTFOUND "not-filed";
 * ERR_DENIED "not-your-seal"; ERR_CONFLICT "not-made-here" (imported, or
 * physical), "illegal-transition" (not active), "already-renewing",
 * "too-early" (the reason is its end, which is more than renewal_days away),
 * "same-key" (the reason is another key, and it is the same).
 */
int	 renewal_submit(struct office *of, const struct session *s,
	    const struct renewal_ask *ask, int64_t *id,
	    struct err *e) MUST_CHECK;

/*
 * May it be decided on, or taken up again?  ERR_CONFLICT
 * "illegal-transition": the seal is not active; "already-renewing": another
 * case is open.  id: the case that asks.
 */
int	 renewal_check(struct office *of, const char *code, int64_t id,
	    struct err *e) MUST_CHECK;
/* May it be made now?  ERR_BUSY "seal-not-active": it may come back. */
int	 renewal_may_make(struct office *of, const char *code,
	    struct err *e) MUST_CHECK;

/*
 * The event that files it, appended to the log: *version is the seal's now,
 * *index the event's.  The certificates before are superseded (RFC 5280,
 * 5.3.1, reason 4) from that moment on, unless they have run out: what was
 * stamped before stays good (GM/T 0031-2014, 6.2.3 d).
 */
int	 renewal_file(struct office *of, const struct office_file *f,
	    uint32_t *version, uint64_t *index, struct err *e) MUST_CHECK;

/* The seal has ended: so does what was applied for. */
int	 renewal_end(struct office *of, const char *code,
	    struct err *e) MUST_CHECK;

struct event;
/* A renewal of our own log that a restored office has not seen. */
int	 renewal_replayed(struct office *of, const struct event *ev,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_RENEWAL_H */
