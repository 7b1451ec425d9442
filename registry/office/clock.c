#include <stdlib.h>
#include <string.h>

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

/* Which way peers disagree, and which vouch for our clock from both sides. */
struct count {
	unsigned	behind, agree;
};

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
		if (f->mono_ms - p->heard_ms > CLOCK_FRESH_MS)
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
