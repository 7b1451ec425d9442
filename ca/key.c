#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/cert.h"
#include "ca/key.h"
#include "ca/key_signer.h"
#include "ca/keyring.h"
#include "ca/secret.h"
#include "ca/token.h"

#define LIMIT_KEY_FILE	8192
#define PASS_RANDOM	32		/* octets of one that we make */

static const char *const slot_names[KEY_SLOTS] = {
	[KEY_NONE]	 = "none",
	[KEY_CHECKPOINT] = "checkpoint",
	[KEY_AUTHORITY]	 = "province",
	[KEY_MAKER]	 = "maker",
	[KEY_NATIONAL]	 = "national",
	[KEY_ROOT]	 = "root",
	[KEY_WRAPPING]	 = "wrapping",
	[KEY_TSA]	 = "tsa",
	[KEY_AUTHORITY_OLD] = "province-old",
	[KEY_ROOT_OLD]	 = "root-old",
};

const char *
key_slot_name(enum key_slot slot)
{
	return slot > KEY_NONE && slot < KEY_SLOTS ? slot_names[slot] : "none";
}

enum key_slot
key_slot_of_files(enum key_slot slot)
{
	return slot == KEY_AUTHORITY_OLD ? KEY_AUTHORITY :
	    slot == KEY_ROOT_OLD ? KEY_ROOT : slot;
}

/* Is it the key of before of another slot? */
static bool
is_old(enum key_slot slot)
{
	return key_slot_of_files(slot) != slot;
}

static const struct slot *
slot_of(const struct keyring *kr, enum key_slot slot)
{
	return slot > KEY_NONE && slot < KEY_SLOTS &&
	    (kr->slot[slot].pkey != NULL || kr->slot[slot].pub != NULL) ?
	    &kr->slot[slot] : NULL;
}

static struct keyring *
keyring_new(const char *dir)
{
	struct keyring	*kr;

	kr = xcalloc(1, sizeof(*kr));
	kr->dir = xstrdup(dir);
	kr->guard = xcalloc(1, sizeof(*kr->guard));
	return kr;
}

void
slot_empty(struct slot *s)
{

	key_signer_free(s->signer);
	EVP_PKEY_free(s->pkey);
	sm2_pub_free(s->pub);
	cert_free(s->cert);
	memset(s, 0, sizeof(*s));
}

void
keyring_free(struct keyring *kr)
{
	size_t	 i;

	if (kr == NULL)
		return;
	for (i = 0; i < KEY_SLOTS; i++)
		slot_empty(&kr->slot[i]);
	token_close(kr->token);
	if (kr->pass != NULL)
		mem_wipe(kr->pass, kr->passlen);
	free(kr->pass);
	free(kr->guard->origin);
	free(kr->guard);
	free(kr->dir);
	mem_wipe(kr, sizeof(*kr));
	free(kr);
}

/* Take pkey into a slot and make it ready to sign. */
static int
slot_fill(struct keyring *kr, enum key_slot slot, EVP_PKEY *pkey,
    struct err *e)
{
	struct slot	*s = &kr->slot[slot];
	int		 rc;

	if ((rc = key_point_of(pkey, s->point, e)) != 0 ||
	    (rc = key_signer_new(pkey, &s->signer, e)) != 0)
		goto out;
	s->pkey = pkey;
	pkey = NULL;
	rc = 0;
out:
	EVP_PKEY_free(pkey);
	return rc;
}

char *
key_path(const char *dir, const char *name, const char *end)
{
	return xasprintf("%s/keys/%s%s", dir, name, end);
}

char *
file_of(const struct keyring *kr, enum key_slot slot, unsigned n)
{
	char	end[32] = ".pem";

	if (n > 1)
		(void)snprintf(end, sizeof(end), "-%u.pem", n);
	return key_path(kr->dir, key_slot_name(key_slot_of_files(slot)), end);
}

unsigned
file_last(const struct keyring *kr, enum key_slot slot)
{
	unsigned	 n;
	char		*path;
	bool		 is;

	for (n = LIMIT_KEY_FILES; n > 0; n--) {
		path = file_of(kr, slot, n);
		is = access(path, F_OK) == 0;
		free(path);
		if (is)
			break;
	}
	return n;
}

int
keyring_create_with(const char *dir, struct octets pass,
    struct keyring **out, struct err *e)
{
	struct keyring	*kr;
	char		*keys = xasprintf("%s/keys", dir);
	int		 rc;

