#include "world.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/text.h"
#include "base/tm.h"
#include "ca/csr.h"
#include "ca/jail_ca.h"
#include "ca/ocsp.h"
#include "ca/tsa.h"
#include "ca/tst.h"
#include "filing/maker.h"
#include "registry/office/anchors.h"
#include "registry/office/filer.h"
#include "registry/office/office_certreq.h"
#include "registry/office/office_maker.h"
#include "registry/office/office_key.h"
#include "registry/office/office_ocsp.h"
#include "registry/office/recorder.h"
#include "tests/fault/power.h"
#include "tests/unit/ca/body.h"

/*
 * The recorder over socketpairs: a child plays key process and jail with real
 * keys, this process is http and sync.  Then the same while it is killed at
 * every step of the store.
 */

static struct world	w;

/* ---- the servants: key process and jail */

static int
serve_checkpoint(const struct keyring *kr, struct octets in, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m;
	const SignCheckpoint	*rq;
	SignedNote		 rs = SIGNED_NOTE__INIT;
	struct hash		 root;
	uint8_t			*p;
	int			 rc;

	(void)kr;
	if ((rc = msg_unpack(&sign_checkpoint__descriptor, in, &m, e)) != 0)
		return rc;
	rq = (const SignCheckpoint *)m;
	memcpy(root.h, rq->root.data, SM3_LEN);
	if ((rc = world_sign(&w, rq->size, &root, rq->time, &rs.note,
	    e)) == 0) {
		p = xmalloc(protobuf_c_message_get_packed_size(&rs.base));
		buf_put(out, p, protobuf_c_message_pack(&rs.base, p));
		free(p);
		free(rs.note);
	}
	protobuf_c_message_free_unpacked(m, NULL);
	return rc;
}

static int
serve_picture(const struct keyring *kr, struct octets in, struct buf *out,
    struct err *e)
{
	static const char	 png[] = "\x89PNG\r\n\x1a\n-";
	Picture			 m = PICTURE__INIT;
	uint8_t			 p[64];

	(void)kr;
	(void)in;
	(void)e;
	m.type = (char *)(uintptr_t)"PNG";
	m.data.data = (uint8_t *)(uintptr_t)png;
	m.data.len = sizeof(png) - 1;
	m.width_mm = m.height_mm = 40;
	buf_put(out, p, protobuf_c_message_pack(&m.base, p));
	return 0;
}

static int
serve_password(const struct keyring *kr, struct octets in, struct buf *out,
    struct err *e)
{
	ProtobufCMessage	*m;
	PasswordHash		 rs = PASSWORD_HASH__INIT;
	uint8_t			 p[64];
	int			 rc;

	(void)kr;
	if ((rc = msg_unpack(&hash_password__descriptor, in, &m, e)) != 0)
		return rc;
	rs.match = strcmp(((const HashPassword *)m)->password, "right") == 0;
	buf_put(out, p, protobuf_c_message_pack(&rs.base, p));
	protobuf_c_message_free_unpacked(m, NULL);
	return 0;
}

/* As if the request had been for the checkpoint key. */
static int
serve_csr(const struct keyring *kr, struct octets in, struct buf *out,
    struct err *e)
{
	CsrReading	 rs = CSR_READING__INIT;
	uint8_t		 point[SM2_POINT_LEN], p[128];
	int		 rc;

	if (in.len != 0)
		return err_set(e, ERR_INVAL, "a CSR comes in a memfd");
	if ((rc = keyring_point(kr, KEY_CHECKPOINT, point, e)) != 0)
		return rc;
	rs.public_key.data = point;
	rs.public_key.len = sizeof(point);
	buf_put(out, p, protobuf_c_message_pack(&rs.base, p));
	return 0;
}

static int
serve_delivery(const struct keyring *kr, struct octets in, struct buf *out,
    struct err *e)
{
	(void)kr;
	return jail_read_delivery(in, OCTETS(NULL, 0), out, e);
}

/* As if a body's list named the most that one may, all of them ours. */
static int
serve_list(const struct keyring *kr, struct octets in, struct buf *out,
    struct err *e)
{
	ListReading		 rs = LIST_READING__INIT;
	ListedCertificate	*rows, **at;
	uint8_t			*serials, issuer[SM3_LEN];
	size_t			 i;

	(void)kr;
	(void)in;
	(void)e;
	memset(issuer, 0xab, sizeof(issuer));
	rows = xcalloc(LIMIT_LISTED, sizeof(*rows));
	at = xcalloc(LIMIT_LISTED, sizeof(*at));
	serials = xcalloc(LIMIT_LISTED, 4);
	for (i = 0; i < LIMIT_LISTED; i++) {
		(void)snprintf((char *)serials + 4 * i, 4, "%03x",
		    (unsigned)i % 4096);
		serials[4 * i + 3] = (uint8_t)('A' + i / 4096);
		listed_certificate__init(at[i] = &rows[i]);
		rows[i].serial = (ProtobufCBinaryData){ 4, serials + 4 * i };
		rows[i].revoked_at = world_clock;
	}
	rs.issuer = (ProtobufCBinaryData){ sizeof(issuer), issuer };
	rs.this_update = world_clock;
	rs.entries = at;
	rs.n_entries = LIMIT_LISTED;
	msg_put(&rs.base, out);
	free(serials);
	free(at);
	free(rows);
	return 0;
}

static const struct {
	uint16_t	type;
	int		(*serve)(const struct keyring *kr, struct octets in,
			    struct buf *out, struct err *e);
} services[] = {
	{ MSG_TYPE__MSG_SIGN_CHECKPOINT, serve_checkpoint },
	{ MSG_TYPE__MSG_ISSUE_SIGNER, sign_issue_signer },
	{ MSG_TYPE__MSG_REQUEST_SIGNER, sign_request_signer },
	{ MSG_TYPE__MSG_READ_DELIVERY, serve_delivery },
	{ MSG_TYPE__MSG_SIGN_SEAL, sign_seal },
	{ MSG_TYPE__MSG_ISSUE_CRL, sign_issue_crl },
	{ MSG_TYPE__MSG_SIGN_OCSP, sign_ocsp },
	{ MSG_TYPE__MSG_MAKE_KEYS, sign_make_keys },
	{ MSG_TYPE__MSG_SIGN_TIME, sign_time },
	{ MSG_TYPE__MSG_DRAW_SEAL, serve_picture },
	{ MSG_TYPE__MSG_HASH_PASSWORD, serve_password },
	{ MSG_TYPE__MSG_READ_CSR, serve_csr },
	{ MSG_TYPE__MSG_READ_LIST, serve_list },
};

static void
serve_one(int fd)
{
	struct err	e = ERR_INIT, why = ERR_INIT;
	struct buf	out;
	struct msg	m;
	size_t		i;
	int		rc = ERR_DENIED;

	if (msg_read(fd, &m, &e) != 0)
		_exit(0);	/* the recorder is gone */
	buf_init(&out, 1 << 20);
	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (services[i].type == m.type)
			rc = services[i].serve(w.kr, m.body, &out, &why);
	if (rc == 0)
		rc = msg_write(fd, MSG_TYPE__MSG_KEY_REPLY, m.id,
		    buf_octets(&out), -1, &e);
	else
		rc = msg_write_err(fd, m.id, &why, &e);
	if (rc != 0)
		_exit(0);
	buf_fini(&out);
	msg_fini(&m);
}

/* Start them; their ends of the links come back. */
static pid_t
servants(int *key, int *jail)
{
	struct pollfd	p[2];
	int		k[2], j[2];
	pid_t		pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    k), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    j), 0);
	if ((pid = fork()) == 0) {
		close(k[0]);
		close(j[0]);
		p[0] = (struct pollfd){ .fd = k[1], .events = POLLIN };
		p[1] = (struct pollfd){ .fd = j[1], .events = POLLIN };
		for (;;) {
			if (poll(p, 2, -1) <= 0)
				_exit(1);
			if (p[0].revents != 0)
				serve_one(k[1]);
			if (p[1].revents != 0)
				serve_one(j[1]);
		}
	}
	close(k[1]);
	close(j[1]);
	*key = k[0];
	*jail = j[0];
	return pid;
}

/* ---- this side: the recorder, and its clients on the same loop */

struct side {
	struct ev	*ev;
	struct recorder	*r;
	struct chan	*http, *sync;
	pid_t		 pid;
	/* the last answer */
	bool		 answered;
	uint16_t	 type;
	struct buf	 body;
	struct err	 e;
	struct ev_timer	*late;
	bool		 may_stop;	/* the recorder's end is no failure */
};

static void
no_request(void *arg, struct chan *ch, struct msg *m)
{
	(void)arg;
	(void)ch;
	(void)m;
	fail_msg("the recorder asked something");
}

static void
no_close(void *arg, struct chan *ch)
{
	(void)arg;
	(void)ch;
}

static const struct chan_hooks	client_hooks = { no_request, no_close };

static struct chan *
client(struct side *s, const char *role)
{
	int	fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fd), 0);
	recorder_link(s->r, role, 0, fd[0]);
	return chan_new(s->ev, fd[1], &client_hooks, s);
}

static void
too_late(void *arg)
{
	struct side	*s = arg;

	ev_stop(s->ev);
}

static void
side_link(struct side *s)
{
	int	key, jail;

	s->pid = servants(&key, &jail);
	recorder_link(s->r, "key", 0, key);
	recorder_link(s->r, "jail", 0, jail);
}

static void
side_open(struct side *s, bool link)
{
	memset(s, 0, sizeof(*s));
	s->ev = ev_new();
	must(recorder_new(s->ev, &w.of, &s->r, ep));
	buf_init(&s->body, LIMIT_MSG_BODY);
	s->late = ev_timer_new(s->ev, too_late, s);
	s->http = client(s, "http");
	s->sync = client(s, "sync");
	if (link)
		side_link(s);
}

