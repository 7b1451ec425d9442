#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/csr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* What was accepted is kept as it came, and can be told in words. */
static void
try_cert(struct octets in)
{
	struct cert	*c = NULL, *again = NULL;
	struct buf	 text, pem, der;
	struct err	 e = ERR_INIT;
	int		 rc;

	if ((rc = cert_parse(in, &c, &e)) != 0) {
		must(rc == ERR_FORMAT && c == NULL);
		must(strcmp(e.id, "bad-certificate") == 0);
		return;
	}
	must(cert_der(c).len == in.len &&
	    memcmp(cert_der(c).p, in.p, in.len) == 0);
	buf_init(&text, 1 << 20);
	buf_init(&pem, 1 << 20);
	buf_init(&der, 1 << 20);
	cert_print(c, &text);
	must(buf_ok(&text) && text.len > 0);
	cert_put_pem(in, "CERTIFICATE", &pem);
	must(cert_unpem(buf_octets(&pem), "CERTIFICATE", &der, &e) == 0);
	must(der.len == in.len && memcmp(der.p, in.p, in.len) == 0);
	must(cert_parse(buf_octets(&der), &again, &e) == 0);
	must(strcmp(cert_facts(c)->subject, cert_facts(again)->subject) == 0);
	cert_free(again);
	buf_fini(&der);
	buf_fini(&pem);
	buf_fini(&text);
	cert_free(c);
}

static void
try_crl(struct octets in)
{
	struct crl	*crl = NULL;
	struct buf	 text;
	struct err	 e = ERR_INIT;

	if (crl_parse(in, &crl, &e) != 0) {
		must(crl == NULL && strcmp(e.id, "bad-crl") == 0);
		return;
	}
	must(crl_der(crl).len == in.len &&
	    memcmp(crl_der(crl).p, in.p, in.len) == 0);
	buf_init(&text, 16 << 20);
	crl_print(crl, &text);
	must(text.len > 0);
	buf_fini(&text);
	crl_free(crl);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct octets	 in = OCTETS(p, n);
	struct csr	 csr;
	struct err	 e = ERR_INIT;
	int		 rc;

	try_cert(in);
	try_crl(in);
	rc = csr_read(in, &csr, &e);
	must(rc == 0 || strcmp(e.id, "bad-csr") == 0 ||
	    strcmp(e.id, "csr-signature") == 0);
	return 0;
}
