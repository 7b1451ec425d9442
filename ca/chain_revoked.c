#include "ca/chain_work.h"

/*
 * One certificate against the CRLs of its issuer.  A CRL that is younger than
 * the moment is welcome: it knows more.  One that had run out by then is not.
 */
int
chain_work_revoked(const struct chain_work *w, size_t i,
    const struct chain_spec *s, struct chain_result *r, struct err *e)
{
	const struct cert_facts	*f = cert_facts(w->path[i]);
	const struct cert	*issuer = w->path[i + 1];
	struct crl_entry	 en;
	struct err		 why = ERR_INIT;
	char			 name[X509_SHORT];
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
				    x509_short_text(f->subject, name),
				    en.reason);
			}
			chain_work_until(r, en.revoked_at);
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
		chain_work_until(r, last);
	if (good > 0 || (!s->need_crl && old == 0))
		return 0;
	if (old > 0)
		return err_set_id(e, ERR_VERIFY, "crl-expired",
		    "the CRL of \"%s\" is out of date",
		    x509_short_text(f->issuer, name));
	return err_set_id(e, ERR_VERIFY, "crl-missing",
	    "no CRL of \"%s\"", x509_short_text(f->issuer, name));
}
