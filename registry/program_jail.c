#include "ca/jail_ca.h"
#include "ca/jail_tsa.h"
#include "filing/jail_filing.h"
#include "registry/judge/jail_replay.h"
#include "registry/program_jail.h"
#include "signing/jail_signing.h"

static int
warm(struct err *e)
{
	int	rc;

	if ((rc = filing_jail_warm(e)) == 0)
		rc = signing_jail_warm(e);
	return rc;
}

static const struct jail_handler *const tables[] = {
	ca_jail_handlers, tsa_jail_handlers, filing_jail_handlers,
	signing_jail_handlers, replay_jail_handlers, NULL
};

const struct jail_spec program_jail = { .tables = tables, .warm = warm };
