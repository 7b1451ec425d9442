#ifndef CA_TST_H
#define CA_TST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ca/cms.h"

/*
 * Reading time-stamp tokens (RFC 3161; GB/T 20520) signed with SM2 and SM3:
 * an authority says that something was there at a moment.  Whose authority it
 * is, its chain tells, which is judged elsewhere, at that moment.
 */

#define LIMIT_TST	(64u << 10)	/* octets of a token */

/* A token that was read.  Plain value; views are tied to the input. */
struct tst {
	struct cms	 cms;
	bool		 in_answer;	/* it came in the authority's whole
					 * answer, a TimeStampResp */
	struct octets	 info;		/* TSTInfo */
	struct octets	 policy;	/* value of the OID */
	struct octets	 imprint_alg;	/* value of the OID */
	struct octets	 imprint;	/* hashedMessage */
	struct octets	 serial;	/* value of the INTEGER */
	int64_t		 time;		/* genTime, its fraction dropped */
	bool		 has_nonce;
	struct octets	 nonce;		/* value of the INTEGER */
	struct octets	 cert;		/* of the authority, DER; or empty */
};

/*
 * Read a token, a TimeStampToken, alone or in the answer that granted it
 * (RFC 3161, 2.4.2); nothing may follow it.  On failure *t is zeroed.
 * ERR_FORMAT "bad-time-stamp" cites the member, or the status of an answer
 * that granted none.
 */
int	 tst_parse(struct octets in, struct tst *t, struct err *e) MUST_CHECK;

/* Is it an authority's answer, or SignedData with TSTInfo in it, whatever else
 * is wrong with it? */
bool	 tst_is_token(struct octets in);

/*
 * Is it signed by the certificate that came along, and is that one for
 * time-stamps and for nothing else (RFC 3161, 2.3)?  ERR_VERIFY
 * "bad-time-stamp-signature", "not-for-time-stamps"; else we cannot tell:
 * ERR_NOTFOUND "signer-not-included", ERR_FORMAT "unsupported-algorithm",
 * "unsupported-digest", "bad-certificate", "not-sm2".
 */
int	 tst_verify(struct tst *t, struct err *e) MUST_CHECK;

/*
 * Is it about these octets?  ERR_VERIFY "time-stamp-mismatch"; ERR_FORMAT
 * "unsupported-digest".
 */
int	 tst_covers(const struct tst *t, struct octets what,
	    struct err *e) MUST_CHECK;

/*
 * Read, verify and compare, in this order: the codes of the three.  On
 * failure *t is zeroed.
 */
int	 tst_check(struct octets in, struct octets what, struct tst *t,
	    struct err *e) MUST_CHECK;
/* Does this outcome of tst_check() say that the token is bad, rather than
 * that we cannot tell? */
bool	 tst_is_bad(const struct err *e);

/* Word n of what leaves the standards in it ("digest-with-z"), as far as it was
 * verified; NULL beyond the last. */
const char *tst_deviation(const struct tst *t, size_t n);

/* In words, a line a fact. */
void	 tst_print(const struct tst *t, struct buf *out);

#endif /* CA_TST_H */
