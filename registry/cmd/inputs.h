#ifndef REGISTRY_INPUTS_H
#define REGISTRY_INPUTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/*
 * The files that a command is given: by name, by folder (all in it and below,
 * in the order of their names, without those that begin with a dot and without
 * following links to folders), and by a list.  Names are held of the folders
 * that are open, and of no more.
 */

#define LIMIT_INPUTS_DEPTH	64	/* folders in folders */
#define LIMIT_INPUTS_LINE	4096	/* octets of a name in a list */

struct inputs;			/* opaque */

/*
 * paths are borrowed.  list: a file of names, "-" for standard input, or NULL;
 * null: each ends with NUL, not with a line.  Caller frees.  ERR_IO,
 * ERR_NOTFOUND.
 */
int	 inputs_open(char **paths, size_t n, const char *list, bool null,
	    struct inputs **in, struct err *e) MUST_CHECK;
void	 inputs_free(struct inputs *in);
/* The next file, the caller's to free, or NULL.  What is not there or cannot
 * be opened comes as it was named: whoever reads it sees why. */
char	*inputs_next(struct inputs *in);
/* How many there are now; 0: a list is among them, and nobody knows. */
uint64_t inputs_count(char **paths, size_t n, const char *list);

#endif /* REGISTRY_INPUTS_H */
