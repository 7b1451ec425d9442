#ifndef REGISTRY_FILER_H
#define REGISTRY_FILER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Filings in flight: cases that the officers have decided go through the key
 * process (signer certificate, then seal) and into the log, many at a time.
 * A filing is in no hurry to be remembered: what is durable is the decision
 * before it and the filed seal after it, and what was lost between is done
 * again (registry/office/office_file.h).
 */

struct recorder;
struct client;
struct filer;			/* opaque */

/* Filings that wait for the key process at the same time. */
#define LIMIT_FILING	64

/* r is borrowed.  Caller frees with filer_free(). */
struct filer *filer_new(struct recorder *r);
void	 filer_free(struct filer *fl);

/*
 * File this case.  cl (may be NULL) is told with CaseState, as the answer to
 * its request id, when it is filed or waits for a licensed body, or with what
 * stopped it; then the case stays as it is and is taken up again when the key
 * process comes back.
 */
void	 filer_add(struct filer *fl, int64_t application, struct client *cl,
	    uint64_t id);
/* Take up whatever the database says is unfinished. */
int	 filer_resume(struct filer *fl, struct err *e) MUST_CHECK;
/* The key process is there (again). */
void	 filer_key_up(struct filer *fl);
/* What waited for something other than the key process (the clock, a token) is
 * tried again. */
void	 filer_again(struct filer *fl);
/* How many are not finished; how many were filed since filer_new(). */
size_t	 filer_count(const struct filer *fl);
/* Of them, begun; of these, with an answer of the key process outstanding. */
size_t	 filer_at_work(const struct filer *fl);
size_t	 filer_coming(const struct filer *fl);
uint64_t filer_filed(const struct filer *fl);

#endif /* REGISTRY_FILER_H */
