#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/tm.h"
#include "registry/config.h"
#include "registry/office/desk.h"
#include "registry/office/filer.h"
#include "registry/office/office_ca.h"
#include "registry/office/recorder.h"
#include "schema/msg.pb-c.h"

#define SIGN_TIMEOUT_MS	5000
#define SEEN_WAIT_MS	12000	/* sync asks every peer at most 10 s */
#define CHORES_MS	5000
#define PRUNE_TURNS	120	/* of the chores: ten minutes */
#define PROBE_MS	1000	/* a disk that takes nothing is tried again */
/*
 * A commit costs a signature, a sync and the pages that every filing changes.
 * With filings under way in the key process it waits for so many operations, or
 * so long; with none it goes at once.
 */
#define GATHER		32
#define GATHER_US	10000

/* ---- clients */

void
client_ref(struct client *cl)
{
	cl->pending++;
}

static void
client_drop(struct client *cl)
{
	struct client	**p;

	for (p = &cl->r->clients; *p != cl; p = &(*p)->next)
		;
	*p = cl->next;
	free(cl);
}

void
client_unref(struct client *cl)
{
	if (--cl->pending == 0 && cl->ch == NULL)
		client_drop(cl);
}

void
client_reply(struct client *cl, uint64_t id, uint16_t type,
    const struct ProtobufCMessage *m)
{
	if (cl->ch == NULL)
		return;
	if (m != NULL)
		chan_reply(cl->ch, id, type, m);
	else
		chan_reply_octets(cl->ch, id, type, OCTETS(NULL, 0));
}

void
client_fail(struct client *cl, uint64_t id, const struct err *e)
{
	if (cl->ch != NULL)
		chan_fail(cl->ch, id, e);
}

static void
client_request(void *arg, struct chan *ch, struct msg *m)
{
	(void)ch;
	desk_request(arg, m);
}

static void
client_close(void *arg, struct chan *ch)
{
	struct client	*cl = arg;

	(void)ch;
	cl->ch = NULL;
	if (cl->pending == 0)
		client_drop(cl);
}

static const struct chan_hooks client_hooks = {
	.on_request = client_request,
	.on_close = client_close
};

/* ---- committing */

/* Stop for good: what is on disk is what the next start begins with. */
static void
recorder_die(struct recorder *r, const struct err *e)
{
	if (r->fatal.code == ERR_OK)
		r->fatal = *e;
	ev_stop(r->ev);
}

/* Is more to come that this commit should wait for? */
static bool
gather(struct recorder *r)
{
	int64_t	now = tm_mono_us(), left;

	if (filer_coming(r->filer) == 0 || batch_waiting(r->batch) == 0 ||
	    batch_waiting(r->batch) >= GATHER)
		return false;
	if (r->gathers == 0)
		r->gathers = now;
	if ((left = r->gathers + GATHER_US - now) <= 0)
		return false;
	ev_timer_set(r->again, (left + 999) / 1000);
	return true;
}

static void
commit_now(struct recorder *r)
{
	struct err	 e = ERR_INIT;
	int64_t		 t0 = tm_mono_us();
	struct batch_counts was = batch_counts_of(r->batch), is;

	if (r->fatal.code != ERR_OK)
		return;
	if (r->unable.code != ERR_OK) {
		/* What came back from a jail meanwhile is told so, too. */
		batch_refuse(r->batch, &r->unable);
		return;
	}
	r->gathers = 0;
	if (batch_commit(r->batch, &e) != 0) {
		if (strcmp(e.id, "store-full") == 0)
			recorder_unable(r, &e);
		else
			recorder_die(r, &e);
		return;
	}
	is = batch_counts_of(r->batch);
	if (is.commits != was.commits)
		tally_add(&r->counts.commit, tm_mono_us() - t0);
	log_debug("batch.commit", "operations=%llu failures=%llu ms=%lld",
	    (unsigned long long)(is.operations - was.operations),
	    (unsigned long long)(is.failures - was.failures),
	    (long long)(tm_mono_us() - t0) / 1000);
	/* What answers have added, and what was too much for one batch. */
	if (batch_ready(r->batch))
		ev_timer_set(r->again, 0);
	recorder_keys(r);
}

static void
commit(void *arg)
{
	struct recorder	*r = arg;

	if (!gather(r))
		commit_now(r);
}

void
recorder_kick(struct recorder *r)
{
	ev_after_turn(r->ev, commit, r);
}

/* ---- a disk that takes nothing */

