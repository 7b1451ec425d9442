#ifndef REGISTRY_OFFICE_MADE_H
#define REGISTRY_OFFICE_MADE_H

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

/*
 * A seal that was made, put together again: it is kept without its picture,
 * which its application has (schema/sql/0008-pictures.sql).
 */

/*
 * The DER SESeal of a row of STMT_OFFICE_SEAL_GET, appended to out.  ERR_STORE
 * "store-corrupt": it has not the digest that stands beside it.
 */
int	 made_seal(struct query *row, struct buf *out,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_MADE_H */
