#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/tm.h"
#include "ca/x509.h"
#include "registry/cmd/cli.h"
#include "registry/cmd.h"

#define OPTIONS		40	/* of one command */
#define FIRST		256	/* getopt's number of the first: no letter */
#define SAID		64	/* octets of a wrong word that are repeated */

void
cli_print_json(json_t *j)
{
	char	*text = json_dumps(j, JSON_COMPACT);

	printf("%s\n", text);
	free(text);
	json_decref(j);
}

int
cli_fail(const struct err *e)
{

	fprintf(stderr, "sealreg: %s [%s]\n", e->text, e->id);
	return EXIT_NOT_VALID;
}

int
cli_usage(const char *command, const char *fmt, ...)
{
	va_list	 ap;

	fprintf(stderr, "sealreg %s: ", command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry \"sealreg %s --help\".\n", command);
	return EXIT_USAGE;
}

/* What somebody typed, safe to show and not long. */
static const char *
shown(const char *text, char out[3 * SAID + 1])
{
	size_t	n = strlen(text);

	x509_safe_text(text, n < SAID ? n : SAID, out, 3 * SAID + 1);
	return out;
}

/* Is word among words, which end with one of separator? */
static bool
is_among(const char *words, char separator, const char *word)
{
	const size_t	 n = strlen(word);
	const char	*p, *end;

	for (p = words; n > 0; p = end + 1) {
		end = strchrnul(p, separator);
		if ((size_t)(end - p) == n && memcmp(p, word, n) == 0)
			return true;
		if (*end == '\0')
			break;
	}
	return false;
}

/* ---- help */

/* "  --data DIR", or the name of a verb. */
static void
put_name(struct buf *b, const char *dashes, const char *name,
    const char *value)
{
	buf_printf(b, "  %s%s%s%s", dashes, name, value != NULL ? " " : "",
	    value != NULL ? value : "");
}

/* One entry: its help stands in a column, in lines of up to 79. */
static void
put_entry(struct buf *b, size_t begin, size_t column, const char *help)
{
	const char	*p, *end;
	size_t		 at = b->len - begin;

	if (at + 2 > column) {
		buf_puts(b, "\n");
		at = 0;
	}
	for (p = help; *p != '\0'; p = end + (*end != '\0')) {
		end = strchrnul(p, ' ');
		if (at > column && at + 1 + (size_t)(end - p) > 79) {
			buf_puts(b, "\n");
			at = 0;
		}
		if (at > column) {
			buf_puts(b, " ");
			at++;
		}
		for (; at < column; at++)
			buf_puts(b, " ");
		buf_put(b, p, (size_t)(end - p));
		at += (size_t)(end - p);
	}
	buf_puts(b, "\n");
}

/* Where helps begin: after the longest name that is not too long. */
static size_t
column_of(const struct cli_command *c)
{
	const struct cli_option	*o;
	size_t			 i, n, most = 10;

	for (i = 0; i < c->noptions; i++) {
		o = &c->options[i];
		if (o->kind == CLI_HEADING)
			continue;
		n = strlen(o->name) + 6 +
		    (o->value != NULL ? strlen(o->value) + 1 : 0);
		if (n > most && n <= 26)
			most = n;
	}
	return most;
}

void
cli_help(const struct cli_command *c)
{
	const size_t		 column = column_of(c);
	const struct cli_option	*o;
	struct buf		 b;
	size_t			 i, begin;

	buf_init(&b, 1u << 16);
	buf_printf(&b, "%s\n", c->usage);
	for (i = 0; i < c->nverbs; i++) {
		begin = b.len;
		if (c->verbs[i].help == NULL)
			continue;
		put_name(&b, "", c->verbs[i].name, NULL);
		put_entry(&b, begin, column, c->verbs[i].help);
	}
	if (c->nverbs > 0)
		buf_puts(&b, "\n");
	for (i = 0; i < c->noptions; i++) {
		o = &c->options[i];
		begin = b.len;
		if (o->kind == CLI_HEADING) {
			buf_printf(&b, "%s%s\n", i > 0 ? "\n" : "", o->help);
			continue;
		}
		put_name(&b, "--", o->name, o->value);
		put_entry(&b, begin, column, o->help);
	}
	if (c->end != NULL)
		buf_printf(&b, "\n%s", c->end);
	(void)fwrite(b.p, 1, b.len, stdout);
	buf_fini(&b);
}

