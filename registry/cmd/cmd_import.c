#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "registry/cmd/cli.h"
#include "registry/cmd.h"
#include "registry/keep/import.h"
#include "registry/json.h"

/* sealreg import: existing filings in bulk.  What it does is import.h's. */

static const char	help[] =
"usage: sealreg import --data DIR FILE [--format jsonl|csv] [--batch N]\n"
"                      [--dry-run] [--duplicates skip|refuse]\n"
"                      [--rejects FILE] [--json]\n\n"
"File existing seals in bulk into the log of a node that is stopped, from\n"
"JSON lines or CSV with a header row (docs/import.md has the fields). Each\n"
"batch is committed with its checkpoint. After an interruption the same\n"
"command goes on where the last batch ended.\n\n"
"Rows that cannot be filed are listed in FILE.rejects with line, column,\n"
"stable code and their octets; so are codes that are filed already, unless\n"
"--duplicates refuse ends the import at the first.\n\n"
"exit status: 0 every row is filed, 1 rows were refused, or it failed,\n"
"2 wrong usage\n";

struct options {
	struct import_spec	spec;
	bool			json, help, terminal;
	int64_t			last;	/* when progress was last told, ms */
};

#define TELL_MS		5000	/* between two lines where no terminal is */
#define BAR		24

static bool
take_batch(const char *s, unsigned *out)
{
	struct cursor	c = cursor_of(s, strlen(s));
	uint64_t	n;

	if (!take_decimal(&c, &n) || cursor_left(&c) != 0 || n == 0 ||
	    n > LIMIT_IMPORT_BATCH)
		return false;
	*out = (unsigned)n;
	return true;
}

static void
clock_text(double seconds, char out[32])
{
	unsigned long	s = seconds > 0 && seconds < 1e6 ?
			    (unsigned long)seconds : 0;

	(void)snprintf(out, 32, "%lu:%02lu", s / 60, s % 60);
}

/* One line that is written over at a terminal, plain lines elsewhere. */
static void
progress(void *arg, const struct import_state *s)
{
	struct options	*o = arg;
	double		 done = s->size > 0 ? (double)s->at /
			    (double)s->size : 1;
	double		 rate = s->seconds > 0 ? (double)s->here /
			    s->seconds : 0;
	char		 bar[BAR + 1], left[32];
	int		 i;

	if (o->json || (!o->terminal && !s->ended &&
	    tm_mono_ms() - o->last < TELL_MS))
		return;
	o->last = tm_mono_ms();
	clock_text(done > 0 ? s->seconds * (1 - done) / done : 0, left);
	for (i = 0; i < BAR; i++)
		bar[i] = done * BAR > i ? '#' : '.';
	bar[BAR] = '\0';
	if (o->terminal)
		fprintf(stderr, "\r[%s] %3.0f %%  line %" PRIu64
		    "  %.0f rows/s  %s left  %" PRIu64 " refused ", bar,
		    100 * done, s->line, rate, left, s->refused);
	else
		fprintf(stderr, "import: line %" PRIu64 ", %.0f %%, "
		    "%.0f rows/s, %s left, %" PRIu64 " refused\n", s->line,
		    100 * done, rate, left, s->refused);
}

static void
say_json(const struct options *o, const struct import_state *s,
    const struct err *e)
{
	struct buf	b;

	buf_init(&b, 1u << 16);
	buf_printf(&b, "{\"ended\":%s,\"resumed\":%s,\"dry_run\":%s,"
	    "\"lines\":%" PRIu64 ",\"filed\":%" PRIu64 ",\"present\":%" PRIu64
	    ",\"refused\":%" PRIu64 ",\"rows\":%" PRIu64
	    ",\"seconds\":%.3f,\"rejects\":", s->ended ? "true" : "false",
	    s->resumed ? "true" : "false",
	    o->spec.dry_run ? "true" : "false", s->line, s->filed,
	    s->present, s->refused, s->here, s->seconds);
	json_put_text(&b, o->spec.rejects);
	if (e->code != ERR_OK) {
		buf_puts(&b, ",\"error\":");
		json_put_text(&b, e->id);
		buf_puts(&b, ",\"detail\":");
		json_put_text(&b, e->text);
	}
	buf_puts(&b, "}");
	printf("%.*s\n", (int)b.len, (const char *)b.p);
	buf_fini(&b);
}

