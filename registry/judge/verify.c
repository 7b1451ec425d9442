#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tm.h"
#include "filing/code.h"
#include "filing/kind.h"
#include "registry/judge/verify.h"
#include "schema/msg.pb-c.h"

static int64_t
moment(const struct verify_ask *ask)
{

	return ask->has_at ? ask->at : ask->now;
}

static bool
is_one_of(const char *id, const char *const *list)
{

	for (; *list != NULL; list++)
		if (strcmp(id, *list) == 0)
			return true;
	return false;
}

/* Failures that come from the moment, not from the certificate. */
static const char *const of_moment[] = {
	"certificate-expired", "certificate-revoked", NULL
};
/* A CRL that cannot be judged does not make a certificate bad. */
static const char *const of_crl[] = {
	"crl-expired", "crl-signature", "crl-missing", "bad-crl", NULL
};

static void
maker_chain(const SealReading *m, const struct trust_province *owner,
    const struct verify_facts *f, struct report *r)
{
	const ChainChecked	*c = f->chain;

	if (owner == NULL || owner->nca == 0)
		report_add(r, "maker_chain", CHECK_UNKNOWN,
		    "the trust list names no authority for this code");
	else if (c == NULL)
		report_add(r, "maker_chain", CHECK_UNKNOWN,
		    "the certificate could not be looked at");
	else if (c->id[0] == '\0')
		report_add(r, "maker_chain", CHECK_PASSED,
		    "issued under the authority of province %s; %s",
		    owner->province, f->crls ? "not revoked" :
		    "revocation was not looked up");
	else if (is_one_of(c->id, of_crl))
		report_add(r, "maker_chain", CHECK_UNKNOWN, "%s [%s]",
		    c->text, c->id);
	/* GM/T 0031-2025: what ended since the seal was made is told, and
	 * no more than that. */
	else if (strcmp(m->generation, "V5") == 0 &&
	    is_one_of(c->id, of_moment) && c->good_when_made)
		report_add(r, "maker_chain", CHECK_PASSED,
		    "good when the seal was made; by now: %s", c->text);
	else
		report_add(r, "maker_chain",
		    strcmp(c->id, "unknown-issuer") == 0 ? CHECK_UNKNOWN :
		    CHECK_FAILED, "%s [%s]", c->text, c->id);
}

static void
seal_validity(const SealReading *m, const struct verify_ask *ask,
    struct report *r)
{
	int64_t	at = moment(ask);
	char	from[TM_RFC3339_SIZE], to[TM_RFC3339_SIZE];

	tm_rfc3339(m->valid_from, from);
	tm_rfc3339(m->valid_until, to);
	if (at < m->valid_from)
		report_add(r, "seal_validity", CHECK_FAILED,
		    "not valid before %s", from);
	else if (at > m->valid_until)
		report_add(r, "seal_validity", CHECK_FAILED,
		    "not valid after %s", to);
	else
		report_add(r, "seal_validity", CHECK_PASSED, "%s to %s",
		    from, to);
}

static enum check_result
result_of(enum verdict v)
{

	return v == VERDICT_VALID ? CHECK_PASSED :
	    v == VERDICT_UNKNOWN ? CHECK_UNKNOWN : CHECK_FAILED;
}

/* What the register says, and whether it proves it. */
static void
registry_status(const SealReading *m, const struct trust_province *owner,
    const struct verify_facts *f, struct report *r)
{
	const char	*why = NULL;

	if (owner == NULL)
		why = "nobody on the trust list owns this code";
	else if (f->word == WORD_NOT_ASKED)
		why = "not asked: no node was given";
	else if (f->word != WORD_SAID)
		why = f->text;
	/* What was signed before the seal was made cannot know of it. */
	else if (f->verdict == VERDICT_NOT_FILED && f->as_of <= m->created)
		why = "the node's newest word of the owner is older than the "
		    "seal; ask again in a few seconds";
	if (owner != NULL) {
		r->proof_bad = f->word == WORD_NOT_PROVEN;
		if (f->word == WORD_SAID)
			r->registry = f->verdict;
	}
	if (why != NULL)
		report_add(r, "registry_status", CHECK_UNKNOWN, "%s", why);
	else
		report_add(r, "registry_status", result_of(f->verdict),
		    "%s: %s", verdict_word(f->verdict), verdict_why(f->why));
}

static const char *
known_rule(const char *s)
{
	static const char *const	rules[] = { "format",
					    "seal_signature" };
	size_t				i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i], s) == 0)
			return rules[i];
	return NULL;
}

static void
start(struct report *r, const char *kind)
{

	memset(r, 0, sizeof(*r));
	r->kind = kind;
}

const struct trust_province *
verify_owner(const SealReading *m, const struct trust *t)
{

	return seal_code_check(m->seal_code, NULL) == 0 ?
	    trust_owner(t, m->seal_code) : NULL;
}

void
verify_chain_ask(const SealReading *m, const struct trust_province *owner,
    const struct verify_ask *ask, CheckChain *q)
{
	size_t	i;

	check_chain__init(q);
	q->certificate = m->maker_certificate;
	q->anchors = xcalloc(owner->nca + 1, sizeof(*q->anchors));
	q->n_anchors = owner->nca;
	for (i = 0; i < owner->nca; i++) {
		/* protobuf-c has no const; packing does not write. */
		q->anchors[i].data = (uint8_t *)(uintptr_t)owner->ca[i].p;
		q->anchors[i].len = owner->ca[i].len;
	}
	q->at = moment(ask);
	q->made = m->created;
}

void
verify_seal(const SealReading *m, const struct verify_ask *ask,
    const struct verify_facts *facts, struct report *r)
{
	const struct trust_province	*owner = verify_owner(m, ask->trust);
	const char			*rule;
	size_t				 i;

	start(r, object_kind_word(OBJECT_SEAL));
	(void)snprintf(r->generation, sizeof(r->generation), "%s",
	    m->generation);
	(void)snprintf(r->code, sizeof(r->code), "%s", m->seal_code);
	/* The jail may have been taken over: only what it should say. */
	for (i = 0; i < m->n_checks && i < 4; i++)
		if ((rule = known_rule(m->checks[i]->rule)) != NULL)
			report_add(r, rule, check_result_from_word(
			    m->checks[i]->result), "%s",
			    m->checks[i]->detail);
	if (m->digest.len != SM3_LEN) {
		report_add(r, "format", CHECK_UNKNOWN, "no digest");
		return;
	}
	maker_chain(m, owner, facts, r);
	seal_validity(m, ask, r);
	registry_status(m, owner, facts, r);
}

void
verify_refused(const struct err *e, struct report *r)
{

	start(r, object_kind_word(OBJECT_SEAL));
	/* What does not parse is no seal; a jail that died tells nothing. */
	report_add(r, "format", e->code == ERR_FORMAT ||
	    e->code == ERR_TOOBIG ? CHECK_FAILED : CHECK_UNKNOWN, "%s [%s]",
	    e->text, e->id);
}

bool
verify_is_other(const SealReading *m, struct report *r)
{
	static const enum object_kind	kinds[] = { OBJECT_STAMP, OBJECT_OFD,
					    OBJECT_PDF };
	size_t				i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(m->kind, object_kind_word(kinds[i])) == 0) {
			start(r, object_kind_word(kinds[i]));
			report_add(r, "format", CHECK_UNKNOWN, "files of "
			    "this kind are not supported yet");
			return true;
		}
	return false;
}
