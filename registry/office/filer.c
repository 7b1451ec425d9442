#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "ca/tsa_query.h"
#include "registry/office/filer.h"
#include "registry/office/office_certreq.h"
#include "registry/office/office_file.h"
#include "registry/office/recorder.h"
#include "schema/msg.pb-c.h"

/* Somebody who wants to know. */
struct waiter {
	struct client	*cl;
	uint64_t	 id;
	struct waiter	*next;
};

struct job {
	struct filer		*fl;
	int64_t			 application;
	struct office_file	*f;	/* while at work */
	ProtobufCMessage	*made;	/* RequestedSigner, to be stored */
	uint64_t		 index;
	bool			 at_work, parked;
	bool			 again;		/* parked by ERR_BUSY */
	struct waiter		*waiters;
	struct job		*prev, *next;
};

struct filer {
	struct recorder	*r;
	struct job	*first, **last;	/* oldest first */
	size_t		 count, at_work;
	size_t		 ready;		/* of these, in the batch */
	uint64_t	 filed;
};

struct filer *
filer_new(struct recorder *r)
{
	struct filer	*fl = xcalloc(1, sizeof(*fl));

	fl->r = r;
	fl->last = &fl->first;
	return fl;
}

size_t
filer_count(const struct filer *fl)
{
	return fl->count;
}

size_t
filer_at_work(const struct filer *fl)
{
	return fl->at_work;
}

size_t
filer_coming(const struct filer *fl)
{
	return fl->at_work - fl->ready;
}

uint64_t
filer_filed(const struct filer *fl)
{
	return fl->filed;
}

static void
job_unlink(struct job *j)
{
	struct filer	*fl = j->fl;

	if (j->prev != NULL)
		j->prev->next = j->next;
	else
		fl->first = j->next;
	if (j->next != NULL)
		j->next->prev = j->prev;
	else
		fl->last = j->prev != NULL ? &j->prev->next : &fl->first;
	fl->count--;
}

static struct job *
job_new(struct filer *fl, int64_t application)
{
	struct job	*j = xcalloc(1, sizeof(*j));

	j->fl = fl;
	j->application = application;
	if (fl->first != NULL)
		j->prev = (struct job *)(void *)((char *)fl->last -
		    offsetof(struct job, next));
	*fl->last = j;
	fl->last = &j->next;
	fl->count++;
	return j;
}

/* Tell everybody: it has come to state (e NULL), or what stopped it. */
static void
job_tell(struct job *j, enum case_state state, const struct err *e)
{
	CaseState	 m = CASE_STATE__INIT;
	struct waiter	*w;

	if (e == NULL) {
		m.id = j->application;
		m.state = (char *)(uintptr_t)case_word(state);
		if (state == CASE_FILED)
			m.seal_code = j->f->c->seal_code;
	}
	while ((w = j->waiters) != NULL) {
		j->waiters = w->next;
		if (e == NULL)
			client_reply(w->cl, w->id,
			    MSG_TYPE__MSG_RECORDER_REPLY, &m.base);
		else
			client_fail(w->cl, w->id, e);
		client_unref(w->cl);
		free(w);
	}
}

static void
job_free(struct job *j)
{
	job_unlink(j);
	protobuf_c_message_free_unpacked(j->made, NULL);
	file_free(j->f);
	free(j);
}

void
filer_free(struct filer *fl)
{
	struct err	 e = ERR_INIT;
	struct job	*j;

	if (fl == NULL)
		return;
	(void)err_set(&e, ERR_BUSY, "the recorder is ending");
	while ((j = fl->first) != NULL) {
		/* job_free() takes j out of fl; it takes j->fl for another. */
		job_tell(j, CASE_NONE, &e);	// NOLINT(clang-analyzer-unix.Malloc)
		job_free(j);
	}
	free(fl);
}

/*
 * It did not come through.  A lost link is taken up again when there is a new
 * one; anything else is for somebody to look at, and is tried once more then.
 */
static void
job_stopped(struct job *j, const struct err *e)
{
	j->fl->at_work--;
	j->at_work = false;
	j->parked = true;
	j->again = e->code == ERR_BUSY;
	if (e->code != ERR_BUSY)
		log_error("file.stopped", "application=%lld code=%s \"%s\"",
		    (long long)j->application, e->id, e->text);
	job_tell(j, CASE_NONE, e);
	protobuf_c_message_free_unpacked(j->made, NULL);
	j->made = NULL;
	file_free(j->f);
	j->f = NULL;
}

