#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "base/sm.h"
#include "base/vault.h"

/*
 * Head: magic ‖ u8 log2 N ‖ salt (16) ‖ tag (16) of no octets, chunk number 0.
 * Then chunks from number 1: u32be length, its highest bit set in the last ‖
 * ciphertext ‖ tag (16).  AES-256-GCM, key = scrypt(pass phrase, salt, N, 8,
 * 1), nonce = number in 12 octets, additional data = head without its tag ‖
 * length word.
 */

#define MAGIC		"sealreg-vault/1\n"
#define MAGIC_LEN	(sizeof(MAGIC) - 1)
#define LOG2_N		15
#define SALT_LEN	16
#define TAG_LEN		16
#define KEY_LEN		32
#define HEAD_LEN	(MAGIC_LEN + 1 + SALT_LEN)
#define CHUNK		((size_t)64 << 10)
#define LAST		0x80000000u
#define SCRYPT_MEMORY	(64u << 20)

struct vault {
	int		 fd;
	bool		 writing, last;
	uint64_t	 number;	/* of the next chunk */
	size_t		 len, at;	/* of the plain octets held */
	EVP_CIPHER_CTX	*ctx;
	uint8_t		 key[KEY_LEN];
	uint8_t		 head[HEAD_LEN];
	uint8_t		 plain[CHUNK];
	uint8_t		 box[4 + CHUNK + TAG_LEN];
};

int
vault_passphrase(const char *path, struct buf *pass, struct err *e)
{
	struct stat	 st;
	char		 text[LIMIT_VAULT_PASS + 2], *end;
	ssize_t		 n = -1;
	int		 fd, rc;

	memset(text, 0, sizeof(text));
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1) {
		rc = err_set_id(e, ERR_DENIED, "vault-passphrase",
		    "pass phrase %s: %s", path, errno == ENOENT ?
		    "there is no such file: its first line is what backups "
		    "are encrypted under; or name another with "
		    "--passphrase-file" : strerror(errno));
		goto out;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (n = read(fd, text, sizeof(text) - 1)) == -1) {
		rc = err_set_id(e, ERR_DENIED, "vault-passphrase",
		    "pass phrase %s: cannot be read", path);
		goto out;
	}
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		rc = err_set_id(e, ERR_DENIED, "vault-passphrase",
		    "pass phrase %s may be read by others (mode %04o); "
		    "chmod 600 it", path, (unsigned)(st.st_mode & 07777));
		goto out;
	}
	if ((end = memchr(text, '\n', (size_t)n)) != NULL)
		n = end - text;
	if (n == 0 || n > LIMIT_VAULT_PASS) {
		rc = err_set_id(e, ERR_DENIED, "vault-passphrase",
		    "pass phrase %s: its first line has 1 to %d octets", path,
		    LIMIT_VAULT_PASS);
		goto out;
	}
	buf_put(pass, text, (size_t)n);
	rc = 0;
out:
	mem_wipe(text, sizeof(text));
	if (fd != -1)
		(void)close(fd);
	return rc;
}

static int
derive(struct vault *v, struct octets pass, struct err *e)
{
	const uint8_t	*salt = v->head + MAGIC_LEN + 1;
	unsigned	 log2n = v->head[MAGIC_LEN];

	if (EVP_PBE_scrypt((const char *)pass.p, pass.len, salt, SALT_LEN,
	    1ULL << log2n, 8, 1, SCRYPT_MEMORY, v->key, KEY_LEN) != 1)
		return err_set_crypto(e, "vault: scrypt");
	return 0;
}

static struct vault *
vault_new(int fd, bool writing)
{
	struct vault	*v = xcalloc(1, sizeof(*v));

	v->fd = fd;
	v->writing = writing;
	if ((v->ctx = EVP_CIPHER_CTX_new()) == NULL)
		abort();
	return v;
}

void
vault_free(struct vault *v)
{
	if (v == NULL)
		return;
	EVP_CIPHER_CTX_free(v->ctx);
	mem_wipe(v, sizeof(*v));
	free(v);
}

