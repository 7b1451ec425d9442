#ifndef REGISTRY_CLOCK_H
#define REGISTRY_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Is the wall clock fit for time-stamps?  It is compared with what can be
 * trusted: the monotonic clock of the machine (no steps), the moments at which
 * peers signed their checkpoints (each signature verified by sync), the last
 * signature of this node and, where asked for, the kernel's own word.
 *
 * A signature heard now was made before now: it bounds the clock from below,
 * however long it travelled.  From above it bounds only when it was made just
 * now: when the peer was heard to sign again and again, at the pace of time.
 * One peer must not stop a node: the clock is off where more than half of the
 * peers that were heard lately disagree with it.
 *
 * Recording has a wider bound, that of peers for what they take of us, and must
 * know at the start, before there is a pace: there the clocks of the peers' own
 * servers count, too.  Nobody signs those, so two peers at least must agree.
 */

#define LIMIT_CLOCK_PEERS	64
#define CLOCK_FRESH_MS		120000	/* heard lately */
#define CLOCK_WINDOW_MS		60000	/* the best of so long counts */
#define CLOCK_STEADY_MS		5000	/* the pace of time, at most so uneven */
#define CLOCK_RECORD_S		60	/* recording: so far off, at most */

/* What one peer's signatures say of the time. */
struct clock_peer {
	char	province[9];
	int64_t	offset_ms;	/* its time less our monotonic clock, at least */
	int64_t	best_ms;	/* when that was heard */
	int64_t	heard_ms;	/* the last one */
	int64_t	signed_at;
	bool	steady;		/* at the pace of time: tight from above, too */
	bool	dated;		/* its server's clock was heard, */
	int64_t	date_ms;	/* less our monotonic clock, */
	int64_t	dated_ms;	/* then */
};

/* Plain value. */
struct clock_watch {
	int64_t			base_ms;	/* wall less monotonic clock */
	size_t			npeers;
	struct clock_peer	peers[LIMIT_CLOCK_PEERS];
};

/* What is compared. */
struct clock_facts {
	int64_t	now;		/* wall clock, seconds */
	int64_t	mono_ms;
	int64_t	last_signed;	/* by this node; 0: never */
	int64_t	bound;		/* seconds that it may be off */
	bool	unsynchronised;	/* the kernel does not vouch, and it must */
	int64_t	lag;		/* seconds between a peer's signature and our
				 * hearing of it */
};

/* How it compared.  Plain value. */
struct clock_state {
	unsigned	heard, off;	/* peers; those that disagree */
};

void	 clock_watch_init(struct clock_watch *w, int64_t now, int64_t mono_ms);
/* A peer signed at signed_at; that was heard at heard_ms. */
void	 clock_heard(struct clock_watch *w, const char *province,
	    int64_t signed_at, int64_t heard_ms);
/* Its server's clock said date at heard_ms. */
void	 clock_dated(struct clock_watch *w, const char *province, int64_t date,
	    int64_t heard_ms);
/*
 * ERR_BUSY "clock-behind", "clock-ahead": peers disagree, or the last
 * signature is later than now; "clock-jumped": it was set, and no peers say
 * that it is right now; "clock-unsynchronised".  *s is filled either way.
 */
int	 clock_check(struct clock_watch *w, const struct clock_facts *f,
	    struct clock_state *s, struct err *e) MUST_CHECK;
/*
 * May anything be recorded?  ERR_BUSY "clock-behind", "clock-ahead": more than
 * half of the peers, and two at least, say so; "clock-behind" also where the
 * last signature is later than now, whoever agrees: what follows could not be
 * earlier, and no peer would take it.  f->unsynchronised is not looked at.
 */
int	 clock_records(const struct clock_watch *w,
	    const struct clock_facts *f, struct clock_state *s,
	    struct err *e) MUST_CHECK;
/* That last rule alone. */
int	 clock_follows(int64_t last_signed, int64_t now, int64_t bound,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_CLOCK_H */
