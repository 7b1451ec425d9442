#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/der.h"
#include "ca/ocsp.h"
#include "ca/ocsp_id.h"

#define DER_CTX1	0xa1
#define DER_CTX2	0xa2

#define OID(S)		OCTETS(S, sizeof(S) - 1)
#define OID_NONCE	OID("\x2b\x06\x01\x05\x05\x07\x30\x01\x02")

#define PLAIN_SERIAL	16	/* octets of those that we give */

/* Digests: the name for EVP, the length, the OID. */
const struct ocsp_digest ocsp_digests[OCSP_HASHES] = {
	[OCSP_SHA1]   = { "SHA1", 20,
	    { (const uint8_t *)"\x2b\x0e\x03\x02\x1a", 5 } },
	[OCSP_SHA256] = { "SHA256", 32,
	    { (const uint8_t *)"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9 } },
	[OCSP_SM3]    = { "SM3", 32,
	    { (const uint8_t *)"\x2a\x81\x1c\xcf\x55\x01\x83\x11", 8 } },
};

static int
refuse(struct err *e, const char *what)
{

	return err_set_id(e, ERR_FORMAT, "bad-ocsp-request",
	    "OCSP request: %s", what);
}

/* ---- CertID */

/* Parameters are absent or NULL; what else there is makes another digest. */
static enum ocsp_hash
hash_of(const struct der *alg)
{
	struct cursor	 c = der_inside(alg);
	struct der	 oid, params;
	enum ocsp_hash	 h;

	if (der_expect(&c, DER_OID, &oid, "", NULL) != 0)
		return OCSP_HASH_OTHER;
	if (cursor_left(&c) > 0 && (der_expect(&c, DER_NULL, &params, "",
	    NULL) != 0 || params.val.len != 0 || cursor_left(&c) > 0))
		return OCSP_HASH_OTHER;
	for (h = OCSP_SHA1; h < OCSP_HASHES; h++)
		if (octets_same(oid.val, ocsp_digests[h].oid))
			return h;
	return OCSP_HASH_OTHER;
}

/* The octets of a positive INTEGER without the zero in front. */
static bool
serial_of(struct octets v, struct ocsp_id *id)
{

	if (v.len == 0 || v.len > sizeof(id->serial) ||
	    (v.p[0] & 0x80) != 0 ||
	    (v.len > 1 && v.p[0] == 0 && (v.p[1] & 0x80) == 0))
		return false;
	if (v.len > 1 && v.p[0] == 0)
		v = OCTETS(v.p + 1, v.len - 1);
	memcpy(id->serial, v.p, v.len);
	id->seriallen = v.len;
	return true;
}

bool
ocsp_id_take(struct cursor *c, struct ocsp_id *id)
{
	struct cursor	 in;
	struct der	 d, alg, name, key, serial;

	memset(id, 0, sizeof(*id));
	if (der_expect(c, DER_SEQUENCE, &d, "", NULL) != 0)
		return false;
	in = der_inside(&d);
	if (der_expect(&in, DER_SEQUENCE, &alg, "", NULL) != 0 ||
	    der_expect(&in, DER_OCTET_STRING, &name, "", NULL) != 0 ||
	    der_expect(&in, DER_OCTET_STRING, &key, "", NULL) != 0 ||
	    der_expect(&in, DER_INTEGER, &serial, "", NULL) != 0 ||
	    cursor_left(&in) > 0 || !serial_of(serial.val, id))
		return false;
	id->hash = hash_of(&alg);
	if (id->hash == OCSP_HASH_OTHER)
		return true;		/* a question that we cannot answer */
	if (name.val.len != ocsp_digests[id->hash].len ||
	    key.val.len != name.val.len)
		return false;
	memcpy(id->name, name.val.p, name.val.len);
	memcpy(id->key, key.val.p, key.val.len);
	return true;
}

void
ocsp_id_put(const struct ocsp_issuer *is, enum ocsp_hash h,
    struct octets serial, struct buf *out)
{
	const struct ocsp_digest	*dg = &ocsp_digests[h];
	size_t				 m, alg;

	m = der_open(out, DER_SEQUENCE);
	alg = der_open(out, DER_SEQUENCE);
	der_put_oid(out, dg->oid);
	der_put(out, DER_NULL, "", 0);	/* as everybody writes it */
	der_close(out, alg);
	der_put(out, DER_OCTET_STRING, is->name[h], dg->len);
	der_put(out, DER_OCTET_STRING, is->key[h], dg->len);
	x509_put_serial(out, serial.p, serial.len);
	der_close(out, m);
}

/* ---- requests */

/* Extensions: only a nonce is known, and it changes nothing. */
static bool
take_extensions(struct octets in, bool *nonce)
{
	struct cursor	 c = cursor_of(in.p, in.len), all, one;
	struct der	 d, ext, oid, v;
	bool		 critical, known;

	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0 ||
	    cursor_left(&c) > 0 || d.val.len == 0)
		return false;
	all = der_inside(&d);
	while (cursor_left(&all) > 0) {
		if (der_expect(&all, DER_SEQUENCE, &ext, "", NULL) != 0)
			return false;
		one = der_inside(&ext);
		critical = false;
		if (der_expect(&one, DER_OID, &oid, "", NULL) != 0)
			return false;
		if (der_peek(&one) == DER_BOOLEAN &&
		    (der_next(&one, &v, "", NULL) != 0 ||
		    der_bool(&v, &critical, NULL) != 0))
			return false;
		if (der_expect(&one, DER_OCTET_STRING, &v, "", NULL) != 0 ||
		    cursor_left(&one) > 0)
			return false;
		known = octets_same(oid.val, OID_NONCE);
		if (known)
			*nonce = true;
		else if (critical)
			return false;
	}
	return true;
}

/* [n] EXPLICIT Extensions, or nothing. */
static bool
take_optional(struct cursor *c, uint8_t tag, bool *nonce)
{
	struct der	 d;

	if (der_peek(c) != tag)
		return true;
	return der_next(c, &d, "", NULL) == 0 &&
	    take_extensions(d.val, nonce);
}

static int
take_list(const struct der *list, struct ocsp_request *rq, struct err *e)
{
	struct cursor	 c = der_inside(list), in;
	struct der	 d;

	while (cursor_left(&c) > 0) {
		if (rq->nids == LIMIT_OCSP_IDS)
			return refuse(e, "too many certificates at once");
		if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
			return refuse(e, "a request that is none");
		in = der_inside(&d);
		if (!ocsp_id_take(&in, &rq->ids[rq->nids]))
			return refuse(e, "CertID");
		rq->nids++;
		if (!take_optional(&in, DER_CTX0, &rq->nonce) ||
		    cursor_left(&in) > 0)
			return refuse(e, "singleRequestExtensions");
	}
	return rq->nids > 0 ? 0 : refuse(e, "asks about nothing");
}

static int
take_tbs(const struct der *tbs, struct ocsp_request *rq, struct err *e)
{
	struct cursor	 c = der_inside(tbs);
	struct der	 d;
	int		 rc;

	/* Version 1 is the default, and so is not written. */
	if (der_peek(&c) == DER_CTX0)
		return refuse(e, "version");
	if (der_peek(&c) == DER_CTX1 && der_next(&c, &d, "", NULL) != 0)
		return refuse(e, "requestorName");
	if (der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		return refuse(e, "requestList");
	if ((rc = take_list(&d, rq, e)) != 0)
		return rc;
	if (!take_optional(&c, DER_CTX2, &rq->nonce) || cursor_left(&c) > 0)
		return refuse(e, "requestExtensions");
	return 0;
}

int
ocsp_request_read(struct octets der, struct ocsp_request *rq, struct err *e)
{
	struct cursor	 c = cursor_of(der.p, der.len), in;
	struct der	 d, tbs;
	int		 rc;

	memset(rq, 0, sizeof(*rq));
	if (der.len > LIMIT_OCSP_REQUEST)
		return refuse(e, "too long");
	if (der_check(der, NULL) != 0 ||
	    der_expect(&c, DER_SEQUENCE, &d, "", NULL) != 0)
		return refuse(e, "not DER");
	in = der_inside(&d);
	if (der_expect(&in, DER_SEQUENCE, &tbs, "", NULL) != 0)
		return refuse(e, "tbsRequest");
	if ((rc = take_tbs(&tbs, rq, e)) != 0)
		return rc;
	if (der_peek(&in) == DER_CTX0 && der_next(&in, &d, "", NULL) != 0)
		return refuse(e, "optionalSignature");
	return cursor_left(&in) == 0 ? 0 : refuse(e, "something behind it");
}

/* ---- the issuer */

static int
digest(enum ocsp_hash h, struct octets o, uint8_t out[OCSP_HASH_MAX],
    struct err *e)
{
	size_t	 n = 0;

	if (EVP_Q_digest(NULL, ocsp_digests[h].name, NULL, o.p, o.len, out,
	    &n) != 1 || n != ocsp_digests[h].len)
		return err_set_crypto(e, "OCSP: digest");
	return 0;
}

int
ocsp_issuer_init(struct ocsp_issuer *is, const struct cert *issuer,
    struct err *e)
{
	struct buf	 name;
	uint8_t		 point[SM2_POINT_LEN];
	enum ocsp_hash	 h;
	int		 rc;

	memset(is, 0, sizeof(*is));
	buf_init(&name, LIMIT_CERT);
	if ((rc = cert_point(issuer, point, e)) != 0 ||
	    (rc = x509_put_subject_of(&name, cert_x509(issuer), e)) != 0)
		goto out;
	/* The key is the BIT STRING's octets: RFC 6960, 4.1.1. */
	for (h = OCSP_SHA1; h < OCSP_HASHES; h++)
		if ((rc = digest(h, buf_octets(&name), is->name[h],
		    e)) != 0 || (rc = digest(h, OCTETS(point, sizeof(point)),
		    is->key[h], e)) != 0)
			break;
out:
	buf_fini(&name);
	return rc;
}

bool
ocsp_issuer_is(const struct ocsp_issuer *is, const struct ocsp_id *id)
{
	size_t	 n;

	if (id->hash <= OCSP_HASH_OTHER || id->hash >= OCSP_HASHES)
		return false;
	n = ocsp_digests[id->hash].len;
	return memcmp(is->name[id->hash], id->name, n) == 0 &&
	    memcmp(is->key[id->hash], id->key, n) == 0;
}

void
ocsp_put_plain(const struct ocsp_issuer *is, enum ocsp_hash h,
    struct octets serial, struct buf *out)
{
	size_t	 all, tbs, list, one;

	all = der_open(out, DER_SEQUENCE);
	tbs = der_open(out, DER_SEQUENCE);
	list = der_open(out, DER_SEQUENCE);
	one = der_open(out, DER_SEQUENCE);
	ocsp_id_put(is, h, serial, out);
	der_close(out, one);
	der_close(out, list);
	der_close(out, tbs);
	der_close(out, all);
}

bool
ocsp_is_plain(const struct ocsp_issuer *is, struct octets der,
    struct octets *serial)
{
	struct buf	 want;
	enum ocsp_hash	 h;
	bool		 is_it = false;

	if (der.len <= PLAIN_SERIAL || der.len > 160)
		return false;
	*serial = OCTETS(der.p + der.len - PLAIN_SERIAL, PLAIN_SERIAL);
	/* With a zero in front its INTEGER is longer, or not DER. */
	if (serial->p[0] == 0 || (serial->p[0] & 0x80) != 0)
		return false;
	buf_init(&want, 256);
	for (h = OCSP_SHA1; h < OCSP_HASHES && !is_it; h++) {
		buf_reset(&want);
		ocsp_put_plain(is, h, *serial, &want);
		is_it = octets_same(buf_octets(&want), der);
	}
	buf_fini(&want);
	return is_it;
}
