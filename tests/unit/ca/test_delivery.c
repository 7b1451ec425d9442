#include "tests/unit/ca/body.h"

#include "base/msg.h"
#include "base/sm.h"
#include "ca/csr.h"
#include "ca/delivery.h"
#include "ca/jail_ca.h"
#include "schema/msg.pb-c.h"

/*
 * What a licensed body sends, read as a jail reads it: taken apart, the chain
 * judged, what leaves the profile named.
 */

#define NOW	1795000000
#define DAY	86400

static struct body	body, other;
static uint8_t		point[SM2_POINT_LEN];
static const uint8_t	serial[CERT_SERIAL_LEN] = { 0x41, 1, 2, 3 };

static struct body_cert
good(void)
{
	return (struct body_cert){ .cn = "44010600000001", .o = "示例公司",
	    .credit = "91440101MA59ABCD1X", .point = point,
	    .from = NOW - 10, .until = NOW + 365 * DAY, .serial = serial };
}

static int
setup(void **state)
{
	(void)state;
	BODY_MUST(sm_init(bep));
	body_init(&body, NOW - 100 * DAY, "Licensed Body");
	body_init(&other, NOW - 100 * DAY, "Another Body");
	BODY_MUST(keyring_make(other.kr, KEY_TSA, bep));
	BODY_MUST(keyring_point(other.kr, KEY_TSA, point, bep));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	body_fini(&other);
	body_fini(&body);
	return 0;
}

/* ---- taking apart */

static void
test_split(void **state)
{
	static const struct {
		const char	*text;	/* C: certificate, L: list, J: junk */
		size_t		 certs, crls;
		int		 rc;
	} t[] = {
		{ "C", 1, 0, 0 }, { "words\nC between\nC behind", 2, 0, 0 },
		{ "CL", 1, 1, 0 }, { "J", 1, 0, 0 },
		{ "CJC", 3, 0, 0 },	/* junk is told of, not passed over */
		{ "", 0, 0, ERR_FORMAT }, { "words", 0, 0, ERR_FORMAT },
		{ "L", 0, 0, ERR_FORMAT }, { "K", 0, 0, ERR_FORMAT },
		{ "CB", 0, 0, ERR_FORMAT }, { "CX", 0, 0, ERR_FORMAT },
		{ "CP", 0, 0, ERR_FORMAT },
	};
	struct body_cert bc = good();
	struct delivery	d;
	struct buf	der, crl, text;
	struct err	e;
	const char	*s;
	size_t		i;

	(void)state;
	buf_init(&der, LIMIT_CERT);
	buf_init(&crl, LIMIT_CRL);
	body_issue(&body, &bc, &der);
	body_crl(&body, serial, NOW, &crl);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_init(&text, 1 << 20);
		for (s = t[i].text; *s != '\0'; s++)
			switch (*s) {
			case 'C':
				cert_put_pem(buf_octets(&der), "CERTIFICATE",
				    &text);
				break;
			case 'L':
				cert_put_pem(buf_octets(&crl), "X509 CRL",
				    &text);
				break;
			case 'J':
				cert_put_pem(OCTETS("junk", 4),
				    "CERTIFICATE", &text);
				break;
			case 'X':
				cert_put_pem(OCTETS("junk", 4), "X509 CRL",
				    &text);
				break;
			case 'K':
				cert_put_pem(OCTETS("junk", 4),
				    "PRIVATE KEY", &text);
				break;
			case 'P':
				cert_put_pem(buf_octets(&der), "PKCS7",
				    &text);
				break;
			case 'B':
				buf_puts(&text, "-----BEGIN CERTIFICATE-----"
				    "\n*\n-----END CERTIFICATE-----\n");
				break;
			default:
				buf_put_u8(&text, (uint8_t)*s);
			}
		e = (struct err)ERR_INIT;
		assert_int_equal(delivery_split(buf_octets(&text), &d, &e),
		    t[i].rc);
		assert_int_equal(d.ncerts, t[i].certs);
		assert_int_equal(d.ncrls, t[i].crls);
		if (t[i].rc != 0)
			assert_string_equal(e.id, "bad-delivery");
		delivery_fini(&d);
		buf_fini(&text);
	}
	/* DER: the very octets; one more is too many. */
	BODY_MUST(delivery_split(buf_octets(&der), &d, bep));
	assert_int_equal(d.certs[0].len, der.len);
	assert_memory_equal(d.certs[0].p, der.p, der.len);
	delivery_fini(&d);
	buf_put_u8(&der, 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(delivery_split(buf_octets(&der), &d, &e),
	    ERR_FORMAT);
	assert_string_equal(e.id, "bad-delivery");
	buf_fini(&der);
	buf_fini(&crl);
}

