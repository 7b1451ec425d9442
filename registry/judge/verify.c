#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tm.h"
#include "filing/code.h"
#include "filing/kind.h"
#include "registry/judge/impression.h"
#include "registry/judge/verify.h"
#include "registry/judge/verify_chain.h"
#include "registry/judge/verify_register.h"
#include "schema/msg.pb-c.h"

/* Local time written as if it were UTC: seen in real stamps (docs/seals.md). */
#define CLOCKS_APART	(8 * 3600)

const struct policy *
verify_policy(const struct verify_ask *ask)
{
	return ask->policy != NULL ? ask->policy : &policy_usual;
}

const struct trust_province *
verify_owner(const SealReading *m, const struct trust *t)
{
	return seal_code_check(m->seal_code, NULL) == 0 ?
	    trust_owner(t, m->seal_code) : NULL;
}

/* ---- what the jail says */

static const char *const of_seal[] = { "format", "seal_signature",
    "time_stamp", NULL };
static const char *const of_stamp[] = { "format", "seal_signature",
    "signer_in_seal", "stamp_signature", "time_stamp", "data_hash",
    "references", "coverage", NULL };

/* The jail may have been taken over: only what it should say, and of what it
 * says twice the worse. */
static void
take_rows(Check **checks, size_t n, const char *const *rules,
    struct report_part *p)
{
	struct report_check	*row;
	enum check_result	 res;
	const char		*sub;
	size_t			 i;

	for (; *rules != NULL; rules++)
		for (i = 0; i < n; i++) {
			if (strcmp(checks[i]->rule, *rules) != 0)
				continue;
			res = check_result_from_word(checks[i]->result);
			row = report_row(p, *rules);
			sub = res == CHECK_UNKNOWN ?
			    rule_sub_of(checks[i]->why) : NULL;
			if (row == NULL)
				report_add(p, *rules, res, sub, "%s",
				    checks[i]->detail);
			else if (res == CHECK_FAILED)
				report_change(row, res, NULL, "%s",
				    checks[i]->detail);
		}
}

/* A rule that must be there, and is not. */
static void
must_have(struct report_part *p, const char *rule)
{
	if (report_row(p, rule) == NULL)
		report_add(p, rule, CHECK_UNKNOWN, NULL, "nothing is known");
}

static void
take_lines(char **lines, size_t n, struct report_list *l)
{
	size_t	i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < l->n && strcmp(l->line[k], lines[i]) != 0; k++)
			;
		if (k == l->n)
			report_line(l, lines[i]);
	}
}

/* What the policy does not put up with makes the format fail. */
static void
judge_deviations(const struct verify_ask *ask, struct report_part *p)
{
	struct report_check	*row = report_row(p, "format");
	size_t			 i;

	for (i = 0; i < p->deviations.n && row != NULL; i++)
		if (policy_refuses(verify_policy(ask), p->deviations.line[i]))
			report_change(row, CHECK_FAILED,
			    "SEALREG_DEVIATION_REFUSED", "the policy does "
			    "not put up with %s", p->deviations.line[i]);
}

/* ---- when */

/* The moment that counts, and whose word it is. */
static void
choose_moment(const struct verify_part *v, bool token)
{
	struct report_part	*p = v->out;

	if (v->ask->has_at) {
		p->at = v->ask->at;
		p->source = TIME_ASKED;
	} else if (token) {
		p->at = v->stamp->time_stamp_at;
		p->source = TIME_TOKEN;
	} else if (v->stamp != NULL && v->stamp->signed_at != 0) {
		p->at = v->stamp->signed_at;
		p->source = TIME_SIGNER;
	} else {
		p->at = v->ask->now;
		p->source = TIME_NOW;
	}
}

/* How far t lies beyond limit; more than clocks are apart is no accident. */
static enum check_result
beyond(int64_t t, int64_t limit)
{
	if (t <= limit || t - limit <= LIMIT_CLOCK_SKEW)
		return CHECK_PASSED;
	return t - limit <= CLOCKS_APART + LIMIT_CLOCK_SKEW ? CHECK_UNKNOWN :
	    CHECK_FAILED;
}

/* What the signer's clock says contradicts another one; true: it was told. */
static bool
out_of_order(const struct verify_part *v, bool token, const char *when)
{
	const int64_t		 said = v->stamp->signed_at;
	enum check_result	 res;
	const char		*why = NULL;

	if (said == 0)
		return false;
	if ((res = beyond(said, v->ask->now)) != CHECK_PASSED)
		why = "which lies ahead of our clock";
	else if (token && (res = beyond(said, v->stamp->time_stamp_at)) !=
	    CHECK_PASSED)
		why = "after the time-stamp over it";
	else if (v->seal != NULL && (res = beyond(v->seal->created, said)) !=
	    CHECK_PASSED)
		why = "before the seal in it was made";
	if (why == NULL)
		return false;
	report_add(v->out, "signing_time", res, "TIMESTAMP_ORDER_FAILURE",
	    "the signer says %s, %s", when, why);
	return true;
}

