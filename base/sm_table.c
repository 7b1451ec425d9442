#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/mem.h"
#include "base/sm_table.h"

/*
 * A number below 2^256 in digits of 5 bits from -15 to 16, lowest first; point
 * j of row i is (j + 1) * 32^i * P.  A product is then a sum of one point a
 * row, those of negative digits in a sum of their own.
 */
#define BITS	5
#define WIDTH	(1 << (BITS - 1))
#define ROWS	52		/* 256 bits and the last carry */

struct sm2_table {
	EC_POINT	*p[ROWS][WIDTH];	/* affine: quicker to add */
};

/* One process, no threads: one curve, one context, one point at a time. */
static struct {
	EC_GROUP		*group;		/* NULL: not begun */
	BN_CTX			*ctx;
	EC_POINT		*plus, *minus;
	struct sm2_table	*generator;
} curve;

static int
failed(struct err *e)
{
	return err_set_crypto(e, "SM2 points");
}

void
sm2_table_free(struct sm2_table *t)
{
	int	i, j;

	if (t == NULL)
		return;
	for (i = 0; i < ROWS; i++)
		for (j = 0; j < WIDTH; j++)
			EC_POINT_free(t->p[i][j]);
	free(t);
}

/* p as x and y, with nothing to divide by. */
static bool
make_affine(EC_POINT *p, BIGNUM *x, BIGNUM *y)
{
	return EC_POINT_get_affine_coordinates(curve.group, p, x, y,
	    curve.ctx) == 1 && EC_POINT_set_affine_coordinates(curve.group,
	    p, x, y, curve.ctx) == 1;
}

/* Every multiple that a number can need, of p, which ends elsewhere. */
static bool
fill(struct sm2_table *t, EC_POINT *p)
{
	BIGNUM	*x, *y;
	bool	 good = true;
	int	 i, j;

	BN_CTX_start(curve.ctx);
	x = BN_CTX_get(curve.ctx);
	if ((y = BN_CTX_get(curve.ctx)) == NULL)
		good = false;
	for (i = 0; i < ROWS && good; i++) {
		for (j = 0; j < WIDTH && good; j++) {
			if ((t->p[i][j] = EC_POINT_new(curve.group)) == NULL)
				abort();	/* out of memory */
			good = (j == 0 ? EC_POINT_copy(t->p[i][j], p) :
			    EC_POINT_add(curve.group, t->p[i][j],
			    t->p[i][j - 1], t->p[i][0], curve.ctx)) == 1 &&
			    make_affine(t->p[i][j], x, y);
		}
		good = good && EC_POINT_dbl(curve.group, p,
		    t->p[i][WIDTH - 1], curve.ctx) == 1;
	}
	BN_CTX_end(curve.ctx);
	return good;
}

static int
begin(struct err *e)
{
	if (curve.group != NULL)
		return 0;
	if ((curve.group = EC_GROUP_new_by_curve_name(NID_sm2)) == NULL)
		return failed(e);
	if ((curve.ctx = BN_CTX_new()) == NULL ||
	    (curve.plus = EC_POINT_new(curve.group)) == NULL ||
	    (curve.minus = EC_POINT_new(curve.group)) == NULL)
		abort();		/* out of memory */
	return 0;
}

/* OpenSSL refuses a point off the curve as it decodes it. */
static bool
read_point(const uint8_t point[SM2_POINT_LEN], EC_POINT *p)
{
	if (point[0] == 0x04 && EC_POINT_oct2point(curve.group, p, point,
	    SM2_POINT_LEN, curve.ctx) == 1)
		return true;
	(void)err_set_crypto(NULL, "");
	return false;
}

bool
sm2_on_curve(const uint8_t point[SM2_POINT_LEN])
{
	return begin(NULL) == 0 && read_point(point, curve.plus);
}

/* The generator's table is for ever. */
static int
generator(struct err *e)
{
	EC_POINT	*g;
	int		 rc;

	if (curve.generator != NULL)
		return 0;
	if ((g = EC_POINT_dup(EC_GROUP_get0_generator(curve.group),
	    curve.group)) == NULL)
		abort();
	curve.generator = xcalloc(1, sizeof(*curve.generator));
	if (!fill(curve.generator, g)) {
		sm2_table_free(curve.generator);
		curve.generator = NULL;
		rc = failed(e);
		goto out;
	}
	rc = 0;
out:
	EC_POINT_free(g);
	return rc;
}

