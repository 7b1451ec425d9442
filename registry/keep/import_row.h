#ifndef REGISTRY_IMPORT_ROW_H
#define REGISTRY_IMPORT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * One row of a file of existing filings: its cells, whichever format they
 * were read from, and the record that they say.  Pure.
 *
 * The names are those of a record in answers and exports.  What the register
 * writes itself (recorded_at, salt) is accepted and not used, so that an
 * export can be imported.  person_name is private: of it only a commitment
 * goes into the log.
 */

#define LIMIT_IMPORT_ROW	65536	/* octets of a row, line ends included */
#define LIMIT_IMPORT_LINES	64	/* lines that one row may span */
#define LIMIT_IMPORT_COLUMNS	64	/* columns of a CSV file */
#define LIMIT_IMPORT_TEXT	4096	/* octets of a value */

enum import_field {
	IMPORT_SEAL_CODE = 0, IMPORT_SEAL_TYPE, IMPORT_SEAL_NAME,
	IMPORT_OWNER_NAME, IMPORT_OWNER_ID, IMPORT_OWNER_COMMITMENT,
	IMPORT_STATUS, IMPORT_STATUS_REASON, IMPORT_STATUS_EFFECTIVE_AT,
	IMPORT_RECORDED_AT, IMPORT_VALID_FROM, IMPORT_VALID_UNTIL,
	IMPORT_SEAL_DIGEST, IMPORT_CERTIFICATE_DIGEST, IMPORT_PICTURE_DIGEST,
	IMPORT_FILING_OFFICE, IMPORT_MAKER_ID, IMPORT_REPLACES,
	IMPORT_REPLACED_BY, IMPORT_CARRIER, IMPORT_PAIRED_CODE,
	IMPORT_VERSION, IMPORT_SEAL_NAME_OTHER, IMPORT_SALT,
	IMPORT_PERSON_NAME,
	IMPORT_FIELDS
};

/* One value.  s is NULL where nothing was given; else it ends with a NUL. */
struct import_cell {
	const char	*s;
	uint32_t	 column;	/* where it begins in its row, from 1 */
};

/* The cells of a row; their texts stand in text.  Large: not on a stack. */
struct import_cells {
	struct import_cell c[IMPORT_FIELDS];
	size_t		 used;
	char		 text[LIMIT_IMPORT_ROW + LIMIT_IMPORT_COLUMNS + 8];
};

/* What is wrong with a row, and where. */
struct import_fault {
	struct err	 e;
	uint32_t	 column;	/* in the row, from 1 */
};

const char	*import_field_name(enum import_field f);
/* IMPORT_FIELDS if no field has this name. */
enum import_field import_field_find(const char *name, size_t n);

void	 import_cells_reset(struct import_cells *cs);
/*
 * Set a cell to n octets, copied; an empty text counts as not given.  Anything
 * but UTF-8 without NUL is "bad-text", beyond LIMIT_IMPORT_TEXT "bad-member".
 */
int	 import_cells_set(struct import_cells *cs, enum import_field f,
	    const void *p, size_t n, uint32_t column,
	    struct import_fault *fault) MUST_CHECK;

/*
 * What the cells say, as octets of a SealRecord without recorded_at and salt
 * (filing/record.h), appended to record; *person is the private name, tied to
 * cs, or NULL.  now: nothing may have happened after it.
 *
 * ERR_INVAL "missing-member", "bad-member", "bad-text", "invalid-code",
 * "unknown-reason", "bad-credit-code", "effective-in-future"; ERR_VERIFY
 * "bad-record".
 */
int	 import_row_make(const struct import_cells *cs, int64_t now,
	    struct buf *record, const char **person,
	    struct import_fault *fault) MUST_CHECK;

#endif /* REGISTRY_IMPORT_ROW_H */
