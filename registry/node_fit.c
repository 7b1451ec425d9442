#include "registry/node_fit.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "registry/node_log.h"

#define DATABASE	"province.db"

/* A user's name, or its number where it has none. */
static void
name_of(uid_t uid, char out[64])
{
	const struct passwd	*pw = getpwuid(uid);

	if (pw != NULL)
		(void)snprintf(out, 64, "%s", pw->pw_name);
	else
		(void)snprintf(out, 64, "user %u", (unsigned)uid);
}

/* Why we may not use what is there, and what would help. */
static int
say_foreign(const char *dir, const char *path, struct err *e)
{
	const uid_t	uid = geteuid();
	char		owner[64], we[64];
	struct stat	st;

	name_of(uid, we);
	if (stat(path, &st) != 0)
		return err_set_id(e, ERR_DENIED, "not-ours", "%s: %s for %s: "
		    "run it as the user whose folder it is", path,
		    strerror(errno), we);
	name_of(st.st_uid, owner);
	if (st.st_uid == uid)
		return err_set_id(e, ERR_DENIED, "not-ours", "%s has mode "
		    "%04o, which keeps its owner %s out: chmod u+rwX %s",
		    path, (unsigned)st.st_mode & 07777u, we, path);
	return err_set_id(e, ERR_DENIED, "not-ours", "%s belongs to %s (mode "
	    "%04o), and this runs as %s: chown -R %s %s, if the node is run "
	    "by that user", path, owner, (unsigned)st.st_mode & 07777u, we,
	    we, dir);
}

int
node_ours(const char *dir, const char *name, int mode, struct err *e)
{
	char	*path = strcmp(name, ".") == 0 ? xstrdup(dir) :
		    xasprintf("%s/%s", dir, name);
	int	 rc = 0;

	if (access(path, mode) == 0 || errno == ENOENT)
		rc = 0;
	else if (errno == EROFS)
		rc = err_set_id(e, ERR_DENIED, "not-ours", "%s lies on a file "
		    "system that is mounted read-only", path);
	else
		rc = say_foreign(dir, path, e);
	free(path);
	return rc;
}

/* How far "sealreg init" has come in a folder without a log. */
static int
say_stage(const char *dir, struct err *e)
{

	if (file_there(dir, "province.yaml"))
		return err_set_id(e, ERR_NOTFOUND, "no-database", "%s/"
		    DATABASE " is gone, and this node was founded: put the "
		    "file back, or restore a backup into an empty folder; a "
		    "log that is founded again would contradict this one",
		    dir);
	if (file_there(dir, "ca/province.csr"))
		return err_set_id(e, ERR_NOTFOUND, "no-node", "%s waits for "
		    "its certificate: \"sealreg national certify --request "
		    "%s/ca/province.csr\" makes it, \"sealreg init --data %s "
		    "--certified FILE\" goes on with it", dir, dir, dir);
	return err_set_id(e, ERR_NOTFOUND, "no-node",
	    "%s holds no node: \"sealreg init\" founds one", dir);
}

int
node_there(const char *dir, struct err *e)
{
	int	rc;

	/* A folder that we may not look into looks empty. */
	if ((rc = node_ours(dir, ".", R_OK | X_OK, e)) != 0 ||
	    (rc = node_ours(dir, CONFIG_FILE, R_OK, e)) != 0)
		return rc;
	if (!file_there(dir, CONFIG_FILE) || !file_there(dir, DATABASE))
		return say_stage(dir, e);
	return 0;
}

/* Keys in a token and its PIN are for the key process to try. */
static int
check_keys(const struct config *cf, struct err *e)
{
	static const char	*const names[] = { "checkpoint", "province",
				    "maker", "wrapping", "tsa" };
	char			*name;
	size_t			 i;
	int			 rc;

	if ((rc = node_ours(cf->dir, "keys", R_OK | X_OK, e)) != 0)
		return rc;
	if (file_there(cf->dir, "keys/token.yaml"))
		return 0;
	if (!file_there(cf->dir, "keys/checkpoint.pem"))
		return err_set_id(e, ERR_NOTFOUND, "no-key", "%s/keys/"
		    "checkpoint.pem is missing: put it back, or restore a "
		    "backup; no other key can go on with this log", cf->dir);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		name = xasprintf("keys/%s.pem", names[i]);
		rc = node_ours(cf->dir, name, R_OK, e);
		free(name);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
check_pass(const struct config *cf, struct err *e)
{
	const char	*credentials = getenv("CREDENTIALS_DIRECTORY");

	if (file_there(cf->dir, "keys/token.yaml") ||
	    file_there(cf->dir, "keys/passphrase") || (credentials != NULL &&
	    file_there(credentials, "passphrase")))
		return 0;
	return err_set_id(e, ERR_DENIED, "passphrase", "pass phrase missing: "
	    "no credential, and no %s/keys/passphrase. Start the unit that "
	    "has the credential, or put the file there, mode 0600", cf->dir);
}

static int
check_trust(const struct config *cf, struct err *e)
{
	struct err	 why = ERR_INIT;
	struct trust	*t = NULL;
	int		 rc;

	if ((rc = node_ours(cf->dir, "trust", R_OK, e)) != 0)
		return rc;
	if (!file_there(cf->dir, "trust"))
		return err_set_id(e, ERR_NOTFOUND, "no-trust", "there is no "
		    "%s/trust: put the nation's trust list there, which "
		    "\"sealreg national trust\" writes", cf->dir);
	if (*cf->national_vkey != '\0' &&
	    (rc = node_trust(cf, &t, &why)) != 0)
		rc = err_set_id(e, (enum err_code)rc, why.id, "%s/trust is no "
		    "list of the national root that sealreg.yaml names "
		    "(national_vkey): %s", cf->dir, why.text);
	trust_free(t);
	return rc;
}

int
node_fit(const struct config *cf, struct err *e)
{
	static const char	*const written[] = { ".", DATABASE,
				    DATABASE "-wal", DATABASE "-shm", "lock",
				    "run" };
	size_t			 i;
	int			 rc;

	for (i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		if ((rc = node_ours(cf->dir, written[i], R_OK | W_OK,
		    e)) != 0)
			return rc;
	if ((rc = check_keys(cf, e)) != 0 || (rc = check_trust(cf, e)) != 0)
		return rc;
	return check_pass(cf, e);
}
