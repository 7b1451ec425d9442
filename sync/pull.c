#include "sync/pull.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tm.h"
#include "sync/pullwork.h"

#define CHECKPOINT_MS	5000

const enum stmt pull_statements[] = {
	LOG_MAY_WRITE, STMT_PEER_GET, STMT_PEER_CONTACT, STMT_PEER_ERROR,
	STMT_PEER_DISPUTE, STMT_NONE
};

static void	poll_now(void *arg);
static void	on_checkpoint(void *arg, const struct fetch_res *res,
		    const struct err *e);

static int64_t
now_of(const struct pull *p)
{
	return p->spec.now != NULL ? p->spec.now() : tm_now();
}

static uint8_t
spread(void)
{
	uint8_t	b;

	sm_random(&b, 1);
	return b;
}

/* ---- life ---- */

int
pull_new(const struct pull_spec *spec, struct pull **out, struct err *e)
{
	struct pull		*p = xcalloc(1, sizeof(*p));
	struct peer_state	 ps;
	int			 rc;

	*out = NULL;
	p->spec = *spec;
	p->state = PULL_WAIT;
	p->timer = ev_timer_new(spec->ev, poll_now, p);
	p->fetch = fetch_new(spec->ev);
	pull_ahead_new(p);
	if ((rc = log_new(spec->st, spec->rules, &p->log, e)) != 0 ||
	    (rc = peer_state_load(spec->st, &ps, e)) != 0)
		goto out;
	if (ps.disputed)
		p->state = PULL_DISPUTED;
	memcpy(p->error, ps.error, sizeof(p->error));
	peer_state_fini(&ps);
	*out = p;
	p = NULL;
	rc = 0;
out:
	pull_free(p);
	return rc;
}

void
pull_free(struct pull *p)
{
	if (p == NULL)
		return;
	fetch_free(p->fetch);		/* nothing calls back from here on */
	ev_timer_free(p->timer);
	pull_round_drop(p);
	pull_ahead_free(p);
	log_free(p->log);
	peer_free(p->spec.peer);
	free(p->etag);
	free(p->etag_next);
	free(p->note);
	free(p);
}

enum pull_state
pull_state(const struct pull *p)
{
	return p->state;
}

uint64_t
pull_size(const struct pull *p)
{
	const struct log_head	*head = log_head_of(p->log);

	return head != NULL ? head->size : 0;
}

void
pull_set_token(struct pull *p, const char *url, const char *token)
{

	peer_set_token(p->spec.peer, url, token);
}

static void
tell(struct pull *p, enum pull_event_kind kind, const char *error,
    const char *text)
{
	struct pull_event	pe = {
		.kind = kind,
		.province = p->spec.peer->province,
		.size = pull_size(p),
		.ms = tm_mono_ms() - p->began,
		.error = error,
		.text = text
	};

	if (p->spec.on_event != NULL)
		p->spec.on_event(p->spec.arg, &pe);
}

void
pull_start(struct pull *p)
{
	struct peer_state	 ps;

	if (p->state == PULL_DISPUTED) {
		p->began = tm_mono_ms();
		if (peer_state_load(p->spec.st, &ps, NULL) == 0) {
			tell(p, PULL_DISPUTE, ps.why, "it has been for long");
			peer_state_fini(&ps);
		}
		return;
	}
	ev_timer_set(p->timer, 0);
}

/* ---- asking ---- */

void
pull_get(struct pull *p, const char *path, bool entries, size_t max,
    int64_t timeout_ms, fetch_done *done, void *arg)
{
	const struct peer_source *src = &p->spec.peer->sources[
	    p->spec.peer->at];
	const char		*headers[3] = { NULL, NULL, NULL };
	struct fetch_req	 req = { .max = max,
				     .timeout_ms = timeout_ms };
	char			*url, *token = NULL, *match = NULL;
	size_t			 n = 0;

	url = xasprintf("%s/log/%s/%s", src->url, p->spec.peer->province,
	    path);
	req.url = url;
	req.headers = headers;
	if (entries && src->token != NULL)
		headers[n++] = token = xasprintf("Authorization: Bearer %s",
		    src->token);
	if (p->state == PULL_CHECKPOINT && p->etag != NULL)
		headers[n++] = match = xasprintf("If-None-Match: %s",
		    p->etag);
	fetch_start(p->fetch, &req, done, arg);
	free(url);
	free(token);
	free(match);
}

