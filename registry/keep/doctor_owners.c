#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "registry/keep/doctor.h"

/*
 * Whose the files of a node are.  A command that was run as root, or a copy
 * made as root, leaves files that the node's own user cannot use.
 */

/* The owner of path is not who owns the folder, and others may not read it. */
static bool
foreign(const char *path, uid_t owner, bool written)
{
	struct stat	st;

	if (lstat(path, &st) != 0 || S_ISLNK(st.st_mode) ||
	    st.st_uid == owner)
		return false;
	return written || (st.st_mode & S_IROTH) == 0;
}

/* The first such file in DIR/name, into bad. */
static void
look_in(const struct doctor *d, const char *name, uid_t owner, bool written,
    char bad[300])
{
	char		*folder = config_path(d->cf, name), *path;
	DIR		*dir = opendir(folder);
	struct dirent	*de;

	while (dir != NULL && bad[0] == '\0' && (de = readdir(dir)) != NULL) {
		if (strcmp(de->d_name, "..") == 0)
			continue;
		path = xasprintf("%s/%s", folder, de->d_name);
		if (foreign(path, owner, written))
			(void)snprintf(bad, 300, "%s", path);
		free(path);
	}
	if (dir != NULL)
		closedir(dir);
	free(folder);
}

void
doctor_owners(struct doctor *d)
{
	static const char	*const written[] = {
		"province.db", "province.db-wal", "province.db-shm", "lock",
		"run"
	};
	char		 bad[300] = "", todo[120], *path;
	struct stat	 st;
	size_t		 i;

	if (stat(d->cf->dir, &st) != 0)
		return;
	for (i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		path = config_path(d->cf, written[i]);
		if (bad[0] == '\0' && foreign(path, st.st_uid, true))
			(void)snprintf(bad, sizeof(bad), "%s", path);
		free(path);
	}
	look_in(d, ".", st.st_uid, false, bad);
	look_in(d, "keys", st.st_uid, false, bad);
	look_in(d, "ca", st.st_uid, false, bad);
	look_in(d, "tls", st.st_uid, false, bad);
	if (bad[0] == '\0') {
		doctor_say(d, "owner", DOCTOR_GOOD, NULL, "the node's files "
		    "belong to the owner of the folder");
		return;
	}
	(void)snprintf(todo, sizeof(todo), "chown -R --reference=DIR DIR "
	    "(the folder belongs to user %u)", (unsigned)st.st_uid);
	doctor_say(d, "owner", DOCTOR_FAULT, todo, "%s belongs to another "
	    "user: the node cannot use it", bad);
}
