#ifndef TESTS_UNIT_CA_SIGNED_H
#define TESTS_UNIT_CA_SIGNED_H

#include "tests/unit/ca/nation.h"

#include <openssl/evp.h>

#include "base/der.h"
#include "base/tm.h"
#include "ca/cms.h"

/*
 * SignedData and time-stamp tokens to test with, written here over DER and
 * signed with the nation's keys: right as a rule, wrong where a case says so.
 */

#define OID_OF(S)	OCTETS(S, sizeof(S) - 1)
#define OID_PKCS7_DATA	OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define OID_PKCS7_SIGNED OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define OID_GMT_DATA	OID_OF("\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x01")
#define OID_GMT_SIGNED	OID_OF("\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02")
#define OID_ALG_SM3	OID_OF("\x2a\x81\x1c\xcf\x55\x01\x83\x11")
#define OID_ALG_SHA256	OID_OF("\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define OID_ALG_MD5	OID_OF("\x2a\x86\x48\x86\xf7\x0d\x02\x05")
#define OID_ALG_RSA	OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define OID_ALG_SM2_1	OID_OF("\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x01")
#define OID_ALG_501	OID_OF("\x2a\x81\x1c\xcf\x55\x01\x83\x75")
#define OID_PKCS9(N)	OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x09" N)
#define OID_TYPE_TST	OID_PKCS9("\x10\x01\x04")

enum sd_ess { ESS_NONE = 0, ESS_V1, ESS_V2_SHA256, ESS_V2_SM3, ESS_V2_MD5 };

/* Zeroed: GB/T 35275, content absent, no attributes, signer in it. */
struct sd_spec {
	bool		 pkcs7;		/* identifiers of PKCS #7 */
	struct octets	 type;		/* empty: data of the family */
	struct octets	 content;	/* p NULL: absent */
	bool		 attributes;
	struct octets	 covered;	/* messageDigest over it */
	size_t		 digest_len;	/* of it; 0: all */
	struct octets	 attr_type;	/* empty: as type */
	bool		 no_attr_type, no_digest, digest_twice, digest_two;
	int64_t		 signing_time;
	enum sd_ess	 ess;
	bool		 ess_other;	/* of another certificate */
	const struct cert *signer;
	enum key_slot	 slot;		/* its key */
	bool		 by_key_id, no_certs, raw, null, break_signature;
	struct octets	 sign_alg;	/* empty: 1.2.156.10197.1.301.1 */
	struct octets	 digest_alg;	/* empty: SM3 */
	struct octets	 token;		/* unsigned attribute */
	struct octets	 over;		/* signed instead of content */
	unsigned	 signers;	/* 0: one */
};

static inline struct octets
sd_or(struct octets a, struct octets b)
{
	return a.p != NULL ? a : b;
}

static inline void
sd_algorithm(struct buf *b, struct octets oid, bool null)
{
	size_t	m = der_open(b, DER_SEQUENCE);

	der_put_oid(b, oid);
	if (null)
		der_put(b, DER_NULL, "", 0);
	der_close(b, m);
}

static inline size_t
sd_attribute(struct buf *b, struct octets oid, size_t *set)
{
	size_t	m = der_open(b, DER_SEQUENCE);

	der_put_oid(b, oid);
	*set = der_open(b, DER_SET);
	return m;
}

static inline void
sd_digest_attribute(struct buf *b, const struct sd_spec *s)
{
	uint8_t	h[SM3_LEN];
	size_t	m, set, n = s->digest_len != 0 ? s->digest_len : SM3_LEN;

	sm3(s->covered.p, s->covered.len, h);
	m = sd_attribute(b, OID_PKCS9("\x04"), &set);
	der_put(b, DER_OCTET_STRING, h, n);
	if (s->digest_two)
		der_put(b, DER_OCTET_STRING, h, n);
	der_close(b, set);
	der_close(b, m);
}

