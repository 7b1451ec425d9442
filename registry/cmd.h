#ifndef REGISTRY_CMD_H
#define REGISTRY_CMD_H

/*
 * Subcommands of the program: one file each, one row each in main.c's table.
 * argv[0] is the subcommand's name.  They return the exit status.
 */

/* Exit status of lookup and verify (design section 8); others use 0, 1, 2. */
enum cmd_exit {
	EXIT_VALID = 0,
	EXIT_NOT_VALID = 1,	/* known not valid; for others: it failed */
	EXIT_USAGE = 2,
	EXIT_UNKNOWN = 3,	/* cannot tell: never "valid" */
	EXIT_PROOF = 4		/* a proof or trust list does not hold */
};

struct cmd {
	const char	*name;
	int		(*run)(int argc, char **argv);
	const char	*help;		/* one sentence */
};

extern const struct cmd cmd_table[];	/* ends with name NULL */

int	cmd_serve(int argc, char **argv);
int	cmd_proc(int argc, char **argv);	/* a child of the monitor */
int	cmd_init(int argc, char **argv);
int	cmd_national(int argc, char **argv);
int	cmd_ca(int argc, char **argv);
int	cmd_ceremony(int argc, char **argv);
int	cmd_key(int argc, char **argv);
int	cmd_account(int argc, char **argv);
int	cmd_lookup(int argc, char **argv);
int	cmd_verify(int argc, char **argv);
int	cmd_inspect(int argc, char **argv);
int	cmd_audit(int argc, char **argv);
int	cmd_backup(int argc, char **argv);
int	cmd_doctor(int argc, char **argv);
int	cmd_restore(int argc, char **argv);
int	cmd_import(int argc, char **argv);
int	cmd_export(int argc, char **argv);

#endif /* REGISTRY_CMD_H */
