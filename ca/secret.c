#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ca/secret.h"

/* A file that is open: its first line, and nothing behind it. */
static int
take_text(int fd, const char *what, const char *path, char **out, size_t *n,
    struct err *e)
{
	char	 text[LIMIT_SECRET + 1];
	ssize_t	 got = 0;
	size_t	 len = 0;
	int	 rc;

	memset(text, 0, sizeof(text));
	while (len < sizeof(text) &&
	    (got = read(fd, text + len, sizeof(text) - len)) > 0)
		len += (size_t)got;
	if (got == -1 || len == sizeof(text)) {
		rc = err_set(e, ERR_DENIED, "%s %s: cannot be read, or is "
		    "longer than %d octets", what, path, LIMIT_SECRET);
		goto out;
	}
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len == 0) {
		rc = err_set(e, ERR_DENIED, "%s %s is empty", what, path);
		goto out;
	}
	*out = xmalloc(len + 1);
	memcpy(*out, text, len);
	(*out)[len] = '\0';
	*n = len;
	rc = 0;
out:
	mem_wipe(text, sizeof(text));
	return rc;
}

/* bits: permissions that nobody but the owner may have. */
static int
read_one(const char *what, const char *path, mode_t bits, char **out,
    size_t *n, struct err *e)
{
	struct stat	 st;
	int		 fd, rc;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1) {
		if (errno == ENOENT)
			return ERR_NOTFOUND;
		return err_set(e, ERR_DENIED, "%s %s: %s", what, path,
		    strerror(errno));
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		rc = err_set(e, ERR_DENIED, "%s %s is not a file", what, path);
	else if ((st.st_mode & bits) != 0)
		rc = err_set(e, ERR_DENIED, "%s %s may be read by others "
		    "(mode %04o); chmod 600 it", what, path,
		    (unsigned)(st.st_mode & 07777));
	else
		rc = take_text(fd, what, path, out, n, e);
	close(fd);
	return rc;
}

/* A unit's credentials are private to it: an ACL may show as group
 * permission there. */
int
secret_find(const struct secret_place *at, char **text, size_t *n,
    struct err *e)
{
	const char	*cred;
	char		*path;
	int		 rc = ERR_NOTFOUND;

	*text = NULL;
	*n = 0;
	if ((cred = getenv("CREDENTIALS_DIRECTORY")) != NULL) {
		path = xasprintf("%s/%s", cred, at->credential);
		rc = read_one(at->what, path, S_IRWXO, text, n, e);
		free(path);
	}
	if (rc == ERR_NOTFOUND)
		rc = read_one(at->what, at->path, S_IRWXG | S_IRWXO, text, n,
		    e);
	return rc;
}
