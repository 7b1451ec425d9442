#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "registry/found/folder.h"

#define MARK		"half-made"	/* in DIR.new: ours, not finished */
#define LIMIT_FILE	(1u << 20)
#define DEPTH_MAX	4

static void
remove_tree(const char *path, int depth)
{
	struct dirent	*de;
	struct stat	 st;
	DIR		*d;
	char		*sub;

	if (depth < DEPTH_MAX && lstat(path, &st) == 0 &&
	    S_ISDIR(st.st_mode) && (d = opendir(path)) != NULL) {
		while ((de = readdir(d)) != NULL) {
			if (strcmp(de->d_name, ".") == 0 ||
			    strcmp(de->d_name, "..") == 0)
				continue;
			sub = xasprintf("%s/%s", path, de->d_name);
			remove_tree(sub, depth + 1);
			free(sub);
		}
		closedir(d);
	}
	(void)remove(path);	/* what cannot go, stays, and is seen */
}

/* Not there, or there and empty. */
static int
must_be_empty(const char *dir, struct err *e)
{
	struct dirent	*de;
	DIR		*d;
	int		 rc = 0;

	if ((d = opendir(dir)) == NULL) {
		if (errno == ENOENT)
			return 0;
		return err_set_errno(e, ERR_IO, "%s", dir);
	}
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			rc = err_set_id(e, ERR_CONFLICT, "not-empty",
			    "%s holds \"%s\" already; give a new folder", dir,
			    de->d_name);
	closedir(d);
	return rc;
}

/*
 * What is in path goes; path itself at once, by another name, so that whoever
 * is killed here leaves nothing of it in the way.
 */
static void
take_away(const char *path)
{
	char	*other = xasprintf("%s.XXXXXX", path);

	if (mkdtemp(other) != NULL && rename(path, other) == 0)
		remove_tree(other, 0);
	else
		(void)remove(other);
	free(other);
}

/* path is not there, or there with its mark: never without. */
static int
make_marked(const char *path, struct err *e)
{
	char	*other = xasprintf("%s.XXXXXX", path), *half = NULL;
	int	 rc;

	if (access(path, F_OK) == 0) {
		rc = err_set(e, ERR_CONFLICT, "%s is there, and not from a try "
		    "that was broken off; move it away", path);
		goto out;
	}
	if (mkdtemp(other) == NULL) {
		rc = err_set_errno(e, ERR_IO, "%s", path);
		goto out;
	}
	half = xasprintf("%s/%s", other, MARK);
	if ((rc = file_create(half, OCTETS("", 0), 0600, e)) == 0 &&
	    rename(other, path) == -1)
		rc = err_set_errno(e, ERR_IO, "%s", path);
	if (rc != 0)
		remove_tree(other, 0);
out:
	free(half);
	free(other);
	return rc;
}

int
folder_begin(const char *dir, const char *mark, char **tmp, struct err *e)
{
	char	*path;
	int	 rc;

	*tmp = NULL;
	if (file_there(dir, mark))
		return err_set_id(e, ERR_CONFLICT, "already-initialised",
		    "%s is initialised already; nothing was changed%s", dir,
		    file_there(dir, "ca/province.csr") && !file_there(dir,
		    "ca/province.crt") ? ". Its request ca/province.csr waits "
		    "for the national root (sealreg national certify); then "
		    "sealreg init --certified" : "");
	if ((rc = must_be_empty(dir, e)) != 0)
		return rc;
	path = xasprintf("%s.new", dir);
	if (file_there(path, MARK))
		take_away(path);
	if ((rc = make_marked(path, e)) == 0)
		*tmp = path;
	else
		free(path);
	return rc;
}

/* The rename itself must last, too. */
static int
sync_parent(const char *dir, struct err *e)
{
	char	*copy = xstrdup(dir), *slash = strrchr(copy, '/');
	int	 fd, rc = 0;

	if (slash == copy)
		slash[1] = '\0';
	else if (slash != NULL)
		*slash = '\0';
	fd = open(slash == NULL ? "." : copy, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		rc = err_set_errno(e, ERR_IO, "%s: its folder", dir);
	if (fd != -1)
		close(fd);
	free(copy);
	return rc;
}

int
folder_end(const char *dir, const char *tmp, struct err *e)
{
	char	*half;

	/* In this order: DIR.new without its mark would be in the way. */
	if (rename(tmp, dir) == -1)
		return err_set_errno(e, ERR_IO, "%s to %s", tmp, dir);
	half = xasprintf("%s/%s", dir, MARK);
	(void)remove(half);
	free(half);
	return sync_parent(dir, e);
}

void
folder_undo(const char *tmp)
{

	if (tmp != NULL)
		take_away(tmp);
}

int
folder_write(const char *dir, const char *name, struct octets o, mode_t mode,
    struct err *e)
{
	char	*path = xasprintf("%s/%s", dir, name);
	int	 rc;

	rc = file_write(path, o, mode, e);
	free(path);
	return rc;
}

int
folder_read(const char *dir, const char *name, struct buf *out,
    struct err *e)
{
	char	*path = xasprintf("%s/%s", dir, name);
	uint8_t	*p = NULL;
	size_t	 n;
	int	 rc;

	if ((rc = file_read(path, LIMIT_FILE, &p, &n, e)) == 0)
		buf_put(out, p, n);
	free(p);
	free(path);
	return rc;
}

int
folder_cert(const char *dir, const char *name, struct cert **c, struct err *e)
{
	struct err	 gone = ERR_INIT;
	struct buf	 b;
	int		 rc;

	*c = NULL;
	buf_init(&b, LIMIT_CERT);
	if ((rc = folder_read(dir, name, &b, &gone)) == ERR_NOTFOUND)
		rc = 0;
	else if (rc != 0)
		*e = gone;
	else
		rc = cert_parse(buf_octets(&b), c, e);
	buf_fini(&b);
	return rc;
}

int
folder_sub(const char *dir, const char *name, struct err *e)
{
	char	*path = xasprintf("%s/%s", dir, name);
	int	 rc = file_mkdir(path, 0755, e);

	free(path);
	return rc;
}
