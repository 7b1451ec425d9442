#ifndef REGISTRY_VERIFY_ARGS_H
#define REGISTRY_VERIFY_ARGS_H

#include "registry/judge/verify_ask.h"

/* "sealreg verify": what its two ways, one file and many, have in common. */

struct verify_args {
	char		**paths;
	size_t		 npaths;
	const char	*file;		/* the first of them, or NULL */
	const char	*list, *trust, *node, *policy, *html, *pdf,
			*evidence, *replay, *original;
	const char	*intermediates[LIMIT_POLICY_INTERMEDIATES];
	size_t		 nintermediates;
	bool		 has_at, json, help, batch, null, apart;
	unsigned	 jobs;		/* 0: not said */
	int64_t		 at;
	enum rule_lang	 lang;
};

/* Further forms of one report: files, or NULL.  Borrowed. */
struct verify_forms {
	const char		*html, *pdf, *evidence, *node;
	const struct policy	*policy;
	enum rule_lang		 lang;
};

/* Evidence gets its time-stamp from node, where there is one; that there is
 * none is said on standard error.  ERR_IO, ERR_TOOBIG. */
int	 verify_forms_write(const struct verify_forms *f, struct report *r,
	    struct evidence *ev, struct err *e) MUST_CHECK;

/* Many files: exit status of the worst.  text: the list that is believed. */
int	 verify_many(const struct verify_args *a, const struct trust *t,
	    const struct policy *policy, const char *text,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_VERIFY_ARGS_H */
