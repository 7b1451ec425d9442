#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/chain.h"
#include "registry/judge/verify_chain.h"
#include "schema/msg.pb-c.h"

/* A deviation, for policies: a maker's certificate of before makers were
 * marked. */
#define UNMARKED	"maker-unmarked"

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
	"certificate-expired", "certificate-revoked",
	"certificate-not-yet-valid", NULL
};
/* What cannot be judged does not make a certificate bad. */
static const char *const of_doubt[] = {
	"crl-expired", "crl-signature", "crl-missing", "bad-crl",
	"unknown-issuer", NULL
};

static const char *
status_of(const ChainAt *a)
{
	if (a == NULL || is_one_of(a->id, of_doubt))
		return "unknown";
	if (a->id[0] == '\0')
		return a->no_crl ? "unchecked" : "good";
	if (strcmp(a->id, "certificate-expired") == 0)
		return "expired";
	if (strcmp(a->id, "certificate-revoked") == 0)
		return "revoked";
	if (strcmp(a->id, "certificate-not-yet-valid") == 0)
		return "not_yet_valid";
	return "bad";
}

static bool
is_digest_of(const ProtobufCBinaryData *d, struct octets o)
{
	uint8_t	h[SM3_LEN];

	if (d->len != SM3_LEN)
		return false;
	sm3(o.p, o.len, h);
	return memcmp(h, d->data, SM3_LEN) == 0;
}

/* "under the authority of province 44", with the way there. */
#define UNDER_SIZE	160

static void
name_authority(const struct verify_ask *ask, const ChainAt *a, char *out,
    size_t n)
{
	const struct trust_province	*p;
	size_t				 i, k;

	for (i = 0; ask->policy != NULL && i < ask->policy->nanchors; i++)
		if (is_digest_of(&a->anchor, ask->policy->anchors[i])) {
			(void)snprintf(out, n, "under an authority that the "
			    "policy names");
			return;
		}
	for (i = 0; i < ask->trust->nprovinces; i++) {
		p = &ask->trust->provinces[i];
		for (k = 0; k < p->nca; k++)
			if (is_digest_of(&a->anchor, p->ca[k])) {
				(void)snprintf(out, n, "under the authority "
				    "of province %.6s", p->province);
				return;
			}
	}
	(void)snprintf(out, n, "under an authority of the trust list");
}

static void
name_anchor(const struct verify_ask *ask, const ChainAt *a,
    char out[UNDER_SIZE])
{
	char	authority[96];
	size_t	i;

	name_authority(ask, a, authority, sizeof(authority));
	for (i = 0; i < a->n_via && !a->via[i]->cross; i++)
		;
	if (i < a->n_via)
		(void)snprintf(out, UNDER_SIZE, "%s, by a cross certificate "
		    "(RFC 4210, 4.4)", authority);
	else
		(void)snprintf(out, UNDER_SIZE, "%s", authority);
}

/* What a later status is, as the end of a sentence; or "". */
static void
say_now(const ChainAt *then, const ChainAt *now, char *out, size_t n)
{
	char	t[TM_RFC3339_SIZE];

	out[0] = '\0';
	if (now == NULL || strcmp(status_of(then), status_of(now)) == 0)
		return;
	if (now->revoked_at != 0) {
		tm_rfc3339(now->revoked_at, t);
		(void)snprintf(out, n, "; by now: revoked at %s", t);
	} else {
		(void)snprintf(out, n, "; by now: %s", status_of(now));
	}
}

/* The jail may have been taken over: of what it says as much as fits. */
static void
keep_way(struct report_cert *c, const ChainAt *a)
{
	struct report_step	*s;
	size_t			 i;

	c->has_anchor = a->anchor.len == SM3_LEN;
	if (c->has_anchor)
		memcpy(c->anchor, a->anchor.data, SM3_LEN);
	c->via = xcalloc(LIMIT_CHAIN, sizeof(c->via[0]));
	for (i = 0; i < a->n_via && i < LIMIT_CHAIN; i++) {
		s = &c->via[c->nvia++];
		report_text(&s->subject, a->via[i]->subject);
		if (a->via[i]->serial.len <= CERT_SERIAL_MAX + 1)
			hex_encode(a->via[i]->serial.data,
			    a->via[i]->serial.len, s->serial);
		s->cross = a->via[i]->cross;
	}
}

static void
keep_cert(struct report_part *p, const char *role, const ChainWord *word,
    const ChainAt *then, const ChainAt *now)
{
	struct report_cert	*c;

	if (word == NULL || p->ncerts == REPORT_CERTS)
		return;
	c = &p->certs[p->ncerts++];
	memset(c, 0, sizeof(*c));
	c->role = role;
	report_text(&c->subject, word->subject);
	report_text(&c->issuer, word->issuer);
	c->not_before = word->not_before;
	c->not_after = word->not_after;
	c->then = status_of(then);
	c->now = status_of(now);
	if (then != NULL && then->id[0] == '\0')
		keep_way(c, then);
	if (then != NULL && then->revoked_at != 0)
		c->revoked_at = then->revoked_at;
	else if (now != NULL)
		c->revoked_at = now->revoked_at;
}

