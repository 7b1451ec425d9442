#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/mem.h"
#include "base/tm.h"
#include "filing/record.h"
#include "registry/node_tls.h"
#include "registry/office/office.h"
#include "registry/office/office_event.h"
#include "registry/keep/restore.h"
#include "registry/rules.h"
#include "store/store.h"
#include "sync/entry.h"
#include "sync/note.h"
#include "sync/pull.h"

/*
 * The rest of our own log, from the copies that peers hold.  They need not be
 * trusted: what they serve must make the root that our own key has signed.
 */

#define NOTE_MS		5000
#define BUNDLE_MS	30000

/* The largest checkpoint of ours that anybody holds. */
struct best {
	char			*note;		/* NULL: none */
	struct checkpoint	 cp;
	int64_t			 time;
	const char		*url;		/* tied to the trust list */
	const char		*province;
};

static bool
left_out(const struct restore_tail *tail, const char *province)
{
	size_t	i;

	for (i = 0; i < tail->nwithout; i++)
		if (strcmp(tail->without[i], province) == 0)
			return true;
	return false;
}

/* ---- asking */

/* *answered: it said what it holds of our log, or that it holds nothing. */
static int
ask_one(const struct trust_province *own, const char *province,
    const char *url, struct best *b, bool *answered, struct err *e)
{
	struct fetch_req	 req = { .max = LIMIT_PULL_NOTE,
				    .timeout_ms = NOTE_MS };
	struct fetch_res	 res;
	struct checkpoint	 cp;
	struct err		 none = ERR_INIT;
	char			*at = xasprintf("%s/log/%s/checkpoint", url,
				    own->province);
	int64_t			 t;
	int			 rc = 0;

	*answered = false;
	memset(&res, 0, sizeof(res));
	req.url = at;
	if (fetch_once(&req, &res, &none) != 0 ||
	    (res.status != 200 && res.status != 404))
		goto out;
	*answered = true;
	if (res.status == 404)
		goto out;
	/* A note that is not ours is no answer, and must be looked into. */
	if ((rc = trust_open_checkpoint(own, buf_octets(&res.body), &cp, &t,
	    e)) != 0 || (b->note != NULL && (cp.size < b->cp.size ||
	    (cp.size == b->cp.size && t <= b->time))))
		goto out;
	free(b->note);
	b->note = xstrndup((const char *)res.body.p, res.body.len);
	b->cp = cp;
	b->time = t;
	b->url = url;
	b->province = province;
out:
	fetch_res_fini(&res);
	free(at);
	return rc;
}

static int
ask_all(const struct trust *t, const struct trust_province *own,
    struct restore_tail *tail, struct best *b, struct err *e)
{
	const struct trust_province	*p;
	size_t				 i, k;
	bool				 answered;
	int				 rc;

	for (i = 0; i < t->nprovinces; i++) {
		p = &t->provinces[i];
		if (p == own || left_out(tail, p->province))
			continue;
		for (answered = false, k = 0; k < p->nurls && !answered; k++)
			if ((rc = ask_one(own, p->province, p->urls[k], b,
			    &answered, e)) != 0)
				return rc;
		if (!answered)
			return err_set_id(e, ERR_BUSY, "peers-missing",
			    "province %s does not say what it holds of this "
			    "log: ask again later, or decide to go on "
			    "--without %s", p->province, p->province);
		tail->peers++;
	}
	return 0;
}

/* ---- replaying */

static int
take_entry(struct office *of, struct restore_tail *tail, struct octets entry,
    struct err *e)
{
	struct record_box	*box = NULL;
	struct event		 ev;
	enum entry_kind		 kind;
	const char		*word;
	bool			 known;
	int			 rc;

	if ((rc = log_replay(of->lg, entry, e)) != 0 ||
	    (rc = entry_check(entry, &kind, NULL, e)) != 0 ||
	    kind != ENTRY_SEAL)
		return rc;
	if ((rc = event_read(entry, &ev, &box, e)) != 0 ||
	    (rc = event_replayed(of, &ev, &known, e)) != 0)
		goto out;
	word = event_word(ev.kind);
	tail->lost(tail->arg, ev.record.seal_code, ev.record.owner_name,
	    word != NULL ? word : "unknown");
out:
	record_box_free(box);
	return rc;
}

/* The bundle in which the next entry stands. */
static int
take_bundle(const struct config *cf, struct office *of,
    struct restore_tail *tail, const struct best *b, struct err *e)
{
	const uint64_t		 have = log_size_now(of->lg);
	struct tile_name	 t = { .level = -1, .n = have / TILE_WIDTH };
	const uint64_t		 first = t.n * TILE_WIDTH;
	const char		*token = config_peer_token(cf, b->province);
	char			*auth = xasprintf("Authorization: Bearer %s",
				    token != NULL ? token : "");
	const char		*const head[] = { auth, NULL };
	struct fetch_req	 req = { .max = LIMIT_PULL_BUNDLE,
				    .timeout_ms = BUNDLE_MS,
				    .headers = head };
	struct fetch_res	 res;
	struct cursor		 c;
	struct octets		 entry;
	char			 name[TILE_NAME_MAX], *url;
	uint64_t		 i;
	int			 rc;

