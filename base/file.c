#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define READ_STEP	((size_t)64 << 10)

int
file_read(const char *path, size_t max, uint8_t **p, size_t *n,
    struct err *e)
{
	struct buf	 b;
	struct stat	 st;
	uint8_t		*step = NULL;
	ssize_t		 got;
	int		 fd, rc;

	*p = NULL;
	*n = 0;
	/* One more: the NUL behind it. */
	buf_init(&b, max + 1);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		rc = err_set_errno(e, errno == ENOENT || errno == ENOTDIR ?
		    ERR_NOTFOUND : ERR_IO, "%s", path);
		goto out;
	}
	if (fstat(fd, &st) == -1 || S_ISDIR(st.st_mode)) {
		rc = err_set(e, ERR_IO, "%s: not a file", path);
		goto out;
	}
	step = xmalloc(READ_STEP);
	for (;;) {
		got = read(fd, step, READ_STEP);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			rc = err_set_errno(e, ERR_IO, "%s", path);
			goto out;
		}
		if (got == 0)
			break;
		if ((size_t)got > max - b.len) {
			rc = err_set(e, ERR_TOOBIG,
			    "%s: longer than %zu octets", path, max);
			goto out;
		}
		buf_put(&b, step, (size_t)got);
	}
	buf_put_u8(&b, 0);
	*p = buf_steal(&b, n);
	(*n)--;
	rc = 0;
out:
	if (step != NULL)
		mem_wipe(step, READ_STEP);	/* keys are files, too */
	free(step);
	buf_wipe(&b);
	if (fd != -1)
		close(fd);
	return rc;
}

static int
write_all(int fd, struct octets o)
{
	ssize_t	 n;

	while (o.len > 0) {
		n = write(fd, o.p, o.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		o.p += n;
		o.len -= (size_t)n;
	}
	return 0;
}

/* Make the folder's entry for path durable. */
static int
sync_folder(const char *path)
{
	char		*folder;
	const char	*slash;
	int		 fd, rc = -1;

	slash = strrchr(path, '/');
	if (slash == NULL)
		folder = xstrdup(".");
	else if (slash == path)
		folder = xstrdup("/");
	else
		folder = xstrndup(path, (size_t)(slash - path));
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (fd != -1) {
		rc = fsync(fd);
		close(fd);
	}
	return rc;
}

static int
write_beside(const char *path, struct octets o, mode_t mode, bool fresh,
    struct err *e)
{
	char	*temp;
	bool	 made = false;
	int	 fd, rc;

	temp = xasprintf("%s.XXXXXX", path);
	if ((fd = mkostemp(temp, O_CLOEXEC)) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", temp);
		goto out;
	}
	made = true;
	if (fchmod(fd, mode) == -1 || write_all(fd, o) == -1 ||
	    fsync(fd) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", temp);
		goto out;
	}
	/* link(2) refuses to replace, rename(2) replaces at once. */
	if (fresh ? link(temp, path) == -1 : rename(temp, path) == -1) {
		rc = err_set_errno(e, errno == EEXIST ? ERR_CONFLICT : ERR_IO,
		    "%s", path);
		goto out;
	}
	made = fresh;
	if (sync_folder(path) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", path);
		goto out;
	}
	rc = 0;
out:
	if (made)
		unlink(temp);
	if (fd != -1)
		close(fd);
	free(temp);
	return rc;
}

int
file_write(const char *path, struct octets o, mode_t mode, struct err *e)
{

	return write_beside(path, o, mode, false, e);
}

int
file_create(const char *path, struct octets o, mode_t mode, struct err *e)
{

	return write_beside(path, o, mode, true, e);
}

bool
file_there(const char *dir, const char *name)
{
	char	*path = xasprintf("%s/%s", dir, name);
	bool	 is = access(path, F_OK) == 0;

	free(path);
	return is;
}

int
file_mkdir(const char *path, mode_t mode, struct err *e)
{

	if (mkdir(path, mode) == -1)
		return err_set_errno(e, errno == EEXIST ? ERR_CONFLICT :
		    ERR_IO, "%s", path);
	if (sync_folder(path) == -1)
		return err_set_errno(e, ERR_IO, "%s", path);
	return 0;
}

int
file_lock(const char *path, int *fd, struct err *e)
{
	int	 lock;

	*fd = -1;
	if ((lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1)
		return err_set_errno(e, ERR_IO, "%s", path);
	if (flock(lock, LOCK_EX | LOCK_NB) == -1) {
		int rc = errno == EWOULDBLOCK ?
		    err_set_id(e, ERR_BUSY, "in-use",
		    "%s: another process uses this data folder", path) :
		    err_set_errno(e, ERR_IO, "%s", path);

		close(lock);
		return rc;
	}
	*fd = lock;
	return 0;
}
