#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "registry/cmd.h"
#include "registry/cmd/cli.h"
#include "registry/cmd/verify_args.h"
#include "registry/judge/many.h"
#include "registry/judge/verify_ask.h"
#include "signing/offered.h"
#include "sync/note.h"

static int
usage(void)
{
	fputs(
"usage: sealreg verify FILE --trust FILE [--node URL] [--policy FILE]\n"
"           [--intermediates FILE] [--at TIME] [--json] [--lang zh|en]\n"
"           [--original FILE] [--html OUT] [--pdf OUT] [--evidence OUT]\n"
"       sealreg verify FILE|FOLDER ... [--list FILE] --trust FILE\n"
"           [--node URL] [--policy FILE] [--intermediates FILE]\n"
"           [--at TIME] [--json] [--lang zh|en] [--html FOLDER]\n"
"           [--pdf FOLDER] [--evidence FOLDER] [--jobs N] [--apart]\n"
"       sealreg verify --replay EVIDENCE [FILE] [--original FILE]\n"
"           [--trust FILE] [--policy FILE] [--intermediates FILE]\n"
"           [--at TIME] [--json] [--lang zh|en] [--html OUT]\n"
"           [--pdf OUT]\n\n"
"Report on a seal, a stamp, an OFD or a PDF, rule by rule: formats, signatures,\n"
"what they cover, certificates, dates, and what the register says of the seal at\n"
"the time of stamping, with proof.\n\n"
"  --trust FILE      the list that is believed\n"
"  --node URL        is asked, and need not be believed\n"
"  --policy FILE     what is put up with (YAML, docs/verify.md)\n"
"  --intermediates FILE\n"
"                    a certificate that did not come with the file, and is not\n"
"                    believed itself: one that may lead to an authority of the\n"
"                    list, as the cross certificate of a rollover, or the\n"
"                    signer's own (DER or PEM; may be repeated)\n"
"  --at TIME         judge for another moment (RFC 3339)\n"
"  --original FILE   what a stamp that comes alone is over\n"
"  --html OUT        write the report as a page, too\n"
"  --pdf OUT         write it for paper, too\n"
"  --evidence OUT    keep what the report was made from\n"
"  --replay EVIDENCE judge again from that alone, offline\n\n"
"Many files, and all in folders (names that begin with a dot are left out), get\n"
"a line each in the order in which they were given: text, or JSON with --json;\n"
"--html, --pdf and --evidence then name folders. One bad file stops nothing, and\n"
"the exit status is that of the worst; 3 where no file is there at all.\n\n"
"  --list FILE       files and folders, a line each; \"-\": standard input\n"
"  --null            they end with NUL instead (find -print0)\n"
"  --batch           lines, also for one file\n"
"  --jobs N          so many readers; the processors unless it is said\n"
"  --apart           a reader of its own for each file, which takes longer\n\n"
"Exit status: 0 valid; 1 known not valid; 2 wrong usage; 3 cannot tell;\n"
"4 a proof or the trust list does not hold.\n", stdout);
	return 0;
}

static bool
complain(const char *what)
{
	return cli_usage("verify", "%s", what) == 0;
}

static bool
take_jobs(const char *text, struct verify_args *a)
{
	struct cursor	c = cursor_of(text, strlen(text));
	uint64_t	n;

	if (!take_decimal(&c, &n) || cursor_left(&c) != 0 || n == 0 ||
	    n > LIMIT_MANY_JAILS)
		return false;
	a->jobs = (unsigned)n;
	return true;
}

