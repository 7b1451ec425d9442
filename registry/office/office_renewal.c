#include <stdio.h>
#include <string.h>

#include "base/tm.h"
#include "filing/record.h"
#include "registry/config.h"
#include "registry/office/office_event.h"
#include "registry/office/office_key.h"
#include "registry/office/office_renewal.h"

#define DAY	86400

/* What the office has of a seal. */
struct base {
	int64_t	owner, first;	/* account and case of the first filing */
	bool	same_key;	/* as the newest version's own one */
	int64_t	open;		/* a renewal at work, or 0 */
};

static int
base_get(struct office *of, const struct renewal_ask *ask, struct base *b,
    struct err *e)
{
	const struct val	 v = val_text(ask->code);
	struct query		*q = NULL;
	struct octets		 key;
	bool			 row = false;
	int			 rc;

	memset(b, 0, sizeof(*b));
	if ((rc = store_query(of->st, STMT_OFFICE_RENEWAL_BASE, &v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (!row) {
		rc = err_set_id(e, ERR_CONFLICT, "not-made-here",
		    "seal %s was not made here: apply for a new one",
		    ask->code);
		goto out;
	}
	b->owner = query_int(q, 0);
	b->first = query_int(q, 1);
	key = query_blob(q, 2);
	b->same_key = ask->public_key.len > 0 &&
	    key.len == ask->public_key.len &&
	    memcmp(key.p, ask->public_key.p, key.len) == 0;
	b->open = query_is_null(q, 3) ? 0 : query_int(q, 3);
out:
	query_done(q);
	return rc;
}

static int
is_open(struct err *e, const char *code, int64_t id)
{
	return err_set_id(e, ERR_CONFLICT, "already-renewing",
	    "seal %s is being renewed by application %lld", code,
	    (long long)id);
}

/* Its end is the reason: then it must be near.  No end never comes. */
static int
check_early(struct office *of, const struct record *r, struct err *e)
{
	const int64_t	from = r->valid_until - of->cf->renewal_days * DAY;
	char		t[TM_RFC3339_SIZE];

	if (r->valid_until != 0 && office_now(of) >= from)
		return 0;
	if (r->valid_until == 0)
		return err_set_id(e, ERR_CONFLICT, "too-early",
		    "seal %s has no end", r->seal_code);
	tm_rfc3339(from, t);
	return err_set_id(e, ERR_CONFLICT, "too-early", "seal %s ends in "
	    "more than %lld days: it may be renewed for that from %s on",
	    r->seal_code, (long long)of->cf->renewal_days, t);
}

static int
check_ask(struct office *of, const struct session *s,
    const struct renewal_ask *ask, struct base *b, uint32_t *reason,
    struct err *e)
{
	struct record_box	*box = NULL;
	struct record		 r;
	enum seal_status	 to;
	const char		*word;
	uint64_t		 index;
	int			 rc;

	if ((rc = reason_parse(ask->reason, EVENT_RENEWED, reason, e)) != 0 ||
	    (rc = event_current(of, ask->code, &r, &box, &index, e)) != 0)
		goto out;
	if ((rc = base_get(of, ask, b, e)) != 0)
		goto out;
	if (b->owner != s->account) {
		rc = err_set_id(e, ERR_DENIED, "not-your-seal",
		    "seal %s is another applicant's", ask->code);
		goto out;
	}
	if ((rc = life_step((enum seal_status)r.status, EVENT_RENEWED, &to,
	    e)) != 0)
		goto out;
	if (b->open != 0) {
		rc = is_open(e, ask->code, b->open);
		goto out;
	}
	word = reason_word(*reason);
	if (strcmp(word, "expiring") == 0)
		rc = check_early(of, &r, e);
	else if (strcmp(word, "key-renewed") == 0 && b->same_key)
		rc = err_set_id(e, ERR_CONFLICT, "same-key",
		    "the request has the key that seal %s has", ask->code);
out:
	record_box_free(box);
	return rc;
}

int
renewal_submit(struct office *of, const struct session *s,
    const struct renewal_ask *ask, int64_t *id, struct err *e)
{
	struct query	*q = NULL;
	struct base	 b;
	char		 object[48];
	uint32_t	 reason;
	bool		 row;
	int		 rc;

	*id = 0;
	if ((rc = check_ask(of, s, ask, &b, &reason, e)) != 0)
		return rc;
	const struct val	v[] = { val_int(b.first),
				    val_int(CASE_SUBMITTED),
				    ask->public_key.len > 0 ?
				    val_blob(ask->public_key) : val_null(),
				    val_int(of->now()) };
	if ((rc = store_query(of->st, STMT_OFFICE_RENEWAL_CASE, v, 4, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0)
		*id = query_int(q, 0);
	query_done(q);
	if (rc != 0)
		return rc;
	const struct val	put[] = { val_int(*id), val_text(ask->code),
				    val_int(reason), val_int(b.first) };
	if ((rc = store_run(of->st, STMT_OFFICE_RENEWAL_PUT, put, 4, NULL,
	    e)) != 0 || (rc = office_key_intend(of, *id, ask->public_key,
	    e)) != 0)
		return rc;
	snprintf(object, sizeof(object), "application %lld", (long long)*id);
	return office_trail(of, s->account, "renew", object, e);
}

/* The open renewal of a code: *id 0 where there is none. */
static int
open_of(struct office *of, const char *code, int64_t *id, int64_t *state,
    struct err *e)
{
	const struct val	 v = val_text(code);
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	*id = *state = 0;
	if ((rc = store_query(of->st, STMT_OFFICE_RENEWAL_OPEN, &v, 1, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row) {
		*id = query_int(q, 0);
		*state = query_int(q, 1);
	}
	query_done(q);
	return rc;
}

/* ERR_CONFLICT "illegal-transition" unless the seal is active. */
static int
check_active(struct office *of, const char *code, struct err *e)
{
	struct record_box	*box = NULL;
	struct record		 r;
	enum seal_status	 to;
	uint64_t		 index;
	int			 rc;

	if ((rc = event_current(of, code, &r, &box, &index, e)) == 0)
		rc = life_step((enum seal_status)r.status, EVENT_RENEWED, &to,
		    e);
	record_box_free(box);
	return rc;
}

int
renewal_check(struct office *of, const char *code, int64_t id, struct err *e)
{
	int64_t	open, state;
	int	rc;

	if ((rc = check_active(of, code, e)) != 0 ||
	    (rc = open_of(of, code, &open, &state, e)) != 0)
		return rc;
	return open == 0 || open == id ? 0 : is_open(e, code, open);
}

int
renewal_may_make(struct office *of, const char *code, struct err *e)
{
	struct err	why = ERR_INIT;
	int		rc;

	if ((rc = check_active(of, code, &why)) == 0)
		return 0;
	if (rc == ERR_CONFLICT)
		return err_set_id(e, ERR_BUSY, "seal-not-active", "%s",
		    why.text);
	*e = why;
	return rc;
}

/* Certificates of a code but for those of case id. */
static int
supersede(struct office *of, const char *code, int64_t id, int64_t at,
    uint32_t reason, struct err *e)
{
	const struct val	v[] = { val_text(code), val_int(at),
				    val_int(id),
				    val_int(reason_crl(reason)) };
	int			rc;

	if ((rc = store_run(of->st, STMT_OFFICE_CERT_SUPERSEDE, v, 4, NULL,
	    e)) != 0)
		return rc;
	return store_run(of->st, STMT_OFFICE_CERTREQ_SUPERSEDE, v, 4, NULL,
	    e);
}

int
renewal_file(struct office *of, const struct office_file *f,
    uint32_t *version, uint64_t *index, struct err *e)
{
	const struct office_case	*c = f->c;
	struct record_box		*box = NULL;
	struct event			 ev;
	struct record			*r = &ev.record;
	uint8_t				 cert[SM3_LEN];
	int64_t				 now = office_now(of);
	int				 rc;

	memset(&ev, 0, sizeof(ev));
	if ((rc = renewal_may_make(of, c->seal_code, e)) != 0 ||
	    (rc = event_current(of, c->seal_code, r, &box, &ev.previous,
	    e)) != 0)
		goto out;
	sm3(f->certificate.p, f->certificate.len, cert);
	/* The clock was set back. */
	if (now < r->recorded_at)
		now = r->recorded_at;
	if (now < c->valid_from)
		now = c->valid_from;
	r->recorded_at = now;
	r->valid_from = c->valid_from;
	r->valid_until = c->valid_until;
	r->seal_digest = OCTETS(f->seal_digest, SM3_LEN);
	r->certificate_digest[0] = OCTETS(cert, SM3_LEN);
	r->ncertificates = 1;
	r->picture_digest = OCTETS(f->picture_digest, SM3_LEN);
	r->maker_id = of->cf->maker_id;
	r->version++;
	r->salt = OCTETS(c->record_salt, c->record_salt_len);
	ev.kind = EVENT_RENEWED;
	ev.reason = c->renewal;
	ev.has_previous = true;
	*version = r->version;
	if ((rc = event_append(of, &ev, index, e)) == 0)
		rc = supersede(of, c->seal_code, c->id, now, ev.reason, e);
out:
	record_box_free(box);
	return rc;
}

static int
stop(struct office *of, int64_t id, enum case_state to, const char *why,
    struct err *e)
{
	const struct val	v[] = { val_int(id), val_int(to),
				    val_int(of->now()), why != NULL ?
				    val_text(why) : val_null() };

	return store_run(of->st, STMT_OFFICE_RENEWAL_STOP, v, 4, NULL, e);
}

int
renewal_end(struct office *of, const char *code, struct err *e)
{
	const struct val	v[] = { val_text(code), val_int(of->now()) };
	int64_t			id, state;
	int			rc;

	if ((rc = open_of(of, code, &id, &state, e)) != 0 || id == 0)
		return rc;
	if ((rc = store_run(of->st, STMT_OFFICE_CERTREQ_STOP, v, 2, NULL,
	    e)) != 0)
		return rc;
	return stop(of, id, CASE_RETURNED, "the seal has ended", e);
}

int
renewal_replayed(struct office *of, const struct event *ev, struct err *e)
{
	const struct record	*r = &ev->record;
	int64_t			 id, state;
	int			 rc;

	if ((rc = open_of(of, r->seal_code, &id, &state, e)) != 0)
		return rc;
	if (id != 0)
		rc = state == CASE_CERTIFYING ?
		    stop(of, id, CASE_FILED, NULL, e) :
		    stop(of, id, CASE_RETURNED, "the seal was renewed before "
		    "the office was restored", e);
	if (rc != 0)
		return rc;
	return supersede(of, r->seal_code, state == CASE_CERTIFYING ? id : 0,
	    r->recorded_at, ev->reason, e);
}
