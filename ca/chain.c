#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "ca/chain.h"
#include "ca/chain_path.h"
#include "ca/crl.h"

/* Parsed copies of what the spec gives. */
struct work {
	struct cert	*leaf;
	struct cert	*given[2 * LIMIT_CHAIN_SET];	/* anchors, between */
	struct octets	 octets[2 * LIMIT_CHAIN_SET];	/* where from */
	size_t		 ngiven;
	bool		 left_out[2 * LIMIT_CHAIN_SET];	/* of given */
	struct crl	*crls[LIMIT_CHAIN_SET];
	size_t		 ncrls;
	const struct cert *path[LIMIT_CHAIN];
	size_t		 npath;
};

static void
work_fini(struct work *w)
{
	size_t	 i;

	cert_free(w->leaf);
	for (i = 0; i < w->ngiven; i++)
		cert_free(w->given[i]);
	for (i = 0; i < w->ncrls; i++)
		crl_free(w->crls[i]);
}

static int
take_certs(struct work *w, const struct octets *o, size_t n, struct err *e)
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
take_all(struct work *w, struct octets leaf, const struct chain_spec *s,
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

/* OpenSSL's reasons and our ids.  What is not here is certificate-invalid. */
static const struct {
	int		 why;
	const char	*id;
} reasons[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "unknown-issuer" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown-issuer" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "unknown-issuer" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "unknown-issuer" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown-issuer" },
	{ X509_V_ERR_CERT_UNTRUSTED, "unknown-issuer" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "certificate-signature" },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE,
	    "certificate-signature" },
	{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY,
	    "certificate-signature" },
	{ X509_V_ERR_CERT_HAS_EXPIRED, "certificate-expired" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "certificate-not-yet-valid" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "chain-too-long" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, "chain-too-long" },
	{ X509_V_ERR_INVALID_CA, "certificate-purpose" },
	{ X509_V_ERR_INVALID_NON_CA, "certificate-purpose" },
	{ X509_V_ERR_INVALID_PURPOSE, "certificate-purpose" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "certificate-purpose" },
	{ X509_V_ERR_PERMITTED_VIOLATION, "certificate-name" },
	{ X509_V_ERR_EXCLUDED_VIOLATION, "certificate-name" },
	{ X509_V_ERR_SUBTREE_MINMAX, "certificate-name" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, "certificate-name" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "certificate-name" },
	{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, "certificate-name" },
};

static int
refuse(struct err *e, int why, const char *subject)
{
	const char	*text = X509_verify_cert_error_string(why);
	const char	*id = "certificate-invalid";
	size_t		 i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].why == why)
			id = reasons[i].id;
	return err_set_id(e, ERR_VERIFY, id, "certificate \"%s\": %s",
	    subject, text);
}

/* Which of ours is x? */
static const struct cert *
find(const struct work *w, const X509 *x)
{
	size_t	 i;

	if (x == cert_x509(w->leaf))
		return w->leaf;
	for (i = 0; i < w->ngiven; i++)
		if (x == cert_x509(w->given[i]))
			return w->given[i];
	/* The store may hand out its own copy of the same certificate. */
	if (X509_cmp(x, cert_x509(w->leaf)) == 0)
		return w->leaf;
	for (i = 0; i < w->ngiven; i++)
		if (X509_cmp(x, cert_x509(w->given[i])) == 0)
			return w->given[i];
	return NULL;
}

static int
keep_path(struct work *w, struct octets leaf, STACK_OF(X509) *chain,
    struct chain_result *r)
{
	const struct cert	*c;
	size_t			 j;
	int			 i;

	for (i = 0; i < sk_X509_num(chain) && i < LIMIT_CHAIN; i++) {
		if ((c = find(w, sk_X509_value(chain, i))) == NULL)
			return ERR_CRYPTO;
		w->path[i] = c;
		r->path[i] = leaf;
		for (j = 0; j < w->ngiven; j++)
			if (w->given[j] == c)
				r->path[i] = w->octets[j];
		w->npath = (size_t)i + 1;
		r->length = (unsigned)i + 1;
	}
	return 0;
}

/*
 * One signature of the path.  OpenSSL's own verification takes five times as
 * long for SM2; those of other kinds, which check_path() refuses, are its.
 */
static bool
link_holds(const struct work *w, X509 *x, X509 *issuer)
{
	const struct cert	*c = find(w, x), *by = find(w, issuer);
	EVP_PKEY		*key;

	if (c != NULL && by != NULL && cert_facts(c)->sm2_signed)
		return cert_verify(c, by, NULL) == 0;
	return (key = X509_get0_pubkey(issuer)) != NULL &&
	    X509_verify(x, key) == 1;
}