static void
side_close(struct side *s)
{
	chan_free(s->http);
	chan_free(s->sync);
	recorder_free(s->r);
	ev_timer_free(s->late);
	ev_free(s->ev);
	buf_fini(&s->body);
	if (s->pid > 0)
		waitpid(s->pid, NULL, 0);
}

static void
answered(void *arg, const struct msg *reply, const struct err *e)
{
	struct side	*s = arg;

	s->answered = true;
	s->e = e != NULL ? *e : (struct err)ERR_INIT;
	buf_reset(&s->body);
	s->type = 0;
	if (reply != NULL) {
		s->type = reply->type;
		buf_put_octets(&s->body, reply->body);
	}
	ev_stop(s->ev);
}

/* Ask and run the loop until the answer is there: its code. */
static int
ask(struct side *s, struct chan *ch, uint16_t type,
    const ProtobufCMessage *m)
{
	s->answered = false;
	ev_timer_set(s->late, 10000);
	chan_request(ch, type, m, -1, answered, s);
	must(ev_run(s->ev, ep));
	if (!s->may_stop)
		must(recorder_why(s->r, ep));
	else if (recorder_why(s->r, &s->e) != 0)
		return s->e.code;
	if (!s->answered)
		fail_msg("no answer to %u", type);
	return s->e.code;
}

static int
say_seen(struct side *s, const char *note)
{
	PeersSeen	m = PEERS_SEEN__INIT;

	m.note = (char *)(uintptr_t)note;
	return ask(s, s->sync, MSG_TYPE__MSG_PEERS_SEEN, &m.base);
}

static ProtobufCBinaryData
token(char c)
{
	return (ProtobufCBinaryData){ .len = SM3_LEN,
	    .data = (uint8_t *)(uintptr_t)world_token(c) };
}

/* What a CaseState said, or the error's code. */
static int
case_state(struct side *s, int64_t *id, char *state, char *code)
{
	ProtobufCMessage	*m;
	const CaseState		*c;

	if (s->e.code != 0)
		return s->e.code;
	must(msg_unpack(&case_state__descriptor, buf_octets(&s->body), &m,
	    ep));
	c = (const CaseState *)m;
	*id = c->id;
	snprintf(state, 20, "%s", c->state);
	snprintf(code, SEAL_CODE_SIZE, "%s", c->seal_code);
	protobuf_c_message_free_unpacked(m, NULL);
	return 0;
}

static const char	*submit_csr = "";	/* what say_submit() sends */

static int
say_submit(struct side *s, unsigned n, const char *key, int64_t *id,
    char *state, char *code)
{
	struct application	a = world_application(n);
	Submit			m = SUBMIT__INIT;
	uint8_t			hash[SM3_LEN];

	sm3(&n, sizeof(n), hash);
	m.token = world_token_text('a');
	m.idempotency_key = (char *)(uintptr_t)key;
	m.request_hash = (ProtobufCBinaryData){ SM3_LEN, hash };
	m.owner_name = (char *)(uintptr_t)a.owner_name;
	m.credit_code = (char *)(uintptr_t)a.credit_code;
	m.division = (char *)(uintptr_t)a.division;
	m.seal_type = a.seal_type;
	m.csr.data = (uint8_t *)(uintptr_t)submit_csr;
	m.csr.len = strlen(submit_csr);
	ask(s, s->http, MSG_TYPE__MSG_SUBMIT, &m.base);
	return case_state(s, id, state, code);
}

static int
say_decide(struct side *s, char who, int64_t id, const char *key,
    const char *decision, char *state, char *code)
{
	Decide	m = DECIDE__INIT;
	int64_t	got;

	m.token = world_token_text(who);
	m.idempotency_key = (char *)(uintptr_t)key;
	m.request_hash = token('h');
	m.id = id;
	m.decision = (char *)(uintptr_t)decision;
	m.reason = (char *)(uintptr_t)(strcmp(decision, "approve") == 0 ?
	    "" : "not in order");
	ask(s, s->http, MSG_TYPE__MSG_DECIDE, &m.base);
	return case_state(s, &got, state, code);
}

static int
say_event_as(struct side *s, char who, const char *code, const char *kind,
    const char *key)
{
	ChangeSeal	m = CHANGE_SEAL__INIT;

	m.token = world_token_text(who);
	m.idempotency_key = (char *)(uintptr_t)key;
	m.request_hash = token('h');
	m.seal_code = (char *)(uintptr_t)code;
	m.kind = (char *)(uintptr_t)kind;
	m.reason = (char *)(uintptr_t)"other";
	return ask(s, s->http, MSG_TYPE__MSG_SEAL_EVENT, &m.base);
}

static int
say_event(struct side *s, const char *code, const char *kind,
    const char *key)
{
	return say_event_as(s, 'c', code, kind, key);
}

static int
say_login(struct side *s, const char *name, const char *password, char t)
{
	Login	m = LOGIN__INIT;

	m.name = (char *)(uintptr_t)name;
	m.password = (char *)(uintptr_t)password;
	m.token_hash = token(t);
	return ask(s, s->http, MSG_TYPE__MSG_LOGIN, &m.base);
}

/* ---- cases */

static int
setup(void **state)
{
	(void)state;
	world_new(&w);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

#define refused(CALL, CODE, ID)	do {					\
	struct world_facts before_ = world_facts(&w), after_;		\
	assert_int_equal((CALL), (CODE));				\
	assert_string_equal(s.e.id, (ID));				\
	after_ = world_facts(&w);					\
	assert_same(&before_, &after_);					\
} while (0)

static void
test_story(void **state)
{
	struct world_facts	before, after;
	struct log_audit	a;
	struct side		s;
	char			st[20], code[SEAL_CODE_SIZE];
	int64_t			id, same;

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), 0);
	assert_int_equal(say_submit(&s, 1, "s1", &id, st, code), 0);
	assert_string_equal(st, "submitted");
	/* the same again is the same answer; another body is refused */
	assert_int_equal(say_submit(&s, 1, "s1", &same, st, code), 0);
	assert_int_equal(same, id);
	refused(say_submit(&s, 2, "s1", &same, st, code), ERR_CONFLICT,
	    "idempotency-mismatch");
	assert_int_equal(say_decide(&s, 'c', id, "d1", "approve", st, code),
	    0);
	assert_string_equal(st, "under_review");
	assert_string_equal(code, "");
	refused(say_decide(&s, 'c', id, "d1b", "approve", st, code),
	    ERR_CONFLICT, "same-officer");
	assert_int_equal(say_decide(&s, 'r', id, "d2", "approve", st, code),
	    0);
	assert_string_equal(st, "filed");
	assert_string_equal(code, WORLD_DIVISION "00000001");
	/* asked again: its present state */
	assert_int_equal(say_decide(&s, 'c', id, "d1", "approve", st, code),
	    0);
	assert_string_equal(st, "filed");
	refused(say_decide(&s, 'c', id + 1, "d1", "approve", st, code),
	    ERR_CONFLICT, "idempotency-mismatch");
	assert_int_equal(filer_count(s.r->filer), 0);

	assert_int_equal(say_event(&s, code, "suspended", "e1"), 0);
	/* the same again says the same, and nothing happens again */
	before = world_facts(&w);
	assert_int_equal(say_event(&s, code, "suspended", "e1"), 0);
	after = world_facts(&w);
	assert_same(&before, &after);
	refused(say_event(&s, code, "suspended", "e2"), ERR_CONFLICT,
	    "illegal-transition");
	side_close(&s);
	must(store_begin(w.of.st, ep));
	must(log_audit(w.of.st, &registry_rules, &a, ep));
	must(store_commit(w.of.st, ep));
	assert_int_equal(a.keys, 1);
}

/* ---- time-stamps */

static int
say_stamp_from(struct side *s, const char *policy, const char *asker)
{
	static uint8_t	imprint[TSA_IMPRINT_LEN] = { 1, 2, 3 };
	TimeQuery	m = TIME_QUERY__INIT;

	m.hash = TSA_SM3;
	m.imprint = (ProtobufCBinaryData){ sizeof(imprint), imprint };
	m.policy = (ProtobufCBinaryData){ strlen(policy),
	    (uint8_t *)(uintptr_t)policy };
	m.certificate = true;
	m.asker = (ProtobufCBinaryData){ strlen(asker),
	    (uint8_t *)(uintptr_t)asker };
	return ask(s, s->http, MSG_TYPE__MSG_TIME_STAMP, &m.base);
}

static int
say_stamp(struct side *s, const char *policy)
{
	return say_stamp_from(s, policy, "");
}

/* What a peer's note says the time is, and its server; 0: nothing. */
static int
say_peer(struct side *s, const char *province, int64_t signed_at,
    int64_t date)
{
	PeerTime	m = PEER_TIME__INIT;

	m.province = (char *)(uintptr_t)province;
	m.signed_at = signed_at;
	m.date = date;
	m.heard_ms = tm_mono_ms();
	return ask(s, s->sync, MSG_TYPE__MSG_PEER_TIME, &m.base);
}

static int
say_peer_time(struct side *s, const char *province, int64_t off)
{
	return say_peer(s, province, world_clock + off, 0);
}

static int
say_peer_date(struct side *s, const char *province, int64_t off)
{
	return say_peer(s, province, 0, world_clock + off);
}

