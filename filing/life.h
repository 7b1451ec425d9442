#ifndef FILING_LIFE_H
#define FILING_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The life of a seal (design section 4): numbers, words, and one transition
 * table, which replicas apply too.  Pure; time is a parameter.
 */

enum seal_status {
	STATUS_NONE = 0,	/* no event yet */
	STATUS_ACTIVE = 1, STATUS_SUSPENDED, STATUS_LOST, STATUS_REVOKED,
	STATUS_CANCELLED, STATUS_DESTROYED, STATUS_IMPOUNDED,
	STATUS_SURRENDERED, STATUS_END
};

enum event_kind {
	EVENT_NONE = 0,
	EVENT_FILED = 1, EVENT_SUSPENDED, EVENT_RESUMED, EVENT_LOST,
	EVENT_RECOVERED, EVENT_REVOKED, EVENT_CANCELLED, EVENT_DESTROYED,
	EVENT_REPLACED, EVENT_AMENDED, EVENT_RENEWED, EVENT_IMPOUNDED,
	EVENT_RELEASED, EVENT_SURRENDERED, EVENT_ANNULLED, EVENT_IMPORTED,
	EVENT_END
};

enum seal_type {
	SEAL_PERSONAL = 0, SEAL_STATUTORY = 1, SEAL_FINANCE = 2,
	SEAL_INVOICE = 3, SEAL_CONTRACT = 4, SEAL_LEGAL_REP = 5,
	SEAL_BUSINESS = 6, SEAL_OTHER = 99
};

const char	*status_word(uint32_t status);	/* "active"; NULL if unknown */
const char	*event_word(uint32_t kind);	/* "filed"; NULL if unknown */
const char	*seal_type_word(uint32_t type);	/* "statutory-name"; or NULL */
enum seal_status status_from_word(const char *s);	/* or STATUS_NONE */
enum event_kind	 event_from_word(const char *s);	/* or EVENT_NONE */
bool		 status_is_terminal(uint32_t status);
bool		 seal_type_is_person(uint32_t type);	/* 0 and 5 */

/*
 * More of schema/seal_types.tsv: the style of its picture (a row of
 * schema/pictures.tsv) or NULL where it is not offered; the usual horizontal
 * text or "".
 */
const char	*seal_type_style(uint32_t type);
const char	*seal_type_horizontal(uint32_t type);

/*
 * The status after kind happens in status from.  ERR_CONFLICT
 * "illegal-transition" says what is allowed from there.
 */
int	 life_step(enum seal_status from, enum event_kind kind,
	    enum seal_status *to, struct err *e) MUST_CHECK;

/* The states of an application before it is a seal. */
enum case_state {
	CASE_NONE = 0,
	CASE_DRAFT, CASE_SUBMITTED, CASE_UNDER_REVIEW, CASE_RETURNED,
	CASE_REJECTED, CASE_DECIDED, CASE_CERTIFYING, CASE_MAKING, CASE_FILED,
	CASE_END
};
const char	*case_word(enum case_state s);
enum case_state	 case_from_word(const char *s);
/* One table for those too.  ERR_CONFLICT "illegal-transition". */
int	 case_step(enum case_state from, enum case_state to,
	    struct err *e) MUST_CHECK;
/* Different officers that must approve a seal of this type: 0, 1 or 2. */
unsigned life_officers(uint32_t seal_type);

/*
 * Reasons: a numbered table (schema/reasons.tsv, generated into
 * build/gen/tables.h).  Numbers say which kind they belong to.
 */
const char	*reason_word(uint32_t reason);	/* or NULL */
/* The CRLReason that its certificate gets (RFC 5280, 5.3.1); 0: none said. */
unsigned	 reason_crl(uint32_t reason);
/* By word ("owner-request") or number in text.  ERR_INVAL "unknown-reason". */
int	 reason_parse(const char *s, enum event_kind kind, uint32_t *reason,
	    struct err *e) MUST_CHECK;

#endif /* FILING_LIFE_H */