/*
 * The dates of one certificate: 0, or why it does not hold at that moment.  A
 * trust anchor is a name and a key (RFC 5280, 6.1.1 d).  One that came by a
 * rollover answers, by its cross certificate, for what the authority before it
 * had certified when there was no next one: its beginning is not asked.
 */
static int
dates_say(const X509 *x, time_t at, bool begun)
{
	int	from = X509_cmp_time(X509_get0_notBefore(x), &at),
		until = X509_cmp_time(X509_get0_notAfter(x), &at);

	if (from == 0)
		return X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD;
	if (from > 0 && !begun)
		return X509_V_ERR_CERT_NOT_YET_VALID;
	if (until == 0)
		return X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
	return until < 0 ? X509_V_ERR_CERT_HAS_EXPIRED : X509_V_OK;
}

static bool
is_cross(const struct work *w, const X509 *x)
{
	const struct cert	*c = find(w, x);

	return c != NULL && cert_is_cross(c);
}

/*
 * In the place of OpenSSL's last step (internal_verify()), when the path is
 * built and its extensions are checked: from the anchor downwards each
 * signature holds, and each certificate holds at the moment.  That every issuer
 * may sign certificates (keyCertSign) its check_extensions() has asked already,
 * by X509_check_ca(); proxies, of which it does not ask that, it refuses.
 */
static int
verify_links(X509_STORE_CTX *ctx)
{
	const struct work	*w = X509_STORE_CTX_get_app_data(ctx);
	STACK_OF(X509)		*chain = X509_STORE_CTX_get0_chain(ctx);
	const time_t		 at = X509_VERIFY_PARAM_get_time(
				    X509_STORE_CTX_get0_param(ctx));
	const int		 top = sk_X509_num(chain) - 1;
	X509			*x, *issuer = NULL;
	int			 i, why = X509_V_OK;

	for (i = top; i >= 0; i--) {
		x = sk_X509_value(chain, i);
		if (issuer != NULL && !link_holds(w, x, issuer))
			why = X509_V_ERR_CERT_SIGNATURE_FAILURE;
		else
			why = dates_say(x, at, i == top && i > 0 &&
			    is_cross(w, sk_X509_value(chain, i - 1)));
		if (why != X509_V_OK) {
			X509_STORE_CTX_set_error_depth(ctx, i);
			X509_STORE_CTX_set_current_cert(ctx, x);
			X509_STORE_CTX_set_error(ctx, why);
			return 0;
		}
		issuer = x;
	}
	return 1;
}

/* Everything that OpenSSL is asked, and nothing that it assumes. */
static void
set_param(X509_VERIFY_PARAM *p, const struct chain_spec *s)
{
	unsigned long	 flags;

	flags = X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN;
	if (!s->lenient)
		flags |= X509_V_FLAG_X509_STRICT;
	(void)X509_VERIFY_PARAM_set_flags(p, flags);
	X509_VERIFY_PARAM_set_time(p, (time_t)s->at);
	X509_VERIFY_PARAM_set_depth(p, s->depth > LIMIT_CHAIN - 2 ?
	    LIMIT_CHAIN - 2 : (int)s->depth);
	X509_VERIFY_PARAM_set_auth_level(p, 0);
	(void)X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_ANY);
}

static int
run_openssl(struct work *w, struct octets leaf, const struct chain_spec *s,
    struct chain_result *r, struct err *e)
{
	X509_STORE	*store = NULL;
	X509_STORE_CTX	*ctx = NULL;
	STACK_OF(X509)	*between = NULL;
	X509		*at;
	char		 name[256];
	size_t		 i;
	int		 ok, rc;

