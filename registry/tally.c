#include "registry/tally.h"

const uint64_t tally_bound_us[TALLY_BOUNDS] = {
	500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 500000, 2000000,
	UINT64_MAX
};

void
tally_add(struct tally *t, int64_t us)
{
	const uint64_t	n = us > 0 ? (uint64_t)us : 0;
	size_t		i;

	for (i = 0; n > tally_bound_us[i]; i++)
		;
	t->count[i]++;
	t->sum_us += n;
}
