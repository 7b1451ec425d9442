#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/mem.h"
#include "ca/key.h"
#include "ca/keyring.h"
#include "ca/token.h"

#define SCALAR	32

/* e = SM3(Z || M), Z of the default identity (GB/T 32918.2, 6.1). */
static void
digest(const uint8_t point[SM2_POINT_LEN], struct octets msg,
    uint8_t out[SM3_LEN])
{
	uint8_t			z[SM3_LEN];
	const struct octets	parts[] = { OCTETS(z, SM3_LEN), msg };

	sm2_z_of(point, z);
	sm3_parts(parts, 2, out);
}

static struct token_key *
rows(const struct keyring *kr, size_t *n)
{
	const struct token_conf	*tc;

	*n = 0;
	if (kr->token == NULL)
		return NULL;
	tc = token_conf_of(kr->token);
	*n = tc->keys.n;
	return tc->keys.items;
}

/* The next row of a slot from i on; the number of rows if there is none. */
static size_t
row_from(const struct keyring *kr, enum key_slot slot, bool made, size_t i)
{
	const struct token_key	*k;
	size_t			 n;

	/* A key of before was one of its keys. */
	slot = key_slot_of_files(slot);
	for (k = rows(kr, &n); i < n; i++)
		if (k[i].in == slot && k[i].made == made)
			break;
	return i < n ? i : n;
}

/* The made row of a point, or the first one. */
static size_t
row_of(const struct keyring *kr, enum key_slot slot, const uint8_t *point)
{
	const struct token_key	*k;
	size_t			 n, i;

	k = rows(kr, &n);
	for (i = row_from(kr, slot, true, 0); i < n && point != NULL &&
	    memcmp(k[i].at, point, SM2_POINT_LEN) != 0; )
		i = row_from(kr, slot, true, i + 1);
	return i;
}

/* The slot's key is the one of this row. */
static int
take(struct keyring *kr, enum key_slot slot, size_t row, struct err *e)
{
	const struct token_key	*k;
	struct slot		*s;
	size_t			 n;

	k = rows(kr, &n);
	if (row >= n)
		return err_set_id(e, ERR_NOTFOUND, "no-key", "the token has "
		    "no key %s", key_slot_name(slot));
	k += row;
	s = &kr->slot[slot];
	slot_empty(s);
	memcpy(s->point, k->at, SM2_POINT_LEN);
	s->row = row;
	return sm2_pub_new(k->at, &s->pub, e);
}

bool
key_token_has(const struct keyring *kr, enum key_slot slot,
    const uint8_t *point)
{
	size_t	n;

	(void)rows(kr, &n);
	return row_of(kr, slot, point) < n;
}

int
key_token_take(struct keyring *kr, enum key_slot slot, const uint8_t *point,
    struct err *e)
{
	if (point == NULL && file_last(kr, slot) > 0)
		return err_set_id(e, ERR_CONFLICT, "key-twice", "%s lies in "
		    "keys/ and in the token: which one is meant?  Remove the "
		    "one that is not", key_slot_name(slot));
	return take(kr, slot, row_of(kr, slot, point), e);
}

bool
key_token_wants(const struct keyring *kr, enum key_slot slot)
{
	size_t	n;

	(void)rows(kr, &n);
	return row_from(kr, slot, false, 0) < n;
}

/* Nothing of a token's leaves that does not verify. */
static int
sign_checked(struct token *t, const struct token_key *k,
    const struct sm2_pub *pub, struct octets msg, uint8_t sig[SM2_SIG_LEN],
    struct err *e)
{
	struct err	why = ERR_INIT;
	uint8_t		e32[SM3_LEN];
	int		rc;

	digest(sm2_pub_point(pub), msg, e32);
	if ((rc = token_sign(t, k, e32, sig, e)) != 0)
		return rc;
	if (sm2_verify(pub, msg, sig, &why) != 0) {
		memset(sig, 0, SM2_SIG_LEN);
		token_blame(t, "token-bad-signature");
		return err_set_id(e, ERR_BUSY, "token-bad-signature",
		    "the signature that the token made for %s does not verify "
		    "by the key in %s: it was thrown away", k->slot,
		    TOKEN_CONF_FILE);
	}
	return 0;
}

int
key_token_sign(const struct keyring *kr, enum key_slot slot,
    struct octets msg, uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	const struct slot	*s = &kr->slot[slot];
	size_t			 n;

	return sign_checked(kr->token, rows(kr, &n) + s->row, s->pub, msg,
	    sig, e);
}

