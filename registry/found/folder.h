#ifndef REGISTRY_FOLDER_H
#define REGISTRY_FOLDER_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/cert.h"

/*
 * Folders that are made whole or not at all: everything goes into DIR.new,
 * which becomes DIR at the end.  Whoever is killed at whatever point may leave
 * DIR.new, which the next try takes away, or DIR.new.XXXXXX, which is in
 * nobody's way.
 */

/*
 * Begin: make DIR.new (mode 0700); what an earlier try left there goes first.
 * *tmp is freed by the caller.  DIR may be there if it is empty.
 * ERR_CONFLICT "already-initialised": DIR has the file mark; "not-empty".
 */
int	 folder_begin(const char *dir, const char *mark, char **tmp,
	    struct err *e) MUST_CHECK;
/* It is whole: DIR.new becomes DIR. */
int	 folder_end(const char *dir, const char *tmp,
	    struct err *e) MUST_CHECK;
/* Remove what was begun, as far as it goes. */
void	 folder_undo(const char *tmp);

/* file_write() and file_read() of DIR/NAME.  max 1 MiB. */
int	 folder_write(const char *dir, const char *name, struct octets o,
	    mode_t mode, struct err *e) MUST_CHECK;
int	 folder_read(const char *dir, const char *name, struct buf *out,
	    struct err *e) MUST_CHECK;
/* A certificate, DER, freed by the caller; *c NULL where the file is not. */
int	 folder_cert(const char *dir, const char *name, struct cert **c,
	    struct err *e) MUST_CHECK;
/* file_mkdir() of DIR/NAME, mode 0755. */
int	 folder_sub(const char *dir, const char *name,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_FOLDER_H */
