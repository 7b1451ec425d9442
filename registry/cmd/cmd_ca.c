#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "registry/cmd.h"
#include "registry/cmd/ca_authority.h"
#include "registry/cmd/ca_requests.h"
#include "registry/cmd/cli.h"
#include "registry/found/ca_list.h"
#include "registry/found/renew.h"

/*
 * sealreg ca: the certificates of the node itself.
 */

struct options {
	const char	*data, *reason, *at, *root;
	struct ca_issue	 issue;		/* days 0: as the profile says */
	bool		 early, json;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	CLI_DATA(AT(data)),
	{ "days", CLI_NUMBER, AT(issue.days), "N",
	    "how long it is to be good (as the profile says)",
	    "renew rekey issue", false, 1, 36600 },
	{ "early", CLI_FLAG, AT(early), NULL,
	    "though it is good for more than 30 days, or was made less than an "
	    "hour ago", "renew rekey", false, 0, 0 },
	{ "reason", CLI_TEXT, AT(reason), "WORD",
	    "unspecified, keyCompromise, affiliationChanged, superseded, "
	    "cessationOfOperation or privilegeWithdrawn", "revoke", true, 0,
	    0 },
	{ "at", CLI_TEXT, AT(at), "TIME", "since when (now)", "revoke", false,
	    0, 0 },
	{ "profile", CLI_WORD, AT(issue.profile), "officer|tls",
	    "whom it is for: somebody who logs in, or a server on SM2",
	    "issue", true, 0, 0 },
	{ "request", CLI_TEXT, AT(issue.request), "FILE",
	    "PKCS#10, PEM or DER, signed by its own key", "issue", true, 0,
	    0 },
	{ "out", CLI_TEXT, AT(issue.out), "FILE",
	    "gets the certificate and its authority's, PEM", "issue", true, 0,
	    0 },
	{ "name", CLI_TEXT, AT(issue.name), "NAME",
	    "common name of an officer (as the request says)", "issue", false,
	    0, 0 },
	{ "dns", CLI_TEXT, AT(issue.dns), "NAME",
	    "name of a server, which is its common name too", "issue", false,
	    0, 0 },
	{ "root", CLI_TEXT, AT(root), "SM3",
	    "digest of the root's certificate, which has come by another way: "
	    "needed where the root in use here has not certified it", "take",
	    false, 0, 0 },
	{ "json", CLI_FLAG, AT(json), NULL, "for programs", NULL, false, 0,
	    0 },
};

static const struct cli_verb	verbs[] = {
	{ "list", 0, 0, NULL,
	    "every certificate in DIR/ca: in use, kept, revoked" },
	{ "renew", 1, 1, "maker, tsa or province",
	    "another certificate for the same key; of province: write a "
	    "request to the national root" },
	{ "rekey", 1, 1, "maker, tsa or province",
	    "another key, and a certificate for it; the key before stays in "
	    "its file, and its certificate beside; of province: a request" },
	{ "revoke", 1, 1, "one SERIAL",
	    "a certificate of \"list\" that is kept, for good" },
	{ "issue", 0, 0, NULL,
	    "a certificate for an officer's or a server's request; given "
	    "twice, the same one again" },
	{ "take", 1, 1, "one BUNDLE",
	    "what \"sealreg national certify\" made of a request: counts at "
	    "once for the same key, waits for switch for another; or what "
	    "\"sealreg national publish\" wrote" },
	{ "switch", 0, 0, NULL,
	    "the next authority certifies from now on; the one before goes on "
	    "telling of what it has certified" },
};

static const struct cli_command	command = {
	.name = "ca",
	.usage =
    "usage: sealreg ca list  --data DIR [--json]\n"
    "       sealreg ca renew maker|tsa --data DIR [--days N] [--early]\n"
    "       sealreg ca rekey maker|tsa --data DIR [--days N] [--early]\n"
    "       sealreg ca revoke SERIAL --reason WORD --data DIR [--at TIME]\n"
    "       sealreg ca issue --profile officer --request FILE --out FILE\n"
    "           --data DIR [--name NAME] [--days N]\n"
    "       sealreg ca issue --profile tls --dns NAME --request FILE --out FILE\n"
    "           --data DIR [--days N]\n"
    "       sealreg ca renew|rekey province --data DIR\n"
    "       sealreg ca take BUNDLE --data DIR [--root SM3]\n"
    "       sealreg ca switch --data DIR\n"
    "\n"
    "The node's own certificates.  The node may run: tell it afterwards\n"
    "(SIGHUP, systemctl reload); its key process and recorder then begin\n"
    "anew with what they find.  What was signed before stays good.\n",
	.end =
    "A command that was interrupted is given again: it goes on where it\n"
    "was.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0]),
	.verbs = verbs, .nverbs = sizeof(verbs) / sizeof(verbs[0])
};

