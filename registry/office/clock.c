#include <stdlib.h>
#include <string.h>

#include "base/tm.h"
#include "registry/office/clock.h"

void
clock_watch_init(struct clock_watch *w, int64_t now, int64_t mono_ms)
{
	memset(w, 0, sizeof(*w));
	w->base_ms = now * 1000 - mono_ms;
}

static struct clock_peer *
peer_of(struct clock_watch *w, const char *province)
{
	size_t	i;

	for (i = 0; i < w->npeers; i++)
		if (strcmp(w->peers[i].province, province) == 0)
			return &w->peers[i];
	if (w->npeers == LIMIT_CLOCK_PEERS ||
	    strlen(province) >= sizeof(w->peers[0].province))
		return NULL;
	memset(&w->peers[w->npeers], 0, sizeof(w->peers[0]));
	strcpy(w->peers[w->npeers].province, province);
	return &w->peers[w->npeers++];
}

void
clock_heard(struct clock_watch *w, const char *province, int64_t signed_at,
    int64_t heard_ms)
{
	struct clock_peer	*p = peer_of(w, province);
	const int64_t		 offset = signed_at * 1000 - heard_ms;
	bool			 steady;

	/* A note that is repeated, or an older one from a mirror, says nothing
	 * of when it was made. */
	if (p == NULL || (p->signed_at != 0 && signed_at <= p->signed_at))
		return;
	steady = p->signed_at != 0 &&
	    heard_ms - p->heard_ms <= CLOCK_FRESH_MS &&
	    llabs(offset - p->offset_ms) <= CLOCK_STEADY_MS;
	if (!steady || offset > p->offset_ms ||
	    heard_ms - p->best_ms > CLOCK_WINDOW_MS) {
		p->offset_ms = offset;
		p->best_ms = heard_ms;
	}
	p->steady = steady;
	p->heard_ms = heard_ms;
	p->signed_at = signed_at;
}

void
clock_dated(struct clock_watch *w, const char *province, int64_t date,
    int64_t heard_ms)
{
	struct clock_peer	*p = peer_of(w, province);

	if (p == NULL)
		return;
	p->dated = true;
	p->date_ms = date * 1000 - heard_ms;
	p->dated_ms = heard_ms;
}

/* Which way peers disagree, and which vouch for our clock from both sides. */
struct count {
	unsigned	behind, agree;
};

/* A signature of it was heard lately. */
static bool
is_fresh(const struct clock_peer *p, int64_t mono_ms)
{
	return p->signed_at != 0 && mono_ms - p->heard_ms <= CLOCK_FRESH_MS;
}

static void
ask_peers(const struct clock_watch *w, const struct clock_facts *f,
    struct clock_state *s, struct count *n)
{
	const struct clock_peer	*p;
	int64_t			 ahead_ms;
	size_t			 i;

	memset(n, 0, sizeof(*n));
	for (i = 0; i < w->npeers; i++) {
		p = &w->peers[i];
		if (!is_fresh(p, f->mono_ms))
			continue;
		ahead_ms = f->now * 1000 - (p->offset_ms + f->mono_ms);
		s->heard++;
		if (ahead_ms < -f->bound * 1000) {
			s->off++;
			n->behind++;
		} else if (p->steady && ahead_ms > (f->bound + f->lag) * 1000)
			s->off++;
		else
			n->agree += p->steady;
	}
}

static int
off(struct err *e, const char *id, const char *what)
{
	return err_set_id(e, ERR_BUSY, id, "no time-stamp: %s", what);
}

int
clock_check(struct clock_watch *w, const struct clock_facts *f,
    struct clock_state *s, struct err *e)
{
	const int64_t	jump_ms = f->now * 1000 - f->mono_ms - w->base_ms;
	struct count	n;
	bool		confirmed;

	memset(s, 0, sizeof(*s));
	ask_peers(w, f, s, &n);
	if (2 * s->off > s->heard)
		return 2 * n.behind > s->off ? off(e, "clock-behind",
		    "the clock is behind that of peers") :
		    off(e, "clock-ahead", "the clock is ahead of that of "
		    "peers");
	confirmed = 2 * n.agree > s->heard;
	if (confirmed)
		w->base_ms = f->now * 1000 - f->mono_ms;
	else if (jump_ms > f->bound * 1000 || jump_ms < -f->bound * 1000)
		return off(e, "clock-jumped", "the clock was set, and no peer "
		    "says that it is right now");
	/* A signature of ours from a clock that was wrong: peers know better. */
	if (!confirmed && f->last_signed - f->now > f->bound)
		return off(e, "clock-behind", "the clock is behind the last "
		    "signature of this node");
	if (f->unsynchronised)
		return off(e, "clock-unsynchronised", "the kernel does not "
		    "say that its clock is synchronised");
	return 0;
}

/*
 * Is our clock behind (-1) or ahead (1) of this peer's?  False: it was not
 * heard lately.  Signatures that come at the pace of time say most, then the
 * clock of its server; a signature alone bounds from below.
 */
static bool
ask_one(const struct clock_peer *p, const struct clock_facts *f, int *way)
{
	const bool	fresh = is_fresh(p, f->mono_ms),
			dated = p->dated &&
			    f->mono_ms - p->dated_ms <= CLOCK_FRESH_MS,
			by_date = dated && !(fresh && p->steady);
	int64_t		ahead_ms;

	*way = 0;
	if (!fresh && !dated)
		return false;
	ahead_ms = f->now * 1000 - f->mono_ms -
	    (by_date ? p->date_ms : p->offset_ms);
	if (ahead_ms < -f->bound * 1000)
		*way = -1;
	else if (ahead_ms > (f->bound + f->lag) * 1000 &&
	    (by_date || p->steady))
		*way = 1;
	return true;
}

static int
no_record(struct err *e, const char *id, const char *way, unsigned n,
    unsigned heard)
{
	return err_set_id(e, ERR_BUSY, id, "nothing is recorded: the clock is "
	    "%s that of %u of %u peers: set it right", way, n, heard);
}

int
clock_follows(int64_t last_signed, int64_t now, int64_t bound, struct err *e)
{
	const int64_t	late = last_signed - now;
	char		when[TM_RFC3339_SIZE];

	if (late <= bound)
		return 0;
	tm_rfc3339(last_signed - bound, when);
	return err_set_id(e, ERR_BUSY, "clock-behind", "nothing is recorded: "
	    "this log was signed %lld s from now: set the clock right; if it "
	    "is right now and was ahead then, wait until %s", (long long)late,
	    when);
}

int
clock_records(const struct clock_watch *w, const struct clock_facts *f,
    struct clock_state *s, struct err *e)
{
	unsigned	behind = 0, ahead = 0;
	size_t		i;
	int		way;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < w->npeers; i++) {
		if (!ask_one(&w->peers[i], f, &way))
			continue;
		s->heard++;
		behind += way < 0;
		ahead += way > 0;
	}
	s->off = behind + ahead;
	if (behind >= 2 && 2 * behind > s->heard)
		return no_record(e, "clock-behind", "behind", behind,
		    s->heard);
	if (ahead >= 2 && 2 * ahead > s->heard)
		return no_record(e, "clock-ahead", "ahead of", ahead,
		    s->heard);
	return clock_follows(f->last_signed, f->now, f->bound, e);
}
