#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/text.h"
#include "ca/delivery.h"
#include "ca/jail_ca.h"
#include "schema/msg.pb-c.h"

/*
 * What a licensed body sends.  Properties: what is taken apart, written as PEM
 * and taken apart again is the same, octet for octet, and never empty; DER is
 * the one thing that it is, whole.  The jail's answer is strict under its own
 * schema, its words are UTF-8, its deviations are of the closed list, and with
 * nobody believed no chain holds.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 ||
	    memcmp(a->p, b->p, a->len) == 0);
}

static void
try_split(struct octets in)
{
	static struct delivery	 d, again;
	struct err		 e = ERR_INIT;
	struct buf		 text;
	size_t			 i;
	int			 rc;

	if ((rc = delivery_split(in, &d, &e)) != 0) {
		must(rc == ERR_FORMAT || rc == ERR_TOOBIG);
		must(strcmp(e.id, "bad-delivery") == 0);
		must(d.ncerts == 0 && d.ncrls == 0);
		return;
	}
	must(d.ncerts >= 1 && d.ncerts <= LIMIT_DELIVERED);
	must(d.ncrls <= LIMIT_DELIVERY_CRLS);
	if (in.p[0] == 0x30)
		must(d.ncerts == 1 && d.certs[0].len == in.len &&
		    memcmp(d.certs[0].p, in.p, in.len) == 0);
	buf_init(&text, 4 * LIMIT_DELIVERY);
	for (i = 0; i < d.ncerts; i++)
		cert_put_pem(buf_octets(&d.certs[i]), "CERTIFICATE", &text);
	for (i = 0; i < d.ncrls; i++)
		cert_put_pem(buf_octets(&d.crls[i]), "X509 CRL", &text);
	must(buf_ok(&text));
	if (text.len <= LIMIT_DELIVERY) {
		must(delivery_split(buf_octets(&text), &again, NULL) == 0);
		must(again.ncerts == d.ncerts && again.ncrls == d.ncrls);
		for (i = 0; i < d.ncerts; i++)
			must(same(&d.certs[i], &again.certs[i]));
		for (i = 0; i < d.ncrls; i++)
			must(same(&d.crls[i], &again.crls[i]));
		delivery_fini(&again);
	}
	delivery_fini(&d);
	buf_fini(&text);
}

static bool
is_deviation(const char *s)
{
	const char	*name;
	size_t		 i;

	for (i = 0; (name = foreign_deviation(i)) != NULL; i++)
		if (strcmp(name, s) == 0)
			return true;
	return false;
}

static void
check_one(const DeliveredCertificate *c)
{
	const char *const	words[] = { c->code, c->detail, c->subject,
				    c->common_name, c->organisation,
				    c->credit_code };
	size_t			 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		must(utf8_valid(words[i], strlen(words[i])));
	must(c->code[0] != '\0' && c->n_issuers == 0);
	must(c->public_key.len == 0 || c->public_key.len == SM2_POINT_LEN);
	must(c->issuer.len == 0 || c->issuer.len == SM3_LEN);
	must(c->serial.len <= CERT_SERIAL_MAX + 1);
	for (i = 0; i < c->n_deviations; i++)
		must(is_deviation(c->deviations[i]));
}

static void
try_jail(struct octets in)
{
	ProtobufCMessage	*m = NULL;
	ReadDelivery		 ask = READ_DELIVERY__INIT;
	const DeliveryReading	*r;
	struct buf		 body, out;
	struct err		 e = ERR_INIT;
	size_t			 i;

	buf_init(&body, 2 * LIMIT_DELIVERY);
	buf_init(&out, LIMIT_MSG_BODY);
	ask.delivery.data = (uint8_t *)(uintptr_t)in.p;
	ask.delivery.len = in.len;
	ask.at = 1795000000;
	msg_put(&ask.base, &body);
	if (jail_read_delivery(buf_octets(&body), OCTETS(NULL, 0), &out,
	    &e) != 0)
		must(e.id[0] != '\0' && out.len == 0);
	else if (buf_ok(&out)) {
		must(msg_unpack(&delivery_reading__descriptor,
		    buf_octets(&out), &m, NULL) == 0);
		r = (const DeliveryReading *)m;
		for (i = 0; i < r->n_certificates; i++)
			check_one(r->certificates[i]);
		protobuf_c_message_free_unpacked(m, NULL);
	}
	buf_fini(&body);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n > LIMIT_DELIVERY)
		return 0;
	try_split(OCTETS(p, n));
	try_jail(OCTETS(p, n));
	return 0;
}
