#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "registry/cmd/cli.h"
#include "registry/cmd.h"

struct into {
	const char	*data, *format, *name;
	bool		 json;
	int64_t		 days;
	struct cli_time	 at;
	struct cli_list	 node;
};

static const struct cli_option	options[] = {
	{ "data", CLI_TEXT, offsetof(struct into, data), "DIR",
	    "the folder", NULL, true, 0, 0 },
	{ "format", CLI_WORD, offsetof(struct into, format), "csv|jsonl",
	    "how it is written", "list", false, 0, 0 },
	{ NULL, CLI_HEADING, 0, NULL, "about adding:", NULL, false, 0, 0 },
	{ "name", CLI_TEXT, offsetof(struct into, name), "NAME",
	    "who it is", "add", true, 0, 0 },
	{ "days", CLI_NUMBER, offsetof(struct into, days), "N",
	    "how long it is to be good, which is told here in a sentence that "
	    "does not fit into one line", "add drop", false, 1, 3660 },
	{ "at", CLI_TIME, offsetof(struct into, at), "TIME", "since when",
	    NULL, false, 0, 0 },
	{ "node", CLI_LIST, offsetof(struct into, node), "DIR", "repeated",
	    NULL, false, 0, 3 },
	{ "json", CLI_FLAG, offsetof(struct into, json), NULL,
	    "for programs", NULL, false, 0, 0 },
};

static const struct cli_verb	verbs[] = {
	{ "list", 0, 0, NULL, "what there is" },
	{ "add", 1, 1, "one FILE", "one more" },
	{ "drop", 0, 2, "two FILEs at the most", NULL },
};

static const struct cli_command	with_verbs = { "thing", "usage: thing\n",
    "exit status: 0\n", options, sizeof(options) / sizeof(options[0]), verbs,
    sizeof(verbs) / sizeof(verbs[0]), 0, 0, NULL, false };

static const struct cli_option	few[] = {
	{ "json", CLI_FLAG, offsetof(struct into, json), NULL,
	    "for programs", NULL, false, 0, 0 },
	{ "name", CLI_TEXT, offsetof(struct into, name), "NAME", "who",
	    NULL, false, 0, 0 },
};
static const struct cli_command	plain = { "plain", "usage: plain\n", NULL,
    few, sizeof(few) / sizeof(few[0]), NULL, 0, 1, 2, "one FILE or two",
    false };
static const struct cli_command	stops = { "stops", "usage: stops\n", NULL,
    few, sizeof(few) / sizeof(few[0]), NULL, 0, 0, 99, NULL, true };

