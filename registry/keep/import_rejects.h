#ifndef REGISTRY_IMPORT_REJECTS_H
#define REGISTRY_IMPORT_REJECTS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/keep/import_file.h"
#include "schema/msg.pb-c.h"

/*
 * The list of refused rows, one JSON object a line (docs/import.md).  What it
 * says of a batch is durable before that batch is committed.
 */
struct import_rejects {
	const char	*path;		/* borrowed */
	const struct import_file *file;	/* borrowed: has the rows */
	int		 fd;		/* -1: not open */
	uint64_t	 size;		/* octets written */
	struct buf	 line;		/* not written yet */
};

void	 import_rejects_init(struct import_rejects *l);
/*
 * Open it, made if need be, mode 0600, and cut it to size: what a batch that
 * never committed had listed is no longer there.  ERR_IO.
 */
int	 import_rejects_open(struct import_rejects *l, const char *path,
	    const struct import_file *file, uint64_t size,
	    struct err *e) MUST_CHECK;
/* List row r, refused with this id and sentence.  ERR_IO, ERR_TOOBIG. */
int	 import_rejects_add(struct import_rejects *l, const ImportRow *r,
	    const char *id, const char *detail, struct err *e) MUST_CHECK;
/* Write what is listed, to the disk.  ERR_IO. */
int	 import_rejects_sync(struct import_rejects *l,
	    struct err *e) MUST_CHECK;
void	 import_rejects_fini(struct import_rejects *l);

#endif /* REGISTRY_IMPORT_REJECTS_H */
