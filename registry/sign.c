#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "ca/tsa.h"
#include "ca/ocsp.h"
#include "filing/maker.h"
#include "registry/sign.h"
#include "schema/msg.pb-c.h"

const struct sign_type registry_sign_types[] = {
	{ MSG_TYPE__MSG_SIGN_CHECKPOINT, MSG_TYPE__MSG_KEY_REPLY, 0,
	    "recorder", sign_checkpoint_request },
	{ MSG_TYPE__MSG_ISSUE_SIGNER, MSG_TYPE__MSG_KEY_REPLY, 1,
	    "recorder", sign_issue_signer },
	{ MSG_TYPE__MSG_REQUEST_SIGNER, MSG_TYPE__MSG_KEY_REPLY, 1,
	    "recorder", sign_request_signer },
	{ MSG_TYPE__MSG_SIGN_SEAL, MSG_TYPE__MSG_KEY_REPLY, 1,
	    "recorder", sign_seal },
	{ MSG_TYPE__MSG_ISSUE_CRL, MSG_TYPE__MSG_KEY_REPLY, 1,
	    "recorder", sign_issue_crl },
	/* Strangers cause these: they come after everything else. */
	{ MSG_TYPE__MSG_SIGN_TIME, MSG_TYPE__MSG_KEY_REPLY, 2,
	    "recorder", sign_time },
	/* For later, too: the officers are still deciding. */
	{ MSG_TYPE__MSG_MAKE_KEYS, MSG_TYPE__MSG_KEY_REPLY, 2,
	    "recorder", sign_make_keys },
	/* Answers for later: whatever somebody waits for goes first. */
	{ MSG_TYPE__MSG_SIGN_OCSP, MSG_TYPE__MSG_KEY_REPLY, 2,
	    "recorder", sign_ocsp },
	{ 0, 0, 0, NULL, NULL }
};

int
sign_checkpoint(const struct keyring *kr, const struct checkpoint *cp,
    int64_t time, struct buf *note, struct err *e)
{
	struct vkey	*vk = NULL;
	struct buf	 body, msg;
	uint8_t		 point[SM2_POINT_LEN], sig[SM2_SIG_LEN];
	int		 rc;

	buf_init(&body, LIMIT_NOTE);
	buf_init(&msg, LIMIT_NOTE);
	if (cp->size == 0 || time <= 0 || cp->origin[0] == '\0') {
		rc = err_set(e, ERR_INVAL, "checkpoint of size %llu, time "
		    "%lld: not signed", (unsigned long long)cp->size,
		    (long long)time);
		goto out;
	}
	if ((rc = keyring_point(kr, KEY_CHECKPOINT, point, e)) != 0 ||
	    (rc = vkey_new(cp->origin, point, &vk, e)) != 0 ||
	    (rc = key_guard(kr, cp->origin, cp->size, cp->root, time,
	    e)) != 0)
		goto out;
	checkpoint_format(cp, &body);
	note_message(buf_octets(&body), time, &msg);
	if ((rc = key_sign(kr, KEY_CHECKPOINT, buf_octets(&msg), sig,
	    e)) != 0)
		goto out;
	buf_put_octets(note, buf_octets(&body));
	note_sign_line(vk, time, sig, note);
	rc = 0;
out:
	vkey_free(vk);
	buf_fini(&msg);
	buf_fini(&body);
	return rc;
}

int
sign_checkpoint_request(const struct keyring *kr, struct octets request,
    struct buf *reply, struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const SignCheckpoint	*rq;
	SignedNote		 rs = SIGNED_NOTE__INIT;
	struct checkpoint	 cp;
	struct buf		 note;
	int			 rc;

	buf_init(&note, LIMIT_NOTE);
	memset(&cp, 0, sizeof(cp));
	if ((rc = msg_unpack(&sign_checkpoint__descriptor, request, &m,
	    e)) != 0)
		goto out;
	rq = (const SignCheckpoint *)m;
	if (rq->root.len != SM3_LEN ||
	    strlen(rq->origin) >= sizeof(cp.origin)) {
		rc = err_set(e, ERR_INVAL, "checkpoint request: root of %zu "
		    "octets, or origin too long", rq->root.len);
		goto out;
	}
	strcpy(cp.origin, rq->origin);
	cp.size = rq->size;
	memcpy(cp.root, rq->root.data, SM3_LEN);
	if ((rc = sign_checkpoint(kr, &cp, rq->time, &note, e)) != 0)
		goto out;
	rs.note = buf_steal_str(&note);
	msg_put(&rs.base, reply);
	free(rs.note);
	rc = 0;
out:
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&note);
	return rc;
}
