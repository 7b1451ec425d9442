#ifndef FILING_APPLICATION_H
#define FILING_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * An application for a seal: what the applicant wrote, checked by form.
 * Whether it is true is the officers' business (domain: the seal's name is
 * the unit's name and a purpose; the applicant is who he says).  Pure.
 */

/* In code points. */
#define LIMIT_OWNER_NAME	50
#define LIMIT_SEAL_NAME		80
#define LIMIT_HORIZONTAL_TEXT	12
#define LIMIT_PERSON_NAME	9

/*
 * The fields as they came; NULL is the same as empty.  Borrowed.
 *
 * Type 5 (legal representative): the person's name is horizontal_text, or
 * seal_name where that is empty; it is drawn, and goes nowhere else but the
 * private tables and the seal itself.
 */
struct application {
	const char	*owner_name;
	const char	*credit_code;
	const char	*division;	/* 6 digits, GB/T 2260 */
	uint32_t	 seal_type;
	const char	*seal_name;	/* empty: made from the others */
	const char	*horizontal_text; /* empty: the usual one of the type */
};

/* What is drawn: the text on the arc or in the square, and the line below. */
struct application_text {
	const char	*name;		/* borrowed from the application */
	const char	*horizontal;	/* or static, or "" */
};

/*
 * Check every field; the first fault is told.  All ERR_INVAL:
 * "bad-owner-name", "bad-credit-code", "unknown-division" (at time t),
 * "seal-type-not-offered" (3 is not drawn yet, 0 waits for identity checks),
 * "bad-seal-name", "bad-horizontal-text", "bad-person-name".
 * Characters that no font has are found when it is drawn ("no-glyph").
 */
int	 application_check(const struct application *a, int64_t t,
	    struct err *e) MUST_CHECK;

/* Of an application that passed application_check(). */
struct application_text application_text(const struct application *a);

/*
 * The seal's full name, as in the seal data: seal_name, or owner_name and
 * the horizontal text; for type 5 the person's name.  Caller frees with
 * free().
 */
char	*application_seal_name(const struct application *a);

/* The person of a type 5 seal, tied to the application; else NULL. */
const char *application_person(const struct application *a);

/* Is the type drawn and filed here? */
bool	 seal_type_is_offered(uint32_t seal_type);

#endif /* FILING_APPLICATION_H */
