#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "registry/keep/doctor.h"
#include "registry/keep/restore.h"
#include "registry/node_fit.h"
#include "registry/rules.h"
#include "store/store.h"
#include "sync/log.h"
#include "sync/peer.h"

#define WEEK	(7 * 86400)
/* A peer's signature older than this is worth a look. */
#define LAG_WARNING	60
#define AHEAD_FAULT	60	/* seconds that a peer may be ahead of us */
/* Audited in full where that takes a moment. */
#define AUDIT_ALL	20000

/* A log and its handles.  idle: the writer of a node that is stopped. */
struct open_log {
	struct store		*idle, *st;
	struct logview		*lv;
	const struct log_head	*head;		/* NULL: empty */
};

static void
log_close(struct open_log *l)
{
	logview_free(l->lv);
	store_close(l->st);
	store_close(l->idle);
}

/* A transaction is open afterwards. */
static int
log_open_at(const struct doctor *d, const char *name, enum store_kind kind,
    struct open_log *l, struct err *e)
{
	static const enum stmt	 own[] = { LOG_MAY_READ, STMT_NONE };
	static const enum stmt	 peer[] = { LOG_MAY_READ, STMT_PEER_GET,
				    STMT_NONE };
	char			*path = config_path(d->cf, name);
	struct store_spec	 spec = { .path = path, .kind = kind,
				    .mode = STORE_WRITE,
				    .may = kind == STORE_PEER ? peer : own };
	int			 rc;

	memset(l, 0, sizeof(*l));
	/* Without a writer, a reader may find no index of the WAL. */
	if (!d->running && (rc = store_open(&spec, &l->idle, e)) != 0)
		goto out;
	spec.mode = STORE_READ;
	if ((rc = store_open(&spec, &l->st, e)) != 0 ||
	    (rc = store_begin(l->st, e)) != 0 ||
	    (rc = logview_open(l->st, &l->lv, e)) != 0)
		goto out;
	rc = logview_refresh(l->lv, &l->head, e);
out:
	free(path);
	return rc;
}

/* What helps against an error of the own log: a backup is the last resort. */
static const char *
advice_on_log(const struct err *e)
{
	static const char	*const table[][2] = {
		{ "not-ours", "give it back to the node's user; nothing is "
		    "lost" },
		{ "unknown-key", "vkey of sealreg.yaml is not the key of this "
		    "log: put back the line that init wrote (province.yaml "
		    "has the key)" },
		{ "bad-verifier-key", "put back the vkey that init wrote "
		    "(province.yaml has it)" },
		{ "store-full", "make room on the disk" },
		{ "store-busy", "look again in a moment" },
	};
	size_t	i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i][0], e->id) == 0)
			return table[i][1];
	return "run sealreg audit; then restore a backup "
	    "(docs/operations.md)";
}

/* ---- the own log */

/* The first epoch at or after index: its time. */
static int
epoch_time(struct open_log *l, uint64_t index, int64_t *t, struct err *e)
{
	struct octets	entry;
	enum entry_kind	kind;
	struct epoch	ep;
	int		rc;

	for (;; index++) {
		if ((rc = logview_entry(l->lv, index, &entry, e)) != 0 ||
		    (rc = entry_check(entry, &kind, NULL, e)) != 0)
			return rc;
		if (kind == ENTRY_EPOCH)
			break;
	}
	if ((rc = epoch_decode(entry, &ep, e)) == 0)
		*t = ep.time;
	return rc;
}

/* Entries of the last week, by halving: an epoch's time never falls. */
static int
growth(struct doctor *d, struct open_log *l, struct err *e)
{
	uint64_t	low = 0, high = l->head->size - 1, mid;
	int64_t		t = 0;
	int		rc;

	if ((rc = epoch_time(l, 0, &t, e)) != 0)
		return rc;
	d->log_age = d->now - t;
	while (low < high) {
		mid = low + (high - low) / 2;
		if ((rc = epoch_time(l, mid, &t, e)) != 0)
			return rc;
		if (t < d->now - WEEK)
			low = mid + 1;
		else
			high = mid;
	}
	d->log_size = l->head->size;
	d->log_week = l->head->size - low;
	return 0;
}

