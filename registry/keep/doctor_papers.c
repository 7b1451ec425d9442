#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/token_conf.h"
#include "ca/token_live.h"
#include "registry/keep/backup.h"
#include "registry/keep/doctor.h"
#include "registry/node_tls.h"
#include "registry/office/office_ca.h"
#include "store/store.h"

#define DAY		86400
#define CERT_WARNING	(30 * DAY)
#define CERT_FAULT	(7 * DAY)
#define TRUST_WARNING	(14 * DAY)
#define BACKUP_WARNING	(2 * DAY)
#define DRILL_WARNING	(92 * DAY)

/* By when it ends. */
static enum doctor_level
level_of(int64_t left)
{
	return left < CERT_FAULT ? DOCTOR_FAULT : left < CERT_WARNING ?
	    DOCTOR_WARNING : DOCTOR_GOOD;
}

static void
say_end(struct doctor *d, const char *name, const char *what, int64_t left,
    const char *todo)
{
	char	span[32];

	doctor_span(left < 0 ? -left : left, span);
	doctor_say(d, name, level_of(left), left < CERT_WARNING ? todo : NULL,
	    left < 0 ? "%s ended %s ago" : "%s ends in %s", what, span);
}

static int
read_in(const struct doctor *d, const char *name, struct buf *out,
    struct err *e)
{
	char	*path = config_path(d->cf, name);
	uint8_t	*p = NULL;
	size_t	 n;
	int	 rc;

	if ((rc = file_read(path, out->max, &p, &n, e)) == 0)
		buf_put(out, p, n);
	free(p);
	free(path);
	return rc;
}

/* A folder of an earlier version has none; seals of V5 cannot do without. */
static bool
has_tsa(struct doctor *d)
{
	char	*path = config_path(d->cf, "ca/" CA_TSA_CRT);
	bool	 is = access(path, F_OK) == 0;

	free(path);
	if (!is)
		doctor_say(d, "certificate", config_is_v5(d->cf) ?
		    DOCTOR_FAULT : DOCTOR_WARNING, "stop the node, sealreg "
		    "init --data DIR --tsa, start it", "ca/" CA_TSA_CRT
		    " is not there: no time-stamps are issued [no-tsa]");
	return is;
}

/* One of an earlier version is put up with; policies may refuse it. */
static void
maker_mark(struct doctor *d, const struct cert *c)
{

	if (cert_check(c, CERT_MAKER, NULL) != 0)
		doctor_say(d, "certificate", DOCTOR_WARNING, "sealreg ca "
		    "renew maker --early --data DIR, then reload the node",
		    "ca/maker.crt is not marked as a maker's: policies may "
		    "refuse its seals [maker-unmarked]");
}

static void
certificates(struct doctor *d)
{
	static const struct {
		const char	*name, *todo;
	} names[] = {
		{ "ca/root.crt", "the national root's business" },
		{ "ca/province.crt", "sealreg ca renew province --data DIR, "
		    "then what it says" },
		{ "ca/maker.crt", "sealreg ca renew maker --data DIR, then "
		    "reload the node" },
		{ "ca/" CA_TSA_CRT, "sealreg ca renew tsa --data DIR, then "
		    "reload the node" },
	};
	struct cert	*c;
	struct buf	 b;
	struct err	 e;
	size_t		 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, "ca/" CA_TSA_CRT) == 0 && !has_tsa(d))
			continue;
		buf_init(&b, LIMIT_CERT);
		e = (struct err)ERR_INIT;
		c = NULL;
		if (read_in(d, names[i].name, &b, &e) != 0 ||
		    cert_parse(buf_octets(&b), &c, &e) != 0)
			doctor_say(d, "certificate", DOCTOR_FAULT, "restore "
			    "it from a backup", "%s: %s [%s]",
			    names[i].name, e.text, e.id);
		else
			say_end(d, "certificate", names[i].name,
			    cert_facts(c)->not_after - d->now,
			    names[i].todo);
		if (c != NULL && strcmp(names[i].name, "ca/maker.crt") == 0)
			maker_mark(d, c);
		cert_free(c);
		buf_fini(&b);
	}
}

/* Of the listeners, and what is shown to peers. */
static void
tls_files(struct doctor *d)
{
	struct node_tls	t;
	struct err	e = ERR_INIT;

	if (node_tls_load(d->cf, &t, &e) != 0)
		doctor_say(d, "tls", DOCTOR_FAULT, "put the right file in "
		    "place; serve --check says when it is", "%s [%s]", e.text,
		    e.id);
	else if (t.expires != 0)
		say_end(d, "tls", t.first, t.expires - d->now, "put a new "
		    "certificate in place and reload the node");
	node_tls_fini(&t);
}

/* A part of the list that is served: the database's.  Empty: there is none. */
static int
served_part(struct store *st, const char *name, struct buf *out,
    struct err *e)
{
	const struct val	 v[] = { val_text(name) };
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	buf_reset(out);
	if ((rc = store_query(st, STMT_OFFICE_CA_GET, v, 1, &q, e)) == 0 &&
	    (rc = query_next(q, &row, e)) == 0 && row)
		buf_put_octets(out, query_blob(q, 0));
	query_done(q);
	return rc;
}

