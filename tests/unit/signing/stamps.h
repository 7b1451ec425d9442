#ifndef TESTS_UNIT_SIGNING_STAMPS_H
#define TESTS_UNIT_SIGNING_STAMPS_H

#include "tests/unit/ca/signed.h"

#include "filing/seal.h"
#include "signing/stamp.h"

/*
 * Stamps to test with, of every generation, with a seal in them, written here
 * over DER: right as a rule, wrong where a case says so.
 */

#define STAMP_CODE	"44010600000001"
#define STAMP_PROPERTY	"/Doc_0/Signs/Sign_0/Signature.xml"

enum stamp_wrong {
	WRONG_NOTHING = 0, WRONG_ELSEWHERE, WRONG_ARITY, WRONG_MEMBER,
	WRONG_EMPTY_HASH, WRONG_PROPERTY, WRONG_BITS, WRONG_CRITICAL,
	WRONG_TOKEN_EMPTY, WRONG_TAG, WRONG_BEHIND, WRONG_SEAL
};

/* Zeroed but for generation: a stamp without any deviation. */
struct stamp_spec {
	enum seal_generation generation;
	unsigned	 deviations;	/* STAMP_DEV_*, but NULL_PARAMETERS */
	bool		 wrapped_seal;	/* eseal in an OCTET STRING */
	bool		 gentime_v1;	/* in the string of V1 */
	bool		 ext_octets;	/* extDatas in an OCTET STRING */
	const char	*time;		/* V1: text in the string */
	struct octets	 time_token;	/* V1 */
	bool		 extensions;
	bool		 digests;	/* the seal's list is of type 2 */
	const char	*digest_type;	/* NULL: "SM3" */
	const struct cert *listed;	/* NULL: the signer's */
	bool		 break_seal, break_stamp, rsa;
	struct octets	 token;		/* of the stamp */
	bool		 stamp_token;	/* the same, made here, over signature */
	bool		 seal_token, seal_token_early, seal_token_other;
	struct octets	 hash;		/* dataHash; empty: 32 octets */
	const char	*property;	/* NULL: STAMP_PROPERTY */
	enum stamp_wrong wrong;
};

static const uint8_t	stamp_png[16] = { 0x89, 'P', 'N', 'G', '\r', '\n',
				    0x1a, '\n', 1, 2, 3 };
static const uint8_t	stamp_hash[SM3_LEN] = { 1, 2, 3 };

static inline void
stamp_cert_list(const struct nation *n, const struct stamp_spec *s,
    struct buf *b)
{
	struct octets	der = cert_der(s->listed != NULL ? s->listed :
			    n->signer);
	uint8_t		h[SM3_LEN];
	size_t		m, k;

	if (s->generation != SEAL_V1)
		der_put_uint(b, s->digests ? 2 : 1);
	m = der_open(b, DER_SEQUENCE);
	if (s->digests) {
		sm3(der.p, der.len, h);
		k = der_open(b, DER_SEQUENCE);
		der_put_text(b, DER_PRINTABLE,
		    s->digest_type != NULL ? s->digest_type : "SM3");
		der_put(b, DER_OCTET_STRING, h, SM3_LEN);
		der_close(b, k);
	} else
		der_put(b, DER_OCTET_STRING, der.p, der.len);
	der_close(b, m);
}

static inline void
stamp_seal_info(const struct nation *n, const struct stamp_spec *s,
    struct buf *b)
{
	size_t	info = der_open(b, DER_SEQUENCE), m;
	int	i;

	m = der_open(b, DER_SEQUENCE);
	der_put_text(b, DER_IA5, "ES");
	der_put_uint(b, (uint64_t)s->generation);
	der_put_text(b, DER_IA5, "test");
	der_close(b, m);
	der_put_text(b, DER_IA5, STAMP_CODE);
	m = der_open(b, DER_SEQUENCE);
	der_put_uint(b, 1);
	der_put_text(b, DER_UTF8, "广州示例科技有限公司");
	stamp_cert_list(n, s, b);
	for (i = 0; i < 3; i++)
		if (s->generation == SEAL_V1)
			x509_put_time(b, T0 + i);
		else
			der_put_gentime(b, T0 + i);
	der_close(b, m);
	m = der_open(b, DER_SEQUENCE);
	der_put_text(b, DER_IA5, "PNG");
	der_put(b, DER_OCTET_STRING, stamp_png, sizeof(stamp_png));
	der_put_uint(b, 40);
	der_put_uint(b, 40);
	der_close(b, m);
	der_close(b, info);
}

/* SM2 by the maker or the signer, as the value of a BIT STRING. */
static inline void
stamp_sign(const struct nation *n, bool maker, struct octets msg, bool wrong,
    bool raw, struct buf *out)
{
	uint8_t	sig[SM2_SIG_LEN], der[SM2_DER_SIG_MAX];

	if (maker)
		assert_int_equal(key_sign(n->kr, KEY_MAKER, msg, sig, NULL),
		    0);
	else
		assert_int_equal(key_sign_wrapped(n->kr,
		    buf_octets(&n->wrapped), msg, sig, NULL), 0);
	if (wrong)
		sig[40] ^= 1;
	if (raw)
		buf_put(out, sig, sizeof(sig));
	else
		buf_put(out, der, sm2_sig_to_der(sig, der));
}

