#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "ca/chain.h"
#include "ca/chain_path.h"
#include "ca/chain_work.h"

static void
work_fini(struct chain_work *w)
{
	size_t	 i;

	cert_free(w->leaf);
	for (i = 0; i < w->ngiven; i++)
		cert_free(w->given[i]);
	for (i = 0; i < w->ncrls; i++)
		crl_free(w->crls[i]);
}

static int
take_certs(struct chain_work *w, const struct octets *o, size_t n,
    struct err *e)
{
	size_t	 i;
	int	 rc;

	for (i = 0; i < n; i++) {
		if ((rc = cert_parse(o[i], &w->given[w->ngiven], e)) != 0)
			return rc;
		w->octets[w->ngiven++] = o[i];
	}
	return 0;
}

static int
take_all(struct chain_work *w, struct octets leaf, const struct chain_spec *s,
    struct err *e)
{
	size_t	 i;
	int	 rc;

	if (s->nanchors > LIMIT_CHAIN_SET || s->nbetween > LIMIT_CHAIN_SET ||
	    s->ncrls > LIMIT_CHAIN_SET)
		return err_set(e, ERR_TOOBIG, "chain: over %d of a kind",
		    LIMIT_CHAIN_SET);
	if ((rc = cert_parse(leaf, &w->leaf, e)) != 0 ||
	    (rc = take_certs(w, s->anchors, s->nanchors, e)) != 0 ||
	    (rc = take_certs(w, s->between, s->nbetween, e)) != 0)
		return rc;
	for (i = 0; i < s->ncrls; i++) {
		if ((rc = crl_parse(s->crls[i], &w->crls[i], e)) != 0)
			return rc;
		w->ncrls++;
	}
	return 0;
}

/* What OpenSSL leaves out. */
static int
check_path(const struct chain_work *w, const struct chain_spec *s,
    struct chain_result *r, struct err *e)
{
	const struct cert_facts	*f;
	const struct cert	*top = w->path[w->npath - 1];
	char			 name[X509_SHORT];
	size_t			 i;
	int			 rc;

	r->failed_at = 0;
	if ((rc = chain_work_purpose(w, s, r, e)) != 0)
		return rc;
	for (i = 0; i < w->npath; i++) {
		r->failed_at = (unsigned)i;
		f = cert_facts(w->path[i]);
		if (!f->sm2_signed)
			return err_set_id(e, ERR_VERIFY,
			    "certificate-signature", "certificate \"%s\": not "
			    "signed with SM2 and SM3",
			    x509_short_text(f->subject, name));
		if (f->null_parameters && !s->lenient)
			return err_set_id(e, ERR_VERIFY,
			    "bad-certificate-profile", "certificate \"%s\": "
			    "signature algorithm has parameters",
			    x509_short_text(f->subject, name));
	}
	/* An anchor's own signature says that its key was there.  A cross
	 * certificate is self-issued, and signed by another key. */
	if (cert_facts(top)->self_issued && !cert_is_cross(top) &&
	    (rc = cert_verify(top, top, e)) != 0)
		return rc;
	return 0;
}

void
chain_work_until(struct chain_result *r, int64_t t)
{
	if (t - 1 < r->until)
		r->until = t - 1;
}

/* Where nothing more is known, it is said of the one moment. */
static void
one_moment(struct chain_result *r, int64_t at)
{
	r->from = at;
	r->until = at;
}

/*
 * The span in which OpenSSL says the same: dates are all that it compares the
 * moment with, from the anchor downwards.  What has expired stays so, as long
 * as nothing above it ends.
 */
static void
span_of_dates(const struct chain_work *w, int64_t at, bool expired,
    struct chain_result *r)
{
	const struct cert_facts	*f;
	size_t			 i;

	r->from = expired ? at : INT64_MIN;
	r->until = INT64_MAX;
	for (i = expired ? r->failed_at + 1 : 0; i < w->npath; i++) {
		f = cert_facts(w->path[i]);
		if (f->not_before > r->from && (i == 0 || i + 1 < w->npath ||
		    !cert_is_cross(w->path[i - 1])))
			r->from = f->not_before;
		chain_work_until(r, f->not_after);
	}
	if (w->npath == 0 || at < r->from || at > r->until)
		one_moment(r, at);
}

