#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "registry/keep/backup.h"
#include "registry/cmd/cli.h"
#include "registry/cmd.h"
#include "registry/config.h"
#include "registry/found/folder.h"
#include "registry/json.h"

/*
 * sealreg backup: one encrypted file, in a folder or on another host.
 */

extern char **environ;

struct options {
	const char	*data, *to, *pass;
	int64_t		 keep;		/* 0: all of them */
	bool		 json;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	CLI_DATA(AT(data)),
	{ "to", CLI_TEXT, AT(to), "FOLDER|HOST:PATH",
	    "where the file goes: a folder here, or another host's, by rsync "
	    "over ssh", NULL, true, 0, 0 },
	{ "keep", CLI_NUMBER, AT(keep), "N",
	    "leave the newest N backups of this province in FOLDER", NULL,
	    false, 1, 100000 },
	{ "passphrase-file", CLI_TEXT, AT(pass), "FILE",
	    "first line: what it is encrypted under; mode 0600.  Without it: "
	    "DIR/keys/backup-passphrase.  Keep a copy elsewhere: it is in no "
	    "backup", NULL, false, 0, 0 },
	CLI_JSON(AT(json)),
};

static const struct cli_command	command = {
	.name = "backup",
	.usage =
    "usage: sealreg backup --data DIR --to FOLDER|HOST:PATH [--keep N]\n"
    "           [--passphrase-file FILE] [--json]\n\n"
    "Save a node, running or not, into one encrypted file: configuration,\n"
    "trust list, certificates, keys (as encrypted as they are) and the\n"
    "database as one moment saw it.  Peers' databases are not saved: they are\n"
    "fetched again.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0])
};

/* "host:path": a colon before any slash, as rsync has it. */
static bool
is_remote(const char *to)
{
	const char	*colon = strchr(to, ':'), *slash = strchr(to, '/');

	return colon != NULL && colon != to &&
	    (slash == NULL || colon < slash);
}

/* An argument vector, no shell: what a name holds is only a name. */
static int
send_away(const char *file, const char *to, struct err *e)
{
	char	rsync[] = "rsync", times[] = "--times", safe[] =
		    "--protect-args", ends[] = "--";
	char	*from = xstrdup(file), *dest = xstrdup(to);
	char	*const argv[] = { rsync, times, safe, ends, from, dest,
		    NULL };
	pid_t	pid;
	int	failed, status = 0, rc;

	if ((failed = posix_spawnp(&pid, rsync, NULL, NULL, argv,
	    environ)) != 0) {
		rc = err_set_id(e, ERR_IO, "backup-transfer", "rsync: %s",
		    strerror(failed));
		goto out;
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		rc = err_set_id(e, ERR_IO, "backup-transfer", "rsync to %s "
		    "ended with status %d", to, WIFEXITED(status) ?
		    WEXITSTATUS(status) : -1);
		goto out;
	}
	rc = 0;
out:
	free(from);
	free(dest);
	return rc;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name);
}

/* Names tell the time: the first ones, newest first, stay. */
static int
drop_old(const char *folder, const char *province, long keep, struct err *e)
{
	char		 *start = xasprintf("sealreg-%s-", province), *path;
	struct dirent	**list = NULL;
	const char	 *name;
	size_t		  len;
	int		  i, n, rc = 0;

	if ((n = scandir(folder, &list, NULL, by_name)) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", folder);
		n = 0;
	}
	for (i = 0; i < n; i++) {
		name = list[i]->d_name;
		len = strlen(name);
		if (strncmp(name, start, strlen(start)) == 0 &&
		    len > strlen(BACKUP_SUFFIX) &&
		    strcmp(name + len - strlen(BACKUP_SUFFIX),
		    BACKUP_SUFFIX) == 0 && --keep < 0) {
			path = xasprintf("%s/%s", folder, name);
			if (rc == 0 && unlink(path) == -1)
				rc = err_set_errno(e, ERR_IO, "%s", path);
			free(path);
		}
		free(list[i]);
	}
	free(list);
	free(start);
	return rc;
}

/* The stream into path, which is durable then. */
static int
write_to(const struct config *cf, bool stopped, struct octets pass,
    const char *path, struct backup_facts *f, struct err *e)
{
	struct vault	*v = NULL;
	int		 fd = -1, rc;

	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600)) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", path);
		goto out;
	}
	if ((rc = vault_create(fd, pass, &v, e)) != 0 ||
	    (rc = backup_write(cf, stopped, f->created, v, f, e)) != 0)
		goto out;
	if (fsync(fd) == -1)
		rc = err_set_errno(e, ERR_IO, "%s", path);
out:
	vault_free(v);
	if (fd != -1)
		(void)close(fd);
	if (rc != 0 && fd != -1)
		(void)unlink(path);
	return rc;
}

static int
publish(const char *half, const char *path, const char *folder,
    struct err *e)
{
	int	fd = -1, rc = 0;

