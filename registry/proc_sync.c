#include "registry/node_log.h"
#include "registry/proc_sync.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/ev.h"
#include "base/fetch.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/proc.h"
#include "base/sm.h"
#include "base/tls.h"
#include "base/tm.h"
#include "registry/confine.h"
#include "registry/node_conf.h"
#include "registry/node_tls.h"
#include "registry/rules.h"
#include "schema/msg.pb-c.h"
#include "store/store.h"
#include "sync/pull.h"

#define ASK_MS		1000	/* lookups wait no longer for first answers */
/*
 * Recording waits longer: a node that was restored from an old copy, and starts
 * together with its peers, must hear of what they have seen before it signs.
 */
#define HEAR_MS		10000
#define ASK_SOON_MS	200	/* until then, who has not answered */
#define ASK_AGAIN_MS	5000	/* afterwards */
#define DATE_MS		10000	/* a peer's clock is told so often */

/* A peer: its copy, and what it says about ours. */
struct replica {
	struct sync	*s;
	const struct trust_province *who;
	struct store	*st;		/* NULL: it could not be opened */
	struct pull	*pull;
	bool		 held;		/* sync.hold was the last word */
	bool		 answered;	/* about our own log, once */
	unsigned	 asking;	/* answers under way */
	int64_t		 date, date_ms;	/* its clock, as heard then; 0: never */
	int64_t		 told_ms;	/* and told; 0: not to this recorder */
};

struct sync {
	const struct config *cf;
	struct ev	*ev;
	struct trust	*trust;		/* NULL: none yet */
	const struct trust_province *own;	/* or NULL */
	struct replica	*peers;		size_t npeers;
	struct fetch	*fetch;
	struct ev_timer	*timer;
	struct chan	*recorder;
	int64_t		 begun;		/* monotonic ms */
	bool		 ready;		/* lookups may start */
	bool		 heard;		/* and the recorder, too */
	char		*seen;		/* the largest note of ours, or NULL */
	uint64_t	 seen_size;
	int		 rc;		/* why the loop was left */
	struct err	 why;
};

/* ---- peers ---- */

static void
on_event(void *arg, const struct pull_event *pe)
{
	struct replica	*r = arg;
	unsigned long long size = pe->size;

	switch (pe->kind) {
	case PULL_ACCEPT:
		log_info("sync.accept", "peer=%s size=%llu ms=%lld",
		    pe->province, size, (long long)pe->ms);
		break;
	case PULL_FRESH:
		log_debug("sync.fresh", "peer=%s size=%llu", pe->province,
		    size);
		break;
	case PULL_HOLD:
		log_warning("sync.hold", "peer=%s error=%s size=%llu \"%s\"",
		    pe->province, pe->error, size, pe->text);
		/* Whether the last commit happened is open: start afresh. */
		if (strcmp(pe->error, "store-broken") == 0) {
			r->s->rc = err_set_id(&r->s->why, ERR_STORE,
			    "store-broken", "peer %s: %s", pe->province,
			    pe->text);
			ev_stop(r->s->ev);
		}
		r->held = true;
		return;
	case PULL_DISPUTE:
		log_error("sync.disputed", "peer=%s why=%s size=%llu \"%s\"",
		    pe->province, pe->error, size, pe->text);
		return;
	}
	if (r->held)
		log_notice("sync.healed", "peer=%s size=%llu", pe->province,
		    size);
	r->held = false;
}

static void
on_time_told(void *arg, const struct msg *reply, const struct err *e)
{
	(void)arg;
	(void)reply;
	if (e != NULL)
		log_debug("sync.time", "code=%s \"%s\"", e->id, e->text);
}

/* For the recorder, which compares its clock with those of others. */
static void
tell_time(struct replica *r, int64_t signed_at, int64_t date,
    int64_t heard_ms)
{
	PeerTime	 m = PEER_TIME__INIT;

	m.province = r->who->province;
	m.signed_at = signed_at;
	m.date = date;
	m.heard_ms = heard_ms;
	chan_request(r->s->recorder, MSG_TYPE__MSG_PEER_TIME, &m.base, -1,
	    on_time_told, r);
}

