#ifndef REGISTRY_REVOKED_H
#define REGISTRY_REVOKED_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * DIR/ca/SERIAL.revoked: what an operator has said of one of the node's own
 * certificates.  YAML, two lines; made once and never changed.
 */

struct revoked {
	int64_t		at;
	unsigned	reason;		/* RFC 5280, 5.3.1 */
};

/* "keyCompromise"; a hold is none of these.  False: there is no such reason. */
bool	 revoked_reason(const char *word, unsigned *reason);
const char *revoked_word(unsigned reason);
void	 revoked_format(const struct revoked *r, struct buf *out);
/* name stands in errors.  ERR_INVAL "bad-revocation". */
int	 revoked_parse(const char *name, struct octets text,
	    struct revoked *r, struct err *e) MUST_CHECK;

#endif /* REGISTRY_REVOKED_H */