static void
test_too_many(void **state)
{
	struct delivery	d;
	struct buf	text;
	struct err	e = ERR_INIT;
	size_t		i;

	(void)state;
	buf_init(&text, LIMIT_DELIVERY + 1);
	for (i = 0; i <= LIMIT_DELIVERED; i++)
		cert_put_pem(OCTETS("x", 1), "CERTIFICATE", &text);
	assert_int_equal(delivery_split(buf_octets(&text), &d, &e),
	    ERR_TOOBIG);
	assert_string_equal(e.id, "bad-delivery");
	while (text.len <= LIMIT_DELIVERY)
		buf_put_u8(&text, ' ');
	e = (struct err)ERR_INIT;
	assert_int_equal(delivery_split(buf_octets(&text), &d, &e),
	    ERR_TOOBIG);
	buf_fini(&text);
}

/* ---- judging */

static DeliveryReading *
read_as_jail(struct octets delivery, const struct cert *anchor)
{
	ProtobufCMessage	*m = NULL;
	ReadDelivery		 ask = READ_DELIVERY__INIT;
	ProtobufCBinaryData	 a;
	struct buf		 in, out;

	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	a.data = (uint8_t *)(uintptr_t)cert_der(anchor).p;
	a.len = cert_der(anchor).len;
	ask.anchors = &a;
	ask.n_anchors = 1;
	ask.at = NOW;
	ask.delivery.data = (uint8_t *)(uintptr_t)delivery.p;
	ask.delivery.len = delivery.len;
	msg_put(&ask.base, &in);
	BODY_MUST(jail_read_delivery(buf_octets(&in), OCTETS(NULL, 0), &out,
	    bep));
	BODY_MUST(msg_unpack(&delivery_reading__descriptor, buf_octets(&out),
	    &m, bep));
	buf_fini(&in);
	buf_fini(&out);
	return (DeliveryReading *)m;
}

static void
put(struct buf *text, const char *label, const struct buf *der)
{
	cert_put_pem(buf_octets(der), label, text);
}

enum {
	WITH_ISSUER = 1, REVOKED = 2, BY_OTHER = 4, BY_STRANGER = 8,
	ANCHOR_ROOT = 16, ANCHOR_OTHER = 32, FLIPPED = 64
};

static void
test_chain(void **state)
{
	static const struct {
		const char	*what;
		unsigned	 flags;
		int64_t		 from, until;
		const char	*code;
		size_t		 issuers;
	} t[] = {
		{ "by the anchor", 0, -10, 365 * DAY, "", 1 },
		{ "root is the anchor, issuer came along",
		    WITH_ISSUER | ANCHOR_ROOT, -10, 365 * DAY, "", 2 },
		{ "and without the issuer", ANCHOR_ROOT, -10, 365 * DAY,
		    "unknown-issuer", 0 },
		{ "an authority that is not believed", BY_OTHER, -10,
		    365 * DAY, "unknown-issuer", 0 },
		{ "an authority's name, another's key", BY_STRANGER, -10,
		    365 * DAY, "certificate-signature", 0 },
		{ "altered", FLIPPED, -10, 365 * DAY,
		    "certificate-signature", 0 },
		{ "expired", 0, -30 * DAY, -1, "certificate-expired", 0 },
		{ "not yet", 0, 5, 365 * DAY, "certificate-not-yet-valid",
		    0 },
		{ "revoked by the list that came along", REVOKED, -10,
		    365 * DAY, "certificate-revoked", 0 },
	};
	struct body_cert	 bc;
	DeliveryReading		*m;
	struct buf		 der, crl, ca, text;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_init(&der, LIMIT_CERT);
		buf_init(&crl, LIMIT_CRL);
		buf_init(&ca, LIMIT_CERT);
		buf_init(&text, 1 << 20);
		bc = good();
		bc.from = NOW + t[i].from;
		bc.until = NOW + t[i].until;
		bc.by_itself = (t[i].flags & BY_STRANGER) != 0;
		body_issue((t[i].flags & BY_OTHER) != 0 ? &other : &body,
		    &bc, &der);
		if ((t[i].flags & FLIPPED) != 0)
			*(uint8_t *)memmem(der.p, der.len, bc.cn,
			    strlen(bc.cn)) ^= 1;
		put(&text, "CERTIFICATE", &der);
		buf_put_octets(&ca, cert_der(body.authority));
		if ((t[i].flags & WITH_ISSUER) != 0)
			put(&text, "CERTIFICATE", &ca);
		body_crl(&body, serial, NOW - 5, &crl);
		if ((t[i].flags & REVOKED) != 0)
			put(&text, "X509 CRL", &crl);
		m = read_as_jail(buf_octets(&text), (t[i].flags &
		    ANCHOR_ROOT) != 0 ? body.root : body.authority);
		assert_int_equal(m->n_certificates, 1);
		if (strcmp(m->certificates[0]->code, t[i].code) != 0)
			fail_msg("%s: [%s] %s", t[i].what,
			    m->certificates[0]->code,
			    m->certificates[0]->detail);
		assert_int_equal(m->certificates[0]->n_issuers,
		    t[i].issuers);
		assert_int_equal(m->certificates[0]->certificate.len,
		    der.len);
		protobuf_c_message_free_unpacked(&m->base, NULL);
		buf_fini(&der);
		buf_fini(&crl);
		buf_fini(&ca);
		buf_fini(&text);
	}
}

