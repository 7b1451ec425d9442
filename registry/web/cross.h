#ifndef REGISTRY_CROSS_H
#define REGISTRY_CROSS_H

#include "registry/web/web.h"

/*
 * The cross certificates that this node's own authority has made at its last
 * rollover (docs/ca.md), for judging what somebody brings: a trust list that
 * names only one of the two authorities will do.
 */

struct web_cross {
	struct buf	 der[2];
	struct octets	 o[2];
	size_t		 n;
};

/* Those that there are; none where the database does not answer, which the
 * report shows.  End with web_cross_fini(). */
void	 web_cross_get(struct web *w, struct web_cross *c);
void	 web_cross_fini(struct web_cross *c);

#endif /* REGISTRY_CROSS_H */
