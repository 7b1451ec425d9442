#include <stdio.h>
#include <string.h>

#include "registry/config.h"
#include "registry/office/filer.h"
#include "registry/office/office_event.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

/*
 * The last approval gives a seal its dates, which its time-stamp may not come
 * before: for V5 nobody approves by a clock that is off.
 */
static int
may_decide(struct req *q, const char *decision, struct err *e)
{
	struct recorder	*r = req_recorder(q);

	if (!config_is_v5(r->of.cf) || strcmp(decision, "approve") != 0)
		return 0;
	return recorder_makes(r, e);
}

static int
decide_run(void *arg, struct err *e)
{
	struct req		*q = arg;
	const Decide		*m = (const Decide *)q->m;
	struct office_case	*c = NULL;
	struct session		 s;
	struct idem		 id;
	char			 target[24];
	int			 rc;

	if ((rc = req_session(q, m->token, ROLE_OFFICERS, &s, e)) != 0 ||
	    (rc = idem_check(m->idempotency_key, e)) != 0)
		return rc;
	id.account = s.account;
	id.key = m->idempotency_key;
	id.request = MSG_TYPE__MSG_DECIDE;
	snprintf(target, sizeof(target), "%lld", (long long)m->id);
	idem_hash(id.request, target, REQ_BYTES(m->request_hash), id.hash);
	if ((rc = idem_find(req_office(q), &id, &q->repeated, &q->application,
	    &q->answer, e)) != 0)
		return rc;
	q->application = m->id;
	if (!q->repeated && (rc = may_decide(q, m->decision, e)) != 0)
		return rc;
	if (!q->repeated && ((rc = case_decide(req_office(q), &s, m->id,
	    m->decision, m->reason, &q->state, e)) != 0 ||
	    (rc = idem_put(req_office(q), &id, m->id, OCTETS(NULL, 0),
	    e)) != 0))
		return rc;
	/* What it is now, also for those who ask again. */
	if ((rc = case_get(req_office(q), m->id, &c, e)) != 0)
		return rc;
	req_pack_case(q, c);
	case_free(c);
	return 0;
}

static void
decide_done(void *arg, const struct err *e)
{
	struct req	*q = arg;

	if (e != NULL)
		req_fail(q, e);
	else if (!q->repeated && q->state == CASE_CERTIFYING) {
		filer_add(req_recorder(q)->filer, q->application, q->cl, q->id);
		req_free(q);
	} else
		req_reply_packed(q);
}

int
desk_decide(struct req *q, struct err *e)
{
	int	rc;

	if ((rc = recorder_may(req_recorder(q), e)) == 0)
		req_add(q, false, decide_run, decide_done);
	return rc;
}

static int
event_run(void *arg, struct err *e)
{
	struct req		*q = arg;
	const ChangeSeal	*m = (const ChangeSeal *)q->m;
	SealChanged		 reply = SEAL_CHANGED__INIT;
	const struct seal_event	 ask = { .code = m->seal_code,
				    .kind = m->kind, .reason = m->reason,
				    .effective_at = m->effective_at };
	struct seal_changed	 done;
	struct session		 s;
	struct idem		 id;
	int			 rc;

	buf_reset(&q->answer);
	if ((rc = req_session(q, m->token, ROLE_OFFICERS, &s, e)) != 0 ||
	    (rc = idem_check(m->idempotency_key, e)) != 0)
		return rc;
	id.account = s.account;
	id.key = m->idempotency_key;
	id.request = MSG_TYPE__MSG_SEAL_EVENT;
	idem_hash(id.request, m->seal_code, REQ_BYTES(m->request_hash), id.hash);
	if ((rc = idem_find(req_office(q), &id, &q->repeated, &q->application,
	    &q->answer, e)) != 0 || q->repeated)
		return rc;
	if ((rc = event_apply(req_office(q), &s, &ask, &done, e)) != 0)
		return rc;
	reply.seal_code = m->seal_code;
	reply.status = (char *)(uintptr_t)status_word(done.status);
	reply.index = done.index;
	reply.recorded_at = done.recorded_at;
	reply.effective_at = done.effective_at;
	req_pack(q, &reply.base);
	return idem_put(req_office(q), &id, 0, buf_octets(&q->answer), e);
}

/* Whoever asks for the certificate hears of it at once. */
static void
event_done(void *arg, const struct err *e)
{
	struct req	*q = arg;
	struct recorder	*r = req_recorder(q);
	const bool	 news = e == NULL && !q->repeated;

	req_packed_done(q, e);
	if (news) {
		recorder_crl(r);
		recorder_ocsp(r);
	}
}

int
desk_event(struct req *q, struct err *e)
{
	int	rc;

	if ((rc = recorder_may(req_recorder(q), e)) == 0)
		req_add(q, true, event_run, event_done);
	return rc;
}
