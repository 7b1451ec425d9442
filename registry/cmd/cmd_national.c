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
#include "registry/found/folder.h"
#include "registry/found/nation.h"

#define LIMIT_NODES	100

struct options {
	const char	*data, *name, *token, *request, *out, *url;
	const char	*nodes[LIMIT_NODES];
	size_t		 nnodes;
	const char	*licensed[LIMIT_NODES];
	size_t		 nlicensed;
	const char	*max_age, *days, *since;
	bool		 json, help;
};

static const char help[] =
    "usage: sealreg national --data DIR init [--name NAME] [--token FILE]\n"
    "       sealreg national --data DIR certify --request FILE --out FILE\n"
    "           [--url URL]\n"
    "       sealreg national --data DIR trust --node DIR|FILE ... --out FILE\n"
    "           [--licensed NN=FILE] [--max-age SECONDS] [--days N]\n"
    "           [--complete-since TIME|never]\n"
    "\n"
    "The national root: keep its folder off line.  Each command prints what\n"
    "it did; with --json, for programs.\n\n";

static const char help_init[] =
    "init: make the keys, the root certificate and its CRL in DIR\n"
    "  --name NAME         who signs trust lists (" NATION_NAME ")\n"
    "  --token FILE        a token.yaml: the keys that it names are made in\n"
    "                      that PKCS#11 token\n\n";

static const char help_certify[] =
    "certify: certify a province's request\n"
    "  --request FILE      ca/province.csr of its data folder, PEM or DER\n"
    "  --out FILE          what the province takes with \"sealreg init\n"
    "                      --certified FILE\"\n"
    "  --url URL           its node, which serves root.crt and root.crl\n\n";

static const char help_trust[] =
    "trust: sign the next trust list over these provinces\n"
    "  --node DIR|FILE     a data folder, or the province.yaml of one;\n"
    "                      repeated\n"
    "  --out FILE          the signed list\n"
    "  --licensed NN=FILE  authorities of a licensed body that certifies seals\n"
    "                      of province NN, PEM; repeated\n"
    "  --max-age SECONDS   an older answer counts as unknown (600)\n"
    "  --days N            until the list expires (30)\n"
    "  --complete-since T  registers hold every electronic seal since T;\n"
    "                      without it since each log was founded; \"never\":\n"
    "                      absence proves nothing\n";

static bool
take_options(int argc, char **argv, struct options *o)
{
	static const struct option	names[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "name", required_argument, NULL, 'n' },
		{ "token", required_argument, NULL, 't' },
		{ "request", required_argument, NULL, 'r' },
		{ "out", required_argument, NULL, 'o' },
		{ "url", required_argument, NULL, 'u' },
		{ "node", required_argument, NULL, 'N' },
		{ "licensed", required_argument, NULL, 'l' },
		{ "max-age", required_argument, NULL, 'm' },
		{ "days", required_argument, NULL, 'D' },
		{ "complete-since", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int	c;

	memset(o, 0, sizeof(*o));
	optind = 1;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1)
		switch (c) {
		case 'd': o->data = optarg; break;
		case 'n': o->name = optarg; break;
		case 't': o->token = optarg; break;
		case 'r': o->request = optarg; break;
		case 'o': o->out = optarg; break;
		case 'u': o->url = optarg; break;
		case 'm': o->max_age = optarg; break;
		case 'D': o->days = optarg; break;
		case 'c': o->since = optarg; break;
		case 'j': o->json = true; break;
		case 'h': o->help = true; break;
		case 'N':
			if (o->nnodes == LIMIT_NODES)
				return false;
			o->nodes[o->nnodes++] = optarg;
			break;
		case 'l':
			if (o->nlicensed == LIMIT_NODES)
				return false;
			o->licensed[o->nlicensed++] = optarg;
			break;
		default:
			return false;
		}
	return true;
}

static void
print_json(json_t *j)
{
	char	*text = json_dumps(j, JSON_COMPACT);

	printf("%s\n", text);
	free(text);
	json_decref(j);
}

static int
run_init(const struct options *o, struct err *e)
{
	struct nation_spec	 spec = { .name = o->name != NULL ? o->name :
				    NATION_NAME, .now = tm_now() };
	struct buf		 vkey;
	uint8_t			*token = NULL;
	size_t			 n = 0;
	int			 rc;

	buf_init(&vkey, 1024);
	if (o->token != NULL &&
	    (rc = file_read(o->token, LIMIT_CONF_FILE, &token, &n, e)) != 0)
		goto out;
	spec.token = OCTETS(token, n);
	if ((rc = nation_found(o->data, &spec, e)) != 0 ||
	    (rc = folder_read(o->data, "national.vkey", &vkey, e)) != 0)
		goto out;
	if (vkey.len > 0)
		vkey.p[vkey.len - 1] = '\0';	/* its newline */
	if (o->json)
		print_json(json_pack("{s:s, s:s}", "data", o->data,
		    "national_vkey", (char *)vkey.p));
	else
		printf("The national root is in %s.  Keep %s/keys secret, "
		    "and the whole folder off line.\nTrust lists are signed "
		    "by %s\n", o->data, o->data, (char *)vkey.p);
out:
	free(token);
	buf_fini(&vkey);
	return rc;
}

