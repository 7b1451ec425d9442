#include <getopt.h>
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

/*
 * sealreg export: the records of a log in words.  It reads beside a running
 * node, or opens the files of a stopped one itself.
 */

static const char	help[] =
"usage: sealreg export --data DIR [--province NN] [--format jsonl|csv]\n"
"                      [--events] [--out FILE]\n\n"
"Write the current record of every seal of a log, the own one or the copy of\n"
"a peer's, to standard output; with --events every entry of the log, as JSON\n"
"lines. What is written can be imported (docs/import.md). Works beside a\n"
"running node, and on a stopped one.\n\n"
"exit status: 0 everything was written, 1 it failed, 2 wrong usage\n";

struct options {
	struct export_spec	 spec;
	const char		*dir, *province, *file;
	bool			 help;
};

static bool
take_options(int argc, char **argv, struct options *o, const char **why)
{
	static const struct option	 names[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "province", required_argument, NULL, 'p' },
		{ "format", required_argument, NULL, 'f' },
		{ "events", no_argument, NULL, 'e' },
		{ "out", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	const char			*format = NULL;
	int				 c;

	optind = 1;
	*why = "wrong options";
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'd')
			o->dir = optarg;
		else if (c == 'p')
			o->province = optarg;
		else if (c == 'f')
			format = optarg;
		else if (c == 'e')
			o->spec.events = true;
		else if (c == 'o')
			o->file = optarg;
		else if (c == 'h') {
			o->help = true;
			return true;
		} else
			return false;
	}
	*why = "--data DIR is missing";
	if (o->dir == NULL || optind != argc)
		return false;
	*why = "--province: two digits";
	if (o->province != NULL && (strlen(o->province) != 2 ||
	    strspn(o->province, "0123456789") != 2))
		return false;
	o->spec.format = import_format_of(format != NULL ? format : "jsonl",
	    NULL);
	*why = "--format: jsonl or csv; --events are JSON lines";
	return o->spec.format != IMPORT_NONE &&
	    (!o->spec.events || o->spec.format == IMPORT_JSONL);
}

static int
export_store(const struct config *cf, struct options *o, bool stopped,
    struct err *e)
{
	bool			 own = o->province == NULL ||
				    strcmp(o->province, cf->province) == 0;
	struct store_spec	 spec = { .mode = stopped ? STORE_WRITE :
				    STORE_READ, .may = export_statements };
	struct store		*st = NULL;
	char			 name[32], *path;
	uint64_t		 n;
	int			 rc;

	snprintf(name, sizeof(name), "peer-%.2s.db",
	    o->province != NULL ? o->province : "");
	path = config_path(cf, own ? "province.db" : name);
	spec.path = path;
	spec.kind = own ? STORE_PROVINCE : STORE_PEER;
	if (access(path, F_OK) != 0)
		rc = err_set_id(e, ERR_NOTFOUND, "nothing-held",
		    "%s holds nothing of province %s", o->dir,
		    own ? cf->province : o->province);
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
	struct options	 o;
	struct err	 e = ERR_INIT;
	const char	*why;

	memset(&o, 0, sizeof(o));
	o.spec.out = stdout;
	if (!take_options(argc, argv, &o, &why))
		return cli_usage("export", "%s", why);
	if (o.help) {
		printf("%s", help);
		return 0;
	}
	return run(&o, &e) == 0 ? 0 : cli_fail(&e);
}
