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

struct options {
	struct import_spec	spec;
	const char		*format, *duplicates;
	int64_t			batch;
	bool			json, terminal;
	int64_t			last;	/* when progress was last told, ms */
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	CLI_DATA(AT(spec.dir)),
	{ "format", CLI_WORD, AT(format), "jsonl|csv",
	    "of FILE; its name tells, unless it is said", NULL, false, 0, 0 },
	{ "batch", CLI_NUMBER, AT(batch), "N", "rows that are committed at "
	    "once", NULL, false, 1, LIMIT_IMPORT_BATCH },
	{ "dry-run", CLI_FLAG, AT(spec.dry_run), NULL,
	    "say what would be filed, and write nothing", NULL, false, 0, 0 },
	{ "duplicates", CLI_WORD, AT(duplicates), "skip|refuse",
	    "of codes that are filed already", NULL, false, 0, 0 },
	{ "rejects", CLI_TEXT, AT(spec.rejects), "FILE",
	    "where rows go that cannot be filed (FILE.rejects)", NULL, false,
	    0, 0 },
	CLI_JSON(AT(json)),
};

static const struct cli_command	command = {
	.name = "import",
	.usage =
"usage: sealreg import --data DIR FILE [--format jsonl|csv] [--batch N]\n"
"                      [--dry-run] [--duplicates skip|refuse]\n"
"                      [--rejects FILE] [--json]\n\n"
"File existing seals in bulk into the log of a node that is stopped, from\n"
"JSON lines or CSV with a header row (docs/import.md has the fields). Each\n"
"batch is committed with its checkpoint. After an interruption the same\n"
"command goes on where the last batch ended.\n\n"
"Rows that cannot be filed are listed in FILE.rejects with line, column,\n"
"stable code and their octets; so are codes that are filed already, unless\n"
"--duplicates refuse ends the import at the first.\n",
	.end =
"exit status: 0 every row is filed, 1 rows were refused, or it failed,\n"
"2 wrong usage\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0]),
	.min = 1, .max = 1, .operands = "one FILE"
};

#define TELL_MS		5000	/* between two lines where no terminal is */
#define BAR		24

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

int
cmd_import(int argc, char **argv)
{
	struct options		 o = { .batch = IMPORT_BATCH };
	struct import_state	 s;
	struct cli_rest		 r;
	struct err		 e = ERR_INIT;
	char			*rejects = NULL;
	int			 rc;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	o.spec.file = r.v[0];
	o.spec.batch = (unsigned)o.batch;
	o.spec.refuse = o.duplicates != NULL &&
	    strcmp(o.duplicates, "refuse") == 0;
	o.spec.format = import_format_of(o.format, o.spec.file);
	if (o.spec.format == IMPORT_NONE)
		return cli_usage("import", "--format jsonl or csv must be "
		    "said: the file's name does not tell");
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
