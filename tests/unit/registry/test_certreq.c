#include "world.h"

#include "base/msg.h"
#include "ca/delivery.h"
#include "ca/jail_ca.h"
#include "filing/maker.h"
#include "registry/office/anchors.h"
#include "registry/office/office_delivery.h"
#include "registry/office/office_renewal.h"
#include "tests/unit/ca/body.h"

/*
 * Certificates of a licensed body without its processes: what is asked for,
 * what comes back, and everything that comes back and is not what was asked
 * for.
 */

#define DAY	86400

static struct world	w;
static struct body	body, other;
static uint8_t		stranger[SM2_POINT_LEN];

static void
write_anchors(void)
{
	struct buf	text;

	buf_init(&text, 1 << 16);
	cert_put_pem(cert_der(body.authority), "CERTIFICATE", &text);
	cert_put_pem(cert_der(body.root), "CERTIFICATE", &text);
	world_put_file(&w, "body.pem", buf_octets(&text));
	buf_fini(&text);
}

static int
setup(void **state)
{
	(void)state;
	world_new(&w);
	body_init(&body, world_clock - 100 * DAY, "Licensed Body");
	body_init(&other, world_clock - 100 * DAY, "Another Body");
	BODY_MUST(keyring_point(other.kr, KEY_ROOT, stranger, bep));
	write_anchors();
	w.cf.certificates = (char *)(uintptr_t)"external";
	w.cf.external_ca = (char *)(uintptr_t)"ca/body.pem";
	must(store_begin(w.of.st, ep));
	must(office_ca_load(&w.of, ep));
	must(store_commit(w.of.st, ep));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	body_fini(&other);
	body_fini(&body);
	world_free(&w);
	return 0;
}

/* ---- one transaction each */

static int
submit(struct application *a, struct octets point, struct octets csr,
    int64_t *id, struct err *e)
{
	static const struct case_picture pic = {
		.type = "PNG", .width_mm = 40, .height_mm = 40,
		.data = { (const uint8_t *)"\x89PNG\r\n\x1a\n-", 9 }
	};
	struct session	s;
	int		rc;

	must(store_begin(w.of.st, ep));
	must(session_need(&w.of, TOKEN('a'), ROLE_APPLICANT, &s, ep));
	if ((rc = case_submit(&w.of, &s, a, point, &pic, id, e)) == 0 &&
	    csr.len > 0)
		rc = certreq_keep(&w.of, *id, csr, e);
	if (rc == 0)
		must(store_commit(w.of.st, ep));
	else
		store_rollback(w.of.st);
	return rc;
}

static int
approve(char who, int64_t id, enum case_state *state, struct err *e)
{
	struct session	s;
	int		rc;

	must(store_begin(w.of.st, ep));
	must(session_need(&w.of, TOKEN(who), ROLE_OFFICERS, &s, ep));
	if ((rc = case_decide(&w.of, &s, id, "approve", "", state,
	    e)) == 0)
		must(store_commit(w.of.st, ep));
	else
		store_rollback(w.of.st);
	return rc;
}

static int
mark(int64_t id, const char *word, const char *reason, struct err *e)
{
	enum case_state	state;
	struct session	s;
	int		rc;

	must(store_begin(w.of.st, ep));
	must(session_need(&w.of, TOKEN('c'), ROLE_OFFICERS, &s, ep));
	if ((rc = certreq_mark(&w.of, &s, id, word, reason, &state, e)) == 0)
		must(store_commit(w.of.st, ep));
	else
		store_rollback(w.of.st);
	return rc;
}

static struct delivery_done
take(const DeliveredCertificate *m)
{
	struct delivery_done	done;
	struct session		s;

	must(store_begin(w.of.st, ep));
	must(session_need(&w.of, TOKEN('c'), ROLE_OFFICERS, &s, ep));
	must(delivery_take(&w.of, &s, m, &done, ep));
	must(store_commit(w.of.st, ep));
	return done;
}

