#ifndef REGISTRY_OFFICE_SESSION_H
#define REGISTRY_OFFICE_SESSION_H

#include "registry/office/office.h"
#include "registry/role.h"

/*
 * Accounts and sessions.  A session is known by H(token); the token itself is
 * made by http and never comes here.
 */

#define SESSION_SECONDS		(8 * 3600)
#define LIMIT_ACCOUNT_NAME	64	/* octets */
#define ACCOUNT_SALT_MAX	64
#define ACCOUNT_HASH_MAX	64

/* Plain value. */
struct account {
	int64_t		id;		/* 0: there is none */
	unsigned	roles;
	uint8_t		salt[ACCOUNT_SALT_MAX];	size_t saltlen;
	uint8_t		hash[ACCOUNT_HASH_MAX];	size_t hashlen;
};

/* Who asks.  Plain value. */
struct session {
	int64_t		account;
	unsigned	roles;
};

/*
 * The account that may log in by this name.  Where there is none, or it is
 * disabled, a->id is 0 and salt and hash are those of nobody, so that the
 * caller hashes as for anybody.
 */
int	 account_get(struct office *of, const char *name, struct account *a,
	    struct err *e) MUST_CHECK;

/* A session from now; *expires is its end. */
int	 session_put(struct office *of, struct octets token_hash,
	    int64_t account, int64_t *expires, struct err *e) MUST_CHECK;
int	 session_drop(struct office *of, struct octets token_hash,
	    struct err *e) MUST_CHECK;

/*
 * Who is behind the token, with one of roles (0: any).  ERR_DENIED
 * "no-session" (none, ended, account disabled), "wrong-role".
 */
int	 session_need(struct office *of, struct octets token_hash,
	    unsigned roles, struct session *s, struct err *e) MUST_CHECK;

#endif /* REGISTRY_OFFICE_SESSION_H */
