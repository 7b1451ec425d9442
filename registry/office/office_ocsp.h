#ifndef REGISTRY_OFFICE_OCSP_H
#define REGISTRY_OFFICE_OCSP_H

#include "ca/ocsp.h"
#include "registry/office/office.h"

/*
 * OCSP answers of the province's certificates, signed ahead and kept in the
 * database (table ocsp), from where http hands them out.  They hold as long as a
 * CRL does, and are signed again at half of that, or when a status changes.
 */

struct SignOcsp;

/* A batch on its way: asked, answered, stored. */
struct ocsp_batch {
	struct SignOcsp	*ask;		/* NULL: nothing is due */
	int64_t		 change[LIMIT_OCSP_BATCH];
};
void	 ocsp_batch_fini(struct ocsp_batch *b);

/*
 * What is due, at most so many and LIMIT_OCSP_BATCH; news: only where a status
 * has changed.  End with ocsp_batch_fini().
 */
int	 office_ocsp_ask(struct office *of, bool news, size_t most,
	    struct ocsp_batch *b, struct err *e) MUST_CHECK;
/*
 * Store answer number i of the batch, in a transaction; one whose certificate
 * has changed since is left out, and due.  ERR_VERIFY "wrong-answer": it says
 * something else than it was asked for.
 */
int	 office_ocsp_put(struct office *of, const struct ocsp_batch *b,
	    size_t i, struct octets der, struct err *e) MUST_CHECK;
/* Have answers for a certificate that is in no case, in a transaction. */
int	 office_ocsp_add(struct office *of, struct octets certificate,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_OCSP_H */