static void
test_time_stamp(void **state)
{
	static const int64_t	none[] = { -1, TM_MAX + 1, INT64_MAX / 1000 + 1,
				    INT64_MAX, INT64_MIN };
	size_t			i;
	ProtobufCMessage	*m;
	const RecorderStats	*st;
	struct side		 s;
	struct tst		 t;

	(void)state;
	side_open(&s, true);
	refused(say_stamp(&s, ""), ERR_BUSY, "not-ready");
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_stamp(&s, ""), 0);
	must(msg_unpack(&signed_time__descriptor, buf_octets(&s.body), &m,
	    ep));
	must(tst_parse(OCTETS(((SignedTime *)m)->token.data,
	    ((SignedTime *)m)->token.len), &t, ep));
	must(tst_verify(&t, ep));
	protobuf_c_message_free_unpacked(m, NULL);
	assert_int_equal(say_stamp(&s, "\x88\x37\x98\x59\x01"), 0);
	refused(say_stamp(&s, "\x2a\x03"), ERR_INVAL, "time-query-policy");

	/* Only sync tells of peers' times. */
	refused(ask(&s, s.http, MSG_TYPE__MSG_PEER_TIME, NULL), ERR_DENIED,
	    "denied");
	/* Nor of times that are none: sync reads what strangers send. */
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(say_peer(&s, "33", none[i], 0), ERR_INVAL);
		assert_int_equal(say_peer(&s, "33", 0, none[i]), ERR_INVAL);
	}
	assert_int_equal(say_peer_time(&s, "33", 3600), 0);
	refused(say_stamp(&s, ""), ERR_BUSY, "clock-behind");
	assert_int_equal(say_peer_time(&s, "32", 0), 0);
	assert_int_equal(say_peer_time(&s, "31", 0), 0);
	assert_int_equal(say_stamp(&s, ""), 0);
	world_clock += 30;
	refused(say_stamp(&s, ""), ERR_BUSY, "clock-jumped");
	world_clock -= 30;

	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_STATS, NULL), 0);
	must(msg_unpack(&recorder_stats__descriptor, buf_octets(&s.body), &m,
	    ep));
	st = (const RecorderStats *)m;
	assert_int_equal(st->stamps, 3);
	assert_int_equal(st->stamps_refused, 4);
	assert_string_equal(st->stamps_refuses, "");
	assert_int_equal(st->clock_peers, 3);
	assert_int_equal(st->clock_off, 1);
	protobuf_c_message_free_unpacked(m, NULL);
	side_close(&s);
}

static void
stopped(const struct side *s, int rc, const char *why)
{
	assert_int_equal(rc, ERR_BUSY);
	assert_string_equal(s->e.id, why);
}

/* Nothing goes into the log, whoever asks for what. */
static void
records_nothing(struct side *s, int64_t id, const char *why)
{
	const struct log_head	*head = log_head_of(w.of.lg);
	const uint64_t		 size = head->size;
	const int64_t		 at = head->signed_at;
	char			 st[20], code[SEAL_CODE_SIZE];
	int64_t			 new;

	stopped(s, ask(s, s->http, MSG_TYPE__MSG_PING, NULL), why);
	stopped(s, say_submit(s, 3, "", &new, st, code), why);
	stopped(s, say_decide(s, 'r', id, "r", "approve", st, code), why);
	stopped(s, say_event(s, WORLD_DIVISION "00000001", "suspended", ""),
	    why);
	stopped(s, say_stamp(s, ""), why);
	head = log_head_of(w.of.lg);
	assert_int_equal(head->size, size);
	assert_int_equal(head->signed_at, at);
}

/* It starts ahead of its peers: heard before the first signature. */
static void
test_starts_ahead(void **state)
{
	struct side	s;
	char		st[20], code[SEAL_CODE_SIZE];
	int64_t		id;

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_peer_date(&s, "33", -7200), 0);
	assert_int_equal(say_peer_date(&s, "32", -7200), 0);
	assert_int_equal(say_seen(&s, ""), 0);
	records_nothing(&s, 1, "clock-ahead");
	/* A liar alone does not stop it. */
	assert_int_equal(say_peer_date(&s, "32", 0), 0);
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), 0);
	assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "", "approve", st, code), 0);
	assert_int_equal(say_decide(&s, 'r', id, "", "approve", st, code), 0);
	assert_string_equal(st, "filed");
	side_close(&s);
}

/* It was ahead, has filed, and was set right: it waits, and goes on. */
static void
test_was_ahead(void **state)
{
	struct side	s;
	char		st[20], code[SEAL_CODE_SIZE];
	int64_t		id;

	(void)state;
	world_clock += 7200;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "", "approve", st, code), 0);
	assert_int_equal(say_decide(&s, 'r', id, "", "approve", st, code), 0);
	assert_string_equal(st, "filed");
	assert_int_equal(log_head_of(w.of.lg)->signed_at, world_clock);
	assert_int_equal(say_submit(&s, 2, "", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "", "approve", st, code), 0);
	world_clock -= 7200;
	records_nothing(&s, id, "clock-behind");
	side_close(&s);

	/* Nor does the next recorder write on. */
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	records_nothing(&s, id, "clock-behind");
	world_clock += 7200 - 61;
	refused(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), ERR_BUSY,
	    "clock-behind");
	world_clock++;
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), 0);
	assert_int_equal(say_decide(&s, 'r', id, "", "approve", st, code), 0);
	assert_string_equal(st, "filed");
	side_close(&s);
}

/* tsa_rate is 3 in this world. */
static void
test_stamp_rate(void **state)
{
	struct side	s;
	int		i, good = 0, busy = 0;
	const int64_t	begin = tm_mono_ms();

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	for (i = 0; i < 30; i++)
		if (say_stamp(&s, "") == 0)
			good++;
		else if (strcmp(s.e.id, "too-many-requests") == 0)
			busy++;
	assert_int_equal(good + busy, 30);
	assert_in_range(good, 3, 4 + 3 * (tm_mono_ms() - begin) / 1000);
	/* The office is not kept waiting by it. */
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), 0);
	side_close(&s);
}

/* Who asks without end leaves something for others: half of it, rounded up. */
static void
test_stamp_shares(void **state)
{
	struct side	s;
	int		i, good = 0;
	const int64_t	begin = tm_mono_ms();

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	for (i = 0; i < 20; i++)
		if (say_stamp_from(&s, "", "one address") == 0)
			good++;
		else
			assert_string_equal(s.e.id, "too-many-requests");
	assert_in_range(good, 2, 3 + 2 * (tm_mono_ms() - begin) / 1000);
	assert_int_equal(say_stamp_from(&s, "", "another"), 0);
	side_close(&s);
}

static void
test_v5(void **state)
{
	struct side	s;
	char		st[20], code[SEAL_CODE_SIZE];
	int64_t		id;

	(void)state;
	w.cf.seal_generation = (char *)(uintptr_t)"V5";
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_submit(&s, 1, "s1", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "d1", "approve", st, code),
	    0);
	/* By a clock that is off nobody approves; rejecting is free. */
	assert_int_equal(say_peer_time(&s, "33", -3600), 0);
	assert_int_equal(say_peer_time(&s, "33", 3600), 0);
	refused(say_decide(&s, 'r', id, "d2", "approve", st, code), ERR_BUSY,
	    "clock-behind");
	refused(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), ERR_BUSY,
	    "clock-behind");
	assert_int_equal(say_peer_time(&s, "32", 0), 0);
	assert_int_equal(say_peer_time(&s, "31", 0), 0);
	assert_int_equal(say_decide(&s, 'r', id, "d2", "approve", st, code),
	    0);
	assert_string_equal(st, "filed");
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), 0);
	side_close(&s);
}

/*
 * Decided, and the clock goes wrong before it is made: the case waits, and is
 * taken up by itself when the clock is right.
 */
static void
test_v5_waits(void **state)
{
	struct side	s;
	char		st[20], code[SEAL_CODE_SIZE];
	int64_t		id, until;

	(void)state;
	w.cf.seal_generation = (char *)(uintptr_t)"V5";
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_submit(&s, 1, "s1", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "d1", "approve", st, code),
	    0);
	/* As V4 it may be decided while the key process is away. */
	w.cf.seal_generation = (char *)(uintptr_t)"V4";
	kill(s.pid, SIGKILL);
	waitpid(s.pid, NULL, 0);
	assert_int_equal(say_decide(&s, 'r', id, "d2", "approve", st, code),
	    ERR_BUSY);
	w.cf.seal_generation = (char *)(uintptr_t)"V5";
	assert_int_equal(say_peer_time(&s, "33", 3600), 0);
	side_link(&s);
	recorder_clock(s.r);
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), ERR_BUSY);
	assert_string_equal(s.e.id, "clock-behind");
	assert_int_equal(filer_count(s.r->filer), 1);
	assert_int_equal(filer_filed(s.r->filer), 0);

	assert_int_equal(say_peer_time(&s, "32", 0), 0);
	assert_int_equal(say_peer_time(&s, "31", 0), 0);
	recorder_clock(s.r);		/* what the chores do every 5 s */
	until = tm_mono_ms() + 10000;
	while (filer_count(s.r->filer) > 0 && tm_mono_ms() < until)
		assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL),
		    0);
	assert_int_equal(filer_filed(s.r->filer), 1);
	side_close(&s);
}

/* A list of the province that has the maker's certificate on it. */
static void
revoke_maker(void)
{
	const struct cert	*maker = keyring_cert(w.kr, KEY_MAKER);
	const struct cert_facts	*f = cert_facts(maker);
	struct crl_entry	 entry = { .seriallen = f->seriallen,
				    .revoked_at = world_clock - 60,
				    .reason = 1 };
	const struct crl_spec	 spec = { .entries = &entry, .nentries = 1,
				    .number = 2, .this_update = world_clock,
				    .next_update = world_clock + 86400 };
	struct buf		 der;

	buf_init(&der, LIMIT_CA_OBJECT);
	memcpy(entry.serial, f->serial, f->seriallen);
	must(crl_issue(&spec, keyring_cert(w.kr, KEY_AUTHORITY), w.kr,
	    KEY_AUTHORITY, &der, ep));
	const struct val	 v[] = { val_text(CA_PROVINCE_CRL),
				    val_blob(buf_octets(&der)), val_int(2),
				    val_int(world_clock), val_int(1),
				    val_int(0) };

	must(store_begin(w.of.st, ep));
	must(store_run(w.of.st, STMT_OFFICE_CA_PUT, v, 6, NULL, ep));
	must(store_commit(w.of.st, ep));
	buf_fini(&der);
}