static void
on_probe(void *arg)
{
	struct recorder	*r = arg;
	struct err	 e = ERR_INIT;

	if (office_ca_probe(&r->of, &e) == 0) {
		log_notice("store.able", "the disk takes something again");
		ev_stop(r->ev);
	} else if (strcmp(e.id, r->unable.id) != 0)
		recorder_die(r, &e);
	else
		ev_timer_set(r->probe, PROBE_MS);
}

void
recorder_unable(struct recorder *r, const struct err *why)
{
	if (r->unable.code != ERR_OK)
		return;
	log_error("store.unable", "code=%s \"%s\"", why->id, why->text);
	(void)err_set_id(&r->unable, ERR_BUSY, why->id, "%s",
	    strcmp(why->id, "store-full") == 0 ? "the disk is full: nothing "
	    "is recorded until there is room" : "the disk fails: nothing is "
	    "recorded until it works again");
	ev_timer_set(r->seen_timer, -1);
	ev_timer_set(r->resign, -1);
	ev_timer_set(r->chores, -1);
	ev_timer_set(r->probe, PROBE_MS);
	r->seen = SEEN_WAIT;
	batch_hold(r->batch, true);
	batch_refuse(r->batch, &r->unable);
}

/* What is there may be signed anew by a clock that is behind: it says less than
 * it could. */
static int
clock_lets(const struct recorder *r, uint64_t size, struct err *e)
{
	const struct log_head	*head = log_head_of(r->of.lg);
	int			 rc;

	if ((rc = recorder_clock_records(r, e)) != 0 &&
	    size == head->size && strcmp(e->id, "clock-behind") == 0) {
		*e = (struct err)ERR_INIT;
		rc = 0;
	}
	return rc;
}

/* Ask the key process, ... */
static int
sign_ask(void *arg, uint64_t size, const struct hash *root, int64_t time,
    struct err *e)
{
	struct recorder	*r = arg;
	SignCheckpoint	 ask = SIGN_CHECKPOINT__INIT;
	int		 rc;

	r->sign_us = tm_mono_us();
	if ((rc = clock_lets(r, size, e)) != 0)
		return rc;
	if (r->key == NULL)
		return err_set_id(e, ERR_BUSY, "key-unavailable",
		    "the key process is not there just now");
	ask.origin = r->of.cf->origin;
	ask.size = size;
	ask.root.data = (uint8_t *)(uintptr_t)root->h;
	ask.root.len = SM3_LEN;
	ask.time = time;
	return chan_call_begin(r->key, MSG_TYPE__MSG_SIGN_CHECKPOINT,
	    &ask.base, &r->sign_id, e);
}

/* ... and believe only what verifies. */
static int
sign(void *arg, uint64_t size, const struct hash *root, int64_t time,
    char **note, struct err *e)
{
	struct recorder		*r = arg;
	ProtobufCMessage	*m = NULL;
	struct checkpoint	 cp;
	struct msg		 reply = { .fd = -1 };
	const char		*text;
	int64_t			 at;
	int			 rc;

	*note = NULL;
	if ((rc = chan_call_end(r->key, r->sign_id, SIGN_TIMEOUT_MS, &reply,
	    e)) != 0)
		return rc;
	if ((rc = msg_unpack(&signed_note__descriptor, reply.body, &m,
	    e)) != 0)
		goto out;
	text = ((const SignedNote *)m)->note;
	if ((rc = checkpoint_open(OCTETS(text, strlen(text)), r->vkey, &cp,
	    &at, e)) != 0)
		goto out;
	if (cp.size != size || at != time ||
	    memcmp(cp.root, root->h, SM3_LEN) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "wrong-answer", "the key "
		    "process signed another checkpoint than it was given");
		goto out;
	}
	*note = xstrdup(text);
	tally_add(&r->counts.sign, tm_mono_us() - r->sign_us);
out:
	protobuf_c_message_free_unpacked(m, NULL);
	msg_fini(&reply);
	return rc;
}

/* ---- what the recorder can */

int
recorder_may(const struct recorder *r, struct err *e)
{
	if (r->unable.code != ERR_OK) {
		*e = r->unable;
		return e->code;
	}
	if (r->seen == SEEN_BEHIND)
		return err_set_id(e, ERR_BUSY, "log-behind", "peers have "
		    "seen more of this log than it has: nothing is recorded");
	if (r->seen == SEEN_RESTORED)
		return err_set_id(e, ERR_BUSY, "log-restored", "this node came "
		    "from a backup: nothing is recorded until \"sealreg "
		    "restore\" has asked its peers");
	return recorder_clock_records(r, e);
}

