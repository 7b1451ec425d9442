#ifndef REGISTRY_REGISTER_H
#define REGISTRY_REGISTER_H

#include "registry/judge/history.h"
#include "registry/judge/verify.h"
#include "registry/web/web.h"

/*
 * What this node's copy of a log says of codes, for a report: the record, and
 * the events behind it where it does not suffice.
 */

/* Of one code; everything is owned here. */
struct web_word {
	char			 code[SEAL_CODE_SIZE];
	struct verify_word	 word;
	struct record		 record;
	struct record_box	*box;
	uint8_t			*octets;
	uint64_t		 index;	/* of the event that made it */
	bool			 read;	/* the history was */
	struct history		 history;
};

/* Zero it, but for w and policy (NULL: the usual one); end with web_register_fini(). */
struct web_register {
	struct web	*w;
	const struct policy *policy;
	struct web_word	*words[LIMIT_REPORT_STAMPS];
	size_t		 n;
};

/* A verify_register; ctx is a struct web_register. */
void	 web_register_ask(void *ctx, const struct trust_province *owner,
	    const char *code, const struct verdict_case *c,
	    struct verify_word *w);
void	 web_register_fini(struct web_register *reg);

/* All events behind the one at index, newest first, as far as LIMIT_PAST. */
int	 web_history(struct logview *lv, uint64_t index, struct history *h,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_REGISTER_H */