/* What the key process makes is stored as the filer does. */
static void
make_request(int64_t id)
{
	ProtobufCMessage	*m = NULL;
	struct office_file	*f;
	const RequestedSigner	*r;
	RequestSigner		 ask;
	struct buf		 in, out;

	must(file_open(&w.of, id, &f, ep));
	assert_true(f->outside && !f->requested && f->certificate.len == 0);
	file_ask_request(f, &ask);
	buf_init(&in, 4096);
	buf_init(&out, 1 << 16);
	msg_put(&ask.base, &in);
	must(sign_request_signer(w.kr, buf_octets(&in), &out, ep));
	must(msg_unpack(&requested_signer__descriptor, buf_octets(&out), &m,
	    ep));
	r = (const RequestedSigner *)m;
	must(store_begin(w.of.st, ep));
	must(certreq_put(&w.of, id, OCTETS(r->request.data, r->request.len),
	    OCTETS(r->public_key.data, r->public_key.len),
	    OCTETS(r->wrapped_key.data, r->wrapped_key.len), ep));
	must(store_commit(w.of.st, ep));
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&in);
	buf_fini(&out);
	file_free(f);
}

/* A case of organisation n whose request is ready. */
static struct certreq *
waiting(unsigned n)
{
	struct application	 a = world_application(n);
	struct certreq		*r;
	enum case_state		 state;
	int64_t			 id;

	must(submit(&a, OCTETS(NULL, 0), OCTETS(NULL, 0), &id, ep));
	must(approve('c', id, &state, ep));
	must(approve('r', id, &state, ep));
	assert_int_equal(state, CASE_CERTIFYING);
	make_request(id);
	must(certreq_get(&w.of, id, &r, ep));
	assert_non_null(r);
	assert_true(r->request.len > 0);
	return r;
}

static struct body_cert
asked_for(const struct certreq *r)
{
	return (struct body_cert){ .cn = r->seal_code, .o = r->owner_name,
	    .credit = r->credit_code, .point = r->point,
	    .from = world_clock - 60, .until = world_clock + 365 * DAY };
}

/* As the jail reads der; the caller frees the whole. */
static DeliveryReading *
reading(struct octets der)
{
	ProtobufCMessage	*m = NULL;
	ReadDelivery		 ask = READ_DELIVERY__INIT;
	ProtobufCBinaryData	 anchors[LIMIT_ANCHORS];
	struct octets		 list[LIMIT_ANCHORS];
	struct buf		 in, out, stored;
	size_t			 i;

	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_init(&stored, LIMIT_ANCHORS_DER);
	must(anchors_get(&w.of, &stored, ep));
	ask.n_anchors = anchors_list(buf_octets(&stored), list);
	for (i = 0; i < ask.n_anchors; i++)
		anchors[i] = (ProtobufCBinaryData){ .len = list[i].len,
		    .data = (uint8_t *)(uintptr_t)list[i].p };
	ask.anchors = anchors;
	ask.at = world_clock;
	ask.delivery.data = (uint8_t *)(uintptr_t)der.p;
	ask.delivery.len = der.len;
	msg_put(&ask.base, &in);
	must(jail_read_delivery(buf_octets(&in), OCTETS(NULL, 0), &out, ep));
	must(msg_unpack(&delivery_reading__descriptor, buf_octets(&out), &m,
	    ep));
	buf_fini(&in);
	buf_fini(&out);
	buf_fini(&stored);
	return (DeliveryReading *)m;
}

static struct delivery_done
deliver_der(struct octets der)
{
	DeliveryReading		*m = reading(der);
	struct delivery_done	 done;

	assert_int_equal(m->n_certificates, 1);
	done = take(m->certificates[0]);
	protobuf_c_message_free_unpacked(&m->base, NULL);
	return done;
}

static struct delivery_done
deliver(const struct body_cert *bc)
{
	struct delivery_done	done;
	struct buf		der;

	buf_init(&der, LIMIT_CERT);
	body_issue(&body, bc, &der);
	done = deliver_der(buf_octets(&der));
	buf_fini(&der);
	return done;
}

static enum case_state
state_of(int64_t id)
{
	struct office_case	*c;
	enum case_state		 s;

	must(case_get(&w.of, id, &c, ep));
	s = c->state;
	case_free(c);
	return s;
}

