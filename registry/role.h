#ifndef REGISTRY_ROLE_H
#define REGISTRY_ROLE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * What an account may be: roles, as bits inside and as words in the table of
 * accounts ("clerk reviewer": one space between, in the order below).
 */
enum role {
	ROLE_APPLICANT	= 1 << 0,	/* applies, sees own cases */
	ROLE_CLERK	= 1 << 1,	/* an officer: decides, changes status */
	ROLE_REVIEWER	= 1 << 2,	/* an officer too */
	ROLE_AUDITOR	= 1 << 3,	/* reads everything */
	ROLE_OPERATOR	= 1 << 4	/* runs the node */
};

/* Officers may decide and change a seal's status. */
#define ROLE_OFFICERS	(ROLE_CLERK | ROLE_REVIEWER)
/* Who may read any case and download any seal. */
#define ROLE_READERS	(ROLE_OFFICERS | ROLE_AUDITOR)

#define ROLE_WORDS_SIZE	64

/* The word of one role, or NULL. */
const char *role_word(unsigned role);
/* Words separated by single spaces.  ERR_INVAL "unknown-role". */
int	 role_parse(const char *words, unsigned *roles,
	    struct err *e) MUST_CHECK;
/* As stored: words in their order. */
void	 role_format(unsigned roles, char out[ROLE_WORDS_SIZE]);

#endif /* REGISTRY_ROLE_H */
