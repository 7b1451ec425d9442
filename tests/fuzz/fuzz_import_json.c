#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "filing/record.h"
#include "registry/keep/import_json.h"

/*
 * Property: what a row is made of is a record that reads back and passes the
 * register's own check; what is refused leaves nothing behind, and says where
 * within the row.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define NOW	1790000000

static struct import_cells	cells;

static void
must(int good)
{
	if (!good)
		abort();
}

static void
check_row(struct octets row, struct import_fault *fault)
{
	static const uint8_t	 zero[SM3_LEN];
	struct record_box	*box = NULL;
	struct record		 r;
	struct buf		 b;
	const char		*person = NULL;

	buf_init(&b, LIMIT_IMPORT_ROW);
	if (import_row_make(&cells, NOW, &b, &person, fault) != 0) {
		must(b.len == 0 && person == NULL);
		must(fault->e.id[0] != '\0' && fault->column >= 1 &&
		    fault->column <= row.len + 1);
		goto out;
	}
	must(buf_ok(&b));
	must(record_read(buf_octets(&b), &r, &box, NULL) == 0);
	must(r.recorded_at == 0 && r.salt.len == 0);
	r.recorded_at = NOW;
	r.salt = OCTETS(zero, RECORD_SALT_LEN);
	if (person != NULL)
		r.owner_commitment = OCTETS(zero, SM3_LEN);
	must(record_lint(&r, NULL) == 0);
	must(person == NULL || text_is_name(person));
out:
	record_box_free(box);
	buf_fini(&b);
}

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
