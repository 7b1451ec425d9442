#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/config.h"
#include "registry/office/office_ocsp.h"
#include "schema/msg.pb-c.h"

#define DAY	86400

void
ocsp_batch_fini(struct ocsp_batch *b)
{
	if (b->ask != NULL)
		sign_ocsp__free_unpacked(b->ask, NULL);
	b->ask = NULL;
}

static void
add(struct ocsp_batch *b, struct query *q)
{
	SignOcsp	*m = b->ask;
	OcspStatus	*s = xmalloc(sizeof(*s));
	struct octets	 serial = query_blob(q, 0), key;

	ocsp_status__init(s);
	s->serial.data = xmemdup(serial.p, serial.len);
	s->serial.len = serial.len;
	if (!query_is_null(q, 2)) {
		s->revoked_at = query_int(q, 2);
		s->reason = (uint32_t)query_int(q, 3);
	}
	s->not_after = query_is_null(q, 4) ? 0 : query_int(q, 4);
	if (!query_is_null(q, 5)) {
		key = query_blob(q, 5);
		s->authority.data = xmemdup(key.p, key.len);
		s->authority.len = key.len;
	}
	b->change[m->n_status] = query_int(q, 1);
	m->status[m->n_status++] = s;
}

int
office_ocsp_ask(struct office *of, bool news, size_t most,
    struct ocsp_batch *b, struct err *e)
{
	/* News are due at once: schema/sql/0009-ocsp-order.sql. */
	const struct val	 v[] = { val_int(news ? 0 : of->now()),
				    val_int(most < LIMIT_OCSP_BATCH ?
				    (int64_t)most : LIMIT_OCSP_BATCH) };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	b->ask = xmalloc(sizeof(*b->ask));
	sign_ocsp__init(b->ask);
	b->ask->this_update = office_now(of);	/* nothing is later */
	b->ask->next_update = b->ask->this_update + of->cf->crl_days * DAY;
	b->ask->status = xcalloc(LIMIT_OCSP_BATCH, sizeof(*b->ask->status));
	if ((rc = store_query(of->st, STMT_OFFICE_OCSP_DUE, v, 2, &q,
	    e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row)
		add(b, q);
out:
	query_done(q);
	if (rc != 0 || b->ask->n_status == 0)
		ocsp_batch_fini(b);
	return rc;
}

/*
 * Between three and five eighths of its life: what was signed in one night is
 * not due in one night again.
 */
static int64_t
due_at(const SignOcsp *ask, const OcspStatus *s)
{
	const int64_t	life = ask->next_update - ask->this_update;
	int64_t		spread = 0;

	if (s->serial.len >= 2)
		spread = s->serial.data[s->serial.len - 2] << 8 |
		    s->serial.data[s->serial.len - 1];
	return ask->this_update + life * 3 / 8 + life / 4 * spread / 65536;
}

int
office_ocsp_put(struct office *of, const struct ocsp_batch *b, size_t i,
    struct octets der, struct err *e)
{
	const SignOcsp		*ask = b->ask;
	const OcspStatus	*s = ask->status[i];
	const struct val	 v[] = {
		val_blob(OCTETS(s->serial.data, s->serial.len)),
		val_int(b->change[i]), val_blob(der),
		val_int(ask->this_update), val_int(ask->next_update),
		val_int(due_at(ask, s))
	};
	const struct val	 later[] = { v[0],
		val_int(ask->this_update + DAY) };
	struct ocsp_answer	 a;
	int			 rc;

	if (der.len == 0)	/* its authority's key was moved away */
		return store_run(of->st, STMT_OFFICE_OCSP_LATER, later, 2,
		    NULL, e);
	if ((rc = ocsp_answer_read(der, &a, e)) != 0)
		return rc;
	if (a.nids != OCSP_HASHES - 1 ||
	    a.status.seriallen != s->serial.len ||
	    memcmp(a.status.serial, s->serial.data, s->serial.len) != 0 ||
	    a.status.revoked_at != s->revoked_at ||
	    a.status.reason != s->reason ||
	    a.status.this_update != ask->this_update ||
	    a.status.next_update != ask->next_update)
		return err_set_id(e, ERR_VERIFY, "wrong-answer",
		    "the key process made another OCSP answer than it was "
		    "asked for");
	return store_run(of->st, STMT_OFFICE_OCSP_PUT, v, 6, NULL, e);
}

int
office_ocsp_add(struct office *of, struct octets certificate, struct err *e)
{
	const struct cert_facts	*f;
	struct cert		*c = NULL;
	struct val		 v;
	size_t			 zeros;
	int			 rc;

	if ((rc = cert_parse(certificate, &c, e)) != 0)
		return rc;
	f = cert_facts(c);
	zeros = f->seriallen > 1 && f->serial[0] == 0;
	v = val_blob(OCTETS(f->serial + zeros, f->seriallen - zeros));
	rc = store_run(of->st, STMT_OFFICE_OCSP_ADD, &v, 1, NULL, e);
	cert_free(c);
	return rc;
}