int
sm2_table_new(const uint8_t point[SM2_POINT_LEN], struct sm2_table **out,
    struct err *e)
{
	struct sm2_table	*t = NULL;
	EC_POINT		*p = NULL;
	int			 rc;

	*out = NULL;
	if ((rc = begin(e)) != 0 || (rc = generator(e)) != 0)
		return rc;
	if ((p = EC_POINT_new(curve.group)) == NULL)
		abort();
	if (!read_point(point, p)) {
		rc = err_set(e, ERR_FORMAT,
		    "not an uncompressed point on the SM2 curve");
		goto out;
	}
	t = xcalloc(1, sizeof(*t));
	if (!fill(t, p)) {
		rc = failed(e);
		goto out;
	}
	*out = t;
	t = NULL;
	rc = 0;
out:
	EC_POINT_free(p);
	sm2_table_free(t);
	return rc;
}

/* BITS bits from i on, some of them beyond the end. */
static int
bits_at(const uint8_t v[32], unsigned i)
{
	const unsigned	at = i / 8;
	unsigned	w = v[31 - at];

	if (at < 31)
		w |= (unsigned)v[30 - at] << 8;
	return (int)(w >> i % 8 & (2 * WIDTH - 1));
}

/* Add v * P to the two sums. */
static bool
add(const struct sm2_table *t, const uint8_t v[32])
{
	EC_POINT	*sum;
	int		 carry = 0, d, i;

	for (i = 0; i < ROWS; i++) {
		d = bits_at(v, (unsigned)(BITS * i)) + carry;
		if ((carry = d > WIDTH) != 0)
			d -= 2 * WIDTH;
		if (d == 0)
			continue;
		sum = d > 0 ? curve.plus : curve.minus;
		if (EC_POINT_add(curve.group, sum, sum,
		    t->p[i][(d > 0 ? d : -d) - 1], curve.ctx) != 1)
			return false;
	}
	return true;
}

/* x1 of [s]G + [t]P; *none: it is the point without coordinates. */
static bool
sum_x(const struct sm2_table *t, const uint8_t s[32], const uint8_t u[32],
    BIGNUM *x, bool *none)
{
	*none = false;
	if (EC_POINT_set_to_infinity(curve.group, curve.plus) != 1 ||
	    EC_POINT_set_to_infinity(curve.group, curve.minus) != 1 ||
	    !add(curve.generator, s) || !add(t, u) ||
	    EC_POINT_invert(curve.group, curve.minus, curve.ctx) != 1 ||
	    EC_POINT_add(curve.group, curve.plus, curve.plus, curve.minus,
	    curve.ctx) != 1)
		return false;
	*none = EC_POINT_is_at_infinity(curve.group, curve.plus) == 1;
	return *none || EC_POINT_get_affine_coordinates(curve.group,
	    curve.plus, x, NULL, curve.ctx) == 1;
}

int
sm2_table_verify(const struct sm2_table *t, const uint8_t digest[SM3_LEN],
    const uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	const BIGNUM	*n = EC_GROUP_get0_order(curve.group);
	BIGNUM		*r, *s, *u, *x;
	uint8_t		 tt[32];
	bool		 none;
	int		 rc;

	BN_CTX_start(curve.ctx);
	r = BN_CTX_get(curve.ctx);
	s = BN_CTX_get(curve.ctx);
	u = BN_CTX_get(curve.ctx);
	if ((x = BN_CTX_get(curve.ctx)) == NULL ||
	    BN_bin2bn(sig, 32, r) == NULL ||
	    BN_bin2bn(sig + 32, 32, s) == NULL ||
	    BN_mod_add(u, r, s, n, curve.ctx) != 1 ||
	    BN_bn2binpad(u, tt, sizeof(tt)) != sizeof(tt)) {
		rc = failed(e);
		goto out;
	}
	if (BN_is_zero(u)) {
		rc = err_set(e, ERR_VERIFY, "SM2 signature: r + s is n");
		goto out;
	}
	if (!sum_x(t, sig + 32, tt, x, &none)) {
		rc = failed(e);
		goto out;
	}
	if (BN_bin2bn(digest, SM3_LEN, u) == NULL ||
	    (!none && BN_mod_add(u, u, x, n, curve.ctx) != 1)) {
		rc = failed(e);
		goto out;
	}
	if (none || BN_cmp(u, r) != 0) {
		rc = err_set(e, ERR_VERIFY, "SM2 signature does not hold");
		goto out;
	}
	rc = 0;
out:
	BN_CTX_end(curve.ctx);
	return rc;
}
