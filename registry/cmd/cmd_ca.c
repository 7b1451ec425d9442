#include <getopt.h>
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

static const char help[] =
    "usage: sealreg ca list  --data DIR [--json]\n"
    "       sealreg ca renew maker|tsa --data DIR [--days N] [--early]\n"
    "       sealreg ca rekey maker|tsa --data DIR [--days N] [--early]\n"
    "       sealreg ca revoke SERIAL --reason WORD --data DIR [--at TIME]\n"
    "       sealreg ca renew|rekey province --data DIR\n"
    "       sealreg ca take BUNDLE --data DIR\n"
    "       sealreg ca switch --data DIR\n"
    "\n"
    "The node's own certificates.  The node may run: tell it afterwards\n"
    "(SIGHUP, systemctl reload); its key process and recorder then begin\n"
    "anew with what they find.  What was signed before stays good.\n"
    "\n"
    "  list       every certificate in DIR/ca: in use, kept, revoked\n"
    "  renew      another certificate for the same key\n"
    "  rekey      another key, and a certificate for it; the key before\n"
    "             stays in its file, and its certificate beside\n"
    "  revoke     a certificate of \"list\" that is kept, for good; reasons:\n"
    "             unspecified, keyCompromise, affiliationChanged, superseded,\n"
    "             cessationOfOperation, privilegeWithdrawn\n"
    "  --at TIME  since when (now)\n"
    "  renew, rekey province\n"
    "             write a request to the national root\n"
    "  take       what \"sealreg national certify\" made of it: counts at once\n"
    "             for the same key, waits for switch for another\n"
    "  switch     the next authority certifies from now on; the one before\n"
    "             goes on telling of what it has certified\n"
    "  --days N   how long it is to be good (as the profile says)\n"
    "  --early    though it is good for more than 30 days, or was made less\n"
    "             than an hour ago\n"
    "  --json     for programs\n"
    "\n"
    "A command that was interrupted is given again: it goes on where it\n"
    "was.\n";

struct options {
	const char	*data, *days, *reason, *at;
	bool		 early, json, help;
};

static bool
take_options(int argc, char **argv, struct options *o)
{
	static const struct option	names[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "days", required_argument, NULL, 'D' },
		{ "reason", required_argument, NULL, 'r' },
		{ "at", required_argument, NULL, 'a' },
		{ "early", no_argument, NULL, 'e' },
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
		case 'D': o->days = optarg; break;
		case 'r': o->reason = optarg; break;
		case 'a': o->at = optarg; break;
		case 'e': o->early = true; break;
		case 'j': o->json = true; break;
		case 'h': o->help = true; break;
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
		print_json(json_incref(all));
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
		print_json(json_pack("{s:s, s:s, s:s, s:b, s:b}", "slot",
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
	struct cursor	 c;
	uint64_t	 days = 0;

	s->dir = o->data;
	s->early = o->early;
	s->now = tm_now();
	if (strcmp(slot, "maker") == 0)
		s->slot = KEY_MAKER;
	else if (strcmp(slot, "tsa") == 0)
		s->slot = KEY_TSA;
	else
		return cli_usage("ca", "maker or tsa, not \"%s\"", slot);
	if (o->days == NULL)
		return 0;
	c = cursor_of(o->days, strlen(o->days));
	if (!take_decimal(&c, &days) || cursor_left(&c) != 0 || days == 0 ||
	    days > 36600)
		return cli_usage("ca", "--days is a whole number from 1");
	s->days = (int64_t)days;
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
	if (o->days != NULL || o->early)
		return cli_usage("ca", "how long the province's authority is "
		    "good is the national root's business");
	return ca_request(o->data, rekey, o->json, e) == 0 ? 0 : cli_fail(e);
}

/* The words, and what each takes. */
static const struct {
	const char	*name;
	bool		 operand, renews, revokes;
} words[] = {
	{ "list", false, false, false }, { "renew", true, true, false },
	{ "rekey", true, true, false }, { "revoke", true, false, true },
	{ "take", true, false, false }, { "switch", false, false, false }
};
#define NWORDS	(sizeof(words) / sizeof(words[0]))

static int
run(const struct options *o, const char *what, const char *operand,
    struct err *e)
{
	int	rc;

	if (strcmp(what, "list") == 0)
		rc = run_list(o, e);
	else if (strcmp(what, "revoke") == 0)
		rc = ca_revoke(o->data, operand, o->reason, o->at, e);
	else if (strcmp(what, "take") == 0)
		rc = ca_take(o->data, operand, o->json, e);
	else if (strcmp(what, "switch") == 0)
		rc = ca_switch(o->data, o->json, e);
	else
		return renew(o, strcmp(what, "rekey") == 0, operand, e);
	return rc == 0 ? 0 : cli_fail(e);
}

int
cmd_ca(int argc, char **argv)
{
	struct options		 o;
	struct err		 e = ERR_INIT;
	const char		*what, *operand;
	size_t			 i;

	if (argc > 1 && ca_requests_has(argv[1]))
		return ca_requests(argc - 1, argv + 1);
	if (!take_options(argc, argv, &o))
		return cli_usage("ca", "wrong options");
	if (o.help) {
		printf("%s\n%s", help, ca_requests_help);
		return 0;
	}
	what = optind < argc ? argv[optind] : "";
	operand = optind + 1 < argc ? argv[optind + 1] : NULL;
	for (i = 0; i < NWORDS && strcmp(words[i].name, what) != 0; i++)
		;
	if (i == NWORDS)
		return cli_usage("ca", "one of list, renew, rekey, revoke, "
		    "take, switch, or requests, accept, reject, reopen, "
		    "held, revoked, released");
	if (o.data == NULL)
		return cli_usage("ca", "--data DIR is missing");
	if (argc - optind != 1 + words[i].operand)
		return cli_usage("ca", "%s takes %s", what,
		    words[i].operand ? "one word more" : "nothing more");
	if (!words[i].renews && (o.days != NULL || o.early))
		return cli_usage("ca", "an option that %s does not have",
		    what);
	if (words[i].revokes ? o.reason == NULL : o.reason != NULL ||
	    o.at != NULL)
		return cli_usage("ca", "--reason goes with revoke, and revoke "
		    "with --reason");
	if (sm_init(&e) != 0)
		return cli_fail(&e);
	return run(&o, what, operand, &e);
}