/* A column of the request's row. */
static int64_t
column(int64_t id, int col)
{
	const struct val	 v = val_int(id);
	struct query		*q = NULL;
	int64_t			 n;
	bool			 row;

	must(store_query(w.of.st, STMT_OFFICE_CERTREQ_GET, &v, 1, &q, ep));
	must(query_next(q, &row, ep));
	assert_true(row);
	n = query_is_null(q, col) ? -1 : query_int(q, col);
	query_done(q);
	return n;
}

enum { SENT = 5, REFUSALS = 7, WANT = 17, TOLD = 18 };

static void
op_done(void *arg, const struct err *e)
{
	(void)arg;
	if (e != NULL)
		fail_msg("[%s] %s", e->id, e->text);
}

/* What appends to the log, in a batch of its own. */
static void
append(batch_run *run, void *arg)
{
	const struct batch_signer	 signer = { .sign = world_sign,
	    .arg = &w };
	struct batch			*b = batch_new(w.of.st, w.of.lg,
					    &signer, world_now);

	batch_add(b, true, run, op_done, arg);
	must(batch_commit(b, ep));
	batch_free(b);
}

static int
file_op(void *arg, struct err *e)
{
	uint64_t	index;

	return file_store(&w.of, arg, &index, e);
}

/* Seal and filing, as the filer does it. */
static void
make_and_file(int64_t id)
{
	ProtobufCMessage	*m = NULL;
	struct office_file	*f;
	const SignedSeal	*s;
	SignSeal		 ask;
	struct buf		 in, out;

	must(file_open(&w.of, id, &f, ep));
	assert_true(f->outside && f->certificate.len > 0);
	file_ask_seal(f, &ask);
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	msg_put(&ask.base, &in);
	must(sign_seal(w.kr, buf_octets(&in), &out, ep));
	must(msg_unpack(&signed_seal__descriptor, buf_octets(&out), &m, ep));
	s = (const SignedSeal *)m;
	must(file_take_seal(f, OCTETS(s->seal.data, s->seal.len), ep));
	append(file_op, f);
	protobuf_c_message_free_unpacked(m, NULL);
	buf_fini(&in);
	buf_fini(&out);
	file_free(f);
}

/* ---- what is refused, and what it says */

enum { ODD = 1, ODD_RSA = 2, BY_OTHER = 4, STRICT = 8, STRICT_ALL = 16,
    BY_STRANGER = 32 };

static const struct refusal {
	const char	*id;
	const char	*cn, *o, *credit;	/* NULL: as asked for */
	bool		 other_key;
	int64_t		 from, until;		/* from now; 0: usual */
	unsigned	 flags;
} refusals[] = {
	{ "certificate-other-key", .other_key = true },
	{ "certificate-other-key", .flags = ODD_RSA },
	{ "certificate-other-subject", .cn = "44010699999999" },
	{ "certificate-other-subject", .o = "另一家公司" },
	{ "certificate-other-subject", .credit = "91440101MA59ABCD1X" },
	{ "unknown-issuer", .flags = BY_OTHER },
	{ "certificate-signature", .flags = BY_STRANGER },
	{ "certificate-expired", .from = -50 * DAY, .until = -1 },
	{ "certificate-not-yet-valid", .from = 60, .until = 400 * DAY },
	{ "certificate-too-short", .from = -1, .until = 29 * DAY },
	{ "certificate-too-long", .from = -50 * DAY, .until = 3651 * DAY,
	  .flags = ODD },
	{ "deviation-refused", .flags = ODD | STRICT },
	{ "deviation-refused", .flags = ODD | STRICT_ALL },
};

