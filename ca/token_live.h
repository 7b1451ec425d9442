#ifndef CA_TOKEN_LIVE_H
#define CA_TOKEN_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * How a node's token is doing, for those who may not ask it: the key process
 * writes it into DIR/run/token, mapped before it gives away its rights, and
 * http and doctor read it there.  Nothing secret, and nothing that anybody
 * relies on.
 */

#define TOKEN_LIVE_FILE	"run/token"

/* Plain value. */
struct token_facts {
	int64_t		pid;		/* of the token process; 0: none runs */
	int64_t		answered_at;	/* it did last what was asked; 0: never */
	int64_t		failed_at;	/* and did not, or not in time */
	char		state[ERR_ID_MAX];	/* empty: it answers; else why not */
	uint64_t	answers, failures;
};

struct token_live;			/* opaque */

/*
 * Map path, to write (it is made) or to read.  ERR_IO; ERR_NOTFOUND: there is
 * none to be read.  ERR_FORMAT "token-live": it is no such file.
 */
int	 token_live_open(const char *path, bool write, struct token_live **l,
	    struct err *e) MUST_CHECK;
void	 token_live_close(struct token_live *l);
void	 token_live_set(struct token_live *l, const struct token_facts *f);
/* False: it is being written just now, again and again. */
bool	 token_live_get(const struct token_live *l, struct token_facts *f);

#endif /* CA_TOKEN_LIVE_H */
