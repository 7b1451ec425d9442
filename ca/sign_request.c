#include <string.h>

#include "base/msg.h"
#include "ca/csr.h"
#include "ca/key.h"
#include "schema/msg.pb-c.h"

#define LIMIT_INFO	4096

int
sign_request_signer(const struct keyring *kr, struct octets request,
    struct buf *reply, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const RequestSigner	*rq;
	RequestedSigner		 rs = REQUESTED_SIGNER__INIT;
	struct x509_name	 subject;
	struct buf		 info, der, wrapped;
	uint8_t			 point[SM2_POINT_LEN], sig[SM2_SIG_LEN];
	int			 rc;

	buf_init(&info, LIMIT_INFO);
	buf_init(&der, LIMIT_CSR);
	buf_init(&wrapped, LIMIT_WRAPPED_KEY);
	if ((rc = msg_unpack(&request_signer__descriptor, request, &m,
	    e)) != 0)
		goto out;
	rq = (const RequestSigner *)m;
	subject.organisation = rq->organisation;
	subject.common_name = rq->common_name;
	if ((rc = key_make_wrapped(kr, point, &wrapped, e)) != 0 ||
	    (rc = csr_put_info(&info, &subject, point, e)) != 0 ||
	    (rc = key_sign_wrapped(kr, buf_octets(&wrapped),
	    buf_octets(&info), sig, e)) != 0 ||
	    (rc = x509_put_signed(buf_octets(&info), sig, &der, e)) != 0)
		goto out;
	rs.request.data = der.p;
	rs.request.len = der.len;
	rs.public_key.data = point;
	rs.public_key.len = sizeof(point);
	rs.wrapped_key.data = wrapped.p;
	rs.wrapped_key.len = wrapped.len;
	msg_put(&rs.base, reply);
	rc = 0;
out:
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&wrapped);
	buf_fini(&der);
	buf_fini(&info);
	return rc;
}