/* One option, which arg began with; false: it is wrong. */
static bool
take(int c, const char *arg, struct verify_args *a)
{
	switch (c) {
	case 'h':
		a->help = true;
		return true;
	case 'j':
		a->json = true;
		return true;
	case 't':
		a->trust = optarg;
		return true;
	case 'n':
		a->node = optarg;
		return true;
	case 'p':
		a->policy = optarg;
		return true;
	case 'H':
		a->html = optarg;
		return true;
	case 'P':
		a->pdf = optarg;
		return true;
	case 'i':
		if (a->nintermediates == LIMIT_POLICY_INTERMEDIATES)
			return complain("too many --intermediates");
		a->intermediates[a->nintermediates++] = optarg;
		return true;
	case 'e':
		a->evidence = optarg;
		return true;
	case 'o':
		a->original = optarg;
		return true;
	case 'r':
		a->replay = optarg;
		return true;
	case 'L':
		a->list = optarg;
		return true;
	case '0':
		a->null = true;
		return true;
	case 'b':
		a->batch = true;
		return true;
	case 'A':
		a->apart = true;
		return true;
	case 'J':
		return take_jobs(optarg, a) ||
		    complain("--jobs is 1 to 64");
	case 'a':
		a->has_at = true;
		return tm_parse(optarg, &a->at) ||
		    complain("--at is no time (RFC 3339, or a date)");
	case 'l':
		return rule_lang_from_word(optarg, &a->lang) ||
		    complain("--lang is zh or en");
	case ':':
		return cli_usage("verify", "%s needs a value", arg) == 0;
	default:
		return cli_usage("verify", "there is no option %s",
		    arg) == 0;
	}
}

static bool
is_folder(const char *path)
{
	struct stat	st;

	return path != NULL && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* False: they are wrong. */
static bool
read_args(int argc, char **argv, struct verify_args *a)
{
	static const struct option	options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "trust", required_argument, NULL, 't' },
		{ "node", required_argument, NULL, 'n' },
		{ "policy", required_argument, NULL, 'p' },
		{ "intermediates", required_argument, NULL, 'i' },
		{ "at", required_argument, NULL, 'a' },
		{ "lang", required_argument, NULL, 'l' },
		{ "html", required_argument, NULL, 'H' },
		{ "pdf", required_argument, NULL, 'P' },
		{ "evidence", required_argument, NULL, 'e' },
		{ "replay", required_argument, NULL, 'r' },
		{ "original", required_argument, NULL, 'o' },
		{ "list", required_argument, NULL, 'L' },
		{ "null", no_argument, NULL, '0' },
		{ "batch", no_argument, NULL, 'b' },
		{ "apart", no_argument, NULL, 'A' },
		{ "jobs", required_argument, NULL, 'J' },
		{ NULL, 0, NULL, 0 }
	};
	int				c;

	memset(a, 0, sizeof(*a));
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1)
		if (!take(c, argv[optind - 1], a))
			return false;
	a->paths = argv + optind;
	a->npaths = (size_t)(argc - optind);
	if (a->npaths > 0)
		a->file = argv[optind];
	if (a->npaths > 1 || a->list != NULL || is_folder(a->file))
		a->batch = true;
	if (a->help)
		return true;
	if (a->original != NULL && (a->batch || a->file == NULL))
		return complain("--original is for one file, a stamp that "
		    "comes alone");
	if (a->replay != NULL)
		return (a->node == NULL && a->evidence == NULL && !a->batch) ||
		    complain("--replay asks nobody, makes no evidence, and "
		    "takes one file at most");
	if (!a->batch && (a->null || a->apart || a->jobs != 0))
		return complain("--null, --apart and --jobs are for many "
		    "files");
	if (a->file == NULL && a->list == NULL)
		return complain("which FILE?");
	return a->trust != NULL || complain("--trust FILE is missing: the "
	    "list of whom you believe");
}

/* Everything that a run holds. */
struct work {
	struct trust	*trust;
	struct policy	 policy;
	bool		 brought;	/* that of evidence, by a list of
					 * the command line */
	struct evidence	 ev;
	struct report	 report;
	struct report_part kept;	/* the evidence's own time-stamp */
	uint8_t		*file, *original;
	size_t		 len, original_len;
};

static void
work_fini(struct work *w)
{
	report_fini(&w->report);
	report_part_fini(&w->kept);
	evidence_fini(&w->ev);
	policy_fini(&w->policy);
	trust_free(w->trust);
	free(w->file);
	free(w->original);
}

