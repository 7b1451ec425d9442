#include <stdlib.h>

#include "base/mem.h"
#include "signing/offered.h"

static struct {
	struct octets	*o;
	size_t		 n;
} offered;

void
offered_set(const struct octets *certs, size_t n)
{
	size_t	i;

	for (i = 0; i < offered.n; i++)
		free((void *)(uintptr_t)offered.o[i].p);
	free(offered.o);
	offered.o = xcalloc(n + 1, sizeof(offered.o[0]));
	offered.n = n;
	for (i = 0; i < n; i++)
		offered.o[i] = OCTETS(xmemdup(certs[i].p, certs[i].len),
		    certs[i].len);
}

bool
offered_signer(const struct cms *m, struct octets *der)
{
	size_t	i;

	for (i = 0; i < offered.n; i++)
		if (cms_is_signer(m, offered.o[i])) {
			*der = offered.o[i];
			return true;
		}
	return false;
}
