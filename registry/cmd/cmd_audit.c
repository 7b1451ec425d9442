#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "filing/record.h"
#include "registry/cmd.h"
#include "registry/cmd/cli.h"
#include "registry/config.h"
#include "registry/json.h"
#include "registry/keep/kept.h"
#include "registry/node_log.h"
#include "registry/rules.h"
#include "store/store.h"
#include "sync/log.h"
#include "sync/peer.h"
#include "sync/trust.h"

/*
 * sealreg audit: everything recomputed from the entries and compared.  It
 * reads beside a running node, or opens the files of a stopped one itself.
 */

/* Entries between two signs of life, on a terminal. */
#define PROGRESS_STEP	20000

static const enum stmt may_province[] = { LOG_MAY_READ, KEPT_MAY_READ,
    STMT_NONE };
static const enum stmt may_peer[] = { LOG_MAY_READ, STMT_PEER_GET,
    STMT_NONE };

/* One log under audit, and what was found. */
struct subject {
	const struct trust	*trust;
	const struct trust_province *owner;
	bool			 own, progress;
	uint64_t		 seen;		/* seal entries read */
	struct kept		*kept;		/* of the own log, or NULL */
	/* found */
	bool			 held;		/* a checkpoint is there */
	bool			 disputed;
	char			 why[ERR_ID_MAX];
	struct log_audit	 counts;
	uint64_t		 size;
	int64_t			 signed_at;
	struct err		 e;
};

/* The stable id of each difference in an office. */
static const char	kept_id[] = "kept-differs";

struct options {
	const char	*data;
	bool		 json;
};

static const struct cli_option	options[] = {
	CLI_DATA(offsetof(struct options, data)),
	CLI_JSON(offsetof(struct options, json)),
};

static const struct cli_command	command = {
	.name = "audit",
	.usage =
"usage: sealreg audit --data DIR [--json]\n\n"
"Recompute everything from the entries of the own log and of every peer's:\n"
"leaf hashes, tiles, tree root, every epoch, the map, the current records,\n"
"the chain of each seal's events, and the checkpoint's signature; and look\n"
"for what may not stand in a log.  Of the own province also the seals,\n"
"certificates, pictures and applications that the office keeps, which must\n"
"be what the log says.  Works beside a running node, and on a stopped one.\n",
	.end =
"exit status: 0 all as it must be, 1 something differs, 2 wrong usage,\n"
"3 it could not be read\n",
	.options = options, .noptions = sizeof(options) / sizeof(options[0])
};

/* The rules of the registry, and: a code belongs to the log's owner. */
static int
read_entry(void *ctx, struct octets entry, struct entry_effect *ef,
    struct err *e)
{
	struct subject		*s = ctx;
	struct record_box	*box = NULL;
	struct event		 ev;
	int			 rc;

	if ((rc = registry_rules.read(registry_rules.ctx, entry, ef, e)) !=
	    0 || (rc = event_read(entry, &ev, &box, e)) != 0)
		goto out;
	if (trust_owner(s->trust, ev.record.seal_code) != s->owner)
		rc = err_set_id(e, ERR_VERIFY, "foreign-code",
		    "code %s does not belong to province %s",
		    ev.record.seal_code, s->owner->province);
	else if (s->kept != NULL)
		rc = kept_event(s->kept, &ev, e);
	if (++s->seen % PROGRESS_STEP == 0 && s->progress)
		fprintf(stderr, "\rprovince %s: %" PRIu64 " filings and "
		    "events read", s->owner->province, s->seen);
out:
	record_box_free(box);
	return rc;
}

static int
step_entry(void *ctx, struct octets entry, struct octets before,
    struct err *e)
{
	(void)ctx;
	return registry_rules.step(registry_rules.ctx, entry, before, e);
}

/* The head's note is the owner's, of this size and root. */
static int
check_note(struct subject *s, const struct log_head *head)
{
	struct checkpoint	cp;
	int64_t			t;
	int			rc;

	rc = trust_open_checkpoint(s->owner, OCTETS(head->checkpoint,
	    strlen(head->checkpoint)), &cp, &t, &s->e);
	if (rc != 0)
		return rc;
	if (cp.size != head->size || t != head->signed_at ||
	    memcmp(cp.root, head->root.h, SM3_LEN) != 0 ||
	    strcmp(cp.origin, s->owner->origin) != 0)
		return err_set_id(&s->e, ERR_VERIFY, "audit-differs",
		    "the signed checkpoint is not of this head");
	s->size = head->size;
	s->signed_at = head->signed_at;
	return 0;
}

