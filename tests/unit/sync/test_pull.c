#include "signer.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ev.h"
#include "base/tm.h"
#include "schema/entry.pb-c.h"
#include "sync/entry.h"
#include "sync/log.h"
#include "sync/pull.h"
#include "sync/tlog.h"

/*
 * Pulling from a peer that this test is itself: an HTTP server on the same
 * loop that serves a log built with sync/log.h and signed with a test key,
 * and that can be made to lie in every way that pull.h speaks of.
 */

#define ORIGIN	"44.sealreg.example/log"
#define TOKEN	"open-sesame"
#define NOW	INT64_C(1795000000)
#define MAX	700		/* entries of a fake log */
#define ILLEGAL	66		/* kind of event that strict rules refuse */

static char		 dir[] = "/tmp/test_pull.XXXXXX";
static unsigned		 files;
static struct signer	 owner, stranger;

static int64_t
fake_now(void)
{
	return NOW;
}

static struct store *
open_store(const enum stmt *may)
{
	struct store_spec	 spec = { .mode = STORE_CREATE,
				     .kind = STORE_PEER, .may = may };
	struct store		*st;
	struct err		 e = ERR_INIT;
	char			*path;

	path = xasprintf("%s/peer-%u.db", dir, files++);
	spec.path = path;
	if (store_open(&spec, &st, &e) != 0)
		fail_msg("%s", e.text);
	free(path);
	return st;
}

/* ---- what entries mean here ---- */

/* ctx: NULL is lax, anything else refuses ILLEGAL events. */
static int
rules_read(void *ctx, struct octets entry, struct entry_effect *ef,
    struct err *e)
{
	SealRecord	*r;
	Entry		*m;
	uint8_t		*at;

	(void)ctx;
	m = entry__unpack(NULL, entry.len, entry.p);
	assert_non_null(m);
	assert_int_equal(m->entry_case, ENTRY__ENTRY_SEAL);
	r = seal_record__unpack(NULL, m->seal->record.len,
	    m->seal->record.data);
	if (r == NULL || r->seal_code[0] == '\0') {
		entry__free_unpacked(m, NULL);
		return err_set_id(e, ERR_FORMAT, "bad-entry", "no code");
	}
	sm3(r->seal_code, strlen(r->seal_code), ef->key);
	ef->has_previous = m->seal->previous__case ==
	    SEAL_EVENT__PREVIOUS__PREVIOUS;
	ef->previous = m->seal->previous;
	at = memmem(entry.p, entry.len, m->seal->record.data,
	    m->seal->record.len);
	assert_non_null(at);
	ef->record = OCTETS(at, m->seal->record.len);
	seal_record__free_unpacked(r, NULL);
	entry__free_unpacked(m, NULL);
	return 0;
}

static int
rules_step(void *ctx, struct octets entry, struct octets before,
    struct err *e)
{
	Entry	*m = entry__unpack(NULL, entry.len, entry.p);
	bool	 bad = m->seal->kind == ILLEGAL;

	(void)before;
	entry__free_unpacked(m, NULL);
	if (bad && ctx != NULL)
		return err_set_id(e, ERR_VERIFY, "illegal-transition",
		    "a step that nobody may take");
	return 0;
}

static const struct entry_rules	lax = { rules_read, rules_step, NULL };
static const struct entry_rules	strict = { rules_read, rules_step, &files };

/* ---- the owner's log, kept as octets so that it can be altered ---- */

struct entry_row {
	uint8_t		*p;
	size_t		 n;
	struct hash	 leaf;
};

struct source {
	struct store	*st;
	struct log	*log;
	struct entry_row e[MAX];
	uint64_t	 n;
	unsigned	 codes;
};

/* Sign what the log says, and take over the entries that it now has. */
static void
source_commit(struct source *s, uint64_t size)
{
	const struct log_head	*head;
	struct logview		*view;
	struct octets		 o;

	assert_int_equal(log_publish(s->log, "not looked at\n", NOW, NULL),
	    0);
	assert_int_equal(store_commit(s->st, NULL), 0);
	log_settle(s->log, true);
	/* A view sees what other handles commit: a new one sees it all. */
	assert_int_equal(store_begin(s->st, NULL), 0);
	assert_int_equal(logview_open(s->st, &view, NULL), 0);
	assert_int_equal(logview_refresh(view, &head, NULL), 0);
	for (; s->n < size; s->n++) {
		assert_true(s->n < MAX);
		assert_int_equal(logview_entry(view, s->n, &o, NULL), 0);
		s->e[s->n].p = xmemdup(o.p, o.len);
		s->e[s->n].n = o.len;
		entry_leaf(o, s->e[s->n].leaf.h);
	}
	logview_free(view);
	store_rollback(s->st);
}