static void
test_facts(void **state)
{
	struct body_cert	 bc = good();
	DeliveredCertificate	*c;
	DeliveryReading		*m;
	struct buf		 der;

	(void)state;
	buf_init(&der, LIMIT_CERT);
	body_issue(&body, &bc, &der);
	m = read_as_jail(buf_octets(&der), body.authority);
	c = m->certificates[0];
	assert_string_equal(c->common_name, bc.cn);
	assert_string_equal(c->organisation, bc.o);
	assert_string_equal(c->credit_code, bc.credit);
	assert_int_equal(c->public_key.len, SM2_POINT_LEN);
	assert_memory_equal(c->public_key.data, point, SM2_POINT_LEN);
	assert_int_equal(c->serial.len, CERT_SERIAL_LEN);
	assert_memory_equal(c->serial.data, serial, CERT_SERIAL_LEN);
	assert_int_equal(c->issuer.len, SM3_LEN);
	assert_int_equal(c->not_before, bc.from);
	assert_int_equal(c->not_after, bc.until);
	/* Our own signers' certificates say what they are for. */
	assert_int_equal(c->n_deviations, 1);
	assert_string_equal(c->deviations[0], "extended-key-usage");
	protobuf_c_message_free_unpacked(&m->base, NULL);
	buf_fini(&der);
}

/* An authority's certificate answers no request; junk is told of. */
static void
test_not_a_seals(void **state)
{
	DeliveryReading	*m;
	struct buf	 text;

	(void)state;
	m = read_as_jail(cert_der(body.authority), body.root);
	assert_int_equal(m->n_certificates, 0);
	protobuf_c_message_free_unpacked(&m->base, NULL);
	buf_init(&text, 1 << 16);
	cert_put_pem(OCTETS("junk", 4), "CERTIFICATE", &text);
	m = read_as_jail(buf_octets(&text), body.root);
	assert_int_equal(m->n_certificates, 1);
	assert_string_equal(m->certificates[0]->code, "bad-certificate");
	assert_string_equal(m->certificates[0]->subject, "");
	protobuf_c_message_free_unpacked(&m->base, NULL);
	buf_fini(&text);
}

/* ---- deviations */