static inline void
stamp_put_bits(struct buf *b, struct octets o)
{
	der_put_bits(b, o.p, o.len);
}

static inline void
stamp_put_token(struct buf *b, struct octets token)
{
	size_t	m = der_open(b, DER_CTX0);

	stamp_put_bits(b, token);
	der_close(b, m);
}

static inline void
stamp_own_token(const struct nation *n, struct octets what, const char *time,
    struct buf *out)
{
	struct cert		*tsa = token_authority(n);
	struct token_spec	 s = { .what = what, .time = time };
	struct sd_spec		 sd = { .attributes = true,
				    .ess = ESS_V2_SM3 };

	token_build(n, tsa, &s, sd, out);
	cert_free(tsa);
}

static inline void
stamp_seal_v1(const struct nation *n, const struct stamp_spec *s,
    struct octets info, struct buf *b)
{
	struct octets	maker = cert_der(n->maker), alg;
	struct buf	tbs, sig;
	size_t		m, k;

	alg = OCTETS(seal_oid_sm2_sm3, sizeof(seal_oid_sm2_sm3));
	buf_init(&tbs, LIMIT_SEAL);
	buf_init(&sig, 256);
	m = der_open(&tbs, DER_SEQUENCE);
	buf_put_octets(&tbs, info);
	der_put(&tbs, DER_OCTET_STRING, maker.p, maker.len);
	der_put_oid(&tbs, alg);
	der_close(&tbs, m);
	stamp_sign(n, true, buf_octets(&tbs), s->break_seal, false, &sig);
	m = der_open(b, DER_SEQUENCE);
	buf_put_octets(b, info);
	k = der_open(b, DER_SEQUENCE);
	der_put(b, DER_OCTET_STRING, maker.p, maker.len);
	der_put_oid(b, alg);
	stamp_put_bits(b, buf_octets(&sig));
	der_close(b, k);
	der_close(b, m);
	buf_fini(&tbs);
	buf_fini(&sig);
}

static inline void
stamp_seal(const struct nation *n, const struct stamp_spec *s, struct buf *b)
{
	struct octets	maker = cert_der(n->maker);
	struct buf	info, sig, token;
	size_t		m;

	buf_init(&info, LIMIT_SEAL);
	buf_init(&sig, 256);
	buf_init(&token, 1 << 14);
	stamp_seal_info(n, s, &info);
	if (s->generation == SEAL_V1) {
		stamp_seal_v1(n, s, buf_octets(&info), b);
		goto out;
	}
	stamp_sign(n, true, buf_octets(&info), s->break_seal, false, &sig);
	m = der_open(b, DER_SEQUENCE);
	buf_put_octets(b, buf_octets(&info));
	der_put(b, DER_OCTET_STRING, maker.p, maker.len);
	der_put_oid(b, OCTETS(seal_oid_sm2_sm3, sizeof(seal_oid_sm2_sm3)));
	stamp_put_bits(b, buf_octets(&sig));
	if (s->seal_token) {
		stamp_own_token(n, s->seal_token_other ?
		    buf_octets(&info) : buf_octets(&sig),
		    s->seal_token_early ? "20260101000000Z" : NULL, &token);
		stamp_put_token(b, buf_octets(&token));
	}
	der_close(b, m);
out:
	buf_fini(&info);
	buf_fini(&sig);
	buf_fini(&token);
}

static inline void
stamp_time(const struct stamp_spec *s, struct buf *b)
{
	bool	octets = (s->deviations & STAMP_DEV_OCTET_STRING) != 0;
	bool	other = (s->deviations & STAMP_DEV_TIME_KIND) != 0;
	size_t	m;

	if (s->generation != SEAL_V1) {
		if (other)
			x509_put_time(b, T0 + 7);
		else
			der_put_gentime(b, T0 + 7);
		return;
	}
	if (other && !s->gentime_v1) {
		der_put_gentime(b, T0 + 7);
		return;
	}
	m = der_open(b, octets ? DER_OCTET_STRING : DER_BIT_STRING);
	if (!octets)
		buf_put_u8(b, 0);
	if (s->time_token.len > 0)
		buf_put_octets(b, s->time_token);
	else if (s->time != NULL)
		buf_puts(b, s->time);
	else if (s->gentime_v1)
		der_put_gentime(b, T0 + 7);
	else
		x509_put_time(b, T0 + 7);
	der_close(b, m);
}

