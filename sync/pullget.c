#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sync/entry.h"
#include "sync/log.h"
#include "sync/pullwork.h"

/*
 * What stands under a larger checkpoint.  Every new entry is hashed
 * and, as long as that goes well, replayed.  Only when all are there does it
 * show whether they make the signed root; until then a refused entry says
 * nothing about the owner: it may have been altered on the way.
 */

static void	look_for_fork(struct pull *p);

static void
tiles_drop(struct pull *p)
{
	size_t	i;

	for (i = 0; i < p->ntiles; i++)
		free(p->tiles[i].hashes);
	free(p->tiles);
	p->tiles = NULL;
	p->ntiles = 0;
}

static void
stop_replay(struct pull *p)
{
	if (!p->replaying)
		return;
	store_rollback(p->spec.st);
	log_settle(p->log, false);
	p->replaying = false;
}

void
pull_round_drop(struct pull *p)
{
	pull_ahead_drop(p);
	stop_replay(p);
	tiles_drop(p);
}

static int
load_edge(struct pull *p, struct err *e)
{
	struct tile_rows	 rows;
	struct tlog_reader	 rd;
	int			 rc;

	tile_rows_init(&rows, p->spec.st);
	rd = tile_rows_reader(&rows);
	rc = tlog_edge_load(&rd, pull_size(p), &p->edge, e);
	tile_rows_fini(&rows);
	return rc;
}

void
pull_round(struct pull *p)
{
	struct err	e = ERR_INIT;

	p->state = PULL_BUNDLES;
	p->verdict = (struct err)ERR_INIT;
	if (load_edge(p, &e) != 0 || store_begin(p->spec.st, &e) != 0) {
		pull_hold_err(p, &e);
		return;
	}
	p->replaying = true;
	if (log_begin(p->log, &e) != 0) {
		pull_hold_err(p, &e);
		return;
	}
	pull_ahead_start(p);
}

/* ---- entries ---- */

/* Is it the owner's fault, if the entries are the owner's? */
static bool
is_verdict(int rc)
{
	return rc == ERR_VERIFY || rc == ERR_FORMAT;
}

static int
take_entry(struct pull *p, struct octets entry, struct err *e)
{
	struct hash	leaf;
	int		rc;

	entry_leaf(entry, leaf.h);
	tlog_edge_append(&p->edge, &leaf);
	if (!p->replaying)
		return 0;
	rc = log_replay(p->log, entry, &p->verdict);
	if (is_verdict(rc)) {
		stop_replay(p);
		return 0;
	}
	if (rc != 0 && e != NULL)
		*e = p->verdict;
	return rc;
}

static int
take_entries(struct pull *p, const struct tile_name *t, struct octets body,
    struct err *e)
{
	struct cursor		c = cursor_of(body.p, body.len);
	struct octets		entry;
	uint64_t		first = t->n * TILE_WIDTH;
	unsigned		i;
	int			rc;

	/* Whole, or nothing of it is looked at. */
	for (i = 0; bundle_next(&c, &entry); i++)
		;
	if (i != t->width || cursor_left(&c) > 0)
		return err_set_id(e, ERR_VERIFY, "bundle-differs",
		    "a bundle of %u entries has %u", t->width, i);
	c = cursor_of(body.p, body.len);
	for (i = 0; i < t->width; i++) {
		if (!bundle_next(&c, &entry))
			break;
		if (first + i < p->edge.size)
			continue;	/* held already */
		if ((rc = take_entry(p, entry, e)) != 0)
			return rc;
	}
	return 0;
}

/* Every entry is there: do they make the root, and is it all legal? */
static void
end_round(struct pull *p)
{
	struct hash	root;
	struct err	e = ERR_INIT;
	int		rc;

	tlog_edge_root(&p->edge, &root);
	if (memcmp(root.h, p->cp.root, SM3_LEN) != 0) {
		stop_replay(p);
		if (pull_size(p) == 0)
			pull_hold(p, "bundle-differs",
			    "the entries do not make the signed root");
		else
			look_for_fork(p);
		return;
	}
	if (!p->replaying) {
		pull_dispute(p, "illegal", p->verdict.text);
		return;
	}
	rc = log_replay_end(p->log, &p->cp, p->note, p->time, &e);
	if (is_verdict(rc))
		pull_dispute(p, "illegal", e.text);
	else if (rc != 0 || log_reread(p->log, &e) != 0)
		pull_hold_err(p, &e);
	else
		pull_accept(p);
}

bool
pull_take(struct pull *p, const struct tile_name *name, struct octets body)
{
	struct err	e = ERR_INIT;

	if (take_entries(p, name, body, &e) != 0) {
		pull_hold_err(p, &e);
		return false;
	}
	if (p->edge.size < p->cp.size)
		return true;
	end_round(p);
	return false;
}

/* ---- is it a fork? ---- */

/*
 * A larger tree that is not a continuation of ours can only be told from
 * altered entries by its own hashes: they lead to the signed root and, at the
 * size we hold, to another root than ours.
 */
static int
read_tile(void *ctx, unsigned level, uint64_t i, struct hash *h,
    struct err *e)
{
	struct pull	*p = ctx;
	uint64_t	 all = p->cp.size >> 8 * level, left;
	size_t		 k;

	p->want.level = (int)level;
	p->want.n = i / TILE_WIDTH;
	for (k = 0; k < p->ntiles; k++)
		if (p->tiles[k].name.level == p->want.level &&
		    p->tiles[k].name.n == p->want.n) {
			memcpy(h->h, p->tiles[k].hashes +
			    i % TILE_WIDTH * SM3_LEN, SM3_LEN);
			return 0;
		}
	left = all - p->want.n * TILE_WIDTH;
	p->want.width = left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
	p->wants = true;
	return err_set(e, ERR_BUSY, "a tile is missing");
}

static void
on_tile(void *arg, const struct fetch_res *res, const struct err *e)
{
	struct pull		*p = arg;
	struct pull_tile	*t;

	if (e != NULL || res->status != 200 ||
	    res->body.len != p->want.width * SM3_LEN) {
		pull_hold(p, "bundle-differs",
		    "the entries do not make the signed root, and its tiles "
		    "are not to be had");
		return;
	}
	p->tiles = xreallocarray(p->tiles, p->ntiles + 1, sizeof(*p->tiles));
	t = &p->tiles[p->ntiles++];
	t->name = p->want;
	t->hashes = xmemdup(res->body.p, res->body.len);
	look_for_fork(p);
}

static void
look_for_fork(struct pull *p)
{
	const struct log_head	*head = log_head_of(p->log);
	struct tlog_reader	 rd = { read_tile, p };
	struct hash		 then, all;
	char			 name[TILE_NAME_MAX];

	p->state = PULL_TILES;
	p->wants = false;
	if (tlog_two_roots(&rd, head->size, p->cp.size, &then, &all,
	    NULL) != 0) {
		if (p->wants) {
			tile_name_format(&p->want, name);
			pull_get(p, name, false, TILE_WIDTH * SM3_LEN,
			    PULL_FETCH_MS, on_tile, p);
			return;
		}
		pull_hold(p, "bundle-differs", "the tiles make no proof");
	} else if (memcmp(all.h, p->cp.root, SM3_LEN) != 0 ||
	    memcmp(then.h, head->root.h, SM3_LEN) == 0) {
		pull_hold(p, "bundle-differs",
		    "the entries do not make the signed root");
	} else
		pull_dispute(p, "fork",
		    "a larger tree that does not continue ours");
}
