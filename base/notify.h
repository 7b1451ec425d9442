#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include "base/err.h"

/*
 * What a service tells its manager: one datagram to a Unix socket, as
 * sd_notify(3) writes it.
 */

/*
 * Send text ("READY=1") to socket, the value of $NOTIFY_SOCKET: a path, or a
 * name that begins with '@'.  NULL: there is no manager, and nothing to do.
 * Errors: ERR_INVAL (no such form), ERR_IO.
 */
int	 notify_send(const char *socket, const char *text,
	    struct err *e) MUST_CHECK;

#endif /* BASE_NOTIFY_H */
