#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "registry/config.h"
#include "registry/office/office_ca.h"
#include "registry/office/office_case.h"
#include "registry/office/office_certreq.h"
#include "registry/office/office_key.h"
#include "registry/office/office_code.h"
#include "registry/office/office_renewal.h"

#define DAY	86400

static char *
column_text(struct query *q, int col)
{
	const char	*s = query_text(q, col);

	return s != NULL ? xstrdup(s) : NULL;
}

static uint8_t *
column_blob(struct query *q, int col, size_t *len)
{
	struct octets	o = query_blob(q, col);

	*len = o.len;
	return o.len > 0 ? xmemdup(o.p, o.len) : NULL;
}

static struct office_case *
case_of_row(struct query *q)
{
	struct office_case	*c = xcalloc(1, sizeof(*c));

	c->id = query_int(q, 0);
	c->account = query_int(q, 1);
	c->state = (enum case_state)query_int(q, 2);
	c->owner_name = column_text(q, 3);
	c->credit_code = column_text(q, 4);
	c->division = column_text(q, 5);
	c->seal_type = (uint32_t)query_int(q, 6);
	c->seal_name = column_text(q, 7);
	c->horizontal_text = column_text(q, 8);
	c->public_key = column_blob(q, 9, &c->public_key_len);
	c->reason = column_text(q, 12);
	c->seal_code = column_text(q, 13);
	c->serial = column_blob(q, 14, &c->serial_len);
	c->valid_from = query_int(q, 15);
	c->valid_until = query_int(q, 16);
	c->record_salt = column_blob(q, 17, &c->record_salt_len);
	c->person_salt = column_blob(q, 18, &c->person_salt_len);
	c->renewal = (uint32_t)query_int(q, 20);
	return c;
}

int
case_get(struct office *of, int64_t id, struct office_case **c, struct err *e)
{
	const struct val	 v[] = { val_int(id) };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	*c = NULL;
	if ((rc = store_query(of->st, STMT_OFFICE_CASE_GET, v, 1, &q,
	    e)) != 0 || (rc = query_next(q, &row, e)) != 0)
		goto out;
	if (!row) {
		rc = err_set_id(e, ERR_NOTFOUND, "no-such-application",
		    "there is no application %lld", (long long)id);
		goto out;
	}
	*c = case_of_row(q);
out:
	query_done(q);
	return rc;
}

void
case_free(struct office_case *c)
{
	if (c == NULL)
		return;
	free(c->owner_name);
	free(c->credit_code);
	free(c->division);
	free(c->seal_name);
	free(c->horizontal_text);
	free(c->public_key);
	free(c->reason);
	free(c->seal_code);
	free(c->serial);
	free(c->record_salt);
	if (c->person_salt != NULL)
		mem_wipe(c->person_salt, c->person_salt_len);
	free(c->person_salt);
	free(c);
}

/* Of these an owner has one (State Council rules on seals). */
static bool
type_is_only_one(uint32_t seal_type)
{
	return seal_type == SEAL_STATUTORY || seal_type == SEAL_LEGAL_REP;
}

/* Has this owner such a seal, or a case for one? */
static int
check_only_one(struct office *of, const char *credit_code,
    uint32_t seal_type, struct err *e)
{
	const struct val	 v[] = { val_text(credit_code),
				    val_int(seal_type) };
	struct query		*q = NULL;
	bool			 row = false;
	int			 rc;

	if (!type_is_only_one(seal_type))
		return 0;
	if ((rc = store_query(of->st, STMT_OFFICE_ONLY_ONE, v, 2, &q,
	    e)) == 0)
		rc = query_next(q, &row, e);
	query_done(q);
	if (rc == 0 && row)
		rc = err_set_id(e, ERR_CONFLICT, "already-has-seal",
		    "%s has such a seal, or an open application for one",
		    credit_code);
	return rc;
}

int
case_check(struct office *of, const struct application *a, struct err *e)
{
	int	rc;

	if ((rc = application_check(a, of->now(), e)) != 0)
		return rc;
	return check_only_one(of, a->credit_code, a->seal_type, e);
}

int
case_only_one(struct office *of, int64_t id, bool *only, struct err *e)
{
	struct office_case	*c = NULL;
	int			 rc;

	*only = false;
	if ((rc = case_get(of, id, &c, e)) != 0)
		return rc;
	if (c->renewal != 0)
		rc = renewal_check(of, c->seal_code, id, e);
	else if ((rc = check_only_one(of, c->credit_code, c->seal_type,
	    e)) == 0)
		*only = type_is_only_one(c->seal_type);
	case_free(c);
	return rc;
}

static int
picture_put(struct office *of, int64_t id, const struct case_picture *pic,
    struct err *e)
{
	uint8_t	digest[SM3_LEN];