/* Key, nonce and additional data of the next chunk. */
static bool
chunk_begin(struct vault *v, const uint8_t word[4])
{
	uint8_t	nonce[12] = { 0 };
	int	i, n;

	for (i = 0; i < 8; i++)
		nonce[4 + i] = (uint8_t)(v->number >> (56 - 8 * i));
	v->number++;
	return EVP_CipherInit_ex2(v->ctx, EVP_aes_256_gcm(), v->key, nonce,
	    v->writing, NULL) == 1 &&
	    EVP_CipherUpdate(v->ctx, NULL, &n, v->head, HEAD_LEN) == 1 &&
	    EVP_CipherUpdate(v->ctx, NULL, &n, word, 4) == 1;
}

/* box: word ‖ ciphertext ‖ tag of the n plain octets. */
static int
chunk_seal(struct vault *v, size_t n, uint32_t flag, struct err *e)
{
	uint32_t	 word = (uint32_t)n | flag;
	uint8_t		*p = v->box + 4;
	int		 k = 0;

	v->box[0] = (uint8_t)(word >> 24);
	v->box[1] = (uint8_t)(word >> 16);
	v->box[2] = (uint8_t)(word >> 8);
	v->box[3] = (uint8_t)word;
	if (!chunk_begin(v, v->box) || (n > 0 && EVP_CipherUpdate(v->ctx, p,
	    &k, v->plain, (int)n) != 1) ||
	    EVP_CipherFinal_ex(v->ctx, p + n, &k) != 1 ||
	    EVP_CIPHER_CTX_ctrl(v->ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
	    p + n) != 1)
		return err_set_crypto(e, "vault: AES-256-GCM");
	return 0;
}

/* false: what is in the box was not written under this key at this place. */
static bool
chunk_open(struct vault *v, size_t n)
{
	uint8_t	*p = v->box + 4;
	int	 k = 0;

	return chunk_begin(v, v->box) && (n == 0 || EVP_CipherUpdate(v->ctx,
	    v->plain, &k, p, (int)n) == 1) &&
	    EVP_CIPHER_CTX_ctrl(v->ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
	    p + n) == 1 &&
	    EVP_CipherFinal_ex(v->ctx, v->plain + n, &k) == 1;
}

