#include <string.h>

#include "base/der.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/x509.h"

/* Encoded OID values (domain.md 1.5). */
#define OID_SM2_SM3	"\x2a\x81\x1c\xcf\x55\x01\x83\x75"
#define OID_SM2_CURVE	"\x2a\x81\x1c\xcf\x55\x01\x82\x2d"
#define OID_EC_KEY	"\x2a\x86\x48\xce\x3d\x02\x01"
#define OID_COUNTRY	"\x55\x04\x06"
#define OID_ORGANISATION "\x55\x04\x0a"
#define OID_COMMON_NAME	"\x55\x04\x03"
#define OID(S)		OCTETS(S, sizeof(S) - 1)

#define UTCTIME_END	2524608000	/* 2050-01-01T00:00:00Z */

void
x509_put_algorithm(struct buf *b)
{
	size_t	 m;

	m = der_open(b, DER_SEQUENCE);
	der_put_oid(b, OID(OID_SM2_SM3));
	der_close(b, m);
}

void
x509_put_public_key(struct buf *b, const uint8_t point[SM2_POINT_LEN])
{
	size_t	 key, alg;

	key = der_open(b, DER_SEQUENCE);
	alg = der_open(b, DER_SEQUENCE);
	der_put_oid(b, OID(OID_EC_KEY));
	der_put_oid(b, OID(OID_SM2_CURVE));
	der_close(b, alg);
	der_put_bits(b, point, SM2_POINT_LEN);
	der_close(b, key);
}

static void
put_attribute(struct buf *b, struct octets oid, uint8_t tag, const char *s)
{
	size_t	 set, seq;

	set = der_open(b, DER_SET);
	seq = der_open(b, DER_SEQUENCE);
	der_put_oid(b, oid);
	der_put_text(b, tag, s);
	der_close(b, seq);
	der_close(b, set);
}

static int
name_part_check(const char *what, const char *s, struct err *e)
{
	size_t	 n;

	if (s == NULL || s[0] == '\0' || !utf8_valid(s, strlen(s)) ||
	    !text_is_name(s))
		return err_set_id(e, ERR_INVAL, "bad-subject",
		    "subject: %s is empty or not a name", what);
	if ((n = utf8_count(s)) > LIMIT_NAME_CHARS)
		return err_set_id(e, ERR_INVAL, "bad-subject",
		    "subject: %s has %zu characters, X.520 allows %d", what, n,
		    LIMIT_NAME_CHARS);
	return 0;
}

int
x509_put_name(struct buf *b, const struct x509_name *n, struct err *e)
{
	size_t	 m;
	int	 rc;

	if ((rc = name_part_check("organisation", n->organisation, e)) != 0 ||
	    (rc = name_part_check("common name", n->common_name, e)) != 0)
		return rc;
	m = der_open(b, DER_SEQUENCE);
	put_attribute(b, OID(OID_COUNTRY), DER_PRINTABLE, "CN");
	put_attribute(b, OID(OID_ORGANISATION), DER_UTF8, n->organisation);
	put_attribute(b, OID(OID_COMMON_NAME), DER_UTF8, n->common_name);
	der_close(b, m);
	return 0;
}

void
x509_put_time(struct buf *b, int64_t t)
{
	char	 full[TM_RFC3339_SIZE], text[14];

	if (t >= UTCTIME_END) {
		der_put_gentime(b, t);
		return;
	}
	/* "YYYY-MM-DDTHH:MM:SSZ" to "YYMMDDHHMMSSZ" */
	tm_rfc3339(t, full);
	memcpy(text, full + 2, 2);
	memcpy(text + 2, full + 5, 2);
	memcpy(text + 4, full + 8, 2);
	memcpy(text + 6, full + 11, 2);
	memcpy(text + 8, full + 14, 2);
	memcpy(text + 10, full + 17, 2);
	memcpy(text + 12, "Z", 2);
	der_put_text(b, DER_UTCTIME, text);
}

void
x509_put_serial(struct buf *b, const uint8_t *p, size_t n)
{
	size_t	 m;

	while (n > 1 && p[0] == 0) {
		p++;
		n--;
	}
	m = der_open(b, DER_INTEGER);
	if (n == 0 || (p[0] & 0x80) != 0)
		buf_put_u8(b, 0);
	buf_put(b, p, n);
	der_close(b, m);
}

void
x509_put_extension(struct buf *b, struct octets oid, bool critical,
    struct octets value)
{
	size_t	 m;

	m = der_open(b, DER_SEQUENCE);
	der_put_oid(b, oid);
	if (critical)		/* DEFAULT FALSE is never written */
		der_put(b, DER_BOOLEAN, "\xff", 1);
	der_put(b, DER_OCTET_STRING, value.p, value.len);
	der_close(b, m);
}

void
x509_key_id(const uint8_t point[SM2_POINT_LEN], uint8_t id[20])
{
	uint8_t	 h[SM3_LEN];

	sm3(point, SM2_POINT_LEN, h);
	memcpy(id, h, 20);
}

int
x509_put_signed(struct octets tbs, const uint8_t sig[SM2_SIG_LEN],
    struct buf *out, struct err *e)
{
	uint8_t	 der[SM2_DER_SIG_MAX];
	size_t	 m, n;

	n = sm2_sig_to_der(sig, der);
	m = der_open(out, DER_SEQUENCE);
	buf_put_octets(out, tbs);
	x509_put_algorithm(out);
	der_put_bits(out, der, n);
	der_close(out, m);
	if (!buf_ok(out))
		return err_set(e, ERR_TOOBIG, "signed object over %zu octets",
		    out->max);
	return 0;
}

int
x509_sign(const struct keyring *kr, enum key_slot slot, struct octets tbs,
    struct buf *out, struct err *e)
{
	uint8_t	 sig[SM2_SIG_LEN];
	int	 rc;

	if ((rc = key_sign(kr, slot, tbs, sig, e)) != 0)
		return rc;
	return x509_put_signed(tbs, sig, out, e);
}