/* One way, that of what is not left out. */
static int
judge(struct chain_work *w, struct octets leaf, const struct chain_spec *spec,
    struct chain_result *r, struct err *e)
{
	size_t	 i;
	int	 rc;

	memset(r, 0, sizeof(*r));
	one_moment(r, spec->at);
	w->npath = 0;
	if ((rc = chain_work_build(w, leaf, spec, r, e)) != 0) {
		if (strcmp(e->id, "certificate-expired") == 0)
			span_of_dates(w, spec->at, true, r);
		return rc;
	}
	if ((rc = check_path(w, spec, r, e)) != 0)
		return rc;
	span_of_dates(w, spec->at, false, r);
	for (i = 0; i + 1 < w->npath; i++) {
		r->failed_at = (unsigned)i;
		if ((rc = chain_work_revoked(w, i, spec, r, e)) != 0) {
			one_moment(r, spec->at);
			return rc;
		}
	}
	r->failed_at = 0;
	return 0;
}

/*
 * Which certificate of a way of n issuers is to blame: the one at which it
 * failed; of a name the first above it that constrains names.  0: the leaf.
 */
static size_t
blame(const struct chain_paths *p, const size_t *path, size_t n,
    const struct chain_result *r, const struct err *why)
{
	size_t	i = r->failed_at;

	if (strcmp(why->id, "certificate-name") != 0)
		return i;
	for (i++; i <= n; i++)
		if (X509_get_ext_by_NID(cert_x509(p->given[path[i - 1]]),
		    NID_name_constraints, -1) >= 0)
			return i;
	return 0;
}

/*
 * The way that OpenSSL has chosen does not hold: is there another?  What the
 * first one lacked is said where there is none.
 */
static bool
try_others(struct chain_work *w, struct octets leaf,
    const struct chain_spec *spec, struct chain_result *r)
{
	struct chain_paths	 p = { .leaf = w->leaf, .given = w->given,
				    .ngiven = w->ngiven,
				    .nanchors = spec->nanchors,
				    .at = spec->at };
	struct chain_result	 res;
	struct err		 why;
	size_t			 path[LIMIT_CHAIN];
	size_t			 i, n, turn;

	for (turn = 0; turn < LIMIT_CHAIN_PATHS &&
	    (n = chain_path_find(&p, path)) > 0; turn++) {
		memset(w->left_out, true, sizeof(w->left_out));
		for (i = 0; i < n; i++)
			w->left_out[path[i]] = false;
		why = (struct err)ERR_INIT;
		if (judge(w, leaf, spec, &res, &why) == 0) {
			*r = res;
			return true;
		}
		/* Another issuer's certificate does not mend the leaf. */
		i = blame(&p, path, n, &res, &why);
		if (i == 0 || i > n)
			break;
		p.banned[path[i - 1]] = true;
	}
	return false;
}

int
chain_verify(struct octets leaf, const struct chain_spec *spec,
    struct chain_result *r, struct err *e)
{
	struct chain_result	 mine;
	struct err		 why = ERR_INIT;
	struct chain_work	 w;
	int			 rc;

	if (r == NULL)
		r = &mine;
	memset(r, 0, sizeof(*r));
	memset(&w, 0, sizeof(w));
	one_moment(r, spec->at);
	if ((rc = take_all(&w, leaf, spec, e)) != 0)
		goto out;
	rc = judge(&w, leaf, spec, r, &why);
	if (rc == ERR_VERIFY && w.ngiven > 1 &&
	    try_others(&w, leaf, spec, r))
		rc = 0;
	/* At another moment another way may hold, but for the same leaf. */
	if (rc != 0 && w.ngiven > 1 && r->failed_at > 0)
		one_moment(r, spec->at);
	if (rc != 0 && e != NULL)
		*e = why;
out:
	work_fini(&w);
	return rc;
}