static void
signing_time(const struct verify_part *v, bool token)
{
	struct report_part	*p = v->out;
	char			 at[TM_RFC3339_SIZE], said[TM_RFC3339_SIZE];

	tm_rfc3339(p->at, at);
	tm_rfc3339(v->stamp->signed_at, said);
	if (out_of_order(v, token, said))
		return;
	switch (p->source) {
	case TIME_TOKEN:
		report_add(p, "signing_time", CHECK_PASSED, NULL,
		    "%s, by a time-stamp authority", at);
		break;
	case TIME_SIGNER:
		report_add(p, "signing_time",
		    verify_policy(v->ask)->need_time_stamp ? CHECK_UNKNOWN :
		    CHECK_PASSED, "NO_POE", "%s: the signer's own word, no "
		    "time-stamp authority vouches for it", at);
		break;
	case TIME_ASKED:
		report_add(p, "signing_time", CHECK_PASSED, NULL,
		    "judged for %s, as asked; the signer says %s", at,
		    v->stamp->signed_at != 0 ? said : "nothing");
		break;
	case TIME_NOW:
	case TIME_NONE:
		report_add(p, "signing_time", CHECK_NOT_APPLICABLE, NULL,
		    "no time is told; judged for now");
		break;
	}
}

/* ---- parts without a seal */

static void
no_seal(struct report_part *p)
{
	static const char *const	rules[] = { "maker_chain",
					    "seal_validity",
					    "registry_status", NULL };
	const char *const		*rule;

	for (rule = rules; *rule != NULL; rule++)
		if (report_row(p, *rule) == NULL)
			report_add(p, *rule, CHECK_NOT_APPLICABLE, NULL,
			    "a signature without a seal");
}

/* ---- parts */

static void
fill_seal(struct report_part *p, const SealReading *m)
{
	(void)snprintf(p->generation, sizeof(p->generation), "%.7s",
	    m->generation);
	report_text(&p->code, m->seal_code);
	report_text(&p->seal_name, m->name);
	take_lines(m->deviations, m->n_deviations, &p->deviations);
}

static void
judge_seal(const SealReading *m, const struct verify_ask *ask,
    const struct chains *chains, verify_register *reg, void *ctx,
    struct report_part *p)
{
	struct verify_part	v = { .ask = ask, .chains = chains,
				    .seal = m, .out = p,
				    .owner = verify_owner(m, ask->trust) };

	fill_seal(p, m);
	take_rows(m->checks, m->n_checks, of_seal, p);
	must_have(p, "format");
	judge_deviations(ask, p);
	if (m->digest.len != SM3_LEN) {
		must_have(p, "registry_status");
		return;
	}
	must_have(p, "seal_signature");
	(void)verify_time_stamp(&v);	/* the row says it */
	choose_moment(&v, false);
	verify_maker_chain(&v);
	verify_seal_validity(&v);
	verify_registry_status(&v, reg, ctx);
}

/* Nobody has signed what has a time-stamp alone. */
static void
time_stamp_alone(struct report_part *p)
{
	struct report_check	*row = report_row(p, "stamp_signature");

	if (row->result == CHECK_UNKNOWN)
		row->sub = "SEALREG_TIME_STAMP_ALONE";
	report_add(p, "signer_chain", CHECK_NOT_APPLICABLE, NULL, "a "
	    "time-stamp has no signer: its authority is judged above");
}

static void
judge_stamp(const StampReading *s, const struct verify_ask *ask,
    const struct chains *chains, verify_register *reg, void *ctx,
    struct report_part *p)
{
	struct verify_part	v = { .ask = ask, .chains = chains,
				    .stamp = s, .out = p };
	struct report_check	*format;
	bool			 token;

