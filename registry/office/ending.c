#include <string.h>

#include "registry/office/ending.h"

int
ending_count(struct store *st, int64_t now, int64_t most, struct ending *n,
    struct err *e)
{
	const struct val	 v[] = { val_int(now),
				    val_int(now + ENDING_SOON),
				    val_int(now + ENDING_LATER),
				    val_int(most) };
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	memset(n, 0, sizeof(*n));
	if ((rc = store_query(st, STMT_OFFICE_SEALS_ENDING_COUNT, v, 4, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row) {
		n->soon = query_int(q, 0);
		n->later = query_int(q, 1);
	}
	query_done(q);
	return rc;
}