/* ---- options */

static int
take_number(const struct cli_command *c, const struct cli_option *o,
    const char *text, int64_t *out)
{
	struct cursor	cur = cursor_of(text, strlen(text));
	uint64_t	n;

	if (!take_decimal(&cur, &n) || cursor_left(&cur) > 0 ||
	    n > INT64_MAX || (int64_t)n < o->min || (int64_t)n > o->max)
		return cli_usage(c->name, "--%s is a whole number from %" PRId64
		    " to %" PRId64, o->name, o->min, o->max);
	*out = (int64_t)n;
	return 0;
}

static int
take_item(const struct cli_command *c, const struct cli_option *o,
    const char *text, struct cli_list *l)
{
	assert(o->max > 0 && o->max <= LIMIT_CLI_LIST);
	if (l->n >= (size_t)o->max)
		return cli_usage(c->name, "--%s is given more than %" PRId64
		    " times", o->name, o->max);
	l->item[l->n++] = text;
	return 0;
}

/* A folder that is given as "dir/" is "dir". */
static void
trim(char *dir)
{
	size_t	 n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		dir[--n] = '\0';
}

static int
take_value(const struct cli_command *c, const struct cli_option *o,
    char *text, void *at)
{
	char			 said[3 * SAID + 1];
	struct cli_time		*t = at;

	if (o->kind != CLI_FLAG && *text == '\0')
		return cli_usage(c->name, "--%s %s is empty", o->name,
		    o->value);
	switch (o->kind) {
	case CLI_HEADING:
		break;
	case CLI_FLAG:
		*(bool *)at = true;
		break;
	case CLI_WORD:
		if (!is_among(o->value, '|', text))
			return cli_usage(c->name, "--%s: \"%s\" is none of "
			    "%s", o->name, shown(text, said), o->value);
		*(const char **)at = text;
		break;
	case CLI_FOLDER:
		trim(text);
		*(const char **)at = text;
		break;
	case CLI_TEXT:
		*(const char **)at = text;
		break;
	case CLI_NUMBER:
		return take_number(c, o, text, at);
	case CLI_TIME:
		if (!tm_parse(text, &t->at))
			return cli_usage(c->name, "--%s: \"%s\" is no time "
			    "like 2026-11-21T10:00:00+08:00", o->name,
			    shown(text, said));
		t->given = true;
		break;
	case CLI_LIST:
		return take_item(c, o, text, at);
	}
	return 0;
}

/* The table as getopt(3) has it, with --help; how says what stops it. */
static void
make_long(const struct cli_command *c, struct option names[OPTIONS + 2])
{
	size_t	i, n = 0;

	assert(c->noptions <= OPTIONS);
	memset(names, 0, (OPTIONS + 2) * sizeof(names[0]));
	for (i = 0; i < c->noptions; i++)
		if (c->options[i].kind != CLI_HEADING)
			names[n++] = (struct option){ c->options[i].name,
			    c->options[i].kind == CLI_FLAG ? no_argument :
			    required_argument, NULL, FIRST + (int)i };
	names[n] = (struct option){ "help", no_argument, NULL, 'h' };
}

/* getopt's "?": an option that is none, or that takes no value. */
static int
say_unknown(const struct cli_command *c, char **argv)
{
	char	said[3 * SAID + 1];
	int	i = optopt - FIRST;

	if (i >= 0 && (size_t)i < c->noptions)
		return cli_usage(c->name, "--%s takes no value",
		    c->options[i].name);
	if (strncmp(argv[optind - 1], "--help=", 7) == 0)
		return cli_usage(c->name, "--help takes no value");
	if (optopt > 0 && optopt < FIRST)
		return cli_usage(c->name, "no option \"-%c\"",
		    optopt > ' ' && optopt < 127 ? optopt : '?');
	return cli_usage(c->name, "no option \"%s\"",
	    shown(argv[optind - 1], said));
}

