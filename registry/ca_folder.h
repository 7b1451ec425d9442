#ifndef REGISTRY_CA_FOLDER_H
#define REGISTRY_CA_FOLDER_H

#include "base/err.h"
#include "base/sm.h"
#include "ca/cert.h"

/*
 * DIR/ca, as the commands of the authority leave it: SLOT.crt is in use,
 * SLOT-SERIAL.crt was, and is kept; SERIAL.revoked says that one is revoked.
 * Names alone, in their order; what is in them is for who reads them.
 */

#define LIMIT_CA_FILES	4096	/* names of one kind */
#define CA_SHARDS	10000	/* parts of the list set aside for a key */

/*
 * Call fn for each name in DIR/ca that ends in end (".crt"), sorted; it ends
 * at fn's first failure, which is returned.  A folder that is not there has
 * none.  ERR_TOOBIG "ca-folder": over LIMIT_CA_FILES.
 */
int	 ca_folder_each(const char *dir, const char *end,
	    int (*fn)(void *arg, const char *name, struct err *e), void *arg,
	    struct err *e) MUST_CHECK;

/*
 * An authority's first part of the revocation list, by its key's identifier:
 * what KEYID.shard says, and 0 where there is none.  ERR_FORMAT "ca-folder".
 */
int	 ca_folder_shard(const char *dir, const uint8_t key_id[CERT_KEY_ID],
	    unsigned *shard, struct err *e) MUST_CHECK;
/* Set aside the next for this one, unless that was done.  Errors as above. */
int	 ca_folder_shard_new(const char *dir,
	    const uint8_t key_id[CERT_KEY_ID], unsigned *shard,
	    struct err *e) MUST_CHECK;

/* A digest of all certificates, lists and revocations: have they changed? */
int	 ca_folder_digest(const char *dir, uint8_t digest[SM3_LEN],
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_CA_FOLDER_H */
