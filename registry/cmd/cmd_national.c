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

struct options {
	const char	*data, *name, *token, *request, *out, *url, *since;
	struct cli_list	 nodes, licensed;
	int64_t		 max_age, days;
	bool		 json;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	{ "data", CLI_FOLDER, AT(data), "DIR", "the national root's folder",
	    NULL, true, 0, 0 },
	{ "out", CLI_TEXT, AT(out), "FILE", "what certify or trust has made",
	    "certify trust", true, 0, 0 },
	CLI_JSON(AT(json)),
	{ NULL, CLI_HEADING, 0, NULL, "init:", NULL, false, 0, 0 },
	{ "name", CLI_TEXT, AT(name), "NAME",
	    "who signs trust lists (" NATION_NAME ")", "init", false, 0, 0 },
	{ "token", CLI_TEXT, AT(token), "FILE",
	    "a token.yaml: the keys that it names are made in that PKCS#11 "
	    "token", "init", false, 0, 0 },
	{ NULL, CLI_HEADING, 0, NULL, "certify:", NULL, false, 0, 0 },
	{ "request", CLI_TEXT, AT(request), "FILE",
	    "ca/province.csr of its data folder, PEM or DER", "certify", true,
	    0, 0 },
	{ "url", CLI_TEXT, AT(url), "URL",
	    "its node, which serves root.crt and root.crl", "certify", false,
	    0, 0 },
	{ NULL, CLI_HEADING, 0, NULL, "trust:", NULL, false, 0, 0 },
	{ "node", CLI_LIST, AT(nodes), "DIR|FILE",
	    "a data folder, or the province.yaml of one; repeated", "trust",
	    true, 0, LIMIT_CLI_LIST },
	{ "licensed", CLI_LIST, AT(licensed), "NN=FILE",
	    "authorities of a licensed body that certifies seals of province "
	    "NN, PEM; repeated", "trust", false, 0, LIMIT_CLI_LIST },
	{ "max-age", CLI_NUMBER, AT(max_age), "SECONDS",
	    "an older answer counts as unknown (600)", "trust", false, 1,
	    31536000 },
	{ "days", CLI_NUMBER, AT(days), "N", "until the list expires (30)",
	    "trust", false, 1, 3660 },
	{ "complete-since", CLI_TEXT, AT(since), "TIME",
	    "registers hold every electronic seal since then; without it since "
	    "each log was founded; \"never\": absence proves nothing", "trust",
	    false, 0, 0 },
};

static const struct cli_verb	verbs[] = {
	{ "init", 0, 0, NULL,
	    "make the keys, the root certificate and its CRL in DIR" },
	{ "certify", 0, 0, NULL,
	    "certify a province's request; the province takes what it makes "
	    "with \"sealreg init --certified FILE\"" },
	{ "trust", 0, 0, NULL,
	    "sign the next trust list over these provinces" },
};

static const struct cli_command	command = {
	.name = "national",
	.usage =
    "usage: sealreg national --data DIR init [--name NAME] [--token FILE]\n"
    "       sealreg national --data DIR certify --request FILE --out FILE\n"
    "           [--url URL]\n"
    "       sealreg national --data DIR trust --node DIR|FILE ... --out FILE\n"
    "           [--licensed NN=FILE] [--max-age SECONDS] [--days N]\n"
    "           [--complete-since TIME|never]\n"
    "\n"
    "The national root: keep its folder off line.  Each command prints what\n"
    "it did; with --json, for programs.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0]),
	.verbs = verbs, .nverbs = sizeof(verbs) / sizeof(verbs[0])
};

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
		cli_print_json(json_pack("{s:s, s:s}", "data", o->data,
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
		cli_print_json(json_pack("{s:s}", "certified", o->out));
	else
		printf("Certified: %s.  In the province: sealreg init "
		    "--province NN --data DIR --certified %s\n", o->out,
		    o->out);
out:
	free(rq);
	buf_fini(&out);
	return rc;
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
		cli_print_json(json_pack("{s:s, s:I, s:I}", "trust", o->out,
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

	list->nodes = o->nodes.item;
	list->nnodes = o->nodes.n;
	list->licensed = o->licensed.item;
	list->nlicensed = o->licensed.n;
	list->max_age = o->max_age;
	list->days = o->days;
	list->complete_since = 0;
	if (o->since != NULL && strcmp(o->since, "never") == 0)
		list->complete_since = -1;
	else if (o->since != NULL && (!tm_parse(o->since,
	    &list->complete_since) || list->complete_since <= 0))
		return cli_usage("national", "--complete-since: \"%s\" is no "
		    "time like 2026-11-21T10:00:00+08:00", o->since);
	return 0;
}

int
cmd_national(int argc, char **argv)
{
	struct nation_list	 list;
	struct options		 o = { .max_age = 600, .days = 30 };
	struct cli_rest		 r;
	struct err		 e = ERR_INIT;
	int			 rc;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (sm_init(&e) != 0)
		return cli_fail(&e);
	if (strcmp(r.verb->name, "init") == 0)
		rc = run_init(&o, &e);
	else if (strcmp(r.verb->name, "certify") == 0)
		rc = run_certify(&o, &e);
	else if ((rc = trust_options(&o, &list)) != 0)
		return rc;
	else
		rc = run_trust(&o, &list, &e);
	return rc == 0 ? 0 : cli_fail(&e);
}