	if ((store = X509_STORE_new()) == NULL ||
	    (ctx = X509_STORE_CTX_new()) == NULL ||
	    (between = sk_X509_new_null()) == NULL) {
		rc = err_set_crypto(e, "chain");
		goto out;
	}
	for (i = 0; i < w->ngiven; i++)
		if (!w->left_out[i] && (i < s->nanchors ?
		    !X509_STORE_add_cert(store, cert_x509(w->given[i])) :
		    !sk_X509_push(between, cert_x509(w->given[i])))) {
			rc = err_set_crypto(e, "chain");
			goto out;
		}
	X509_STORE_set_verify(store, verify_links);
	if (!X509_STORE_CTX_init(ctx, store, cert_x509(w->leaf), between) ||
	    !X509_STORE_CTX_set_app_data(ctx, w)) {
		rc = err_set_crypto(e, "chain");
		goto out;
	}
	set_param(X509_STORE_CTX_get0_param(ctx), s);
	ok = X509_verify_cert(ctx);
	if (keep_path(w, leaf, X509_STORE_CTX_get0_chain(ctx), r) != 0) {
		rc = err_set_crypto(e, "chain: a path of strangers");
		goto out;
	}
	if (ok != 1) {
		r->failed_at = (unsigned)X509_STORE_CTX_get_error_depth(ctx);
		at = X509_STORE_CTX_get_current_cert(ctx);
		x509_name_text(X509_get_subject_name(at != NULL ? at :
		    cert_x509(w->leaf)), name, sizeof(name));
		rc = refuse(e, X509_STORE_CTX_get_error(ctx), name);
		goto out;
	}
	rc = 0;
out:
	ERR_clear_error();
	sk_X509_free(between);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return rc;
}

/* Does the path end at an authority that marks its makers? */
static bool
top_marks(const struct work *w, const struct chain_spec *s)
{
	size_t	 i;

	for (i = 0; i < s->nmarking && i < s->nanchors; i++)
		if (w->given[i] == w->path[w->npath - 1] ||
		    X509_cmp(cert_x509(w->given[i]),
		    cert_x509(w->path[w->npath - 1])) == 0)
			return true;
	return false;
}

/* 13 or 14 digits: what a signer's certificate is called. */
static bool
is_seal_code(const char *name)
{
	const size_t	 n = strlen(name);

	return (n == 13 || n == 14) && strspn(name, "0123456789") == n;
}

static bool
is_maker(const struct cert *c, bool *unmarked)
{
	static const uint8_t	 any[] = { 0x55, 0x1d, 0x25, 0 };
	EXTENDED_KEY_USAGE	*all;
	const ASN1_OBJECT	*o;
	bool			 is = false;
	int			 critical, i;

	all = X509_get_ext_d2i(cert_x509(c), NID_ext_key_usage, &critical,
	    NULL);
	*unmarked = all == NULL && critical == -1;
	if (*unmarked)
		return !is_seal_code(cert_facts(c)->common_name);
	for (i = 0; i < sk_ASN1_OBJECT_num(all) && !is; i++) {
		o = sk_ASN1_OBJECT_value(all, i);
		is = (OBJ_length(o) == sizeof(OID_SEAL_MAKING) - 1 &&
		    memcmp(OBJ_get0_data(o), OID_SEAL_MAKING,
		    OBJ_length(o)) == 0) || (OBJ_length(o) == sizeof(any) &&
		    memcmp(OBJ_get0_data(o), any, sizeof(any)) == 0);
	}
	EXTENDED_KEY_USAGE_free(all);
	return is;
}

/* May the leaf do what is asked of it? */
static int
check_purpose(const struct work *w, const struct chain_spec *s,
    struct chain_result *r, struct err *e)
{
	const struct cert_facts	*f = cert_facts(w->leaf);
	X509			*x = cert_x509(w->leaf);
	const char		*what = "sign";
	bool			 may = f->may_sign && !f->is_ca;

	switch (s->purpose) {
	case CHAIN_SIGN:
		break;
	case CHAIN_ISSUE:
		what = "issue";
		may = f->is_ca && f->may_issue;
		break;
	case CHAIN_TIME_STAMP:
		what = "sign time-stamps";
		may = may && (X509_get_extension_flags(x) &
		    EXFLAG_XKUSAGE) != 0 &&
		    (X509_get_extended_key_usage(x) & XKU_TIMESTAMP) != 0;
		break;
	case CHAIN_MAKE:
		what = "make seals";
		may = may && (!top_marks(w, s) || is_maker(w->leaf,
		    &r->unmarked));
		break;
	}
	return may ? 0 : err_set_id(e, ERR_VERIFY, "certificate-purpose",
	    "certificate \"%s\" may not %s", f->subject, what);
}

/* What OpenSSL leaves out. */
static int
check_path(const struct work *w, const struct chain_spec *s,
    struct chain_result *r, struct err *e)
{
	const struct cert_facts	*f;
	const struct cert	*top = w->path[w->npath - 1];
	size_t			 i;
	int			 rc;