static inline void
sd_ess_attribute(struct buf *b, const struct sd_spec *s,
    const struct nation *n)
{
	struct octets	der = cert_der(s->ess_other ? n->root : s->signer);
	const EVP_MD	*md = s->ess == ESS_V1 ? EVP_sha1() : s->ess ==
			    ESS_V2_SHA256 ? EVP_sha256() : s->ess ==
			    ESS_V2_MD5 ? EVP_md5() : EVP_sm3();
	uint8_t		h[EVP_MAX_MD_SIZE];
	unsigned	len = 0;
	size_t		m, set, a, list, id;

	assert_int_equal(EVP_Digest(der.p, der.len, h, &len, md, NULL), 1);
	m = s->ess == ESS_V1 ? sd_attribute(b, OID_PKCS9("\x10\x02\x0c"),
	    &set) : sd_attribute(b, OID_PKCS9("\x10\x02\x2f"), &set);
	a = der_open(b, DER_SEQUENCE);
	list = der_open(b, DER_SEQUENCE);
	id = der_open(b, DER_SEQUENCE);
	if (s->ess == ESS_V2_SM3)
		sd_algorithm(b, OID_ALG_SM3, false);
	if (s->ess == ESS_V2_MD5)
		sd_algorithm(b, OID_ALG_MD5, false);
	der_put(b, DER_OCTET_STRING, h, len);
	der_close(b, id);
	der_close(b, list);
	der_close(b, a);
	der_close(b, set);
	der_close(b, m);
}

/* The attributes, as a SET: what is signed. */
static inline void
sd_attributes(struct buf *b, const struct sd_spec *s, struct octets type,
    const struct nation *n)
{
	size_t	all = der_open(b, DER_SET), m, set;

	if (!s->no_attr_type) {
		m = sd_attribute(b, OID_PKCS9("\x03"), &set);
		der_put_oid(b, sd_or(s->attr_type, type));
		der_close(b, set);
		der_close(b, m);
	}
	if (s->signing_time != 0) {
		m = sd_attribute(b, OID_PKCS9("\x05"), &set);
		x509_put_time(b, s->signing_time);
		der_close(b, set);
		der_close(b, m);
	}
	if (!s->no_digest)
		sd_digest_attribute(b, s);
	if (s->digest_twice)
		sd_digest_attribute(b, s);
	if (s->ess != ESS_NONE)
		sd_ess_attribute(b, s, n);
	der_close(b, all);
}

/* A certificate's issuer and serial number, as they stand in it. */
static inline void
sd_sid(struct buf *b, const struct cert *c)
{
	struct cursor	 k = cursor_of(cert_der(c).p, cert_der(c).len);
	struct der	 d, serial, issuer;
	size_t		 m;

	assert_int_equal(der_next(&k, &d, "", NULL), 0);
	k = der_inside(&d);
	assert_int_equal(der_next(&k, &d, "", NULL), 0);
	k = der_inside(&d);
	assert_int_equal(der_next(&k, &d, "", NULL), 0);	/* version */
	assert_int_equal(der_next(&k, &serial, "", NULL), 0);
	assert_int_equal(der_next(&k, &d, "", NULL), 0);
	assert_int_equal(der_next(&k, &issuer, "", NULL), 0);
	m = der_open(b, DER_SEQUENCE);
	buf_put_octets(b, issuer.tlv);
	buf_put_octets(b, serial.tlv);
	der_close(b, m);
}

/* Its key identifier is that of the point (ca/x509.h). */
static inline void
sd_key_id(struct buf *b, const struct cert *c)
{
	uint8_t	point[SM2_POINT_LEN], id[20];

	assert_int_equal(cert_point(c, point, NULL), 0);
	x509_key_id(point, id);
	der_put(b, 0x80, id, sizeof(id));
}