	*out = NULL;
	if ((rc = file_mkdir(keys, 0700, e)) == 0) {
		kr = keyring_new(dir);
		kr->pass = xmemdup(pass.p, pass.len);
		kr->passlen = pass.len;
		*out = kr;
	}
	free(keys);
	return rc;
}

int
keyring_create(const char *dir, struct keyring **out, struct err *e)
{
	struct keyring	*kr = NULL;
	uint8_t		 secret[PASS_RANDOM];
	char		 text[B64_SIZE(PASS_RANDOM) + 1], *path;
	size_t		 n;
	int		 rc;

	*out = NULL;
	path = key_path(dir, "passphrase", "");
	sm_random(secret, sizeof(secret));
	n = b64_encode(secret, sizeof(secret), text);
	text[n] = '\n';
	if ((rc = keyring_create_with(dir, OCTETS(text, n), &kr, e)) != 0 ||
	    (rc = file_create(path, OCTETS(text, n + 1), 0600, e)) != 0)
		goto out;
	*out = kr;
	kr = NULL;
	rc = 0;
out:
	keyring_free(kr);
	mem_wipe(secret, sizeof(secret));
	mem_wipe(text, sizeof(text));
	free(path);
	return rc;
}

/* What keyring_give_pass() was given. */
static struct {
	char	*text;
	size_t	 len;
} given;

void
keyring_give_pass(struct octets pass)
{
	if (given.text != NULL)
		mem_wipe(given.text, given.len);
	free(given.text);
	given.text = pass.len > 0 ? xmemdup(pass.p, pass.len) : NULL;
	given.len = pass.len;
}

/*
 * A systemd credential first: its folder is private to the unit.  Then the
 * file in the data folder, and what people have brought.
 */
static int
pass_find(struct keyring *kr, struct err *e)
{
	char			*path = key_path(kr->dir, "passphrase", "");
	const struct secret_place at = { "pass phrase", "passphrase", path };
	struct err		 why = ERR_INIT;
	int			 rc;

	rc = secret_find(&at, &kr->pass, &kr->passlen, &why);
	if (rc == ERR_NOTFOUND && given.text != NULL) {
		kr->pass = xmemdup(given.text, given.len);
		kr->passlen = given.len;
		rc = 0;
	} else if (rc == ERR_NOTFOUND)
		rc = err_set_id(e, ERR_DENIED, "passphrase",
		    "pass phrase missing: no credential, and no %s", path);
	else if (rc != 0)
		rc = err_set_id(e, ERR_DENIED, "passphrase", "%s", why.text);
	free(path);
	return rc;
}

/* From file n of its slot, which stays empty where there is none. */
static int
key_load(struct keyring *kr, enum key_slot slot, unsigned n_file,
    struct err *e)
{
	PKCS8_PRIV_KEY_INFO	*info = NULL;
	X509_SIG		*p8 = NULL;
	EVP_PKEY		*pkey = NULL;
	BIO			*bio = NULL;
	struct err		 gone = ERR_INIT;
	uint8_t			*text = NULL;
	char			*path;
	size_t			 n;
	int			 rc;

	path = file_of(kr, slot, n_file);
	if ((rc = file_read(path, LIMIT_KEY_FILE, &text, &n, &gone)) != 0) {
		if (rc == ERR_NOTFOUND)
			rc = 0;		/* the slot stays empty */
		else
			(void)err_set(e, (enum err_code)rc, "%s", gone.text);
		goto out;
	}
	if ((bio = BIO_new_mem_buf(text, (int)n)) == NULL ||
	    (p8 = PEM_read_bio_PKCS8(bio, NULL, NULL, NULL)) == NULL) {
		(void)err_set_crypto(NULL, "");
		rc = err_set_id(e, ERR_FORMAT, "bad-key",
		    "%s is not an encrypted PKCS#8 key", path);
		goto out;
	}
	if ((info = PKCS8_decrypt(p8, kr->pass, (int)kr->passlen)) == NULL) {
		(void)err_set_crypto(NULL, "");
		rc = err_set_id(e, ERR_DENIED, "passphrase",
		    "the pass phrase does not open %s: give the one that it "
		    "was written under, or the files of keys/ that go with "
		    "this one (docs/keys.md)", path);
		goto out;
	}
	if ((pkey = EVP_PKCS82PKEY(info)) == NULL ||
	    !EVP_PKEY_is_a(pkey, "SM2")) {
		(void)err_set_crypto(NULL, "");
		rc = err_set_id(e, ERR_FORMAT, "bad-key",
		    "%s is not an SM2 key", path);
		goto out;
	}
	rc = slot_fill(kr, slot, pkey, e);
	pkey = NULL;
	kr->slot[slot].file = n_file;
out:
	EVP_PKEY_free(pkey);
	PKCS8_PRIV_KEY_INFO_free(info);
	X509_SIG_free(p8);
	BIO_free(bio);
	free(text);
	free(path);
	return rc;
}

