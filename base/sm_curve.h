#ifndef BASE_SM_CURVE_H
#define BASE_SM_CURVE_H

#include "base/sm.h"
#include "base/sm_field.h"

/*
 * Points of SM2's curve, y^2 = x^3 - 3x + b (GB/T 32918.5), and their sums;
 * every case of an addition is told from the others: a point and itself, and
 * its opposite, too.  For public numbers alone: time tells which they are.
 */

/* One that has coordinates. */
struct point {
	struct u256	x, y;
};

/* x / z^2 and y / z^3; z 0: the point without coordinates. */
struct sum {
	struct u256	x, y, z;
};

extern const struct point	curve_generator;
extern const struct u256	curve_order;

/* From octets; false: not an uncompressed point on the curve. */
bool	 point_read(const uint8_t in[SM2_POINT_LEN], struct point *out);

bool	 sum_is_none(const struct sum *a);
void	 sum_of(struct sum *out, const struct point *p);
/* Twice a, a + b, a + p, a - p.  The result may lie where a does. */
void	 sum_double(struct sum *out, const struct sum *a);
void	 sum_add(struct sum *out, const struct sum *a, const struct sum *b);
void	 sum_add_point(struct sum *out, const struct sum *a,
	    const struct point *p);
void	 sum_sub_point(struct sum *out, const struct sum *a,
	    const struct point *p);
/* -a. */
void	 sum_negate(struct sum *out, const struct sum *a);
/* out[i] = in[i] for n of them, all of which have coordinates; with one
 * division for all. */
void	 sum_points(struct point *out, const struct sum *in, size_t n);
/* Is this number, below p, the first coordinate of a, which has some? */
bool	 sum_has_x(const struct sum *a, const struct u256 *x);

#endif /* BASE_SM_CURVE_H */