static void
poll_now(void *arg)
{
	struct pull	*p = arg;

	p->state = PULL_CHECKPOINT;
	if (p->spec.peer->nsources == 0) {
		pull_hold(p, "unreachable", "the trust list has no url of it");
		return;
	}
	pull_get(p, "checkpoint", false, LIMIT_PULL_NOTE, CHECKPOINT_MS,
	    on_checkpoint, p);
}

bool
pull_no_answer(struct pull *p, const struct fetch_res *res,
    const struct err *e)
{
	const bool	refused = e == NULL && (res->status == 401 ||
			    res->status == 403);
	char		text[64];

	if (e != NULL) {
		pull_hold_err(p, e);
		return true;
	}
	if (res->status == 200)
		return false;
	(void)snprintf(text, sizeof(text), "HTTP status %d", res->status);
	pull_hold(p, refused ? "peer-refuses" : "bad-answer", text);
	return true;
}

/* ---- what comes of it ---- */

static void
wait_for(struct pull *p, int64_t ms)
{
	free(p->note);
	p->note = NULL;
	p->state = PULL_WAIT;
	ev_timer_set(p->timer, ms);
}

/* All is as it should be; wait for the next poll. */
static void
good(struct pull *p)
{
	size_t	at = p->spec.peer->at;
	int64_t	ms;

	p->ntold = 0;
	p->error[0] = '\0';
	ms = peer_good(p->spec.peer, p->spec.poll_ms, spread(), tm_mono_ms());
	if (p->etag_next != NULL) {
		free(p->etag);
		p->etag = p->etag_next;
		p->etag_next = NULL;
	}
	if (at != p->spec.peer->at) {
		free(p->etag);
		p->etag = NULL;
	}
	wait_for(p, ms);
}

/* Write what a dispute or an error is, in a transaction of its own. */
static int
remember(struct pull *p, const char *why, const char *error, struct err *e)
{
	const struct log_head	*head = log_head_of(p->log);
	struct store		*st = p->spec.st;
	int			 rc;

	if ((rc = store_begin(st, e)) != 0)
		return rc;
	if (why != NULL)
		rc = peer_state_dispute(st, why,
		    head != NULL ? head->checkpoint : NULL, p->note,
		    now_of(p), e);
	else if (error != NULL)
		rc = peer_state_error(st, error, e);
	else
		rc = peer_state_good(st, now_of(p), e);
	if (rc != 0) {
		store_rollback(st);
		return rc;
	}
	return store_commit(st, e);
}

void
pull_hold(struct pull *p, const char *error, const char *text)
{
	struct err	 e = ERR_INIT;
	size_t		 i;

	pull_round_drop(p);
	free(p->etag);
	free(p->etag_next);
	p->etag = p->etag_next = NULL;
	/* The store may be what fails: then the error is only told. */
	if (strcmp(p->error, error) != 0 &&
	    remember(p, NULL, error, &e) == 0)
		(void)snprintf(p->error, sizeof(p->error), "%s", error);

	for (i = 0; i < p->ntold; i++)
		if (strcmp(p->told[i], error) == 0)
			break;
	if (i == p->ntold && i < PULL_TOLD) {
		(void)snprintf(p->told[p->ntold++], ERR_ID_MAX, "%s", error);
		tell(p, PULL_HOLD, error, text);
	}
	wait_for(p, peer_bad(p->spec.peer, p->spec.poll_ms, spread(),
	    tm_mono_ms()));
}

void
pull_hold_err(struct pull *p, const struct err *why)
{
	pull_hold(p, why->id, why->text);
}

void
pull_dispute(struct pull *p, const char *why, const char *text)
{
	struct err	e = ERR_INIT;

	pull_round_drop(p);
	/* Not on disk is not disputed: it will be found out again. */
	if (remember(p, why, NULL, &e) != 0) {
		pull_hold_err(p, &e);
		return;
	}
	free(p->note);
	p->note = NULL;
	p->state = PULL_DISPUTED;
	tell(p, PULL_DISPUTE, why, text);
}

/* The replayed round, or a new signature of the same size, becomes durable. */
static int
commit(struct pull *p, struct err *e)
{
	int	rc;

	if ((rc = peer_state_good(p->spec.st, now_of(p), e)) != 0)
		goto out;
	rc = store_commit(p->spec.st, e);
out:
	if (rc != 0)
		store_rollback(p->spec.st);
	log_settle(p->log, rc == 0);
	p->replaying = false;
	return rc;
}

