#ifndef REGISTRY_IMPORT_WRITE_H
#define REGISTRY_IMPORT_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "registry/keep/import_book.h"
#include "store/store.h"
#include "sync/log.h"
#include "sync/trust.h"

/*
 * Batches of imported filings in a log: begin, rows, end.  One batch is one
 * transaction with its epoch, its checkpoint and the step of the book.
 */

struct import_write;			/* opaque */

/* Everything is borrowed. */
struct import_write_spec {
	struct store		*st;	/* import_statements */
	struct log		*lg;
	const char		*origin;
	const struct trust	*trust;	/* NULL: a code begins with province */
	const char		*province;
	int			 key;	/* link to the key process */
	bool			 dry_run;
	struct import_book	*book;
};

extern const enum stmt import_statements[];

struct import_write *import_write_new(const struct import_write_spec *spec);
void	 import_write_free(struct import_write *w);

int	 import_write_begin(struct import_write *w, struct err *e) MUST_CHECK;
/*
 * File one record (import_row_make()), person NULL or the private name.
 * After *refused it was not filed and why tells: "bad-entry", "bad-record",
 * "personal-data", "foreign-code", "already-filed".  An error ends the import.
 */
int	 import_write_row(struct import_write *w, struct octets record,
	    const char *person, bool *refused, struct err *why,
	    struct err *e) MUST_CHECK;
/* Commit, or for a dry run take everything back. */
int	 import_write_end(struct import_write *w, struct err *e) MUST_CHECK;
void	 import_write_undo(struct import_write *w);

#endif /* REGISTRY_IMPORT_WRITE_H */