static void
test_refused(void **state)
{
	static char		*strict[] = { (char *)(uintptr_t)"no-crl-points" },
				*all[] = { (char *)(uintptr_t)"*" };
	const struct refusal	*t;
	struct delivery_done	 done;
	struct certreq		*r = waiting(1), *now;
	struct body_cert	 bc;
	struct buf		 der;
	size_t			 i, n = sizeof(refusals) / sizeof(refusals[0]);

	(void)state;
	for (i = 0; i < n; i++) {
		t = &refusals[i];
		bc = asked_for(r);
		bc.cn = t->cn != NULL ? t->cn : bc.cn;
		bc.o = t->o != NULL ? t->o : bc.o;
		bc.credit = t->credit != NULL ? t->credit : bc.credit;
		bc.point = t->other_key ? stranger : bc.point;
		bc.from = t->from != 0 ? world_clock + t->from : bc.from;
		bc.until = t->until != 0 ? world_clock + t->until : bc.until;
		bc.by_itself = (t->flags & BY_STRANGER) != 0;
		buf_init(&der, LIMIT_CERT);
		if ((t->flags & (ODD | ODD_RSA)) != 0)
			body_odd(&body, &bc, NULL, (t->flags & ODD_RSA) != 0,
			    &der);
		else
			body_issue((t->flags & BY_OTHER) != 0 ? &other :
			    &body, &bc, &der);
		w.cf.external_refuse.items = (t->flags & STRICT) != 0 ?
		    strict : all;
		w.cf.external_refuse.n = (t->flags & (STRICT |
		    STRICT_ALL)) != 0;
		done = deliver_der(buf_octets(&der));
		w.cf.external_refuse.n = 0;
		assert_int_equal(done.result, DELIVERY_REFUSED);
		if (strcmp(done.why.id, t->id) != 0)
			fail_msg("%zu: [%s] %s", i, done.why.id,
			    done.why.text);
		assert_int_equal(done.application, r->application);
		assert_string_equal(done.seal_code, r->seal_code);
		/* Nothing is lost: it waits, and shows the refusal. */
		assert_int_equal(state_of(r->application), CASE_CERTIFYING);
		assert_int_equal(column(r->application, REFUSALS),
		    (int64_t)i + 1);
		must(certreq_get(&w.of, r->application, &now, ep));
		assert_int_equal(now->certificate.len, 0);
		assert_int_equal(now->request.len, r->request.len);
		assert_memory_equal(now->request.p, r->request.p,
		    r->request.len);
		certreq_free(now);
		buf_fini(&der);
	}
	/* And the right one is still taken. */
	bc = asked_for(r);
	done = deliver(&bc);
	assert_int_equal(done.result, DELIVERY_ACCEPTED);
	certreq_free(r);
}

/* ---- whose it is */

static void
test_nobodys(void **state)
{
	struct certreq		*r = waiting(1), *second = waiting(2);
	struct body_cert	 bc = asked_for(r);
	struct delivery_done	 done;
	struct buf		 junk;

	(void)state;
	bc.point = stranger;
	bc.cn = "44010699999999";
	done = deliver(&bc);
	assert_int_equal(done.result, DELIVERY_REFUSED);
	assert_string_equal(done.why.id, "no-such-request");
	assert_int_equal(done.application, 0);
	assert_int_equal(column(r->application, REFUSALS), 0);
	/* Another's key under this code. */
	bc = asked_for(r);
	bc.point = second->point;
	done = deliver(&bc);
	assert_string_equal(done.why.id, "certificate-other-subject");
	assert_int_equal(done.application, second->application);
	buf_init(&junk, 1 << 16);
	cert_put_pem(OCTETS("junk", 4), "CERTIFICATE", &junk);
	done = deliver_der(buf_octets(&junk));
	assert_string_equal(done.why.id, "bad-certificate");
	assert_int_equal(done.application, 0);
	buf_fini(&junk);
	certreq_free(second);
	certreq_free(r);
}

/* A jail that was taken over chooses no words of ours. */
static void
test_jail_says_anything(void **state)
{
	static const char *const codes[] = { "Bad Code", "no\nline", "-_-",
	    "a-code-that-is-longer-than-any-code-may-ever-be" };
	struct certreq		*r = waiting(1);
	DeliveredCertificate	 m = DELIVERED_CERTIFICATE__INIT;
	struct delivery_done	 done;
	size_t			 i;

	(void)state;
	m.common_name = r->seal_code;
	m.organisation = r->owner_name;
	m.public_key.data = r->point;
	m.public_key.len = SM2_POINT_LEN;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		m.code = (char *)(uintptr_t)codes[i];
		m.detail = (char *)(uintptr_t)"why";
		done = take(&m);
		assert_string_equal(done.why.id, "bad-certificate");
	}
	m.code = (char *)(uintptr_t)"unknown-issuer";
	m.detail = (char *)(uintptr_t)"two\nlines";
	done = take(&m);
	assert_string_equal(done.why.id, "bad-certificate");
	/* Good, it says, and gives nothing to go by. */
	m.code = m.detail = (char *)(uintptr_t)"";
	done = take(&m);
	assert_string_equal(done.why.id, "bad-certificate");
	certreq_free(r);
}

