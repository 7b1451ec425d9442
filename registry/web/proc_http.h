#ifndef REGISTRY_PROC_HTTP_H
#define REGISTRY_PROC_HTTP_H

#include "base/err.h"
#include "registry/config.h"

/* Tag of the memory file of uploads (base/slots.h); others are a listener's. */
#define HTTP_UPLOADS	254u

/*
 * The process that speaks HTTP: client connections on listening sockets from
 * the monitor, read-only handles of the own province's database and of every
 * peer's.  It may not write a database, sign or hash a password: what changes
 * anything goes to the recorder, what decodes a stranger's octets to a jail.
 *
 * Child of the monitor; returns when asked to end.
 */
int	 proc_http(const struct config *cf, unsigned instance,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_PROC_HTTP_H */
