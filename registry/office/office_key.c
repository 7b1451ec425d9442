#include <string.h>

#include "filing/life.h"
#include "registry/config.h"
#include "registry/office/office_key.h"

int
office_key_intend(struct office *of, int64_t application,
    struct octets public_key, struct err *e)
{
	const struct val	v[] = { val_int(application),
				    val_int(LIMIT_KEYS_ACCOUNT) };

	if (public_key.len > 0 || config_is_external(of->cf))
		return 0;
	return store_run(of->st, STMT_OFFICE_KEY_INTEND, v, 2, NULL, e);
}

int
office_key_due(struct office *of, int64_t application[LIMIT_KEYS_AHEAD],
    size_t *n, struct err *e)
{
	const struct val	 v[] = { val_int(CASE_SUBMITTED),
				    val_int(CASE_UNDER_REVIEW),
				    val_int(LIMIT_KEYS_AHEAD) };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	*n = 0;
	if ((rc = store_query(of->st, STMT_OFFICE_KEY_DUE, v, 3, &q, e)) == 0)
		while ((rc = query_next(q, &row, e)) == 0 && row)
			application[(*n)++] = query_int(q, 0);
	query_done(q);
	if (rc != 0)
		*n = 0;
	return rc;
}

int
office_key_put(struct office *of, int64_t application, struct octets point,
    struct octets wrapped, struct err *e)
{
	const struct val	v[] = { val_int(application), val_blob(point),
				    val_blob(wrapped), val_int(of->now()) };

	return store_run(of->st, STMT_OFFICE_KEY_PUT, v, 4, NULL, e);
}

int
office_key_get(struct office *of, int64_t application,
    uint8_t point[SM2_POINT_LEN], struct buf *wrapped, bool *has,
    struct err *e)
{
	const struct val	 v = val_int(application);
	struct query		*q = NULL;
	int			 rc;

	*has = false;
	memset(point, 0, SM2_POINT_LEN);
	if ((rc = store_query(of->st, STMT_OFFICE_KEY_GET, &v, 1, &q,
	    e)) == 0 && (rc = query_next(q, has, e)) == 0 && *has) {
		memcpy(point, query_blob(q, 0).p, SM2_POINT_LEN); /* CHECKed */
		buf_put_octets(wrapped, query_blob(q, 1));
	}
	query_done(q);
	return rc;
}