/* ---- taken */

static void
test_taken(void **state)
{
	static const uint8_t	 serial[CERT_SERIAL_LEN] = { 0x41, 7 };
	struct certreq		*r = waiting(1), *second = waiting(2);
	struct body_cert	 bc = asked_for(r);
	struct office_case	*c;
	struct delivery_done	 done;
	struct query		*q = NULL;
	struct buf		 der, again;
	bool			 row;

	(void)state;
	bc.serial = serial;
	world_clock += 5 * 3600;	/* hours later */
	bc.from = world_clock - 60;
	buf_init(&der, LIMIT_CERT);
	buf_init(&again, LIMIT_CERT);
	body_issue(&body, &bc, &der);
	done = deliver_der(buf_octets(&der));
	assert_int_equal(done.result, DELIVERY_ACCEPTED);
	/* The same again changes nothing, another is refused. */
	done = deliver_der(buf_octets(&der));
	assert_int_equal(done.result, DELIVERY_REPEATED);
	bc.serial = NULL;
	done = deliver(&bc);
	assert_int_equal(done.result, DELIVERY_REFUSED);
	assert_string_equal(done.why.id, "request-answered");
	/* Nor does the body give a serial twice. */
	bc = asked_for(second);
	bc.serial = serial;
	done = deliver(&bc);
	assert_string_equal(done.why.id, "serial-used");
	/* The seal is that of the certificate, from now to its end. */
	must(case_get(&w.of, r->application, &c, ep));
	assert_int_equal(c->valid_from, world_clock);
	assert_int_equal(c->valid_until, world_clock + 365 * DAY - 5 * 3600);
	assert_int_equal(c->serial_len, 0);
	case_free(c);
	make_and_file(r->application);
	assert_int_equal(state_of(r->application), CASE_FILED);
	const struct val	v = val_text(r->seal_code);
	must(store_query(w.of.st, STMT_OFFICE_SEAL_GET, &v, 1, &q, ep));
	must(query_next(q, &row, ep));
	assert_true(row);
	assert_int_equal(query_blob(q, 3).len, der.len);
	assert_memory_equal(query_blob(q, 3).p, der.p, der.len);
	/* Its chain is the body's. */
	assert_memory_equal(query_blob(q, 4).p,
	    cert_der(body.authority).p, cert_der(body.authority).len);
	query_done(q);
	/* Also when it is filed. */
	done = deliver_der(buf_octets(&der));
	assert_int_equal(done.result, DELIVERY_REPEATED);
	buf_fini(&again);
	buf_fini(&der);
	certreq_free(second);
	certreq_free(r);
}

/* An applicant who has the key: the request is his, to the octet. */
static void
test_own_key(void **state)
{
	static const char	 csr[] = "as it came";
	struct application	 a = world_application(1);
	struct err		 e = ERR_INIT;
	struct certreq		*r;
	enum case_state		 state_now;
	int64_t			 id;

	(void)state;
	must(submit(&a, OCTETS(stranger, SM2_POINT_LEN),
	    OCTETS(csr, sizeof(csr)), &id, ep));
	must(approve('c', id, &state_now, ep));
	must(approve('r', id, &state_now, ep));
	must(certreq_get(&w.of, id, &r, ep));
	assert_int_equal(r->request.len, sizeof(csr));
	assert_memory_equal(r->request.p, csr, sizeof(csr));
	assert_memory_equal(r->point, stranger, SM2_POINT_LEN);
	assert_int_equal(r->wrapped_key.len, 0);
	certreq_free(r);
	/* One that was not kept cannot be sent. */
	a = world_application(2);
	must(submit(&a, OCTETS(stranger, SM2_POINT_LEN), OCTETS(NULL, 0),
	    &id, ep));
	must(approve('c', id, &state_now, ep));
	assert_int_equal(approve('r', id, &state_now, &e), ERR_CONFLICT);
	assert_string_equal(e.id, "no-applicant-request");
	assert_int_equal(state_of(id), CASE_UNDER_REVIEW);
}

