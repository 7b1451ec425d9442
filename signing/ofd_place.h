#ifndef SIGNING_OFD_PLACE_H
#define SIGNING_OFD_PLACE_H

#include "signing/ofd_sign.h"
#include "signing/xml.h"

/*
 * Where a stamp shows (GB/T 33190-2016, 18.2.5, StampAnnot): page, Boundary
 * and Clip in millimetres from the page's top left, in words.  A page-edge
 * stamp is one seal shifted off the pages, of which each shows a slice.
 */

#define LIMIT_OFD_PLACES	8192	/* StampAnnots of one signature */

/* Tell of every StampAnnot of info in s->places; a page that is not there is
 * a fault of sign. */
void	 ofd_places(const struct ofd_show *show, struct ofd_sign *sign,
	    const struct _xmlNode *info, StampReading *s);

#endif /* SIGNING_OFD_PLACE_H */