/* Within one read transaction: the node may go on writing. */
static int
audit_store(struct subject *s, struct store *st)
{
	const struct entry_rules rules = { read_entry, step_entry, s };
	const struct log_head	*head;
	struct logview		*lv = NULL;
	struct peer_state	 ps;
	int			 rc;

	if ((rc = store_begin(st, &s->e)) != 0)
		return rc;
	if ((rc = logview_open(st, &lv, &s->e)) != 0 ||
	    (rc = logview_refresh(lv, &head, &s->e)) != 0)
		goto out;
	if (!s->own) {
		if ((rc = peer_state_load(st, &ps, &s->e)) != 0)
			goto out;
		s->disputed = ps.disputed;
		strcpy(s->why, ps.why);
		peer_state_fini(&ps);
	}
	s->held = head != NULL;
	s->kept = s->own ? kept_new(st) : NULL;
	if ((rc = log_audit(st, &rules, &s->counts, &s->e)) != 0 ||
	    (s->kept != NULL && (rc = kept_rest(s->kept, &s->e)) != 0) ||
	    head == NULL)
		goto out;
	rc = check_note(s, head);
out:
	logview_free(lv);
	store_rollback(st);
	if (s->progress && s->seen >= PROGRESS_STEP)
		fprintf(stderr, "\r%70s\r", "");
	return rc;
}

static int
audit_log(const struct config *cf, struct subject *s, bool stopped)
{
	struct store_spec	 spec = { .mode = stopped ? STORE_WRITE :
				    STORE_READ };
	struct store		*st = NULL;
	char			*path = node_log_path(cf,
				    s->owner->province);
	int			 rc;

	spec.path = path;
	spec.kind = s->own ? STORE_PROVINCE : STORE_PEER;
	spec.may = s->own ? may_province : may_peer;
	if (!s->own && access(path, F_OK) != 0)
		rc = 0;			/* nothing of it was ever accepted */
	else if ((rc = store_open(&spec, &st, &s->e)) == 0)
		rc = audit_store(s, st);
	store_close(st);
	free(path);
	return rc;
}

/* Did what was read differ, or could it not be read? */
static int
status_of(const struct subject *s)
{
	if (s->e.code == ERR_VERIFY || s->e.code == ERR_FORMAT ||
	    (s->kept != NULL && kept_differences(s->kept) > 0))
		return EXIT_NOT_VALID;
	return s->e.code == ERR_OK ? 0 : EXIT_UNKNOWN;
}

static int
worse(int status, int own)
{
	return status == EXIT_NOT_VALID || own == 0 ? status : own;
}

/* Which seal or case, and what of it. */
static void
say_finding(const struct kept_finding *f)
{
	printf("  DIFFERS: ");
	if (f->code[0] != '\0')
		printf("seal %s, version %" PRIu32 ": ", f->code, f->version);
	else if (f->application != 0)
		printf("application %" PRId64 ": ", f->application);
	printf("%s %s [%s]\n", f->column, f->text, kept_id);
}

static void
say_kept(const struct kept *k)
{
	const uint64_t			 n = kept_differences(k);
	const struct kept_finding	*f;
	size_t				 i;

	printf("  its office: %" PRIu64 " seal%s and %" PRIu64
	    " picture%s of open cases compared: ", kept_seals(k),
	    kept_seals(k) == 1 ? "" : "s", kept_pictures(k),
	    kept_pictures(k) == 1 ? "" : "s");
	if (n == 0)
		printf("all as it must be\n");
	else
		printf("%" PRIu64 " difference%s\n", n, n == 1 ? "" : "s");
	for (i = 0; (f = kept_at(k, i)) != NULL; i++)
		say_finding(f);
	if (n > i)
		printf("  and %" PRIu64 " more\n", n - i);
}

static void
say(const struct subject *s)
{
	printf("province %s (%s): ", s->owner->province, s->owner->origin);
	if (s->e.code != ERR_OK) {
		printf("DIFFERS: %s [%s]\n", s->e.text, s->e.id);
		return;
	}
	if (!s->held) {
		printf("nothing was accepted yet\n");
		return;
	}
	printf("%" PRIu64 " entr%s, %" PRIu64 " epoch%s, %" PRIu64
	    " seal%s: all as it must be%s\n", s->counts.entries,
	    s->counts.entries == 1 ? "y" : "ies", s->counts.epochs,
	    s->counts.epochs == 1 ? "" : "s", s->counts.keys,
	    s->counts.keys == 1 ? "" : "s", s->disputed ? "; DISPUTED, held at its last good state" : "");
}

