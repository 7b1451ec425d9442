#ifndef SIGNING_OFD_H
#define SIGNING_OFD_H

#include "base/buf.h"
#include "base/err.h"
#include "signing/reading.h"

/*
 * An OFD package (GB/T 33190-2016): every signature under Signs/, what each
 * refers to, and what none of them covers.  For the jail: it decodes.
 */

/*
 * Read in into m, whose kind is set.  What is wrong with the file is told in
 * m's row "format" or in the rows of its signatures; ERR_FORMAT
 * "unknown-object" only where it is no OFD at all.
 */
int	 ofd_read(struct octets in, FileReading *m, struct err *e) MUST_CHECK;

#endif /* SIGNING_OFD_H */
