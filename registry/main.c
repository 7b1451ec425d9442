#include <stdio.h>
#include <string.h>

#include "registry/cmd.h"
#include "registry/version.h"

/* Hidden from the list: "proc", what the monitor executes. */
const struct cmd cmd_table[] = {
	{ "serve", cmd_serve, "Run a node." },
	{ "init", cmd_init, "Found a province." },
	{ "national", cmd_national,
	    "Keep the national root and the trust list." },
	{ "ca", cmd_ca,
	    "Keep the certificates of a node, and those of a licensed body." },
	{ "ceremony", cmd_ceremony,
	    "Make keys that open only when custodians meet." },
	{ "key", cmd_key,
	    "Keep the keys of a folder, in files or in a token." },
	{ "account", cmd_account, "Keep the accounts of a node." },
	{ "lookup", cmd_lookup,
	    "Ask a node about a seal and verify the proof here." },
	{ "audit", cmd_audit,
	    "Recompute everything from the entries and compare." },
	{ "doctor", cmd_doctor, "One page about a node, and what to do." },
	{ "backup", cmd_backup,
	    "Save a node, running or not, into one encrypted file." },
	{ "restore", cmd_restore,
	    "Make a node of its backup, and its log whole again." },
	{ "import", cmd_import, "File existing seals in bulk." },
	{ "export", cmd_export, "Write out the records of a log." },
	{ "verify", cmd_verify,
	    "Report on seals and stamped files, rule by rule." },
	{ "inspect", cmd_inspect, "Show any object of ours in words." },
	{ "proc", cmd_proc, NULL },
	{ NULL, NULL, NULL }
};

static void
usage(FILE *f)
{
	const struct cmd	*c;

	fprintf(f, "usage: sealreg COMMAND [OPTION ...]\n"
	    "       sealreg --version\n\n");
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
	if (strcmp(argv[1], "--version") == 0) {
		printf("sealreg %s\n", SEALREG_VERSION);
		return 0;
	}
	for (c = cmd_table; c->name != NULL; c++)
		if (strcmp(argv[1], c->name) == 0)
			return c->run(argc - 1, argv + 1);
	fprintf(stderr, "sealreg: no command \"%s\"; try \"sealreg --help\"\n",
	    argv[1]);
	return EXIT_USAGE;
}