static void
put_finding(struct buf *b, const struct kept_finding *f)
{
	buf_puts(b, "{\"error\":");
	json_put_text(b, kept_id);
	buf_puts(b, ",\"column\":");
	json_put_text(b, f->column);
	buf_puts(b, ",\"detail\":");
	json_put_text(b, f->text);
	if (f->code[0] != '\0') {
		buf_puts(b, ",\"seal_code\":");
		json_put_text(b, f->code);
		buf_printf(b, ",\"version\":%" PRIu32, f->version);
	}
	if (f->application != 0)
		buf_printf(b, ",\"application\":%" PRId64, f->application);
	buf_put_u8(b, '}');
}

static void
put_kept(struct buf *b, const struct kept *k)
{
	const struct kept_finding	*f;
	size_t				 i;

	buf_printf(b, ",\"office\":{\"seals\":%" PRIu64
	    ",\"open_pictures\":%" PRIu64 ",\"differences\":%" PRIu64
	    ",\"findings\":[", kept_seals(k), kept_pictures(k),
	    kept_differences(k));
	for (i = 0; (f = kept_at(k, i)) != NULL; i++) {
		if (i > 0)
			buf_put_u8(b, ',');
		put_finding(b, f);
	}
	buf_puts(b, "]}");
}

static void
put_json(struct buf *b, const struct subject *s)
{
	buf_puts(b, "{\"province\":");
	json_put_text(b, s->owner->province);
	buf_puts(b, ",\"origin\":");
	json_put_text(b, s->owner->origin);
	buf_puts(b, status_of(s) == 0 ? ",\"good\":true" :
	    ",\"good\":false");
	buf_printf(b, ",\"entries\":%" PRIu64 ",\"epochs\":%" PRIu64
	    ",\"seals\":%" PRIu64 ",\"signed_at\":", s->counts.entries,
	    s->counts.epochs, s->counts.keys);
	json_put_time(b, s->signed_at);
	buf_puts(b, s->disputed ? ",\"disputed\":true" :
	    ",\"disputed\":false");
	if (s->e.code != ERR_OK) {
		buf_puts(b, ",\"error\":");
		json_put_text(b, s->e.id);
		buf_puts(b, ",\"detail\":");
		json_put_text(b, s->e.text);
	}
	if (s->kept != NULL)
		put_kept(b, s->kept);
	buf_put_u8(b, '}');
}

static int
audit_all(const struct config *cf, const struct trust *t, bool stopped,
    bool json)
{
	struct subject	s;
	struct buf	b;
	size_t		i;
	int		status = 0;

	buf_init(&b, 1u << 20);
	buf_puts(&b, "{\"logs\":[");
	for (i = 0; i < t->nprovinces; i++) {
		memset(&s, 0, sizeof(s));
		s.trust = t;
		s.owner = &t->provinces[i];
		s.own = strcmp(s.owner->province, cf->province) == 0;
		s.progress = isatty(STDERR_FILENO) == 1;
		(void)audit_log(cf, &s, stopped);	/* s.e tells */
		status = worse(status, status_of(&s));
		if (json) {
			if (i > 0)
				buf_put_u8(&b, ',');
			put_json(&b, &s);
		} else {
			say(&s);
			if (s.kept != NULL)
				say_kept(s.kept);
		}
		kept_free(s.kept);
	}
	buf_puts(&b, status == 0 ? "],\"good\":true}" :
	    "],\"good\":false}");
	if (json)
		printf("%.*s\n", (int)b.len, (const char *)b.p);
	else if (status == 0)
		printf("Leaf hashes, tiles, roots, epochs, maps, records, "
		    "chains of events and\nsignatures were recomputed from "
		    "the entries; no personal data was found.\n");
	buf_fini(&b);
	return status;
}

int
cmd_audit(int argc, char **argv)
{
	struct options	 o = { .json = false };
	struct cli_rest	 r;
	struct config	*cf = NULL;
	struct trust	*t = NULL;
	struct err	 e = ERR_INIT;
	char		*path = NULL;
	int		 lock = -1, status = EXIT_UNKNOWN;

	if (!cli_options(&command, argc, argv, &o, &r))
		return r.status;
	if (sm_init(&e) != 0 || config_load(o.data, &cf, &e) != 0 ||
	    node_trust(cf, &t, &e) != 0)
		goto out;
	/* Whoever holds the lock is the only one who may open for writing. */
	path = config_path(cf, "lock");
	if (file_lock(path, &lock, &e) != 0 && e.code != ERR_BUSY)
		goto out;
	e = (struct err)ERR_INIT;
	status = audit_all(cf, t, lock != -1, o.json);
out:
	if (e.code != ERR_OK)
		fprintf(stderr, "sealreg audit: %s [%s]\n", e.text, e.id);
	if (lock != -1)
		close(lock);
	free(path);
	trust_free(t);
	config_free(cf);
	return status;
}
