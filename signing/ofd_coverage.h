#ifndef SIGNING_OFD_COVERAGE_H
#define SIGNING_OFD_COVERAGE_H

#include "signing/ofd_sign.h"

/*
 * Is what a reader shows what was signed?  A stamp that lists unchanged files
 * says nothing about a page that is not in its list, and nothing at all where
 * /OFD.xml leads to another document.  What the stamper left out cannot be
 * told from what was put in later, unless the package itself tells.
 */

/*
 * The row "coverage" of s, and what signs[i] does not cover in s->uncovered.
 * signs are all n of the package, in the order of their lists.
 */
void	 ofd_coverage(struct ofd_show *show, const struct ofd_sign *signs,
	    size_t n, size_t i, StampReading *s);

#endif /* SIGNING_OFD_COVERAGE_H */