/* The key is in the token: it signs, the file says so, the slot is full. */
static int
settle(struct keyring *kr, size_t row, const uint8_t point[SM2_POINT_LEN],
    struct err *e)
{
	struct token_key	*k;
	struct sm2_pub		*pub = NULL;
	uint8_t			 sig[SM2_SIG_LEN];
	size_t			 n;
	int			 rc;

	k = rows(kr, &n) + row;
	if ((rc = sm2_pub_new(point, &pub, e)) != 0 ||
	    (rc = sign_checked(kr->token, k, pub, OCTETS("", 0), sig,
	    e)) != 0)
		goto out;
	token_key_made(k, point);
	if ((rc = token_keep(kr->token, e)) == 0)
		rc = take(kr, k->in, row, e);
	else
		k->made = false;
out:
	sm2_pub_free(pub);
	return rc;
}

static int
make_row(struct keyring *kr, size_t row, struct err *e)
{
	const struct token_key	*k;
	struct err		 undo = ERR_INIT;
	uint8_t			 point[SM2_POINT_LEN];
	size_t			 n;
	int			 rc;

	k = rows(kr, &n) + row;
	if ((rc = token_make(kr->token, k, point, e)) != 0)
		return rc;
	kr->made |= (uint32_t)1 << row;
	/* What does not sign is no key; the first reason is the one to tell. */
	if ((rc = settle(kr, row, point, e)) != 0 &&
	    token_destroy(kr->token, k, &undo) == 0)
		kr->made &= ~((uint32_t)1 << row);
	return rc;
}

int
key_token_make(struct keyring *kr, enum key_slot slot, struct err *e)
{
	return make_row(kr, row_from(kr, slot, false, 0), e);
}

/* A place for one more key of a slot, named after the first. */
static int
add_row(struct keyring *kr, enum key_slot slot, struct err *e)
{
	const struct token_key	*k;
	const char		*first = NULL;
	char			*label;
	size_t			 n, i, of = 0;
	int			 rc;

	k = rows(kr, &n);
	for (i = 0; i < n; i++)
		if (k[i].in == slot && of++ == 0)
			first = k[i].label;
	if (n == LIMIT_TOKEN_KEYS || first == NULL)
		return err_set_id(e, ERR_TOOBIG, "too-many-keys",
		    "%s has no room for one more key of %s",
		    TOKEN_CONF_FILE, key_slot_name(slot));
	label = xasprintf("%s-%zu", first, of + 1);
	rc = token_conf_add(token_conf_of(kr->token), slot, label, e);
	free(label);
	return rc;
}

/*
 * A row that was written down before its key was made: has the token that key
 * by now, from a try that was broken off?  One that is in use already is none.
 */
static bool
left_over(const struct keyring *kr, enum key_slot slot, size_t row,
    uint8_t point[SM2_POINT_LEN])
{
	const struct token_key	*k;
	struct err		 none = ERR_INIT;
	uint8_t			 used[SM2_POINT_LEN];
	size_t			 n, i;

	k = rows(kr, &n);
	/* What else is wrong with the token is told when it is to make one. */
	if (row >= n || token_find(kr->token, &k[row], point, &none) != 0 ||
	    keyring_point(kr, slot, used, &none) != 0 ||
	    memcmp(point, used, SM2_POINT_LEN) == 0)
		return false;
	for (i = 0; i < n; i++)
		if (k[i].made && memcmp(k[i].at, point, SM2_POINT_LEN) == 0)
			return false;
	return true;
}

int
key_token_next(struct keyring *kr, enum key_slot slot, bool only_there,
    bool *there, struct err *e)
{
	const struct slot	*s = &kr->slot[slot];
	uint8_t			 point[SM2_POINT_LEN];
	size_t			 row, n;
	int			 rc;

	(void)rows(kr, &n);
	row = row_from(kr, slot, true, s->pub != NULL ? s->row + 1 : 0);
	*there = row < n;
	if (only_there && !*there)
		return 0;
	if (*there)
		return take(kr, slot, row, e);
	/* First its row: who is killed finds the key by that. */
	if (!key_token_wants(kr, slot) && ((rc = add_row(kr, slot, e)) != 0 ||
	    (rc = token_keep(kr->token, e)) != 0))
		return rc;
	row = row_from(kr, slot, false, 0);
	return left_over(kr, slot, row, point) ?
	    settle(kr, row, point, e) : make_row(kr, row, e);
}

