#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * Giving rights away: no_new_privs and root's privileges always, Landlock
 * for files and a filter of system calls (base/calls.h) where the kernel has
 * them.  There is no way back.  What OpenSSL, the C library or fontconfig read lazily (algorithms,
 * locale, time zone, resolver) must have been read before.
 */

struct sandbox {
	const char *const *read;	/* files or folders, NULL-terminated */
	const char *const *write;	/* read, write, create, remove */
	unsigned	   calls;	/* CALLS_* to keep; 0: no filter */
	bool		   strict;	/* fail where the kernel cannot */
};

/*
 * Enter.  *missing (may be NULL) gets a literal naming what the kernel lacks
 * of what was asked for ("landlock", "seccomp", "landlock,seccomp"), or NULL.
 * ERR_IO: a call failed that should not; with strict also no-landlock,
 * no-seccomp.
 */
int	 sandbox_enter(const struct sandbox *s, const char **missing,
	    struct err *e) MUST_CHECK;

/*
 * For a process that starts others, which inherit it: no_new_privs, and none
 * of the calls that no process of ours asks (calls_keep_common()).  *missing
 * as above.
 */
int	 sandbox_enter_common(const char **missing, struct err *e) MUST_CHECK;

/*
 * Say in the log what the kernel lacks, one line a process:
 * "sandbox.missing process=NAME what=landlock".  Nothing for NULL.
 */
void	 sandbox_say(const char *process, const char *missing);

/* Landlock ABI of this kernel, 0 for none. */
int	 sandbox_abi(void);
/* Whether this kernel can filter system calls. */
bool	 sandbox_has_seccomp(void);

#endif /* BASE_SANDBOX_H */