int
recorder_can(const struct recorder *r, struct err *e)
{
	int	rc;

	if ((rc = recorder_may(r, e)) != 0)
		return rc;
	if (r->key == NULL)
		return err_set_id(e, ERR_BUSY, "key-unavailable",
		    "the key process is not there just now");
	if (r->seen == SEEN_WAIT)
		return err_set_id(e, ERR_BUSY, "not-ready",
		    "waiting to hear what peers have seen of this log");
	return 0;
}

struct chan *
recorder_jail(struct recorder *r)
{
	struct chan	*ch;
	unsigned	 i;

	for (i = 0; i < LIMIT_JAILS; i++) {
		ch = r->jail[r->next_jail++ % LIMIT_JAILS];
		if (ch != NULL)
			return ch;
	}
	return NULL;
}

/* ---- chores */

static int
prune_op(void *arg, struct err *e)
{
	struct recorder	*r = arg;

	return office_prune(&r->of, e);
}

static void
prune_done(void *arg, const struct err *e)
{
	(void)arg;
	if (e != NULL)
		log_warning("prune.failed", "code=%s \"%s\"", e->id, e->text);
}

static void
on_chores(void *arg)
{
	struct recorder	*r = arg;

	recorder_crl(r);
	recorder_clock(r);
	recorder_ocsp_some(r);
	recorder_keys(r);
	/* A key in a token may be back. */
	if (r->key != NULL)
		filer_again(r->filer);
	/* Seldom: each is a transaction, and there is no hurry. */
	if (r->turns++ % PRUNE_TURNS == 0) {
		batch_add(r->batch, false, prune_op, prune_done, r);
		recorder_kick(r);
	}
	ev_timer_set(r->chores, CHORES_MS);
}

static void
on_resign(void *arg)
{
	struct recorder			*r = arg;
	const struct log_head		*head = log_head_of(r->of.lg);
	int64_t				 age = r->of.now() - head->signed_at;

	if (r->key != NULL && age + 1 >= r->of.cf->resign_seconds) {
		batch_resign(r->batch);
		recorder_kick(r);
	}
	ev_timer_set(r->resign, 1000);
}

/* ---- links */

static void
begin(struct recorder *r)
{
	r->seen = SEEN_OK;
	batch_hold(r->batch, false);
	recorder_crl(r);
	filer_key_up(r->filer);
	recorder_ocsp(r);
	recorder_clock(r);
	recorder_kick(r);
}

/* Nobody said anything in time: a node alone in the world goes on. */
static void
on_seen_timer(void *arg)
{
	struct recorder	*r = arg;

	if (r->seen == SEEN_WAIT)
		begin(r);
}

void
recorder_seen(struct recorder *r, const char *note)
{
	const struct log_head	*head = log_head_of(r->of.lg);
	struct checkpoint	 cp;
	struct err		 e = ERR_INIT;
	int64_t			 at;

	if (r->unable.code != ERR_OK)
		return;		/* the next recorder will ask */
	if (note[0] != '\0' && checkpoint_open(OCTETS(note, strlen(note)),
	    r->vkey, &cp, &at, &e) != 0) {
		log_warning("seen.refused", "code=%s \"%s\"", e.id, e.text);
		note = "";
	}
	if (note[0] != '\0' && (cp.size > head->size ||
	    (cp.size == head->size &&
	    memcmp(cp.root, head->root.h, SM3_LEN) != 0))) {
		log_error("seen.behind", "ours=%llu seen=%llu: restore the "
		    "database from its newest copy",
		    (unsigned long long)head->size,
		    (unsigned long long)cp.size);
		r->seen = SEEN_BEHIND;
		batch_hold(r->batch, true);
		return;
	}
	if (r->seen == SEEN_WAIT)
		begin(r);
}

void
recorder_restored(struct recorder *r)
{
	r->seen = SEEN_RESTORED;
	log_warning("seen.restored", "from a backup: nothing is recorded "
	    "until \"sealreg restore --from-peers\"");
}

static void
key_close(void *arg, struct chan *ch)
{
	struct recorder	*r = arg;

	if (r->key == ch) {
		r->key = NULL;
		log_notice("key.lost", "filings in flight wait for the next");
	} else
		filer_key_up(r->filer);	/* it was replaced before it closed */
}

static void
jail_close(void *arg, struct chan *ch)
{
	struct recorder	*r = arg;
	unsigned	 i;

	for (i = 0; i < LIMIT_JAILS; i++)
		if (r->jail[i] == ch)
			r->jail[i] = NULL;
}

