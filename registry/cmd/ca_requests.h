#ifndef REGISTRY_CMD_CA_REQUESTS_H
#define REGISTRY_CMD_CA_REQUESTS_H

#include "registry/cmd/cli.h"

/*
 * The part of "sealreg ca" that talks to a running node about certificates of a
 * licensed body.
 */

extern const struct cli_command	ca_requests_command;	/* its help */
/* Is this word one of its verbs? */
bool	 ca_requests_has(const char *verb);
/* argv[1] is the verb.  Returns the exit status: 0, 1 (also where a certificate
 * was refused), 2. */
int	 ca_requests(int argc, char **argv);

#endif /* REGISTRY_CMD_CA_REQUESTS_H */