/* Of a maker: is it marked as one, or put up with all the same? */
static bool
put_unmarked(const struct verify_part *v, const ChainAt *a)
{
	if (!a->unmarked || v->ask->policy == NULL ||
	    !policy_refuses(v->ask->policy, UNMARKED))
		return false;
	report_add(v->out, "maker_chain", CHECK_FAILED,
	    "CHAIN_CONSTRAINTS_FAILURE", "the certificate does not say that "
	    "it makes seals, which the policy does not put up with "
	    "[%s]", UNMARKED);
	return true;
}

/* What it is called that there was no list in the evidence. */
#define LACKS	"SEALREG_LIST_MISSING"

/*
 * Does it not do that revocation was not looked up?  NULL: it does, or there is
 * a list; else what that is called.
 */
static const char *
lacks_list(const struct verify_part *v, const ChainAt *a)
{
	const struct policy	*p = v->ask->policy;

	if (!a->no_crl)
		return NULL;
	if ((p != NULL && p->need_revocation) || chains_crowded(v->chains))
		return "TRY_LATER";
	return v->ask->lists == LISTS_OURS || (p != NULL &&
	    p->evidence_without_lists) ? NULL : LACKS;
}

/* What is known of revocation, as the end of a sentence. */
static const char *
say_revocation(const struct verify_part *v, const ChainAt *a)
{
	if (!a->no_crl)
		return "not revoked";
	if (chains_crowded(v->chains))
		return "the file names more revocation lists than are looked "
		    "up";
	switch (v->ask->lists) {
	case LISTS_OURS:
	case LISTS_WHOLE:
		break;
	case LISTS_GONE:
		return "a revocation list that it was judged by is not in "
		    "the evidence";
	case LISTS_UNSAID:
		return "there is no revocation list in the evidence, which "
		    "does not say what it was judged by";
	}
	return "revocation was not looked up";
}

/* The row for a certificate that is good at one moment or is not. */
static void
put_row(const struct verify_part *v, const char *rule, const ChainAt *a,
    const ChainAt *now)
{
	const char		*lacks = lacks_list(v, a), *revoked;
	enum check_result	 res = lacks != NULL ? CHECK_UNKNOWN :
				    CHECK_PASSED;
	char			 under[UNDER_SIZE], later[96];

	say_now(a, now, later, sizeof(later));
	if (a->id[0] == '\0') {
		name_anchor(v->ask, a, under);
		revoked = say_revocation(v, a);
		if (a->unmarked)
			report_add(v->out, rule, res, lacks, "issued "
			    "%s, not marked as a maker's (" UNMARKED "); %s%s",
			    under, revoked, later);
		else
			report_add(v->out, rule, res, lacks,
			    "issued %s; %s%s", under, revoked, later);
		return;
	}
	report_add(v->out, rule, is_one_of(a->id, of_doubt) ? CHECK_UNKNOWN :
	    CHECK_FAILED, rule_sub_of(a->id), "%s [%s]%s", a->text, a->id,
	    later);
}

static size_t
province_of(const struct verify_part *v)
{
	if (v->seal == NULL)
		return CHAINS_ANY;
	return v->owner == NULL ? CHAINS_FOREIGN :
	    (size_t)(v->owner - v->ask->trust->provinces);
}

/* Is there any authority that could have issued it? */
static bool
has_anchors(const struct verify_part *v)
{
	return v->seal == NULL || (v->owner != NULL && v->owner->nca > 0) ||
	    (v->ask->policy != NULL && v->ask->policy->nanchors > 0);
}

void
verify_maker_chain(const struct verify_part *v)
{
	const ChainWord	*word;
	const ChainAt	*then, *now, *made;
	struct octets	 cert = OCTETS(v->seal->maker_certificate.data,
			    v->seal->maker_certificate.len);
	size_t		 p = province_of(v);
	char		 under[UNDER_SIZE];

	then = chains_at(v->chains, cert, p, CHAINS_MAKER, v->out->at, &word);
	now = chains_at(v->chains, cert, p, CHAINS_MAKER, v->ask->now, NULL);
	made = chains_at(v->chains, cert, p, CHAINS_MAKER, v->seal->created,
	    NULL);
	keep_cert(v->out, "maker", word, then, now);
	if (!has_anchors(v))
		report_add(v->out, "maker_chain", CHECK_UNKNOWN, NULL,
		    "the trust list names no authority for this code");
	else if (then == NULL)
		report_add(v->out, "maker_chain", CHECK_UNKNOWN,
		    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
		    "the certificate could not be looked at");
	else if (put_unmarked(v, then) || (made != NULL &&
	    put_unmarked(v, made)))
		return;
	/* GM/T 0031-2025: what ended since the seal was made is told, and
	 * no more than that. */
	else if (strcmp(v->seal->generation, "V5") == 0 &&
	    is_one_of(then->id, of_moment) && made != NULL &&
	    made->id[0] == '\0') {
		name_anchor(v->ask, made, under);
		report_add(v->out, "maker_chain", lacks_list(v, made) != NULL ?
		    CHECK_UNKNOWN : CHECK_PASSED, lacks_list(v, made),
		    "issued %s; good when the seal was made; by now: %s",
		    under, then->text);
	} else {
		put_row(v, "maker_chain", then, now);
	}
}

