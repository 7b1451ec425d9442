#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/keep/import_csv.h"
#include "tests/fuzz/import_row.h"

/*
 * Property: what a row is made of is a record that reads back and passes the
 * register's own check; what is refused leaves nothing behind, and says where
 * within the row.  The rows of a file are all of its octets, once.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct import_csv	csv;
	struct import_fault	fault = { .e = ERR_INIT };
	struct octets		row;
	size_t			at, k, lines, all = 0, nl = 0;

	if (n > LIMIT_IMPORT_ROW)
		return 0;
	for (at = 0; at < n; at++)
		nl += p[at] == '\n';
	k = import_csv_span(OCTETS(p, n), true, &lines);
	must(k > 0 || n == 0);
	if (import_csv_header(OCTETS(p, k), &csv, &fault) != 0)
		must(fault.e.code == ERR_INVAL && fault.column <= k + 1);
	for (at = 0; at < n; at += k) {
		k = import_csv_span(OCTETS(p + at, n - at), true, &lines);
		must(k > 0 && k <= n - at);
		all += lines;
		row = OCTETS(p + at, k);
		if (import_csv_read(&csv, row, &cells, &fault) != 0) {
			must(fault.e.code == ERR_INVAL);
			must(fault.column >= 1 && fault.column <= k + 1);
			continue;
		}
		check_row(row, &fault);
	}
	must(all == nl);
	return 0;
}