/* The certificate that stands in DIR/ca, or NULL. */
static int
cert_load(const struct keyring *kr, enum key_slot slot, struct cert **c,
    struct err *e)
{
	struct err	 gone = ERR_INIT;
	uint8_t		*der = NULL;
	char		*path;
	size_t		 n;
	int		 rc;

	*c = NULL;
	path = xasprintf("%s/ca/%s.crt", kr->dir, key_slot_name(slot));
	if ((rc = file_read(path, LIMIT_CERT, &der, &n, &gone)) == 0)
		rc = cert_parse(OCTETS(der, n), c, e);
	else if (rc == ERR_NOTFOUND)
		rc = 0;
	else
		(void)err_set(e, (enum err_code)rc, "%s", gone.text);
	free(der);
	free(path);
	return rc;
}

/*
 * A slot may have several keys, one a file or a row of the token's: its
 * certificate says which is in use.  The highest number is looked at first; it is the likeliest.
 */
static int
slot_open(struct keyring *kr, enum key_slot slot, struct err *e)
{
	struct slot	*s = &kr->slot[slot];
	struct cert	*c = NULL;
	uint8_t		 point[SM2_POINT_LEN];
	unsigned	 n;
	bool		 some = false;
	int		 rc;

	if ((rc = cert_load(kr, slot, &c, e)) != 0)
		return rc;
	if (c == NULL)
		return is_old(slot) ? 0 :
		    key_token_has(kr, slot, NULL) ?
		    key_token_take(kr, slot, NULL, e) :
		    key_load(kr, slot, 1, e);
	if ((rc = cert_point(c, point, e)) != 0)
		goto out;
	if (key_token_has(kr, slot, point)) {
		if ((rc = key_token_take(kr, slot, point, e)) == 0) {
			s->cert = c;
			c = NULL;
		}
		goto out;
	}
	some = key_token_has(kr, slot, NULL);
	for (n = file_last(kr, slot); n > 0; n--) {
		if ((rc = key_load(kr, slot, n, e)) != 0)
			goto out;
		if (s->pkey == NULL)
			continue;
		some = true;
		if (mem_equal(point, s->point, sizeof(point))) {
			s->cert = c;
			c = NULL;
			break;
		}
		slot_empty(s);
	}
	/* The key of an authority that has ended may be moved away. */
	if (n == 0 && some && !is_old(slot))
		rc = err_set_id(e, ERR_CONFLICT, "key-mismatch",
		    "the certificate of %s is for another key",
		    key_slot_name(slot));
out:
	cert_free(c);
	return rc;
}

/* Whether a pass phrase has anything to open. */
static bool
has_files(const struct keyring *kr)
{
	int	slot;

	for (slot = KEY_NONE + 1; slot < KEY_SLOTS; slot++)
		if (file_last(kr, (enum key_slot)slot) > 0)
			return true;
	return false;
}

static int
open_all(const char *dir, bool login, struct keyring **out, struct err *e)
{
	struct keyring	*kr;
	int		 slot, rc;

	*out = NULL;
	kr = keyring_new(dir);
	/* The token first: its process is to inherit no secret. */
	if ((rc = token_open(dir, login, &kr->token, e)) != 0 ||
	    ((kr->token == NULL || has_files(kr)) &&
	    (rc = pass_find(kr, e)) != 0))
		goto out;
	for (slot = KEY_NONE + 1; slot < KEY_SLOTS; slot++) {
		if ((rc = slot_open(kr, (enum key_slot)slot, e)) != 0)
			goto out;
	}
	*out = kr;
	kr = NULL;
	rc = 0;
out:
	keyring_free(kr);
	return rc;
}

int
keyring_open(const char *dir, struct keyring **kr, struct err *e)
{
	return open_all(dir, false, kr, e);
}

int
keyring_login(const char *dir, struct keyring **kr, struct err *e)
{
	return open_all(dir, true, kr, e);
}

