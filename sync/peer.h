#ifndef SYNC_PEER_H
#define SYNC_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"
#include "sync/trust.h"

/*
 * What we know of a peer province beside its log: where it can be asked, how
 * often it has failed us, and whether it is disputed.  The memory of a dispute
 * and its evidence live in the peer's database (table peer_state) and outlast
 * restarts; the rest is of this process.
 */

#define PEER_BACKOFF_MAX_MS	30000
#define PEER_TRIES_A_SOURCE	2	/* failures before the next source */
#define PEER_HOME_MS		3000	/* how long away from the owner */

/* Where a log can be asked for.  The owner's own urls come first. */
struct peer_source {
	char	*url;		/* "http://127.0.0.1:18440", no '/' at the end */
	char	*token;		/* bearer token for entries, or NULL */
	bool	 owner;
};

struct peer {
	char	*province;		/* "44" */
	char	*origin;
	struct peer_source *sources;	size_t nsources;
	size_t	 at;			/* the source in use */
	unsigned fails;			/* in a row, all sources */
	unsigned fails_here;		/* in a row, at this source */
	int64_t	 away_since;		/* tm_mono_ms(); 0: at the owner */
};

/* Caller frees with peer_free(). */
struct peer *peer_new(const char *province, const char *origin);
void	 peer_free(struct peer *p);
void	 peer_add_source(struct peer *p, const char *url, const char *token,
	    bool owner);
/* What we show from now on at url, wherever it is a source; NULL: nothing. */
void	 peer_set_token(struct peer *p, const char *url, const char *token);

/*
 * The answer was good / was none or bad; mono is tm_mono_ms().  They choose
 * the source and return how long to wait before asking again.  spread is a
 * random octet: +-20 % of jitter come from it.  After two failures the next
 * source is tried; from others we come back to the owner every PEER_HOME_MS.
 * Waiting doubles with every second failure, up to PEER_BACKOFF_MAX_MS.
 */
int64_t	 peer_good(struct peer *p, int64_t poll_ms, uint8_t spread,
	    int64_t mono);
int64_t	 peer_bad(struct peer *p, int64_t poll_ms, uint8_t spread,
	    int64_t mono);

/* The row of peer_state.  Caller frees with peer_state_fini(). */
struct peer_state {
	bool	 disputed;
	char	 why[ERR_ID_MAX];	/* "rewind", "fork", "illegal", "" */
	char	*note_held;		/* evidence: what we had accepted */
	char	*note_seen;		/* and what contradicts it */
	int64_t	 disputed_at;		/* Unix seconds */
	int64_t	 contact;		/* last good answer that was news */
	char	 error[ERR_ID_MAX];	/* of the last try, "" when it was good */
};

/*
 * Read and write it, within a transaction of the caller's or none.  Loading
 * from a database without the row gives zeroes.
 */
int	 peer_state_load(struct store *st, struct peer_state *ps,
	    struct err *e) MUST_CHECK;
void	 peer_state_fini(struct peer_state *ps);
int	 peer_state_good(struct store *st, int64_t contact,
	    struct err *e) MUST_CHECK;
int	 peer_state_error(struct store *st, const char *error,
	    struct err *e) MUST_CHECK;
/* Once and for ever: a second dispute changes nothing. */
int	 peer_state_dispute(struct store *st, const char *why,
	    const char *note_held, const char *note_seen, int64_t now,
	    struct err *e) MUST_CHECK;

#endif /* SYNC_PEER_H */
