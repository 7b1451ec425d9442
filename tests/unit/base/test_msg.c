#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <protobuf-c/protobuf-c.h>

#include "base/frame.h"
#include "base/msg.h"

/* A message of one string, described by hand: schema/ is above base/. */
struct note {
	ProtobufCMessage base;
	char		*text;
};

static const ProtobufCFieldDescriptor note_fields[] = { {
	.name = "text", .id = 1, .label = PROTOBUF_C_LABEL_NONE,
	.type = PROTOBUF_C_TYPE_STRING, .quantifier_offset = 0,
	.offset = offsetof(struct note, text), .descriptor = NULL,
	.default_value = "", .flags = 0
} };
static const unsigned note_by_name[] = { 0 };
static const ProtobufCIntRange note_ranges[] = { { 1, 0 }, { 0, 1 } };
static void	note_init(ProtobufCMessage *m);
static const ProtobufCMessageDescriptor note_desc = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC, .name = "note",
	.short_name = "note", .c_name = "note", .package_name = "",
	.sizeof_message = sizeof(struct note), .n_fields = 1,
	.fields = note_fields, .fields_sorted_by_name = note_by_name,
	.n_field_ranges = 1, .field_ranges = note_ranges,
	.message_init = note_init
};

static void
note_init(ProtobufCMessage *m)
{
	struct note	 n = { .base = PROTOBUF_C_MESSAGE_INIT(&note_desc),
	    .text = (char *)(uintptr_t)"" };

	*(struct note *)m = n;
}

/* Two ends on one loop, or one end and a bare descriptor. */
struct world {
	struct ev	*ev;
	struct ev_timer	*limit;
	struct chan	*a, *b;
	int		 raw;
	int		 closed_a, closed_b, requests, done;
	int		 code;		/* of the last done */
	char		 id[ERR_ID_MAX], text[300];
	uint64_t	 ids[4];
	bool		 hold;
	int		 fd_size;
	bool		 expired;
};

static void
expire(void *arg)
{
	struct world	*w = arg;

	w->expired = true;
	ev_stop(w->ev);
}

static void
on_request(void *arg, struct chan *ch, struct msg *m)
{
	struct world	*w = arg;
	struct err	 e = ERR_INIT;
	struct stat	 st;

	if (m->fd != -1) {
		assert_int_equal(fstat(m->fd, &st), 0);
		w->fd_size = (int)st.st_size;
		close(m->fd);
	}
	w->ids[w->requests++ & 3] = m->id;
	if (w->hold)
		return;
	if (m->type == 7) {
		err_set_id(&e, ERR_CONFLICT, "no-such-luck", "bad\nline");
		chan_fail(ch, m->id, &e);
		return;
	}
	chan_reply_octets(ch, m->id, (uint16_t)(m->type + 1), m->body);
}

static void
on_close(void *arg, struct chan *ch)
{
	struct world	*w = arg;

	if (ch == w->a) {
		w->closed_a++;
		w->a = NULL;
	} else {
		w->closed_b++;
		w->b = NULL;
	}
	ev_stop(w->ev);
}

static const struct chan_hooks	hooks = { on_request, on_close };

static void
on_done(void *arg, const struct msg *reply, const struct err *e)
{
	struct world	*w = arg;

	w->done++;
	w->code = 0;
	memset(w->text, 0, sizeof(w->text));
	if (e != NULL) {
		assert_null(reply);
		w->code = e->code;
		strcpy(w->id, e->id);
		strcpy(w->text, e->text);
	} else if (reply->body.len > 2 && reply->body.len < 200)
		memcpy(w->text, reply->body.p + 2, reply->body.len - 2);
	ev_stop(w->ev);
}

static int
setup_one(void **state)
{
	static struct world	 world;
	struct world		*w = &world;
	int			 sp[2];

	memset(w, 0, sizeof(*w));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sp), 0);
	w->ev = ev_new();
	w->limit = ev_timer_new(w->ev, expire, w);
	ev_timer_set(w->limit, 3000);
	w->a = chan_new(w->ev, sp[0], &hooks, w);
	w->raw = sp[1];
	*state = w;
	return 0;
}

static int
setup_two(void **state)
{
	struct world	*w;

	setup_one(state);
	w = *state;
	w->b = chan_new(w->ev, w->raw, &hooks, w);
	w->raw = -1;
	return 0;
}

static int
teardown(void **state)
{
	struct world	*w = *state;

	chan_free(w->a);
	chan_free(w->b);
	if (w->raw != -1)
		close(w->raw);
	ev_timer_free(w->limit);
	ev_free(w->ev);
	return 0;
}

