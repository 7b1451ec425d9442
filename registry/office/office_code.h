#ifndef REGISTRY_OFFICE_CODE_H
#define REGISTRY_OFFICE_CODE_H

#include "filing/record.h"
#include "registry/office/office.h"

/*
 * Codes of new seals: a division and a number in it that no seal has.
 */

/* Does a seal have number n? */
typedef int code_held(void *arg, uint64_t n, bool *held, struct err *e);

/* How many numbers are looked at before a division counts as full. */
#define LIMIT_CODE_SEARCH	(1u << 16)

/*
 * A number in from .. SEAL_SEQUENCE_MAX that no seal has.  Imported seals may
 * have a million in a row: strides that double find a free one, halves the
 * first of its gap.  Free numbers on the way may be passed over; where the
 * strides meet none, what lies between them is looked at, ever closer.
 *
 * ERR_CONFLICT "codes-exhausted": there is none, or what is left are holes
 * between seals that LIMIT_CODE_SEARCH looks did not meet.
 */
int	 code_search(uint64_t from, code_held *held, void *arg, uint64_t *n,
	    struct err *e) MUST_CHECK;

/*
 * A code of this division that no seal has, behind all that were given here;
 * it is given now.  ERR_CONFLICT "codes-exhausted"; ERR_INVAL
 * "unknown-division".
 */
int	 code_next(struct office *of, const char *division,
	    char code[SEAL_CODE_SIZE], struct err *e) MUST_CHECK;
/*
 * Count the codes that seals have right behind those that were given here as
 * given: an import has brought them.  In a transaction; a division that has
 * none left is no error here.
 */
int	 code_pass_over(struct store *st, struct log *lg,
	    const char *division, struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_CODE_H */
