#ifndef REGISTRY_OFFICE_CASE_H
#define REGISTRY_OFFICE_CASE_H

#include "filing/application.h"
#include "filing/life.h"
#include "registry/office/office.h"
#include "registry/office/office_session.h"

/*
 * A case: an application, its picture, what the officers decided, until it
 * is a seal.
 */

/* A case as it stands in the database.  Opaque owner of what it points to. */
struct office_case {
	int64_t		 id, account;	/* account: its applicant */
	enum case_state	 state;
	char		*owner_name, *credit_code, *division;
	uint32_t	 seal_type;
	char		*seal_name;	/* full; of type 5 the person's */
	char		*horizontal_text;
	uint8_t		*public_key;	size_t public_key_len;	/* or NULL */
	char		*reason;	/* or NULL */
	uint32_t	 renewal;	/* its reason; 0: a first filing */
	char		*seal_code;	/* of a renewal always; else NULL, 0: */
	/* From certifying on. */
	uint8_t		*serial;	size_t serial_len;
	int64_t		 valid_from, valid_until;
	uint8_t		*record_salt;	size_t record_salt_len;
	uint8_t		*person_salt;	size_t person_salt_len;
};

/* Caller frees with case_free().  ERR_NOTFOUND "no-such-application". */
int	 case_get(struct office *of, int64_t id, struct office_case **c,
	    struct err *e) MUST_CHECK;
void	 case_free(struct office_case *c);

/* A picture as drawn.  Borrowed. */
struct case_picture {
	const char	*type;		/* "PNG" */
	struct octets	 data;
	uint32_t	 width_mm, height_mm;
};

/*
 * May this be applied for now?  Errors of application_check(), and
 * ERR_CONFLICT "already-has-seal": the owner has a statutory (1) or legal
 * representative's seal (5), or a case for one.
 */
int	 case_check(struct office *of, const struct application *a,
	    struct err *e) MUST_CHECK;

/* May a closed case be taken up again, and is it then its owner's only one?
 * ERR_CONFLICT "already-has-seal", those of renewal_check(); ERR_NOTFOUND "no-such-application". */
int	 case_only_one(struct office *of, int64_t id, bool *only,
	    struct err *e) MUST_CHECK;

/*
 * Store a submitted case with its picture.  public_key: 65 octets of the
 * applicant's own key, or empty.  Checks again as case_check().
 */
int	 case_submit(struct office *of, const struct session *s,
	    const struct application *a, struct octets public_key,
	    const struct case_picture *pic, int64_t *id,
	    struct err *e) MUST_CHECK;

/*
 * An officer decides: "approve", "return" or "reject".  The approval that
 * completes the number for the type gives the case its code, serial, dates
 * and salts, and the state certifying.  Where a licensed body certifies, it
 * gives serial and dates, later.  *state is the state afterwards.
 *
 * ERR_INVAL "bad-decision", "reason-required" (return, reject),
 * "bad-reason"; ERR_CONFLICT "illegal-transition" (it is not waiting for a
 * decision; the seal to be renewed is not active), "same-officer", "no-applicant-request"; ERR_DENIED "own-application";
 * ERR_NOTFOUND "no-such-application".
 */
int	 case_decide(struct office *of, const struct session *s, int64_t id,
	    const char *decision, const char *reason, enum case_state *state,
	    struct err *e) MUST_CHECK;

/* Move between states by the one table.  ERR_CONFLICT "illegal-transition". */
int	 case_move(struct office *of, int64_t id, enum case_state from,
	    enum case_state to, struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_CASE_H */
