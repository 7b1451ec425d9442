#include <unistd.h>

#include "base/mem.h"
#include "registry/office/desk.h"
#include "registry/office/filer.h"
#include "registry/office/office_certreq.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

#define LIMIT_ANSWER	(512u << 10)

static int
desk_ping(struct req *q, struct err *e)
{
	int	rc;

	if ((rc = recorder_files(req_recorder(q), e)) == 0)
		req_reply(q, MSG_TYPE__MSG_OK, NULL);
	return rc;
}

static TallyCounts
tally_view(const struct tally *t)
{
	TallyCounts	v = TALLY_COUNTS__INIT;

	v.n_count = TALLY_BOUNDS;
	v.count = (uint64_t *)(uintptr_t)t->count;
	v.sum_us = t->sum_us;
	return v;
}

/* Whatever its state: this is how the state is told. */
static int
desk_stats(struct req *q, struct err *e)
{
	struct recorder			*r = req_recorder(q);
	const struct batch_counts	 c = batch_counts_of(r->batch);
	RecorderStats			 m = RECORDER_STATS__INIT;
	TallyCounts			 commit = tally_view(&r->counts.commit);
	TallyCounts			 sign = tally_view(&r->counts.sign);
	struct err			 why = ERR_INIT, stamps = ERR_INIT;
	struct err			 ignored = ERR_INIT;
	struct certreq_counts		 requests;
	char				 none[] = "";
	int				 rc;

	(void)e;
	m.operations = c.operations;
	m.failures = c.failures;
	m.commits = c.commits;
	m.checkpoints = c.checkpoints;
	m.filings = filer_filed(r->filer);
	m.filing_now = filer_count(r->filer);
	m.waiting = batch_waiting(r->batch);
	m.commit = &commit;
	m.sign = &sign;
	m.key_links = r->counts.key_links;
	m.jail_links = r->counts.jail_links;
	m.sync_links = r->counts.sync_links;
	m.http_links = r->counts.http_links;
	m.key_up = r->key != NULL;
	/* "" where it can. */
	rc = recorder_files(r, &why);
	m.refuses = rc == 0 ? none : why.id;
	rc = recorder_stamps(r, &stamps);
	m.stamps = r->stamps.issued;
	m.stamps_refused = r->stamps.refused;
	m.stamps_refuses = rc == 0 ? none : stamps.id;
	m.clock_peers = r->stamps.state.heard;
	m.clock_off = r->stamps.state.off;
	if (certreq_counts(&r->of, &requests, &ignored) == 0) {
		m.certifying = requests.waiting;
		m.certifying_since = requests.since;
		m.revoking = requests.revoking;
	}
	req_reply(q, MSG_TYPE__MSG_RECORDER_REPLY, &m.base);
	return 0;
}

static int
desk_seen(struct req *q, struct err *e)
{
	(void)e;
	recorder_seen(req_recorder(q), ((const PeersSeen *)q->m)->note);
	req_reply(q, MSG_TYPE__MSG_OK, NULL);
	return 0;
}

/*
 * Who may ask what.  take answers, now or later, or fails at once; a body of
 * none is empty.
 */
static const struct {
	uint16_t	 type;
	bool		 from_sync;
	const ProtobufCMessageDescriptor *body;
	int		(*take)(struct req *q, struct err *e);
} desk_table[] = {
	{ MSG_TYPE__MSG_LOGIN, false, &login__descriptor, desk_login },
	{ MSG_TYPE__MSG_LOGOUT, false, &logout__descriptor, desk_logout },
	{ MSG_TYPE__MSG_SUBMIT, false, &submit__descriptor, desk_submit },
	{ MSG_TYPE__MSG_RENEW, false, &renew__descriptor, desk_renew },
	{ MSG_TYPE__MSG_DECIDE, false, &decide__descriptor, desk_decide },
	{ MSG_TYPE__MSG_SEAL_EVENT, false, &change_seal__descriptor,
	    desk_event },
	{ MSG_TYPE__MSG_DELIVER, false, &deliver__descriptor, desk_deliver },
	{ MSG_TYPE__MSG_MARK_REQUEST, false, &mark_request__descriptor,
	    desk_mark },
	{ MSG_TYPE__MSG_TAKE_LIST, false, &take_list__descriptor, desk_list },
	{ MSG_TYPE__MSG_PING, false, NULL, desk_ping },
	{ MSG_TYPE__MSG_STATS, false, NULL, desk_stats },
	{ MSG_TYPE__MSG_TIME_STAMP, false, &time_query__descriptor,
	    desk_stamp },
	{ MSG_TYPE__MSG_PEERS_SEEN, true, &peers_seen__descriptor,
	    desk_seen },
	{ MSG_TYPE__MSG_PEER_TIME, true, &peer_time__descriptor,
	    desk_peer_time },
};

void
desk_request(struct client *cl, struct msg *m)
{
	struct req	*q = xcalloc(1, sizeof(*q));
	struct err	 e = ERR_INIT;
	size_t		 i;
	int		 rc;

	client_ref(cl);
	q->cl = cl;
	q->id = m->id;
	buf_init(&q->answer, LIMIT_ANSWER);
	if (m->fd != -1) {
		close(m->fd);
		m->fd = -1;
	}
	for (i = 0; i < sizeof(desk_table) / sizeof(desk_table[0]); i++)
		if (desk_table[i].type == m->type &&
		    desk_table[i].from_sync == cl->is_sync)
			break;
	if (i == sizeof(desk_table) / sizeof(desk_table[0]))
		rc = err_set(&e, ERR_DENIED, "no such request from here");
	else if (!cl->is_sync && cl->r->unable.code != ERR_OK &&
	    m->type != MSG_TYPE__MSG_STATS)
		rc = recorder_may(cl->r, &e);	/* not even a session */
	else if (desk_table[i].body == NULL ||
	    (rc = msg_unpack(desk_table[i].body, m->body, &q->m, &e)) == 0)
		rc = desk_table[i].take(q, &e);
	if (rc != 0)
		req_fail(q, &e);
}
