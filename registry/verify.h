#ifndef REGISTRY_VERIFY_H
#define REGISTRY_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "registry/report.h"
#include "sync/trust.h"

/*
 * Is this seal genuine, and was it valid then?  Rules of GB/T 38540-2020
 * (domain: V1, V4 and V5 differ in what an expired maker's certificate
 * means), reported one by one.
 */

struct SealReading;

/* Borrowed. */
struct verify_ask {
	const struct trust	*trust;
	const char		*node;	/* URL, or NULL: the register is not
					 * asked, and no CRL is fetched */
	bool			 has_at;
	int64_t			 at;	/* the moment asked about */
	int64_t			 now;
};

/*
 * Report on a seal that the jail read (MSG_READ_SEAL): its own checks, then
 * maker_chain, seal_validity and registry_status.
 */
void	verify_seal(const struct SealReading *m, const struct verify_ask *ask,
	    struct report *r);

#endif /* REGISTRY_VERIFY_H */
