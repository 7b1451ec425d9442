#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/der.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/sm_table.h"

/* GB/T 32918.2 with the identity that everybody uses (GM/T 0009, clause 10). */
#define SM2_ID		"1234567812345678"

/* A key that verified so often is worth a table. */
#define OFTEN	16

struct often {
	unsigned	 verified;	/* up to OFTEN */
	struct sm2_rows	*rows;		/* or NULL */
	struct sm2_table *table;	/* or NULL */
};

/* Tables that may still be made; much is verified here. */
static unsigned		 tables;
static bool		 much;

struct sm2_pub {
	struct often	*often;
	uint8_t		 point[SM2_POINT_LEN];
	uint8_t		 z[SM3_LEN];
};

static bool		 begun;

/* a, b and the generator of the curve (GB/T 32918.5): of Z. */
static const uint8_t	 curve[4 * 32] = {
	0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
	0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34,
	0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
	0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92,
	0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
	0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19,
	0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
	0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1,
	0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
	0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c,
	0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
	0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40,
	0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0
};

/* The order n of the curve's group, big-endian (GB/T 32918.5). */
static const uint8_t	 order[32] = {
	0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b,
	0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23
};

/* What signs with OpenSSL hashes with it, too: here it reads what it must. */
int
sm_init(struct err *e)
{
	EVP_MD	*md;

	if (begun)
		return 0;
	if ((md = EVP_MD_fetch(NULL, "SM3", NULL)) == NULL)
		return err_set_crypto(e, "SM3 is missing");
	EVP_MD_free(md);
	begun = true;
	return sm3_init(e);
}

/* GB/T 32918.2, 5.5: ENTL ‖ ID ‖ a ‖ b ‖ generator ‖ public key. */
static void
z_of(const uint8_t point[SM2_POINT_LEN], struct octets id, uint8_t z[SM3_LEN])
{
	const uint8_t		entl[2] = { 0, (uint8_t)(8 * id.len) };
	const struct octets	parts[] = {
		OCTETS(entl, sizeof(entl)),
		id,
		OCTETS(curve, sizeof(curve)),
		OCTETS(point + 1, SM2_POINT_LEN - 1)
	};

	sm3_parts(parts, 4, z);
}

void
sm2_z_of(const uint8_t point[SM2_POINT_LEN], uint8_t z[SM3_LEN])
{

	z_of(point, OCTETS(SM2_ID, sizeof(SM2_ID) - 1), z);
}

void
sm2_z_no_id(const struct sm2_pub *pub, uint8_t z[SM3_LEN])
{

	z_of(pub->point, OCTETS("", 0), z);
}

int
sm2_pub_new(const uint8_t point[SM2_POINT_LEN], struct sm2_pub **pub,
    struct err *e)
{

	*pub = NULL;
	if (!sm2_on_curve(point))
		return err_set(e, ERR_FORMAT,
		    "not an uncompressed point on the SM2 curve");
	*pub = xcalloc(1, sizeof(**pub));
	memcpy((*pub)->point, point, SM2_POINT_LEN);
	sm2_z_of(point, (*pub)->z);
	(*pub)->often = xcalloc(1, sizeof(*(*pub)->often));
	return 0;
}

int
sm2_pub_from_pkey(struct evp_pkey_st *pkey, struct sm2_pub **pub,
    struct err *e)
{
	uint8_t	 point[SM2_POINT_LEN];
	char	 group[16] = "";
	BIGNUM	*x = NULL, *y = NULL;
	int	 rc;

	*pub = NULL;
	/* Coordinates, since a certificate may carry a compressed point. */
	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME,
	    group, sizeof(group), NULL) != 1 || strcmp(group, "SM2") != 0 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) != 1 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) != 1 ||
	    BN_bn2binpad(x, point + 1, 32) != 32 ||
	    BN_bn2binpad(y, point + 33, 32) != 32) {
		ERR_clear_error();
		rc = err_set(e, ERR_FORMAT, "not an SM2 public key");
		goto out;
	}
	point[0] = 0x04;
	rc = sm2_pub_new(point, pub, e);
out:
	BN_free(x);
	BN_free(y);
	return rc;
}

void
sm2_pub_free(struct sm2_pub *pub)
{

	if (pub == NULL)
		return;
	if (pub->often->table != NULL) {
		sm2_table_free(pub->often->table);
		tables++;
	}
	sm2_rows_free(pub->often->rows);
	free(pub->often);
	free(pub);
}

const uint8_t *
sm2_pub_point(const struct sm2_pub *pub)
{

	return pub->point;
}

/* 1 <= v < n: GB/T 32918.2, 7.1, steps B1 and B2. */
static bool
in_range(const uint8_t v[32])
{
	static const uint8_t	 zero[32];

	return memcmp(v, zero, sizeof(zero)) != 0 &&
	    memcmp(v, order, sizeof(order)) < 0;
}

void
sm2_tables(unsigned most)
{

	tables = most;
	much = most > 0;
}