	if (rename(half, path) == -1 ||
	    (fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    fsync(fd) == -1)
		rc = err_set_errno(e, ERR_IO, "%s", path);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

/* *where: the file's name there; freed by the caller. */
static int
deliver(const struct options *o, const struct config *cf, bool stopped,
    struct octets pass, struct backup_facts *f, char **where, struct err *e)
{
	const bool	 remote = is_remote(o->to);
	char		*run = config_path(cf, "run");
	const char	*folder = remote ? run : o->to;
	char		 stamp[32], *name, *half, *path;
	struct timespec	 now;
	struct tm	 tm;
	int		 rc;

	/* Two of one second must not be one file. */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	name = xasprintf("sealreg-%s-%s.%06ldZ" BACKUP_SUFFIX, cf->province,
	    stamp, now.tv_nsec / 1000);
	path = xasprintf("%s/%s", folder, name);
	half = xasprintf("%s/.%s.half", folder, name);
	*where = xasprintf("%s/%s", o->to, name);
	if (remote && access(run, F_OK) != 0 &&
	    (rc = file_mkdir(run, 0755, e)) != 0)
		goto out;
	(void)unlink(half);	/* of a run that was cut off */
	if ((rc = write_to(cf, stopped, pass, half, f, e)) != 0)
		goto out;
	if (remote) {
		rc = send_away(half, *where, e);
		(void)unlink(half);
	} else {
		rc = publish(half, path, folder, e);
		if (rc == 0 && o->keep > 0)
			rc = drop_old(folder, cf->province, o->keep, e);
	}
out:
	free(half);
	free(path);
	free(name);
	free(run);
	return rc;
}

static bool
has_pass(const struct backup_facts *f)
{
	size_t	i;

	for (i = 0; i < f->nfiles; i++)
		if (strcmp(f->files[i].name, "keys/passphrase") == 0)
			return true;
	return false;
}

static void
tell(const struct options *o, const struct backup_facts *f, const char *where)
{
	char		time[TM_RFC3339_SIZE];
	struct buf	b;

	if (o->json) {
		buf_init(&b, 1u << 16);
		buf_puts(&b, "{\"backup\":");
		json_put_text(&b, where);
		buf_printf(&b, ",\"files\":%zu,\"log_size\":%" PRIu64
		    ",\"signed_at\":", f->nfiles, f->log_size);
		json_put_time(&b, f->signed_at);
		printf("%.*s}\n", (int)b.len, (const char *)b.p);
		buf_fini(&b);
		return;
	}
	tm_rfc3339(f->signed_at, time);
	printf("%s\n%zu files; the log with %" PRIu64 " entries, signed at "
	    "%s\n", where, f->nfiles, f->log_size, time);
	if (!has_pass(f))
		printf("The pass phrase of the keys is not in it (a "
		    "credential?): keep it in a safe, too.\n");
}

/* For doctor. */
static int
remember(const struct config *cf, const struct backup_facts *f,
    const char *where, struct err *e)
{
	char		time[TM_RFC3339_SIZE];
	struct buf	b;
	int		rc;

	buf_init(&b, 8192);
	tm_rfc3339(f->created, time);
	buf_printf(&b, "%s %" PRIu64 " %s\n", time, f->log_size, where);
	rc = folder_write(cf->dir, BACKUP_LAST, buf_octets(&b), 0644, e);
	buf_fini(&b);
	return rc;
}

static int
run(const struct options *o, struct err *e)
{
	struct backup_facts	*f = xcalloc(1, sizeof(*f));
	struct config		*cf = NULL;
	struct buf		 pass;
	char			*path = NULL, *lock = NULL, *where = NULL;
	int			 fd = -1, rc;

	buf_init(&pass, LIMIT_VAULT_PASS);
	f->created = tm_now();
	if ((rc = sm_init(e)) != 0 || (rc = config_load(o->data, &cf,
	    e)) != 0)
		goto out;
	path = o->pass != NULL ? xstrdup(o->pass) :
	    config_path(cf, BACKUP_PASS);
	lock = config_path(cf, "lock");
	if ((rc = vault_passphrase(path, &pass, e)) != 0)
		goto out;
	/* Whoever holds the lock is the only one who may open for writing. */
	if ((rc = file_lock(lock, &fd, e)) != 0 && rc != ERR_BUSY)
		goto out;
	*e = (struct err)ERR_INIT;
	if ((rc = deliver(o, cf, fd != -1, buf_octets(&pass), f, &where,
	    e)) != 0 || (rc = remember(cf, f, where, e)) != 0)
		goto out;
	tell(o, f, where);
out:
	if (fd != -1)
		(void)close(fd);
	buf_wipe(&pass);
	free(where);
	free(lock);
	free(path);
	config_free(cf);
	free(f);
	return rc;
}

int
cmd_backup(int argc, char **argv)
{
	struct options	 o = { .json = false };
	struct cli_rest	 r;
	struct err	 e = ERR_INIT;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (o.keep > 0 && is_remote(o.to))
		return cli_usage("backup", "--keep is for a folder; the other "
		    "host keeps house itself");
	return run(&o, &e) == 0 ? 0 : cli_fail(&e);
}
