#ifndef REGISTRY_CMD_PASSWORD_H
#define REGISTRY_CMD_PASSWORD_H

#include <stdbool.h>

#include "base/err.h"
#include "registry/found/account.h"

/* A password for a command: the first line of a file, or typed. */

#define PASSWORD_SIZE	(ACCOUNT_PASSWORD_MAX + 2)

/*
 * From file ("-": standard input), or from the terminal where it is NULL, asked
 * twice if it is a new one.  ERR_INVAL "bad-password"; ERR_IO.  The caller
 * wipes line.
 */
int	 password_read(const char *file, bool twice, char line[PASSWORD_SIZE],
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_CMD_PASSWORD_H */
