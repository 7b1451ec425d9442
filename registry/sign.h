#ifndef REGISTRY_SIGN_H
#define REGISTRY_SIGN_H

#include "base/buf.h"
#include "base/err.h"
#include "ca/key.h"
#include "sync/note.h"

/*
 * What the key process of a node signs: the table handed to proc_key(), with
 * the one type that neither ca/ nor filing/ can know, the checkpoint.
 */

extern const struct sign_type registry_sign_types[];

/*
 * Sign a checkpoint with the keyring's checkpoint key, as name cp->origin, and
 * append the whole note to out.  Asks key_guard() first: ERR_CONFLICT
 * "checkpoint-conflict".  ERR_INVAL: the checkpoint or time makes no sense (a
 * size of 0 is never signed).
 */
int	 sign_checkpoint(const struct keyring *kr, const struct checkpoint *cp,
	    int64_t time, struct buf *note, struct err *e) MUST_CHECK;
/* The handler of MSG_SIGN_CHECKPOINT around it. */
int	 sign_checkpoint_request(const struct keyring *kr,
	    struct octets request, struct buf *reply,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_SIGN_H */
