#ifndef CA_CERT_WORDS_H
#define CA_CERT_WORDS_H

#include "ca/cert.h"

/* What a certificate says, read once; for ca/cert.c only. */

#define CERT_TEXT_MAX	1024

/* facts points into it: it is never copied. */
struct cert_words {
	struct cert_facts facts;
	char		 subject[CERT_TEXT_MAX], issuer[CERT_TEXT_MAX];
	char		 cn[CERT_TEXT_MAX], org[CERT_TEXT_MAX], credit[64];
	char		 crl_url[CERT_URL_MAX], ca_url[CERT_URL_MAX];
	char		 ocsp_url[CERT_URL_MAX];
};

/* Into w, which is zeroed.  ERR_FORMAT "bad-certificate". */
int	 cert_words_read(struct x509_st *x, struct cert_words *w,
	    struct err *e) MUST_CHECK;

#endif /* CA_CERT_WORDS_H */
