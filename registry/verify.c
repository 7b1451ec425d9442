#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/chain.h"
#include "ca/crl.h"
#include "filing/code.h"
#include "registry/proof.h"
#include "registry/verify.h"
#include "schema/msg.pb-c.h"

#define VERIFY_TIMEOUT_MS	10000
#define VERIFY_DEPTH		3

/* One CRL of the owner's, or nothing. */
static bool
fetch_crl(const char *url, const char *name, struct fetch_res *res)
{
	struct fetch_req	req = { .max = LIMIT_CRL,
				    .timeout_ms = VERIFY_TIMEOUT_MS };
	char			full[512];
	bool			got;

	memset(res, 0, sizeof(*res));
	if ((size_t)snprintf(full, sizeof(full), "%s/ca/%s", url, name) >=
	    sizeof(full))
		return false;
	req.url = full;
	if (fetch_once(&req, res, NULL) != 0)
		return false;
	got = res->status == 200;
	if (!got)
		fetch_res_fini(res);
	return got;
}

/* The maker's certificate at a moment, with the CRLs given. */
static int
chain_at(const SealReading *m, const struct trust_province *owner,
    const struct octets *crls, size_t ncrls, int64_t at, struct err *e)
{
	struct chain_spec	spec = {
		.anchors = owner->ca, .nanchors = owner->nca,
		.crls = crls, .ncrls = ncrls, .purpose = CHAIN_SIGN,
		.at = at, .depth = VERIFY_DEPTH, .lenient = true,
	};

	return chain_verify(OCTETS(m->maker_certificate.data,
	    m->maker_certificate.len), &spec, NULL, e);
}

/* Failures that come from the moment, not from the certificate. */
static bool
is_of_moment(const struct err *e)
{
	return strcmp(e->id, "certificate-expired") == 0 ||
	    strcmp(e->id, "certificate-revoked") == 0;
}

/* A CRL that cannot be judged does not make a certificate bad. */
static bool
is_of_crl(const struct err *e)
{
	return strcmp(e->id, "crl-expired") == 0 ||
	    strcmp(e->id, "crl-signature") == 0 ||
	    strcmp(e->id, "crl-missing") == 0 ||
	    strcmp(e->id, "bad-crl") == 0;
}

static void
maker_chain(const SealReading *m, const struct trust_province *owner,
    const struct verify_ask *ask, struct report *r)
{
	static const char *const	names[] = { "province.crl",
					    "root.crl" };
	struct fetch_res		res[2];
	struct octets			crls[2];
	int64_t				at = ask->has_at ? ask->at : ask->now;
	struct err			why = ERR_INIT;
	size_t				i, n = 0;

	if (owner == NULL || owner->nca == 0) {
		report_add(r, "maker_chain", CHECK_UNKNOWN,
		    "the trust list names no authority for this code");
		return;
	}
	for (i = 0; i < 2 && ask->node != NULL && owner->nurls > 0; i++)
		if (fetch_crl(owner->urls[0], names[i], &res[n])) {
			crls[n] = buf_octets(&res[n].body);
			n++;
		}
	if (chain_at(m, owner, crls, n, at, &why) == 0)
		report_add(r, "maker_chain", CHECK_PASSED,
		    "issued under the authority of province %s; %s",
		    owner->province, n > 0 ? "not revoked" :
		    "revocation was not looked up");
	else if (is_of_crl(&why))
		report_add(r, "maker_chain", CHECK_UNKNOWN, "%s [%s]",
		    why.text, why.id);
	/* GM/T 0031-2025: what ended since the seal was made is told, and
	 * no more than that. */
	else if (strcmp(m->generation, "V5") == 0 && is_of_moment(&why) &&
	    chain_at(m, owner, crls, n, m->created, NULL) == 0)
		report_add(r, "maker_chain", CHECK_PASSED,
		    "good when the seal was made; by now: %s", why.text);
	else
		report_add(r, "maker_chain",
		    strcmp(why.id, "unknown-issuer") == 0 ? CHECK_UNKNOWN :
		    CHECK_FAILED, "%s [%s]", why.text, why.id);
	while (n > 0)
		fetch_res_fini(&res[--n]);
}

static void
seal_validity(const SealReading *m, const struct verify_ask *ask,
    struct report *r)
{
	int64_t	at = ask->has_at ? ask->at : ask->now;
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

/* What the register says, and whether it proves it. */
static void
registry_status(const SealReading *m, const struct trust_province *owner,
    const struct verify_ask *ask, struct report *r)
{
	struct proof_ask	 q = { .code = m->seal_code,
				    .digest = m->digest.data,
				    .has_at = ask->has_at, .at = ask->at,
				    .now = ask->now };
	struct proof		*p = NULL;
	struct err		 why = ERR_INIT;
	int			 rc;

	if (owner == NULL) {
		report_add(r, "registry_status", CHECK_UNKNOWN,
		    "nobody on the trust list owns this code");
		return;
	}
	if (ask->node == NULL) {
		report_add(r, "registry_status", CHECK_UNKNOWN,
		    "not asked: no node was given");
		return;
	}
	rc = proof_ask_node(ask->node, ask->trust, &q, &p, NULL, &why);
	if (rc == ERR_IO || rc == ERR_BUSY || rc == ERR_INVAL) {
		report_add(r, "registry_status", CHECK_UNKNOWN, "%s [%s]",
		    why.text, why.id);
		return;
	}
	if (rc != 0) {
		r->proof_bad = true;
		report_add(r, "registry_status", CHECK_UNKNOWN,
		    "the node's proof does not hold: %s [%s]", why.text,
		    why.id);
		return;
	}
	r->registry = p->verdict;
	/* What was signed before the seal was made cannot know of it. */
	if (p->verdict == VERDICT_NOT_FILED && p->as_of <= m->created)
		report_add(r, "registry_status", CHECK_UNKNOWN,
		    "the node's newest word of the owner is older than the "
		    "seal; ask again in a few seconds");
	else
		report_add(r, "registry_status", p->verdict ==
		    VERDICT_VALID ? CHECK_PASSED : p->verdict ==
		    VERDICT_UNKNOWN ? CHECK_UNKNOWN : CHECK_FAILED,
		    "%s: %s", verdict_word(p->verdict),
		    verdict_why(p->why));
	proof_free(p);
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

void
verify_seal(const SealReading *m, const struct verify_ask *ask,
    struct report *r)
{
	const struct trust_province	*owner = NULL;
	const char			*rule;
	size_t				 i;

	memset(r, 0, sizeof(*r));
	r->kind = "seal";
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
	if (seal_code_check(m->seal_code, NULL) == 0)
		owner = trust_owner(ask->trust, m->seal_code);
	maker_chain(m, owner, ask, r);
	seal_validity(m, ask, r);
	registry_status(m, owner, ask, r);
}
