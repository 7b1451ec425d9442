#ifndef REGISTRY_DOCTOR_H
#define REGISTRY_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/config.h"
#include "sync/trust.h"

/*
 * How a node is: one finding after another, each with its severity and what
 * to do about it.  It only looks: beside a running node, or at a stopped one.
 */

enum doctor_level {
	DOCTOR_GOOD = 0,
	DOCTOR_WARNING = 1,	/* look at it this week */
	DOCTOR_FAULT = 2	/* look at it now */
};

#define LIMIT_DOCTOR_FINDINGS	512

struct doctor_finding {
	const char	*name;		/* literal: "disk", "peer" */
	enum doctor_level level;
	char		 text[320];
	char		 todo[240];	/* "" where there is nothing to do */
};

struct doctor {
	const struct config	*cf;
	const struct trust	*trust;	/* NULL: none, or not readable */
	const struct err	*trust_why;	/* and why */
	bool			 running;	/* somebody holds the lock */
	int64_t			 now;
	/* Long work: how far it is, 0 at its end; NULL: nobody waits. */
	void			(*tell)(uint64_t seals);
	/* found */
	struct doctor_finding	 found[LIMIT_DOCTOR_FINDINGS];
	size_t			 nfound;
	enum doctor_level	 worst;
	/* of the own log, for others; 0 where it could not be read */
	uint64_t		 log_size;
	uint64_t		 log_week;	/* entries of the last 7 days */
	int64_t			 log_age;	/* seconds since it was founded */
};

/* One finding; todo may be NULL. */
void	 doctor_say(struct doctor *d, const char *name,
	    enum doctor_level level, const char *todo, const char *fmt, ...)
	    __attribute__((format(printf, 5, 6)));
/* "3 s", "5 min", "2 h", "4 days" into out. */
void	 doctor_span(int64_t seconds, char out[32]);

/* Everything.  cf, trust, running and now are set; the rest is zeroed. */
void	 doctor_look(struct doctor *d);

/* Its parts, a file each: the logs (first: others use what it finds), and
 * what lies in the folder. */
void	 doctor_logs(struct doctor *d);
void	 doctor_peers(struct doctor *d);
void	 doctor_office(struct doctor *d);	/* and the log: do they agree */
void	 doctor_owners(struct doctor *d);	/* whose the files are */
void	 doctor_papers(struct doctor *d);	/* certificates, lists, backup */
void	 doctor_roots(struct doctor *d);	/* another national root */
void	 doctor_policy(struct doctor *d);	/* what files are judged by */
void	 doctor_seals(struct doctor *d);	/* that end soon */
void	 doctor_requests(struct doctor *d);	/* to a licensed body */
void	 doctor_machine(struct doctor *d);	/* processes, disk, clock */

#endif /* REGISTRY_DOCTOR_H */
