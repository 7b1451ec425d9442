#include <string.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "ca/chain_work.h"

/* Does the path end at an authority that marks its makers? */
static bool
top_marks(const struct chain_work *w, const struct chain_spec *s)
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
int
chain_work_purpose(const struct chain_work *w, const struct chain_spec *s,
    struct chain_result *r, struct err *e)
{
	const struct cert_facts	*f = cert_facts(w->leaf);
	X509			*x = cert_x509(w->leaf);
	const char		*what = "sign";
	char			 name[X509_SHORT];
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
	    "certificate \"%s\" may not %s", x509_short_text(f->subject, name),
	    what);
}
