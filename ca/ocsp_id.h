#ifndef CA_OCSP_ID_H
#define CA_OCSP_ID_H

#include "base/buf.h"
#include "ca/ocsp.h"

/* CertID as requests and answers share it; for ca/ocsp_*.c only. */

struct ocsp_digest {
	const char	*name;		/* for EVP */
	size_t		 len;
	struct octets	 oid;
};
extern const struct ocsp_digest ocsp_digests[OCSP_HASHES];

/* Take the next one; false: it is none. */
bool	 ocsp_id_take(struct cursor *c, struct ocsp_id *id);
void	 ocsp_id_put(const struct ocsp_issuer *is, enum ocsp_hash h,
	    struct octets serial, struct buf *out);

#endif /* CA_OCSP_ID_H */
