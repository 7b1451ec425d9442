#ifndef BASE_CALLS_H
#define BASE_CALLS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/sanitize.h"

/*
 * Filters of system calls (libseccomp).  Which calls belong to which kind of
 * work is a const table in calls.c; a process keeps the kinds that it needs
 * and dies at the first call outside them, SIGSYS.  What libraries try and do
 * without is refused with an errno instead: an open elsewhere is EACCES, as
 * under Landlock.  Which files a kept open may reach is base/sandbox.h.
 *
 * Under AddressSanitizer, whose runtime has calls of its own, the kernel only
 * logs what it would have ended.
 */

enum {
	/* Memory, time, signals to itself; what is open already: octets and
	 * messages through it.  Opens nothing, runs nothing. */
	CALLS_PLAIN	= 1 << 0,
	CALLS_LOOP	= 1 << 1,	/* an event loop */
	CALLS_CLOCK	= 1 << 2,	/* a timer that ends the process */
	CALLS_READ	= 1 << 3,	/* open files for reading; lock */
	CALLS_WRITE	= 1 << 4,	/* and for writing; force to disk */
	CALLS_INPUT	= 1 << 5,	/* make large inputs for others: memfd */
	CALLS_ACCEPT	= 1 << 6,	/* take connections, make none */
	CALLS_NTP	= 1 << 8,	/* is the kernel's clock synchronised?  Who
					 * keeps it must not have CAP_SYS_TIME */
	CALLS_CONNECT	= 1 << 7,	/* make connections; resolve names, for
					 * which libcurl starts threads */
	/* For the modules of tokens, where their configuration asks for it: */
	CALLS_LOCAL	= 1 << 9,	/* connect to a Unix socket; threads */
	CALLS_DEVICE	= 1 << 10,	/* ask devices (ioctl), hear of them */
};

#define CALLS_LOG_ONLY	SANITIZED	/* 1: in this build nobody dies */

/* Whether this kernel can filter system calls and end a whole process. */
bool	 calls_supported(void);

/*
 * Keep the kinds of work in kinds (CALLS_PLAIN is always among them), for
 * ever and for all children.  no_new_privs must be set.  ERR_IO: the kernel
 * would not.
 */
int	 calls_keep(unsigned kinds, struct err *e) MUST_CHECK;

/*
 * Keep everything but what no program of ours ever asks: other processes'
 * memory, name spaces, mounts, kernel modules, io_uring and the like.  For a
 * process that starts others, which inherit it.  As calls_keep() otherwise.
 */
int	 calls_keep_common(struct err *e) MUST_CHECK;

#endif /* BASE_CALLS_H */
