#ifndef CA_KEY_SERVER_H
#define CA_KEY_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "ca/key.h"

/*
 * The key process without its process: links, a queue by rank, and the table
 * of what may be asked.  ca/proc_key.c puts it into a child of the monitor.
 */

#define LIMIT_KEY_LINKS	16	/* connections */
#define LIMIT_KEY_QUEUE	256	/* requests read and not yet served */

struct key_server;		/* opaque */

/* kr and types are borrowed. */
struct key_server *key_server_new(const struct keyring *kr,
	    const struct sign_type *types);
void	 key_server_free(struct key_server *s);	/* closes the links */

/* A connection to instance i of role; takes fd.  Replaces the old one, whose
 * requests are dropped. */
void	 key_server_link(struct key_server *s, const char *role, unsigned i,
	    int fd);
size_t	 key_server_links(const struct key_server *s);

/*
 * One turn: wait until a link or control (-1: none) can be read, read every
 * frame that is there, and serve the request of the best rank, oldest first.
 * With requests waiting, or timeout_ms 0, it does not wait.  *control_ready
 * (may be NULL) tells whether control can be read.  ERR_IO: poll failed.
 */
int	 key_server_turn(struct key_server *s, int control, int timeout_ms,
	    bool *control_ready, struct err *e) MUST_CHECK;

#endif /* CA_KEY_SERVER_H */
