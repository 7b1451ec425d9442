#ifndef FILING_SEAL_READING_H
#define FILING_SEAL_READING_H

#include "base/buf.h"
#include "base/err.h"
#include "filing/seal.h"
#include "schema/msg.pb-c.h"

/*
 * What is said of a seal that was read (SealReading of msg.proto): its facts,
 * and the rules format, seal_signature and, where there is a token,
 * time_stamp, checked on octets alone.  For the jail: it decodes.
 */

/*
 * Parse in and tell of it.  *m is the caller's, all on the heap: free it with
 * seal_reading__free_unpacked(m, NULL).  On failure it is NULL.
 * ERR_FORMAT "bad-seal", ERR_TOOBIG, as seal_parse().
 */
int	 seal_reading_new(struct octets in, bool words, SealReading **m,
	    struct err *e) MUST_CHECK;
/*
 * The same of a seal that was parsed; its signature is verified here, or was
 * verified when the same octets came before (filing/seal_memory.h).  words:
 * text too, which is made anew.
 */
SealReading *seal_reading_of(struct seal *s, bool words);

#endif /* FILING_SEAL_READING_H */