	report_text(&p->label, s->label);
	report_text(&p->form, s->form);
	report_text(&p->signer, s->signer);
	p->signed_at = s->signed_at;
	if (s->seal != NULL && s->seal->digest.len == SM3_LEN) {
		v.seal = s->seal;
		v.owner = verify_owner(v.seal, ask->trust);
		fill_seal(p, v.seal);
	}
	(void)snprintf(p->generation, sizeof(p->generation), "%.7s",
	    s->generation);
	take_lines(s->deviations, s->n_deviations, &p->deviations);
	take_lines(s->uncovered, s->n_uncovered, &p->uncovered);
	take_lines(s->changes, s->n_changes, &p->changes);
	take_lines(s->places, s->n_places, &p->places);
	p->uncovered_all = s->uncovered_all;
	take_rows(s->checks, s->n_checks, of_stamp, p);
	must_have(p, "format");
	judge_deviations(ask, p);
	format = report_row(p, "format");
	if (format->result != CHECK_PASSED && s->form[0] == '\0')
		return;
	must_have(p, "stamp_signature");
	must_have(p, "data_hash");
	if (strcmp(s->form, "ses") == 0) {
		must_have(p, "seal_signature");
		must_have(p, "signer_in_seal");
	}
	token = verify_time_stamp(&v);
	choose_moment(&v, token);
	signing_time(&v, token);
	if (v.seal != NULL)
		verify_maker_chain(&v);
	if (strcmp(s->form, "time-stamp") == 0)
		time_stamp_alone(p);
	else
		verify_signer_chain(&v);
	if (v.seal != NULL) {
		verify_seal_validity(&v);
		verify_registry_status(&v, reg, ctx);
	} else if (strcmp(s->form, "ses") == 0) {
		must_have(p, "registry_status");
	} else {
		no_seal(p);
	}
}

static bool
is_time_stamp(const struct report_part *p)
{
	return p->form != NULL && strcmp(p->form, "time-stamp") == 0;
}

/*
 * A document's time-stamp beside what somebody signed (PAdES, ISO 32000-2,
 * 12.8.5) need not say who: that file has a signer.
 */
static void
beside_signers(struct report *r)
{
	struct report_check	*row;
	size_t			 i, alone = 0;

	for (i = 0; i < r->nstamps; i++)
		alone += is_time_stamp(&r->stamps[i]);
	for (i = 0; i < r->nstamps && alone < r->nstamps; i++) {
		row = report_row(&r->stamps[i], "stamp_signature");
		if (is_time_stamp(&r->stamps[i]) && row != NULL &&
		    row->result == CHECK_UNKNOWN)
			report_change(row, CHECK_NOT_APPLICABLE, NULL, "a "
			    "time-stamp says when, and not who");
	}
}

static const char *
kind_of(const char *s)
{
	static const enum object_kind	kinds[] = { OBJECT_SEAL, OBJECT_STAMP,
					    OBJECT_OFD, OBJECT_PDF,
					    OBJECT_PICTURE };
	size_t				i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(object_kind_word(kinds[i]), s) == 0)
			return object_kind_word(kinds[i]);
	return object_kind_word(OBJECT_SEAL);
}

static void
start(struct report *r, const char *kind, const struct verify_ask *ask)
{
	report_init(r, kind);
	r->now = ask->now;
	r->has_digest = ask->has_digest;
	r->has_policy = ask->policy != NULL &&
	    !policy_is_usual(ask->policy);
	if (r->has_policy)
		policy_digest(ask->policy, r->policy);
	memcpy(r->digest, ask->digest, SM3_LEN);
}

void
verify_reading(const FileReading *m, const struct verify_ask *ask,
    const struct chains *chains, verify_register *reg, void *ctx,
    struct report *r)
{
	struct report_part	*p;
	size_t			 i;

	start(r, kind_of(m->kind), ask);
	r->has_original = m->original.len == SM3_LEN;
	if (r->has_original)
		memcpy(r->original, m->original.data, SM3_LEN);
	report_text(&r->note, m->note);
	if (strcmp(r->kind, "seal") == 0) {
		if (m->seal == NULL) {
			must_have(&r->whole, "format");
			return;
		}
		judge_seal(m->seal, ask, chains, reg, ctx, &r->whole);
		impression_tell(m, m->seal, r, &r->whole);
		return;
	}
	take_rows(m->checks, m->n_checks, of_stamp, &r->whole);
	for (i = 0; i < m->n_stamps; i++) {
		if ((p = report_add_stamp(r)) == NULL) {
			must_have(&r->whole, "format");
			break;
		}
		judge_stamp(m->stamps[i], ask, chains, reg, ctx, p);
		if (m->stamps[i]->seal != NULL)
			impression_tell(m, m->stamps[i]->seal, r, p);
	}
	beside_signers(r);
}

void
verify_refused(const struct err *e, const struct verify_ask *ask,
    struct report *r)
{
	bool	died = strcmp(e->id, "jail-died") == 0;

	start(r, object_kind_word(OBJECT_SEAL), ask);
	/* What does not parse is no seal; a jail that died tells nothing. */
	report_add(&r->whole, "format", !died && (e->code == ERR_FORMAT ||
	    e->code == ERR_TOOBIG) ? CHECK_FAILED : CHECK_UNKNOWN, NULL,
	    "%s [%s]", e->text, e->id);
}
