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

struct options {
	const char	*data, *role, *file;
	bool		 replace, json;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	CLI_DATA(AT(data)),
	{ "role", CLI_TEXT, AT(role), "ROLE[,ROLE]",
	    "applicant, clerk, reviewer, auditor, operator", "add", true, 0,
	    0 },
	{ "password-file", CLI_TEXT, AT(file), "FILE",
	    "its first line is the password; - reads standard input; without "
	    "it the terminal is asked", "add", false, 0, 0 },
	{ "replace", CLI_FLAG, AT(replace), NULL,
	    "the account may be there already", "add", false, 0, 0 },
	CLI_JSON(AT(json)),
};

static const struct cli_verb	verbs[] = {
	{ "add", 1, 1, "one NAME", "make one, with roles and a password" },
	{ "list", 0, 0, NULL, "all of them, with their roles" },
	{ "disable", 1, 1, "one NAME", "it can log in no more" },
	{ "enable", 1, 1, "one NAME", "it can again" },
};

static const struct cli_command	command = {
	.name = "account",
	.usage =
    "usage: sealreg account --data DIR add NAME --role ROLE[,ROLE]\n"
    "           [--password-file FILE|-] [--replace]\n"
    "       sealreg account --data DIR list [--json]\n"
    "       sealreg account --data DIR disable NAME\n"
    "       sealreg account --data DIR enable NAME\n\n"
    "Keep the accounts of a node that is stopped.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0]),
	.verbs = verbs, .nverbs = sizeof(verbs) / sizeof(verbs[0])
};

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
	bool		 row = true;
	int		 rc;

	if ((rc = store_query(st, STMT_OFFICE_ACCOUNTS, NULL, 0, &q,
	    e)) == 0)
		while ((rc = query_next(q, &row, e)) == 0 && row)
			list_row(q, all);
	query_done(q);
	if (rc == 0 && all != NULL)
		cli_print_json(json_incref(all));
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
	struct options	 o = { .json = false };
	struct cli_rest	 r;
	struct err	 e = ERR_INIT;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (sm_init(&e) != 0 || run(&o, r.verb->name, r.v[0], &e) != 0)
		return cli_fail(&e);
	return 0;
}
