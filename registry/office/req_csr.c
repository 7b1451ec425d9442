#include <string.h>
#include <unistd.h>

#include "registry/office/req.h"
#include "schema/msg.pb-c.h"

/* Certificate requests that applicants bring: a jail reads them. */

static void
csr_read(void *arg, const struct msg *reply, const struct err *e)
{
	struct req		*q = arg;
	ProtobufCMessage	*m = NULL;
	const CsrReading	*r;
	struct err		 why = ERR_INIT;
	int			 rc;

	req_no_fd(reply);
	if (e != NULL) {
		req_fail(q, e);
		return;
	}
	if ((rc = msg_unpack(&csr_reading__descriptor, reply->body, &m,
	    &why)) == 0) {
		r = (const CsrReading *)m;
		if (r->public_key.len != sizeof(q->point))
			rc = err_set_id(&why, ERR_FORMAT, "bad-csr",
			    "the certificate request has no SM2 key");
		else {
			memcpy(q->point, r->public_key.data,
			    sizeof(q->point));
			q->pointlen = sizeof(q->point);
		}
	}
	protobuf_c_message_free_unpacked(m, NULL);
	if (rc != 0 || q->next(q, &why) != 0)
		req_fail(q, &why);
}

int
req_read_csr(struct req *q, struct octets csr, req_next *next, struct err *e)
{
	struct chan	*jail;
	int		 rc, fd;

	if ((rc = req_jail(q, &jail, e)) != 0 ||
	    (rc = memfd_seal(csr, &fd, e)) != 0)
		return rc;
	q->next = next;
	chan_request(jail, MSG_TYPE__MSG_READ_CSR, NULL, fd, csr_read, q);
	close(fd);
	return 0;
}
