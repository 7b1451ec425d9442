#ifndef TESTS_UNIT_CA_BODY_H
#define TESTS_UNIT_CA_BODY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "ca/cert.h"
#include "ca/crl.h"
#include "ca/key.h"

/*
 * A licensed body to test with: a root and an authority of its own, and the
 * certificates that it issues, right as a rule, wrong where a case says so.
 */

struct body {
	char		 dir[64];
	struct keyring	*kr;
	struct cert	*root, *authority;
	int64_t		 at;		/* when it was founded */
};

/* What one certificate is to say; zeroed: what was asked for. */
struct body_cert {
	const char	*cn, *o, *credit;
	const uint8_t	*point;
	int64_t		 from, until;
	const uint8_t	*serial;	/* CERT_SERIAL_LEN, or NULL */
	bool		 by_root, by_itself;	/* who signs instead */
};

#define BODY_MUST(CALL)	do {						\
	struct err be_ = ERR_INIT, *bep = &be_;				\
	if ((CALL) != 0)						\
		fail_msg("%s: [%s] %s", #CALL, bep->id, bep->text);	\
} while (0)

static void __attribute__((unused))
body_issue(const struct body *b, const struct body_cert *bc, struct buf *der)
{
	struct cert_spec	 s = { .profile = CERT_SIGNER };

	s.subject.organisation = bc->o;
	s.subject.common_name = bc->cn;
	s.credit_code = bc->credit;
	s.point = bc->point;
	s.not_before = bc->from;
	s.not_after = bc->until;
	s.serial = bc->serial;
	s.crl_url = "http://body.example.cn/list.crl";
	BODY_MUST(cert_issue(&s, bc->by_root ? b->root : b->authority, b->kr,
	    bc->by_root ? KEY_ROOT : bc->by_itself ? KEY_MAKER :
	    KEY_AUTHORITY, der, bep));
}

static void __attribute__((unused))
body_init(struct body *b, int64_t at, const char *name)
{
	struct cert_spec	 s = { .profile = CERT_ROOT };
	struct buf		 der;
	uint8_t			 point[SM2_POINT_LEN];

	memset(b, 0, sizeof(*b));
	b->at = at;
	strcpy(b->dir, "/tmp/test_body.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	buf_init(&der, LIMIT_CERT);
	BODY_MUST(keyring_create(b->dir, &b->kr, bep));
	BODY_MUST(keyring_make(b->kr, KEY_ROOT, bep));
	BODY_MUST(keyring_make(b->kr, KEY_AUTHORITY, bep));
	BODY_MUST(keyring_make(b->kr, KEY_MAKER, bep));	/* a stranger's */
	BODY_MUST(keyring_point(b->kr, KEY_ROOT, point, bep));
	s.subject.organisation = name;
	s.subject.common_name = "Root";
	s.not_before = at;
	s.point = point;
	BODY_MUST(cert_issue(&s, NULL, b->kr, KEY_ROOT, &der, bep));
	BODY_MUST(cert_parse(buf_octets(&der), &b->root, bep));
	buf_reset(&der);
	BODY_MUST(keyring_point(b->kr, KEY_AUTHORITY, point, bep));
	s.profile = CERT_AUTHORITY;
	s.subject.common_name = "Seals";
	BODY_MUST(cert_issue(&s, b->root, b->kr, KEY_ROOT, &der, bep));
	BODY_MUST(cert_parse(buf_octets(&der), &b->authority, bep));
	buf_fini(&der);
}

static void __attribute__((unused))
body_fini(struct body *b)
{
	char	*cmd = xasprintf("rm -rf %s", b->dir);

	cert_free(b->root);
	cert_free(b->authority);
	keyring_free(b->kr);
	if (system(cmd) != 0)
		fail_msg("%s", cmd);
	free(cmd);
}

/* A list of the authority's that revokes serial. */
static void __attribute__((unused))
body_crl(const struct body *b, const uint8_t serial[CERT_SERIAL_LEN],
    int64_t at, struct buf *der)
{
	struct crl_entry	 en = { .seriallen = CERT_SERIAL_LEN,
				    .revoked_at = at, .reason = 1 };
	struct crl_spec		 s = { .entries = &en, .nentries = 1,
				    .number = 1, .this_update = at,
				    .next_update = at + 86400 * 30 };

	memcpy(en.serial, serial, CERT_SERIAL_LEN);
	BODY_MUST(crl_issue(&s, b->authority, b->kr, KEY_AUTHORITY, der,
	    bep));
}

/* One extension in OpenSSL's words. */
struct body_ext {
	int		 nid;
	const char	*value;
};

/*
 * As other software writes it: by OpenSSL, O and CN the other way round, with
 * these extensions alone; rsa: of an RSA key.
 */
static void __attribute__((unused))
body_odd(const struct body *b, const struct body_cert *bc,
    const struct body_ext *ext, bool rsa, struct buf *der)
{
	X509		*x = X509_new();
	X509_NAME	*n = X509_get_subject_name(x);
	X509_EXTENSION	*e;
	EVP_PKEY	*key = NULL;
	EVP_MD_CTX	*md = EVP_MD_CTX_new();
	EVP_PKEY_CTX	*pk = EVP_PKEY_CTX_new(keyring_pkey(b->kr,
			    KEY_AUTHORITY), NULL);
	uint8_t		*p = NULL;
	struct buf	 spki;
	const uint8_t	*at;
	int		 len;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 4711);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
	    (const uint8_t *)bc->cn, -1, -1, 0);
	X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8,
	    (const uint8_t *)bc->o, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(cert_x509(
	    b->authority)));
	ASN1_TIME_set(X509_getm_notBefore(x), bc->from);
	ASN1_TIME_set(X509_getm_notAfter(x), bc->until);
	buf_init(&spki, 256);
	x509_put_public_key(&spki, bc->point);
	at = spki.p;
	key = rsa ? EVP_RSA_gen(2048) : d2i_PUBKEY(NULL, &at,
	    (long)spki.len);
	assert_non_null(key);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	for (; ext != NULL && ext->value != NULL; ext++) {
		e = X509V3_EXT_conf_nid(NULL, NULL, ext->nid, ext->value);
		assert_non_null(e);
		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	EVP_PKEY_CTX_set1_id(pk, "1234567812345678", 16);
	EVP_MD_CTX_set_pkey_ctx(md, pk);
	assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sm3(), NULL,
	    keyring_pkey(b->kr, KEY_AUTHORITY)), 1);
	assert_true(X509_sign_ctx(x, md) > 0);
	len = i2d_X509(x, &p);
	assert_true(len > 0);
	buf_put(der, p, (size_t)len);
	OPENSSL_free(p);
	buf_fini(&spki);
	EVP_MD_CTX_free(md);
	EVP_PKEY_CTX_free(pk);
	EVP_PKEY_free(key);
	X509_free(x);
}

#endif /* TESTS_UNIT_CA_BODY_H */
