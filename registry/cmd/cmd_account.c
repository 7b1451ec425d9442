#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "registry/found/account.h"
#include "registry/cmd/cli.h"
#include "registry/cmd/password.h"
#include "registry/cmd.h"
#include "registry/role.h"

static const char help[] =
    "usage: sealreg account --data DIR add NAME --role ROLE[,ROLE]\n"
    "           [--password-file FILE|-] [--replace]\n"
    "       sealreg account --data DIR list [--json]\n"
    "       sealreg account --data DIR disable NAME\n"
    "       sealreg account --data DIR enable NAME\n\n"
    "Keep the accounts of a node that is stopped.\n\n"
    "  --data DIR           the data folder\n"
    "  --role ROLE[,ROLE]   applicant, clerk, reviewer, auditor, operator\n"
    "  --password-file F    its first line is the password; - reads standard\n"
    "                       input; without it the terminal is asked\n"
    "  --replace            the account may be there already\n"
    "  --json               print facts for programs\n";

struct options {
	const char	*data, *role, *file;
	bool		 replace, json, help;
};

static bool
take_options(int argc, char **argv, struct options *o)
{
	static const struct option	names[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "role", required_argument, NULL, 'r' },
		{ "password-file", required_argument, NULL, 'p' },
		{ "replace", no_argument, NULL, 'R' },
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
		case 'r': o->role = optarg; break;
		case 'p': o->file = optarg; break;
		case 'R': o->replace = true; break;
		case 'j': o->json = true; break;
		case 'h': o->help = true; break;
		default: return false;
		}
	return true;
}

/* "clerk,reviewer" as the words of registry/role.h, in any order. */
static int
read_roles(const char *list, unsigned *roles, struct err *e)
{
	char	*copy = xstrdup(list), *p, *word, *save = NULL;
	unsigned one;
	int	 rc = 0;

	*roles = 0;
	for (p = copy; rc == 0 && (word = strtok_r(p, ",", &save)) != NULL;
	    p = NULL)
		if ((rc = role_parse(word, &one, e)) == 0)
			*roles |= one;
	free(copy);
	return rc;
}

static int
run_add(struct store *st, const struct options *o, const char *name,
    struct err *e)
{
	char		 password[PASSWORD_SIZE] = "";
	unsigned	 roles;
	int		 rc;

	if ((rc = read_roles(o->role, &roles, e)) == 0 &&
	    (rc = password_read(o->file, true, password, e)) == 0 &&
	    (rc = account_add(st, name, roles, password, o->replace, tm_now(),
	    e)) == 0 && !o->json)
		printf("Account \"%s\": %s.\n", name, o->role);
	mem_wipe(password, sizeof(password));
	return rc;
}

static void
list_row(struct query *q, json_t *all)
{
	const char	*name = query_text(q, 1), *roles = query_text(q, 2);
	bool		 disabled = query_int(q, 3) != 0;
	char		 t[TM_RFC3339_SIZE];

	tm_rfc3339(query_int(q, 4), t);
	if (all != NULL)
		(void)json_array_append_new(all, json_pack(
		    "{s:s, s:s, s:b, s:s}", "name", name, "roles", roles,
		    "disabled", disabled, "created", t));
	else
		printf("%-20s  %-40s  %s  %s\n", name, roles, t,
		    disabled ? "disabled" : "");
}

static int
run_list(struct store *st, const struct options *o, struct err *e)
{
	struct query	*q = NULL;
	json_t		*all = o->json ? json_array() : NULL;
	char		*text;
	bool		 row = true;
	int		 rc;

	if ((rc = store_query(st, STMT_OFFICE_ACCOUNTS, NULL, 0, &q,
	    e)) == 0)
		while ((rc = query_next(q, &row, e)) == 0 && row)
			list_row(q, all);
	query_done(q);
	if (rc == 0 && all != NULL) {
		text = json_dumps(all, JSON_COMPACT);
		printf("%s\n", text);
		free(text);
	}
	json_decref(all);
	return rc;
}

static int
run(const struct options *o, const char *what, const char *name,
    struct err *e)
{
	char			*lock = xasprintf("%s/lock", o->data);
	char			*path = xasprintf("%s/province.db", o->data);
	const struct store_spec	 spec = { .path = path, .mode = STORE_WRITE,
	    .kind = STORE_PROVINCE, .may = account_statements };
	struct store		*st = NULL;
	int			 fd = -1, rc;

	if (access(path, F_OK) == -1) {
		rc = err_set_id(e, ERR_NOTFOUND, "not-initialised",
		    "%s holds no province; \"sealreg init\" founds one",
		    o->data);
		goto out;
	}
	if ((rc = file_lock(lock, &fd, e)) != 0 ||
	    (rc = store_open(&spec, &st, e)) != 0)
		goto out;
	if (strcmp(what, "add") == 0)
		rc = run_add(st, o, name, e);
	else if (strcmp(what, "list") == 0)
		rc = run_list(st, o, e);
	else
		rc = account_set_disabled(st, name,
		    strcmp(what, "disable") == 0, e);
out:
	store_close(st);
	if (fd != -1)
		close(fd);
	free(path);
	free(lock);
	return rc;
}

int
cmd_account(int argc, char **argv)
{
	struct options	 o;
	struct err	 e = ERR_INIT;
	const char	*what, *name;
	bool		 add;

	if (!take_options(argc, argv, &o))
		return cli_usage("account", "wrong options");
	if (o.help) {
		printf("%s", help);
		return 0;
	}
	what = optind < argc ? argv[optind] : "";
	name = optind + 1 < argc ? argv[optind + 1] : NULL;
	add = strcmp(what, "add") == 0;
	if (!add && strcmp(what, "list") != 0 && strcmp(what, "disable") != 0 &&
	    strcmp(what, "enable") != 0)
		return cli_usage("account", "one of add, list, disable, "
		    "enable");
	if (o.data == NULL)
		return cli_usage("account", "--data DIR is missing");
	if ((name == NULL) != (strcmp(what, "list") == 0) ||
	    argc - optind > 2)
		return cli_usage("account", "%s NAME, or list alone", what);
	if ((o.role != NULL) != add || (!add && (o.file != NULL ||
	    o.replace)))
		return cli_usage("account", "--role goes with add, and add "
		    "with --role");
	if (sm_init(&e) != 0 || run(&o, what, name, &e) != 0)
		return cli_fail(&e);
	return 0;
}
