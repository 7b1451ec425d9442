#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tm.h"
#include "registry/web/judge.h"
#include "registry/web/register.h"

int
web_history(struct logview *lv, uint64_t index, struct history *h,
    struct err *e)
{
	struct octets	entry;
	int		rc;

	do {
		if ((rc = logview_entry(lv, index, &entry, e)) != 0 ||
		    (rc = history_add(h, entry, index, e)) != 0)
			return rc;
	} while (h->past.n < LIMIT_PAST && history_next(h, &index));
	return 0;
}

static int
read_word(const struct web_register *reg, struct web_log *l,
    struct web_word *x, struct err *e)
{
	const struct log_head	*head;
	const struct policy	*p = reg->policy;
	struct log_proof	 proof;
	uint8_t			 key[SM3_LEN];
	bool			 disputed;
	int			 rc;

	if ((rc = web_log_begin(l, &head, &disputed, e)) != 0)
		return rc;
	x->word.heard = HEARD_WORD;
	x->word.as_of = head != NULL ? head->signed_at : 0;
	x->word.doubt = judge_source(reg->w, head, disputed, tm_now());
	/* The policy may want a fresher word than the trust list does. */
	if (x->word.doubt == WHY_NONE && p != NULL && p->max_age > 0 &&
	    tm_now() - x->word.as_of > p->max_age)
		x->word.doubt = WHY_TOO_OLD;
	if (x->word.doubt != WHY_NONE)
		return 0;
	record_key(x->code, key);
	if ((rc = logview_prove(l->lv, key, &proof, e)) != 0)
		return rc;
	if (proof.record.len == 0)
		return 0;
	x->index = proof.index;
	x->octets = xmemdup(proof.record.p,
	    proof.record.len);
	if ((rc = record_read(OCTETS(x->octets, proof.record.len), &x->record,
	    &x->box, e)) != 0)
		return rc;
	x->word.record = &x->record;
	return 0;
}

static struct web_word *
word_of(struct web_register *reg, struct web_log *l, const char *code)
{
	struct web_word	*x;
	struct err	 why = ERR_INIT;
	size_t		 i;

	for (i = 0; i < reg->n; i++)
		if (strcmp(reg->words[i]->code, code) == 0)
			return reg->words[i];
	x = reg->words[reg->n++] = xcalloc(1, sizeof(*x));
	(void)snprintf(x->code, sizeof(x->code), "%s", code);
	if (read_word(reg, l, x, &why) != 0) {
		x->word.heard = HEARD_NOTHING;
		(void)snprintf(x->word.text, sizeof(x->word.text),
		    "%s [%s]", why.text, why.id);
	}
	return x;
}

void
web_register_ask(void *ctx, const struct trust_province *owner,
    const char *code, const struct verdict_case *c, struct verify_word *w)
{
	struct web_register	*reg = ctx;
	struct web_log		*l = web_log_of(reg->w, owner->province);
	struct verdict_case	 with = *c;
	struct web_word		*x;

	if (l == NULL)
		return;
	x = word_of(reg, l, code);
	with.record = x->word.record;
	if (x->word.record != NULL && past_is_wanted(&with) && !x->read) {
		x->read = true;
		/* What cannot be read leaves the record's word alone. */
		if (web_history(l->lv, x->index, &x->history, NULL) == 0)
			x->word.past = &x->history.past;
	}
	*w = x->word;
}

void
web_register_fini(struct web_register *reg)
{
	struct web_word	*x;

	while (reg->n > 0) {
		x = reg->words[--reg->n];
		history_fini(&x->history);
		record_box_free(x->box);
		free(x->octets);
		free(x);
	}
}
