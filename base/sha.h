#ifndef BASE_SHA_H
#define BASE_SHA_H

#include <stddef.h>
#include <stdint.h>

/*
 * SHA-256 (FIPS 180-4) in pieces, for objects of others that use it: what is
 * ours is SM3 (base/sm.h).
 */

#define SHA256_LEN	32

struct sha256;			/* opaque; a running digest */

/* Caller frees with sha256_free().  It cannot fail. */
struct sha256	*sha256_new(void);
void		 sha256_free(struct sha256 *h);
void		 sha256_add(struct sha256 *h, const void *p, size_t n);
/* It starts again afterwards. */
void		 sha256_end(struct sha256 *h, uint8_t out[SHA256_LEN]);

#endif /* BASE_SHA_H */
