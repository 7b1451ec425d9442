#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "registry/cmd/cli.h"
#include "registry/cmd.h"
#include "registry/found/folder.h"
#include "registry/node_log.h"
#include "registry/keep/restore.h"

/*
 * sealreg restore: a node from its backup, and then its log from its peers.
 */

struct options {
	const char	*data, *from, *pass;
	struct cli_list	 without;
	bool		 check, peers, as_it_is;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	CLI_DATA(AT(data)),
	{ "from", CLI_TEXT, AT(from), "FILE", "the backup", NULL, false, 0,
	    0 },
	{ "check", CLI_FLAG, AT(check), NULL,
	    "a drill: verify the backup in a scratch folder beside DIR, a "
	    "node's folder, and remove it", NULL, false, 0, 0 },
	{ "passphrase-file", CLI_TEXT, AT(pass), "FILE",
	    "what the backup is encrypted under; without it "
	    "DIR/keys/backup-passphrase", NULL, false, 0, 0 },
	{ "from-peers", CLI_FLAG, AT(peers), NULL,
	    "ask every province of the trust list", NULL, false, 0, 0 },
	{ "without", CLI_LIST, AT(without), "NN",
	    "not this one: what only it has seen may then be contradicted, and "
	    "the province disputed; repeated", NULL, false, 0, LIMIT_PEERS },
	{ "as-it-is", CLI_FLAG, AT(as_it_is), NULL,
	    "ask nobody: you know that the backup holds all that was ever "
	    "published", NULL, false, 0, 0 },
};

static const struct cli_command	command = {
	.name = "restore",
	.usage =
    "usage: sealreg restore --from FILE --data DIR [--passphrase-file FILE]\n"
    "       sealreg restore --from FILE --data DIR --check "
    "[--passphrase-file FILE]\n"
    "       sealreg restore --data DIR --from-peers [--without NN] ...\n"
    "       sealreg restore --data DIR --as-it-is\n\n"
    "First step: unpack a backup into DIR, which is empty or not there, and\n"
    "verify everything in it before the folder gets its name.  The node then\n"
    "answers, but records and signs nothing.\n\n"
    "Second step, with the node stopped: fetch what the log has gained since\n"
    "from the copies that peers hold.  Then it records again.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0])
};

/* ---- from a file */

/* Root unpacked what another user is to run. */
static void
say_owner(const struct options *o)
{
	char		*parent = xasprintf("%s/..", o->data);
	struct stat	 st;

	if (!o->check && geteuid() == 0 && stat(parent, &st) == 0 &&
	    st.st_uid != 0)
		printf("Its files belong to root.  Where the owner of the "
		    "folder above runs the node:\n  chown -R --reference=%s "
		    "%s\n", parent, o->data);
	free(parent);
}

static void
say_unpacked(const struct options *o, const struct restored *r)
{
	const struct backup_facts	*f = &r->facts;
	char				 made[48], at[48];

	tm_beijing(f->created, made);
	tm_beijing(f->signed_at, at);
	printf("Backup of province %s (%s), made %s.\n"
	    "%zu files are as they were; the log was recomputed: %" PRIu64
	    " entries, %" PRIu64 " seals.\n"
	    "Its newest checkpoint has size %" PRIu64 ", signed %s.\n",
	    f->province, f->origin, made, f->nfiles, r->counts.entries,
	    r->counts.keys, f->log_size, at);
	if (!r->keys_tried)
		printf("The keys' pass phrase is not in it, so they were not "
		    "tried: it comes from your safe.\n");
	say_owner(o);
	if (o->check)
		printf("This was a drill: nothing was kept.\n");
	else
		printf("Peers may have seen more than that.  The node records "
		    "and signs nothing until you have run\n"
		    "  sealreg restore --data %s --from-peers\n"
		    "Peers' databases are fetched again at the next start.\n",
		    o->data);
}

/* DIR's node was drilled: for doctor. */
static int
remember(const char *dir, const struct restored *r, struct err *e)
{
	char		 time[TM_RFC3339_SIZE], *run;
	struct buf	 b;
	int		 rc = 0;

	buf_init(&b, 256);
	run = xasprintf("%s/run", dir);
	tm_rfc3339(tm_now(), time);
	buf_printf(&b, "%s %" PRIu64 "\n", time, r->facts.log_size);
	if (access(run, F_OK) != 0)
		rc = file_mkdir(run, 0755, e);
	if (rc == 0)
		rc = folder_write(dir, BACKUP_DRILL, buf_octets(&b), 0644, e);
	free(run);
	buf_fini(&b);
	return rc;
}

