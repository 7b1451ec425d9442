#include <stdlib.h>
#include <string.h>

#include "registry/found/plan.h"

/*
 * Property: any octets are read or refused with an id of configurations or
 * ceremony-plan; what was read can be held: shares enough, each in a place of
 * its own and none with the keys, and it can be told.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
check(const struct plan *pl)
{
	const struct custodian	*c;
	struct buf		 b;
	size_t			 i, k;

	must(pl->threshold >= 2 && (size_t)pl->threshold <= pl->custodians.n);
	for (i = 0; i < pl->custodians.n; i++) {
		c = plan_custodian(pl, i);
		must(c->share[0] == '/' && strncmp(c->share, pl->data,
		    strlen(pl->data) + 1) != 0);
		for (k = 0; k < i; k++)
			must(strcmp(c->share, plan_custodian(pl, k)->share) !=
			    0);
	}
	buf_init(&b, 2 * LIMIT_PLAN);
	plan_tell(pl, &b);
	must(buf_ok(&b));
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct plan	*pl = NULL;
	struct err	 e = ERR_INIT;

	must(sm_init(&e) == 0);
	if (plan_parse("p", OCTETS(p, n), &pl, &e) == 0)
		check(pl);
	else
		must(pl == NULL && (strncmp(e.id, "config-", 7) == 0 ||
		    strcmp(e.id, "ceremony-plan") == 0 ||
		    e.code == ERR_TOOBIG));
	plan_free(pl);
	return 0;
}
