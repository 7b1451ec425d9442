#ifndef BASE_JAIL_H
#define BASE_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/calls.h"
#include "base/err.h"

/*
 * A process that holds nothing: one message in, one out.  It decodes what
 * strangers bring and draws pictures; it has no files and no network.  What
 * it can do are const tables, one a room, handed in by the program.
 */

struct jail_handler {
	uint16_t	type;		/* request */
	uint16_t	reply;
	/* in: the body, or the sealed memfd's octets appended after it where
	 * large is not empty.  Write the reply's body to out. */
	int	(*run)(struct octets in, struct octets large, struct buf *out,
		    struct err *e);
};

struct jail_spec {
	/* Ends with NULL; each table ends with type 0.  A type stands once. */
	const struct jail_handler *const *tables;
	/* Read what must be read before the rights go (fonts); may be NULL. */
	int	(*warm)(struct err *e);
};

/* The system calls that a jail keeps: CALLS_* of base/calls.h. */
#define JAIL_CALLS	(CALLS_PLAIN | CALLS_CLOCK)

#define LIMIT_JAIL_INPUT	(128u << 20)
#define LIMIT_JAIL_MEMORY	(1024u << 20)	/* RLIMIT_AS; not under ASan */
#define LIMIT_JAIL_CPU_SECONDS	20		/* per request */

/* Who handles a type, or NULL. */
const struct jail_handler *jail_handler_of(const struct jail_spec *spec,
	    uint16_t type);

/* The top function of a jail child of the monitor; returns at the end. */
int	 proc_jail(const struct jail_spec *spec, struct err *e) MUST_CHECK;

/*
 * A jail of a command's own, forked here when it is first asked, and again
 * after an input has ended it.  Ended with jail_free(), or with the command.
 */
struct jail_own;		/* opaque */
struct jail_own *jail_new(const struct jail_spec *spec);	/* borrowed */
void	 jail_free(struct jail_own *j);
/*
 * One request.  *out is freed by the caller with free().  ERR_FORMAT
 * "jail-died": the input ended it; other errors are the handler's.
 */
int	 jail_ask(struct jail_own *j, uint16_t type, struct octets in,
	    struct octets large, uint8_t **out, size_t *outlen,
	    struct err *e) MUST_CHECK;
/*
 * The same in two steps.  large is a memfd that memfd_seal() made, borrowed, or
 * -1.  Several requests may be under way, which are answered one after the
 * other in their order; a further one only where jail_has_room() says that
 * JAIL_AHEAD octets can be sent without waiting for the jail, which may itself
 * wait for us to take what it said.  While one is, jail_descriptor() becomes
 * readable when the reply is there or the jail has died; -1: none is.  When it
 * has died, the oldest request is told so, those behind it are lost, and
 * jail_runs() no longer.
 */
#define JAIL_AHEAD	(128u << 10)
int	 jail_send(struct jail_own *j, uint16_t type, struct octets in,
	    int large, struct err *e) MUST_CHECK;
bool	 jail_has_room(const struct jail_own *j);
int	 jail_descriptor(const struct jail_own *j);
int	 jail_take(struct jail_own *j, uint8_t **out, size_t *outlen,
	    struct err *e) MUST_CHECK;
bool	 jail_runs(const struct jail_own *j);
/* End it: what is under way is lost, and the next request gets another. */
void	 jail_end(struct jail_own *j);
/* The same in a jail for this one request. */
int	 jail_once(const struct jail_spec *spec, uint16_t type,
	    struct octets in, struct octets large, uint8_t **out,
	    size_t *outlen, struct err *e) MUST_CHECK;

#endif /* BASE_JAIL_H */
