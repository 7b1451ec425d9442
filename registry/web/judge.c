#include <stdlib.h>

#include "registry/web/judge.h"
#include "registry/judge/verdict.h"

enum verdict_why
judge_source(const struct web *w, const struct log_head *head, bool disputed,
    int64_t now)
{
	struct verdict_source	s = {
		.accepted = head != NULL, .disputed = disputed,
		.as_of = head != NULL ? head->signed_at : 0,
		.max_age = w->trust->max_age
	};

	return verdict_source(&s, now);
}

int
judge_code(struct web *w, struct web_log *l, const struct judge_ask *ask,
    struct judged *j, struct err *e)
{
	struct verdict_case	c = {
		.complete_since = verdict_complete_since(l->owner,
		    ask->code),
		.digest = ask->digest, .has_at = ask->has_at,
		.at = ask->at, .now = ask->now
	};
	uint8_t			key[SM3_LEN];
	bool			disputed;
	int			rc;

	j->verdict = VERDICT_UNKNOWN;
	j->head = NULL;
	j->record = NULL;
	j->box = NULL;
	if ((rc = web_log_begin(l, &j->head, &disputed, e)) != 0)
		return rc;
	j->why = judge_source(w, j->head, disputed, ask->now);
	if (j->why != WHY_NONE)
		return 0;
	record_key(ask->code, key);
	if ((rc = logview_prove(l->lv, key, &j->p, e)) != 0)
		return rc;
	if (j->p.record.len > 0) {
		if ((rc = record_read(j->p.record, &j->rec, &j->box, e)) != 0)
			return rc;
		c.record = &j->rec;
	}
	j->verdict = verdict_judge(&c, &j->why);
	if (j->verdict != VERDICT_UNKNOWN)
		j->record = c.record;
	return 0;
}

void
judged_fini(struct judged *j)
{

	record_box_free(j->box);
	j->box = NULL;
}
