#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ca/csr.h"
#include "filing/record.h"
#include "registry/office/office_certreq.h"

/* Columns of the statements that read. */
enum {
	COL_APPLICATION = 0, COL_REQUEST = 2, COL_KEY = 3, COL_WRAPPED = 4,
	COL_CLOSED = 11, COL_CERTIFICATE = 13, COL_ISSUERS = 14,
	COL_WANT = 17,
	COL_CODE = 19, COL_OWNER = 20, COL_CREDIT = 21, COL_STATE = 22
};

static char *
text_of(struct query *q, int col)
{
	const char	*s = query_text(q, col);

	return xstrdup(s != NULL ? s : "");
}

static struct certreq *
of_row(struct query *q)
{
	struct certreq	*r = xcalloc(1, sizeof(*r));
	struct octets	 point = query_blob(q, COL_KEY);

	buf_init(&r->request, LIMIT_CSR);
	buf_init(&r->wrapped_key, LIMIT_WRAPPED_KEY);
	buf_init(&r->certificate, LIMIT_CERT);
	buf_init(&r->issuers, LIMIT_ISSUERS);
	r->application = query_int(q, COL_APPLICATION);
	buf_put_octets(&r->request, query_blob(q, COL_REQUEST));
	if (point.len == sizeof(r->point))
		memcpy(r->point, point.p, point.len);
	buf_put_octets(&r->wrapped_key, query_blob(q, COL_WRAPPED));
	buf_put_octets(&r->certificate, query_blob(q, COL_CERTIFICATE));
	buf_put_octets(&r->issuers, query_blob(q, COL_ISSUERS));
	r->closed = !query_is_null(q, COL_CLOSED);
	r->want = query_is_null(q, COL_WANT) ? -1 :
	    (int)query_int(q, COL_WANT);
	r->seal_code = text_of(q, COL_CODE);
	r->owner_name = text_of(q, COL_OWNER);
	r->credit_code = text_of(q, COL_CREDIT);
	r->state = (enum case_state)query_int(q, COL_STATE);
	return r;
}

void
certreq_free(struct certreq *r)
{
	if (r == NULL)
		return;
	buf_fini(&r->request);
	buf_wipe(&r->wrapped_key);
	buf_fini(&r->certificate);
	buf_fini(&r->issuers);
	free(r->seal_code);
	free(r->owner_name);
	free(r->credit_code);
	free(r);
}

static int
find(struct office *of, enum stmt id, const struct val *v, const char *cn,
    struct certreq **r, struct err *e)
{
	struct query	*q = NULL;
	struct certreq	*one;
	bool		 row;
	int		 rc;

	*r = NULL;
	if ((rc = store_query(of->st, id, v, 1, &q, e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		one = of_row(q);
		if (*r != NULL && (cn == NULL ||
		    strcmp(one->seal_code, cn) != 0)) {
			certreq_free(one);
			continue;
		}
		certreq_free(*r);
		*r = one;
		if (cn == NULL || strcmp(one->seal_code, cn) == 0)
			break;
	}
out:
	query_done(q);
	if (rc != 0) {
		certreq_free(*r);
		*r = NULL;
	}
	return rc;
}

int
certreq_get(struct office *of, int64_t application, struct certreq **r,
    struct err *e)
{
	const struct val	v = val_int(application);

	return find(of, STMT_OFFICE_CERTREQ_GET, &v, NULL, r, e);
}

int
certreq_by_code(struct office *of, const char *code, struct certreq **r,
    struct err *e)
{
	const struct val	v = val_text(code);

	return find(of, STMT_OFFICE_CERTREQ_BY_CODE, &v, NULL, r, e);
}

int
certreq_by_key(struct office *of, struct octets point, const char *cn,
    struct certreq **r, struct err *e)
{
	const struct val	v = val_blob(point);

	return find(of, STMT_OFFICE_CERTREQ_BY_KEY, &v, cn, r, e);
}

int
certreq_keep(struct office *of, int64_t application, struct octets der,
    struct err *e)
{
	const struct val	v[] = { val_int(application), val_blob(der) };

	return store_run(of->st, STMT_OFFICE_APPLICANT_REQUEST_PUT, v, 2,
	    NULL, e);
}

int
certreq_put(struct office *of, int64_t application, struct octets request,
    struct octets point, struct octets wrapped_key, struct err *e)
{
	const struct val	v[] = { val_int(application),
				    val_blob(request), val_blob(point),
				    wrapped_key.len > 0 ?
				    val_blob(wrapped_key) : val_null() };
	int64_t			changed;
	int			rc;

	if ((rc = store_run(of->st, STMT_OFFICE_CERTREQ_MADE, v, 4, &changed,
	    e)) == 0 && changed != 1)
		rc = err_set_id(e, ERR_CONFLICT, "illegal-transition",
		    "application %lld has its request already",
		    (long long)application);
	return rc;
}

/* The applicant's own request becomes that of the case. */
static int
put_applicants(struct office *of, const struct office_case *c, struct err *e)
{
	const struct val	 v = val_int(c->id);
	struct query		*q = NULL;
	struct buf		 der;
	bool			 row = false;
	int			 rc;

	buf_init(&der, LIMIT_CSR);
	if ((rc = store_query(of->st, STMT_OFFICE_APPLICANT_REQUEST_GET, &v,
	    1, &q, e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row)
		buf_put_octets(&der, query_blob(q, 0));
	query_done(q);
	if (rc == 0 && der.len == 0)
		rc = err_set_id(e, ERR_CONFLICT, "no-applicant-request",
		    "the applicant has the key of application %lld, and his "
		    "request was not kept: return it, he may apply again",
		    (long long)c->id);
	if (rc == 0)
		rc = certreq_put(of, c->id, buf_octets(&der),
		    OCTETS(c->public_key, c->public_key_len),
		    OCTETS(NULL, 0), e);
	buf_fini(&der);
	return rc;
}

int
certreq_intend(struct office *of, const struct office_case *c, int64_t now,
    struct err *e)
{
	const struct val	v[] = { val_int(c->id), val_int(now) };
	int			rc;

	if ((rc = store_run(of->st, STMT_OFFICE_CERTREQ_NEW, v, 2, NULL,
	    e)) == 0 && c->public_key_len > 0)
		rc = put_applicants(of, c, e);
	return rc;
}

int
certreq_effects(struct office *of, const struct record *r, struct err *e)
{
	const struct val	v[] = { val_text(r->seal_code),
				    val_int(r->status_effective_at),
				    val_int(reason_crl(r->status_reason)) };

	if (r->status == STATUS_ACTIVE)
		return store_run(of->st, STMT_OFFICE_CERTREQ_RESUME, v, 1,
		    NULL, e);
	if (status_is_terminal(r->status))
		return store_run(of->st, STMT_OFFICE_CERTREQ_REVOKE, v, 3,
		    NULL, e);
	return store_run(of->st, STMT_OFFICE_CERTREQ_HOLD, v, 2, NULL, e);
}

int
certreq_counts(struct office *of, struct certreq_counts *n, struct err *e)
{
	struct query	*q = NULL;
	bool		 row = false;
	int		 rc;

	memset(n, 0, sizeof(*n));
	if ((rc = store_query(of->st, STMT_OFFICE_CERTREQ_COUNTS, NULL, 0,
	    &q, e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row) {
		n->waiting = (uint64_t)query_int(q, 0);
		n->since = query_int(q, 1);
		n->refused = (uint64_t)query_int(q, 2);
		n->revoking = (uint64_t)query_int(q, 3);
	}
	query_done(q);
	return rc;
}