static void
source_append(struct source *s, const char *code, unsigned kind)
{
	SealRecord	 r = SEAL_RECORD__INIT;
	SealEvent	 ev = SEAL_EVENT__INIT;
	Entry		 m = ENTRY__INIT;
	uint8_t		 rec[256], out[512];
	uint64_t	 index;
	struct err	 e = ERR_INIT;

	r.seal_code = (char *)(uintptr_t)code;
	r.status = 1;
	assert_true(seal_record__get_packed_size(&r) <= sizeof(rec));
	ev.record.len = seal_record__pack(&r, rec);
	ev.record.data = rec;
	ev.kind = kind;
	m.entry_case = ENTRY__ENTRY_SEAL;
	m.seal = &ev;
	if (log_append(s->log, OCTETS(out, entry__pack(&m, out)), &index,
	    &e) != 0)
		fail_msg("%s", e.text);
}

/* A batch of n new seals, the last of this kind, and the epoch. */
static void
source_grow(struct source *s, unsigned n, unsigned kind)
{
	struct hash	root;
	uint64_t	size;
	char		code[16];

	assert_int_equal(store_begin(s->st, NULL), 0);
	assert_int_equal(log_begin(s->log, NULL), 0);
	for (; n > 0; n--) {
		(void)snprintf(code, sizeof(code), "440106%08u", ++s->codes);
		source_append(s, code, n == 1 ? kind : 1);
	}
	assert_int_equal(log_seal(s->log, NOW, OCTETS(NULL, 0), &size, &root,
	    NULL), 0);
	source_commit(s, size);
}

static void
source_init(struct source *s, unsigned first_code)
{
	struct hash	root;
	uint64_t	size;

	memset(s, 0, sizeof(*s));
	s->codes = first_code;
	s->st = open_store(pull_statements);
	assert_int_equal(log_new(s->st, &lax, &s->log, NULL), 0);
	assert_int_equal(store_begin(s->st, NULL), 0);
	assert_int_equal(log_begin(s->log, NULL), 0);
	assert_int_equal(log_genesis(s->log, 8, NOW - 100, &size, &root,
	    NULL), 0);
	source_commit(s, size);
}

static void
source_fini(struct source *s)
{
	while (s->n > 0)
		free(s->e[--s->n].p);
	log_free(s->log);
	store_close(s->st);
}

static int
source_hash(void *ctx, unsigned level, uint64_t i, struct hash *h,
    struct err *e)
{
	struct source		*s = ctx;
	struct tlog_edge	 t = { .size = 0 };
	uint64_t		 n = UINT64_C(1) << 8 * level, k;

	(void)e;
	for (k = i * n; k < (i + 1) * n; k++) {
		assert_true(k < s->n);
		tlog_edge_append(&t, &s->e[k].leaf);
	}
	tlog_edge_root(&t, h);
	return 0;
}

/* ---- the peer ---- */

/* How it lies. */
enum lie {
	HONEST = 0,
	REDIRECT,		/* 302 */
	TOO_BIG,		/* a checkpoint without end */
	TAMPER,			/* one octet of every bundle is turned over */
	SHORT,			/* a bundle lacks its last entry */
	NO_ENTRIES		/* 404 for bundles */
};

struct parked {
	struct evhttp_request *r;
	struct tile_name name;
};

struct node {
	struct evhttp	*http;
	struct evhttp_bound_socket *sock;
	uint16_t	 port;
	const struct source *log;
	const struct signer *key;
	uint64_t	 size;		/* of the checkpoint */
	int64_t		 time;
	enum lie	 lie;
	unsigned	 asked, matched, bundles, refused;
	/* As many bundles are waited for, and answered last one first. */
	unsigned	 park, nparked;
	struct parked	 parked[4];
};

/* The replica under test. */
struct replica {
	struct ev		*ev;
	struct ev_timer		*deadline;
	struct store		*st;
	struct trust_key	 key;
	struct trust_province	 who;
	struct pull		*pull;
	struct node		 node, mirror;
	unsigned		 accepts, freshes, holds, disputes;
	unsigned		 dates;		/* told, of the owner's clock */
	char			 last[ERR_ID_MAX];
	bool			 late;
	/* What run() waits for. */
	const unsigned		*count;
	unsigned		 until;
};

static char *
node_note(const struct node *n)
{
	struct tlog_reader	 rd = { source_hash,
				     (void *)(uintptr_t)n->log };
	struct checkpoint	 cp = { .origin = ORIGIN, .size = n->size };
	struct hash		 root;
	struct buf		 b;
	char			*body, *note;

	assert_int_equal(tlog_root(&rd, n->size, &root, NULL), 0);
	memcpy(cp.root, root.h, SM3_LEN);
	buf_init(&b, 4096);
	checkpoint_format(&cp, &b);
	body = buf_steal_str(&b);
	note = signer_note(n->key, body, n->time);
	free(body);
	return note;
}

static void
answer(struct evhttp_request *r, int status, const void *p, size_t len)
{
	struct evbuffer	*b = evbuffer_new();

	evbuffer_add(b, p, len);
	evhttp_send_reply(r, status, "", b);
	evbuffer_free(b);
}

