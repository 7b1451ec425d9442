#ifndef REGISTRY_IMPORT_H
#define REGISTRY_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "registry/keep/import_source.h"

/*
 * Filing what exists already, in bulk, into the log of a stopped node
 * (docs/import.md).  Three processes: this one writes the database and sees
 * records only; one reads the file; one holds the keys.
 */

#define IMPORT_BATCH		10000
#define LIMIT_IMPORT_BATCH	100000	/* rows under one checkpoint */

/* Where an import stands.  Plain value. */
struct import_state {
	bool		resumed;	/* an earlier run had begun it */
	bool		ended;		/* nothing was or is left to do */
	uint64_t	line, at, size;	/* lines and octets done; of octets */
	uint64_t	filed, present, refused;
	uint64_t	here;		/* rows of this run */
	double		seconds;	/* of this run, since the first row */
};

struct import_spec {
	const char	*dir;		/* data folder */
	const char	*file;
	const char	*rejects;	/* list of refused rows; made, 0600 */
	enum import_format format;
	unsigned	 batch;		/* rows a checkpoint */
	bool		 dry_run;	/* look at everything, write nothing */
	bool		 refuse;	/* a code that is filed already ends it */
	/* After each batch. */
	void		(*tell)(void *arg, const struct import_state *s);
	void		*arg;
};

/*
 * Run to the end.  *s tells how far it came, also after an error.  Rows that
 * are refused are no error.  ERR_BUSY "in-use"; ERR_CONFLICT "import-differs",
 * "already-filed" (refuse), "import-changed"; ERR_FORMAT "import-reader": the
 * reader of the file has ended.
 */
int	 import_run(const struct import_spec *spec, struct import_state *s,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_IMPORT_H */