/* ---- renewals */

struct renewal {
	struct renewal_ask	ask;
	int64_t			id;
};

static int
renew_op(void *arg, struct err *e)
{
	const struct session	 who = { .account = w.applicant };
	struct renewal		*n = arg;
	int			 rc;

	if ((rc = renewal_submit(&w.of, &who, &n->ask, &n->id, e)) != 0 ||
	    n->ask.public_key.len == 0)
		return rc;
	return certreq_keep(&w.of, n->id, OCTETS("again", 5), e);
}

/*
 * The owner's key stays: two requests of it, and each certificate finds its
 * own.  The body says no, and yes after all; then it is told to revoke the
 * certificate before.
 */
static void
test_renewed(void **state)
{
	static const char	 csr[] = "as it came";
	struct application	 a = world_application(1);
	struct err		 e = ERR_INIT;
	struct certreq		*r, *again;
	struct body_cert	 bc;
	struct renewal		 n = { .ask = { .reason = "other" } };
	enum case_state		 state_now;
	struct buf		 first;
	int64_t			 id;

	(void)state;
	must(submit(&a, OCTETS(stranger, SM2_POINT_LEN),
	    OCTETS(csr, sizeof(csr)), &id, ep));
	must(approve('c', id, &state_now, ep));
	must(approve('r', id, &state_now, ep));
	must(certreq_get(&w.of, id, &r, ep));
	buf_init(&first, LIMIT_CERT);
	bc = asked_for(r);
	body_issue(&body, &bc, &first);
	assert_int_equal(deliver_der(buf_octets(&first)).result,
	    DELIVERY_ACCEPTED);
	make_and_file(id);

	n.ask.code = r->seal_code;
	n.ask.public_key = OCTETS(stranger, SM2_POINT_LEN);
	append(renew_op, &n);
	must(approve('c', n.id, &state_now, ep));
	must(approve('r', n.id, &state_now, ep));
	assert_int_equal(state_now, CASE_CERTIFYING);
	must(certreq_get(&w.of, n.id, &again, ep));
	assert_string_equal(again->seal_code, r->seal_code);
	assert_int_equal(again->request.len, 5);
	/* What was taken before is no answer to it, and no refusal of it. */
	assert_int_equal(deliver_der(buf_octets(&first)).result,
	    DELIVERY_REPEATED);
	assert_int_equal(column(n.id, REFUSALS), 0);
	must(mark(n.id, "rejected", "no", &e));
	assert_int_equal(state_of(n.id), CASE_RETURNED);
	must(mark(n.id, "reopened", "", &e));
	assert_int_equal(state_of(n.id), CASE_CERTIFYING);
	bc.until += DAY;
	assert_int_equal(deliver(&bc).application, n.id);
	assert_int_equal(column(id, WANT), -1);
	make_and_file(n.id);
	assert_int_equal(column(id, WANT), 4);
	assert_int_equal(column(n.id, WANT), -1);
	/* Rejected, it makes room for another, and then cannot come back. */
	append(renew_op, &n);
	id = n.id;
	must(approve('c', id, &state_now, ep));
	must(approve('r', id, &state_now, ep));
	must(mark(id, "rejected", "no", &e));
	append(renew_op, &n);
	assert_int_equal(mark(id, "reopened", "", &e), ERR_CONFLICT);
	assert_string_equal(e.id, "already-renewing");
	buf_fini(&first);
	certreq_free(again);
	certreq_free(r);
}

/* What was asked for is asked once. */
static void
test_once(void **state)
{
	struct certreq	*r = waiting(1);
	struct err	 e = ERR_INIT;

	(void)state;
	must(store_begin(w.of.st, ep));
	assert_int_equal(certreq_put(&w.of, r->application,
	    OCTETS("x", 1), OCTETS(stranger, SM2_POINT_LEN),
	    OCTETS("y", 1), &e), ERR_CONFLICT);
	assert_string_equal(e.id, "illegal-transition");
	store_rollback(w.of.st);
	certreq_free(r);
}

/* ---- marks */

