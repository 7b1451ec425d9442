#ifndef REGISTRY_ROLLOVER_H
#define REGISTRY_ROLLOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Another certificate for the province's authority itself, which the national
 * root gives: for the same key, or for another (a rollover).  Three steps, and
 * the trust list between them, so that nobody meets a certificate whose
 * authority is not in the list yet:
 *
 *	request	the next key in keys/province-N.pem; ca/province-next.csr
 *	take	what the root made of it: ca/province-next.crt, and both
 *		authorities in DIR/province.yaml for the next trust list
 *	switch	the one before becomes ca/province-old.crt, each certifies the
 *		other, and ca/province.crt is the new one; then maker and
 *		time-stamp authority are certified by it
 *
 * Each file is whole or not there, and no key is ever overwritten: what ended
 * half-way is taken up by the same command again.
 */

#define ROLLOVER_CSR	"ca/province-next.csr"
#define ROLLOVER_NEXT	"ca/province-next.crt"

/*
 * rekey: for another key.  ERR_CONFLICT "rollover-open": certificates of the
 * authority before the present one may still be good.
 */
int	 rollover_request(const char *dir, bool rekey, int64_t now,
	    struct err *e) MUST_CHECK;

/* What the national root has handed over.  Borrowed. */
struct rollover_papers {
	struct octets	 bundle;
	/* SM3 of the root's certificate, where the root that is known here has
	 * not certified it; or NULL */
	const uint8_t	*root;
};

/* What came of it. */
enum rollover_taken {
	ROLLOVER_NOTHING = 0,
	ROLLOVER_COUNTS,	/* for the key in use: at once */
	ROLLOVER_STAGED,	/* for the next key: when it is switched to */
	ROLLOVER_ROOTS		/* the root's own papers alone */
};

/*
 * Take the root's bundle.  ERR_CONFLICT "key-mismatch": it is for neither key;
 * what registry/found/bundle.h and roots.h refuse.
 */
int	 rollover_take(const char *dir, const struct rollover_papers *p,
	    int64_t now, enum rollover_taken *t, struct err *e) MUST_CHECK;

/* ERR_CONFLICT "no-rollover": nothing was taken, or it is done. */
int	 rollover_switch(const char *dir, int64_t now,
	    struct err *e) MUST_CHECK;

#endif /* REGISTRY_ROLLOVER_H */
