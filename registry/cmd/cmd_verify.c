#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/tm.h"
#include "registry/cmd.h"
#include "registry/judge/verify_ask.h"
#include "sync/note.h"

#define LIMIT_VERIFY_FILE	(128u << 20)

static int
usage(FILE *f)
{
	fprintf(f, "usage: sealreg verify FILE --trust FILE [--node URL] "
	    "[--at TIME] [--json]\n                      [--lang zh|en]\n\n"
	    "Report on a seal, a stamp, an OFD or a PDF, rule by rule: "
	    "formats, signatures,\nwhat they cover, certificates, dates, and "
	    "what the register says of the seal at the\ntime of stamping, "
	    "with proof.  --trust is the list that is believed; --node is\n"
	    "asked, and need not be; --at asks about another moment.\n\n"
	    "Exit status: 0 valid; 1 known not valid; 2 wrong usage; "
	    "3 cannot tell;\n4 a proof or the trust list does not hold.\n");
	return f == stdout ? 0 : EXIT_USAGE;
}

/* Arguments of the command line. */
struct args {
	const char	*file, *trust, *node;
	bool		 has_at, json, help;
	int64_t		 at;
	enum rule_lang	 lang;
};

/* False: they are wrong. */
static bool
read_args(int argc, char **argv, struct args *a)
{
	static const struct option	options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "trust", required_argument, NULL, 't' },
		{ "node", required_argument, NULL, 'n' },
		{ "at", required_argument, NULL, 'a' },
		{ "lang", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 }
	};
	int				c;

	memset(a, 0, sizeof(*a));
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'h':
			a->help = true;
			break;
		case 'j':
			a->json = true;
			break;
		case 't':
			a->trust = optarg;
			break;
		case 'n':
			a->node = optarg;
			break;
		case 'a':
			a->has_at = true;
			if (!tm_parse(optarg, &a->at)) {
				fprintf(stderr, "sealreg verify: \"%s\" is "
				    "no time (RFC 3339, or a date)\n",
				    optarg);
				return false;
			}
			break;
		case 'l':
			if (!rule_lang_from_word(optarg, &a->lang)) {
				fprintf(stderr, "sealreg verify: --lang is "
				    "zh or en\n");
				return false;
			}
			break;
		default:
			return false;
		}
	if (optind + 1 == argc)
		a->file = argv[optind];
	return a->help || (a->file != NULL && a->trust != NULL);
}

static int
load_trust(const char *file, struct trust **t, struct err *e)
{
	uint8_t	*p = NULL;
	size_t	 n = 0;
	int	 rc;

	if ((rc = file_read(file, LIMIT_NOTE, &p, &n, e)) == 0)
		rc = trust_parse(OCTETS(p, n), NULL, t, e);
	free(p);
	return rc;
}

static int
run(const struct args *a, struct octets in, const struct trust *t)
{
	struct verify_ask	 ask = { .trust = t, .has_at = a->has_at,
				    .at = a->at, .now = tm_now() };
	struct report		*r = xcalloc(1, sizeof(*r));
	struct buf		 out;
	int			 rc;

	buf_init(&out, LIMIT_REPORT);
	verify_file(in, &ask, a->node, r);
	if (a->json)
		report_json(r, &out);
	else
		report_print(r, a->lang, &out);
	fwrite(out.p, 1, out.len, stdout);
	rc = report_exit(r);
	buf_fini(&out);
	report_fini(r);
	free(r);
	return rc;
}

int
cmd_verify(int argc, char **argv)
{
	struct trust	*t = NULL;
	struct args	 a;
	struct err	 e = ERR_INIT;
	uint8_t		*p = NULL;
	size_t		 n = 0;
	int		 rc;

	if (!read_args(argc, argv, &a))
		return usage(stderr);
	if (a.help)
		return usage(stdout);
	if (sm_init(&e) != 0) {
		rc = EXIT_UNKNOWN;
	} else if (load_trust(a.trust, &t, &e) != 0) {
		rc = e.code == ERR_IO || e.code == ERR_NOTFOUND ? EXIT_USAGE :
		    EXIT_PROOF;
	} else if (file_read(a.file, LIMIT_VERIFY_FILE, &p, &n, &e) != 0) {
		rc = EXIT_USAGE;
	} else {
		rc = run(&a, OCTETS(p, n), t);
	}
	if (e.code != ERR_OK)
		fprintf(stderr, "sealreg verify: %s [%s]\n", e.text, e.id);
	trust_free(t);
	free(p);
	return rc;
}