static void
on_time(void *arg, const char *province, int64_t signed_at)
{
	struct replica	*r = arg;

	(void)province;
	if (r->s->recorder != NULL)
		tell_time(r, signed_at, 0, tm_mono_ms());
}

static void
tell_date(struct replica *r)
{
	if (r->s->recorder == NULL || r->date == 0)
		return;
	r->told_ms = r->date_ms;
	tell_time(r, 0, r->date, r->date_ms);
}

static void
on_date(void *arg, const char *province, int64_t date)
{
	struct replica	*r = arg;

	(void)province;
	r->date = date;
	r->date_ms = tm_mono_ms();
	if (r->told_ms == 0 || r->date_ms - r->told_ms >= DATE_MS)
		tell_date(r);
}

static void
add_sources(struct peer *p, const struct config *cf,
    const struct trust_province *from, bool owner)
{
	size_t	i;

	for (i = 0; i < from->nurls; i++)
		peer_add_source(p, from->urls[i],
		    config_peer_token(cf, from->province), owner);
}

/*
 * One peer that cannot be opened must not keep the others away: it is held,
 * and the next start tries again.
 */
static void
replica_open(struct sync *s, struct replica *r)
{
	char			*path = node_log_path(s->cf,
				    r->who->province);
	const struct store_spec	 spec = { .path = path, .mode = STORE_CREATE,
				     .kind = STORE_PEER,
				     .may = pull_statements };
	struct pull_spec	 ps = { .ev = s->ev, .who = r->who,
				     .rules = &registry_rules,
				     .poll_ms = s->cf->poll_ms,
				     .on_event = on_event,
				     .on_time = on_time, .on_date = on_date,
				     .arg = r };
	const struct trust_province *other;
	struct err		 e = ERR_INIT;
	size_t			 i;

	if (store_open(&spec, &r->st, &e) != 0)
		goto out;
	ps.st = r->st;
	ps.peer = peer_new(r->who->province, r->who->origin);
	add_sources(ps.peer, s->cf, r->who, true);
	for (i = 0; i < s->trust->nprovinces; i++) {
		other = &s->trust->provinces[i];
		if (other != r->who && other != s->own)
			add_sources(ps.peer, s->cf, other, false);
	}
	if (pull_new(&ps, &r->pull, &e) != 0) {
		store_close(r->st);
		r->st = NULL;
	}
out:
	if (r->pull == NULL)
		log_error("sync.hold", "peer=%s error=%s \"%s\"",
		    r->who->province, e.id, e.text);
	free(path);
}

static void
open_peers(struct sync *s)
{
	struct replica	*r;
	size_t		 i;

	if (s->trust == NULL)
		return;
	s->own = trust_by_province(s->trust, s->cf->province);
	if (s->own == NULL)
		log_warning("sync.start", "the trust list does not name %s",
		    s->cf->province);
	s->peers = xcalloc(s->trust->nprovinces + 1, sizeof(*s->peers));
	for (i = 0; i < s->trust->nprovinces; i++) {
		if (&s->trust->provinces[i] == s->own)
			continue;
		r = &s->peers[s->npeers++];
		r->s = s;
		r->who = &s->trust->provinces[i];
		replica_open(s, r);
	}
}

/* ---- what peers have seen of our own log ---- */

static void
on_told(void *arg, const struct msg *reply, const struct err *e)
{
	(void)arg;
	(void)reply;
	if (e != NULL)
		log_warning("sync.seen", "code=%s \"%s\"", e->id, e->text);
}

static void
tell_recorder(struct sync *s)
{
	PeersSeen	m = PEERS_SEEN__INIT;
	char		none[] = "";

	if (s->recorder == NULL || !s->heard)
		return;
	m.note = s->seen != NULL ? s->seen : none;
	chan_request(s->recorder, MSG_TYPE__MSG_PEERS_SEEN, &m.base, -1,
	    on_told, s);
}

/* Every peer has answered, or the time for it is over. */
static void
hear_enough(struct sync *s)
{
	if (s->heard)
		return;
	s->heard = true;
	tell_recorder(s);
}

static bool
all_answered(const struct sync *s)
{
	size_t	i;

	for (i = 0; s->own != NULL && i < s->npeers; i++)
		if (!s->peers[i].answered)
			return false;
	return true;
}

