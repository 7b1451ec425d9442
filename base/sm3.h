#ifndef BASE_SM3_H
#define BASE_SM3_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * SM3 (GB/T 32905) by libgcrypt, whose assembler hashes 1.7 times as fast as
 * OpenSSL 3.0's C.  Signatures are base/sm.h's, and OpenSSL's.
 */

#define SM3_LEN		32
#define LIMIT_SM3_PARTS	8

struct sm3;			/* opaque; a running digest */

/* Make libgcrypt ready, before a process gives its file rights away. */
int	 sm3_init(struct err *e) MUST_CHECK;

/* One-shot digests.  sm_init() must have succeeded; they cannot fail then. */
void	 sm3(const void *p, size_t n, uint8_t out[SM3_LEN]);
/* H(prefix octet, a, b): the shape of tree leaves and nodes.  b may be empty. */
void	 sm3_prefixed(uint8_t prefix, struct octets a, struct octets b,
	    uint8_t out[SM3_LEN]);
/* Of n parts, one behind the other; at most LIMIT_SM3_PARTS. */
void	 sm3_parts(const struct octets *parts, size_t n,
	    uint8_t out[SM3_LEN]);

/* A digest in pieces.  Caller frees with sm3_free(); sm3_end() restarts it. */
struct sm3 *sm3_new(void);
void	 sm3_free(struct sm3 *h);
void	 sm3_add(struct sm3 *h, const void *p, size_t n);
void	 sm3_end(struct sm3 *h, uint8_t out[SM3_LEN]);
/* to goes on from where from is, which goes on, too. */
void	 sm3_copy(struct sm3 *to, const struct sm3 *from);

#endif /* BASE_SM3_H */