/* Signed by the configured key, and the newest rows agree with it. */
static int
check_tail(const struct doctor *d, struct open_log *l, bool *whole,
    struct err *e)
{
	struct log_audit	 a;
	struct checkpoint	 cp;
	struct vkey		*vk = NULL;
	struct log		*lg = NULL;
	int64_t			 t;
	int			 rc;

	*whole = l->head->size <= AUDIT_ALL;
	if ((rc = vkey_parse(d->cf->vkey, &vk, e)) != 0 ||
	    (rc = checkpoint_open(OCTETS(l->head->checkpoint,
	    strlen(l->head->checkpoint)), vk, &cp, &t, e)) != 0)
		goto out;
	if (cp.size != l->head->size ||
	    memcmp(cp.root, l->head->root.h, SM3_LEN) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "audit-differs",
		    "the signed checkpoint is not of this head");
		goto out;
	}
	if ((rc = log_new(l->st, &registry_rules, &lg, e)) != 0)
		goto out;
	if (*whole)
		rc = log_audit(l->st, &registry_rules, &a, e);
out:
	log_free(lg);
	vkey_free(vk);
	return rc;
}

static void
say_signature(struct doctor *d, int64_t age)
{
	char	span[32];

	doctor_span(age < 0 ? -age : age, span);
	if (age < -5)
		doctor_say(d, "signature", DOCTOR_FAULT, "this clock is "
		    "behind, or was ahead: set it right; if it is right, wait: "
		    "by more than 60 s nothing is recorded, and peers and "
		    "lookups do not take what was signed (docs/operations.md, "
		    "The clock is wrong)", "the last checkpoint was signed %s from now", span);
	else if (d->running && age > 3 * d->cf->resign_seconds + 20)
		doctor_say(d, "signature", DOCTOR_FAULT, "the recorder or the "
		    "key process does not sign: look for \"error\" in the log",
		    "the last checkpoint was signed %s ago", span);
	else
		doctor_say(d, "signature", DOCTOR_GOOD, NULL, "the last "
		    "checkpoint was signed %s ago", span);
}

void
doctor_logs(struct doctor *d)
{
	struct open_log	l;
	struct err	e = ERR_INIT;
	bool		whole = false;

	if (config_is_restored(d->cf))
		doctor_say(d, "restored", DOCTOR_FAULT, "stop the node; "
		    "sealreg restore --data DIR --from-peers",
		    "this node came from a backup and has not asked its peers "
		    "yet: nothing is recorded");
	memset(&l, 0, sizeof(l));
	if (node_ours(d->cf->dir, BACKUP_DATABASE, d->running ? R_OK :
	    R_OK | W_OK, &e) != 0 ||
	    log_open_at(d, BACKUP_DATABASE, STORE_PROVINCE, &l, &e) != 0 ||
	    (l.head != NULL && (growth(d, &l, &e) != 0 ||
	    check_tail(d, &l, &whole, &e) != 0))) {
		doctor_say(d, "log", DOCTOR_FAULT, advice_on_log(&e), "the own "
		    "log is not as it must be: %s [%s]", e.text, e.id);
	} else if (l.head == NULL) {
		doctor_say(d, "log", DOCTOR_FAULT, "sealreg init has not come "
		    "to its end", "the own log is empty");
	} else {
		doctor_say(d, "log", DOCTOR_GOOD, NULL, "%" PRIu64
		    " entries, %" PRIu64 " seals; %s", l.head->size,
		    l.head->map_count, whole ? "every entry was recomputed" :
		    "checkpoint and newest rows agree (sealreg audit "
		    "recomputes all)");
		say_signature(d, d->now - l.head->signed_at);
	}
	log_close(&l);
}

/* ---- peers */

