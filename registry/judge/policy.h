#ifndef REGISTRY_POLICY_H
#define REGISTRY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * What a relying party puts up with, as data (docs/verify.md): which
 * deviations from the standards, how old the register's word may be, which
 * authorities beside those of the trust list.  A policy can make a verdict
 * stricter; what it may forgive is listed here and nowhere else.
 */

#define LIMIT_POLICY_ANCHORS	32
#define LIMIT_POLICY_NAMES	64
#define LIMIT_POLICY_NAME	64

struct policy {
	/* Deviations that are not put up with; "*" alone: none at all is. */
	char		 refused[LIMIT_POLICY_NAMES][LIMIT_POLICY_NAME];
	size_t		 nrefused;
	int64_t		 max_age;	/* seconds; 0: the trust list's */
	bool		 need_revocation; /* of every certificate */
	bool		 need_time_stamp; /* the signer's word will not do */
	/* Of seals that no province of the trust list has in its register. */
	bool		 foreign_without_register;
	struct octets	 anchors[LIMIT_POLICY_ANCHORS];	/* DER, owned */
	size_t		 nanchors;
};

extern const struct policy policy_usual;

bool	 policy_refuses(const struct policy *p, const char *deviation);

#endif /* REGISTRY_POLICY_H */