/* The maker's certificate is looked at before anything is made. */
static void
test_v5_maker(void **state)
{
	static const char *const names[] = { CA_PROVINCE_CRL, CA_ROOT_CRL,
	    CA_MAKER_CRT };
	struct val	v;
	struct err	e;
	size_t		i;

	(void)state;
	must(office_maker_check(&w.of, world_clock, ep));
	e = (struct err)ERR_INIT;
	/* The lists are seven days old by then. */
	assert_int_equal(office_maker_check(&w.of, world_clock + 8 * 86400,
	    &e), ERR_BUSY);
	assert_string_equal(e.id, "maker-certificate");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		v = val_text(names[i]);
		must(store_begin(w.of.st, ep));
		must(store_run(w.of.st, STMT_OFFICE_CA_DROP, &v, 1, NULL,
		    ep));
		e = (struct err)ERR_INIT;
		assert_int_equal(office_maker_check(&w.of, world_clock, &e),
		    ERR_BUSY);
		assert_string_equal(e.id, "maker-certificate");
		store_rollback(w.of.st);
	}
	revoke_maker();
	e = (struct err)ERR_INIT;
	assert_int_equal(office_maker_check(&w.of, world_clock, &e),
	    ERR_BUSY);
	assert_non_null(strstr(e.text, "[certificate-revoked]"));
}

static void
test_login(void **state)
{
	struct side	s;
	int		i;

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_login(&s, "clerk", "right", 'n'), 0);
	refused(say_login(&s, "clerk", "wrong", 'm'), ERR_DENIED,
	    "bad-credentials");
	refused(say_login(&s, "nobody", "right", 'm'), ERR_DENIED,
	    "bad-credentials");
	for (i = 0; i < 4; i++)
		assert_int_equal(say_login(&s, "clerk", "wrong", 'm'),
		    ERR_DENIED);
	refused(say_login(&s, "clerk", "right", 'm'), ERR_BUSY,
	    "too-many-attempts");
	side_close(&s);
}

static void
test_who_asks(void **state)
{
	PeersSeen	seen = PEERS_SEEN__INIT;
	Logout		out = LOGOUT__INIT;
	struct side	s;

	(void)state;
	side_open(&s, true);
	refused(ask(&s, s.http, MSG_TYPE__MSG_PEERS_SEEN, &seen.base),
	    ERR_DENIED, "denied");
	refused(ask(&s, s.sync, MSG_TYPE__MSG_LOGOUT, &out.base),
	    ERR_DENIED, "denied");
	refused(ask(&s, s.http, MSG_TYPE__MSG_SIGN_SEAL, NULL), ERR_DENIED,
	    "denied");
	side_close(&s);
}

/* Nothing is signed before peers have said what they saw. */
/*
 * Whoever took http over reads the hashes of sessions in the database.  They
 * open nothing.
 */
static void
test_hash_is_no_token(void **state)
{
	struct side	s;
	ChangeSeal	m = CHANGE_SEAL__INIT;
	Logout		out = LOGOUT__INIT;
	char		hash[2 * SM3_LEN + 1];

	(void)state;
	side_open(&s, true);
	must(say_seen(&s, ""));
	hex_encode(world_token('c'), SM3_LEN, hash);
	m.token = hash;
	m.idempotency_key = (char *)(uintptr_t)"";
	m.request_hash = token('h');
	m.seal_code = (char *)(uintptr_t)"44010600000001";
	m.kind = (char *)(uintptr_t)"suspended";
	m.reason = (char *)(uintptr_t)"other";
	refused(ask(&s, s.http, MSG_TYPE__MSG_SEAL_EVENT, &m.base),
	    ERR_DENIED, "no-session");
	out.token = hash;
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_LOGOUT, &out.base), 0);
	/* The session is there still: the seal is what is missing. */
	assert_int_equal(say_event(&s, "44010600000001", "suspended", ""),
	    ERR_NOTFOUND);
	side_close(&s);
}

static void
test_waits_for_peers(void **state)
{
	struct side	s;

	(void)state;
	side_open(&s, true);
	refused(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), ERR_BUSY,
	    "not-ready");
	assert_int_equal(say_seen(&s, log_head_of(w.of.lg)->checkpoint), 0);
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), 0);
	side_close(&s);
}

static void
test_log_behind(void **state)
{
	struct hash	root = { { 9 } };
	struct side	s;
	char		st[20], code[SEAL_CODE_SIZE];
	char		*note = NULL;
	int64_t		id;
	size_t		i;
	/* a longer log, and another log of our length */
	const uint64_t	sizes[] = { 7, 1 };

	(void)state;
	for (i = 0; i < 2; i++) {
		must(world_sign(&w, sizes[i], &root, world_clock, &note, ep));
		side_open(&s, true);
		assert_int_equal(say_seen(&s, note), 0);
		refused(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), ERR_BUSY,
		    "log-behind");
		refused(say_submit(&s, 1, "", &id, st, code), ERR_BUSY,
		    "log-behind");
		refused(say_event(&s, WORLD_DIVISION "00000001",
		    "suspended", ""), ERR_BUSY, "log-behind");
		refused(say_decide(&s, 'c', 1, "", "approve", st, code),
		    ERR_BUSY, "log-behind");
		/* who may log in still may */
		assert_int_equal(say_login(&s, "clerk", "right",
		    (char)('0' + i)), 0);
		side_close(&s);
		free(note);
	}
}

/* Somebody else's note says nothing about us. */
static void
test_seen_forged(void **state)
{
	struct side	s;
	char		*note = NULL, *p;
	struct hash	 root = { { 9 } };

	(void)state;
	must(world_sign(&w, 7, &root, world_clock, &note, ep));
	p = strchr(note, '7');
	*p = '8';
	side_open(&s, true);
	assert_int_equal(say_seen(&s, note), 0);
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), 0);
	side_close(&s);
	free(note);
}

/* The key process goes away: the case stays, and is taken up again. */
static void
test_key_lost(void **state)
{
	struct side	s;
	char		st[20], code[SEAL_CODE_SIZE];
	int64_t		id, until;

	(void)state;
	side_open(&s, false);
	assert_int_equal(say_seen(&s, ""), 0);
	refused(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), ERR_BUSY,
	    "key-unavailable");
	refused(say_submit(&s, 1, "s1", &id, st, code), ERR_BUSY,
	    "jail-unavailable");
	side_link(&s);
	assert_int_equal(say_submit(&s, 1, "s1", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "d1", "approve", st, code),
	    0);
	kill(s.pid, SIGKILL);
	waitpid(s.pid, NULL, 0);
	assert_int_equal(say_decide(&s, 'r', id, "d2", "approve", st, code),
	    ERR_BUSY);
	assert_int_equal(filer_count(s.r->filer), 1);
	refused(say_event(&s, WORLD_DIVISION "00000001", "suspended", ""),
	    ERR_NOTFOUND, "not-filed");
	side_link(&s);
	until = tm_mono_ms() + 10000;
	while (filer_count(s.r->filer) > 0 && tm_mono_ms() < until)
		assert_int_equal(say_decide(&s, 'r', id, "d2", "approve", st,
		    code), 0);
	assert_int_equal(say_decide(&s, 'r', id, "d2", "approve", st, code),
	    0);
	assert_string_equal(st, "filed");
	side_close(&s);
}

static void
not_told(void *arg, const struct msg *reply, const struct err *e)
{
	(void)e;
	assert_null(reply);
	*(bool *)arg = true;
}

