#ifndef BASE_SM_FIELD_H
#define BASE_SM_FIELD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Numbers of 256 bits, and the field of SM2's curve (GB/T 32918.5), for
 * verifying: only public numbers are worked on here, and time may tell which.
 * An element is held as a number below p: itself times 2^256 modulo p
 * (Montgomery).  field_*() take and give such numbers; a result may lie where
 * an operand does.
 */

struct u256 {
	uint64_t	v[4];		/* least first */
};

extern const struct u256	field_p, field_one;

/* From 32 octets, big-endian; any number. */
void	 u256_of(struct u256 *out, const uint8_t in[32]);
bool	 u256_is_zero(const struct u256 *a);
bool	 u256_equal(const struct u256 *a, const struct u256 *b);
bool	 u256_is_below(const struct u256 *a, const struct u256 *m);
/* a + b modulo m, where a + b is below 2m; a - b modulo m, both below m. */
void	 u256_add(struct u256 *out, const struct u256 *a, const struct u256 *b,
	    const struct u256 *m);
void	 u256_sub(struct u256 *out, const struct u256 *a, const struct u256 *b,
	    const struct u256 *m);

/* The element of a number below p. */
void	 field_of(struct u256 *out, const struct u256 *number);
void	 field_add(struct u256 *out, const struct u256 *a,
	    const struct u256 *b);
void	 field_sub(struct u256 *out, const struct u256 *a,
	    const struct u256 *b);
void	 field_mul(struct u256 *out, const struct u256 *a,
	    const struct u256 *b);
void	 field_sqr(struct u256 *out, const struct u256 *a);
/* 1 / a; of 0, 0. */
void	 field_invert(struct u256 *out, const struct u256 *a);

#endif /* BASE_SM_FIELD_H */
