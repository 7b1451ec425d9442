#ifndef REGISTRY_MANY_H
#define REGISTRY_MANY_H

#include "registry/judge/readers.h"
#include "registry/judge/verify_ask.h"

/*
 * Verifying many files: read in a few jails (registry/judge/readers.h), judged
 * here, and told in the order in which they came.  What is held is bounded,
 * however many there are.
 */

#define LIMIT_MANY_AHEAD	64	/* files before the oldest is told */
#define LIMIT_MANY_OCTETS	(128u << 20)	/* of files under way, beyond
						 * the first */
#define LIMIT_MANY_FILE		(128u << 20)	/* octets of one */
#define LIMIT_MANY_MEMORY	2048	/* seals, and twice as many
					 * certificates, remembered */

/* One file, judged.  Borrowed. */
struct many_file {
	uint64_t		 number;	/* from 1 */
	const char		*path;
	struct report		*report;	/* NULL: it could not be read */
	struct evidence		*ev;
	const struct err	*why;		/* then why not */
};

/* What to do.  Borrowed. */
struct many {
	const struct trust	*trust;
	const struct policy	*policy;
	const char		*node;		/* or NULL */
	bool			 has_at;
	int64_t			 at;
	bool			 digests;	/* of files are wanted */
	bool			 evidence;	/* is wanted */
	bool			 pictures;	/* of seals are to be shown */
	bool			 apart;		/* a jail a file */
	unsigned		 jails;		/* 1 .. LIMIT_MANY_JAILS */
	/* The next path, on the heap, or NULL at the end. */
	char			*(*next)(void *arg);
	/* In their order.  Other than 0 ends the run. */
	int			(*tell)(void *arg, struct many_file *f);
	/* Nothing is ready, and others are waited for. */
	void			(*idle)(void *arg);
	void			*arg;
};

/* 0, or what tell returned. */
int	 many_run(const struct many *spec) MUST_CHECK;

#endif /* REGISTRY_MANY_H */