/* By the stable code of the last try. */
static const char *
advice_on_peer(const struct peer_state *ps)
{
	static const char	*const table[][2] = {
		{ "peer-refuses", "it does not know us: agree on a token, under "
		    "peer_tokens there and peers here (sealreg.yaml(5)); then "
		    "reload both" },
		{ "tls-refused", "it wants a client certificate that its CA "
		    "signed: peer_tls_certificate in sealreg.yaml(5)" },
		{ "tls-untrusted", "its certificate is by another CA, of "
		    "another name or out of date: tell its operators, or "
		    "mend peer_ca in sealreg.yaml(5)" },
		{ "unknown-key", "our trust list is older than its key: fetch "
		    "the nation's newest into DIR/trust, restart" },
		{ "time-in-future", "it signs ahead of our time: compare both "
		    "clocks with a third" },
		{ "bad-answer", "is the url that the trust list has of it "
		    "right?" },
		{ "store-full", "make room on the disk" },
	};
	size_t	i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i][0], ps->error) == 0)
			return table[i][1];
	return "look whether its node runs and can be reached";
}

static void
say_dispute(struct doctor *d, const char *p, const struct peer_state *ps)
{
	doctor_say(d, "peer", DOCTOR_FAULT, "answers about it are unknown: "
	    "settle it with that province (docs/operations.md, A peer is "
	    "disputed)", "%s: DISPUTED (%s), held at its last good state", p,
	    ps->why);
}

static void
say_lag(struct doctor *d, const char *p, const struct log_head *head,
    const struct peer_state *ps)
{
	const int64_t	lag = d->now - head->signed_at;
	char		span[32];
	const char	*why = ps->error[0] != '\0' ? ps->error : "no error";

	doctor_span(lag < 0 ? -lag : lag, span);
	if (lag < -AHEAD_FAULT)
		doctor_say(d, "peer", DOCTOR_FAULT, "compare both clocks with "
		    "a third", "%s: signed %s from now: its clock or ours is "
		    "wrong", p, span);
	else if (lag > d->trust->max_age)
		doctor_say(d, "peer", DOCTOR_FAULT, advice_on_peer(ps),
		    "%s: answers about it are unknown: last signature %s ago, "
		    "%" PRIu64 " entries (%s)", p, span, head->size, why);
	else
		doctor_say(d, "peer", lag > LAG_WARNING && d->running ?
		    DOCTOR_WARNING : DOCTOR_GOOD, lag > LAG_WARNING ?
		    advice_on_peer(ps) : NULL,
		    "%s: %" PRIu64 " entries, last signature %s ago", p,
		    head->size, span);
}

static void
look_at_peer(struct doctor *d, const struct trust_province *p)
{
	struct peer_state	 ps;
	struct open_log		 l;
	struct err		 e = ERR_INIT;
	char			*name = xasprintf("peer-%s.db", p->province);
	char			*path = config_path(d->cf, name);

	memset(&l, 0, sizeof(l));
	if (access(path, F_OK) != 0) {
		doctor_say(d, "peer", DOCTOR_WARNING, d->running ? "restart "
		    "the node, if it has run for a minute" : "start the node",
		    "%s: nothing of it was ever fetched", p->province);
		goto out;
	}
	if (log_open_at(d, name, STORE_PEER, &l, &e) != 0 ||
	    peer_state_load(l.st, &ps, &e) != 0) {
		doctor_say(d, "peer", DOCTOR_FAULT, "stop the node, move the "
		    "file away and start it again: it is fetched anew",
		    "%s: its copy cannot be read: %s [%s]", p->province,
		    e.text, e.id);
		goto out;
	}
	if (ps.disputed)
		say_dispute(d, p->province, &ps);
	else if (l.head == NULL)
		doctor_say(d, "peer", DOCTOR_WARNING, advice_on_peer(&ps),
		    "%s: nothing was accepted yet (%s)", p->province,
		    ps.error[0] != '\0' ? ps.error : "no try yet");
	else
		say_lag(d, p->province, l.head, &ps);
	peer_state_fini(&ps);
out:
	log_close(&l);
	free(path);
	free(name);
}

void
doctor_peers(struct doctor *d)
{
	size_t	i;

	for (i = 0; d->trust != NULL && i < d->trust->nprovinces; i++)
		if (strcmp(d->trust->provinces[i].province,
		    d->cf->province) != 0)
			look_at_peer(d, &d->trust->provinces[i]);
}
