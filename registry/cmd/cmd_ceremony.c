#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "ca/cert.h"
#include "ca/key.h"
#include "ca/share.h"
#include "registry/cmd/cli.h"
#include "registry/cmd.h"
#include "registry/found/ceremony.h"
#include "registry/found/transcript.h"

#define CONFIRM		16	/* digits of the digest that are typed */
#define LIMIT_TYPED	1024	/* octets of a line */
#define PASS_MIN	8	/* octets of a custodian's pass phrase */

struct options {
	struct cli_list	 shares;
	const char	*write, *plan, *certificate;
};

#define AT(field)	offsetof(struct options, field)

static const struct cli_option	options[] = {
	{ "share", CLI_LIST, AT(shares), "FILE",
	    "a share; - asks for its lines; repeated.  Of run: of the folder "
	    "that the plan succeeds, where that was made in a ceremony",
	    "open run", false, 0, LIMIT_SHARES },
	{ "write", CLI_TEXT, AT(write), "FILE",
	    "write the pass phrase for a service's credential, mode 0600: "
	    "whoever reads it needs no custodian", "open", false, 0, 0 },
	{ "plan", CLI_TEXT, AT(plan), "PLAN",
	    "the plan that the transcript must be of", "verify", false, 0, 0 },
	{ "certificate", CLI_TEXT, AT(certificate), "FILE",
	    "the certificate, PEM or DER, that its key must have", "verify",
	    false, 0, 0 },
};

static const struct cli_verb	verbs[] = {
	{ "check", 1, 1, "one PLAN",
	    "print every step and the digest of the plan; change nothing" },
	{ "run", 1, 1, "one PLAN",
	    "every custodian types the first 16 digits of the digest, and a "
	    "pass phrase where the share is sealed" },
	{ "open", 0, INT_MAX, NULL,
	    "bring shares together and run national, init, key or ca with "
	    "them" },
	{ "verify", 1, 1, "one TRANSCRIPT",
	    "a transcript: its signature, its plan, its key" },
};

static const struct cli_command	command = {
	.name = "ceremony",
	.usage =
    "usage: sealreg ceremony check PLAN\n"
    "       sealreg ceremony run PLAN [--share FILE|- ...]\n"
    "       sealreg ceremony open --share FILE|- ... COMMAND [OPTION ...]\n"
    "       sealreg ceremony open --share FILE|- ... --write FILE\n"
    "       sealreg ceremony verify TRANSCRIPT [--plan PLAN]\n"
    "           [--certificate FILE]\n\n"
    "Make keys whose pass phrase is split among custodians, by one reviewed\n"
    "plan, and open them again.  Off line, on a machine without swap.\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0]),
	.verbs = verbs, .nverbs = sizeof(verbs) / sizeof(verbs[0])
};

/* ---- what people type */

/* A line of standard input without its end; secret: the terminal is quiet. */
static int
type(const char *prompt, bool secret, char line[LIMIT_TYPED], struct err *e)
{
	struct termios	 old, quiet;
	bool		 tty = secret && tcgetattr(STDIN_FILENO, &old) == 0;
	bool		 good;
	size_t		 n;

	fprintf(stderr, "%s: ", prompt);
	if (tty) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tty = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
	}
	good = fgets(line, LIMIT_TYPED, stdin) != NULL;
	if (tty) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fprintf(stderr, "\n");
	}
	n = good ? strlen(line) : 0;
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	if (!good)
		return err_set_id(e, ERR_INVAL, "ceremony-refused",
		    "nothing was typed; nothing was changed");
	return 0;
}

/* The first digits of the digest, with or without spaces between them. */
static int
confirm(const struct plan *p, const struct custodian *c, struct err *e)
{
	char	hex[HEX_SIZE(SM3_LEN)], line[LIMIT_TYPED], prompt[200];
	size_t	i, k = 0;
	int	rc;

	(void)snprintf(prompt, sizeof(prompt), "%s, the first %d digits of "
	    "the digest that you have reviewed", c->name, CONFIRM);
	if ((rc = type(prompt, false, line, e)) != 0)
		return rc;
	hex_encode(p->digest, SM3_LEN, hex);
	for (i = 0; line[i] != '\0'; i++) {
		if (line[i] == ' ')
			continue;
		if (k >= CONFIRM || tolower((unsigned char)line[i]) != hex[k])
			break;
		k++;
	}
	if (line[i] != '\0' || k != CONFIRM)
		return err_set_id(e, ERR_DENIED, "ceremony-refused", "%s has "
		    "reviewed another plan, or mistyped; nothing was changed",
		    c->name);
	return 0;
}

static int
choose_pass(const struct custodian *c, char **pass, struct err *e)
{
	char	one[LIMIT_TYPED], two[LIMIT_TYPED], prompt[160];
	int	rc;

	memset(one, 0, sizeof(one));
	memset(two, 0, sizeof(two));
	(void)snprintf(prompt, sizeof(prompt), "%s, a pass phrase for your "
	    "share", c->name);
	if ((rc = type(prompt, true, one, e)) != 0 ||
	    (rc = type("once more", true, two, e)) != 0)
		goto out;
	if (strcmp(one, two) != 0 || strlen(one) < PASS_MIN)
		rc = err_set_id(e, ERR_INVAL, "ceremony-refused", "%s: the "
		    "two differ, or are shorter than %d; nothing was changed",
		    c->name, PASS_MIN);
	else
		*pass = xstrdup(one);
out:
	mem_wipe(one, sizeof(one));
	mem_wipe(two, sizeof(two));
	return rc;
}