/* It ends while the key process works on a filing: nobody comes back to that. */
static void
test_ends_while_filing(void **state)
{
	struct side	s;
	Decide		m = DECIDE__INIT;
	char		st[20], code[SEAL_CODE_SIZE];
	int64_t		id, until = tm_mono_ms() + 10000;
	int		mute[2], key, jail;
	bool		told = false;

	(void)state;
	side_open(&s, false);
	s.pid = servants(&key, &jail);
	recorder_link(s.r, "jail", 0, jail);
	/* A key process that is slow. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    mute), 0);
	recorder_link(s.r, "key", 0, mute[0]);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_submit(&s, 1, "s1", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "d1", "approve", st, code),
	    0);
	m.token = world_token_text('r');
	m.idempotency_key = (char *)(uintptr_t)"d2";
	m.request_hash = token('h');
	m.id = id;
	m.decision = (char *)(uintptr_t)"approve";
	chan_request(s.http, MSG_TYPE__MSG_DECIDE, &m.base, -1, not_told,
	    &told);
	while (filer_at_work(s.r->filer) == 0 && tm_mono_ms() < until)
		assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL),
		    0);
	assert_int_equal(filer_at_work(s.r->filer), 1);
	close(key);
	side_close(&s);
	assert_true(told);
	close(mute[1]);
}

/* Many filings at the same time share commits and checkpoints. */
#define MANY	48

struct many {
	struct side	*s;
	unsigned	 answers, filed;
};

static void
many_answered(void *arg, const struct msg *reply, const struct err *e)
{
	struct many		*m = arg;
	ProtobufCMessage	*c;

	if (e != NULL)
		fail_msg("[%s] %s", e->id, e->text);
	must(msg_unpack(&case_state__descriptor, reply->body, &c, ep));
	m->filed += strcmp(((CaseState *)c)->state, "filed") == 0;
	protobuf_c_message_free_unpacked(c, NULL);
	if (++m->answers == MANY)
		ev_stop(m->s->ev);
}

static void
test_many_at_once(void **state)
{
	struct batch_counts	before, after;
	struct log_audit	a;
	struct many		m = { .answers = 0 };
	struct side		s;
	Decide			d = DECIDE__INIT;
	char			st[20], code[SEAL_CODE_SIZE];
	int64_t			id[MANY];
	unsigned		i;

	(void)state;
	side_open(&s, true);
	m.s = &s;
	assert_int_equal(say_seen(&s, ""), 0);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(say_submit(&s, 1 + i, "", &id[i], st, code),
		    0);
		assert_int_equal(say_decide(&s, 'c', id[i], "", "approve",
		    st, code), 0);
	}
	before = batch_counts_of(s.r->batch);
	for (i = 0; i < MANY; i++) {
		d.token = world_token_text('r');
		d.request_hash = token('h');
		d.id = id[i];
		d.decision = (char *)(uintptr_t)"approve";
		chan_request(s.http, MSG_TYPE__MSG_DECIDE, &d.base, -1,
		    many_answered, &m);
	}
	ev_timer_set(s.late, 30000);
	must(ev_run(s.ev, ep));
	assert_int_equal(m.filed, MANY);
	after = batch_counts_of(s.r->batch);
	assert_true(after.checkpoints - before.checkpoints < MANY);
	assert_true(after.commits - before.commits < 2 * MANY);
	assert_int_equal(filer_count(s.r->filer), 0);
	side_close(&s);
	must(store_begin(w.of.st, ep));
	must(log_audit(w.of.st, &registry_rules, &a, ep));
	must(store_commit(w.of.st, ep));
	assert_int_equal(a.keys, MANY);
}

/* What one number of the database says, by a reader of its own. */
static int
count_of(const char *sql, const struct buf *of)
{
	char		*path = xasprintf("%s/province.db", w.dir);
	sqlite3_stmt	*s;
	sqlite3		*db;
	int		 n;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL),
	    SQLITE_OK);
	if (of != NULL)
		assert_int_equal(sqlite3_bind_blob(s, 1, of->p, (int)of->len,
		    SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	free(path);
	return n;
}

/* Certificates of a licensed body, as many as one list may name. */
static void
fill_body(void)
{
	static const char	sql[] =
	    "INSERT INTO ca_object (name, der, number, updated)"
	    " VALUES ('" CA_EXTERNAL "', x'3000', 0, 0);"
	    "CREATE TEMP TABLE n AS WITH RECURSIVE c (i) AS (SELECT 0"
	    " UNION ALL SELECT i + 1 FROM c WHERE i < 29999) SELECT i FROM c;"
	    "INSERT INTO application (id, account, state, owner_name,"
	    " credit_code, division, seal_type, seal_name, horizontal_text,"
	    " created, updated, seal_code) SELECT 1000000 + i, 1, 9, 'o',"
	    " 'c', '" WORLD_DIVISION "', 1, 's', '', 0, 0,"
	    " '" WORLD_DIVISION "' || printf('%08d', i) FROM n;"
	    "INSERT INTO cert_request (application, created, request,"
	    " certificate, issuer, serial) SELECT 1000000 + i, 0, x'30',"
	    " x'30', x'abababababababababababababababab"
	    "abababababababababababababababab', CAST(printf('%03x%c',"
	    " i % 4096, char(65 + i / 4096)) AS BLOB) FROM n;";
	char			*path = xasprintf("%s/province.db", w.dir);
	char			*why = NULL;
	sqlite3			*db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	free(path);
}

/* The longest list there may be is answered as a whole. */
static void
test_body_list(void **state)
{
	TakeList		 m = TAKE_LIST__INIT;
	ProtobufCMessage	*got;
	struct side		 s;

	(void)state;
	fill_body();
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	m.token = world_token_text('c');
	m.list = (ProtobufCBinaryData){ 1, (uint8_t *)(uintptr_t)"x" };
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_TAKE_LIST, &m.base),
	    0);
	must(msg_unpack(&list_taken__descriptor, buf_octets(&s.body), &got,
	    ep));
	assert_int_equal(((ListTaken *)got)->n_results, LIMIT_LISTED);
	assert_true(((ListTaken *)got)->name[0] != '\0');
	protobuf_c_message_free_unpacked(got, NULL);
	side_close(&s);
}

/* The signer's certificate of this seal is for that point. */
static void
assert_certified(const char *code, const uint8_t point[SM2_POINT_LEN])
{
	const struct val	 v[] = { val_text(code) };
	struct query		*q;
	struct cert		*cert;
	uint8_t			 got[SM2_POINT_LEN];
	bool			 row;

	must(store_query(w.of.st, STMT_OFFICE_SEAL_GET, v, 1, &q, ep));
	must(query_next(q, &row, ep));
	assert_true(row);
	must(cert_parse(query_blob(q, 3), &cert, ep));
	query_done(q);
	must(cert_point(cert, got, ep));
	assert_memory_equal(got, point, SM2_POINT_LEN);
	cert_free(cert);
}

/* An applicant who has a key gets a certificate for that key, and no other. */
static void
test_own_key(void **state)
{
	struct office_case	*c;
	struct side		 s;
	uint8_t			 point[SM2_POINT_LEN];
	char			 st[20], code[SEAL_CODE_SIZE];
	int64_t			 id;

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	submit_csr = "certificate request";
	assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
	submit_csr = "";
	must(keyring_point(w.kr, KEY_CHECKPOINT, point, ep));
	must(case_get(&w.of, id, &c, ep));
	assert_int_equal(c->public_key_len, SM2_POINT_LEN);
	assert_memory_equal(c->public_key, point, SM2_POINT_LEN);
	case_free(c);
	assert_int_equal(say_decide(&s, 'c', id, "", "approve", st, code), 0);
	assert_int_equal(say_decide(&s, 'r', id, "", "approve", st, code), 0);
	assert_string_equal(st, "filed");
	assert_certified(code, point);
	side_close(&s);
}

/* Wait until no key is to be made; the one of this case, if it has one. */
static bool
key_of(struct side *s, int64_t id, uint8_t point[SM2_POINT_LEN],
    struct buf *wrapped)
{
	int64_t	due[LIMIT_KEYS_AHEAD], until = tm_mono_ms() + 10000;
	size_t	n;
	bool	has;

	do {
		assert_int_equal(ask(s, s->http, MSG_TYPE__MSG_PING, NULL),
		    0);
		must(office_key_due(&w.of, due, &n, ep));
		assert_true(tm_mono_ms() < until);
	} while (n > 0);
	must(office_key_get(&w.of, id, point, wrapped, &has, ep));
	return has;
}

/* A key made while the officers decide is the one that is certified. */
static void
test_key_ahead(void **state)
{
	struct side	 s;
	struct buf	 wrapped;
	uint8_t		 point[SM2_POINT_LEN];
	char		 st[20], code[SEAL_CODE_SIZE];
	int64_t		 id;

	(void)state;
	buf_init(&wrapped, 512);
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
	assert_true(key_of(&s, id, point, &wrapped));
	assert_int_equal(say_decide(&s, 'c', id, "", "approve", st, code), 0);
	assert_int_equal(say_decide(&s, 'r', id, "", "approve", st, code), 0);
	assert_string_equal(st, "filed");
	assert_certified(code, point);
	/* With the seal, and nowhere else. */
	assert_int_equal(count_of("SELECT count(*) FROM seal_made WHERE "
	    "wrapped_key = ?", &wrapped), 1);
	assert_int_equal(count_of("SELECT count(*) FROM signer_key", NULL), 0);
	side_close(&s);
	buf_wipe(&wrapped);
}

/* A case that comes to nothing leaves no key, made or under way. */
static void
test_key_of_nothing(void **state)
{
	static const char *const ends[] = { "reject", "return" };
	struct side	s;
	struct buf	wrapped;
	uint8_t		point[SM2_POINT_LEN];
	char		st[20], code[SEAL_CODE_SIZE];
	int64_t		id;
	unsigned	i;

	(void)state;
	buf_init(&wrapped, 512);
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
		if (i < 2)
			assert_true(key_of(&s, id, point, &wrapped));
		assert_int_equal(say_decide(&s, 'c', id, "", ends[i % 2], st,
		    code), 0);
		assert_false(key_of(&s, id, point, &wrapped));
		assert_int_equal(count_of("SELECT count(*) FROM signer_key",
		    NULL), 0);
	}
	/* One that comes too late is forgotten. */
	must(store_begin(w.of.st, ep));
	must(office_key_put(&w.of, id, OCTETS(point, sizeof(point)),
	    OCTETS("late", 4), ep));
	must(store_commit(w.of.st, ep));
	assert_int_equal(count_of("SELECT count(*) FROM signer_key", NULL), 0);
	side_close(&s);
	buf_wipe(&wrapped);
}

/* No key process: cases come in all the same, and keys when there is one. */
static void
test_key_later(void **state)
{
	struct side	s;
	struct buf	wrapped;
	uint8_t		point[SM2_POINT_LEN];
	char		st[20], code[SEAL_CODE_SIZE];
	int64_t		id;
	int		key, jail;

	(void)state;
	buf_init(&wrapped, 512);
	side_open(&s, false);
	assert_int_equal(say_seen(&s, ""), 0);
	s.pid = servants(&key, &jail);
	recorder_link(s.r, "jail", 0, jail);
	assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
	assert_int_equal(count_of("SELECT count(*) FROM signer_key WHERE "
	    "wrapped_key IS NULL", NULL), 1);
	recorder_link(s.r, "key", 0, key);
	assert_true(key_of(&s, id, point, &wrapped));
	side_close(&s);
	buf_wipe(&wrapped);
}

