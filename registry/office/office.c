#include <string.h>

#include "base/text.h"
#include "registry/office/office.h"

#define ANSWERS_KEPT	(7 * 24 * 3600)	/* seconds */

const enum stmt office_statements[] = {
#define STMT(NAME, TEXT)	STMT_##NAME,
#include "store/stmt_office.inc"
#undef STMT
	LOG_MAY_WRITE,
	STMT_NONE
};

int64_t
office_now(const struct office *of)
{
	const struct log_head	*head = log_head_of(of->lg);
	int64_t			 now = of->now();

	return head != NULL && now < head->signed_at ? head->signed_at : now;
}

void
idem_hash(uint16_t request, const char *target, struct octets body,
    uint8_t out[SM3_LEN])
{
	struct sm3	*h = sm3_new();
	uint8_t		 type[2] = { (uint8_t)(request >> 8),
			    (uint8_t)request };

	sm3_add(h, type, sizeof(type));
	sm3_add(h, target, strlen(target) + 1);
	sm3_add(h, body.p, body.len);
	sm3_end(h, out);
	sm3_free(h);
}

int
idem_check(const char *key, struct err *e)
{
	const char	*s;

	for (s = key; *s > ' ' && *s <= '~'; s++)
		;
	if (*s != '\0' || s - key > LIMIT_IDEMPOTENCY_KEY)
		return err_set_id(e, ERR_INVAL, "bad-idempotency-key",
		    "Idempotency-Key: at most %d printable ASCII characters",
		    LIMIT_IDEMPOTENCY_KEY);
	return 0;
}

int
idem_find(struct office *of, const struct idem *id, bool *found,
    int64_t *application, struct buf *answer, struct err *e)
{
	const struct val	 v[] = { val_int(id->account),
				    val_text(id->key) };
	struct query		*q = NULL;
	struct octets		 hash;
	int			 rc;

	*found = false;
	*application = 0;
	if (id->key[0] == '\0')
		return 0;
	if ((rc = store_query(of->st, STMT_OFFICE_IDEM_GET, v, 2, &q,
	    e)) != 0 || (rc = query_next(q, found, e)) != 0 || !*found)
		goto out;
	hash = query_blob(q, 1);
	if (query_int(q, 0) != id->request || hash.len != SM3_LEN ||
	    memcmp(hash.p, id->hash, SM3_LEN) != 0) {
		*found = false;
		rc = err_set_id(e, ERR_CONFLICT, "idempotency-mismatch",
		    "this Idempotency-Key came before with another request");
		goto out;
	}
	*application = query_int(q, 2);
	buf_put_octets(answer, query_blob(q, 3));
out:
	query_done(q);
	return rc;
}

int
idem_put(struct office *of, const struct idem *id, int64_t application,
    struct octets answer, struct err *e)
{
	const struct val	v[] = { val_int(id->account),
				    val_text(id->key), val_int(id->request),
				    val_blob(OCTETS(id->hash, SM3_LEN)),
				    application != 0 ? val_int(application) :
				    val_null(),
				    answer.len > 0 ? val_blob(answer) :
				    val_null(), val_int(of->now()) };

	if (id->key[0] == '\0')
		return 0;
	return store_run(of->st, STMT_OFFICE_IDEM_PUT, v, 7, NULL, e);
}

int
office_trail(struct office *of, int64_t account, const char *act,
    const char *object, struct err *e)
{
	const struct val	v[] = { val_int(of->now()),
				    account != 0 ? val_int(account) :
				    val_null(), val_text(act),
				    val_text(object) };

	return store_run(of->st, STMT_OFFICE_AUDIT_PUT, v, 4, NULL, e);
}

int
office_prune(struct office *of, struct err *e)
{
	const struct val	now = val_int(of->now());
	const struct val	old = val_int(of->now() - ANSWERS_KEPT);
	int			rc;

	if ((rc = store_run(of->st, STMT_OFFICE_SESSION_PRUNE, &now, 1, NULL,
	    e)) != 0)
		return rc;
	return store_run(of->st, STMT_OFFICE_IDEM_PRUNE, &old, 1, NULL, e);
}
