#ifndef REGISTRY_ROOTS_H
#define REGISTRY_ROOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * What everybody may know of the national root: the certificate in use and its
 * revocation list; and, while its key is being followed by another, the other
 * one, its list, and each certified by the other (RFC 4210, 4.4).  As text
 * these are PEM blocks in the order of the struct, the last four together or
 * not at all.
 */

struct roots {
	struct buf	 root, crl;		/* DER; in use */
	/* Of the next key before it is switched to, of the former one after;
	 * all empty where there is none. */
	struct buf	 other, new_with_old, old_with_new, other_crl;
};

void	 roots_init(struct roots *r);
void	 roots_fini(struct roots *r);
bool	 roots_have_other(const struct roots *r);
void	 roots_format(const struct roots *r, struct buf *out);
/* From a cursor, into an initialised one.  ERR_FORMAT "bad-pem": the sentence
 * is for who calls. */
int	 roots_parse(struct cursor *c, struct roots *r,
	    struct err *e) MUST_CHECK;

/*
 * Do they fit each other at this moment: profiles, lists, names and cross
 * certificates?  *former: the other one is the one before, not the next.
 * ERR_VERIFY "bad-roots"; what ca/cert.h and ca/crl.h say.
 */
int	 roots_check(const struct roots *r, int64_t now, bool *former,
	    struct err *e) MUST_CHECK;

/*
 * Put them into DIR/ca, from where a node publishes them.  Another root than
 * the one that lies there must be certified by that one, or be told by its SM3
 * (NULL: it was not); the one before is kept as ca/root-SERIAL.crt.  Each
 * file is whole or not there, the root itself is the last: what ended half-way
 * is done again.  ERR_VERIFY "root-unproven"; ERR_CONFLICT "list-older": a
 * later list of this root is here; what roots_check() says.
 */
int	 roots_take(const char *dir, const struct roots *r,
	    const uint8_t *told, int64_t now, struct err *e) MUST_CHECK;

#endif /* REGISTRY_ROOTS_H */