static void
turn(struct world *w)
{
	struct err	 e = ERR_INIT;

	assert_int_equal(ev_run(w->ev, &e), 0);
	assert_false(w->expired);
}

static struct note
note_of(const char *s)
{
	struct note	 n;

	note_init(&n.base);
	n.text = (char *)(uintptr_t)s;
	return n;
}

static void
test_request(void **state)
{
	struct world	*w = *state;
	struct note	 n = note_of("hello");

	chan_request(w->a, 10, &n.base, -1, on_done, w);
	assert_int_equal(w->done, 0);
	turn(w);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->code, 0);
	assert_string_equal(w->text, "hello");
	/* And the other way. */
	n = note_of("back");
	chan_request(w->b, 10, &n.base, -1, on_done, w);
	turn(w);
	assert_string_equal(w->text, "back");
}

static void
test_failure(void **state)
{
	struct world	*w = *state;
	struct note	 n = note_of("x");

	chan_request(w->a, 7, &n.base, -1, on_done, w);
	turn(w);
	assert_int_equal(w->code, ERR_CONFLICT);
	assert_string_equal(w->id, "no-such-luck");
	assert_string_equal(w->text, "bad line");
}

static void
test_fd(void **state)
{
	struct world	*w = *state;
	struct note	 n = note_of("see");
	struct err	 e = ERR_INIT;
	int		 fd;

	assert_int_equal(memfd_seal(OCTETS("12345", 5), &fd, &e), 0);
	/* Neighbours without one, before and behind. */
	chan_request(w->a, 10, &n.base, -1, on_done, w);
	chan_request(w->a, 10, &n.base, fd, on_done, w);
	chan_request(w->a, 10, &n.base, -1, on_done, w);
	close(fd);
	while (w->done < 3)
		turn(w);
	assert_int_equal(w->fd_size, 5);
	assert_int_equal(w->requests, 3);
}

static void
test_big(void **state)
{
	struct world	*w = *state;
	char		*p = calloc(1, LIMIT_MSG_BODY + 10);
	struct note	 n;

	memset(p, 'a', LIMIT_MSG_BODY - 5);
	n = note_of(p);
	chan_request(w->a, 10, &n.base, -1, on_done, w);
	turn(w);
	assert_int_equal(w->code, 0);
	memset(p, 'a', LIMIT_MSG_BODY + 1);
	chan_request(w->a, 10, &n.base, -1, on_done, w);
	turn(w);
	assert_int_equal(w->code, ERR_TOOBIG);
	assert_int_equal(w->closed_a, 0);
	free(p);
}

static void
test_full(void **state)
{
	struct world	*w = *state;
	struct note	 n = note_of("x");
	int		 i;

	w->hold = true;
	for (i = 0; i < LIMIT_MSG_PENDING; i++)
		chan_request(w->a, 10, &n.base, -1, on_done, w);
	chan_request(w->a, 10, &n.base, -1, on_done, w);
	assert_int_equal(w->done, 0);
	turn(w);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->code, ERR_BUSY);
	/* Freed with thousands waiting: each is told. */
	chan_free(w->a);
	w->a = NULL;
	assert_int_equal(w->done, 1 + LIMIT_MSG_PENDING);
	while (w->closed_b == 0)
		turn(w);
}

static void
test_lost(void **state)
{
	struct world	*w = *state;
	struct note	 n = note_of("x");

	w->hold = true;
	chan_request(w->a, 10, &n.base, -1, on_done, w);
	chan_request(w->a, 10, &n.base, -1, on_done, w);
	chan_free(w->b);
	w->b = NULL;
	turn(w);
	assert_int_equal(w->done, 2);
	assert_int_equal(w->code, ERR_BUSY);
	assert_int_equal(w->closed_a, 1);
}