static void
answer_checkpoint(struct node *n, struct evhttp_request *r)
{
	struct evkeyvalq	*in = evhttp_request_get_input_headers(r);
	struct evkeyvalq	*out = evhttp_request_get_output_headers(r);
	const char		*match = evhttp_find_header(in,
				     "If-None-Match");
	char			 tag[80], *note;

	n->asked++;
	(void)snprintf(tag, sizeof(tag), "\"%llu-%lld-%d\"",
	    (unsigned long long)n->size, (long long)n->time,
	    n->key == &owner);
	if (n->lie == REDIRECT) {
		evhttp_add_header(out, "Location", "/log/44/other");
		answer(r, 302, "", 0);
	} else if (n->lie == TOO_BIG) {
		note = xcalloc(1, LIMIT_PULL_NOTE + 1);
		answer(r, 200, note, LIMIT_PULL_NOTE + 1);
		free(note);
	} else if (match != NULL && strcmp(match, tag) == 0) {
		n->matched++;
		answer(r, 304, "", 0);
	} else {
		evhttp_add_header(out, "ETag", tag);
		note = node_note(n);
		answer(r, 200, note, strlen(note));
		free(note);
	}
}

static void
answer_bundle(struct node *n, struct evhttp_request *r,
    const struct tile_name *t)
{
	const struct entry_row	*row;
	const char		*auth;
	struct buf		 b;
	uint64_t		 i;

	auth = evhttp_find_header(evhttp_request_get_input_headers(r),
	    "Authorization");
	if (auth == NULL || strcmp(auth, "Bearer " TOKEN) != 0) {
		n->refused++;
		answer(r, 403, "", 0);
		return;
	}
	n->bundles++;
	buf_init(&b, 1 << 20);
	for (i = t->n * TILE_WIDTH; i < t->n * TILE_WIDTH + t->width; i++) {
		row = &n->log->e[i];
		if (n->lie == SHORT && i + 1 == n->size)
			break;
		bundle_put(&b, OCTETS(row->p, row->n));
	}
	/* The last octet of what is new: of the epoch. */
	if (n->lie == TAMPER)
		b.p[b.len - 1] ^= 1;
	if (n->lie == NO_ENTRIES)
		answer(r, 404, "", 0);
	else
		answer(r, 200, b.p, b.len);
	buf_fini(&b);
}

static void
on_request(struct evhttp_request *r, void *arg)
{
	struct node		*n = arg;
	const char		*path = evhttp_request_get_uri(r);
	struct tile_name	 t;
	struct hash		 h;
	struct buf		 b;
	unsigned		 k;

	if (strcmp(path, "/log/44/checkpoint") == 0) {
		answer_checkpoint(n, r);
		return;
	}
	assert_true(strncmp(path, "/log/44/tile/", 13) == 0);
	assert_int_equal(tile_name_parse(path + 13, &t, NULL), 0);
	if (t.level < 0) {
		if (n->park == 0) {
			answer_bundle(n, r, &t);
			return;
		}
		n->parked[n->nparked++] = (struct parked){ r, t };
		if (n->nparked == n->park)
			for (; n->nparked > 0; n->nparked--)
				answer_bundle(n, n->parked[n->nparked - 1].r,
				    &n->parked[n->nparked - 1].name);
		return;
	}
	buf_init(&b, 1 << 20);
	for (k = 0; k < t.width; k++) {
		assert_int_equal(source_hash((void *)(uintptr_t)n->log,
		    (unsigned)t.level, t.n * TILE_WIDTH + k, &h, NULL), 0);
		buf_put(&b, h.h, SM3_LEN);
	}
	answer(r, 200, b.p, b.len);
	buf_fini(&b);
}

static void
node_up(struct node *n, struct ev *ev)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);

	n->http = evhttp_new(ev_base(ev));
	assert_non_null(n->http);
	evhttp_set_gencb(n->http, on_request, n);
	n->sock = evhttp_bind_socket_with_handle(n->http, "127.0.0.1",
	    n->port);
	assert_non_null(n->sock);
	assert_int_equal(getsockname(evhttp_bound_socket_get_fd(n->sock),
	    (struct sockaddr *)&sin, &len), 0);
	n->port = ntohs(sin.sin_port);
}

static void
node_down(struct node *n)
{
	if (n->http != NULL)
		evhttp_free(n->http);
	n->http = NULL;
}

/* ---- the replica ---- */

static void
on_late(void *arg)
{
	struct replica	*r = arg;

	r->late = true;
	ev_stop(r->ev);
}

static void
on_event(void *arg, const struct pull_event *pe)
{
	struct replica	*r = arg;

	assert_string_equal(pe->province, "44");
	switch (pe->kind) {
	case PULL_ACCEPT:
		r->accepts++;
		break;
	case PULL_FRESH:
		r->freshes++;
		break;
	case PULL_HOLD:
		r->holds++;
		break;
	case PULL_DISPUTE:
		r->disputes++;
		break;
	}
	(void)snprintf(r->last, sizeof(r->last), "%s",
	    pe->error != NULL ? pe->error : "");
	if (r->count != NULL && *r->count >= r->until)
		ev_stop(r->ev);
}

