#ifndef REGISTRY_JUDGE_H
#define REGISTRY_JUDGE_H

#include "registry/web/web.h"

/*
 * What a log that this node holds says of a code, judged: one read
 * transaction, proof included.  Writing it down is left to the routes.
 */

struct judge_ask {
	const char	*code;
	const uint8_t	*digest;	/* 32 octets of H(DER SESeal), or NULL */
	bool		 has_at;
	int64_t		 at;		/* the moment asked about */
	int64_t		 now;
};

/* Everything is tied to the turn of the loop (web_log_begin()) and the view. */
struct judged {
	enum verdict		 verdict;
	enum verdict_why	 why;
	const struct log_head	*head;		/* NULL: nothing was accepted */
	/* Unless the verdict is unknown: */
	struct log_proof	 p;
	const struct record	*record;	/* NULL: no row for the code */
	struct record		 rec;
	struct record_box	*box;
};

/* May the owner's word be believed now?  WHY_NONE, or why not. */
enum verdict_why judge_source(const struct web *w,
	    const struct log_head *head, bool disputed, int64_t now);
/* Caller ends with judged_fini(), also after a failure. */
int	 judge_code(struct web *w, struct web_log *l,
	    const struct judge_ask *ask, struct judged *j,
	    struct err *e) MUST_CHECK;
void	 judged_fini(struct judged *j);

#endif /* REGISTRY_JUDGE_H */