/* What breaks a channel: each is one write of raw octets. */
static void
test_broken(void **state)
{
	static const struct {
		const char		*what;
		struct frame_head	 h;
		size_t			 body;
		bool			 pass;
	} cases[] = {
		{ "oversized", { LIMIT_MSG_BODY + 1, 10, 0, 1 }, 0, false },
		{ "huge", { UINT32_MAX, 10, 0, 1 }, 0, false },
		{ "unknown flag", { 0, 10, 4, 1 }, 0, false },
		{ "failure as request", { 0, 0, 0, 1 }, 0, false },
		{ "reply to nothing", { 0, 10, FRAME_REPLY, 9 }, 0, false },
		{ "flag without fd", { 0, 10, FRAME_FD, 1 }, 0, false },
		{ "fd without flag", { 0, 10, 0, 1 }, 0, true },
	};
	struct world	*w;
	struct iovec	 iov;
	uint8_t		 head[FRAME_HEAD];
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup_one(state);
		w = *state;
		w->hold = true;
		frame_head_put(&cases[i].h, head);
		iov.iov_base = head;
		iov.iov_len = sizeof(head);
		assert_int_equal(frame_send(w->raw, &iov, 1,
		    cases[i].pass ? STDERR_FILENO : -1), FRAME_HEAD);
		turn(w);
		if (w->closed_a != 1)
			fail_msg("%s: still open", cases[i].what);
		teardown(state);
	}
	setup_one(state);
}

static void
test_cut_frame(void **state)
{
	struct world	*w = *state;

	assert_int_equal(write(w->raw, "\0\0\0\5\0\1", 6), 6);
	close(w->raw);
	w->raw = -1;
	turn(w);
	assert_int_equal(w->closed_a, 1);
	assert_int_equal(w->requests, 0);
}

/* A failure frame whose text would forge a log line. */
static void
test_bad_failure(void **state)
{
	struct world		*w = *state;
	struct note		 n = note_of("x");
	struct frame_head	 h = { 7, FRAME_FAILURE, FRAME_REPLY, 1 };
	uint8_t			 b[FRAME_HEAD + 7] = { 0 };

	chan_request(w->a, 10, &n.base, -1, on_done, w);
	frame_head_put(&h, b);
	memcpy(b + FRAME_HEAD, "\0\4\1x\nab", 7);
	assert_int_equal(write(w->raw, b, sizeof(b)), (int)sizeof(b));
	turn(w);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->code, ERR_BUSY);
	if (w->closed_a == 0)
		turn(w);
	assert_int_equal(w->closed_a, 1);
}

/*
 * chan_call() with a request, a reply to something else, and then its own
 * reply on the wire: the others are delivered afterwards, in their order.
 */
static void
test_call_interleaved(void **state)
{
	struct world		*w = *state;
	struct note		 n = note_of("x");
	struct frame_head	 h = { 0, 10, 0, 77 };
	uint8_t			 b[3 * FRAME_HEAD + 3];
	struct msg		 m;
	struct err		 e = ERR_INIT;

	chan_request(w->a, 10, &n.base, -1, on_done, w);	/* id 1 */
	frame_head_put(&h, b);
	h.flags = FRAME_REPLY;
	h.id = 1;
	frame_head_put(&h, b + FRAME_HEAD);
	h.id = 2;
	h.len = 3;
	h.type = 11;
	frame_head_put(&h, b + 2 * FRAME_HEAD);
	memcpy(b + 3 * FRAME_HEAD, "yes", 3);
	assert_int_equal(write(w->raw, b, sizeof(b)), (int)sizeof(b));

	assert_int_equal(chan_call(w->a, 10, &n.base, 1000, &m, &e), 0);
	assert_int_equal(m.type, 11);
	assert_int_equal(m.body.len, 3);
	assert_memory_equal(m.body.p, "yes", 3);
	msg_fini(&m);
	assert_int_equal(w->done, 0);
	assert_int_equal(w->requests, 0);
	turn(w);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->requests, 1);
	assert_int_equal(w->ids[0], 77);
}

/* Two begun, answered in the other order before anybody waits. */
static void
test_call_in_halves(void **state)
{
	struct world		*w = *state;
	struct note		 n = note_of("x");
	struct frame_head	 h = { 1, 11, FRAME_REPLY, 2 };
	uint8_t			 b[2 * (FRAME_HEAD + 1)];
	uint64_t		 id[2];
	struct msg		 m;
	struct err		 e = ERR_INIT;

	assert_int_equal(chan_call_begin(w->a, 10, &n.base, &id[0], &e), 0);
	assert_int_equal(chan_call_begin(w->a, 10, &n.base, &id[1], &e), 0);
	/* They have left already. */
	assert_true(read(w->raw, b, sizeof(b)) > FRAME_HEAD);
	h.id = id[1];
	frame_head_put(&h, b);
	b[FRAME_HEAD] = '2';
	h.id = id[0];
	frame_head_put(&h, b + FRAME_HEAD + 1);
	b[2 * FRAME_HEAD + 1] = '1';
	assert_int_equal(write(w->raw, b, sizeof(b)), (int)sizeof(b));
	assert_int_equal(chan_call_end(w->a, id[0], 1000, &m, &e), 0);
	assert_memory_equal(m.body.p, "1", 1);
	msg_fini(&m);
	assert_int_equal(chan_call_end(w->a, id[1], 1000, &m, &e), 0);
	assert_memory_equal(m.body.p, "2", 1);
	msg_fini(&m);
	/* Gone before it could be asked. */
	close(w->raw);
	w->raw = -1;
	if (chan_call_begin(w->a, 10, &n.base, &id[0], &e) == 0)
		assert_int_equal(chan_call_end(w->a, id[0], 1000, &m, &e),
		    ERR_BUSY);
	assert_int_equal(e.code, ERR_BUSY);
}