/* The first answers are in, or lookups have waited long enough for them. */
static void
get_going(struct sync *s)
{
	size_t	i;

	if (s->ready)
		return;
	s->ready = true;
	proc_ready();
	log_notice("sync.start", "peers=%zu seen=%llu", s->npeers,
	    (unsigned long long)s->seen_size);
	for (i = 0; i < s->npeers; i++)
		if (s->peers[i].pull != NULL)
			pull_start(s->peers[i].pull);
}

static void
take_seen(struct replica *r, const struct fetch_res *res)
{
	struct sync		*s = r->s;
	struct checkpoint	 cp;
	struct err		 e = ERR_INIT;
	int64_t			 t;

	r->answered = true;
	if (res->status == 404)
		return;		/* it has nothing of ours yet */
	if (trust_open_checkpoint(s->own, buf_octets(&res->body), &cp, &t,
	    &e) != 0) {
		log_warning("sync.seen", "peer=%s code=%s \"%s\"",
		    r->who->province, e.id, e.text);
		return;
	}
	if (cp.size <= s->seen_size)
		return;
	s->seen_size = cp.size;
	free(s->seen);
	s->seen = xstrndup((const char *)res->body.p, res->body.len);
	/* One that comes late may still be larger than what we have. */
	tell_recorder(s);
}

static void
on_seen(void *arg, const struct fetch_res *res, const struct err *e)
{
	struct replica	*r = arg;
	struct sync	*s = r->s;
	size_t		 i;

	r->asking--;
	if (e == NULL && res->date != 0)
		on_date(r, r->who->province, res->date);
	if (e == NULL && (res->status == 200 || res->status == 404))
		take_seen(r, res);
	for (i = 0; i < s->npeers; i++)
		if (s->peers[i].asking > 0)
			return;
	get_going(s);
	if (all_answered(s))
		hear_enough(s);
}

/* Ask every peer that has not answered yet; false if there is none. */
static bool
ask_peers(struct sync *s, int64_t timeout_ms)
{
	struct fetch_req	 req = { .max = LIMIT_PULL_NOTE,
				     .timeout_ms = timeout_ms };
	struct replica		*r;
	char			*url;
	size_t			 i, k;
	bool			 any = false;

	for (i = 0; s->own != NULL && i < s->npeers; i++) {
		r = &s->peers[i];
		if (r->asking > 0) {
			any = true;
			continue;
		}
		for (k = 0; !r->answered && k < r->who->nurls; k++) {
			url = xasprintf("%s/log/%s/checkpoint",
			    r->who->urls[k], s->own->province);
			req.url = url;
			r->asking++;
			fetch_start(s->fetch, &req, on_seen, r);
			free(url);
			any = true;
		}
	}
	return any;
}

static void
on_timer(void *arg)
{
	struct sync	*s = arg;
	int64_t		 age = tm_mono_ms() - s->begun;

	if (s->npeers == 0 || age >= ASK_MS)
		get_going(s);
	if (all_answered(s) || age >= HEAR_MS)
		hear_enough(s);
	if (ask_peers(s, s->heard ? ASK_AGAIN_MS - 1000 : ASK_MS))
		ev_timer_set(s->timer, s->heard ? ASK_AGAIN_MS : ASK_SOON_MS);
}

/* ---- the process ---- */

static void
on_request(void *arg, struct chan *ch, struct msg *m)
{
	struct err	e = ERR_INIT;

	(void)arg;
	(void)err_set(&e, ERR_DENIED, "nobody asks this process");
	chan_fail(ch, m->id, &e);
}

static void
on_close(void *arg, struct chan *ch)
{
	struct sync	*s = arg;

	if (s->recorder == ch)
		s->recorder = NULL;
}

static const struct chan_hooks chan_hooks = {
	.on_request = on_request, .on_close = on_close
};

static void
on_link(void *arg, const char *role, unsigned i, int fd)
{
	struct sync	*s = arg;
	size_t		 k;

	(void)role;		/* only the recorder is linked to us */
	(void)i;
	if (s->recorder != NULL)
		chan_free(s->recorder);
	s->recorder = chan_new(s->ev, fd, &chan_hooks, s);
	/* Before it may sign. */
	for (k = 0; k < s->npeers; k++)
		tell_date(&s->peers[k]);
	tell_recorder(s);
}

