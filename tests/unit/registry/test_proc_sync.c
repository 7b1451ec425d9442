#include "tests/unit/sync/signer.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ctl.h"
#include "base/ev.h"
#include "base/file.h"
#include "base/msg.h"
#include "base/proc.h"
#include "base/sandbox.h"
#include "base/tm.h"
#include "registry/confine.h"
#include "registry/node_log.h"
#include "registry/proc_sync.h"
#include "schema/msg.pb-c.h"
#include "store/store.h"
#include "sync/pull.h"

/* What the sync process may and may not touch, tried for real in a child. */

#define LIST "sealreg-trust/v1\n" \
    "version: 1\nissued: 2026-11-21T10:00:00Z\n" \
    "expires: 2027-11-21T10:00:00Z\nmax_age: 600\nprovinces:\n" \
    "- {province: \"44\", origin: a, urls: [], prefixes: [\"44\"], " \
    "keys: [], ca: []}\n" \
    "- {province: \"33\", origin: b, urls: [], prefixes: [\"33\"], " \
    "keys: [], ca: []}\n" \
    "\n\xe2\x80\x94 somebody AAAAAAAA\n"

static char		 dir[] = "/tmp/test_proc_sync.XXXXXX";
static char		 province[] = "44", empty[] = "";
static struct config	 cf = { .dir = dir, .province = province,
			     .national_vkey = empty,
			     .peer_tls_certificate = empty,
			     .peer_tls_key = empty, .peer_ca = empty };

static char *
path_of(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void
put(const char *name, const char *text)
{
	char	*path = path_of(name);

	assert_int_equal(file_write(path, OCTETS(text, strlen(text)), 0600,
	    NULL), 0);
	free(path);
}

static int
setup(void **state)
{
	char	*path;

	(void)state;
	if (sm_init(NULL) != 0 || mkdtemp(dir) == NULL)
		return -1;
	path = path_of("keys");
	if (file_mkdir(path, 0700, NULL) != 0)
		return -1;
	free(path);
	put("keys/checkpoint.pem", "secret");
	put("province.db", "not ours");
	put("sealreg.yaml", "x: 1");
	put("trust", LIST);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const	names[] = {
		"keys/checkpoint.pem", "keys", "province.db", "sealreg.yaml",
		"trust", "peer-33.db", "peer-33.db-wal", "peer-33.db-shm", ""
	};
	char				*path;
	size_t				 i;
	int				 rc = 0;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path = path_of(names[i]);
		rc = remove(path);
		free(path);
	}
	return rc;
}

static void
test_trust(void **state)
{
	struct config	 pinned = cf;
	struct trust	*t;
	struct err	 e = ERR_INIT, e2 = ERR_INIT, e3 = ERR_INIT;
	static char	 vkey[] = "44.sealreg.example/log+5e9f5b2f+"
	    "/3NlYWxyZWcuc20yL3YxAARQTwKTP5KouuEY2RPr3FqLOSM//j5XNYXxRfwisjq"
	    "YGhSs2AJzKwStbl8Tjm7rpH379+VU/BuWC3cSVwQKowA4";
	static char	 nowhere[] = "/nonexistent", bad[] = "x";

	(void)state;
	assert_int_equal(node_trust(&cf, &t, NULL), 0);
	assert_int_equal(t->nprovinces, 2);
	trust_free(t);

	pinned.national_vkey = vkey;
	assert_int_equal(node_trust(&pinned, &t, &e), ERR_VERIFY);
	assert_string_equal(e.id, "unknown-key");
	assert_null(t);
	pinned.national_vkey = bad;
	assert_int_equal(node_trust(&pinned, &t, &e2), ERR_FORMAT);
	assert_string_equal(e2.id, "bad-verifier-key");
	pinned.dir = nowhere;
	assert_int_equal(node_trust(&pinned, &t, &e3), ERR_NOTFOUND);
}

/* 0 if it can be opened, else errno. */
static int
try_open(const char *name, int flags)
{
	char	*path = path_of(name);
	int	 fd = open(path, flags, 0600), rc = fd == -1 ? errno : 0;

	if (fd != -1)
		(void)close(fd);
	free(path);
	return rc;
}

/* One letter a thing that is not as it should be. */
static int
confined(struct trust *t, struct store *st)
{
	struct err	 e = ERR_INIT;

	if (confine_enter("sync", &cf, t, &e) != 0)
		return 'c';
	if (try_open("keys/checkpoint.pem", O_RDONLY) != EACCES)
		return 'k';
	if (try_open("keys", O_RDONLY | O_DIRECTORY) != EACCES)
		return 'K';
	if (try_open("province.db", O_RDONLY) != EACCES)
		return 'p';
	if (try_open("trust", O_RDONLY) != EACCES)
		return 't';
	if (try_open("peer-33.db", O_RDWR) != 0)
		return 'd';
	if (try_open("new", O_RDWR | O_CREAT) != EACCES)
		return 'n';
	/* The database still commits, and more than fits into one page. */
	if (store_begin(st, &e) != 0 ||
	    peer_state_good(st, 7, &e) != 0 ||
	    peer_state_error(st, "unreachable", &e) != 0 ||
	    store_commit(st, &e) != 0)
		return 's';
	return 0;
}