static void
marked(int64_t id, const char *word, const char *reason, int rc,
    const char *code)
{
	struct world_facts	before = world_facts(&w), after;
	struct err		e = ERR_INIT;

	assert_int_equal(mark(id, word, reason, &e), rc);
	assert_string_equal(e.id, code);
	after = world_facts(&w);
	if (rc != 0)
		assert_same(&before, &after);
}

static void
test_marks(void **state)
{
	struct certreq_counts	 n;
	struct application	 a = world_application(9);
	struct certreq		*r = waiting(1);
	struct body_cert	 bc = asked_for(r);
	struct delivery_done	 done;
	int64_t			 id = r->application, plain;

	(void)state;
	must(submit(&a, OCTETS(NULL, 0), OCTETS(NULL, 0), &plain, ep));
	marked(id, "lost", "", ERR_INVAL, "bad-mark");
	marked(plain, "sent", "", ERR_NOTFOUND, "no-such-request");
	marked(id, "rejected", "", ERR_INVAL, "reason-required");
	marked(id, "rejected", "two\nlines", ERR_INVAL, "bad-reason");
	marked(id, "reopened", "", ERR_CONFLICT, "illegal-transition");
	marked(id, "revoked", "", ERR_CONFLICT, "illegal-transition");
	marked(id, "sent", "", 0, "");
	marked(id, "sent", "", 0, "");
	assert_int_equal(column(id, SENT), 2);
	must(certreq_counts(&w.of, &n, ep));
	assert_int_equal(n.waiting, 1);
	assert_int_equal(n.since, world_clock);
	marked(id, "rejected", "the licence is out of date", 0, "");
	assert_int_equal(state_of(id), CASE_RETURNED);
	must(certreq_counts(&w.of, &n, ep));
	assert_int_equal(n.waiting, 0);
	marked(id, "sent", "", ERR_CONFLICT, "illegal-transition");
	done = deliver(&bc);
	assert_string_equal(done.why.id, "request-closed");
	/* It was a mistake. */
	marked(id, "reopened", "", 0, "");
	assert_int_equal(state_of(id), CASE_CERTIFYING);
	done = deliver(&bc);
	assert_int_equal(done.result, DELIVERY_ACCEPTED);
	marked(id, "rejected", "too late", ERR_CONFLICT,
	    "illegal-transition");
	certreq_free(r);
}

/* Who may have one seal of a type may not have two by a case that comes back. */
static void
test_only_one(void **state)
{
	struct application	 a = world_application(1);
	enum case_state		 state_now;
	int64_t			 id, next;

	(void)state;
	a.seal_type = SEAL_STATUTORY;
	must(submit(&a, OCTETS(NULL, 0), OCTETS(NULL, 0), &id, ep));
	must(approve('c', id, &state_now, ep));
	must(approve('r', id, &state_now, ep));
	make_request(id);
	marked(id, "rejected", "no", 0, "");
	must(submit(&a, OCTETS(NULL, 0), OCTETS(NULL, 0), &next, ep));
	marked(id, "reopened", "", ERR_CONFLICT, "already-has-seal");
}

/* ---- revocation */

static int
change_op(void *arg, struct err *e)
{
	struct seal_changed	done;
	struct session		s;
	int			rc;

	if ((rc = session_need(&w.of, TOKEN('c'), ROLE_OFFICERS, &s,
	    e)) != 0)
		return rc;
	return event_apply(&w.of, &s, arg, &done, e);
}

static void
change(const char *code, const char *kind, const char *reason)
{
	struct seal_event	ask = { .code = code, .kind = kind,
				    .reason = reason };

	world_clock += 10;
	append(change_op, &ask);
}

