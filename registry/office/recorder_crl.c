#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "registry/office/office_ca.h"
#include "registry/office/recorder.h"
#include "schema/msg.pb-c.h"

/* A revocation list on its way: asked, answered, stored. */
struct crl_job {
	struct recorder	*r;
	struct IssueCrl	*ask;
	int64_t		 change;
	struct buf	 der;
};

static void
crl_end(struct crl_job *j, const struct err *e)
{
	struct recorder	*r = j->r;

	const bool	 not_here = e != NULL &&
			    strcmp(e->id, "no-authority") == 0;

	/* Whose key was moved away is passed over, and the others are not. */
	r->crl_from = not_here ? j->ask->shard + 1 : r->crl_from;
	if (not_here)
		log_debug("crl.skipped", "part=%u", j->ask->shard);
	else if (e != NULL && e->code != ERR_BUSY)
		log_error("crl.failed", "code=%s \"%s\"", e->id, e->text);
	else if (e == NULL)
		log_notice("crl.issued", "part=%u number=%llu certificates=%zu",
		    j->ask->shard, (unsigned long long)j->ask->number,
		    j->ask->n_revoked);
	r->crl_asked = false;
	crl_ask_free(j->ask);
	buf_fini(&j->der);
	free(j);
	if (e == NULL || not_here)
		recorder_crl(r);	/* the next part may be due */
}

static int
crl_op(void *arg, struct err *e)
{
	struct crl_job	*j = arg;

	return office_crl_put(&j->r->of, j->ask, j->change,
	    buf_octets(&j->der), e);
}

static void
crl_stored(void *arg, const struct err *e)
{
	crl_end(arg, e);
}

static void
crl_signed(void *arg, const struct msg *reply, const struct err *e)
{
	struct crl_job		*j = arg;
	ProtobufCMessage	*m = NULL;
	struct err		 why = ERR_INIT;
	const IssuedCrl		*c;

	if (e != NULL) {
		crl_end(j, e);
		return;
	}
	if (msg_unpack(&issued_crl__descriptor, reply->body, &m, &why) != 0) {
		crl_end(j, &why);
		return;
	}
	c = (const IssuedCrl *)m;
	buf_put(&j->der, c->crl.data, c->crl.len);
	protobuf_c_message_free_unpacked(m, NULL);
	batch_add(j->r->batch, false, crl_op, crl_stored, j);
	recorder_kick(j->r);
}

void
recorder_crl(struct recorder *r)
{
	struct err	 e = ERR_INIT;
	struct crl_job	*j;
	unsigned	 shard;
	bool		 due;

	/* An old copy does not know which numbers were given; and what a clock
	 * that is off has dated is no good. */
	if (r->key == NULL || r->crl_asked || r->unable.code != ERR_OK ||
	    r->seen != SEEN_OK || recorder_clock_records(r, &e) != 0)
		return;
	if (office_crl_due(&r->of, r->crl_from, &due, &shard, &e) != 0) {
		log_error("crl.failed", "code=%s \"%s\"", e.id, e.text);
		return;
	}
	if (!due) {
		r->crl_from = 0;	/* all over again, next time */
		return;
	}
	j = xcalloc(1, sizeof(*j));
	j->r = r;
	buf_init(&j->der, LIMIT_CA_OBJECT);
	r->crl_asked = true;
	if (office_crl_ask(&r->of, shard, &j->ask, &j->change, &e) != 0) {
		crl_end(j, &e);
		return;
	}
	chan_request(r->key, MSG_TYPE__MSG_ISSUE_CRL,
	    (const ProtobufCMessage *)j->ask, -1, crl_signed, j);
}
