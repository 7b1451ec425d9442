#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/x509.h"
#include "registry/cmd.h"
#include "registry/judge/report.h"

static const char *const words[CHECK_END] = {
	[CHECK_PASSED] = "passed", [CHECK_FAILED] = "failed",
	[CHECK_UNKNOWN] = "unknown",
	[CHECK_NOT_APPLICABLE] = "not_applicable",
};

const char *
check_result_word(enum check_result r)
{
	return (unsigned)r < CHECK_END ? words[r] : NULL;
}

enum check_result
check_result_from_word(const char *s)
{
	int	i;

	for (i = 1; i < CHECK_END; i++)
		if (strcmp(words[i], s) == 0)
			return (enum check_result)i;
	return CHECK_NONE;
}

const char *
report_time_word(enum report_time t)
{
	switch (t) {
	case TIME_TOKEN:
		return "time_stamp";
	case TIME_SIGNER:
		return "signer";
	case TIME_ASKED:
		return "asked";
	case TIME_NOW:
		return "now";
	case TIME_NONE:
		break;
	}
	return NULL;
}

void
report_init(struct report *r, const char *kind)
{
	memset(r, 0, sizeof(*r));
	r->kind = kind;
}

static void
list_fini(struct report_list *l)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		free(l->line[i]);
	l->n = 0;
}

void
report_part_fini(struct report_part *p)
{
	size_t	i, k;

	free(p->label);
	free(p->form);
	free(p->code);
	free(p->seal_name);
	free(p->signer);
	free(p->picture.type);
	free(p->picture.why);
	list_fini(&p->picture.lacks);
	list_fini(&p->deviations);
	list_fini(&p->uncovered);
	list_fini(&p->changes);
	list_fini(&p->places);
	for (i = 0; i < p->ncerts; i++) {
		free(p->certs[i].subject);
		free(p->certs[i].issuer);
		for (k = 0; k < p->certs[i].nvia; k++)
			free(p->certs[i].via[k].subject);
		free(p->certs[i].via);
	}
}

void
report_fini(struct report *r)
{
	size_t	i;

	for (i = 0; i < r->nstamps; i++)
		report_part_fini(&r->stamps[i]);
	free(r->stamps);
	report_part_fini(&r->whole);
	report_part_fini(&r->kept);
	free(r->note);
	for (i = 0; i < r->npixels; i++)
		free((void *)(uintptr_t)r->pixels[i].p);
	memset(r, 0, sizeof(*r));
}

struct report_part *
report_add_stamp(struct report *r)
{
	struct report_part	*p;

	if (r->nstamps == LIMIT_REPORT_STAMPS)
		return NULL;
	r->stamps = xreallocarray(r->stamps, r->nstamps + 1,
	    sizeof(r->stamps[0]));
	p = &r->stamps[r->nstamps++];
	memset(p, 0, sizeof(*p));
	return p;
}

void
report_text(char **field, const char *text)
{
	size_t	 n = text != NULL ? strlen(text) : 0;
	char	*safe = NULL;

	if (n > REPORT_DETAIL_SIZE)
		n = REPORT_DETAIL_SIZE;
	if (n > 0) {
		safe = xmalloc(3 * n + 4);
		x509_safe_text(text, n, safe, 3 * n + 4);
	}
	free(*field);
	*field = safe;
}

void
report_line(struct report_list *l, const char *text)
{
	if (l->n == LIMIT_REPORT_LINES)
		return;
	l->line[l->n] = NULL;
	report_text(&l->line[l->n], text);
	if (l->line[l->n] != NULL)
		l->n++;
}

static void __attribute__((format(printf, 4, 0)))
set_row(struct report_check *c, enum check_result result, const char *sub,
    const char *fmt, va_list ap)
{
	char	text[REPORT_DETAIL_SIZE];

	c->result = result == CHECK_NONE ? CHECK_UNKNOWN : result;
	c->sub = NULL;
	if (c->result == CHECK_FAILED)
		c->sub = sub != NULL ? sub : c->rule->failed;
	else if (c->result == CHECK_UNKNOWN)
		c->sub = sub != NULL ? sub : c->rule->unknown;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	/* Much of it comes from strangers' octets. */
	x509_safe_text(text, strlen(text), c->detail, sizeof(c->detail));
}

