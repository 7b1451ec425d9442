#ifndef SIGNING_DESCRIBE_H
#define SIGNING_DESCRIBE_H

#include "base/buf.h"
#include "base/err.h"
#include "filing/kind.h"

/*
 * Any object in DER or PEM in words: stamps, SignedData and time-stamp tokens
 * here, the others by object_describe().
 */

/*
 * Append in to out in words; *kind is what it is.  For the jail: it decodes.
 * The codes of the parser that refused it; ERR_FORMAT "unknown-object".
 */
int	 describe(struct octets in, enum object_kind *kind, struct buf *out,
	    struct err *e) MUST_CHECK;

#endif /* SIGNING_DESCRIBE_H */
