#ifndef SIGNING_OFD_REFERENCES_H
#define SIGNING_OFD_REFERENCES_H

#include "signing/ofd_sign.h"

/*
 * Are the files that a signature lists unchanged (GB/T 33190-2016, 18.2.3)?
 * The digest of every one is compared in full length.
 */

/* The row "references" of s; what was changed, in s->changes. */
void	 ofd_references(struct ofd_show *show, const struct ofd_sign *sign,
	    StampReading *s);

#endif /* SIGNING_OFD_REFERENCES_H */
