#include <stdio.h>
#include <string.h>

#include "filing/code.h"
#include "filing/record.h"
#include "registry/office/office_event.h"

/* What one officer may do in this office; the rest waits for its papers. */
static const struct {
	enum event_kind	kind;
	unsigned	crl_reason;	/* RFC 5280, 5.3.1; of terminal ones */
} offered[] = {
	{ EVENT_SUSPENDED,	0 },
	{ EVENT_RESUMED,	0 },
	{ EVENT_LOST,		0 },
	{ EVENT_RECOVERED,	0 },
	{ EVENT_REVOKED,	9 },	/* privilegeWithdrawn */
	{ EVENT_CANCELLED,	5 },	/* cessationOfOperation */
	{ EVENT_DESTROYED,	5 },
};

static bool
is_offered(enum event_kind kind, unsigned *crl_reason)
{
	size_t	i;

	for (i = 0; i < sizeof(offered) / sizeof(offered[0]); i++)
		if (offered[i].kind == kind) {
			*crl_reason = offered[i].crl_reason;
			return true;
		}
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

int
event_ended(struct office *of, const char *code, enum event_kind kind,
    int64_t at, struct err *e)
{
	unsigned		reason = 0;
	const bool		plain = is_offered(kind, &reason);
	const struct val	free_v[] = { val_text(code) };
	const struct val	revoke_v[] = { val_text(code), val_int(at),
				    val_int(plain ? reason : 0) };
	int			rc;

	if ((rc = store_run(of->st, STMT_OFFICE_CASE_FREE, free_v, 1, NULL,
	    e)) != 0)
		return rc;
	return store_run(of->st, STMT_OFFICE_CERT_REVOKE, revoke_v, 3, NULL,
	    e);
}

static int
append_changed(struct office *of, struct event *ev, uint64_t *index,
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

/* The current record of a code.  *box holds it and its octets. */
static int
current(struct office *of, const char *code, struct record *r,
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

int
event_apply(struct office *of, const struct session *s,
    const struct seal_event *ask, struct seal_changed *done, struct err *e)
{
	struct record_box	*box = NULL;
	struct event		 ev;
	enum event_kind		 kind = event_from_word(ask->kind);
	enum seal_status	 to;
	unsigned		 crl_reason;
	char			 object[32];
	int64_t			 now = office_now(of);
	int			 rc;

	memset(done, 0, sizeof(*done));
	memset(&ev, 0, sizeof(ev));
	if (!is_offered(kind, &crl_reason))
		return err_set_id(e, ERR_INVAL, "unknown-event",
		    "\"%.32s\" is not an event that an officer records",
		    ask->kind);
	if ((rc = reason_parse(ask->reason, kind, &ev.reason, e)) != 0 ||
	    (rc = current(of, ask->code, &ev.record, &box, &ev.previous,
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
	if ((rc = append_changed(of, &ev, &done->index, e)) != 0)
		goto out;
	if (status_is_terminal(to) && (rc = event_ended(of, ask->code, kind,
	    done->effective_at, e)) != 0)
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
