#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ca/delivery.h"
#include "registry/office/anchors.h"
#include "registry/office/filer.h"
#include "registry/office/office_delivery.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

/* What a licensed body sent, and what becomes of requests to it. */

static void
pack_results(struct req *q, const struct delivery_done *done)
{
	const DeliveryReading	*m = (const DeliveryReading *)q->reading;
	Delivered		 reply = DELIVERED__INIT;
	DeliveryResult		*all, **at;
	size_t			 i;

	all = xcalloc(m->n_certificates + 1, sizeof(*all));
	at = xcalloc(m->n_certificates + 1, sizeof(*at));
	for (i = 0; i < m->n_certificates; i++) {
		delivery_result__init(at[i] = &all[i]);
		all[i].result = (char *)(uintptr_t)
		    delivery_word(done[i].result);
		all[i].id = done[i].application;
		all[i].seal_code = (char *)(uintptr_t)done[i].seal_code;
		all[i].code = (char *)(uintptr_t)done[i].why.id;
		all[i].detail = (char *)(uintptr_t)done[i].why.text;
		all[i].subject = m->certificates[i]->subject;
		all[i].deviations = m->certificates[i]->deviations;
		all[i].n_deviations = m->certificates[i]->n_deviations;
	}
	reply.results = at;
	reply.n_results = m->n_certificates;
	req_pack(q, &reply.base);
	free(at);
	free(all);
}

static int
deliver_run(void *arg, struct err *e)
{
	struct req		*q = arg;
	const DeliveryReading	*m = (const DeliveryReading *)q->reading;
	const Deliver		*ask = (const Deliver *)q->m;
	struct delivery_done	*done;
	struct session		 s;
	size_t			 i;
	int			 rc;

	q->ncases = 0;
	if ((rc = req_session(q, ask->token, ROLE_OFFICERS, &s, e)) != 0)
		return rc;
	done = xcalloc(m->n_certificates + 1, sizeof(*done));
	for (i = 0; i < m->n_certificates && rc == 0; i++) {
		rc = delivery_take(req_office(q), &s, m->certificates[i],
		    &done[i], e);
		if (done[i].result == DELIVERY_ACCEPTED)
			q->cases[q->ncases++] = done[i].application;
	}
	if (rc == 0)
		pack_results(q, done);
	free(done);
	return rc;
}

static void
deliver_done(void *arg, const struct err *e)
{
	struct req	*q = arg;
	struct filer	*fl = req_recorder(q)->filer;
	size_t		 i;

	for (i = 0; e == NULL && i < q->ncases; i++)
		filer_add(fl, q->cases[i], NULL, 0);
	req_packed_done(q, e);
}

static void
delivery_read(void *arg, const struct msg *reply, const struct err *e)
{
	struct req		*q = arg;
	const DeliveryReading	*m;
	struct err		 why = ERR_INIT;
	int			 rc;

	req_no_fd(reply);
	if (e != NULL) {
		req_fail(q, e);
		return;
	}
	if ((rc = msg_unpack(&delivery_reading__descriptor, reply->body,
	    &q->reading, &why)) == 0) {
		m = (const DeliveryReading *)q->reading;
		if (m->n_certificates > LIMIT_DELIVERED)
			rc = err_set(&why, ERR_FORMAT, "the jail read more "
			    "certificates than there can be");
		else if (m->n_certificates == 0)
			rc = err_set_id(&why, ERR_INVAL, "bad-delivery",
			    "delivery: it holds authorities' certificates "
			    "alone");
	}
	if (rc != 0) {
		req_fail(q, &why);
		return;
	}
	q->cases = xcalloc(m->n_certificates, sizeof(q->cases[0]));
	req_add(q, false, deliver_run, deliver_done);
}

int
desk_deliver(struct req *q, struct err *e)
{
	const Deliver		*m = (const Deliver *)q->m;
	ReadDelivery		 ask = READ_DELIVERY__INIT;
	ProtobufCBinaryData	 anchors[LIMIT_ANCHORS];
	struct octets		 list[LIMIT_ANCHORS];
	struct session		 s;
	struct chan		*jail;
	struct buf		 der;
	size_t			 i;
	int			 rc;

	buf_init(&der, LIMIT_ANCHORS_DER);
	if ((rc = recorder_may(req_recorder(q), e)) != 0 ||
	    (rc = req_session(q, m->token, ROLE_OFFICERS, &s, e)) != 0 ||
	    (rc = anchors_get(req_office(q), &der, e)) != 0 ||
	    (rc = req_jail(q, &jail, e)) != 0)
		goto out;
	ask.n_anchors = anchors_list(buf_octets(&der), list);
	for (i = 0; i < ask.n_anchors; i++)
		anchors[i] = (ProtobufCBinaryData){ .len = list[i].len,
		    .data = (uint8_t *)(uintptr_t)list[i].p };
	ask.anchors = anchors;
	ask.delivery = m->delivery;
	ask.at = office_now(req_office(q));
	chan_request(jail, MSG_TYPE__MSG_READ_DELIVERY, &ask.base, -1,
	    delivery_read, q);
out:
	buf_fini(&der);
	return rc;
}

static int
mark_run(void *arg, struct err *e)
{
	struct req		*q = arg;
	const MarkRequest	*m = (const MarkRequest *)q->m;
	struct office_case	*c = NULL;
	struct session		 s;
	int			 rc;

	if ((rc = req_session(q, m->token, ROLE_OFFICERS, &s, e)) != 0 ||
	    (rc = certreq_mark(req_office(q), &s, m->id, m->mark, m->reason,
	    &q->state, e)) != 0 ||
	    (rc = case_get(req_office(q), m->id, &c, e)) != 0)
		return rc;
	req_pack_case(q, c);
	case_free(c);
	return 0;
}

int
desk_mark(struct req *q, struct err *e)
{
	int	rc;

	if ((rc = recorder_may(req_recorder(q), e)) == 0)
		req_add(q, false, mark_run, req_packed_done);
	return rc;
}
