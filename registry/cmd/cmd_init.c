#include <getopt.h>
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

static const char help[] =
    "usage: sealreg init --province NN --data DIR [--national DIR]\n"
    "           [--listen ADDRESS:PORT] [--url URL] [--origin NAME]\n"
    "           [--token FILE]\n"
    "       sealreg init --data DIR --certified FILE\n"
    "       sealreg init --data DIR --tsa\n\n"
    "Found a province: keys, certificates, configuration, and a log of one\n"
    "entry, the genesis epoch.  DIR is made, or empty.\n\n"
    "  --province NN     first two digits of its division code: 44\n"
    "  --data DIR        the data folder; keep DIR/keys secret\n"
    "  --national DIR    the national root, where it is at hand; without it\n"
    "                    a request is written and the next command is said\n"
    "  --certified FILE  go on with what the national root has certified\n"
    "  --tsa             give a province of an earlier version its key for\n"
    "                    time-stamps and the certificate, or renew the one\n"
    "                    that ends within 30 days; the node is stopped\n"
    "  --listen A:P      where it listens (" LISTEN ")\n"
    "  --url URL         how others reach it (http://ADDRESS:PORT)\n"
    "  --origin NAME     name of its log (NN.sealreg.example/log); part of\n"
    "                    every checkpoint, never changed\n"
    "  --token FILE      a token.yaml: the keys that it names are made in that\n"
    "                    PKCS#11 token, the others in files\n"
    "  --json            print facts for programs\n";

struct options {
	struct found_spec	 spec;
	const char		*certified, *token;
	char			*url, *origin;	/* made here */
	bool			 json, tsa, help;
};

static bool
take_options(int argc, char **argv, struct options *o)
{
	static const struct option	names[] = {
		{ "province", required_argument, NULL, 'p' },
		{ "data", required_argument, NULL, 'd' },
		{ "national", required_argument, NULL, 'n' },
		{ "certified", required_argument, NULL, 'c' },
		{ "listen", required_argument, NULL, 'l' },
		{ "url", required_argument, NULL, 'u' },
		{ "origin", required_argument, NULL, 'o' },
		{ "token", required_argument, NULL, 'T' },
		{ "tsa", no_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int	c;

	memset(o, 0, sizeof(*o));
	optind = 1;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1)
		switch (c) {
		case 'p': o->spec.province = optarg; break;
		case 'd': o->spec.dir = optarg; break;
		case 'n': o->spec.national = optarg; break;
		case 'c': o->certified = optarg; break;
		case 'l': o->spec.listen = optarg; break;
		case 'u': o->spec.url = optarg; break;
		case 'o': o->spec.origin = optarg; break;
		case 'T': o->token = optarg; break;
		case 't': o->tsa = true; break;
		case 'j': o->json = true; break;
		case 'h': o->help = true; break;
		default: return false;
		}
	return optind == argc;
}

/* What was not given. */
static void
preset(struct options *o)
{
	struct found_spec	*s = &o->spec;

	s->now = tm_now();
	if (s->listen == NULL)
		s->listen = LISTEN;
	if (s->url == NULL)
		s->url = o->url = xasprintf("http://%s", s->listen);
	if (s->origin == NULL)
		s->origin = o->origin = xasprintf("%s.sealreg.example/log",
		    s->province);
}

/* A folder that is given as "dir/" is "dir". */
static void
trim_slash(char *dir)
{
	size_t	 n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		dir[--n] = '\0';
}

static void
tell(const struct options *o, const struct founded *f)
{
	json_t	*j;
	char	*text;

	if (o->json) {
		j = json_pack("{s:s, s:s, s:s}", "data", o->spec.dir, "state",
		    f->waiting ? "certificate-needed" : "founded", "vkey",
		    f->vkey);
		text = json_dumps(j, JSON_COMPACT);
		printf("%s\n", text);
		free(text);
		json_decref(j);
	} else if (f->waiting)
		printf("The keys are made; the certificate is missing.  "
		    "Next, at the national root:\n"
		    "  sealreg national --data NATIONAL certify --request "
		    "%s/ca/province.csr --out FILE --url %s\n"
		    "and then here:\n"
		    "  sealreg init --data %s --certified FILE\n",
		    o->spec.dir, o->spec.url, o->spec.dir);
	else
		printf("Founded in %s.  Checkpoints are signed by\n  %s\n"
		    "Next: the national root takes %s/province.yaml into the "
		    "trust list, and\n  sealreg serve --data %s\n",
		    o->spec.dir, f->vkey, o->spec.dir, o->spec.dir);
}

static int
run_finish(const struct options *o, struct founded *f, struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n;
	int	 rc;

	if ((rc = file_read(o->certified, LIMIT_BUNDLE, &p, &n, e)) == 0)
		rc = found_finish(o->spec.dir, OCTETS(p, n), tm_now(), f, e);
	free(p);
	return rc;
}

static int
run_begin(struct options *o, struct founded *f, struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n = 0;
	int	 rc = 0;

	preset(o);
	if (o->token != NULL)
		rc = file_read(o->token, LIMIT_CONF_FILE, &p, &n, e);
	o->spec.token = OCTETS(p, n);
	if (rc == 0)
		rc = found_begin(&o->spec, f, e);
	free(p);
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
	struct options	 o;
	struct founded	 f;
	struct err	 e = ERR_INIT;
	char		*dir;
	int		 rc;

	if (!take_options(argc, argv, &o))
		return cli_usage("init", "wrong options");
	if (o.help) {
		printf("%s", help);
		return 0;
	}
	if (o.spec.dir == NULL)
		return cli_usage("init", "--data DIR is missing");
	if (o.certified != NULL && (o.spec.national != NULL ||
	    o.spec.listen != NULL || o.spec.url != NULL ||
	    o.spec.origin != NULL || o.token != NULL))
		return cli_usage("init", "--certified goes on with what the "
		    "first step has written; only --data goes with it");
	if (o.tsa && (o.certified != NULL || o.spec.province != NULL ||
	    o.json || o.token != NULL))
		return cli_usage("init", "--tsa completes a province; only "
		    "--data goes with it");
	if (o.certified == NULL && o.spec.province == NULL && !o.tsa)
		return cli_usage("init", "--province NN is missing");
	o.spec.dir = dir = xstrdup(o.spec.dir);
	trim_slash(dir);
	if ((rc = sm_init(&e)) != 0)
		goto out;
	if (o.tsa) {
		rc = run_tsa(dir, &e);
		goto out;
	}
	if (o.certified != NULL)
		rc = run_finish(&o, &f, &e);
	else
		rc = run_begin(&o, &f, &e);
	if (rc == 0)
		tell(&o, &f);
out:
	if (rc != 0)
		rc = cli_fail(&e);
	free(o.url);
	free(o.origin);
	free(dir);
	return rc;
}