/* Run until *count has grown by n; false if it does not within 5 s. */
static bool
run(struct replica *r, const unsigned *count, unsigned n)
{
	r->count = count;
	r->until = *count + n;
	r->late = false;
	ev_timer_set(r->deadline, 5000);
	assert_int_equal(ev_run(r->ev, NULL), 0);
	ev_timer_set(r->deadline, -1);
	r->count = NULL;
	return !r->late;
}

/* Let some polls pass. */
static void
idle(struct replica *r, int64_t ms)
{
	ev_timer_set(r->deadline, ms);
	assert_int_equal(ev_run(r->ev, NULL), 0);
	ev_timer_set(r->deadline, -1);
}

static void
on_date(void *arg, const char *province, int64_t date)
{
	struct replica	*r = arg;

	assert_string_equal(province, "44");
	assert_in_range(date, tm_now() - 5, tm_now());
	r->dates++;
}

static void
replica_start(struct replica *r)
{
	struct pull_spec	 spec = {
		.ev = r->ev, .st = r->st, .who = &r->who, .rules = &strict,
		.poll_ms = 10, .now = fake_now, .on_event = on_event,
		.on_date = on_date, .arg = r
	};
	struct err		 e = ERR_INIT;
	char			*url;

	spec.peer = peer_new("44", ORIGIN);
	url = xasprintf("http://127.0.0.1:%u", r->node.port);
	peer_add_source(spec.peer, url, TOKEN, true);
	free(url);
	if (r->mirror.port != 0) {
		url = xasprintf("http://127.0.0.1:%u", r->mirror.port);
		peer_add_source(spec.peer, url, TOKEN, false);
		free(url);
	}
	if (pull_new(&spec, &r->pull, &e) != 0)
		fail_msg("%s", e.text);
	pull_start(r->pull);
}

static void
replica_init(struct replica *r, const struct source *s)
{
	static char	province[] = "44", origin[] = ORIGIN;

	memset(r, 0, sizeof(*r));
	r->ev = ev_new();
	r->deadline = ev_timer_new(r->ev, on_late, r);
	r->st = open_store(pull_statements);
	r->key = (struct trust_key){ owner.vk, 0, UINT64_MAX };
	r->who.province = province;
	r->who.origin = origin;
	r->who.keys = &r->key;
	r->who.nkeys = 1;
	r->node.log = s;
	r->node.key = &owner;
	r->node.size = s->n;
	r->node.time = NOW - 50;
	node_up(&r->node, r->ev);
}

static void
replica_fini(struct replica *r)
{
	pull_free(r->pull);
	node_down(&r->node);
	node_down(&r->mirror);
	ev_timer_free(r->deadline);
	ev_free(r->ev);
	store_close(r->st);
}

/* The replica holds exactly this much of this log, and nothing is running. */
static void
assert_holds(struct replica *r, const struct source *s, uint64_t size,
    int64_t signed_at)
{
	const struct log_head	*head;
	struct logview		*view;
	struct octets		 o;
	uint64_t		 i;

	assert_false(store_in_txn(r->st));
	assert_int_equal(pull_size(r->pull), size);
	assert_int_equal(store_begin(r->st, NULL), 0);
	assert_int_equal(logview_open(r->st, &view, NULL), 0);
	assert_int_equal(logview_refresh(view, &head, NULL), 0);
	if (size == 0)
		assert_null(head);
	else {
		assert_int_equal(head->size, size);
		assert_int_equal(head->signed_at, signed_at);
		for (i = 0; i < size; i++) {
			assert_int_equal(logview_entry(view, i, &o, NULL), 0);
			assert_int_equal(o.len, s->e[i].n);
			assert_memory_equal(o.p, s->e[i].p, o.len);
		}
	}
	logview_free(view);
	store_rollback(r->st);
}

static void
assert_disputed(struct replica *r, const char *why, int64_t held,
    int64_t seen)
{
	struct peer_state	 ps;
	struct checkpoint	 cp;
	int64_t			 t;

	assert_int_equal(r->disputes, 1);
	assert_string_equal(r->last, why);
	assert_int_equal(pull_state(r->pull), PULL_DISPUTED);
	assert_int_equal(peer_state_load(r->st, &ps, NULL), 0);
	assert_true(ps.disputed);
	assert_string_equal(ps.why, why);
	assert_int_equal(ps.disputed_at, NOW);
	/* The evidence is two notes that the owner's key has signed. */
	if (held != 0) {
		assert_non_null(ps.note_held);
		assert_int_equal(checkpoint_open(OCTETS(ps.note_held,
		    strlen(ps.note_held)), owner.vk, &cp, &t, NULL), 0);
		assert_int_equal(t, held);
	} else
		assert_null(ps.note_held);
	assert_non_null(ps.note_seen);
	assert_int_equal(checkpoint_open(OCTETS(ps.note_seen,
	    strlen(ps.note_seen)), owner.vk, &cp, &t, NULL), 0);
	assert_int_equal(t, seen);
	peer_state_fini(&ps);
}

/* ---- the cases ---- */

struct scene {
	struct source	 a, b;
	struct replica	 r;
};