/* 0, or the status with which the command ends; *help: it is wanted. */
static int
take_all(const struct cli_command *c, int argc, char **argv, void *into,
    bool given[OPTIONS], bool *help)
{
	struct option		 names[OPTIONS + 2];
	const struct cli_option	*o;
	int			 g, rc = 0;

	make_long(c, names);
	optind = 0;		/* forget every command line before */
	opterr = 0;
	while (rc == 0 && (g = getopt_long(argc, argv, c->stops ? "+:" : ":",
	    names, NULL)) != -1) {
		if (g == 'h') {
			*help = true;
			break;
		}
		if (g == '?')
			return say_unknown(c, argv);
		o = &c->options[(g == ':' ? optopt : g) - FIRST];
		if (g == ':')
			return cli_usage(c->name, "--%s %s: the value is "
			    "missing", o->name, o->value);
		if (given[o - c->options] && o->kind != CLI_LIST)
			return cli_usage(c->name, "--%s is given twice",
			    o->name);
		given[o - c->options] = true;
		rc = take_value(c, o, optarg, (char *)into + o->at);
	}
	return rc;
}

/* ---- what goes together */

static int
take_verb(const struct cli_command *c, struct cli_rest *r)
{
	char		 said[3 * SAID + 1], all[256] = "";
	struct buf	 b;
	size_t		 i;

	for (i = 0; i < c->nverbs; i++)
		if (r->n > 0 && strcmp(r->v[0], c->verbs[i].name) == 0) {
			r->verb = &c->verbs[i];
			r->v++;
			r->n--;
			return 0;
		}
	buf_init(&b, sizeof(all) - 1);
	for (i = 0; i < c->nverbs; i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", c->verbs[i].name);
	memcpy(all, b.p, b.len);
	buf_fini(&b);
	if (r->n == 0)
		return cli_usage(c->name, "one of %s", all);
	return cli_usage(c->name, "\"%s\" is none of %s",
	    shown(r->v[0], said), all);
}

static int
check_operands(const struct cli_command *c, const struct cli_rest *r)
{
	const int	 min = r->verb != NULL ? r->verb->min : c->min;
	const int	 max = r->verb != NULL ? r->verb->max : c->max;
	const char	*what = r->verb != NULL ? r->verb->operands :
			    c->operands;

	if (r->n >= min && r->n <= max)
		return 0;
	if (what == NULL)
		what = "nothing more";
	return r->verb != NULL ? cli_usage(c->name, "%s takes %s",
	    r->verb->name, what) : cli_usage(c->name, "it takes %s", what);
}

static int
check_given(const struct cli_command *c, const struct cli_verb *verb,
    const bool given[OPTIONS])
{
	const struct cli_option	*o;
	const char		*who = verb != NULL ? verb->name : "it";
	bool			 fits;

	for (o = c->options; o < c->options + c->noptions; o++) {
		fits = o->verbs == NULL || (verb != NULL &&
		    is_among(o->verbs, ' ', verb->name));
		if (given[o - c->options] && !fits)
			return cli_usage(c->name, "%s has no --%s", who,
			    o->name);
		if (!given[o - c->options] && fits && o->required)
			return cli_usage(c->name, "%s needs --%s %s", who,
			    o->name, o->value);
	}
	return 0;
}

bool
cli_options(const struct cli_command *c, int argc, char **argv, void *into,
    struct cli_rest *rest)
{
	bool	given[OPTIONS] = { false }, help = false;

	memset(rest, 0, sizeof(*rest));
	rest->status = take_all(c, argc, argv, into, given, &help);
	if (help)
		cli_help(c);
	if (rest->status != 0 || help)
		return false;
	rest->v = c->stops ? argv : argv + optind;
	rest->n = c->stops ? 1 : argc - optind;
	if (c->verbs != NULL)
		rest->status = take_verb(c, rest);
	rest->v = c->stops ? argv + optind : rest->v;
	rest->n = c->stops ? argc - optind : rest->n;
	if (rest->status == 0)
		rest->status = check_operands(c, rest);
	if (rest->status == 0)
		rest->status = check_given(c, rest->verb, given);
	return rest->status == 0;
}
