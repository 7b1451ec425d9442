#ifndef REGISTRY_NATION_OPEN_H
#define REGISTRY_NATION_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/cert.h"
#include "ca/key.h"
#include "registry/found/roots.h"

/*
 * The national root's folder (registry/found/nation.h), open: locked, with its
 * keys and what it says of itself.  For what uses it; what a switch to another
 * key left half done is done first.
 */

/* A root's key by the key before, and the other way round; and while the new
 * one is not in use. */
#define NATION_UP	"ca/root-new-with-old.crt"
#define NATION_BACK	"ca/root-old-with-new.crt"
#define NATION_NEXT_UP	"ca/root-next-new-with-old.crt"
#define NATION_NEXT_BACK	"ca/root-next-old-with-new.crt"
#define NATION_NEXT_RAW	"ca/root-next.new"	/* until the rest is there */
#define NATION_CUT	"ca/root-old.cut"	/* see succession.h */
#define NATION_AFTER	"succeeded"	/* in a folder that another follows */

struct nation {
	char		*dir;
	int		 lock;
	struct keyring	*kr;
	struct cert	*root;		/* in use */
	struct cert	*next;		/* made, and not in use; or NULL */
	struct cert	*old;		/* of the key before; or NULL */
	bool		 cut;		/* nothing holds under old any more */
	struct buf	 vkey;		/* text, without newline, with NUL */
};

/*
 * Caller ends with nation_close().  ERR_NOTFOUND "not-initialised";
 * ERR_CONFLICT "nation-succeeded": another folder has followed; ERR_BUSY.
 */
int	 nation_open(const char *dir, struct nation *n,
	    struct err *e) MUST_CHECK;
void	 nation_close(struct nation *n);

/* Keep what was issued, by its serial; never over another. */
int	 nation_keep(const char *dir, const struct cert *c,
	    struct err *e) MUST_CHECK;
/* Issue revocation lists anew where it is time. */
int	 nation_lists(const struct nation *n, int64_t now,
	    struct err *e) MUST_CHECK;
/* What everybody may have of it, into initialised roots. */
int	 nation_roots(const struct nation *n, struct roots *r,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_NATION_OPEN_H */