/* a: 1 + 3 + 1 entries; the replica has them all. */
static int
scene_setup(void **state)
{
	struct scene	*s = xcalloc(1, sizeof(*s));

	*state = s;
	source_init(&s->a, 0);
	source_grow(&s->a, 3, 1);
	source_init(&s->b, 500);
	replica_init(&s->r, &s->a);
	replica_start(&s->r);
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, 5, NOW - 50);
	return 0;
}

static int
scene_teardown(void **state)
{
	struct scene	*s = *state;

	replica_fini(&s->r);
	source_fini(&s->a);
	source_fini(&s->b);
	free(s);
	return 0;
}

static void
serve(struct node *n, const struct source *log, uint64_t size, int64_t time)
{
	n->log = log;
	n->size = size;
	n->time = time;
}

static void
test_first_sync(void **state)
{
	struct scene	*s = *state;

	assert_int_equal(s->r.accepts, 1);
	assert_int_equal(s->r.holds, 0);
	assert_int_equal(s->r.node.bundles, 1);
	/* An unchanged checkpoint is not sent again. */
	idle(&s->r, 150);
	assert_true(s->r.node.matched >= 3);
	assert_int_equal(s->r.node.asked, s->r.node.matched + 1);
	assert_int_equal(s->r.accepts, 1);
}

static void
test_incremental(void **state)
{
	struct scene	*s = *state;
	unsigned	 i;

	for (i = 0; i < 3; i++) {
		source_grow(&s->a, 1 + i, 1);
		serve(&s->r.node, &s->a, s->a.n, NOW - 40 + i);
		assert_true(run(&s->r, &s->r.accepts, 1));
		assert_holds(&s->r, &s->a, s->a.n, NOW - 40 + i);
	}
	/* Over the edges of bundles, several in one round. */
	source_grow(&s->a, 255 - (unsigned)s->a.n, 1);
	assert_int_equal(s->a.n, 256);
	serve(&s->r.node, &s->a, s->a.n, NOW - 30);
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, 256, NOW - 30);
	source_grow(&s->a, 300, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 29);
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, 557, NOW - 29);
	assert_int_equal(s->r.holds, 0);
	assert_int_equal(s->r.node.refused, 0);
}

static void
test_out_of_order(void **state)
{
	struct scene	*s = *state;

	source_grow(&s->a, 690 - (unsigned)s->a.n, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	s->r.node.park = 3;
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, s->a.n, NOW - 40);
	assert_int_equal(s->r.holds, 0);
	assert_int_equal(s->r.node.bundles, 4);	/* one at first */
}

/* One answer that is none ends the round once; what comes late is nothing. */
static void
test_late_bundles(void **state)
{
	struct scene	*s = *state;

	source_grow(&s->a, 690 - (unsigned)s->a.n, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	s->r.node.park = 3;
	s->r.node.lie = NO_ENTRIES;
	assert_true(run(&s->r, &s->r.holds, 1));
	assert_string_equal(s->r.last, "bad-answer");
	idle(&s->r, 20);
	assert_int_equal(s->r.holds, 1);
	assert_int_equal(s->r.disputes, 0);
	s->r.node.lie = HONEST;
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, s->a.n, NOW - 40);
}

static void
test_restart(void **state)
{
	struct scene	*s = *state;

	pull_free(s->r.pull);
	source_grow(&s->a, 4, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	replica_start(&s->r);
	assert_int_equal(pull_size(s->r.pull), 5);
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, 10, NOW - 40);
}

static void
test_fresh(void **state)
{
	struct scene	*s = *state;

	s->r.node.time = NOW - 40;
	assert_true(run(&s->r, &s->r.freshes, 1));
	assert_holds(&s->r, &s->a, 5, NOW - 40);
	/* An older signature of the same tree is no news. */
	s->r.node.time = NOW - 45;
	idle(&s->r, 100);
	assert_int_equal(s->r.freshes, 1);
	assert_int_equal(s->r.holds, 0);
	assert_holds(&s->r, &s->a, 5, NOW - 40);
	assert_int_equal(s->r.node.bundles, 1);
}

static void
test_stale(void **state)
{
	struct scene	*s = *state;

	/* An old answer again: nobody contradicts himself. */
	serve(&s->r.node, &s->a, 1, NOW - 60);
	assert_true(run(&s->r, &s->r.holds, 1));
	assert_string_equal(s->r.last, "stale-checkpoint");
	assert_int_equal(s->r.disputes, 0);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
}

static void
test_rewind(void **state)
{
	struct scene	*s = *state;

	serve(&s->r.node, &s->a, 1, NOW - 40);
	assert_true(run(&s->r, &s->r.disputes, 1));
	assert_disputed(&s->r, "rewind", NOW - 50, NOW - 40);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
	/* For good: the true log again changes nothing, nor does a restart. */
	serve(&s->r.node, &s->a, 5, NOW - 30);
	idle(&s->r, 100);
	pull_free(s->r.pull);
	s->r.disputes = 0;
	replica_start(&s->r);
	idle(&s->r, 100);
	assert_disputed(&s->r, "rewind", NOW - 50, NOW - 40);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
}

