#include <string.h>

#include "base/der.h"
#include "ca/crl.h"
#include "ca/delivery.h"

#define BEGIN		"-----BEGIN "
#define DASHES		"-----"
#define LABEL_CERT	"CERTIFICATE"
#define LABEL_CRL	"X509 CRL"

static int
bad(struct err *e, const char *why)
{
	return err_set_id(e, ERR_FORMAT, "bad-delivery", "delivery: %s", why);
}

void
delivery_fini(struct delivery *d)
{
	size_t	i;

	for (i = 0; i < d->ncerts; i++)
		buf_fini(&d->certs[i]);
	for (i = 0; i < d->ncrls; i++)
		buf_fini(&d->crls[i]);
	memset(d, 0, sizeof(*d));
}

static int
add_cert(struct delivery *d, struct octets der, struct err *e)
{
	struct buf	*b;

	if (d->ncerts == LIMIT_DELIVERED)
		return err_set_id(e, ERR_TOOBIG, "bad-delivery",
		    "delivery: over %d certificates", LIMIT_DELIVERED);
	b = &d->certs[d->ncerts++];
	buf_init(b, LIMIT_DELIVERY);
	buf_put_octets(b, der);
	return 0;
}

static int
add_crl(struct delivery *d, struct octets der, struct err *e)
{
	struct crl	*crl = NULL;
	struct err	 why = ERR_INIT;
	struct buf	*b;

	if (d->ncrls == LIMIT_DELIVERY_CRLS)
		return err_set_id(e, ERR_TOOBIG, "bad-delivery",
		    "delivery: over %d revocation lists",
		    LIMIT_DELIVERY_CRLS);
	/* What it revokes must not be passed over. */
	if (crl_parse(der, &crl, &why) != 0)
		return bad(e, why.text);
	crl_free(crl);
	b = &d->crls[d->ncrls++];
	buf_init(b, LIMIT_DELIVERY);
	buf_put_octets(b, der);
	return 0;
}

/* One element, and nothing behind it: a list, or else a certificate. */
static int
split_der(struct octets in, struct delivery *d, struct err *e)
{
	struct cursor	 c = cursor_of(in.p, in.len);
	struct der	 all;
	struct crl	*crl = NULL;

	if (der_expect(&c, DER_SEQUENCE, &all, "delivery", NULL) != 0)
		return bad(e, "neither DER nor PEM");
	if (cursor_left(&c) > 0)
		return bad(e, "octets stand behind the certificate");
	if (crl_parse(in, &crl, NULL) != 0)
		return add_cert(d, in, e);
	crl_free(crl);
	return add_crl(d, in, e);
}

/* Does a label stand at p, up to end? */
static bool
label_is(const uint8_t *p, const uint8_t *end, const char *label)
{
	const size_t	n = strlen(label);

	return (size_t)(end - p) >= n + strlen(DASHES) &&
	    memcmp(p, label, n) == 0 &&
	    memcmp(p + n, DASHES, strlen(DASHES)) == 0;
}

/* The block at c; label is literal. */
static int
take_block(struct cursor *c, const char *label, struct delivery *d,
    struct err *e)
{
	struct err	why = ERR_INIT;
	struct buf	der;
	int		rc;

	buf_init(&der, LIMIT_DELIVERY);
	if (cert_unpem_next(c, label, &der, &why) != 0)
		rc = bad(e, why.text);
	else if (label[0] == 'C')
		rc = add_cert(d, buf_octets(&der), e);
	else
		rc = add_crl(d, buf_octets(&der), e);
	buf_fini(&der);
	return rc;
}

int
delivery_split(struct octets in, struct delivery *d, struct err *e)
{
	struct cursor	 c = cursor_of(in.p, in.len);
	const uint8_t	*p, *after;
	int		 rc = 0;

	memset(d, 0, sizeof(*d));
	if (in.len == 0 || in.len > LIMIT_DELIVERY)
		rc = err_set_id(e, in.len == 0 ? ERR_FORMAT : ERR_TOOBIG,
		    "bad-delivery", "delivery: %zu octets, at most %u",
		    in.len, LIMIT_DELIVERY);
	else if (in.p[0] == DER_SEQUENCE)
		rc = split_der(in, d, e);
	else
		while (rc == 0 && (p = memmem(c.p, cursor_left(&c), BEGIN,
		    strlen(BEGIN))) != NULL) {
			c.p = p;
			after = p + strlen(BEGIN);
			if (label_is(after, c.end, LABEL_CERT))
				rc = take_block(&c, LABEL_CERT, d, e);
			else if (label_is(after, c.end, LABEL_CRL))
				rc = take_block(&c, LABEL_CRL, d, e);
			else
				rc = bad(e, "a PEM block is neither "
				    LABEL_CERT " nor " LABEL_CRL);
		}
	if (rc == 0 && d->ncerts == 0)
		rc = bad(e, "there is no certificate in it");
	if (rc != 0)
		delivery_fini(d);
	return rc;
}
