#ifndef REGISTRY_OFFICE_MAKER_H
#define REGISTRY_OFFICE_MAKER_H

#include "registry/office/office.h"

/*
 * Is the maker's certificate fit to make a seal now: its chain to the national
 * root, its validity, that nobody has revoked it or its issuer, and that it is
 * for signing (GM/T 0031-2025 asks that before anything is assembled)?
 * ERR_BUSY "maker-certificate" says what is wrong with it.
 */
int	 office_maker_check(struct office *of, int64_t now,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_MAKER_H */
