#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msg.h"
#include "base/sm.h"
#include "ca/chain.h"
#include "ca/crl.h"
#include "ca/jail_ca.h"
#include "schema/msg.pb-c.h"

/* A licensed body's revocation list, read for MSG_READ_LIST. */

/* Does one of these speak here, with its own key? */
static int
find_issuer(const struct crl *crl, const ReadList *rq, struct cert **by,
    struct err *e)
{
	struct cert	*c;
	size_t		 i;
	int		 rc;

	*by = NULL;
	for (i = 0; i < rq->n_issuers; i++) {
		/* They were read before: what cannot be read is not theirs. */
		if (cert_parse(OCTETS(rq->issuers[i].data,
		    rq->issuers[i].len), &c, NULL) != 0)
			continue;
		if (crl_is_by(crl, c) && !crl_is_by_other_key(crl, c)) {
			if ((rc = crl_verify(crl, c, e)) == 0)
				*by = c;
			else
				cert_free(c);
			return rc;
		}
		cert_free(c);
	}
	return err_set_id(e, ERR_VERIFY, "list-not-by-body",
	    "the list is not by an authority that is believed here");
}

static int
put_issuer(const struct cert *by, ListReading *m, uint8_t name[SM3_LEN],
    struct err *e)
{
	struct buf	der;
	int		rc;

	buf_init(&der, LIMIT_CERT);
	if ((rc = x509_put_subject_of(&der, cert_x509(by), e)) == 0)
		sm3(der.p, der.len, name);
	buf_fini(&der);
	m->issuer.data = name;
	m->issuer.len = SM3_LEN;
	m->issuer_name = (char *)(uintptr_t)cert_facts(by)->subject;
	return rc;
}

/* What it tells of each: serials without zeros in front, in their order. */
static void
put_entries(const struct crl *crl, struct crl_entry *all,
    ListedCertificate *rows, ListedCertificate **at)
{
	struct crl_entry	*c;
	size_t			 i, n = crl_count(crl), z;

	for (i = 0; i < n; i++) {
		c = &all[i];
		(void)crl_find(crl, c->serial, c->seriallen, c);
		for (z = 0; z + 1 < c->seriallen && c->serial[z] == 0; z++)
			;
		listed_certificate__init(at[i] = &rows[i]);
		rows[i].serial.data = c->serial + z;
		rows[i].serial.len = c->seriallen - z;
		rows[i].revoked_at = c->revoked_at;
		rows[i].reason = c->reason;
	}
}

int
jail_read_list(struct octets in, struct octets large, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	const ReadList		*rq;
	ListReading		 reply = LIST_READING__INIT;
	ListedCertificate	*rows = NULL, **at = NULL;
	struct crl_entry	*all = NULL;
	struct crl		*crl = NULL;
	struct cert		*by = NULL;
	uint8_t			 name[SM3_LEN];
	int			 rc;

	if ((rc = msg_unpack(&read_list__descriptor, large.len > 0 ? large :
	    in, &m, e)) != 0)
		goto out;
	rq = (const ReadList *)m;
	if (rq->n_issuers > LIMIT_CHAIN_SET) {
		rc = err_set(e, ERR_TOOBIG, "list: over %d issuers",
		    LIMIT_CHAIN_SET);
		goto out;
	}
	if ((rc = crl_parse(OCTETS(rq->list.data, rq->list.len), &crl,
	    e)) != 0 || (rc = find_issuer(crl, rq, &by, e)) != 0 ||
	    (rc = put_issuer(by, &reply, name, e)) != 0)
		goto out;
	if (crl_count(crl) > LIMIT_LISTED) {
		rc = err_set_id(e, ERR_TOOBIG, "too-big", "list: over %d "
		    "certificates", LIMIT_LISTED);
		goto out;
	}
	reply.url = (char *)(uintptr_t)crl_url(crl);
	reply.number = crl_number(crl);
	reply.this_update = crl_this_update(crl);
	reply.next_update = crl_next_update(crl);
	all = crl_entries(crl);
	rows = xcalloc(crl_count(crl) + 1, sizeof(*rows));
	at = xcalloc(crl_count(crl) + 1, sizeof(*at));
	put_entries(crl, all, rows, at);
	reply.entries = at;
	reply.n_entries = crl_count(crl);
	msg_put(&reply.base, out);
	rc = 0;
out:
	free(at);
	free(rows);
	free(all);
	cert_free(by);
	crl_free(crl);
	protobuf_c_message_free_unpacked(m, NULL);
	return rc;
}
