#include <string.h>

#include "registry/judge/verdict.h"

static const char *const words[VERDICT_END] = {
	[VERDICT_UNKNOWN]	= "unknown",
	[VERDICT_NOT_FILED]	= "not_filed",
	[VERDICT_MISMATCH]	= "mismatch",
	[VERDICT_NOT_VALID]	= "not_valid",
	[VERDICT_VALID]		= "valid"
};

static const char *const whys[WHY_END] = {
	[WHY_GOOD]	= "the seal is active and within its period",
	[WHY_NO_WORD]	= "nothing signed by the owning province is held yet",
	[WHY_TOO_OLD]	= "the last word of the owning province is too old",
	[WHY_FROM_FUTURE] = "the owning province signed ahead of our clock",
	[WHY_DISPUTED]	= "the owning province contradicted itself",
	[WHY_INCOMPLETE] = "the register does not hold every such seal",
	[WHY_ABSENT]	= "the register is complete and has no such seal",
	[WHY_DIGEST]	= "the copy shown is not the seal on file",
	[WHY_BEFORE_CHANGE] = "its status changed after that moment",
	[WHY_STATUS]	= "the seal is not active",
	[WHY_NOT_YET]	= "the seal's period had not begun",
	[WHY_EXPIRED]	= "the seal's period had ended",
	[WHY_SAID_UNKNOWN] = "the node that was asked cannot tell",
	[WHY_FILED_LATER] = "the seal was filed only after that moment",
	[WHY_SUPERSEDED] =
	    "the copy shown was superseded by a renewal before that moment"
};

const char *
verdict_word(enum verdict v)
{
	return v > VERDICT_NONE && v < VERDICT_END ? words[v] : NULL;
}

enum verdict
verdict_from_word(const char *s)
{
	int	v;

	for (v = VERDICT_NONE + 1; v < VERDICT_END; v++)
		if (strcmp(words[v], s) == 0)
			return (enum verdict)v;
	return VERDICT_NONE;
}

const char *
verdict_why(enum verdict_why w)
{
	return w > WHY_NONE && w < WHY_END ? whys[w] : "";
}

int64_t
verdict_complete_since(const struct trust_province *owner, const char *code)
{
	return strlen(code) == 14 ? owner->complete_electronic :
	    owner->complete_physical;
}

enum verdict_why
verdict_source(const struct verdict_source *s, int64_t now)
{
	if (s->disputed)
		return WHY_DISPUTED;
	if (!s->accepted)
		return WHY_NO_WORD;
	if (s->as_of < now && now - s->as_of > s->max_age)
		return WHY_TOO_OLD;
	if (s->as_of > now && s->as_of - now > LIMIT_CLOCK_SKEW)
		return WHY_FROM_FUTURE;
	return WHY_NONE;
}

static enum verdict
judge(const struct verdict_case *c, enum verdict_why *why)
{
	const struct record	*r = c->record;
	int64_t			 t = c->has_at ? c->at : c->now;

	if (r == NULL) {
		/* What a register that was not complete then lacks, it lacks. */
		if (c->complete_since == 0 || t < c->complete_since) {
			*why = WHY_INCOMPLETE;
			return VERDICT_UNKNOWN;
		}
		*why = WHY_ABSENT;
		return VERDICT_NOT_FILED;
	}
	/* Before its renewal another version was on file. */
	if (c->has_at && (t < r->status_effective_at ||
	    (r->version > 1 && t < r->valid_from))) {
		*why = WHY_BEFORE_CHANGE;
		return VERDICT_UNKNOWN;
	}
	if (c->digest != NULL && (r->seal_digest.len != SM3_LEN ||
	    memcmp(r->seal_digest.p, c->digest, SM3_LEN) != 0)) {
		*why = WHY_DIGEST;
		return VERDICT_MISMATCH;
	}
	if (r->status != STATUS_ACTIVE) {
		*why = WHY_STATUS;
		return VERDICT_NOT_VALID;
	}
	if (t < r->valid_from) {
		*why = WHY_NOT_YET;
		return VERDICT_NOT_VALID;
	}
	if (r->valid_until != 0 && t >= r->valid_until) {
		*why = WHY_EXPIRED;
		return VERDICT_NOT_VALID;
	}
	*why = WHY_GOOD;
	return VERDICT_VALID;
}

enum verdict
verdict_judge(const struct verdict_case *c, enum verdict_why *why)
{
	enum verdict_why	 own;

	return judge(c, why != NULL ? why : &own);
}