static void
test_deviations(void **state)
{
	static const struct {
		struct body_ext	 ext[4];
		bool		 rsa;
		const char	*code;
		const char	*deviations;
	} t[] = {
		{ { { 0, NULL } }, false, "", "short-serial subject-form "
		    "no-key-usage no-subject-key-id no-authority-key-id "
		    "no-crl-points no-credit-code" },
		{ { { NID_key_usage, "digitalSignature" },
		    { NID_subject_key_identifier, "01020304" },
		    { 0, NULL } }, false, "", "short-serial subject-form "
		    "key-usage-not-critical key-usage-other "
		    "no-authority-key-id no-crl-points no-credit-code" },
		{ { { NID_key_usage, "critical,digitalSignature,"
		    "nonRepudiation" }, { NID_basic_constraints, "CA:FALSE" },
		    { NID_ext_key_usage, "clientAuth" }, { 0, NULL } },
		    false, "", "short-serial subject-form basic-constraints "
		    "extended-key-usage no-subject-key-id "
		    "no-authority-key-id no-crl-points no-credit-code" },
		{ { { NID_netscape_comment, "hello" }, { 0, NULL } }, false,
		    "", "short-serial subject-form unknown-extension "
		    "no-key-usage no-subject-key-id no-authority-key-id "
		    "no-crl-points no-credit-code" },
		/* What it means, nobody puts up with. */
		{ { { NID_key_usage, "critical,keyEncipherment" },
		    { 0, NULL } }, false, "certificate-purpose",
		    "short-serial subject-form key-usage-other "
		    "no-subject-key-id no-authority-key-id no-crl-points "
		    "no-credit-code" },
		{ { { 0, NULL } }, true, "", "short-serial subject-form "
		    "no-key-usage no-subject-key-id no-authority-key-id "
		    "no-crl-points no-credit-code" },
	};
	struct body_cert	 bc = good();
	DeliveredCertificate	*c;
	DeliveryReading		*m;
	struct buf		 der, got;
	size_t			 i, k;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_init(&der, LIMIT_CERT);
		buf_init(&got, 4096);
		body_odd(&body, &bc, t[i].ext, t[i].rsa, &der);
		m = read_as_jail(buf_octets(&der), body.authority);
		assert_int_equal(m->n_certificates, 1);
		c = m->certificates[0];
		for (k = 0; k < c->n_deviations; k++)
			buf_printf(&got, "%s%s", k > 0 ? " " : "",
			    c->deviations[k]);
		buf_put_u8(&got, '\0');
		assert_string_equal((char *)got.p, t[i].deviations);
		if (!t[i].rsa)
			assert_string_equal(c->code, t[i].code);
		assert_int_equal(c->public_key.len, t[i].rsa ? 0 :
		    SM2_POINT_LEN);
		protobuf_c_message_free_unpacked(&m->base, NULL);
		buf_fini(&got);
		buf_fini(&der);
	}
	for (k = 0; foreign_deviation(k) != NULL; k++)
		assert_true(foreign_deviation(k)[0] != '\0');
	assert_int_equal(k, 17);
}

/* ---- a revocation list by itself */

/* The list as a jail reads it; NULL and *e where it is refused. */
static ListReading *
read_list(struct octets list, const struct cert *const *by, size_t n,
    struct err *e)
{
	ProtobufCMessage	*m = NULL;
	ReadList		 ask = READ_LIST__INIT;
	ProtobufCBinaryData	 a[3];
	struct buf		 in, out;
	size_t			 i;

	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	for (i = 0; i < n; i++)
		a[i] = (ProtobufCBinaryData){ cert_der(by[i]).len,
		    (uint8_t *)(uintptr_t)cert_der(by[i]).p };
	ask.issuers = a;
	ask.n_issuers = n;
	ask.list.data = (uint8_t *)(uintptr_t)list.p;
	ask.list.len = list.len;
	msg_put(&ask.base, &in);
	if (jail_read_list(buf_octets(&in), OCTETS(NULL, 0), &out, e) == 0)
		BODY_MUST(msg_unpack(&list_reading__descriptor,
		    buf_octets(&out), &m, bep));
	else
		assert_int_equal(out.len, 0);
	buf_fini(&in);
	buf_fini(&out);
	return (ListReading *)m;
}