static int
run_list(const struct options *o, struct err *e)
{
	struct ca_list		*l = xcalloc(1, sizeof(*l));
	const struct ca_row	*r;
	json_t			*all = json_array();
	char			 from[TM_RFC3339_SIZE], until[TM_RFC3339_SIZE];
	size_t			 i;
	int			 rc;

	rc = ca_list_read(o->data, l, e);
	for (i = 0; rc == 0 && i < l->n; i++) {
		r = &l->row[i];
		tm_rfc3339(r->not_before, from);
		tm_rfc3339(r->not_after, until);
		if (o->json)
			(void)json_array_append_new(all, json_pack(
			    "{s:s, s:s, s:s, s:s, s:s, s:s}", "file", r->file,
			    "subject", r->subject, "serial", r->serial,
			    "not_before", from, "not_after", until, "state",
			    r->state));
		else
			printf("%-8s %s .. %s  %s\n         %s\n", r->state,
			    from, until, r->file, r->subject);
	}
	if (rc == 0 && o->json)
		cli_print_json(json_incref(all));
	json_decref(all);
	free(l);
	return rc;
}

static int
run_renew(const struct options *o, struct renew_spec *s, struct err *e)
{
	struct renewed	 r;
	char		 until[TM_RFC3339_SIZE];
	int		 rc;

	if ((rc = renew_leaf(s, &r, e)) != 0)
		return rc;
	tm_rfc3339(r.not_after, until);
	if (o->json)
		cli_print_json(json_pack("{s:s, s:s, s:s, s:b, s:b}", "slot",
		    key_slot_name(s->slot), "serial", r.serial, "not_after",
		    until, "rekeyed", s->rekey, "resumed", r.resumed));
	else
		printf("%s has a certificate until %s, serial %s%s.\n"
		    "Tell the node if it runs: systemctl reload sealreg, or "
		    "SIGHUP to \"sealreg serve\".\n", key_slot_name(s->slot),
		    until, r.serial, r.resumed ? ", for the key that an "
		    "earlier try has made" : "");
	return 0;
}

static int
renew_options(const struct options *o, const char *slot,
    struct renew_spec *s)
{
	s->dir = o->data;
	s->early = o->early;
	s->now = tm_now();
	if (strcmp(slot, "maker") == 0)
		s->slot = KEY_MAKER;
	else if (strcmp(slot, "tsa") == 0)
		s->slot = KEY_TSA;
	else
		return cli_usage("ca", "maker or tsa, not \"%s\"", slot);
	s->days = o->issue.days;
	return 0;
}

static int
renew(const struct options *o, bool rekey, const char *slot, struct err *e)
{
	struct renew_spec	 s = { .slot = KEY_NONE, .rekey = rekey };
	int			 rc;

	if (strcmp(slot, "province") != 0) {
		if ((rc = renew_options(o, slot, &s)) != 0)
			return rc;
		return run_renew(o, &s, e) == 0 ? 0 : cli_fail(e);
	}
	if (o->issue.days != 0 || o->early)
		return cli_usage("ca", "how long the province's authority is "
		    "good is the national root's business");
	return ca_request(o->data, rekey, o->json, e) == 0 ? 0 : cli_fail(e);
}

static int
issue(const struct options *o, struct err *e)
{
	struct ca_issue	 s = o->issue;
	const bool	 tls = strcmp(s.profile, "tls") == 0;

	if (tls != (s.dns != NULL) || (tls && s.name != NULL))
		return cli_usage("ca", "--profile tls goes with --dns, "
		    "--profile officer with --name");
	s.dir = o->data;
	s.json = o->json;
	return ca_issue(&s, e) == 0 ? 0 : cli_fail(e);
}

static int
run(const struct options *o, const char *what, const char *operand,
    struct err *e)
{
	int	rc;

	if (strcmp(what, "list") == 0)
		rc = run_list(o, e);
	else if (strcmp(what, "revoke") == 0)
		rc = ca_revoke(o->data, operand, o->reason, o->at, e);
	else if (strcmp(what, "issue") == 0)
		return issue(o, e);
	else if (strcmp(what, "take") == 0)
		rc = ca_take(o->data, &(struct ca_taken){ operand, o->root,
		    o->json }, e);
	else if (strcmp(what, "switch") == 0)
		rc = ca_switch(o->data, o->json, e);
	else
		return renew(o, strcmp(what, "rekey") == 0, operand, e);
	return rc == 0 ? 0 : cli_fail(e);
}

int
cmd_ca(int argc, char **argv)
{
	struct options	 o = { .json = false };
	struct cli_rest	 r;
	struct err	 e = ERR_INIT;

	if (argc > 1 && ca_requests_has(argv[1]))
		return ca_requests(argc, argv);
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		cli_help(&command);
		printf("\n");
		cli_help(&ca_requests_command);
		return 0;
	}
	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (sm_init(&e) != 0)
		return cli_fail(&e);
	return run(&o, r.verb->name, r.v[0], &e);
}