	sm3(pic->data.p, pic->data.len, digest);
	const struct val	v[] = { val_int(id), val_text(pic->type),
				    val_blob(pic->data),
				    val_int(pic->width_mm),
				    val_int(pic->height_mm),
				    val_blob(OCTETS(digest, SM3_LEN)) };
	return store_run(of->st, STMT_OFFICE_PICTURE_PUT, v, 6, NULL, e);
}

int
case_submit(struct office *of, const struct session *s,
    const struct application *a, struct octets public_key,
    const struct case_picture *pic, int64_t *id, struct err *e)
{
	struct query	*q = NULL;
	char		 object[48];
	char		*name = NULL;
	bool		 row;
	int		 rc;

	*id = 0;
	if ((rc = case_check(of, a, e)) != 0)
		return rc;
	name = application_seal_name(a);
	const struct val	v[] = { val_int(s->account),
		    val_int(CASE_SUBMITTED), val_text(a->owner_name),
		    val_text(a->credit_code), val_text(a->division),
		    val_int(a->seal_type), val_text(name),
		    val_text(a->horizontal_text != NULL ?
		    a->horizontal_text : ""),
		    public_key.len > 0 ? val_blob(public_key) : val_null(),
		    val_int(of->now()), type_is_only_one(a->seal_type) ?
		    val_int(1) : val_null() };
	if ((rc = store_query(of->st, STMT_OFFICE_CASE_PUT, v, 11, &q,
	    e)) == 0)
		rc = query_next(q, &row, e);
	if (rc == 0)
		*id = query_int(q, 0);
	query_done(q);
	if (rc != 0 || (rc = picture_put(of, *id, pic, e)) != 0 ||
	    (rc = office_key_intend(of, *id, public_key, e)) != 0)
		goto out;
	snprintf(object, sizeof(object), "application %lld", (long long)*id);
	rc = office_trail(of, s->account, "submit", object, e);
out:
	free(name);
	return rc;
}

int
case_move(struct office *of, int64_t id, enum case_state from,
    enum case_state to, struct err *e)
{
	const struct val	v[] = { val_int(id), val_int(from),
				    val_int(to), val_int(of->now()) };
	int64_t			changed;
	int			rc;

	if ((rc = case_step(from, to, e)) != 0 ||
	    (rc = store_run(of->st, STMT_OFFICE_CASE_STATE, v, 4, &changed,
	    e)) != 0)
		return rc;
	if (changed != 1)
		return err_set_id(e, ERR_CONFLICT, "illegal-transition",
		    "application %lld is not %s", (long long)id,
		    case_word(from));
	return 0;
}

/* Return or reject: the case closes, and its owner may apply again. */
static int
case_close(struct office *of, const struct office_case *c,
    enum case_state to, const char *reason, struct err *e)
{
	const struct val	v[] = { val_int(c->id), val_int(c->state),
				    val_int(to), val_int(of->now()),
				    val_text(reason) };
	enum case_state		from = c->state;
	int			rc;

	/* A decision at once is a review, too. */
	if (from == CASE_SUBMITTED) {
		if ((rc = case_step(from, CASE_UNDER_REVIEW, e)) != 0)
			return rc;
		from = CASE_UNDER_REVIEW;
	}
	if ((rc = case_step(from, to, e)) != 0)
		return rc;
	return store_run(of->st, STMT_OFFICE_CASE_CLOSE, v, 5, NULL, e);
}

/*
 * The last approval: everything that a filing needs to be resumed is fixed
 * here, in the officers' transaction; the serial is an intent to certify.
 */
