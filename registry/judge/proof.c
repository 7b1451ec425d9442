#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tm.h"
#include "filing/code.h"
#include "registry/judge/answer.h"
#include "registry/judge/proof_chain.h"

/* What an answer says, before anything of it is believed. */
struct said {
	const char	*code, *verdict, *basis;
	const char	*status;	/* NULL: null */
	const char	*as_of;		/* NULL: null */
	const json_t	*record;	/* NULL: null */
	const json_t	*proof;		/* NULL: null */
};

static int
read_said(const json_t *root, struct said *s, struct err *e)
{
	static const char *const names[] = { "code", "verdict", "basis",
	    "status", "as_of", "record", "proof", NULL };
	int	rc;

	if ((rc = proof_members(root, names, e)) != 0 ||
	    (rc = proof_text(root, "code", false, &s->code, e)) != 0 ||
	    (rc = proof_text(root, "verdict", false, &s->verdict, e)) != 0 ||
	    (rc = proof_text(root, "basis", false, &s->basis, e)) != 0 ||
	    (rc = proof_text(root, "status", true, &s->status, e)) != 0 ||
	    (rc = proof_text(root, "as_of", true, &s->as_of, e)) != 0)
		return rc;
	s->record = json_object_get(root, "record");
	s->proof = json_object_get(root, "proof");
	if (json_is_null(s->record))
		s->record = NULL;
	else if (!json_is_object(s->record))
		return proof_malformed("\"record\" must be an object or null", e);
	if (json_is_null(s->proof))
		s->proof = NULL;
	return 0;
}

/* What the node says beside its proof must be what the proof says. */
static int
check_said(const struct said *s, const struct proof *p, struct err *e)
{
	const char	*status;
	struct buf	 b;
	json_t		*own = NULL;
	char		 as_of[TM_RFC3339_SIZE];
	int		 rc;

	buf_init(&b, LIMIT_ANSWER);
	tm_rfc3339(p->as_of, as_of);
	if (strcmp(s->basis, "proven") != 0) {
		rc = err_set_id(e, ERR_VERIFY, "answer-basis",
		    "answer: it has a proof and does not say so");
		goto out;
	}
	if (s->as_of == NULL || strcmp(s->as_of, as_of) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "answer-as-of",
		    "answer: as_of is not the time of the signature, %s",
		    as_of);
		goto out;
	}
	status = p->present ? status_word(p->record.status) : NULL;
	if ((status == NULL) != (s->status == NULL) ||
	    (status != NULL && strcmp(status, s->status) != 0)) {
		rc = err_set_id(e, ERR_VERIFY, "answer-status",
		    "answer: status differs from the proven one, %s",
		    status != NULL ? status : "none");
		goto out;
	}
	if (p->present) {
		answer_put_record(&p->record, &b);
		own = json_loadb((const char *)b.p, b.len,
		    JSON_REJECT_DUPLICATES, NULL);
	}
	if ((own == NULL) != (s->record == NULL) ||
	    (own != NULL && !json_equal(own, s->record))) {
		rc = err_set_id(e, ERR_VERIFY, "answer-record",
		    "answer: the record shown is not the proven one");
		goto out;
	}

	rc = 0;
out:
	json_decref(own);
	buf_fini(&b);
	return rc;
}

enum verdict_why
proof_doubt(const struct proof *p, const struct trust *t, int64_t now)
{
	struct verdict_source	src = { .accepted = true, .as_of = p->as_of,
				    .max_age = t->max_age };

	return verdict_source(&src, now);
}

/*
 * The verdict, by our clock.  The node's clock may differ a little, and so
 * may its verdict at the edge of a period: what it said must be right at some
 * moment between the owner's signature and the clock skew that we allow.
 */
