#ifndef CA_SHARE_H
#define CA_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A secret of 32 octets in n shares, of which any m make it again and m - 1
 * tell nothing (Shamir, over GF(256), by libgfshare).  A share is text that a
 * person can type: docs/ceremony.md has the octets and the lines.
 */

#define SHARE_SECRET	32
#define SHARE_ID	16		/* octets that name a ceremony */
#define LIMIT_SHARES	20		/* n */
#define LIMIT_SHARE_TEXT 4096		/* octets of one as text */
#define LIMIT_SHARE_NAME 64		/* octets of a name in it */

/* One share.  Plain value; wipe it. */
struct share {
	uint8_t	id[SHARE_ID];		/* of its ceremony */
	uint8_t	m, n, index;		/* index from 1 to n */
	bool	sealed;			/* under a pass phrase */
	uint8_t	salt[16], tag[16];	/* where sealed */
	uint8_t	body[SHARE_SECRET];
};

/* The name that a secret gives to its ceremony; tells nothing of it. */
void	 share_id(const uint8_t secret[SHARE_SECRET], uint8_t id[SHARE_ID]);

/* 2 <= m <= n <= LIMIT_SHARES; out has n.  ERR_INVAL. */
int	 share_split(const uint8_t secret[SHARE_SECRET], unsigned m,
	    unsigned n, struct share *out, struct err *e) MUST_CHECK;

/*
 * The secret of nshares shares, none sealed; those beyond the m first are only
 * compared.  ERR_INVAL "shares-few", "shares-mixed" (two ceremonies),
 * "shares-twice" (one index twice); ERR_VERIFY "shares-altered": together
 * they do not make what was split.  On failure secret is zeroed.
 */
int	 share_combine(const struct share *shares, size_t nshares,
	    uint8_t secret[SHARE_SECRET], struct err *e) MUST_CHECK;

/* Seal it under its custodian's pass phrase, or open it again.  ERR_DENIED
 * "share-passphrase": another pass phrase; it stays sealed. */
int	 share_seal(struct share *s, const char *pass,
	    struct err *e) MUST_CHECK;
int	 share_unseal(struct share *s, const char *pass,
	    struct err *e) MUST_CHECK;

/* What stands over the lines, for people; LIMIT_SHARE_NAME each. */
struct share_words {
	const char	*ceremony, *custodian;
	const char	*key;		/* fingerprint of the key it opens */
};

/* Append the text. */
void	 share_format(const struct share *s, const struct share_words *w,
	    struct buf *out);
/*
 * Read one: the whole text, or the numbered lines alone; letters of either
 * case.  ERR_FORMAT "share-format", naming the line that is wrong.
 */
int	 share_parse(struct octets text, struct share *s,
	    struct err *e) MUST_CHECK;

#endif /* CA_SHARE_H */