static inline void
sd_sign(const struct nation *n, const struct sd_spec *s, struct octets msg,
    struct buf *b)
{
	uint8_t	sig[SM2_SIG_LEN], der[SM2_DER_SIG_MAX];
	size_t	len;

	if (s->slot == KEY_WRAPPING)
		assert_int_equal(key_sign_wrapped(n->kr,
		    buf_octets(&n->wrapped), msg, sig, NULL), 0);
	else
		assert_int_equal(key_sign(n->kr, s->slot, msg, sig, NULL), 0);
	if (s->break_signature)
		sig[SM2_SIG_LEN - 1] ^= 1;
	len = sm2_sig_to_der(sig, der);
	if (s->raw)
		der_put(b, DER_OCTET_STRING, sig, sizeof(sig));
	else
		der_put(b, DER_OCTET_STRING, der, len);
}

static inline void
sd_signer_info(const struct nation *n, const struct sd_spec *s,
    struct octets type, struct buf *b)
{
	struct octets	digest = sd_or(s->digest_alg, OID_ALG_SM3);
	struct octets	msg = sd_or(s->over, s->content);
	size_t		info = der_open(b, DER_SEQUENCE), m, one, set;
	struct buf	attrs;

	buf_init(&attrs, 1 << 16);
	der_put_uint(b, s->by_key_id ? 3 : 1);
	if (s->by_key_id)
		sd_key_id(b, s->signer);
	else
		sd_sid(b, s->signer);
	sd_algorithm(b, digest, s->null);
	if (s->attributes) {
		sd_attributes(&attrs, s, type, n);
		m = b->len;
		buf_put_octets(b, buf_octets(&attrs));
		b->p[m] = 0xa0;
		msg = buf_octets(&attrs);
	}
	sd_algorithm(b, sd_or(s->sign_alg, OID_ALG_SM2_1), s->null);
	sd_sign(n, s, msg, b);
	if (s->token.p != NULL) {
		m = der_open(b, 0xa1);
		one = sd_attribute(b, OID_PKCS9("\x10\x02\x0e"), &set);
		buf_put_octets(b, s->token);
		der_close(b, set);
		der_close(b, one);
		der_close(b, m);
	}
	der_close(b, info);
	buf_fini(&attrs);
}

/* ContentInfo with SignedData, appended to b. */
static inline void __attribute__((unused))
sd_build(const struct nation *n, const struct sd_spec *s, struct buf *b)
{
	struct octets	type = sd_or(s->type, s->pkcs7 ? OID_PKCS7_DATA :
			    OID_GMT_DATA);
	size_t		info, wrap, sd, m, k;
	unsigned	i;

	info = der_open(b, DER_SEQUENCE);
	der_put_oid(b, s->pkcs7 ? OID_PKCS7_SIGNED : OID_GMT_SIGNED);
	wrap = der_open(b, DER_CTX0);
	sd = der_open(b, DER_SEQUENCE);
	der_put_uint(b, 1);
	m = der_open(b, DER_SET);
	sd_algorithm(b, sd_or(s->digest_alg, OID_ALG_SM3), s->null);
	der_close(b, m);
	m = der_open(b, DER_SEQUENCE);
	der_put_oid(b, type);
	if (s->content.p != NULL) {
		k = der_open(b, DER_CTX0);
		der_put(b, DER_OCTET_STRING, s->content.p, s->content.len);
		der_close(b, k);
	}
	der_close(b, m);
	if (!s->no_certs) {
		m = der_open(b, 0xa0);
		buf_put_octets(b, cert_der(n->authority));
		buf_put_octets(b, cert_der(s->signer));
		der_close(b, m);
	}
	m = der_open(b, DER_SET);
	for (i = 0; i < (s->signers == 0 ? 1 : s->signers); i++)
		sd_signer_info(n, s, type, b);
	der_close(b, m);
	der_close(b, sd);
	der_close(b, wrap);
	der_close(b, info);
	assert_true(buf_ok(b));
}

