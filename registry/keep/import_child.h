#ifndef REGISTRY_IMPORT_CHILD_H
#define REGISTRY_IMPORT_CHILD_H

#include <sys/types.h>

#include "base/err.h"
#include "sync/trust.h"

/*
 * The other processes of an import, forked before any database is open: one
 * reads the file and holds nothing else, one holds the private keys.  They
 * end when the link closes, and with their parent.
 */
struct import_child {
	pid_t	pid;		/* 0: none */
	int	link;		/* -1: none */
};

/* The reader (import_source_serve()) of fd, which is borrowed. */
int	 import_child_reader(int fd, struct import_child *ch,
	    struct err *e) MUST_CHECK;
/* The keys of the data folder dir (proc_key_for()), as for the recorder. */
int	 import_child_key(const char *dir, struct import_child *ch,
	    struct err *e) MUST_CHECK;
/* What peers hold of the log of province (import_peers_serve()). */
int	 import_child_peers(const struct trust *t, const char *province,
	    struct import_child *ch, struct err *e) MUST_CHECK;
/* Close the link and wait for its end.  May be repeated. */
void	 import_child_end(struct import_child *ch);

#endif /* REGISTRY_IMPORT_CHILD_H */
