#ifndef REGISTRY_CEREMONY_H
#define REGISTRY_CEREMONY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "registry/found/plan.h"

/*
 * A key ceremony: the folder of a plan is made under a pass phrase that lies
 * nowhere, and the shares of it are written.  Whole or not at all: the folder
 * appears last, when every share has been read back and tried; the shares of a
 * run that did not get there open nothing, and the next run replaces them.
 */

#define CEREMONY_TRANSCRIPT	"ceremony.txt"	/* in the folder that is made */

/*
 * Run it.  passes[i] is the i-th custodian's pass phrase, NULL where its share
 * is not sealed.  *again: it had been run whole before, and only the transcript
 * was written once more.  Errors: "ceremony-share" (ERR_CONFLICT) a file is
 * in the way, or a share does not read back; "ceremony-media" (ERR_CONFLICT)
 * two shares on one file system; and what founding says.
 */
int	 ceremony_run(const struct plan *p, char *const *passes, bool *again,
	    struct err *e) MUST_CHECK;

/*
 * The pass phrase that these shares open, as text with a NUL; wiped and freed
 * by the caller.  Errors: ca/share.h.
 */
struct share;
int	 ceremony_open(const struct share *shares, size_t n, char **pass,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_CEREMONY_H */