static int
run_certify(const struct options *o, struct err *e)
{
	struct buf	 out;
	uint8_t		*rq = NULL;
	size_t		 n;
	int		 rc;

	buf_init(&out, LIMIT_BUNDLE);
	if ((rc = file_read(o->request, LIMIT_BUNDLE, &rq, &n, e)) != 0 ||
	    (rc = nation_certify(o->data, OCTETS(rq, n), o->url, tm_now(),
	    &out, e)) != 0 ||
	    (rc = file_write(o->out, buf_octets(&out), 0644, e)) != 0)
		goto out;
	if (o->json)
		print_json(json_pack("{s:s}", "certified", o->out));
	else
		printf("Certified: %s.  In the province: sealreg init "
		    "--province NN --data DIR --certified %s\n", o->out,
		    o->out);
out:
	free(rq);
	buf_fini(&out);
	return rc;
}

/* A count of 1 to max; 0 where the text is none. */
static int64_t
count_of(const char *s, int64_t preset, int64_t max)
{
	struct cursor	 c;
	uint64_t	 v;

	if (s == NULL)
		return preset;
	c = cursor_of(s, strlen(s));
	return take_decimal(&c, &v) && cursor_left(&c) == 0 &&
	    v <= (uint64_t)max ? (int64_t)v : 0;
}

static int
run_trust(const struct options *o, const struct nation_list *list,
    struct err *e)
{
	struct buf	 out;
	uint64_t	 version;
	int		 rc;

	buf_init(&out, 1 << 20);
	if ((rc = nation_trust(o->data, list, tm_now(), &out, &version,
	    e)) != 0 ||
	    (rc = file_write(o->out, buf_octets(&out), 0644, e)) != 0)
		goto out;
	if (o->json)
		print_json(json_pack("{s:s, s:I, s:I}", "trust", o->out,
		    "version", (json_int_t)version, "provinces",
		    (json_int_t)list->nnodes));
	else
		printf("Trust list %llu (provinces: %zu) is in %s.  Each node "
		    "takes it as DIR/trust.\n", (unsigned long long)version,
		    list->nnodes, o->out);
out:
	buf_fini(&out);
	return rc;
}

static int
trust_options(const struct options *o, struct nation_list *list)
{

	list->nodes = o->nodes;
	list->nnodes = o->nnodes;
	list->licensed = o->licensed;
	list->nlicensed = o->nlicensed;
	list->max_age = count_of(o->max_age, 600, 31536000);
	list->days = count_of(o->days, 30, 3660);
	list->complete_since = 0;
	if (o->nnodes == 0 || o->out == NULL)
		return cli_usage("national", "trust needs --node and --out");
	if (list->max_age == 0 || list->days == 0)
		return cli_usage("national", "--max-age and --days are whole "
		    "numbers from 1");
	if (o->since != NULL && strcmp(o->since, "never") == 0)
		list->complete_since = -1;
	else if (o->since != NULL && (!tm_parse(o->since,
	    &list->complete_since) || list->complete_since <= 0))
		return cli_usage("national", "--complete-since: \"%s\" is no "
		    "time like 2026-11-21T10:00:00+08:00", o->since);
	return 0;
}

/* Which options go with which word. */
static int
check_words(const struct options *o, const char *what)
{
	bool	 certify = strcmp(what, "certify") == 0;
	bool	 trust = strcmp(what, "trust") == 0;

	if (o->data == NULL)
		return cli_usage("national", "--data DIR is missing");
	if (strcmp(what, "init") != 0 && !certify && !trust)
		return cli_usage("national", "init, certify or trust, not "
		    "\"%s\"", what);
	if ((o->name != NULL && (certify || trust)) ||
	    ((o->request != NULL || o->url != NULL) && !certify) ||
	    (o->out != NULL && !certify && !trust) ||
	    ((o->nnodes > 0 || o->nlicensed > 0 || o->max_age != NULL || o->days != NULL ||
	    o->since != NULL) && !trust))
		return cli_usage("national", "an option that %s does not "
		    "have", what);
	if (certify && (o->request == NULL || o->out == NULL))
		return cli_usage("national", "certify needs --request and "
		    "--out");
	return 0;
}

static int
print_help(const char *what)
{

	printf("%s", help);
	if (what == NULL || strcmp(what, "init") == 0)
		printf("%s", help_init);
	if (what == NULL || strcmp(what, "certify") == 0)
		printf("%s", help_certify);
	if (what == NULL || strcmp(what, "trust") == 0)
		printf("%s", help_trust);
	return 0;
}

int
cmd_national(int argc, char **argv)
{
	struct nation_list	 list;
	struct options		 o;
	struct err		 e = ERR_INIT;
	const char		*what;
	int			 rc;

	if (!take_options(argc, argv, &o))
		return cli_usage("national", "wrong options");
	what = optind < argc ? argv[optind] : NULL;
	if (o.help)
		return print_help(what);
	if (what == NULL || argc - optind != 1)
		return cli_usage("national", "one of init, certify, trust");
	if ((rc = check_words(&o, what)) != 0)
		return rc;
	if (sm_init(&e) != 0)
		return cli_fail(&e);
	if (strcmp(what, "init") == 0)
		rc = run_init(&o, &e);
	else if (strcmp(what, "certify") == 0)
		rc = run_certify(&o, &e);
	else if ((rc = trust_options(&o, &list)) != 0)
		return rc;
	else
		rc = run_trust(&o, &list, &e);
	return rc == 0 ? 0 : cli_fail(&e);
}