int
keyring_use_token(struct keyring *kr, struct octets text, struct err *e)
{
	struct token_conf	*tc = NULL;
	struct token_key	*k;
	struct buf		 b;
	char			*path = key_path(kr->dir, TOKEN_CONF_FILE, "");
	size_t			 i;
	int			 rc;

	buf_init(&b, LIMIT_CONF_FILE);
	if ((rc = token_conf_parse(TOKEN_CONF_FILE, text, &tc, e)) != 0)
		goto out;
	/* Keys of another folder are not these: all are made. */
	for (k = tc->keys.items, i = 0; i < tc->keys.n; i++)
		if (k[i].made) {
			rc = err_set_id(e, ERR_INVAL, "token-config", "%s: "
			    "keys are to be made: point must be empty",
			    TOKEN_CONF_FILE);
			goto out;
		}
	token_conf_format(tc, &b);
	if ((rc = file_create(path, buf_octets(&b), 0600, e)) != 0 ||
	    (rc = token_open(kr->dir, false, &kr->token, e)) != 0)
		goto out;
	rc = token_state(kr->token, e);
out:
	buf_fini(&b);
	token_conf_free(tc);
	free(path);
	return rc;
}

void
keyring_undo(struct keyring *kr)
{
	const struct token_key	*k;
	struct err		 e = ERR_INIT;
	size_t			 n, i;

	if (kr == NULL)
		return;
	for (k = rows(kr, &n), i = 0; i < n; i++)
		/* As far as it goes: the first failure is being told. */
		if ((kr->made & (uint32_t)1 << i) != 0 &&
		    token_destroy(kr->token, &k[i], &e) == 0)
			kr->made &= ~((uint32_t)1 << i);
}

static int
scalar_of(EVP_PKEY *pkey, uint8_t out[SCALAR], struct err *e)
{
	BIGNUM	*bn = NULL;
	int	 rc = 0;

	if (!EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &bn) ||
	    BN_bn2binpad(bn, out, SCALAR) != SCALAR)
		rc = err_set_crypto(e, "key: private part");
	BN_clear_free(bn);
	return rc;
}

int
keyring_import(struct keyring *kr, enum key_slot slot, struct err *e)
{
	struct slot		*s = &kr->slot[slot];
	const struct token_key	*k;
	struct err		 undo = ERR_INIT;
	uint8_t			 scalar[SCALAR], point[SM2_POINT_LEN];
	char			*path;
	size_t			 row, n;
	int			 rc;

	if (s->pkey == NULL)
		return err_set_id(e, ERR_NOTFOUND, "no-key", "%s lies in no "
		    "file", key_slot_name(slot));
	if (!key_token_wants(kr, slot))
		return err_set_id(e, ERR_NOTFOUND, "token-config", "%s/keys/%s "
		    "has no place for %s", kr->dir, TOKEN_CONF_FILE,
		    key_slot_name(slot));
	memset(scalar, 0, sizeof(scalar));
	path = file_of(kr, slot, s->file);
	row = row_from(kr, slot, false, 0);
	k = rows(kr, &n) + row;
	memcpy(point, s->point, sizeof(point));
	if ((rc = scalar_of(s->pkey, scalar, e)) != 0 ||
	    (rc = token_import(kr->token, k, point, scalar, e)) != 0)
		goto out;
	if ((rc = settle(kr, row, point, e)) != 0) {
		/* The file stays; a copy that lies there unused harms none. */
		rc = token_destroy(kr->token, k, &undo) == 0 ? rc : e->code;
		goto out;
	}
	if (unlink(path) != 0)
		rc = err_set_errno(e, ERR_IO, "%s is in the token now; remove "
		    "the file", path);
out:
	mem_wipe(scalar, sizeof(scalar));
	free(path);
	return rc;
}

/* ---- what can be told */

bool
keyring_in_token(const struct keyring *kr, enum key_slot slot)
{
	return slot > KEY_NONE && slot < KEY_SLOTS &&
	    kr->slot[slot].pub != NULL;
}

int
keyring_token_state(const struct keyring *kr, struct err *e)
{
	return kr->token == NULL ? 0 : token_state(kr->token, e);
}

bool
keyring_token_tell(const struct keyring *kr, struct token_facts *f)
{
	if (kr->token == NULL)
		return false;
	token_tell(kr->token, f);
	return true;
}

bool
keyring_is_lost(const struct keyring *kr)
{
	return kr->token != NULL && token_is_ended(kr->token);
}
