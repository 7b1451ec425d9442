#ifndef REGISTRY_IMPORT_SOURCE_H
#define REGISTRY_IMPORT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/keep/import_row.h"

/*
 * A file of existing filings, row by row, from any row on.  This runs in the
 * process that reads what strangers wrote and holds nothing else
 * (import_child.h); others get what import_source_serve() answers.
 */

enum import_format { IMPORT_NONE = 0, IMPORT_JSONL, IMPORT_CSV };

/* "jsonl", "csv", or by the end of a file's name; IMPORT_NONE: neither. */
enum import_format import_format_of(const char *word, const char *file);

/* Where to read, and from where on.  Plain value. */
struct import_from {
	int		 fd;		/* borrowed; a file; its offset moves */
	enum import_format format;
	int64_t		 now;		/* nothing may be later */
	uint64_t	 at;		/* octet of the first row; 0: the start */
	uint64_t	 line;		/* lines before it */
};

/* One row.  Views are tied to the source until its next call. */
struct import_item {
	uint64_t	 line;		/* where it begins, from 1 */
	uint64_t	 at, end;	/* its octets in the file */
	uint64_t	 lines;		/* lines that end before end */
	bool		 good;
	struct octets	 record;	/* good: as import_row_make() says */
	const char	*person;	/* or NULL */
	uint32_t	 code_column;	/* where its code stands */
	struct import_fault fault;	/* not good */
};

struct import_source;			/* opaque */

/*
 * Begins with the header of a CSV file.  ERR_INVAL "bad-header"; ERR_IO.
 * Caller frees with import_source_free().
 */
int	 import_source_new(const struct import_from *from,
	    struct import_source **src, struct err *e) MUST_CHECK;
void	 import_source_free(struct import_source *src);
/*
 * The next row that is not blank; *end: there is none.  A bad row is no error:
 * it->fault tells, besides what the readers say "row-too-long".
 */
int	 import_source_next(struct import_source *src, struct import_item *it,
	    bool *end, struct err *e) MUST_CHECK;

/*
 * Serve the file fd on link: MSG_IMPORT_BEGIN once, then MSG_IMPORT_NEXT with
 * the next rows, reading ahead while nobody asks, until the other end closes.
 */
void	 import_source_serve(int fd, int link);

#endif /* REGISTRY_IMPORT_SOURCE_H */
