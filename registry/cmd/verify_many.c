#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fetch.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/x509.h"
#include "registry/cmd.h"
#include "registry/cmd/inputs.h"
#include "registry/cmd/verify_args.h"
#include "registry/json.h"
#include "registry/judge/many.h"
#include "registry/judge/report_words.h"

#define TELL_MS		5000	/* between two lines where no terminal is */
#define BAR		24
#define LINES		(64u << 10)	/* octets of lines that wait */
#define LINES_ROOM	(1u << 20)	/* one more fits in behind them */
#define SAFE_SIZE	(3 * LIMIT_INPUTS_LINE + 1)

struct counts {
	uint64_t	 all, valid, bad, unknown, unread;
};

struct many_out {
	const struct verify_args *a;
	const struct policy	*policy;
	const char		*trust;
	struct inputs		*in;
	struct counts		 n;
	uint64_t		 total;		/* 0: not known */
	int64_t			 began, last;	/* ms */
	bool			 terminal, shown;
	int			 exit;
	struct err		 why;		/* what ended the run */
};

/* ---- progress */

static void
clear(struct many_out *o)
{
	if (o->shown)
		fprintf(stderr, "\r%78s\r", "");
	o->shown = false;
}

static void
progress(struct many_out *o)
{
	int64_t	now = tm_mono_ms();
	double	s = (double)(now - o->began) / 1000, rate, done, left;
	char	bar[BAR + 1];
	int	i;

	if (now - o->last < (o->terminal ? 200 : TELL_MS))
		return;
	o->last = now;
	rate = s > 0 ? (double)o->n.all / s : 0;
	if (o->total == 0 || o->n.all > o->total) {
		fprintf(stderr, "%s%" PRIu64 " files, %.0f a second, %" PRIu64
		    " not valid%s", o->terminal ? "\r" : "verify: ",
		    o->n.all, rate, o->n.bad, o->terminal ? " " : "\n");
	} else {
		done = (double)o->n.all / (double)o->total;
		left = rate > 0 ? (double)(o->total - o->n.all) / rate : 0;
		for (i = 0; i < BAR; i++)
			bar[i] = done * BAR > i ? '#' : '.';
		bar[BAR] = '\0';
		fprintf(stderr, "%s%s%s%s %3.0f %%  %" PRIu64 " files  %.0f/s"
		    "  %.0f:%02.0f left  %" PRIu64 " not valid%s",
		    o->terminal ? "\r[" : "verify: ",
		    o->terminal ? bar : "", o->terminal ? "]" : "", "",
		    100 * done, o->n.all, rate,
		    (double)(int64_t)(left / 60),
		    left - 60 * (double)(int64_t)(left / 60), o->n.bad,
		    o->terminal ? " " : "\n");
	}
	o->shown = o->terminal;
}

static void
summary(struct many_out *o)
{
	double	s = (double)(tm_mono_ms() - o->began) / 1000;

	clear(o);
	fprintf(stderr, "%" PRIu64 " files: %" PRIu64 " valid, %" PRIu64
	    " not valid, %" PRIu64 " cannot tell", o->n.all, o->n.valid,
	    o->n.bad, o->n.unknown);
	if (o->n.unread > 0)
		fprintf(stderr, " (%" PRIu64 " of them could not be read)",
		    o->n.unread);
	fprintf(stderr, "; %.1f s, %.0f files a second\n", s,
	    s > 0 ? (double)o->n.all / s : 0);
}

/* ---- lines */

/* The row that decides: the first that failed, else the first that cannot be
 * told; or NULL. */
static const struct report_check *
decides(const struct report *r)
{
	static const enum check_result	order[] = { CHECK_FAILED,
					    CHECK_UNKNOWN };
	const struct report_part	*p;
	size_t				 k, i, j;

	for (k = 0; k < 2; k++)
		for (i = 0; i <= r->nstamps; i++) {
			p = i == 0 ? &r->whole : &r->stamps[i - 1];
			for (j = 0; j < p->n; j++)
				if (p->checks[j].result == order[k])
					return &p->checks[j];
		}
	return NULL;
}

