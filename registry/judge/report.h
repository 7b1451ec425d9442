#ifndef REGISTRY_REPORT_H
#define REGISTRY_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "registry/judge/verdict.h"

/*
 * A verification report: every rule on its own, and a verdict over them
 * (design section 8).  "Cannot tell" is never "valid".  Pure.
 */

#define LIMIT_REPORT_CHECKS	16
#define LIMIT_REPORT		(1u << 16)	/* octets of one, as text */
#define REPORT_DETAIL_SIZE	256

enum check_result {
	CHECK_NONE = 0, CHECK_PASSED, CHECK_FAILED, CHECK_UNKNOWN,
	CHECK_NOT_APPLICABLE, CHECK_END
};

struct report_check {
	const char		*rule;	/* static: "seal_signature" */
	enum check_result	 result;
	char			 detail[REPORT_DETAIL_SIZE];
};

/* Plain value. */
struct report {
	const char		*kind;		/* static: "seal" */
	char			 generation[8];	/* "V4", or "" */
	char			 code[64];	/* esID, printable, or "" */
	struct report_check	 checks[LIMIT_REPORT_CHECKS];
	size_t			 n;
	/* What the register says, VERDICT_NONE if it was not asked. */
	enum verdict		 registry;
	bool			 proof_bad;	/* its proof does not hold */
};

const char	*check_result_word(enum check_result r);	/* "passed" */
enum check_result check_result_from_word(const char *s);	/* or NONE */

/* Add a row; rows beyond LIMIT_REPORT_CHECKS are a fault of ours. */
void		 report_add(struct report *r, const char *rule,
		    enum check_result result, const char *fmt, ...)
		    __attribute__((format(printf, 4, 5)));

/*
 * Over all rows: failed wins (as the register's own word where that is why),
 * then unknown, else valid.  A report without rows is unknown.
 */
enum verdict	 report_verdict(const struct report *r);
/* enum cmd_exit of it. */
int		 report_exit(const struct report *r);

void		 report_print(const struct report *r, struct buf *out);
void		 report_json(const struct report *r, struct buf *out);

#endif /* REGISTRY_REPORT_H */