/* Peers' tokens may be others now. */
static void
take_tokens(struct sync *s, int fd)
{
	const struct trust_province	*p;
	struct config			*cf = NULL;
	struct err			 e = ERR_INIT;
	size_t				 i, k, u;

	if (node_conf_take(s->cf->dir, fd, &cf, &e) != 0) {
		log_error("sync.reload", "kept=old error=%s text=\"%s\"",
		    e.id, e.text);
		return;
	}
	for (i = 0; s->trust != NULL && i < s->trust->nprovinces; i++) {
		p = &s->trust->provinces[i];
		for (k = 0; k < s->npeers; k++)
			for (u = 0; s->peers[k].pull != NULL &&
			    u < p->nurls; u++)
				pull_set_token(s->peers[k].pull, p->urls[u],
				    config_peer_token(cf, p->province));
	}
	config_free(cf);
}

/* After a reload: what we show to peers from now on. */
static void
on_file(void *arg, unsigned tag, int fd)
{
	struct octets	 pack = OCTETS(NULL, 0);
	struct err	 e = ERR_INIT;

	if (tag == NODE_CONF) {
		take_tokens(arg, fd);
		(void)close(fd);
		return;
	}
	if (memfd_map(fd, LIMIT_TLS_PACK, &pack, &e) != 0 ||
	    fetch_identify(pack, &e) != 0)
		log_error("sync.tls", "kept=old error=%s text=\"%s\"", e.id,
		    e.text);
	if (pack.p != NULL)
		(void)munmap((void *)(uintptr_t)pack.p, pack.len);
	(void)close(fd);
}

static void
on_stop(void *arg)
{
	struct sync	*s = arg;

	ev_stop(s->ev);
}

static const struct proc_hooks hooks = {
	.on_link = on_link, .on_file = on_file, .on_stop = on_stop
};

static void
sync_fini(struct sync *s)
{
	size_t	i;

	fetch_free(s->fetch);
	for (i = 0; i < s->npeers; i++) {
		pull_free(s->peers[i].pull);
		store_close(s->peers[i].st);
	}
	free(s->peers);
	chan_free(s->recorder);
	ev_timer_free(s->timer);
	trust_free(s->trust);
	free(s->seen);
	ev_free(s->ev);
}

static int
start(struct sync *s, struct err *e)
{
	struct err	 none = ERR_INIT;
	int		 rc;

	if ((rc = sm_init(e)) != 0)
		return rc;
	rc = node_trust(s->cf, &s->trust, &none);
	if (rc == ERR_NOTFOUND)
		log_warning("sync.start", "no trust list yet: no peers");
	else if (rc != 0)
		return err_set_id(e, (enum err_code)rc, none.id, "%s",
		    none.text);
	open_peers(s);
	if ((rc = node_tls_identify(s->cf, e)) != 0)
		return rc;
	/* TLS reads its certificates and algorithms now, while it can. */
	s->fetch = fetch_new(s->ev);
	if ((rc = proc_child(s->ev, "sync", &hooks, s, e)) != 0)
		return rc;
	return confine_enter("sync", s->cf, s->trust, e);
}

int
proc_sync(const struct config *cf, struct err *e)
{
	struct sync	s = { .cf = cf, .why = ERR_INIT };
	int		rc;

	/* It holds the peers' databases and talks to them; nothing else. */
	s.ev = ev_new();
	s.timer = ev_timer_new(s.ev, on_timer, &s);
	if ((rc = start(&s, e)) != 0)
		goto out;
	s.begun = tm_mono_ms();
	(void)ask_peers(&s, ASK_MS);
	ev_timer_set(s.timer, s.npeers > 0 ? ASK_SOON_MS : 0);
	if ((rc = ev_run(s.ev, e)) == 0 && s.rc != 0)
		rc = err_set_id(e, (enum err_code)s.rc, s.why.id, "%s",
		    s.why.text);
out:
	sync_fini(&s);
	return rc;
}
