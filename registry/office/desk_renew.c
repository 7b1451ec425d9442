#include "registry/office/office_certreq.h"
#include "registry/office/office_renewal.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

/* The owner of a seal asks for its next version.  Nothing is drawn. */

static int
renew_run(void *arg, struct err *e)
{
	struct req			*q = arg;
	const Renew			*m = (const Renew *)q->m;
	const struct renewal_ask	 ask = { .code = m->seal_code,
					    .reason = m->reason,
					    .public_key = OCTETS(q->point,
					    q->pointlen) };
	CaseState			 st = CASE_STATE__INIT;
	struct session			 s;
	struct idem			 id;
	int				 rc;

	buf_reset(&q->answer);
	if ((rc = req_session(q, m->token, ROLE_APPLICANT, &s, e)) != 0 ||
	    (rc = idem_check(m->idempotency_key, e)) != 0)
		return rc;
	id.account = s.account;
	id.key = m->idempotency_key;
	id.request = MSG_TYPE__MSG_RENEW;
	idem_hash(id.request, m->seal_code, REQ_BYTES(m->request_hash),
	    id.hash);
	if ((rc = idem_find(req_office(q), &id, &q->repeated, &q->application,
	    &q->answer, e)) != 0 || q->repeated)
		return rc;
	if ((rc = renewal_submit(req_office(q), &s, &ask, &q->application,
	    e)) != 0 || (m->csr.len > 0 && (rc = certreq_keep(req_office(q),
	    q->application, REQ_BYTES(m->csr), e)) != 0))
		return rc;
	st.id = q->application;
	st.state = (char *)(uintptr_t)case_word(CASE_SUBMITTED);
	req_pack(q, &st.base);
	return idem_put(req_office(q), &id, q->application,
	    buf_octets(&q->answer), e);
}

static int
renew_add(struct req *q, struct err *e)
{
	(void)e;
	req_add(q, false, renew_run, req_packed_done);
	return 0;
}

int
desk_renew(struct req *q, struct err *e)
{
	const Renew	*m = (const Renew *)q->m;
	struct session	 s;
	int		 rc;

	if ((rc = recorder_may(req_recorder(q), e)) != 0 ||
	    (rc = req_session(q, m->token, ROLE_APPLICANT, &s, e)) != 0)
		return rc;
	if (m->csr.len == 0)
		return renew_add(q, e);
	return req_read_csr(q, REQ_BYTES(m->csr), renew_add, e);
}