static void
put_text(const struct many_out *o, const struct many_file *f,
    const char *path)
{
	const struct report_check	*c;
	enum verdict			 v;
	char				 said[PHRASE_SIZE];

	if (f->report == NULL) {
		printf("%s\t%s\t%s [%s]\n", report_verdict_text(
		    VERDICT_UNKNOWN, o->a->lang), path, report_sentence(
		    f->why->text, o->a->lang, said), f->why->id);
		return;
	}
	v = report_verdict(f->report);
	printf("%s\t%s", report_verdict_text(v, o->a->lang), path);
	if (v != VERDICT_VALID && (c = decides(f->report)) != NULL)
		printf("\t%s: %s%s%s%s", c->rule->title[o->a->lang],
		    report_sentence(c->detail, o->a->lang, said),
		    c->sub != NULL ? " [" : "",
		    c->sub != NULL ? c->sub : "", c->sub != NULL ? "]" : "");
	putchar('\n');
}

static void
put_json(const struct many_file *f, const char *path)
{
	const bool	unread = f->report == NULL;
	struct buf	b;

	buf_init(&b, LIMIT_REPORT);
	buf_printf(&b, "{\"number\":%" PRIu64 ",\"file\":", f->number);
	json_put_text(&b, path);
	buf_puts(&b, ",\"verdict\":");
	json_put_text(&b, verdict_word(unread ? VERDICT_UNKNOWN :
	    report_verdict(f->report)));
	buf_puts(&b, unread ? ",\"error\":" : ",\"report\":");
	if (unread) {
		json_put_text(&b, f->why->id);
		buf_puts(&b, ",\"detail\":");
		json_put_text(&b, f->why->text);
	} else {
		report_json_line(f->report, &b);
	}
	buf_puts(&b, "}\n");
	(void)fwrite(b.p, 1, b.len, stdout);	/* ferror() tells, later */
	buf_fini(&b);
}

/* "FOLDER/000017-contract.ofd.html", or NULL. */
static char *
form_path(const char *folder, const struct many_file *f, const char *ending)
{
	const char	*name = strrchr(f->path, '/');

	if (folder == NULL)
		return NULL;
	return xasprintf("%s/%06" PRIu64 "-%.200s%s", folder, f->number,
	    name != NULL ? name + 1 : f->path, ending);
}

static int
put_forms(struct many_out *o, const struct many_file *f)
{
	const struct verify_args *a = o->a;
	char			*html = form_path(a->html, f, ".html");
	char			*pdf = form_path(a->pdf, f, ".pdf");
	char			*ev = form_path(a->evidence, f,
				    ".evidence.json");
	struct verify_forms	 forms = { .html = html, .pdf = pdf,
				    .evidence = ev, .node = a->node,
				    .policy = o->policy, .lang = a->lang };
	int			 rc;

	if (ev != NULL)
		f->ev->trust = xstrdup(o->trust);
	rc = verify_forms_write(&forms, f->report, f->ev, &o->why);
	free(html);
	free(pdf);
	free(ev);
	return rc;
}

/* Failed wins over unknown, unknown over valid; a proof that does not hold
 * over all. */
static void
count(struct many_out *o, const struct many_file *f)
{
	static const int	rank[] = { [EXIT_VALID] = 0,
				    [EXIT_UNKNOWN] = 1, [EXIT_NOT_VALID] = 2,
				    [EXIT_PROOF] = 3 };
	int			status = EXIT_UNKNOWN;

	o->n.all++;
	if (f->report != NULL)
		status = report_exit(f->report);
	else
		o->n.unread++;
	if (status == EXIT_VALID)
		o->n.valid++;
	else if (status == EXIT_NOT_VALID)
		o->n.bad++;
	else
		o->n.unknown++;
	if (rank[status] > rank[o->exit])
		o->exit = status;
}

/*
 * Who reads the lines need not be woken for each: they leave together, when
 * something is waited for, or there are many.  A signal would cut them in the
 * middle; a pipe that is not read could then not be ended, and is.
 */