void
report_add(struct report_part *p, const char *rule, enum check_result result,
    const char *sub, const char *fmt, ...)
{
	struct report_check	*c;
	va_list			 ap;

	assert(p->n < LIMIT_REPORT_CHECKS);
	c = &p->checks[p->n++];
	c->rule = rule_of(rule);
	assert(c->rule != NULL);
	va_start(ap, fmt);
	set_row(c, result, sub, fmt, ap);
	va_end(ap);
}

void
report_change(struct report_check *c, enum check_result result,
    const char *sub, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	set_row(c, result, sub, fmt, ap);
	va_end(ap);
}

struct report_check *
report_row(struct report_part *p, const char *rule)
{
	size_t	i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->checks[i].rule->id, rule) == 0)
			return &p->checks[i];
	return NULL;
}

enum verdict
report_part_verdict(const struct report_part *p)
{
	bool	failed = false, other = false;
	bool	unknown = p->n == 0 || p->reg.proof_bad;
	size_t	i;

	for (i = 0; i < p->n; i++) {
		if (p->checks[i].result == CHECK_FAILED) {
			failed = true;
			if (strcmp(p->checks[i].rule->id,
			    "registry_status") != 0)
				other = true;
		}
		if (p->checks[i].result == CHECK_UNKNOWN ||
		    p->checks[i].result == CHECK_NONE)
			unknown = true;
	}
	if (failed && !other && (p->reg.verdict == VERDICT_NOT_FILED ||
	    p->reg.verdict == VERDICT_MISMATCH))
		return p->reg.verdict;
	if (failed)
		return VERDICT_NOT_VALID;
	return unknown ? VERDICT_UNKNOWN : VERDICT_VALID;
}

/* Of two verdicts the one that is told for both. */
static int
badness(enum verdict v)
{
	switch (v) {
	case VERDICT_NOT_VALID:
		return 5;
	case VERDICT_MISMATCH:
		return 4;
	case VERDICT_NOT_FILED:
		return 3;
	case VERDICT_UNKNOWN:
	case VERDICT_NONE:
	case VERDICT_END:
		return 2;
	case VERDICT_VALID:
		break;
	}
	return 1;
}

/* The part whose verdict is the file's. */
static const struct report_part *
worst_part(const struct report *r)
{
	const struct report_part	*worst = NULL;
	size_t				 i;

	/* Rows about the file count where there are any, or nothing else. */
	if (r->whole.n > 0 || r->nstamps == 0)
		worst = &r->whole;
	for (i = 0; i < r->nstamps; i++)
		if (worst == NULL || badness(report_part_verdict(
		    &r->stamps[i])) > badness(report_part_verdict(worst)))
			worst = &r->stamps[i];
	return worst;
}

const struct report_check *
report_evidence(const struct report *r)
{
	return r->replayed && r->kept.n > 0 ? &r->kept.checks[0] : NULL;
}

const char *
report_evidence_doubt(const struct report *r)
{
	const struct report_check	*c = report_evidence(r);

	if (!r->replayed)
		return NULL;
	if (c == NULL || c->result == CHECK_FAILED)
		return "the evidence was changed after it was time-stamped";
	if (report_part_verdict(worst_part(r)) != VERDICT_VALID)
		return NULL;
	if (c->result == CHECK_UNKNOWN)
		return "the time-stamp of the evidence cannot be judged";
	return r->alone ? "the evidence alone does not show that the file was "
	    "read as it says: the file itself is needed" : NULL;
}

enum verdict
report_verdict(const struct report *r)
{
	enum verdict	v = report_part_verdict(worst_part(r));

	if (report_evidence_doubt(r) != NULL)
		return VERDICT_UNKNOWN;
	/* A file that holds no signature is no stamped one. */
	if (v == VERDICT_VALID && r->nstamps == 0 &&
	    strcmp(r->kind, "seal") != 0)
		return VERDICT_UNKNOWN;
	return v;
}

const char *
report_indication(enum verdict v)
{
	switch (v) {
	case VERDICT_VALID:
		return "TOTAL-PASSED";
	case VERDICT_NOT_FILED:
	case VERDICT_MISMATCH:
	case VERDICT_NOT_VALID:
		return "TOTAL-FAILED";
	case VERDICT_UNKNOWN:
	case VERDICT_NONE:
	case VERDICT_END:
		break;
	}
	return "INDETERMINATE";
}

