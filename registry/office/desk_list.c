#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/mem.h"
#include "ca/chain.h"
#include "ca/crl.h"
#include "ca/jail_ca.h"
#include "registry/office/office_list.h"
#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

/* A licensed body's revocation list, which an officer brings. */

#define LIMIT_ISSUERS_DER	(LIMIT_CHAIN_SET * LIMIT_CERT)

/* It may be longer than other answers: a row a certificate. */
static int
pack(struct req *q, const struct list_done *d, struct err *e)
{
	const ListReading	*m = (const ListReading *)q->reading;
	ListTaken		 reply = LIST_TAKEN__INIT;
	ListedSeal		*all = xcalloc(d->nrows + 1, sizeof(*all));
	ListedSeal		**at = xcalloc(d->nrows + 1, sizeof(*at));
	size_t			 i;

	for (i = 0; i < d->nrows; i++) {
		listed_seal__init(at[i] = &all[i]);
		all[i].id = d->rows[i].application;
		all[i].seal_code = (char *)(uintptr_t)d->rows[i].seal_code;
		all[i].result = (char *)(uintptr_t)
		    list_word(d->rows[i].word);
		all[i].reason = d->rows[i].reason;
		all[i].revoked_at = d->rows[i].revoked_at;
	}
	reply.name = (char *)(uintptr_t)d->name;
	reply.issuer = m->issuer_name;
	reply.number = m->number;
	reply.this_update = m->this_update;
	reply.next_update = m->next_update;
	reply.entries = m->n_entries;
	reply.repeated_before = d->repeated;
	reply.known = d->known;
	reply.results = at;
	reply.n_results = d->nrows;
	buf_fini(&q->answer);
	buf_init(&q->answer, LIMIT_MSG_BODY);
	req_pack(q, &reply.base);
	free(at);
	free(all);
	return buf_ok(&q->answer) ? 0 : err_set_id(e, ERR_TOOBIG, "too-big",
	    "what the list says of seals of here fits into no answer");
}

static int
list_run(void *arg, struct err *e)
{
	struct req		*q = arg;
	const TakeList		*ask = (const TakeList *)q->m;
	struct list_done	 d;
	struct session		 s;
	int			 rc;

	if ((rc = req_session(q, ask->token, ROLE_OFFICERS, &s, e)) != 0)
		return rc;
	if ((rc = office_list_take(req_office(q), &s,
	    (const ListReading *)q->reading, REQ_BYTES(ask->list), &d,
	    e)) == 0)
		rc = pack(q, &d, e);
	list_done_fini(&d);
	return rc;
}

/* What a jail that was taken over might say otherwise. */
static bool
is_sane(const ListReading *m)
{
	size_t	i;

	if (m->issuer.len != SM3_LEN || m->n_entries > LIMIT_LISTED ||
	    m->number > INT64_MAX || m->this_update < 0 || m->next_update < 0)
		return false;
	for (i = 0; i < m->n_entries; i++)
		if (m->entries[i]->serial.len > CERT_SERIAL_MAX + 1)
			return false;
	return true;
}

static void
list_read(void *arg, const struct msg *reply, const struct err *e)
{
	struct req	*q = arg;
	struct err	 why = ERR_INIT;
	int		 rc;

	req_no_fd(reply);
	if (e != NULL) {
		req_fail(q, e);
		return;
	}
	if ((rc = msg_unpack(&list_reading__descriptor, reply->body,
	    &q->reading, &why)) == 0 &&
	    !is_sane((const ListReading *)q->reading))
		rc = err_set(&why, ERR_FORMAT, "the jail read what no list "
		    "says");
	if (rc != 0)
		req_fail(q, &why);
	else
		req_add(q, false, list_run, req_packed_done);
}

int
desk_list(struct req *q, struct err *e)
{
	const TakeList		*m = (const TakeList *)q->m;
	ReadList		 ask = READ_LIST__INIT;
	ProtobufCBinaryData	 issuers[LIMIT_CHAIN_SET];
	struct session		 s;
	struct chan		*jail;
	struct cursor		 c;
	struct buf		 der;
	struct der		 d;
	int			 rc;

	buf_init(&der, LIMIT_ISSUERS_DER);
	if ((rc = recorder_may(req_recorder(q), e)) != 0 ||
	    (rc = req_session(q, m->token, ROLE_OFFICERS, &s, e)) != 0 ||
	    (rc = office_list_issuers(req_office(q), &der, e)) != 0 ||
	    (rc = req_jail(q, &jail, e)) != 0)
		goto out;
	c = cursor_of(der.p, der.len);
	while (ask.n_issuers < LIMIT_CHAIN_SET && cursor_left(&c) > 0 &&
	    der_next(&c, &d, "", NULL) == 0)
		issuers[ask.n_issuers++] = (ProtobufCBinaryData){
		    .len = d.tlv.len,
		    .data = (uint8_t *)(uintptr_t)d.tlv.p };
	ask.issuers = issuers;
	ask.list = m->list;
	chan_request(jail, MSG_TYPE__MSG_READ_LIST, &ask.base, -1, list_read,
	    q);
out:
	buf_fini(&der);
	return rc;
}
