#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/ev.h"

/*
 * Small processes, each with one right and no other.  The monitor forks and
 * executes this same program once for every row of a const table, hands out
 * socketpairs and listening sockets over a control socket, and starts again
 * whatever dies; partners of a restarted process get a fresh socketpair.  All
 * die with the monitor (PR_SET_PDEATHSIG).
 */

#define PROC_CONTROL_FD	3	/* the control socket in every child */
/*
 * Exit status (EX_CONFIG) of a child and of "serve": what it lacks comes by no
 * restart.  A child has logged proc.failed.
 */
#define PROC_UNFIT	78
#define PROC_SETTINGS_FD 4	/* the plan's settings, where it has some */
#define LIMIT_PROC	16	/* processes in all */

/*
 * A role; argv of instance I is: sealreg proc NAME I, and the plan's args.
 * after: role that must be ready before this one starts, or NULL; it stands
 * earlier in the table.  Roles are ended last row first.
 */
struct proc_role {
	const char	*name;		/* "recorder" */
	unsigned	 count;		/* how many of them */
	const char	*after;
	bool		 listens;	/* gets the listening sockets */
};

/* Roles a and b talk: every instance of one with every instance of the other. */
struct proc_link {
	const char	*a, *b;
};

/* A listening socket for children with .listens; tag is passed through. */
struct proc_listen {
	int		 fd;
	unsigned	 tag;
};

/* A sealed memfd for every instance of a role; tag is passed through. */
struct proc_file {
	const char	*role;
	int		 fd;
	unsigned	 tag;
};

struct proc_plan {
	const struct proc_role	 *roles;	size_t nroles;
	const struct proc_link	 *links;	size_t nlinks;
	const struct proc_listen *listens;	size_t nlistens;
	const struct proc_file	 *files;	size_t nfiles;
	const char	 *const	 *args;		/* NULL-terminated, appended */
	const char		 *self;		/* the program: /proc/self/exe */
	/*
	 * A sealed memfd that every child has open from its first moment, as
	 * it is when the child is started; NULL: none.
	 */
	const int		 *settings;
	/* File to tell "ROLE INSTANCE PID" of every child, behind it of its
	 * helper, and, first, of "monitor"; or NULL.  Empty in the end. */
	const char		 *pidfile;
	/* Said once, when every process has been ready for the first time. */
	void			(*on_ready)(void *arg);
	/*
	 * SIGHUP: true if files of the plan or how to log have changed; every
	 * child that runs is then told.  NULL: SIGHUP is left alone.
	 */
	bool			(*on_reload)(void *arg);
	/*
	 * NULL, or names of roles, NULL-terminated, that on_reload() wants to
	 * begin anew, as they read their files only once: ended well and
	 * started again, one role after the other.
	 */
	const char	 *const	 *anew;
	void			*arg;
};

/*
 * Run the plan until SIGTERM or SIGINT, then end the roles one after the
 * other, last row first (asked by a control message; killed after 1 s each,
 * 5 s in all), and return 0.  A child that dies before it served for half a
 * second, again and again, is restarted with growing pauses, at most 1 s, for
 * ever.  The log tells every start: "proc.start role=R instance=I pid=P".
 *
 * ERR_INVAL "proc-unfit": a child ended with PROC_UNFIT before it ever served;
 * the others were ended.
 */
int	 proc_monitor(const struct proc_plan *plan, struct err *e) MUST_CHECK;

/* In the child. */
struct proc_hooks {
	/* A new connection to instance i of role; takes fd.  Replaces the old. */
	void	(*on_link)(void *arg, const char *role, unsigned i, int fd);
	/* A file of the plan, before any socket and after a reload; takes fd. */
	void	(*on_file)(void *arg, unsigned tag, int fd);
	/* A listening socket; takes fd. */
	void	(*on_listen)(void *arg, unsigned tag, int fd);
	/* Asked to end: finish what is acknowledged, then ev_stop(). */
	void	(*on_stop)(void *arg);
};

/*
 * Set the process up as a child: name, no core dumps, not to be traced by
 * others of the same user, as many descriptors as it may have, SIGTERM and
 * SIGINT left to the monitor, control socket on the loop; on_link calls follow from there.
 * ev is NULL in a process without a loop, which calls proc_control_wait().
 */
int	 proc_child(struct ev *ev, const char *name,
	    const struct proc_hooks *hooks, void *arg,
	    struct err *e) MUST_CHECK;
/* Tell the monitor that this process serves. */
void	 proc_ready(void);
/*
 * Tell the monitor of the one process that this one has started for itself,
 * and that ends with it, for the pidfile; before proc_ready().  The monitor
 * believes it, writes it there, and does nothing else with it.  name: small
 * letters, fewer than 24.
 */
void	 proc_helper(const char *name, pid_t pid);

/*
 * A process without a loop (key, jail) polls PROC_CONTROL_FD beside its links
 * and takes control messages itself: wait for the next at most timeout_ms
 * (-1: for ever) and call its hook.  ERR_NOTFOUND: nothing came.  ERR_IO: the
 * monitor is gone; the process ends.
 */
int	 proc_control_wait(const struct proc_hooks *hooks, void *arg,
	    int timeout_ms, struct err *e) MUST_CHECK;

#endif /* BASE_PROC_H */
