#ifndef REGISTRY_TALLY_H
#define REGISTRY_TALLY_H

#include <stddef.h>
#include <stdint.h>

/*
 * How long things took, counted by upper bounds: what a Prometheus histogram
 * needs.  Plain value; zeroed it is empty.
 */

#define TALLY_BOUNDS	11		/* the last one is "more" */

struct tally {
	uint64_t	count[TALLY_BOUNDS];
	uint64_t	sum_us;
};

/* Upper bounds in microseconds; the last is UINT64_MAX. */
extern const uint64_t	tally_bound_us[TALLY_BOUNDS];

void	 tally_add(struct tally *t, int64_t us);	/* negative: as 0 */

#endif /* REGISTRY_TALLY_H */
