#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "filing/record.h"
#include "registry/keep/backup.h"
#include "registry/keep/doctor.h"
#include "registry/rules.h"
#include "store/store.h"
#include "sync/log.h"

/*
 * What the office has of each seal, held against what its log says: is it
 * filed, by this version, and has its certificate the status that the seal's
 * calls for.  The papers themselves are compared by sealreg audit
 * (registry/keep/kept.h).
 */

#define PAGE		500	/* seals a transaction: the WAL must not wait */
#define TELL_STEP	5000
#define SHOWN		5	/* of each fault */

/* The newest version of a seal, as the office has it. */
struct row {
	char		code[SEAL_CODE_SIZE];
	int64_t		version, state, reason;
	uint8_t		digest[SM3_LEN];
	bool		own;		/* certified by the own authority */
	bool		revoked;
};

enum fault {
	FAULT_NONE = 0, FAULT_UNFILED, FAULT_AHEAD, FAULT_BEHIND,
	FAULT_DIGEST, FAULT_CASE, FAULT_GOOD, FAULT_REVOKED, FAULT_END
};

static const struct {
	const char	*text, *todo;
} faults[FAULT_END] = {
	[FAULT_UNFILED] = { "the office has it, and the log does not",
	    "run sealreg audit; the database was altered or put together: "
	    "restore a backup (docs/operations.md)" },
	[FAULT_AHEAD] = { "the office has a later version than the log",
	    "run sealreg audit; the database was altered or put together: "
	    "restore a backup (docs/operations.md)" },
	[FAULT_BEHIND] = { "the office has an earlier version than the log: "
	    "the later one's papers are lost", "its owner has the seal; renew "
	    "it before that is needed" },
	[FAULT_DIGEST] = { "the office has another seal than the log",
	    "run sealreg audit, which names what differs; restore a backup "
	    "(docs/operations.md)" },
	[FAULT_CASE] = { "it is filed, and its case is not",
	    "the database was altered or put together: restore a backup "
	    "(docs/operations.md)" },
	[FAULT_GOOD] = { "the log says that it must not be used, and its "
	    "certificate is good: others believe it", "restore a backup "
	    "(docs/operations.md): settling it with the peers revokes what "
	    "the log says" },
	[FAULT_REVOKED] = { "the log says that it is active, and its "
	    "certificate is revoked or on hold", "restore a backup "
	    "(docs/operations.md): settling it with the peers lifts a hold; "
	    "one that is revoked for good is to be renewed" },
};

struct tally {
	uint64_t	seen, of[FAULT_END];
};

static enum fault
fault_of_certificate(const struct row *r, uint32_t status)
{
	if (!r->own)
		return FAULT_NONE;	/* "revoking" tells of the others */
	if (status == STATUS_ACTIVE)
		return r->revoked ? FAULT_REVOKED : FAULT_NONE;
	/* On hold (RFC 5280, 5.3.1: 6) can end; that of an ended seal cannot. */
	if (!r->revoked || (status_is_terminal(status) && r->reason == 6))
		return FAULT_GOOD;
	return FAULT_NONE;
}

static enum fault
fault_of(const struct row *r, const struct record *log)
{
	if (r->version > log->version)
		return FAULT_AHEAD;
	if (r->version < log->version)
		return FAULT_BEHIND;
	if (log->seal_digest.len != SM3_LEN ||
	    memcmp(log->seal_digest.p, r->digest, SM3_LEN) != 0)
		return FAULT_DIGEST;
	if (r->state != CASE_FILED)
		return FAULT_CASE;
	return fault_of_certificate(r, log->status);
}

static int
look_at(struct doctor *d, struct log *lg, const struct row *r,
    struct tally *t, struct err *e)
{
	struct record_box	*box = NULL;
	struct record		 log;
	struct octets		 octets;
	enum fault		 f = FAULT_UNFILED;
	uint8_t			 key[SM3_LEN];
	uint64_t		 index;
	int			 rc;

	record_key(r->code, key);
	if ((rc = log_current(lg, key, &octets, &index, e)) != 0)
		return rc;
	if (octets.len > 0) {
		if ((rc = record_read(octets, &log, &box, e)) != 0)
			return rc;
		f = fault_of(r, &log);
		record_box_free(box);
	}
	t->seen++;
	if (f != FAULT_NONE && t->of[f]++ < SHOWN)
		doctor_say(d, "office", f == FAULT_BEHIND ? DOCTOR_WARNING :
		    DOCTOR_FAULT, faults[f].todo, "seal %s: %s", r->code,
		    faults[f].text);
	return 0;
}