/* PKCS#8, PBES2 with scrypt (N = 2^14, r = 8, p = 1) and AES-256-CBC. */
static int
key_store(const struct keyring *kr, enum key_slot slot, unsigned n_file,
    EVP_PKEY *pkey, struct err *e)
{
	PKCS8_PRIV_KEY_INFO	*info = NULL;
	X509_ALGOR		*alg = NULL;
	X509_SIG		*p8 = NULL;
	BIO			*bio = NULL;
	char			*path = NULL, *text;
	long			 n;
	int			 rc;

	if ((info = EVP_PKEY2PKCS8(pkey)) == NULL ||
	    (alg = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL,
	    1 << 14, 8, 1)) == NULL ||
	    (p8 = PKCS8_set0_pbe(kr->pass, (int)kr->passlen, info,
	    alg)) == NULL) {
		rc = err_set_crypto(e, "key: encrypting");
		goto out;
	}
	alg = NULL;		/* now p8's */
	if ((bio = BIO_new(BIO_s_mem())) == NULL ||
	    !PEM_write_bio_PKCS8(bio, p8) ||
	    (n = BIO_get_mem_data(bio, &text)) <= 0) {
		rc = err_set_crypto(e, "key: encoding");
		goto out;
	}
	path = file_of(kr, slot, n_file);
	rc = file_create(path, OCTETS(text, (size_t)n), 0600, e);
out:
	free(path);
	BIO_free(bio);
	X509_SIG_free(p8);
	X509_ALGOR_free(alg);
	PKCS8_PRIV_KEY_INFO_free(info);
	return rc;
}