void
verify_signer_chain(const struct verify_part *v)
{
	const ChainWord	*word;
	const ChainAt	*then, *now;
	struct octets	 cert = OCTETS(v->stamp->signer_certificate.data,
			    v->stamp->signer_certificate.len);
	size_t		 p = province_of(v);

	if (cert.len == 0) {
		report_add(v->out, "signer_chain", CHECK_UNKNOWN,
		    "NO_SIGNING_CERTIFICATE_FOUND", "no certificate came "
		    "along: nobody says whose signature it is");
		return;
	}
	then = chains_at(v->chains, cert, p, CHAINS_SIGNER, v->out->at,
	    &word);
	now = chains_at(v->chains, cert, p, CHAINS_SIGNER, v->ask->now, NULL);
	keep_cert(v->out, "signer", word, then, now);
	if (!has_anchors(v))
		report_add(v->out, "signer_chain", CHECK_UNKNOWN, NULL,
		    "the trust list names no authority for this code");
	else if (then == NULL)
		report_add(v->out, "signer_chain", CHECK_UNKNOWN,
		    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
		    "the certificate could not be looked at");
	else
		put_row(v, "signer_chain", then, now);
}

/*
 * Revocation of a token's authority, in a row of its own; of two tokens what
 * is known less.
 */
static void
put_authority(const struct verify_part *v, const ChainAt *a, const char *what)
{
	struct report_check	*row = report_row(v->out, "time_stamp_chain");
	const char		*lacks = lacks_list(v, a);
	enum check_result	 res = lacks != NULL ? CHECK_UNKNOWN :
				    CHECK_PASSED;
	char			 said[REPORT_DETAIL_SIZE];

	if (row == NULL) {
		report_add(v->out, "time_stamp_chain", res, lacks, "%s: %s",
		    what, say_revocation(v, a));
		return;
	}
	(void)snprintf(said, sizeof(said), "%s", row->detail);
	if (row->result == CHECK_PASSED)
		report_change(row, res, lacks, "%s; %s: %s", said, what,
		    say_revocation(v, a));
	else
		report_change(row, row->result, row->sub, "%s; %s: %s", said,
		    what, say_revocation(v, a));
}

/* One token's authority; false: it lowers the row. */
static bool
check_token(const struct verify_part *v, const ProtobufCBinaryData *cert,
    int64_t at, const char *what, struct report_check *row)
{
	const ChainWord	*word;
	const ChainAt	*then, *now;
	struct octets	 o = OCTETS(cert->data, cert->len);
	char		 under[UNDER_SIZE], said[REPORT_DETAIL_SIZE];

	then = chains_at(v->chains, o, CHAINS_ANY, CHAINS_TIME_STAMP, at,
	    &word);
	now = chains_at(v->chains, o, CHAINS_ANY, CHAINS_TIME_STAMP,
	    v->ask->now, NULL);
	keep_cert(v->out, "time_stamp", word, then, now);
	if (then == NULL) {
		report_change(row, CHECK_UNKNOWN, NULL, "%s: the authority's "
		    "certificate could not be looked at", what);
		return false;
	}
	if (then->id[0] != '\0') {
		report_change(row, is_one_of(then->id, of_doubt) ?
		    CHECK_UNKNOWN : CHECK_FAILED, rule_sub_of(then->id),
		    "%s: it holds, but of its authority: %s [%s]", what,
		    then->text, then->id);
		return false;
	}
	put_authority(v, then, what);
	row = report_row(v->out, "time_stamp");
	name_anchor(v->ask, then, under);
	(void)snprintf(said, sizeof(said), "%s", row->detail);
	if (said[0] == '\0')
		report_change(row, CHECK_PASSED, NULL, "issued %s", under);
	else if (v->stamp != NULL && cert != &v->stamp->
	    time_stamp_certificate)
		report_change(row, CHECK_PASSED, NULL,
		    "%s; the seal's, issued %s", said, under);
	else
		report_change(row, CHECK_PASSED, NULL, "%s; issued %s", said,
		    under);
	return true;
}

bool
verify_time_stamp(const struct verify_part *v)
{
	struct report_check	*row = report_row(v->out, "time_stamp");
	const StampReading	*s = v->stamp;
	const SealReading	*m = v->seal;
	bool			 good = false;

	if (row == NULL || row->result != CHECK_PASSED)
		return false;
	if (s != NULL && s->time_stamp_at != 0)
		good = check_token(v, &s->time_stamp_certificate,
		    s->time_stamp_at, "the stamp's time-stamp", row);
	/* What the seal's token lacks, the stamp's does not mend. */
	if (m != NULL && m->time_stamp_at != 0 &&
	    row->result == CHECK_PASSED)
		(void)check_token(v, &m->time_stamp_certificate,
		    m->time_stamp_at, "the seal's time-stamp", row);
	return good;
}
