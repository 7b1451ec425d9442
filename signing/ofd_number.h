#ifndef SIGNING_OFD_NUMBER_H
#define SIGNING_OFD_NUMBER_H

#include <stdbool.h>

/* Numbers in the text of OFD (GB/T 33190-2016, 7.3).  Pure. */

/*
 * Take a decimal without exponent, of at most a million, and the white space
 * before it, from *s, whatever the locale says about its point.  False: there
 * is none, and nothing is taken.
 */
bool	ofd_number_take(const char **s, double *v);

#endif /* SIGNING_OFD_NUMBER_H */
