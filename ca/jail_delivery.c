#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "ca/delivery.h"
#include "ca/jail_ca.h"
#include "schema/msg.pb-c.h"

/* Authorities between a leaf and the body's anchor. */
#define CHAIN_DEPTH	3

/* One delivery at work: views of the message and of what it was split into. */
struct work {
	struct delivery		 d;
	struct octets		 anchors[LIMIT_CHAIN_SET];
	struct octets		 between[LIMIT_CHAIN_SET];
	struct octets		 crls[LIMIT_DELIVERY_CRLS];
	struct chain_spec	 spec;
};

static ProtobufCBinaryData
copy(const uint8_t *p, size_t n)
{
	return (ProtobufCBinaryData){ .len = n, .data = n > 0 ?
	    xmemdup(p, n) : NULL };
}

/* protobuf-c frees what it would have allocated. */
static void
set_text(char **at, const char *s)
{
	*at = xstrdup(s);
}

static void
put_facts(const struct cert *c, DeliveredCertificate *m)
{
	const struct cert_facts	*f = cert_facts(c);
	struct foreign_lint	 lint;
	uint8_t			 point[SM2_POINT_LEN], name[SM3_LEN];
	struct buf		 issuer;
	size_t			 i, z;

	set_text(&m->subject, f->subject);
	set_text(&m->common_name, f->common_name);
	set_text(&m->organisation, f->organisation);
	set_text(&m->credit_code, f->credit_code);
	if (cert_point(c, point, NULL) == 0)
		m->public_key = copy(point, sizeof(point));
	for (z = 0; z + 1 < f->seriallen && f->serial[z] == 0; z++)
		;
	m->serial = copy(f->serial + z, f->seriallen - z);
	buf_init(&issuer, LIMIT_CERT);
	if (x509_put_issuer_of(&issuer, cert_x509(c), NULL) == 0) {
		sm3(issuer.p, issuer.len, name);
		m->issuer = copy(name, sizeof(name));
	}
	buf_fini(&issuer);
	m->not_before = f->not_before;
	m->not_after = f->not_after;
	foreign_lint(c, &lint);
	m->deviations = xcalloc(lint.n + 1, sizeof(*m->deviations));
	for (i = 0; i < lint.n; i++)
		set_text(&m->deviations[m->n_deviations++], lint.name[i]);
}

static void
put_chain(const struct work *w, struct octets leaf, DeliveredCertificate *m)
{
	struct chain_result	r;
	struct err		why = ERR_INIT;
	unsigned		i;

	if (chain_verify(leaf, &w->spec, &r, &why) != 0) {
		set_text(&m->code, why.id);
		set_text(&m->detail, why.text);
		return;
	}
	m->issuers = xcalloc(r.length + 1, sizeof(*m->issuers));
	for (i = 1; i < r.length; i++)
		m->issuers[m->n_issuers++] = copy(r.path[i].p,
		    r.path[i].len);
}

/* NULL: it is an authority's, and no answer to a request. */
static DeliveredCertificate *
judge(const struct work *w, struct octets der)
{
	DeliveredCertificate	*m;
	struct cert		*c = NULL;
	struct err		 why = ERR_INIT;
	const int		 rc = cert_parse(der, &c, &why);

	if (rc == 0 && cert_facts(c)->is_ca) {
		cert_free(c);
		return NULL;
	}
	m = xmalloc(sizeof(*m));
	delivered_certificate__init(m);
	m->certificate = copy(der.p, der.len < LIMIT_CERT ? der.len : 0);
	if (rc != 0) {
		set_text(&m->code, why.id);
		set_text(&m->detail, why.text);
		return m;
	}
	put_facts(c, m);
	put_chain(w, der, m);
	cert_free(c);
	return m;
}

static int
work_init(struct work *w, const ReadDelivery *rq, struct err *e)
{
	struct cert	*c;
	size_t		 i;
	int		 rc;

	if (rq->n_anchors > LIMIT_CHAIN_SET)
		return err_set(e, ERR_TOOBIG, "delivery: over %d anchors",
		    LIMIT_CHAIN_SET);
	if ((rc = delivery_split(OCTETS(rq->delivery.data, rq->delivery.len),
	    &w->d, e)) != 0)
		return rc;
	for (i = 0; i < rq->n_anchors; i++)
		w->anchors[i] = OCTETS(rq->anchors[i].data,
		    rq->anchors[i].len);
	w->spec = (struct chain_spec){ .anchors = w->anchors,
	    .nanchors = rq->n_anchors, .between = w->between,
	    .crls = w->crls, .purpose = CHAIN_SIGN, .at = rq->at,
	    .depth = CHAIN_DEPTH, .lenient = true };
	for (i = 0; i < w->d.ncrls; i++)
		w->crls[w->spec.ncrls++] = buf_octets(&w->d.crls[i]);
	/* Issuers that came along; a stranger's junk must not spoil the rest. */
	for (i = 0; i < w->d.ncerts &&
	    w->spec.nbetween < LIMIT_CHAIN_SET; i++) {
		if (cert_parse(buf_octets(&w->d.certs[i]), &c, NULL) != 0)
			continue;
		if (cert_facts(c)->is_ca)
			w->between[w->spec.nbetween++] =
			    buf_octets(&w->d.certs[i]);
		cert_free(c);
	}
	return 0;
}

int
jail_read_delivery(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	DeliveryReading		*reply = NULL;
	DeliveredCertificate	*one;
	struct work		*w = xcalloc(1, sizeof(*w));
	size_t			 i;
	int			 rc;

	if ((rc = msg_unpack(&read_delivery__descriptor, large.len > 0 ?
	    large : in, &m, e)) != 0 ||
	    (rc = work_init(w, (const ReadDelivery *)m, e)) != 0)
		goto out;
	reply = xmalloc(sizeof(*reply));
	delivery_reading__init(reply);
	reply->certificates = xcalloc(w->d.ncerts + 1,
	    sizeof(reply->certificates[0]));
	for (i = 0; i < w->d.ncerts; i++)
		if ((one = judge(w, buf_octets(&w->d.certs[i]))) != NULL)
			reply->certificates[reply->n_certificates++] = one;
	msg_put(&reply->base, out);
	rc = 0;
out:
	if (reply != NULL)
		delivery_reading__free_unpacked(reply, NULL);
	protobuf_c_message_free_unpacked(m, NULL);
	delivery_fini(&w->d);
	free(w);
	return rc;
}