static void
test_call_late(void **state)
{
	struct world		*w = *state;
	struct note		 n = note_of("x");
	struct frame_head	 h = { 0, 11, FRAME_REPLY, 1 };
	uint8_t			 b[2 * FRAME_HEAD];
	struct msg		 m;
	struct err		 e = ERR_INIT;

	assert_int_equal(chan_call(w->a, 10, &n.base, 30, &m, &e), ERR_BUSY);
	/* The late reply is dropped, the channel lives on. */
	frame_head_put(&h, b);
	h.flags = 0;
	h.id = 5;
	frame_head_put(&h, b + FRAME_HEAD);
	assert_int_equal(write(w->raw, b, sizeof(b)), (int)sizeof(b));
	ev_timer_set(w->limit, 50);
	assert_int_equal(ev_run(w->ev, &e), 0);
	assert_int_equal(w->closed_a, 0);
	assert_int_equal(w->requests, 1);
	/* Gone: told at once. */
	close(w->raw);
	w->raw = -1;
	memset(&e, 0, sizeof(e));
	assert_int_equal(chan_call(w->a, 10, &n.base, 1000, &m, &e), ERR_BUSY);
}

/* The half without a loop, against a child process. */
static void
test_waiting(void **state)
{
	struct msg	 m, r;
	struct err	 e = ERR_INIT, why = ERR_INIT;
	struct octets	 o;
	int		 sp[2], fd, st;
	pid_t		 pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sp), 0);
	if ((pid = fork()) == 0) {
		close(sp[0]);
		for (;;) {
			if (msg_read(sp[1], &m, &e) != 0)
				_exit(e.code == ERR_NOTFOUND ? 0 : 1);
			if (m.type == 7) {
				err_set_id(&why, ERR_DENIED, "no", "no");
				st = msg_write_err(sp[1], m.id, &why, &e);
			} else if (m.fd != -1 &&
			    memfd_map(m.fd, 100, &o, &e) == 0)
				st = msg_write(sp[1], 9, m.id, o, -1, &e);
			else
				st = msg_write(sp[1], 8, m.id, m.body, -1, &e);
			msg_fini(&m);
			if (st != 0)
				_exit(2);
		}
	}
	close(sp[1]);
	assert_int_equal(msg_ask(sp[0], 5, OCTETS("abc", 3), -1, 2000, &r,
	    &e), 0);
	assert_int_equal(r.type, 8);
	assert_memory_equal(r.body.p, "abc", 3);
	msg_fini(&r);
	assert_int_equal(memfd_seal(OCTETS("large", 5), &fd, &e), 0);
	assert_int_equal(msg_ask(sp[0], 5, OCTETS("", 0), fd, 2000, &r, &e),
	    0);
	assert_int_equal(r.type, 9);
	assert_memory_equal(r.body.p, "large", 5);
	msg_fini(&r);
	close(fd);
	assert_int_equal(msg_ask(sp[0], 7, OCTETS("", 0), -1, 2000, &r, &e),
	    ERR_DENIED);
	assert_string_equal(e.id, "no");
	close(sp[0]);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
}

static void
test_memfd(void **state)
{
	struct octets	 o;
	struct err	 e = ERR_INIT, e2 = ERR_INIT;
	int		 fd;

	(void)state;
	assert_int_equal(memfd_seal(OCTETS("12345", 5), &fd, &e), 0);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(memfd_map(fd, 4, &o, &e), ERR_TOOBIG);
	close(fd);
	/* One that can still shrink is refused. */
	fd = memfd_create("x", MFD_ALLOW_SEALING);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(memfd_map(fd, 4, &o, &e2), ERR_FORMAT);
	close(fd);
}

