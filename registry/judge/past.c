#include <string.h>

#include "registry/judge/past.h"

bool
past_is_wanted(const struct verdict_case *c)
{
	enum verdict_why	why;

	(void)verdict_judge(c, &why);
	return c->record != NULL && (why == WHY_BEFORE_CHANGE ||
	    (why == WHY_DIGEST && (c->has_at || c->record->version > 1)));
}

/* The newest event whose status was in effect at t, or n. */
static size_t
in_effect(const struct past *p, int64_t t)
{
	size_t	i;

	for (i = 0; i < p->n; i++)
		if (p->events[i].record.status_effective_at <= t)
			return i;
	return p->n;
}

/* The newest event of the version that was on file at t, or n. */
static size_t
on_file(const struct past *p, int64_t t)
{
	size_t	i, at = 0;

	for (i = 0; i < p->n; i++)
		if (p->events[i].kind == EVENT_RENEWED &&
		    p->events[i].record.recorded_at > t)
			at = i + 1;
	return at;
}

/* Before everything that is known of the seal. */
static enum verdict
before_all(const struct past *p, const struct verdict_case *c, int64_t t,
    enum verdict_why *why)
{
	/* What was imported had a life that no log holds. */
	if (!p->whole || p->n == 0 ||
	    p->events[p->n - 1].kind == EVENT_IMPORTED) {
		*why = WHY_BEFORE_CHANGE;
		return VERDICT_UNKNOWN;
	}
	if (c->complete_since == 0 || t < c->complete_since) {
		*why = WHY_INCOMPLETE;
		return VERDICT_UNKNOWN;
	}
	*why = WHY_FILED_LATER;
	return VERDICT_NOT_FILED;
}

static bool
has_digest(const struct record *r, const uint8_t *digest)
{
	return r->seal_digest.len == SM3_LEN &&
	    memcmp(r->seal_digest.p, digest, SM3_LEN) == 0;
}

static enum verdict
judge(const struct past *p, const struct verdict_case *c,
    enum verdict_why *why, uint32_t *status)
{
	const struct record	*r;
	int64_t			 t = c->has_at ? c->at : c->now;
	size_t			 s = in_effect(p, t), v = on_file(p, t);

	*status = STATUS_NONE;
	if (s == p->n || v == p->n)
		return before_all(p, c, t, why);
	*status = p->events[s].record.status;
	r = &p->events[v].record;
	if (c->digest != NULL && !has_digest(r, c->digest)) {
		*why = WHY_DIGEST;
		while (++v < p->n)
			if (has_digest(&p->events[v].record, c->digest))
				*why = WHY_SUPERSEDED;
		return VERDICT_MISMATCH;
	}
	if (*status != STATUS_ACTIVE) {
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

const struct record *
past_on_file(const struct past *p, int64_t t)
{
	const size_t	v = on_file(p, t);
	size_t		i;

	/* Later events of the version tell of it, too. */
	for (i = v; i < p->n; i++)
		if (p->events[i].record.recorded_at <= t)
			return &p->events[v].record;
	return NULL;
}

enum verdict
past_judge(const struct past *p, const struct verdict_case *c,
    enum verdict_why *why, uint32_t *status)
{
	enum verdict_why	own_why;
	uint32_t		own_status;

	return judge(p, c, why != NULL ? why : &own_why,
	    status != NULL ? status : &own_status);
}
