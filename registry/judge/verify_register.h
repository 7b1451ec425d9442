#ifndef REGISTRY_VERIFY_REGISTER_H
#define REGISTRY_VERIFY_REGISTER_H

#include "registry/judge/verify_chain.h"

/*
 * The rows about the seal as such: its own dates, and what the register says
 * of it as of the moment judged.
 */

/* The policy that counts: that of ask, or the usual one. */
const struct policy *verify_policy(const struct verify_ask *ask);

/* Rows seal_validity and registry_status, added to v->out, whose moment is set;
 * v->seal is there.  ask is called with ctx for the register's word. */
void	 verify_seal_validity(const struct verify_part *v);
void	 verify_registry_status(const struct verify_part *v,
	    verify_register *ask, void *ctx);

#endif /* REGISTRY_VERIFY_REGISTER_H */