static void
test_list(void **state)
{
	const struct cert	*all[] = { other.root, body.root,
				    body.authority };
	const struct cert	*two[] = { other.root, body.root };
	ListReading		*m;
	struct buf		 der, wrong;
	struct err		 e = ERR_INIT;
	size_t			 i;

	(void)state;
	buf_init(&der, LIMIT_CRL);
	buf_init(&wrong, LIMIT_CRL);
	body_crl(&body, serial, NOW - 5, &der);
	m = read_list(buf_octets(&der), all, 3, &e);
	assert_non_null(m);
	assert_int_equal(m->issuer.len, SM3_LEN);
	assert_string_equal(m->issuer_name,
	    cert_facts(body.authority)->subject);
	assert_string_equal(m->url, "");
	assert_int_equal(m->number, 1);
	assert_int_equal(m->this_update, NOW - 5);
	assert_int_equal(m->next_update, NOW - 5 + 30 * DAY);
	assert_int_equal(m->n_entries, 1);
	assert_int_equal(m->entries[0]->serial.len, CERT_SERIAL_LEN);
	assert_memory_equal(m->entries[0]->serial.data, serial,
	    CERT_SERIAL_LEN);
	assert_int_equal(m->entries[0]->revoked_at, NOW - 5);
	assert_int_equal(m->entries[0]->reason, 1);
	protobuf_c_message_free_unpacked(&m->base, NULL);

	assert_null(read_list(buf_octets(&der), two, 2, &e));
	assert_string_equal(e.id, "list-not-by-body");
	e = (struct err)ERR_INIT;
	assert_null(read_list(buf_octets(&der), NULL, 0, &e));
	assert_string_equal(e.id, "list-not-by-body");
	/* Another body's, of the same name as nobody's here. */
	body_crl(&other, serial, NOW - 5, &wrong);
	e = (struct err)ERR_INIT;
	assert_null(read_list(buf_octets(&wrong), all, 3, &e));
	assert_string_equal(e.id, "list-not-by-body");
	/* Any octet changed. */
	for (i = 0; i < der.len; i++) {
		der.p[i] ^= 0x10;
		e = (struct err)ERR_INIT;
		assert_null(read_list(buf_octets(&der), all, 3, &e));
		if (strcmp(e.id, "bad-crl") != 0 &&
		    strcmp(e.id, "crl-signature") != 0 &&
		    strcmp(e.id, "list-not-by-body") != 0)
			fail_msg("octet %zu: [%s]", i, e.id);
		der.p[i] ^= 0x10;
	}
	for (i = 0; i < der.len; i += 7) {
		e = (struct err)ERR_INIT;
		assert_null(read_list(OCTETS(der.p, i), all, 3, &e));
		assert_string_equal(e.id, "bad-crl");
	}
	buf_fini(&wrong);
	buf_fini(&der);
}

/* ---- what goes out */

static void
test_request(void **state)
{
	ProtobufCMessage	*m = NULL;
	RequestSigner		 ask = REQUEST_SIGNER__INIT;
	const RequestedSigner	*r;
	struct csr		 csr;
	struct buf		 in, out;
	struct err		 e = ERR_INIT;
	EVP_PKEY		*pkey;

	(void)state;
	BODY_MUST(keyring_make(other.kr, KEY_WRAPPING, bep));
	buf_init(&in, 4096);
	buf_init(&out, 1 << 16);
	ask.common_name = (char *)(uintptr_t)"44010600000001";
	ask.organisation = (char *)(uintptr_t)"示例公司";
	msg_put(&ask.base, &in);
	BODY_MUST(sign_request_signer(other.kr, buf_octets(&in), &out, bep));
	BODY_MUST(msg_unpack(&requested_signer__descriptor, buf_octets(&out),
	    &m, bep));
	r = (const RequestedSigner *)m;
	BODY_MUST(csr_read(OCTETS(r->request.data, r->request.len), &csr,
	    bep));
	assert_string_equal(csr.common_name, ask.common_name);
	assert_string_equal(csr.organisation, ask.organisation);
	assert_memory_equal(csr.point, r->public_key.data, SM2_POINT_LEN);
	BODY_MUST(key_unwrap(other.kr, OCTETS(r->wrapped_key.data,
	    r->wrapped_key.len), &pkey, bep));
	EVP_PKEY_free(pkey);
	protobuf_c_message_free_unpacked(m, NULL);
	buf_reset(&in);
	buf_reset(&out);
	ask.organisation = (char *)(uintptr_t)"";
	msg_put(&ask.base, &in);
	assert_int_equal(sign_request_signer(other.kr, buf_octets(&in), &out,
	    &e), ERR_INVAL);
	assert_string_equal(e.id, "bad-subject");
	assert_int_equal(out.len, 0);
	buf_fini(&in);
	buf_fini(&out);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_not_a_seals),
		cmocka_unit_test(test_deviations),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
