#ifndef SYNC_PULLWORK_H
#define SYNC_PULLWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fetch.h"
#include "sync/logrow.h"
#include "sync/pull.h"
#include "sync/tlog.h"

/*
 * The inside of a pull, for pull.c (polling, judging checkpoints, what comes
 * of a round), pullget.c (replaying entries, looking for a fork) and
 * pullahead.c (fetching entries) alone.
 *
 * A round begins with a larger checkpoint that a good key has signed and ends
 * in exactly one of pull_accept(), pull_hold() and pull_dispute().
 */

/* Different errors told since the last good answer. */
#define PULL_TOLD	4

/* Bundles that are under way or wait for their turn. */
#define PULL_AHEAD	3

/* One of them; asked for by a round that may be over when it comes. */
struct pull_bundle {
	struct pull	*pull;
	uint64_t	 round;
	struct tile_name name;
	bool		 asked;		/* under way */
	bool		 here;		/* body is its octets */
	struct buf	 body;
};

/* A tile of the peer's tree, fetched to look for a fork. */
struct pull_tile {
	struct tile_name name;
	uint8_t		*hashes;	/* name.width of them */
};

struct pull {
	struct pull_spec spec;
	struct fetch	*fetch;
	struct ev_timer	*timer;
	struct log	*log;
	enum pull_state	 state;
	char		*etag;			/* of what we know, or NULL */
	char		*etag_next;		/* of what we are looking at */
	char		 told[PULL_TOLD][ERR_ID_MAX];
	size_t		 ntold;
	char		 error[ERR_ID_MAX];	/* as peer_state has it */

	/* What the present answer says. */
	struct checkpoint cp;
	char		*note;
	int64_t		 time;
	int64_t		 began;			/* tm_mono_ms() */

	/* The round: entries from the held size on, hashed and replayed. */
	struct tlog_edge edge;
	bool		 replaying;		/* in a transaction */
	struct err	 verdict;		/* why replaying stopped */
	uint64_t	 round;			/* counted */
	struct pull_bundle ahead[PULL_AHEAD];
	uint64_t	 next;			/* first bundle not asked for */
	struct ev_timer	*turn;			/* one bundle a turn of the loop */

	/* The peer's tiles. */
	struct pull_tile *tiles;	size_t ntiles;
	struct tile_name want;
	bool		 wants;
};

/* Ask the source in use for path ("tile/0/000"), with its token if entries. */
void	 pull_get(struct pull *p, const char *path, bool entries, size_t max,
	    int64_t timeout_ms, fetch_done *done, void *arg);

/* Ends of a round. */
void	 pull_accept(struct pull *p);
void	 pull_hold(struct pull *p, const char *error, const char *text);
void	 pull_hold_err(struct pull *p, const struct err *why);
void	 pull_dispute(struct pull *p, const char *why, const char *text);
/* The answer to a fetch is none, or not 200: hold, and true. */
bool	 pull_no_answer(struct pull *p, const struct fetch_res *res,
	    const struct err *e);

/* pullget.c: fetch and replay up to p->cp.size. */
void	 pull_round(struct pull *p);
void	 pull_round_drop(struct pull *p);
/*
 * The octets of bundle name are here, and every entry before it was taken.
 * True: the round goes on with the next bundle.
 */
bool	 pull_take(struct pull *p, const struct tile_name *name,
	    struct octets body);

/*
 * pullahead.c: fetch the bundles from the edge to p->cp.size, some at a time,
 * and give them to pull_take() in their order.  An answer that is none holds
 * the round.  Dropped, what is still under way is thrown away when it comes.
 */
void	 pull_ahead_new(struct pull *p);
void	 pull_ahead_start(struct pull *p);
void	 pull_ahead_drop(struct pull *p);
void	 pull_ahead_free(struct pull *p);

#endif /* SYNC_PULLWORK_H */