static int
parse_trust(struct work *w, struct octets text, bool keep, struct err *e)
{
	struct err	why = ERR_INIT;
	int		rc;

	if ((rc = trust_parse(text, NULL, &w->trust, &why)) != 0)
		return err_set_id(e, (enum err_code)rc, why.id, "what is "
		    "believed is no trust list: %s", why.text);
	if (w->policy.max_age > 0 && (!w->brought ||
	    w->policy.max_age < w->trust->max_age))
		w->trust->max_age = w->policy.max_age;
	if (keep) {
		free(w->ev.trust);
		w->ev.trust = xstrndup((const char *)text.p, text.len);
	}
	return 0;
}

/* The list of the command line, or the one in the evidence. */
static int
load_trust(const struct verify_args *a, struct work *w, struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n = 0;
	int	 rc;

	if (a->trust == NULL)
		return parse_trust(w, OCTETS(w->ev.trust,
		    strlen(w->ev.trust)), false, e);
	if ((rc = file_read(a->trust, LIMIT_NOTE, &p, &n, e)) == 0)
		rc = parse_trust(w, OCTETS(p, n), true, e);
	free(p);
	return rc;
}

static int
load_evidence(const struct verify_args *a, struct work *w, struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n = 0;
	int	 rc;

	if (a->replay == NULL)
		return 0;
	if ((rc = file_read(a->replay, LIMIT_EVIDENCE, &p, &n, e)) == 0)
		rc = evidence_read(OCTETS(p, n), &w->ev, e);
	free(p);
	return rc;
}

/* The policy of the command line, or the one in the evidence. */
static int
load_policy(const struct verify_args *a, struct work *w, struct err *e)
{
	size_t	i;
	int	rc = 0;

	if (a->policy != NULL) {
		rc = policy_load(a->policy, &w->policy, e);
	} else {
		w->policy = w->ev.policy;
		memset(&w->ev.policy, 0, sizeof(w->ev.policy));
		/* That is for whoever judges to say, not for who brings it. */
		w->policy.evidence_without_lists = false;
		/* Whoever names a trust list believes that one. */
		w->brought = a->replay != NULL && a->trust != NULL;
		if (w->brought)
			policy_distrust(&w->policy);
	}
	for (i = 0; i < a->nintermediates && rc == 0; i++)
		rc = policy_add_intermediate(&w->policy, a->intermediates[i],
		    e);
	return rc;
}

/* 0, or the exit status of what is not there or not right. */
static int
load(const struct verify_args *a, struct work *w, struct err *e)
{
	if (load_evidence(a, w, e) != 0 || load_policy(a, w, e) != 0)
		return EXIT_USAGE;
	offered_set(w->policy.intermediates, w->policy.nintermediates);
	if (load_trust(a, w, e) != 0)
		return e->code == ERR_IO || e->code == ERR_NOTFOUND ?
		    EXIT_USAGE : EXIT_PROOF;
	if (a->file != NULL && !a->batch && file_read(a->file, LIMIT_MANY_FILE, &w->file,
	    &w->len, e) != 0)
		return EXIT_USAGE;
	if (a->original != NULL && file_read(a->original, LIMIT_MANY_FILE,
	    &w->original, &w->original_len, e) != 0)
		return EXIT_USAGE;
	return 0;
}

static int
judge(const struct verify_args *a, struct work *w, struct err *e)
{
	struct verify_ask	ask = { .trust = w->trust,
				    .policy = &w->policy,
				    .has_at = a->has_at, .at = a->at,
				    .now = tm_now(),
				    .original = OCTETS(w->original,
				    w->original_len),
				    .pictures = a->html != NULL ||
				    a->pdf != NULL };
	int			rc;

	if (a->replay != NULL) {
		if ((rc = verify_replay(OCTETS(w->file, w->len), &ask, &w->ev,
		    &w->report, e)) == 0)
			verify_evidence(&w->ev, &ask, &w->kept);
		return rc;
	}
	return verify_file(OCTETS(w->file, w->len), &ask, a->node, &w->ev,
	    &w->report, e);
}

