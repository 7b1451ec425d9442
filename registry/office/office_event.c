#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "filing/code.h"
#include "filing/record.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_certreq.h"
#include "registry/office/office_event.h"
#include "registry/office/office_renewal.h"

/* What one officer may do in this office; the rest waits for its papers. */
static bool
is_offered(enum event_kind kind)
{
	static const enum event_kind	offered[] = {
		EVENT_SUSPENDED, EVENT_RESUMED, EVENT_LOST, EVENT_RECOVERED,
		EVENT_REVOKED, EVENT_CANCELLED, EVENT_DESTROYED
	};
	size_t				i;

	for (i = 0; i < sizeof(offered) / sizeof(offered[0]); i++)
		if (offered[i] == kind)
			return true;
	return false;
}

/* When it counts from: not in the future, not before what was said before. */
static int
effective(const struct record *was, int64_t asked, int64_t now, int64_t *at,
    struct err *e)
{
	*at = asked != 0 ? asked : now;
	if (*at > now)
		return err_set_id(e, ERR_INVAL, "effective-in-future",
		    "an event cannot count from a moment to come");
	if (*at < was->status_effective_at || *at < was->recorded_at)
		return err_set_id(e, ERR_CONFLICT, "effective-too-early",
		    "the status was changed or recorded after that moment");
	return 0;
}

/* On our own certificate; that of a licensed body has no row. */
static int
own_effects(struct office *of, const struct record *r, struct err *e)
{
	const struct val	code = val_text(r->seal_code);
	const struct val	v[] = { code,
				    val_int(r->status_effective_at),
				    val_int(reason_crl(r->status_reason)) };
	int			rc;

	switch ((enum seal_status)r->status) {
	case STATUS_ACTIVE:
		return store_run(of->st, STMT_OFFICE_CERT_RESUME, &code, 1,
		    NULL, e);
	case STATUS_SUSPENDED:
	case STATUS_LOST:
	case STATUS_IMPOUNDED:
		return store_run(of->st, STMT_OFFICE_CERT_HOLD, v, 2, NULL,
		    e);
	case STATUS_REVOKED:
	case STATUS_CANCELLED:
	case STATUS_DESTROYED:
	case STATUS_SURRENDERED:
		if ((rc = store_run(of->st, STMT_OFFICE_CASE_FREE, &code, 1,
		    NULL, e)) != 0)
			return rc;
		return store_run(of->st, STMT_OFFICE_CERT_REVOKE, v, 3, NULL,
		    e);
	case STATUS_NONE:
	case STATUS_END:
		break;
	}
	return err_set(e, ERR_STORE, "seal %s has status %u", r->seal_code,
	    (unsigned)r->status);
}

int
event_effects(struct office *of, const struct record *r, struct err *e)
{
	int	rc;

	if ((rc = own_effects(of, r, e)) != 0)
		return rc;
	if (status_is_terminal(r->status) &&
	    (rc = renewal_end(of, r->seal_code, e)) != 0)
		return rc;
	return certreq_effects(of, r, e);
}

int
event_append(struct office *of, const struct event *ev, uint64_t *index,
    struct err *e)
{
	struct buf	b;
	int		rc;

	buf_init(&b, LIMIT_ENTRY);
	event_encode(ev, &b);
	if (!buf_ok(&b))
		rc = err_set(e, ERR_TOOBIG, "the entry is too large");
	else
		rc = log_append(of->lg, buf_octets(&b), index, e);
	buf_fini(&b);
	return rc;
}

int
event_current(struct office *of, const char *code, struct record *r,
    struct record_box **box, uint64_t *index, struct err *e)
{
	uint8_t		key[SM3_LEN];
	struct octets	octets;
	int		rc;

	if ((rc = seal_code_check(code, e)) != 0)
		return rc;
	record_key(code, key);
	if ((rc = log_current(of->lg, key, &octets, index, e)) != 0)
		return rc;
	if (octets.len == 0)
		return err_set_id(e, ERR_NOTFOUND, "not-filed",
		    "no seal %s is filed here", code);
	return record_read(octets, r, box, e);
}

/* Codes of filed seals whose certificates are good; caller frees each. */
static int
good_codes(struct office *of, char ***codes, size_t *n, struct err *e)
{
	const struct val	 v = val_int(CASE_FILED);
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	if ((rc = store_query(of->st, STMT_OFFICE_CERTS_GOOD, &v, 1, &q,
	    e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		*codes = xreallocarray(*codes, *n + 1, sizeof(**codes));
		(*codes)[(*n)++] = xstrdup(query_text(q, 0));
	}
out:
	query_done(q);
	return rc;
}

int
event_settle(struct office *of, struct err *e)
{
	struct record_box	*box;
	struct record		 r;
	uint64_t		 index;
	int64_t			 change;
	char			**codes = NULL;
	size_t			 i, n = 0;
	int			 rc;

	if ((rc = office_crl_change(of, &change, e)) != 0 || change >= 0)
		return rc;
	if ((rc = store_run(of->st, STMT_OFFICE_CRL_COUNT, NULL, 0, NULL,
	    e)) == 0)
		rc = good_codes(of, &codes, &n, e);
	for (i = 0; i < n && rc == 0; i++) {
		box = NULL;
		if ((rc = event_current(of, codes[i], &r, &box, &index, e)) == 0 &&
		    r.status != STATUS_ACTIVE)
			rc = event_effects(of, &r, e);
		record_box_free(box);
	}
	for (i = 0; i < n; i++)
		free(codes[i]);
	free(codes);
	return rc;
}

int
event_apply(struct office *of, const struct session *s,
    const struct seal_event *ask, struct seal_changed *done, struct err *e)
{
	struct record_box	*box = NULL;
	struct event		 ev;
	enum event_kind		 kind = event_from_word(ask->kind);
	enum seal_status	 to;
	char			 object[32];
	int64_t			 now = office_now(of);
	int			 rc;

	memset(done, 0, sizeof(*done));
	memset(&ev, 0, sizeof(ev));
	if (!is_offered(kind))
		return err_set_id(e, ERR_INVAL, "unknown-event",
		    "\"%.32s\" is not an event that an officer records",
		    ask->kind);
	if ((rc = reason_parse(ask->reason, kind, &ev.reason, e)) != 0 ||
	    (rc = event_current(of, ask->code, &ev.record, &box, &ev.previous,
	    e)) != 0)
		goto out;
	if ((rc = life_step((enum seal_status)ev.record.status, kind, &to,
	    e)) != 0)
		goto out;
	if (now < ev.record.recorded_at)	/* the clock was set back */
		now = ev.record.recorded_at;
	if ((rc = effective(&ev.record, ask->effective_at, now,
	    &done->effective_at, e)) != 0)
		goto out;
	ev.record.status = to;
	ev.record.status_reason = ev.reason;
	ev.record.status_effective_at = done->effective_at;
	ev.record.recorded_at = now;
	ev.record_octets = OCTETS(NULL, 0);
	ev.kind = kind;
	ev.has_previous = true;
	if ((rc = event_append(of, &ev, &done->index, e)) != 0)
		goto out;
	if ((rc = event_effects(of, &ev.record, e)) != 0)
		goto out;
	snprintf(object, sizeof(object), "seal %s", ask->code);
	if ((rc = office_trail(of, s->account, event_word(kind), object,
	    e)) != 0)
		goto out;
	done->status = to;
	done->recorded_at = now;
out:
	record_box_free(box);
	return rc;
}
