#ifndef FUZZ_IMPORT_ROW_H
#define FUZZ_IMPORT_ROW_H

#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "filing/record.h"
#include "registry/keep/import_row.h"

/*
 * What every row of an import must hold to, whichever reader cut it out:
 * import_row_make() gives a record that reads back and passes the register's
 * own check, or it leaves nothing behind and says where within the row.
 */

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

#endif /* FUZZ_IMPORT_ROW_H */