/* What is refused, and what is said about it. */
static const struct {
	const struct cli_command *c;
	const char	*line;		/* words; "%" is an empty one */
	const char	*says;
} bad[] = {
	{ &with_verbs, "", "one of list, add, drop" },
	{ &with_verbs, "--data d", "one of list, add, drop" },
	{ &with_verbs, "steal --data d", "\"steal\" is none of list" },
	{ &with_verbs, "% --data d", "\"\" is none of list" },
	{ &with_verbs, "lis --data d", "\"lis\" is none of list" },
	{ &with_verbs, "list", "list needs --data DIR" },
	{ &with_verbs, "list --data", "--data DIR: the value is missing" },
	{ &with_verbs, "list --data %", "--data DIR is empty" },
	{ &with_verbs, "list --data=", "--data DIR is empty" },
	{ &with_verbs, "list --data d --data e", "--data is given twice" },
	{ &with_verbs, "list --data d --json --json",
	    "--json is given twice" },
	{ &with_verbs, "list --data d --json=1", "--json takes no value" },
	{ &with_verbs, "list --data d --help=1", "--help takes no value" },
	{ &with_verbs, "list --data d --color", "no option \"--color\"" },
	{ &with_verbs, "list --data d --color=red",
	    "no option \"--color=red\"" },
	{ &with_verbs, "list --data d -j", "no option \"-j\"" },
	{ &with_verbs, "list --data d -xyz", "no option \"-x\"" },
	{ &with_verbs, "list --data d -h", "no option \"-h\"" },
	{ &with_verbs, "list --data d -\033[2J", "no option \"-?\"" },
	{ &with_verbs, "list --data d --=d", "no option \"--=d\"" },
	{ &with_verbs, "list --data d --\033[2J",
	    "no option \"--\xef\xbf\xbd[2J\"" },
	{ &with_verbs, "list --data d --n", "no option \"--n\"" },
	{ &with_verbs, "list --data d more", "list takes nothing more" },
	{ &with_verbs, "list --data d -- --json", "list takes nothing more" },
	{ &with_verbs, "list --data d --format xml",
	    "--format: \"xml\" is none of csv|jsonl" },
	{ &with_verbs, "list --data d --format csv|jsonl", "is none of" },
	{ &with_verbs, "list --data d --format cs", "is none of" },
	{ &with_verbs, "list --data d --days 3", "list has no --days" },
	{ &with_verbs, "list --data d --name n", "list has no --name" },
	{ &with_verbs, "add f --data d --name n --format csv",
	    "add has no --format" },
	{ &with_verbs, "add f --data d", "add needs --name NAME" },
	{ &with_verbs, "add --data d --name n", "add takes one FILE" },
	{ &with_verbs, "add f g --data d --name n", "add takes one FILE" },
	{ &with_verbs, "drop a b c --data d", "two FILEs at the most" },
	{ &with_verbs, "drop --data d --days 0",
	    "--days is a whole number from 1 to 3660" },
	{ &with_verbs, "drop --data d --days 3661", "whole number" },
	{ &with_verbs, "drop --data d --days -1", "whole number" },
	{ &with_verbs, "drop --data d --days +1", "whole number" },
	{ &with_verbs, "drop --data d --days 0x10", "whole number" },
	{ &with_verbs, "drop --data d --days 1.0", "whole number" },
	{ &with_verbs, "drop --data d --days 1e3", "whole number" },
	{ &with_verbs, "drop --data d --days 007", "whole number" },
	{ &with_verbs, "drop --data d --days many", "whole number" },
	{ &with_verbs, "drop --data d --days 18446744073709551617",
	    "whole number" },
	{ &with_verbs, "drop --data d --days 9223372036854775808",
	    "whole number" },
	{ &with_verbs, "list --data d --at yesterday",
	    "--at: \"yesterday\" is no time like" },
	{ &with_verbs, "list --data d --at 2026-13-01", "is no time like" },
	{ &with_verbs, "list --data d --node a --node b --node c --node d",
	    "--node is given more than 3 times" },
	{ &plain, "", "it takes one FILE or two" },
	{ &plain, "a b c", "it takes one FILE or two" },
	{ &plain, "a --data d", "no option \"--data\"" },
};

/* Words of a line as argv, with a name before them; the line is cut up. */
static int
words(char *line, char **argv)
{
	static char	 name[] = "cmd", empty[] = "";
	char		*w, *save = NULL, *p = line;
	int		 n = 0;

	argv[n++] = name;
	for (; (w = strtok_r(p, " ", &save)) != NULL; p = NULL) {
		assert_true(n < 31);
		argv[n++] = strcmp(w, "%") == 0 ? empty : w;
	}
	argv[n] = NULL;
	return n;
}

/* What is said on fd meanwhile; the caller frees it. */
static int	saved = -1, said_fd = -1;

static void
listen_to(int fd)
{
	char	path[] = "/tmp/sealreg-cli-XXXXXX";

	(void)fflush(NULL);
	saved = dup(fd);
	said_fd = mkstemp(path);
	assert_true(said_fd != -1);
	(void)unlink(path);
	assert_int_equal(dup2(said_fd, fd), fd);
}

static void
heard(int fd, char out[8192])
{
	ssize_t	n;

	(void)fflush(NULL);
	assert_int_equal(dup2(saved, fd), fd);
	n = pread(said_fd, out, 8191, 0);
	out[n > 0 ? n : 0] = '\0';
	close(saved);
	close(said_fd);
}

static void
test_bad(void **state)
{
	struct into	 o;
	struct cli_rest	 r;
	char		 out[8192], *argv[32], *line;
	bool		 good;
	size_t		 i;
	int		 n;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&o, 0, sizeof(o));
		line = strdup(bad[i].line);
		n = words(line, argv);
		listen_to(STDERR_FILENO);
		good = cli_options(bad[i].c, n, argv, &o, &r);
		heard(STDERR_FILENO, out);
		if (good || r.status != EXIT_USAGE ||
		    strstr(out, bad[i].says) == NULL ||
		    strstr(out, " --help\".\n") == NULL ||
		    strchr(out, '\033') != NULL)
			fail_msg("\"%s\": %d, said %s", bad[i].line, good,
			    out);
		free(line);
	}
}

