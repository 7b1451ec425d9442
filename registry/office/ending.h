#ifndef REGISTRY_ENDING_H
#define REGISTRY_ENDING_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/*
 * How many seals end soon: newest versions of seals whose certificate is not
 * revoked or on hold.  For those who read the office's database.
 */

#define ENDING_SOON	(7 * 86400)
#define ENDING_LATER	(30 * 86400)
/* Those that end first are looked at, so that asking costs milliseconds. */
#define LIMIT_ENDING	1000

/* Plain value. */
struct ending {
	int64_t	soon, later;		/* within so long; soon ones in both */
};

/* The database may run STMT_OFFICE_SEALS_ENDING_COUNT; most: at most this
 * many are looked at. */
int	 ending_count(struct store *st, int64_t now, int64_t most,
	    struct ending *n, struct err *e) MUST_CHECK;

#endif /* REGISTRY_ENDING_H */