	r->failed_at = 0;
	if ((rc = check_purpose(w, s, r, e)) != 0)
		return rc;
	for (i = 0; i < w->npath; i++) {
		r->failed_at = (unsigned)i;
		f = cert_facts(w->path[i]);
		if (!f->sm2_signed)
			return err_set_id(e, ERR_VERIFY,
			    "certificate-signature", "certificate \"%s\": not "
			    "signed with SM2 and SM3", f->subject);
		if (f->null_parameters && !s->lenient)
			return err_set_id(e, ERR_VERIFY,
			    "bad-certificate-profile", "certificate \"%s\": "
			    "signature algorithm has parameters", f->subject);
	}
	/* An anchor's own signature says that its key was there.  A cross
	 * certificate is self-issued, and signed by another key. */
	if (cert_facts(top)->self_issued && !cert_is_cross(top) &&
	    (rc = cert_verify(top, top, e)) != 0)
		return rc;
	return 0;
}

/* Before t, and no longer. */
static void
until(struct chain_result *r, int64_t t)
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
span_of_dates(const struct work *w, int64_t at, bool expired,
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
		until(r, f->not_after);
	}
	if (w->npath == 0 || at < r->from || at > r->until)
		one_moment(r, at);
}

/*
 * One certificate against the CRLs of its issuer.  A CRL that is younger than
 * the moment is welcome: it knows more.  One that had run out by then is not.
 */
static int
check_revoked(const struct work *w, size_t i, const struct chain_spec *s,
    struct chain_result *r, struct err *e)
{
	const struct cert_facts	*f = cert_facts(w->path[i]);
	const struct cert	*issuer = w->path[i + 1];
	struct crl_entry	 en;
	struct err		 why = ERR_INIT;
	size_t			 j, good = 0, old = 0, bad = 0;
	int64_t			 last = 0;

	for (j = 0; j < w->ncrls; j++) {
		if (!crl_is_by(w->crls[j], issuer) ||
		    !crl_covers(w->crls[j], w->path[i]))
			continue;
		if (crl_verify(w->crls[j], issuer, &why) != 0) {
			/* That is a list of another authority's. */
			bad += !crl_is_by_other_key(w->crls[j], issuer);
			continue;
		}
		if (crl_find(w->crls[j], f->serial, f->seriallen, &en)) {
			if (en.revoked_at <= s->at) {
				r->revoked_at = en.revoked_at;
				return err_set_id(e, ERR_VERIFY,
				    "certificate-revoked", "certificate "
				    "\"%s\" was revoked, reason %u",
				    f->subject, en.reason);
			}
			until(r, en.revoked_at);
		}
		if (crl_next_update(w->crls[j]) > s->at) {
			good++;
			if (crl_next_update(w->crls[j]) > last)
				last = crl_next_update(w->crls[j]);
		} else
			old++;
	}
	if (bad > 0)
		return err_set_id(e, ERR_VERIFY, "crl-signature", "%s",
		    why.text);
	if (good > 0)
		until(r, last);
	if (good > 0 || (!s->need_crl && old == 0))
		return 0;
	if (old > 0)
		return err_set_id(e, ERR_VERIFY, "crl-expired",
		    "the CRL of \"%s\" is out of date", f->issuer);
	return err_set_id(e, ERR_VERIFY, "crl-missing",
	    "no CRL of \"%s\"", f->issuer);
}

/* One way, that of what is not left out. */
static int
judge(struct work *w, struct octets leaf, const struct chain_spec *spec,
    struct chain_result *r, struct err *e)
{
	size_t	 i;
	int	 rc;

	memset(r, 0, sizeof(*r));
	one_moment(r, spec->at);
	w->npath = 0;
	if ((rc = run_openssl(w, leaf, spec, r, e)) != 0) {
		if (strcmp(e->id, "certificate-expired") == 0)
			span_of_dates(w, spec->at, true, r);
		return rc;
	}
	if ((rc = check_path(w, spec, r, e)) != 0)
		return rc;
	span_of_dates(w, spec->at, false, r);
	for (i = 0; i + 1 < w->npath; i++) {
		r->failed_at = (unsigned)i;
		if ((rc = check_revoked(w, i, spec, r, e)) != 0) {
			one_moment(r, spec->at);
			return rc;
		}
	}
	r->failed_at = 0;
	return 0;
}

/*
 * The way that OpenSSL has chosen does not hold: is there another?  What the
 * first one lacked is said where there is none.
 */
static bool
try_others(struct work *w, struct octets leaf, const struct chain_spec *spec,
    struct chain_result *r)
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
		if (res.failed_at == 0 || res.failed_at > n)
			break;
		p.banned[path[res.failed_at - 1]] = true;
	}
	return false;
}

int
chain_verify(struct octets leaf, const struct chain_spec *spec,
    struct chain_result *r, struct err *e)
{
	struct chain_result	 mine;
	struct err		 why = ERR_INIT;
	struct work		 w;
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
