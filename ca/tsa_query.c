#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/text.h"
#include "ca/tsa_query.h"

#define DER_CTX_EXT	0xa0	/* extensions [0] IMPLICIT */
#define DER_V1		1
#define LIMIT_STATUS	240	/* octets of a statusString */

/* Digests: value of the OID, SM3 (GM/T 0006) and SHA-256. */
static const struct {
	const char	*oid;
	size_t		 len;
} hashes[] = {
	[TSA_SM3]    = { "\x2a\x81\x1c\xcf\x55\x01\x83\x11", 8 },
	[TSA_SHA256] = { "\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9 },
};
#define NHASHES	(sizeof(hashes) / sizeof(hashes[0]))

static int
bad(struct err *e, const char *what)
{
	return err_set_id(e, ERR_FORMAT, "bad-time-query",
	    "time-stamp request: %s", what);
}

/* An element, with our identifier in front of what base/der.h says. */
static int
take(struct cursor *c, uint8_t tag, struct der *d, const char *what,
    struct err *e)
{
	struct err	why = ERR_INIT;

	if (der_expect(c, (enum der_tag)tag, d, what, &why) != 0)
		return bad(e, why.text);
	return 0;
}

static enum tsa_hash
hash_of(struct octets oid)
{
	size_t	i;

	for (i = TSA_SM3; i < NHASHES; i++)
		if (oid.len == hashes[i].len &&
		    memcmp(oid.p, hashes[i].oid, oid.len) == 0)
			return (enum tsa_hash)i;
	return TSA_HASH_NONE;
}

/* AlgorithmIdentifier: parameters absent, or NULL as OpenSSL writes them. */
static int
read_hash(const struct der *alg, struct tsa_query *q, struct err *e)
{
	struct cursor	c = der_inside(alg);
	struct der	d;
	int		rc;

	if ((rc = take(&c, DER_OID, &d, "hashAlgorithm", e)) != 0)
		return rc;
	if ((q->hash = hash_of(d.val)) == TSA_HASH_NONE)
		return err_set_id(e, ERR_FORMAT, "time-query-hash",
		    "time-stamp request: the digest is neither SM3 nor "
		    "SHA-256");
	if (cursor_left(&c) == 0)
		return 0;
	if ((rc = take(&c, DER_NULL, &d, "hashAlgorithm", e)) != 0)
		return rc;
	q->null_parameters = true;
	return d.val.len != 0 || cursor_left(&c) != 0 ?
	    bad(e, "hashAlgorithm has parameters") : 0;
}

static int
read_imprint(struct cursor *c, struct tsa_query *q, struct err *e)
{
	struct cursor	in;
	struct der	d;
	int		rc;

	if ((rc = take(c, DER_SEQUENCE, &d, "messageImprint", e)) != 0)
		return rc;
	in = der_inside(&d);
	if ((rc = take(&in, DER_SEQUENCE, &d, "hashAlgorithm", e)) != 0 ||
	    (rc = read_hash(&d, q, e)) != 0 ||
	    (rc = take(&in, DER_OCTET_STRING, &d, "hashedMessage", e)) != 0)
		return rc;
	if (d.val.len != TSA_IMPRINT_LEN)
		return bad(e, "hashedMessage has not the length of its "
		    "digest");
	memcpy(q->imprint, d.val.p, TSA_IMPRINT_LEN);
	return cursor_left(&in) != 0 ?
	    bad(e, "something follows hashedMessage") : 0;
}

bool
tsa_nonce_is_good(struct octets o)
{

	if (o.len == 0 || o.len > LIMIT_TSA_NONCE)
		return false;
	return o.len == 1 || (o.p[0] != 0 && o.p[0] != 0xff) ||
	    ((o.p[0] ^ o.p[1]) & 0x80) != 0;
}

/* The members that may be missing. */
static int
read_options(struct cursor *c, struct tsa_query *q, struct err *e)
{
	char		text[LIMIT_TSA_POLICY * 4];
	struct der	d;
	int		rc;

	if (der_peek(c) == DER_OID) {
		if ((rc = take(c, DER_OID, &d, "reqPolicy", e)) != 0)
			return rc;
		if (d.val.len > LIMIT_TSA_POLICY ||
		    der_oid_text(&d, text, sizeof(text), NULL) != 0)
			return bad(e, "reqPolicy is no OBJECT IDENTIFIER");
		q->policy = d.val;
	}
	if (der_peek(c) == DER_INTEGER) {
		if ((rc = take(c, DER_INTEGER, &d, "nonce", e)) != 0)
			return rc;
		if (!tsa_nonce_is_good(d.val))
			return bad(e, "nonce is too long, or not in the one "
			    "DER spelling");
		q->nonce = d.val;
	}
	if (der_peek(c) == DER_BOOLEAN) {
		if ((rc = take(c, DER_BOOLEAN, &d, "certReq", e)) != 0)
			return rc;
		/* FALSE written out is accepted: it changes nothing. */
		if (der_bool(&d, &q->certificate, NULL) != 0)
			return bad(e, "certReq is neither TRUE nor FALSE");
	}
	if (der_peek(c) == DER_CTX_EXT)
		return err_set_id(e, ERR_FORMAT, "time-query-extension",
		    "time-stamp request: it has extensions, of which none "
		    "is known here");
	return 0;
}

static int
read_members(struct octets der, struct tsa_query *q, struct err *e)
{
	struct cursor	c = cursor_of(der.p, der.len);
	struct der	d;
	uint64_t	version;
	int		rc;

	if (der.len > LIMIT_TSA_QUERY)
		return bad(e, "longer than any needs to be");
	if ((rc = take(&c, DER_SEQUENCE, &d, "TimeStampReq", e)) != 0)
		return rc;
	if (cursor_left(&c) != 0)
		return bad(e, "something follows it");
	c = der_inside(&d);
	if ((rc = take(&c, DER_INTEGER, &d, "version", e)) != 0)
		return rc;
	if (der_uint(&d, &version, NULL) != 0)
		return bad(e, "version is no number");
	if (version != DER_V1)
		return err_set_id(e, ERR_FORMAT, "time-query-version",
		    "time-stamp request: its version is not 1");
	if ((rc = read_imprint(&c, q, e)) != 0 ||
	    (rc = read_options(&c, q, e)) != 0)
		return rc;
	return cursor_left(&c) != 0 ? bad(e, "an unknown member") : 0;
}

int
tsa_query_read(struct octets der, struct tsa_query *q, struct err *e)
{
	int	rc;

	memset(q, 0, sizeof(*q));
	if ((rc = read_members(der, q, e)) != 0)
		memset(q, 0, sizeof(*q));
	return rc;
}

void
tsa_put_hash(enum tsa_hash hash, bool null_parameters, struct buf *out)
{
	size_t	m = der_open(out, DER_SEQUENCE);

	der_put_oid(out, OCTETS(hashes[hash].oid, hashes[hash].len));
	if (null_parameters)
		der_put(out, DER_NULL, "", 0);
	der_close(out, m);
}

void
tsa_query_encode(const struct tsa_query *q, struct buf *out)
{
	size_t	m = der_open(out, DER_SEQUENCE), imprint;

	der_put_uint(out, DER_V1);
	imprint = der_open(out, DER_SEQUENCE);
	tsa_put_hash(q->hash, q->null_parameters, out);
	der_put(out, DER_OCTET_STRING, q->imprint, TSA_IMPRINT_LEN);
	der_close(out, imprint);
	if (q->policy.len > 0)
		der_put_oid(out, q->policy);
	if (q->nonce.len > 0)
		der_put(out, DER_INTEGER, q->nonce.p, q->nonce.len);
	if (q->certificate)
		der_put(out, DER_BOOLEAN, "\xff", 1);
	der_close(out, m);
}

/* One arc, base 128, most significant first (X.690, 8.19.2). */
static void
put_arc(struct buf *out, uint64_t v)
{
	int	shift = 63;

	while (shift > 0 && v >> shift == 0)
		shift -= 7;
	for (; shift > 0; shift -= 7)
		buf_put_u8(out, (uint8_t)(0x80 | (v >> shift & 0x7f)));
	buf_put_u8(out, (uint8_t)(v & 0x7f));
}

int
tsa_policy_encode(const char *dotted, struct buf *out, struct err *e)
{
	struct cursor	c = cursor_of(dotted, strlen(dotted));
	uint64_t	top, arc;
	size_t		start = out->len;
	bool		good;

	/* The first two share a number (X.690, 8.19.4). */
	good = take_decimal(&c, &top) && take_literal(&c, ".") &&
	    take_decimal(&c, &arc) && top <= 2 &&
	    (top == 2 ? arc <= UINT64_MAX - 80 : arc < 40);
	if (good)
		put_arc(out, top * 40 + arc);
	while (good && cursor_left(&c) > 0) {
		good = take_literal(&c, ".") && take_decimal(&c, &arc);
		if (good)
			put_arc(out, arc);
	}
	if (!good || !buf_ok(out) || out->len - start > LIMIT_TSA_POLICY)
		return err_set_id(e, ERR_INVAL, "bad-policy",
		    "\"%.80s\" is no object identifier", dotted);
	return 0;
}

/* ---- answers */

enum tsa_failure
tsa_failure_of(const struct err *e)
{
	static const struct {
		const char	 *id;
		enum tsa_failure  f;
	} row[] = {
		{ "bad-time-query",	  TSA_BAD_DATA_FORMAT },
		{ "time-query-version",	  TSA_BAD_REQUEST },
		{ "time-query-hash",	  TSA_BAD_ALG },
		{ "time-query-policy",	  TSA_UNACCEPTED_POLICY },
		{ "time-query-extension", TSA_UNACCEPTED_EXTENSION },
		{ "clock-ahead",	  TSA_TIME_NOT_AVAILABLE },
		{ "clock-behind",	  TSA_TIME_NOT_AVAILABLE },
		{ "clock-jumped",	  TSA_TIME_NOT_AVAILABLE },
		{ "clock-unsynchronised", TSA_TIME_NOT_AVAILABLE },
	};
	size_t	i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (strcmp(row[i].id, e->id) == 0)
			return row[i].f;
	return TSA_SYSTEM_FAILURE;
}

void
tsa_reply_granted(struct octets token, struct buf *out)
{
	size_t	m = der_open(out, DER_SEQUENCE), status;

	status = der_open(out, DER_SEQUENCE);
	der_put_uint(out, 0);
	der_close(out, status);
	buf_put_octets(out, token);
	der_close(out, m);
}

void
tsa_reply_rejected(const struct err *e, struct buf *out)
{
	const unsigned	bit = tsa_failure_of(e);
	uint8_t		bits[5] = { 0 };
	struct buf	text;
	size_t		m, status, strings;

	buf_init(&text, LIMIT_STATUS);
	buf_printf(&text, "%s: %s", e->id, e->text);
	if (!buf_ok(&text) || !utf8_valid(text.p, text.len)) {
		buf_reset(&text);
		buf_puts(&text, e->id);
	}
	m = der_open(out, DER_SEQUENCE);
	status = der_open(out, DER_SEQUENCE);
	der_put_uint(out, 2);		/* rejection */
	strings = der_open(out, DER_SEQUENCE);
	der_put(out, DER_UTF8, text.p, text.len);
	der_close(out, strings);
	/* A list of named bits ends with its last one (X.690, 11.2.2). */
	bits[0] = (uint8_t)(7 - bit % 8);
	bits[1 + bit / 8] = (uint8_t)(0x80 >> bit % 8);
	der_put(out, DER_BIT_STRING, bits, 2 + bit / 8);
	der_close(out, status);
	der_close(out, m);
	buf_fini(&text);
}