/* ---- plans */

static int
load_plan(const char *path, struct plan **p, struct err *e)
{
	uint8_t	*text = NULL;
	size_t	 n;
	int	 rc;

	*p = NULL;
	if ((rc = file_read(path, LIMIT_PLAN, &text, &n, e)) == 0)
		rc = plan_parse(path, OCTETS(text, n), p, e);
	free(text);
	return rc;
}

static void
tell(const struct plan *p)
{
	struct buf	b;

	buf_init(&b, LIMIT_PLAN * 2);
	plan_tell(p, &b);
	printf("%.*s", (int)b.len, (char *)b.p);
	(void)fflush(stdout);
	buf_fini(&b);
}

static void
wipe_text(char *s)
{
	if (s != NULL)
		mem_wipe(s, strlen(s));
	free(s);
}

/* ---- shares */

/* Lines until an empty one. */
static int
type_share(struct buf *text, struct err *e)
{
	char	line[LIMIT_TYPED];
	int	rc;

	fprintf(stderr, "The numbered lines of a share, an empty one at the "
	    "end\n");
	while ((rc = type("line", false, line, e)) == 0 && line[0] != '\0') {
		buf_puts(text, line);
		buf_puts(text, "\n");
	}
	mem_wipe(line, sizeof(line));
	return rc;
}

static int
load_share(const char *path, struct share *s, struct err *e)
{
	struct buf	 text;
	uint8_t		*p = NULL;
	char		 pass[LIMIT_TYPED], prompt[64];
	size_t		 n = 0;
	int		 rc;

	memset(pass, 0, sizeof(pass));
	buf_init(&text, LIMIT_SHARE_TEXT);
	if (strcmp(path, "-") == 0)
		rc = type_share(&text, e);
	else if ((rc = file_read(path, LIMIT_SHARE_TEXT, &p, &n, e)) == 0)
		buf_put(&text, p, n);
	if (rc != 0 || (rc = share_parse(buf_octets(&text), s, e)) != 0 ||
	    !s->sealed)
		goto out;
	(void)snprintf(prompt, sizeof(prompt), "Pass phrase of share %u",
	    s->index);
	if ((rc = type(prompt, true, pass, e)) == 0)
		rc = share_unseal(s, pass, e);
out:
	mem_wipe(pass, sizeof(pass));
	if (p != NULL)
		mem_wipe(p, n);
	free(p);
	buf_wipe(&text);
	return rc;
}

static int
load_shares(const struct options *o, char **pass, struct err *e)
{
	struct share	s[LIMIT_SHARES];
	size_t		i;
	int		rc = 0;

	*pass = NULL;
	memset(s, 0, sizeof(s));
	for (i = 0; i < o->shares.n && rc == 0; i++)
		rc = load_share(o->shares.item[i], &s[i], e);
	if (rc == 0)
		rc = ceremony_open(s, o->shares.n, pass, e);
	mem_wipe(s, sizeof(s));
	return rc;
}

/* ---- run */

static int
run(const struct options *o, const struct plan *p, struct err *e)
{
	char	*passes[LIMIT_SHARES] = { NULL }, *before = NULL;
	bool	 again = false;
	size_t	 i;
	int	 rc = 0;

	key_protect_memory();
	tell(p);
	for (i = 0; i < p->custodians.n && rc == 0; i++)
		rc = confirm(p, plan_custodian(p, i), e);
	for (i = 0; i < p->custodians.n && rc == 0; i++)
		if (plan_custodian(p, i)->sealed)
			rc = choose_pass(plan_custodian(p, i), &passes[i], e);
	if (rc == 0 && o->shares.n > 0 &&
	    (rc = load_shares(o, &before, e)) == 0)
		keyring_give_pass(OCTETS(before, strlen(before)));
	if (rc == 0 && (rc = ceremony_run(p, passes, &again, e)) == 0)
		printf(again ? "It had been run before; the transcript was "
		    "written again: %s\n" : "Done.  The shares are written "
		    "and tried; the transcript is %s\n", p->transcript);
	keyring_give_pass(OCTETS(NULL, 0));
	wipe_text(before);
	for (i = 0; i < LIMIT_SHARES; i++)
		wipe_text(passes[i]);
	return rc;
}

static int
run_plan(const struct options *o, const char *what, const char *path,
    struct err *e)
{
	struct plan	*p;
	int		 rc;

	if ((rc = load_plan(path, &p, e)) != 0)
		return rc;
	if (strcmp(what, "check") == 0)
		tell(p);
	else if (o->shares.n > 0 && !plan_succeeds(p))
		rc = err_set_id(e, ERR_INVAL, "ceremony-plan", "the plan "
		    "succeeds no folder: there is nothing that --share opens");
	else
		rc = run(o, p, e);
	plan_free(p);
	return rc;
}

