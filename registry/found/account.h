#ifndef REGISTRY_ACCOUNT_H
#define REGISTRY_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/*
 * Accounts as an operator keeps them, while the node is stopped.  Sessions and
 * logins are registry/office/office_session.h's.
 */

#define ACCOUNT_PASSWORD_MIN	8	/* octets */
#define ACCOUNT_PASSWORD_MAX	256
#define ACCOUNT_SALT		16
#define ACCOUNT_HASH		32	/* scrypt N=2^14 r=8 p=1 */

/* What the commands run. */
extern const enum stmt account_statements[];

/*
 * Add an account.  roles: bits of enum role (registry/role.h), at least one.
 * replace: it may be there, and gets these roles and this password.
 * ERR_INVAL "bad-account-name", "bad-password"; ERR_CONFLICT "account-exists".
 */
int	 account_add(struct store *st, const char *name, unsigned roles,
	    const char *password, bool replace, int64_t now,
	    struct err *e) MUST_CHECK;
/* Disable (its sessions end) or enable.  ERR_NOTFOUND "no-such-account". */
int	 account_set_disabled(struct store *st, const char *name,
	    bool disabled, struct err *e) MUST_CHECK;

#endif /* REGISTRY_ACCOUNT_H */
