#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * Giving rights away: no_new_privs always, Landlock for files where the
 * kernel has it.  There is no way back.  What OpenSSL, the C library or
 * fontconfig read lazily (algorithms, locale, time zone, resolver) must have
 * been read before.
 */

struct sandbox {
	const char *const *read;	/* files or folders, NULL-terminated */
	const char *const *write;	/* read, write, create, remove */
	bool		   strict;	/* fail where the kernel cannot */
};

/*
 * Enter.  *missing (may be NULL) gets a literal naming what the kernel lacks
 * ("landlock"), or NULL.  ERR_IO: a call failed that should not.
 */
int	 sandbox_enter(const struct sandbox *s, const char **missing,
	    struct err *e) MUST_CHECK;

/* Landlock ABI of this kernel, 0 for none. */
int	 sandbox_abi(void);

#endif /* BASE_SANDBOX_H */