	memset(&res, 0, sizeof(res));
	t.width = b->cp.size - first < TILE_WIDTH ?
	    (unsigned)(b->cp.size - first) : TILE_WIDTH;
	tile_name_format(&t, name);
	req.url = url = xasprintf("%s/log/%s/%s", b->url, cf->province, name);
	if ((rc = fetch_once(&req, &res, e)) != 0)
		goto out;
	if (res.status != 200) {
		rc = err_set_id(e, ERR_IO, "unreachable", "%s: status %d",
		    url, res.status);
		goto out;
	}
	c = cursor_of(res.body.p, res.body.len);
	for (i = 0; rc == 0 && i < t.width && bundle_next(&c, &entry); i++)
		if (first + i >= have)
			rc = take_entry(of, tail, entry, e);
	if (rc == 0 && (i != t.width || cursor_left(&c) > 0))
		rc = err_set_id(e, ERR_VERIFY, "bundle-differs",
		    "%s: a bundle of %u entries has others", url, t.width);
out:
	fetch_res_fini(&res);
	free(url);
	if (token != NULL)
		mem_wipe(auth, strlen(auth));
	free(auth);
	return rc;
}

static int
replay(const struct config *cf, struct office *of, struct restore_tail *tail,
    const struct best *b, struct err *e)
{
	int	rc;

	while (log_size_now(of->lg) < b->cp.size)
		if ((rc = take_bundle(cf, of, tail, b, e)) != 0)
			return rc;
	if ((rc = log_replay_end(of->lg, &b->cp, b->note, b->time, e)) != 0)
		return rc;
	return log_reread(of->lg, e);
}

/* Everything in one transaction, or nothing. */
static int
make_whole(const struct config *cf, struct office *of,
    struct restore_tail *tail, const struct best *b, struct err *e)
{
	const struct log_head	*head = log_head_of(of->lg);
	int			 rc;

	tail->before = tail->after = head->size;
	if (b->note != NULL && b->cp.size == head->size &&
	    memcmp(b->cp.root, head->root.h, SM3_LEN) != 0)
		return err_set_id(e, ERR_VERIFY, "log-differs", "province %s "
		    "holds another log of this size under our signature",
		    b->province);
	if ((rc = store_begin(of->st, e)) != 0)
		return rc;
	if (b->note != NULL && b->cp.size > head->size) {
		(void)snprintf(tail->source, sizeof(tail->source), "%s",
		    b->province);
		if ((rc = log_begin(of->lg, e)) != 0 ||
		    (rc = replay(cf, of, tail, b, e)) != 0)
			goto out;
		tail->after = b->cp.size;
	}
	if ((rc = event_replay_end(of, e)) != 0)
		goto out;
	rc = store_commit(of->st, e);
out:
	if (rc != 0)
		store_rollback(of->st);
	log_settle(of->lg, rc == 0);
	return rc;
}

int
restore_from_peers(const struct config *cf, const struct trust *t,
    struct restore_tail *tail, struct err *e)
{
	const struct trust_province	*own;
	struct office			 of = { .cf = cf, .now = tm_now };
	char				*path = config_path(cf,
					    BACKUP_DATABASE);
	const struct store_spec		 spec = { .path = path,
					    .mode = STORE_WRITE,
					    .kind = STORE_PROVINCE,
					    .may = office_statements };
	struct best			 b;
	int				 rc;

	memset(&b, 0, sizeof(b));
	tail->peers = 0;
	tail->source[0] = '\0';
	if ((own = trust_by_province(t, cf->province)) == NULL) {
		rc = err_set_id(e, ERR_INVAL, "not-in-trust-list",
		    "the trust list does not know province %s",
		    cf->province);
		goto out;
	}
	if (!tail->alone && ((rc = node_tls_identify(cf, e)) != 0 ||
	    (rc = ask_all(t, own, tail, &b, e)) != 0))
		goto out;
	if ((rc = store_open(&spec, &of.st, e)) != 0 ||
	    (rc = log_new(of.st, &registry_rules, &of.lg, e)) != 0)
		goto out;
	if (log_head_of(of.lg) == NULL) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-node",
		    "%s has no log yet", cf->dir);
		goto out;
	}
	if ((rc = make_whole(cf, &of, tail, &b, e)) != 0)
		goto out;
	rc = restore_settle(cf, e);
out:
	log_free(of.lg);
	store_close(of.st);
	free(b.note);
	free(path);
	return rc;
}