static inline void
stamp_extensions(const struct stamp_spec *s, struct buf *b)
{
	static const uint8_t	yes = 0xff, no = 0;
	bool			untagged = (s->deviations &
				    STAMP_DEV_EXTENSIONS) != 0;
	size_t			tag = 0, list, one;

	if (s->ext_octets)
		tag = der_open(b, DER_OCTET_STRING);
	else if (!untagged)
		tag = der_open(b, DER_CTX0);
	list = der_open(b, DER_SEQUENCE);
	one = der_open(b, DER_SEQUENCE);
	der_put_oid(b, OID_OF("\x2a\x03\x04"));
	if ((s->deviations & STAMP_DEV_DEFAULT_FALSE) != 0)
		der_put(b, DER_BOOLEAN, &no, 1);
	else
		der_put(b, DER_BOOLEAN, s->wrong == WRONG_CRITICAL ?
		    (const uint8_t *)"\x07" : &yes, 1);
	der_put(b, DER_OCTET_STRING, "x", 1);
	der_close(b, one);
	der_close(b, list);
	if (s->ext_octets || !untagged)
		der_close(b, tag);
}

static inline void
stamp_hash_member(const struct stamp_spec *s, struct buf *b)
{
	struct octets	h = sd_or(s->hash, OCTETS(stamp_hash, SM3_LEN));

	if (s->wrong == WRONG_EMPTY_HASH)
		h.len = 0;
	if (s->wrong == WRONG_BITS) {
		size_t	m = der_open(b, DER_BIT_STRING);

		/* Four unused bits, of which one is set. */
		buf_put_u8(b, 4);
		buf_put_octets(b, OCTETS(h.p, h.len - 1));
		buf_put_u8(b, h.p[h.len - 1] | 8);
		der_close(b, m);
	} else if ((s->deviations & STAMP_DEV_OCTET_STRING) != 0)
		der_put(b, DER_OCTET_STRING, h.p, h.len);
	else
		stamp_put_bits(b, h);
}

/* signer's certificate and algorithm */
static inline void
stamp_signer(const struct nation *n, const struct stamp_spec *s,
    struct buf *b)
{
	struct octets	der = cert_der(n->signer);

	der_put(b, DER_OCTET_STRING, der.p, der.len);
	der_put_oid(b, s->rsa ? OID_ALG_RSA : OID_ALG_501);
}

static inline void
stamp_to_sign(const struct nation *n, const struct stamp_spec *s,
    struct buf *b)
{
	struct stamp_spec	inner = *s;
	size_t			tbs = der_open(b, DER_SEQUENCE), m = 0;

	der_put_uint(b, (s->deviations & STAMP_DEV_VERSION) != 0 ? 2 :
	    (uint64_t)s->generation);
	if (s->wrong == WRONG_SEAL)
		inner.generation = s->generation == SEAL_V1 ? SEAL_V4 :
		    SEAL_V1;
	if (s->wrapped_seal)
		m = der_open(b, DER_OCTET_STRING);
	stamp_seal(n, &inner, b);
	if (s->wrapped_seal)
		der_close(b, m);
	if (s->wrong != WRONG_MEMBER)
		stamp_time(s, b);
	stamp_hash_member(s, b);
	der_put_text(b, s->wrong == WRONG_TAG ? DER_UTF8 : DER_IA5,
	    s->wrong == WRONG_PROPERTY ? "a\x01z" : s->property != NULL ?
	    s->property : STAMP_PROPERTY);
	if (s->generation == SEAL_V1)
		stamp_signer(n, s, b);
	else if (s->extensions)
		stamp_extensions(s, b);
	if (s->wrong == WRONG_BEHIND)
		der_put(b, DER_NULL, "", 0);
	der_close(b, tbs);
}

/* The stamp, appended to out. */
static inline void __attribute__((unused))
stamp_build(const struct nation *n, const struct stamp_spec *s,
    struct buf *out)
{
	struct buf	tbs, sig, token;
	size_t		m;

	buf_init(&tbs, LIMIT_STAMP);
	buf_init(&sig, 256);
	buf_init(&token, 1 << 14);
	stamp_to_sign(n, s, &tbs);
	stamp_sign(n, false, buf_octets(&tbs), s->break_stamp,
	    (s->deviations & STAMP_DEV_RAW_SIGNATURE) != 0, &sig);
	if (s->stamp_token)
		stamp_own_token(n, buf_octets(&sig), NULL, &token);
	else if (s->token.p != NULL)
		buf_put_octets(&token, s->token);
	m = der_open(out, DER_SEQUENCE);
	buf_put_octets(out, buf_octets(&tbs));
	if (s->generation != SEAL_V1)
		stamp_signer(n, s, out);
	stamp_put_bits(out, buf_octets(&sig));
	if (token.len > 0 || s->wrong == WRONG_TOKEN_EMPTY)
		stamp_put_token(out, buf_octets(&token));
	if (s->wrong == WRONG_ARITY)
		der_put(out, DER_NULL, "", 0);
	der_close(out, m);
	if (s->wrong == WRONG_ELSEWHERE)
		buf_put_u8(out, 0x17);
	if ((s->deviations & STAMP_DEV_PADDING) != 0)
		buf_put(out, "\0\0\0\0\0", 5);
	assert_true(buf_ok(out));
	buf_fini(&tbs);
	buf_fini(&sig);
	buf_fini(&token);
}

#endif /* TESTS_UNIT_SIGNING_STAMPS_H */
