#include <string.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "registry/found/account.h"
#include "registry/office/office_session.h"
#include "registry/role.h"

/* As the jail hashes what is typed at login (filing/jail_filing.c). */
#define SCRYPT_N	(1u << 14)
#define SCRYPT_R	8
#define SCRYPT_P	1
#define SCRYPT_MAXMEM	(64u << 20)

const enum stmt account_statements[] = {
	STMT_OFFICE_ACCOUNT_PUT, STMT_OFFICE_ACCOUNT_GET,
	STMT_OFFICE_ACCOUNT_DISABLE, STMT_OFFICE_ACCOUNTS,
	STMT_OFFICE_ACCOUNT_LOGOUT, STMT_NONE
};

static int
check(const char *name, unsigned roles, const char *password, struct err *e)
{
	size_t	 n = strlen(password);

	if (name[0] == '\0' || !text_is_name(name) ||
	    strlen(name) > LIMIT_ACCOUNT_NAME)
		return err_set_id(e, ERR_INVAL, "bad-account-name",
		    "account name: 1 to %d octets of UTF-8, no controls",
		    LIMIT_ACCOUNT_NAME);
	if (roles == 0)
		return err_set_id(e, ERR_INVAL, "unknown-role",
		    "an account has at least one role");
	if (n < ACCOUNT_PASSWORD_MIN || n > ACCOUNT_PASSWORD_MAX ||
	    !utf8_valid(password, n))
		return err_set_id(e, ERR_INVAL, "bad-password",
		    "password: %d to %d octets of UTF-8",
		    ACCOUNT_PASSWORD_MIN, ACCOUNT_PASSWORD_MAX);
	return 0;
}

static int
is_there(struct store *st, const char *name, bool *there, struct err *e)
{
	const struct val	 v[] = { val_text(name) };
	struct query		*q = NULL;
	int			 rc;

	*there = false;
	if ((rc = store_query(st, STMT_OFFICE_ACCOUNT_GET, v, 1, &q,
	    e)) == 0)
		rc = query_next(q, there, e);
	query_done(q);
	return rc;
}

/* Within a transaction. */
static int
put(struct store *st, const char *name, const char *roles,
    struct octets salt, struct octets hash, bool replace, int64_t now,
    struct err *e)
{
	const struct val	 v[] = { val_text(name), val_text(roles),
	    val_blob(salt), val_blob(hash), val_int(now) };
	bool			 there;
	int			 rc;

	if ((rc = is_there(st, name, &there, e)) != 0)
		return rc;
	if (there && !replace)
		return err_set_id(e, ERR_CONFLICT, "account-exists",
		    "account \"%s\" exists; --replace gives it new roles and "
		    "a new password", name);
	if ((rc = store_run(st, STMT_OFFICE_ACCOUNT_PUT, v, 5, NULL,
	    e)) == 0 && there)
		rc = store_run(st, STMT_OFFICE_ACCOUNT_LOGOUT, v, 1, NULL, e);
	return rc;
}

/* End the transaction: commit if rc is 0, else roll back; the final rc. */
static int
end(struct store *st, int rc, struct err *e)
{

	if (rc == 0)
		return store_commit(st, e);
	store_rollback(st);
	return rc;
}

int
account_add(struct store *st, const char *name, unsigned roles,
    const char *password, bool replace, int64_t now, struct err *e)
{
	uint8_t	 salt[ACCOUNT_SALT], hash[ACCOUNT_HASH];
	char	 words[ROLE_WORDS_SIZE];
	int	 rc;

	if ((rc = check(name, roles, password, e)) != 0)
		return rc;
	role_format(roles, words);
	sm_random(salt, sizeof(salt));
	if (EVP_PBE_scrypt(password, strlen(password), salt, sizeof(salt),
	    SCRYPT_N, SCRYPT_R, SCRYPT_P, SCRYPT_MAXMEM, hash,
	    sizeof(hash)) != 1) {
		rc = err_set_crypto(e, "scrypt");
		goto out;
	}
	if ((rc = store_begin(st, e)) != 0)
		goto out;
	rc = put(st, name, words, OCTETS(salt, sizeof(salt)),
	    OCTETS(hash, sizeof(hash)), replace, now, e);
	rc = end(st, rc, e);
out:
	mem_wipe(hash, sizeof(hash));
	return rc;
}

static int
disable(struct store *st, const char *name, bool disabled, struct err *e)
{
	const struct val	 v[] = { val_text(name), val_int(disabled) };
	int64_t			 changes;
	int			 rc;

	if ((rc = store_run(st, STMT_OFFICE_ACCOUNT_DISABLE, v, 2, &changes,
	    e)) != 0)
		return rc;
	if (changes == 0)
		return err_set_id(e, ERR_NOTFOUND, "no-such-account",
		    "there is no account \"%s\"", name);
	return disabled ? store_run(st, STMT_OFFICE_ACCOUNT_LOGOUT, v, 1,
	    NULL, e) : 0;
}

int
account_set_disabled(struct store *st, const char *name, bool disabled,
    struct err *e)
{
	int	 rc;

	if ((rc = store_begin(st, e)) != 0)
		return rc;
	return end(st, disable(st, name, disabled, e), e);
}