/* A word of any length is not repeated whole. */
static void
test_long(void **state)
{
	static char	 word[100000], list[] = "list";
	char		 out[8192], name[] = "cmd";
	char		*argv[] = { name, list, word, NULL };
	struct into	 o;
	struct cli_rest	 r;

	(void)state;
	memset(&o, 0, sizeof(o));
	memset(word, 'w', sizeof(word) - 1);
	memcpy(word, "--", 2);
	listen_to(STDERR_FILENO);
	assert_false(cli_options(&with_verbs, 3, argv, &o, &r));
	heard(STDERR_FILENO, out);
	assert_true(strlen(out) < 200);
}

static void
test_good(void **state)
{
	static char	 a[] = "--node x/ add --days=3660 f --name n --data d "
			    "--node y --at 2026-11-21T10:00:00+08:00 --json";
	static char	 b[] = "drop --data d -- --json -";
	struct into	 o = { .days = 30 };
	struct cli_rest	 r;
	char		*argv[32];
	int		 n;

	(void)state;
	n = words(a, argv);
	assert_true(cli_options(&with_verbs, n, argv, &o, &r));
	assert_string_equal(r.verb->name, "add");
	assert_int_equal(r.n, 1);
	assert_string_equal(r.v[0], "f");
	assert_string_equal(o.data, "d");
	assert_string_equal(o.name, "n");
	assert_null(o.format);
	assert_int_equal(o.days, 3660);
	assert_true(o.json && o.at.given);
	assert_int_equal(o.at.at, 1795226400);
	assert_int_equal(o.node.n, 2);
	assert_string_equal(o.node.item[0], "x/");
	assert_string_equal(o.node.item[1], "y");

	/* Again, by the presets; behind "--" all are operands. */
	o = (struct into){ .days = 30 };
	n = words(b, argv);
	assert_true(cli_options(&with_verbs, n, argv, &o, &r));
	assert_int_equal(o.days, 30);
	assert_false(o.json);
	assert_int_equal(r.n, 2);
	assert_string_equal(r.v[0], "--json");
	assert_string_equal(r.v[1], "-");
}

/* What follows a command's name belongs to that, and can be read then. */
static void
test_stops(void **state)
{
	static char	 line[] = "--json other --name n --data d list";
	struct into	 o = { .json = false };
	struct cli_rest	 r, inner;
	char		*argv[32];
	int		 n;

	(void)state;
	n = words(line, argv);
	assert_true(cli_options(&stops, n, argv, &o, &r));
	assert_true(o.json);
	assert_null(o.name);
	assert_int_equal(r.n, 6);
	assert_string_equal(r.v[0], "other");
	memset(&o, 0, sizeof(o));
	listen_to(STDERR_FILENO);
	assert_false(cli_options(&with_verbs, r.n, r.v, &o, &inner));
	heard(STDERR_FILENO, (char[8192]){ "" });
	assert_string_equal(o.data, "d");
	assert_int_equal(inner.status, EXIT_USAGE);	/* list has no --name */
}

static void
test_help(void **state)
{
	static const char	want[] =
	    "usage: thing\n"
	    "\n"
	    "  list                what there is\n"
	    "  add                 one more\n"
	    "\n"
	    "  --data DIR          the folder\n"
	    "  --format csv|jsonl  how it is written\n"
	    "\n"
	    "about adding:\n"
	    "  --name NAME         who it is\n"
	    "  --days N            how long it is to be good, which is told "
	    "here in a\n"
	    "                      sentence that does not fit into one line\n"
	    "  --at TIME           since when\n"
	    "  --node DIR          repeated\n"
	    "  --json              for programs\n"
	    "\n"
	    "exit status: 0\n";
	static char		line[] = "add --help --no-such";
	struct into		o;
	struct cli_rest		r;
	char			out[8192], *argv[32];
	bool			good;
	int			n = words(line, argv);

	(void)state;
	memset(&o, 0, sizeof(o));
	listen_to(STDOUT_FILENO);
	good = cli_options(&with_verbs, n, argv, &o, &r);
	heard(STDOUT_FILENO, out);
	assert_false(good);
	assert_int_equal(r.status, 0);
	assert_string_equal(out, want);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_bad), cmocka_unit_test(test_long),
		cmocka_unit_test(test_good), cmocka_unit_test(test_stops),
		cmocka_unit_test(test_help)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
