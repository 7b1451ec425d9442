#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "ca/chain_work.h"

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
	char		 name[X509_SHORT];
	size_t		 i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].why == why)
			id = reasons[i].id;
	return err_set_id(e, ERR_VERIFY, id, "certificate \"%s\": %s",
	    x509_short_text(subject, name), text);
}

/* Which of ours is x? */
static const struct cert *
find(const struct chain_work *w, const X509 *x)
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
keep_path(struct chain_work *w, struct octets leaf, STACK_OF(X509) *chain,
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
link_holds(const struct chain_work *w, X509 *x, X509 *issuer)
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
is_cross(const struct chain_work *w, const X509 *x)
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
	const struct chain_work	*w = X509_STORE_CTX_get_app_data(ctx);
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

int
chain_work_build(struct chain_work *w, struct octets leaf,
    const struct chain_spec *s, struct chain_result *r, struct err *e)
{
	X509_STORE	*store = NULL;
	X509_STORE_CTX	*ctx = NULL;
	STACK_OF(X509)	*between = NULL;
	X509		*at;
	char		 name[1024];
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
