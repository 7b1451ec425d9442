#ifndef REGISTRY_CLI_H
#define REGISTRY_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Command lines: options by a table, which is their help as well, and what is
 * said when something is wrong.  Exit status: registry/cmd.h.
 */

#define LIMIT_CLI_LIST	100	/* values of an option that is repeated */

enum cli_kind {
	CLI_HEADING = 1,	/* no option: a line of the help */
	CLI_FLAG,		/* bool */
	CLI_TEXT,		/* const char *, never empty */
	CLI_FOLDER,		/* the same; final slashes go */
	CLI_WORD,		/* const char *, one of value: "csv|jsonl" */
	CLI_NUMBER,		/* int64_t from min to max, decimal digits */
	CLI_TIME,		/* struct cli_time */
	CLI_LIST		/* struct cli_list: may be given up to max times */
};

struct cli_time {
	bool		 given;
	int64_t		 at;
};

struct cli_list {
	const char	*item[LIMIT_CLI_LIST];
	size_t		 n;
};

/* A row of the table.  What was not given stays as it was. */
struct cli_option {
	const char	*name;		/* without dashes */
	enum cli_kind	 kind;
	size_t		 at;		/* offsetof() of where it goes */
	const char	*value;		/* as the help calls it: "FILE" */
	const char	*help;		/* a sentence; lines are broken here */
	const char	*verbs;		/* "list add": of these; NULL: of all */
	bool		 required;	/* with those */
	int64_t		 min, max;
};

/* Rows that most tables have, at the offset of their member. */
#define CLI_DATA(AT)	{ "data", CLI_FOLDER, (AT), "DIR", "the data folder", \
			    NULL, true, 0, 0 }
#define CLI_JSON(AT)	{ "json", CLI_FLAG, (AT), NULL, \
			    "print facts for programs", NULL, false, 0, 0 }

/* A word that says what to do: "add" of "sealreg account add NAME". */
struct cli_verb {
	const char	*name;
	int		 min, max;	/* operands after it */
	const char	*operands;	/* "one NAME": said if there are others */
	const char	*help;		/* NULL: none of its own */
};

struct cli_command {
	const char		*name;
	const char		*usage;		/* begins the help */
	const char		*end;		/* ends it, or NULL */
	const struct cli_option	*options;
	size_t			 noptions;
	const struct cli_verb	*verbs;		/* or NULL: operands at once */
	size_t			 nverbs;
	int			 min, max;	/* operands */
	const char		*operands;	/* "one FILE" */
	/* Options end at an operand, which is another command with its own;
	 * where there are verbs, argv[0] is one. */
	bool			 stops;
};

/* What is no option. */
struct cli_rest {
	char			**v;
	int			 n;
	const struct cli_verb	*verb;
	int			 status;	/* of a command that has ended */
};

/*
 * Read a command line into the struct at into, as its presets are.  argv is
 * put in another order, and its texts are borrowed.  False: the command ends
 * with rest->status, 0 after "--help", EXIT_USAGE after saying what is wrong.
 */
bool	 cli_options(const struct cli_command *c, int argc, char **argv,
	    void *into, struct cli_rest *rest) MUST_CHECK;
/* The command's help on standard output. */
void	 cli_help(const struct cli_command *c);

/* One line of JSON on standard output.  Takes j. */
struct json_t;
void	 cli_print_json(struct json_t *j);

/* "sealreg: TEXT [id]" on standard error; returns EXIT_NOT_VALID. */
int	 cli_fail(const struct err *e) MUST_CHECK;
/* A wrong command line: says what, and where help is; returns EXIT_USAGE. */
int	 cli_usage(const char *command, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3))) MUST_CHECK;

#endif /* REGISTRY_CLI_H */