void
pull_accept(struct pull *p)
{
	struct err	e = ERR_INIT;

	if (commit(p, &e) != 0) {
		pull_hold_err(p, &e);
		return;
	}
	pull_round_drop(p);
	tell(p, PULL_ACCEPT, NULL, NULL);
	good(p);
}

/* The owner signed what we hold once more: keep the newer word. */
static void
refresh(struct pull *p)
{
	struct err	e = ERR_INIT;
	int		rc;

	if (store_begin(p->spec.st, &e) != 0) {
		pull_hold_err(p, &e);
		return;
	}
	if ((rc = log_begin(p->log, &e)) != 0 ||
	    (rc = log_publish(p->log, p->note, p->time, &e)) != 0) {
		store_rollback(p->spec.st);
		log_settle(p->log, false);
	} else
		rc = commit(p, &e);
	if (rc != 0) {
		pull_hold_err(p, &e);
		return;
	}
	tell(p, PULL_FRESH, NULL, NULL);
	good(p);
}

/* ---- judging a checkpoint ---- */

/* Is the tree of this smaller size the beginning of what we hold? */
static int
is_our_past(struct pull *p, bool *same, struct err *e)
{
	struct tile_rows	 rows;
	struct tlog_reader	 rd;
	struct hash		 root;
	int			 rc;

	*same = false;
	tile_rows_init(&rows, p->spec.st);
	rd = tile_rows_reader(&rows);
	if ((rc = tlog_root(&rd, p->cp.size, &root, e)) == 0)
		*same = memcmp(root.h, p->cp.root, SM3_LEN) == 0;
	tile_rows_fini(&rows);
	return rc;
}

static void
judge_smaller(struct pull *p, const struct log_head *head)
{
	struct err	e = ERR_INIT;
	bool		same;

	if (is_our_past(p, &same, &e) != 0)
		pull_hold_err(p, &e);
	else if (!same)
		pull_dispute(p, "fork",
		    "a smaller tree that is not the beginning of ours");
	else if (p->time > head->signed_at)
		pull_dispute(p, "rewind",
		    "a smaller size, signed later than a larger one");
	else if (p->spec.peer->sources[p->spec.peer->at].owner)
		pull_hold(p, "stale-checkpoint",
		    "the owner shows an older checkpoint than we hold");
	else
		good(p);	/* another node may be behind us */
}

static void
judge(struct pull *p)
{
	const struct log_head	*head = log_head_of(p->log);

	if (head != NULL && p->cp.size < head->size) {
		judge_smaller(p, head);
	} else if (head == NULL || p->cp.size > head->size) {
		pull_round(p);
	} else if (memcmp(p->cp.root, head->root.h, SM3_LEN) != 0) {
		pull_dispute(p, "fork", "one size, two roots");
	} else if (p->time > head->signed_at) {
		refresh(p);
	} else
		good(p);
}

static void
on_checkpoint(void *arg, const struct fetch_res *res, const struct err *e)
{
	struct pull	*p = arg;
	struct err	 why = ERR_INIT;

	p->began = tm_mono_ms();
	if (e == NULL && res->date != 0 && p->spec.on_date != NULL &&
	    p->spec.peer->sources[p->spec.peer->at].owner)
		p->spec.on_date(p->spec.arg, p->spec.who->province, res->date);
	if (e == NULL && res->status == 304 && p->etag != NULL) {
		if (p->error[0] != '\0')
			(void)remember(p, NULL, NULL, NULL); /* only news */
		good(p);
		return;
	}
	if (pull_no_answer(p, res, e))
		return;
	if (trust_open_checkpoint(p->spec.who, buf_octets(&res->body),
	    &p->cp, &p->time, &why) != 0) {
		pull_hold_err(p, &why);
		return;
	}
	if (p->spec.on_time != NULL)
		p->spec.on_time(p->spec.arg, p->spec.who->province, p->time);
	if (p->time > now_of(p) + PULL_CLOCK_SLACK) {
		pull_hold(p, "time-in-future",
		    "signed more than 60 s from now: whose clock is wrong?");
		return;
	}
	free(p->note);
	p->note = xstrndup((const char *)res->body.p, res->body.len);
	free(p->etag_next);
	p->etag_next = res->etag != NULL ? xstrdup(res->etag) : NULL;
	judge(p);
}
