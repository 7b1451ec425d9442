#include <string.h>

#include "base/der.h"
#include "base/msg.h"
#include "ca/cert.h"
#include "ca/tsa.h"
#include "ca/x509.h"
#include "schema/msg.pb-c.h"

/* Encoded OID values. */
#define OID(S)		OCTETS(S, sizeof(S) - 1)
#define OID_SIGNED_DATA	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define OID_TST_INFO	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04")
#define OID_TYPE	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")
#define OID_DIGEST	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")
#define OID_CERT_V2	OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f")

#define SERIAL_LEN	16	/* random octets: none is drawn twice */
#define LIMIT_INFO	2048	/* octets of a TSTInfo */
#define LIMIT_ATTRS	2048
#define DER_DIRECTORY	0xa4	/* GeneralName.directoryName */

/* ---- TSTInfo */

static int
put_info(const struct tsa_spec *spec, const struct cert *c, int64_t time,
    struct buf *out, struct err *e)
{
	const struct tsa_query	*q = spec->query;
	uint8_t			 serial[SERIAL_LEN];
	size_t			 info, m, name;
	int			 rc;

	sm_random(serial, sizeof(serial));
	info = der_open(out, DER_SEQUENCE);
	der_put_uint(out, 1);
	der_put_oid(out, spec->policy);
	m = der_open(out, DER_SEQUENCE);
	tsa_put_hash(q->hash, q->null_parameters, out);
	der_put(out, DER_OCTET_STRING, q->imprint, TSA_IMPRINT_LEN);
	der_close(out, m);
	x509_put_serial(out, serial, sizeof(serial));
	der_put_gentime(out, time);
	m = der_open(out, DER_SEQUENCE);	/* accuracy */
	der_put_uint(out, spec->bound);
	der_close(out, m);
	if (q->nonce.len > 0)
		der_put(out, DER_INTEGER, q->nonce.p, q->nonce.len);
	m = der_open(out, DER_CTX0);		/* tsa */
	name = der_open(out, DER_DIRECTORY);
	if ((rc = x509_put_subject_of(out, cert_x509(c), e)) != 0)
		return rc;
	der_close(out, name);
	der_close(out, m);
	der_close(out, info);
	return 0;
}

/* ---- signed attributes */

static size_t
attribute_open(struct buf *out, struct octets oid, size_t *set)
{
	size_t	m = der_open(out, DER_SEQUENCE);

	der_put_oid(out, oid);
	*set = der_open(out, DER_SET);
	return m;
}

/* ESSCertIDv2 (RFC 5816) with SM3, which is not the default and so written. */
static void
put_certificate_id(const struct cert *c, struct buf *out)
{
	struct octets	der = cert_der(c);
	uint8_t		digest[SM3_LEN];
	size_t		m, set, value, list, id;

	sm3(der.p, der.len, digest);
	m = attribute_open(out, OID_CERT_V2, &set);
	value = der_open(out, DER_SEQUENCE);
	list = der_open(out, DER_SEQUENCE);
	id = der_open(out, DER_SEQUENCE);
	tsa_put_hash(TSA_SM3, false, out);
	der_put(out, DER_OCTET_STRING, digest, sizeof(digest));
	der_close(out, id);
	der_close(out, list);
	der_close(out, value);
	der_close(out, set);
	der_close(out, m);
}

/* The members of the SET in the order of their encodings: their lengths, the
 * second octet of each, already grow. */
static void
put_attributes(const struct cert *c, struct octets info, struct buf *out)
{
	uint8_t	digest[SM3_LEN];
	size_t	m, set;

	m = attribute_open(out, OID_TYPE, &set);
	der_put_oid(out, OID_TST_INFO);
	der_close(out, set);
	der_close(out, m);
	sm3(info.p, info.len, digest);
	m = attribute_open(out, OID_DIGEST, &set);
	der_put(out, DER_OCTET_STRING, digest, sizeof(digest));
	der_close(out, set);
	der_close(out, m);
	put_certificate_id(c, out);
}

/* ---- SignedData (RFC 5652, 5.1) */

