#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "ca/key.h"
#include "ca/token_conf.h"
#include "registry/cmd/cli.h"
#include "registry/cmd.h"

struct options {
	const char	*data, *slot;
	bool		 json;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	CLI_DATA(AT(data)),
	{ "slot", CLI_TEXT, AT(slot), "NAME",
	    "checkpoint, province, maker, tsa, root or national",
	    "generate import", true, 0, 0 },
	{ "json", CLI_FLAG, AT(json), NULL, "print facts for programs", "list",
	    false, 0, 0 },
};

static const struct cli_verb	verbs[] = {
	{ "list", 0, 0, NULL,
	    "where each key lies, its fingerprint, and whether it signs" },
	{ "generate", 0, 0, NULL,
	    "make the key of an empty slot: in the token, where "
	    "keys/token.yaml names the slot, else in a file" },
	{ "import", 0, 0, NULL,
	    "move a key from its file into the token, where keys/token.yaml "
	    "has a place for it" },
	{ "login", 0, 0, NULL,
	    "try the token's PIN once, after one was refused" },
};

static const struct cli_command	command = {
	.name = "key",
	.usage =
    "usage: sealreg key --data DIR list [--json]\n"
    "       sealreg key --data DIR generate --slot NAME\n"
    "       sealreg key --data DIR import --slot NAME\n"
    "       sealreg key --data DIR login\n\n"
    "Keep the keys of a province or of the national root.  list may run beside\n"
    "a node; for the others it is stopped.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0]),
	.verbs = verbs, .nverbs = sizeof(verbs) / sizeof(verbs[0])
};

/* ---- list */

/* The first 16 octets of SM3 over the point, in hex. */
static void
fingerprint(const uint8_t point[SM2_POINT_LEN], char hex[HEX_SIZE(16)])
{
	uint8_t	h[SM3_LEN];

	sm3(point, SM2_POINT_LEN, h);
	hex_encode(h, 16, hex);
}

/* One key has signed, or the reason why not. */
static bool
tell_key(const struct keyring *kr, enum key_slot slot, json_t *list)
{
	const char	*where = keyring_in_token(kr, slot) ? "token" : "file";
	const char	*name = key_slot_name(slot);
	struct err	 e = ERR_INIT, no = ERR_INIT;
	uint8_t		 point[SM2_POINT_LEN], sig[SM2_SIG_LEN];
	char		 hex[HEX_SIZE(16)] = "";
	bool		 good;

	if (keyring_point(kr, slot, point, &no) == 0)
		fingerprint(point, hex);
	good = slot == KEY_WRAPPING ||
	    key_sign(kr, slot, OCTETS("", 0), sig, &e) == 0;
	if (list != NULL)
		(void)json_array_append_new(list, json_pack(
		    "{s:s, s:s, s:s, s:s}", "slot", name, "where", where,
		    "fingerprint", hex, "state", good ? "good" : e.id));
	else
		printf("%-10s  %-5s  %s  %s\n", name, where, hex,
		    good ? slot == KEY_WRAPPING ? "opens" : "signs" : e.text);
	return good;
}

static int
run_list(const struct options *o, int *status, struct err *e)
{
	struct keyring	*kr = NULL;
	json_t		*list = o->json ? json_array() : NULL;
	int		 slot, rc;

	if ((rc = keyring_open(o->data, &kr, e)) != 0)
		goto out;
	for (slot = KEY_NONE + 1; slot < KEY_SLOTS; slot++)
		if (keyring_has(kr, (enum key_slot)slot) &&
		    !tell_key(kr, (enum key_slot)slot, list))
			*status = EXIT_NOT_VALID;
	if (list != NULL)
		cli_print_json(json_incref(list));
out:
	json_decref(list);
	keyring_free(kr);
	return rc;
}

/* ---- the others */

static int
run_make(struct keyring *kr, enum key_slot slot, struct err *e)
{
	int	rc;

	if ((rc = keyring_make(kr, slot, e)) == 0)
		printf("The key \"%s\" is made in %s.  It has no certificate "
		    "yet.\n", key_slot_name(slot), keyring_in_token(kr, slot) ?
		    "the token" : "a file");
	return rc;
}

static int
run_import(struct keyring *kr, enum key_slot slot, struct err *e)
{
	int	rc;

	if ((rc = keyring_import(kr, slot, e)) == 0)
		printf("The key \"%s\" is in the token and signs there; its "
		    "file is gone.  Backups made before still hold it.\n",
		    key_slot_name(slot));
	return rc;
}

static int
run_login(const struct options *o, struct err *e)
{
	struct keyring	*kr = NULL;
	int		 rc;

	if ((rc = keyring_login(o->data, &kr, e)) == 0 &&
	    (rc = keyring_token_state(kr, e)) == 0)
		printf("The token takes the PIN.\n");
	keyring_free(kr);
	return rc;
}

static int
run(const struct options *o, const char *what, struct err *e)
{
	const enum key_slot	 slot = o->slot == NULL ? KEY_NONE :
				    key_slot_of(o->slot);
	struct keyring		*kr = NULL;
	char			*path = xasprintf("%s/lock", o->data);
	int			 lock = -1, rc;

	if (strcmp(what, "login") != 0 && slot == KEY_NONE) {
		rc = err_set_id(e, ERR_INVAL, "no-key", "--slot names no key");
		goto out;
	}
	if ((rc = file_lock(path, &lock, e)) != 0)
		goto out;
	if (strcmp(what, "login") == 0) {
		rc = run_login(o, e);
		goto out;
	}
	if ((rc = keyring_open(o->data, &kr, e)) != 0)
		goto out;
	rc = strcmp(what, "generate") == 0 ? run_make(kr, slot, e) :
	    run_import(kr, slot, e);
out:
	keyring_free(kr);
	if (lock != -1)
		(void)close(lock);
	free(path);
	return rc;
}

int
cmd_key(int argc, char **argv)
{
	struct options	 o = { .json = false };
	struct cli_rest	 r;
	struct err	 e = ERR_INIT;
	int		 rc, status = 0;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if ((rc = sm_init(&e)) == 0)
		rc = strcmp(r.verb->name, "list") == 0 ?
		    run_list(&o, &status, &e) : run(&o, r.verb->name, &e);
	return rc == 0 ? status : cli_fail(&e);
}
