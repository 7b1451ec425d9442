#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/office/batch.h"

/* Operations of one transaction: bounds what a COMMIT has to write. */
#define LIMIT_BATCH	512

struct op {
	bool		 appends;
	bool		 failed;
	batch_run	*run;
	batch_done	*done;
	void		*arg;
	struct err	 why;
	struct op	*next;
};

struct batch {
	struct store		*st;
	struct log		*lg;
	const struct batch_signer *signer;
	int64_t			 (*now)(void);
	struct op		*first, **last;
	size_t			 waiting;	/* operations in the list */
	size_t			 appending;	/* of them with .appends */
	bool			 held, resign;
	struct batch_counts	 counts;
};

struct batch *
batch_new(struct store *st, struct log *lg, const struct batch_signer *signer,
    int64_t (*now)(void))
{
	struct batch	*b = xcalloc(1, sizeof(*b));

	b->st = st;
	b->lg = lg;
	b->signer = signer;
	b->now = now;
	b->last = &b->first;
	return b;
}

void
batch_free(struct batch *b)
{
	struct op	*op;

	if (b == NULL)
		return;
	while ((op = b->first) != NULL) {
		b->first = op->next;
		free(op);
	}
	free(b);
}

void
batch_add(struct batch *b, bool appends, batch_run *run, batch_done *done,
    void *arg)
{
	struct op	*op = xcalloc(1, sizeof(*op));

	op->appends = appends;
	op->run = run;
	op->done = done;
	op->arg = arg;
	*b->last = op;
	b->last = &op->next;
	b->waiting++;
	b->appending += appends;
}

void
batch_resign(struct batch *b)
{
	b->resign = true;
}

void
batch_hold(struct batch *b, bool held)
{
	b->held = held;
}

bool
batch_ready(const struct batch *b)
{
	if (b->held)
		return b->waiting > b->appending;
	return b->waiting > 0 || b->resign;
}

size_t
batch_waiting(const struct batch *b)
{
	return b->waiting;
}

struct batch_counts
batch_counts_of(const struct batch *b)
{
	return b->counts;
}

/* Take what may go now, in order, at most LIMIT_BATCH. */
static struct op *
take_ready(struct batch *b)
{
	struct op	*got = NULL, **end = &got, **p = &b->first, *op;
	size_t		 n = 0;

	while ((op = *p) != NULL && n < LIMIT_BATCH) {
		if (b->held && op->appends) {
			p = &op->next;
			continue;
		}
		*p = op->next;
		op->next = NULL;
		*end = op;
		end = &op->next;
		b->waiting--;
		b->appending -= op->appends;
		n++;
	}
	for (b->last = &b->first; *b->last != NULL; b->last = &(*b->last)->next)
		;
	return got;
}

/* Run one operation in its savepoint.  Fails only if the store does. */
static int
run_op(struct batch *b, struct op *op, struct err *e)
{
	const struct err	 fresh = ERR_INIT;
	struct log_mark		*m;
	int			 rc;

	if ((rc = store_savepoint(b->st, e)) != 0)
		return rc;
	m = log_mark(b->lg);
	op->why = fresh;
	if (op->run(op->arg, &op->why) == 0)
		return store_release(b->st, e);
	op->failed = true;
	store_undo(b->st);
	log_undo(b->lg, m);
	return 0;
}

