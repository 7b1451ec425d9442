#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "registry/office/office_certreq.h"

/* What an officer says became of a request. */

static int
not_now(const struct certreq *r, const char *why, struct err *e)
{
	return err_set_id(e, ERR_CONFLICT, "illegal-transition",
	    "application %lld is %s: %s", (long long)r->application,
	    case_word(r->state), why);
}

static bool
waits(const struct certreq *r)
{
	return r->state == CASE_CERTIFYING && r->request.len > 0 &&
	    r->certificate.len == 0 && !r->closed;
}

static int
mark_sent(struct office *of, const struct certreq *r, const char *reason,
    enum case_state *state, struct err *e)
{
	const struct val	v[] = { val_int(r->application),
				    val_int(of->now()) };

	(void)reason;
	*state = r->state;
	if (!waits(r))
		return not_now(r, "no request waits", e);
	return store_run(of->st, STMT_OFFICE_CERTREQ_SENT, v, 2, NULL, e);
}

/* The case goes back; its code stays given, and its key is kept. */
static int
mark_rejected(struct office *of, const struct certreq *r, const char *reason,
    enum case_state *state, struct err *e)
{
	const struct val	closed[] = { val_int(r->application),
				    val_int(of->now()) };
	const struct val	back[] = { val_int(r->application),
				    val_int(CASE_CERTIFYING),
				    val_int(CASE_RETURNED),
				    val_int(of->now()), val_text(reason) };
	int			rc;

	if (reason[0] == '\0')
		return err_set_id(e, ERR_INVAL, "reason-required",
		    "a rejection takes a reason");
	if (!text_is_name(reason) || utf8_count(reason) > LIMIT_REASON)
		return err_set_id(e, ERR_INVAL, "bad-reason",
		    "a reason is one line of at most %d characters",
		    LIMIT_REASON);
	if (!waits(r))
		return not_now(r, "no request waits", e);
	*state = CASE_RETURNED;
	if ((rc = case_step(CASE_CERTIFYING, CASE_RETURNED, e)) != 0 ||
	    (rc = store_run(of->st, STMT_OFFICE_CERTREQ_CLOSE, closed, 2,
	    NULL, e)) != 0)
		return rc;
	return store_run(of->st, STMT_OFFICE_CASE_CLOSE, back, 5, NULL, e);
}

static int
mark_reopened(struct office *of, const struct certreq *r, const char *reason,
    enum case_state *state, struct err *e)
{
	const struct val	open[] = { val_int(r->application),
				    val_null() };
	bool			only;
	int			rc;

	(void)reason;
	if (r->state != CASE_RETURNED || !r->closed)
		return not_now(r, "it was not returned for the body's no", e);
	*state = CASE_CERTIFYING;
	if ((rc = case_step(CASE_RETURNED, CASE_CERTIFYING, e)) != 0 ||
	    (rc = case_only_one(of, r->application, &only, e)) != 0)
		return rc;
	const struct val	again[] = { val_int(r->application),
				    val_int(CASE_RETURNED),
				    val_int(CASE_CERTIFYING),
				    val_int(of->now()),
				    only ? val_int(1) : val_null() };
	if ((rc = store_run(of->st, STMT_OFFICE_CERTREQ_CLOSE, open, 2, NULL,
	    e)) != 0)
		return rc;
	return store_run(of->st, STMT_OFFICE_CASE_REOPEN, again, 5, NULL, e);
}

#define HOLD	6	/* certificateHold (RFC 5280, 5.3.1) */

/*
 * The body has done something; is it what the seal's status asks by now?  What
 * was asked before and is asked no more, must not stand for what is.
 */
static int
told(struct office *of, const struct certreq *r, bool is_so,
    enum case_state *state, struct err *e)
{
	const struct val	v = val_int(r->application);

	*state = r->state;
	if (r->certificate.len == 0)
		return not_now(r, "it has no certificate", e);
	if (!is_so)
		return not_now(r, r->want == -1 ? "its certificate is to be "
		    "good by now" : r->want == HOLD ? "its certificate is to "
		    "be on hold by now" : "its certificate is to be revoked "
		    "by now", e);
	return store_run(of->st, STMT_OFFICE_CERTREQ_TOLD, &v, 1, NULL, e);
}

static int
mark_held(struct office *of, const struct certreq *r, const char *reason,
    enum case_state *state, struct err *e)
{
	(void)reason;
	return told(of, r, r->want == HOLD, state, e);
}

static int
mark_revoked(struct office *of, const struct certreq *r, const char *reason,
    enum case_state *state, struct err *e)
{
	(void)reason;
	return told(of, r, r->want != -1 && r->want != HOLD, state, e);
}

static int
mark_released(struct office *of, const struct certreq *r, const char *reason,
    enum case_state *state, struct err *e)
{
	(void)reason;
	return told(of, r, r->want == -1, state, e);
}

static const struct {
	const char	*word, *act;	/* act: in the trail */
	int		(*run)(struct office *of, const struct certreq *r,
			    const char *reason, enum case_state *state,
			    struct err *e);
} marks[] = {
	{ "sent", "request-sent", mark_sent },
	{ "rejected", "request-rejected", mark_rejected },
	{ "reopened", "request-reopened", mark_reopened },
	{ "held", "certificate-held", mark_held },
	{ "revoked", "certificate-revoked", mark_revoked },
	{ "released", "certificate-released", mark_released },
};

int
certreq_mark(struct office *of, const struct session *s, int64_t id,
    const char *mark, const char *reason, enum case_state *state,
    struct err *e)
{
	const size_t	 n = sizeof(marks) / sizeof(marks[0]);
	struct certreq	*r = NULL;
	char		 object[48];
	size_t		 i;
	int		 rc;

	*state = CASE_NONE;
	for (i = 0; i < n && strcmp(marks[i].word, mark) != 0; i++)
		;
	if (i == n)
		return err_set_id(e, ERR_INVAL, "bad-mark",
		    "a request is marked sent, rejected, reopened, held, "
		    "revoked or released");
	if ((rc = certreq_get(of, id, &r, e)) != 0)
		return rc;
	if (r == NULL)
		return err_set_id(e, ERR_NOTFOUND, "no-such-request",
		    "application %lld asked no licensed body for a "
		    "certificate", (long long)id);
	if ((rc = marks[i].run(of, r, reason, state, e)) == 0) {
		snprintf(object, sizeof(object), "application %lld",
		    (long long)id);
		rc = office_trail(of, s->account, marks[i].act, object, e);
	}
	certreq_free(r);
	return rc;
}