/* Wait until nothing of the authority is due. */
static void
settled(struct side *s)
{
	struct ocsp_batch	b;
	int64_t			until = tm_mono_ms() + 10000;
	unsigned		shard;
	bool			due, more;

	do {
		assert_int_equal(ask(s, s->http, MSG_TYPE__MSG_PING, NULL),
		    0);
		must(office_crl_due(&w.of, 0, &due, &shard, ep));
		must(office_ocsp_ask(&w.of, false, LIMIT_OCSP_BATCH, &b, ep));
		more = b.ask != NULL;
		ocsp_batch_fini(&b);
		assert_true(tm_mono_ms() < until);
	} while (due || more);
}

/* What the list and the answer say of a certificate. */
static void
assert_status(const uint8_t *serial, size_t len, int64_t revoked_at,
    unsigned reason)
{
	const struct val	 name = val_text(CA_PROVINCE_CRL);
	const struct val	 v = val_blob(OCTETS(serial, len));
	struct query		*q;
	struct crl		*crl;
	struct crl_entry	 entry;
	struct ocsp_answer	 a;
	bool			 row;

	must(store_query(w.of.st, STMT_OFFICE_CA_GET, &name, 1, &q, ep));
	must(query_next(q, &row, ep));
	must(crl_parse(query_blob(q, 0), &crl, ep));
	query_done(q);
	assert_int_equal(crl_find(crl, serial, len, &entry), revoked_at != 0);
	if (revoked_at != 0) {
		assert_int_equal(entry.revoked_at, revoked_at);
		assert_int_equal(entry.reason, reason);
	}
	must(crl_verify(crl, keyring_cert(w.kr, KEY_AUTHORITY), ep));
	crl_free(crl);
	must(store_query(w.of.st, STMT_OFFICE_OCSP_GET, &v, 1, &q, ep));
	must(query_next(q, &row, ep));
	assert_true(row);
	must(ocsp_answer_read(query_blob(q, 0), &a, ep));
	must(ocsp_answer_verify(&a, keyring_cert(w.kr, KEY_AUTHORITY), ep));
	assert_int_equal(a.status.revoked_at, revoked_at);
	assert_int_equal(a.status.reason, reason);
	query_done(q);
}

/*
 * Suspended is on hold, resumed is good again, ended is revoked, from the
 * moment of the hold and with the reason; also after it has expired.
 */
static void
test_certificate_status(void **state)
{
	static const struct {
		const char	*kind;
		bool		 from_hold;	/* counts from the last hold */
		unsigned	 reason;
	} t[] = {
		{ "suspended", false, 6 }, { "resumed", false, 0 },
		{ "lost", false, 6 }, { "recovered", false, 0 },
		{ "suspended", false, 6 }, { "lost", true, 6 },
		{ "revoked", true, 9 },
	};
	struct office_case	*c;
	struct side		 s;
	char			 st[20], code[SEAL_CODE_SIZE];
	int64_t			 id, hold = 0;
	size_t			 i;

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "", "approve", st, code), 0);
	assert_int_equal(say_decide(&s, 'r', id, "", "approve", st, code), 0);
	must(case_get(&w.of, id, &c, ep));
	recorder_ocsp(s.r);
	settled(&s);
	assert_status(c->serial, c->serial_len, 0, 0);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		world_clock += 5;
		if (!t[i].from_hold)
			hold = world_clock;
		assert_int_equal(say_event(&s, code, t[i].kind, ""), 0);
		settled(&s);
		assert_status(c->serial, c->serial_len,
		    t[i].reason == 0 ? 0 : hold, t[i].reason);
	}
	/* For good: no statement of ours takes it back. */
	{
		const struct val	v = val_text(code);
		int64_t			n;

		must(store_begin(w.of.st, ep));
		must(store_run(w.of.st, STMT_OFFICE_CERT_RESUME, &v, 1, &n,
		    ep));
		assert_int_equal(n, 0);
		must(store_commit(w.of.st, ep));
	}
	case_free(c);
	side_close(&s);
}

/* A seal that has expired can still be revoked, and its answer says so. */
static void
test_revoked_after_expiry(void **state)
{
	struct office_case	*c;
	struct side		 s;
	char			 st[20], code[SEAL_CODE_SIZE];
	int64_t			 id, expires;

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "", "approve", st, code), 0);
	assert_int_equal(say_decide(&s, 'r', id, "", "approve", st, code), 0);
	must(case_get(&w.of, id, &c, ep));
	world_clock = c->valid_until + 100;
	must(store_begin(w.of.st, ep));
	must(session_put(&w.of, TOKEN('d'), w.clerk, &expires, ep));
	must(store_commit(w.of.st, ep));
	assert_int_equal(say_event_as(&s, 'd', code, "revoked", ""), 0);
	settled(&s);
	assert_status(c->serial, c->serial_len, world_clock, 9);
	case_free(c);
	side_close(&s);
}

/* A list of the database, parsed. */
static struct crl *
list_of(const char *name)
{
	const struct val	 v = val_text(name);
	struct query		*q;
	struct crl		*crl;
	bool			 row;

	must(store_query(w.of.st, STMT_OFFICE_CA_GET, &v, 1, &q, ep));
	must(query_next(q, &row, ep));
	assert_true(row);
	must(crl_parse(query_blob(q, 0), &crl, ep));
	query_done(q);
	return crl;
}

/*
 * A second part opens: the first says from then on that it is one, and each
 * tells of its own.  Nobody who was on a list is left out of the next.
 */
static void
test_list_in_parts(void **state)
{
	static const uint8_t	 second[16] = { 0x41, 2, 3 };
	IssueCrl		 asked = ISSUE_CRL__INIT;
	struct crl_spec		 spec;
	struct office_case	*c;
	struct side		 s;
	struct crl		*crl, *part;
	struct crl_entry	 en;
	struct buf		 der;
	struct err		 e = ERR_INIT;
	char			 st[20], code[SEAL_CODE_SIZE];
	int64_t			 id;

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "", "approve", st, code), 0);
	assert_int_equal(say_decide(&s, 'r', id, "", "approve", st, code), 0);
	must(case_get(&w.of, id, &c, ep));
	crl = list_of("province.crl");
	assert_string_equal(crl_url(crl), "");
	crl_free(crl);
	/* One certificate a part, for once. */
	const struct val	v[] = { val_blob(OCTETS(second, 16)),
		    val_int(id), val_int(1), val_int(world_clock + 100),
		    val_int(1) };
	must(store_begin(w.of.st, ep));
	must(store_run(w.of.st, STMT_OFFICE_CERT_INTENT, v, 5, NULL, ep));
	must(store_commit(w.of.st, ep));
	world_clock += 5;
	assert_int_equal(say_event(&s, code, "revoked", ""), 0);
	settled(&s);
	crl = list_of("province.crl");
	part = list_of("province-1.crl");
	assert_non_null(strstr(crl_url(crl), "/province.crl"));
	assert_non_null(strstr(crl_url(part), "/province-1.crl"));
	assert_int_equal(crl_count(crl), 1);
	assert_int_equal(crl_count(part), 1);
	assert_true(crl_find(crl, c->serial, c->serial_len, NULL));
	assert_true(crl_find(part, second, 16, NULL));

	/* The monitor: the next list must have whoever was on this one. */
	memset(&spec, 0, sizeof(spec));
	spec.number = asked.number = crl_number(crl) + 1;
	spec.this_update = asked.this_update = world_clock + 1;
	spec.next_update = asked.next_update = world_clock + 1000;
	spec.url = crl_url(crl);
	asked.part = true;
	buf_init(&der, LIMIT_CRL);
	must(crl_issue(&spec, keyring_cert(w.kr, KEY_AUTHORITY), w.kr,
	    KEY_AUTHORITY, &der, ep));
	assert_int_equal(office_crl_put(&w.of, &asked, 9, buf_octets(&der),
	    &e), ERR_VERIFY);
	assert_string_equal(e.id, "serial-vanished");
	buf_reset(&der);
	assert_true(crl_find(crl, c->serial, c->serial_len, &en));
	spec.entries = &en;
	spec.nentries = 1;
	asked.n_revoked = 1;
	must(crl_issue(&spec, keyring_cert(w.kr, KEY_AUTHORITY), w.kr,
	    KEY_AUTHORITY, &der, ep));
	must(store_begin(w.of.st, ep));
	must(office_crl_put(&w.of, &asked, 9, buf_octets(&der), ep));
	must(store_commit(w.of.st, ep));
	buf_fini(&der);
	crl_free(part);
	crl_free(crl);
	case_free(c);
	side_close(&s);
}

/* A revoked certificate is on the next list, which comes at once. */
static void
test_revocation_list(void **state)
{
	const struct val	 v[] = { val_text(CA_PROVINCE_CRL) };
	struct office_case	*c;
	struct query		*q;
	struct side		 s;
	struct crl		*crl;
	struct crl_entry	 entry;
	char			 st[20], code[SEAL_CODE_SIZE];
	unsigned		 shard;
	int64_t			 id;
	bool			 due, row;

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	assert_int_equal(say_submit(&s, 1, "", &id, st, code), 0);
	assert_int_equal(say_decide(&s, 'c', id, "", "approve", st, code), 0);
	assert_int_equal(say_decide(&s, 'r', id, "", "approve", st, code), 0);
	world_clock += 5;
	assert_int_equal(say_event(&s, code, "revoked", ""), 0);
	recorder_crl(s.r);
	recorder_crl(s.r);	/* one at a time */
	settled(&s);
	must(store_query(w.of.st, STMT_OFFICE_CA_GET, v, 1, &q, ep));
	must(query_next(q, &row, ep));
	must(crl_parse(query_blob(q, 0), &crl, ep));
	assert_int_equal(query_int(q, 1), 2);
	query_done(q);
	assert_int_equal(crl_number(crl), 2);
	assert_int_equal(crl_count(crl), 1);
	must(case_get(&w.of, id, &c, ep));
	assert_true(crl_find(crl, c->serial, c->serial_len, &entry));
	assert_int_equal(entry.revoked_at, world_clock);
	assert_int_equal(entry.reason, 9);
	case_free(c);
	crl_free(crl);
	/* half of its life later there is another one, with the same */
	world_clock += 7 * 86400 / 2 + 1;
	must(office_crl_due(&w.of, 0, &due, &shard, ep));
	assert_true(due);
	side_close(&s);
}