/* By when the next one is due; false: it does not read, which is told. */
static bool
read_list(struct doctor *d, const char *name, const struct buf *b,
    const char *todo, int64_t *left)
{
	struct crl	*crl = NULL;
	struct err	 e = ERR_INIT;

	if (crl_parse(buf_octets(b), &crl, &e) != 0) {
		doctor_say(d, "crl", DOCTOR_FAULT, todo, "%s: %s [%s]", name,
		    e.text, e.id);
		return false;
	}
	*left = crl_next_update(crl) - d->now;
	crl_free(crl);
	return true;
}

static void
say_list(struct doctor *d, const char *name, int64_t left, const char *todo)
{
	char	span[32];

	doctor_span(left < 0 ? -left : left, span);
	doctor_say(d, "crl", left < 0 ? DOCTOR_FAULT : left < DAY ?
	    DOCTOR_WARNING : DOCTOR_GOOD, left < DAY ? todo : NULL, left < 0 ?
	    "%s should have been followed by another %s ago" :
	    "%s: the next is due in %s", name, span);
}

/* All parts; told is the one that ends first. */
static void
served_lists(struct doctor *d, struct store *st, struct buf *b,
    struct err *e)
{
	static const char	todo[] = "the running node issues it: look "
				    "for crl.failed in the log";
	char			name[CRL_NAME_SIZE], worst[CRL_NAME_SIZE] = "";
	int64_t			left, least = INT64_MAX;
	unsigned		part;

	for (part = 0; ; part++) {
		office_crl_name(part, name);
		if (served_part(st, name, b, e) != 0 || b->len == 0)
			break;
		if (read_list(d, name, b, todo, &left) && left < least) {
			least = left;
			(void)strcpy(worst, name);
		}
	}
	if (worst[0] != '\0')
		say_list(d, worst, least, todo);
}

static void
revocation_lists(struct doctor *d)
{
	static const enum stmt	 may[] = { STMT_OFFICE_CA_GET, STMT_NONE };
	static const char	 todo[] = "sealreg national publish at the "
				    "root, sealreg ca take FILE here";
	static const char *const roots[] = { CA_ROOT_CRL, CA_ROOT_OLD_CRL };
	char			*path = config_path(d->cf, BACKUP_DATABASE);
	char			*name;
	size_t			 i;
	struct store_spec	 spec = { .path = path, .may = may,
				    .kind = STORE_PROVINCE,
				    .mode = d->running ? STORE_READ :
				    STORE_WRITE };
	struct store		*st = NULL;
	struct buf		 b;
	struct err		 e = ERR_INIT;
	int64_t			 left;

	buf_init(&b, LIMIT_CRL);
	if (store_open(&spec, &st, &e) == 0)
		served_lists(d, st, &b, &e);
	store_close(st);
	for (i = 0; i < 2; i++) {
		name = xasprintf("ca/%s", roots[i]);
		buf_reset(&b);
		if (read_in(d, name, &b, &e) == 0 &&
		    read_list(d, roots[i], &b, todo, &left))
			say_list(d, roots[i], left, todo);
		free(name);
	}
	buf_fini(&b);
	free(path);
}

static void
trust_list(struct doctor *d)
{
	char	span[32], age[32];
	int64_t	left;

	if (d->trust == NULL) {
		doctor_say(d, "trust", DOCTOR_FAULT, "put the nation's list "
		    "into DIR/trust", "there is no trust list, or it does not "
		    "hold: %s [%s]", d->trust_why->text, d->trust_why->id);
		return;
	}
	left = d->trust->expires - d->now;
	doctor_span(left < 0 ? -left : left, span);
	doctor_span(d->now - d->trust->issued, age);
	doctor_say(d, "trust", left < TRUST_WARNING ? DOCTOR_WARNING :
	    DOCTOR_GOOD, left < TRUST_WARNING ? "fetch the next list from the "
	    "national root, put it into DIR/trust, restart" : NULL,
	    left < 0 ? "version %llu, issued %s ago, expired %s ago" :
	    "version %llu, issued %s ago, expires in %s",
	    (unsigned long long)d->trust->version, age, span);
}

/* Files that nobody else may read. */
static void
modes(struct doctor *d)
{
	char		*keys = config_path(d->cf, "keys"), *path;
	char		 bad[300] = "";
	struct dirent	*de;
	struct stat	 st;
	DIR		*dir = opendir(keys);

	while (dir != NULL && (de = readdir(dir)) != NULL) {
		path = xasprintf("%s/%s", keys, de->d_name);
		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    (st.st_mode & 077) != 0)
			(void)snprintf(bad, sizeof(bad), "keys/%s",
			    de->d_name);
		free(path);
	}
	if (dir != NULL)
		closedir(dir);
	path = config_path(d->cf, CONFIG_FILE);
	if (lstat(path, &st) == 0 && (st.st_mode & 077) != 0)
		(void)snprintf(bad, sizeof(bad), CONFIG_FILE);
	free(path);
	path = config_path(d->cf, BACKUP_DATABASE);
	if (lstat(path, &st) == 0 && (st.st_mode & 077) != 0)
		(void)snprintf(bad, sizeof(bad), BACKUP_DATABASE);
	free(path);
	free(keys);
	if (bad[0] != '\0')
		doctor_say(d, "modes", DOCTOR_FAULT, "chmod 600 it; if others "
		    "may have read it, replace what it holds", "%s may be "
		    "read by others", bad);
	else
		doctor_say(d, "modes", DOCTOR_GOOD, NULL, "keys, "
		    "configuration and database are their owner's alone");
}