static int
judge(const struct said *s, const struct proof_ask *ask,
    const struct trust *t, struct proof *p, struct err *e)
{
	struct verdict_case	c = {
		.record = p->present ? &p->record : NULL,
		.complete_since = verdict_complete_since(p->owner, ask->code),
		.digest = ask->digest, .has_at = ask->has_at, .at = ask->at
	};
	enum verdict_why	stale;
	bool			told;

	c.now = p->as_of;
	told = verdict_judge(&c, NULL) == p->said;
	c.now = ask->now + LIMIT_CLOCK_SKEW;
	told = told || verdict_judge(&c, NULL) == p->said;
	c.now = ask->now;
	p->verdict = verdict_judge(&c, &p->why);
	told = told || p->verdict == p->said;
	/* Its list may know of a completeness that ours does not. */
	told = told || (p->why == WHY_INCOMPLETE &&
	    p->said == VERDICT_NOT_FILED);
	if (!told || p->said == VERDICT_UNKNOWN)
		return err_set_id(e, ERR_VERIFY, "answer-verdict",
		    "answer: it says %s, its proof says %s", s->verdict,
		    verdict_word(p->verdict));
	if ((stale = proof_doubt(p, t, ask->now)) != WHY_NONE) {
		p->verdict = VERDICT_UNKNOWN;
		p->why = stale;
	}
	return 0;
}

/* An answer without a proof says nothing, and must say so. */
static int
check_nothing(const struct said *s, struct proof *p, struct err *e)
{
	int64_t	t;

	if (p->said != VERDICT_UNKNOWN)
		return err_set_id(e, ERR_VERIFY, "answer-verdict",
		    "answer: it says %s without a proof", s->verdict);
	if (s->record != NULL)
		return err_set_id(e, ERR_VERIFY, "answer-record",
		    "answer: a record without a proof");
	if (s->status != NULL)
		return err_set_id(e, ERR_VERIFY, "answer-status",
		    "answer: a status without a proof");
	if (strcmp(s->basis, "reported") != 0)
		return err_set_id(e, ERR_VERIFY, "answer-basis",
		    "answer: called proven without a proof");
	if (s->as_of != NULL && !tm_parse(s->as_of, &t))
		return err_set_id(e, ERR_VERIFY, "answer-as-of",
		    "answer: as_of is not a moment");
	p->verdict = VERDICT_UNKNOWN;
	p->why = WHY_SAID_UNKNOWN;
	return 0;
}

static int
check(const json_t *root, const struct trust *t, const struct proof_ask *ask,
    struct proof *p, struct err *e)
{
	struct proof_chain	c;
	struct said		s;
	int			rc;

	memset(&c, 0, sizeof(c));
	if ((rc = read_said(root, &s, e)) != 0)
		goto out;
	if (strcmp(s.code, ask->code) != 0) {
		rc = err_set_id(e, ERR_VERIFY, "answer-code",
		    "answer: it is about another code");
		goto out;
	}
	if ((p->said = verdict_from_word(s.verdict)) == VERDICT_NONE) {
		rc = err_set_id(e, ERR_VERIFY, "answer-verdict",
		    "answer: there is no such verdict");
		goto out;
	}
	if (s.proof == NULL) {
		rc = check_nothing(&s, p, e);
		goto out;
	}
	if ((rc = proof_chain_read(s.proof, &c, e)) != 0 ||
	    (rc = proof_chain_check(&c, ask->code, p, e)) != 0 ||
	    (rc = check_said(&s, p, e)) != 0 ||
	    (rc = judge(&s, ask, t, p, e)) != 0)
		goto out;
	p->proven = true;

	rc = 0;
out:
	proof_chain_fini(&c);
	return rc;
}

int
proof_check(struct octets answer, const struct trust *t,
    const struct proof_ask *ask, struct proof **out, struct err *e)
{
	struct proof	*p = xcalloc(1, sizeof(*p));
	json_t		*root = NULL;
	int		 rc;

	*out = NULL;
	if ((rc = seal_code_check(ask->code, e)) != 0)
		goto out;
	if ((p->owner = trust_owner(t, ask->code)) == NULL) {
		rc = err_set_id(e, ERR_INVAL, "invalid-code",
		    "no province owns the prefix of this code");
		goto out;
	}
	if (answer.len > LIMIT_ANSWER) {
		rc = proof_malformed("too long", e);
		goto out;
	}
	root = json_loadb((const char *)answer.p, answer.len,
	    JSON_REJECT_DUPLICATES, NULL);
	if (root == NULL) {
		rc = proof_malformed("not JSON", e);
		goto out;
	}
	if ((rc = check(root, t, ask, p, e)) != 0)
		goto out;
	*out = p;
	p = NULL;

	rc = 0;
out:
	json_decref(root);
	proof_free(p);
	return rc;
}

void
proof_free(struct proof *p)
{
	if (p == NULL)
		return;
	record_box_free(p->box);
	free((void *)(uintptr_t)p->octets.p);
	free(p);
}
