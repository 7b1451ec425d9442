#ifndef REGISTRY_PROC_RECORDER_H
#define REGISTRY_PROC_RECORDER_H

#include "base/err.h"

/*
 * The recorder: the only writer of the own province's database.  It orders
 * the log, keeps the office, and has no network and no other files.
 * docs/office.md says what it does when.
 */

struct config;

/*
 * The top function: child of the monitor.  0 at its end; an error after which
 * the monitor starts another.
 */
int	 proc_recorder(const struct config *cf, struct err *e) MUST_CHECK;

#endif /* REGISTRY_PROC_RECORDER_H */
