#ifndef REGISTRY_IMPORT_CSV_H
#define REGISTRY_IMPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/keep/import_row.h"

/*
 * CSV as RFC 4180 has it: comma, double quotes doubled within quotes, lines
 * that end with CR LF or LF.  Pure, over a window of the file.
 *
 * Strict: a quote in a plain field, anything behind a closing quote, a CR that
 * ends no line, and another number of fields than the header's are refused.
 * A row that is refused ends with its first line, so that an open quote takes
 * no good rows along.
 */

/* The header: which field each column is. */
struct import_csv {
	enum import_field column[LIMIT_IMPORT_COLUMNS];
	size_t		 ncolumns;
};

/*
 * The octets of the row at the front of window, line end included, and how
 * many line ends are in them.  0: the window ends before it does (end: the
 * file ends with the window, so that 0 is said for an empty window only).
 * For a row that is not well-formed it is the first line.
 */
size_t	 import_csv_span(struct octets window, bool end, size_t *lines);

/* The header, a row as import_csv_span() gave it.  ERR_INVAL "bad-header". */
int	 import_csv_header(struct octets row, struct import_csv *csv,
	    struct import_fault *fault) MUST_CHECK;

/* The cells of a row.  ERR_INVAL "bad-csv", "wrong-fields", "bad-text". */
int	 import_csv_read(const struct import_csv *csv, struct octets row,
	    struct import_cells *cs, struct import_fault *fault) MUST_CHECK;

#endif /* REGISTRY_IMPORT_CSV_H */