/* Sign and store the checkpoint of what was appended, or the head again. */
static int
publish(struct batch *b, bool appended, struct err *e)
{
	const struct log_head	*head = log_head_of(b->lg);
	struct hash		 root;
	uint64_t		 size;
	int64_t			 t = b->now();
	char			*note = NULL;
	int			 rc;

	/* A clock that was set back must not make time fall. */
	if (head != NULL && t < head->signed_at)
		t = head->signed_at;
	if (head != NULL && t < head->epoch_time)
		t = head->epoch_time;
	if (appended) {
		if ((rc = log_seal(b->lg, t, OCTETS(NULL, 0), &size, &root,
		    e)) != 0)
			return rc;
	} else {
		assert(head != NULL);	/* who calls has looked */
		size = head->size;
		root = head->root;
	}
	if (b->signer->ask != NULL && (rc = b->signer->ask(b->signer->arg,
	    size, &root, t, e)) != 0)
		goto out;
	/* What the disk says now is what is signed, or nothing leaves. */
	if (appended && (rc = log_reread(b->lg, e)) != 0)
		goto out;
	if ((rc = b->signer->sign(b->signer->arg, size, &root, t, &note,
	    e)) != 0)
		goto out;
	if ((rc = log_publish(b->lg, note, t, e)) != 0)
		goto out;
	b->counts.checkpoints++;
out:
	free(note);
	return rc;
}

/*
 * One attempt.  *unsigned_: it was rolled back because no signature could be
 * had; *why says so.
 */
static int
attempt(struct batch *b, struct op *ops, bool resign, struct err *why,
    bool *unsigned_, struct err *e)
{
	struct op	*op;
	uint64_t	 before;
	bool		 appended;
	int		 rc;

	*unsigned_ = false;
	if ((rc = store_begin(b->st, e)) != 0)
		return rc;
	if ((rc = log_begin(b->lg, e)) != 0)
		goto fail;
	before = log_size_now(b->lg);
	for (op = ops; op != NULL; op = op->next)
		if (!op->failed && (rc = run_op(b, op, e)) != 0)
			goto fail;
	appended = log_size_now(b->lg) > before;
	if (appended || (resign && log_head_of(b->lg) != NULL)) {
		rc = publish(b, appended, why);
		if (rc == ERR_BUSY) {
			*unsigned_ = true;
			rc = 0;
			goto undo;
		}
		if (rc != 0) {
			*e = *why;
			goto fail;
		}
	}
	if ((rc = store_commit(b->st, e)) != 0)
		goto fail;
	log_settle(b->lg, true);
	b->counts.commits++;
	return 0;
fail:
	/* Whoever asked ends now: no other code may look like a refusal. */
	if (rc != ERR_CONFLICT)
		rc = ERR_STORE;
undo:
	store_rollback(b->st);
	log_settle(b->lg, false);
	return rc;
}

static void
answer(struct batch *b, struct op *op, const struct err *e)
{
	b->counts.operations++;
	b->counts.failures += e != NULL;
	op->done(op->arg, e);
}

void
batch_refuse(struct batch *b, const struct err *e)
{
	struct op	*op;

	while ((op = b->first) != NULL) {
		if ((b->first = op->next) == NULL)
			b->last = &b->first;
		b->waiting--;
		b->appending -= op->appends;
		answer(b, op, e);
		free(op);
	}
}

int
batch_commit(struct batch *b, struct err *e)
{
	struct err	 why = ERR_INIT, full = ERR_INIT;
	struct op	*ops, *op;
	bool		 resign = b->resign && !b->held, unsigned_;
	int		 rc;

	if (!batch_ready(b))
		return 0;
	ops = take_ready(b);
	b->resign = b->resign && b->held;

	rc = attempt(b, ops, resign, &why, &unsigned_, e);
	if (rc == 0 && unsigned_) {
		/* Without a key only what needs no signature can go on. */
		for (op = ops; op != NULL; op = op->next)
			if (op->appends && !op->failed) {
				op->failed = true;
				op->why = why;
			}
		rc = attempt(b, ops, false, &why, &unsigned_, e);
	}
	if (rc == ERR_STORE && strcmp(e->id, "store-full") == 0)
		(void)err_set_id(&full, ERR_BUSY, e->id, "the disk is full: "
		    "nothing is recorded until there is room");
	while ((op = ops) != NULL) {
		ops = op->next;
		if (rc == 0)
			answer(b, op, op->failed ? &op->why : NULL);
		else if (full.code != ERR_OK)
			answer(b, op, op->failed ? &op->why : &full);
		free(op);
	}
	return rc;
}
