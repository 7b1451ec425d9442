#include <inttypes.h>
#include <stdlib.h>

#include "registry/keep/backup.h"
#include "registry/keep/doctor.h"
#include "registry/office/ending.h"
#include "store/store.h"

#define MOST	100000		/* nobody waits for this process */

/* That seals end is their owners' business, and nothing is wrong. */
void
doctor_seals(struct doctor *d)
{
	static const enum stmt	 may[] = { STMT_OFFICE_SEALS_ENDING_COUNT,
				    STMT_NONE };
	char			*path = config_path(d->cf, BACKUP_DATABASE);
	const struct store_spec	 spec = { .path = path, .may = may,
				    .kind = STORE_PROVINCE,
				    .mode = d->running ? STORE_READ :
				    STORE_WRITE };
	struct store		*st = NULL;
	struct ending		 n;
	struct err		 e = ERR_INIT;

	/* A database that cannot be read is told by "log". */
	if (store_open(&spec, &st, &e) == 0 &&
	    ending_count(st, d->now, MOST, &n, &e) == 0)
		doctor_say(d, "seals", DOCTOR_GOOD, n.later == 0 ? NULL :
		    "GET /v1/seals lists them", "%" PRId64 " end within "
		    "7 days, %" PRId64 " within 30", n.soon, n.later);
	store_close(st);
	free(path);
}