/* Issuer and serial number of c. */
static int
put_signer_id(const struct cert *c, struct buf *out, struct err *e)
{
	const struct cert_facts	*f = cert_facts(c);
	size_t			 m = der_open(out, DER_SEQUENCE);
	int			 rc;

	if ((rc = x509_put_issuer_of(out, cert_x509(c), e)) != 0)
		return rc;
	x509_put_serial(out, f->serial, f->seriallen);
	der_close(out, m);
	return 0;
}

static int
put_signer(const struct cert *c, struct octets attrs,
    const uint8_t sig[SM2_SIG_LEN], struct buf *out, struct err *e)
{
	uint8_t	der[SM2_DER_SIG_MAX];
	size_t	n = sm2_sig_to_der(sig, der), set, m;
	int	rc;

	set = der_open(out, DER_SET);
	m = der_open(out, DER_SEQUENCE);
	der_put_uint(out, 1);
	if ((rc = put_signer_id(c, out, e)) != 0)
		return rc;
	tsa_put_hash(TSA_SM3, false, out);
	der_put(out, DER_CTX0, attrs.p, attrs.len);
	x509_put_algorithm(out);
	der_put(out, DER_OCTET_STRING, der, n);
	der_close(out, m);
	der_close(out, set);
	return 0;
}

static int
put_token(const struct tsa_spec *spec, const struct cert *c,
    struct octets info, struct octets attrs, const uint8_t sig[SM2_SIG_LEN],
    struct buf *out, struct err *e)
{
	size_t	whole, content, data, m, wrap;
	int	rc;

	whole = der_open(out, DER_SEQUENCE);
	der_put_oid(out, OID_SIGNED_DATA);
	content = der_open(out, DER_CTX0);
	data = der_open(out, DER_SEQUENCE);
	der_put_uint(out, 3);		/* the content is not id-data */
	m = der_open(out, DER_SET);
	tsa_put_hash(TSA_SM3, false, out);
	der_close(out, m);
	m = der_open(out, DER_SEQUENCE);
	der_put_oid(out, OID_TST_INFO);
	wrap = der_open(out, DER_CTX0);
	der_put(out, DER_OCTET_STRING, info.p, info.len);
	der_close(out, wrap);
	der_close(out, m);
	if (spec->query->certificate) {
		m = der_open(out, DER_CTX0);
		buf_put_octets(out, cert_der(c));
		der_close(out, m);
	}
	if ((rc = put_signer(c, attrs, sig, out, e)) != 0)
		return rc;
	der_close(out, data);
	der_close(out, content);
	der_close(out, whole);
	return 0;
}

/* ---- issuing */

static int
spec_check(const struct keyring *kr, const struct tsa_spec *spec,
    struct err *e)
{
	const struct tsa_query	*q = spec->query;

	if (keyring_cert(kr, KEY_TSA) == NULL)
		return err_set_id(e, ERR_NOTFOUND, "no-tsa", "this node has "
		    "no key for time-stamps, or no certificate of it: "
		    "\"sealreg init --tsa\" makes them");
	if ((q->hash != TSA_SM3 && q->hash != TSA_SHA256) ||
	    spec->policy.len == 0 || spec->policy.len > LIMIT_TSA_POLICY ||
	    (q->nonce.len > 0 && !tsa_nonce_is_good(q->nonce)) ||
	    spec->bound == 0)
		return err_set_id(e, ERR_INVAL, "bad-time-request",
		    "time-stamp: digest, policy, nonce or bound is none");
	if (q->policy.len > 0 && (q->policy.len != spec->policy.len ||
	    memcmp(q->policy.p, spec->policy.p, q->policy.len) != 0))
		return err_set_id(e, ERR_INVAL, "time-query-policy",
		    "time-stamp request: its policy is not the one under "
		    "which this authority stamps");
	return 0;
}

/* Nobody stamps with a certificate that is not valid then. */
static int
moment(const struct keyring *kr, const struct tsa_spec *spec, int64_t *time,
    struct err *e)
{
	const struct cert_facts	*f = cert_facts(keyring_cert(kr, KEY_TSA));
	int			 rc;