static void
test_fork_same_size(void **state)
{
	struct scene	*s = *state;

	source_grow(&s->b, 3, 1);
	assert_int_equal(s->b.n, 5);
	serve(&s->r.node, &s->b, 5, NOW - 40);
	assert_true(run(&s->r, &s->r.disputes, 1));
	assert_disputed(&s->r, "fork", NOW - 50, NOW - 40);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
}

static void
test_fork_smaller(void **state)
{
	struct scene	*s = *state;

	/* Signed earlier than what we hold: still two trees. */
	source_grow(&s->b, 2, 1);
	serve(&s->r.node, &s->b, 4, NOW - 70);
	assert_true(run(&s->r, &s->r.disputes, 1));
	assert_disputed(&s->r, "fork", NOW - 50, NOW - 70);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
}

static void
test_fork_larger(void **state)
{
	struct scene	*s = *state;

	source_grow(&s->b, 3, 1);
	source_grow(&s->b, 300, 1);
	serve(&s->r.node, &s->b, s->b.n, NOW - 40);
	assert_true(run(&s->r, &s->r.disputes, 1));
	assert_disputed(&s->r, "fork", NOW - 50, NOW - 40);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
}

static void
test_unknown_key(void **state)
{
	struct scene	*s = *state;

	source_grow(&s->a, 2, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	s->r.node.key = &stranger;
	assert_true(run(&s->r, &s->r.holds, 1));
	assert_string_equal(s->r.last, "unknown-key");
	assert_int_equal(s->r.disputes, 0);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
	s->r.node.key = &owner;
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, 8, NOW - 40);
}

static void
test_key_not_good_for_size(void **state)
{
	struct scene	*s = *state;

	s->r.key.until = 6;
	source_grow(&s->a, 2, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	assert_true(run(&s->r, &s->r.holds, 1));
	assert_string_equal(s->r.last, "unknown-key");
	assert_holds(&s->r, &s->a, 5, NOW - 50);
}

static void
test_future(void **state)
{
	struct scene	*s = *state;

	s->r.node.time = NOW + PULL_CLOCK_SLACK + 1;
	assert_true(run(&s->r, &s->r.holds, 1));
	assert_string_equal(s->r.last, "time-in-future");
	assert_holds(&s->r, &s->a, 5, NOW - 50);
	s->r.node.time = NOW + PULL_CLOCK_SLACK;
	assert_true(run(&s->r, &s->r.freshes, 1));
	assert_holds(&s->r, &s->a, 5, NOW + PULL_CLOCK_SLACK);
}

static void
heal_after(struct scene *s, enum lie lie, const char *id)
{
	struct peer_state	ps;

	source_grow(&s->a, 2, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	s->r.node.lie = lie;
	assert_true(run(&s->r, &s->r.holds, 1));
	assert_string_equal(s->r.last, id);
	assert_int_equal(s->r.disputes, 0);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
	assert_int_equal(peer_state_load(s->r.st, &ps, NULL), 0);
	assert_string_equal(ps.error, id);
	assert_false(ps.disputed);
	peer_state_fini(&ps);

	s->r.node.lie = HONEST;
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, 8, NOW - 40);
	assert_int_equal(peer_state_load(s->r.st, &ps, NULL), 0);
	assert_string_equal(ps.error, "");
	assert_int_equal(ps.contact, NOW);
	peer_state_fini(&ps);
}

static void
test_tampered(void **state)
{
	heal_after(*state, TAMPER, "bundle-differs");
}

static void
test_short_bundle(void **state)
{
	heal_after(*state, SHORT, "bundle-differs");
}

static void
test_no_entries(void **state)
{
	heal_after(*state, NO_ENTRIES, "bad-answer");
}

static void
test_redirect(void **state)
{
	heal_after(*state, REDIRECT, "bad-answer");
}

static void
test_too_big(void **state)
{
	heal_after(*state, TOO_BIG, "answer-too-large");
}

static void
test_down_and_up(void **state)
{
	struct scene	*s = *state;

	node_down(&s->r.node);
	assert_true(run(&s->r, &s->r.holds, 1));
	assert_string_equal(s->r.last, "unreachable");
	idle(&s->r, 100);
	assert_int_equal(s->r.holds, 1);	/* told once */
	source_grow(&s->a, 2, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	node_up(&s->r.node, s->r.ev);
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, 8, NOW - 40);
}

static void
test_mirror(void **state)
{
	struct scene	*s = *state;
	unsigned	 dates;

	/* Another node serves the owner's log; the owner is gone. */
	pull_free(s->r.pull);
	s->r.mirror = (struct node){ .log = &s->a, .key = &owner,
	    .size = 5, .time = NOW - 55 };
	node_up(&s->r.mirror, s->r.ev);
	replica_start(&s->r);
	idle(&s->r, 60);
	assert_int_equal(s->r.mirror.asked, 0);
	assert_true(s->r.dates > 0);
	node_down(&s->r.node);
	assert_true(run(&s->r, &s->r.holds, 1));
	dates = s->r.dates;
	idle(&s->r, 200);
	assert_true(s->r.mirror.asked > 0);
	assert_int_equal(s->r.dates, dates);	/* the mirror's is not told */
	source_grow(&s->a, 2, 1);
	serve(&s->r.mirror, &s->a, s->a.n, NOW - 40);
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, 8, NOW - 40);
	/* One that lags behind us is no reason to complain. */
	s->r.holds = 0;
	serve(&s->r.mirror, &s->a, 5, NOW - 50);
	idle(&s->r, 100);
	assert_int_equal(s->r.holds, 0);
	assert_int_equal(s->r.disputes, 0);
}

