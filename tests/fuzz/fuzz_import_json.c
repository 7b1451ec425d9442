#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/keep/import_json.h"
#include "tests/fuzz/import_row.h"

/*
 * Property: what a row is made of is a record that reads back and passes the
 * register's own check; what is refused leaves nothing behind, and says where
 * within the row.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct octets		row = OCTETS(p, n);
	struct import_fault	fault = { .e = ERR_INIT };

	if (n > LIMIT_IMPORT_ROW)
		return 0;
	if (import_json_read(row, &cells, &fault) != 0) {
		must(fault.e.code == ERR_INVAL && fault.e.id[0] != '\0');
		must(fault.column >= 1 && fault.column <= n + 1);
		return 0;
	}
	must(utf8_valid(p, n));
	check_row(row, &fault);
	return 0;
}
