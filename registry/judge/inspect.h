#ifndef REGISTRY_INSPECT_H
#define REGISTRY_INSPECT_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Any object of ours in words, recognised by its content: notes, entries,
 * bundles of them and tiles are told here; what is DER or PEM is recognised
 * and left to the jail (MSG_DESCRIBE), and so are stamps, OFD, PDF and
 * pictures (MSG_INSPECT_FILE).  Nothing is verified against anybody.
 */

#define INSPECT_KIND_SIZE	16

/* Who reads on: nobody, since it was told here, or the jail. */
enum inspect_jail { INSPECT_HERE = 0, INSPECT_DESCRIBE, INSPECT_READ_FILE };

/*
 * Append in to out in words, its kind to kind.  *jail: it is for the jail, and
 * nothing was written.  ERR_FORMAT "unknown-object".
 */
int	 inspect_object(struct octets in, char kind[INSPECT_KIND_SIZE],
	    enum inspect_jail *jail, struct buf *out,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_INSPECT_H */
