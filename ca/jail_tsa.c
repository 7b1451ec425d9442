#include "base/msg.h"
#include "ca/jail_tsa.h"
#include "ca/tsa_query.h"
#include "schema/msg.pb-c.h"

static ProtobufCBinaryData
binary(struct octets o)
{
	/* protobuf-c has no const; packing does not write. */
	return (ProtobufCBinaryData){ .data = (uint8_t *)(uintptr_t)o.p,
	    .len = o.len };
}

static int
run_read_query(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	struct tsa_query	q;
	TimeQuery		m = TIME_QUERY__INIT;
	int			rc;

	if ((rc = tsa_query_read(large.len > 0 ? large : in, &q, e)) != 0)
		return rc;
	m.hash = q.hash;
	m.imprint = binary(OCTETS(q.imprint, sizeof(q.imprint)));
	m.null_parameters = q.null_parameters;
	m.policy = binary(q.policy);
	m.nonce = binary(q.nonce);
	m.certificate = q.certificate;
	msg_put(&m.base, out);
	return 0;
}

const struct jail_handler tsa_jail_handlers[] = {
	{ MSG_TYPE__MSG_READ_TIME_QUERY, MSG_TYPE__MSG_JAIL_REPLY,
	    run_read_query },
	{ 0, 0, NULL }
};
