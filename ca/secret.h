#ifndef CA_SECRET_H
#define CA_SECRET_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * What unlocks keys and must not be read by others: the pass phrase of the key
 * files, the PIN of a token.  A systemd credential first, then a file.
 */

#define LIMIT_SECRET	1024		/* octets of a pass phrase or PIN */

/* Where one is looked for, and what it is called when it is refused. */
struct secret_place {
	const char	*what;		/* "pass phrase" */
	const char	*credential;	/* below $CREDENTIALS_DIRECTORY */
	const char	*path;		/* else this file */
};

/*
 * Read it: text without its newline, with a NUL behind; the caller wipes n
 * octets and frees.  ERR_NOTFOUND, saying nothing: neither is there.
 * ERR_DENIED, without an id of its own: others may read it, it is empty, too
 * long, or no file.
 */
int	 secret_find(const struct secret_place *at, char **text, size_t *n,
	    struct err *e) MUST_CHECK;

#endif /* CA_SECRET_H */