static int
write_all(struct vault *v, const uint8_t *p, size_t n, struct err *e)
{
	ssize_t	k;

	while (n > 0) {
		k = write(v->fd, p, n);
		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0)
			return err_set_errno(e, ERR_IO, "vault: writing");
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* *got < n at the end of the file. */
static int
read_all(struct vault *v, uint8_t *p, size_t n, size_t *got, struct err *e)
{
	ssize_t	k;

	*got = 0;
	while (*got < n) {
		k = read(v->fd, p + *got, n - *got);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return err_set_errno(e, ERR_IO, "vault: reading");
		if (k == 0)
			break;
		*got += (size_t)k;
	}
	return 0;
}

int
vault_create(int fd, struct octets pass, struct vault **out, struct err *e)
{
	struct vault	*v = vault_new(fd, true);
	int		 rc;

	*out = NULL;
	memcpy(v->head, MAGIC, MAGIC_LEN);
	v->head[MAGIC_LEN] = LOG2_N;
	sm_random(v->head + MAGIC_LEN + 1, SALT_LEN);
	if ((rc = derive(v, pass, e)) != 0 ||
	    (rc = chunk_seal(v, 0, 0, e)) != 0 ||
	    (rc = write_all(v, v->head, HEAD_LEN, e)) != 0 ||
	    (rc = write_all(v, v->box + 4, TAG_LEN, e)) != 0)
		goto out;
	*out = v;
	v = NULL;
	rc = 0;
out:
	vault_free(v);
	return rc;
}

static int
flush(struct vault *v, uint32_t flag, struct err *e)
{
	size_t	n = v->len;
	int	rc;

	if ((rc = chunk_seal(v, n, flag, e)) != 0)
		return rc;
	v->len = 0;
	return write_all(v, v->box, 4 + n + TAG_LEN, e);
}

int
vault_put(struct vault *v, const void *data, size_t n, struct err *e)
{
	const uint8_t	*p = data;
	size_t		 k;
	int		 rc;

	while (n > 0) {
		k = CHUNK - v->len < n ? CHUNK - v->len : n;
		memcpy(v->plain + v->len, p, k);
		v->len += k;
		p += k;
		n -= k;
		if (v->len == CHUNK && (rc = flush(v, 0, e)) != 0)
			return rc;
	}
	return 0;
}

int
vault_end(struct vault *v, struct err *e)
{
	return flush(v, LAST, e);
}

int
vault_open(int fd, struct octets pass, struct vault **out, struct err *e)
{
	struct vault	*v = vault_new(fd, false);
	size_t		 got;
	int		 rc;

	*out = NULL;
	if ((rc = read_all(v, v->head, HEAD_LEN, &got, e)) != 0)
		goto out;
	if (got < MAGIC_LEN || memcmp(v->head, MAGIC, MAGIC_LEN) != 0 ||
	    (got > MAGIC_LEN && v->head[MAGIC_LEN] != LOG2_N)) {
		rc = err_set_id(e, ERR_FORMAT, "vault-format",
		    "this is not an encrypted stream of ours");
		goto out;
	}
	if (got != HEAD_LEN)
		got = 0;
	else if ((rc = read_all(v, v->box + 4, TAG_LEN, &got, e)) != 0)
		goto out;
	if (got != TAG_LEN) {
		rc = err_set_id(e, ERR_FORMAT, "vault-truncated",
		    "the stream ends within its head");
		goto out;
	}
	if ((rc = derive(v, pass, e)) != 0)
		goto out;
	if (!chunk_open(v, 0)) {
		rc = err_set_id(e, ERR_DENIED, "vault-passphrase",
		    "the pass phrase does not open it");
		goto out;
	}
	*out = v;
	v = NULL;
	rc = 0;
out:
	vault_free(v);
	return rc;
}

static int
truncated(const struct vault *v, struct err *e)
{
	return err_set_id(e, ERR_FORMAT, "vault-truncated",
	    "the stream ends within chunk %llu",
	    (unsigned long long)v->number);
}

static int
altered(struct vault *v, struct err *e)
{
	mem_wipe(v->plain, sizeof(v->plain));
	v->len = v->at = 0;
	return err_set_id(e, ERR_VERIFY, "vault-altered",
	    "chunk %llu is not what was written",
	    (unsigned long long)v->number);
}

static int
next_chunk(struct vault *v, struct err *e)
{
	uint32_t	word;
	size_t		n, got;
	int		rc;

	if (v->last)
		return err_set_id(e, ERR_FORMAT, "vault-truncated",
		    "the stream holds less than it should");
	if ((rc = read_all(v, v->box, 4, &got, e)) != 0)
		return rc;
	if (got != 4)
		return truncated(v, e);
	word = (uint32_t)v->box[0] << 24 | (uint32_t)v->box[1] << 16 |
	    (uint32_t)v->box[2] << 8 | v->box[3];
	n = word & ~LAST;
	if (n > CHUNK || ((word & LAST) == 0 && n != CHUNK))
		return altered(v, e);
	if ((rc = read_all(v, v->box + 4, n + TAG_LEN, &got, e)) != 0)
		return rc;
	if (got != n + TAG_LEN)
		return truncated(v, e);
	if (!chunk_open(v, n))
		return altered(v, e);
	v->last = (word & LAST) != 0;
	v->len = n;
	v->at = 0;
	return 0;
}

int
vault_get(struct vault *v, void *out, size_t n, struct err *e)
{
	uint8_t	*p = out;
	size_t	 k, left = n;
	int	 rc;

	while (left > 0) {
		if (v->at == v->len && (rc = next_chunk(v, e)) != 0) {
			if (n > 0)
				mem_wipe(out, n);
			return rc;
		}
		k = v->len - v->at < left ? v->len - v->at : left;
		memcpy(p, v->plain + v->at, k);
		v->at += k;
		p += k;
		left -= k;
	}
	return 0;
}

int
vault_done(struct vault *v, struct err *e)
{
	size_t	got;
	uint8_t	more;
	int	rc;

	/* A stream of exactly so many chunks ends in an empty one. */
	if (!v->last && v->at == v->len && (rc = next_chunk(v, e)) != 0)
		return rc;
	if (!v->last || v->at != v->len)
		return err_set_id(e, ERR_VERIFY, "vault-altered",
		    "the stream holds more than it should");
	if ((rc = read_all(v, &more, 1, &got, e)) != 0)
		return rc;
	if (got != 0)
		return err_set_id(e, ERR_VERIFY, "vault-altered",
		    "something stands behind the last chunk");
	return 0;
}
