#include <stdio.h>
#include <string.h>

#include "registry/cmd.h"

/* Hidden from the list: "proc", what the monitor executes. */
const struct cmd cmd_table[] = {
	{ "serve", cmd_serve, "--data DIR [--check] | --sample-config",
	    "Run a node." },
	{ "init", cmd_init,
	    "--province NN --data DIR [--national DIR] [--listen A:P] "
	    "[--url U] [--origin O] [--token FILE]",
	    "Found a province." },
	{ "national", cmd_national,
	    "--data DIR init | certify | trust",
	    "Keep the national root and the trust list." },
	{ "ca", cmd_ca,
	    "list | renew SLOT | rekey SLOT | revoke SERIAL | take FILE | "
	    "switch --data DIR; requests | accept FILE... | reject CASE | "
	    "reopen CASE | held|revoked|released CASE --node URL --account NAME",
	    "Keep the certificates of a node, and those of a licensed body." },
	{ "ceremony", cmd_ceremony,
	    "check | run PLAN, open --share FILE ... COMMAND, verify FILE",
	    "Make keys that open only when custodians meet." },
	{ "key", cmd_key,
	    "--data DIR list | generate | import | login",
	    "Keep the keys of a folder, in files or in a token." },
	{ "account", cmd_account,
	    "--data DIR add | list | disable | enable",
	    "Keep the accounts of a node." },
	{ "lookup", cmd_lookup,
	    "CODE --node URL --trust FILE [--seal FILE | --digest HEX] "
	    "[--at TIME] [--json]",
	    "Ask a node about a seal and verify the proof here." },
	{ "audit", cmd_audit, "--data DIR [--json]",
	    "Recompute everything from the entries and compare." },
	{ "doctor", cmd_doctor, "--data DIR [--json]",
	    "One page about a node, and what to do." },
	{ "backup", cmd_backup,
	    "--data DIR --to FOLDER|HOST:PATH [--keep N] "
	    "[--passphrase-file FILE] [--json]",
	    "Save a node, running or not, into one encrypted file." },
	{ "restore", cmd_restore,
	    "--from FILE --data DIR [--check] | --data DIR --from-peers "
	    "[--without NN] | --data DIR --as-it-is",
	    "Make a node of its backup, and its log whole again." },
	{ "import", cmd_import,
	    "--data DIR FILE [--format jsonl|csv] [--batch N] [--dry-run]",
	    "File existing seals in bulk." },
	{ "export", cmd_export,
	    "--data DIR [--province NN] [--format jsonl|csv] [--events]",
	    "Write out the records of a log." },
	{ "verify", cmd_verify,
	    "FILE|FOLDER ... --trust FILE [--node URL] [--at TIME] [--json]",
	    "Report on seals and stamped files, rule by rule." },
	{ "inspect", cmd_inspect, "FILE [--json]",
	    "Show any object of ours in words." },
	{ "proc", cmd_proc, NULL, NULL },
	{ NULL, NULL, NULL, NULL }
};

static void
usage(FILE *f)
{
	const struct cmd	*c;

	fprintf(f, "usage: sealreg COMMAND [OPTION ...]\n\n");
	for (c = cmd_table; c->name != NULL; c++)
		if (c->help != NULL)
			fprintf(f, "  %-10s %s\n", c->name, c->help);
	fprintf(f, "\n\"sealreg COMMAND --help\" tells more, and so does "
	    "sealreg(1).\n");
}

int
main(int argc, char **argv)
{
	const struct cmd	*c;

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return 0;
	}
	for (c = cmd_table; c->name != NULL; c++)
		if (strcmp(argv[1], c->name) == 0)
			return c->run(argc - 1, argv + 1);
	fprintf(stderr, "sealreg: no command \"%s\"; try \"sealreg --help\"\n",
	    argv[1]);
	return EXIT_USAGE;
}
