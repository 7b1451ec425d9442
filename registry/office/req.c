#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/msg.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

void
req_free(struct req *q)
{
	protobuf_c_message_free_unpacked(q->m, NULL);
	protobuf_c_message_free_unpacked(q->reading, NULL);
	buf_fini(&q->answer);
	free(q->cases);
	client_unref(q->cl);
	free(q);
}

void
req_fail(struct req *q, const struct err *e)
{
	client_fail(q->cl, q->id, e);
	req_free(q);
}

void
req_reply(struct req *q, uint16_t type, const ProtobufCMessage *m)
{
	client_reply(q->cl, q->id, type, m);
	req_free(q);
}

/* The packed answer, as it was made in the transaction or long before. */
void
req_reply_packed(struct req *q)
{
	if (q->cl->ch != NULL)
		chan_reply_octets(q->cl->ch, q->id,
		    MSG_TYPE__MSG_RECORDER_REPLY, buf_octets(&q->answer));
	req_free(q);
}

void
req_pack(struct req *q, const ProtobufCMessage *m)
{

	buf_reset(&q->answer);
	msg_put(m, &q->answer);
}

struct recorder *
req_recorder(const struct req *q)
{
	return q->cl->r;
}

struct office *
req_office(const struct req *q)
{
	return &q->cl->r->of;
}

void
req_add(struct req *q, bool appends, batch_run *run, batch_done *done)
{
	batch_add(req_recorder(q)->batch, appends, run, done, q);
	recorder_kick(req_recorder(q));
}

/* For operations whose answer was packed by their run. */
void
req_packed_done(void *arg, const struct err *e)
{
	struct req	*q = arg;

	if (e != NULL)
		req_fail(q, e);
	else
		req_reply_packed(q);
}

void
req_ok_done(void *arg, const struct err *e)
{
	struct req	*q = arg;

	if (e != NULL)
		req_fail(q, e);
	else
		req_reply(q, MSG_TYPE__MSG_OK, NULL);
}

int
req_session(const struct req *q, const char *token, unsigned roles,
    struct session *s, struct err *e)
{
	uint8_t	hash[SM3_LEN];

	sm3(token, strlen(token), hash);
	return session_need(req_office(q), OCTETS(hash, SM3_LEN), roles, s, e);
}

int
req_jail(const struct req *q, struct chan **jail, struct err *e)
{
	if ((*jail = recorder_jail(req_recorder(q))) == NULL)
		return err_set_id(e, ERR_BUSY, "jail-unavailable",
		    "no jail is there just now");
	return 0;
}

/* What a case is now, as an answer. */
void
req_pack_case(struct req *q, const struct office_case *c)
{
	CaseState	m = CASE_STATE__INIT;

	m.id = c->id;
	m.state = (char *)(uintptr_t)case_word(c->state);
	if (c->state == CASE_FILED && c->seal_code != NULL)
		m.seal_code = c->seal_code;
	if (c->reason != NULL)
		m.reason = c->reason;
	req_pack(q, &m.base);
}

/* A jail's answer carries no descriptor; a jail that was taken over might. */
void
req_no_fd(const struct msg *reply)
{
	if (reply != NULL && reply->fd != -1)
		close(reply->fd);
}