static void
test_confine(void **state)
{
	char			*path = path_of("peer-33.db");
	const struct store_spec	 spec = { .path = path, .mode = STORE_CREATE,
				     .kind = STORE_PEER,
				     .may = pull_statements };
	struct peer_state	 ps;
	struct store		*st;
	struct trust		*t;
	pid_t			 pid;
	int			 status;

	(void)state;
	if (sandbox_abi() == 0) {
		free(path);
		skip();
	}
	assert_int_equal(node_trust(&cf, &t, NULL), 0);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		if (store_open(&spec, &st, NULL) != 0)
			_exit('o');
		status = confined(t, st);
		store_close(st);
		_exit(status);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0)
		fail_msg("in the sandbox: %c", WEXITSTATUS(status));
	assert_int_equal(store_open(&spec, &st, NULL), 0);
	assert_int_equal(peer_state_load(st, &ps, NULL), 0);
	assert_int_equal(ps.contact, 7);
	assert_string_equal(ps.error, "unreachable");
	peer_state_fini(&ps);
	store_close(st);
	trust_free(t);
	free(path);
}

/* ---- the whole process, with this test as monitor, recorder and peer ---- */

struct world {
	struct ev	*ev;
	struct ev_timer	*deadline;
	struct signer	 own, other;
	uint64_t	 size;		/* of our log, as the peer shows it */
	const struct signer *by;	/* who signed it */
	unsigned	 asked;		/* for the peer's own checkpoint */
	char		*told;		/* what the recorder was told */
	unsigned	 times;		/* and of its clock, how often */
	unsigned	 words;		/* how often */
	unsigned	 until;
};

static void
on_http(struct evhttp_request *r, void *arg)
{
	static const char	 zeros[] =
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	struct world		*w = arg;
	struct evbuffer		*b = evbuffer_new();
	char			*body, *note;

	if (strcmp(evhttp_request_get_uri(r), "/log/44/checkpoint") == 0 &&
	    w->size > 0) {
		body = xasprintf("own.example/log\n%llu\n%s\n",
		    (unsigned long long)w->size, zeros);
		note = signer_note(w->by, body, tm_now());
		evbuffer_add(b, note, strlen(note));
		evhttp_send_reply(r, 200, "", b);
		free(body);
		free(note);
	} else {
		w->asked += strcmp(evhttp_request_get_uri(r),
		    "/log/33/checkpoint") == 0;
		evhttp_send_reply(r, 404, "", b);
	}
	evbuffer_free(b);
	if (w->words >= w->until && w->asked > 0)
		ev_stop(w->ev);
}

static void
on_told(void *arg, struct chan *ch, struct msg *m)
{
	struct world		*w = arg;
	ProtobufCMessage	*p;
	const PeerTime		*t;

	/* The clock of the peer's own server, by its Date. */
	if (m->type == MSG_TYPE__MSG_PEER_TIME) {
		assert_int_equal(msg_unpack(&peer_time__descriptor, m->body,
		    &p, NULL), 0);
		t = (const PeerTime *)p;
		assert_string_equal(t->province, "33");
		assert_in_range(t->date, tm_now() - 10, tm_now() + 1);
		protobuf_c_message_free_unpacked(p, NULL);
		chan_reply(ch, m->id, MSG_TYPE__MSG_OK, NULL);
		w->times++;
		return;
	}
	/* It comes first: what follows lets the recorder sign. */
	assert_true(w->times > 0);
	assert_int_equal(m->type, MSG_TYPE__MSG_PEERS_SEEN);
	assert_int_equal(msg_unpack(&peers_seen__descriptor, m->body, &p,
	    NULL), 0);
	free(w->told);
	w->told = xstrdup(((PeersSeen *)p)->note);
	protobuf_c_message_free_unpacked(p, NULL);
	chan_reply(ch, m->id, MSG_TYPE__MSG_OK, NULL);
	w->words++;
}

static void
on_late(void *arg)
{
	struct world	*w = arg;

	w->until = 0;
	w->asked = 0;
	ev_stop(w->ev);
}

static const struct chan_hooks recorder_hooks = {
	.on_request = on_told, .on_close = NULL
};