static void
say(const struct options *o, const struct import_state *s)
{
	if (o->terminal)
		fprintf(stderr, "\r%78s\r", "");
	if (s->ended && s->here == 0 && s->resumed)
		printf("This file was imported before: %" PRIu64 " filed.\n",
		    s->filed);
	else
		printf("%s%" PRIu64 " lines: %" PRIu64 " %s, %" PRIu64
		    " filed before, %" PRIu64 " refused.\n",
		    s->resumed ? "Went on where it had stopped. " : "",
		    s->line, s->filed, o->spec.dry_run ?
		    "can be filed" : "filed", s->present, s->refused);
	if (s->seconds > 0 && s->here > 0)
		printf("%" PRIu64 " rows in %.1f s, %.0f rows/s.\n", s->here,
		    s->seconds, (double)s->here / s->seconds);
	if (s->present + s->refused > 0)
		printf("%s says which, and why.\n", o->spec.rejects);
	if (o->spec.dry_run)
		printf("Nothing was written to the register.\n");
}

static bool
take_options(int argc, char **argv, struct options *o, const char **why)
{
	static const struct option	 names[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "format", required_argument, NULL, 'f' },
		{ "batch", required_argument, NULL, 'b' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "duplicates", required_argument, NULL, 'u' },
		{ "rejects", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	const char			*format = NULL;
	int				 c;

	*why = "wrong options";
	optind = 1;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'd')
			o->spec.dir = optarg;
		else if (c == 'f')
			format = optarg;
		else if (c == 'b') {
			*why = "--batch: 1 to 100000 rows";
			if (!take_batch(optarg, &o->spec.batch))
				return false;
		} else if (c == 'n')
			o->spec.dry_run = true;
		else if (c == 'u') {
			*why = "--duplicates: skip or refuse";
			o->spec.refuse = strcmp(optarg, "refuse") == 0;
			if (!o->spec.refuse && strcmp(optarg, "skip") != 0)
				return false;
		} else if (c == 'r')
			o->spec.rejects = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'h') {
			o->help = true;
			return true;
		} else {
			*why = "wrong options";
			return false;
		}
	}
	*why = "--data DIR and one FILE";
	if (o->spec.dir == NULL || argc - optind != 1)
		return false;
	o->spec.file = argv[optind];
	o->spec.format = import_format_of(format, o->spec.file);
	*why = "--format: jsonl or csv";
	return o->spec.format != IMPORT_NONE;
}

int
cmd_import(int argc, char **argv)
{
	struct options		 o;
	struct import_state	 s;
	struct err		 e = ERR_INIT;
	const char		*why;
	char			*rejects = NULL;
	int			 rc;

	memset(&o, 0, sizeof(o));
	o.spec.batch = IMPORT_BATCH;
	if (!take_options(argc, argv, &o, &why))
		return cli_usage("import", "%s", why);
	if (o.help) {
		printf("%s", help);
		return 0;
	}
	if (o.spec.rejects == NULL)
		o.spec.rejects = rejects = xasprintf("%s.rejects",
		    o.spec.file);
	o.terminal = isatty(STDERR_FILENO) == 1;
	o.last = tm_mono_ms();
	o.spec.tell = progress;
	o.spec.arg = &o;
	memset(&s, 0, sizeof(s));
	if ((rc = sm_init(&e)) == 0)
		rc = import_run(&o.spec, &s, &e);
	if (o.json)
		say_json(&o, &s, &e);
	else if (rc == 0)
		say(&o, &s);
	if (rc != 0)
		rc = cli_fail(&e);
	else if (s.refused > 0)
		rc = EXIT_NOT_VALID;
	free(rejects);
	return rc;
}
