#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "registry/office/filer.h"
#include "registry/office/office_ocsp.h"
#include "registry/office/recorder.h"
#include "schema/msg.pb-c.h"

/*
 * The key process signs answers of certificates that were just made when there
 * is nothing to file.  While there is, news of a status go on, and some of the
 * others every few seconds.
 */
#define SOME	16

/* A batch of OCSP answers on its way: asked, answered, stored. */
struct ocsp_job {
	struct recorder		*r;
	struct ocsp_batch	 b;
	ProtobufCMessage	*m;	/* SignedOcsp */
};

static void
ocsp_end(struct ocsp_job *j, const struct err *e)
{
	struct recorder	*r = j->r;

	if (e != NULL && e->code != ERR_BUSY)
		log_error("ocsp.failed", "code=%s \"%s\"", e->id, e->text);
	else if (e == NULL)
		log_debug("ocsp.signed", "answers=%zu", j->b.ask->n_status);
	r->ocsp_asked = false;
	ocsp_batch_fini(&j->b);
	protobuf_c_message_free_unpacked(j->m, NULL);
	free(j);
	if (e == NULL)
		recorder_ocsp(r);	/* there may be more */
}

static int
ocsp_op(void *arg, struct err *e)
{
	struct ocsp_job		*j = arg;
	const SignedOcsp	*m = (const SignedOcsp *)j->m;
	size_t			 i;
	int			 rc = 0;

	for (i = 0; i < m->n_answer && rc == 0; i++)
		rc = office_ocsp_put(&j->r->of, &j->b, i,
		    OCTETS(m->answer[i].data, m->answer[i].len), e);
	return rc;
}

static void
ocsp_stored(void *arg, const struct err *e)
{
	ocsp_end(arg, e);
}

static void
ocsp_signed(void *arg, const struct msg *reply, const struct err *e)
{
	struct ocsp_job	*j = arg;
	struct err	 why = ERR_INIT;

	if (e != NULL) {
		ocsp_end(j, e);
		return;
	}
	if (msg_unpack(&signed_ocsp__descriptor, reply->body, &j->m,
	    &why) == 0 &&
	    ((const SignedOcsp *)j->m)->n_answer != j->b.ask->n_status)
		(void)err_set_id(&why, ERR_VERIFY, "wrong-answer",
		    "the key process made another number of OCSP answers");
	if (why.code != ERR_OK) {
		ocsp_end(j, &why);
		return;
	}
	batch_add(j->r->batch, false, ocsp_op, ocsp_stored, j);
	recorder_kick(j->r);
}

static void
sign_due(struct recorder *r, bool news, size_t most)
{
	struct err	 e = ERR_INIT;
	struct ocsp_job	*j;

	/* An old copy does not know what was revoked since; and what a clock
	 * that is off has dated is no good. */
	if (r->key == NULL || r->ocsp_asked || r->unable.code != ERR_OK ||
	    r->fatal.code != ERR_OK || r->seen != SEEN_OK ||
	    recorder_clock_records(r, &e) != 0)
		return;
	j = xcalloc(1, sizeof(*j));
	j->r = r;
	if (office_ocsp_ask(&r->of, news, most, &j->b, &e) != 0 ||
	    j->b.ask == NULL) {
		if (e.code != ERR_OK)
			log_error("ocsp.failed", "code=%s \"%s\"", e.id,
			    e.text);
		free(j);
		return;
	}
	r->ocsp_asked = true;
	chan_request(r->key, MSG_TYPE__MSG_SIGN_OCSP,
	    (const ProtobufCMessage *)j->b.ask, -1, ocsp_signed, j);
}

void
recorder_ocsp(struct recorder *r)
{
	sign_due(r, filer_at_work(r->filer) > 0, LIMIT_OCSP_BATCH);
}

void
recorder_ocsp_some(struct recorder *r)
{
	sign_due(r, false, filer_at_work(r->filer) > 0 ? SOME :
	    LIMIT_OCSP_BATCH);
}