/* Key and jail are servants: they ask nothing. */
static void
servant_request(void *arg, struct chan *ch, struct msg *m)
{
	struct err	e = ERR_INIT;

	(void)arg;
	(void)err_set(&e, ERR_DENIED, "the recorder serves no such process");
	if (m->fd != -1)
		close(m->fd);
	chan_fail(ch, m->id, &e);
}

static const struct chan_hooks key_hooks = {
	.on_request = servant_request, .on_close = key_close
};
static const struct chan_hooks jail_hooks = {
	.on_request = servant_request, .on_close = jail_close
};

static void
link_client(struct recorder *r, bool is_sync, unsigned i, int fd)
{
	struct client	*cl = xcalloc(1, sizeof(*cl));

	cl->r = r;
	cl->is_sync = is_sync;
	cl->instance = i;
	cl->next = r->clients;
	r->clients = cl;
	cl->ch = chan_new(r->ev, fd, &client_hooks, cl);
}

void
recorder_link(struct recorder *r, const char *role, unsigned i, int fd)
{
	if (strcmp(role, "key") == 0) {
		r->counts.key_links++;
		r->key = chan_new(r->ev, fd, &key_hooks, r);
		r->keys_failed = false;
		recorder_crl(r);
		filer_key_up(r->filer);
		recorder_ocsp(r);
		recorder_keys(r);
	} else if (strcmp(role, "jail") == 0 && i < LIMIT_JAILS) {
		r->counts.jail_links++;
		r->jail[i] = chan_new(r->ev, fd, &jail_hooks, r);
	} else if (strcmp(role, "http") == 0 && i < LIMIT_CLIENTS) {
		r->counts.http_links++;
		link_client(r, false, i, fd);
	} else if (strcmp(role, "sync") == 0) {
		r->counts.sync_links++;
		link_client(r, true, i, fd);
	} else
		close(fd);
}

/* ---- life */

int
recorder_new(struct ev *ev, const struct office *of, struct recorder **out,
    struct err *e)
{
	struct recorder	*r = xcalloc(1, sizeof(*r));
	int		 rc;

	*out = NULL;
	r->ev = ev;
	r->of = *of;
	r->signer = (struct batch_signer){ .ask = sign_ask, .sign = sign,
	    .arg = r };
	r->batch = batch_new(of->st, of->lg, &r->signer, of->now);
	batch_hold(r->batch, true);
	r->filer = filer_new(r);
	r->throttle = throttle_new();
	r->shares = share_new();
	r->again = ev_timer_new(ev, commit, r);
	r->seen_timer = ev_timer_new(ev, on_seen_timer, r);
	r->resign = ev_timer_new(ev, on_resign, r);
	r->chores = ev_timer_new(ev, on_chores, r);
	r->probe = ev_timer_new(ev, on_probe, r);
	if (log_head_of(of->lg) == NULL) {
		rc = err_set(e, ERR_STORE, "the log has no genesis: "
		    "\"sealreg init\" has not come to its end");
		goto fail;
	}
	if ((rc = vkey_parse(of->cf->vkey, &r->vkey, e)) != 0 ||
	    (rc = recorder_tsa_init(r, e)) != 0 ||
	    (rc = filer_resume(r->filer, e)) != 0)
		goto fail;
	ev_timer_set(r->seen_timer, SEEN_WAIT_MS);
	ev_timer_set(r->resign, 1000);
	ev_timer_set(r->chores, CHORES_MS);
	*out = r;
	return 0;
fail:
	recorder_free(r);
	return rc;
}

void
recorder_free(struct recorder *r)
{
	struct client	*cl, *next;
	struct chan	*key;
	unsigned	 i;

	if (r == NULL)
		return;
	/* What waits for a servant is told first: it may be a filing. */
	key = r->key;
	r->key = NULL;
	chan_free(key);
	for (i = 0; i < LIMIT_JAILS; i++)
		chan_free(r->jail[i]);
	filer_free(r->filer);
	for (cl = r->clients; cl != NULL; cl = next) {
		next = cl->next;
		chan_free(cl->ch);
		free(cl);
	}
	batch_free(r->batch);
	ev_timer_free(r->again);
	ev_timer_free(r->seen_timer);
	ev_timer_free(r->resign);
	ev_timer_free(r->chores);
	ev_timer_free(r->probe);
	vkey_free(r->vkey);
	free(r->throttle);
	free(r->shares);
	free(r);
}

void
recorder_stop(struct recorder *r)
{
	commit_now(r);
	ev_stop(r->ev);
}

int
recorder_why(const struct recorder *r, struct err *e)
{
	if (r->fatal.code == ERR_OK)
		return 0;
	*e = r->fatal;
	return r->fatal.code;
}