/* The head is signed anew when it is old, and only then. */
static void
test_resigned(void **state)
{
	struct side	s;
	int64_t		until = tm_mono_ms() + 5000, t = world_clock;

	(void)state;
	side_open(&s, true);
	assert_int_equal(say_seen(&s, ""), 0);
	world_clock += 10;
	while (log_head_of(w.of.lg)->signed_at == t && tm_mono_ms() < until)
		assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL),
		    0);
	assert_int_equal(log_head_of(w.of.lg)->signed_at, world_clock);
	assert_int_equal(log_head_of(w.of.lg)->size, 1);
	side_close(&s);
}

/* ---- killed at every step */

static int	steps_left;

static void
on_step(void *arg, const char *step)
{
	(void)arg;
	(void)step;
	if (--steps_left < 0)
		_exit(7);
}

/* What was acknowledged, kept outside the database. */
static void
acknowledge(int fd, const char *what)
{
	if (fd != -1)
		assert_int_equal(write(fd, what, strlen(what)),
		    (ssize_t)strlen(what));
}

/*
 * What a client does that asks again until it has its answer.  It can be run
 * again from the beginning: its keys are the same.
 */
static void
persist(struct side *s, int ack, int64_t *id)
{
	char	st[20], code[SEAL_CODE_SIZE];
	int64_t	until;

	assert_int_equal(say_seen(s, ""), 0);
	assert_int_equal(say_submit(s, 1, "s1", id, st, code), 0);
	acknowledge(ack, "s");
	assert_int_equal(say_decide(s, 'c', *id, "d1", "approve", st, code),
	    0);
	acknowledge(ack, "c");
	until = tm_mono_ms() + 10000;
	do
		assert_int_equal(say_decide(s, 'r', *id, "d2", "approve", st,
		    code), 0);
	while (strcmp(st, "filed") != 0 && tm_mono_ms() < until);
	assert_string_equal(st, "filed");
	assert_string_equal(code, WORLD_DIVISION "00000001");
	acknowledge(ack, "f");
	assert_int_equal(say_event(s, code, "suspended", "e1"), 0);
	acknowledge(ack, "e");
}

/* ---- the same where a licensed body certifies, hours later */

static struct body	body;

/* What the body makes of a request: once, and the same when asked again. */
static void
certify(const struct certreq *r, const char *file, struct buf *der)
{
	struct body_cert	 bc = { .cn = r->seal_code,
				    .o = r->owner_name,
				    .credit = r->credit_code,
				    .from = world_clock - 60,
				    .until = world_clock + 365 * 86400 };
	struct csr		 csr;
	uint8_t			*p;
	size_t			 n;

	if (access(file, F_OK) == 0) {
		must(file_read(file, LIMIT_CERT, &p, &n, ep));
		buf_put(der, p, n);
		free(p);
		return;
	}
	must(csr_read(buf_octets(&r->request), &csr, ep));
	assert_memory_equal(csr.point, r->point, sizeof(csr.point));
	bc.point = csr.point;
	body_issue(&body, &bc, der);
	must(file_write(file, buf_octets(der), 0600, ep));
}

/* What the recorder says of a delivery: "accepted" or "repeated". */
static void
say_deliver(struct side *s, struct octets der)
{
	ProtobufCMessage	*m;
	const DeliveryResult	*r;
	Deliver			 d = DELIVER__INIT;

	d.token = world_token_text('c');
	d.delivery.data = (uint8_t *)(uintptr_t)der.p;
	d.delivery.len = der.len;
	assert_int_equal(ask(s, s->http, MSG_TYPE__MSG_DELIVER, &d.base), 0);
	must(msg_unpack(&delivered__descriptor, buf_octets(&s->body), &m,
	    ep));
	assert_int_equal(((const Delivered *)m)->n_results, 1);
	r = ((const Delivered *)m)->results[0];
	if (strcmp(r->result, "refused") == 0)
		fail_msg("[%s] %s", r->code, r->detail);
	protobuf_c_message_free_unpacked(m, NULL);
}

static void
persist_outside(struct side *s, int ack, int64_t *id)
{
	char		*file = xasprintf("%s/came", w.dir);
	char		 st[20], code[SEAL_CODE_SIZE];
	struct certreq	*r = NULL;
	struct buf	 der;
	int64_t		 until = tm_mono_ms() + 10000;

	assert_int_equal(say_seen(s, ""), 0);
	assert_int_equal(say_submit(s, 1, "s1", id, st, code), 0);
	acknowledge(ack, "s");
	assert_int_equal(say_decide(s, 'c', *id, "d1", "approve", st, code),
	    0);
	acknowledge(ack, "c");
	do {
		assert_int_equal(say_decide(s, 'r', *id, "d2", "approve", st,
		    code), 0);
		certreq_free(r);
		must(certreq_get(&w.of, *id, &r, ep));
		assert_non_null(r);
		assert_true(tm_mono_ms() < until);
	} while (r->request.len == 0);
	acknowledge(ack, "r");
	buf_init(&der, LIMIT_CERT);
	certify(r, file, &der);
	say_deliver(s, buf_octets(&der));
	acknowledge(ack, "t");
	certreq_free(r);
	do {
		assert_int_equal(say_decide(s, 'r', *id, "d2", "approve", st,
		    code), 0);
		assert_true(tm_mono_ms() < until);
	} while (strcmp(st, "filed") != 0);
	assert_string_equal(code, WORLD_DIVISION "00000001");
	acknowledge(ack, "f");
	buf_fini(&der);
	free(file);
}

/* What was told is there: a request that is the same for ever, what came. */
static void
check_outside(const char *ackfile, struct buf *request)
{
	struct certreq	*r;
	uint8_t		*ack;
	size_t		 n;

	must(file_read(ackfile, 16, &ack, &n, ep));
	free(ack);
	if (n < 3)
		return;
	must(certreq_get(&w.of, 1, &r, ep));
	assert_non_null(r);
	assert_true(r->request.len > 0 && r->wrapped_key.len > 0);
	buf_put_octets(request, buf_octets(&r->request));
	if (n >= 4)
		assert_true(r->certificate.len > 0);
	if (n >= 5)
		assert_int_equal(r->state, CASE_FILED);
	certreq_free(r);
}

static void	(*persists)(struct side *s, int ack, int64_t *id) = persist;

