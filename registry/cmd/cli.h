#ifndef REGISTRY_CLI_H
#define REGISTRY_CLI_H

#include "base/err.h"

/*
 * What commands print when something is wrong.  Exit status: registry/cmd.h.
 */

/* "sealreg: TEXT [id]" on standard error; returns EXIT_NOT_VALID. */
int	 cli_fail(const struct err *e) MUST_CHECK;
/* A wrong command line: says what, and where help is; returns EXIT_USAGE. */
int	 cli_usage(const char *command, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3))) MUST_CHECK;

#endif /* REGISTRY_CLI_H */
