#ifndef BASE_CTL_H
#define BASE_CTL_H

#include <stdint.h>

#include "base/err.h"

/*
 * Messages on the control socket between the monitor and a child: one
 * SOCK_SEQPACKET datagram each, with at most one descriptor.  For proc.c and
 * child.c only.
 */

#define CTL_ROLE_MAX	24

enum ctl_kind {
	CTL_LINK = 1,		/* fd: a socketpair to instance n of role */
	CTL_LISTEN,		/* fd: a listening socket with tag n */
	CTL_FILE,		/* fd: a sealed memfd with tag n */
	CTL_LOG,		/* n: what log_word() says */
	CTL_STOP,		/* end in good order */
	CTL_READY,		/* child to monitor: I serve */
	CTL_HELPER		/* the same way: pid n, called role, is mine */
};

struct ctl {
	uint32_t	kind;
	uint32_t	n;
	char		role[CTL_ROLE_MAX];
};

/* fd -1: none to pass. */
int	 ctl_send(int sock, const struct ctl *c, int fd,
	    struct err *e) MUST_CHECK;
/*
 * Receive one; *fd is -1 or taken over.  ERR_NOTFOUND: none there now (the
 * socket does not block); ERR_IO: the other end is gone, or broke the rules.
 */
int	 ctl_recv(int sock, struct ctl *c, int *fd, struct err *e) MUST_CHECK;

#endif /* BASE_CTL_H */