/* One life in a child, ended at step n.  Returns whether it came through. */
static bool
one_life(int n, const char *ackfile)
{
	struct side	s;
	int64_t		id;
	int		fd, status;
	pid_t		pid;

	if ((pid = fork()) == 0) {
		world_open(&w, STORE_WRITE);
		fd = open(ackfile, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		steps_left = n;
		store_on_step(w.of.st, on_step, NULL);
		side_open(&s, true);
		persists(&s, fd, &id);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 7 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 0;
}

/* What was acknowledged is there before anything is done again. */
static void
check_acknowledged(const char *ackfile)
{
	struct office_case	*c;
	struct octets		 o;
	uint8_t			*ack, key[SM3_LEN];
	uint64_t		 index;
	size_t			 n;

	must(file_read(ackfile, 16, &ack, &n, ep));
	record_key(WORLD_DIVISION "00000001", key);
	if (n >= 1) {
		must(case_get(&w.of, 1, &c, ep));
		if (n >= 2)
			assert_true(c->state >= CASE_UNDER_REVIEW);
		if (n >= 3)
			assert_int_equal(c->state, CASE_FILED);
		case_free(c);
	}
	must(store_begin(w.of.st, ep));
	must(log_begin(w.of.lg, ep));
	must(log_current(w.of.lg, key, &o, &index, ep));
	if (n >= 3)
		assert_true(o.len > 0);
	store_rollback(w.of.st);
	log_settle(w.of.lg, false);
	if (n >= 4)
		assert_true(log_head_of(w.of.lg)->size >= 5);
	free(ack);
}

static void
restore(const char *from, const char *to)
{
	static const char *const tail[] = { "-wal", "-shm" };
	uint8_t			*p;
	char			*path;
	size_t			 n, i;

	for (i = 0; i < 2; i++) {
		path = xasprintf("%s%s", to, tail[i]);
		(void)unlink(path);
		free(path);
	}
	must(file_read(from, 1 << 24, &p, &n, ep));
	must(file_write(to, OCTETS(p, n), 0600, ep));
	free(p);
}

static void
test_killed_at_every_step(void **state)
{
	struct log_audit	 a;
	struct side		 s;
	char			*db = xasprintf("%s/province.db", w.dir);
	char			*saved = xasprintf("%s/saved", w.dir);
	char			*ack = xasprintf("%s/ack", w.dir);
	int64_t			 id;
	bool			 through = false;
	int			 n;

	(void)state;
	world_shut(&w);
	restore(db, saved);
	for (n = 0; !through; n++) {
		restore(saved, db);
		through = one_life(n, ack);
		world_open(&w, STORE_WRITE);
		check_acknowledged(ack);
		side_open(&s, true);
		persist(&s, -1, &id);
		side_close(&s);
		assert_int_equal(id, 1);
		must(store_begin(w.of.st, ep));
		must(log_audit(w.of.st, &registry_rules, &a, ep));
		must(store_commit(w.of.st, ep));
		/* one seal, filed once, suspended once */
		assert_int_equal(a.keys, 1);
		assert_int_equal(a.entries - a.epochs, 2);
		world_shut(&w);
	}
	print_message("killed at %d steps\n", n - 1);
	assert_true(n > 20);
	free(db);
	free(saved);
	free(ack);
}

/* Request, certificate and filing, ended at every step of the store. */
static void
test_killed_while_certifying(void **state)
{
	char		*db = xasprintf("%s/province.db", w.dir);
	char		*saved = xasprintf("%s/saved", w.dir);
	char		*ack = xasprintf("%s/ack", w.dir);
	char		*came = xasprintf("%s/came", w.dir);
	struct certreq	*r;
	struct log_audit a;
	struct side	 s;
	struct buf	 text, before;
	int64_t		 id;
	bool		 through = false;
	int		 n;

	(void)state;
	body_init(&body, world_clock - 100 * 86400, "Licensed Body");
	buf_init(&text, 1 << 16);
	cert_put_pem(cert_der(body.authority), "CERTIFICATE", &text);
	world_put_file(&w, "body.pem", buf_octets(&text));
	buf_fini(&text);
	w.cf.certificates = (char *)(uintptr_t)"external";
	w.cf.external_ca = (char *)(uintptr_t)"ca/body.pem";
	must(store_begin(w.of.st, ep));
	must(office_ca_load(&w.of, ep));
	must(store_commit(w.of.st, ep));
	world_shut(&w);
	persists = persist_outside;
	restore(db, saved);
	for (n = 0; !through; n++) {
		restore(saved, db);
		(void)unlink(came);
		through = one_life(n, ack);
		world_open(&w, STORE_WRITE);
		buf_init(&before, LIMIT_CSR);
		check_outside(ack, &before);
		side_open(&s, true);
		persist_outside(&s, -1, &id);
		side_close(&s);
		must(certreq_get(&w.of, id, &r, ep));
		if (before.len > 0) {
			assert_int_equal(r->request.len, before.len);
			assert_memory_equal(r->request.p, before.p,
			    before.len);
		}
		certreq_free(r);
		buf_fini(&before);
		must(store_begin(w.of.st, ep));
		must(log_audit(w.of.st, &registry_rules, &a, ep));
		must(store_commit(w.of.st, ep));
		assert_int_equal(a.keys, 1);
		assert_int_equal(a.entries - a.epochs, 1);
		world_shut(&w);
	}
	persists = persist;
	print_message("killed at %d steps while certifying\n", n - 1);
	assert_true(n > 20);
	world_open(&w, STORE_WRITE);
	body_fini(&body);
	free(db);
	free(saved);
	free(ack);
	free(came);
}

/* ---- a disk that takes nothing, from every write and sync on */

/*
 * What a client does until somebody says why not.  Returns how many answers
 * it got; s->e is the last error.
 */
static int
try_life(struct side *s)
{
	char	st[20], code[SEAL_CODE_SIZE];
	int64_t	id;

	if (say_seen(s, "") != 0)
		return 0;
	if (say_submit(s, 1, "s1", &id, st, code) != 0)
		return 0;
	if (say_decide(s, 'c', id, "d1", "approve", st, code) != 0)
		return 1;
	if (say_decide(s, 'r', id, "d2", "approve", st, code) != 0)
		return 2;
	return say_event(s, code, "suspended", "e1") != 0 ? 3 : 4;
}

/* Nothing is taken, not even a login, and readers still read. */
static void
check_unable(struct side *s)
{
	struct world_facts	before = world_facts(&w), after;
	char			st[20], code[SEAL_CODE_SIZE];
	int64_t			id;

	assert_int_equal(say_submit(s, 2, "", &id, st, code), ERR_BUSY);
	assert_string_equal(s->e.id, "store-full");
	assert_int_equal(say_event(s, WORLD_DIVISION "00000001", "suspended",
	    ""), ERR_BUSY);
	assert_string_equal(s->e.id, "store-full");
	assert_int_equal(say_login(s, "clerk", "right", 'n'), ERR_BUSY);
	assert_string_equal(s->e.id, "store-full");
	assert_int_equal(ask(s, s->http, MSG_TYPE__MSG_PING, NULL), ERR_BUSY);
	assert_string_equal(s->e.id, "store-full");
	assert_int_equal(say_seen(s, ""), 0);
	after = world_facts(&w);
	assert_same(&before, &after);
}

/* After the disk is well: what was answered is there, the rest follows. */
static void
check_well_again(int answers, const char *ack)
{
	struct log_audit	a;
	struct side		s;
	int64_t			id;

	must(file_write(ack, OCTETS("scfe", (size_t)answers), 0600, ep));
	world_open(&w, STORE_WRITE);
	check_acknowledged(ack);
	side_open(&s, true);
	persist(&s, -1, &id);
	side_close(&s);
	must(store_begin(w.of.st, ep));
	must(log_audit(w.of.st, &registry_rules, &a, ep));
	must(store_commit(w.of.st, ep));
	assert_int_equal(a.keys, 1);
	assert_int_equal(a.entries - a.epochs, 2);
	world_shut(&w);
}

static int
setup_power(void **state)
{
	power_init();
	return setup(state);
}

static int
teardown_power(void **state)
{
	int	rc = teardown(state);

	power_fini();
	return rc;
}

/* One life on a disk that fails from call n on; how many answers it got. */
static int
failing_life(int code, int n, const char *want)
{
	struct side	s;
	int		answers;

	world_open(&w, STORE_WRITE);
	side_open(&s, true);
	s.may_stop = true;
	power.fail_with = code;
	power.fail_in = n;
	answers = try_life(&s);
	if (answers < 4 && code == SQLITE_FULL) {
		assert_int_equal(s.e.code, ERR_BUSY);
		assert_string_equal(s.e.id, want);
		check_unable(&s);
	} else if (answers < 4) {
		/* Nobody can tell what the disk holds: it ends. */
		s.e = (struct err)ERR_INIT;
		assert_int_equal(recorder_why(s.r, &s.e), ERR_STORE);
		assert_string_equal(s.e.id, want);
	}
	power.fail_with = 0;
	side_close(&s);
	world_shut(&w);
	return answers;
}

/* In a child: a recorder that ends by itself leaves its memory to the end. */
static int
failing_child(int code, int n, const char *want)
{
	int	status;
	pid_t	pid;

	if ((pid = fork()) == 0)
		_exit(failing_life(code, n, want));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 4);
	return WEXITSTATUS(status);
}

static void
fail_everywhere(int code, const char *want)
{
	char	*db = xasprintf("%s/province.db", w.dir);
	char	*saved = xasprintf("%s/saved", w.dir);
	char	*ack = xasprintf("%s/ack", w.dir);
	int	 n, answers = 0;

	world_shut(&w);
	restore(db, saved);
	for (n = 0; answers < 4; n++) {
		restore(saved, db);
		answers = code == SQLITE_FULL ? failing_life(code, n, want) :
		    failing_child(code, n, want);
		check_well_again(answers, ack);
	}
	print_message("%s at %d calls\n", want, n - 1);
	assert_true(n > 15);
	world_open(&w, STORE_WRITE);
	free(db);
	free(saved);
	free(ack);
}

static void
test_full_at_every_call(void **state)
{
	(void)state;
	fail_everywhere(SQLITE_FULL, "store-full");
}

static void
test_io_error_at_every_call(void **state)
{
	(void)state;
	fail_everywhere(SQLITE_IOERR_FSYNC, "store-io");
}

/* When there is room again it ends by itself, for the next to begin. */
static void
test_room_again(void **state)
{
	struct side	s;

	(void)state;
	side_open(&s, true);
	power.fail_with = SQLITE_FULL;
	power.fail_in = 0;
	assert_int_equal(try_life(&s), 0);
	assert_string_equal(s.e.id, "store-full");
	ev_timer_set(s.late, 1500);	/* tried again meanwhile: still full */
	must(ev_run(s.ev, ep));
	assert_int_equal(ask(&s, s.http, MSG_TYPE__MSG_PING, NULL), ERR_BUSY);
	power.fail_with = 0;
	ev_timer_set(s.late, 10000);
	must(ev_run(s.ev, ep));
	must(recorder_why(s.r, ep));
	side_close(&s);
	side_open(&s, true);
	assert_int_equal(try_life(&s), 4);
	side_close(&s);
}

int
main(void)
{
#define P(NAME)	cmocka_unit_test_setup_teardown(NAME, setup_power, \
		    teardown_power)
#define T(NAME)	cmocka_unit_test_setup_teardown(NAME, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_story), T(test_login), T(test_who_asks),
		T(test_stamp_shares),
		T(test_starts_ahead), T(test_was_ahead),
		T(test_time_stamp), T(test_stamp_rate), T(test_v5),
		T(test_v5_maker), T(test_v5_waits),
		T(test_hash_is_no_token),
		T(test_waits_for_peers), T(test_log_behind),
		T(test_seen_forged), T(test_key_lost),
		T(test_ends_while_filing),
		T(test_body_list),
		T(test_many_at_once), T(test_own_key), T(test_revocation_list),
		T(test_key_ahead), T(test_key_of_nothing), T(test_key_later),
		T(test_certificate_status), T(test_list_in_parts), T(test_revoked_after_expiry),
		T(test_resigned),
		T(test_killed_at_every_step),
		T(test_killed_while_certifying),
		P(test_full_at_every_call), P(test_io_error_at_every_call),
		P(test_room_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
