#include "base/msg.h"
#include "ca/jail_ca.h"
#include "ca/ocsp.h"
#include "ca/ocsp_id.h"
#include "schema/msg.pb-c.h"

static ProtobufCBinaryData
binary(const uint8_t *p, size_t n)
{

	return (ProtobufCBinaryData){ .len = n,
	    .data = (uint8_t *)(uintptr_t)p };
}

static int
run_read_ocsp(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	struct ocsp_request	 rq;
	OcspReading		 m = OCSP_READING__INIT;
	OcspId			 ids[LIMIT_OCSP_IDS], *all[LIMIT_OCSP_IDS];
	const struct ocsp_id	*id;
	size_t			 i, n;
	int			 rc;

	if ((rc = ocsp_request_read(large.len > 0 ? large : in, &rq,
	    e)) != 0)
		return rc;
	for (i = 0; i < rq.nids; i++) {
		id = &rq.ids[i];
		n = ocsp_digests[id->hash].len;
		ocsp_id__init(&ids[i]);
		ids[i].hash = id->hash;
		ids[i].issuer_name = binary(id->name, n);
		ids[i].issuer_key = binary(id->key, n);
		ids[i].serial = binary(id->serial, id->seriallen);
		all[i] = &ids[i];
	}
	m.ids = all;
	m.n_ids = rq.nids;
	m.nonce = rq.nonce;
	msg_put(&m.base, out);
	return 0;
}

const struct jail_handler ca_jail_handlers[] = {
	{ MSG_TYPE__MSG_READ_OCSP, MSG_TYPE__MSG_JAIL_REPLY, run_read_ocsp },
	{ MSG_TYPE__MSG_READ_DELIVERY, MSG_TYPE__MSG_JAIL_REPLY,
	    jail_read_delivery },
	{ MSG_TYPE__MSG_READ_LIST, MSG_TYPE__MSG_JAIL_REPLY, jail_read_list },
	{ 0, 0, NULL }
};