/* ---- open */

/* A command that opens keys in this very process. */
static const struct cmd *
command_of(const char *name)
{
	static const char *const	may[] = { "national", "init", "key",
	    "ca" };
	const struct cmd		*c;
	size_t				 i;

	for (i = 0; i < sizeof(may) / sizeof(may[0]); i++)
		if (strcmp(name, may[i]) == 0)
			for (c = cmd_table; c->name != NULL; c++)
				if (strcmp(c->name, name) == 0)
					return c;
	return NULL;
}

static int
run_open(const struct options *o, int argc, char **argv)
{
	const struct cmd	*c = argc > 0 ? command_of(argv[0]) : NULL;
	struct err		 e = ERR_INIT;
	char			*pass = NULL;
	int			 rc;

	if (o->shares.n == 0)
		return cli_usage("ceremony", "open needs --share FILE");
	if ((o->write == NULL) == (argc == 0) || (argc > 0 && c == NULL))
		return cli_usage("ceremony", "open runs national, init, key or "
		    "ca, or has --write FILE");
	key_protect_memory();
	if ((rc = load_shares(o, &pass, &e)) != 0 || (o->write != NULL &&
	    (rc = file_create(o->write, OCTETS(pass, strlen(pass)), 0600,
	    &e)) != 0)) {
		wipe_text(pass);
		return cli_fail(&e);
	}
	if (c != NULL) {
		keyring_give_pass(OCTETS(pass, strlen(pass)));
		rc = c->run(argc, argv);
		keyring_give_pass(OCTETS(NULL, 0));
	}
	wipe_text(pass);
	return rc;
}

/* ---- verify */

static int
check_certificate(const char *path, const struct transcript *t,
    struct err *e)
{
	struct cert	*c = NULL;
	struct buf	 der;
	uint8_t		*p = NULL, point[SM2_POINT_LEN];
	size_t		 n;
	int		 rc;

	buf_init(&der, LIMIT_CERT);
	if ((rc = file_read(path, LIMIT_CERT, &p, &n, e)) != 0 ||
	    (rc = cert_unpem(OCTETS(p, n), "CERTIFICATE", &der, e)) != 0 ||
	    (rc = cert_parse(buf_octets(&der), &c, e)) != 0 ||
	    (rc = cert_point(c, point, e)) != 0)
		goto out;
	if (!mem_equal(point, t->point, sizeof(point)))
		rc = err_set_id(e, ERR_VERIFY, "transcript-key", "the "
		    "transcript was signed by another key than that of %s",
		    path);
out:
	cert_free(c);
	free(p);
	buf_fini(&der);
	return rc;
}

static int
run_verify(const struct options *o, const char *path, struct err *e)
{
	struct transcript	 t;
	struct plan		*p = NULL;
	uint8_t			*text = NULL;
	char			 hex[HEX_SIZE(SM2_POINT_LEN)];
	size_t			 n;
	int			 rc;

	if ((rc = file_read(path, LIMIT_TRANSCRIPT, &text, &n, e)) != 0 ||
	    (rc = transcript_read(OCTETS(text, n), &t, e)) != 0)
		goto out;
	if (o->plan != NULL) {
		if ((rc = load_plan(o->plan, &p, e)) != 0)
			goto out;
		if (memcmp(p->digest, t.plan, SM3_LEN) != 0) {
			rc = err_set_id(e, ERR_VERIFY, "transcript-plan",
			    "the ceremony \"%s\" was held by another plan "
			    "than %s", t.title, o->plan);
			goto out;
		}
	}
	if (o->certificate != NULL &&
	    (rc = check_certificate(o->certificate, &t, e)) != 0)
		goto out;
	hex_encode(t.point, sizeof(t.point), hex);
	printf("Ceremony \"%s\": the transcript is as it was signed by the %s "
	    "key\n  %s\n", t.title, t.nation ? "root" : "province", hex);
	if (o->certificate == NULL)
		printf("Whose key that is, --certificate tells.\n");
out:
	plan_free(p);
	free(text);
	return rc;
}

int
cmd_ceremony(int argc, char **argv)
{
	struct cli_command	 open = command;
	struct options		 o = { .plan = NULL };
	struct cli_rest		 r;
	struct err		 e = ERR_INIT;
	const bool		 opens = argc > 1 &&
				    strcmp(argv[1], "open") == 0;
	int			 rc;

	/* What follows the name of a command to be run belongs to that. */
	open.stops = true;
	if (opens ? !cli_options(&open, argc - 1, argv + 1, &o, &r) :
	    !cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (sm_init(&e) != 0)
		return cli_fail(&e);
	if (opens)
		return run_open(&o, r.n, r.v);
	if (strcmp(r.verb->name, "open") == 0)
		return cli_usage("ceremony", "open comes first");
	rc = strcmp(r.verb->name, "verify") == 0 ? run_verify(&o, r.v[0],
	    &e) : run_plan(&o, r.verb->name, r.v[0],
	    &e);
	return rc == 0 ? 0 : cli_fail(&e);
}
