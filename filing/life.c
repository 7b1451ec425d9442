#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filing/life.h"
#include "schema/tables.h"

static const char *const status_words[STATUS_END] = {
	[STATUS_ACTIVE] = "active", [STATUS_SUSPENDED] = "suspended",
	[STATUS_LOST] = "lost", [STATUS_REVOKED] = "revoked",
	[STATUS_CANCELLED] = "cancelled", [STATUS_DESTROYED] = "destroyed",
	[STATUS_IMPOUNDED] = "impounded",
	[STATUS_SURRENDERED] = "surrendered",
};

static const char *const event_words[EVENT_END] = {
	[EVENT_FILED] = "filed", [EVENT_SUSPENDED] = "suspended",
	[EVENT_RESUMED] = "resumed", [EVENT_LOST] = "lost",
	[EVENT_RECOVERED] = "recovered", [EVENT_REVOKED] = "revoked",
	[EVENT_CANCELLED] = "cancelled", [EVENT_DESTROYED] = "destroyed",
	[EVENT_REPLACED] = "replaced", [EVENT_AMENDED] = "amended",
	[EVENT_RENEWED] = "renewed", [EVENT_IMPOUNDED] = "impounded",
	[EVENT_RELEASED] = "released", [EVENT_SURRENDERED] = "surrendered",
	[EVENT_ANNULLED] = "annulled", [EVENT_IMPORTED] = "imported",
};

static const char *const case_words[CASE_END] = {
	[CASE_DRAFT] = "draft", [CASE_SUBMITTED] = "submitted",
	[CASE_UNDER_REVIEW] = "under_review", [CASE_RETURNED] = "returned",
	[CASE_REJECTED] = "rejected", [CASE_DECIDED] = "decided",
	[CASE_CERTIFYING] = "certifying", [CASE_MAKING] = "making",
	[CASE_FILED] = "filed",
};

/* schema/seal_types.tsv */
struct type_row {
	const char	*number, *word, *chinese, *officers;
	const char	*style, *horizontal;
};
#define TYPE_ROW(N, W, Z, O, S, H)	{ N, W, Z, O, S, H },
static const struct type_row type_rows[] = { SEAL_TYPES_TSV(TYPE_ROW) };

/* schema/reasons.tsv */
struct reason_row {
	const char	*number, *kind, *word, *chinese, *english, *crl;
};
#define REASON_ROW(N, K, W, Z, E, C)	{ N, K, W, Z, E, C },
static const struct reason_row reason_rows[] = { REASONS_TSV(REASON_ROW) };

#define NROWS(A)	(sizeof(A) / sizeof((A)[0]))

/*
 * One row a kind of event: from which states, and what comes of it.  A live
 * state is one that is not terminal; SAME keeps the state.
 */
#define S(X)	(1u << STATUS_ ## X)
#define LIVE	(S(ACTIVE) | S(SUSPENDED) | S(LOST) | S(IMPOUNDED))
#define ENDED	(S(REVOKED) | S(CANCELLED) | S(DESTROYED) | S(SURRENDERED))
#define SAME	STATUS_NONE

static const struct {
	unsigned		from;
	enum seal_status	to;
} life[EVENT_END] = {
	[EVENT_FILED]		= { S(NONE), STATUS_ACTIVE },
	[EVENT_SUSPENDED]	= { S(ACTIVE), STATUS_SUSPENDED },
	[EVENT_RESUMED]		= { S(SUSPENDED), STATUS_ACTIVE },
	[EVENT_LOST]		= { S(ACTIVE) | S(SUSPENDED), STATUS_LOST },
	[EVENT_RECOVERED]	= { S(LOST), STATUS_ACTIVE },
	[EVENT_REVOKED]		= { LIVE, STATUS_REVOKED },
	[EVENT_CANCELLED]	= { LIVE, STATUS_CANCELLED },
	[EVENT_DESTROYED]	= { LIVE, STATUS_DESTROYED },
	/* The old code ends; the new one is filed on its own. */
	[EVENT_REPLACED]	= { LIVE, STATUS_CANCELLED },
	[EVENT_AMENDED]		= { LIVE, SAME },
	[EVENT_RENEWED]		= { S(ACTIVE), SAME },
	[EVENT_IMPOUNDED]	= { S(ACTIVE) | S(SUSPENDED),
				    STATUS_IMPOUNDED },
	[EVENT_RELEASED]	= { S(IMPOUNDED), STATUS_ACTIVE },
	[EVENT_SURRENDERED]	= { LIVE, STATUS_SURRENDERED },
	[EVENT_ANNULLED]	= { ENDED, STATUS_ACTIVE },
	[EVENT_IMPORTED]	= { S(NONE), STATUS_ACTIVE },
};

#define C(X)	(1u << CASE_ ## X)
static const unsigned case_next[CASE_END] = {
	[CASE_NONE]		= C(DRAFT) | C(SUBMITTED),
	[CASE_DRAFT]		= C(SUBMITTED),
	/* Straight to decided where one officer, or none, is enough. */
	[CASE_SUBMITTED]	= C(UNDER_REVIEW) | C(RETURNED) |
				  C(REJECTED) | C(DECIDED),
	[CASE_UNDER_REVIEW]	= C(RETURNED) | C(REJECTED) | C(DECIDED),
	/* To certifying: a licensed body that had said no is asked again. */
	[CASE_RETURNED]		= C(SUBMITTED) | C(CERTIFYING),
	[CASE_DECIDED]		= C(CERTIFYING),
	/* Returned: a licensed body certifies it not. */
	[CASE_CERTIFYING]	= C(MAKING) | C(RETURNED),
	[CASE_MAKING]		= C(FILED),
};

