#ifndef REGISTRY_VERDICT_H
#define REGISTRY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "filing/record.h"
#include "sync/trust.h"

/*
 * The verdict on a code (design section 8), from what the map says.  Pure, and
 * the same for the node that answers and for whoever checks the answer.
 *
 * Precedence: unknown, not_filed, mismatch, not_valid, valid.
 */

enum verdict {
	VERDICT_NONE = 0,
	VERDICT_UNKNOWN, VERDICT_NOT_FILED, VERDICT_MISMATCH,
	VERDICT_NOT_VALID, VERDICT_VALID, VERDICT_END
};

/* Why; a finer word for people and for logs, not part of the answer. */
enum verdict_why {
	WHY_NONE = 0,
	WHY_GOOD,		/* active and within its period */
	WHY_NO_WORD,		/* no checkpoint of the owner was accepted yet */
	WHY_TOO_OLD,		/* the owner's last word is older than max_age */
	WHY_FROM_FUTURE,	/* signed later than our clock allows */
	WHY_DISPUTED,		/* the owner contradicted itself */
	WHY_INCOMPLETE,		/* the register does not hold every such seal */
	WHY_ABSENT,		/* complete, and not there */
	WHY_DIGEST,		/* the copy shown is not the seal on file */
	WHY_BEFORE_CHANGE,	/* asked about a moment before the last change */
	WHY_STATUS,		/* not active */
	WHY_NOT_YET,		/* before valid_from */
	WHY_EXPIRED,		/* at or after valid_until */
	WHY_SAID_UNKNOWN,	/* the node cannot tell (check of an answer) */
	WHY_FILED_LATER,	/* the history begins after that moment */
	WHY_SUPERSEDED,		/* the copy shown is of before a renewal */
	WHY_END
};

/* Signed later than this many seconds ahead of the clock: not believed. */
#define LIMIT_CLOCK_SKEW	300

/* The word of the owner: is it there, is it fresh?  0 or WHY_*. */
struct verdict_source {
	bool	 accepted;	/* a checkpoint of the owner is held */
	bool	 disputed;
	int64_t	 as_of;		/* time of the owner's signature */
	int64_t	 max_age;	/* seconds, from the trust list */
};

/* What is asked, and what the map says. */
struct verdict_case {
	const struct record	*record;	/* NULL: no row for the key */
	int64_t			 complete_since; /* of such codes; 0: never */
	const uint8_t		*digest;	/* 32 octets, or NULL */
	bool			 has_at;
	int64_t			 at;		/* the moment asked about */
	int64_t			 now;
};

const char	*verdict_word(enum verdict v);		/* "not_filed" */
enum verdict	 verdict_from_word(const char *s);	/* or VERDICT_NONE */
const char	*verdict_why(enum verdict_why w);	/* a sentence */

/*
 * Since when owner's register holds every seal with codes like this one; 0:
 * it does not.  13 digits are a physical seal's.
 */
int64_t		 verdict_complete_since(const struct trust_province *owner,
		    const char *code);
/* May the source be believed at now?  WHY_NONE, or why not. */
enum verdict_why verdict_source(const struct verdict_source *s, int64_t now);
/* The verdict where it may.  why may be NULL. */
enum verdict	 verdict_judge(const struct verdict_case *c,
		    enum verdict_why *why);

#endif /* REGISTRY_VERDICT_H */