static void	pump(struct filer *fl);

/* The batch has stored it, or not. */
static int
store_run_op(void *arg, struct err *e)
{
	struct job	*j = arg;

	return file_store(&j->fl->r->of, j->f, &j->index, e);
}

static void
store_done(void *arg, const struct err *e)
{
	struct job	*j = arg;
	struct filer	*fl = j->fl;

	fl->ready--;
	if (e != NULL) {
		job_stopped(j, e);
		return;
	}
	log_info("file.done", "application=%lld index=%llu",
	    (long long)j->application, (unsigned long long)j->index);
	fl->at_work--;
	fl->filed++;
	job_tell(j, CASE_FILED, NULL);
	if (j->f->c->renewal != 0) {
		/* The certificate before is superseded: tell at once. */
		recorder_crl(fl->r);
		recorder_ocsp(fl->r);
	}
	job_free(j);
	pump(fl);
}

static void
seal_done(void *arg, const struct msg *reply, const struct err *e)
{
	struct job		*j = arg;
	struct err		 why = ERR_INIT;
	ProtobufCMessage	*m = NULL;
	const SignedSeal	*s;
	int			 rc;

	if (e != NULL) {
		job_stopped(j, e);
		return;
	}
	if ((rc = msg_unpack(&signed_seal__descriptor, reply->body, &m,
	    &why)) == 0) {
		s = (const SignedSeal *)m;
		rc = file_take_seal(j->f, OCTETS(s->seal.data, s->seal.len),
		    &why);
	}
	protobuf_c_message_free_unpacked(m, NULL);
	if (rc != 0) {
		job_stopped(j, &why);
		return;
	}
	j->fl->ready++;
	batch_add(j->fl->r->batch, true, store_run_op, store_done, j);
	recorder_kick(j->fl->r);
}

static void
ask_seal(struct job *j)
{
	struct recorder	*r = j->fl->r;
	SignTime	 stamp = SIGN_TIME__INIT;
	SignSeal	 ask;
	struct buf	 policy;

	buf_init(&policy, LIMIT_TSA_POLICY);
	if (j->f->v5) {
		recorder_stamp_ask(r, 0, &policy, &stamp);
		file_ask_v5(j->f, &stamp, &ask);
	} else
		file_ask_seal(j->f, &ask);
	chan_request(r->key, MSG_TYPE__MSG_SIGN_SEAL, &ask.base, -1,
	    seal_done, j);
	buf_fini(&policy);
}

static void
signer_done(void *arg, const struct msg *reply, const struct err *e)
{
	struct job		*j = arg;
	struct err		 why = ERR_INIT;
	ProtobufCMessage	*m = NULL;
	const IssuedSigner	*s;
	int			 rc;

	if (e != NULL) {
		job_stopped(j, e);
		return;
	}
	if ((rc = msg_unpack(&issued_signer__descriptor, reply->body, &m,
	    &why)) == 0) {
		s = (const IssuedSigner *)m;
		rc = file_take_signer(j->f,
		    OCTETS(s->certificate.data, s->certificate.len),
		    OCTETS(s->wrapped_key.data, s->wrapped_key.len), &why);
	}
	protobuf_c_message_free_unpacked(m, NULL);
	if (rc == 0 && j->fl->r->key == NULL)
		rc = err_set_id(&why, ERR_BUSY, "key-unavailable",
		    "the key process is not there just now");
	if (rc != 0) {
		job_stopped(j, &why);
		return;
	}
	ask_seal(j);
}

/* ---- certificates of a licensed body */

/* It waits outside for its certificate: filer_add() takes it up again. */
static void
job_waits(struct job *j)
{
	struct filer	*fl = j->fl;

	log_info("file.waits", "application=%lld",
	    (long long)j->application);
	fl->at_work--;
	job_tell(j, CASE_CERTIFYING, NULL);
	job_free(j);
}

static int
request_store_op(void *arg, struct err *e)
{
	struct job		*j = arg;
	const RequestedSigner	*s = (const RequestedSigner *)j->made;

	return certreq_put(&j->fl->r->of, j->application,
	    OCTETS(s->request.data, s->request.len),
	    OCTETS(s->public_key.data, s->public_key.len),
	    OCTETS(s->wrapped_key.data, s->wrapped_key.len), e);
}

static void
request_stored(void *arg, const struct err *e)
{
	struct job	*j = arg;
	struct filer	*fl = j->fl;

	if (e != NULL) {
		job_stopped(j, e);
		return;
	}
	job_waits(j);
	pump(fl);
}

