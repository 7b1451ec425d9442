#include <stdlib.h>
#include <string.h>

#include "filing/record.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_event.h"
#include "registry/office/office_renewal.h"

/*
 * What the log tells an office that was restored from an older copy.  The
 * papers are lost; these effects are not.
 */

/* Codes and numbers of the revocation list that are passed over. */
#define CODES_SKIPPED	64	/* LIMIT_FILING: all that can be in flight */
#define NUMBERS_SKIPPED	1000

#define DIVISION_LEN	6

/* Case of a code: its id and state; id 0 where there is none. */
static int
case_of(struct office *of, const char *code, int64_t *id, int64_t *state,
    struct err *e)
{
	const struct val	 v[] = { val_text(code) };
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	*id = *state = 0;
	if ((rc = store_query(of->st, STMT_OFFICE_CASE_BY_CODE, v, 1, &q,
	    e)) == 0 && (rc = query_next(q, &row, e)) == 0 && row) {
		*id = query_int(q, 0);
		*state = query_int(q, 2);
	}
	query_done(q);
	return rc;
}

/* The code is used up. */
static int
code_given(struct office *of, const char *code, struct err *e)
{
	char			division[DIVISION_LEN + 1];
	struct val		v[2];

	if (strlen(code) != SEAL_CODE_SIZE - 1)
		return 0;	/* of an older, physical seal */
	memcpy(division, code, DIVISION_LEN);
	division[DIVISION_LEN] = '\0';
	v[0] = val_text(division);
	v[1] = val_int(strtoll(code + DIVISION_LEN, NULL, 10));
	return store_run(of->st, STMT_OFFICE_CODE_GIVEN, v, 2, NULL, e);
}

/* A case that was certifying is filed; open ones for the same are closed. */
static int
filed(struct office *of, const struct record *r, int64_t id, int64_t state,
    struct err *e)
{
	const struct val	was[] = { val_int(id),
				    val_int(CASE_CERTIFYING),
				    val_int(CASE_FILED), val_int(of->now()) };
	const struct val	open[] = { val_text(r->owner_id),
				    val_int(r->seal_type), val_int(of->now()),
				    val_text("a seal for this was filed "
				    "before the office was restored"),
				    val_int(CASE_RETURNED),
				    val_int(CASE_SUBMITTED),
				    val_int(CASE_UNDER_REVIEW) };
	int			rc;

	if ((rc = code_given(of, r->seal_code, e)) != 0)
		return rc;
	if (id != 0 && state == CASE_CERTIFYING)
		return store_run(of->st, STMT_OFFICE_CASE_STATE, was, 4, NULL,
		    e);
	if (id == 0 && r->owner_id[0] != '\0')
		return store_run(of->st, STMT_OFFICE_CASES_OVERTAKEN, open, 7,
		    NULL, e);
	return 0;
}

int
event_replayed(struct office *of, const struct event *ev, bool *known,
    struct err *e)
{
	int64_t	id, state;
	int	rc;

	*known = false;
	if ((rc = case_of(of, ev->record.seal_code, &id, &state, e)) != 0)
		return rc;
	*known = id != 0;
	/* An import leaves no case, and its numbers are passed over anyway. */
	if (ev->kind == EVENT_IMPORTED)
		return 0;
	if (!ev->has_previous &&
	    (rc = filed(of, &ev->record, id, state, e)) != 0)
		return rc;
	if (ev->kind == EVENT_RENEWED &&
	    (rc = renewal_replayed(of, ev, e)) != 0)
		return rc;
	return event_effects(of, &ev->record, e);
}

int
event_replay_end(struct office *of, struct err *e)
{
	const struct val	skip = val_int(CODES_SKIPPED);
	int			rc;

	if ((rc = store_run(of->st, STMT_OFFICE_CODE_SKIP, &skip, 1, NULL,
	    e)) != 0 ||
	    (rc = office_crl_skip(of, NUMBERS_SKIPPED, e)) != 0)
		return rc;
	return office_trail(of, 0, "restored", "office", e);
}
