#include <string.h>

#include "registry/judge/policy.h"

const struct policy policy_usual = { .max_age = 0 };

bool
policy_refuses(const struct policy *p, const char *deviation)
{
	size_t	i;

	for (i = 0; i < p->nrefused; i++)
		if (strcmp(p->refused[i], "*") == 0 ||
		    strcmp(p->refused[i], deviation) == 0)
			return true;
	return false;
}