/* What of its multiples is this key worth now? */
static int
prepare(const struct sm2_pub *pub, struct err *e)
{
	struct often	*o = pub->often;
	int		 rc = 0;

	if (o->table != NULL)
		return 0;
	if (o->verified < OFTEN)
		o->verified++;
	if (o->verified == OFTEN && tables > 0) {
		if ((rc = sm2_table_new(pub->point, &o->table, e)) != 0)
			return rc;
		tables--;
		sm2_rows_free(o->rows);
		o->rows = NULL;
	} else if (o->rows == NULL && much) {
		rc = sm2_rows_new(pub->point, &o->rows, e);
	}
	return rc;
}

/* What is signed of msg. */
void
sm2_digest(const struct sm2_pub *pub, struct octets msg, uint8_t out[SM3_LEN])
{
	const struct octets	parts[] = { OCTETS(pub->z, SM3_LEN), msg };

	sm3_parts(parts, 2, out);
}

void
sm2_z(const struct sm2_pub *pub, uint8_t z[SM3_LEN])
{

	memcpy(z, pub->z, SM3_LEN);
}

int
sm2_verify_digest(const struct sm2_pub *pub, const uint8_t digest[SM3_LEN],
    const uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	const struct often	*o = pub->often;
	int			 rc;

	if (!in_range(sig) || !in_range(sig + 32))
		return err_set(e, ERR_VERIFY, "SM2 signature out of range");
	if ((rc = prepare(pub, e)) != 0)
		return rc;
	return o->table != NULL ? sm2_table_verify(o->table, digest, sig, e) :
	    o->rows != NULL ? sm2_rows_verify(o->rows, digest, sig, e) :
	    sm2_point_verify(pub->point, digest, sig, e);
}

int
sm2_verify(const struct sm2_pub *pub, struct octets msg,
    const uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	uint8_t	 digest[SM3_LEN];

	sm2_digest(pub, msg, digest);
	return sm2_verify_digest(pub, digest, sig, e);
}

int
sm2_verify_der(const struct sm2_pub *pub, struct octets msg,
    struct octets sig, struct err *e)
{
	uint8_t	 raw[SM2_SIG_LEN], digest[SM3_LEN];
	int	 rc;

	if ((rc = sm2_sig_from_der(sig, raw, e)) != 0)
		return rc;
	sm2_digest(pub, msg, digest);
	return sm2_verify_digest(pub, digest, raw, e);
}

/* v as a positive INTEGER; returns its length. */
static size_t
put_integer(const uint8_t v[32], uint8_t *out)
{
	size_t	 skip, pad;

	for (skip = 0; skip < 31 && v[skip] == 0; skip++)
		;
	pad = v[skip] >= 0x80;
	out[0] = DER_INTEGER;
	out[1] = (uint8_t)(32 - skip + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, v + skip, 32 - skip);
	return 2 + pad + 32 - skip;
}

size_t
sm2_sig_to_der(const uint8_t sig[SM2_SIG_LEN], uint8_t der[SM2_DER_SIG_MAX])
{
	size_t	 n;

	n = put_integer(sig, der + 2);
	n += put_integer(sig + 32, der + 2 + n);
	der[0] = DER_SEQUENCE;
	der[1] = (uint8_t)n;
	return n + 2;
}

static int
take_integer(struct cursor *c, uint8_t out[32], struct err *e)
{
	struct der	 d;
	struct octets	 v;
	int		 rc;

	if ((rc = der_expect(c, DER_INTEGER, &d, "SM2 signature", e)) != 0)
		return rc;
	v = d.val;
	if (v.len == 0 || v.p[0] >= 0x80 ||
	    (v.len > 1 && v.p[0] == 0 && v.p[1] < 0x80))
		return err_set(e, ERR_FORMAT,
		    "SM2 signature: not a minimal positive INTEGER");
	if (v.p[0] == 0) {
		v.p++;
		v.len--;
	}
	if (v.len > 32)
		return err_set(e, ERR_FORMAT,
		    "SM2 signature: INTEGER of more than 32 octets");
	memset(out, 0, 32);
	if (v.len > 0)
		memcpy(out + 32 - v.len, v.p, v.len);
	return 0;
}

int
sm2_sig_from_der(struct octets der, uint8_t sig[SM2_SIG_LEN], struct err *e)
{
	struct cursor	 in = cursor_of(der.p, der.len), c;
	struct der	 seq;
	int		 rc;

	if ((rc = der_expect(&in, DER_SEQUENCE, &seq, "SM2 signature",
	    e)) != 0)
		goto out;
	c = der_inside(&seq);
	if ((rc = take_integer(&c, sig, e)) != 0 ||
	    (rc = take_integer(&c, sig + 32, e)) != 0 ||
	    (rc = der_end(&c, "SM2 signature", e)) != 0 ||
	    (rc = der_end(&in, "SM2 signature", e)) != 0)
		goto out;
	rc = 0;
out:
	if (rc != 0)
		memset(sig, 0, SM2_SIG_LEN);
	return rc;
}

void
sm_random(void *p, size_t n)
{
	uint8_t	*q = p;
	ssize_t	 got;

	while (n > 0) {
		/* Up to 256 octets never come in part (getrandom(2)). */
		got = getrandom(q, n < 256 ? n : 256, 0);
		if (got <= 0) {
			if (got == -1 && errno == EINTR)
				continue;
			fputs("no random octets\n", stderr);
			abort();
		}
		q += got;
		n -= (size_t)got;
	}
}
