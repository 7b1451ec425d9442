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
#include "registry/found/succession.h"

struct options {
	const char	*data, *name, *token, *request, *out, *url, *since;
	struct cli_list	 nodes, licensed;
	int64_t		 max_age, days;	/* days 0: as the command has it */
	bool		 json, early;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	{ "data", CLI_FOLDER, AT(data), "DIR", "the national root's folder",
	    NULL, true, 0, 0 },
	{ "out", CLI_TEXT, AT(out), "FILE",
	    "what certify, trust or publish has made",
	    "certify trust publish", true, 0, 0 },
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
	{ "days", CLI_NUMBER, AT(days), "N",
	    "until the list expires (30); of rekey: life of the next root, "
	    "365 at least (7305)", "trust rekey", false, 1, 10958 },
	{ "complete-since", CLI_TEXT, AT(since), "TIME",
	    "registers hold every electronic seal since then; without it since "
	    "each log was founded; \"never\": absence proves nothing", "trust",
	    false, 0, 0 },
	{ NULL, CLI_HEADING, 0, NULL, "cut:", NULL, false, 0, 0 },
	{ "early", CLI_FLAG, AT(early), NULL,
	    "although a province has none by the present root", "cut", false,
	    0, 0 },
};

static const struct cli_verb	verbs[] = {
	{ "init", 0, 0, NULL,
	    "make the keys, the root certificate and its CRL in DIR" },
	{ "certify", 0, 0, NULL,
	    "certify a province's request; the province takes what it makes "
	    "with \"sealreg init --certified FILE\"" },
	{ "trust", 0, 0, NULL,
	    "sign the next trust list over these provinces" },
	{ "rekey", 0, 0, NULL,
	    "make the next root's key and certificate, and each root certify "
	    "the key of the other; a ceremony does it under other custodians" },
	{ "publish", 0, 0, NULL,
	    "write the root's papers for every province, which takes them with "
	    "\"sealreg ca take FILE\"; revocation lists are issued anew where "
	    "it is time" },
	{ "switch", 0, 0, NULL,
	    "the next root certifies from now on; what the one before has "
	    "certified stays good" },
	{ "cut", 0, 0, NULL,
	    "end what the one before has certified, when every province has a "
	    "certificate by the present one" },
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
    "       sealreg national --data DIR rekey [--days N]\n"
    "       sealreg national --data DIR publish --out FILE\n"
    "       sealreg national --data DIR switch\n"
    "       sealreg national --data DIR cut [--early]\n"
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

/* ---- another key */

#define THEN_TAKE	"In every province:\n  sealreg ca take FILE --data DIR\n"

static int
run_rekey(const struct options *o, struct err *e)
{
	bool	again;
	int	rc;

	if ((rc = succession_stage(o->data, o->days, tm_now(), &again,
	    e)) != 0)
		return rc;
	if (o->json)
		cli_print_json(json_pack("{s:b, s:b}", "staged", 1, "again",
		    again));
	else
		printf("The next root is %s, and not in use.  Let everybody "
		    "know it:\n  sealreg national --data %s publish --out "
		    "FILE\n" THEN_TAKE "Then:\n  sealreg national --data %s "
		    "switch\n", again ? "there already" : "made", o->data,
		    o->data);
	return 0;
}

static int
run_publish(const struct options *o, struct err *e)
{
	struct buf	 out;
	int		 rc;

	buf_init(&out, LIMIT_BUNDLE);
	if ((rc = succession_publish(o->data, tm_now(), &out, e)) == 0)
		rc = file_write(o->out, buf_octets(&out), 0644, e);
	buf_fini(&out);
	if (rc != 0)
		return rc;
	if (o->json)
		cli_print_json(json_pack("{s:s}", "published", o->out));
	else
		printf("The root's certificates and lists are in %s.  "
		    THEN_TAKE, o->out);
	return 0;
}

static int
run_switch(const struct options *o, struct err *e)
{
	int	rc;

	if ((rc = succession_switch(o->data, tm_now(), e)) != 0)
		return rc;
	if (o->json)
		cli_print_json(json_pack("{s:b}", "switched", 1));
	else
		printf("The next root is in use.  Every province gets a "
		    "certificate by it:\n  sealreg ca renew province --data "
		    "DIR, certify here, sealreg ca take BUNDLE --data DIR\n"
		    "and the next trust list names it.  When all have:\n"
		    "  sealreg national --data %s cut\n", o->data);
	return 0;
}

static int
run_cut(const struct options *o, struct err *e)
{
	size_t	n;
	int	rc;

	if ((rc = succession_cut(o->data, o->early, tm_now(), &n, e)) != 0)
		return rc;
	if (o->json)
		cli_print_json(json_pack("{s:I}", "cut", (json_int_t)n));
	else
		printf("%zu certificates by the root before are on its last "
		    "list.  Publish that:\n  sealreg national --data %s "
		    "publish --out FILE\n" THEN_TAKE, n, o->data);
	return 0;
}

static int
trust_options(const struct options *o, struct nation_list *list)
{

	list->nodes = o->nodes.item;
	list->nnodes = o->nodes.n;
	list->licensed = o->licensed.item;
	list->nlicensed = o->licensed.n;
	list->max_age = o->max_age;
	list->days = o->days == 0 ? 30 : o->days;
	list->complete_since = 0;
	if (o->since != NULL && strcmp(o->since, "never") == 0)
		list->complete_since = -1;
	else if (o->since != NULL && (!tm_parse(o->since,
	    &list->complete_since) || list->complete_since <= 0))
		return cli_usage("national", "--complete-since: \"%s\" is no "
		    "time like 2026-11-21T10:00:00+08:00", o->since);
	return 0;
}

static const struct {
	const char	*verb;
	int		(*run)(const struct options *o, struct err *e);
} plain[] = {
	{ "init", run_init }, { "certify", run_certify },
	{ "rekey", run_rekey }, { "publish", run_publish },
	{ "switch", run_switch }, { "cut", run_cut },
};

int
cmd_national(int argc, char **argv)
{
	struct nation_list	 list;
	struct options		 o = { .max_age = 600 };
	struct cli_rest		 r;
	struct err		 e = ERR_INIT;
	size_t			 i;
	int			 rc;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (sm_init(&e) != 0)
		return cli_fail(&e);
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(r.verb->name, plain[i].verb) == 0)
			break;
	if (strcmp(r.verb->name, "rekey") == 0 && o.days > 0 && o.days < 365)
		return cli_usage("national", "--days of rekey: at least 365");
	if (strcmp(r.verb->name, "trust") == 0 && o.days > 3660)
		return cli_usage("national", "--days of trust: at most 3660");
	if (i < sizeof(plain) / sizeof(plain[0]))
		rc = plain[i].run(&o, &e);
	else if ((rc = trust_options(&o, &list)) != 0)
		return rc;
	else
		rc = run_trust(&o, &list, &e);
	return rc == 0 ? 0 : cli_fail(&e);
}