static void
test_file_read(void **state)
{
	char		 dir[] = "/tmp/msg-test-XXXXXX", file[64], pipe[64],
			 empty[64];
	const struct {
		const char	*path;
		size_t		 small, max;
		int		 rc;
		bool		 is_small;
	} cases[] = {
		{ file, 0, 5, 0, false }, { file, 4, 100, 0, false },
		{ file, 5, 5, 0, true }, { file, 9, 100, 0, true },
		{ file, 0, 4, ERR_TOOBIG, false },
		{ file, 9, 4, ERR_TOOBIG, false },
		{ empty, 0, 5, 0, true }, { empty, 4, 5, 0, true },
		{ "/tmp/msg-test-nothing", 9, 9, ERR_NOTFOUND, false },
		{ dir, 9, 9, ERR_IO, false }, { pipe, 9, 9, ERR_IO, false },
	};
	struct msg_file	 f;
	struct octets	 o;
	struct err	 e;
	size_t		 i;
	int		 fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/file", dir);
	(void)snprintf(pipe, sizeof(pipe), "%s/pipe", dir);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	fd = open(file, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "12345", 5), 5);
	close(fd);
	(void)snprintf(empty, sizeof(empty), "%s/empty", dir);
	fd = open(empty, O_WRONLY | O_CREAT, 0600);
	close(fd);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(msg_file_read(cases[i].path, cases[i].small,
		    cases[i].max, &f, &e), cases[i].rc);
		assert_int_equal(f.p != NULL, cases[i].is_small);
		assert_int_equal(f.fd != -1, cases[i].rc == 0 &&
		    !cases[i].is_small);
		if (f.fd != -1) {
			assert_int_equal(ftruncate(f.fd, 0), -1);
			assert_int_equal(memfd_map(f.fd, f.len, &o, &e), 0);
			assert_int_equal(o.len, f.len);
		} else {
			o = OCTETS(f.p, f.len);
		}
		if (cases[i].rc != 0 || cases[i].path == empty) {
			assert_int_equal(o.len, 0);
		} else {
			assert_int_equal(o.len, 5);
			assert_memory_equal(o.p, "12345", 5);
		}
		if (f.fd != -1 && o.len > 0)
			(void)munmap((void *)(uintptr_t)o.p, o.len);
		msg_file_fini(&f);
		assert_int_equal(f.fd, -1);
		msg_file_fini(&f);
	}
	assert_int_equal(unlink(empty), 0);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(unlink(pipe), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_unpack(void **state)
{
	static const struct {
		const char	*octets;
		size_t		 len;
		int		 rc;
	} cases[] = {
		{ "\x0a\x02hi", 4, 0 },
		{ "", 0, 0 },
		{ "\x0a\x02h", 3, ERR_FORMAT },		/* cut */
		{ "\x12\x01x", 3, ERR_FORMAT },		/* unknown field */
		{ "\x0a\x02h\0", 4, ERR_FORMAT },	/* NUL inside */
		{ "\x0a\x01\xff", 3, ERR_FORMAT },	/* not UTF-8 */
		{ "\x0a\x00", 2, ERR_FORMAT },		/* default spelt out */
		{ "\x0a\x82\x00hi", 5, ERR_FORMAT },	/* long varint */
		{ "\x0a\x01" "a\x0a\x01" "b", 6, ERR_FORMAT },	/* twice */
	};
	struct ProtobufCMessage	*m;
	struct err		 e;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&e, 0, sizeof(e));
		if (msg_unpack(&note_desc, OCTETS(cases[i].octets,
		    cases[i].len), &m, &e) != cases[i].rc)
			fail_msg("case %zu", i);
		if (m != NULL)
			protobuf_c_message_free_unpacked(m, NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_request, setup_two,
		    teardown),
		cmocka_unit_test_setup_teardown(test_failure, setup_two,
		    teardown),
		cmocka_unit_test_setup_teardown(test_fd, setup_two, teardown),
		cmocka_unit_test_setup_teardown(test_big, setup_two, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup_two,
		    teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup_two,
		    teardown),
		cmocka_unit_test_teardown(test_broken, teardown),
		cmocka_unit_test_setup_teardown(test_cut_frame, setup_one,
		    teardown),
		cmocka_unit_test_setup_teardown(test_bad_failure, setup_one,
		    teardown),
		cmocka_unit_test_setup_teardown(test_call_interleaved,
		    setup_one, teardown),
		cmocka_unit_test_setup_teardown(test_call_late, setup_one,
		    teardown),
		cmocka_unit_test_setup_teardown(test_call_in_halves, setup_one,
		    teardown),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_memfd),
		cmocka_unit_test(test_file_read),
		cmocka_unit_test(test_unpack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
