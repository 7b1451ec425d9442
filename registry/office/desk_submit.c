#include "filing/draw.h"
#include "registry/office/office_certreq.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

static void
submit_application(const Submit *m, struct application *a)
{
	a->owner_name = m->owner_name;
	a->credit_code = m->credit_code;
	a->division = m->division;
	a->seal_type = m->seal_type;
	a->seal_name = m->seal_name;
	a->horizontal_text = m->horizontal_text;
}

/* Session, key, and whether it was answered before (into q->answer). */
static int
submit_begin(struct req *q, struct session *s, struct idem *id,
    struct err *e)
{
	const Submit	*m = (const Submit *)q->m;
	int		 rc;

	buf_reset(&q->answer);
	if ((rc = req_session(q, m->token, ROLE_APPLICANT, s, e)) != 0 ||
	    (rc = idem_check(m->idempotency_key, e)) != 0)
		return rc;
	id->account = s->account;
	id->key = m->idempotency_key;
	id->request = MSG_TYPE__MSG_SUBMIT;
	idem_hash(id->request, "", REQ_BYTES(m->request_hash), id->hash);
	return idem_find(req_office(q), id, &q->repeated, &q->application,
	    &q->answer, e);
}

static int
submit_run(void *arg, struct err *e)
{
	struct req		*q = arg;
	const Submit		*m = (const Submit *)q->m;
	const Picture		*p = (const Picture *)q->reading;
	CaseState		 st = CASE_STATE__INIT;
	struct application	 a;
	struct case_picture	 pic;
	struct session		 s;
	struct idem		 id;
	int			 rc;

	if ((rc = submit_begin(q, &s, &id, e)) != 0 || q->repeated)
		return rc;
	submit_application(m, &a);
	pic.type = p->type;
	pic.data = REQ_BYTES(p->data);
	pic.width_mm = p->width_mm;
	pic.height_mm = p->height_mm;
	if ((rc = case_submit(req_office(q), &s, &a,
	    OCTETS(q->point, q->pointlen), &pic, &q->application, e)) != 0 ||
	    (m->csr.len > 0 && (rc = certreq_keep(req_office(q),
	    q->application, REQ_BYTES(m->csr), e)) != 0))
		return rc;
	st.id = q->application;
	st.state = (char *)(uintptr_t)case_word(CASE_SUBMITTED);
	req_pack(q, &st.base);
	return idem_put(req_office(q), &id, q->application,
	    buf_octets(&q->answer), e);
}

static void
submit_drawn(void *arg, const struct msg *reply, const struct err *e)
{
	struct req	*q = arg;
	const Picture	*p;
	struct err	 why = ERR_INIT;
	int		 rc;

	req_no_fd(reply);
	if (e != NULL) {
		req_fail(q, e);
		return;
	}
	if ((rc = msg_unpack(&picture__descriptor, reply->body, &q->reading,
	    &why)) == 0) {
		p = (const Picture *)q->reading;
		if (p->data.len == 0 || p->data.len > LIMIT_PICTURE ||
		    p->width_mm == 0 || p->height_mm == 0)
			rc = err_set(&why, ERR_FORMAT,
			    "the jail drew nothing that could be a picture");
	}
	if (rc != 0)
		req_fail(q, &why);
	else
		req_add(q, false, submit_run, req_packed_done);
}

static int
submit_draw(struct req *q, struct err *e)
{
	const Submit		*m = (const Submit *)q->m;
	DrawSeal		 ask = DRAW_SEAL__INIT;
	struct application	 a;
	struct application_text	 text;
	struct chan		*jail;
	int			 rc;

	if ((rc = req_jail(q, &jail, e)) != 0)
		return rc;
	submit_application(m, &a);
	text = application_text(&a);
	ask.seal_type = a.seal_type;
	ask.name = (char *)(uintptr_t)text.name;
	ask.horizontal_text = (char *)(uintptr_t)text.horizontal;
	ask.dpi = DRAW_DPI;
	chan_request(jail, MSG_TYPE__MSG_DRAW_SEAL, &ask.base, -1,
	    submit_drawn, q);
	return 0;
}

int
desk_submit(struct req *q, struct err *e)
{
	const Submit		*m = (const Submit *)q->m;
	struct application	 a;
	struct session		 s;
	struct idem		 id;
	int			 rc;

	if ((rc = recorder_may(req_recorder(q), e)) != 0 ||
	    (rc = submit_begin(q, &s, &id, e)) != 0)
		return rc;
	if (q->repeated) {
		req_reply_packed(q);
		return 0;
	}
	submit_application(m, &a);
	if ((rc = case_check(req_office(q), &a, e)) != 0)
		return rc;
	if (m->csr.len == 0)
		return submit_draw(q, e);
	return req_read_csr(q, REQ_BYTES(m->csr), submit_draw, e);
}
