#ifndef TESTS_UNIT_SYNC_SIGNER_H
#define TESTS_UNIT_SYNC_SIGNER_H

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "vectors.h"

#include "sync/note.h"

/* A log's key in a test: makes notes, with a fresh key each run. */
struct signer {
	EVP_PKEY	*pkey;
	struct vkey	*vk;
};

static inline void
signer_init(struct signer *s, const char *name)
{
	uint8_t	point[SM2_POINT_LEN];
	size_t	n = 0;

	s->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	assert_non_null(s->pkey);
	assert_int_equal(EVP_PKEY_get_octet_string_param(s->pkey,
	    "pub", point, sizeof(point), &n), 1);
	assert_int_equal(n, SM2_POINT_LEN);
	assert_int_equal(vkey_new(name, point, &s->vk, NULL), 0);
}

static inline void
signer_fini(struct signer *s)
{
	EVP_PKEY_free(s->pkey);
	vkey_free(s->vk);
}

/* The note of this body, a string; free with free(). */
static inline char *
signer_note(const struct signer *s, const char *body, int64_t time)
{
	uint8_t		 der[SM2_DER_SIG_MAX], sig[SM2_SIG_LEN];
	EVP_PKEY_CTX	*pc = EVP_PKEY_CTX_new(s->pkey, NULL);
	EVP_MD_CTX	*mc = EVP_MD_CTX_new();
	struct buf	 b;
	size_t		 n = sizeof(der);

	assert_non_null(pc);
	assert_true(EVP_PKEY_CTX_set1_id(pc, "1234567812345678", 16) > 0);
	EVP_MD_CTX_set_pkey_ctx(mc, pc);
	assert_int_equal(EVP_DigestSignInit(mc, NULL, EVP_sm3(), NULL,
	    s->pkey), 1);
	buf_init(&b, LIMIT_NOTE);
	note_message(OCTETS(body, strlen(body)), time, &b);
	assert_int_equal(EVP_DigestSign(mc, der, &n, b.p, b.len), 1);
	assert_int_equal(sm2_sig_from_der(OCTETS(der, n), sig, NULL), 0);
	buf_reset(&b);
	buf_puts(&b, body);
	note_sign_line(s->vk, time, sig, &b);
	EVP_MD_CTX_free(mc);
	EVP_PKEY_CTX_free(pc);
	return buf_steal_str(&b);
}

#endif /* TESTS_UNIT_SYNC_SIGNER_H */