	if ((rc = key_time(kr, spec->floor, spec->bound, time, e)) != 0)
		return rc;
	if (*time < f->not_before || *time > f->not_after || !f->may_sign)
		return err_set_id(e, ERR_CRYPTO, "tsa-certificate",
		    "the certificate for time-stamps is not valid now");
	return 0;
}

int
tsa_issue(const struct keyring *kr, const struct tsa_spec *spec,
    struct buf *out, int64_t *time, struct err *e)
{
	const struct cert	*c;
	struct buf		 info, attrs, set, token;
	uint8_t			 sig[SM2_SIG_LEN];
	int			 rc;

	*time = 0;
	buf_init(&info, LIMIT_INFO);
	buf_init(&attrs, LIMIT_ATTRS);
	buf_init(&set, LIMIT_ATTRS + 8);
	buf_init(&token, LIMIT_TSA_TOKEN);
	if ((rc = spec_check(kr, spec, e)) != 0 ||
	    (rc = moment(kr, spec, time, e)) != 0)
		goto out;
	c = keyring_cert(kr, KEY_TSA);
	if ((rc = put_info(spec, c, *time, &info, e)) != 0)
		goto out;
	put_attributes(c, buf_octets(&info), &attrs);
	/* Signed as a SET, sent as [0] (RFC 5652, 5.4). */
	der_put(&set, DER_SET, attrs.p, attrs.len);
	if (!buf_ok(&info) || !buf_ok(&attrs) || !buf_ok(&set)) {
		rc = err_set(e, ERR_TOOBIG, "time-stamp: too long");
		goto out;
	}
	if ((rc = key_sign(kr, KEY_TSA, buf_octets(&set), sig, e)) != 0 ||
	    (rc = put_token(spec, c, buf_octets(&info), buf_octets(&attrs),
	    sig, &token, e)) != 0)
		goto out;
	if (!buf_ok(&token)) {
		rc = err_set(e, ERR_TOOBIG, "time-stamp over %d octets",
		    LIMIT_TSA_TOKEN);
		goto out;
	}
	buf_put_octets(out, buf_octets(&token));
out:
	buf_fini(&token);
	buf_fini(&set);
	buf_fini(&attrs);
	buf_fini(&info);
	return rc;
}

/* ---- the typed request */

int
tsa_spec_of(const SignTime *m, struct tsa_query *q, struct tsa_spec *spec,
    struct err *e)
{
	const TimeQuery	*t = m->query;

	if (t == NULL || t->imprint.len != TSA_IMPRINT_LEN ||
	    (t->hash != TSA_SM3 && t->hash != TSA_SHA256) ||
	    m->bound == 0 || m->bound > LIMIT_TSA_BOUND)
		return err_set_id(e, ERR_INVAL, "bad-time-request",
		    "time-stamp: no query, or one that says nothing");
	memset(q, 0, sizeof(*q));
	q->hash = (enum tsa_hash)t->hash;
	memcpy(q->imprint, t->imprint.data, TSA_IMPRINT_LEN);
	q->null_parameters = t->null_parameters;
	q->policy = OCTETS(t->policy.data, t->policy.len);
	q->nonce = OCTETS(t->nonce.data, t->nonce.len);
	q->certificate = t->certificate;
	spec->query = q;
	spec->policy = OCTETS(m->policy.data, m->policy.len);
	spec->floor = m->floor;
	spec->bound = m->bound;
	return 0;
}

int
sign_time(const struct keyring *kr, struct octets request, struct buf *reply,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	SignedTime		 rs = SIGNED_TIME__INIT;
	struct tsa_query	 q;
	struct tsa_spec		 spec;
	struct buf		 token;
	int			 rc;

	buf_init(&token, LIMIT_TSA_TOKEN);
	if ((rc = msg_unpack(&sign_time__descriptor, request, &m, e)) != 0 ||
	    (rc = tsa_spec_of((const SignTime *)m, &q, &spec, e)) != 0 ||
	    (rc = tsa_issue(kr, &spec, &token, &rs.time, e)) != 0)
		goto out;
	rs.token.data = token.p;
	rs.token.len = token.len;
	msg_put(&rs.base, reply);
out:
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&token);
	return rc;
}
