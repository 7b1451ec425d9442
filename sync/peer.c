#include "sync/peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tm.h"

struct peer *
peer_new(const char *province, const char *origin)
{
	struct peer	*p = xcalloc(1, sizeof(*p));

	p->province = xstrdup(province);
	p->origin = xstrdup(origin);
	return p;
}

static void
token_free(char *token)
{
	if (token != NULL)
		mem_wipe(token, strlen(token));
	free(token);
}

void
peer_free(struct peer *p)
{
	size_t	i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nsources; i++) {
		token_free(p->sources[i].token);
		free(p->sources[i].url);
	}
	free(p->sources);
	free(p->province);
	free(p->origin);
	free(p);
}

void
peer_add_source(struct peer *p, const char *url, const char *token,
    bool owner)
{
	struct peer_source	*s;

	p->sources = xreallocarray(p->sources, p->nsources + 1,
	    sizeof(*p->sources));
	s = &p->sources[p->nsources++];
	s->url = xstrdup(url);
	s->token = token != NULL ? xstrdup(token) : NULL;
	s->owner = owner;
}

void
peer_set_token(struct peer *p, const char *url, const char *token)
{
	struct peer_source	*s;

	for (s = p->sources; s < p->sources + p->nsources; s++) {
		if (strcmp(s->url, url) != 0)
			continue;
		token_free(s->token);
		s->token = token != NULL ? xstrdup(token) : NULL;
	}
}

/* From 80 to 120 %, so that peers do not all ask at once. */
static int64_t
jitter(int64_t ms, uint8_t spread)
{
	return ms * (800 + (int64_t)spread * 400 / 255) / 1000;
}

static void
go_to(struct peer *p, size_t at, int64_t mono)
{
	bool	was_owner = p->sources[p->at].owner;

	p->at = at;
	if (p->sources[at].owner)
		p->away_since = 0;
	else if (was_owner)
		p->away_since = mono;
}

int64_t
peer_good(struct peer *p, int64_t poll_ms, uint8_t spread, int64_t mono)
{
	p->fails = 0;
	p->fails_here = 0;
	/* Others can only be as fresh as they are: look for the owner again. */
	if (p->nsources > 0 && !p->sources[p->at].owner &&
	    mono - p->away_since >= PEER_HOME_MS && p->sources[0].owner) {
		go_to(p, 0, mono);
		p->fails_here = PEER_TRIES_A_SOURCE - 1;
	}
	return jitter(poll_ms, spread);
}

int64_t
peer_bad(struct peer *p, int64_t poll_ms, uint8_t spread, int64_t mono)
{
	int64_t		ms = poll_ms;
	unsigned	i;

	p->fails++;
	p->fails_here++;
	if (p->fails_here >= PEER_TRIES_A_SOURCE && p->nsources > 1) {
		go_to(p, (p->at + 1) % p->nsources, mono);
		p->fails_here = 0;
	}
	/* Twice as long after every second failure. */
	for (i = 2; i < p->fails && ms < PEER_BACKOFF_MAX_MS; i += 2)
		ms *= 2;
	if (ms > PEER_BACKOFF_MAX_MS)
		ms = PEER_BACKOFF_MAX_MS;
	return jitter(ms, spread);
}

/* ---- the row of peer_state ---- */

static char *
text_of(struct query *q, int col)
{
	const char	*s = query_text(q, col);

	return s != NULL ? xstrdup(s) : NULL;
}

static void
id_of(struct query *q, int col, char out[ERR_ID_MAX])
{
	const char	*s = query_text(q, col);
	size_t		 n = s != NULL ? strlen(s) : 0;

	if (n >= ERR_ID_MAX)
		n = ERR_ID_MAX - 1;
	if (n > 0)
		memcpy(out, s, n);
	out[n] = '\0';
}

int
peer_state_load(struct store *st, struct peer_state *ps, struct err *e)
{
	struct query	*q = NULL;
	bool		 row;
	int		 rc;

	memset(ps, 0, sizeof(*ps));
	if ((rc = store_query(st, STMT_PEER_GET, NULL, 0, &q, e)) != 0 ||
	    (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (row) {
		ps->disputed = query_int(q, 0) != 0;
		id_of(q, 1, ps->why);
		ps->note_held = text_of(q, 2);
		ps->note_seen = text_of(q, 3);
		ps->disputed_at = query_int(q, 4);
		ps->contact = query_int(q, 5);
		id_of(q, 6, ps->error);
	}
	rc = 0;
out:
	query_done(q);
	return rc;
}

void
peer_state_fini(struct peer_state *ps)
{
	free(ps->note_held);
	free(ps->note_seen);
	memset(ps, 0, sizeof(*ps));
}

int
peer_state_good(struct store *st, int64_t contact, struct err *e)
{
	const struct val	v[] = { val_int(contact), val_null() };

	return store_run(st, STMT_PEER_CONTACT, v, 2, NULL, e);
}

int
peer_state_error(struct store *st, const char *error, struct err *e)
{
	const struct val	v[] = { val_text(error) };

	return store_run(st, STMT_PEER_ERROR, v, 1, NULL, e);
}

int
peer_state_dispute(struct store *st, const char *why, const char *note_held,
    const char *note_seen, int64_t now, struct err *e)
{
	const struct val	v[] = {
		val_text(why), val_text(note_held), val_text(note_seen),
		val_int(now)
	};

	return store_run(st, STMT_PEER_DISPUTE, v, 4, NULL, e);
}