static void
test_revocation(void **state)
{
	struct certreq_counts	 n;
	struct certreq		*r = waiting(1);
	struct body_cert	 bc = asked_for(r);
	int64_t			 id = r->application, before, after;

	(void)state;
	assert_int_equal(deliver(&bc).result, DELIVERY_ACCEPTED);
	make_and_file(id);
	must(office_crl_change(&w.of, &before, ep));
	assert_int_equal(column(id, WANT), -1);
	change(r->seal_code, "suspended", "other");
	assert_int_equal(column(id, WANT), 6);
	must(certreq_counts(&w.of, &n, ep));
	assert_int_equal(n.revoking, 1);
	/* Lifted before anybody was told: nothing to tell. */
	change(r->seal_code, "resumed", "other");
	must(certreq_counts(&w.of, &n, ep));
	assert_int_equal(n.revoking, 0);
	change(r->seal_code, "suspended", "other");
	marked(id, "revoked", "", ERR_CONFLICT, "illegal-transition");
	marked(id, "released", "", ERR_CONFLICT, "illegal-transition");
	marked(id, "held", "", 0, "");
	assert_int_equal(column(id, TOLD), 6);
	must(certreq_counts(&w.of, &n, ep));
	assert_int_equal(n.revoking, 0);
	/* Told, and lifted: to be told again. */
	change(r->seal_code, "resumed", "other");
	must(certreq_counts(&w.of, &n, ep));
	assert_int_equal(n.revoking, 1);
	change(r->seal_code, "cancelled", "other");
	assert_true(column(id, WANT) >= 0 && column(id, WANT) != 6);
	/* It was told "release" meanwhile: that is no revocation. */
	marked(id, "released", "", ERR_CONFLICT, "illegal-transition");
	marked(id, "held", "", ERR_CONFLICT, "illegal-transition");
	marked(id, "revoked", "", 0, "");
	must(certreq_counts(&w.of, &n, ep));
	assert_int_equal(n.revoking, 0);
	/* Our own list has nothing to do with it. */
	must(office_crl_change(&w.of, &after, ep));
	assert_int_equal(before, after);
	certreq_free(r);
}

/* ---- anchors */

static void
test_anchors(void **state)
{
	struct buf	der, text;
	struct octets	list[LIMIT_ANCHORS];
	struct err	e;
	struct body_cert bc = { .cn = "44010600000001", .o = "公司",
			    .point = stranger, .from = world_clock,
			    .until = world_clock + DAY };

	(void)state;
	buf_init(&der, LIMIT_ANCHORS_DER);
	buf_init(&text, 1 << 16);
	must(anchors_load(&w.cf, world_clock, &der, ep));
	assert_int_equal(anchors_list(buf_octets(&der), list), 2);
	assert_int_equal(list[1].len, cert_der(body.root).len);
#define REFUSED(NOW)	do {						\
	e = (struct err)ERR_INIT;					\
	buf_reset(&der);						\
	assert_int_equal(anchors_load(&w.cf, NOW, &der, &e), ERR_INVAL);	\
	assert_string_equal(e.id, "bad-external-ca");			\
} while (0)
	REFUSED(world_clock + 30LL * 366 * DAY);	/* ended */
	buf_reset(&der);
	must(anchors_load(&w.cf, 0, &der, ep));
	world_put_file(&w, "body.pem", OCTETS("words", 5));
	REFUSED(0);
	buf_reset(&der);
	body_issue(&body, &bc, &der);		/* of no authority */
	cert_put_pem(buf_octets(&der), "CERTIFICATE", &text);
	world_put_file(&w, "body.pem", buf_octets(&text));
	REFUSED(0);
	w.cf.external_ca = (char *)(uintptr_t)"ca/nothing.pem";
	REFUSED(0);
	w.cf.external_ca = (char *)(uintptr_t)"";
	buf_reset(&der);
	must(anchors_load(&w.cf, 0, &der, ep));
	assert_int_equal(der.len, 0);
	must(store_begin(w.of.st, ep));
	must(office_ca_load(&w.of, ep));
	must(store_commit(w.of.st, ep));
	e = (struct err)ERR_INIT;
	assert_int_equal(anchors_get(&w.of, &der, &e), ERR_CONFLICT);
	assert_string_equal(e.id, "no-external-ca");
	buf_fini(&der);
	buf_fini(&text);
}

int
main(void)
{
#define T(NAME)	cmocka_unit_test_setup_teardown(NAME, setup, teardown)
	static const struct CMUnitTest	tests[] = {
		T(test_refused), T(test_nobodys), T(test_jail_says_anything),
		T(test_taken), T(test_own_key), T(test_renewed), T(test_once),
		T(test_marks), T(test_only_one), T(test_revocation),
		T(test_anchors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