/* Which file it was, and what helps where that is another one. */
static int
name_file(const char *from, const struct err *why, int rc, struct err *e)
{
	const char	*todo = "";

	if (strcmp(why->id, "vault-truncated") == 0 ||
	    strcmp(why->id, "vault-altered") == 0 ||
	    strcmp(why->id, "vault-format") == 0)
		todo = "; copy it again, or take another backup";
	else if (strcmp(why->id, "vault-passphrase") == 0)
		todo = "; an older backup may have an older pass phrase";
	else
		from = NULL;
	return err_set_id(e, (enum err_code)rc, why->id, "%s%s%s%s",
	    from != NULL ? from : "", from != NULL ? ": " : "", why->text,
	    todo);
}

static int
from_file(const struct options *o, struct err *e)
{
	struct restored	*r = xcalloc(1, sizeof(*r));
	struct buf	 pass;
	struct err	 why = ERR_INIT;
	char		*path, *dir;
	int		 fd = -1, rc;

	buf_init(&pass, LIMIT_VAULT_PASS);
	path = o->pass != NULL ? xstrdup(o->pass) :
	    xasprintf("%s/" BACKUP_PASS, o->data);
	dir = o->check ? xasprintf("%s.drill", o->data) : xstrdup(o->data);
	if ((rc = vault_passphrase(path, &pass, e)) != 0)
		goto out;
	if ((fd = open(o->from, O_RDONLY | O_CLOEXEC)) == -1) {
		rc = err_set_errno(e, ERR_IO, "%s", o->from);
		goto out;
	}
	if ((rc = restore_new(fd, buf_octets(&pass), dir, !o->check, r,
	    &why)) != 0)
		rc = name_file(o->from, &why, rc, e);
	if (rc != 0 || (o->check && (rc = remember(o->data, r, e)) != 0))
		goto out;
	say_unpacked(o, r);
out:
	if (fd != -1)
		(void)close(fd);
	buf_wipe(&pass);
	free(dir);
	free(path);
	free(r);
	return rc;
}

/* ---- from peers */

static void
say_lost(void *arg, const char *code, const char *owner, const char *event)
{
	size_t	*n = arg;

	if ((*n)++ == 0)
		printf("On record again, but without the office's papers "
		    "(application, decisions, picture, seal data):\n");
	printf("  %s  %-10s %s\n", code, event, owner);
}

static void
say_whole(const struct restore_tail *tail, size_t lost)
{
	if (tail->alone)
		printf("Nobody was asked.  The log goes on from size %" PRIu64
		    ".\n", tail->before);
	else if (tail->after == tail->before)
		printf("%zu peer%s asked: nobody has seen more than %" PRIu64
		    " entries.\n", tail->peers, tail->peers == 1 ? "" : "s",
		    tail->before);
	else
		printf("%zu peer%s asked.  The log is whole again: size %"
		    PRIu64 " became %" PRIu64 ", %zu of them seals' events, "
		    "from province %s.\n", tail->peers,
		    tail->peers == 1 ? "" : "s", tail->before, tail->after,
		    lost, tail->source);
	printf("Applications and decisions made after the backup are lost and "
	    "must be asked for again.\n");
}

static int
from_peers(const struct options *o, struct err *e)
{
	size_t			 lost = 0;
	struct restore_tail	 tail = { .alone = o->as_it_is,
				    .without = o->without.item,
				    .nwithout = o->without.n,
				    .lost = say_lost, .arg = &lost };
	struct config		*cf = NULL;
	struct trust		*t = NULL;
	char			*lock = NULL;
	int			 fd = -1, rc;

	if ((rc = config_load(o->data, &cf, e)) != 0)
		goto out;
	lock = config_path(cf, "lock");
	if ((rc = file_lock(lock, &fd, e)) != 0 ||
	    (rc = node_trust(cf, &t, e)) != 0)
		goto out;
	if (!config_is_restored(cf) && o->as_it_is) {
		rc = err_set_id(e, ERR_CONFLICT, "not-restored",
		    "%s does not wait for this", o->data);
		goto out;
	}
	if ((rc = restore_from_peers(cf, t, &tail, e)) == 0)
		say_whole(&tail, lost);
	else if (lost > 0)
		printf("... and nothing of this was kept:\n");
out:
	if (fd != -1)
		(void)close(fd);
	trust_free(t);
	free(lock);
	config_free(cf);
	return rc;
}

int
cmd_restore(int argc, char **argv)
{
	struct options	 o = { .check = false };
	struct cli_rest	 r;
	struct err	 e = ERR_INIT;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if ((o.from != NULL) + o.peers + o.as_it_is != 1)
		return cli_usage("restore", "one of --from FILE, --from-peers "
		    "and --as-it-is");
	if ((o.check || o.pass != NULL) && o.from == NULL)
		return cli_usage("restore", "--check and --passphrase-file go "
		    "with --from FILE");
	if (o.without.n > 0 && !o.peers)
		return cli_usage("restore", "--without goes with "
		    "--from-peers");
	if (sm_init(&e) != 0)
		return cli_fail(&e);
	return (o.from != NULL ? from_file(&o, &e) : from_peers(&o, &e)) == 0 ?
	    0 : cli_fail(&e);
}
