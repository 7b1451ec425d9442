#ifndef REGISTRY_READERS_H
#define REGISTRY_READERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A few jails that read files side by side.  Small files wait with the jail
 * that is to read them next, so that it never waits for us; each is still a
 * request of its own, with a jail's limits for it alone.  A file that ends its
 * jail fails alone: those that waited behind it are read by the next one, and
 * so is it, once, alone, where others had been read there before it, which may
 * have spoilt that jail.
 */

#define LIMIT_MANY_JAILS	64
#define LIMIT_READERS_QUEUE	8	/* files with one jail */

struct jail_spec;
struct msg_file;
struct readers;			/* opaque */

/* One file.  The caller has it, unmoved, until it is done. */
struct readers_file {
	const struct msg_file	*file;
	/* Ours; zero it. */
	struct readers_file	*next;
	bool			 alone;
};

/* A file is done: 0 and what was answered, or why it was not read.  Borrowed.
 * Others may be given from here. */
typedef void readers_done(void *arg, struct readers_file *f, int rc,
	    struct octets reading, const struct err *why);

/*
 * spec: what the jails are, borrowed; jails: how many, 1 .. LIMIT_MANY_JAILS;
 * type: what they are asked of each file; apart: a jail for each.  Caller
 * frees.
 */
struct readers	*readers_new(const struct jail_spec *spec, unsigned jails,
		    uint16_t type, bool apart, readers_done *done, void *arg);
void		 readers_free(struct readers *s);
/* May this file be given now? */
bool		 readers_have_room(const struct readers *s,
		    const struct readers_file *f);
/* Only then.  It is done later; where this fails, it is not. */
int		 readers_give(struct readers *s, struct readers_file *f,
		    struct err *e) MUST_CHECK;
/* Is something under way? */
bool		 readers_are_busy(const struct readers *s);
/* Wait, so long at most, until something is done, or has had its time; false:
 * nothing is. */
bool		 readers_wait(struct readers *s, int ms);

#endif /* REGISTRY_READERS_H */
