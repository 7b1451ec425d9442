#ifndef BASE_BER_H
#define BASE_BER_H

#include "base/buf.h"
#include "base/err.h"

/*
 * BER (X.690, 8) to DER, for standards that allow it: CMS (RFC 5652, 4) may
 * come with indefinite lengths and octet strings in pieces.  Only frames are
 * written anew; what is primitive stays as it came, so that a part that was
 * DER before is the same octets afterwards.
 */

/*
 * Take one element from c and append it to out.  ERR_FORMAT "bad-ber": not
 * BER, nested deeper than LIMIT_DER_DEPTH, or with forms that no DER has
 * (strings other than OCTET STRING in pieces, tag numbers from 31).
 * ERR_TOOBIG: out is full.
 */
int	 ber_to_der(struct cursor *c, struct buf *out,
	    struct err *e) MUST_CHECK;

#endif /* BASE_BER_H */