static int
find_word(const char *const *words, int n, const char *s)
{
	int	i;

	for (i = 1; i < n; i++)
		if (s != NULL && strcmp(words[i], s) == 0)
			return i;
	return 0;
}

static const struct type_row *
type_row(uint32_t type)
{
	size_t	i;

	for (i = 0; i < NROWS(type_rows); i++)
		if (strtoul(type_rows[i].number, NULL, 10) == type)
			return &type_rows[i];
	return NULL;
}

const char *
status_word(uint32_t status)
{
	return status < STATUS_END ? status_words[status] : NULL;
}

const char *
event_word(uint32_t kind)
{
	return kind < EVENT_END ? event_words[kind] : NULL;
}

const char *
seal_type_word(uint32_t type)
{
	const struct type_row	*r = type_row(type);

	return r != NULL ? r->word : NULL;
}

const char *
seal_type_style(uint32_t type)
{
	const struct type_row	*r = type_row(type);

	return r != NULL && r->style[0] != '-' ? r->style : NULL;
}

const char *
seal_type_horizontal(uint32_t type)
{
	const struct type_row	*r = type_row(type);

	return r != NULL && r->horizontal[0] != '-' ? r->horizontal : "";
}

enum seal_status
status_from_word(const char *s)
{
	return (enum seal_status)find_word(status_words, STATUS_END, s);
}

enum event_kind
event_from_word(const char *s)
{
	return (enum event_kind)find_word(event_words, EVENT_END, s);
}

bool
status_is_terminal(uint32_t status)
{
	return status < STATUS_END && (ENDED & (1u << status)) != 0;
}

bool
seal_type_is_person(uint32_t type)
{
	return type == SEAL_PERSONAL || type == SEAL_LEGAL_REP;
}

/* "suspended, lost, ...": what may happen in a state. */
static void
allowed_from(enum seal_status from, char *out, size_t n)
{
	size_t	len = 0;
	int	k;

	(void)snprintf(out, n, "nothing");
	for (k = 1; k < EVENT_END; k++)
		if ((life[k].from & (1u << from)) != 0 && len < n)
			len += (size_t)snprintf(out + len, n - len, "%s%s",
			    len > 0 ? ", " : "", event_words[k]);
}

int
life_step(enum seal_status from, enum event_kind kind, enum seal_status *to,
    struct err *e)
{
	char	allowed[160];

	*to = STATUS_NONE;
	if ((unsigned)from >= STATUS_END || kind == EVENT_NONE ||
	    (unsigned)kind >= EVENT_END)
		return err_set_id(e, ERR_CONFLICT, "illegal-transition",
		    "no such state or kind of event");
	if ((life[kind].from & (1u << from)) == 0) {
		allowed_from(from, allowed, sizeof(allowed));
		return err_set_id(e, ERR_CONFLICT, "illegal-transition",
		    "a seal that is %s cannot be %s; possible: %s",
		    from == STATUS_NONE ? "not filed" : status_words[from],
		    event_words[kind], allowed);
	}
	*to = life[kind].to == SAME ? from : life[kind].to;
	return 0;
}

const char *
case_word(enum case_state s)
{
	return (unsigned)s < CASE_END ? case_words[s] : NULL;
}

enum case_state
case_from_word(const char *s)
{
	return (enum case_state)find_word(case_words, CASE_END, s);
}

int
case_step(enum case_state from, enum case_state to, struct err *e)
{
	if ((unsigned)from >= CASE_END || to == CASE_NONE ||
	    (unsigned)to >= CASE_END)
		return err_set_id(e, ERR_CONFLICT, "illegal-transition",
		    "no such state of an application");
	if ((case_next[from] & (1u << to)) == 0)
		return err_set_id(e, ERR_CONFLICT, "illegal-transition",
		    "an application that is %s cannot become %s",
		    from == CASE_NONE ? "new" : case_words[from],
		    case_words[to]);
	return 0;
}

unsigned
life_officers(uint32_t seal_type)
{
	const struct type_row	*r = type_row(seal_type);

	/* A type we do not know is decided as carefully as any. */
	return r != NULL ? (unsigned)strtoul(r->officers, NULL, 10) : 2;
}

unsigned
reason_crl(uint32_t reason)
{
	size_t	i;

	for (i = 0; i < NROWS(reason_rows); i++)
		if (strtoul(reason_rows[i].number, NULL, 10) == reason)
			return (unsigned)strtoul(reason_rows[i].crl, NULL, 10);
	return 0;
}

const char *
reason_word(uint32_t reason)
{
	size_t	i;

	for (i = 0; i < NROWS(reason_rows); i++)
		if (strtoul(reason_rows[i].number, NULL, 10) == reason)
			return reason_rows[i].word;
	return NULL;
}

int
reason_parse(const char *s, enum event_kind kind, uint32_t *reason,
    struct err *e)
{
	const struct reason_row	*r;
	const char		*word = event_word((uint32_t)kind);
	char			 known[160] = "none";
	size_t			 i, len = 0;

	*reason = 0;
	for (i = 0; i < NROWS(reason_rows) && word != NULL; i++) {
		r = &reason_rows[i];
		if (strcmp(r->kind, word) != 0)
			continue;
		if (s != NULL && (strcasecmp(r->word, s) == 0 ||
		    strcmp(r->number, s) == 0 || strcmp(r->chinese, s) == 0)) {
			*reason = (uint32_t)strtoul(r->number, NULL, 10);
			return 0;
		}
		if (len < sizeof(known))
			len += (size_t)snprintf(known + len,
			    sizeof(known) - len, "%s%s", len > 0 ? ", " : "",
			    r->word);
	}
	return err_set_id(e, ERR_INVAL, "unknown-reason",
	    "not a reason for this; possible: %s", known);
}