static void
request_done(void *arg, const struct msg *reply, const struct err *e)
{
	struct job		*j = arg;
	struct err		 why = ERR_INIT;
	const RequestedSigner	*s;
	int			 rc;

	if (e != NULL) {
		job_stopped(j, e);
		return;
	}
	if ((rc = msg_unpack(&requested_signer__descriptor, reply->body,
	    &j->made, &why)) == 0) {
		s = (const RequestedSigner *)j->made;
		if (s->request.len == 0 || s->wrapped_key.len == 0 ||
		    s->public_key.len != SM2_POINT_LEN)
			rc = err_set_id(&why, ERR_VERIFY, "wrong-answer",
			    "the key process made no request");
	}
	if (rc != 0) {
		job_stopped(j, &why);
		return;
	}
	batch_add(j->fl->r->batch, false, request_store_op, request_stored,
	    j);
	recorder_kick(j->fl->r);
}

/* The next step of a case that was opened: certificate, seal, or to wait. */
static void
job_step(struct job *j)
{
	struct recorder	*r = j->fl->r;
	IssueSigner	 issue;
	RequestSigner	 request;

	if (!j->f->outside) {
		file_ask_signer(j->f, &issue);
		chan_request(r->key, MSG_TYPE__MSG_ISSUE_SIGNER, &issue.base,
		    -1, signer_done, j);
	} else if (j->f->certificate.len > 0)
		ask_seal(j);
	else if (j->f->requested)
		job_waits(j);
	else {
		file_ask_request(j->f, &request);
		chan_request(r->key, MSG_TYPE__MSG_REQUEST_SIGNER,
		    &request.base, -1, request_done, j);
	}
}

/* Does the next step make a seal? */
static bool
job_makes(const struct job *j)
{
	return !j->f->outside || j->f->certificate.len > 0;
}

/* Give the key process as much as it may have at once. */
static void
pump(struct filer *fl)
{
	struct err	 why = ERR_INIT;
	struct job	*j, *next;

	for (j = fl->first; j != NULL && fl->at_work < LIMIT_FILING; j = next) {
		next = j->next;
		if (j->at_work || j->parked)
			continue;
		if (fl->r->key == NULL || fl->r->seen != SEEN_OK)
			return;
		why = (struct err)ERR_INIT;
		j->at_work = true;
		fl->at_work++;
		if (file_open(&fl->r->of, j->application, &j->f, &why) != 0) {
			job_stopped(j, &why);
			/* A seal to be renewed may become active again. */
			if (!j->again)
				job_free(j);
			continue;
		}
		if (job_makes(j) && (j->f->v5 ? recorder_makes(fl->r, &why) :
		    recorder_can(fl->r, &why)) != 0) {
			job_stopped(j, &why);
			continue;
		}
		job_step(j);
	}
}

void
filer_add(struct filer *fl, int64_t application, struct client *cl,
    uint64_t id)
{
	struct waiter	*w;
	struct job	*j;
	struct err	 why = ERR_INIT;

	for (j = fl->first; j != NULL && j->application != application;
	    j = j->next)
		;
	if (j == NULL)
		j = job_new(fl, application);
	if (cl != NULL) {
		w = xcalloc(1, sizeof(*w));
		w->cl = cl;
		w->id = id;
		w->next = j->waiters;
		j->waiters = w;
		client_ref(cl);
	}
	if (fl->r->key == NULL && cl != NULL) {
		(void)err_set_id(&why, ERR_BUSY, "key-unavailable",
		    "the key process is not there just now");
		job_tell(j, CASE_NONE, &why);
		return;
	}
	pump(fl);
}

int
filer_resume(struct filer *fl, struct err *e)
{
	const struct val	 v[] = { val_int(CASE_CERTIFYING),
				    val_int(CASE_MAKING) };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	if ((rc = store_query(fl->r->of.st, STMT_OFFICE_CASES_RESUME, v, 2,
	    &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row)
		(void)job_new(fl, query_int(q, 0));
	if (rc == 0 && fl->count > 0)
		log_notice("file.resume", "filings=%zu", fl->count);
out:
	query_done(q);
	return rc;
}

void
filer_again(struct filer *fl)
{
	struct job	*j;

	for (j = fl->first; j != NULL; j = j->next)
		j->parked = j->parked && !j->again;
	pump(fl);
}

void
filer_key_up(struct filer *fl)
{
	struct job	*j;

	for (j = fl->first; j != NULL; j = j->next)
		j->parked = false;
	pump(fl);
}
