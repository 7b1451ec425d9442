#ifndef SIGNING_JAIL_SHOW_H
#define SIGNING_JAIL_SHOW_H

#include "base/buf.h"
#include "base/err.h"

/*
 * In the jail: what is in strangers' pictures, as pixels (ShowPictures ->
 * ShownPictures).  Apart from the reading of the file, so that a picture that
 * ends its jail costs the picture alone.
 */

#define LIMIT_SHOW_PICTURES	16	/* in one question */
#define LIMIT_SHOW_PIXELS	(32u << 20)	/* decoded for one question */

/* Of base/jail.h.  ERR_INVAL "picture-question": more pictures than the limit;
 * a picture that is not shown has its reason in the answer. */
int	 jail_show_pictures(struct octets in, struct octets large,
	    struct buf *out, struct err *e) MUST_CHECK;

#endif /* SIGNING_JAIL_SHOW_H */