/* Start it; returns our end of its control socket. */
static int
start(const struct config *c, pid_t *pid)
{
	int	control[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK,
	    0, control), 0);
	fflush(stdout);
	if ((*pid = fork()) == 0) {
		if (dup2(control[1], PROC_CONTROL_FD) == -1)
			_exit(2);
		_exit(proc_sync(c, NULL) == 0 ? 0 : 1);
	}
	assert_true(*pid > 0);
	(void)close(control[1]);
	return control[0];
}

static void
end(int control, pid_t pid)
{
	const struct ctl	stop = { .kind = CTL_STOP };
	int			status;

	assert_int_equal(ctl_send(control, &stop, -1, NULL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(control);
}

static void
run_process(uint64_t size, bool by_owner, const char *expected)
{
	const struct ctl	 link = { .kind = CTL_LINK,
				     .role = "recorder" };
	struct world		 w = { .size = size, .until = 1 };
	struct config		 c = cf;
	struct evhttp_bound_socket *sock;
	struct sockaddr_in	 sin;
	struct evhttp		*http;
	struct chan		*ch;
	struct ctl		 got;
	socklen_t		 len = sizeof(sin);
	pid_t			 pid;
	char			*list;
	int			 pair[2], control, fd;

	w.ev = ev_new();
	w.deadline = ev_timer_new(w.ev, on_late, &w);
	signer_init(&w.own, "own.example/log");
	signer_init(&w.other, "other.example/log");
	w.by = by_owner ? &w.own : &w.other;
	http = evhttp_new(ev_base(w.ev));
	evhttp_set_gencb(http, on_http, &w);
	sock = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	assert_non_null(sock);
	assert_int_equal(getsockname(evhttp_bound_socket_get_fd(sock),
	    (struct sockaddr *)&sin, &len), 0);
	list = xasprintf("sealreg-trust/v1\nversion: 1\n"
	    "issued: 2026-11-21T10:00:00Z\nexpires: 2027-11-21T10:00:00Z\n"
	    "max_age: 600\nprovinces:\n"
	    "- {province: \"44\", origin: own.example/log, urls: [], "
	    "prefixes: [\"44\"], keys: [{vkey: \"%s\", from: 0}], ca: []}\n"
	    "- {province: \"33\", origin: other.example/log, "
	    "urls: [\"http://127.0.0.1:%u\"], prefixes: [\"33\"], "
	    "keys: [{vkey: \"%s\", from: 0}], ca: []}\n"
	    "\n\xe2\x80\x94 somebody AAAAAAAA\n", vkey_text(w.own.vk),
	    ntohs(sin.sin_port), vkey_text(w.other.vk));
	put("trust", list);

	c.poll_ms = 20;
	control = start(&c, &pid);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    pair), 0);
	assert_int_equal(ctl_send(control, &link, pair[1], NULL), 0);
	(void)close(pair[1]);
	ch = chan_new(w.ev, pair[0], &recorder_hooks, &w);
	ev_timer_set(w.deadline, 5000);
	assert_int_equal(ev_run(w.ev, NULL), 0);

	/* It told the recorder, said ready, and began to pull. */
	assert_non_null(w.told);
	assert_int_equal(w.words, 1);
	assert_true(w.asked > 0);
	if (expected == NULL)
		assert_string_equal(w.told, "");
	else
		assert_non_null(strstr(w.told, expected));
	assert_int_equal(ctl_recv(control, &got, &fd, NULL), 0);
	assert_int_equal(got.kind, CTL_READY);
	end(control, pid);

	chan_free(ch);
	evhttp_free(http);
	ev_timer_free(w.deadline);
	ev_free(w.ev);
	signer_fini(&w.own);
	signer_fini(&w.other);
	free(w.told);
	free(list);
}

static void
test_seen(void **state)
{
	(void)state;
	run_process(9, true, "\n9\n");
}

static void
test_seen_none(void **state)
{
	(void)state;
	run_process(0, true, NULL);
}

/* What nobody of us has signed, nobody has seen. */
static void
test_seen_forged(void **state)
{
	(void)state;
	run_process(9, false, NULL);
}

/* Without a trust list it is ready at once and ends when told to. */
static void
test_no_trust(void **state)
{
	char		*path = path_of("trust");
	struct ctl	 got;
	pid_t		 pid;
	int		 control, fd, rc = ERR_NOTFOUND, i;

	(void)state;
	assert_int_equal(unlink(path), 0);
	control = start(&cf, &pid);
	for (i = 0; i < 500 && rc == ERR_NOTFOUND; i++) {
		(void)usleep(10000);
		rc = ctl_recv(control, &got, &fd, NULL);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(got.kind, CTL_READY);
	end(control, pid);
	put("trust", LIST);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_confine),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_seen_none),
		cmocka_unit_test(test_seen_forged),
		cmocka_unit_test(test_no_trust),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
