#ifndef REGISTRY_TRANSCRIPT_H
#define REGISTRY_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sm.h"
#include "ca/key.h"
#include "ca/share.h"
#include "registry/found/plan.h"

/*
 * What a ceremony has done, in text, signed by the new key: lines of facts,
 * "by SLOT" and "signature BASE64".  It holds no secret and no share.
 */

#define LIMIT_TRANSCRIPT (64u << 10)

/* What it tells beside the plan.  Borrowed. */
struct transcript_facts {
	int64_t		 began, ended;
	const uint8_t	*id;		/* SHARE_ID octets */
	struct octets	 before;	/* of the root that it follows, or empty */
	struct octets	 certificate;	/* the root's, or empty */
};

/* Append it, signed by the root or the province's authority. */
int	 transcript_write(const struct plan *p, const struct keyring *kr,
	    const struct transcript_facts *f, struct buf *out,
	    struct err *e) MUST_CHECK;

/* What was read of one.  Plain value. */
struct transcript {
	char	title[LIMIT_SHARE_NAME + 1];
	uint8_t	plan[SM3_LEN];		/* digest */
	uint8_t	point[SM2_POINT_LEN];	/* of the key that signed */
	bool	nation;
};

/*
 * Read it and verify its signature by the key that it names: whose that is, the
 * caller compares.  ERR_FORMAT "transcript-format"; ERR_VERIFY
 * "transcript-signature".
 */
int	 transcript_read(struct octets text, struct transcript *t,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_TRANSCRIPT_H */
