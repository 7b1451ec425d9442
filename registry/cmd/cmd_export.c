#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "registry/cmd/cli.h"
#include "registry/cmd.h"
#include "registry/config.h"
#include "registry/keep/export.h"
#include "registry/node_log.h"

/*
 * sealreg export: the records of a log in words.  It reads beside a running
 * node, or opens the files of a stopped one itself.
 */

struct options {
	struct export_spec	 spec;
	const char		*dir, *province, *format, *file;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	CLI_DATA(AT(dir)),
	{ "province", CLI_TEXT, AT(province), "NN",
	    "whose log; the own one, unless it is said", NULL, false, 0, 0 },
	{ "format", CLI_WORD, AT(format), "jsonl|csv", "how it is written "
	    "(jsonl)", NULL, false, 0, 0 },
	{ "events", CLI_FLAG, AT(spec.events), NULL,
	    "every entry of the log, as JSON lines", NULL, false, 0, 0 },
	{ "out", CLI_TEXT, AT(file), "FILE", "where it goes, instead of "
	    "standard output", NULL, false, 0, 0 },
};

static const struct cli_command	command = {
	.name = "export",
	.usage =
"usage: sealreg export --data DIR [--province NN] [--format jsonl|csv]\n"
"                      [--events] [--out FILE]\n\n"
"Write the current record of every seal of a log, the own one or the copy of\n"
"a peer's, to standard output; with --events every entry of the log, as JSON\n"
"lines. What is written can be imported (docs/import.md). Works beside a\n"
"running node, and on a stopped one.\n",
	.end =
"exit status: 0 everything was written, 1 it failed, 2 wrong usage\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0])
};

static int
export_store(const struct config *cf, struct options *o, bool stopped,
    struct err *e)
{
	const char		*province = o->province != NULL ?
				    o->province : cf->province;
	struct store_spec	 spec = { .mode = stopped ? STORE_WRITE :
				    STORE_READ, .may = export_statements };
	struct store		*st = NULL;
	char			*path = node_log_path(cf, province);
	uint64_t		 n;
	int			 rc;

	spec.path = path;
	spec.kind = strcmp(province, cf->province) == 0 ? STORE_PROVINCE :
	    STORE_PEER;
	if (access(path, F_OK) != 0)
		rc = err_set_id(e, ERR_NOTFOUND, "nothing-held",
		    "%s holds nothing of province %s", o->dir, province);
	else if ((rc = store_open(&spec, &st, e)) == 0)
		rc = export_run(st, &o->spec, &n, e);
	store_close(st);
	free(path);
	return rc;
}

static int
run(struct options *o, struct err *e)
{
	struct config	*cf = NULL;
	char		*path = NULL;
	int		 lock = -1, rc;

	if ((rc = sm_init(e)) != 0 ||
	    (rc = config_load(o->dir, &cf, e)) != 0)
		goto out;
	/* Whoever holds the lock is the only one who may open for writing. */
	path = config_path(cf, "lock");
	if ((rc = file_lock(path, &lock, e)) != 0 && rc != ERR_BUSY)
		goto out;
	*e = (struct err)ERR_INIT;
	if (o->file != NULL && (o->spec.out = fopen(o->file, "we")) == NULL) {
		rc = err_set_errno(e, ERR_IO, "%s", o->file);
		goto out;
	}
	rc = export_store(cf, o, lock != -1, e);
	if (o->file != NULL && fclose(o->spec.out) != 0 && rc == 0)
		rc = err_set_errno(e, ERR_IO, "%s", o->file);
out:
	if (lock != -1)
		(void)close(lock);
	free(path);
	config_free(cf);
	return rc;
}

int
cmd_export(int argc, char **argv)
{
	struct options	 o = { .spec.out = stdout, .format = "jsonl" };
	struct cli_rest	 r;
	struct err	 e = ERR_INIT;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	o.spec.format = import_format_of(o.format, NULL);
	if (o.province != NULL && (strlen(o.province) != 2 ||
	    strspn(o.province, "0123456789") != 2))
		return cli_usage("export", "--province: two digits");
	if (o.spec.events && o.spec.format != IMPORT_JSONL)
		return cli_usage("export", "--events are JSON lines");
	return run(&o, &e) == 0 ? 0 : cli_fail(&e);
}
