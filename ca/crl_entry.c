#include <stdlib.h>
#include <string.h>

#include "ca/crl.h"

int
crl_entry_cmp(const struct crl_entry *x, const struct crl_entry *y)
{

	if (x->seriallen != y->seriallen)
		return x->seriallen < y->seriallen ? -1 : 1;
	return memcmp(x->serial, y->serial, x->seriallen);
}

static int
by_serial(const void *a, const void *b)
{

	return crl_entry_cmp(a, b);
}

/* Leading zeros off, so that one number has one spelling. */
static void
trim(struct crl_entry *en)
{
	size_t	 z = 0;

	while (z + 1 < en->seriallen && en->serial[z] == 0)
		z++;
	memmove(en->serial, en->serial + z, en->seriallen - z);
	en->seriallen -= z;
}

void
crl_entries_sort(struct crl_entry *all, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		trim(&all[i]);
	qsort(all, n, sizeof(*all), by_serial);
}