const char *
report_part_sub(const struct report_part *p)
{
	enum verdict		 v = report_part_verdict(p);
	enum check_result	 want = v == VERDICT_UNKNOWN ? CHECK_UNKNOWN :
				    CHECK_FAILED;
	size_t			 i;

	if (v == VERDICT_VALID)
		return NULL;
	for (i = 0; i < p->n; i++)
		if (p->checks[i].result == want)
			return p->checks[i].sub;
	return "CUSTOM";
}

const char *
report_sub(const struct report *r)
{
	const char	*sub = report_part_sub(worst_part(r));

	return sub == NULL && report_verdict(r) != VERDICT_VALID ?
	    "SIGNED_DATA_NOT_FOUND" : sub;
}

int
report_exit(const struct report *r)
{
	size_t	i;

	if (r->whole.reg.proof_bad)
		return EXIT_PROOF;
	for (i = 0; i < r->nstamps; i++)
		if (r->stamps[i].reg.proof_bad)
			return EXIT_PROOF;
	switch (report_verdict(r)) {
	case VERDICT_VALID:
		return EXIT_VALID;
	case VERDICT_NOT_FILED:
	case VERDICT_MISMATCH:
	case VERDICT_NOT_VALID:
		return EXIT_NOT_VALID;
	case VERDICT_UNKNOWN:
	case VERDICT_NONE:
	case VERDICT_END:
		break;
	}
	return EXIT_UNKNOWN;
}

bool
report_wants_original(const struct report *r)
{
	const struct report_check	*c;

	if (strcmp(r->kind, "stamp") != 0 || r->has_original ||
	    r->nstamps != 1)
		return false;
	c = report_row(&r->stamps[0], "data_hash");
	return c != NULL && c->result == CHECK_NOT_APPLICABLE;
}

/* ---- one row a rule */

static int
weight(enum check_result r)
{
	static const int	w[CHECK_END] = {
		[CHECK_NOT_APPLICABLE] = 1, [CHECK_PASSED] = 2,
		[CHECK_UNKNOWN] = 3, [CHECK_NONE] = 3, [CHECK_FAILED] = 4
	};

	return w[r];
}

static const struct report_check *
row_of(const struct report_part *p, const struct rule *rule)
{
	size_t	i;

	for (i = 0; i < p->n; i++)
		if (p->checks[i].rule == rule)
			return &p->checks[i];
	return NULL;
}

/* How a stamp is called in the detail of a row about several. */
static const char *
name_of(const struct report_part *p)
{
	return p->label != NULL ? p->label : "(no name)";
}

static void
merge_rule(const struct report *r, const struct rule *rule,
    struct report_part *out)
{
	const struct report_check	*c, *worst = row_of(&r->whole, rule);
	const struct report_part	*of = NULL;
	size_t				 i, same = 0;

	for (i = 0; i < r->nstamps; i++) {
		if ((c = row_of(&r->stamps[i], rule)) == NULL)
			continue;
		if (worst != NULL && weight(c->result) <= weight(
		    worst->result) && of != NULL) {
			same += c->result == worst->result;
			continue;
		}
		if (worst == NULL || weight(c->result) >=
		    weight(worst->result)) {
			worst = c;
			of = &r->stamps[i];
			same = 1;
		}
	}
	if (worst == NULL)
		return;
	if (of == NULL || r->nstamps == 1)
		report_add(out, rule->id, worst->result, worst->sub, "%s",
		    worst->detail);
	else if (same == r->nstamps && worst->result == CHECK_PASSED)
		report_add(out, rule->id, worst->result, worst->sub,
		    "of all %zu stamps", same);
	else if (same > 1)
		report_add(out, rule->id, worst->result, worst->sub,
		    "stamp %.100s and others: %s", name_of(of),
		    worst->detail);
	else
		report_add(out, rule->id, worst->result, worst->sub,
		    "stamp %.100s: %s", name_of(of), worst->detail);
}

void
report_merge(const struct report *r, struct report_part *p)
{
	const struct rule	*rule;

	memset(p, 0, sizeof(*p));
	if (r->nstamps == 0) {
		memcpy(p->checks, r->whole.checks, sizeof(p->checks));
		p->n = r->whole.n;
		return;
	}
	for (rule = rule_table; rule->id != NULL; rule++)
		merge_rule(r, rule, p);
}
