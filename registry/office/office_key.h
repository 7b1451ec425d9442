#ifndef REGISTRY_OFFICE_KEY_H
#define REGISTRY_OFFICE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ca/key.h"
#include "registry/office/office.h"

/*
 * Keys of signers that are made here, made ahead (table signer_key): while the
 * officers decide, so that the last decision need not wait for one.  A row
 * that says "to be made" comes with the application; a case that is decided
 * before that is filed with a key made then.  The database drops the row with
 * the end of its case, and SQLite overwrites what is dropped.
 */

/* Open cases of one account for which a key is made ahead: the key process
 * makes so many in a second or two, which is how long others wait for theirs.
 * A case beyond gets its key at the last decision. */
#define LIMIT_KEYS_ACCOUNT	4096

/* This application will need one, unless it brings a key (public_key), a
 * licensed body certifies, or its account has as many as it may.  In a
 * transaction. */
int	 office_key_intend(struct office *of, int64_t application,
	    struct octets public_key, struct err *e) MUST_CHECK;
/* Cases under decision whose keys are not made: *n, at most
 * LIMIT_KEYS_AHEAD, the oldest first. */
int	 office_key_due(struct office *of,
	    int64_t application[LIMIT_KEYS_AHEAD], size_t *n,
	    struct err *e) MUST_CHECK;
/*
 * Keep the key of an application; where its case has ended or has a key, this
 * one is forgotten.  In a transaction.
 */
int	 office_key_put(struct office *of, int64_t application,
	    struct octets point, struct octets wrapped,
	    struct err *e) MUST_CHECK;
/* *has: there is one; its point, and its private part put behind wrapped. */
int	 office_key_get(struct office *of, int64_t application,
	    uint8_t point[SM2_POINT_LEN], struct buf *wrapped, bool *has,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_KEY_H */
