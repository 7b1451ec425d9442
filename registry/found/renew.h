#ifndef REGISTRY_RENEW_H
#define REGISTRY_RENEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "ca/cert.h"
#include "registry/config.h"

/*
 * Another certificate for the node's own maker or time-stamp authority, by the
 * province's authority in the same folder.  Renewal keeps the key; rekey
 * takes another, in a file of its own.  In this order, so that what ends
 * half-way is taken up by the same command again:
 *
 *	1. the certificate in use is kept as ca/SLOT-SERIAL.crt
 *	2. rekey: the next key is in keys/SLOT-N.pem
 *	3. ca/SLOT.crt becomes the new one: from here the new key counts
 *
 * A node that runs goes on with what it has read until it is told (SIGHUP).
 */

#define RENEW_BEFORE	(30 * 86400)	/* of its end it is due */
#define RENEW_AGAIN	3600	/* a younger one is not replaced by chance */
#define RENEW_LOCK	"lock-ca"	/* one command of the authority at a time */

/* Everything is borrowed. */
struct renew_spec {
	const char	*dir;
	enum key_slot	 slot;		/* KEY_MAKER, KEY_TSA */
	bool		 rekey;
	bool		 early;		/* though it is not due */
	int64_t		 days;		/* its life; 0: as the profile says */
	int64_t		 now;
};

/* How it came out.  Plain value. */
struct renewed {
	char	serial[HEX_SIZE(CERT_SERIAL_MAX + 1)];
	int64_t	not_after;
	bool	resumed;	/* with a key that an earlier try has made */
};

/*
 * ERR_CONFLICT "not-due": it is good for long, or was made a moment ago;
 * ERR_NOTFOUND "no-key": neither this key nor the authority's is here;
 * ERR_BUSY: another command is at it.
 */
int	 renew_leaf(const struct renew_spec *spec, struct renewed *r,
	    struct err *e) MUST_CHECK;

/* Step 1: keep c as ca/SLOT-SERIAL.crt. */
int	 renew_keep(const char *dir, enum key_slot slot, const struct cert *c,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_RENEW_H */