/* On standard output, and into files. */
static int
write_all(const struct verify_args *a, struct work *w, struct err *e)
{
	struct verify_forms	f = { .html = a->html, .pdf = a->pdf,
				    .evidence = a->evidence,
				    .lang = a->lang, .node = a->node,
				    .policy = &w->policy };
	struct buf		out;

	buf_init(&out, LIMIT_REPORT);
	if (a->json)
		report_json(&w->report, &out);
	else
		report_print(&w->report, a->lang, &out);
	fwrite(out.p, 1, out.len, stdout);
	buf_fini(&out);
	return verify_forms_write(&f, &w->report, &w->ev, e);
}

/* Of the revocation lists that it was judged by. */
static void
say_lists(const struct evidence *ev)
{
	if (!ev->lists_said)
		fprintf(stderr, "evidence: revocation lists: it does not say "
		    "which it was judged by (an earlier version made it); "
		    "%zu are in it\n", ev->ncrls);
	else
		fprintf(stderr, "evidence: revocation lists: %zu of the %zu "
		    "that it was judged by are in it%s\n",
		    ev->nlists - evidence_lists_gone(ev), ev->nlists,
		    ev->nadded > 0 ? "; others are, too, and were not used" :
		    "");
}

/* Evidence that was changed after its time-stamp proves nothing. */
static int
exit_of(const struct verify_args *a, const struct work *w)
{
	const struct report_check	*c = &w->kept.checks[0];
	char				 when[TM_RFC3339_SIZE];

	if (a->replay == NULL)
		return report_exit(&w->report);
	fprintf(stderr, "evidence: time-stamp %s: %s\n",
	    check_result_word(c->result), c->detail);
	if (c->result == CHECK_PASSED && w->kept.ncerts > 0) {
		tm_rfc3339(w->kept.at, when);
		fprintf(stderr, "evidence: signed with SM2 by \"%s\" at "
		    "%s\n", w->kept.certs[0].subject != NULL ?
		    w->kept.certs[0].subject : "", when);
	}
	if (a->file == NULL)
		fprintf(stderr, "evidence: the file itself was not given: "
		    "what it says is the evidence's word\n");
	say_lists(&w->ev);
	if (a->trust == NULL)
		fprintf(stderr, "evidence: judged by the trust list in it, "
		    "which is its bringer's word; --trust says whom you "
		    "believe\n");
	if (c->result == CHECK_FAILED)
		return EXIT_PROOF;
	/* What may have been changed is no proof that it is valid. */
	return c->result == CHECK_UNKNOWN &&
	    report_exit(&w->report) == EXIT_VALID ? EXIT_UNKNOWN :
	    report_exit(&w->report);
}

int
cmd_verify(int argc, char **argv)
{
	struct work	*w = xcalloc(1, sizeof(*w));
	struct verify_args	 a;
	struct err	 e = ERR_INIT;
	int		 rc;

	if (!read_args(argc, argv, &a) || a.help) {
		free(w);
		return a.help ? usage() : EXIT_USAGE;
	}
	if (sm_init(&e) != 0)
		rc = EXIT_UNKNOWN;
	else if ((rc = load(&a, w, &e)) == 0) {
		if (a.batch)
			rc = verify_many(&a, w->trust, &w->policy,
			    w->ev.trust, &e);
		else if (judge(&a, w, &e) != 0)
			rc = e.code == ERR_INVAL ? EXIT_USAGE : EXIT_UNKNOWN;
		else if (write_all(&a, w, &e) != 0)
			rc = EXIT_USAGE;
		else
			rc = exit_of(&a, w);
	}
	if (e.code != ERR_OK)
		fprintf(stderr, "sealreg verify: %s [%s]\n", e.text, e.id);
	work_fini(w);
	free(w);
	return rc;
}
