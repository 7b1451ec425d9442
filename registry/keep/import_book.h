#ifndef REGISTRY_IMPORT_BOOK_H
#define REGISTRY_IMPORT_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sm.h"
#include "filing/record.h"
#include "store/store.h"

/*
 * How far each file has been imported, in the database: a step is stored in
 * the transaction of the filings that it is about, so that whatever is killed,
 * the same file goes on where its last batch ended.
 *
 * What is random in an import (salts) is derived from one secret of its row:
 * a row of a file makes the same record however often the import is begun.
 */
struct import_book {
	int64_t	 id;
	uint8_t	 secret[SM3_LEN];
	int64_t	 began;		/* recorded_at of its filings */
	uint64_t at, line;	/* done: octets and lines of the file */
	uint64_t filed, present, refused;
	uint64_t rejects;	/* octets of the list of refused rows */
	bool	 ended;
};

/*
 * The row of the file called name (without its folder) with this digest: found
 * by either, or *found is false.  ERR_CONFLICT "import-differs": another file
 * of this name was imported before.
 */
int	 import_book_find(struct store *st, const char *name,
	    const uint8_t digest[SM3_LEN], struct import_book *b, bool *found,
	    struct err *e) MUST_CHECK;
/* A new one, in a transaction. */
int	 import_book_new(struct store *st, const char *name,
	    const uint8_t digest[SM3_LEN], int64_t now,
	    struct import_book *b, struct err *e) MUST_CHECK;
/* Store where it stands; now is used where it has ended. */
int	 import_book_step(struct store *st, const struct import_book *b,
	    int64_t now, struct err *e) MUST_CHECK;

/* HMAC-SM3 of the secret over what and the code: its first n octets (<= 32). */
void	 import_book_derive(const struct import_book *b, const char *what,
	    const char *code, uint8_t *out, size_t n);

#endif /* REGISTRY_IMPORT_BOOK_H */