/* ---- time-stamps */

/* Zeroed: a token that says T0 over what. */
struct token_spec {
	struct octets	 what;
	const char	*time;		/* genTime; NULL: of T0 */
	struct octets	 imprint_alg;	/* empty: SM3 (SHA-256 known) */
	uint64_t	 version;	/* 0: 1 */
	bool		 options;	/* accuracy, ordering, nonce, tsa */
	bool		 critical;	/* an extension that nobody knows */
	bool		 trailing;
};

static inline void
token_info(const struct token_spec *s, struct buf *b)
{
	static const uint8_t	yes = 0xff;
	struct octets		alg = sd_or(s->imprint_alg, OID_ALG_SM3);
	uint8_t			h[EVP_MAX_MD_SIZE];
	unsigned		len = 0;
	size_t			m = der_open(b, DER_SEQUENCE), k, x, y;

	assert_int_equal(EVP_Digest(s->what.p, s->what.len, h, &len,
	    alg.len == 9 ? EVP_sha256() : EVP_sm3(), NULL), 1);
	der_put_uint(b, s->version == 0 ? 1 : s->version);
	der_put_oid(b, OID_OF("\x2a\x03\x04"));
	k = der_open(b, DER_SEQUENCE);
	sd_algorithm(b, alg, false);
	der_put(b, DER_OCTET_STRING, h, len);
	der_close(b, k);
	der_put_uint(b, 77);
	if (s->time != NULL)
		der_put_text(b, DER_GENTIME, s->time);
	else
		der_put_gentime(b, T0);
	if (s->options) {
		k = der_open(b, DER_SEQUENCE);
		der_put_uint(b, 1);
		der_close(b, k);
		der_put(b, DER_BOOLEAN, &yes, 1);
		der_put_uint(b, 4711);
		k = der_open(b, 0xa0);
		der_put(b, 0x82, "tsa.example", 11);
		der_close(b, k);
	}
	if (s->options || s->critical) {
		k = der_open(b, 0xa1);
		x = der_open(b, DER_SEQUENCE);
		der_put_oid(b, OID_OF("\x2a\x03\x05"));
		if (s->critical)
			der_put(b, DER_BOOLEAN, &yes, 1);
		y = der_open(b, DER_OCTET_STRING);
		der_put(b, DER_NULL, "", 0);
		der_close(b, y);
		der_close(b, x);
		der_close(b, k);
	}
	if (s->trailing)
		der_put(b, DER_NULL, "", 0);
	der_close(b, m);
}

/*
 * The authority's certificate; its key is the maker's, which saves one.  The
 * caller frees it.
 */
static inline struct cert * __attribute__((unused))
token_authority(const struct nation *n)
{
	struct cert_spec	 s;
	uint8_t			 point[SM2_POINT_LEN];

	assert_int_equal(keyring_point(n->kr, KEY_MAKER, point, NULL), 0);
	s = nation_spec(CERT_TSA, "Time-Stamps 44", point);
	return nation_issue(&s, n->authority, n->kr, KEY_AUTHORITY);
}

/* sd: what is wrong with its signature; type, content are filled here. */
static inline void __attribute__((unused))
token_build(const struct nation *n, const struct cert *tsa,
    const struct token_spec *s, struct sd_spec sd, struct buf *b)
{
	struct buf	info;

	buf_init(&info, 1 << 12);
	token_info(s, &info);
	if (sd.type.p == NULL)
		sd.type = OID_TYPE_TST;
	sd.pkcs7 = true;
	if (sd.covered.p == NULL)
		sd.covered = buf_octets(&info);
	sd.content = buf_octets(&info);
	if (sd.signer == NULL) {
		sd.signer = tsa;
		sd.slot = KEY_MAKER;
	}
	sd_build(n, &sd, b);
	buf_fini(&info);
}

#endif /* TESTS_UNIT_CA_SIGNED_H */
