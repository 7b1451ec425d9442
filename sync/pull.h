#ifndef SYNC_PULL_H
#define SYNC_PULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ev.h"
#include "store/store.h"
#include "sync/log.h"
#include "sync/peer.h"
#include "sync/trust.h"

/*
 * Keeping a copy of one peer's log (design section 7): ask for its checkpoint
 * every poll, verify it by the trust list and the size rules, fetch the entry
 * bundles from the held size on, replay them in one transaction, commit.
 * What cannot be verified is held and tried again, for ever; what proves that
 * the owner contradicts itself makes it disputed, for good.
 *
 * It logs nothing: what happened is told through on_event.
 */

#define LIMIT_PULL_NOTE		(64u << 10)	/* a checkpoint's octets */
#define LIMIT_PULL_BUNDLE	(256u * (2u + LIMIT_ENTRY))
#define PULL_FETCH_MS		10000		/* one answer */
#define PULL_CLOCK_SLACK	60		/* seconds in our future */

enum pull_state {
	PULL_WAIT = 1,		/* until the next poll */
	PULL_CHECKPOINT,	/* asked for the checkpoint */
	PULL_BUNDLES,		/* fetching entries, replaying */
	PULL_TILES,		/* entries did not fit: is it a fork? */
	PULL_DISPUTED		/* held at its last good state, for good */
};

enum pull_event_kind {
	PULL_ACCEPT = 1,	/* a larger checkpoint was committed */
	PULL_FRESH,		/* the same size, signed anew */
	PULL_HOLD,		/* error says why; will be tried again */
	PULL_DISPUTE		/* error says why */
};

/* Tied to the callback. */
struct pull_event {
	enum pull_event_kind kind;
	const char	*province;
	uint64_t	 size;		/* held now */
	int64_t		 ms;		/* from the checkpoint to the commit */
	const char	*error;		/* stable id, NULL for ACCEPT and FRESH */
	const char	*text;		/* a sentence, or NULL */
};

/* Everything is borrowed, for as long as the pull lives; peer is taken. */
struct pull_spec {
	struct ev	*ev;
	struct store	*st;		/* writing, STORE_PEER */
	const struct trust_province *who;
	const struct entry_rules *rules;
	struct peer	*peer;
	int64_t		 poll_ms;
	int64_t		(*now)(void);	/* NULL: tm_now() */
	void		(*on_event)(void *arg, const struct pull_event *pe);
	/* A checkpoint whose signature holds was heard just now, taken or not:
	 * when its owner signed it.  NULL: nobody asks. */
	void		(*on_time)(void *arg, const char *province,
			    int64_t signed_at);
	/* The owner's own server, not a mirror, answered just now, and this is
	 * its clock.  A hint: nobody signs it.  NULL: nobody asks. */
	void		(*on_date)(void *arg, const char *province,
			    int64_t date);
	void		*arg;
};

struct pull;			/* opaque */

/*
 * Statements that a store handle for pulling must allow (ends with
 * STMT_NONE), and those that peer_state_load() alone needs.
 */
extern const enum stmt pull_statements[];

/*
 * Caller frees with pull_free(), never from on_event.  pull_start() polls at
 * once.  ERR_STORE: the database cannot be read.
 */
int	 pull_new(const struct pull_spec *spec, struct pull **p,
	    struct err *e) MUST_CHECK;
void	 pull_start(struct pull *p);
void	 pull_free(struct pull *p);
enum pull_state pull_state(const struct pull *p);
uint64_t pull_size(const struct pull *p);	/* held */
/* peer_set_token(), from the next request on. */
void	 pull_set_token(struct pull *p, const char *url, const char *token);

#endif /* SYNC_PULL_H */
