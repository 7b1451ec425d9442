#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/jail.h"
#include "base/log.h"
#include "base/proc.h"
#include "ca/key.h"
#include "registry/cmd.h"
#include "registry/config.h"
#include "registry/node_conf.h"
#include "registry/web/proc_http.h"
#include "registry/office/proc_recorder.h"
#include "registry/program_jail.h"
#include "registry/proc_sync.h"
#include "registry/sign.h"

/*
 * sealreg proc ROLE INSTANCE --data DIR: what the monitor executes
 * (registry/cmd/cmd_serve.c has the plan).  Every child reads the configuration
 * itself, before it gives its rights away.
 */

struct role {
	const char	*name;
	int		(*run)(const struct config *cf, unsigned instance,
			    struct err *e);
};

static int
run_key(const struct config *cf, unsigned instance, struct err *e)
{

	(void)instance;
	return proc_key(cf->dir, registry_sign_types, e);
}

static int
run_jail(const struct config *cf, unsigned instance, struct err *e)
{

	(void)cf;
	(void)instance;
	return proc_jail(&program_jail, e);
}

static int
run_recorder(const struct config *cf, unsigned instance, struct err *e)
{

	(void)instance;
	return proc_recorder(cf, e);
}

static int
run_http(const struct config *cf, unsigned instance, struct err *e)
{

	return proc_http(cf, instance, e);
}

static int
run_sync(const struct config *cf, unsigned instance, struct err *e)
{

	(void)instance;
	return proc_sync(cf, e);
}

static const struct role	roles[] = {
	{ "key",	run_key },
	{ "jail",	run_jail },
	{ "recorder",	run_recorder },
	{ "sync",	run_sync },
	{ "http",	run_http },
	{ NULL,		NULL }
};

/* No restart helps against keys that do not open: people must. */
static int
status_of(int rc, const struct err *e)
{
	static const char	*const unfit[] = { "passphrase", "bad-key",
				    "key-mismatch" };
	size_t			 i;

	for (i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++)
		if (rc != 0 && strcmp(e->id, unfit[i]) == 0)
			return PROC_UNFIT;
	return rc == 0 ? 0 : 1;
}

int
cmd_proc(int argc, char **argv)
{
	static const struct option	 opts[] = {
		{ "data", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 }
	};
	const struct role		*r = NULL;
	struct config			*cf = NULL;
	struct err			 e = ERR_INIT;
	const char			*dir = NULL;
	int				 c, rc;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1)
		if (c == 'd')
			dir = optarg;
	if (argc - optind == 2)
		for (r = roles; r->name != NULL; r++)
			if (strcmp(r->name, argv[optind]) == 0)
				break;
	if (r == NULL || r->name == NULL || dir == NULL) {
		fprintf(stderr, "sealreg proc: for \"sealreg serve\" only\n");
		return EXIT_USAGE;
	}
	log_open(r->name, LOG_NOTICE);
	/* The C library reads the time zone now or, sandboxed, never. */
	tzset();
	rc = node_conf_take(dir, PROC_SETTINGS_FD, &cf, &e);
	(void)close(PROC_SETTINGS_FD);
	if (rc == 0) {
		config_log(cf);
		rc = r->run(cf, (unsigned)strtoul(argv[optind + 1], NULL, 10),
		    &e);
	}
	if (rc != 0 && strcmp(e.id, "store-corrupt") == 0)
		log_error("proc.failed", "code=%s error=\"%s\" hint=\"%s\"",
		    e.id, e.text, "sealreg audit says what differs, "
		    "sealreg restore makes the folder again from a backup");
	else if (rc != 0)
		log_error("proc.failed", "code=%s error=\"%s\"", e.id, e.text);
	config_free(cf);
	return status_of(rc, &e);
}
