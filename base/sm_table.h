#ifndef BASE_SM_TABLE_H
#define BASE_SM_TABLE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/sm.h"

/*
 * Verifying SM2 signatures, [s]G + [r + s]P, with points of our own
 * (base/sm_curve.h): OpenSSL 3.0 has no code of its own for this curve and
 * takes eight times as long.  The generator has a table of its multiples, so
 * that multiplying it is fifty additions and no doubling; a key that verifies
 * many signatures can have one, too.  Which keys do is sm.c's to say.  Only
 * public numbers are worked on here, and time may tell which.
 */

/* An uncompressed point on the curve? */
bool	 sm2_on_curve(const uint8_t point[SM2_POINT_LEN]);

struct sm2_table;		/* opaque; 52 KB */

/*
 * Takes as long as some ten verifications.  ERR_FORMAT: not on the curve.
 * Caller frees with sm2_table_free().
 */
int	 sm2_table_new(const uint8_t point[SM2_POINT_LEN],
	    struct sm2_table **t, struct err *e) MUST_CHECK;
void	 sm2_table_free(struct sm2_table *t);

/*
 * Some multiples of a key, for one that verifies a few signatures: a quarter of
 * the doublings is left.  To make them takes about as long as to verify.
 * ERR_FORMAT: not on the curve.  Caller frees with sm2_rows_free().
 */
struct sm2_rows;		/* opaque; 4 KB */
int	 sm2_rows_new(const uint8_t point[SM2_POINT_LEN],
	    struct sm2_rows **t, struct err *e) MUST_CHECK;
void	 sm2_rows_free(struct sm2_rows *t);

/*
 * GB/T 32918.2, 7.1, steps B5 to B7: does sig, r and s each from 1 to n-1, hold
 * over this digest (of Z and message)?  ERR_VERIFY.  The same with a point,
 * which is on the curve, with its rows and with its table.
 */
int	 sm2_point_verify(const uint8_t point[SM2_POINT_LEN],
	    const uint8_t digest[SM3_LEN], const uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;
int	 sm2_rows_verify(const struct sm2_rows *t,
	    const uint8_t digest[SM3_LEN], const uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;
int	 sm2_table_verify(const struct sm2_table *t,
	    const uint8_t digest[SM3_LEN], const uint8_t sig[SM2_SIG_LEN],
	    struct err *e) MUST_CHECK;

#endif /* BASE_SM_TABLE_H */