static int
case_certify(struct office *of, const struct office_case *c, struct err *e)
{
	uint8_t		 serial[16], salt[RECORD_SALT_LEN], person[32];
	char		 code[SEAL_CODE_SIZE];
	int64_t		 now = office_now(of);
	int64_t		 until = now + of->cf->seal_valid_days * DAY;
	enum case_state	 from = c->state;
	int		 rc;

	if (from == CASE_SUBMITTED) {
		if ((rc = case_step(from, CASE_UNDER_REVIEW, e)) != 0)
			return rc;
		from = CASE_UNDER_REVIEW;
	}
	if ((rc = case_step(from, CASE_DECIDED, e)) != 0 ||
	    (rc = case_step(CASE_DECIDED, CASE_CERTIFYING, e)) != 0 ||
	    (rc = c->renewal != 0 ? renewal_check(of, c->seal_code, c->id,
	    e) : code_next(of, c->division, code, e)) != 0)
		return rc;
	/* A positive INTEGER of exactly 16 octets. */
	sm_random(serial, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	sm_random(salt, sizeof(salt));
	sm_random(person, sizeof(person));
	if (c->renewal != 0 && c->person_salt_len == sizeof(person))
		memcpy(person, c->person_salt, sizeof(person));
	const bool		outside = config_is_external(of->cf);
	const struct val	cv[] = { val_int(c->id), val_int(c->state),
		    val_int(CASE_CERTIFYING), val_int(now),
		    c->renewal != 0 ? val_null() : val_text(code),
		    outside ? val_null() :
		    val_blob(OCTETS(serial, sizeof(serial))),
		    outside ? val_null() : val_int(now),
		    outside ? val_null() : val_int(until),
		    val_blob(OCTETS(salt, sizeof(salt))),
		    seal_type_is_person(c->seal_type) ?
		    val_blob(OCTETS(person, sizeof(person))) : val_null() };
	const struct val	iv[] = {
		    val_blob(OCTETS(serial, sizeof(serial))), val_int(c->id),
		    val_int(now), val_int(until), val_int(CRL_PART) };
	if ((rc = store_run(of->st, STMT_OFFICE_CASE_CERTIFY, cv, 10, NULL,
	    e)) == 0)
		rc = outside ? certreq_intend(of, c, now, e) :
		    store_run(of->st, STMT_OFFICE_CERT_INTENT, iv, 5, NULL,
		    e);
	mem_wipe(person, sizeof(person));
	return rc;
}

/* Who has decided already: *approvals, and whether account is among them. */
static int
decided(struct office *of, int64_t id, int64_t account, unsigned *approvals,
    bool *same, struct err *e)
{
	const struct val	 v[] = { val_int(id) };
	struct query		*q = NULL;
	bool			 row;
	int			 rc;

	*approvals = 0;
	*same = false;
	if ((rc = store_query(of->st, STMT_OFFICE_DECISIONS, v, 1, &q,
	    e)) != 0)
		goto out;
	while ((rc = query_next(q, &row, e)) == 0 && row) {
		*approvals += strcmp(query_text(q, 2), "approve") == 0;
		*same = *same || query_int(q, 0) == account;
	}
out:
	query_done(q);
	return rc;
}

/* What the words of a decision mean, checked before any state. */
static int
decision_read(const char *decision, const char *reason, enum case_state *to,
    struct err *e)
{
	if (strcmp(decision, "approve") == 0)
		*to = CASE_DECIDED;
	else if (strcmp(decision, "return") == 0)
		*to = CASE_RETURNED;
	else if (strcmp(decision, "reject") == 0)
		*to = CASE_REJECTED;
	else
		return err_set_id(e, ERR_INVAL, "bad-decision",
		    "a decision is approve, return or reject");
	if (reason[0] == '\0' && *to != CASE_DECIDED)
		return err_set_id(e, ERR_INVAL, "reason-required",
		    "to %s takes a reason", decision);
	if (reason[0] != '\0' && (!text_is_name(reason) ||
	    utf8_count(reason) > LIMIT_REASON))
		return err_set_id(e, ERR_INVAL, "bad-reason",
		    "a reason is one line of at most %d characters",
		    LIMIT_REASON);
	return 0;
}

int
case_decide(struct office *of, const struct session *s, int64_t id,
    const char *decision, const char *reason, enum case_state *state,
    struct err *e)
{
	struct office_case	*c = NULL;
	enum case_state		 to = CASE_NONE;
	unsigned		 approvals;
	char			 object[48];
	bool			 same;
	int			 rc;

	*state = CASE_NONE;
	if ((rc = decision_read(decision, reason, &to, e)) != 0 ||
	    (rc = case_get(of, id, &c, e)) != 0)
		goto out;
	if (c->state != CASE_SUBMITTED && c->state != CASE_UNDER_REVIEW) {
		rc = err_set_id(e, ERR_CONFLICT, "illegal-transition",
		    "application %lld is %s: it waits for no decision",
		    (long long)id, case_word(c->state));
		goto out;
	}
	if (c->account == s->account) {
		rc = err_set_id(e, ERR_DENIED, "own-application",
		    "nobody decides on his own application");
		goto out;
	}
	if ((rc = decided(of, id, s->account, &approvals, &same, e)) != 0)
		goto out;
	if (same) {
		rc = err_set_id(e, ERR_CONFLICT, "same-officer",
		    "this officer has decided already: another one must");
		goto out;
	}
	const struct val	v[] = { val_int(id), val_int(s->account),
				    val_text(decision), val_text(reason),
				    val_int(of->now()) };
	if ((rc = store_run(of->st, STMT_OFFICE_DECISION_PUT, v, 5, NULL,
	    e)) != 0)
		goto out;
	if (to != CASE_DECIDED)
		rc = case_close(of, c, to, reason, e);
	else if (approvals + 1 >= life_officers(c->seal_type)) {
		to = CASE_CERTIFYING;
		rc = case_certify(of, c, e);
	} else {
		to = CASE_UNDER_REVIEW;
		if (c->state != to)
			rc = case_move(of, id, c->state, to, e);
	}
	if (rc != 0)
		goto out;
	snprintf(object, sizeof(object), "application %lld", (long long)id);
	if ((rc = office_trail(of, s->account, decision, object, e)) == 0)
		*state = to;
out:
	case_free(c);
	return rc;
}
