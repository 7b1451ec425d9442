#ifndef REGISTRY_EXPORT_H
#define REGISTRY_EXPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "registry/keep/import_source.h"
#include "store/store.h"

/* The records of a log, written out one a line, in the order of the log. */

struct export_spec {
	enum import_format format;
	bool		 events;	/* every entry instead: JSON lines */
	FILE		*out;		/* borrowed */
};

/*
 * Write what st holds, within one read transaction.  *n counts lines, a header
 * aside.  ERR_NOTFOUND "nothing-held": no checkpoint was accepted yet; ERR_IO.
 */
int	 export_run(struct store *st, const struct export_spec *spec,
	    uint64_t *n, struct err *e) MUST_CHECK;

extern const enum stmt export_statements[];

#endif /* REGISTRY_EXPORT_H */
