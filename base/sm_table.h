#ifndef BASE_SM_TABLE_H
#define BASE_SM_TABLE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/sm.h"

/*
 * Points of SM2's curve.  A key that verifies many signatures gets a table of
 * its multiples, so that checking one adds a hundred points instead of doubling
 * 256 times: a third of the time that OpenSSL 3.0 takes, which has no code of
 * its own for this curve.  Points and their arithmetic are OpenSSL's; only
 * public numbers are worked on here, and time may tell which.  Which keys get
 * one is sm.c's to say.
 */

/* An uncompressed point on the curve?  Without making a key of it. */
bool	 sm2_on_curve(const uint8_t point[SM2_POINT_LEN]);

struct sm2_table;		/* opaque; some 300 KB */

/*
 * Takes as long as forty verifications, the first one twice that.  ERR_FORMAT:
 * not on the curve; ERR_CRYPTO.  Caller frees with sm2_table_free().
 */
int	 sm2_table_new(const uint8_t point[SM2_POINT_LEN],
	    struct sm2_table **t, struct err *e) MUST_CHECK;
void	 sm2_table_free(struct sm2_table *t);

/*
 * GB/T 32918.2, 7.1, steps B5 to B7: does sig, r and s each from 1 to n-1, hold
 * over this digest (of Z and message)?  ERR_VERIFY; ERR_CRYPTO.
 */
int	 sm2_table_verify(const struct sm2_table *t,
	    const uint8_t digest[SM3_LEN], const uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;

#endif /* BASE_SM_TABLE_H */
