#ifndef CA_P11_H
#define CA_P11_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sm.h"
#include "ca/token_conf.h"

/*
 * One PKCS#11 module and one token of it.  The module is the vendor's code and
 * runs in this process: only the token process (ca/proc_token.c) loads it.
 * Nothing it says is believed here: who asks verifies every signature.
 *
 * Errors of every function: "token-gone" (ERR_BUSY) no such token, or it was
 * removed; "token-pin" (ERR_BUSY) the PIN was refused, once, and is not tried
 * again; "token-full" (ERR_BUSY) no more room or sessions; "token-mechanism"
 * (ERR_CRYPTO) the token knows no such number; "token-key" (ERR_CRYPTO) it has
 * no such key; "token-failed" (ERR_CRYPTO) anything else.
 */

struct p11;			/* opaque */

#define P11_SCALAR	32

/*
 * Load and start the module.  tc is borrowed.  ERR_IO "token-module": it
 * cannot be loaded, or does not start.
 */
int	 p11_load(const struct token_conf *tc, struct p11 **p,
	    struct err *e) MUST_CHECK;
void	 p11_free(struct p11 *p);

/* What was counted against a PIN before the login that p11_login() makes. */
enum p11_pin {
	P11_PIN_GOOD = 1,
	P11_PIN_LOW,		/* somebody has tried a wrong one */
	P11_PIN_LAST,		/* one more wrong one locks the token */
	P11_PIN_LOCKED
};

/* Find the token and open a session; *pin says how its PIN stands. */
int	 p11_open(struct p11 *p, enum p11_pin *pin, struct err *e) MUST_CHECK;
/* Log in, once.  The PIN is borrowed, n octets. */
int	 p11_login(struct p11 *p, const char *pin, size_t n,
	    struct err *e) MUST_CHECK;
void	 p11_close(struct p11 *p);	/* the session; may be repeated */
bool	 p11_is_open(const struct p11 *p);
/* Whether the last error means that the session is lost: open it again. */
bool	 p11_is_lost(const struct p11 *p);

/* SM2 over a digest that holds Z already; r ‖ s. */
int	 p11_sign(struct p11 *p, const char *label, const uint8_t e32[SM3_LEN],
	    uint8_t sig[SM2_SIG_LEN], struct err *e) MUST_CHECK;
/* The point of the public key object of this label. */
int	 p11_find(struct p11 *p, const char *label,
	    uint8_t point[SM2_POINT_LEN], struct err *e) MUST_CHECK;
/*
 * Make a key pair that never leaves the token, or put one there.  ERR_CONFLICT
 * "token-key-exists": it has a key of this label.
 */
int	 p11_make(struct p11 *p, const char *label,
	    uint8_t point[SM2_POINT_LEN], struct err *e) MUST_CHECK;
int	 p11_import(struct p11 *p, const char *label,
	    const uint8_t point[SM2_POINT_LEN],
	    const uint8_t scalar[P11_SCALAR], struct err *e) MUST_CHECK;
/* Destroy every object of this label. */
int	 p11_destroy(struct p11 *p, const char *label,
	    struct err *e) MUST_CHECK;

#endif /* CA_P11_H */
