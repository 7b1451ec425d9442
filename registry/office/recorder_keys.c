#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "registry/config.h"
#include "registry/office/filer.h"
#include "registry/office/office_key.h"
#include "registry/office/recorder.h"
#include "schema/msg.pb-c.h"

/* Keys on their way: asked, answered, stored. */
struct keys_job {
	struct recorder		*r;
	int64_t			 application[LIMIT_KEYS_AHEAD];
	size_t			 n;
	ProtobufCMessage	*m;	/* MadeKeys */
};

static void
keys_end(struct keys_job *j, const struct err *e)
{
	struct recorder	*r = j->r;
	MadeKeys	*m = (MadeKeys *)j->m;
	size_t		 i;

	r->keys_asked = false;
	if (e != NULL && e->code != ERR_BUSY) {
		log_error("keys.failed", "code=%s \"%s\"", e->id, e->text);
		r->keys_failed = true;
	} else if (e == NULL)
		log_debug("keys.made", "keys=%zu", j->n);
	for (i = 0; m != NULL && i < m->n_key; i++)
		mem_wipe(m->key[i]->wrapped_key.data,
		    m->key[i]->wrapped_key.len);
	protobuf_c_message_free_unpacked(j->m, NULL);
	free(j);
	if (e == NULL)
		recorder_keys(r);	/* there may be more */
}

static int
keys_op(void *arg, struct err *e)
{
	struct keys_job	*j = arg;
	const MadeKeys	*m = (const MadeKeys *)j->m;
	const MadeKey	*k;
	size_t		 i;
	int		 rc = 0;

	for (i = 0; i < j->n && rc == 0; i++) {
		k = m->key[i];
		rc = office_key_put(&j->r->of, j->application[i],
		    OCTETS(k->public_key.data, k->public_key.len),
		    OCTETS(k->wrapped_key.data, k->wrapped_key.len), e);
	}
	return rc;
}

static void
keys_stored(void *arg, const struct err *e)
{
	keys_end(arg, e);
}

/* Are these what was asked for? */
static bool
keys_fit(const struct keys_job *j)
{
	const MadeKeys	*m = (const MadeKeys *)j->m;
	size_t		 i;

	for (i = 0; i < m->n_key; i++)
		if (m->key[i]->public_key.len != SM2_POINT_LEN ||
		    m->key[i]->wrapped_key.len == 0)
			return false;
	return m->n_key == j->n;
}

static void
keys_made(void *arg, const struct msg *reply, const struct err *e)
{
	struct keys_job	*j = arg;
	struct err	 why = ERR_INIT;

	if (e != NULL) {
		keys_end(j, e);
		return;
	}
	if (msg_unpack(&made_keys__descriptor, reply->body, &j->m,
	    &why) == 0 && !keys_fit(j))
		(void)err_set_id(&why, ERR_VERIFY, "wrong-answer",
		    "the key process made other keys than it was asked for");
	if (why.code != ERR_OK) {
		keys_end(j, &why);
		return;
	}
	batch_add(j->r->batch, false, keys_op, keys_stored, j);
	recorder_kick(j->r);
}

void
recorder_keys(struct recorder *r)
{
	MakeKeys	 ask = MAKE_KEYS__INIT;
	struct err	 e = ERR_INIT;
	struct keys_job	*j;

	/* Whatever somebody waits for comes first. */
	if (r->key == NULL || r->keys_asked || r->keys_failed ||
	    filer_at_work(r->filer) > 0 || recorder_may(r, &e) != 0 ||
	    r->fatal.code != ERR_OK || config_is_external(r->of.cf))
		return;
	j = xcalloc(1, sizeof(*j));
	j->r = r;
	if (office_key_due(&r->of, j->application, &j->n, &e) != 0 ||
	    j->n == 0) {
		if (e.code != ERR_OK)
			log_error("keys.failed", "code=%s \"%s\"", e.id,
			    e.text);
		free(j);
		return;
	}
	r->keys_asked = true;
	ask.count = (uint32_t)j->n;
	chan_request(r->key, MSG_TYPE__MSG_MAKE_KEYS, &ask.base, -1,
	    keys_made, j);
}
