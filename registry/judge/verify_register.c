#include <string.h>

#include "base/tm.h"
#include "registry/judge/verify_register.h"
#include "schema/msg.pb-c.h"

void
verify_seal_validity(const struct verify_part *v)
{
	const SealReading	*m = v->seal;
	int64_t			 at = v->out->at;
	char			 from[TM_RFC3339_SIZE], to[TM_RFC3339_SIZE];

	tm_rfc3339(m->valid_from, from);
	tm_rfc3339(m->valid_until, to);
	if (at < m->valid_from)
		report_add(v->out, "seal_validity", CHECK_FAILED,
		    "SEALREG_SEAL_NOT_YET_VALID", "not valid before %s",
		    from);
	else if (at > m->valid_until)
		report_add(v->out, "seal_validity", CHECK_FAILED, NULL,
		    "not valid after %s", to);
	else if (v->ask->now > m->valid_until)
		report_add(v->out, "seal_validity", CHECK_PASSED, NULL,
		    "%s to %s; ended by now", from, to);
	else
		report_add(v->out, "seal_validity", CHECK_PASSED, NULL,
		    "%s to %s", from, to);
}

static enum check_result
result_of(enum verdict v)
{
	return v == VERDICT_VALID ? CHECK_PASSED :
	    v == VERDICT_UNKNOWN ? CHECK_UNKNOWN : CHECK_FAILED;
}

static const char *
sub_of(enum verdict v, enum verdict_why why)
{
	switch (v) {
	case VERDICT_MISMATCH:
		return why == WHY_SUPERSEDED ? "SEALREG_SUPERSEDED" :
		    "SEALREG_MISMATCH";
	case VERDICT_NOT_FILED:
		return "SEALREG_NOT_FILED";
	case VERDICT_NOT_VALID:
		return why == WHY_EXPIRED ? "SEALREG_EXPIRED" :
		    why == WHY_NOT_YET ? "SEALREG_NOT_YET_VALID" :
		    "SEALREG_NOT_ACTIVE";
	case VERDICT_UNKNOWN:
		if (why == WHY_TOO_OLD || why == WHY_FROM_FUTURE)
			return "SEALREG_STALE";
		return why == WHY_DISPUTED ? "SEALREG_DISPUTED" :
		    "SEALREG_UNKNOWN";
	case VERDICT_NONE:
	case VERDICT_VALID:
	case VERDICT_END:
		break;
	}
	return NULL;
}

/* The verdict on what was heard. */
static enum verdict
judge_word(const struct verify_word *w, const struct verdict_case *c,
    struct report_register *reg)
{
	int64_t		t = c->has_at ? c->at : c->now;
	uint32_t	then = STATUS_NONE;
	enum verdict	v;

	if (w->doubt != WHY_NONE) {
		reg->why = w->doubt;
		return VERDICT_UNKNOWN;
	}
	if (w->record != NULL) {
		reg->now = status_word(w->record->status);
		if (w->record->status_effective_at <= t)
			then = w->record->status;
	}
	if (w->past != NULL && past_is_wanted(c))
		v = past_judge(w->past, c, &reg->why, &then);
	else
		v = verdict_judge(c, &reg->why);
	reg->then = then != STATUS_NONE ? status_word(then) : NULL;
	return v;
}

static void
say_register(const struct verify_part *v, const struct verify_word *w,
    const char *doubt)
{
	struct report_register	*reg = &v->out->reg;
	const enum check_result	 res = result_of(reg->verdict);
	const char		*sub = sub_of(reg->verdict, reg->why);
	const char		*word = verdict_word(reg->verdict);
	const char		*why = verdict_why(reg->why);

	if (doubt != NULL)
		report_add(v->out, "registry_status", CHECK_UNKNOWN,
		    w->heard == HEARD_BROKEN ? "SEALREG_PROOF_BROKEN" :
		    w->heard == HEARD_NOT_ASKED ? "SEALREG_NOT_ASKED" :
		    "SEALREG_NO_ANSWER", "%s", doubt);
	else if (reg->then == NULL)
		report_add(v->out, "registry_status", res, sub, "%s: %s",
		    word, why);
	else if (reg->now == NULL || strcmp(reg->now, reg->then) == 0)
		report_add(v->out, "registry_status", res, sub,
		    "%s: %s; then %s", word, why, reg->then);
	else
		report_add(v->out, "registry_status", res, sub,
		    "%s: %s; then %s, now %s", word, why, reg->then,
		    reg->now);
}

/* What the register says, and whether it proves it. */
void
verify_registry_status(const struct verify_part *v, verify_register *ask,
    void *ctx)
{
	struct report_register	*reg = &v->out->reg;
	struct verify_word	 w = { .heard = HEARD_NOT_ASKED };
	struct verdict_case	 c = {
		.digest = v->seal->digest.data,
		.has_at = v->out->source != TIME_NOW, .at = v->out->at,
		.now = v->ask->now
	};
	const char		*doubt = NULL;

	if (v->owner == NULL) {
		report_add(v->out, "registry_status",
		    verify_policy(v->ask)->foreign_without_register ?
		    CHECK_NOT_APPLICABLE : CHECK_UNKNOWN,
		    "SEALREG_NOBODY_OWNS_CODE",
		    "nobody on the trust list owns this code");
		return;
	}
	c.complete_since = verdict_complete_since(v->owner,
	    v->seal->seal_code);
	ask(ctx, v->owner, v->seal->seal_code, &c, &w);
	c.record = w.record;
	reg->proof_bad = w.heard == HEARD_BROKEN;
	if (w.heard == HEARD_WORD) {
		reg->verdict = judge_word(&w, &c, reg);
		reg->as_of = w.as_of;
		reg->basis = w.doubt == WHY_NONE ? "proven" : "reported";
	} else {
		doubt = w.heard == HEARD_NOT_ASKED ?
		    "not asked: no node was given" : w.text;
	}
	/* What was signed before the seal was made cannot know of it. */
	if (reg->verdict == VERDICT_NOT_FILED && w.as_of <= v->seal->created) {
		reg->verdict = VERDICT_UNKNOWN;
		doubt = "the node's newest word of the owner is older than "
		    "the seal; ask again in a few seconds";
	}
	say_register(v, &w, doubt);
}