/* A fresh key into file n and the empty slot. */
static int
make(struct keyring *kr, enum key_slot slot, unsigned n_file, struct err *e)
{
	EVP_PKEY	*pkey = NULL;
	int		 rc;

	if (kr->pass == NULL)
		return err_set_id(e, ERR_DENIED, "passphrase", "a key file "
		    "needs a pass phrase, and %s/keys has none", kr->dir);
	if ((pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2")) == NULL)
		return err_set_crypto(e, "key: making");
	if ((rc = key_store(kr, slot, n_file, pkey, e)) != 0) {
		EVP_PKEY_free(pkey);
		return rc;
	}
	kr->slot[slot].file = n_file;
	return slot_fill(kr, slot, pkey, e);
}

int
keyring_make(struct keyring *kr, enum key_slot slot, struct err *e)
{

	if (slot <= KEY_NONE || slot >= KEY_SLOTS || is_old(slot))
		return err_set(e, ERR_INVAL, "key: no such slot");
	if (slot_of(kr, slot) != NULL)
		return err_set(e, ERR_CONFLICT, "key: slot %s is not empty",
		    key_slot_name(slot));
	if (key_token_wants(kr, slot))
		return key_token_make(kr, slot, e);
	return make(kr, slot, 1, e);
}

int
keyring_next(struct keyring *kr, enum key_slot slot, bool only_there,
    bool *there, struct err *e)
{
	unsigned	 last;

	*there = false;
	if (!keyring_has(kr, slot))
		return err_set_id(e, ERR_NOTFOUND, "no-key",
		    "the keyring has no %s key", key_slot_name(slot));
	if (kr->slot[slot].pub != NULL || key_token_wants(kr, slot) ||
	    key_token_has(kr, slot, NULL))
		return key_token_next(kr, slot, only_there, there, e);
	last = file_last(kr, slot);
	*there = last > kr->slot[slot].file;
	if (only_there && !*there)
		return 0;
	if (!*there && last == LIMIT_KEY_FILES)
		return err_set_id(e, ERR_TOOBIG, "too-many-keys",
		    "there are %d keys of %s; move those away whose "
		    "certificates have ended", LIMIT_KEY_FILES,
		    key_slot_name(slot));
	slot_empty(&kr->slot[slot]);
	return *there ? key_load(kr, slot, last, e) :
	    make(kr, slot, last + 1, e);
}

int
keyring_copy(const struct keyring *from, enum key_slot slot,
    const struct keyring *to, struct err *e)
{
	struct keyring	*one = keyring_new(from->dir);
	const unsigned	 last = file_last(from, slot);
	unsigned	 n;
	int		 rc = 0;

	if (from->slot[slot].pub != NULL) {
		rc = err_set_id(e, ERR_CONFLICT, "key-in-token", "the key of %s "
		    "lies in a token and stays there", key_slot_name(slot));
		goto out;
	}
	one->pass = xmemdup(from->pass, from->passlen);
	one->passlen = from->passlen;
	for (n = 1; n <= last && rc == 0; n++) {
		slot_empty(&one->slot[slot]);
		if ((rc = key_load(one, slot, n, e)) == 0 &&
		    one->slot[slot].pkey != NULL)
			rc = key_store(to, slot, n, one->slot[slot].pkey, e);
	}
out:
	keyring_free(one);
	return rc;
}

bool
keyring_has(const struct keyring *kr, enum key_slot slot)
{
	return slot_of(kr, slot) != NULL;
}

static int
slot_need(const struct keyring *kr, enum key_slot slot,
    const struct slot **s, struct err *e)
{
	if ((*s = slot_of(kr, slot)) == NULL)
		return err_set_id(e, ERR_NOTFOUND, "no-key",
		    "the keyring has no %s key", key_slot_name(slot));
	return 0;
}

int
keyring_point(const struct keyring *kr, enum key_slot slot,
    uint8_t point[SM2_POINT_LEN], struct err *e)
{
	const struct slot	*s;
	int			 rc;

	memset(point, 0, SM2_POINT_LEN);
	if ((rc = slot_need(kr, slot, &s, e)) != 0)
		return rc;
	memcpy(point, s->point, SM2_POINT_LEN);
	return 0;
}

EVP_PKEY *
keyring_pkey(const struct keyring *kr, enum key_slot slot)
{
	const struct slot	*s = slot_of(kr, slot);

	return s == NULL ? NULL : s->pkey;
}

const struct cert *
keyring_cert(const struct keyring *kr, enum key_slot slot)
{
	const struct slot	*s = slot_of(kr, slot);

	return s == NULL ? NULL : s->cert;
}

struct octets
keyring_certificate(const struct keyring *kr, enum key_slot slot)
{
	const struct cert	*c = keyring_cert(kr, slot);

	return c == NULL ? OCTETS(NULL, 0) : cert_der(c);
}

int
keyring_set_certificate(struct keyring *kr, enum key_slot slot,
    struct octets der, struct err *e)
{
	const struct slot	*s;
	struct cert		*c = NULL;
	uint8_t			 point[SM2_POINT_LEN];
	int			 rc;

	if ((rc = slot_need(kr, slot, &s, e)) != 0 ||
	    (rc = cert_parse(der, &c, e)) != 0 ||
	    (rc = cert_point(c, point, e)) != 0)
		goto out;
	if (!mem_equal(point, s->point, sizeof(point))) {
		rc = err_set_id(e, ERR_CONFLICT, "key-mismatch",
		    "the certificate of %s is for another key",
		    key_slot_name(slot));
		goto out;
	}
	cert_free(kr->slot[slot].cert);
	kr->slot[slot].cert = c;
	c = NULL;
	rc = 0;
out:
	cert_free(c);
	return rc;
}

int
key_sign(const struct keyring *kr, enum key_slot slot, struct octets msg,
    uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	const struct slot	*s;
	int			 rc;

	memset(sig, 0, SM2_SIG_LEN);
	if (slot == KEY_WRAPPING)
		return err_set(e, ERR_INVAL, "key: wrapping never signs");
	if ((rc = slot_need(kr, slot, &s, e)) != 0)
		return rc;
	if (s->pub != NULL)
		return key_token_sign(kr, slot, msg, sig, e);
	return key_signer_sign(s->signer, msg, sig, e);
}

int
key_guard(const struct keyring *kr, const char *origin, uint64_t size,
    const uint8_t root[SM3_LEN], int64_t time, struct err *e)
{
	struct guard	*g = kr->guard;
	struct claim	*l = &g->last;
	const char	*why = NULL;

	if (g->origin != NULL) {
		if (strcmp(origin, g->origin) != 0)
			why = "another origin";
		else if (size < l->size)
			why = "a smaller size";
		else if (size == l->size && memcmp(root, l->root, SM3_LEN) != 0)
			why = "another root for the same size";
		else if (time < l->time)
			why = "an earlier time";
	}
	if (why != NULL)
		return err_set_id(e, ERR_CONFLICT, "checkpoint-conflict",
		    "refused to sign %s than was signed before (size %llu)",
		    why, (unsigned long long)l->size);
	if (g->origin == NULL)
		g->origin = xstrdup(origin);
	g->sure = g->last;
	l->size = size;
	memcpy(l->root, root, SM3_LEN);
	l->time = time;
	return 0;
}

void
key_guard_new_recorder(const struct keyring *kr)
{

	kr->guard->last = kr->guard->sure;
}

int
key_time(const struct keyring *kr, int64_t floor, unsigned bound, int64_t *t,
    struct err *e)
{
	const int64_t	now = tm_now();

	if (floor < kr->guard->stamped_at)
		floor = kr->guard->stamped_at;
	*t = now > floor ? now : floor;
	if (*t - now > (int64_t)bound)
		return err_set_id(e, ERR_BUSY, "clock-behind", "the clock is "
		    "%lld s behind what was signed before",
		    (long long)(*t - now));
	kr->guard->stamped_at = *t;
	return 0;
}
