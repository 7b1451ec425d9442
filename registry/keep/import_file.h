#ifndef REGISTRY_IMPORT_FILE_H
#define REGISTRY_IMPORT_FILE_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/sm.h"

/*
 * The file that is imported, known by its digest.  Nothing in it is parsed
 * here: only the list of refusals copies octets out of it.
 */
struct import_file {
	const char	*path;		/* borrowed */
	int		 fd;		/* -1: not open */
	struct stat	 seen;		/* at the start */
	uint8_t		 digest[SM3_LEN];
};

/*
 * Open and hash it.  Ended with import_file_close(), also after an error.
 * ERR_IO; ERR_INVAL: not a regular file.
 */
int	 import_file_open(const char *path, struct import_file *f,
	    struct err *e) MUST_CHECK;
/* ERR_CONFLICT "import-changed": somebody has written into it since. */
int	 import_file_unchanged(const struct import_file *f,
	    struct err *e) MUST_CHECK;
/* Its n octets from at to p.  ERR_IO: also if it has not as many. */
int	 import_file_read(const struct import_file *f, uint64_t at, char *p,
	    size_t n, struct err *e) MUST_CHECK;
/* Its name without the folder.  Tied to the path. */
const char *import_file_name(const struct import_file *f);
/* May be repeated. */
void	 import_file_close(struct import_file *f);

#endif /* REGISTRY_IMPORT_FILE_H */