static void
leave(void)
{
	struct stat	st;
	sigset_t	ends, old;

	if (__fpending(stdout) == 0)
		return;
	(void)sigemptyset(&ends);
	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode)) {
		(void)sigaddset(&ends, SIGINT);
		(void)sigaddset(&ends, SIGTERM);
		(void)sigaddset(&ends, SIGHUP);
	}
	(void)sigprocmask(SIG_BLOCK, &ends, &old);
	(void)fflush(stdout);	/* ferror() tells, later */
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
}

static int
tell(void *arg, struct many_file *f)
{
	struct many_out	*o = arg;
	char		*path = xmalloc(SAFE_SIZE);
	int		 rc = 0;

	x509_safe_text(f->path, strlen(f->path), path, SAFE_SIZE);
	count(o, f);
	clear(o);
	if (o->a->json)
		put_json(f, path);
	else
		put_text(o, f, path);
	free(path);
	/* Between two lines: a run that is ended leaves whole ones. */
	if (__fpending(stdout) >= LINES)
		leave();
	if (f->report != NULL)
		rc = put_forms(o, f);
	if (rc == 0 && ferror(stdout))
		rc = err_set(&o->why, ERR_IO, "standard output");
	progress(o);
	return rc;
}

static void
idle(void *arg)
{
	(void)arg;
	leave();
}

static char *
next(void *arg)
{
	return inputs_next(((struct many_out *)arg)->in);
}

static int
make_folders(const struct verify_args *a, struct err *e)
{
	const char	*all[] = { a->html, a->pdf, a->evidence };
	size_t		 i, k;
	int		 rc;

	for (i = 0; i < 3; i++) {
		/* Several forms may go into one. */
		for (k = 0; k < i && (all[k] == NULL || all[i] == NULL ||
		    strcmp(all[k], all[i]) != 0); k++)
			;
		if (all[i] != NULL && k == i &&
		    (rc = file_mkdir(all[i], 0755, e)) != 0)
			return rc;
	}
	return 0;
}

int
verify_many(const struct verify_args *a, const struct trust *t,
    const struct policy *policy, const char *text, struct err *e)
{
	static char	room[LINES_ROOM];	/* stdout's, to the end */
	struct many_out	o = { .a = a, .policy = policy, .trust = text,
			    .why = ERR_INIT };
	struct many	spec = { .trust = t, .policy = policy,
			    .node = a->node, .has_at = a->has_at,
			    .at = a->at, .apart = a->apart,
			    .digests = a->json || a->html != NULL ||
			    a->pdf != NULL, .evidence = a->evidence != NULL,
			    .pictures = a->html != NULL || a->pdf != NULL,
			    .next = next, .tell = tell, .idle = idle,
			    .arg = &o };
	long		processors = sysconf(_SC_NPROCESSORS_ONLN);
	int		rc;

	spec.jails = a->jobs != 0 ? a->jobs : processors < 1 ? 1 :
	    processors > LIMIT_MANY_JAILS ? LIMIT_MANY_JAILS :
	    (unsigned)processors;
	if (make_folders(a, e) != 0 || inputs_open(a->paths, a->npaths,
	    a->list, a->null, &o.in, e) != 0)
		return EXIT_USAGE;
	o.total = inputs_count(a->paths, a->npaths, a->list);
	(void)setvbuf(stdout, room, _IOFBF, sizeof(room));
	fetch_before(leave);
	o.terminal = isatty(STDERR_FILENO) == 1;
	o.began = o.last = tm_mono_ms();
	rc = many_run(&spec);
	fetch_before(NULL);
	if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		rc = err_set(&o.why, ERR_IO, "standard output");
	if (rc != 0) {
		*e = o.why;
		o.exit = EXIT_USAGE;
	} else if (o.n.all == 0) {
		/* Nothing was judged: a script must not take it for valid. */
		(void)err_set_id(e, ERR_NOTFOUND, "no-file", "no file "
		    "there: what was named holds none");
		o.exit = EXIT_UNKNOWN;
	}
	summary(&o);
	inputs_free(o.in);
	return o.exit;
}