static void
test_epoch_not_last(void **state)
{
	struct scene	*s = *state;

	/* The key signs a tree whose last leaf is a seal. */
	source_grow(&s->a, 2, 1);
	serve(&s->r.node, &s->a, s->a.n - 1, NOW - 40);
	assert_true(run(&s->r, &s->r.disputes, 1));
	assert_disputed(&s->r, "illegal", NOW - 50, NOW - 40);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
}

static void
test_illegal_transition(void **state)
{
	struct scene	*s = *state;

	source_grow(&s->a, 2, ILLEGAL);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	assert_true(run(&s->r, &s->r.disputes, 1));
	assert_disputed(&s->r, "illegal", NOW - 50, NOW - 40);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
}

static void
test_illegal_early(void **state)
{
	struct scene	*s = *state;

	/* Entries behind the bad one are only hashed, bundle after bundle. */
	source_grow(&s->a, 2, ILLEGAL);
	source_grow(&s->a, 300, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	assert_true(run(&s->r, &s->r.disputes, 1));
	assert_disputed(&s->r, "illegal", NOW - 50, NOW - 40);
	assert_true(s->r.node.bundles >= 3);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
}

/* An illegal step that is not in the signed tree accuses nobody. */
static void
test_illegal_on_the_way(void **state)
{
	struct scene	*s = *state;
	struct entry_row real;
	struct epoch	 ep;
	struct buf	 b;

	source_grow(&s->a, 2, 1);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	/* The epoch that is served lies; the leaf that is signed does not. */
	real = s->a.e[7];
	assert_int_equal(epoch_decode(OCTETS(real.p, real.n), &ep, NULL), 0);
	ep.map_root[0] ^= 1;
	buf_init(&b, 4096);
	epoch_encode(&ep, &b);
	s->a.e[7].p = b.p;
	s->a.e[7].n = b.len;
	assert_true(run(&s->r, &s->r.holds, 1));
	assert_string_equal(s->r.last, "bundle-differs");
	assert_int_equal(s->r.disputes, 0);
	s->a.e[7] = real;
	assert_true(run(&s->r, &s->r.accepts, 1));
	assert_holds(&s->r, &s->a, 8, NOW - 40);
	buf_fini(&b);
}

static void
test_bad_epoch(void **state)
{
	struct scene	*s = *state;
	struct entry_row real;
	struct epoch	 ep;
	struct buf	 b;

	/* The same lie, but signed: it is the owner's. */
	source_grow(&s->a, 2, 1);
	real = s->a.e[7];
	assert_int_equal(epoch_decode(OCTETS(real.p, real.n), &ep, NULL), 0);
	ep.map_root[0] ^= 1;
	buf_init(&b, 4096);
	epoch_encode(&ep, &b);
	s->a.e[7].p = b.p;
	s->a.e[7].n = b.len;
	entry_leaf(buf_octets(&b), s->a.e[7].leaf.h);
	serve(&s->r.node, &s->a, s->a.n, NOW - 40);
	assert_true(run(&s->r, &s->r.disputes, 1));
	assert_disputed(&s->r, "illegal", NOW - 50, NOW - 40);
	assert_holds(&s->r, &s->a, 5, NOW - 50);
	s->a.e[7] = real;
	buf_fini(&b);
}

/* Without the token there are no entries, and nothing is held. */
static void
test_no_token(void **state)
{
	struct source	*a = xcalloc(1, sizeof(*a));
	struct replica	*r = xcalloc(1, sizeof(*r));
	struct pull_spec spec = { .rules = &strict, .poll_ms = 10,
				  .now = fake_now, .on_event = on_event };
	char		*url;

	(void)state;
	source_init(a, 0);
	replica_init(r, a);
	spec.ev = r->ev;
	spec.st = r->st;
	spec.who = &r->who;
	spec.arg = r;
	spec.peer = peer_new("44", ORIGIN);
	url = xasprintf("http://127.0.0.1:%u", r->node.port);
	peer_add_source(spec.peer, url, NULL, true);
	free(url);
	assert_int_equal(pull_new(&spec, &r->pull, NULL), 0);
	pull_start(r->pull);
	assert_true(run(r, &r->holds, 1));
	assert_string_equal(r->last, "peer-refuses");
	assert_true(r->node.refused > 0);
	assert_holds(r, a, 0, 0);
	/* Ended in the middle of whatever it does, nothing is left open. */
	pull_free(r->pull);
	r->pull = NULL;
	assert_false(store_in_txn(r->st));
	replica_fini(r);
	source_fini(a);
	free(a);
	free(r);
}

/* A province that was never good: disputed with one note only. */
static void
test_illegal_from_the_start(void **state)
{
	struct source	*a = xcalloc(1, sizeof(*a));
	struct replica	*r = xcalloc(1, sizeof(*r));

	(void)state;
	source_init(a, 0);
	source_grow(a, 1, ILLEGAL);
	replica_init(r, a);
	replica_start(r);
	assert_true(run(r, &r->disputes, 1));
	assert_disputed(r, "illegal", 0, NOW - 50);
	assert_holds(r, a, 0, 0);
	replica_fini(r);
	source_fini(a);
	free(a);
	free(r);
}

/* ---- waiting and sources, without a network ---- */

static void
test_backoff(void **state)
{
	struct peer	*p = peer_new("44", ORIGIN);
	int64_t		 ms, low, want = 1000;
	unsigned	 i;

	(void)state;
	peer_add_source(p, "http://a", NULL, true);
	assert_int_equal(peer_good(p, 1000, 0, 0), 800);
	assert_int_equal(peer_good(p, 1000, 255, 0), 1200);
	for (i = 1; i < 40; i++) {
		if (i > 2 && i % 2 == 1)
			want = want * 2 > PEER_BACKOFF_MAX_MS ?
			    PEER_BACKOFF_MAX_MS : want * 2;
		low = want * 800 / 1000;
		ms = peer_bad(p, 1000, 0, 0);
		assert_int_equal(ms, low);
		assert_true(ms <= PEER_BACKOFF_MAX_MS);
	}
	assert_int_equal(peer_bad(p, 1000, 255, 0),
	    PEER_BACKOFF_MAX_MS * 1200 / 1000);
	assert_int_equal(p->at, 0);
	assert_int_equal(peer_good(p, 1000, 0, 0), 800);
	assert_int_equal(peer_bad(p, 1000, 0, 0), 800);
	peer_free(p);
}

static void
test_sources(void **state)
{
	struct peer	*p = peer_new("44", ORIGIN);

	(void)state;
	peer_add_source(p, "http://a", NULL, true);
	peer_add_source(p, "http://b", NULL, false);
	peer_add_source(p, "http://c", NULL, false);
	(void)peer_bad(p, 1000, 0, 10);
	assert_int_equal(p->at, 0);
	(void)peer_bad(p, 1000, 0, 20);
	assert_int_equal(p->at, 1);
	assert_int_equal(p->away_since, 20);
	(void)peer_good(p, 1000, 0, 30);
	(void)peer_good(p, 1000, 0, 20 + PEER_HOME_MS - 1);
	assert_int_equal(p->at, 1);
	(void)peer_good(p, 1000, 0, 20 + PEER_HOME_MS);
	assert_int_equal(p->at, 0);
	/* Still gone: one failure is enough now. */
	(void)peer_bad(p, 1000, 0, 50000);
	assert_int_equal(p->at, 1);
	(void)peer_bad(p, 1000, 0, 50010);
	(void)peer_bad(p, 1000, 0, 50020);
	assert_int_equal(p->at, 2);
	assert_int_equal(p->away_since, 50000);
	(void)peer_bad(p, 1000, 0, 50030);
	(void)peer_bad(p, 1000, 0, 50040);
	assert_int_equal(p->at, 0);
	assert_int_equal(p->away_since, 0);
	peer_free(p);
}

static int
setup(void **state)
{
	if (vectors_setup(state) != 0 || mkdtemp(dir) == NULL)
		return -1;
	signer_init(&owner, ORIGIN);
	signer_init(&stranger, ORIGIN);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const	tails[] = { "", "-wal", "-shm" };
	char				*path;
	size_t				 i;

	(void)state;
	signer_fini(&owner);
	signer_fini(&stranger);
	while (files-- > 0)
		for (i = 0; i < 3; i++) {
			path = xasprintf("%s/peer-%u.db%s", dir, files,
			    tails[i]);
			(void)unlink(path);
			free(path);
		}
	return rmdir(dir);
}

#define SCENE(F) cmocka_unit_test_setup_teardown(F, scene_setup, \
    scene_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		SCENE(test_first_sync),
		SCENE(test_incremental),
		SCENE(test_out_of_order),
		SCENE(test_late_bundles),
		SCENE(test_restart),
		SCENE(test_fresh),
		SCENE(test_stale),
		SCENE(test_rewind),
		SCENE(test_fork_same_size),
		SCENE(test_fork_smaller),
		SCENE(test_fork_larger),
		SCENE(test_unknown_key),
		SCENE(test_key_not_good_for_size),
		SCENE(test_future),
		SCENE(test_tampered),
		SCENE(test_short_bundle),
		SCENE(test_no_entries),
		SCENE(test_redirect),
		SCENE(test_too_big),
		SCENE(test_down_and_up),
		SCENE(test_mirror),
		SCENE(test_epoch_not_last),
		SCENE(test_illegal_transition),
		SCENE(test_illegal_early),
		SCENE(test_illegal_on_the_way),
		SCENE(test_bad_epoch),
		cmocka_unit_test(test_no_token),
		cmocka_unit_test(test_illegal_from_the_start),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_sources),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
