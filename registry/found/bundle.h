#ifndef REGISTRY_BUNDLE_H
#define REGISTRY_BUNDLE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/found/roots.h"

/*
 * What the national root hands to a province, in one text file: the province's
 * certificate, the root's own papers (registry/found/roots.h), and the key that
 * signs trust lists.  Without the province's certificate it is for all of them.
 * PEM with a line of text before it (RFC 7468, section 2):
 *
 *	national-vkey: NAME+ID+KEY
 *	-----BEGIN CERTIFICATE----- (province) ... (root) ...
 *	-----BEGIN X509 CRL----- ...
 */

#define LIMIT_BUNDLE	(1u << 20)

struct bundle {
	char		*national_vkey;
	struct buf	 province;		/* DER; empty: only roots */
	struct roots	 roots;
};

void	 bundle_init(struct bundle *b);
void	 bundle_fini(struct bundle *b);
void	 bundle_format(const struct bundle *b, struct buf *out);
/* Into an initialised bundle.  ERR_FORMAT "bad-bundle". */
int	 bundle_parse(struct octets in, struct bundle *b,
	    struct err *e) MUST_CHECK;

/*
 * Is it good for the key at point: the province's certificate is for it, keeps
 * its profile, and leads to the root at this moment; root and CRL hold, and
 * what is there of another root.  ERR_FORMAT "bad-bundle": it has no
 * certificate of a province; ERR_CONFLICT "key-mismatch".
 */
int	 bundle_check(const struct bundle *b, const uint8_t *point,
	    int64_t now, struct err *e) MUST_CHECK;

#endif /* REGISTRY_BUNDLE_H */
