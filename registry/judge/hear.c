#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/memo.h"
#include "filing/code.h"
#include "registry/judge/hear.h"
#include "registry/judge/history.h"

/* What was heard of one code, checked. */
struct heard {
	char			 code[SEAL_CODE_SIZE];
	int64_t			 at;		/* when it was asked */
	char			*answer, *events;	/* as they came */
	struct proof		*proof, *then;
	struct history		 history;
	bool			 asked_history;
	struct verify_word	 word;
};

struct hear {
	const char	*node;
	struct memo	*codes;		/* struct heard */
	int64_t		 silent_at;	/* when the node was not there */
	char		 silence[352];	/* what it was then; or "" */
};

static void
drop(void *value)
{
	struct heard	*h = value;

	proof_free(h->proof);
	proof_free(h->then);
	history_fini(&h->history);
	free(h->answer);
	free(h->events);
	free(h);
}

struct hear *
hear_new(const char *node, size_t codes)
{
	struct hear	*h = xcalloc(1, sizeof(*h));

	h->node = node;
	h->codes = memo_new(codes, LIMIT_HEAR, drop);
	return h;
}

void
hear_free(struct hear *h)
{
	if (h == NULL)
		return;
	memo_free(h->codes);
	free(h);
}

static void
say_error(struct verify_word *w, const char *what, const struct err *e)
{
	(void)snprintf(w->text, sizeof(w->text), "%s%s [%s]", what, e->text,
	    e->id);
}

/* Ask, unless nobody was there a moment ago. */
static int
ask_node(struct hear *r, const struct verify_ask *ask, struct heard *h,
    const struct proof_ask *q, struct err *e)
{
	int	rc;

	if (r->silence[0] != '\0' && ask->now >= r->silent_at &&
	    ask->now - r->silent_at < HEAR_SILENCE)
		return err_set_id(e, ERR_IO, "unreachable", "%s",
		    r->silence);
	rc = proof_ask_node(r->node, ask->trust, q, &h->proof, &h->answer, e);
	r->silence[0] = '\0';
	if (rc == ERR_IO) {
		r->silent_at = ask->now;
		(void)snprintf(r->silence, sizeof(r->silence), "%s", e->text);
	}
	return rc;
}

/* The answer, fetched, or kept already; checked. */
static void
hear_answer(const struct hear_file *f, const struct evidence_word *kept,
    struct heard *h)
{
	struct proof_ask	 q = { .code = h->code, .now = f->ask->now };
	struct verify_word	*w = &h->word;
	struct err		 why = ERR_INIT;
	int			 rc;

	if (f->hear->node != NULL)
		rc = ask_node(f->hear, f->ask, h, &q, &why);
	else if (kept != NULL && kept->answer != NULL)
		rc = proof_check(OCTETS(kept->answer, strlen(kept->answer)),
		    f->ask->trust, &q, &h->proof, &why);
	else
		rc = err_set_id(&why, ERR_IO, "nothing-kept", "%s",
		    kept != NULL && kept->silence != NULL ? kept->silence :
		    "the evidence says nothing of this code");
	if (rc == 0) {
		w->heard = HEARD_WORD;
		w->as_of = h->proof->as_of;
		w->record = h->proof->present ? &h->proof->record : NULL;
		return;
	}
	w->heard = rc == ERR_IO || rc == ERR_BUSY || rc == ERR_INVAL ?
	    HEARD_NOTHING : HEARD_BROKEN;
	say_error(w, w->heard == HEARD_BROKEN ?
	    "the node's proof does not hold: " : "", &why);
}

/*
 * The events behind the record.  A node that has none to give leaves the
 * record's word alone; a history that does not hold is an answer that lies.
 */
static void
hear_history(const struct hear_file *f, const struct evidence_word *kept,
    struct heard *h)
{
	const struct verify_ask	*ask = f->ask;
	struct err		 why = ERR_INIT;
	int			 rc = ERR_IO;

	h->asked_history = true;
	if (f->hear->node != NULL)
		rc = history_ask_node(f->hear->node, ask->trust, h->code,
		    &h->history, &h->then, &h->events, &why);
	else if (kept != NULL && kept->history != NULL)
		rc = history_check(OCTETS(kept->history,
		    strlen(kept->history)), ask->trust, h->code, &h->history,
		    &h->then, &why);
	if (rc == 0 && h->then != NULL &&
	    proof_doubt(h->then, ask->trust, ask->now) == WHY_NONE) {
		h->word.past = &h->history.past;
		h->word.record = &h->then->record;
		h->word.as_of = h->then->as_of;
	} else if (rc == ERR_FORMAT || rc == ERR_VERIFY) {
		h->word.heard = HEARD_BROKEN;
		say_error(&h->word, "the node's history does not hold: ",
		    &why);
	}
}

/* Why what was heard is not believed now, or WHY_NONE. */
static enum verdict_why
doubt(const struct heard *h, const struct verify_ask *ask)
{
	if (h->word.heard != HEARD_WORD)
		return WHY_NONE;
	if (h->word.past != NULL)
		return proof_doubt(h->then, ask->trust, ask->now);
	return h->proof->proven ? proof_doubt(h->proof, ask->trust,
	    ask->now) : h->proof->why;
}

/* A while ago, or by another clock: it is asked for again. */
static bool
is_stale(const struct heard *h, const struct verify_ask *ask)
{
	return ask->now < h->at || ask->now - h->at >= HEAR_SECONDS ||
	    (ask->now > h->at && doubt(h, ask) != WHY_NONE);
}

static struct heard *
heard_of(const struct hear_file *f, const char *code,
    const struct evidence_word *kept)
{
	struct octets	 key = OCTETS(code, strlen(code));
	struct heard	*h = memo_get(f->hear->codes, key);

	if (h != NULL && !is_stale(h, f->ask))
		return h;
	h = xcalloc(1, sizeof(*h));
	(void)snprintf(h->code, sizeof(h->code), "%s", code);
	h->at = f->ask->now;
	hear_answer(f, kept, h);
	if (!memo_put(f->hear->codes, key, h, sizeof(*h) + (h->answer !=
	    NULL ? 2 * strlen(h->answer) : 0)))
		return NULL;
	return h;
}

/* Into the evidence, once. */
static void
keep(struct evidence *ev, const struct heard *h)
{
	struct evidence_word	*kept = evidence_word(ev, h->code, true);

	if (kept == NULL)
		return;
	if (kept->answer == NULL && h->answer != NULL)
		kept->answer = xstrdup(h->answer);
	if (kept->history == NULL && h->events != NULL)
		kept->history = xstrdup(h->events);
	if (kept->answer == NULL && kept->silence == NULL &&
	    h->word.heard == HEARD_NOTHING)
		kept->silence = xstrdup(h->word.text);
}

void
hear_register(void *ctx, const struct trust_province *owner,
    const char *code, const struct verdict_case *c, struct verify_word *w)
{
	const struct hear_file		*f = ctx;
	const struct evidence_word	*kept = NULL;
	struct verdict_case		 with = *c;
	struct heard			*h;

	(void)owner;
	if (!f->ev->asked)
		return;
	if (f->hear->node == NULL)
		kept = evidence_word(f->ev, code, false);
	if ((h = heard_of(f, code, kept)) == NULL)
		return;
	with.record = h->word.record;
	if (h->word.heard == HEARD_WORD && doubt(h, f->ask) == WHY_NONE &&
	    past_is_wanted(&with) && !h->asked_history)
		hear_history(f, kept, h);
	if (f->keep && f->hear->node != NULL)
		keep(f->ev, h);
	*w = h->word;
	w->doubt = doubt(h, f->ask);
}
