#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "registry/keep/import_file.h"

#define READ_AT_ONCE	(1u << 20)

static int
digest(struct import_file *f, struct err *e)
{
	struct sm3	*h = sm3_new();
	uint8_t		*p = xmalloc(READ_AT_ONCE);
	ssize_t		 n;

	while ((n = read(f->fd, p, READ_AT_ONCE)) > 0)
		sm3_add(h, p, (size_t)n);
	sm3_end(h, f->digest);
	sm3_free(h);
	free(p);
	return n == 0 ? 0 : err_set_errno(e, ERR_IO, "%s", f->path);
}

int
import_file_open(const char *path, struct import_file *f, struct err *e)
{
	f->path = path;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd == -1 || fstat(f->fd, &f->seen) == -1)
		return err_set_errno(e, ERR_IO, "%s", path);
	if (!S_ISREG(f->seen.st_mode))
		return err_set(e, ERR_INVAL, "%s is not a file: an import "
		    "must be able to go on in it", path);
	return digest(f, e);
}

/* Whoever writes into it now would have his rows counted as another's. */
int
import_file_unchanged(const struct import_file *f, struct err *e)
{
	struct stat	sb;

	if (fstat(f->fd, &sb) == -1)
		return err_set_errno(e, ERR_IO, "%s", f->path);
	if (sb.st_size != f->seen.st_size ||
	    sb.st_mtim.tv_sec != f->seen.st_mtim.tv_sec ||
	    sb.st_mtim.tv_nsec != f->seen.st_mtim.tv_nsec)
		return err_set_id(e, ERR_CONFLICT, "import-changed",
		    "%s is being changed while it is imported", f->path);
	return 0;
}

int
import_file_read(const struct import_file *f, uint64_t at, char *p, size_t n,
    struct err *e)
{
	if (pread(f->fd, p, n, (off_t)at) != (ssize_t)n)
		return err_set_errno(e, ERR_IO, "%s", f->path);
	return 0;
}

const char *
import_file_name(const struct import_file *f)
{
	const char	*slash = strrchr(f->path, '/');

	return slash != NULL ? slash + 1 : f->path;
}

void
import_file_close(struct import_file *f)
{
	if (f->fd != -1)
		(void)close(f->fd);
	f->fd = -1;
}
