#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Whole files.  *p is freed by the caller with free(); NUL added behind it. */
int	 file_read(const char *path, size_t max, uint8_t **p, size_t *n,
	    struct err *e) MUST_CHECK;
/*
 * Write beside it, fsync, rename into place, fsync the folder: after success
 * the file is whole, after failure the old one is untouched.
 */
int	 file_write(const char *path, struct octets o, mode_t mode,
	    struct err *e) MUST_CHECK;
/* As file_write(), ERR_CONFLICT if the file exists. */
int	 file_create(const char *path, struct octets o, mode_t mode,
	    struct err *e) MUST_CHECK;
int	 file_mkdir(const char *path, mode_t mode, struct err *e) MUST_CHECK;
/* Is there a DIR/NAME, whatever it is? */
bool	 file_there(const char *dir, const char *name);
/* Take the lock file of a data folder; the descriptor holds it.  ERR_BUSY. */
int	 file_lock(const char *path, int *fd, struct err *e) MUST_CHECK;

#endif /* BASE_FILE_H */