/* How it is doing, by what the running node says of it. */
static void
token_alive(struct doctor *d, const struct token_conf *tc)
{
	char			*path = config_path(d->cf, TOKEN_LIVE_FILE);
	struct token_live	*l = NULL;
	struct token_facts	 f;
	char			 span[32];
	bool			 known;

	if (!d->running)
		goto out;
	known = token_live_open(path, false, &l, NULL) == 0 &&
	    token_live_get(l, &f);
	if (!known) {
		doctor_say(d, "token", DOCTOR_WARNING, "restart the node, or "
		    "look at its log", "the node says nothing of token "
		    "\"%s\"", tc->token);
		goto out;
	}
	doctor_span(f.answered_at != 0 ? d->now - f.answered_at : 0, span);
	if (f.state[0] != '\0' || f.pid == 0)
		doctor_say(d, "token", DOCTOR_FAULT, "see to the token: "
		    "docs/errors.md has the code; \"sealreg key login\" "
		    "after a PIN that was refused", "token \"%s\" does not do "
		    "what it is asked [%s]; it did last %s%s", tc->token,
		    f.state[0] != '\0' ? f.state : "token-ended",
		    f.answered_at != 0 ? span : "never",
		    f.answered_at != 0 ? " ago" : "");
	else
		doctor_say(d, "token", DOCTOR_GOOD, NULL, "token \"%s\" did "
		    "what it was asked %s ago; %llu failures since the key "
		    "process began", tc->token, span,
		    (unsigned long long)f.failures);
out:
	token_live_close(l);
	free(path);
}

/* Where keys lie in a token: what is open for its module. */
static void
token(struct doctor *d)
{
	char			*path = config_path(d->cf, "keys/"
				    TOKEN_CONF_FILE);
	struct token_conf	*tc = NULL;
	struct err		 e = ERR_INIT;
	char			 open[64] = "";
	size_t			 i, n = 0;
	int			 rc;

	if ((rc = token_conf_load(path, &tc, &e)) == ERR_NOTFOUND)
		goto out;
	if (rc != 0) {
		doctor_say(d, "token", DOCTOR_FAULT, "correct it, or the "
		    "module that it names (docs/keys.md)", "%s", e.text);
		goto out;
	}
	for (i = 0; i < tc->rights.n; i++)
		n += (size_t)snprintf(open + n, sizeof(open) - n, " %s",
		    ((char **)tc->rights.items)[i]);
	doctor_say(d, "token", DOCTOR_GOOD, NULL, "%zu keys in token \"%s\" "
	    "by %s; open for its module:%s", tc->keys.n, tc->token,
	    tc->module, n > 0 ? open : " nothing");
	token_alive(d, tc);
out:
	token_conf_free(tc);
	free(path);
}

/* The time at the beginning of a line; 0: there is none. */
static int64_t
noted(const struct doctor *d, const char *name)
{
	struct buf	b;
	struct err	e = ERR_INIT;
	char		time[TM_RFC3339_SIZE];
	int64_t		t = 0;

	buf_init(&b, 8192);
	if (read_in(d, name, &b, &e) == 0 && b.len >= TM_RFC3339_SIZE) {
		memcpy(time, b.p, TM_RFC3339_SIZE - 1);
		time[TM_RFC3339_SIZE - 1] = '\0';
		if (!tm_parse(time, &t))
			t = 0;
	}
	buf_fini(&b);
	return t;
}

static void
last_time(struct doctor *d, const char *name, const char *file,
    int64_t warning, const char *todo)
{
	const int64_t	t = noted(d, file);
	char		span[32];

	if (t == 0) {
		doctor_say(d, name, DOCTOR_WARNING, todo, "never");
		return;
	}
	doctor_span(d->now - t, span);
	doctor_say(d, name, d->now - t > warning ? DOCTOR_WARNING :
	    DOCTOR_GOOD, d->now - t > warning ? todo : NULL, "%s ago", span);
}

void
doctor_papers(struct doctor *d)
{
	trust_list(d);
	certificates(d);
	tls_files(d);
	revocation_lists(d);
	modes(d);
	token(d);
	last_time(d, "backup", BACKUP_LAST, BACKUP_WARNING,
	    "sealreg backup, once a day");
	last_time(d, "drill", BACKUP_DRILL, DRILL_WARNING,
	    "sealreg restore --check, once a quarter");
}
