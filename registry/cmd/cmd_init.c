#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "registry/found/bundle.h"
#include "registry/cmd/cli.h"
#include "registry/cmd.h"
#include "registry/found/found.h"

#define LISTEN	"127.0.0.1:18440"

struct options {
	const char	*province, *dir, *national, *certified, *listen,
			*url, *origin, *token;
	bool		 json, tsa;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	{ "province", CLI_TEXT, AT(province), "NN",
	    "first two digits of its division code: 44", NULL, false, 0, 0 },
	{ "data", CLI_FOLDER, AT(dir), "DIR",
	    "the data folder; keep DIR/keys secret", NULL, true, 0, 0 },
	{ "national", CLI_FOLDER, AT(national), "DIR",
	    "the national root, where it is at hand; without it a request is "
	    "written and the next command is said", NULL, false, 0, 0 },
	{ "certified", CLI_TEXT, AT(certified), "FILE",
	    "go on with what the national root has certified", NULL, false, 0,
	    0 },
	{ "tsa", CLI_FLAG, AT(tsa), NULL,
	    "give a province of an earlier version its key for time-stamps and "
	    "the certificate, or renew the one that ends within 30 days; the "
	    "node is stopped", NULL, false, 0, 0 },
	{ "listen", CLI_TEXT, AT(listen), "ADDRESS:PORT",
	    "where it listens (" LISTEN ")", NULL, false, 0, 0 },
	{ "url", CLI_TEXT, AT(url), "URL",
	    "how others reach it (http://ADDRESS:PORT)", NULL, false, 0, 0 },
	{ "origin", CLI_TEXT, AT(origin), "NAME",
	    "name of its log (NN.sealreg.example/log); part of every "
	    "checkpoint, never changed", NULL, false, 0, 0 },
	{ "token", CLI_TEXT, AT(token), "FILE",
	    "a token.yaml: the keys that it names are made in that PKCS#11 "
	    "token, the others in files", NULL, false, 0, 0 },
	CLI_JSON(AT(json)),
};

static const struct cli_command	command = {
	.name = "init",
	.usage =
    "usage: sealreg init --province NN --data DIR [--national DIR]\n"
    "           [--listen ADDRESS:PORT] [--url URL] [--origin NAME]\n"
    "           [--token FILE]\n"
    "       sealreg init --data DIR --certified FILE\n"
    "       sealreg init --data DIR --tsa\n\n"
    "Found a province: keys, certificates, configuration, and a log of one\n"
    "entry, the genesis epoch.  DIR is made, or empty.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0])
};

static void
tell(const struct options *o, const char *url, const struct founded *f)
{
	if (o->json)
		cli_print_json(json_pack("{s:s, s:s, s:s}", "data", o->dir,
		    "state", f->waiting ? "certificate-needed" : "founded",
		    "vkey", f->vkey));
	else if (f->waiting)
		printf("The keys are made; the certificate is missing.  "
		    "Next, at the national root:\n"
		    "  sealreg national --data NATIONAL certify --request "
		    "%s/ca/province.csr --out FILE --url %s\n"
		    "and then here:\n"
		    "  sealreg init --data %s --certified FILE\n",
		    o->dir, url, o->dir);
	else
		printf("Founded in %s.  Checkpoints are signed by\n  %s\n"
		    "Next: the national root takes %s/province.yaml into the "
		    "trust list, and\n  sealreg serve --data %s\n",
		    o->dir, f->vkey, o->dir, o->dir);
}

static int
run_finish(const struct options *o, struct founded *f, struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n;
	int	 rc;

	if ((rc = file_read(o->certified, LIMIT_BUNDLE, &p, &n, e)) == 0 &&
	    (rc = found_finish(o->dir, OCTETS(p, n), tm_now(), f, e)) == 0)
		tell(o, "", f);
	free(p);
	return rc;
}

static int
run_begin(const struct options *o, struct founded *f, struct err *e)
{
	const char		*listen = o->listen != NULL ? o->listen :
				    LISTEN;
	char			*url = o->url != NULL ? xstrdup(o->url) :
				    xasprintf("http://%s", listen);
	char			*origin = o->origin != NULL ?
				    xstrdup(o->origin) :
				    xasprintf("%s.sealreg.example/log",
				    o->province);
	struct found_spec	 spec = { .dir = o->dir, .province =
				    o->province, .national = o->national,
				    .listen = listen, .url = url,
				    .origin = origin, .now = tm_now() };
	uint8_t			*p = NULL;
	size_t			 n = 0;
	int			 rc = 0;

	if (o->token != NULL)
		rc = file_read(o->token, LIMIT_CONF_FILE, &p, &n, e);
	spec.token = OCTETS(p, n);
	if (rc == 0 && (rc = found_begin(&spec, f, e)) == 0)
		tell(o, url, f);
	free(p);
	free(origin);
	free(url);
	return rc;
}

/* A key for time-stamps, for a folder that has none. */
static int
run_tsa(const char *dir, struct err *e)
{
	int	rc;

	if ((rc = found_tsa(dir, tm_now(), e)) == 0)
		printf("%s/keys/tsa.pem and %s/ca/tsa.crt are made.  Next:\n"
		    "  sealreg serve --data %s\n", dir, dir, dir);
	return rc;
}

int
cmd_init(int argc, char **argv)
{
	struct options	 o = { .json = false };
	struct cli_rest	 r;
	struct founded	 f;
	struct err	 e = ERR_INIT;
	int		 rc;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (o.certified != NULL && (o.national != NULL || o.listen != NULL ||
	    o.url != NULL || o.origin != NULL || o.token != NULL))
		return cli_usage("init", "--certified goes on with what the "
		    "first step has written; only --data goes with it");
	if (o.tsa && (o.certified != NULL || o.province != NULL || o.json ||
	    o.token != NULL))
		return cli_usage("init", "--tsa completes a province; only "
		    "--data goes with it");
	if (o.certified == NULL && o.province == NULL && !o.tsa)
		return cli_usage("init", "--province NN is missing");
	if ((rc = sm_init(&e)) == 0)
		rc = o.tsa ? run_tsa(o.dir, &e) : o.certified != NULL ?
		    run_finish(&o, &f, &e) : run_begin(&o, &f, &e);
	return rc == 0 ? 0 : cli_fail(&e);
}
