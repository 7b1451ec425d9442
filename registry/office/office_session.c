#include <string.h>

#include "registry/office/office_session.h"

/* What is hashed against when nobody has that name. */
static void
account_nobody(struct account *a)
{
	memset(a, 0, sizeof(*a));
	a->saltlen = 16;
	a->hashlen = 32;
}

static bool
copy_blob(struct octets o, uint8_t *to, size_t max, size_t *len)
{
	if (o.len == 0 || o.len > max)
		return false;
	memcpy(to, o.p, o.len);
	*len = o.len;
	return true;
}

int
account_get(struct office *of, const char *name, struct account *a,
    struct err *e)
{
	const struct val	 v[] = { val_text(name) };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	account_nobody(a);
	if ((rc = store_query(of->st, STMT_OFFICE_ACCOUNT_GET, v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (!row || query_int(q, 4) != 0)
		goto out;
	if (!copy_blob(query_blob(q, 2), a->salt, sizeof(a->salt),
	    &a->saltlen) ||
	    !copy_blob(query_blob(q, 3), a->hash, sizeof(a->hash),
	    &a->hashlen)) {
		rc = err_set(e, ERR_STORE, "account: salt or hash too long");
		goto out;
	}
	if ((rc = role_parse(query_text(q, 1), &a->roles, e)) != 0)
		goto out;
	a->id = query_int(q, 0);
out:
	query_done(q);
	return rc;
}

int
session_put(struct office *of, struct octets token_hash, int64_t account,
    int64_t *expires, struct err *e)
{
	int64_t			now = of->now();
	const struct val	v[] = { val_blob(token_hash),
				    val_int(account), val_int(now),
				    val_int(now + SESSION_SECONDS) };

	*expires = now + SESSION_SECONDS;
	return store_run(of->st, STMT_OFFICE_SESSION_PUT, v, 4, NULL, e);
}

int
session_drop(struct office *of, struct octets token_hash, struct err *e)
{
	const struct val	v[] = { val_blob(token_hash) };

	return store_run(of->st, STMT_OFFICE_SESSION_DROP, v, 1, NULL, e);
}

int
session_need(struct office *of, struct octets token_hash, unsigned roles,
    struct session *s, struct err *e)
{
	const struct val	 v[] = { val_blob(token_hash) };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	memset(s, 0, sizeof(*s));
	if ((rc = store_query(of->st, STMT_OFFICE_SESSION_GET, v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (!row || query_int(q, 3) <= of->now()) {
		rc = err_set_id(e, ERR_DENIED, "no-session",
		    "no session is open for this token");
		goto out;
	}
	if ((rc = role_parse(query_text(q, 2), &s->roles, e)) != 0)
		goto out;
	if (roles != 0 && (s->roles & roles) == 0) {
		rc = err_set_id(e, ERR_DENIED, "wrong-role",
		    "this account has not the role for it");
		goto out;
	}
	s->account = query_int(q, 0);
out:
	query_done(q);
	return rc;
}
