#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "filing/code.h"
#include "registry/judge/history.h"
#include "registry/judge/proof_chain.h"
#include "sync/entry.h"

/* The events of an answer that we are ready to read: what a node gives. */
#define LIMIT_HISTORY_EVENTS	LIMIT_PAST

static int
out_of_order(const char *what, struct err *e)
{
	return err_set_id(e, ERR_VERIFY, "history-order", "history: %s",
	    what);
}

bool
history_next(const struct history *h, uint64_t *index)
{
	const struct event	*last;

	if (h->past.n == 0)
		return false;
	last = &h->events[h->past.n - 1];
	*index = last->previous;
	return last->has_previous;
}

int
history_add(struct history *h, struct octets entry, uint64_t index,
    struct err *e)
{
	size_t		 n = h->past.n;
	uint64_t	 next = 0;
	struct event	 ev;
	struct record_box *box;
	uint8_t		*copy;
	int		 rc;

	if (n == LIMIT_PAST)
		return out_of_order("too many events", e);
	if (n > 0 && (!history_next(h, &next) || next != index))
		return out_of_order("an event is not the one that the later "
		    "one names", e);
	copy = xmemdup(entry.p, entry.len);
	if ((rc = event_read(OCTETS(copy, entry.len), &ev, &box, e)) != 0) {
		free(copy);
		return rc;
	}
	h->events = xreallocarray(h->events, n + 1, sizeof(h->events[0]));
	h->octets = xreallocarray(h->octets, n + 1, sizeof(h->octets[0]));
	h->boxes = xreallocarray(h->boxes, n + 1, sizeof(h->boxes[0]));
	h->events[n] = ev;
	h->octets[n] = copy;
	h->boxes[n] = box;
	h->past.events = h->events;
	h->past.n = n + 1;
	h->past.whole = !ev.has_previous;
	if (ev.has_previous && ev.previous >= index)
		return out_of_order("an event points forward", e);
	return 0;
}

void
history_fini(struct history *h)
{
	size_t	i;

	for (i = 0; i < h->past.n; i++) {
		record_box_free(h->boxes[i]);
		free(h->octets[i]);
	}
	free(h->events);
	free(h->octets);
	free(h->boxes);
	memset(h, 0, sizeof(*h));
}

/* One event of the answer: in the tree, and the one that must come here. */
static int
check_event(const json_t *o, const char *code, const struct proof *p,
    struct history *h, struct err *e)
{
	static const char *const names[] = { "index", "kind", "reason",
	    "entry", "path", "record", NULL };
	struct hash	*path = NULL, leaf;
	uint8_t		*entry = NULL;
	size_t		 n = 0, npath = 0;
	uint64_t	 index;
	int		 rc;

	if ((rc = proof_members(o, names, e)) != 0 ||
	    (rc = proof_uint(o, "index", &index, e)) != 0 ||
	    (rc = proof_octets(json_object_get(o, "entry"), "entry", &entry,
	    &n, e)) != 0 ||
	    (rc = proof_hashes(o, "path", TLOG_PATH_MAX, &path, &npath,
	    e)) != 0)
		goto out;
	entry_leaf(OCTETS(entry, n), leaf.h);
	if (index >= p->size || tlog_check_inclusion(&leaf, index, p->size,
	    path, npath, &p->root, NULL) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "history-path", "history: an "
		    "event's path does not lead to the checkpoint's root");
		goto out;
	}
	if ((rc = history_add(h, OCTETS(entry, n), index, e)) != 0)
		goto out;
	if (strcmp(h->events[h->past.n - 1].record.seal_code, code) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "history-record",
		    "history: an event is of another code");
		goto out;
	}
	rc = 0;
out:
	free(entry);
	free(path);
	return rc;
}

static int
check_events(const json_t *list, const char *code, const struct proof *p,
    struct history *h, struct err *e)
{
	struct octets	first;
	size_t		i;
	int		rc;

	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > LIMIT_HISTORY_EVENTS)
		return proof_malformed("\"events\" must be a list", e);
	for (i = 0; i < json_array_size(list); i++)
		if ((rc = check_event(json_array_get(list, i), code, p, h,
		    e)) != 0)
			return rc;
	first = h->events[0].record_octets;
	if (first.len != p->octets.len ||
	    memcmp(first.p, p->octets.p, first.len) != 0)
		return err_set_id(e, ERR_VERIFY, "history-record",
		    "history: the newest event is not the proven record");
	return 0;
}

static int
check(const json_t *root, const char *code, struct history *h,
    struct proof *p, struct err *e)
{
	static const char *const names[] = { "code", "as_of", "size", "proof",
	    "events", "earlier", NULL };
	struct proof_chain	 c;
	const char		*said;
	uint64_t		 size;
	int			 rc;

	memset(&c, 0, sizeof(c));
	if ((rc = proof_members(root, names, e)) != 0 ||
	    (rc = proof_text(root, "code", false, &said, e)) != 0)
		goto out;
	if (strcmp(said, code) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "answer-code",
		    "history: it is about another code");
		goto out;
	}
	if (json_is_null(json_object_get(root, "proof"))) {
		rc = 0;
		goto out;
	}
	if ((rc = proof_uint(root, "size", &size, e)) != 0 ||
	    (rc = proof_chain_read(json_object_get(root, "proof"), &c,
	    e)) != 0 ||
	    (rc = proof_chain_check(&c, code, p, e)) != 0)
		goto out;
	if (!p->present || size != p->size) {
		rc = err_set_id(e, ERR_VERIFY, "history-record",
		    "history: events without a proven record");
		goto out;
	}
	p->proven = true;
	rc = check_events(json_object_get(root, "events"), code, p, h, e);
out:
	proof_chain_fini(&c);
	return rc;
}

int
history_check(struct octets answer, const struct trust *t, const char *code,
    struct history *h, struct proof **out, struct err *e)
{
	struct proof	*p = xcalloc(1, sizeof(*p));
	json_t		*root = NULL;
	int		 rc;

	*out = NULL;
	memset(h, 0, sizeof(*h));
	if ((rc = seal_code_check(code, e)) != 0)
		goto out;
	if ((p->owner = trust_owner(t, code)) == NULL) {
		rc = err_set_id(e, ERR_INVAL, "invalid-code",
		    "no province owns the prefix of this code");
		goto out;
	}
	root = answer.len > LIMIT_ANSWER ? NULL :
	    json_loadb((const char *)answer.p, answer.len,
	    JSON_REJECT_DUPLICATES, NULL);
	if (root == NULL) {
		rc = proof_malformed("not JSON, or too long", e);
		goto out;
	}
	if ((rc = check(root, code, h, p, e)) != 0)
		goto out;
	if (p->proven) {
		*out = p;
		p = NULL;
	}
	rc = 0;
out:
	json_decref(root);
	proof_free(p);
	if (rc != 0)
		history_fini(h);
	return rc;
}
