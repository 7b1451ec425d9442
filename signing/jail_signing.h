#ifndef SIGNING_JAIL_SIGNING_H
#define SIGNING_JAIL_SIGNING_H

#include "base/jail.h"

/*
 * What this room does in the jail: read any file that a stranger brought and
 * check every signature in it on octets alone (MSG_READ_FILE).  What is no
 * seal, stamp, OFD, PDF or picture: ERR_FORMAT "unknown-object".  And tell
 * of any object in DER or PEM in words (MSG_DESCRIBE), signing/describe.h.
 */
/* Octets of a stamp that comes with its document (MSG_READ_STAMPED): it fits
 * into one message. */
#define LIMIT_STAMP_ALONE	((2u << 20) - (64u << 10))

extern const struct jail_handler signing_jail_handlers[];

/* What libraries read when they are first used.  ERR_CRYPTO. */
int	 signing_jail_warm(struct err *e) MUST_CHECK;

#endif /* SIGNING_JAIL_SIGNING_H */
