#include "base/log.h"
#include "base/tm.h"
#include "registry/config.h"
#include "registry/office/filer.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

/* Is the clock fit: for time-stamps, and for recording at all? */

#define LAG_SECONDS	5	/* from a peer's signature to us, and two polls */

static struct clock_facts
facts_of(const struct recorder *r, int64_t bound)
{
	const struct log_head	*head = log_head_of(r->of.lg);

	return (struct clock_facts){
		.now = r->of.now(), .mono_ms = tm_mono_ms(),
		.last_signed = head != NULL ? head->signed_at : 0,
		.bound = bound, .lag = LAG_SECONDS + 2 * r->of.cf->poll_ms / 1000
	};
}

int
recorder_clock_stamps(struct recorder *r, struct err *e)
{
	struct clock_facts	f = facts_of(r, r->of.cf->tsa_clock_bound);

	f.unsynchronised = r->of.cf->tsa_need_sync && !tm_synchronised();
	return clock_check(&r->stamps.clock, &f, &r->stamps.state, e);
}

int
recorder_clock_records(const struct recorder *r, struct err *e)
{
	const struct clock_facts f = facts_of(r, CLOCK_RECORD_S);
	struct clock_state	 s;

	return clock_records(&r->stamps.clock, &f, &s, e);
}

/* One line where recording stops, one where it goes on, and one where somebody
 * doubts our clock who cannot stop it. */
static void
look_at_recording(struct recorder *r)
{
	const struct clock_facts f = facts_of(r, CLOCK_RECORD_S);
	struct clock_state	 s;
	struct err		 e = ERR_INIT;
	const bool		 off = clock_records(&r->stamps.clock, &f, &s,
				    &e) != 0;

	if (off && !r->clock_stops)
		log_error("clock.stops", "code=%s peers=%u disagree=%u \"%s\"",
		    e.id, s.heard, s.off, e.text);
	else if (!off && r->clock_stops)
		log_notice("clock.records", "peers=%u", s.heard);
	if (!off && s.off > 0 && !r->clock_doubt)
		log_warning("clock.doubt", "peers=%u disagree=%u \"more than "
		    "%d s off, by their clocks: compare with a third\"",
		    s.heard, s.off, CLOCK_RECORD_S);
	r->clock_stops = off;
	r->clock_doubt = !off && s.off > 0;
}

void
recorder_clock(struct recorder *r)
{
	struct err	e = ERR_INIT;
	const bool	off = recorder_clock_stamps(r, &e) != 0;

	if (off && !r->stamps.was_off)
		log_error("clock.off", "code=%s peers=%u disagree=%u \"%s\"",
		    e.id, r->stamps.state.heard, r->stamps.state.off, e.text);
	else if (!off && r->stamps.was_off)
		log_notice("clock.right", "peers=%u", r->stamps.state.heard);
	r->stamps.was_off = off;
	look_at_recording(r);
	if (config_is_v5(r->of.cf))
		filer_again(r->filer);
}

int
desk_peer_time(struct req *q, struct err *e)
{
	const PeerTime		*m = (const PeerTime *)q->m;
	struct clock_watch	*w = &req_recorder(q)->stamps.clock;

	/* They are a peer's words: times of no calendar would overflow. */
	if (m->signed_at < 0 || m->signed_at > TM_MAX || m->date < 0 ||
	    m->date > TM_MAX || m->heard_ms < 0 || m->heard_ms > TM_MAX)
		return err_set(e, ERR_INVAL, "a peer's time that is none");
	if (m->signed_at != 0)
		clock_heard(w, m->province, m->signed_at, m->heard_ms);
	if (m->date != 0)
		clock_dated(w, m->province, m->date, m->heard_ms);
	req_reply(q, MSG_TYPE__MSG_OK, NULL);
	return 0;
}
