#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "ca/authority.h"
#include "ca/ocsp.h"
#include "schema/msg.pb-c.h"

/* The key process's part: a batch of answers, each built here. */

static int
status_of(const SignOcsp *rq, const OcspStatus *m, const struct cert *ca,
    struct ocsp_status *s, struct err *e)
{

	memset(s, 0, sizeof(*s));
	if (m->serial.len == 0 || m->serial.len > CERT_SERIAL_MAX)
		return err_set(e, ERR_INVAL, "OCSP: serial of %zu octets",
		    m->serial.len);
	memcpy(s->serial, m->serial.data, m->serial.len);
	s->seriallen = m->serial.len;
	s->revoked_at = m->revoked_at;
	s->reason = m->reason;
	s->this_update = rq->this_update;
	s->next_update = rq->next_update;
	/* Nothing of this authority is ever forgotten. */
	if (m->not_after != 0 && m->not_after < rq->this_update)
		s->archive_cutoff = cert_facts(ca)->not_before;
	return 0;
}

/* The authority of the answer before, as a CertID names it: mostly the same. */
struct known {
	enum key_slot		 slot;
	struct ocsp_issuer	 is;
};

/* Nothing where its authority's key is not here. */
static int
sign_one(const struct keyring *kr, const SignOcsp *rq, const OcspStatus *m,
    struct known *k, struct buf *b, struct err *e)
{
	const struct cert	*ca;
	struct ocsp_status	 s;
	enum key_slot		 slot;
	int			 rc;

	if (authority_find(kr, OCTETS(m->authority.data, m->authority.len),
	    &slot, &ca, NULL) != 0)
		return 0;
	if (k->slot != slot && (rc = ocsp_issuer_init(&k->is, ca, e)) != 0)
		return rc;
	k->slot = slot;
	if ((rc = status_of(rq, m, ca, &s, e)) != 0)
		return rc;
	return ocsp_answer_sign(&s, ca, &k->is, kr, slot, b, e);
}

static int
sign_all(const struct keyring *kr, const SignOcsp *rq, SignedOcsp *rs,
    struct err *e)
{
	struct known	 k = { .slot = KEY_NONE };
	struct buf	 b;
	size_t		 i;
	int		 rc;

	if (keyring_cert(kr, KEY_AUTHORITY) == NULL)
		return err_set_id(e, ERR_NOTFOUND, "no-certificate",
		    "the keyring has no certificate of %s",
		    key_slot_name(KEY_AUTHORITY));
	rs->answer = xcalloc(rq->n_status + 1, sizeof(*rs->answer));
	for (i = 0; i < rq->n_status; i++) {
		buf_init(&b, LIMIT_OCSP_ANSWER);
		rc = sign_one(kr, rq, rq->status[i], &k, &b, e);
		rs->answer[i].data = b.p;	/* now rs's */
		rs->answer[i].len = b.len;
		rs->n_answer++;
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
sign_ocsp(const struct keyring *kr, struct octets request, struct buf *reply,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const SignOcsp		*rq;
	SignedOcsp		 rs = SIGNED_OCSP__INIT;
	size_t			 i;
	int			 rc;

	if ((rc = msg_unpack(&sign_ocsp__descriptor, request, &m, e)) != 0)
		goto out;
	rq = (const SignOcsp *)m;
	if (rq->n_status > LIMIT_OCSP_BATCH) {
		rc = err_set(e, ERR_TOOBIG, "OCSP: %zu answers at once",
		    rq->n_status);
		goto out;
	}
	if ((rc = sign_all(kr, rq, &rs, e)) == 0)
		msg_put(&rs.base, reply);
out:
	for (i = 0; i < rs.n_answer; i++)
		free(rs.answer[i].data);
	free(rs.answer);
	protobuf_c_message_free_unpacked(m, NULL);
	return rc;
}
