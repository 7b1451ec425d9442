#ifndef SIGNING_STAMP_READING_H
#define SIGNING_STAMP_READING_H

#include <stdbool.h>

#include "base/buf.h"
#include "signing/signature.h"

/*
 * What is said of a stamp (SES_Signature): its facts in a StampReading, and
 * the rows of signature_read(), checked on octets alone.
 */

/* As signature_read(), for a value that begins as a stamp does. */
void	 stamp_reading(struct octets value, bool padded, StampReading *s,
	    struct signature *sig);

#endif /* SIGNING_STAMP_READING_H */