/* The next PAGE seals after code; *n of them. */
static int
take_page(struct store *st, const char *after, struct row *rows, size_t *n,
    struct err *e)
{
	const struct val	 v[] = { val_text(after), val_int(PAGE) };
	struct query		*q = NULL;
	struct octets		 digest;
	struct row		*r;
	bool			 row;
	int			 rc;

	*n = 0;
	if ((rc = store_query(st, STMT_OFFICE_SEALS_STANDING, v, 2, &q,
	    e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row && *n < PAGE) {
		r = &rows[(*n)++];
		digest = query_blob(q, 2);
		if (strlen(query_text(q, 0)) >= sizeof(r->code) ||
		    digest.len != SM3_LEN) {
			rc = err_set_id(e, ERR_STORE, "store-corrupt",
			    "seal_made has a code or digest that is none");
			break;
		}
		strcpy(r->code, query_text(q, 0));
		r->version = query_int(q, 1);
		memcpy(r->digest, digest.p, SM3_LEN);
		r->state = query_int(q, 3);
		r->own = query_int(q, 4) != 0;
		r->revoked = !query_is_null(q, 5);
		r->reason = query_int(q, 5);
	}
out:
	query_done(q);
	return rc;
}

/* One page, in a transaction of its own; *more: there may be others. */
static int
page(struct doctor *d, struct store *st, struct row *rows,
    char last[SEAL_CODE_SIZE], struct tally *t, bool *more, struct err *e)
{
	struct log	*lg = NULL;
	size_t		 i, n = 0;
	int		 rc;

	*more = false;
	if ((rc = store_begin(st, e)) != 0)
		return rc;
	if ((rc = log_new(st, &registry_rules, &lg, e)) == 0)
		rc = take_page(st, last, rows, &n, e);
	for (i = 0; i < n && rc == 0; i++) {
		rc = look_at(d, lg, &rows[i], t, e);
		if (rc == 0 && d->tell != NULL && t->seen % TELL_STEP == 0)
			d->tell(t->seen);
	}
	if (n > 0)
		strcpy(last, rows[n - 1].code);
	*more = n == PAGE;
	log_free(lg);
	store_rollback(st);
	return rc;
}

static void
sum_up(struct doctor *d, const struct tally *t)
{
	uint64_t	all = 0;
	int		f;

	for (f = FAULT_NONE + 1; f < FAULT_END; f++) {
		all += t->of[f];
		if (t->of[f] > SHOWN)
			doctor_say(d, "office", f == FAULT_BEHIND ?
			    DOCTOR_WARNING : DOCTOR_FAULT, faults[f].todo,
			    "%" PRIu64 " more seals: %s", t->of[f] - SHOWN,
			    faults[f].text);
	}
	if (all == 0)
		doctor_say(d, "office", DOCTOR_GOOD, NULL, "%" PRIu64
		    " seals are kept as the log has them, with their "
		    "certificates' status", t->seen);
}

void
doctor_office(struct doctor *d)
{
	static const enum stmt	 may[] = { LOG_MAY_READ,
				    STMT_OFFICE_SEALS_STANDING, STMT_NONE };
	char			*path = config_path(d->cf, BACKUP_DATABASE);
	const struct store_spec	 spec = { .path = path, .may = may,
				    .kind = STORE_PROVINCE,
				    .mode = d->running ? STORE_READ :
				    STORE_WRITE };
	struct row		*rows = xcalloc(PAGE, sizeof(*rows));
	char			 last[SEAL_CODE_SIZE] = "";
	struct tally		 t;
	struct store		*st = NULL;
	struct err		 e = ERR_INIT;
	bool			 more = true;
	int			 rc = 0;

	memset(&t, 0, sizeof(t));
	if (d->log_size == 0)
		goto out;	/* "log" says why */
	rc = store_open(&spec, &st, &e);
	while (rc == 0 && more)
		rc = page(d, st, rows, last, &t, &more, &e);
	if (d->tell != NULL && t.seen >= TELL_STEP)
		d->tell(0);
	if (rc != 0)
		doctor_say(d, "office", DOCTOR_FAULT, rc == ERR_BUSY ?
		    "look again in a moment" : "run sealreg audit; then "
		    "restore a backup (docs/operations.md)", "what the office "
		    "keeps cannot be compared with the log: %s [%s]", e.text,
		    e.id);
	else
		sum_up(d, &t);
out:
	store_close(st);
	free(rows);
	free(path);
}
