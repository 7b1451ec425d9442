#ifndef SIGNING_OFD_PRINT_H
#define SIGNING_OFD_PRINT_H

#include "signing/ofd_sign.h"

/* An OFD package in words, for people: what is in it, and what covers what. */

/* Set m->text. */
void	 ofd_print(const struct ofd_show *show, const struct ofd_sign *signs,
	    size_t n, FileReading *m);

#endif /* SIGNING_OFD_PRINT_H */
